#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""ext2, ext3 and ext4 made by mke2fs and debugfs: what may differ, attacks, images that lie, and every
file against debugfs. e2fsck agrees with each image before it is used."""
import functools
import random
import re

from pairs import *  # noqa: F403

os.environ["PATH"] += ":/usr/sbin:/sbin"
TIME = 0x5A5A5A5A  # in no other byte of a small image
UUID = "5a5a5a5a-5a5a-5a5a-5a5a-5a5a5a5a5a5a"
OTHER_UUID = "01234567-89ab-cdef-0123-456789abcdef"
SUPER = 1024
rng = random.Random(4)
PROGRAM = bytes(rng.choice(b"\x90\xc3\x55\x48") for _ in range(20 * 1024 + 100))
FILES = (("bin/tool", PROGRAM), ("etc/motd", b"hello\n"), ("etc/twin", b"hello\n"), ("empty", b""),
         ("etc/passwd", b"root:x:0:0\n"), ("holes", bytes(9 * 1024) + b"end"))
MODES = ("sif bin/tool mode 0100755", "sif etc/motd mode 0100644", "sif etc/twin mode 0100644",
         "sif empty mode 0100644", "sif etc/passwd mode 0100644", "sif holes mode 0100644")
OWNERS = tuple(f"sif {path} {key} 0" for path, _ in FILES for key in ("uid", "gid"))
NODES = ("mkdir dev", "cd dev", "mknod console c 5 1", "mknod sda b 8 0", "mknod pipe p", "cd /",
         "symlink etc/link motd", "symlink etc/long /" + "x" * 80, "ln bin/tool bin/zoom",
         "sif bin/tool links_count 2")
CAPS = b"\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
XATTRS = (("bin/tool", "security.capability", CAPS), ("etc/motd", "user.label", b"x" * 200))
KINDS = {"ext2": ("-t", "ext2", "-I", "128"), "ext3": ("-t", "ext3"), "ext4": ("-t", "ext4"),
         "inline": ("-t", "ext4", "-O", "inline_data,^has_journal")}


# What mke2fs makes does not depend on the machine.
CONFIG = b"""[defaults]
	base_features = sparse_super,large_file,filetype,resize_inode,dir_index,ext_attr
	default_mntopts = acl,user_xattr
	inode_size = 256
[fs_types]
	ext2 = {
	}
	ext3 = {
		features = has_journal
	}
	ext4 = {
		features = has_journal,extent,huge_file,flex_bg,metadata_csum,64bit,dir_nlink,extra_isize
	}
	small = {
	}
	floppy = {
	}
"""


def tool(*words, time=TIME, check=True):
    with tempfile.NamedTemporaryFile() as config:
        config.write(CONFIG)
        config.flush()
        env = dict(os.environ, E2FSPROGS_FAKE_TIME=str(time), MKE2FS_CONFIG=config.name, LC_ALL="C")
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env)
    if check and done.returncode != 0:
        raise RuntimeError((words, done.stdout.decode()))
    return done.stdout


@functools.lru_cache(maxsize=None)
def ext(kind="ext4", files=FILES, modes=MODES, nodes=NODES, owners=OWNERS, xattrs=XATTRS, commands=(),
        uuid=UUID, seed=UUID, time=TIME, blocks=2048, options=(), sound=True):
    """An image. Files are (path, content) pairs; commands are more lines for debugfs."""
    with tempfile.TemporaryDirectory() as top:
        image = top + "/image"
        tool("mke2fs", "-q", "-F", "-b", "1024", *KINDS[kind], "-N", "64", "-m", "0", "-U", uuid,
             "-E", f"hash_seed={seed}", *options, image, str(blocks), time=time)
        lines, made = [], set()
        for i, (path, content) in enumerate(files):
            folder = os.path.dirname(path)
            if folder and folder not in made:
                lines.append(f"mkdir {folder}")
                made.add(folder)
            write(f"{top}/{i}", content)
            lines.append(f'write {top}/{i} "{path}"')
        for i, (path, name, value) in enumerate(xattrs):
            write(f"{top}/x{i}", value)
            nodes = (*nodes, f"ea_set -f {top}/x{i} {path} {name}")
        write(top + "/lines", "\n".join((*lines, *nodes, *modes, *owners, *commands, "")).encode())
        said = tool("debugfs", "-w", "-f", top + "/lines", image, time=time)
        if re.search(rb"^(?!debugfs)\S+: (?!.*Allocated inode)", said, re.M):
            raise RuntimeError(said.decode())
        if sound:
            tool("e2fsck", "-fn", image)
        with open(image, "rb") as f:
            return f.read()


SMALL = (("a/b", b"some text"),)


def small(kind="ext2", blocks=26, **changes):
    """As small as one can be, without checksums: for tests that change every byte. mke2fs wants more room:
    the blocks behind the first ones are taken away."""
    args = dict(kind=kind, files=SMALL, modes=("sif a/b mode 0100640",), owners=(), blocks=64,
                nodes=("symlink a/l b", "mknod c c 1 3", "rmdir lost+found"), xattrs=(("a/b", "user.x", b"y" * 9),),
                options=("-N", "16", "-O", "^resize_inode,^has_journal,^metadata_csum,^flex_bg"), sound=False)
    args.update(changes)
    image = ext(**args).ljust(64 * 1024, b"\0")
    free = struct.pack("<I", le(image, SUPER + 12) - (64 - blocks))
    bitmap = le(image, 2048) * 1024
    bits = int.from_bytes(image[bitmap:bitmap + 1024], "little") >> blocks - 1 << blocks - 1
    assert bits >> 63 << 63 == bits, "a block in use behind the first ones"
    bits = int.from_bytes(image[bitmap:bitmap + 1024], "little") | (1 << 8192) - (1 << blocks - 1)
    image = put(image, bitmap, bits.to_bytes(1024, "little"))
    image = put(put(image, SUPER + 4, struct.pack("<I", blocks)), SUPER + 12, free)
    return put(image, 2048 + 12, free[:2])[:blocks * 1024]


def make(**changes):
    tail, patch = changes.pop("tail", b""), changes.pop("patch", None)
    image = ext(**changes)
    return (patch(image) if patch else image) + tail


def replaced(path, content):
    return tuple((p, content if p == path else c) for p, c in FILES)


def put(image, at, data):
    return image[:at] + data + image[at + len(data):]


def le(image, at, width=4):
    return int.from_bytes(image[at:at + width], "little")


def patches(at, data):
    """A patch of bytes at a place, which must be zeros."""
    def patch(image):
        where = at(image) if callable(at) else at
        assert not any(image[where:where + len(data)]), (where, image[where:where + 16])
        return put(image, where, data)
    return patch


def last_free(image):
    return len(image) - 2048  # mke2fs allocates from the start


def behind(image):
    """Behind the end of a file, in its last block."""
    return image.index(b"root:x:0:0\n") + 100


def unused_inode(image):
    table, size = le(image, 2048 + 8), le(image, SUPER + 88, 2)
    return table * 1024 + 60 * size + 40


def in_journal(image):
    return image.index(b"\xc0\x3b\x39\x98") + 5000


def benign(kind):
    rows = [
        ("a UUID", {"uuid": OTHER_UUID}, "transplanted", "ext/identity@1"),
        ("a hash seed", {"seed": OTHER_UUID}, "transplanted", "ext/identity@1"),
        ("times", {"time": TIME + 1}, "transplanted", "ext/timestamps@1"),
        ("an inode's generation", {"commands": ("sif etc/motd generation 77",)}, "transplanted",
         "ext/identity@1"),
        ("another size", {"blocks": 4096}, "repacked", "ext/repacked@1"),
        ("more inodes", {"options": ("-N", "128")}, "repacked", "ext/repacked@1"),
        ("names in another order", {"files": FILES[::-1]}, "repacked", "ext/repacked@1"),
        ("erase blocks filled up", {"tail": b"\xff" * 8192}, "repacked", "ext/repacked@1"),
    ]
    return {"ext4": rows, "ext2": rows[:1] + rows[2:5]}.get(kind, rows[:1])


def attacks(kind):
    evil = bytearray(PROGRAM)
    evil[5 * 1024] ^= 1
    rows = [
        ("a byte of a program", {"files": replaced("bin/tool", bytes(evil))}, "bin/tool"),
        ("setuid", {"modes": MODES + ("sif bin/tool mode 0104755",)}, "mode: 4755 delivered, 0755"),
        ("an owner", {"owners": OWNERS + ("sif etc/passwd uid 7",)}, "uid: 7 delivered"),
        ("an immutable file", {"modes": MODES + ("sif etc/passwd flags 0x%x" % (
            0x10 | (0x80000 if kind == "ext4" else 0)),)}, "flags: 0x10 delivered") if kind != "inline" else None,
        ("a capability", {"xattrs": (("bin/tool", "security.capability", CAPS[:-1] + b"\1"), XATTRS[1])},
         "xattr security.capability"),
        ("an attribute more", {"xattrs": XATTRS + (("etc/passwd", "security.ima", b"\3\1"),)},
         "xattr security.ima"),
        ("an attribute less", {"xattrs": XATTRS[1:]}, "xattr security.capability"),
        ("the target of a link", {"nodes": tuple(n.replace("link motd", "link evil") for n in NODES)},
         "etc/link: link target"),
        ("the end of a long target", {"nodes": tuple(n[:-1] + "y" if "long" in n else n for n in NODES)},
         "etc/long: link target"),
        ("a device's number", {"nodes": tuple(n.replace("c 5 1", "c 1 1") for n in NODES)}, "device: "),
        ("the kind of a device", {"nodes": tuple(n.replace("sda b", "sda c") for n in NODES)}, "dev/sda"),
        ("a device more", {"nodes": NODES + ("cd dev", "mknod mem c 1 1", "cd /")}, "dev/mem"),
        ("a hard link to a program", {"nodes": NODES + ("ln bin/tool etc/ls", "sif bin/tool links_count 3")},
         "etc/ls"),
        ("a file more", {"files": FILES + (("etc/rc.local", b"evil"),)}, "etc/rc.local"),
        ("a file less", {"files": tuple(f for f in FILES if f[0] != "empty"), "modes": tuple(
            m for m in MODES if "empty" not in m), "owners": tuple(o for o in OWNERS if "empty" not in o)},
         "empty"),
        ("a name that ends in a space", {"files": tuple((p + " " * (p == "empty"), c) for p, c in FILES),
                                         "modes": tuple(m for m in MODES if "empty" not in m),
                                         "owners": tuple(o for o in OWNERS if "empty" not in o)}, "empty"),
        ("two files that changed names", {"files": tuple(
            ({"etc/twin": "etc/passwd", "etc/passwd": "etc/twin"}.get(p, p), c) for p, c in FILES)},
         "etc/passwd"),
        ("a hole filled", {"files": replaced("holes", bytes(4096) + b"x" + bytes(5 * 1024 - 1) + b"end")},
         "holes"),
        ("what a deleted file left", {"commands": ("write /proc/version gone", "rm gone")}, "bytes"),
        ("a label", {"options": ("-L", "evil")}, "volume name"),
        ("what a kernel does on errors", {"options": ("-e", "panic")}, "state"),
        ("bytes in a free block", {"patch": patches(last_free, b"evil")}, "bytes of no file"),
        ("bytes behind the end of a file", {"patch": patches(behind, b"evil")}, "bytes of no file")
        if kind != "inline" else None,
        ("bytes in an unused inode", {"patch": patches(unused_inode, b"evil")}, "bytes of no file"),
        ("bytes before the superblock", {"patch": patches(100, b"evil")}, "bytes of no file"),
        ("bytes behind the end", {"tail": b"evil" + bytes(1020)}, "bytes behind the file system"),
        ("bytes in the journal", {"patch": patches(in_journal, b"evil")}, "bytes of no file")
        if kind in ("ext3", "ext4") else None,
    ]
    return [row for row in rows if row]


# --- images that lie --------------------------------------------------------------------------


def find_names(image, name):
    at = image.index(bytes([len(name)]) + b"\1" + name) - 6
    return at


def inode_at(image, number):
    return le(image, 2048 + 8) * 1024 + (number - 1) * le(image, SUPER + 88, 2)


def inode_of(image, name):
    return inode_at(image, le(image, find_names(image, name)))


def swap_block(image, a, b, index=0):
    """A file gets a block of another one."""
    return put(image, inode_of(image, a) + 40 + 4 * index, image[inode_of(image, b) + 40:][:4])


def lies():
    base = make(kind="ext2")
    tool_inode, motd = inode_of(base, b"tool"), inode_of(base, b"motd")
    indirect = le(base, tool_inode + 40 + 4 * 12)
    rows = [
        ("a block of two files", swap_block(base, b"motd", b"twin"), "inconclusive", "serves two purposes"),
        ("a file that has the inode table", put(base, motd + 40, base[2048 + 8:2048 + 12]), "inconclusive",
         "serves two purposes"),
        ("an indirect block that points to itself", put(base, indirect * 1024, struct.pack("<I", indirect)),
         "inconclusive", "serves two purposes"),
        ("a block past the end", put(base, motd + 40, b"\xff\xff\xff\x7f"), "inconclusive", "is not there"),
        ("a name that leads to the root", put(base, find_names(base, b"motd"), struct.pack("<I", 2)),
         "inconclusive", "of another type"),
        ("a name that leads to no inode", put(base, find_names(base, b"motd"), struct.pack("<I", 50)),
         "inconclusive", "not in use"),
        ("a name that leads past the inodes", put(base, find_names(base, b"motd"), b"\xff\xff\xff\xff"),
         "inconclusive", "is not there"),
        ("a name with a slash", put(base, find_names(base, b"motd") + 8, b"m/td"), "inconclusive",
         "not a file name"),
        ("a name twice", put(base, find_names(base, b"motd") + 8, b"twin"), "inconclusive", "stands twice"),
        ("an entry past its block", put(base, find_names(base, b"motd") + 4, b"\xfc\x07"), "inconclusive",
         "past the end of a block"),
        ("a loop of entries", put(base, find_names(base, b"motd") + 4, b"\0\0"), "inconclusive",
         "past the end of a block"),
        ("more blocks than there are", put(base, SUPER + 4, b"\xff\xff\xff\xff"), "inconclusive", "cut short"),
        ("a size of 4 GiB", put(base, motd + 4, b"\xff\xff\xff\xff"), "inconclusive", "limit: "),
        ("cut short", base[:-1024], "inconclusive", "cut short"),
        ("groups of no size", put(base, SUPER + 32, bytes(4)), "inconclusive", "contradict"),
        ("an unknown feature", put(base, SUPER + 96, struct.pack("<I", 0x12)), "inconclusive",
         "features that assay does not read"),
        ("a journal to replay", put(make(kind="ext3"), make(kind="ext3").index(b"\xc0\x3b\x39\x98") + 28,
                                    b"\0\0\0\1"), "inconclusive", "not replayed"),
        ("files to delete", put(base, SUPER + 232, b"\x0c\0\0\0"), "inconclusive", "wait to be deleted"),
        ("a block in use that nobody has", put(base, le(base, 2048) * 1024 + 250, b"\1"), "inconclusive",
         "nothing refers to it"),
        ("a block that is free and in use", put(base, le(base, 2048) * 1024 + 8, b"\0"), "different",
         "block bitmap is false"),
        ("a false number of free blocks", put(base, 2048 + 12, b"\1\0"), "different", "is false"),
        ("a false number of links", put(base, motd + 26, b"\2"), "different", "number of links is false"),
        ("a false number of blocks", put(base, motd + 28, b"\x08"), "different", "number of blocks is false"),
    ]
    good = make(kind="ext4")
    at = inode_of(good, b"motd")
    names = find_names(good, b"motd")
    rows += [
        ("a false checksum of an inode", put(good, at + 124, bytes([good[at + 124] ^ 1])), "different",
         "inode checksum is false"),
        ("a false checksum of the superblock", put(good, SUPER + 1020, b"abcd"), "different",
         "superblock checksum is false"),
        ("a false checksum of names", put(good, names - names % 1024 + 1020, b"abcd"), "different",
         "checksum of names is false"),
        ("an extent loop: a depth of 6", put(good, at + 46, b"\6"), "inconclusive", "depth 6"),
        ("an extent without blocks", put(good, at + 40 + 12 + 4, b"\0\0"), "inconclusive", "without blocks"),
        ("an extent past the end", put(good, at + 40 + 12 + 8, b"\xff\xff\xff\xff"), "inconclusive",
         "is not there"),
    ]
    for text, image, tier, piece in rows:
        trial(f"ext: {text}", image, base, tier, piece)
        trial(f"ext: {text}, rebuilt", base, image, tier)


def superblocks():
    """Fields of an image without checksums, and one of an image with them."""
    base, new = make(kind="ext2"), make(kind="ext4")
    unread, sizes = "features that assay does not read", "sizes that contradict each other"
    for text, image, offset, form, value, said in (
            ("an unknown feature that Linux may ignore", base, 92, "<I", 0x400, unread),
            ("an unknown feature that Linux may read", base, 100, "<I", 0x200, unread),
            ("another revision", base, 76, "<I", 2, "revision 2"),
            ("checksums of another kind", new, 373, "<B", 2, "unknown checksums"),
            ("a checksum seed that nothing uses", base, 624, "<I", 1, "a checksum seed without the feature"),
            ("a time in the year 2500", base, 628, "<B", 4, "a time that is none"),
            ("another first block", base, 20, "<I", 0, sizes),
            ("clusters", base, 28, "<I", 1, sizes),
            ("fragments of groups", base, 36, "<I", 8, sizes),
            ("high bits of blocks", base, 336, "<I", 1, sizes),
            ("groups of no inodes", base, 40, "<I", 0, "groups that no bitmap holds"),
            ("groups of an odd number of inodes", base, 40, "<I", 63, "groups that no bitmap holds"),
            ("groups of too many inodes", base, 40, "<I", 8200, "groups that no bitmap holds"),
            ("no blocks", base, 4, "<I", 1, "cut short: 1 blocks"),
            ("a million blocks", base, 4, "<I", 1 << 20, "cut short: 1048576 blocks"),
            ("small inodes", base, 88, "<H", 64, "inodes of 64 bytes"),
            ("large inodes", base, 88, "<H", 2048, "inodes of 2048 bytes"),
            ("inodes of an odd size", base, 88, "<H", 192, "inodes of 192 bytes"),
            ("more inodes than in its groups", base, 0, "<I", 128, "inodes in 1 groups"),
            ("a first inode that is reserved", base, 84, "<I", 5, "inodes in 1 groups"),
            ("a first inode past the end", base, 84, "<I", 9999, "inodes in 1 groups")):
        bad = put(image, SUPER + offset, struct.pack(form, value))
        trial(f"ext: {text}", bad, image, "inconclusive", said)


def xattr_block(image, change=lambda entries: entries):
    """An image whose first block of attributes has its entries, as a list, changed."""
    at = image.index(b"\0\0\x02\xea\1\0\0\0\1\0\0\0") + 32
    entries, end = [], at
    while le(image, end):
        entries.append(image[end:end + 16 + (image[end] + 3 & ~3)])
        end += len(entries[-1])
    return put(image, at, b"".join(change(entries)))


def spelled_out(entries):
    """The prefix of a name in the name."""
    first = entries[0]
    name, value = b"security.selinux", b"u:r:tool:s0\0"
    code = 0
    for byte in name:
        code = (code << 5 | code >> 27) & 0xffffffff ^ byte
    for word, in struct.iter_unpack("<I", value):
        code = (code << 16 | code >> 16) & 0xffffffff ^ word
    return [bytes((len(name), 0)) + first[2:12] + struct.pack("<I", code) + name, *entries[1:]]


def crc16(data):
    code = 0xffff
    for byte in data:
        code ^= byte
        for _ in range(8):
            code = code >> 1 ^ (0xa001 if code & 1 else 0)
    return struct.pack("<H", code)


def without_bitmap(image):
    """The first group says that no file has a block of it."""
    image = put(put(image, le(image, 2048) * 1024, bytes(1024)), 2048 + 18, bytes([image[2048 + 18] | 2]))
    return put(image, 2048 + 30, crc16(image[SUPER + 104:SUPER + 120] + bytes(4) + image[2048:2048 + 30]))


def short_journal(image):
    """A journal of which the last extent is not there."""
    at, bitmap, last = inode_at(image, 8), le(image, 2048) * 1024, le(image, inode_at(image, 8) + 42, 2)
    length, first = le(image, at + 40 + 12 * last + 4, 2), le(image, at + 40 + 12 * last + 8)
    assert last > 1 and le(image, at + 46, 2) == 0, "extents in the inode"
    image = put(image, at + 40 + 12 * last, bytes(12))
    image = put(put(image, at + 42, struct.pack("<H", last - 1)), at + 28,
                struct.pack("<I", le(image, at + 28) - 2 * length))
    image = put(image, SUPER + 268, image[at + 40:at + 100])
    bits = int.from_bytes(image[bitmap:bitmap + 1024], "little")
    for block in range(first, first + length):
        bits &= ~(1 << block - 1)
    image = put(image, bitmap, bits.to_bytes(1024, "little"))
    for where, width in ((2048 + 12, 2), (SUPER + 12, 4)):
        image = put(image, where, (le(image, where, width) + length).to_bytes(width, "little"))
    return image


def short_entry(image):
    """Eight bytes without a name at the end of the root."""
    at = find_names(image, b"empty")
    while (at + le(image, at + 4, 2)) % 1024:
        at += le(image, at + 4, 2)
    image = put(image, at + 4, struct.pack("<H", le(image, at + 4, 2) - 8))
    return put(image, at + le(image, at + 4, 2), struct.pack("<IHBB", 0, 8, 0, 0))


def unsure(index):
    """Names whose hashes depend on whether a char has a sign, and nothing says so."""
    image = ext(kind="ext3", files=tuple((f"d/n\u00e9-{i:04}-{'x' * (i % 40)}", b"") for i in range(300)), modes=(),
                nodes=(), owners=(), xattrs=(), sound=False, options=("-N", "600"))
    if index:
        write("image", image)
        tool("e2fsck", "-fyD", "image", check=False)
        with open("image", "rb") as f:
            image = f.read()
    return put(image, SUPER + 352, bytes(4))


def reserved(image, order):
    """The boot loader's inode has two blocks."""
    first, at = len(image) // 1024 - 10, inode_at(image, 5)
    bitmap = le(image, 2048) * 1024
    image = put(image, first * 1024, b"first".ljust(1024, b"1") + b"second".ljust(1024, b"2"))
    image = put(image, at, struct.pack("<HHI", 0o100600, 0, 2048))
    image = put(image, at + 26, struct.pack("<HI", 1, 4))
    image = put(image, at + 40, struct.pack("<II", *(first + i for i in order)))
    for bit in (first - 1, first):
        image = put(image, bitmap + bit // 8, bytes([image[bitmap + bit // 8] | 1 << bit % 8]))
    image = put(image, 2048 + 12, struct.pack("<H", le(image, 2048 + 12, 2) - 2))
    return put(image, SUPER + 12, struct.pack("<I", le(image, SUPER + 12) - 2))


def not_as_linux():
    """What e2fsck may let pass and Linux reads otherwise, or does not read."""
    base = make(kind="ext2")
    at = inode_of(base, b"motd")

    def tree(entries, depth, *extent):
        head = struct.pack("<HHHHI", 0xf30a, entries, 4, depth, 0)
        return (head + (struct.pack("<IHHI", *extent) if extent else b"")).ljust(60, b"\0")
    extents = put(put(base, at + 32, struct.pack("<I", 0x80000)), at + 40, tree(1, 0, 0, 1, 0, le(base, at + 40)))
    trial("ext: extents in a file system without them", extents, base, "inconclusive", "flags")
    plain = ("-O", "^metadata_csum")
    good = make(kind="ext4", options=plain)
    trial("ext: a tree of extents without leaves", put(good, inode_of(good, b"empty") + 40, tree(0, 1)), good,
          "inconclusive", "without leaves")
    good = make(kind="inline", options=plain)
    inode = inode_of(good, b"passwd")
    trial("ext: content in an inode without its attribute", put(good, inode + 160, bytes(96)), good,
          "inconclusive", "content nowhere")
    trial("ext: content in an inode without the flag", put(good, inode + 32, struct.pack("<I", 0)), good,
          "inconclusive", "out of place")
    trial("ext: more blocks for descriptors than fit", put(base, SUPER + 206, b"\xff\xff"), base, "inconclusive",
          "blocks for descriptors")
    good = make(kind="ext4", options=plain)
    trial("ext: a journal with a hole", short_journal(good), good, "inconclusive", "journal with a hole")
    trial("ext: an entry of a directory that is too short", short_entry(base), base, "inconclusive",
          "past the end of a block")
    trial("ext: an index by hashes of unknown kind", unsure(True), unsure(False), "inconclusive",
          "does not lead to")
    groups = make(kind="ext4", options=("-O", "^metadata_csum,^64bit,uninit_bg"))
    trial("ext: a group with files that says it has no blocks", without_bitmap(groups), groups, "different",
          "group without blocks is false")
    labels = make(kind="ext2", xattrs=(("bin/tool", "security.capability", CAPS),
                                       ("bin/tool", "security.selinux", b"u:r:tool:s0\0")))
    trial("ext: attributes that Linux does not find", xattr_block(labels, lambda e: e[::-1]), labels,
          "inconclusive", "in no order")
    trial("ext: a prefix that is part of the name", xattr_block(labels, spelled_out), labels, "inconclusive",
          "of another kind")
    trial("ext: blocks of a reserved inode in another order", reserved(base, (1, 0)), reserved(base, (0, 1)),
          "different", "content of a reserved inode")


def uuids():
    """Two file systems beside each other: which of them has which UUID."""
    third = "33333333-3333-4333-8333-333333333333"

    def pair(first, second):
        return tar(member("a", make(kind="ext2", uuid=first)), member("b", make(kind="ext2", uuid=second)))
    good = pair(UUID, OTHER_UUID)
    trial("ext: two new UUIDs", pair(third, UUID[:-1] + "7"), good, "transplanted", "ext/identity@1")
    for text, bad in (("that changed places", pair(OTHER_UUID, UUID)),
                      ("of which the first is the second's", pair(OTHER_UUID, OTHER_UUID)),
                      ("of which the second is the first's", pair(UUID, UUID)),
                      ("that moved on", pair(OTHER_UUID, third))):
        trial(f"ext: UUIDs {text}", bad, good, "different", "UUID: the delivered one leads to something else")
        trial(f"ext: UUIDs {text}, the other way", good, bad, "different")
    none = "00000000-0000-0000-0000-000000000000"
    trial("ext: a UUID that one loses and the other gets", pair(none, UUID), good, "different",
          "UUID: the delivered one leads to something else")

    def beside(closed, first, second):
        return [tar(member("closed", closed), member("b", make(kind="ext2", uuid=uuid))) for uuid in (first, second)]
    other = make(kind="ext4", uuid=UUID)
    for text, closed in (("a file system", other), ("a packed one", gz(other)),
                         ("one in an archive", tar(member("x", xz(other))))):
        trial(f"ext: the UUID of {text} that is equal", *beside(closed, UUID, OTHER_UUID), "different",
              "UUID: the delivered one leads to something else")
        trial(f"ext: what had the UUID of {text} that is equal", *beside(closed, OTHER_UUID, UUID), "different",
              "UUID: the delivered one leads to something else")
        trial(f"ext: a new UUID beside {text} that is equal", *beside(closed, third, OTHER_UUID), "transplanted",
              "ext/identity@1")
    hidden = make(kind="ext4", files=(("image", other),), modes=(), nodes=(), owners=(), xattrs=(), blocks=4096,
                  uuid=third)
    trial("ext: the UUID of an image that is a file", *beside(hidden, UUID, OTHER_UUID), "transplanted",
          "ext/identity@1")
    one_seed = [tar(*(member(uuid, make(kind="ext2", uuid=uuid, seed=seed)) for uuid, seed in seeds))
                for seeds in (((UUID, UUID), (third, UUID)), ((UUID, OTHER_UUID), (third, third)))]
    trial("ext: a hash seed that two have", *one_seed, "transplanted", "ext/identity@1")


# --- indexed directories, deep trees of extents, large groups -----------------------------------


def indexed(uuid=UUID, names=400, index=True, more=(), seed=UUID, hash_alg=None):
    """A directory of many names, with an index made by e2fsck."""
    files = tuple((f"d/name-{i:04}-{'x' * (i % 40)}", b"") for i in range(names)) + tuple(more)
    image = ext(files=files, modes=(), nodes=(), owners=(), xattrs=(), uuid=uuid, seed=seed, sound=False,
                options=("-N", "600"))
    if not index:
        return image
    write("image", image)
    if hash_alg:
        tool("tune2fs", "-E", f"hash_alg={hash_alg}", "image")
    tool("e2fsck", "-fyD", "image", check=False)
    tool("e2fsck", "-fn", "image")
    with open("image", "rb") as f:
        return f.read()


def indexes():
    a, linear = indexed(), indexed(index=False)
    assert b"\1\x08\1\0" in a or b"\1\x08\0\0" in a
    trial("ext: an index or none", a, linear, "repacked", "ext/repacked@1")
    trial("ext: an index with another UUID", a, indexed(uuid=OTHER_UUID), "transplanted", "ext/identity@1")
    trial("ext: another hash seed puts names into other blocks", a, indexed(seed=OTHER_UUID), "repacked",
          "ext/repacked@1")
    for alg in ("legacy", "tea"):
        result(digests_in(indexed(hash_alg=alg)) == digests_in(linear), f"ext: names hashed with {alg}")
    # Two names of one length in other leaves: each is no longer where the index leads.
    first, second = b"name-0007-" + b"x" * 7, b"name-0047-" + b"x" * 7
    swapped = a.replace(first, b"\0" * 17).replace(second, first).replace(b"\0" * 17, second)
    status, answer, _ = compare(swapped, a)
    result(status in (DIFFERENT, INCONCLUSIVE), "ext: names where the index does not lead", answer["tier"])


def boot_loaders():
    """What stands in front of the superblock may know by heart where files are."""
    plain, moved = make(kind="ext2"), make(kind="ext2", files=FILES[::-1])
    loader, other = (patches(0, b"\xeb\x3c\x90" + text) for text in (b"LOADER", b"ANOTHER"))
    trial("ext: files moved", moved, plain, "repacked", "ext/repacked@1")
    trial("ext: files moved behind a boot loader", loader(moved), loader(plain), "different",
          "SHA-256 of where files are")
    trial("ext: a boot loader", loader(plain), other(plain), "different")
    trial("ext: times behind a boot loader", loader(make(kind="ext2", time=TIME + 1)), loader(plain), "transplanted",
          "ext/timestamps@1")


# --- larger ones ----------------------------------------------------------------------------


def populated(kind, uuid=UUID):
    """An image that mke2fs filled itself: then the copies of the superblock are true."""
    options = KINDS[kind][2:] if kind == "ext2" else ()
    tool("mke2fs", "-q", "-F", "-t", kind, *options, "-b", "1024", "-d", "tree", "-U", uuid, "-E",
         f"hash_seed={UUID}", "image", "20000")
    with open("image", "rb") as f:
        return f.read()


def larger():
    """Copies of the superblock, trees of extents with a level, indirect blocks of two levels."""
    os.mkdir("tree")
    big = b"".join(bytes([i % 251 + 1]) * 1024 + bytes(1024) for i in range(400))
    write("tree/big", big)
    for kind in ("ext4", "ext3"):
        a = populated(kind)
        trial(f"{kind}: groups with copies", populated(kind, OTHER_UUID), a, "transplanted", "ext/identity@1")
        copy = 8193 * 1024
        assert a[copy + 56:copy + 58] == b"\x53\xef"
        trial(f"{kind}: another copy of the superblock", put(a, copy + 120, b"evil"), a, "different",
              "copy of the superblock")
        trial(f"{kind}: another copy of a descriptor", put(a, copy + 1024 + 16, b"\7"), a, "different",
              "descriptor")
        result(digests_in(a) == {"big": sha256(big)}, f"{kind}: a file in many pieces", digests_in(a))


# --- debugfs as the judge -----------------------------------------------------------------------


def against_debugfs():
    for kind in KINDS:
        image = make(kind=kind)
        write("image", image)
        shutil.rmtree("out", ignore_errors=True)
        os.mkdir("out")
        tool("debugfs", "-R", "rdump / out", "image")
        wanted = digests_below("out")
        assert wanted.pop("bin/zoom") == sha256(PROGRAM)  # a hard link is no second artefact
        if kind == "inline":  # debugfs 1.47 fills up what is in an inode to 60 bytes
            wanted = {path: sha256(content) for path, content in FILES}
        found = digests_in(image)
        result(found == wanted, f"{kind}: the files that debugfs finds", set(found.items()) ^ set(wanted.items()))
        reads_to_end(kind)


if __name__ == "__main__":
    need("mke2fs", "debugfs", "e2fsck")
    with Folder():
        for kind in ("ext4", "ext2", "ext3", "inline"):
            table(kind, functools.partial(make, kind=kind), benign(kind), attacks(kind))
        lies()
        indexes()
        boot_loaders()
        larger()
        superblocks()
        not_as_linux()
        uuids()
        against_debugfs()
    finish()
