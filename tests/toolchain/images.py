#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Toolchains from container images, and as such: layouts and archives made byte by byte, with what
layers may do to each other; hostile ones; and what other tools make of ours, and we of theirs."""
from toolchains import *  # noqa: F403

OCI = "application/vnd.oci.image."
DOCKER = "application/vnd.docker."
GZIP, ZSTD, PLAIN = "+gzip", "+zstd", ""


def folder(name, **kw):
    return member(name, kind=b"5", mode=kw.pop("mode", 0o755), **kw)


def link(name, target, kind=b"2", **kw):
    return member(name, kind=kind, link=target.encode(), **kw)


def whiteout(name, data=b"", **kw):
    return member(name, data, **kw)


PACK = {GZIP: pairs.gz, ZSTD: pairs.zst, PLAIN: lambda data: data}


def layer(*members, pack=GZIP, **kw):
    """(bytes of the blob, diff_id, media type)"""
    data = pairs.tar(*members, **kw)
    return PACK[pack](data), sha256(data), OCI + "layer.v1.tar" + pack


def describe(data, kind):
    return {"mediaType": kind, "digest": "sha256:" + sha256(data), "size": len(data)}


def dump(value):
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def image(*layers, config=None, manifest=None, index=None, architecture="amd64", blobs=None):
    """The files of a layout. config, manifest, index: functions that change what was made."""
    files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}
    same = lambda value: value  # noqa: E731

    def add(data):
        files["blobs/sha256/" + sha256(data)] = data
        return data

    settings = {"architecture": architecture, "os": "linux",
                "rootfs": {"type": "layers", "diff_ids": ["sha256:" + each[1] for each in layers]}}
    settings = add(dump((config or same)(settings)))
    body = {"schemaVersion": 2, "config": describe(settings, OCI + "config.v1+json"),
            "layers": [describe(add(data), kind) for data, _, kind in layers]}
    body = add(dump((manifest or same)(body)))
    top = {"schemaVersion": 2, "manifests": [describe(body, OCI + "manifest.v1+json")]}
    files["index.json"] = dump((index or same)(top))
    return (blobs or same)(files), sha256(body)


def put(path, files):
    shutil.rmtree(path, ignore_errors=True)
    for name, data in files.items():
        os.makedirs(os.path.dirname(f"{path}/{name}"), exist_ok=True)
        with open(f"{path}/{name}", "wb") as f:
            f.write(data)


def archive(path, files, extra=()):
    with open(path, "wb") as f:
        f.write(pairs.tar(*[member(name, data) for name, data in files.items()], *extra))


def what_is(root):
    """Everything in a tree: {path: type, mode and content}."""
    found = {}
    for top, folders, names in os.walk(root):
        for name in folders + names:
            path = os.path.join(top, name)
            st = os.lstat(path)
            if stat.S_ISLNK(st.st_mode):
                found[os.path.relpath(path, root)] = "-> " + os.readlink(path)
            elif stat.S_ISDIR(st.st_mode):
                found[os.path.relpath(path, root)] = "/"
            else:
                with open(path, "rb") as f:
                    found[os.path.relpath(path, root)] = f"{stat.S_IMODE(st.st_mode):o} " + f.read().decode()
    return found


# What it is about, layers, and what must be there afterwards.
GOOD = [
    ("one layer", [layer(folder("usr/"), member("usr/x", b"1", mode=0o4755), link("l", "usr/x"))],
     {"usr": "/", "usr/x": "755 1", "l": "-> usr/x"}),
    ("names with ./ and without folders", [layer(folder("./"), member("./a/b/c", b"1"))],
     {"a": "/", "a/b": "/", "a/b/c": "644 1"}),
    ("zstd, gzip and neither", [layer(member("a", b"1"), pack=ZSTD), layer(member("b", b"2")),
                                layer(member("c", b"3"), pack=PLAIN)],
     {"a": "644 1", "b": "644 2", "c": "644 3"}),
    ("a file over a file", [layer(member("a", b"1")), layer(member("a", b"22", mode=0o755))], {"a": "755 22"}),
    ("a folder over a folder keeps what is in it",
     [layer(folder("d/"), member("d/a", b"1")), layer(folder("d/", mode=0o700), member("d/b", b"2"))],
     {"d": "/", "d/a": "644 1", "d/b": "644 2"}),
    ("a file over a folder", [layer(folder("d/"), member("d/a/b", b"1")), layer(member("d", b"2"))], {"d": "644 2"}),
    ("a link over a folder", [layer(folder("d/"), member("d/a", b"1")), layer(link("d", "e"), folder("e/"))],
     {"d": "-> e", "e": "/"}),
    ("a folder over a link", [layer(link("d", "/etc")), layer(folder("d/"), member("d/a", b"1"))],
     {"d": "/", "d/a": "644 1"}),
    ("a file over a link does not write through it", [layer(member("t", b"1"), link("l", "t")),
                                                      layer(member("l", b"2"))], {"t": "644 1", "l": "644 2"}),
    ("a whiteout of a file", [layer(member("d/a", b"1"), member("d/b", b"2")), layer(whiteout("d/.wh.a"))],
     {"d": "/", "d/b": "644 2"}),
    ("a whiteout of a folder", [layer(member("d/a/b", b"1")), layer(whiteout("d/.wh.a"))], {"d": "/"}),
    ("a whiteout of a link", [layer(link("l", "t"), member("t", b"1")), layer(whiteout(".wh.l"))], {"t": "644 1"}),
    ("a whiteout at the top", [layer(member("a", b"1"), member("b", b"1")), layer(whiteout("./.wh.a"))],
     {"b": "644 1"}),
    ("a whiteout of nothing makes nothing", [layer(member("a", b"1")), layer(whiteout("x/y/.wh.z"))],
     {"a": "644 1"}),
    ("a whiteout and the same name, before", [layer(member("a", b"1")), layer(whiteout(".wh.a"), member("a", b"2"))],
     {"a": "644 2"}),
    ("a whiteout and the same name, behind", [layer(member("a/x", b"1")),
                                              layer(member("a/y", b"2"), whiteout(".wh.a"))],
     {"a": "/", "a/y": "644 2"}),
    ("a whiteout only touches layers below", [layer(member("a", b"1")), layer(whiteout(".wh.a")),
                                              layer(member("a", b"3"))], {"a": "644 3"}),
    ("an opaque folder", [layer(member("d/a", b"1"), member("d/s/t", b"1")),
                          layer(whiteout("d/.wh..wh..opq"), member("d/b", b"2"))], {"d": "/", "d/b": "644 2"}),
    ("an opaque folder, marked last", [layer(member("d/a", b"1"), member("d/s/t", b"1")),
                                       layer(member("d/b", b"2"), member("d/s/u", b"2"), whiteout("d/.wh..wh..opq"))],
     {"d": "/", "d/b": "644 2", "d/s": "/", "d/s/u": "644 2"}),
    ("an opaque root", [layer(member("a", b"1"), folder("d/")), layer(whiteout(".wh..wh..opq"), member("b", b"2"))],
     {"b": "644 2"}),
    ("an opaque folder that was none", [layer(member("d", b"1")), layer(whiteout("d/.wh..wh..opq"), folder("d/"))],
     {"d": "/"}),
    ("a hard link in a layer", [layer(member("a", b"1", mode=0o755), link("b", "a", b"1"))],
     {"a": "755 1", "b": "755 1"}),
    ("a hard link across layers", [layer(member("d/a", b"1")), layer(link("b", "./d/a", b"1"))],
     {"d": "/", "d/a": "644 1", "b": "644 1"}),
    ("a hard link is a file of its own", [layer(member("a", b"1"), link("b", "a", b"1")), layer(member("a", b"2"))],
     {"a": "644 2", "b": "644 1"}),
    ("a hard link to what the layer replaces later", [layer(member("a", b"1")),
                                                      layer(link("b", "a", b"1"), member("a", b"2"))],
     {"a": "644 2", "b": "644 1"}),
    ("links that lead out and are not followed", [layer(link("l", "../../../etc/passwd"), link("m", "/"))],
     {"l": "-> ../../../etc/passwd", "m": "-> /"}),
    ("a name that only looks like a whiteout", [layer(member("a.wh.b", b"1"), member("wh.c", b"1"))],
     {"a.wh.b": "644 1", "wh.c": "644 1"}),
    ("whiteouts below what is a folder no more", [layer(member("d/a", b"1"), member("e/a", b"1")),
                                                  layer(whiteout("d/.wh.a"), link("d", "e"))],
     {"d": "-> e", "e": "/", "e/a": "644 1"}),
    ("whiteouts below what is a folder no more, behind it", [layer(member("d/a", b"1"), member("e/a", b"1")),
                                                             layer(link("d", "e"), whiteout("d/.wh.a"))],
     {"d": "-> e", "e": "/", "e/a": "644 1"}),
    ("an empty layer", [layer(member("a", b"1")), layer(pack=PLAIN)], {"a": "644 1"}),
]

ONE = layer(member("a", b"1"))
BELOW = layer(member("d/a", b"1"), link("l", "d"), link("out", "/tmp"), link("up", "../.."))

# What is wrong with the layers, and a piece of the refusal.
BAD_LAYERS = [
    ("a name with ..", [layer(member("../evil", b"x"))], "leads out"),
    ("an absolute name", [layer(member("/tmp/evil", b"x"))], "leads out"),
    ("through a link of a layer below", [BELOW, layer(member("l/evil", b"x"))], "not a folder"),
    ("through a link out", [BELOW, layer(member("out/evil", b"x"))], "not a folder"),
    ("through a relative link out", [BELOW, layer(member("up/evil", b"x"))], "not a folder"),
    ("a folder through a link", [BELOW, layer(folder("out/evil/"))], "not a folder"),
    ("through a link of the layer itself", [layer(link("d", "/tmp"), member("d/evil", b"x"))], "entries below it"),
    ("a link where the layer has a folder", [layer(member("d/evil", b"x"), link("d", "/tmp"))], "entries below it"),
    ("a file with something below it", [layer(member("d", b"x"), member("d/evil", b"x"))], "entries below it"),
    ("a whiteout through a link", [BELOW, layer(whiteout("l/.wh.a"))], "not a folder"),
    ("a whiteout through a link out", [BELOW, layer(whiteout("out/.wh.x"))], "not a folder"),
    ("an opaque mark below a link out", [BELOW, layer(whiteout("out/d/.wh..wh..opq"))], "not a folder"),
    ("a whiteout of ..", [layer(whiteout("d/.wh..."))], "whiteout"),
    ("a whiteout of .", [layer(whiteout("d/.wh.."))], "whiteout"),
    ("a whiteout of no name", [layer(whiteout("d/.wh."))], "whiteout"),
    ("a whiteout of AUFS", [layer(whiteout(".wh..wh.plnk"))], "whiteout"),
    ("a whiteout with content", [layer(whiteout(".wh.a", b"x"))], "not an empty file"),
    ("a whiteout that is a folder", [layer(folder(".wh.a/"))], "not an empty file"),
    ("a whiteout that is a link", [layer(link(".wh.a", "x"))], "not an empty file"),
    ("a whiteout that is a hard link", [layer(member("e"), link(".wh.a", "e", b"1"))], "not an empty file"),
    ("a file in a whiteout", [layer(member(".wh.a/x", b"x"))], "called a whiteout"),
    ("a name twice", [layer(member("a", b"1"), member("a", b"2"))], "there twice"),
    ("a name twice, as ./a", [layer(member("a", b"1"), member("./a", b"1"))], "there twice"),
    ("a whiteout twice", [ONE, layer(whiteout(".wh.a"), whiteout("./.wh.a"))], "there twice"),
    ("a folder twice", [layer(folder("a/"), folder("a"))], "there twice"),
    ("a hard link to nothing", [layer(link("b", "a", b"1"))], "hard link"),
    ("a hard link to itself, which was there", [ONE, layer(link("a", "a", b"1"))], "hard link"),
    ("a hard link to what is hidden", [ONE, layer(whiteout(".wh.a"), link("b", "a", b"1"))], "hard link"),
    ("a hard link out", [layer(link("evil", "/etc/passwd", b"1"))], "leads out"),
    ("a hard link out, by ..", [layer(link("evil", "../../etc/passwd", b"1"))], "leads out"),
    ("a hard link through a link", [layer(link("e", "/etc")), layer(link("b", "e/passwd", b"1"))], "not a folder"),
    ("a hard link to a link", [layer(link("e", "/etc/passwd"), link("b", "e", b"1"))], "hard link"),
    ("a hard link to a folder", [layer(folder("d/"), link("b", "d", b"1"))], "hard link"),
    ("a device", [layer(member("null", kind=b"3", major=1, minor=3))], "neither a file"),
    ("a device that other tools take for a whiteout", [ONE, layer(member("a", kind=b"3"))], "neither a file"),
    ("a FIFO", [layer(member("f", kind=b"6"))], "neither a file"),
    ("a file cut short", [layer(member("a", b"x" * 5000, size=9000), end=0)], ""),
    ("not an archive", [(pairs.gz(b"x" * 2000), sha256(b"x" * 2000), OCI + "layer.v1.tar+gzip")], ""),
    ("zstd that is called gzip", [(pairs.zst(pairs.tar(member("a"))), sha256(pairs.tar(member("a"))),
                                   OCI + "layer.v1.tar+gzip")], ""),
    ("gzip that is called nothing", [(ONE[0], sha256(ONE[0]), OCI + "layer.v1.tar")], ""),
    ("gzip cut short", [(ONE[0][:-12], ONE[1], ONE[2])], ""),
    ("a sparse file of 91 TiB", [layer(pairs.pax((b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"),
                                                 (b"GNU.sparse.name", b"hole"),
                                                 (b"GNU.sparse.realsize", b"99999999999999")),
                                       member("hole", b"1\n0\n0\n".ljust(512, b"\0")))], ""),
    ("a bomb", [layer(member("zeros", bytes(200 << 20)))], "too many bytes"),
    ("the same layer twice", [ONE, ONE], "there twice"),
    ("128 layers", [layer(member(f"f{i}")) for i in range(128)], "127 layers"),
    ("no layers", [], "no layers"),
]


def change(**kw):
    return lambda value: {**value, **kw}


def in_layer(**kw):
    return lambda value: {**value, "layers": [{**value["layers"][0], **kw}]}


def in_index(**kw):
    return lambda value: {**value, "manifests": [{**value["manifests"][0], **kw}]}


def spoil(wanted):
    """Change a byte of the blob that holds something."""
    def blobs(files):
        for name, data in files.items():
            if name.startswith("blobs/") and wanted in data:
                files[name] = data[:-1] + bytes([data[-1] ^ 1])
        return files
    return blobs


ANOTHER = "sha256:" + "0" * 64

# What is wrong with the documents: arguments of image(), status, a piece of the refusal.
BAD_DOCUMENTS = [
    ("no version", dict(blobs=lambda f: {k: v for k, v in f.items() if k != "oci-layout"}), TROUBLE, "layout"),
    ("another version", dict(blobs=lambda f: {**f, "oci-layout": b'{"imageLayoutVersion": "2.0.0"}'}), TROUBLE,
     "another version"),
    ("an index that is no JSON", dict(index=lambda v: b"{"), TROUBLE, "index.json"),
    ("an index with a key twice", dict(index=lambda v: dump(v)[:-1] + b', "manifests": []}'), TROUBLE, "index.json"),
    ("no image", dict(index=change(manifests=[])), TROUBLE, "0 images"),
    ("two images", dict(index=lambda v: {**v, "manifests": v["manifests"] * 2}), TROUBLE, "2 images"),
    ("an index of indexes", dict(index=in_index(mediaType=OCI + "index.v1+json")), TROUBLE, "one platform"),
    ("a manifest that is not there", dict(index=in_index(digest=ANOTHER)), TROUBLE, "blobs/sha256/000"),
    ("a manifest by SHA-512", dict(index=in_index(digest="sha512:" + "0" * 128)), TROUBLE, "no SHA-256"),
    ("a digest that is a path", dict(index=in_index(digest="sha256:../../../etc/passwd")), TROUBLE, "no SHA-256"),
    ("a digest in capitals", dict(index=in_index(digest="sha256:" + "A" * 64)), TROUBLE, "no SHA-256"),
    ("another size of the manifest", dict(index=in_index(size=7)), PIN, "bytes, not 7"),
    ("a negative size", dict(index=in_index(size=-1)), TROUBLE, "without a size"),
    ("a manifest with other bytes", dict(blobs=spoil(b'"layers"')), PIN, "other bytes"),
    ("a configuration with other bytes", dict(blobs=spoil(b'"diff_ids"')), PIN, "other bytes"),
    ("a layer with other bytes", dict(blobs=spoil(ONE[0])), PIN, "other bytes"),
    ("a layer of another size", dict(manifest=in_layer(size=len(ONE[0]) + 1)), PIN, "bytes, not"),
    ("a layer that is not there", dict(manifest=in_layer(digest=ANOTHER)), TROUBLE, "layer 1"),
    ("a layer of an unknown type", dict(manifest=in_layer(mediaType=OCI + "layer.v1.tar+xz")), TROUBLE, "unknown type"),
    ("a layer that is encrypted", dict(manifest=in_layer(mediaType=OCI + "layer.v1.tar+gzip+encrypted")), TROUBLE,
     "unknown type"),
    ("no layers in the manifest", dict(manifest=lambda v: {k: v[k] for k in v if k != "layers"}), TROUBLE, "layers"),
    ("an artefact of another kind", dict(manifest=lambda v: {**v, "config": {
        **v["config"], "mediaType": "application/vnd.other+json"}}), TROUBLE, "not the manifest"),
    ("schema version 1", dict(manifest=change(schemaVersion=1)), TROUBLE, "schema version"),
    ("a diff_id too few", dict(config=change(rootfs={"type": "layers", "diff_ids": []})), TROUBLE, "0, and there are 1"),
    ("another diff_id", dict(config=change(rootfs={"type": "layers", "diff_ids": [ANOTHER]})), PIN,
     "the configuration says"),
    ("a diff_id that is none", dict(config=change(rootfs={"type": "layers", "diff_ids": [7]})), TROUBLE, "diff_id 1"),
    ("for another system", dict(config=change(os="windows")), TROUBLE, "not for Linux"),
    ("for a processor that nobody has", dict(config=change(architecture="z80")), TROUBLE, "z80"),
    ("a document of 5 MiB", dict(config=change(x="x" * (5 << 20))), TROUBLE, "a document of"),
]


def good(m):
    digests = set()
    for what, layers, wanted in GOOD:
        files, manifest = image(*layers)
        put("layout", files)
        archive("layout.tar", files)
        store = "good"
        shutil.rmtree(store, ignore_errors=True)
        expect(what, m.run("import", "-o", "l.lock.yaml", "--name", "t", "layout", store=store), DONE)
        tree = m.tree(store)
        found = what_is(tree)
        result(found == wanted, what + ": what is there", f"{found}\n{wanted}")
        equal(what + ": a judge's digest", tree_digest(tree), os.path.basename(tree))
        with open("l.lock.yaml", encoding="utf-8") as f:
            first = f.read()
        if len(digests) % 5:
            digests.add(os.path.basename(tree))
            continue
        expect(what + ": the same from an archive",
               m.run("import", "-o", "l.lock.yaml", "--name", "t", "--manifest", "sha256:" + manifest, "layout.tar",
                     store="other"), DONE)
        with open("l.lock.yaml", encoding="utf-8") as f:
            equal(what + ": the same lock", f.read(), first)
        digests.add(os.path.basename(tree))
    result(len(digests) > 20, f"{len(GOOD)} images make {len(digests)} trees")
    modes = {stat.S_IMODE(os.lstat(os.path.join(top, name)).st_mode) for top, names, _ in os.walk("good/trees")
             for name in names}
    equal("folders are open to all", modes, {0o755})


def refuse(m, what, files, status, wanted, *options):
    put("layout", files)
    before = sorted(os.listdir("."))
    expect(what + ": refused", m.run("import", "-o", "l.lock.yaml", *options, "layout", store="bad"), status, wanted)
    result(not m.trees("bad") and sorted(os.listdir(".")) == before and not os.path.exists("/tmp/evil") and
           not os.listdir("bad/tmp"), what + ": nothing made", os.listdir("bad/tmp"))


def bad(m):
    if os.path.exists("l.lock.yaml"):
        os.unlink("l.lock.yaml")
    put("layout", {})
    m.run("import", "-o", "l.lock.yaml", "layout", store="bad")
    for what, layers, wanted in BAD_LAYERS:
        refuse(m, what, image(*layers)[0], TROUBLE, wanted)
    for what, how, status, wanted in BAD_DOCUMENTS:
        refuse(m, what, image(ONE, **how)[0], status, wanted)
    files, _ = image(ONE)
    refuse(m, "a manifest that was not asked for", files, TROUBLE, "blobs/sha256/111", "--manifest", "1" * 64)
    refuse(m, "a layer for a manifest", files, TROUBLE, "manifest", "--manifest", sha256(ONE[0]))
    expect("no digest", m.run("import", "--manifest", "1234", "layout"), TROUBLE, "not a SHA-256")
    expect("a name with a slash", m.run("import", "--name", "a/b", "layout"), TROUBLE, "--name")
    for what, extra in [("a name twice", [member("index.json", b"{}")]),
                        ("a name twice, as ./", [member("./oci-layout", b"{}")])]:
        archive("x.tar", files, extra)
        expect(what + " in the archive", m.run("import", "x.tar", store="bad"), TROUBLE, "a name twice")
    archive("x.tar", files, [member("../x", b"")])
    expect("a name that leads out of the archive", m.run("import", "x.tar", store="bad"), TROUBLE, "leads out")
    m.write("x.tar.gz", pairs.gz(b"x"))
    expect("a packed archive", m.run("import", "x.tar.gz", store="bad"), TROUBLE, "not compressed")
    put("layout", files)
    blob = "layout/blobs/sha256/" + sha256(ONE[0])
    os.rename(blob, "layout/elsewhere")
    os.symlink("../../elsewhere", blob)
    expect("a blob that is a link", m.run("import", "layout", store="bad"), TROUBLE, "layer 1")
    equal("no tree of all these", m.trees("bad"), [])


def kept(m):
    """The lock is all that is needed beside the store."""
    files, manifest = image(layer(member("a", b"1")), layer(member("b", b"2"), pack=ZSTD), architecture="arm64")
    put("layout", files)
    expect("import", m.run("import", "--json", "-", "-o", "k.lock.yaml", "layout", store="kept"), DONE, '"layers": 2',
           f'"image": "{manifest}"')
    tree = m.tree("kept")
    subprocess.run(["chmod", "-R", "u+w", tree], check=True)
    shutil.rmtree(tree)
    expect("the tree again, from the lock", m.run("fetch", "k.lock.yaml", store="kept"), DONE, "layers    2")
    equal("it is the same", what_is(tree), {"a": "644 1", "b": "644 2"})
    with open("k.lock.yaml", encoding="utf-8") as f:
        text = f.read()
    expect("show", m.run("show", "k.lock.yaml", store="kept"), DONE, manifest)
    expect("check", m.run("check", "k.lock.yaml", store="kept"), DONE, "4 blobs and 1 trees read: 0 damaged")
    expect("gc keeps it", m.run("gc", "--remove", "k.lock.yaml", store="kept"), DONE)
    expect("all is still there", m.run("check", "k.lock.yaml", store="kept"), DONE, "4 blobs and 1 trees", "0 missing")
    expect("elsewhere there is no image", m.run("fetch", "k.lock.yaml", store="empty"), TROUBLE, "toolchain import")
    for what, old, new, wanted in [
            ("with an intent", "architecture:", f'intent: "{"0" * 64}"\narchitecture:', "has no intent"),
            ("without a blob", text[text.index("  - {sha"):text.index("packages:")].splitlines(True)[2], "", "other blobs"),
            ("for another architecture", "arm64", "amd64", "is for arm64")]:
        edited = text.replace(old, new).replace(os.path.basename(tree), "1" * 64)
        m.write("e.lock.yaml", edited.encode())
        result(edited != text, what + ": changed")
        expect("a lock " + what, m.run("fetch", "e.lock.yaml", store="kept"), TROUBLE, wanted)
    edited = text.replace(os.path.basename(tree), "1" * 64)
    m.write("e.lock.yaml", edited.encode())
    expect("a lock with another tree", m.run("fetch", "e.lock.yaml", store="kept"), PIN, "the tree has the digest")
    m.write("e.lock.yaml", text.replace("links: []", "links:\n  - {path: c, target: a}").replace(
        os.path.basename(tree), "1" * 64).encode())
    expect("links of a lock are made over an image", m.run("fetch", "e.lock.yaml", store="kept"), PIN,
           "the tree has the digest")


def tool(*args, **kw):
    done = subprocess.run(args, capture_output=True, text=True, **kw)
    result(done.returncode == 0, " ".join(args)[:70], done.stdout + done.stderr)
    return done.stdout


def exported(m):
    """Ours, as others read it; and theirs."""
    long = "d/" + "n" * 90 + "/" + "m" * 120
    files, _ = image(layer(member("usr/bin/x", b"1" * 1000, mode=0o755), pairs.pax((b"path", long.encode())),
                           member("x", b"2"), link("l", "../x"), pairs.pax((b"linkpath", b"t" * 150)),
                           link("far", "t"), folder("empty/")))
    put("layout", files)
    expect("import", m.run("import", "--name", "t", "layout", store="out"), DONE)
    tree = m.tree("out")
    for name in ("one", "two"):
        expect("export", m.run("export", "-o", name + ".tar", "t.lock.yaml", store="out"), DONE)
    with open("one.tar", "rb") as one, open("two.tar", "rb") as two:
        equal("the same bytes again", one.read(), two.read())
    expect("our own again", m.run("import", "--name", "t", "-o", "again.lock.yaml", "one.tar", store="again"), DONE)
    equal("makes the same tree", m.trees("again"), m.trees("out"))
    unpacked = subprocess.run("mkdir lay raw && tar -xf one.tar -C lay && for f in lay/blobs/sha256/*; do "
                              "[ \"$(sha256sum <$f | cut -d' ' -f1)\" = \"${f##*/}\" ] || exit 1; done; "
                              "tar -xf \"$(ls -S lay/blobs/sha256/* | head -1)\" -C raw", shell=True, check=False)
    equal("blobs have their digests, and tar unpacks the layer", unpacked.returncode, 0)
    equal("tar makes the same tree", tree_digest("raw"), os.path.basename(tree))
    if shutil.which("skopeo"):
        told = json.loads(tool("skopeo", "inspect", "oci-archive:one.tar"))
        equal("skopeo: architecture and layers", (told["Architecture"], len(told["Layers"])), ("amd64", 1))
        tool("skopeo", "--insecure-policy", "copy", "oci-archive:one.tar", "oci:copied:latest")
        expect("what skopeo copied", m.run("import", "--name", "t", "copied", store="skopeo"), DONE)
        equal("makes the same tree, packed by skopeo", m.trees("skopeo"), m.trees("out"))
    if shutil.which("umoci"):
        umoci(m)
    expect("an architecture without a name", m.run("export", "odd.lock.yaml", store="out"), TROUBLE, "odd.lock.yaml")


def umoci(m):
    """Images with whiteouts that umoci makes, and what it unpacks of them."""
    rootless = [] if os.geteuid() == 0 else ["--rootless"]
    for command in (["init", "--layout", "u"], ["new", "--image", "u:x"],
                    ["unpack", *rootless, "--image", "u:x", "bundle"]):
        tool("umoci", *command)
    top = "bundle/rootfs"
    for name in ("usr/bin", "d/deep", "gone"):
        os.makedirs(f"{top}/{name}")
    for name in ("usr/bin/a", "d/deep/b", "d/c", "gone/x", "file"):
        m.write(f"{top}/{name}", name.encode())
    os.link(f"{top}/usr/bin/a", f"{top}/usr/bin/hard")
    os.symlink("bin/a", f"{top}/usr/soft")
    tool("umoci", "repack", "--image", "u:x", "bundle")
    shutil.rmtree("bundle")
    tool("umoci", "unpack", *rootless, "--image", "u:x", "bundle")
    shutil.rmtree(f"{top}/gone")
    os.unlink(f"{top}/d/c")
    os.unlink(f"{top}/file")
    os.mkdir(f"{top}/file")
    os.symlink("d", f"{top}/gone")
    tool("umoci", "repack", "--image", "u:x", "bundle")
    shutil.rmtree("bundle")
    tool("umoci", "unpack", *rootless, "--image", "u:x", "bundle")
    expect("umoci's image", m.run("import", "--name", "u", "u", store="umoci"), DONE, "layers    2")
    found = {path: what[4:] if what[0] in "67" else what for path, what in what_is(m.tree("umoci")).items()}
    theirs = {path: what[4:] if what[0] in "67" else what for path, what in what_is(top).items()}
    equal("what umoci unpacks of it", found, theirs)
    equal("it is not nothing", len(found), 10)


needs("zstd", "zstd")
with Machine() as machine:
    good(machine)
    bad(machine)
    kept(machine)
    exported(machine)
    if os.environ.get("ASSAY_TEST_STRICT"):
        result(shutil.which("skopeo") and shutil.which("umoci"), "skopeo and umoci are there to judge")
finish()
