#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""squashfs images made by mksquashfs: what may differ, attacks, and every file against unsquashfs."""
import os
import random
import shutil
import struct
import subprocess
import sys

from makers import run_tool
from pairs import *  # noqa: F403

PLAIN = ["-noI", "-noD", "-noF", "-noX", "-noId"]
TIME = 0x5A5A5A5A  # in no other byte of a small image
BLOCK = 4096
rng = random.Random(4)
PROGRAM = bytes(rng.choice(b"\x90\xc3\x55\x48") for _ in range(2 * BLOCK + 100))


def squash(files=(), pseudo=(), options=(), comp="gzip", xattrs=(), block=BLOCK, time=TIME,
           mkfs_time=TIME, files_changed=None):
    """An image of (path, content) pairs; content None is a directory, a str the target of a link."""
    with tempfile.TemporaryDirectory() as top:
        tree, image = top + "/tree", top + "/image"
        os.mkdir(tree, 0o755)
        for path, content in files_changed or files:
            full = os.path.join(tree, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            if isinstance(content, str):
                os.symlink(content, full)
            elif content is None:
                os.makedirs(full, exist_ok=True)
            else:
                write(full, content)
                os.chmod(full, 0o644)
        for path, name, value in xattrs:
            os.setxattr(os.path.join(tree, path), name, value)
        done = subprocess.run(
            ["mksquashfs", tree, image, "-quiet", "-no-progress", "-processors", "1",
             "-comp", comp, "-b", str(block), "-all-time", str(time), "-mkfs-time", str(mkfs_time),
             *options, *[word for line in pseudo for word in ("-p", line)]],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise RuntimeError(done.stdout.decode())
        with open(image, "rb") as f:
            return f.read()


FILES = [("bin/tool", PROGRAM), ("etc/motd", b"hello\n"), ("etc/link", "motd"), ("etc/twin", b"hello\n"),
         ("empty", b""), ("folder", None), ("holes", bytes(3 * BLOCK) + b"end")]
MODES = ["bin/tool m 755 0 0", "etc/motd m 644 0 0"]
DEVICES = ["dev d 755 0 0", "dev/console c 600 0 0 5 1", "dev/sda b 660 0 6 8 0"]
XATTRS = [("bin/tool", "user.label", b"good")]


def has_xattrs():
    try:
        write("probe", b"")
        os.setxattr("probe", "user.x", b"y")
        return True
    except OSError:
        return False


def make(**changes):
    args = dict(files=FILES, pseudo=MODES + DEVICES, xattrs=XATTRS if has_xattrs() else ())
    extra = changes.pop("more", ())
    tail = changes.pop("tail", b"")
    patch = changes.pop("patch", None)
    args.update(changes)
    args["files"] = list(args["files"]) + list(extra)
    image = squash(**args) + tail
    return patch(image) if patch else image


def replaced(path, content):
    return [(p, content if p == path else c) for p, c in FILES]


def into_padding(image):
    """Bytes behind the end of the file system, where mksquashfs fills up with zeros."""
    used = struct.unpack_from("<Q", image, 40)[0]
    assert len(image) - used > 8
    return image[:used] + b"evil" + image[used + 4:]


def packings():
    return [
        ("another compressor", {"comp": "xz"}, "repacked", "squashfs/repacked@1"),
        ("zstd", {"comp": "zstd"}, "repacked", "squashfs/repacked@1"),
        ("lz4", {"comp": "lz4"}, "repacked", "squashfs/repacked@1"),
        ("lzo", {"comp": "lzo"}, "repacked", "squashfs/repacked@1"),
        ("another block size", {"block": 65536}, "repacked", "squashfs/repacked@1"),
        ("no fragments", {"options": ["-no-fragments"]}, "repacked", "squashfs/repacked@1"),
        ("nothing compressed", {"options": PLAIN}, "repacked", "squashfs/repacked@1"),
        ("no export table", {"options": ["-no-exports"]}, "repacked", "squashfs/repacked@1"),
        ("no shared blocks", {"options": ["-no-duplicates"]}, "repacked", "squashfs/repacked@1"),
        ("the time of the image", {"mkfs_time": 7}, "transplanted", "squashfs/timestamps@1"),
        ("erase blocks filled up", {"tail": bytes(8192)}, "repacked", "container/padding@1"),
    ]


def attacks():
    evil = bytearray(PROGRAM)
    evil[BLOCK + 5] ^= 1
    out = [
        ("a byte of a program", {"files_changed": replaced("bin/tool", bytes(evil))}, "bin/tool"),
        ("the end of a file, in a fragment", {"files_changed": replaced("etc/motd", b"hullo\n")},
         "etc/motd"),
        ("setuid", {"pseudo": ["bin/tool m 4755 0 0", MODES[1]] + DEVICES}, "mode: 4755 delivered, 0755"),
        ("an owner", {"pseudo": ["bin/tool m 755 7 0", MODES[1]] + DEVICES}, "uid: "),
        ("a device's number", {"pseudo": MODES + [DEVICES[0], "dev/console c 600 0 0 1 1", DEVICES[2]]},
         "device: "),
        ("the kind of a device", {"pseudo": MODES + [DEVICES[0], "dev/console b 600 0 0 5 1",
                                                     DEVICES[2]]}, "dev/console"),
        ("the target of a link", {"files_changed": replaced("etc/link", "/tmp/evil")}, "etc/link"),
        ("a file more", {"more": [("etc/rc.local", b"evil")]}, "etc/rc.local"),
        ("a file less", {"files_changed": [f for f in FILES if f[0] != "empty"]}, "empty"),
        ("a name that ends in a space", {"files_changed":
                                         [(p + " " * (p == "etc/twin"), c) for p, c in FILES]},
         "etc/twin"),
        ("a hole filled", {"files_changed": replaced("holes", bytes(BLOCK) + b"x" + bytes(2 * BLOCK))},
         "holes"),
    ]
    if has_xattrs():
        out += [("an attribute", {"xattrs": [("bin/tool", "user.label", b"evil")]}, "user.label"),
                ("an attribute more", {"xattrs": XATTRS + [("etc/motd", "user.x", b"")]}, "user.x")]
    return out


def behind_the_end():
    trial("squashfs: bytes behind the end", make() + b"evil", make(), "different", "bytes of no file")
    trial("squashfs: bytes in the padding", make(patch=into_padding), make(), "different",
          "bytes of no file")
    trial("squashfs: bytes in the padding of a repacked image", make(patch=into_padding, comp="xz"),
          make(), "different", "bytes of no file")


# --- images that lie: fields of an uncompressed image are changed -----------------------------


def plain(**changes):
    return make(options=PLAIN + ["-nopad"], **changes)


def table_of(image, field):
    """Where the first metadata block that a superblock field leads to begins."""
    return struct.unpack_from("<Q", image, field)[0]


def names_swapped(image):
    """Two names of one length change places: the listing is no longer sorted."""
    at = table_of(image, 72)
    head, tail = image[:at], image[at:]
    a, b = tail.index(b"link"), tail.index(b"motd")
    assert a < b
    return head + tail[:a] + b"motd" + tail[a + 4:b] + b"link" + tail[b + 4:]


def hidden_in_fragment(image):
    """The fragment says that it is longer: its new end is in no file."""
    index = table_of(image, 80)
    entry = struct.unpack_from("<Q", image, index)[0] + 2
    start, size = struct.unpack_from("<QI", image, entry)
    return image[:entry + 8] + struct.pack("<I", size + 4) + image[entry + 12:]


def lies():
    good = plain(comp="gzip")
    other = plain(comp="xz")

    def put(at, data):
        return good[:at] + data + good[at + len(data):]

    rows = [
        ("names in no order", names_swapped(good)),
        ("a fragment with an end in no file", hidden_in_fragment(good)),
        ("cut short", good[:-1]),
        ("one inode too many", put(4, struct.pack("<I", struct.unpack_from("<I", good, 4)[0] + 1))),
        ("a root that is no inode", put(32, struct.pack("<Q", 1))),
        ("bytes used past the end", put(40, struct.pack("<Q", len(good) + 1))),
        ("a block size that is no power of two", put(12, struct.pack("<I", 4097))),
        ("an inode table past the end", put(64, struct.pack("<Q", 1 << 60))),
        ("a directory table before the inodes", put(72, struct.pack("<Q", 96))),
        ("no owners", put(26, b"\0\0")),
        ("an owner too many", put(26, struct.pack("<H", struct.unpack_from("<H", good, 26)[0] + 1))),
        ("an export table elsewhere", put(88, struct.pack("<Q", 100))),
        ("attributes elsewhere", put(56, struct.pack("<Q", 100))),
    ]
    for text, image in rows:
        trial(f"squashfs: {text}", image, other, "inconclusive", "cannot be read")


def recompressed(comp, packed):
    """The first block of a program, compressed in another way; what is left of it is in no file."""
    image = plain(comp=comp)
    at = image.index(PROGRAM[:BLOCK])
    word = struct.pack("<I", BLOCK | 1 << 24)
    image = image[:at] + packed + image[at + len(packed):]
    place = image.index(word, table_of(image, 64))
    return image[:place] + struct.pack("<I", len(packed)) + image[place + 4:]


def not_for_linux():
    """What the libraries unpack, or unsquashfs lists, and Linux does not."""
    good = plain(comp="gzip")
    longer = good[:40] + struct.pack("<Q", len(good) + 8) + good[48:] + bytes(8)
    trial("squashfs: more bytes used than there are tables", longer, good, "inconclusive", "tables in no order")
    block = PROGRAM[:BLOCK]

    def packed(check=lzma.CHECK_CRC32, dictionary=BLOCK, before=()):
        return lzma.compress(block, check=check, filters=[*before, {"id": lzma.FILTER_LZMA2, "dict_size": dictionary}])
    x86, delta = {"id": lzma.FILTER_X86}, {"id": lzma.FILTER_DELTA, "dist": 1}
    for comp, text, data, tier in (
            ("xz", "as mksquashfs has it", packed(), "different"),
            ("xz", "for programs", packed(before=[x86]), "different"),
            ("xz", "with CRC-64", packed(lzma.CHECK_CRC64), "inconclusive"),
            ("xz", "with a large dictionary", packed(dictionary=1 << 20), "inconclusive"),
            ("xz", "with differences", packed(before=[delta]), "inconclusive"),
            ("xz", "with three filters", packed(before=[x86, {"id": lzma.FILTER_ARM}]), "inconclusive"),
            ("xz", "in two blocks", run_tool("xz", "-c", "--check=crc32", f"--lzma2=dict={BLOCK}",
                                             f"--block-size={BLOCK // 2}", data=block), "inconclusive"),
            ("xz", "with a start", packed(before=[{**x86, "start_offset": 16}]), "inconclusive"),
            ("zstd", "of known size", zst(block, f"--stream-size={BLOCK}"), "different"),
            ("zstd", "behind a frame to skip", struct.pack("<II4s", 0x184d2a50, 4, b"skip") +
             zst(block, f"--stream-size={BLOCK}"), "inconclusive"),
            ("zstd", "with a large window", zst(block, "-19"), "inconclusive")):
        trial(f"squashfs: {comp}, a block {text}", recompressed(comp, data), good, tier,
              "that Linux does not unpack" if tier == "inconclusive" else "bytes of no file")
    for comp, text, options, value, said in (
            ("xz", "another dictionary", ("-Xdict-size", "8192"), 12345, "options of the compressor: 12345"),
            ("xz", "no dictionary", ("-Xdict-size", "8192"), 0, "options of the compressor: 0"),
            ("xz", "a dictionary that is too small", ("-Xdict-size", "8192"), 4096, "that Linux does not unpack"),
            ("lz4", "another version", (), 2, "options of the compressor: 2")):
        image = make(comp=comp, block=65536, options=options)
        trial(f"squashfs: {comp}, {text}", image[:98] + struct.pack("<I", value) + image[102:], good, "inconclusive", said)


# --- unsquashfs as the judge -------------------------------------------------------------------


def against_unsquashfs():
    for comp in ("gzip", "xz", "lzo", "lz4", "zstd", "lzma"):
        image = make(comp=comp)
        write("image", image)
        shutil.rmtree("out", ignore_errors=True)
        # Who is not root makes no devices; that is not what is asked here.
        subprocess.run(["unsquashfs", "-q", "-n", "-no-exit-code", "-d", "out", "-no-xattrs", "image"],
                       check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        wanted, found = digests_below("out"), digests_in(image)
        result(found == wanted, f"squashfs: {comp}: the files that unsquashfs finds", (found, wanted))


if __name__ == "__main__":
    with Folder():
        table("squashfs", make, packings(), attacks())
        behind_the_end()
        lies()
        not_for_linux()
        against_unsquashfs()
    finish()
