#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""assay compare as a command: exit statuses, directories, members, what it prints, bad usage."""
import time

from pairs import *  # noqa: F403

RANDOM = b"".join(struct.pack("<I", zlib.crc32(struct.pack("<I", i))) for i in range(2000))
PAIRS = {
    "identical": (RANDOM, RANDOM),
    "repacked": (gz(RANDOM, level=1), gz(RANDOM)),
    "different": (RANDOM, RANDOM[:-1]),
    "inconclusive": (gz(RANDOM), gz(RANDOM)[:-1]),
}


def check(text, condition, why=""):
    result(bool(condition), text, why)


def say(*options):
    return subprocess.run([ASSAY, "compare", *options], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60)


def statuses():
    """Every tier against every tier that can be accepted."""
    for tier, (a, b) in PAIRS.items():
        write("a", a)
        write("b", b)
        for accept in TIERS[:4]:
            wanted = (INCONCLUSIVE if tier == "inconclusive" else DIFFERENT if tier == "different"
                      else MATCH if TIERS.index(tier) <= TIERS.index(accept) else WORSE)
            got = say("--accept", accept, "a", "b")
            check(f"{tier}, accepting {accept}: {wanted}", got.returncode == wanted, got)
            answer = json.loads(say("--accept", accept, "--json", "-", "a", "b").stdout)
            check(f"{tier}, accepting {accept}: accepted is {wanted == MATCH}",
                  answer["accepted"] == (wanted == MATCH) and answer["tier"] == tier)
    for bad in ("different", "inconclusive", "excluded", "", "Identical"):
        got = say("--accept", bad, "a", "b")
        check(f"--accept {bad!r} is refused", got.returncode == TROUBLE and not got.stdout)


def trouble():
    os.mkdir("dir")
    os.mkfifo("fifo")
    os.symlink("nowhere", "dangling")
    write("empty", b"")
    write("file", RANDOM)
    os.symlink("file", "link")
    for text, arguments, pattern in (
            ("missing", ("none", "file"), b"none"),
            ("missing rebuilt", ("file", "none"), b"none"),
            ("dangling link", ("dangling", "file"), b"dangling"),
            ("FIFO", ("fifo", "file"), b"not a regular file"),
            ("rebuilt FIFO", ("file", "fifo"), b"not a regular file"),
            ("device", ("/dev/null", "file"), b"not a regular file"),
            ("directory against file", ("dir", "file"), b"two of a kind"),
            ("file against directory", ("file", "dir"), b"two of a kind"),
            ("one argument", ("file",), b"DELIVERED REBUILT"),
            ("three arguments", ("file", "file", "file"), b"DELIVERED REBUILT"),
            ("no argument", (), b"DELIVERED REBUILT"),
            ("unknown option", ("--evil", "file", "file"), b"evil"),
            ("depth of 0", ("--max-depth", "0", "file", "file"), b"max-depth"),
            ("depth of a million", ("--max-depth", "1M", "file", "file"), b"max-depth"),
            ("ratio of 0", ("--max-ratio", "0", "file", "file"), b"max-ratio"),
            ("JSON into a folder that is not there", ("--json", "none/x", "file", "file"), b"none"),
    ):
        got = say(*arguments)
        check(f"{text}: status 2, one message, nothing on stdout",
              got.returncode == TROUBLE and not got.stdout and pattern in got.stderr, got)
    for text, arguments, status in (
            ("two empty files", ("empty", "empty"), MATCH),
            ("a file and itself", ("file", "file"), MATCH),
            ("a link to a file", ("link", "file"), MATCH),
            ("an empty file against one that is not", ("empty", "file"), DIFFERENT),
            ("two empty directories", ("dir", "dir"), MATCH),
            ("a name that looks like an option", ("--", "file", "file"), MATCH)):
        check(text, say(*arguments).returncode == status)
    full = subprocess.run(f"'{ASSAY}' compare file file >/dev/full", shell=True,
                          stderr=subprocess.PIPE)
    check("an answer that cannot be written is none", full.returncode == TROUBLE, full)
    before = os.stat("/dev/null")
    say("--json", "/dev/null", "file", "file")
    check("--json /dev/null leaves the device alone", os.stat("/dev/null").st_rdev == before.st_rdev)
    say("--json", "out.json", "file", "file")
    with open("out.json") as f:
        check("--json FILE", json.load(f)["schema"] == "assay.compare/1")


def make_tree(name, change=None):
    shutil.rmtree(name, ignore_errors=True)
    os.makedirs(f"{name}/usr/bin")
    write(f"{name}/usr/bin/x", RANDOM)
    write(f"{name}/usr/bin/y.gz", gz(RANDOM))
    os.symlink("x", f"{name}/usr/bin/link")
    write(f"{name}/empty", b"")
    for path, mode in (("usr/bin/x", 0o755), ("usr/bin/y.gz", 0o644), ("empty", 0o644), ("usr", 0o755),
                       ("usr/bin", 0o755)):
        os.chmod(f"{name}/{path}", mode)
    if change:
        change(name)


def relink(name, target):
    os.unlink(f"{name}/usr/bin/link")
    os.symlink(target, f"{name}/usr/bin/link")


def directories():
    def d(text, change, tier, *wanted):
        make_tree("one", change)
        make_tree("two")
        for a, b in (("one", "two"), ("two", "one")):
            got = say("--json", "-", a, b)
            try:
                answer = json.loads(got.stdout)
                check_sums(answer)
                check_story(answer, tier == "identical")
                found = [f"{f['artefact']}: {f['text']}" for f in answer["findings"]]
                assert answer["tier"] == tier and got.returncode == STATUS[tier], got
                assert all(any(w in f for f in found) for w in wanted), found
            except (AssertionError, ValueError) as problem:
                check(f"directories: {text}, {a} against {b}", False, problem)
                continue
            check(f"directories: {text}, {a} against {b}", True)

    d("equal", None, "identical")
    d("times do not count", lambda n: os.utime(f"{n}/usr/bin/x", (1, 1)), "identical")
    d("a byte", lambda n: write(f"{n}/usr/bin/x", RANDOM[:-1] + b"!"), "different",
      "usr/bin/x: 1 byte differs")
    d("repacked", lambda n: write(f"{n}/usr/bin/y.gz", gz(RANDOM, level=1)), "repacked",
      "usr/bin/y.gz: ")
    d("repacked and a byte", lambda n: (write(f"{n}/usr/bin/y.gz", gz(RANDOM, level=1)),
                                        write(f"{n}/usr/bin/x", b"x" + RANDOM[1:])), "different",
      "usr/bin/y.gz: ", "usr/bin/x: ")
    d("setuid", lambda n: os.chmod(f"{n}/usr/bin/x", 0o4755), "different",
      "usr/bin/x: mode: ", "4755")
    d("mode of a folder", lambda n: os.chmod(f"{n}/usr", 0o1777), "different", "usr: mode: ")
    d("an extra file", lambda n: write(f"{n}/usr/evil", b"evil"), "different",
      "usr/evil: file, only in the")
    d("an extra empty file", lambda n: write(f"{n}/usr/evil", b""), "different",
      "usr/evil: file, only in the")
    d("an extra folder", lambda n: os.mkdir(f"{n}/evil"), "different", "evil: folder, only in the")
    d("an extra link", lambda n: os.symlink("/etc/shadow", f"{n}/evil"), "different",
      "evil: symbolic link, only in the")
    d("a FIFO", lambda n: os.mkfifo(f"{n}/evil"), "different", "evil: FIFO, only in the")
    d("a link elsewhere", lambda n: relink(n, "/etc/passwd"), "different",
      "usr/bin/link: link target: ", "/etc/passwd")
    d("a link turned file", lambda n: (os.unlink(f"{n}/usr/bin/link"),
                                       write(f"{n}/usr/bin/link", RANDOM)), "different",
      "usr/bin/link: type: ")
    d("a name with control characters", lambda n: write(f"{n}/\x1b[2J\n", b"evil"), "different",
      "\\x1b[2J\\x0a: file")
    if os.geteuid() == 0:
        d("a device", lambda n: os.mknod(f"{n}/dev", 0o600 | 0o020000, os.makedev(1, 3)),
          "different", "dev: character device")
        d("everything owned by another", lambda n: subprocess.run(
            ["chown", "-hR", "12345:12345", n], check=True), "identical")
        d("one file owned by another", lambda n: os.chown(f"{n}/usr/bin/x", 12345, 0), "different",
          "usr/bin/x: owner: ")
    make_tree("one")
    try:
        os.setxattr("one/usr/bin/x", "user.evil", b"x")
    except OSError:
        result(True, "directories: extended attributes # SKIP the file system has none")
    else:
        d("an extended attribute", lambda n: os.setxattr(f"{n}/usr/bin/x", "user.evil", b"\1"),
          "different", "usr/bin/x: extended attributes: ")
        d("an extended attribute of a folder", lambda n: os.setxattr(f"{n}/usr/bin", "user.evil", b""),
          "different", "usr/bin: extended attributes: ")
    for size in (65535, 65536, 65537):
        for last, status in ((b"x", MATCH), (b"y", DIFFERENT)):
            make_tree("one", lambda n: write(f"{n}/usr/bin/x", b"x" * size))
            make_tree("two", lambda n: write(f"{n}/usr/bin/x", b"x" * (size - 1) + last))
            check(f"directories: {last} is the last of {size} bytes",
                  say("one", "two").returncode == status)
    make_tree("one")
    make_tree("two")
    os.mkfifo("one/f")
    os.mkfifo("two/f")
    check("directories: FIFOs are never opened", say("one", "two").returncode == MATCH)


def members():
    program = RANDOM[:3000]
    archive = tar(member("./usr/x", program), member("./usr/hard", kind=b"1", link=b"./usr/x"),
                  member("./usr/soft", kind=b"2", link=b"x"), member("./twice", b"1"),
                  member("./twice", b"2"), member("./z.gz", gz(program)))
    write("package", ar(ar_member("data.tar.xz", xz(archive)), ar_member("plain", program)))
    write("program", program)
    for path, status in (("data.tar.xz!/usr/x", MATCH), ("data.tar.xz!usr/x", MATCH),
                         ("data.tar.xz!./usr/x", MATCH), ("data.tar.xz!/usr/hard", MATCH),
                         ("plain", MATCH), ("data.tar.xz!/z.gz!", MATCH),
                         ("data.tar.xz!/z.gz", DIFFERENT), ("data.tar.xz", DIFFERENT)):
        got = say("--member", path, "package", "program")
        check(f"member {path}: {status}", got.returncode == status, got)
    for path, why in (("data.tar.xz!/usr/none", b"no such member"),
                      ("data.tar.xz!/usr/soft", b"not a regular file"),
                      ("data.tar.xz!/twice", b"several members"),
                      ("data.tar.xz!/usr", b"no such member"),
                      ("plain!x", b"not inside a container"), ("", b"no such member"),
                      ("data.tar.xz!/usr/x!", b"not inside a container"),
                      ("\x1b[2J", b"\\x1b[2J: no such member")):
        got = say("--member", path, "package", "program")
        check(f"member {path!r}: refused", got.returncode == TROUBLE and why in got.stderr and
              b"\x1b" not in got.stderr, got)


def ambiguous_members():
    """What a program that unpacks would put in the place of the member that was asked for."""
    good, evil = b"honest", b"evil"
    write("program", good)
    first = member("./usr/lib/x", good)
    end = bytes(1024)
    link = member("./usr/lib64", kind=b"2", link=b"lib")
    for text, archive in (
            ("an empty component", tar(first, member("./usr//lib/x", evil))),
            ("a dot", tar(first, member("usr/./lib/x", evil))),
            ("an absolute name", tar(first, member("/usr/lib/x", evil))),
            ("a way up", tar(first, member("./usr/bin/../lib/x", evil))),
            ("a link to the folder", tar(first, link, member("./usr/lib64/x", evil))),
            ("a link in place of the folder",
             tar(first, member("./usr/lib", kind=b"2", link=b"../evil"))),
            ("a file in place of the folder", tar(first, member("./usr/lib", b"x"))),
            ("a second archive behind the end", tar(first) + member("./usr/lib/x", evil) + end),
            ("a second archive behind one block of zeros",
             first + bytes(512) + member("./usr/lib/x", evil) + end),
            ("two data.tar", None)):
        path = "usr/lib/x"
        if archive is None:
            archive = ar(ar_member("debian-binary", b"2.0\n"),
                         ar_member("data.tar.xz", xz(tar(member("./usr/lib/x", evil)))),
                         ar_member("data.tar.gz", gz(tar(first))))
            path = "data.tar.gz!/usr/lib/x"
        write("archive", archive)
        got = say("--member", path, "archive", "program")
        check(f"member behind {text}: refused", got.returncode == TROUBLE and not got.stdout and
              (b"no certain answer" in got.stderr or b"several members" in got.stderr), got)
    write("archive", tar(member("./usr/", kind=b"5"), member("./usr/lib/", kind=b"5"), first, link,
                         member("./usr/lib/y", evil)))
    for path in ("usr/lib/x", "/usr//lib/./x", "./usr/lib/x"):
        got = say("--member", path, "archive", "program")
        check(f"member {path} of an honest archive", got.returncode == MATCH, got)


def limits():
    write("a", gz(tar(member("x.gz", gz(RANDOM, level=1)))))
    write("b", gz(tar(member("x.gz", gz(RANDOM)))))
    for options, status in (((), MATCH), (("--max-depth", "3"), MATCH),
                            (("--max-depth", "2"), INCONCLUSIVE),
                            (("--max-bytes", "1K"), INCONCLUSIVE),
                            (("--max-members", "2"), INCONCLUSIVE)):
        got = say(*options, "a", "b")
        check(f"limits {options}: {status}", got.returncode == status and
              (status == MATCH or b"limit: " in got.stdout), got)


def measured(*options):
    """Run it. Return: exit status, the JSON that it wrote, largest memory in MiB, seconds."""
    start = time.monotonic()
    child = subprocess.Popen([ASSAY, "compare", "--json", "answer", *options],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    with open("answer", encoding="utf-8") as file:
        answer = json.load(file)
    return child.returncode, answer, usage.ru_maxrss / 1024, time.monotonic() - start


def many_differences():
    """More ranges than anybody reads: little memory, and everything still adds up."""
    size = 8 << 20
    plain = (RANDOM * (size // len(RANDOM) + 1))[:size]
    flipped = bytearray(plain)
    flipped[0::2] = bytes(byte ^ 255 for byte in plain[0::2])
    write("a", plain)
    write("b", bytes(flipped))
    with open(ASSAY, "rb") as file:
        slow = 4 if b"__asan_init" in file.read() else 1
    status, answer, memory, seconds = measured("a", "b")
    one = answer["artefacts"][0]
    different = answer["bytes"]["unexplained"]
    check("every second byte: different", status == DIFFERENT and answer["tier"] == "different")
    check(f"every second byte: {memory:.0f} MiB", memory < 256 * slow)
    check(f"every second byte: {seconds:.1f} s", seconds < 20 * slow)
    check("every second byte: no different byte is called equal", size // 2 <= different <= size)
    check("every second byte: how many equal ones are counted with them is said",
          one.get("coalesced") == different - size // 2, one)
    check("every second byte: the classes add up",
          sum(answer["bytes"][name] for name in CLASSES) == answer["bytes"]["total"] == size)
    check("every second byte: the ranges do",
          sum(part["length"] for part in one["ranges"]) == size
          and sum(part["length"] for part in one["ranges"] if part["class"] == "unexplained")
          == different)
    check("every second byte: a finding covers it", answer["findings"][0]["length"] >= size - 1)
    shown = say("a", "b").stdout.decode()
    check("every second byte: the text says so", "equal bytes between different ones" in shown)
    # The same number of differences far apart fits, and nothing is said about limits.
    near = bytearray(plain)
    near[0::256] = bytes(byte ^ 255 for byte in plain[0::256])
    write("b", bytes(near))
    answer = measured("a", "b")[1]
    check("every 256th byte: exact", answer["bytes"]["unexplained"] == size // 256
          and "coalesced" not in answer["artefacts"][0])


def first_screen():
    """The verdict first, the cause before any byte, few lines however much differs."""
    write("a", tar(*[member(f"m{i}", RANDOM) for i in range(300)]))
    write("b", tar(*[member(f"m{i}", RANDOM[::-1]) for i in range(300)]))
    got = say("a", "b").stdout.decode()
    check("the first line is the verdict", got.startswith("different: "), got)
    check("at most 60 lines", got.count("\n") <= 60, got.count("\n"))
    check("and it says that there is more", "--verbose" in got)
    check("--verbose has all", all(f"  m{i}\n" in say("-v", "a", "b").stdout.decode()
                                   for i in (0, 150, 299)))
    got = subprocess.run([ASSAY, "compare", "--help"], stdout=subprocess.PIPE).stdout
    check("--help has an example", b"Example:\n  assay compare " in got)


if __name__ == "__main__":
    with Folder():
        for part in (statuses, trouble, directories, members, ambiguous_members, limits,
                     many_differences, first_screen):
            part()
    finish()
