#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages made to break out, to fill the disk or to confuse: pinned as they are, so that nothing
but the unpacking stands against them. Nothing may be made outside the tree, and nothing kept."""
from toolchains import *  # noqa: F403

CONTROL = control("odd").encode()
GOOD = package("good", [("usr/bin/good", b"good")])


def raw(data_members, control_members=None, pack=pairs.gz, suffix=".gz", tail=b"", ar=None, end=1024):
    """A package from tar members. ar: members instead of the usual three."""
    usual = [member("./", kind=b"5", mode=0o755), member("./control", CONTROL)]
    control_tar = pairs.tar(*(usual if control_members is None else control_members))
    data_tar = pairs.tar(*data_members, end=end)
    members = ar or [pairs.ar_member("debian-binary", b"2.0\n"),
                     pairs.ar_member("control.tar" + suffix, pack(control_tar)),
                     pairs.ar_member("data.tar" + suffix, pack(data_tar))]
    return "odd.deb", pairs.ar(*members) + tail, control("odd")


def file(name, data=b"evil", **kw):
    return member(name, data, **kw)


def link(name, target, kind=b"2"):
    return member(name, kind=kind, link=target.encode())


def part(name, data):
    return pairs.ar_member(name, data)


ROOT = member("./", kind=b"5", mode=0o755)
TAR = pairs.gz(pairs.tar(ROOT, member("./control", CONTROL)))
BINARY = part("debian-binary", b"2.0\n")
SPARSE = pairs.pax((b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"),
                   (b"GNU.sparse.name", b"./hole"), (b"GNU.sparse.realsize", b"99999999999999"))

# What the package is, its bytes, and a text of the refusal.
REFUSED = [
    ("a name with ..", raw([file("./../../evil")]), "leads out"),
    ("a name with .. inside", raw([file("./usr/../../evil")]), "leads out"),
    ("a name that ends in ..", raw([member("./usr/..", kind=b"5")]), "leads out"),
    ("an absolute name", raw([file("/tmp/evil")]), "leads out"),
    ("an absolute name with two slashes", raw([file("//tmp/evil")]), "leads out"),
    ("./ and then an absolute name", raw([file(".//../evil")]), "leads out"),
    ("a pax name with ..", raw([pairs.pax((b"path", b"../evil")), file("./good")]), "leads out"),
    ("a GNU long name with ..", raw([pairs.long_name(b"../" * 60 + b"evil"),
                                     file("./good", magic=b"ustar  ")]), "leads out"),
    ("no name", raw([file("")]), ""),
    ("the root as a file", raw([file("./")]), ""),
    ("a file through a link that leads out", raw([link("./out", "/"), file("./out/tmp/evil")]),
     "not a folder"),
    ("a file through a relative link out", raw([link("./out", "../.."), file("./out/evil")]), "not a folder"),
    ("a folder through a link", raw([link("./out", "/tmp"), member("./out/", kind=b"5")]), "not a folder"),
    ("a file through a link inside", raw([member("./a/", kind=b"5"), link("./b", "a"), file("./b/c")]),
     "not a folder"),
    ("a link for a folder that is there", raw([file("./a/b"), link("./a", "/tmp")]), "twice"),
    ("a hard link to a file outside", raw([link("./evil", "/etc/passwd", b"1")]), "leads out"),
    ("a hard link with ..", raw([link("./evil", "../../etc/passwd", b"1")]), "leads out"),
    ("a hard link to nothing", raw([link("./evil", "./none", b"1")]), "hard link"),
    ("a hard link through a link", raw([link("./l", "/etc"), link("./evil", "./l/passwd", b"1")]),
     "not a folder"),
    ("a hard link to a link", raw([link("./l", "/etc/passwd"), link("./evil", "./l", b"1")]), "hard link"),
    ("a hard link to itself", raw([link("./evil", "./evil", b"1")]), "hard link"),
    ("a hard link to a folder", raw([member("./d/", kind=b"5"), link("./evil", "./d", b"1")]), "hard link"),
    ("a character device", raw([member("./null", kind=b"3", major=1, minor=3)]), "neither a file"),
    ("a block device", raw([member("./sda", kind=b"4", major=8)]), "neither a file"),
    ("a FIFO", raw([member("./fifo", kind=b"6")]), "neither a file"),
    ("a type that nobody knows", raw([file("./odd", kind=b"Z")]), None),
    ("one name twice", raw([file("./a"), file("./a", b"other")]), "twice"),
    ("one name as a file and a folder", raw([file("./a"), member("./a/", kind=b"5")]), "not a folder"),
    ("one name as a folder and a link", raw([member("./a/", kind=b"5"), link("./a", "b")]), "a folder"),
    ("a file of dpkg's database", raw([file("./var/lib/dpkg/status", b"Package: evil\n")]), "of its own"),
    ("a folder for a file of dpkg's database", raw([file("./var/lib/dpkg/status/x")]), "of its own"),
    ("a link in place of dpkg's folder", raw([link("./var/lib/dpkg", "/tmp")]), "not a folder"),
    ("a file cut short", raw([file("./a", b"x" * 5000, size=9000)], end=0), ""),
    ("a file larger than any disk", raw([file("./a", size=8 ** 11 - 1)]), ""),
    ("a negative size", raw([member("./a", b"", size_field=b"\xff" * 12)]), ""),
    ("a checksum that is wrong", raw([member("./a", b"x", check_field=lambda n: b"%06o\0 " % (n + 1))]), ""),
    ("a sparse file of 91 TiB", raw([SPARSE, file("./hole", b"1\n0\n0\n".ljust(512, b"\0"))]), ""),
    ("a bomb of one file", raw([file("./zeros", bytes(200 << 20))]), "too many bytes"),
    ("a bomb of many files", raw([file(f"./z{i}", bytes(10 << 20)) for i in range(8)]), "too many bytes"),
    ("a bomb in control.tar", raw([ROOT], [member("./control", CONTROL + b"#" * (20 << 20))]), "too many bytes"),
    ("a path of 5000 bytes", raw([pairs.long_name(b"./" + b"a/" * 2500 + b"x"),
                                  file("./x", magic=b"ustar  ")]), ""),
    ("a name of 300 bytes", raw([pairs.long_name(b"./" + b"a" * 300), file("./x", magic=b"ustar  ")]), ""),
    ("a NUL in a pax name", raw([pairs.pax((b"path", b"a\0b/../../evil")), file("./a")]), None),
    ("control.tar with a folder", raw([ROOT], [member("./control", CONTROL), member("./d/", kind=b"5")]),
     "not a plain file"),
    ("control.tar with a link", raw([ROOT], [link("./control", "/etc/passwd")]), "not a plain file"),
    ("control.tar with a path", raw([ROOT], [member("./control", CONTROL), file("./a/b")]), "not a plain file"),
    ("control.tar with ..", raw([ROOT], [member("./control", CONTROL), file("./../evil")]), "leads out"),
    ("control.tar without control", raw([ROOT], [file("./md5sums")]), "control is missing"),
    ("control twice", raw([ROOT], [member("./control", CONTROL)] * 2), "twice"),
    ("an empty control", raw([ROOT], [member("./control", b"\n\n")]), "control is missing"),
    ("two paragraphs", raw([ROOT], [member("./control", CONTROL + b"\nPackage: evil\n")]), "one paragraph"),
    ("a NUL in control", raw([ROOT], [member("./control", CONTROL + b"X: \0\n")]), "one paragraph"),
    ("a status in control", raw([ROOT], [member("./control", CONTROL + b"Status: deinstall ok config-files\n")]),
     "Status"),
    ("a second name in control", raw([ROOT], [member("./control", CONTROL + b"Package: evil\n")]), "Package"),
    ("a control file called list", raw([ROOT], [member("./control", CONTROL), file("./list", b"/evil\n")]),
     "of its own"),
    ("300 control files", raw([ROOT], [member("./control", CONTROL)] + [file(f"./f{i}") for i in range(300)]),
     "control files"),
    ("no ar archive", ("odd.deb", pairs.tar(file("./a")), control("odd")), "no ar archive"),
    ("nothing", ("odd.deb", b"", control("odd")), ""),
    ("an ar archive alone", ("odd.deb", b"!<arch>\n", control("odd")), "format 2"),
    ("format 3", raw([], ar=[part("debian-binary", b"3.0\n"), part("control.tar.gz", TAR),
                             part("data.tar.gz", TAR)]), "format 2"),
    ("no data.tar", raw([], ar=[BINARY, part("control.tar.gz", TAR)]), "format 2"),
    ("two data.tar", raw([], ar=[BINARY, part("control.tar.gz", TAR), part("data.tar.gz", TAR),
                                 part("data.tar.xz", TAR)]), "format 2"),
    ("another order", raw([], ar=[BINARY, part("data.tar.gz", TAR), part("control.tar.gz", TAR)]), "control.tar"),
    ("another member between", raw([], ar=[BINARY, part("_evil", b""), part("control.tar.gz", TAR)]),
     "control.tar"),
    ("a packing that nobody knows", raw([], ar=[BINARY, part("control.tar.gz", TAR), part("data.tar.Z", TAR)]),
     "data.tar"),
    ("xz by name, gzip by content", raw([], ar=[BINARY, part("control.tar.gz", TAR), part("data.tar.xz", TAR)]),
     ""),
    ("gzip by name, no packing by content", raw([file("./a")], pack=lambda d: d), ""),
    ("a zip for a tar", raw([], ar=[BINARY, part("control.tar.gz", TAR),
                                    part("data.tar", b"PK\3\4" + bytes(600))]), ""),
    ("bytes behind the end", raw([file("./a")], tail=b"evil"), "behind"),
    ("a package cut short", ("odd.deb", raw([file("./a", b"x" * 999)])[1][:-30], control("odd")), ""),
    ("a member past the end", ("odd.deb", pairs.ar(BINARY, pairs.ar_member("control.tar.gz", TAR, size=1 << 30)),
                               control("odd")), ""),
]

# What looks odd and is fine.
TAKEN = [
    ("a link that leads out and is not followed", raw([link("./out", "../../../../etc")])),
    ("a link to nothing", raw([link("./l", "none")])),
    ("a link to itself", raw([link("./l", "l")])),
    ("folders that are not listed", raw([file("./a/b/c/d")])),
    ("folders that are listed last", raw([file("./a/b"), member("./a/", kind=b"5", mode=0)])),
    ("names without ./", raw([member("usr/", kind=b"5"), file("usr/x")])),
    ("no entries", raw([])),
    ("packed with xz", raw([file("./a")], pack=pairs.xz, suffix=".xz")),
    ("packed with zstd", raw([file("./a")], pack=pairs.zst, suffix=".zst")),
    ("not packed", raw([file("./a")], pack=lambda d: d, suffix="")),
    ("a long name", raw([pairs.long_name(b"./" + b"a" * 120), file("./x", magic=b"ustar  ")])),
]


def snapshot():
    """All that is outside the store."""
    seen = []
    for folder, folders, files in os.walk("."):
        folders[:] = [f for f in folders if os.path.join(folder, f) != "./store"]
        seen += [os.path.join(folder, name) for name in folders + files]
    return sorted(seen), sorted(os.listdir("store/tmp"))


def attack(m, text, hostile, wanted):
    m.publish(GOOD, hostile)
    m.lock_of(GOOD, hostile)
    before = snapshot()
    code, out, err = m.run("fetch", "l.lock.yaml")
    after = snapshot()
    if wanted is None:  # refused, or taken for something that stays inside: then for its digest
        wanted = ""
        code = TROUBLE if code == PIN and "the tree has the digest" in err else code
    expect(text + ": refused", (code, out, err), TROUBLE, "toolchain t: ", wanted)
    if "cannot be fetched" in err or "is nowhere any more" in err:
        result(False, text + ": not for its bytes", err)
    result(before == after and not m.trees() and not os.path.exists("/tmp/evil"),
           text + ": nothing made", f"{before}\n{after}\n{m.trees()}")


def contests(m):
    """Two packages and one path."""
    def meet(text, a, b, wanted, status=TROUBLE):
        m.publish(a, b)
        for names in ((a, b), (b, a)):
            m.lock_of(*names)
            expect(text, m.run("fetch", "l.lock.yaml"), status, *wanted)

    one = package("one", [("usr/x", b"1")])
    two = package("two", [("usr/x", b"2")])
    meet("two files", one, two, ["usr/x", "one", "two", "they differ"])
    meet("two files that replace each other are decided, always alike",
         package("one", [("usr/x", b"1")], Replaces="two"), package("two", [("usr/x", b"2")], Replaces="one"),
         ["the tree has the digest"], PIN)
    meet("equal files", one, package("two", [("usr/x", b"1")]), ["the tree has the digest"], PIN)
    meet("other modes", one, package("two", extra=[file("./usr/x", b"1", mode=0o755)]), ["they differ"])
    meet("a file and a link", one, package("two", extra=[link("./usr/x", "y")]), ["they differ"])
    meet("a file and a folder", one, package("two", [("usr/x/y", b"1")]), ["usr/x"])
    meet("a link and a folder", package("one", extra=[link("./usr", "/tmp")]), two, ["usr"])
    meet("a link to a folder of the other", package("one", extra=[link("./usr", "var")]), two, ["usr"])
    meet("a hard link where the other has a file",
         package("one", [("a", b"1")], extra=[link("./usr/x", "./a", b"1")]), two, ["usr/x"])


needs("zstd", "zstd")
needs("apt-get", "apt")
with Machine() as machine:
    machine.publish(GOOD)
    machine.lock_of(GOOD)
    machine.run("fetch", "l.lock.yaml")
    for item in REFUSED:
        attack(machine, *item)
    for what, odd in TAKEN:
        machine.publish(GOOD, odd)
        machine.intent("good", "odd")
        expect(what + ": taken", machine.run("lock", "-o", "-", "t.intent.yaml", store="taken"), DONE)
    equal("each made a tree that a judge agrees on",
          [tree_digest("taken/trees/sha256/" + d) for d in machine.trees("taken")], machine.trees("taken"))
    contests(machine)
finish()
