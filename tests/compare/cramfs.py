#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""cramfs images, made here byte by byte and by mkfs.cramfs: attacks, images that lie, and every file
against what fsck.cramfs takes out."""
import stat
import zlib

from pairs import *  # noqa: F403

DIR, FILE, LINK, CHAR, FIFO = 0o40755, 0o100644, 0o120777, 0o20600, 0o10600
PROGRAM = bytes(range(256)) * 33
# path: mode, owner, content (a device: its number)
TREE = {"bin": (DIR, 0, None), "bin/tool": (0o100755, 0, PROGRAM), "dev": (DIR, 0, None),
        "dev/console": (CHAR, 0, 0x501), "dev/pipe": (FIFO, 0, 0), "empty": (FILE, 0, b""),
        "etc": (DIR, 0, None), "etc/link": (LINK, 0, b"motd"), "etc/motd": (FILE, 0, b"hello\n"),
        "etc/void": (FILE, 0, bytes(5000) + b"x"), "etc/zoom": (FILE, 0, b"hullo\n")}


def inode(big, mode, uid, size, gid, name_len, at):
    words = [(mode, 16, uid), (size, 24, gid), (name_len // 4, 6, at // 4)]
    if big:
        return b"".join(struct.pack(">I", a << 32 - w | b) for a, w, b in words)
    return b"".join(struct.pack("<I", b << w | a) for a, w, b in words)


def blocks_of(content, level, holes):
    pieces = [content[i:i + 4096] for i in range(0, len(content), 4096)]
    return [b"" if holes and not any(p) else zlib.compress(p, level) for p in pieces]


def cramfs(tree=TREE, big=False, level=9, holes=False, shift=0, flags=3, share=(), edition=0, name=b"vol",
           gid=0, crc=None, blocks=None, files=None, size=None, order=sorted, fill=b"\0", root=DIR, places=None,
           sizes=None, ends=None, tail=b"", align=4, front=None, names=None, twist=None):
    """places, sizes: of a path, other than the truth; names: what a listing has instead of a name;
    share: paths whose content is in the place of that of another; twist: of the bytes, at the end."""
    order_of = "<>"[big]
    folders = ["", *[p for p, (mode, *_) in tree.items() if stat.S_ISDIR(mode)]]
    listings = {f: order(p for p in tree if p.rpartition("/")[0] == f) for f in folders}

    def shown(path):
        text = (names or {}).get(path, path.rpartition("/")[2].encode())
        return text + fill * (-len(text) % 4)

    at, length = {}, {}
    end = shift + 76
    for f in folders:
        length[f] = sum(12 + len(shown(p)) for p in listings[f])
        at[f] = end if length[f] else 0
        end += length[f]
    data, count = b"", 0
    for path, (mode, _, content) in tree.items():
        length.setdefault(path, len(content) if isinstance(content, bytes) else content)
        if not content or isinstance(content, int):
            at.setdefault(path, 0)
            continue
        twin = dict(share).get(path)
        if twin:
            at[path] = at[twin]
            continue
        data += bytes(-(end + len(data)) % align)
        at[path] = end + len(data)
        packed = blocks_of(content, level, holes)
        count += len(packed)
        stop, table = at[path] + 4 * len(packed), b""
        for i, block in enumerate(packed):
            stop += len(block)
            table += struct.pack(order_of + "I", (ends or {}).get((path, i), stop))
        data += table + b"".join(packed)
    at.update(places or {})
    length.update(sizes or {})
    body = inode(big, root, 0, length[""], 0, 0, at[""])
    for f in folders:
        for p in listings[f]:
            body += inode(big, tree[p][0], tree[p][1], length[p], gid, len(shown(p)), at[p]) + shown(p)
    image = body + data
    image += bytes(-(shift + 64 + len(image)) % 4096)
    total = shift + 64 + len(image)
    head = struct.pack(order_of + "4I16s4I16s", 0x28cd3d45, total if size is None else size, flags, 0,
                       b"Compressed ROMFS", 0, edition, count if blocks is None else blocks,
                       len(tree) + 1 if files is None else files, name)
    if twist:
        head, image = twist(head, image)
    head = head[:32] + struct.pack(order_of + "I", zlib.crc32(head + image) if crc is None else crc) + head[36:]
    return (bytes(shift) if front is None else front) + head + image + tail


def tree(**changes):
    """The tree with changes: None takes a path away. "_" stands for "/"."""
    out = {**TREE, **{p.replace("_", "/"): v for p, v in changes.items()}}
    return {"tree": {p: v for p, v in sorted(out.items()) if v is not None}}


BENIGN = [("blocks packed at another level", {"level": 1}, "repacked", "cramfs/repacked@1"),
          ("erase blocks filled up", {"tail": b"\xff" * 2048}, "repacked", "container/padding@1"),
          ("files at multiples of 64", {"align": 64}, "repacked", "cramfs/repacked@1")]
EVIL = PROGRAM[:7000] + b"\xcc" + PROGRAM[7001:]
ATTACKS = [
    ("a byte of a program", tree(bin_tool=(0o100755, 0, EVIL)), "bin/tool: 1 byte differs"),
    ("setuid", tree(bin_tool=(0o104755, 0, PROGRAM)), "bin/tool: mode: "),
    ("an owner", tree(bin_tool=(0o100755, 7, PROGRAM)), "bin/tool: uid: "),
    ("a group", {"gid": 7}, "gid: "),
    ("the mode of the root", {"root": 0o40777}, ".: mode: "),
    ("the target of a link", tree(etc_link=(LINK, 0, b"evil")), "etc/link"),
    ("a device's number", tree(dev_console=(CHAR, 0, 0x502)), "dev/console: device: "),
    ("a device of another kind", tree(dev_console=(0o60600, 0, 0x501)), "dev/console"),
    ("a number of a FIFO", tree(dev_pipe=(FIFO, 0, 1)), "dev/pipe: size: "),
    ("a file more", tree(etc_rc=(FILE, 0, b"evil")), "etc/rc: only in the"),
    ("a file less", tree(etc_motd=None), "etc/motd: only in the"),
    ("an empty folder more", tree(etc_z=(DIR, 0, None)), "etc/z: only in the"),
    ("a name that ends in a space", {"names": {"etc/motd": b"motd "}}, "etc/motd : only in"),
    ("two files that changed names", tree(etc_motd=TREE["etc/zoom"], etc_zoom=TREE["etc/motd"]), "etc/motd"),
    ("a file that shows another one's content", {"share": (("etc/zoom", "etc/motd"),)}, "etc/zoom"),
    ("a shorter file", tree(etc_motd=(FILE, 0, b"hello")), "etc/motd"),
    ("the place of a file without data", {"places": {"empty": 64}}, "empty: place without data"),
    ("the edition", {"edition": 1}, "edition differs"),
    ("the name of the volume", {"name": b"wol"}, "name differs"),
    ("the number of files", {"files": 99}, "files"),
    ("the number of blocks", {"blocks": 99}, "blocks"),
    ("a checksum that is false", {"crc": 1}, "checksum is false"),
    ("bytes between files", {"twist": lambda head, image: (head, image[:-1] + b"x")}, "bytes of no file", {"tail"}),
    ("bytes behind the end", {"tail": b"evil"}, "bytes of no file"),
    ("flags", {"flags": 0x103}, "flags differs"),
]
LIES = [
    ("a folder in itself", {"places": {"bin": 76}, "sizes": {"bin": 16}}, "a listing of two directories"),
    ("a listing of two folders", {"places": {"dev": 76, "etc": 76}}, "cramfs"),
    ("a listing past the end", {"places": {"etc": 1 << 27}}, "past the end"),
    ("a listing cut short", {"sizes": {"etc": 20}}, "past the end"),
    ("content past the end", {"places": {"etc/motd": 1 << 27}}, "past the end"),
    ("content over the superblock", {"places": {"etc/motd": 0}}, "cramfs"),
    ("two files of different size in one place", {"share": (("etc/motd", "bin/tool"),)}, "different size"),
    ("a block that ends before it begins", {"ends": {("bin/tool", 0): 80}}, "ends where none can"),
    ("a block that ends past the image", {"ends": {("bin/tool", 2): 1 << 20}}, "ends where none can"),
    ("names in no order", {"order": lambda p: sorted(p, reverse=True)}, "names in no order"),
    ("a name twice", {"names": {"etc/zoom": b"void"}}, "names in no order"),
    ("a name with a slash", {"names": {"etc/motd": b"m/td"}}, "not a file name"),
    ("a name with a zero in it", {"names": {"etc/motd": b"m\0td"}}, "not a file name"),
    ("a name of zeros", {"names": {"bin": bytes(4)}}, "not a file name"),
    ("a name that is the folder itself", {"names": {"bin": b"."}}, "not a file name"),
    ("a link of nothing", tree(etc_link=(LINK, 0, b"")), "a link of 0 bytes"),
    ("a link with a zero in it", tree(etc_link=(LINK, 0, b"mo\0td")), "cramfs"),
    ("a mode that is no type", tree(dev_pipe=(0o110600, 0, 0)), "mode 110600"),
    ("a root that is a file", {"root": FILE}, "no root directory"),
    ("flags that Linux does not know", {"flags": 0x80000003}, "flags 0x80000003"),
    ("direct block pointers", {"flags": 0x803}, "flags 0x803"),
    ("listings in no order by its own word", {"flags": 1}, "flags 0x1 "),
    ("more bytes than there are", {"size": 1 << 20}, "cut short"),
    ("fewer bytes than the superblock", {"size": 70}, "cut short"),
    ("a file longer than its blocks", {"sizes": {"etc/motd": 7}}, "bytes, not 7"),
    ("a file shorter than its blocks", {"sizes": {"etc/motd": 5}}, "block"),
]


def lies():
    for text, changes, piece in LIES:
        trial(f"cramfs: {text}", cramfs(**changes), cramfs(), "inconclusive", piece)
        trial(f"cramfs: {text}, rebuilt", cramfs(), cramfs(**changes), "inconclusive", piece)
    deep = {"/".join(["d" * 252] * n): (DIR, 0, None) for n in range(1, 18)}
    trial("cramfs: a path that no system call takes", cramfs(tree=deep), cramfs(), "inconclusive",
          "a path of more than 4096 bytes")
    good = cramfs()
    for cut in (100, 2000, len(good) - 1):
        trial(f"cramfs: cut short at {cut}", good[:cut], good, "inconclusive", "cut short")


def more_pairs():
    trial("cramfs: holes", cramfs(holes=True, flags=0x103), cramfs(flags=0x103), "repacked", "cramfs/repacked@1")
    same = tree(etc_zoom=TREE["etc/motd"])
    shared = cramfs(share=(("etc/zoom", "etc/motd"),), **same)
    trial("cramfs: equal files that share a place", shared, cramfs(**same), "repacked", "cramfs/repacked@1")
    trial("cramfs: the other way", cramfs(**same), shared, "repacked", "cramfs/repacked@1")
    shared_evil = cramfs(share=(("etc/zoom", "etc/motd"),),
                         **tree(etc_zoom=(FILE, 0, b"evil!\n"), etc_motd=(FILE, 0, b"evil!\n")))
    trial("cramfs: a byte of files that share a place", shared_evil, shared, "different", "etc/motd", "etc/zoom")
    # Linux has one inode for both: with the mode and owner of the one that it sees first.
    for text, twin in (("a mode", (0o104755, 0, b"hello\n")), ("an owner", (FILE, 7, b"hello\n"))):
        pair = tree(etc_zoom=twin)
        joined = cramfs(share=(("etc/zoom", "etc/motd"),), **pair)
        for side, delivered, rebuilt in (("delivered", joined, cramfs(**pair)), ("rebuilt", cramfs(**pair), joined)):
            trial(f"cramfs: equal files that share a place and not {text}, {side}", delivered, rebuilt, "different",
                  "etc/motd: inode of", "etc/zoom: inode of")
        trial(f"cramfs: files that share a place and not {text}, packed at another level",
              cramfs(share=(("etc/zoom", "etc/motd"),), level=1, **pair), joined, "repacked", absent=("inode of",))
    kinds = tree(etc_zoom=(FILE, 0, b"motd"))
    trial("cramfs: a file that shares its place with a link", cramfs(share=(("etc/zoom", "etc/link"),), **kinds),
          cramfs(**kinds), "different", "etc/link: inode of", "etc/zoom: inode of")
    for text, changes in (("in the other byte order", {"big": True}), ("behind a boot sector", {"shift": 512})):
        base = cramfs(**changes)
        trial(f"cramfs {text}: packed at another level", cramfs(level=1, **changes), base, "repacked",
              "cramfs/repacked@1")
        trial(f"cramfs {text}: setuid", cramfs(**tree(bin_tool=(0o104755, 0, PROGRAM)), **changes), base,
              "different", "bin/tool: mode: ")
        trial(f"cramfs {text}: a device", cramfs(**tree(dev_console=(CHAR, 0, 0x502)), **changes), base,
              "different", "dev/console: device")
        trial(f"cramfs {text}: against one that is not", base, cramfs(), "different")
    archives = [tar(member("a.img", cramfs(**changes))) for changes in ({"level": 1}, {})]
    trial("cramfs: the first file of an archive", *archives, "repacked", "cramfs/repacked@1")
    trial("cramfs: a root that is elsewhere", cramfs(places={"": 80}), cramfs(), "different")
    trial("cramfs: code in front", cramfs(shift=512, front=b"evil" + bytes(508)), cramfs(shift=512),
          "different", "bytes in front")


def on_disk(top):
    os.makedirs(top)
    for path, (mode, _, content) in TREE.items():
        full = os.path.join(top, path)
        if stat.S_ISCHR(mode):
            continue  # wants to be root
        if stat.S_ISDIR(mode):
            os.mkdir(full)
        elif stat.S_ISLNK(mode):
            os.symlink(content, full)
        elif stat.S_ISREG(mode):
            write(full, content)
        else:
            os.mkfifo(full)
        if not stat.S_ISLNK(mode):
            os.chmod(full, mode & 0o7777)


def taken_out(image):
    """Files as fsck.cramfs takes them out. Its extraction wants to be root for devices."""
    shutil.rmtree("out", ignore_errors=True)
    write("judged", image)
    done = subprocess.run(["fsck.cramfs", "--extract=out", "judged"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done, digests_below("out")


def judges():
    """What fsck.cramfs calls good is read to its end, with the same files in it."""
    on_disk("tree")
    for text, options in (("plain", []), ("with holes", ["-z"]), ("behind a boot sector", ["-p"]),
                          ("big-endian", ["-N", "big"])):
        subprocess.run(["mkfs.cramfs", "-n", "vol", *options, "tree", "made"], check=True,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with open("made", "rb") as f:
            made = f.read()
        wanted = {p: sha256(c) for p, (m, _, c) in TREE.items() if stat.S_ISREG(m)}
        seen = digests_in(made)
        result(seen == wanted, f"mkfs.cramfs, {text}: files and their digests", seen)
        reads_to_end(f"mkfs.cramfs, {text}")
        if text in ("plain", "behind a boot sector"):  # it reads no others
            result(taken_out(made)[1] == wanted, f"mkfs.cramfs, {text}: fsck.cramfs has the same files")
    own = {p: v for p, v in TREE.items() if stat.S_ISREG(v[0]) or stat.S_ISDIR(v[0])}
    done, found = taken_out(cramfs(tree=own))
    result(done.returncode == 0 and found == {p: sha256(c) for p, (_, _, c) in own.items() if c is not None},
           "fsck.cramfs takes the image of this test for one", done.stdout)
    modes = {p: (m if m != FIFO else FIFO, 0, c) for p, (m, _, c) in TREE.items() if p != "dev/console"}
    stamped = cramfs(tree={p: (m, os.stat("tree").st_uid & 0xffff, c) for p, (m, _, c) in modes.items()},
                     gid=os.stat("tree").st_gid & 0xff)
    with open("made", "wb") as f:
        f.write(stamped)
    subprocess.run(["mkfs.cramfs", "-n", "vol", "tree", "twin"], check=True, stdout=subprocess.PIPE,
                   stderr=subprocess.PIPE)
    with open("twin", "rb") as f:
        answer = compare(stamped, f.read())[1]
    texts = [f["text"] for f in answer["findings"] if f["class"] == "unexplained"]
    result(not [t for t in texts if not t.startswith(".:")], "mkfs.cramfs and this test write the same", texts)


if __name__ == "__main__":
    need("mkfs.cramfs")
    with Folder():
        table("cramfs", cramfs, BENIGN, ATTACKS)
        for part in (lies, more_pairs, judges):
            part()
    finish()
