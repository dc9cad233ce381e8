#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""assay compare on containers: what is harmless, and attacks that hide where a reader may not
look. Each row is one pair; what must hold for every pair is in pairs.py."""
from pairs import *  # noqa: F403

TEXT = b"The quick brown fox jumps over the lazy dog.\n" * 40
OTHER = TEXT.replace(b"lazy", b"idle", 1)
RANDOM = b"".join(struct.pack("<I", zlib.crc32(struct.pack("<I", i))) for i in range(5000))


def plain():
    trial("plain: equal", TEXT, TEXT, "identical")
    trial("plain: both empty", b"", b"", "identical")
    trial("plain: delivered empty", b"", TEXT, "different", "only in the rebuilt")
    trial("plain: rebuilt empty", TEXT, b"", "different", "only in the delivered")
    trial("plain: one byte", TEXT, TEXT[:100] + b"X" + TEXT[101:], "different", "1 byte differs")
    trial("plain: a tail", TEXT + b"#", TEXT, "different", "1 byte only in the delivered")
    trial("plain: everything differs", RANDOM, RANDOM[::-1], "different")
    trial("plain: all ones against zeros", b"\xff" * 70000, bytes(70000), "different", "70000")


def archives():
    base = [member("./a", TEXT), member("./b", b"b"), member("./c", b"")]
    one = tar(*base)

    def t(text, other, tier, *wanted, **kw):
        trial("tar: " + text, other, one, tier, *wanted, **kw)
        trial("tar: " + text + ", the other way", one, other, tier)

    t("equal", one, "identical")
    t("content", tar(member("./a", OTHER), *base[1:]), "different", "a: 4 bytes")
    t("content of another size", tar(member("./a", TEXT + b"!"), *base[1:]), "different",
      "1 byte only in the", absent=("size", "checksum"))
    t("setuid", tar(member("./a", TEXT, mode=0o4644), *base[1:]), "different", "/a: mode differs")
    t("owner", tar(member("./a", TEXT, uid=1000), *base[1:]), "different", "/a: uid differs")
    t("group", tar(member("./a", TEXT, gid=1000), *base[1:]), "different", "/a: gid differs")
    t("owner's name", tar(member("./a", TEXT, uname=b"daemon"), *base[1:]), "different",
      "/a: user name differs")
    t("mtime", tar(member("./a", TEXT, mtime=1), *base[1:]), "transplanted",
      "/a: mtime differs (tar/timestamps@1)")
    t("mtime and a hidden byte", tar(member("./a", OTHER, mtime=1), *base[1:]), "different",
      "/a: mtime differs", "a: 4 bytes")
    t("order", tar(base[1], base[0], base[2]), "different", "another order")
    t("an extra member", tar(*base, member("./d", b"d")), "different", "./d: only in the")
    t("an extra empty member", tar(*base, member("./d")), "different", "./d: only in the")
    t("an extra folder", tar(*base, member("./d/", kind=b"5")), "different", "./d/: only in the")
    t("an extra link", tar(*base, member("./d", kind=b"2", link=b"/etc/shadow")), "different",
      "./d: only in the")
    t("a member twice, the first one wrong", tar(member("./a", OTHER), *base), "different",
      "./a: only in the", "a: 4 bytes")
    t("a member twice, equal", tar(base[0], *base), "different", "./a: only in the")
    t("a file turned link", tar(member("./a", TEXT), member("./b", kind=b"2", link=b"a"), base[2]),
      "different", "/b: type differs", "/b: link target differs")
    t("a file turned device", tar(*base[:2], member("./c", kind=b"3", major=1, minor=1)),
      "different", "/c: type differs", "/c: device major differs")
    t("a file turned hard link", tar(*base[:2], member("./c", kind=b"1", link=b"./a")),
      "different", "/c: type differs")
    t("bytes after the end", one + b"evil" * 128, "different", "trailing bytes")
    t("an archive after the end", one + tar(member("./d", b"evil")), "different", "trailing bytes")
    t("bytes in the padding of a member",
      tar(base[0], base[1][:512] + b"b" + b"evil" + bytes(507), base[2]), "different",
      "/b: padding")
    t("bytes in the first block of the end", one[:-600] + b"evil" + one[-596:], "inconclusive",
      "no header")
    t("bytes in the second block of the end", one[:-60] + b"evil" + one[-56:], "different",
      "trailing bytes")
    t("more zeros at the end", tar(*base, end=10240), "repacked", "container/padding@1")
    t("no end at all", tar(*base, end=0), "different", "end of archive")
    t("a lone zero block before an evil member",
      b"".join(base) + bytes(512) + member("./d", b"evil") + bytes(1024), "different",
      "trailing bytes")
    second = member("./d", b"evil") + bytes(1024)
    trial("tar: an archive behind the end, one block of zeros less: BusyBox unpacks it",
          b"".join(base) + bytes(512) + second, one + second, "different", "end of archive")
    t("an end that is not whole blocks", tar(*base, end=1000), "different", "end of archive")
    t("a name with a control character", tar(member("./a\x1b[2J\n", TEXT), *base[1:]),
      "different", "\\x1b[2J\\x0a: only in")
    t("a name that reads backwards",
      tar(member("./a\u202egnp.exe".encode().decode(), TEXT), *base[1:]), "different",
      "\\xe2\\x80\\xae")
    t("a name that is not UTF-8", tar(member(b"./a\xff", TEXT), *base[1:]), "different",
      "./a\\xff: only in")
    t("a space at the end of a name", tar(member("./a ", TEXT), *base[1:]), "different",
      "./a : only in")
    t("a pax header with a capability",
      tar(pax((b"SCHILY.xattr.security.capability", b"\1\0\0\2" + b"\0" * 16)), *base), "different",
      "extension header")
    t("a pax header that says nothing new", tar(pax((b"mtime", b"1700000000")), *base),
      "different", "pax header")
    t("a pax path", tar(pax((b"path", b"./a")), member("./x", TEXT), *base[1:]), "different",
      "pax header", "/a: name differs")
    t("a pax path that renames", tar(pax((b"path", b"./evil")), *base), "different",
      "./evil: only in")
    t("a pax size that hides a member",
      tar(pax((b"size", b"%d" % (len(padded(TEXT)) + 1024))), *base), "different", "./b: only in")
    t("a global pax header", tar(pax((b"comment", b"evil"), kind=b"g"), *base), "different",
      "global pax header")
    t("a global pax header that renames", tar(pax((b"path", b"evil"), kind=b"g"), *base),
      "inconclusive", "renames or resizes")
    owner = pax((b"uid", b"0"), (b"gid", b"0"), kind=b"g")
    trial("tar: a global pax header for other members", tar(owner, *base),
          tar(base[0], owner, *base[1:]), "different", "global pax header")
    repacked = [tar(*m, member("./z.gz", gz(TEXT, xfl=x))) for x, m in
                ((0, (owner, *base)), (4, (base[0], owner, *base[1:])))]
    trial("tar: a global pax header for other members, and a repacked member", *repacked,
          "different", "global pax header")
    trial("tar: a global pax header before a repacked member",
          *(tar(owner, *base, member("./z.gz", gz(TEXT, xfl=x)), owner) for x in (0, 4)),
          "repacked")
    t("a global pax header at the end", tar(*base, owner), "different", "only in the")
    t("a GNU long name", tar(long_name(b"./a"), *base), "different", "long name")
    t("a vendor's type", tar(*base, member("./d", b"evil", kind=b"Z")), "inconclusive",
      "unknown type")
    t("a sparse file", tar(*base, member("./d", b"", kind=b"S")), "inconclusive", "sparse")
    t("a pax sparse file", tar(pax((b"GNU.sparse.major", b"1")), *base), "inconclusive", "sparse")
    t("content behind a folder", tar(*base, member("./d", b"evil", kind=b"5")), "inconclusive",
      "should have none")
    t("content behind a hard link", tar(*base, member("./d", b"x", kind=b"1", link=b"./a")),
      "inconclusive", "should have none")
    t("a size past the end", tar(*base[:2], member("./c", b"", size=1 << 32)), "inconclusive",
      "past the end")
    t("a size of 8 EiB", tar(*base[:2], tar_header(
        b"./c", size_field=b"\x80" + b"\0" * 3 + b"\x7f" + b"\xff" * 7)), "inconclusive",
      "past the end")
    t("a negative size", tar(*base[:2], tar_header(b"./c", size_field=b"\xff" * 12)),
      "inconclusive", "size")
    t("a size in base 256",
      tar(*base[:2], tar_header(b"./c", size_field=b"\x80" + bytes(11))), "different",
      "/c: size differs")
    t("a size with spaces", tar(*base[:2], tar_header(b"./c", size_field=b"          0 ")),
      "different", "/c: size differs")
    t("a false checksum", tar(*base[:2], tar_header(b"./c", check_field=lambda s: b"%06o\0 " % (s + 1))),
      "inconclusive", "checksum")
    t("a checksum written otherwise",
      tar(*base[:2], tar_header(b"./c", check_field=lambda s: b"%07o\0" % s)), "different",
      "/c: checksum")
    t("another magic", tar(*base[:2], member("./c", magic=b"ustar  ")), "different",
      "/c: magic differs")
    t("a prefix", tar(*base[:2], member("c", prefix=b".")), "different", "/c: name prefix differs")
    t("bytes in the padding of a header", tar(*base[:2], evil_header_padding()), "different",
      "/c: header padding differs")
    for cut in range(1, len(one) - 1024, 211):
        # Between members nothing is cut short, but one is missing.
        tier = "different" if cut < 512 or cut in (2560, 3584) else "inconclusive"
        trial(f"tar: cut off at {cut}", one[:cut], one, tier)
    for cut in (2560, 3584, 4096):
        trial(f"tar: cut off at {cut}", one[:cut], one, "different", "only in the rebuilt")


def evil_header_padding():
    head = bytearray(tar_header(b"./c"))
    head[504:508] = b"evil"
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head)


def ars():
    one = ar(ar_member("a/", TEXT), ar_member("b/", b"odd"))

    def t(text, other, tier, *wanted, **kw):
        trial("ar: " + text, other, one, tier, *wanted, **kw)
        trial("ar: " + text + ", the other way", one, other, tier)

    t("content", ar(ar_member("a/", OTHER), ar_member("b/", b"odd")), "different", "a: 4 bytes")
    t("size", ar(ar_member("a/", TEXT + b"!"), ar_member("b/", b"odd")), "different",
      "only in the", absent=("size",))
    t("mtime", ar(ar_member("a/", TEXT, mtime=1), ar_member("b/", b"odd")), "different",
      "a: mtime differs")
    t("mode", ar(ar_member("a/", TEXT, mode=0o104755), ar_member("b/", b"odd")), "different",
      "a: mode differs")
    t("order", ar(ar_member("b/", b"odd"), ar_member("a/", TEXT)), "different", "another order")
    t("an extra member", one + ar_member("c/", b"evil"), "different", "c: only in the")
    t("trailing bytes", one + b"evil", "different", "trailing bytes")
    t("a byte of padding", one[:-1] + b"x", "different", "b: padding")
    t("no padding at the end", one[:-1], "inconclusive", "cut short in the padding")
    t("a size past the end", ar(ar_member("a/", TEXT, size=10 ** 9)), "inconclusive", "past the end")
    t("a size with a sign", ar(ar_member("a/", TEXT)).replace(b"%-10d" % len(TEXT), b"-1        "),
      "inconclusive", "no size")
    t("a size in other words", one.replace(b"%-10d" % len(TEXT), b"0%-9d" % len(TEXT)),
      "inconclusive", "no size")
    t("a broken end mark", ar(ar_member("a/", TEXT, mark=b"xx")), "different")
    table = ar_member("//", b"a-rather-long-name.o/\n")
    trial("ar: long names", ar(table, ar_member("/0", OTHER)), ar(table, ar_member("/0", TEXT)),
          "different", "a-rather-long-name.o: 4 bytes")
    trial("ar: a false long name", ar(ar_member("/9", OTHER)), ar(ar_member("/9", TEXT)),
          "different", "/9: 4 bytes")


def streams():
    one = gz(TEXT)

    def t(text, other, tier, *wanted, **kw):
        trial("gzip: " + text, other, one, tier, *wanted, **kw)
        trial("gzip: " + text + ", the other way", one, other, tier)

    t("another level", gz(TEXT, level=1), "repacked", "gzip/stream@1")
    t("not compressed", gz(TEXT, level=0), "repacked", "gzip/stream@1")
    t("mtime and other content", gz(OTHER, mtime=1), "different", "mtime differs", "!: 4 bytes")
    t("a file name", gz(TEXT, name=b"evil"), "different", "file name", "flags differs")
    t("a comment", gz(TEXT, comment=b"evil"), "different", "comment")
    t("an extra field", gz(TEXT, extra=b"ev\4\0evil"), "different", "extra field")
    t("text flag", gz(TEXT, flags=1), "different", "flags differs")
    t("a header CRC", gz(TEXT, hcrc=True), "different", "header CRC")
    t("a false header CRC", gz(TEXT, hcrc=True)[:10] + b"xx" + one[10:], "inconclusive",
      "false header CRC")
    t("reserved flags", gz(TEXT, flags=0x40), "inconclusive", "unknown flags")
    t("a false CRC", gz(TEXT, crc=1), "inconclusive", "false CRC-32")
    t("a false size", gz(TEXT, size=1), "inconclusive", "false size")
    t("trailing bytes", one + b"evil", "different", "trailing bytes")
    t("trailing zeros", one + bytes(512), "different", "trailing bytes")
    t("a second member", one + gz(b"evil"), "different")
    t("an empty second member", one + gz(b""), "different", "stream")
    t("cut into two members", gz(TEXT[:100]) + gz(TEXT[100:]), "different", "bounds")
    t("a broken second member", one + one[:30], "inconclusive")
    for cut in (1, 2, 3, 9, 10, 11, 20, len(one) - 9, len(one) - 8, len(one) - 4, len(one) - 1):
        trial(f"gzip: cut off at {cut}", one[:cut], one, "different" if cut < 3 else "inconclusive")
    trial("gzip: header CRC on both, other levels", gz(TEXT, hcrc=True, level=1),
          gz(TEXT, hcrc=True), "repacked", "gzip/stream@1")
    trial("gzip: unequal bits behind the end of the stream", one, flip_unused_bit(one), "repacked")

    one = xz(TEXT)
    trial("xz: another preset", xz(RANDOM, 0), xz(RANDOM), "repacked", "xz/stream@1")
    trial("xz: another check", xz(TEXT, check=lzma.CHECK_CRC32), one, "repacked", "xz/stream@1")
    trial("xz: content", xz(OTHER), one, "different", "!: 4 bytes")
    trial("xz: another check and other content", xz(OTHER, check=lzma.CHECK_CRC32), one,
          "different", "!: 4 bytes")
    trial("xz: trailing bytes", one + b"evil", one, "different", "trailing bytes")
    trial("xz: stream padding", one + bytes(8), one, "different", "stream padding")
    trial("xz: stream padding of a wrong size", one + bytes(5), one, "different", "trailing bytes")
    trial("xz: a second stream", one + xz(b"evil"), one, "different")
    trial("xz: an empty second stream", one + xz(b""), one, "different")
    trial("xz: cut into two streams", xz(TEXT[:100]) + xz(TEXT[100:]), one, "different", "bounds")
    for cut in (5, 6, 12, 13, 40, len(one) - 13, len(one) - 12, len(one) - 1):
        trial(f"xz: cut off at {cut}", one[:cut], one, "different" if cut < 6 else "inconclusive")
    for at in (7, 8, len(one) - 3, len(one) - 8, len(one) - 20, len(one) // 2):
        broken = bytearray(one)
        broken[at] ^= 1
        trial(f"xz: a bit at {at}", bytes(broken), one, "inconclusive", "cannot be read")

    one = zst(TEXT)
    skippable = struct.pack("<II", 0x184d2a53, 4) + b"evil"
    trial("zstd: another level", zst(RANDOM, "-19"), zst(RANDOM, "-1"), "repacked", "zstd/stream@1")
    trial("zstd: without a checksum", zst(TEXT, "--no-check"), one, "repacked", "zstd/stream@1")
    trial("zstd: content", zst(OTHER), one, "different", "!: 4 bytes")
    trial("zstd: a skippable frame", one + skippable, one, "different", "skippable frame")
    trial("zstd: a skippable frame in front", skippable + one, one, "different")
    trial("zstd: another skippable frame", one + skippable, one + skippable.replace(b"evil", b"good"),
          "different", "skippable frame")
    trial("zstd: a second frame", one + zst(b"evil"), one, "different")
    trial("zstd: an empty second frame", one + zst(b""), one, "different")
    trial("zstd: cut into two frames", zst(TEXT[:100]) + zst(TEXT[100:]), one, "different", "bounds")
    trial("zstd: trailing bytes", one + b"evil", one, "different", "trailing bytes")
    for cut in (3, 4, 6, 9, 20, len(one) - 4, len(one) - 1):
        trial(f"zstd: cut off at {cut}", one[:cut], one, "different" if cut < 4 else "inconclusive")
    trial("zstd: cut in a skippable frame", one + skippable[:10], one, "inconclusive")

    for name, pack in (("gzip", gz), ("xz", xz), ("zstd", zst)):
        other = {"gzip": xz, "xz": zst, "zstd": gz}[name]
        trial(f"{name} against another compression", pack(TEXT), other(TEXT), "different")
        trial(f"{name}: not compressed at all", pack(TEXT), TEXT, "different")


def flip_unused_bit(data):
    """Set the padding bits in the last byte of the deflate stream, if there are any."""
    for bit in range(7, -1, -1):
        other = bytearray(data)
        other[-9] ^= 1 << bit
        z = zlib.decompressobj(-15)
        if z.decompress(bytes(other[10:-8])) == TEXT and z.eof and not z.unused_data:
            return bytes(other)
    return gz(TEXT, level=1)


def nested():
    trial("nested: one byte, four layers down",
          gz(tar(member("x.xz", xz(tar(member("y", OTHER)))))),
          gz(tar(member("x.xz", xz(tar(member("y", TEXT)))))), "different", "!/x.xz!/y: 4 bytes")
    trial("nested: repacked, four layers down",
          gz(tar(member("x.xz", xz(tar(member("y.gz", gz(RANDOM, level=1))))))),
          gz(tar(member("x.xz", xz(tar(member("y.gz", gz(RANDOM))))))), "repacked",
          "!/x.xz!/y.gz: packing", absent=("checksum", "size differs"))
    trial("nested: repacked, and a mode",
          tar(member("x.gz", gz(RANDOM, level=1), mode=0o4755)), tar(member("x.gz", gz(RANDOM))),
          "different", "x.gz: mode differs")
    trial("nested: repacked, and a size written otherwise",
          tar(member("x.gz", gz(RANDOM, level=1),
                     size_field=b" %10o " % len(gz(RANDOM, level=1)))),
          tar(member("x.gz", gz(RANDOM))), "different", "x.gz: size")
    trial("nested: repacked, and cut in the padding",
          tar(member("x.gz", gz(RANDOM, level=1)), end=0)[:-1], tar(member("x.gz", gz(RANDOM)), end=0),
          "inconclusive", "cut short")
    trial("nested: repacked to a size that needs no padding, and one that does",
          tar(member("x.gz", fitting())), tar(member("x.gz", gz(RANDOM, level=9))), "repacked")
    for depth, tier in ((15, "different"), (17, "inconclusive"), (100, "inconclusive")):
        a, b = TEXT, OTHER
        for _ in range(depth):
            a, b = gz(a, level=0), gz(b, level=0)
        trial(f"nested: {depth} layers of gzip", a, b, tier,
              "limit" if tier == "inconclusive" else "4 bytes")
    bomb = gz(bytes(90 << 20))
    trial("bomb: 90 MB of zeros in gzip", bomb, gz(bytes(90 << 20), mtime=1), "inconclusive",
          "limit")
    bomb = xz(bytes(90 << 20), 0)
    trial("bomb: 90 MB of zeros in xz", bomb, xz(bytes(90 << 20) + b"x", 0), "inconclusive",
          "limit")
    trial("bomb: equal ones are not opened", bomb, bomb, "identical")


def fitting():
    """RANDOM as a gzip file whose size is a multiple of 512, by empty stored blocks in front."""
    data = gz(RANDOM)
    blocks = next(i for i in range(512) if (len(data) + 5 * i) % 512 == 0)
    return data[:10] + b"\0\0\0\xff\xff" * blocks + data[10:]


if __name__ == "__main__":
    with Folder():
        for part in (plain, archives, ars, streams, nested):
            part()
    finish()
