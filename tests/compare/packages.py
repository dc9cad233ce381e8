#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""assay compare on Debian packages: the file md5sums follows from what it describes and decides
nothing; attacks that other tools do not see or do not name. dpkg-deb judges what is in one."""
from pairs import *  # noqa: F403

PROGRAM = b"\x7fNOT AN ELF FILE" + bytes(range(256)) * 40
EVIL = PROGRAM[:5000] + b"\xcc" + PROGRAM[5001:]
MANUAL = b"x - does things\n" * 300
FILES = [("usr/bin/x", PROGRAM), ("usr/share/man/man1/x.1.gz", gz(MANUAL)),
         ("usr/share/doc/x/copyright", b"GPL\n" * 50)]
TEXT = b"text " * 99
CONF = ("etc/x.conf", b"password = none\n")
BASE = deb(FILES)


def replaced(name, data):
    return [(n, data if n == name else d) for n, d in FILES]


def t(text, delivered, tier, *wanted, absent=(), base=BASE):
    trial("deb: " + text, delivered, base, tier, *wanted, absent=absent)
    trial("deb: " + text + ", the other way", base, delivered, tier)


def contents():
    t("equal", BASE, "identical")
    t("one byte, md5sums updated", deb(replaced("usr/bin/x", EVIL)), "different",
      "data.tar.xz!/usr/bin/x: 1 byte differs", absent=("md5sums",))
    t("one byte, md5sums stale", deb(replaced("usr/bin/x", EVIL), sums=md5sums(FILES)), "different",
      "data.tar.xz!/usr/bin/x: 1 byte differs",
      "control.tar.xz!/md5sums: usr/bin/x: the digest is not that of the")
    t("one byte and a harmless mtime",
      deb(replaced("usr/bin/x", EVIL), sums=md5sums(FILES), mtime=1700000001), "different",
      "usr/bin/x: 1 byte differs", "/usr/bin/x: mtime differs", "the digest is not that of the")
    t("a configuration file that md5sums does not name",
      deb([*FILES, (CONF[0], b"password = evil\n")], sums=md5sums(FILES)), "different",
      "/etc/x.conf: 4 bytes differ", base=deb([*FILES, CONF], sums=md5sums(FILES)))
    t("a packed manual", deb(replaced("usr/share/man/man1/x.1.gz", gz(MANUAL, level=1))),
      "repacked", "gzip/stream@1",
      "control.tar.xz!/md5sums: usr/share/man/man1/x.1.gz differs (deb/md5sums@1)")
    t("a packed manual, md5sums stale",
      deb(replaced("usr/share/man/man1/x.1.gz", gz(MANUAL, level=1)), sums=md5sums(FILES)),
      "different", "gzip/stream@1", "x.1.gz: the digest is not that of the")
    t("a packed manual, and another line false",
      deb(replaced("usr/share/man/man1/x.1.gz", gz(MANUAL, level=1)),
          sums=md5sums([(n, gz(MANUAL, level=1) if n.endswith("gz") else
                         EVIL if n == "usr/bin/x" else d) for n, d in FILES])),
      "different", "usr/bin/x: the digest is not that of the")
    t("a packed manual, and evil beside it",
      deb([(n, gz(MANUAL, level=1) if n.endswith("gz") else EVIL if n == "usr/bin/x" else d)
           for n, d in FILES]), "different", "usr/bin/x: 1 byte differs")
    for level in (1, 9):
        other = gz(MANUAL, level=level, mtime=7)
        t(f"a manual packed at level {level} with a time",
          deb(replaced("usr/share/man/man1/x.1.gz", other)), "repacked",
          "x.1.gz: mtime differs (gzip/timestamps@1)", "md5sums@1")
    t("packed at another level", deb(FILES, pack=lambda d: xz(d, 0)), "repacked", "xz/stream@1")
    t("packed by another program", deb(FILES, pack=zst, suffix=".zst"), "different",
      "data.tar.zst: only in the")
    t("packed by another program under the same name", deb(FILES, pack=gz), "different")
    t("not packed, against packed", deb(FILES, pack=lambda d: d, suffix=""), "different")
    t("not packed, one byte", deb(replaced("usr/bin/x", EVIL), pack=lambda d: d, suffix=""),
      "different", "usr/bin/x: 1 byte differs",
      base=deb(FILES, pack=lambda d: d, suffix=""))
    t("packed with zstd, one byte", deb(replaced("usr/bin/x", EVIL), pack=zst, suffix=".zst"),
      "different", "data.tar.zst!/usr/bin/x: 1 byte differs",
      base=deb(FILES, pack=zst, suffix=".zst"))


def metadata():
    t("mode 0755 to 4755", deb(FILES, mode=0o4755), "different", "/usr/bin/x: mode differs",
      base=deb(FILES, mode=0o755))
    t("an extra symbolic link",
      deb(FILES, extra=[member("./etc/rc2.d/S99x", kind=b"2", link=b"/usr/bin/evil")]), "different",
      "./etc/rc2.d/S99x: only in the")
    t("an extra file that md5sums does not name",
      deb([*FILES, ("etc/cron.d/x", b"* * * * * root evil\n")], sums=md5sums(FILES)), "different",
      "./etc/cron.d/x: only in the")
    t("an extra script", deb(FILES, scripts=[("postinst", b"#!/bin/sh\nevil\n")]), "different",
      "./postinst: only in the")
    t("another script", deb(FILES, scripts=[("postinst", b"#!/bin/sh\nevil\n")]), "different",
      "control.tar.xz!/postinst: 4 bytes differ",
      base=deb(FILES, scripts=[("postinst", b"#!/bin/sh\ngood\n")]))
    t("another dependency", deb(FILES, control=CONTROL.replace(b"2.34", b"2.36")), "different",
      "control.tar.xz!/control: 1 byte differs")
    t("a longer dependency", deb(FILES, control=CONTROL.replace(b"2.34", b"2.34-1")), "different",
      "control.tar.xz!/control: 2 bytes only in the", absent=("checksum", "size"))
    t("a member of data.tar twice, the first one evil",
      deb(FILES, extra=[member("./usr/bin/x", EVIL)]), "different", "./usr/bin/x: only in the")
    t("a member of data.tar twice on both sides, the last one evil",
      deb(FILES, extra=[member("./usr/bin/x", EVIL)]), "different",
      "usr/bin/x: 1 byte differs", base=deb(FILES, extra=[member("./usr/bin/x", PROGRAM)]))
    t("the order of data.tar", deb(FILES[::-1], sums=md5sums(FILES)), "different",
      "another order")
    t("the order of md5sums", deb(FILES, sums=md5sums(FILES[::-1])), "different",
      "control.tar.xz!/md5sums: ")
    hard = [member("./usr/bin/y", kind=b"1", link=b"./usr/bin/x")]
    claim = [*FILES, ("usr/bin/y", PROGRAM)]
    t("a hard link that md5sums names",
      deb(replaced("usr/share/man/man1/x.1.gz", gz(MANUAL, level=1)), extra=hard,
          sums=md5sums([(n, gz(MANUAL, level=1) if n.endswith("gz") else d) for n, d in claim])),
      "repacked", "deb/md5sums@1", base=deb(FILES, extra=hard, sums=md5sums(claim)))
    for name, kw in (("usr/bin/./x", {}), ("/usr/bin/x", {}), (".//usr/bin/x", {}),
                     ("./usr/bin/x", dict(kind=b"2", link=b"/evil"))):
        # Which of them is unpacked last is not for us to say, so no digest of it is true.
        twice = [member(name, **kw)]
        t(f"two entries for one file, the other as {name}",
          deb(replaced("usr/share/man/man1/x.1.gz", gz(MANUAL, level=1)), extra=twice),
          "different", "usr/bin/x: the digest is not that of the", base=deb(FILES, extra=twice))
    t("a file that is not there, in md5sums",
      deb(replaced("usr/bin/x", EVIL), sums=md5sums([("usr/bin/none", b"")])), "different",
      "usr/bin/none: the digest is not that of the")


def frames():
    parts = [ar_member("debian-binary", b"2.0\n"), ar_member("control.tar.xz", xz(tar())),
             ar_member("data.tar.xz", xz(tar(member("x", TEXT))))]
    base = ar(*parts)
    t("an extra member", ar(*parts, ar_member("_gpgorigin", b"evil")), "different",
      "_gpgorigin: only in the", base=base)
    t("data.tar before control.tar", ar(parts[0], parts[2], parts[1]), "different",
      "another order", base=base)
    t("data.tar twice, the first one evil",
      ar(parts[0], parts[1], ar_member("data.tar.xz", xz(tar(member("x", b"evil")))), parts[2]),
      "different", "data.tar.xz: only in the", base=base)
    t("another format version", ar(ar_member("debian-binary", b"2.1\n"), *parts[1:]), "different",
      "debian-binary: 1 byte differs", base=base)
    t("the mtime of a member", ar(parts[0], parts[1], ar_member(
        "data.tar.xz", xz(tar(member("x", TEXT))), mtime=1)), "different", "mtime differs",
      base=base)
    t("bytes behind the end", base + b"\n", "different", "trailing bytes", base=base)
    t("a data.tar that is cut short", ar(*parts[:2], ar_member("data.tar.xz", xz(tar())[:-20])),
      "inconclusive", "cannot be read as xz", base=base)
    # Without the three members and no others the rule about md5sums is not used.
    repacked = deb(replaced("usr/share/man/man1/x.1.gz", gz(MANUAL, level=1)),
                   extra_members=[ar_member("_x", b"x")])
    t("a packed manual in something that is not quite a package", repacked, "different",
      "control.tar.xz!/md5sums: ", base=deb(FILES, extra_members=[ar_member("_x", b"x")]))


def md5sums_format():
    """A line that is not exactly as dh_md5sums writes it is never explained."""
    new = gz(MANUAL, level=1)
    files = replaced("usr/share/man/man1/x.1.gz", new)
    good_a, good_b = md5sums(files), md5sums(FILES)
    changes = {
        "capitals": lambda s: s.replace(s[:32], s[:32].upper()),
        "one space": lambda s: s.replace(b"  ", b" ", 1),
        "a mark for binary files": lambda s: s.replace(b"  ", b" *", 1),
        "no newline at the end": lambda s: s[:-1],
        "an empty line": lambda s: s + b"\n",
        "a comment": lambda s: b"# evil\n" + s,
        "a carriage return": lambda s: s.replace(b"\n", b"\r\n", 1),
        "an escaped name": lambda s: b"\\" + s,
        "a line twice": lambda s: s + s[:s.index(b"\n") + 1],
        "a dot in front of a name": lambda s: s.replace(b"  usr", b"  ./usr", 1),
        "a slash in front of a name": lambda s: s.replace(b"  usr", b"  /usr", 1),
        "a NUL": lambda s: s.replace(b"usr/bin/x\n", b"usr/bin/x\0\n", 1),
    }
    for text, change in changes.items():
        harmless = text == "a line twice"
        t("md5sums with " + text + " on both sides", deb(files, sums=change(good_a)),
          "repacked" if harmless else "different", base=deb(FILES, sums=change(good_b)))
        t("md5sums with " + text + " on one side", deb(files, sums=change(good_a)), "different")


def real_package():
    """A package made by dpkg-deb: its members are the ones that dpkg-deb lists."""
    os.makedirs("tree/DEBIAN")
    os.makedirs("tree/usr/lib/x")
    write("tree/DEBIAN/control", CONTROL + b"Maintainer: x <x@example.org>\n")
    for i in range(20):
        write(f"tree/usr/lib/x/file {i}", b"%d" % i * 100)
    os.symlink("file 1", "tree/usr/lib/x/link")
    env = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}

    def build(name, *options):
        subprocess.run(["dpkg-deb", "--root-owner-group", *options, "-b", "tree", name], check=True,
                       stdout=subprocess.DEVNULL, env=env)
        with open(name, "rb") as f:
            return f.read()

    base = build("base.deb")
    write("tree/usr/lib/x/file 7", b"evil")
    other = build("other.deb")
    status, answer, _ = compare(other, base)
    listed = subprocess.run(["dpkg-deb", "--fsys-tarfile", "other.deb"], stdout=subprocess.PIPE,
                            check=True).stdout
    names = subprocess.run(["tar", "-t"], input=listed, stdout=subprocess.PIPE, check=True).stdout
    wanted = {"data.tar.xz!" + line[1:] for line in names.decode().splitlines()
              if not line.endswith("/") and not line.endswith("link")}
    got = {a["path"] for a in answer["artefacts"] if a["path"].startswith("data.tar.xz!/")}
    result(wanted == got and status == DIFFERENT, "dpkg-deb lists the same members",
           wanted.symmetric_difference(got))
    t("made by dpkg-deb, at another level", build("fast.deb", "-z1"), "repacked", "xz/stream@1",
      base=other)
    t("made by dpkg-deb, evil in one of many files", other, "different", "/file 7: ", base=base)


if __name__ == "__main__":
    with Folder():
        for part in (contents, metadata, frames, md5sums_format, real_package):
            part()
    finish()
