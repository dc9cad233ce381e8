#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""assay compare on lzop files: packed by lzop, which is the judge too, with headers made by hand."""
from makers import *  # noqa: F403

DATA = b"".join(b"line %d of a text that can be packed\n" % (i * i) for i in range(16000))
EVIL = DATA[:300000] + b"!" + DATA[300001:]


def lzop(data=DATA, level=9, mtime=1700000000, mode=0o100644, name=b"", version=None, flags=None, blocks=None,
         sum_=None, behind=b"", options=(), level_byte=None):
    """What lzop packs, under a header of our own."""
    packed = run_tool("lzop", "-c", f"-{level}", *options, data=data)
    head = bytearray(packed[9:34])
    struct.pack_into(">I", head, 12, mode)
    struct.pack_into(">I", head, 16, mtime)
    if version is not None:
        struct.pack_into(">H", head, 0, version)
    if flags is not None:
        struct.pack_into(">I", head, 8, struct.unpack_from(">I", head, 8)[0] | flags)
    if level_byte is not None:
        head[7] = level_byte
    body = packed[34 + head[24] + 4:]
    head[24] = len(name)
    head = bytes(head) + name
    crc = struct.unpack_from(">I", head, 8)[0] & 0x1000
    check = (zlib.crc32 if crc else zlib.adler32)(head) if sum_ is None else sum_
    return packed[:9] + head + struct.pack(">I", check) + (blocks(body) if blocks else body) + behind


def patched(at, value):
    return lambda body: body[:at] + value + body[at + len(value):]


BENIGN = [("another level", {"level": 1}, "repacked", "lzop/stream@1"),
          ("the time", {"mtime": 7}, "transplanted", "lzop/timestamps@1")]
ATTACKS = [
    ("a byte", {"data": EVIL}, "!: 1 byte differs", {"level"}),
    ("the mode", {"mode": 0o104755}, "mode differs"),
    ("a name", {"name": b"evil"}, "name length differs"),
    ("a level that there is not", {"level_byte": 77}, "level differs", {"level"}),
    ("bytes behind the end", {"behind": b"evil"}, "trailing bytes"),
    ("a second file behind it", {"behind": run_tool("lzop", "-c", data=b"evil")}, "header: "),
]


def judge():
    for level in (1, 3, 7, 9):
        for options in ((), ("--crc32",), ("-F",)):
            made = lzop(level=level, options=options)
            same = run_tool("lzop", "-dc", data=made) == DATA
            write("x.lzo", made)
            seen = json.loads(subprocess.run([ASSAY, "inspect", "--json", "-", "x.lzo"],
                                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                             check=True).stdout)["artefacts"]
            result(same and seen[0]["format"] == "lzop" and seen[1]["size"] == len(DATA) and
                   seen[1]["sha256"] == hashlib.sha256(DATA).hexdigest(),
                   f"lzop: level {level} {' '.join(options)}: lzop unpacks the same", seen)


def lies():
    good = lzop()
    rows = [("a false checksum of the header", dict(sum_=1), "false checksum of the header"),
            ("an old version", dict(version=0x0900), "not known"),
            ("a filter", dict(flags=0x800), "not known"), ("an extra field", dict(flags=0x40), "not known"),
            ("a false checksum of a block", dict(blocks=patched(8, b"evil")), "false checksum of a block"),
            ("a block too large", dict(blocks=patched(0, b"\x7f")), "sizes that cannot be"),
            ("a block that is larger packed", dict(blocks=patched(4, b"\x7f")), "sizes that cannot be"),
            ("no end", dict(blocks=lambda body: body[:-4]), ""),
            ("another size of a block", dict(blocks=patched(0, b"\0\3\xff\xff")), "")]
    for text, change, why in rows:
        trial("lzop: " + text, lzop(**change), good, "inconclusive", "cannot be read as lzop", why)
    for cut in (20, 36, 60, len(good) - 2):
        trial(f"lzop: cut short at {cut}", good[:cut], good, "inconclusive", "cannot be read as lzop")
    half = len(DATA) // 2
    trial("lzop: two files with the same content together",
          lzop(DATA[:half]) + lzop(DATA[half:]), good, "different", "")


if __name__ == "__main__":
    import hashlib
    with Folder():
        table("lzop", lzop, BENIGN, ATTACKS)
        judge()
        lies()
    finish()
