#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""assay toolchain: an intent becomes a lock, a lock becomes a tree; what is stored is looked after;
whatever is not what it is pinned as is refused."""
from toolchains import *  # noqa: F403

MARK = "ran"  # a script that is run would make this file
PROGRAM = b"\x7fELF" + bytes(range(256)) * 300
ODD = b"./usr/share/a \x01\xff\\n\xc3\xa9"

BASE = package(
    "base", [("usr/bin/tool", PROGRAM), ("usr/share/doc/base/copyright", b"GPL\n"), ("empty", b"")],
    extra=[member("./usr/bin/set-id", b"x", mode=0o6755), member("./usr/bin/closed", b"y", mode=0o700),
           member("./etc/shadow", b"z", mode=0o600), member("./etc/fixed", b"z", mode=0o444),
           member("./var/open", kind=b"5", mode=0o1777), member("./usr/bin/t2", kind=b"1",
                                                               link=b"./usr/bin/tool"),
           member("./usr/bin/t3", kind=b"2", link=b"tool", mode=0o777),
           member("./absolute", kind=b"2", link=b"/etc/passwd", mode=0o777),
           member(ODD, b"odd", mtime=1)],
    scripts=[("postinst", b"#!/bin/sh\ntouch /tmp/" + MARK.encode()), ("triggers", b"interest x\n")],
    Depends="lib (>= 1:0.9)", Installed_Size="80")
LIB = package("lib", [("usr/lib/x86_64-linux-gnu/liblib.so", PROGRAM[::-1]),
                      ("usr/share/doc/lib/copyright", b"same\n"), ("usr/bin/was-in-base", b"new")],
              version="1:1.0-1", architecture="amd64", Multi_Arch="same", Replaces="old, older (<< 2)")
LIB_ARM = package("lib", [("usr/lib/aarch64-linux-gnu/liblib.so", PROGRAM),
                          ("usr/share/doc/lib/copyright", b"same\n"), ("usr/bin/was-in-base", b"new")],
                  version="1:1.0-1", architecture="arm64", Multi_Arch="same", Replaces="old")
OLD = package("old", [("usr/bin/was-in-base", b"old"), ("usr/bin/old", b"old")])
MERGED = package("usr-is-merged")
MERGE = package("usrmerge", Depends="base")
INIT = package("init-system-helpers", Depends="usrmerge | usr-is-merged")
ADDITIONS = {"links": [{"path": "usr/bin/cc", "target": "tool"}, {"path": "usr/bin/t3", "target": "tool"}],
             "files": [{"path": "etc/passwd", "mode": "0644", "content": "root:x:0:0::/:/bin/sh\n"},
                       {"path": "usr/bin/script", "mode": "0755", "content": "#!/bin/sh\n\texit 0\n"}],
             "directories": ["proc", "build/deep"]}


def load(path):
    with open(path) as f:
        text = f.read()
    return text


def flip(path, at=0):
    """Change one bit, and leave the time as it was."""
    st = os.stat(path)
    os.chmod(path, 0o644)
    with open(path, "r+b") as f:
        f.seek(at)
        byte = f.read(1)
        f.seek(at)
        f.write(bytes([byte[0] ^ 1]))
    os.chmod(path, stat.S_IMODE(st.st_mode))
    os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))


def entries(root):
    for folder, folders, files in os.walk(os.fsencode(root)):
        for name in folders + files:
            yield os.path.join(folder, name)


def making(m):
    m.publish(BASE, LIB, LIB_ARM, OLD, MERGED, MERGE, INIT, architectures=("amd64", "arm64"))
    m.intent("base", "lib:arm64", "old", "init-system-helpers", foreign=["arm64"], **ADDITIONS)
    expect("lock", m.run("lock", "t.intent.yaml"), DONE, "packages  6, ")
    text = load("t.lock.yaml")
    for piece in (f'sha256: "{sha256(BASE[1])}"', 'version: "1:1.0-1"', "name: usr-is-merged",
                  "path: pool/base_1_all.deb", "architecture: arm64"):
        result(piece in text, f"the lock has {piece}", text)
    result("name: usrmerge" not in text, "usr-is-merged is taken, not usrmerge")
    equal("the tree has the digest that a judge finds", tree_digest(m.tree()), m.trees()[0])
    result(m.trees()[0] in text, "and the lock names it")


def looking(m):
    root = m.tree()
    modes = {path: stat.S_IMODE(os.stat(f"{root}/{path}").st_mode) for path in (
        "usr/bin/tool", "usr/bin/set-id", "usr/bin/closed", "etc/shadow", "etc/fixed", "var/open",
        "usr/bin/script", "usr/bin/t2", "proc", "build/deep")}
    equal("modes", modes, {"usr/bin/tool": 0o644, "usr/bin/set-id": 0o755, "usr/bin/closed": 0o755,
                           "etc/shadow": 0o644, "etc/fixed": 0o444, "var/open": 0o755,
                           "usr/bin/script": 0o755, "usr/bin/t2": 0o644, "proc": 0o755,
                           "build/deep": 0o755})
    times = {os.lstat(path).st_mtime_ns for path in entries(root)} | {os.stat(root).st_mtime_ns}
    equal("one time for all", times, {MTIME * 10**9})
    equal("no second links", {os.lstat(p).st_nlink for p in entries(root) if os.path.isfile(p)
                              and not os.path.islink(p)}, {1})
    equal("a hard link has its content", open(root + "/usr/bin/t2", "rb").read(), PROGRAM)
    equal("links", [os.readlink(f"{root}/{p}") for p in ("usr/bin/cc", "usr/bin/t3", "absolute")],
          ["tool", "tool", "/etc/passwd"])
    equal("a name of any bytes", open(os.fsencode(root) + ODD[1:], "rb").read(), b"odd")
    equal("a package that replaces another wins", open(root + "/usr/bin/was-in-base").read(), "new")
    result(not os.path.exists("/tmp/" + MARK), "no script was run")


def database(m):
    root = m.tree()
    info = root + "/var/lib/dpkg/info/"
    result("/usr/bin/was-in-base" not in load(info + "old.list").split("\n"),
           "what was replaced is no longer in its package's list")
    equal("lists", sorted(n for n in os.listdir(info) if n.endswith(".list")),
          ["base.list", "init-system-helpers.list", "lib:amd64.list", "lib:arm64.list", "old.list",
           "usr-is-merged.list"])
    equal("control files", sorted(n for n in os.listdir(info) if n.startswith("base.")),
          ["base.list", "base.md5sums", "base.postinst", "base.triggers"])
    if not shutil.which("dpkg-query"):
        return

    def query(*args):
        return subprocess.run(["dpkg-query", "--admindir", root + "/var/lib/dpkg", *args],
                              stdout=subprocess.PIPE, text=True, errors="replace").stdout

    equal("dpkg-query -W", query("-W", "-f", "${Package} ${Version} ${Architecture} ${Status}\n"),
          "base 1 all install ok installed\ninit-system-helpers 1 all install ok installed\n"
          "lib 1:1.0-1 amd64 install ok installed\nlib 1:1.0-1 arm64 install ok installed\n"
          "old 1 all install ok installed\nusr-is-merged 1 all install ok installed\n")
    equal("dpkg-query -S", query("-S", "/usr/lib/x86_64-linux-gnu/liblib.so"),
          "lib:amd64: /usr/lib/x86_64-linux-gnu/liblib.so\n")
    result("/usr/bin/t2" in query("-L", "base").split(), "dpkg-query -L")
    equal("foreign architectures", load(root + "/var/lib/dpkg/arch"), "amd64\narm64\n")


def again(m):
    lock = load("t.lock.yaml")
    expect("lock again elsewhere, under another umask",
           m.run("lock", "-o", "-", "t.intent.yaml", store="s2", umask=0o077), DONE)
    code, out, _ = m.run("lock", "-o", "-", "t.intent.yaml", store="s3", umask=0)
    equal("the same lock", (code, out), (DONE, lock))
    equal("the same tree", (m.trees("s2"), m.trees("s3")), (m.trees(), m.trees()))
    os.rename("repository", "away")
    expect("fetch what is there, without a repository", m.run("fetch", "t.lock.yaml"), DONE,
           m.trees()[0])
    expect("show the lock", m.run("show", "t.lock.yaml"), DONE, "lib", "1:1.0-1", m.trees()[0])
    code, out, _ = m.run("show", "--json", "-", "t.lock.yaml")
    equal("show --json", (code, len(json.loads(out)["lock"]["packages"])), (DONE, 6))
    code, out, _ = m.run("show", m.trees()[0])
    equal("show the tree", (code, sha256(PROGRAM) + " usr/bin/tool\n" in out), (DONE, True))
    code, out, _ = m.run("show", "--json", "-", m.trees()[0])
    equal("show the tree as JSON", (code, len(json.loads(out)["entries"])),
          (DONE, len(list(entries(m.tree())))))
    expect("show a tree that is not there", m.run("show", "f" * 64), TROUBLE, "f" * 64)
    expect("a store without packages", m.run("fetch", "t.lock.yaml", store="s4"), TROUBLE,
           "pool/base_1_all.deb", "is nowhere any more", "No such file")
    os.rename("away", "repository")


def pins(m):
    """A lock and bytes that are not what it pins."""
    pool = "repository/pool/" + BASE[0]
    flip(pool, 300)
    expect("a package with one other bit", m.run("fetch", "t.lock.yaml", store="p1"), PIN,
           BASE[0], sha256(BASE[1]), sha256(open(pool, "rb").read()))
    equal("is not stored", m.trees("p1"), [])
    m.write(pool, BASE[1] + b"x")
    expect("a package with one more byte", m.run("fetch", "t.lock.yaml", store="p1"), PIN,
           "more than")
    m.write(pool, BASE[1][:-1])
    expect("a package with one byte less", m.run("fetch", "t.lock.yaml", store="p1"), PIN,
           f"{len(BASE[1]) - 1} bytes")
    m.write(pool, BASE[1])
    lock = load("t.lock.yaml")
    for text, old, new, wanted in (
            ("another tree", m.trees()[0], "f" * 64, "pinned is " + "f" * 64),
            ("another version", '"1:1.0-1", architecture: arm64', '"1:1.0-2", architecture: arm64',
             'its Version is "1:1.0-1"'),
            ("another name", "name: old", "name: olb", 'its Package is "old"'),
            ("another link", "usr/bin/cc, target: tool", "usr/bin/cc, target: tools", "the tree has the digest"),
            ("another file", "root:x:0:0:", "root::0:0:", "the tree has the digest"),
            ("another folder", "build/deep", "build/deeq", "the tree has the digest")):
        assert old in lock, old
        with open("other.lock.yaml", "w") as f:
            f.write(lock.replace(old, new))
        expect("a lock with " + text, m.run("fetch", "other.lock.yaml", store="p1"), PIN, wanted)
        equal("nothing is left of it", (m.trees("p1"), os.listdir("p1/tmp"), os.listdir("p1/locks")),
              ([], [], ["store"]))
    m.intent("base")
    expect("a stale lock", m.run("fetch", "t.lock.yaml"), PIN, "stale", "t.intent.yaml")
    os.unlink("t.intent.yaml")
    expect("a lock without an intent beside it", m.run("fetch", "t.lock.yaml"), DONE)


def damage(m):
    """A byte of the store changes; its time does not."""
    root = m.tree()
    expect("check", m.run("check"), DONE, "0 damaged")
    expect("check a lock", m.run("check", "t.lock.yaml"), DONE, "6 blobs and 1 trees", "0 damaged")
    before = {path: open(path, "rb").read() for path in (root + "/usr/bin/tool",)}
    flip(root + "/usr/bin/tool", 777)
    expect("a flipped bit in the tree", m.run("fetch", "t.lock.yaml"), PIN, "usr/bin/tool",
           "has other content")
    expect("check names it", m.run("check"), PIN, "usr/bin/tool has other content", "1 damaged")
    expect("check --remove", m.run("check", "--remove"), PIN, "damaged and removed")
    equal("it is gone", m.trees(), [])
    expect("check a lock whose tree is gone", m.run("check", "t.lock.yaml"), TROUBLE,
           "is not in the store", "1 missing")
    expect("and is made again", m.run("fetch", "t.lock.yaml"), DONE)
    equal("with its old bytes", open(root + "/usr/bin/tool", "rb").read(), before[root + "/usr/bin/tool"])

    def undo(path):
        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)

    folder_time = (MTIME * 10**9, MTIME * 10**9)
    for text, change, what in (
            ("a mode", lambda: os.chmod(root + "/usr/bin/tool", 0o755), "usr/bin/tool has another mode"),
            ("a new file", lambda: m.write(root + "/usr/new", b""), "usr/new was added"),
            ("a file less", lambda: undo(root + "/usr/bin/closed"), "usr/bin/closed is missing"),
            ("a folder less", lambda: undo(root + "/proc"), "proc is missing"),
            ("another target", lambda: (undo(root + "/usr/bin/cc"), os.symlink("t2", root + "/usr/bin/cc")),
             "usr/bin/cc has another target"),
            ("a file for a link", lambda: (undo(root + "/usr/bin/t3"), m.write(root + "/usr/bin/t3", b"tool")),
             "usr/bin/t3 has another type"),
            ("a time", lambda: os.utime(root + "/usr/bin/tool", (1, 1)), "usr/bin/tool has another time"),
            ("a second link", lambda: os.link(root + "/empty", "outside"), "empty has a second link"),
            ("a FIFO", lambda: os.mkfifo(root + "/usr/fifo"), "usr/fifo")):
        change()
        for folder in ("", "/usr", "/usr/bin"):
            os.utime(root + folder, ns=folder_time)
        expect(f"in the tree {text}", m.run("check", "--remove"), PIN, what)
        expect("made again", m.run("fetch", "t.lock.yaml"), DONE)
    blob = f"store/blobs/sha256/{sha256(LIB[1])[:2]}/{sha256(LIB[1])[2:]}"
    flip(blob, 100)
    expect("a flipped bit in a package", m.run("check"), PIN, sha256(LIB[1]), "has other bytes")
    undo(root + "/usr")
    m.run("check", "--remove", "t.lock.yaml")
    equal("is removed as well", os.path.exists(blob), False)
    flip("store/listings/sha256/" + m.trees()[0], 5) if m.trees() else None
    expect("and fetched again", m.run("fetch", "t.lock.yaml"), DONE)


def collecting(m):
    m.publish(BASE, LIB, package("other", [("x", b"x")]))
    m.intent("other", path="o.intent.yaml")
    expect("a second toolchain", m.run("lock", "o.intent.yaml"), DONE)
    both = m.trees()
    expect("gc says what it would remove", m.run("gc", "t.lock.yaml"), DONE, "1 blobs and 1 trees",
           "--remove")
    equal("and removes nothing", m.trees(), both)
    expect("gc that keeps both", m.run("gc", "--remove", "t.lock.yaml", "o.lock.yaml"), DONE,
           "0 blobs and 0 trees")
    m.write("store/tmp/" + "a" * 64 + ".part", b"half")
    expect("gc --remove", m.run("gc", "--remove", "o.lock.yaml"), DONE, "6 blobs and 1 trees")
    equal("keeps what it was told to", len(m.trees()), 1)
    equal("and nothing else", (os.listdir("store/tmp"), os.listdir("store/locks"),
                               len(os.listdir("store/listings/sha256")),
                               len(os.listdir("store/stamps/sha256"))), ([], ["store"], 1, 1))
    expect("what it kept is good", m.run("check", "o.lock.yaml"), DONE, "0 damaged, 0 missing")
    expect("gc of no such file", m.run("gc", "--remove", "none.yaml"), TROUBLE, "none.yaml")
    equal("touches nothing", len(m.trees()), 1)
    with open("store/locks/store") as held:
        import fcntl
        fcntl.flock(held, fcntl.LOCK_SH)
        expect("gc while another process uses the store", m.run("gc", "--remove"), TROUBLE,
               "another assay process")
        expect("a fetch meanwhile", m.run("fetch", "o.lock.yaml"), DONE)


def refusing(m):
    """What the resolver and the readers refuse."""
    m.publish(BASE, LIB)
    for text, intent, wanted in (
            ("no such package", m.intent("nothing-like-this", path="r.yaml"), "nothing-like-this"),
            ("no such version", m.intent("base=2", path="r2.yaml"), "base"),
            ("nothing at all", m.intent(path="r3.yaml"), "no packages"),
            ("an option for a name", m.intent("--option", path="r4.yaml"), "packages[0]"),
            ("a shell's words", m.intent("base;id", path="r5.yaml"), "packages[0]"),
            ("a mode with a set-id bit",
             m.intent("base", path="r6.yaml", files=[{"path": "x", "mode": "4755", "content": ""}]), "mode"),
            ("a path that leads out",
             m.intent("base", path="r7.yaml", links=[{"path": "../x", "target": "y"}]), "links[0].path"),
            ("a file that a package has", m.intent("base", path="r8.yaml", files=[
                {"path": "usr/bin/tool", "mode": "0644", "content": ""}]), "usr/bin/tool"),
            ("a link where a package has a file",
             m.intent("base", path="r9.yaml", links=[{"path": "usr/bin/tool", "target": "y"}]), "usr/bin/tool"),
            ("a link below a link",
             m.intent("base", path="r10.yaml", links=[{"path": "usr/bin/t3/x", "target": "y"}]), "not a folder"),
            ("a folder where a package has a file",
             m.intent("base", path="r11.yaml", directories=["usr/bin/tool"]), "usr/bin/tool")):
        expect("intent with " + text, m.run("lock", "-o", "-", intent), TROUBLE, wanted)
    lock = load("t.lock.yaml")
    lines = lock.splitlines(keepends=True)
    for text, bad, wanted in (
            ("nothing in it", "", "empty"), ("half of it", lock[:len(lock) // 2], "l.lock.yaml:"),
            ("a package twice", lock.replace(lines[6], lines[6] * 2), "packages[1]"),
            ("packages in another order", lock.replace(lines[6] + lines[7], lines[7] + lines[6]), "sorted"),
            ("a digest in capitals", lock.replace(sha256(BASE[1]), sha256(BASE[1]).upper()), "sha256"),
            ("an unknown key", lock + "more: 1\n", "more"), ("no tree", lock.replace("\ntree:", "\ntrie:"), "trie"),
            ("an alias", lock.replace("name: t\n", "name: &a t\n"), "anchors"),
            ("a path that leads out", lock.replace("path: pool/base", "path: pool/../base"), "path"),
            ("bytes that are not text", "\0\1\2" * 99, "l.lock.yaml"),
            ("100 MB", "# " + "x" * (100 << 20), "limit")):
        m.write("l.lock.yaml", bad.encode())
        expect("lock with " + text, m.run("fetch", "l.lock.yaml"), TROUBLE, wanted)


def build_depends(m):
    """What a source package needs to be built: for all of its binary packages, or for one kind."""
    kinds = {"Build-Depends": "for-both", "Build-Depends-Arch": "for-any", "Build-Depends-Indep": "for-all"}
    m.publish(package("build-essential"), *[package(name) for name in kinds.values()])
    dsc = "Format: 3.0 (quilt)\nSource: src\nBinary: src\nArchitecture: any\nVersion: 1\n"
    dsc += "".join(f"{key}: {name}\n" for key, name in kinds.items())
    m.write("src_1.dsc", dsc.encode())
    wanted = {"dsc": "src_1.dsc", "sha256": sha256(dsc.encode()), "size": len(dsc), "from": "src_1.dsc"}
    intents = set()
    for binaries, more in ((None, {"for-any", "for-all"}), ("any", {"for-any"}), ("all", {"for-all"})):
        depends = dict(wanted, **({"binaries": binaries} if binaries else {}))
        m.intent(path="b.intent.yaml", build_depends=[depends])
        text = f"build-dependencies for {binaries or 'both'}"
        expect(text, m.run("lock", "b.intent.yaml", store="depends"), DONE)
        code, out, _ = m.run("show", "--json", "-", "b.lock.yaml", store="depends")
        lock = json.loads(out)["lock"]
        equal(text + ": those and no others", {p["name"] for p in lock["packages"]},
              {"build-essential", "for-both"} | more)
        intents.add(lock["intent"])
    equal("each is an intent of its own", len(intents), 3)
    for bad in ("arch", "anything", "ANY"):
        m.intent(path="b.intent.yaml", build_depends=[dict(wanted, binaries=bad)])
        expect(f"build-dependencies for {bad!r}", m.run("lock", "b.intent.yaml", store="depends"), TROUBLE,
               "build_depends[0].binaries")


def places(m):
    """Where the store is, and where it cannot be."""
    m.publish(BASE, LIB)
    m.write("file", b"")
    expect("a file for a store", m.run("check", store="file"), TROUBLE, "file")
    expect("a store below a file", m.run("check", store="file/x"), TROUBLE, "file/x")
    os.mkdir("closed", 0o555)
    if os.geteuid() != 0:
        expect("a store that cannot be written", m.run("check", store="closed/x"), TROUBLE,
               "cannot be written to", "--store")
    os.makedirs("elsewhere")
    m.write("elsewhere/format", b"assay-store/9\n")
    expect("a store of another version", m.run("check", store="elsewhere"), TROUBLE, "another version")
    for unset, wanted in (((), "data/assay"), (("XDG_DATA_HOME",), ".local/share/assay")):
        env = {k: v for k, v in m.env.items() if k not in unset}
        subprocess.run([ASSAY, "toolchain", "check"], env=env, stdout=subprocess.DEVNULL, check=True)
        result(os.path.isdir(wanted + "/blobs/sha256"), f"the store is {wanted}")
    env = {k: v for k, v in m.env.items() if k not in ("XDG_DATA_HOME", "HOME")}
    got = subprocess.run([ASSAY, "toolchain", "check"], env=env, stderr=subprocess.PIPE, text=True)
    equal("nowhere to put it", (got.returncode, "--store" in got.stderr), (TROUBLE, True))


def together(m):
    """Several at once on an empty store: all succeed, the work is done once."""
    m.publish(BASE, LIB, LIB_ARM, OLD, MERGED, MERGE, INIT, architectures=("amd64", "arm64"))
    processes = [m.start("fetch", "t.lock.yaml", store="both") for _ in range(4)]
    for process in processes:
        out, err = process.communicate(timeout=120)
        expect("one of four at once", (process.returncode, out, err), DONE)
    equal("one tree", len(m.trees("both")), 1)
    equal("nothing left over", (os.listdir("both/tmp"), os.listdir("both/locks")), ([], ["store"]))
    expect("all good", m.run("check", store="both"), DONE, "6 blobs and 1 trees", "0 damaged")
    os.makedirs("both/tmp/tree-x/sub")
    expect("what a dead process left", m.run("check", store="both"), DONE)
    equal("is swept", os.listdir("both/tmp"), [])


needs("apt-get", "apt")
with Machine() as machine:
    for part in (making, looking, database, again, pins, damage, collecting, refusing, build_depends, places,
                 together):
        part(machine)
finish()
