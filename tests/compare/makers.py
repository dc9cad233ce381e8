# SPDX-License-Identifier: GPL-3.0-or-later
"""Makers of cpio and zip archives, byte by byte so that every field can be made wrong, and of
compressed streams."""
import lzma

from pairs import *  # noqa: F403

TEXT = b"The quick brown fox jumps over the lazy dog.\n" * 40


def run_tool(*command, data=b""):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


def newc(name, data=b"", mode=0o100644, ino=1, uid=0, gid=0, nlink=1, mtime=1700000000, dev=(8, 1),
         rdev=(0, 0), crc=False, check=None, size=None, pad=b"\0", digits=b"%08x"):
    if check is None:
        check = sum(data) & 0xffffffff if crc else 0
    text = name.encode() if isinstance(name, str) else name
    fields = (ino, mode, uid, gid, nlink, mtime, len(data) if size is None else size, *dev, *rdev,
              len(text) + 1, check)
    head = (b"070702" if crc else b"070701") + b"".join(digits % f for f in fields) + text + b"\0"
    return padded(head, 4, pad) + padded(data, 4, pad)


def odc(name, data=b"", mode=0o100644, ino=1, mtime=1700000000, dev=1, nlink=1):
    return b"070707%06o%06o%06o%06o%06o%06o%06o%011o%06o%011o%s\0%s" % (
        dev, ino, mode, 0, 0, nlink, 0, mtime, len(name) + 1, len(data), name.encode(), data)


def old(name, data=b"", mode=0o100644, ino=1, mtime=1700000000, dev=1, order="<"):
    def u32(n):
        return struct.pack(order + "HH", n >> 16, n & 0xffff)

    head = struct.pack(order + "8H", 0o70707, dev, ino, mode, 0, 0, 1, 0) + u32(mtime) + struct.pack(
        order + "H", len(name) + 1) + u32(len(data))
    return padded(head + name.encode() + b"\0", 2) + padded(data, 2)


TRAILER = newc("TRAILER!!!", mode=0, mtime=0, ino=0, dev=(0, 0))


TIME = 0x58214000


def zip_member(name=b"a", data=TEXT, method=8, level=9, flags=0, time=TIME, extra=b"", lextra=None,
               comment=b"", external=0o100644 << 16, crc=None, lname=None, ltime=None, lcrc=None,
               maker=0x31e, offset=None, junk=b"", tail=b"", lmethod=None, need=20):
    z = zlib.compressobj(level, zlib.DEFLATED, -15)
    body = z.compress(data) + z.flush() + tail if method == 8 else data
    crc = zlib.crc32(data) if crc is None else crc
    lextra = extra if lextra is None else lextra
    later = flags & 8
    common = struct.pack("<HHHI", need, flags, method, time)
    local = struct.pack("<4sHHHIIIIHH", b"PK\3\4", need, flags, method if lmethod is None else lmethod,
                        time if ltime is None else ltime,
                        0 if later else crc if lcrc is None else lcrc, 0 if later else len(body),
                        0 if later else len(data), len(name), len(lextra))
    local += (name if lname is None else lname) + lextra + body
    if later:
        local += b"PK\7\10" + struct.pack("<III", crc, len(body), len(data))

    def central(at):
        return struct.pack("<4sH", b"PK\1\2", maker) + common + struct.pack(
            "<IIIHHHHHII", crc, len(body), len(data), len(name), len(extra), len(comment), 0, 0,
            external, at if offset is None else offset) + name + extra + comment
    return junk + local, central, len(junk)


def zip_of(*members, comment=b"", gap=b"", cut=b"", after=b"", count=None):
    out, centrals = b"", b""
    for local, central, skip in members:
        centrals += central(len(out) + skip)
        out += local
    out += gap
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, len(members) if count is None else count,
                      len(members) if count is None else count, len(centrals), len(out),
                      len(comment))
    return out + centrals + end + comment + after


def lz4(data, *options):
    return run_tool("lz4", "-q", "-c", *options, data=data)


def lzma_alone(data, preset=6):
    return lzma.compress(data, format=lzma.FORMAT_ALONE, preset=preset)
