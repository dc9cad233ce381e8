#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the seeds of tests/fuzz/fuzz_compare.c again: seeds.py tests/fuzz/corpus/compare
A seed is two files behind the length of the first."""
import os
import struct
import sys

os.environ.setdefault("ASSAY", "assay")
import bz2  # noqa: E402

from makers_rpm import *  # noqa: E402,F403
from pairs import *  # noqa: E402,F403
import cramfs  # noqa: E402
import ext  # noqa: E402
import fat  # noqa: E402
import jffs2  # noqa: E402
import romfs  # noqa: E402
import iso  # noqa: E402
import lzop  # noqa: E402
import squashfs  # noqa: E402
from android import boot, fill, raw, skip, sparse, vendor  # noqa: E402
from disks import GUIDS, fip, mbr, small, trx  # noqa: E402
from flash import env  # noqa: E402
from fit import fdt, fit, tree  # noqa: E402
import oci  # noqa: E402
import pe  # noqa: E402
import tars  # noqa: E402
import ubi  # noqa: E402
import updates  # noqa: E402
import verity  # noqa: E402
from uimage import multi, uimage  # noqa: E402

A = b"some text, some more text\n" * 8
B = A.replace(b"more", b"less", 1)
SKIPPABLE = struct.pack("<II", 0x184D2A50, 2) + b"ab"
NAMES = ar_member("//", b"a-long-name-of-a-member/\n")
HEADER = dict(name=b"x", hcrc=True, comment=b"c", extra=b"ab\1\0x")
PACKED, REPACKED = [("a.gz", gz(A, level=1)), ("b", A)], [("a.gz", gz(A)), ("b", A)]
PLAIN, GZIP = dict(pack=lambda data: data, suffix=""), dict(pack=gz, suffix=".gz")
Z4 = 0x5A5A5A5A
FIT = dict(kernel=A[:50], device_tree=fdt(([], [])), time=Z4, signed=Z4, signature=b"Z" * 256, hint="ZZZ",
           signer="ZZZ", version="ZZZ", sig_fill=b"Z", slack=b"ZZZ")


SMALL_TREE = {"a": (cramfs.DIR, 0, None), "a/b": (cramfs.FILE, 0, A), "a/l": (cramfs.LINK, 0, b"b"),
              "c": (cramfs.CHAR, 0, 0x501)}
SMALL_LOG = dict(tree={"a": (jffs2.DIR, 0, None), "a/b": (jffs2.FILE, 0, A), "a/l": (jffs2.LINK, 0, b"b"),
                       "c": (jffs2.CHAR, 0, 0x501)}, links={"h": "a/b"}, xattrs={"a/b": ((1, b"x", b"y"),)}, page=128)
SMALL_ROM = romfs.romfs({"a/b": b"some text"}, {"a/l": "b"}, (("a/b", "h"),), ("c,c,1,3",), runnable=())
def cms(name):
    with open(os.path.join(os.path.dirname(__file__), "../fuzz/corpus/cms", name), "rb") as f:
        return f.read()


CMS, CMS_2 = cms("sha256"), cms("key-id")


def inside(data):
    return gz(tar(member("x.xz", xz(tar(member("y", data), end=0))), end=0))


SEEDS = {
    "plain": (A, B),
    "tar": (tar(member("./a", A), member("./b", b"b"), end=512),
            tar(member("./a", B), member("./c", b"c"), end=512)),
    "tar-pax": (tar(pax((b"path", b"./a"), (b"mtime", b"1.5")), member("./x", A), end=0),
                tar(pax((b"path", b"./a")), member("./x", A), end=512)),
    "tar-long-name": (tar(long_name(b"./" + b"n" * 120), member("./nnn", A), end=0),
                      tar(long_name(b"./" + b"n" * 121), member("./nnn", B), end=0)),
    "tar-sparse": (tar(tars.old([(0, A), (900, b"b")], 901), end=0),
                   tar(tars.old([(0, B), (900, b"b")], 901, mtime=7), end=512)),
    "tar-map": (tar(tars.records([(0, A), (900, b"b")], 901, "1.0"), end=0),
                       tar(tars.records([(0, A), (900, b"b")], 901, "0.0"), end=0)),
    "tar-pax-times": (tars.timed(), tars.timed(mtime=b"7.5", header=7)),
    "ar": (ar(NAMES, ar_member("/0", A), ar_member("b/", b"x")),
           ar(NAMES, ar_member("/0", B), ar_member("b/", b"y"))),
    "gzip": (gz(A, level=1, **HEADER), gz(A, level=9, **HEADER)),
    "gzip-members": (gz(A) + gz(B), gz(A) + gz(A)),
    "xz": (xz(A, 0), xz(B, 6) + bytes(4) + xz(b"")),
    "zstd": (zst(A) + SKIPPABLE, zst(B, "--no-check")),
    "deb": (deb(PACKED, **PLAIN), deb(REPACKED, **PLAIN)),
    "deb-xz": (deb(PACKED), deb(REPACKED)),
    "deb-stale": (deb(PACKED, **GZIP), deb(REPACKED, sums=md5sums(PACKED), **GZIP)),
    "nested": (inside(A), inside(B)),
    # Stored, so that a change of a byte is one of the file system; and packed.
    "squashfs": (squashfs.plain(), squashfs.make(comp="zstd", options=["-nopad"])),
    "squashfs-xz": (squashfs.make(comp="xz", options=["-nopad"]),
                    squashfs.make(comp="lzo", options=["-nopad"])),
    "cramfs": (cramfs.cramfs(SMALL_TREE), cramfs.cramfs({**SMALL_TREE, "a/b": (0o100755, 0, A)}, level=1)),
    "jffs2": (jffs2.jffs2(**SMALL_LOG)[:1216], jffs2.jffs2(level=1, time=7, order=lambda n: n[::-1], **SMALL_LOG)[:1300]),
    "jffs2-summary": (jffs2.jffs2(summaries=True, big=True, block=4096, **SMALL_LOG),
                      jffs2.jffs2(summaries=True, big=True, block=4096, codec=jffs2.RTIME, **SMALL_LOG)),
    "romfs": (SMALL_ROM, romfs.edit(b"b", 16, b"c")(SMALL_ROM)),
    "ext2": (ext.small(), ext.small(time=1)),
    "ext4": (ext.small("ext4"), ext.small("ext2", uuid=ext.OTHER_UUID)),
    "fat12": (fat.small(), fat.small(content=b"less", skip=1)),
    "fat32": (fat.small(32), fat.small(32, options={"stamp": 0})),
    "iso": (iso.small(), iso.small(stamp=1600000000)),
    "bzip2": (bz2.compress(A), bz2.compress(B, 1) + bz2.compress(b"")),
    "lzma": (lzma.compress(A, format=lzma.FORMAT_ALONE), lzma.compress(B, format=lzma.FORMAT_ALONE)),
    "lz4": (lz4(A), lz4(B) + SKIPPABLE),
    "lz4-legacy": (lz4(A, "-l"), lz4(B, "-l")),
    "cpio": (newc("./a", A, nlink=2) + newc("./b", b"x", nlink=2) + TRAILER,
             newc("./a", A, ino=7) + newc("./c", b"y", mode=0o120777) + TRAILER + bytes(64) + gz(A)),
    "cpio-crc": (newc("a", A, crc=True) + TRAILER, newc("a", B, crc=True) + TRAILER),
    "cpio-odc": (odc("a", A) + odc("TRAILER!!!"), odc("a", B, ino=9) + odc("TRAILER!!!")),
    "cpio-old": (old("a", A) + old("TRAILER!!!"), old("a", B, ino=9) + old("TRAILER!!!")),
    "zip": (zip_of(zip_member(b"a", A), zip_member(b"b", b"x", method=0), comment=b"c"),
            zip_of(zip_member(b"a", A, level=1, flags=8), zip_member(b"d/", b"", method=0))),
    "fdt": (tree(), tree(names=b"status\0reg\0", bootargs="init=/bin/shx", slack=bytes(8))),
    # Z: of what may differ in a signature node, and of nothing else.
    "fit": (fit(**FIT), fit(kernel=gz(A, 1), device_tree=fdt(([], [])), time=3, sig_fill=b"s")),
    "fit-external": (fit(external=True, hashes=False, **FIT),
                     fit(kernel=gz(B), device_tree=fdt(([], [])), external=True, positions=True)),
    "flash": (padded(uimage(A[:40]), 4096, b"\xff") + env(size=512),
              padded(uimage(A[:40], time=1), 4096, b"\xff") + env(size=512, order=[1, 0, 2, 3, 4])),
    "android-boot": (boot(kernel=A[:40], ramdisk=b"r", dtb=b"d"),
                     boot(kernel=gz(A), ramdisk=b"r", dtb=b"d", second=b"s")),
    "vendor-boot": (vendor(((b"a", A[:40]), (b"b", b"b"))), vendor(((b"a", gz(A)), (b"b", b"b")), settings=b"")),
    "sparse": (sparse(raw(A[:16], 16), fill(2, b"abcd"), fill(1), skip(1), block=16),
               sparse(raw(A[:16] + b"abcd" * 4, 16), fill(1, b"abcd"), fill(1), skip(1), block=16)),
    "fip": (fip(bl31=A[:20], bl33=b"b"), fip(bl31=B[:21], bl33=gz(A), align=16)),
    "gpt": (small(root=b"x"), small(root=b"y", guid=GUIDS[3])),
    "mbr": (mbr([(0x80, 12, 1, 1), (0, 131, 3, 1)], signature=Z4) + padded(b"x") + bytes(512) + padded(A),
            mbr([(0, 12, 1, 1), (0, 131, 3, 1)]) + padded(b"y") + bytes(512) + padded(B)),
    "verity": (verity.image((A * 20)[:2048], data_block=1024, hash_block=1024, salt=b"Z" * 16, uuid=b"Z" * 16),
               verity.image((B * 20)[:2048], data_block=1024, hash_block=1024, salt=b"Y" * 16)),
    "trx": (trx(kernel=A[:40], root=b"root"), trx(kernel=gz(A), root=b"root", version=2)),
    "ubi": (ubi.ubi(((b"a", ubi.STATIC, gz(A)), (b"b", ubi.DYNAMIC, A * 30))),
            ubi.ubi(((b"a", ubi.STATIC, gz(A, level=1)), (b"b", ubi.DYNAMIC, B * 30)), seq=2)),
    "uboot-env": (env(flag=1, size=512), env(flag=1, size=512, order=[1, 0, 2, 3, 4], tail=b"\xff" * 8)),
    "uimage": (uimage(A[:60]), uimage(B[:60], time=1, tail=b"\xff" * 64)),
    "uimage-multi": (multi([A[:30], b"b"]), multi([gz(B), b"c", b"d"], kind=6)),
    "rpm": (rpm(RPM_FILES[:3], reserved=bytes(8), signed=openpgp(b"\xa5" * 16)),
            rpm(RPM_FILES[1:], reserved=bytes(8), host=b"host.example", time=7, mtime=7)),
    "lzop": (lzop.lzop(A), lzop.lzop(A, level=1, mtime=7)),
    "apk": (updates.apk(A, gz(A)), updates.apk(B, gz(A, level=1), signed=b"\xa5" * 256)),
    "ipk": (updates.ipk(A), updates.ipk(A, level=1)),
    "oci": (oci.image(program=b"x", plain=True), oci.image(program=b"x", plain=True, mtime=7, created="2024-01-01T00:00:00Z")),
    "pe": (pe.pe(code=A, data=gz(A)), pe.pe(code=A, data=gz(A, level=1), sign=({},))),
    "pe-signed": (pe.pe(code=A, linux=pe.pe(code=A, data=b"x", osrel=None), sign=({},), symbols=True),
                  pe.pe(code=A, linux=pe.pe(code=A, data=b"x", osrel=None, check="none"), sign=({}, {"name": b"B"}),
                        symbols=True, check="before")),
    "swu": (updates.swu(gz(A), B[:9]), updates.swu(gz(A, level=1), B[:9], signature=b"\xa5" * 256)),
    "rauc": (updates.rauc(squashfs.plain(), CMS), updates.rauc(squashfs.plain(mkfs_time=7), CMS_2)),
}

if __name__ == "__main__":
    for name, (delivered, rebuilt) in SEEDS.items():
        write(os.path.join(sys.argv[1], name),
              struct.pack("<I", len(delivered)) + delivered + rebuilt)
