#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Android boot and sparse images: what may differ, attacks, and mkbootimg, unpack_bootimg, img2simg
and simg2img as judges."""
import random

import fit
import squashfs
from makers import *  # noqa: F403

rng = random.Random(5)

# --- boot images -------------------------------------------------------------------------------


def boot(kernel=None, ramdisk=b"a ramdisk" * 9, second=b"", dtbo=b"", dtb=None, version=2, cmdline=b"console=x",
         name=b"board", address=0x8000, id_=None, system=7, page=2048, tail=b"", fill=b"\0", end=None,
         signature=b"", size=None, place=None):
    kernel = gz(TEXT) if kernel is None else kernel
    dtb = fit.tree() if dtb is None else dtb
    members = [kernel, ramdisk]
    if version < 3:
        members += [second] + [dtbo] * (version >= 1) + [dtb] * (version >= 2)
        digest = hashlib.sha1(b"".join(m + struct.pack("<I", len(m)) for m in members)).digest()
        head = b"ANDROID!" + struct.pack("<10I", len(kernel) if size is None else size, address, len(ramdisk),
                                         0x1000000, len(second), 0xf00000, 0x100, page, version, system)
        head += name.ljust(16, b"\0") + cmdline.ljust(512, b"\0") + (id_ or digest).ljust(32, b"\0") + bytes(1024)
        if version >= 1:
            there = page + sum(len(padded(m, page)) for m in members[:3]) if dtbo else 0
            head += struct.pack("<IQI", len(dtbo), there if place is None else place, 1648 if version == 1 else 1660)
        if version == 2:
            head += struct.pack("<IQ", len(dtb), 0x1f00000)
    else:
        page = 4096
        head = b"ANDROID!" + struct.pack("<4I4II", len(kernel), len(ramdisk), system, 1580 + 4 * (version == 4),
                                         0, 0, 0, 0, version) + cmdline.ljust(1536, b"\0")
        if version == 4:
            head += struct.pack("<I", len(signature))
            members.append(signature)
    out = padded(head, page)
    for member in members:
        out += padded(member, page, fill)
    return out[:end] + tail


def vendor(ramdisks=((b"main", b"a ramdisk" * 9), (b"more", b"another" * 5)), dtb=None, settings=b"androidboot.x=y\n",
           version=4, page=4096, cmdline=b"console=x", kind=1, board=0, tail=b"", fill=b"\0", place=0, count=None,
           sizes=0, name=b"board", end=None, address=0x8000):
    dtb = fit.tree() if dtb is None else dtb
    if version == 3:
        ramdisks = ramdisks[:1]
    all_ = b"".join(data for _, data in ramdisks)
    table, at = b"", place
    for n, data in ramdisks:
        table += struct.pack("<III32s16I", len(data), at, kind, n, board, *[0] * 15)
        at += len(data)
    head = b"VNDRBOOT" + struct.pack("<5I", version, page, address, 0x1000000, len(all_) + sizes)
    head += cmdline.ljust(2048, b"\0") + struct.pack("<I16sIIQ", 0x100, name, 2112 if version == 3 else 2128, len(dtb),
                                                    0x1f00000)
    if version == 4:
        count = len(ramdisks) if count is None else count
        head += struct.pack("<4I", len(table), count, 108, len(settings))
    out = padded(head, page) + padded(all_, page, fill) + padded(dtb, page, fill)
    if version == 4:
        out += padded(table, page, fill) + padded(settings, page, fill)
    return out[:end] + tail


def vendors():
    main, more = (b"main", gz(TEXT)), (b"more", b"another" * 5)
    benign = [("a ramdisk packed otherwise", {"ramdisks": ((b"main", gz(TEXT, 1)), more)}, "repacked", "gzip/stream@1"),
              ("a time in a ramdisk", {"ramdisks": ((b"main", gz(TEXT, mtime=3)), more)}, "transplanted",
               "gzip/timestamps@1"),
              ("zeros behind it", {"tail": bytes(5000)}, "repacked", "container/padding@1")]
    attacks = [
        ("a byte inside a ramdisk", {"ramdisks": ((b"main", gz(TEXT.replace(b"lazy", b"idle", 1))), more)}, ": 4 bytes"),
        ("bytes behind a packed ramdisk", {"ramdisks": ((b"main", gz(TEXT) + b"evil"), more)}, "trailing bytes"),
        ("the command line", {"cmdline": b"init=/evil"}, "command line"),
        ("an address", {"address": 0}, "addresses"),
        ("bootargs in the device tree", {"dtb": fit.tree(bootargs="init=/bin/shx")}, "dtb: chosen: property bootargs"),
        ("padding that is not zero", {"fill": b"e"}, "padding", {"ramdisks"}),
        ("bytes behind the end", {"tail": b"evil"}, "bytes behind the image"),
    ]
    table("vendor boot image 3", lambda **kw: vendor(**{"version": 3, "ramdisks": (main,), **kw}), benign, attacks)
    table("vendor boot image 4", lambda **kw: vendor(**{"ramdisks": (main, more), **kw}), benign, attacks + [
        ("a byte of the second ramdisk", {"ramdisks": (main, (b"more", b"anothex" * 5))}, "more: "),
        ("a ramdisk more", {"ramdisks": (main, more, (b"evil", b"evil"))}, "evil: only in"),
        ("ramdisks in another order", {"ramdisks": (more, main)}, ""),
        ("a type of ramdisk", {"kind": 2}, "type"),
        ("a board", {"board": 7}, "boards"),
        ("settings", {"settings": b"androidboot.x=z\n"}, "bootconfig: 1 byte"),
        ("no settings", {"settings": b""}, "bootconfig: only in"),
    ])
    first, second = newc("a", b"hello") + TRAILER, (b"more", newc("init", b"x") + TRAILER)
    ends = [vendor(ramdisks=((b"main", first + bytes(zeros)), second)) for zeros in (8, 9, 12)]
    trial("vendor boot image: more zeros behind a ramdisk", ends[2], ends[0], "repacked", "container/padding@1")
    for a, b in ((1, 0), (0, 1)):
        trial(f"vendor boot image: zeros that keep a kernel from taking a ramdisk {a}", ends[a], ends[b], "different",
              "more: bytes past a word")
    one = vendor()
    for text, kw in (("a ramdisk elsewhere", {"place": 1}), ("another number of ramdisks", {"count": 1}),
                     ("bytes of no ramdisk", {"sizes": 1}), ("cut short", {"end": 5000}), ("pages of 3 KiB", {"page": 3072})):
        trial("vendor boot image: " + text, vendor(**kw), one, "inconclusive", "")
    write("ramdisk", TEXT)
    write("dtb", fit.tree())
    run_tool("mkbootimg", "--vendor_boot", "vendor", "--header_version", "3", "--vendor_ramdisk", "ramdisk", "--dtb",
             "dtb", "--vendor_cmdline", "console=x", "--pagesize", "4096")
    with open("vendor", "rb") as f:
        mine = digests_in(f.read())
    result(mine["ramdisk"] == sha256(TEXT) and mine["dtb"] == sha256(fit.tree()),
           "vendor boot image: members as mkbootimg put them in", mine)
    reads_to_end("vendor boot image of mkbootimg")


def boots():
    benign = [
        ("a kernel packed otherwise", {"kernel": gz(TEXT, 1)}, "repacked", "gzip/stream@1"),
        ("a time in the kernel", {"kernel": gz(TEXT, mtime=3)}, "transplanted", "gzip/timestamps@1"),
        ("zeros behind it", {"tail": bytes(5000)}, "repacked", "container/padding@1"),
    ]
    attacks = [
        ("a byte of the ramdisk", {"ramdisk": b"a ramdosk" * 9}, "ramdisk: "),
        ("a longer ramdisk", {"ramdisk": b"a ramdisk" * 10}, "ramdisk: "),
        ("no ramdisk", {"ramdisk": b""}, "ramdisk: only in"),
        ("a byte inside the kernel", {"kernel": gz(TEXT.replace(b"lazy", b"idle", 1))}, "kernel!: 4 bytes"),
        ("bytes behind the packed kernel", {"kernel": gz(TEXT) + b"evil"}, "trailing bytes"),
        ("the command line", {"cmdline": b"init=/evil"}, "command line"),
        ("a version of the system", {"system": 6}, "version of the system"),
        ("padding that is not zero", {"fill": b"e"}, "padding", {"kernel"}),
        ("bytes behind the end", {"tail": b"evil"}, "bytes behind the image"),
    ]
    for version in range(5):
        rows = list(attacks)
        if version < 3:
            rows += [("an address", {"address": 0}, "kernel address"), ("a name", {"name": b"evil"}, "name differs"),
                     ("a second image", {"second": b"evil"}, "second: only in"),
                     ("an id that is none", {"id_": b"evil"}, "id is false", {"kernel"}),
                     ("no id", {"id_": bytes(32)}, "id differs", {"kernel"})]
        if version in (1, 2):
            rows += [("a place of a DTBO that is not there", {"place": 2048}, "DTBO is false"),
                     ("a DTBO", {"dtbo": b"evil"}, "recovery-dtbo: only in")]
        if version == 2:
            rows.append(("bootargs in the device tree", {"dtb": fit.tree(bootargs="init=/bin/shx")},
                         "dtb: chosen: property bootargs"))
        if version == 4:
            rows.append(("a signature", {"signature": b"evil"}, "signature: only in"))
        table(f"boot image {version}", lambda **kw: boot(version=version, **kw), benign, rows)
    empty = dict(id_=bytes(32))
    trial("boot image: an empty id", boot(kernel=gz(TEXT, 1), **empty), boot(**empty), "repacked",
          "gzip/stream@1")
    good = boot(dtbo=b"a DTBO")
    trial("boot image: a kernel packed otherwise moves the DTBO", boot(kernel=rng.randbytes(3000), dtbo=b"a DTBO"),
          good, "different", "kernel", absent=("DTBO",))
    trial("boot image: a place of the DTBO that is another's", boot(dtbo=b"a DTBO", kernel=gz(TEXT, 1), place=2048),
          good, "different", "DTBO is false")
    stale = boot()[576:608]
    trial("boot image: a stale id", boot(kernel=gz(TEXT, 1), id_=stale), boot(), "different", "id is false")
    trial("boot image: a kernel past the end", boot(size=1 << 30), boot(), "inconclusive", "past the end")
    trial("boot image: cut short", boot(end=3000), boot(), "inconclusive", "cut short")
    trial("boot image: pages of no size", boot()[:36] + bytes(4) + boot()[40:], boot(), "inconclusive",
          "size of pages")


def against_mkbootimg():
    """The mkbootimg of Debian 12 makes versions 0 to 2, and none with a recovery DTBO."""
    files = {"kernel": gz(TEXT), "ramdisk": b"a ramdisk", "second": b"a second stage", "dtb": fit.tree()}
    for name, data in files.items():
        write(name, data)
    for version in range(3):
        names = ["kernel", "ramdisk", "second"] + ["dtb"] * (version == 2)
        run_tool("mkbootimg", "--header_version", str(version), "-o", "boot.img", "--cmdline", "console=x",
                 *[w for n in names for w in ("--" + n, n)])
        with open("boot.img", "rb") as f:
            image = f.read()
        found = inspected(image)
        mine = {a["path"]: a["sha256"] for a in found if a["path"] and "!" not in a["path"]}
        shutil.rmtree("out", ignore_errors=True)
        run_tool("unpack_bootimg", "--boot_img", "boot.img", "--out", "out")
        theirs = {}
        for name in os.listdir("out"):
            with open("out/" + name, "rb") as f:
                theirs[name] = sha256(f.read())
        theirs = {k: v for k, v in theirs.items() if v != sha256(b"")}
        result(found[0]["format"] == "android-boot" and mine == theirs == {n: sha256(files[n]) for n in names},
               f"mkbootimg {version}: as unpack_bootimg has it", (mine, theirs))
        rest = [r for r in found[0]["ranges"] if r["kind"] == "checksum"]
        result(len(rest) == 1, f"mkbootimg {version}: the id is that of the members", found[0])


# --- sparse images -----------------------------------------------------------------------------

BLOCK = 4096
DATA = rng.randbytes(2 * BLOCK)
ROOTFS = squashfs.squash(files=[("bin/tool", b"tool " * 300)], pseudo=["bin/tool m 755 0 0"])
EVIL = squashfs.squash(files=[("bin/tool", b"evil " * 300)], pseudo=["bin/tool m 755 0 0"])


def raw(data, block=BLOCK):
    return 0xcac1, len(data) // block, data


def fill(blocks, value=b"\0\0\0\0"):
    return 0xcac2, blocks, value


def skip(blocks):
    return 0xcac3, blocks, b""


def crc(value):
    return 0xcac4, 0, value


def sparse(*chunks, version=1, block=BLOCK, blocks=None, count=None, check=0, tail=b"", size=None, reserved=0):
    out = struct.pack("<IHHHHIIII", 0xed26ff3a, version, 0, 28, 12, block,
                      sum(c[1] for c in chunks) if blocks is None else blocks,
                      len(chunks) if count is None else count, check)
    for kind, n, data in chunks:
        out += struct.pack("<HHII", kind, reserved, n, 12 + len(data) if size is None else size) + data
    return out + tail


def sparses():
    def make(root=ROOTFS, data=DATA, value=b"abcd", zeros=None, more=(), **kw):
        return sparse(raw(padded(root, BLOCK)), raw(data), fill(3, value), *(zeros or [fill(2)]), skip(4),
                      *more, **kw)

    table("sparse", make, [
        ("zeros as they are", {"zeros": [raw(bytes(2 * BLOCK))]}, "repacked", "sparse/repacked@1"),
        ("zeros in two chunks", {"zeros": [fill(1), fill(1)]}, "repacked", "sparse/repacked@1"),
        ("erased flash behind it", {"tail": b"\xff" * 99}, "repacked", "container/padding@1"),
    ], [
        ("a program in the file system", {"root": EVIL}, ""),
        ("a byte of a block", {"data": DATA[:-1] + bytes([DATA[-1] ^ 1])}, "bytes of no file"),
        ("a value that blocks have", {"value": b"evil"}, "bytes of no file"),
        ("zeros that are not written", {"zeros": [skip(2)]}, "blocks that are not written"),
        ("blocks more", {"more": [fill(1)]}, "bytes of no file"),
        ("a CRC that nobody asked for", {"more": [crc(b"evil")]}, "CRC"),
        ("a checksum", {"check": 7}, "checksum"),
        ("bytes behind the end", {"tail": b"evil"}, "bytes behind the image"),
    ])
    base = sparse(raw(DATA))
    for text, image in (("cut short", base[:-1]), ("another version", sparse(raw(DATA), version=2)),
                        ("more blocks than there are", sparse(raw(DATA), blocks=1)),
                        ("fewer blocks than there are", sparse(raw(DATA), blocks=3)),
                        ("more chunks than there are", sparse(raw(DATA), count=2)),
                        ("an unknown chunk", sparse((0xcac9, 1, b""))),
                        ("a chunk of another size", sparse(raw(DATA), size=13)),
                        ("reserved bytes", sparse(raw(DATA), reserved=1)),
                        ("blocks of no size", sparse(block=0)),
                        ("blocks of seven bytes", sparse(block=7))):
        trial(f"sparse: {text}", image, base, "inconclusive", "cannot be read")
    bomb = sparse(fill(0xffffffff, b"evil"), block=1 << 20)
    trial("sparse: a bomb", bomb, sparse(fill(0xfffffffe, b"evil"), block=1 << 20), "inconclusive", "limit")


def against_img2simg():
    content = DATA + bytes(8 * BLOCK) + b"abcd" * (BLOCK // 2) + padded(ROOTFS, BLOCK) + bytes(BLOCK)
    write("raw", content)
    run_tool("img2simg", "raw", "sparse")
    run_tool("simg2img", "sparse", "back")
    with open("sparse", "rb") as f, open("back", "rb") as g:
        image, back = f.read(), g.read()
    found = inspected(image)
    result(found[0]["format"] == "android-sparse" and found[1]["sha256"] == sha256(back) == sha256(content),
           "img2simg: the content that simg2img finds", found)
    mine = sparse(raw(DATA), fill(8), fill(2, b"abcd"), raw(padded(ROOTFS, BLOCK)), fill(1))
    status, answer, out = compare(mine, image)
    result(status == MATCH, "img2simg: the same as ours, or packed otherwise", out)


if __name__ == "__main__":
    with Folder():
        boots()
        vendors()
        against_mkbootimg()
        sparses()
        against_img2simg()
    finish()
