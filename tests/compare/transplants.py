#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that are transplanted: what may differ, attacks in the same bytes, and the record."""
import hashlib

from pairs import *  # noqa: F403

TEXT = b"The quick brown fox jumps over the lazy dog.\n" * 40
OTHER = TEXT.replace(b"lazy", b"idle", 1)


def header(name, data, **kw):
    """A member whose time is written as given: twelve bytes."""
    time = kw.pop("time", None)
    head = bytearray(tar_header(name, size=len(data), **kw))
    if time is not None:
        head[136:148] = time
        head[148:156] = b" " * 8
        head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + padded(data)


def make_tar(data=TEXT, a=1700000000, b=1700000000, time=None, mode=0o644, end=1024, extra=b"",
             check=None):
    first = header(b"./a", data, mtime=a, time=time, mode=mode)
    return first + member("./b", b"b", mtime=b, check_field=check) + extra + bytes(end)


def tars():
    octal_time = b"%011o" % 1600000000
    table("tar", make_tar, [
        ("a time", {"a": 1}, "transplanted", "tar/timestamps@1"),
        ("two times", {"a": 1, "b": 2}, "transplanted", "tar/timestamps@1"),
        ("a time that ends in a space", {"time": octal_time + b" "}, "transplanted",
         "tar/timestamps@1"),
    ], [
        ("content", {"data": OTHER}, "a: 4 bytes"),
        ("mode", {"mode": 0o4755}, "/a: mode differs"),
        ("a member", {"extra": member("./c", b"evil")}, "./c: only in"),
        ("a time that is no number", {"time": b"evil evil ev"}, "/a: mtime differs (unexplained)", {"a"}),
        ("a time in base 256", {"time": b"\x80" + bytes(7) + b"evil"},
         "/a: mtime differs (unexplained)", {"a"}),
        ("a time with a byte behind its end", {"time": octal_time[:10] + b"\0x"},
         "/a: mtime differs (unexplained)", {"a"}),
        ("a time before 1970", {"time": b"\xff" * 12}, "/a: mtime differs (unexplained)", {"a"}),
        ("a checksum written otherwise", {"check": lambda s: b"%07o\0" % s},
         "/b: checksum end differs"),
    ])
    false = make_tar(a=1, check=lambda s: b"%06o\0 " % (s + 1))
    trial("tar: a time, and a false checksum", false, make_tar(), "inconclusive", "checksum")
    inner = [make_tar(a=t) for t in (1, 2)]
    trial("tar: a time inside", *(tar(member("x.tar", i)) for i in inner), "transplanted",
          "x.tar: /a: mtime differs (tar/timestamps@1)")
    trial("tar: a time inside, and evil beside it",
          tar(member("x.tar", inner[0]), member("y", b"evil")),
          tar(member("x.tar", inner[1]), member("y", b"good")), "different", "y: 4 bytes")
    trial("tar: a time inside gzip is packed otherwise", *(gz(i) for i in inner), "repacked",
          "/a: mtime differs (tar/timestamps@1)", "packing")
    trial("tar: a time in a file of another size", make_tar(a=1, data=TEXT + b"!"), make_tar(),
          "different", "/a: mtime differs (tar/timestamps@1)", "only in the")


def make_gzip(data=TEXT, mtime=0, os_=3, level=9, name=None, xfl=None, flags=0, tail=b"",
              hcrc=False):
    return gz(data, mtime=mtime, os_=os_, level=level, name=name, xfl=xfl, flags=flags,
              hcrc=hcrc) + tail


def gzips():
    attacks = [
        ("content", {"data": OTHER}, "!: 4 bytes", {"level"}),
        ("an operating system that there is not", {"os_": 77}, "OS differs (unexplained)"),
        ("a level that there is not", {"xfl": 77}, "compression level differs (unexplained)"),
        ("the text flag", {"flags": 1}, "flags differs"),
        ("bytes behind the end", {"tail": b"evil"}, "trailing bytes"),
        ("a member behind the end", {"tail": gz(b"evil")}, "4 bytes"),
    ]
    table("gzip", make_gzip, [
        ("a time", {"mtime": 7}, "transplanted", "gzip/timestamps@1"),
        ("all of the time", {"mtime": 0x6C697665}, "transplanted", "gzip/timestamps@1"),
        ("another system", {"os_": 255}, "transplanted", "gzip/origin@1"),
        ("packed otherwise", {"level": 1}, "repacked", "gzip/stream@1"),
    ], attacks)
    table("gzip with a name", lambda name=b"a.txt", **kw: make_gzip(name=name, **kw), [
        ("a time", {"mtime": 7}, "transplanted", "gzip/timestamps@1"),
        ("a name of equal length", {"name": b"b.txt"}, "transplanted", "gzip/origin@1"),
    ], attacks + [
        ("no name", {"name": None}, "file name"),
        ("a longer name", {"name": b"aa.txt"}, "file name"),
        ("a name that goes elsewhere", {"name": b"../aa"}, "file name differs (unexplained)"),
        ("a name with a control character", {"name": b"a\x1btxt"}, "file name differs"),
    ])
    table("gzip with a header CRC", lambda **kw: make_gzip(hcrc=True, **kw), [
        ("a time", {"mtime": 7}, "transplanted", "gzip/timestamps@1"),
    ], attacks[:1])
    stale = bytearray(make_gzip(hcrc=True))
    stale[4] ^= 1
    trial("gzip: a time, and a stale header CRC", bytes(stale), make_gzip(hcrc=True),
          "inconclusive", "false header CRC")


def record():
    """The record holds the delivered values, each once; with them the delivered file comes out of
    the rebuilt one."""
    delivered = b"".join(member(f"./{i}", b"x", mtime=i % 3) for i in range(30)) + bytes(1024)
    rebuilt = b"".join(member(f"./{i}", b"x", mtime=9) for i in range(30)) + bytes(1024)
    status, answer, _ = compare(delivered, rebuilt)
    values = answer["transplanted"]
    result(status == MATCH and [(v["count"], v["what"], v["rule"], v["artefact"]) for v in values]
           == [(10, "mtime", "tar/timestamps@1", "")] * 3, "record: each value once", values)
    result([bytes.fromhex(v["value"]) for v in values] == [octal(i, 12) for i in range(3)],
           "record: as delivered", values)
    result(len(answer["findings"]) == 1 and "29 more places" in answer["findings"][0]["text"],
           "record: one finding for all", answer["findings"])

    image = bytearray(rebuilt)
    for part in answer["artefacts"][0]["ranges"]:
        if part["class"] == "transplanted":
            at = part["offset"]
            image[at:at + part["length"]] = delivered[at:at + part["length"]]
    touched = [r for r in answer["artefacts"][0]["ranges"] if r["class"] == "transplanted"]
    result(hashlib.sha256(image).digest() == hashlib.sha256(delivered).digest() and
           all(136 <= r["offset"] % 1024 < 154 for r in touched),
           "record: nothing but times and checksums was touched", touched)

    many = [b"".join(member(f"./{i}", b"", mtime=i + start) for i in range(4000)) + bytes(1024)
            for start in (1, 100000)]
    trial("record: more values than it holds", *many, "different", "more than 65536 bytes",
          "mtime differs (unexplained)", "mtime differs, and in")
    few = [b"".join(member(f"./{i}", b"", mtime=start) for i in range(4000)) + bytes(1024)
           for start in (1, 100000)]
    trial("record: one value in 4000 places", *few, "transplanted", "3999 more places")


with Folder():
    tars()
    gzips()
    record()
finish()
