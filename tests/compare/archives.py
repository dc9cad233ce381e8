#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""cpio and zip: what is harmless, attacks, and archives as cpio(1) and zip(1) make them."""
import bz2
import hashlib

from makers import *  # noqa: F403
from pairs import *  # noqa: F403

OTHER = TEXT.replace(b"lazy", b"idle", 1)


# --- cpio -----------------------------------------------------------------------------------


def make_newc(a=TEXT, mode=0o100755, mtime=1700000000, ino=(1, 2), dev=(8, 1), link="init",
              extra=b"", end=512, after=b"", nlink=1, crc=False, **kw):
    body = newc("bin", mode=0o40755, ino=9, nlink=2, dev=dev) + newc(
        "bin/a", a, mode=mode, mtime=mtime, ino=ino[0], dev=dev, nlink=nlink, crc=crc, **kw)
    body += newc("bin/b", b"b", ino=ino[1], dev=dev, nlink=nlink, crc=crc)
    body += newc("bin/c", link.encode(), mode=0o120777, ino=3, dev=dev, crc=crc) + extra
    return padded(body + TRAILER, end) + after


def cpios():
    attacks = [
        ("content", {"a": OTHER}, "bin/a: 4 bytes"),
        ("content of another size", {"a": TEXT + b"!"}, "bin/a: 1 byte only in the delivered"),
        ("setuid", {"mode": 0o104755}, "bin/a: mode differs"),
        ("a link elsewhere", {"link": "evil"}, "bin/c: link target"),
        ("a longer link", {"link": "/tmp/evil"}, "bin/c: link target"),
        ("a hard link to another file", {"ino": (1, 1), "nlink": 2}, "bin/a: links differs",
         {"ino"}),
        ("a device", {"extra": newc("dev", mode=0o020666, rdev=(1, 1))}, "dev: only in"),
        ("an archive behind the end", {"after": newc("bin/a", b"evil") + TRAILER},
         "bin/a: only in the delivered"),
        ("a packed archive behind the end", {"after": gz(newc("bin/a", b"evil") + TRAILER)},
         "only in the delivered"),
        ("bytes behind the end", {"after": b"evil"}, "trailing bytes"),
        ("a member of the same name", {"extra": newc("bin/a", b"evil")}, "bin/a: only in"),
        ("a trailer that is not the last", {"extra": TRAILER + newc("x", b"evil")}, "x: only in"),
    ]
    benign = [
        ("a time", {"mtime": 7}, "transplanted", "cpio/timestamps@1"),
        ("other inodes", {"ino": (501, 7)}, "repacked", "cpio/repacked@1"),
        ("another device", {"dev": (0, 55)}, "repacked", "cpio/repacked@1"),
        ("more zeros at the end", {"end": 4096}, "repacked", "container/padding@1"),
    ]
    table("newc", make_newc, benign, attacks)
    table("crc", lambda **kw: make_newc(crc=True, **kw), benign, attacks[:3])

    def linked(ino=(5, 5, 6), dev=(1, 1)):
        return b"".join(newc(n, d, ino=i, nlink=2, dev=dev)
                        for n, d, i in (("a", b"", ino[0]), ("b", b"x", ino[1]), ("c", b"y", ino[2])))

    table("hard links", lambda **kw: linked(**kw) + TRAILER, [
        ("other numbers", {"ino": (7, 7, 1)}, "repacked", "cpio/repacked@1"),
        ("another device", {"dev": (0, 3)}, "repacked", "cpio/repacked@1"),
    ], [
        ("linked to another", {"ino": (5, 6, 6)}, "b: hard link of"),
        ("linked to none", {"ino": (5, 7, 6)}, "b: hard link of"),
    ])
    def mixed(folder=6):
        return (newc("a", b"", ino=5, nlink=2) + newc("d", mode=0o40755, ino=folder, nlink=2) +
                newc("b", b"x", ino=5, nlink=2) + TRAILER)

    table("hard links beside a folder", mixed, [
        ("another number", {"folder": 7}, "repacked", "cpio/repacked@1"),
    ], [("a folder with the number of a file", {"folder": 5}, "hard link of")])

    def devices(other=6, dev=(8, 2)):
        return (newc("a", b"", ino=5, nlink=2) + newc("b", b"evil", ino=other, nlink=2, dev=dev) + TRAILER)

    # BusyBox does not look at devices: a would be b.
    table("hard links on two devices", devices, [
        ("another number", {"other": 7}, "repacked", "cpio/repacked@1"),
        ("another device", {"dev": (8, 3)}, "repacked", "cpio/repacked@1"),
    ], [("one number on both", {"other": 5}, "b: inode number of")])
    trial("cpio: numbers that two devices share, on both sides", devices(other=5), devices(other=5, dev=(8, 3)),
          "repacked", "cpio/repacked@1", absent=("inode number of",))
    table("odc", lambda a=TEXT, mtime=1, ino=1, mode=0o100644: odc("a", a, mode, ino, mtime) +
          odc("TRAILER!!!", mode=0, mtime=0), [
        ("a time", {"mtime": 9}, "transplanted", "cpio/timestamps@1"),
        ("another inode", {"ino": 9}, "repacked", "cpio/repacked@1"),
    ], [("content", {"a": OTHER}, "a: 4 bytes"), ("mode", {"mode": 0o104755}, "a: mode differs")])
    for order in "<>":
        table(f"old {order}", lambda a=TEXT, mtime=1, ino=1, mode=0o100644: old(
            "a", a, mode, ino, mtime, order=order) + old("TRAILER!!!", mode=0, order=order), [
            ("a time", {"mtime": 9}, "transplanted", "cpio/timestamps@1"),
            ("another inode", {"ino": 9}, "repacked", "cpio/repacked@1"),
        ], [("content", {"a": OTHER}, "a: 4 bytes"),
            ("mode", {"mode": 0o104755}, "a: mode differs")])

    one = make_newc()
    for text, other, wanted in [
        ("a size past the end", make_newc(extra=newc("x", b"", size=1 << 31)), "past the end"),
        ("letters for a number", one.replace(b"%08x" % 1700000000, b"evilevil", 1), "digits"),
        ("no trailer", one[:one.index(b"070701", 900)], "no header"),
        ("an unknown type", make_newc(mode=0o170644), "unknown type"),
        ("a folder with content", make_newc(extra=newc("x", b"evil", mode=0o40755)), "none"),
        ("a name with a NUL", make_newc(extra=newc(b"x\0y", b"evil")), "NUL"),
        ("a trailer with content", make_newc(extra=newc("TRAILER!!!", b"evil")), "trailer"),
    ]:
        trial(f"newc: {text}", other, one, "inconclusive", wanted)
        trial(f"newc: {text}, the other way", one, other, "inconclusive")
    for text in ("n", "nn", "nnn"):
        trial(f"newc: bytes in the padding, name of {len(text)}", newc(text, b"x", pad=b"e") + TRAILER,
              newc(text, b"x") + TRAILER, "different", f"{text}: padding")
    trial("crc: a false sum", make_newc(crc=True, check=1), make_newc(crc=True), "different",
          "bin/a: sum is false in the delivered file")
    early = [make_newc(end=512) + gz(make_newc(a=a)) for a in (TEXT, OTHER)]
    trial("an early archive, then a packed one: one byte", *early, "different", "!!/bin/a: 4 bytes")
    early = [make_newc(end=512) + gz(make_newc(), level=level) for level in (1, 9)]
    trial("an early archive, then a packed one: packed otherwise", *early, "repacked", "packing")
    early = [make_newc(end=512, mtime=t) + make_newc(end=512, mtime=t) for t in (1, 2)]
    trial("two archives: times", *early, "transplanted", "1 more places")
    # Linux takes no archive that is not at a multiple of 4, so the second one would be left out.
    trial("two archives: the second where no kernel looks", make_newc(end=2) + bytes(2) + make_newc(),
          make_newc() + make_newc(), "different", "zeros behind the archive")
    trial("two archives: more zeros between them", make_newc(end=1024) + make_newc(),
          make_newc(end=512) + make_newc(), "repacked", "container/padding@1")
    trial("a packed archive behind zeros, at any place", make_newc(end=512) + bytes(3) + gz(one),
          make_newc(end=512) + gz(one), "different", "zeros behind the archive")
    two = make_newc(extra=newc("x", b"x", ino=1, nlink=2)) + newc("y", b"", ino=1, nlink=2) + TRAILER
    three = make_newc(extra=newc("x", b"x", ino=1, nlink=2)) + newc("y", b"", ino=2, nlink=2) + TRAILER
    trial("hard links end with their archive", two, three, "repacked", "cpio/repacked@1")
    for cut in range(7, len(one) - 512, 149):
        trial(f"newc: cut off at {cut}", one[:cut], one, "inconclusive")


def inspect(name):
    out = subprocess.run([ASSAY, "inspect", "--json", "-", name], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL)
    return json.loads(out.stdout)


def check_listing(text, archive, files, fmt):
    """Every file with its digest, and every byte accounted for."""
    found = inspect(archive)["artefacts"]
    inside = {a["path"].removeprefix("/"): a["sha256"] for a in found if a["depth"] == 1}
    wanted = {n: hashlib.sha256(d).hexdigest() for n, d in files.items()}
    result(found[0]["format"] == fmt and inside == wanted, f"{text}: the same files", inside)
    result(sum(r["length"] for r in found[0]["ranges"]) == os.path.getsize(archive) and
           not any(r["what"] and "trailing" in r["what"] for r in found[0]["ranges"]),
           f"{text}: every byte has a purpose")


FILES = {"bin/a": TEXT, "etc/b": b"", "etc/random": hashlib.sha256(b"x").digest() * 999}


def make_tree():
    for name, data in FILES.items():
        os.makedirs(os.path.dirname("tree/" + name), exist_ok=True)
        write("tree/" + name, data)
    os.symlink("a", "tree/bin/link")


def with_tools():
    names = "\n".join(["bin", *FILES, "bin/link", "etc"]) + "\n"
    for form in ("newc", "crc", "odc", "bin"):
        with open("t.cpio", "wb") as f:
            subprocess.run(["cpio", "-o", "--quiet", "-H", form], input=names.encode(), stdout=f,
                           cwd="tree", check=True)
        check_listing(f"cpio -H {form}", "t.cpio", FILES, "cpio")
    shutil.copytree("tree", "again", symlinks=True)
    for form in ("newc", "crc", "odc"):
        for folder in ("tree", "again"):
            subprocess.run(["cpio", "-o", "--quiet", "-H", form, "-F", f"../{folder}.cpio"],
                           input=names.encode(), cwd=folder, check=True)
        with open("tree.cpio", "rb") as a, open("again.cpio", "rb") as b:
            trial(f"cpio -H {form} of a copy", a.read(), b.read(), "repacked", "cpio/repacked@1")
    for options in ((), ("-0",), ("-X",), ("-fd",), ("-9",), ("-fz",)):
        if os.path.exists("t.zip"):
            os.unlink("t.zip")
        run_tool("sh", "-c", "cd tree && zip -q -r %s ../t.zip bin/a etc" % " ".join(options))
        check_listing(f"zip {' '.join(options)}", "t.zip", FILES, "zip")
    for level in ("1", "9"):
        run_tool("sh", "-c", f"cd tree && zip -q -r -X -{level} ../{level}.zip bin/a etc")
    with open("1.zip", "rb") as a, open("9.zip", "rb") as b:
        trial("zip of two levels", a.read(), b.read(), "repacked", "zip/repacked@1")


# --- zip ------------------------------------------------------------------------------------

def make_zip(b=b"b" * 9, comment=b"", gap=b"", after=b"", more=(), hidden=b"", remark=b"", **kw):
    return zip_of(zip_member(comment=remark, **kw), zip_member(b"d/", b"", method=0, external=0o40755 << 16),
                  zip_member(b"b", b, method=0, junk=hidden), *more, comment=comment, gap=gap,
                  after=after)


def zips():
    stamp = struct.pack("<HHBI", 0x5455, 5, 1, 1700000000)
    unix = struct.pack("<HHBBIBI", 0x7875, 11, 1, 4, 0, 4, 0)
    evil = zip_member(b"a", b"evil")
    table("zip", make_zip, [
        ("a time", {"time": TIME + 1}, "repacked", "zip/timestamps@1"),
        ("packed otherwise", {"level": 1}, "repacked", "zip/repacked@1"),
        ("not packed", {"method": 0}, "repacked", "zip/repacked@1"),
        ("said to need less", {"need": 10}, "repacked", "zip/repacked@1"),
        ("sizes behind the data", {"flags": 8}, "repacked", "zip/repacked@1"),
    ], [
        ("content", {"data": OTHER}, "a: 4 bytes", {"level", "method"}),
        ("content of a stored member", {"b": b"b" * 8 + b"X"}, "b: 1 byte"),
        ("setuid", {"external": 0o104644 << 16}, "a: external attributes: 0x89a40000 delivered"),
        ("another maker", {"maker": 0x1e}, "a: maker: 0x1e delivered"),
        ("a member", {"more": (zip_member(b"e", b""),)}, "e: only in"),
        ("a comment of a member", {"remark": b"evil"}, "a: comment: evil delivered"),
        ("an archive comment", {"comment": b"evil"}, "archive comment: evil delivered"),
        ("bytes before the directory", {"gap": b"evil"}, "bytes between members"),
        ("a member that no header lists", {"hidden": evil[0]}, "bytes between members"),
        ("a member that needs more than programs can do", {"need": 99},
         "a: version needed: 99 delivered", {"need"}),
        ("a member of another system", {"need": 0x0214}, "a: version needed: 532 delivered", {"need"}),
        ("zeros before a member", {"hidden": bytes(4)}, "bytes between members"),
        ("a stored member that seems to end early", {"method": 0, "flags": 8}, "a: packing flags: 8",
         {"method", "flags"}),
        ("an extra field", {"extra": b"ev\4\0evil"}, "a: extra field 7665: evil delivered"),
        ("a local extra field", {"lextra": b"ev\4\0evil"}, "a: local extra field 7665"),
        ("an owner", {"extra": unix}, "a: extra field 7875"),
        ("a member twice", {"more": (evil,)}, "a: only in"),
        ("a time that there is not", {"time": 0xffffffff}, "a: mtime", {"time"}),
        ("another flag", {"flags": 0x800}, "a: flags"),
    ])
    table("zip with extended times", lambda at=1700000000, **kw: make_zip(
        extra=stamp[:5] + struct.pack("<I", at), **kw), [
        ("a time", {"at": 5}, "repacked", "zip/timestamps@1"),
    ], [("content", {"data": OTHER}, "a: 4 bytes")])
    one = make_zip()
    for text, other, wanted in [
        ("a local name of its own", make_zip(lname=b"x"), "contradict"),
        ("a local time of its own", make_zip(ltime=5), "contradict"),
        ("a local CRC of its own", make_zip(lcrc=5), "contradict"),
        ("a local method of its own", make_zip(lmethod=0), "contradict"),
        ("bytes behind the end", make_zip(after=b"evil"), "no end"),
        ("an end in the comment", make_zip(comment=zip_of(evil)), "more than one end"),
        ("a header that points elsewhere", make_zip(offset=3), "no local header"),
        ("two headers for one member", zip_of(zip_member(), zip_member(offset=0)), "another order"),
        ("a directory that lists too few", zip_of(zip_member(), evil, count=1), "directory"),
        ("a directory that lists too many", zip_of(zip_member(), evil, count=3), "central"),
        ("bytes behind a stream", make_zip(tail=b"evil"), "bytes behind the stream"),
        ("a false CRC of a packed member", make_zip(crc=5), "false CRC-32"),
        ("an encrypted member", make_zip(flags=1), "encrypted"),
        ("an unknown method", make_zip(method=99), "method 99"),
        ("malformed extra fields", make_zip(extra=b"ev\5\0evil"), "extra fields"),
    ]:
        trial(f"zip: {text}", other, one, "inconclusive", wanted)
        trial(f"zip: {text}, the other way", one, other, "inconclusive")
    trial("zip: a false CRC of a stored member", make_zip(method=0, crc=5), make_zip(method=0),
          "different", "CRC-32 is false in the delivered file")
    # Programs that read from the front end where no header is.
    gaps = [zip_of(zip_member(), zip_member(b"b", junk=j), zip_member(b"c", junk=k))
            for j, k in ((b"gap!", b""), (b"", b"gap!"))]
    trial("zip: a gap in front of another member", *gaps, "different", "bytes between members")
    gaps = [zip_of(zip_member(), zip_member(b"b", junk=j), gap=k)
            for j, k in ((b"gap!", b""), (b"", b"gap!"))]
    trial("zip: a gap that was behind all members", *gaps, "different", "bytes between members")
    locked = [make_zip(flags=1, time=TIME + i) for i in (0, 1)]
    trial("zip: encrypted alike", *locked, "repacked", "zip/timestamps@1")
    # The very bytes of a stored member, said to be packed: what comes out is something else.
    packed = bz2.compress(b"evil")
    sealed = [make_zip(data=packed, method=12), make_zip(data=packed, method=0)]
    trial("zip: a stored file said to be packed", *sealed, "inconclusive", "packed by method 12")
    trial("zip: a packed file said to be stored", *reversed(sealed), "inconclusive")
    trial("zip: another unknown method", make_zip(method=14), make_zip(method=12), "inconclusive")
    trial("zip: encrypted and packed, encrypted and not", make_zip(data=packed, method=12, flags=1),
          make_zip(data=packed, method=0, flags=1), "different", "a: method: 12 delivered, 0 rebuilt")
    for cut in range(5, len(one), 97):
        trial(f"zip: cut off at {cut}", one[:cut], one, "inconclusive", "end of a central")
    bomb = zip_member(b"z", bytes(90 << 20))
    trial("zip: a bomb", zip_of(bomb), zip_of(zip_member(b"z", bytes(90 << 20) + b"x")),
          "inconclusive", "limit")


# --- streams --------------------------------------------------------------------------------


def streams():
    big = b"".join(b"%d squared is %d\n" % (i, i * i) for i in range(5000))
    for name, pack, other, rule in [
        ("bzip2", lambda d, n=9: bz2.compress(d, n), 1, "bzip2/stream@1"),
        ("lzma", lzma_alone, 0, "lzma/stream@1"),
        ("lz4", lambda d, n="-9": lz4(d, n), "-1", "lz4/stream@1"),
        ("lz4 legacy", lambda d, n="-9": lz4(d, "-l", n), "-1", "lz4/stream@1"),
    ]:
        one = pack(TEXT)
        trial(f"{name}: packed otherwise", pack(big, other), pack(big), "repacked", f"({rule})")
        trial(f"{name}: content", pack(OTHER), one, "different", "!: 4 bytes")
        trial(f"{name}: content, packed otherwise", pack(OTHER, other), one, "different",
              "!: 4 bytes")
        trial(f"{name}: trailing bytes", one + b"evil", one, "different", "trailing bytes")
        if name != "lzma":
            trial(f"{name}: a second stream", one + pack(b"evil"), one, "different")
            trial(f"{name}: cut into two", pack(TEXT[:100]) + pack(TEXT[100:]), one, "different",
                  "bounds")
        for cut in (len(one) // 2, len(one) - 5, len(one) - 1):
            trial(f"{name}: cut off at {cut}", one[:cut], one, "inconclusive")
        broken = bytearray(one)
        broken[len(one) * 2 // 3] ^= 0x55
        status, answer, _ = compare(bytes(broken), one)
        result(answer["tier"] in ("different", "inconclusive"), f"{name}: a broken byte")
        trial(f"{name}: not packed at all", one, TEXT, "different")
        write("packed", one)
        found = inspect("packed")["artefacts"]
        result(found[1]["sha256"] == hashlib.sha256(TEXT).hexdigest(), f"{name}: what it unpacks to")
        bomb = pack(bytes(90 << 20))
        trial(f"{name}: a bomb", bomb, pack(bytes(90 << 20) + b"x"),
              "different" if name.startswith("lz4") else "inconclusive")
    frame = struct.pack("<II", 0x184d2a53, 4) + b"evil"
    trial("lz4: a skippable frame", lz4(TEXT) + frame, lz4(TEXT), "different", "skippable")
    unknown = lzma.compress(TEXT, format=lzma.FORMAT_ALONE)
    result(unknown[5:13] == b"\xff" * 8, "lzma: without a size")
    known = unknown[:5] + struct.pack("<Q", len(TEXT)) + unknown[13:]
    trial("lzma: with a size and without", known, unknown, "different", "size differs")


with Folder():
    cpios()
    zips()
    streams()
    make_tree()
    with_tools()
finish()
