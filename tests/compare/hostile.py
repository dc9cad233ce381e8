#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are made to take all time or memory there is, or to send a reader round in circles: each
ends in status 1, 2 or 3, after at most 10 s of time of each of two processors and with at most 256 MiB of
memory of its own, both processes together. Page cache and files without a name do not count: the kernel
takes them back. With ASSAY_TEST_LONG also those that take long to make."""
import io
import pathlib
import random
import time
import zipfile

from makers import *  # noqa: F403
from pairs import *  # noqa: F403

LONG = bool(os.environ.get("ASSAY_TEST_LONG"))
SECONDS = 20  # of processor time: how long that takes depends on what else the machine does
MEMORY = 256 << 20  # bytes
LOOK = 0.002  # seconds between two looks
BIG = 16 << 20  # bytes
TEXT = b"the content of a file\n"


def own_memory(pid):
    try:
        with open(f"/proc/{pid}/status") as f:
            fields = dict(line.split(":", 1) for line in f)
        return int(fields["RssAnon"].split()[0]) << 10
    except (OSError, KeyError):
        return 0  # it has gone


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            return [int(child) for child in f.read().split()]
    except OSError:
        return []


def measured(*command):
    """Return: status, processor seconds of all processes, bytes of memory at the worst moment, output"""
    with tempfile.TemporaryFile() as out:
        p = subprocess.Popen([ASSAY, *command], stdout=out, stderr=subprocess.STDOUT)
        peak = 0
        while True:
            peak = max(peak, sum(own_memory(pid) for pid in [p.pid, *children(p.pid)]))
            pid, status, usage = os.wait4(p.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(LOOK)
        p.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        return p.returncode, usage.ru_utime + usage.ru_stime, peak, out.read()


def bounded(text, command, statuses):
    status, seconds, peak, out = measured(*command)
    result(status in statuses, f"{text}: status", (status, out[:2000]))
    if not SANITIZED:
        result(seconds <= SECONDS, f"{text}: time", f"{seconds:.1f} s")
        result(peak <= MEMORY, f"{text}: memory", f"{peak >> 20} MiB")


def hostile(text, delivered, rebuilt=None):
    """Against another file of its kind, and on its own."""
    write("h1", delivered)
    write("h2", rebuilt if rebuilt is not None else delivered + b"x")
    bounded(f"{text}: compare", ("compare", "h1", "h2"), (DIFFERENT, TROUBLE, INCONCLUSIVE))
    bounded(f"{text}: inspect", ("inspect", "h1"), (MATCH, TROUBLE, INCONCLUSIVE))


# --- bombs --------------------------------------------------------------------------------------------

def bombs():
    """Zeros: in one stream, and in many streams, which is the quicker way to 10 GB of them."""
    packers = [("gzip", gz), ("xz", lambda data: xz(data, 0)), ("zstd", zst), ("bzip2", bz2_pack)]
    for name, pack in packers if LONG else packers[:1]:
        count = (10 << 30) // BIG if LONG else 16
        one, many = pack(bytes(10 * BIG)), pack(bytes(BIG)) * count
        hostile(f"{name}, one stream", one, one[:-1] + bytes([one[-1] ^ 1]))
        hostile(f"{name}, {count} streams", many, pack(b"x") + many)


def bz2_pack(data):
    return run_tool("bzip2", "-9", data=data)


def levels():
    packers = [("gzip", lambda data: gz(data, level=1)), ("tar", lambda data: tar(member("a", data))),
               ("xz", lambda data: xz(data, 0))]
    for name, pack in packers if LONG else packers[:2]:
        a, b = TEXT, TEXT + b"x"
        for _ in range(100):
            a, b = pack(a), pack(b)
        hostile(f"100 levels of {name}", a, b)


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, data in files:
            z.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def nested_zip():
    """16 files in each of 5 levels: a million at the bottom, of a megabyte each."""
    sides = []
    for end in (b"", b"x"):
        data = bytes(1 << 20) + end
        for _ in range(5 if LONG else 2):
            data = zipped((f"{i}", data) for i in range(16))
        sides.append(data)
    hostile("nested zip", *sides)


def overlapping_zip():
    """A thousand names for the same packed megabytes."""
    one = zipped([("0000", bytes(BIG))])
    end = one.rindex(b"PK\5\6")
    at = one.index(b"PK\1\2")
    central = b"".join(one[at:end].replace(b"0000", b"%04d" % i) for i in range(1000))
    tail = bytearray(one[end:])
    tail[8:16] = struct.pack("<HHI", 1000, 1000, len(central))
    hostile("a zip of a thousand names for one stream", one[:at] + central + bytes(tail))


# --- false sizes and numbers --------------------------------------------------------------------------

def sizes():
    huge = tar_header(b"a", size_field=b"\x80" + (1 << 63).to_bytes(11, "big"))
    hostile("tar: a member of 8 EiB", tar(member("x", TEXT), huge, end=0) + bytes(4096))
    hostile("tar: a member of 8 EiB less one", tar(tar_header(
        b"a", size_field=b"\x80" + ((1 << 63) - 1).to_bytes(11, "big")), end=0) + bytes(4096))
    hostile("ar: a member of 9999999999 bytes", ar(ar_member("a/", TEXT, size=9999999999)))


def squashfs():
    if shutil.which("mksquashfs") is None and not os.environ.get("ASSAY_TEST_STRICT"):
        result(True, "squashfs # SKIP needs mksquashfs")
        return
    os.makedirs("tree/sub/sub")
    for i in range(20):
        write(f"tree/{i}", TEXT * (i * 2000))
    subprocess.run(["mksquashfs", "tree", "s", "-noappend", "-quiet", "-no-progress", "-all-root", "-mkfs-time", "1",
                    "-no-xattrs"], check=True, stdout=subprocess.DEVNULL)
    with open("s", "rb") as f:
        good = f.read()
    # Fields of the super block: squashfs.h of the kernel, struct squashfs_super_block.
    fields = {"inodes": (4, "<I"), "block size": (12, "<I"), "fragments": (16, "<I"), "ids": (26, "<H"), "root": (32, "<Q"),
              "bytes used": (40, "<Q"), "id table": (48, "<Q"), "inode table": (64, "<Q"), "directory table": (72, "<Q"),
              "fragment table": (80, "<Q")}
    for name, (at, form) in fields.items():
        for what, value in (("huge", -1), ("nothing", 0), ("one more", None)):
            if (name, what) == ("bytes used", "one more"):
                continue  # there is padding behind: a byte of it more or less is no lie
            data = bytearray(good)
            size = struct.calcsize(form)
            old = int.from_bytes(data[at:at + size], "little")
            data[at:at + size] = (value if value is not None else old + 1).to_bytes(size, "little", signed=value == -1)
            write("h1", data)
            write("h2", good)
            bounded(f"squashfs: {name}: {what}", ("compare", "h1", "h2"), (DIFFERENT, TROUBLE, INCONCLUSIVE))


def entries():
    """A million empty ones, in a stream of many members."""
    count = 1000 if LONG else 400
    for name, block, one, end in (("cpio", b"".join(newc(f"{i:07}") for i in range(1000)), newc("x"), newc("TRAILER!!!", mode=0)),
                                  ("tar", b"".join(member(f"{i:07}") for i in range(1000)), member("x"), bytes(1024))):
        many = gz(block) * count
        hostile(f"{count} thousand empty entries: {name}", many + gz(end), many + gz(one + end))


# --- circles ------------------------------------------------------------------------------------------

def circles():
    def link(name, target, kind=b"2"):
        return member(name, kind=kind, link=target)

    hostile("symbolic links in a circle", tar(link("a", b"b"), link("b", b"a")), tar(link("a", b"b"), link("b", b"c")))
    hostile("a hard link to itself", tar(link("a", b"a", b"1")), tar(link("a", b"b", b"1")))
    hostile("hard links in a circle", tar(link("a", b"b", b"1"), link("b", b"a", b"1")),
            tar(link("a", b"b", b"1"), link("b", b"c", b"1")))
    chain = b"".join(link(f"{i}", b"%d" % (i + 1), b"1") for i in range(20000))
    hostile("20,000 hard links in a chain", tar(chain), tar(chain, link("x", b"0", b"1")))


# --- file systems that go round in circles ---------------------------------------------------------------

def made(tool, *command):
    """What a tool makes of the folder "tree"; None when it is not there."""
    if shutil.which(tool) is None and not os.environ.get("ASSAY_TEST_STRICT"):
        result(True, f"{tool} # SKIP needs {tool}")
        return None
    pathlib.Path("image").unlink(missing_ok=True)
    subprocess.run([tool, *command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "E2FSPROGS_FAKE_TIME": "1"})
    return bytearray(pathlib.Path("image").read_bytes())


def ext_loop():
    """Maps of blocks that lead to themselves, and sizes that are false."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    good = made("mke2fs", "-q", "-t", "ext4", "-O", "^metadata_csum,^has_journal", "-d", "tree", "image", "16M")
    if good is None:
        return
    block = 1024 << struct.unpack_from("<I", good, 1024 + 24)[0]
    inode_size = struct.unpack_from("<H", good, 1024 + 88)[0]
    descriptor = block if block > 1024 else 2048
    table = struct.unpack_from("<I", good, descriptor + 8)[0] * block

    def header(depth):
        return struct.pack("<HHHHI", 0xF30A, 1, 4, depth, 0)

    for number in range(12, 40):  # some file that has one extent
        at = table + (number - 1) * inode_size
        mode, = struct.unpack_from("<H", good, at)
        magic, count = struct.unpack_from("<HH", good, at + 40)
        if mode >> 12 == 8 and magic == 0xF30A and count == 1:
            break
    start, = struct.unpack_from("<I", good, at + 40 + 12 + 8)
    for depth in (1, 5, 65535):
        data = bytearray(good)
        data[at + 40:at + 64] = header(depth) + struct.pack("<IIHH", 0, start, 0, 0)
        data[start * block:start * block + 24] = header(depth) + struct.pack("<IIHH", 0, start, 0, 0)
        hostile(f"ext4: a map that leads to itself, depth {depth}", data, good)
    for what, place, form, value in (
            ("blocks", 1024 + 4, "<I", 0xFFFFFFFF), ("inodes", 1024, "<I", 0xFFFFFFFF), ("blocks of a group", 1024 + 32, "<I", 1),
            ("inodes of a group", 1024 + 40, "<I", 1), ("size of a block", 1024 + 24, "<I", 6), ("size of a file", at + 108, "<I", 0x7FFFFFFF),
            ("place of inodes", descriptor + 8, "<I", 0xFFFFFFF0), ("length of an extent", at + 40 + 12 + 4, "<H", 32768)):
        data = bytearray(good)
        struct.pack_into(form, data, place, value)
        hostile(f"ext4: false {what}", data, good)


def squashfs_loop():
    """A directory in which there is its parent."""
    good = made("mksquashfs", "tree", "image", "-noappend", "-quiet", "-no-progress", "-all-root", "-mkfs-time", "1",
                "-no-xattrs", "-noI", "-noD", "-noF")
    if good is None:
        return
    root, = struct.unpack_from("<Q", good, 32)
    data = bytearray(good)
    name = data.index(struct.pack("<HH", 1, 2) + b"sub", struct.unpack_from("<Q", good, 72)[0])
    assert struct.unpack_from("<H", data, name - 4)[0] != root & 0xFFFF
    for at in [name, data.find(struct.pack("<HH", 1, 2) + b"sub", name + 1)]:
        if at > 0:
            struct.pack_into("<H", data, at - 4, root & 0xFFFF)
    hostile("squashfs: directories in a circle", data, good)


# --- programs -----------------------------------------------------------------------------------------

def many_sections(kind, count=65000):
    """Sections and segments that have to be looked for in each other."""
    at = (64 + 56 * count + 4095) & ~4095
    segment = {"own kind": (0x70000005, 0), "thread": (0x60000000, 0), "zeros": (1, 16)}[kind]
    section = {"own kind": (0x70000005, 0, 0, 8), "thread": (8, 0x403, 0x600000, 8), "zeros": (8, 3, 0x4F0000, 1 << 24)}[kind]
    table = struct.pack("<IIQQQQQQ", 1, 5, at, 0x400000, 0x400000, 64, 64, 4096)
    table += b"".join(struct.pack("<IIQQQQQQ", segment[0], 4, at, 0x500000 + 16 * i, 0, 0, segment[1], 1)
                      for i in range(count - 1))
    names = at + 64 + 64 * count
    sections = bytes(64) + struct.pack("<IIQQQQIIQQ", 1, 3, 0, 0, names, 16, 0, 0, 1, 0)
    sections += struct.pack("<IIQQQQIIQQ", 0, section[0], section[1], section[2], at, section[3], 0, 0, 1, 0) * (count - 2)
    head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 2, 62, 1, 0x400000, 64, at + 64, 0, 64, 56, count, 64, count, 1)
    return (head + table).ljust(at, b"\0") + bytes(64) + sections + b"\0.shstrtab\0".ljust(16, b"\0")


def programs():
    for kind in ("own kind", "thread", "zeros") if LONG else ("zeros",):
        data = many_sections(kind)
        other = data[:-1] + b"x"
        hostile(f"65,000 sections and segments: {kind}", data, other)


# --- truncation ---------------------------------------------------------------------------------------

def truncation():
    numbers = random.Random(1)
    inner = tar(member("a", TEXT * 300), member("b", numbers.randbytes(5000)))
    wholes = {"deb": deb([("usr/bin/a", TEXT)]), "tar.gz": gz(inner), "tar.xz": xz(inner), "tar.zst": zst(inner),
              "zip": zipped((("a", TEXT), ("b", inner))), "cpio": newc("a", TEXT) + newc("TRAILER!!!", mode=0)}
    if os.path.exists("s"):
        squashed = pathlib.Path("s").read_bytes()
        wholes["squashfs"] = squashed[:struct.unpack_from("<Q", squashed, 40)[0]]  # what is behind is padding
    if os.path.exists("image"):
        wholes["ext4"] = pathlib.Path("image").read_bytes()
    for name, whole in wholes.items():
        for cut in sorted({1, len(whole) - 1, *(numbers.randrange(1, len(whole)) for _ in range(12))}):
            write("h1", whole[:cut])
            write("h2", whole)
            status, *_ = measured("compare", "h1", "h2")
            if status not in (DIFFERENT, INCONCLUSIVE):
                result(False, f"{name} cut at {cut}", status)
                return
        result(True, f"{name}, cut short in 14 places: never a match")


with open(ASSAY, "rb") as f:
    SANITIZED = b"__asan_init" in f.read()
with Folder():
    for part in (bombs, levels, nested_zip, overlapping_zip, sizes, squashfs, entries, circles, squashfs_loop, ext_loop,
                 programs, truncation):
        part()
finish()
