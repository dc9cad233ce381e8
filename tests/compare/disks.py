#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks with MBR and GPT, TRX images and firmware image packages: what may differ, attacks, and
sfdisk, sgdisk and fiptool as judges."""
import uuid

import squashfs
from makers import *  # noqa: F403
from uimage import uimage

SECTOR = 512
ROOTFS = squashfs.squash(files=[("bin/tool", b"tool " * 300)], pseudo=["bin/tool m 755 0 0"])
EVIL = squashfs.squash(files=[("bin/tool", b"evil " * 300)], pseudo=["bin/tool m 755 0 0"])
REPACKED = squashfs.squash(files=[("bin/tool", b"tool " * 300)], pseudo=["bin/tool m 755 0 0"], comp="xz")
LINUX = uuid.UUID("0FC63DAF-8483-4772-8E79-3D69D8477DE4")
GUIDS = [uuid.UUID(int=0x1111 * (i + 1) | 4 << 76 | 2 << 62) for i in range(6)]


def at(image, place, data):
    return image[:place] + data + image[place + len(data):]


def mbr(table, code=b"", signature=0x11223344, mark=b"\x55\xaa", unused=b"\0\0"):
    out = code.ljust(440, b"\0") + struct.pack("<I", signature) + unused
    for status, kind, start, count in table:
        out += struct.pack("<B3sB3sII", status, b"\0\1\0", kind, b"\xfe\xff\xff", start, count)
    return out.ljust(510, b"\0") + mark


# --- MBR ---------------------------------------------------------------------------------------


def disk(boot=b"boot" * 300, root=ROOTFS, status=0x80, kind=0x83, more=(), gap=b"", end=b"", tail=b"", **kw):
    """Two partitions at sectors 8 and 32, of 16 and 48 sectors."""
    out = mbr([(status, 0xc, 8, 16), (0, kind, 32, 48), *more], **kw) + gap.ljust(7 * SECTOR, b"\0")
    out += boot.ljust(24 * SECTOR, b"\0") + root.ljust(48 * SECTOR, b"\0") + end.ljust(16 * SECTOR, b"\0")
    return out + tail


def mbrs():
    table("MBR", disk, [
        ("the signature of the disk", {"signature": 1}, "transplanted", "mbr/disk-signature@1"),
        ("a file system packed otherwise", {"root": REPACKED}, "repacked", "squashfs/repacked@1"),
        ("a larger disk", {"tail": bytes(SECTOR)}, "repacked", "container/padding@1"),
    ], [
        ("a program in a partition", {"root": EVIL}, "partition-2!bin/tool: "),
        ("a byte of a partition", {"boot": b"evil" * 300}, "partition-1: "),
        ("boot code", {"code": b"evil"}, "boot code"),
        ("bytes beside the signature", {"unused": b"\x5a\x5a"}, "unused bytes"),
        ("which partition is booted", {"status": 0}, "first partition"),
        ("a partition's type", {"kind": 0x82}, "second partition"),
        ("a partition more", {"more": [(0, 0x83, 80, 16)]}, "partition-3: only in"),
        ("bytes before the first partition", {"gap": b"evil"}, "bytes of no partition"),
        ("bytes behind the last partition", {"end": b"evil"}, "bytes of no partition", {"tail"}),
        ("bytes behind the end", {"tail": b"evil" * 128}, "bytes of no partition"),
    ])
    trial("MBR: a partition past the end is no table", disk(more=[(0, 0x83, 80, 4000)]), disk(), "different",
          "differ")
    trial("MBR: partitions that overlap", disk(more=[(0, 0x83, 30, 16)]), disk(), "inconclusive",
          "two purposes")

    def two(first, second):
        return tar(member("a", disk(signature=first)), member("b", disk(signature=second)))
    trial("MBR: two new signatures", two(3, 4), two(1, 2), "transplanted", "mbr/disk-signature@1")
    trial("MBR: signatures that changed places", two(2, 1), two(1, 2), "different",
          "disk signature: the delivered one leads to something else")
    trial("MBR: the signature of a disk that is equal", two(1, 1), two(1, 2), "different",
          "disk signature: the delivered one leads to something else")
    trial("MBR: no mark", disk(mark=b"\0\0"), disk(), "different", "differ")
    # On both sides: then the signature is none that anybody reads.
    nothing = [(0, 0, 0, 0)] * 2
    for text, change in (("no mark", {"mark": b"\0\0"}), ("a status that is none", {"status": 1}),
                         ("no type", {"kind": 0}), ("a partition at the start", {"more": [(0, 0x83, 0, 1)]}),
                         ("a partition of no size", {"more": [(0, 0x83, 80, 0)]})):
        trial(f"MBR: {text} is no table", disk(signature=1, **change), disk(**change), "different", "differ")
    trial("MBR: no partitions are no table", *(mbr(nothing, signature=i) + bytes(SECTOR) for i in (1, 2)),
          "different", "differ")


# --- GPT ---------------------------------------------------------------------------------------


def gpt(guid=GUIDS[0], guids=tuple(GUIDS[1:3]), root=ROOTFS, flags=0, kind=LINUX, more=(), gap=b"", code=b"",
        name="root", second=None, crc=None, table_crc=None, reserved=b"\0" * 4, entries=b"", header_end=b"",
        count=128, end_shift=0, signature=0, sectors=512, places=((64, 127), (256, 383))):
    """A disk of two partitions, by their first and last sectors."""
    used = (count * 128 + SECTOR - 1) // SECTOR

    def table(flags):
        rows = [(kind, guids[0], *places[0], flags, "boot"), (LINUX, guids[1], *places[1], 0, name), *more]
        out = b"".join(struct.pack("<16s16sQQQ72s", k.bytes_le, g.bytes_le, a, b, f,
                                   n.encode("utf-16-le")) for k, g, a, b, f, n in rows)
        return (out + entries).ljust(count * 128, b"\0")

    def header(mine, other, place, body):
        def build(check):
            return struct.pack("<8sIII4sQQQQ16sQIII", b"EFI PART", 0x10000, 92, check, reserved, mine, other,
                               2 + used, sectors - 2 - used - end_shift, guid.bytes_le, place, count, 128,
                               zlib.crc32(body) if table_crc is None else table_crc)
        return (build(zlib.crc32(build(0)) if crc is None else crc) + header_end).ljust(SECTOR, b"\0")

    body, backup, last = table(flags), table(flags if second is None else second), sectors - 1
    out = mbr([(0, 0xee, 1, last)], code=code, signature=signature) + header(1, last, 2, body) + body + gap
    out = at(bytes(sectors * SECTOR), 0, out)
    out = at(at(out, places[0][0] * SECTOR, b"boot" * 5), places[1][0] * SECTOR, root)
    return at(out, (last - used) * SECTOR, backup + header(last, 1, last - used, backup))


def small(**kw):
    return gpt(count=4, sectors=7, places=((3, 3), (4, 4)), **kw)


def gpts():
    benign = [
        ("the GUID of the disk", {"guid": GUIDS[3]}, "transplanted", "gpt/guids@1"),
        ("GUIDs of partitions", {"guids": tuple(GUIDS[3:5])}, "transplanted", "gpt/guids@1"),
        ("a file system packed otherwise", {"root": REPACKED}, "repacked", "squashfs/repacked@1"),
    ]
    table("GPT", gpt, benign, [
        ("a program in a partition", {"root": EVIL}, "partition-2!bin/tool: "),
        ("a partition more", {"more": [(LINUX, GUIDS[3], 400, 410, 0, "evil")]}, "partition-3: only in"),
        ("the type of a partition", {"kind": uuid.UUID(int=77)}, "type of a partition"),
        ("attributes that choose what is booted", {"flags": 1 << 48}, "attributes of a partition"),
        ("the name of a partition", {"name": "evil"}, "name of a partition"),
        ("a GUID that is text", {"guids": (uuid.UUID(bytes=b"evil evil evil 1"), GUIDS[2])},
         "GUID of a partition differs (unexplained)", {"guids"}),
        ("two partitions that changed their GUIDs", {"guids": (GUIDS[2], GUIDS[1])},
         "GUID of a partition: the delivered one leads to something else", {"guids"}),
        ("a partition with the GUID of another", {"guids": (GUIDS[2], GUIDS[2])},
         "GUID of a partition: the delivered one leads to something else", {"guids"}),
        ("a GUID that was not drawn", {"guids": (uuid.UUID("11111111-1111-1111-8111-111111111111"), GUIDS[2])},
         "GUID of a partition differs (unexplained)", {"guids"}),
        ("a GUID of another variant", {"guids": (uuid.UUID("11111111-1111-4111-c111-111111111111"), GUIDS[2])},
         "GUID of a partition differs (unexplained)", {"guids"}),
        ("a GUID of the disk that is none", {"guid": uuid.UUID(int=0)},
         "GUID of the disk differs (unexplained)", {"guid"}),
        ("the backup says something else", {"second": 4}, "second table is false"),
        ("a false header CRC", {"crc": 7}, "header CRC is false", {"guid", "guids"}),
        ("a false CRC of the table", {"table_crc": 7}, "CRC of the table is false", {"guids"}),
        ("reserved bytes", {"reserved": b"evil"}, "reserved bytes"),
        ("bytes behind the header", {"header_end": b"evil"}, "bytes of no partition"),
        ("an entry without a type", {"entries": bytes(16) + b"evil" * 28}, "entry of the table", {"root"}),
        ("bytes before the first partition", {"gap": b"evil"}, "bytes of no partition"),
        ("boot code", {"code": b"evil"}, "boot code"),
        ("a signature in front of the table", {"signature": 7}, "disk signature"),
        ("the last sector that can be used", {"end_shift": 1}, "places differs"),
    ])
    good = gpt()
    trial("GPT: bytes in a gap between partitions", at(good, 400 * SECTOR, b"evil"), good, "different",
          "bytes of no partition")
    trial("GPT: the GUID of a partition of a disk that is equal",
          *(tar(member("a", good), member("b", gpt(guid=GUIDS[4], guids=(GUIDS[i], GUIDS[5])))) for i in (1, 3)),
          "different", "GUID of a partition: the delivered one leads to something else")
    lying_headers()
    trial("GPT: no mark in front of it", *(at(gpt(guid=GUIDS[i]), 510, b"\0\0") for i in (0, 3)), "different",
          "differ", absent=("gpt/guids@1",))
    trial("GPT: half of a header", *(gpt(guid=GUIDS[i])[:SECTOR + 90] for i in (0, 3)), "different", "differ")
    trial("GPT: no second table", good[:-SECTOR], good, "inconclusive", "second table")
    trial("GPT: a second table that is zeros", good[:-SECTOR] + bytes(SECTOR), good, "inconclusive",
          "no partition table")
    trial("GPT: partitions that overlap", gpt(more=[(LINUX, GUIDS[3], 100, 300, 0, "x")]), good,
          "inconclusive", "two purposes")
    trial("GPT: a partition over the table", gpt(more=[(LINUX, GUIDS[3], 2, 3, 0, "x")]), good,
          "inconclusive", "two purposes")
    for text, first, last in (("that ends past the end", 400, 512), ("past the end", 513, 514),
                              ("where a number overflows", 1 << 55, (1 << 55) + 1)):
        trial(f"GPT: a partition {text}", gpt(more=[(LINUX, GUIDS[3], first, last, 0, "x")]), good,
              "inconclusive", "partition 3 is past the end")
    trial("GPT: a partition that ends before it begins", gpt(more=[(LINUX, GUIDS[3], 410, 400, 0, "x")]),
          good, "inconclusive", "before it begins")
    trial("GPT: too many entries", at(good, SECTOR + 80, b"\xff\xff\xff\xff"), good, "inconclusive",
          "unknown kind")


def sealed(image, place, *changes):
    """A header with other fields and true CRCs of itself and, as far as there is one, of its table."""
    head = image[place * SECTOR:][:92]
    for offset, data in changes:
        head = at(head, offset, data)
    start, count = struct.unpack_from("<QI", head, 72)
    head = at(head, 88, struct.pack("<I", zlib.crc32(image[start * SECTOR:][:count * 128])))
    head = at(head, 16, struct.pack("<I", zlib.crc32(at(head, 16, bytes(4)))))
    return at(image, place * SECTOR, head)


def lying_headers():
    """Headers that are whole and say something that cannot be, or is not known."""
    good, last = gpt(), 511
    for place, which in ((1, ""), (last, "second table: ")):
        for text, change, said in (
                ("another revision", (8, b"\0\0\2\0"), "an unknown kind of table"),
                ("a longer header", (12, b"\x60\0\0\0"), "an unknown kind of table"),
                ("longer entries", (84, b"\0\1\0\0"), "an unknown kind of table"),
                ("no entries", (80, bytes(4)), "an unknown kind of table"),
                ("another place of itself", (24, b"\3"), "a table that is not where it says"),
                ("entries past the end", (72, struct.pack("<Q", last - 1)), "entries past the end"),
                ("entries where a number overflows", (72, struct.pack("<Q", 1 << 55)), "entries past the end")):
            trial(f"GPT: {which}{text}", sealed(good, place, change), good, "inconclusive", which + said)
    for text, place in (("behind the end", 512), ("where a number overflows", (1 << 55) + 1)):
        trial(f"GPT: a second table {text}", sealed(good, 1, (32, struct.pack("<Q", place))), good, "inconclusive",
              "the second table is past the end")
    for text, change in (("fewer entries", (80, b"\4")), ("another last sector", (48, b"\1")),
                         ("another GUID", (56, GUIDS[4].bytes_le)), ("another first table", (32, b"\2"))):
        trial(f"GPT: a second table of {text}", sealed(good, last, change), good, "different",
              "second table is false")
    whole = gpt(more=[(LINUX, GUIDS[3], 0, (1 << 64) - 1, 0, "x")])
    trial("GPT: a partition of more than all", whole, good, "inconclusive", "before it begins")
    untyped = [gpt(more=[(uuid.UUID(int=0), GUIDS[3], 400, i, 0, "x")]) for i in (400, 401)]
    trial("GPT: an entry without a type", *untyped, "different", "place of a partition")


def against_sfdisk():
    """The partitions of a disk that sfdisk or sgdisk made, at two times with other GUIDs."""
    makers = {
        "sfdisk gpt": lambda f: run_tool("/usr/sbin/sfdisk", "-q", f, data=b"label: gpt\n"
                                         b"start=2048,size=2048,name=a\nstart=6144,size=1024\n"),
        "sfdisk dos": lambda f: run_tool("/usr/sbin/sfdisk", "-q", f, data=b"label: dos\n"
                                         b"start=2048,size=2048,bootable\nstart=6144,size=1024\n"),
        "sgdisk": lambda f: run_tool("/usr/sbin/sgdisk", "-n", "1:2048:4095", "-n", "2:6144:7167", f),
    }
    for what, make in makers.items():
        images = []
        for _ in range(2):
            write("disk", bytes(8 << 20))
            make("disk")
            with open("disk", "rb") as f:
                image = at(f.read(), 2048 * SECTOR, uimage(b"kernel"))
            images.append(at(image, 6144 * SECTOR, ROOTFS))
        rule = "mbr/disk-signature@1" if "dos" in what else "gpt/guids@1"
        trial(f"{what}: two disks", *images, "transplanted", rule)
        trial(f"{what}: two disks, and a change inside", at(images[0], 6144 * SECTOR, EVIL), images[1],
              "different", "partition-2!bin/tool", rule)
        write("disk", images[0])
        table = json.loads(run_tool("/usr/sbin/sfdisk", "--json", "disk"))["partitiontable"]["partitions"]
        wanted = {f"partition-{i + 1}": sha256(images[0][p["start"] * SECTOR:][:p["size"] * SECTOR])
                  for i, p in enumerate(table)}
        found = {a["path"]: a["sha256"] for a in inspected(images[0]) if "!" not in a["path"] and a["path"]}
        result(found == wanted and len(found) == 2, f"{what}: the partitions that sfdisk finds", found)


# --- TRX ---------------------------------------------------------------------------------------


def trx(kernel=None, root=ROOTFS, version=1, flags=0, crc=None, length=None, offsets=None, tail=b"", gap=b""):
    kernel = kernel if kernel is not None else gz(TEXT)
    slots = 3 if version == 1 else 4
    head = 16 + 4 * slots
    starts = [head + len(gap), head + len(gap) + len(kernel)]
    starts = (offsets or starts) + [0] * slots
    size = head + len(gap) + len(kernel) + len(root)
    covered = struct.pack(f"<HH{slots}I", flags, version, *starts[:slots]) + gap + kernel + root
    return b"HDR0" + struct.pack("<II", size if length is None else length,
                                 ~zlib.crc32(covered) & 0xffffffff if crc is None else crc) + covered + tail


def trxs():
    for version in (1, 2):
        table(f"TRX {version}", lambda **kw: trx(version=version, **kw), [
            ("a kernel packed otherwise", {"kernel": gz(TEXT, 1)}, "repacked", "gzip/stream@1"),
            ("a time in the kernel", {"kernel": gz(TEXT, mtime=3)}, "transplanted", "gzip/timestamps@1"),
            ("erased flash behind it", {"tail": b"\xff" * 100}, "repacked", "container/padding@1"),
        ], [
            ("a program in the root file system", {"root": EVIL}, "region-1!bin/tool: "),
            ("flags", {"flags": 1}, "flags differs"),
            ("a false CRC", {"crc": 7}, "CRC is false", {"kernel"}),
            ("bytes of no region", {"gap": b"evil"}, "bytes of no region"),
            ("bytes behind the end", {"tail": b"evil"}, "bytes behind the image"),
            ("an empty kernel", {"kernel": b""}, "region-0"),
        ])
    trial("TRX: cut short", trx()[:-1], trx(), "inconclusive", "cut short")
    short = trx(length=20)
    trial("TRX: shorter than its header", at(short, 8, struct.pack("<I", ~zlib.crc32(short[12:20]) & 0xffffffff)), trx(),
          "inconclusive", "cut short")
    for text, offsets in (("in no order", [400, 28]), ("past the end", [28, 1 << 20]), ("in the header", [4]),
                          ("behind none", [0, 28])):
        trial(f"TRX: regions {text}", trx(offsets=offsets), trx(), "inconclusive", "in no order")
    for text, change in (("another mark", lambda image: b"HDR1" + image[4:]), ("half of a header", lambda i: i[:30]),
                         ("another version", lambda image: at(image, 14, b"\3"))):
        trial(f"TRX: {text} is none", *(change(trx(kernel=gz(TEXT, mtime=i))) for i in (1, 2)), "different", "differ")
    trial("TRX: no regions", trx(offsets=[0, 0, 0]), trx(), "different", "only in")


# --- FIP ---------------------------------------------------------------------------------------

BL31 = "47d4086d4cfe98469b952950cbbd5a00"
BL33 = "d6d0eea7fcead54b97829934f234b6e4"


def fip(bl31=b"bl31" * 30, bl33=None, flags=0, serial=0x12345678, more=(), align=1, entry_flags=0, end=None,
        last=0, tail=b"", fill=b"\0", offset=None):
    images = [(BL31, bl31), (BL33, bl33 or gz(TEXT)), *more]
    place = 16 + 40 * (len(images) + 1)
    toc, body = struct.pack("<IIQ", 0xAA640001, serial, flags), b""
    for name, data in images:
        pad = -(place + len(body)) % align
        body += fill * pad
        toc += struct.pack("<16sQQQ", bytes.fromhex(name), offset or place + len(body), len(data), entry_flags)
        body += data
    size = place + len(body) if end is None else end
    return toc + struct.pack("<16sQQQ", b"", size, last, 0) + body + tail


def fips():
    table("FIP", fip, [
        ("an image packed otherwise", {"bl33": gz(TEXT, 1)}, "repacked", "gzip/stream@1"),
        ("a time in an image", {"bl33": gz(TEXT, mtime=3)}, "transplanted", "gzip/timestamps@1"),
        ("images at other places", {"align": 64}, "repacked", "fip/repacked@1"),
    ], [
        ("a byte of an image", {"bl31": b"evil" * 30}, "soc-fw: "),
        ("an image more", {"more": [("11" * 16, b"evil")]}, "11111111111111111111111111111111: only in"),
        ("an image twice", {"more": [(BL33, b"evil")]}, "nt-fw: only in"),
        ("flags of the package", {"flags": 1 << 32}, "flags differs"),
        ("flags of an image", {"entry_flags": 1}, "flags of an image"),
        ("the serial number", {"serial": 7}, "serial number"),
        ("bytes behind the end", {"tail": b"evil"}, "bytes of no image"),
    ])
    trial("FIP: padding that is not uniform", fip(align=64, fill=b"e"), fip(align=64), "different",
          "bytes of no image")
    trial("FIP: an image past the end", fip(offset=1 << 40), fip(), "inconclusive", "past the end")
    trial("FIP: images that overlap", fip(offset=136), fip(), "inconclusive", "two purposes")
    trial("FIP: an image that is the table", fip(offset=16), fip(), "inconclusive", "two purposes")
    trial("FIP: an end past the end", fip(end=1 << 30), fip(), "inconclusive", "past the end")
    trial("FIP: an image behind the end", fip(end=140), fip(), "inconclusive", "behind the end")
    trial("FIP: no end of the table", fip()[:60], fip(), "inconclusive", "")


def against_fiptool():
    files = {"soc-fw": b"bl31" * 30, "nt-fw": gz(TEXT), "tb-fw": b"bl2", "nt-fw-cert": b"a certificate"}
    options = []
    for name, data in files.items():
        write(name, data)
        options += ["--" + name, name]
    for align in ("1", "16", "4096"):
        run_tool("fiptool", "create", *options, "--align", align, "fip")
        with open("fip", "rb") as f:
            found = inspected(f.read())
        result(found[0]["format"] == "fip" and not found[0]["trouble"] and
               {a["path"]: a["sha256"] for a in found[1:] if not a["path"].endswith("!")} ==
               {name: sha256(data) for name, data in files.items()}, f"fiptool, aligned to {align}: images",
               found)


if __name__ == "__main__":
    with Folder():
        mbrs()
        gpts()
        against_sfdisk()
        trxs()
        fips()
        against_fiptool()
    finish()
