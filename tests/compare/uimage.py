#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Legacy U-Boot images: what may differ, attacks, and mkimage and dumpimage as judges."""
from makers import *  # noqa: F403


def uimage(data=TEXT, time=1700000000, kind=2, load=0x80008000, entry=0x80008000, os_=5, arch=2,
           comp=0, name=b"Linux-6.1", size=None, dcrc=None, hcrc=None, tail=b"", magic=0x27051956):
    fields = [magic, 0, time, len(data) if size is None else size, load, entry,
              zlib.crc32(data) if dcrc is None else dcrc, os_, arch, kind, comp,
              name.ljust(32, b"\0")]
    head = struct.pack(">7I4B32s", *fields)
    fields[1] = zlib.crc32(head) if hcrc is None else hcrc
    return struct.pack(">7I4B32s", *fields) + data + tail


def multi(files, sizes=None, pad=b"\0", after=b"", **kw):
    table = b"".join(struct.pack(">I", n) for n in sizes or [len(f) for f in files])
    body = b"".join(padded(f, 4, pad) for f in files[:-1]) + files[-1]
    return uimage(table + bytes(4) + body + after, **{"kind": 4, **kw})


HEADER_ATTACKS = [
    ("load address", {"load": 0x80000000}, "load address differs"),
    ("entry point", {"entry": 0x80009000}, "entry point differs"),
    ("name", {"name": b"Linux-6.2"}, "name differs"),
    ("bytes behind the name", {"name": b"Linux-6.1\0evil"}, "name differs"),
    ("operating system", {"os_": 17}, "operating system differs"),
    ("compression", {"comp": 1}, "compression differs"),
    ("bytes behind the end", {"tail": b"evil"}, "bytes behind the image"),
    ("an image behind the end", {"tail": uimage(b"evil")}, "bytes behind the image"),
    ("padding that is not uniform", {"tail": bytes(60) + b"evil"}, "bytes behind the image"),
    ("a false header CRC", {"hcrc": 7}, "header CRC is false", {"time"}),
    ("a false data CRC", {"dcrc": 7}, "data CRC is false"),
]
BENIGN = [("the time", {"time": 1}, "transplanted", "uimage/timestamps@1")]


def single():
    table("uimage", uimage, BENIGN, HEADER_ATTACKS + [
        ("content", {"data": TEXT.replace(b"lazy", b"idle", 1)}, "image-0: 4 bytes"),
        ("content of another size", {"data": TEXT + b"!"}, "image-0: 1 byte only in"),
        ("another type", {"kind": 5}, "type differs"),
        ("another magic", {"magic": 0x27051957}, "bytes differ",
         {"time", "data", "tail"}),
    ])
    filled = [uimage(tail=b"\xff" * n) for n in (4096, 100)]
    trial("uimage: more erased flash behind it", *filled, "repacked", "container/padding@1")
    trial("uimage: zeros instead of erased flash behind it", uimage(tail=bytes(100)), filled[1],
          "repacked", "container/padding@1")
    trial("uimage: evil in erased flash", filled[0][:-4] + b"evil", filled[0], "different",
          "bytes behind the image")
    packed = [uimage(gz(TEXT, level), comp=1) for level in (1, 9)]
    trial("uimage: a kernel packed otherwise", *packed, "repacked", "image-0: packing")
    trial("uimage: a kernel packed otherwise, and another load address",
          uimage(gz(TEXT, 1), comp=1, load=1), packed[1], "different", "load address")
    times = [uimage(gz(TEXT, mtime=t), comp=1) for t in (1, 2)]
    trial("uimage: a time in the kernel's gzip header", *times, "transplanted",
          "image-0: mtime differs (gzip/timestamps@1)")
    trial("uimage: times inside and outside", uimage(gz(TEXT, mtime=1), comp=1, time=1), times[1],
          "transplanted", "time differs (uimage/timestamps@1)", "image-0: mtime differs")
    trial("uimage: a byte inside a packed kernel", uimage(gz(TEXT.replace(b"lazy", b"idle", 1)), comp=1),
          packed[1], "different", "image-0!: 4 bytes")
    trial("uimage: cut short", uimage()[:-1], uimage(), "inconclusive", "cut short")
    trial("uimage: a size past the end", uimage(size=1 << 31), uimage(), "inconclusive", "cut short")
    trial("uimage: a size that leaves the end out", uimage(size=100, dcrc=zlib.crc32(TEXT[:100])),
          uimage(), "different", "only in")


def several():
    files = [gz(TEXT), b"ramdisk", b"device tree"]

    def make(kernel=None, ramdisk=None, more=None, **kw):
        return multi([kernel or files[0], ramdisk or files[1], files[2]] + (more or []), **kw)

    table("uimage of several files", make, BENIGN + [
        ("a file packed otherwise", {"kernel": gz(TEXT, 1)}, "repacked", "gzip/stream@1"),
        ("a time inside", {"kernel": gz(TEXT, mtime=9)}, "transplanted", "gzip/timestamps@1"),
    ], HEADER_ATTACKS + [
        ("content", {"ramdisk": b"evildsk"}, "image-1: "),
        ("a file more", {"more": [b"evil"]}, "image-3: only in"),
        ("padding that is not zero", {"pad": b"x"}, "padding differs"),
        ("bytes of no file", {"after": b"evil"}, "bytes of no file"),
        ("another type", {"kind": 2}, "type differs", {"kernel", "time"}),
    ])
    trial("uimage: a table without an end", uimage(b"\0\0\0\1" * 3, kind=4), make(), "inconclusive",
          "table of sizes")
    trial("uimage: a file past the end", multi(files, sizes=[1, 2, 4000]), make(), "inconclusive",
          "past the end")
    trial("uimage: sizes moved from one file to the next", multi(files, sizes=[
        len(files[0]) + 4, len(files[1]) - 4, len(files[2])]), make(), "different", "image-0")
    trial("uimage: a script", multi([b"run evil\n"], kind=6), multi([b"run good\n"], kind=6), "different",
          "image-0: 4 bytes")


def against_tools():
    """mkimage makes, dumpimage takes apart: the same files, at two times."""
    os.environ["SOURCE_DATE_EPOCH"] = "1700000000"
    contents = [gz(TEXT), b"a ramdisk", b"a device tree blob"]
    for i, data in enumerate(contents):
        write(f"part{i}", data)
    for kind, comp, parts in (("kernel", "gzip", 1), ("multi", "none", 3), ("script", "none", 1)):
        run_tool("mkimage", "-A", "arm", "-O", "linux", "-T", kind, "-C", comp, "-a", "80008000", "-e",
                 "80008000", "-n", "test", "-d", ":".join(f"part{i}" for i in range(parts)), "image")
        with open("image", "rb") as f:
            image = f.read()
        if kind == "kernel":
            result(image == uimage(contents[0], comp=1, name=b"test"), "uimage: mkimage writes the same")
        found = inspected(image)
        result(found[0]["format"] == "uimage" and not found[0]["trouble"], f"mkimage {kind}: is read",
               found[0])
        for i in range(parts):
            run_tool("dumpimage", "-T", kind, "-p", str(i), "-o", "out", "image")
            with open("out", "rb") as f:
                wanted = f.read()
            if kind == "script":  # dumpimage writes the table of sizes, too
                wanted = wanted[8:]
            mine = [a for a in found if a["path"] == f"image-{i}"]
            result(len(mine) == 1 and mine[0]["sha256"] == sha256(wanted),
                   f"mkimage {kind}: file {i} as dumpimage has it", (mine, wanted))
        later = image[:8] + b"\0\0\0\1" + image[12:]
        head = later[:4] + bytes(4) + later[8:64]
        trial(f"mkimage {kind}: at another time", head[:4] + struct.pack(">I", zlib.crc32(head)) +
              head[8:] + image[64:], image, "transplanted", "uimage/timestamps@1")


if __name__ == "__main__":
    with Folder():
        single()
        several()
        against_tools()
    finish()
