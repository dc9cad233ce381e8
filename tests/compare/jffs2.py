#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""JFFS2 images, made here node by node and by mkfs.jffs2 and sumtool: what may differ, attacks, images that
lie. jffs2dump reads what this test makes, and a second reader in this file has the same files in all of them."""
import random
import re
import stat
import zlib

from pairs import *  # noqa: F403

DIR, FILE, LINK, CHAR, FIFO = 0o40755, 0o100644, 0o120777, 0o20600, 0o10600
DIRENT_T, INODE_T, CLEAN_T, PAD_T, SUM_T, XATTR_T, XREF_T = 0xe001, 0xe002, 0x2003, 0x2004, 0x2006, 0xe008, 0xe009
STORED, ZERO, RTIME, ZLIB, LZO = 0, 1, 2, 6, 7
BLOCK, PAGE, TIME = 8192, 1024, 0x5A5A5A5A
rng = random.Random(5)
PROGRAM = bytes(rng.choice(b"\x90\xc3\x55\x48\x89\xe5\x0f\x1f") for _ in range(24 * 1024 + 100))
CAPS = b"\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
# path: mode, owner, content (a device: its number)
TREE = {"bin": (DIR, 0, None), "bin/tool": (0o100755, 0, PROGRAM), "dev": (DIR, 0, None),
        "dev/console": (CHAR, 0, 0x501), "dev/pipe": (FIFO, 0, None), "empty": (FILE, 0, b""),
        "etc": (DIR, 0, None), "etc/link": (LINK, 0, b"motd"), "etc/motd": (FILE, 0, b"hello\n"),
        "etc/void": (FILE, 0, bytes(3 * PAGE) + b"x"), "etc/zoom": (FILE, 0, b"hullo\n")}
LINKS, XATTRS = {"bin/zz": "bin/tool"}, {"bin/tool": ((2, b"capability", CAPS),)}


def crc(data):
    return ~zlib.crc32(data, 0xffffffff) & 0xffffffff


class Maker:
    """Nodes in a byte order."""

    def __init__(self, big=False):
        self.order = "<>"[big]

    def pack(self, form, *values):
        return struct.pack(self.order + form, *values)

    def head(self, kind, length, check=None, magic=0x1985):
        start = self.pack("HHI", magic, kind, length)
        real = self.pack("HHI", magic, kind | 0x2000, length)
        return start + self.pack("I", crc(real) if check is None else check)

    def plain(self, kind, body=b"", **kw):
        return self.head(kind, 12 + len(body), **kw) + body

    def name(self, parent, version, ino, name, kind, mctime=TIME, check=None, name_check=None, unused=0, obsolete=False):
        start = self.head(DIRENT_T & (0xdfff if obsolete else 0xffff), 40 + len(name))
        start += self.pack("IIIIBBH", parent, version, ino, mctime, len(name), kind, unused)
        real = self.head(DIRENT_T, 40 + len(name)) + start[12:]
        return start + self.pack("II", crc(real) if check is None else check,
                                 crc(name) if name_check is None else name_check) + name

    def inode(self, ino, version, mode, uid=0, gid=0, isize=0, offset=0, data=b"", dsize=None, codec=STORED,
              times=(TIME,) * 3, usercompr=0, flags=0, check=None, data_check=None, csize=None, obsolete=False):
        length = 68 + len(data)
        body = self.pack("IIIHHIIIIIIIBBH", ino, version, mode, uid, gid, isize, *times, offset,
                         len(data) if csize is None else csize, len(data) if dsize is None else dsize, codec,
                         usercompr, flags)
        start = self.head(INODE_T & (0xdfff if obsolete else 0xffff), length) + body
        real = self.head(INODE_T, length) + body
        return start + self.pack("II", crc(data) if data_check is None else data_check,
                                 crc(real) if check is None else check) + data

    def xattr(self, number, prefix, name, value, version=1):
        data = name + b"\0" + value
        start = self.head(XATTR_T, 32 + len(pad4(data))) + self.pack("IIBBHI", number, version, prefix, len(name),
                                                               len(value), crc(data))
        return start + self.pack("I", crc(start)) + pad4(data)

    def xref(self, ino, number, sequence=0):
        start = self.head(XREF_T, 28) + self.pack("III", ino, number, sequence)
        return start + self.pack("I", crc(start))

    def summary_of(self, node, place):
        kind, length = struct.unpack_from(self.order + "HI", node, 2)
        if kind in (INODE_T, XATTR_T):
            return self.pack("H", kind) + node[12:20] + self.pack("II", place, length)
        if kind == DIRENT_T:
            return self.pack("HII", kind, length, place) + node[12:24] + node[28:30] + node[40:length]
        return self.pack("HI", kind, place) if kind == XREF_T else b""

    def summary(self, entries, place, room, number=None, magic=0x02851885, marker=None):
        """At a place of a block, up to its end."""
        text = b"".join(entries)
        text += b"\xff" * (room - 32 - 8 - len(text))
        text += self.pack("II", place if marker is None else marker, magic)
        start = self.head(SUM_T, room) + self.pack("IIII", sum(1 for e in entries if e) if number is None else number,
                                                   12, 0, crc(text))
        return start + self.pack("I", crc(start[:24])) + text


def pad4(node):
    return node + b"\xff" * (-len(node) % 4)


def rtime(data):
    places, out, at = [0] * 256, bytearray(), 0
    while at < len(data):
        value, run = data[at], 0
        out.append(value)
        at += 1
        back, places[value] = places[value], at
        while back < at < len(data) and data[at] == data[back] and run < 255:
            back, at, run = back + 1, at + 1, run + 1
        out.append(run)
    return bytes(out)


def packed(piece, codec, level):
    if not any(piece):
        return ZERO, b""
    made = {ZLIB: lambda: zlib.compress(piece, level), RTIME: lambda: rtime(piece)}.get(codec, lambda: piece)()
    return (codec, made) if codec != STORED and len(made) < len(piece) else (STORED, piece)


def nodes_of(make, tree=TREE, links=None, xattrs=None, level=9, codec=ZLIB, page=PAGE, time=TIME, first=2, version=1,
             gid=0, root=None, names=None, kinds=None, wide=False, step=1):
    """names: what stands instead of a name; kinds: instead of a type beside it."""
    links, xattrs = LINKS if links is None else links, XATTRS if xattrs is None else xattrs
    number = {"": 1, **{p: first + i * step for i, p in enumerate(tree)}}
    out = [root] if root else []
    for path in list(tree) + list(links):
        target = links.get(path, path)
        mode, uid, content = tree[target]
        name = (names or {}).get(path, path.rpartition("/")[2].encode())
        kind = (kinds or {}).get(path, (mode & 0o170000) >> 12)
        out.append(make.name(number[path.rpartition("/")[0]], version, number[target], name, kind, mctime=time))
        if path in links:
            continue
        common = {"uid": uid, "gid": gid, "times": (time,) * 3}
        if stat.S_ISREG(mode) and content:
            for i, at in enumerate(range(0, len(content), page)):
                piece = content[at:at + page]
                used, data = packed(piece, codec, level)
                out.append(make.inode(number[path], version + i, mode, isize=len(content), offset=at, data=data,
                                      dsize=len(piece), codec=used, **common))
            continue
        data = content or b""
        if isinstance(content, int):
            data = make.pack("I" if wide else "H", content)
        out.append(make.inode(number[path], version, mode, isize=len(data), data=data, **common))
    for i, (path, entries) in enumerate(xattrs.items()):
        for k, (prefix, name, value) in enumerate(entries):
            out += [make.xattr(i * 9 + k + 1, prefix, name, value), make.xref(number[path], i * 9 + k + 1)]
    return out, number


def jffs2(big=False, block=BLOCK, clean=True, summaries=False, more=None, twist=None, order=None, tail=b"", spare=None,
          **kw):
    """more: of the maker and the numbers of paths, nodes behind the others; twist: of the nodes; spare: of the
    bytes, at the end."""
    make = Maker(big)
    nodes, number = nodes_of(make, **kw)
    nodes += more(make, number) if more else []
    nodes = twist(nodes, number) if twist else nodes
    if order:
        nodes = order(nodes)
    out, here, entries = b"", b"", []

    def close():
        nonlocal out, here, entries
        if summaries:
            here += make.summary(entries, len(here), block - len(here))
        out += here + b"\xff" * (block - len(here))
        here, entries = (make.plain(CLEAN_T) if clean else b""), []

    here = make.plain(CLEAN_T) if clean else b""
    for node in nodes:
        entry = make.summary_of(node, len(here))
        room = len(here) + len(pad4(node)) + (sum(map(len, entries)) + len(entry) + 44 if summaries else 0)
        if room > block and len(here) > 12:
            close()
        entries.append(make.summary_of(node, len(here)))
        here += pad4(node)
    close()
    out = spare(out) if spare else out
    return out + tail


def tree(**changes):
    """The tree with changes: None takes a path away. "_" stands for "/"."""
    out = {**TREE, **{p.replace("_", "/"): v for p, v in changes.items()}}
    return {"tree": {p: v for p, v in sorted(out.items()) if v is not None}}


def put(image, at, data):
    return image[:at] + data + image[at + len(data):]


EVIL = PROGRAM[:7000] + b"\xcc" + PROGRAM[7001:]
BENIGN = [("times", {"time": TIME + 1}, "transplanted", "jffs2/timestamps@1"),
          ("data packed at another level", {"level": 1}, "repacked", "jffs2/repacked@1"),
          ("an erased block more", {"tail": b"\xff" * BLOCK}, "repacked", "container/padding@1")]
MORE_BENIGN = [
    ("data packed by rtime", {"codec": RTIME}, "jffs2/repacked@1"),
    ("data that is not packed", {"codec": STORED}, "jffs2/repacked@1"),
    ("nodes of half a page", {"page": PAGE // 2}, "jffs2/repacked@1"),
    ("other versions", {"version": 7}, "jffs2/repacked@1"),
    ("other numbers of inodes", {"first": 40, "step": 3}, "jffs2/repacked@1"),
    ("nodes in another order", {"order": lambda nodes: nodes[::-1]}, "container/padding@1"),
    ("summaries", {"summaries": True}, "jffs2/repacked@1"),
]


def later(path, **fields):
    """A node more of a file, newer than all."""
    mode, uid, content = TREE[path]
    args = {"version": 99, "isize": len(content or b""), "times": (TIME,) * 3, **fields}
    return {"more": lambda make, n: [make.inode(n[path], mode=mode, **args)]}


def extra(function):
    return {"more": function}


UNUSED = "node that nothing needs"
ATTACKS = [
    ("a byte of a program", tree(bin_tool=(0o100755, 0, EVIL)), "bin/tool: 1 byte differs"),
    ("setuid", tree(bin_tool=(0o104755, 0, PROGRAM)), "bin/tool: mode: "),
    ("an owner", tree(bin_tool=(0o100755, 7, PROGRAM)), "bin/tool: uid: "),
    ("a group", {"gid": 7}, "gid: "),
    ("the target of a link", tree(etc_link=(LINK, 0, b"evil")), "etc/link: link target"),
    ("a device's number", tree(dev_console=(CHAR, 0, 0x502)), "dev/console: device: "),
    ("a device of another kind", tree(dev_console=(0o60600, 0, 0x501)), "dev/console: type"),
    ("a file more", tree(etc_rc=(FILE, 0, b"evil")), "etc/rc: only in the"),
    ("a file less", tree(etc_motd=None), "etc/motd: only in the"),
    ("an empty folder more", tree(etc_z=(DIR, 0, None)), "etc/z: only in the"),
    ("a hard link more", {"links": {**LINKS, "etc/sh": "bin/tool"}}, "etc/sh: only in the"),
    ("a copy rather than a hard link", {"links": {}, **tree(bin_zz=TREE["bin/tool"])}, "bin/zz: type"),
    ("a name that ends in a space", {"names": {"etc/motd": b"motd "}}, "etc/motd : only in"),
    ("two files that changed names", tree(etc_motd=TREE["etc/zoom"], etc_zoom=TREE["etc/motd"]), "etc/motd"),
    ("a shorter file", tree(etc_motd=(FILE, 0, b"hello")), "etc/motd"),
    ("another capability", {"xattrs": {"bin/tool": ((2, b"capability", CAPS[:-1] + b"\1"),)}},
     "bin/tool: xattr security.capability: "),
    ("a capability less", {"xattrs": {}}, "bin/tool: xattr security.capability: "),
    ("an attribute more", {"xattrs": {**XATTRS, "etc/motd": ((1, b"x", b"y"),)}}, "etc/motd: xattr user.x: "),
    ("an access list", {"xattrs": {**XATTRS, "etc/motd": ((3, b"", b"y"),)}}, "xattr system.posix_acl_access: "),
    ("an attribute with another prefix", {"xattrs": {"bin/tool": ((5, b"capability", CAPS),)}},
     "bin/tool: xattr trusted.capability: "),
    ("a later node", later("etc/motd", data=b"evil!\n"), "etc/motd: 4 of 5 bytes"),
    ("a later node of a part", later("bin/tool", data=b"\xcc" * 9, offset=7000), "bin/tool"),
    ("a later node that is longer", later("etc/motd", data=b"evil!\n", isize=12, offset=6), "etc/motd"),
    ("a later node that makes it shorter", later("etc/motd", isize=3), "etc/motd"),
    ("a later mode", extra(lambda make, n: [make.inode(n["etc/motd"], 9, 0o104755, isize=6)]), "etc/motd: mode"),
    ("a later name", extra(lambda make, n: [make.name(n["etc"], 9, n["etc/zoom"], b"motd", 8)]), "etc/motd"),
    ("a deleted name", extra(lambda make, n: [make.name(n["etc"], 9, 0, b"motd", 0)]), "etc/motd: only in the"),
    ("a name that was deleted before", extra(lambda make, n: [make.name(n["etc"], 0, 0, b"motd", 0)]), UNUSED),
    ("an older name", extra(lambda make, n: [make.name(n["etc"], 0, n["etc/zoom"], b"motd", 8)]), UNUSED),
    ("an older node", later("etc/motd", version=0, data=b"evil!\n"), UNUSED),
    ("an obsolete name", extra(lambda make, n: [make.name(n["etc"], 9, n["etc/zoom"], b"motd", 8, obsolete=True)]),
     UNUSED),
    ("an obsolete node", later("etc/motd", data=b"evil!\n", obsolete=True), UNUSED),
    ("an inode without a name", extra(lambda make, n: [make.inode(99, 1, FILE, isize=4, data=b"evil")]), UNUSED),
    ("an attribute of no file", extra(lambda make, n: [make.xattr(77, 1, b"x", b"evil")]), UNUSED),
    ("an attribute of an inode without a name", extra(lambda make, n: [make.xref(99, 1)]), UNUSED),
    ("a node twice", {"twist": lambda nodes, n: nodes + nodes[-3:-2]}, UNUSED),
    ("a node with a false checksum", later("etc/motd", data=b"evil!\n", check=7), "checksum of a node is false"),
    ("data with a false checksum", later("etc/motd", data=b"evil!\n", data_check=7), "checksum of data is false"),
    ("a name with a false checksum", extra(lambda make, n: [make.name(
        n["etc"], 9, n["etc/zoom"], b"motd", 8, name_check=7)]), "checksum of data is false"),
    ("bytes in padding", extra(lambda make, n: [make.plain(PAD_T, b"evil")]), "bytes of no node", {"tail"}),
    ("bytes behind a node", {"spare": lambda image: image.replace(b"bin\xff", b"binx", 1)}, "bytes of no node"),
    ("a device with a number of four bytes", {"wide": True}, "dev/console: size: "),
    ("times of an older node", {"twist": lambda nodes, n: [stamped(x, n["bin/tool"]) for x in nodes]},
     "times of an older node"),
    ("a root with a mode of its own", {"root": Maker().inode(1, 1, 0o40777)}, ".: mode: "),
    ("byte order", {"big": True}, "byte order"),
]


def stamped(node, number):
    """Other times in the first node of an inode that has several."""
    kind, = struct.unpack_from("<H", node, 2)
    if kind != INODE_T or struct.unpack_from("<III", node, 12)[:2] != (number, 1):
        return node
    node = put(node, 32, b"evilevilevil")
    return put(node, 64, struct.pack("<I", crc(node[:60])))


def block_of(*nodes):
    return b"".join(map(pad4, nodes)).ljust(BLOCK, b"\xff")


MAKE = Maker()
HIDDEN = MAKE.name(1, 9, 3, b"evil", 8)


def is_inode(node, number):
    return node[2:4] == struct.pack("<H", INODE_T) and node[12:16] == struct.pack("<I", number)


def lies():
    base = jffs2()
    length = len(base)
    rows = [
        ("a name with a slash", {"names": {"etc/motd": b"m/td"}}, "not a file name"),
        ("a name with a zero in it", {"names": {"etc/motd": b"m\0td"}}, "not a file name"),
        ("no name", {"names": {"etc/motd": b""}}, "not a file name"),
        ("a name that is the folder itself", {"names": {"bin": b"."}}, "not a file name"),
        ("a name that leads to no inode", extra(lambda m, n: [m.name(1, 1, 99, b"x", 8)]), "leads to no inode"),
        ("a name that leads to the root", extra(lambda m, n: [m.name(1, 1, 1, b"x", 4)]), "leads to no inode"),
        ("a folder in itself", extra(lambda m, n: [m.name(n["etc"], 1, n["etc"], b"x", 4)]), "with two names"),
        ("a name of another type", {"kinds": {"etc/motd": 4}}, "of another type"),
        ("a mode that is no type", tree(dev_pipe=(0o110600, 0, None)), "of another type"),
        ("a mode of more than 16 bits", tree(dev_pipe=(0x10000 | FIFO, 0, None)), "of another type"),
        ("two nodes of one version", later("etc/motd", version=1, data=b"evil!\n"), "one version that differ"),
        ("two names of one version", extra(lambda m, n: [m.name(n["etc"], 1, n["etc/zoom"], b"motd", 8)]),
         "one version that differ"),
        ("a file without its end", tree_with_hole(), "bytes of"),
        ("data past the end of a file", later("etc/motd", data=b"evil!!", isize=3), "past the end of a file"),
        ("a link with two nodes", later("etc/link", data=b"motd", isize=4), "special file"),
        ("a link of nothing", tree(etc_link=(LINK, 0, b"")), "no text of its size"),
        ("a link with a zero in it", tree(etc_link=(LINK, 0, b"mo\0td")), "no text of its size"),
        ("a device of three bytes", {"twist": lambda nodes, n: [
            MAKE.inode(n["dev/console"], 1, CHAR, isize=3, data=b"abc", times=(TIME,) * 3)
            if x[12:16] == struct.pack("<I", n["dev/console"]) and x[2:4] == b"\2\xe0" else x for x in nodes]},
         "a device of 3 bytes"),
        ("a FIFO with data", tree(dev_pipe=(FIFO, 0, b"evil")), "what should have none"),
        ("packed by something else", later("etc/motd", data=b"evil", codec=5, dsize=6), "which is not read"),
        ("a hole with data", later("etc/motd", data=b"evil", codec=ZERO, dsize=6), "contradict each other"),
        ("stored data of two sizes", later("etc/motd", data=b"evil", dsize=6), "contradict each other"),
        ("packed data of 2 MiB", later("etc/motd", data=b"evil", codec=ZLIB, dsize=1 << 21, isize=1 << 21),
         "contradict each other"),
        ("packed data that is damaged", later("etc/motd", data=b"evil", codec=ZLIB, dsize=6), "zlib block"),
        ("packed data with more behind it", later("etc/motd", data=zlib.compress(b"evil!\n") + b"x", codec=ZLIB,
                                                  dsize=6), "bytes behind its end"),
        ("rtime with more behind it", later("etc/motd", data=rtime(b"evil!\n") + b"xx", codec=RTIME, dsize=6),
         "bytes behind its end"),
        ("rtime that holds too much", later("etc/motd", data=b"e\xff", codec=RTIME, dsize=6), "holds too much"),
        ("rtime that is cut short", later("etc/motd", data=b"e", codec=RTIME, dsize=6), "cut short"),
        ("a file of version 0", {"twist": lambda nodes, n: [x for x in nodes if not is_inode(x, n["etc/motd"])] + [
            MAKE.inode(n["etc/motd"], 0, FILE, isize=6, data=b"hello\n")]}, "data of version 0"),
        ("a link of version 0", {"twist": lambda nodes, n: [x for x in nodes if not is_inode(x, n["etc/link"])] + [
            MAKE.inode(n["etc/link"], 0, LINK, isize=4, data=b"motd")]}, "data of version 0"),
        ("a name with a zero in it that was deleted", extra(lambda m, n: [m.name(n["etc"], 9, 0, b"motd\0x", 0)]),
         "not a file name"),
        ("an attribute that was changed, with an older inode that has no name", {"first": 9, **extra(lambda m, n: [
            m.inode(2, 1, FILE), m.xattr(1, 2, b"capability", b"x", version=2)])}, "that was changed"),
        ("flags of an inode", later("etc/motd", data=b"evil!\n", flags=1), "flags of an inode"),
        ("a compression that was asked for", later("etc/motd", data=b"evil!\n", usercompr=9), "flags of an inode"),
        ("unused bytes of a name", extra(lambda m, n: [m.name(1, 1, n["empty"], b"x", 8, unused=7)]), "unused bytes"),
        ("an attribute that was changed", extra(lambda m, n: [m.xattr(1, 2, b"capability", b"x", version=2)]),
         "that was changed"),
        ("an attribute twice", extra(lambda m, n: [m.xref(n["bin/tool"], 1, 2)]), "has twice"),
        ("an attribute that was deleted", {"xattrs": {}, **extra(lambda m, n: [
            m.xattr(1, 2, b"x", b"y"), m.xref(n["empty"], 1, 1)])}, "that was deleted"),
        ("two attributes of one name", {"xattrs": {"empty": ((1, b"x", b"1"), (1, b"x", b"2"))}}, "have one name"),
        ("an attribute without a name", {"xattrs": {"empty": ((1, b"", b"1"),)}}, "not the name of an attribute"),
        ("an attribute of another kind", {"xattrs": {"empty": ((9, b"x", b"1"),)}}, "not the name of an attribute"),
        ("an unknown node", extra(lambda m, n: [m.plain(0xe00a, b"evil")]), "unknown type 0xe00a"),
        ("an unknown node that may be skipped", extra(lambda m, n: [m.plain(0x200a, b"evil")]), "unknown type"),
        ("a header with a false checksum", extra(lambda m, n: [m.plain(PAD_T, b"evil", check=7)]), "no node, nor"),
        ("a node of the older format", extra(lambda m, n: [m.plain(PAD_T, magic=0x1984)]), "no node, nor"),
        ("a node that is too short", extra(lambda m, n: [m.plain(INODE_T, b"evil")]), "too short"),
        ("a cleanmarker that holds something", extra(lambda m, n: [m.plain(CLEAN_T, b"evil")]), "holds something"),
        ("a name of two sizes", extra(lambda m, n: [
            m.head(DIRENT_T, 44) + m.name(1, 1, 2, b"evilevil", 8)[12:44]]), "two sizes"),
        ("bytes that are no node", {"tail": b"evil" * 4}, "no node, nor"),
        ("a node past the end", {"tail": MAKE.head(PAD_T, 400)}, "past the end"),
        ("no size of erase blocks", {"block": 16 << 20, "clean": False,
                                     **extra(lambda m, n: [m.plain(PAD_T, bytes(5 << 20))])}, "of no size"),
    ]
    for text, changes, piece in rows:
        trial(f"jffs2: {text}", jffs2(**changes), base, "inconclusive", piece)
        trial(f"jffs2: {text}, rebuilt", base, jffs2(**changes), "inconclusive", piece)
    for cut in (13, 40, 9000, length - BLOCK + 100):
        done = compare(base[:cut], base)[1]
        result(done["tier"] in ("different", "inconclusive"), f"jffs2: cut short at {cut}", done["tier"])
    deep = {"/".join(["d" * 250] * n): (DIR, 0, None) for n in range(1, 18)}
    trial("jffs2: a path that no system call takes", jffs2(tree=deep, links={}, xattrs={}), base, "inconclusive",
          "a path of more than 4096 bytes")
    many = extra(lambda m, n: [m.inode(n["etc/motd"], 2 + i, FILE, isize=6, data=b"evil", offset=i % 2)
                               for i in range(2100)])
    trial("jffs2: thousands of nodes that hide each other", jffs2(**many), base, "inconclusive", "hide each other")


def far():
    """Linux keeps places of rtime in a short, so that it reads other bytes than these from behind 32 KiB."""
    start = b"".join(bytes([rng.randrange(1, 200)]) * 4 for _ in range(16000))
    content = start + b"\xf0AAAA" + b"x" * 50 + b"\xf0AAAAyy"
    # The padding makes erase blocks of all of them as large.
    changes = {"block": BLOCK * 32, "page": len(content), "xattrs": {}, "links": {},
               "twist": lambda nodes, n: [MAKE.plain(PAD_T, b"\xff" * (BLOCK * 17)), *nodes]}
    for text, part, tier in (("behind what a short holds", content, "inconclusive"),
                             ("that a short holds", content[-30000:], "repacked")):
        files = {"far": (FILE, 0, part)}
        trial(f"jffs2: a place of rtime {text}", jffs2(tree=files, codec=RTIME, **changes),
              jffs2(tree=files, codec=STORED, **changes), tier, *(["reads from too far"] if part is content else []))


def tree_with_hole():
    """The last node of a file is not there."""
    return {"twist": lambda nodes, n: [x for x in nodes if not (
        x[2:4] == b"\2\xe0" and x[12:16] == struct.pack("<I", n["bin/tool"]) and
        struct.unpack_from("<I", x, 44)[0] == len(PROGRAM) // PAGE * PAGE)]}


def blocks():
    """What depends on how large erase blocks are."""
    base = jffs2()
    for text, changes in (("smaller", {"block": BLOCK // 2}), ("larger", {"block": BLOCK * 2})):
        trial(f"jffs2: erase blocks that are {text}", jffs2(**changes), base, "different", "size of erase blocks")
    trial("jffs2: no cleanmarkers", jffs2(clean=False), base, "repacked", "jffs2/repacked@1")
    # Nodes that Linux does not see: behind erased flash at the start of a block, and in a block that
    # seems to have nothing but a cleanmarker.
    erased = b"\xff" * 2048 + pad4(HIDDEN)
    trial("jffs2: a node behind erased flash in a block", base + erased.ljust(BLOCK, b"\xff"), base, "inconclusive")
    marked = pad4(MAKE.plain(CLEAN_T)) + b"\xff" * 2048 + pad4(HIDDEN)
    trial("jffs2: a node behind a cleanmarker and erased flash", base + marked.ljust(BLOCK, b"\xff"), base,
          "inconclusive")
    half = base + b"\xff" * BLOCK + block_of(MAKE.plain(CLEAN_T), MAKE.name(1, 9, 0, b"gone", 0))
    trial("jffs2: a node that larger blocks hide", half, base, "different", "that hide nodes")
    small = jffs2(clean=False, tree={"noise": (FILE, 0, rng.randbytes(5000))}, links={}, xattrs={})
    trial("jffs2: erased flash behind the name at the start", small[:48] + b"\xff" * 256 + small[48:-256], small,
          "inconclusive", "of no size")
    # In the larger block nothing is seen behind the cleanmarker; the summary ends the smaller one.
    small = jffs2(block=BLOCK * 2, tree={"noise": (FILE, 0, rng.randbytes(5000))}, links={}, xattrs={})
    front = MAKE.plain(CLEAN_T).ljust(BLOCK - 44, b"\xff") + MAKE.summary([], BLOCK - 44, 44)
    trial("jffs2: all nodes behind a summary that larger blocks hide", front + small[:BLOCK], small, "different",
          "that hide nodes")

    def led(header):
        """A summary that leads to the middle of a file when blocks are larger."""
        start = pad4(MAKE.plain(CLEAN_T)) + pad4(MAKE.name(1, 1, 90, b"fake", 8))
        room = BLOCK - len(start) - 68
        data = (bytes(room - 100) + header).ljust(room, b"x")
        end = MAKE.plain(CLEAN_T).ljust(BLOCK - 100, b"\xff") + MAKE.summary([], BLOCK - 100, 100)
        return start + MAKE.inode(90, 1, FILE, isize=room, data=data) + end

    image = led(b"")
    trial("jffs2: a summary that leads into a file", image + b"\xff" * BLOCK, image, "repacked")
    other = led(put(MAKE.head(SUM_T, BLOCK + 100), 0, b"evil"))
    trial("jffs2: a summary that leads to another one", other, image, "inconclusive", "leads to another one")


def summaries():
    base = jffs2(summaries=True)
    assert struct.pack("<I", 0x02851885) == base[BLOCK - 4:BLOCK]
    start, = struct.unpack_from("<I", base, BLOCK - 8)

    def edited(function):
        """The first summary with changes, and its checksums made true."""
        head, text = bytearray(base[start:start + 32]), bytearray(base[start + 32:BLOCK])
        function(head, text)
        head[24:28] = struct.pack("<I", crc(bytes(text)))
        head[28:32] = struct.pack("<I", crc(bytes(head[:24])))
        return base[:start] + bytes(head + text) + base[BLOCK:]

    def at(place, value):
        def change(head, text):
            text[place:place + len(value)] = value
        return change

    def counted(head, text):
        head[12] -= 1

    for text, change in (("another inode in a name", at(18, b"\x09")), ("another parent", at(10, b"\x09")),
                         ("another version", at(14, b"\x09")), ("another place", at(6, b"\x10")),
                         ("another name", at(24, b"evl")), ("a node less", counted),
                         ("bytes behind its list", at(BLOCK - start - 32 - 12, b"evil"))):
        lying = edited(change)
        trial(f"jffs2: a summary with {text}", lying, base, "different", "summary is false")
        trial(f"jffs2: a summary with {text}, rebuilt", base, lying, "different", "summary is false")
    trial("jffs2: a summary with a false checksum", put(base, start + 24, b"evil"), base, "different", "is false")
    trial("jffs2: a summary with another cleanmarker", edited(lambda head, _: head.__setitem__(16, 9)), base,
          "different", "summary differs")
    trial("jffs2: a summary that says to be elsewhere", edited(at(BLOCK - start - 32 - 8, b"\x10")), base,
          "inconclusive")
    # A file that holds a summary at the end of a block: Linux would believe it.
    fake = MAKE.summary([MAKE.summary_of(HIDDEN, 0)], 100, BLOCK - 100)
    room = BLOCK - 68
    content = bytes(100 - 68) + fake
    assert len(content) == room
    held = block_of(MAKE.inode(90, 1, FILE, isize=room, data=content)) + jffs2(
        clean=False, **extra(lambda m, n: [m.name(1, 1, 90, b"fake", 8)]))
    other = block_of(MAKE.inode(90, 1, FILE, isize=room, data=bytes(room - 4) + b"good")) + jffs2(
        clean=False, **extra(lambda m, n: [m.name(1, 1, 90, b"fake", 8)]))
    trial("jffs2: a summary inside a file", held, other, "inconclusive", "a summary that no node has")
    trial("jffs2: a summary inside a file, rebuilt", other, held, "inconclusive", "a summary that no node has")


def versions():
    """Newer nodes hide older ones, in any order and in part; what is hidden must be equal."""
    rows = [(1, 0, b"a" * 3000), (2, 1000, b"b" * 1000), (3, 2500, b"c" * 1000), (4, 1200, b"d" * 100)]
    wanted = bytearray()
    for _, offset, data in rows:
        wanted[offset:offset + len(data)] = data

    def image(order, data=b"d" * 100, **kw):
        def more(make, n):
            nodes = [make.inode(90, v, FILE, isize=3500 if v > 2 else 3000, offset=o, data=data if v == 4 else d)
                     for v, o, d in rows]
            return [make.name(1, 1, 90, b"layers", 8), *(nodes[i] for i in order)]
        return jffs2(more=more, **kw)

    for order in ((0, 1, 2, 3), (3, 1, 2, 0), (2, 3, 0, 1)):
        seen = digests_in(image(order))
        result(seen.get("layers") == sha256(bytes(wanted)), f"jffs2: nodes of a file in the order {order}", seen)
        result(reader(image(order))["layers"][2] == bytes(wanted), "jffs2: as the second reader has it")
    base = image((0, 1, 2, 3))
    trial("jffs2: nodes over each other in another order", image((3, 2, 1, 0)), base, "repacked")
    trial("jffs2: a byte of a node that is on top", image((0, 1, 2, 3), b"d" * 99 + b"e"), base, "different",
          "layers: 1 byte differs")
    hidden = base.replace(b"b" * 1000, b"b" * 250 + b"evil" + b"b" * 746)
    at = hidden.index(b"b" * 250 + b"evil") - 68
    hidden = put(hidden, at + 60, struct.pack("<I", crc(hidden[at + 68:at + 1068])))
    hidden = put(hidden, at + 64, struct.pack("<I", crc(hidden[at:at + 60])))
    trial("jffs2: bytes that a newer node hides", hidden, base, "different", "data of which a part counts")


# --- judges -------------------------------------------------------------------------------------


def unrtime(data, wanted):
    out, places = bytearray(), [0] * 256
    for value, run in zip(data[::2], data[1::2]):
        out.append(value)
        back, places[value] = places[value], len(out)
        for i in range(run):
            out.append(out[back + i])
    assert len(out) == wanted
    return bytes(out)


def unlzo(data, wanted):
    return subprocess.run(["lzop", "-dc"], input=lzop_of(data, wanted), stdout=subprocess.PIPE, check=True).stdout


def lzop_of(data, size):
    """A raw block as a file of lzop: its header has no checksums of data."""
    head = struct.pack(">HHHBBIIII", 0x1040, 0x20a0, 0x0940, 1, 5, 0, 0o100644, 0, 0) + b"\0"
    return (b"\x89LZO\0\r\n\x1a\n" + head + struct.pack(">I", zlib.adler32(head)) +
            struct.pack(">II", size, len(data)) + data + bytes(4))


def reader(image):
    """The second reader: path -> (mode, uid, content or target or device). All blocks, all versions."""
    order = ">" if image[:2] == b"\x19\x85" else "<"
    names, inodes, at = {}, {}, 0
    while at + 12 <= len(image):
        magic, kind, length, _ = struct.unpack_from(order + "HHII", image, at)
        if magic != 0x1985:
            at += 4
            continue
        if kind == DIRENT_T:
            parent, version, ino = struct.unpack_from(order + "III", image, at + 12)
            name = image[at + 40:at + length]
            if version >= names.get((parent, name), (-1, 0))[0]:
                names[parent, name] = (version, ino)
        elif kind == INODE_T:
            f = struct.unpack_from(order + "IIIHHIIIIIIIB", image, at + 12)
            inodes.setdefault(f[0], []).append((f[1], f, image[at + 68:at + length]))
        at += (length + 3) // 4 * 4
    out = {}

    def content(ino):
        nodes = sorted(inodes[ino], key=lambda n: n[0])
        last, text = nodes[-1][1], bytearray(nodes[-1][1][5])
        for _, f, data in nodes:
            if not stat.S_ISREG(f[2]):
                return last, nodes[-1][2]
            data = {STORED: lambda d, n: d, ZERO: lambda d, n: bytes(n), RTIME: unrtime, LZO: unlzo,
                    ZLIB: lambda d, n: zlib.decompress(d)}[f[12]](data, f[11])
            text[f[9]:f[9] + len(data)] = data
        return last, bytes(text[:last[5]])

    def walk(parent, path):
        for (owner, name), (_, ino) in names.items():
            if owner != parent or ino == 0:
                continue
            full = path + name.decode()
            last, data = content(ino)
            out[full] = (last[2], last[3], data)
            if stat.S_ISDIR(last[2]):
                walk(ino, full + "/")

    walk(1, "")
    return out


def same_as_reader(text, image):
    wanted = {p: sha256(c) for p, (m, _, c) in reader(image).items() if stat.S_ISREG(m)}
    seen = {p: d for p, d in digests_in(image).items() if "!" not in p}
    twins = [p for p in wanted if p not in seen]  # hard links have no content of their own
    result(all(wanted[p] == d for p, d in seen.items()) and len(set(wanted) - set(twins)) == len(seen) and
           all(wanted[p] in seen.values() for p in twins), f"{text}: the second reader has the same files", seen)
    reads_to_end(text)


TABLE = """/dev d 755 0 0 - - - - -
/dev/console c 600 0 0 5 1 0 0 -
/dev/sda b 640 3 4 8 30 0 0 -
/bin/tool f 4755 7 9 - - - - -
"""


def on_disk(top):
    os.makedirs(top)
    for path, (mode, _, content) in TREE.items():
        full = os.path.join(top, path)
        if stat.S_ISDIR(mode):
            os.mkdir(full)
        elif stat.S_ISLNK(mode):
            os.symlink(content, full)
        elif stat.S_ISREG(mode):
            write(full, content)
            os.chmod(full, mode & 0o7777)
        elif stat.S_ISFIFO(mode):
            os.mkfifo(full)


def mkfs(*options, big=False, time=1700000000):
    for folder, _, files in os.walk("tree"):
        for name in files + [""]:
            os.utime(os.path.join(folder, name), (time, time), follow_symlinks=False)
    subprocess.run(["mkfs.jffs2", "-q", "-r", "tree", "-D", "table", "-e", "8KiB", "-b" if big else "-l", "-o", "made",
                    *options], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with open("made", "rb") as f:
        return f.read()


def judges():
    on_disk("tree")
    write("table", TABLE.encode())
    base = mkfs()
    trial("mkfs.jffs2: times", mkfs(time=1600000000), base, "transplanted", "jffs2/timestamps@1")
    # Devices of its table have the time of the run.
    result(compare(mkfs(), base)[1]["tier"] in ("identical", "transplanted"), "mkfs.jffs2: two runs")
    trial("mkfs.jffs2: padded", mkfs("-p"), base, "repacked", "container/padding@1")
    write("tree/bin/tool", EVIL)
    trial("mkfs.jffs2: a byte, and times", mkfs(time=1600000000), base, "different", "bin/tool: 1 byte differs")
    write("tree/bin/tool", PROGRAM)
    for text, options, big in (("zlib", (), False), ("lzo", ("-X", "lzo", "-x", "zlib"), False),
                               ("rtime", ("-x", "zlib"), False), ("nothing", ("-m", "none"), False),
                               ("zlib, big-endian", (), True), ("no cleanmarkers", ("-n",), False),
                               ("large cleanmarkers", ("-c", "64"), False), ("small pages", ("-s", "1024"), True)):
        if "lzo" in text and not shutil.which("lzop"):
            continue
        image = mkfs(*options, big=big)
        same_as_reader(f"mkfs.jffs2, {text}", image)
        # In a block of another size things are elsewhere, which is a matter of its own.
        if options and not big:
            trial(f"mkfs.jffs2, {text}: against zlib", image, base, "repacked")
        write("plain", image)
        endian = "-b" if big else "-l"
        done = subprocess.run(["sumtool", endian, "-e", "8KiB", "-i", "plain", "-o", "summed", "-p",
                               *(("-n",) if "no clean" in text else ())], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            continue
        with open("summed", "rb") as f:
            summed = f.read()
        same_as_reader(f"sumtool, {text}", summed)
        trial(f"sumtool, {text}: against the image without summaries", summed, image, "repacked")
    try:
        os.setxattr("tree/etc/motd", "user.x", b"value")
        inspected(mkfs("--with-xattr"))
        out = subprocess.run([ASSAY, "inspect", "--map", "inspected"], stdout=subprocess.PIPE).stdout
        result(b'etc/motd: xattr user.x: value' in out, "mkfs.jffs2: an attribute", out[:2000])
        os.removexattr("tree/etc/motd", "user.x")
    except OSError:
        pass  # where this file system has none
    shown = {a["path"]: a for a in inspected(base)}
    out = subprocess.run([ASSAY, "inspect", "--map", "inspected"], stdout=subprocess.PIPE).stdout.decode()
    result(all(x in out for x in ("dev/sda: device: 8,30", "bin/tool: mode: 104755", "bin/tool: uid: 7",
                                  "bin/tool: gid: 9", "dev/console: device: 5,1")), "mkfs.jffs2: modes and devices", out)
    result(shown["bin/tool"]["sha256"] == sha256(PROGRAM), "mkfs.jffs2: a program")


def dumped():
    """jffs2dump takes what this test makes for right, to the last checksum."""
    for big in (False, True):
        write("own", jffs2(big=big))
        out = subprocess.run(["jffs2dump", "-c", "-b" if big else "-l", "own"], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT).stdout.decode()
        kinds = [len(re.findall(k, out)) for k in ("Inode ", "Dirent ", "Xattr ", "Xref ")]
        image = jffs2(big=big)
        magic = b"\x19\x85" if big else b"\x85\x19"
        wanted = [image.count(magic + (struct.pack(">H" if big else "<H", t))) for t in (
            INODE_T, DIRENT_T, XATTR_T, XREF_T)]
        result(kinds == wanted and not re.search("[Ww]rong|[Ii]nvalid|crc error", out),
               f"jffs2dump: {'big' if big else 'little'}-endian nodes of this test", out[:2000])
        same_as_reader(f"this test, {'big' if big else 'little'}-endian", image)
    for codec in (RTIME, STORED):
        same_as_reader(f"this test, packed by {codec}", jffs2(codec=codec))


def deeper():
    """What is in a file is compared as anywhere; checksums of data follow from it."""
    pair = [jffs2(**tree(etc_motd=(FILE, 0, gz(b"hello" * 50, mtime=t)))) for t in (7, 8)]
    trial("jffs2: a time in a file that is stored", *pair, "transplanted", "gzip/timestamps@1")
    pair = [jffs2(time=t, **tree(etc_motd=(FILE, 0, gz(b"hello" * 50, mtime=t)))) for t in (7, 8)]
    trial("jffs2: and times of files", *pair, "transplanted", "gzip/timestamps@1", "jffs2/timestamps@1")


if __name__ == "__main__":
    need("mkfs.jffs2", "jffs2dump", "sumtool")
    with Folder():
        table("jffs2", jffs2, BENIGN, ATTACKS)
        for what, changed, rule in MORE_BENIGN:
            trial(f"jffs2: {what}", jffs2(**changed), jffs2(), "repacked", f"({rule})")
            trial(f"jffs2: {what}, the other way", jffs2(), jffs2(**changed), "repacked", f"({rule})")
            trial(f"jffs2: {what}, and a byte of a program", jffs2(**changed, **tree(bin_tool=(0o100755, 0, EVIL))),
                  jffs2(), "different", "bin/tool: 1 byte differs")
        for part in (lies, far, blocks, summaries, versions, deeper, dumped, judges):
            part()
    finish()
