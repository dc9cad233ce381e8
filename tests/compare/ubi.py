#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""UBI images, made here byte by byte and by ubinize: the number of an image, attacks, images that lie."""
import hashlib
import zlib

from pairs import *  # noqa: F403

BLOCK, VID, DATA = 4096, 64, 128
LEB = BLOCK - DATA
LAYOUT = 0x7fffefff
PROGRAM = bytes(range(256)) * 33
KERNEL = gz(PROGRAM, level=9)


def crc(data):
    return struct.pack(">I", ~zlib.crc32(data) & 0xffffffff)


def ec(seq=1, counter=0, vid=VID, data=DATA, version=1, sum_=None):
    head = struct.pack(">4sB3xQIII32x", b"UBI#", version, counter, vid, data, seq)
    return head + (crc(head) if sum_ is None else sum_)


def vid(volume, number, kind=1, size=0, used=0, data_crc=bytes(4), sqnum=0, compat=0, copy=0, pad=0, sum_=None):
    head = struct.pack(">4sBBBBII4xIII4s4xQ12x", b"UBI!", 1, kind, copy, compat, volume, number, size, used,
                       pad, data_crc, sqnum)
    return head + (crc(head) if sum_ is None else sum_)


def block(first, second=b"", data=b""):
    return (first + second.ljust(64, b"\xff") + data).ljust(BLOCK, b"\xff")


def record(name, blocks, kind, flags=0, alignment=1, name_len=None, sum_=None):
    head = struct.pack(">IIIBBH128sB23x", blocks, alignment, 0, kind, 0,
                       len(name) if name_len is None else name_len, name, flags)
    return head + (crc(head) if sum_ is None else sum_)


EMPTY = bytes(168) + crc(bytes(168))
DYNAMIC, STATIC = 1, 2


def ubi(volumes=((b"kernel", STATIC, KERNEL), (b"data", DYNAMIC, PROGRAM)), seq=1, counter=0, flags=0, order=None,
        seqs=None, record_more=None, second_table=None, vid_more=None, data_more=None, behind=b"", extra=None,
        tail=b"", records=None, leave_out=(), geometry=None):
    """vid_more, data_more: what is other in the header of (volume, number), or behind its data."""
    table = list(records) if records else [record(n, 9, k, flags, **(record_more or {})) for n, k, _ in volumes]
    table = b"".join(table + [EMPTY] * (LEB // 172 - len(table)))
    start = ec(seq, counter, **(geometry or {}))
    out = [block(start, vid(LAYOUT, i, compat=5, **(vid_more or {}).get((LAYOUT, i), {})),
                 second_table if second_table and i else table) for i in range(2)]
    for number, (_, kind, content) in enumerate(volumes):
        pieces = [content[i:i + LEB] for i in range(0, len(content), LEB)]
        for i, piece in enumerate(pieces):
            fields = {"kind": kind}
            if kind == STATIC:
                fields.update(size=len(piece), used=len(pieces), data_crc=crc(piece))
            fields.update((vid_more or {}).get((number, i), {}))
            if (number, i) not in leave_out:
                out.append(block(start, vid(number, i, **fields), piece + (data_more or {}).get((number, i), b"")))
    out += extra(start) if extra else []
    if seqs:
        out[seqs[0]] = ec(seqs[1]) + out[seqs[0]][64:]
    if order:
        out = [out[i] for i in order(len(out))]
    return b"".join(out) + behind + tail


def volumes(kernel=KERNEL, data=PROGRAM, kind=STATIC, name=b"data"):
    return {"volumes": ((b"kernel", kind, kernel), (name, DYNAMIC, data))}


EVIL = PROGRAM[:7000] + b"\xcc" + PROGRAM[7001:]
BENIGN = [("the number of the image", {"seq": 7}, "transplanted", "ubi/image-sequence@1"),
          ("erased blocks behind it", {"tail": b"\xff" * BLOCK}, "repacked", "container/padding@1")]
ATTACKS = [
    ("a byte of a dynamic volume", volumes(data=EVIL), "data: 1 byte differs"),
    ("a byte of a static volume", volumes(kernel=gz(EVIL)), "kernel!: 1 byte differs"),
    ("a block more in a volume", volumes(data=PROGRAM + b"evil" * 1100), "data"),
    ("the name of a volume", volumes(name=b"dato"), "dato: only in the"),
    ("a volume more", {"volumes": (*volumes()["volumes"], (b"evil", DYNAMIC, b"x"))}, "evil: only in the"),
    ("a volume of another kind", volumes(kind=DYNAMIC), "kernel"),
    ("a flag of a volume", {"flags": 1}, "table of volumes"),
    ("the alignment of a volume", {"record_more": {"alignment": 2}}, "table of volumes"),
    ("an erase counter", {"counter": 7}, "erase counter differs"),
    ("a sequence number", {"vid_more": {(1, 0): {"sqnum": 7}}}, "data: sequence number differs"),
    ("what an old Linux does with a volume", {"vid_more": {(1, 0): {"compat": 1}}}, "data: compatibility differs"),
    ("bytes behind the data of a block", {"data_more": {(0, 0): b"evil"}}, "bytes of no volume"),
    ("an erased block with something in it", {"extra": lambda start: [block(start, b"\xff" * 64, b"evil")]},
     "bytes of no volume", {"tail"}),
    ("a block that is none", {"behind": b"evil" * 1024}, "bytes of no volume", {"tail"}),
    ("blocks in another order", {"order": lambda n: [0, 1, 3, 2, *range(4, n)]}, "place of block"),
    ("a checksum of data that is false", {"vid_more": {(0, 0): {"data_crc": b"evil"}}}, "checksum of data is false"),
    ("a checksum of a volume header that is false", {"vid_more": {(1, 0): {"sum_": b"evil"}}}, "checksum is false"),
    ("a checksum of a record that is false", {"record_more": {"sum_": b"evil"}}, "table of volumes is false"),
    ("blocks that are said to be used", {"vid_more": {(0, 0): {"used": 9}}}, "used blocks is false"),
]
def more(volume, **fields):
    return {"extra": lambda start: [block(start, vid(volume, 0, **fields), b"evil")]}



NOISE = b"".join(hashlib.sha256(bytes([i])).digest() for i in range(LEB // 32 + 10))  # two blocks of it
LIES = [
    ("a block that is not full in front of another", {**volumes(kernel=NOISE), "vid_more": {
        (0, 0): {"size": 99, "data_crc": crc(NOISE[:99])}}}, "a block that is not full"),
    ("a last block of nothing", {"vid_more": {(0, 0): {"size": 0, "data_crc": crc(b"")}}}, "a block that is not full"),
    ("a block that is there twice, the second one newer", more(1, sqnum=9), "a second block for one place"),
    ("a block of no volume", more(5), "a block of no volume"),
    ("a volume header in the header before it", {"geometry": {"vid": 60}}, "headers that do not fit"),
    ("data in the header before it", {"geometry": {"data": VID + 60}}, "headers that do not fit"),
    ("no room for a table of volumes", {"geometry": {"data": BLOCK - 171}}, "headers that do not fit"),
    ("a fastmap", more(0x7fffeffe), "a block of no volume"),
    ("a block left out", {"leave_out": ((1, 1),)}, "a block left out"),
    ("a block of another image", {"seqs": (3, 9)}, "a block of another image"),
    ("a copy of a block", {"vid_more": {(1, 0): {"copy": 1}}}, "a copy of a block"),
    ("a block of a static volume in a dynamic one", {"vid_more": {(1, 0): {"kind": 2}}}, "block of another volume"),
    ("a block with other padding", {"vid_more": {(1, 0): {"pad": 8}}}, "block of another volume"),
    ("data past the end of its block", {"vid_more": {(0, 0): {"size": LEB + 1}}}, "past the end of its block"),
    ("a size of a dynamic volume's data", {"vid_more": {(1, 0): {"size": 5}}}, "past the end of its block"),
    ("tables that differ", {"second_table": EMPTY * 10}, "tables of volumes that differ"),
    ("one table", {"vid_more": {(LAYOUT, 1): {"sum_": b"evil"}}, "second_table": None, "order":
                   lambda n: [0, *range(2, n)]}, "1 tables of volumes"),
    ("a name with a slash", volumes(name=b"a/b"), "not the name of a volume"),
    ("no name", volumes(name=b""), "not the name of a volume"),
    ("a name that is too long", {"record_more": {"name_len": 128}}, "not the name of a volume"),
    ("a name with a zero", volumes(name=b"a\0b"), "ubi"),
]


def lies():
    for text, changes, piece in LIES:
        trial(f"ubi: {text}", ubi(**changes), ubi(), "inconclusive", piece)
        trial(f"ubi: {text}, rebuilt", ubi(), ubi(**changes), "inconclusive", piece)


def inside():
    """What is in a volume is compared as anywhere, and the checksum of a static one follows from it."""
    other = gz(PROGRAM, level=9, mtime=7)
    trial("ubi: a time in a static volume", ubi(**volumes(kernel=other)), ubi(), "transplanted",
          "gzip/timestamps@1")
    trial("ubi: and the number of the image", ubi(seq=9, **volumes(kernel=other)), ubi(), "transplanted",
          "gzip/timestamps@1", "ubi/image-sequence@1")
    trial("ubi: a static volume packed otherwise", ubi(**volumes(kernel=gz(PROGRAM, level=1))), ubi(),
          "repacked", "gzip/stream@1")
    short = ubi(**volumes(data=PROGRAM[:LEB * 2]))
    trial("ubi: a volume without its last block", short, ubi(), "different", "data")
    trial("ubi: the same, rebuilt", ubi(), short, "different", "data")


CONFIG = """[kernel]
mode=ubi
image=kernel.gz
vol_id=0
vol_type=static
vol_name=kernel
vol_size=36KiB
[data]
mode=ubi
image=data.bin
vol_id=1
vol_type=dynamic
vol_name=data
vol_size=36KiB
vol_flags=autoresize
"""


def ubinize(*options):
    subprocess.run(["ubinize", "-o", "made", *options, "ubi.ini"], check=True, stdout=subprocess.PIPE,
                   stderr=subprocess.PIPE)
    with open("made", "rb") as f:
        return f.read()


def judges():
    write("ubi.ini", CONFIG.encode())
    write("kernel.gz", KERNEL)
    write("data.bin", PROGRAM)
    for text, options in (("NOR", ["-p", "16KiB", "-m", "1"]), ("NAND", ["-p", "128KiB", "-m", "2048"]),
                          ("NAND with halves of pages", ["-p", "16KiB", "-m", "512", "-s", "256"])):
        base, other = ubinize("-Q", "1", *options), ubinize("-Q", "2", *options)
        trial(f"ubinize, {text}: two runs", other, base, "transplanted", "ubi/image-sequence@1")
        found = {a["path"]: a for a in inspected(base)}
        result(found["kernel"]["sha256"] == sha256(KERNEL), f"ubinize, {text}: the static volume", found)
        size = found["data"]["size"]
        result(found["data"]["sha256"] == sha256(PROGRAM.ljust(size, b"\xff")), f"ubinize, {text}: the dynamic one")
        reads_to_end(f"ubinize, {text}")
        write("data.bin", EVIL)
        trial(f"ubinize, {text}: a byte of a volume", ubinize("-Q", "2", *options), base, "different",
              "data: 1 byte differs")
        write("data.bin", PROGRAM)
    plain = CONFIG.replace("vol_flags=autoresize\n", "")
    write("ubi.ini", plain.encode())
    made = ubinize("-Q", "1", "-p", "4096", "-m", "1")
    slots = [record(b"kernel", 10, STATIC), record(b"data", 10, DYNAMIC)]
    own = ubi(records=slots)
    result(made == own, "ubinize and this test write the same bytes",
           [i for i in range(len(made)) if i >= len(own) or made[i] != own[i]][:9])


if __name__ == "__main__":
    need("ubinize")
    with Folder():
        table("ubi", ubi, BENIGN, ATTACKS)
        for part in (lies, inside, judges):
            part()
    finish()
