#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""UBIFS images made by mkfs.ubifs and changed here node by node: what may differ, attacks, images that lie. A
second reader, in this file, has the same names, modes and files."""
import random
import stat
import zlib

from jffs2 import unlzo
from pairs import *  # noqa: F403

BLOCK = 15360
INODE, DATA, NAME, XATTR, PAD, SUPER, MASTER, REF, INDEX = 0, 1, 2, 3, 5, 6, 7, 8, 9
rng = random.Random(6)
PROGRAM = bytes(rng.choice(b"\x90\xc3\x55\x48\x89\xe5\x0f\x1f") for _ in range(20 * 1024 + 100))
FILES = {"bin/tool": (0o755, PROGRAM), "etc/motd": (0o644, b"hello\n"), "etc/zoom": (0o644, b"hullo\n"),
         "empty": (0o644, b""), "holes": (0o644, bytes(9 * 1024) + b"end"), "noise": (0o600, rng.randbytes(5000))}
TABLE = "/dev d 755 0 0 - - - - -\n/dev/console c 600 0 0 5 1 0 0 -\n/dev/sda b 640 3 4 8 0 0 0 -\n"


def crc(data):
    return ~zlib.crc32(data) & 0xffffffff


def le(image, at, width=4):
    return int.from_bytes(image[at:at + width], "little")


def put(image, at, data):
    return image[:at] + data + image[at + len(data):]


def summed(image, at):
    """A node with its checksum made true."""
    return put(image, at + 4, struct.pack("<I", crc(image[at + 8:at + le(image, at + 16)])))


def edit(image, at, offset, data):
    return summed(put(image, at + offset, data), at)


def on_disk(top, files):
    os.makedirs(top)
    os.makedirs(top + "/dev")
    for path, (mode, content) in sorted(files.items()):
        os.makedirs(os.path.dirname(os.path.join(top, path)), exist_ok=True)
        write(os.path.join(top, path), content)
        os.chmod(os.path.join(top, path), mode)
    os.symlink("motd", top + "/etc/link")
    os.link(top + "/bin/tool", top + "/bin/zz")
    os.mkfifo(top + "/dev/pipe")
    for folder, _, names in os.walk(top):
        for name in names + [""]:
            os.utime(os.path.join(folder, name), (1700000000, 1700000000), follow_symlinks=False)


def mkfs(*options, files=None, top="tree", block=BLOCK):
    shutil.rmtree(top, ignore_errors=True)
    on_disk(top, files or FILES)
    return again(*options, top=top, block=block)


def again(*options, top="tree", block=BLOCK):
    write("table", TABLE.encode())
    subprocess.run(["mkfs.ubifs", "-r", top, "-D", "table", "-U", "-m", "1", "-e", str(block), "-c", "40", "-o", "made",
                    *options], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with open("made", "rb") as f:
        return f.read()


# --- the second reader --------------------------------------------------------------------------


def leaves(image):
    """(inode, type, rest of the key, place) of what the index leads to, and places of index nodes."""
    block = le(image, 36)
    at = block + 48
    todo, found, index = [le(image, at) * block + le(image, at + 4)], [], []
    while todo:
        at = todo.pop()
        index.append(at)
        for i in range(le(image, at + 24, 2)):
            branch = at + 28 + i * 20
            place = le(image, branch) * block + le(image, branch + 4)
            if le(image, at + 26, 2):
                todo.append(place)
            else:
                rest = le(image, branch + 16)
                found.append((le(image, branch + 12), rest >> 29, rest & 0x1fffffff, place, branch))
    return found, index


def reader(image):
    """path -> (mode, uid, gid, content or target or device number, place of the inode, place of the name)"""
    inodes, names, data = {}, {}, {}
    for inode, kind, rest, at, _ in leaves(image)[0]:
        if kind == INODE:
            inodes[inode] = at
        elif kind == NAME:
            names.setdefault(inode, []).append(at)
        elif kind == DATA:
            data.setdefault(inode, {})[rest] = at
    out = {}

    def content(inode):
        at = inodes[inode]
        mode, size = le(image, at + 104), le(image, at + 48, 8)
        if not stat.S_ISREG(mode):
            return image[at + 160:at + 160 + le(image, at + 112)]
        text = bytearray(size)
        for number, node in data.get(inode, {}).items():
            codec, body = le(image, node + 44, 2), image[node + 48:node + le(image, node + 16)]
            if codec == 2:
                body = zlib.decompress(body, -15)
            elif codec == 3:
                body = subprocess.run(["zstd", "-dc"], input=body, stdout=subprocess.PIPE, check=True).stdout
            elif codec == 1:
                body = unlzo(body, le(image, node + 40))
            text[number * 4096:number * 4096 + len(body)] = body
        return bytes(text)

    def walk(inode, path):
        for at in names.get(inode, []):
            child, full = le(image, at + 40, 8), path + image[at + 56:at + 56 + le(image, at + 50, 2)].decode()
            node = inodes[child]
            mode = le(image, node + 104)
            out[full] = (mode, le(image, node + 96), le(image, node + 100), content(child), node, at)
            if stat.S_ISDIR(mode):
                walk(child, full + "/")

    walk(1, "")
    return out


def branch_to(image, place):
    return next(branch for *_, at, branch in leaves(image)[0] if at == place)


def data_of(image, path, number=0):
    inode = le(image, reader(image)[path][4] + 24)
    return next(at for i, kind, rest, at, _ in leaves(image)[0] if (i, kind, rest) == (inode, DATA, number))


def edit_branch(image, place, offset, data):
    """A change in the branch to a node, with the checksum of its index node."""
    branch = branch_to(image, place)
    node = max(at for at in leaves(image)[1] if at < branch)
    return edit(image, node, branch - node + offset, data)


# --- pairs --------------------------------------------------------------------------------------

BASE = None


def make(uuid=None, time=None, patch=None, tail=b""):
    image = BASE
    if uuid:
        image = edit(image, 0, 108, uuid)
    if time:
        for path, row in reader(image).items():
            image = edit(image, row[4], 56, struct.pack("<QQQIII", time, time + 1, time + 2, 3, 4, 5))
    return (patch(image) if patch else image) + tail


def in_inode(path, offset, data):
    return {"patch": lambda image: edit(image, reader(image)[path][4], offset, data)}


def in_name(path, offset, data):
    return {"patch": lambda image: edit(image, reader(image)[path][5], offset, data)}


def at(place, data, fill=b"\xff"):
    def patch(image):
        where = place(image) if callable(place) else place
        assert image[where:where + len(data)] == fill * len(data), where
        return put(image, where, data)
    return {"patch": patch}


def evil_data(image):
    """A byte of a file that is not packed."""
    node = data_of(image, "noise")
    assert le(image, node + 44, 2) == 0
    return edit(image, node, 48 + 700, bytes([image[node + 748] ^ 1]))


BENIGN = [("a UUID", {"uuid": b"0123456789abcdef"}, "transplanted", "ubifs/uuid@1"),
          ("times", {"time": 1600000000}, "transplanted", "ubifs/timestamps@1")]


def attacks():
    block = BLOCK
    other = {"patch": lambda image: edit(image, reader(image)["etc/motd"][5], 40,
                                         image[reader(image)["etc/zoom"][5] + 40:][:8])}
    return [
        ("a byte of a file", {"patch": evil_data}, "noise: 1 byte differs"),
        ("setuid", in_inode("bin/tool", 104, struct.pack("<I", 0o104755)), "bin/tool: mode differs"),
        ("an owner", in_inode("bin/tool", 96, b"\7"), "bin/tool: uid differs"),
        ("a group", in_inode("bin/tool", 100, b"\7"), "bin/tool: gid differs"),
        ("an immutable file", in_inode("bin/tool", 108, b"\4"), "bin/tool: flags differs"),
        ("the number of links", in_inode("bin/tool", 92, b"\7"), "bin/tool: number of links differs"),
        ("a number of creation", in_inode("bin/tool", 40, b"\x99"), "bin/tool: number of creation differs"),
        ("reserved bytes of an inode", in_inode("bin/tool", 140, b"evil"), "bin/tool: reserved differs"),
        ("a shorter file", in_inode("holes", 48, struct.pack("<Q", 9 * 1024 + 3 + 1)), "holes"),
        ("the target of a link", in_inode("etc/link", 160, b"evil"), "etc/link"),
        ("a device's number", in_inode("dev/console", 160, b"\2"), "dev/console: data of an inode"),
        ("a name that leads to another file", other, "etc/motd"),
        ("a time that is none", in_inode("bin/tool", 80, struct.pack("<I", 1000000000)), "odd times"),
        ("a time in the year 9999", in_inode("bin/tool", 56, struct.pack("<Q", 253370764800)), "odd times"),
        ("bytes in a free block", at(lambda i: len(i) - block - 900, b"evil"), "bytes of no node"),
        ("bytes behind a master", at(block + 512, b"evil"), "master: 4 of 516 bytes"),
        ("bytes in the log", at(4 * block - 900, b"evil"), "log: "),
        ("the number of the last commit", {"patch": lambda i: edit(i, 3 * block, 24, b"\7")}, "log differs"),
        ("bytes among orphans", {"patch": lambda i: put(i, (3 + le(i, 56) + le(i, 60)) * block + 64, b"evil")},
         "orphans"),
        ("properties of erase blocks", {"patch": lambda i: put(i, (3 + le(i, 56)) * block, b"evil")},
         "properties of erase blocks differs"),
        ("the reserved pool", {"patch": lambda i: edit(i, 0, 96, b"\7")}, "reserved pool differs"),
        ("a flag", {"patch": lambda i: edit(i, 0, 28, bytes([i[28] ^ 4]))}, "keys and flags differs"),
        ("reserved bytes of the superblock", {"patch": lambda i: edit(i, 0, 3000, b"evil")}, "reserved bytes differs"),
        ("bytes behind the superblock", at(lambda i: 5000, b"evil"), "bytes of no node"),
        ("a false checksum of an inode", {"patch": lambda i: put(i, reader(i)["empty"][4] + 4, b"evil")}, "is false"),
        ("a false checksum of data", {"patch": lambda i: put(i, data_of(i, "noise") + 4, b"evil")}, "is false"),
        ("a false checksum of the superblock", {"patch": lambda i: put(i, 4, b"evil")}, "is false"),
        ("bytes behind the end", {"tail": b"evil" * 100}, "bytes of no node"),
    ]


def masters(offset, data):
    return lambda i: edit(edit(i, BLOCK, offset, data), 2 * BLOCK, offset, data)


def lies():
    first_index = leaves(BASE)[1][0]
    rows = [
        ("masters that differ", lambda i: edit(i, BLOCK, 64, b"\7"), "two masters that differ"),
        ("one master", lambda i: put(i, 2 * BLOCK, b"\xff" * 512), "less than two masters"),
        ("not unmounted", masters(40, b"\1"), "was not unmounted"),
        ("a journal", lambda i: put(i, 3 * BLOCK + 32, summed(struct.pack(
            "<IIQIBB2x", 0x06101831, 0, 9, 64, REF, 0).ljust(64, b"\0"), 0)), "journal was not replayed"),
        ("an index that is not there", masters(48, b"\xff\xff"), "an index that is not there"),
        ("an index that is a superblock", masters(48, bytes(8)), "an index that is not there"),
        ("an index node of another level", lambda i: edit(i, first_index, 26, b"\7"), "another kind"),
        ("an index of too many levels", lambda i: edit(i, first_index, 26, b"\xff\xff"), "too many levels"),
        ("an index node that is not all of it", lambda i: edit(i, first_index, 24, b"\1"), "another kind"),
        ("a branch that leads to itself", lambda i: edit(edit(i, first_index, 28, masters_root(i)), first_index, 26,
                                                         i[first_index + 26:first_index + 28]), ""),
        ("a branch that leads outside", lambda i: edit(i, first_index, 28, b"\xff\xff\xff\x7f"), "leads to nothing"),
        ("a branch with another key", lambda i: edit_branch(i, reader(i)["empty"][4], 12, b"\x7f"), "another key"),
        ("a branch with another length", lambda i: edit_branch(i, reader(i)["empty"][4], 8, b"\x7f"), "another length"),
        ("a key of another type", lambda i: edit_branch(i, reader(i)["empty"][4], 19, b"\xe0"), "another type"),
        ("a name with a slash", lambda i: edit(i, reader(i)["etc/motd"][5], 57, b"/"), "not a file name"),
        ("a name with a zero in it", lambda i: edit(i, reader(i)["etc/motd"][5], 57, b"\0"), "not a file name"),
        ("a name that its hash does not find", lambda i: edit(i, reader(i)["etc/motd"][5], 57, b"x"), "by its hash"),
        ("a name that leads to no inode", lambda i: edit(i, reader(i)["etc/motd"][5], 40, b"\x7f\x7f"),
         "leads to no inode"),
        ("a folder in itself", lambda i: edit(edit(i, reader(i)["etc/motd"][5], 40, i[reader(i)["etc"][5] + 40:][:8]),
                                              reader(i)["etc/motd"][5], 49, b"\1"), "with two names"),
        ("a name of another type", lambda i: edit(i, reader(i)["etc/motd"][5], 49, b"\1"), "another type"),
        ("a mode that is no type", lambda i: edit(i, reader(i)["etc/motd"][4], 104, b"\0\0\0\0"), "another type"),
        ("a link of nothing", lambda i: edit(i, reader(i)["etc/link"][4], 48, b"\0"), "a link of"),
        ("a file that ends in front of its data", lambda i: edit(i, reader(i)["etc/motd"][4], 48, b"\1"),
         "contradict each other"),
        ("a file of 8 EiB", lambda i: edit(i, reader(i)["empty"][4], 48, b"\xff" * 7 + b"\x7f"), "limit: "),
        ("data packed by something else", lambda i: edit(i, data_of(i, "noise"), 44, b"\7"), "which is not read"),
        ("data that is damaged", lambda i: edit(i, data_of(i, "noise"), 44, b"\2"), "deflate block"),
        ("encryption", lambda i: edit(i, 0, 28, b"\x10"), "does not read"),
        ("authentication", lambda i: edit(i, 0, 28, b"\x20"), "does not read"),
        ("a newer format", lambda i: edit(i, 0, 80, b"\x09"), "does not read"),
        ("other keys", lambda i: edit(i, 0, 26, b"\x01"), "does not read"),
        ("more erase blocks than there are", lambda i: edit(i, 0, 40, b"\xff\xff"), "cut short"),
        ("erase blocks of 8 bytes", lambda i: edit(i, 0, 36, struct.pack("<I", 8)), "contradict each other"),
        ("a log that is all", lambda i: edit(i, 0, 56, b"\xff\xff\xff\xff"), "contradict each other"),
        ("a short superblock", lambda i: edit(i, 0, 16, struct.pack("<I", 512)), "no superblock"),
    ]
    for text, patch, piece in rows:
        image = patch(BASE)
        trial(f"ubifs: {text}", image, BASE, "inconclusive", piece)
        trial(f"ubifs: {text}, rebuilt", BASE, image, "inconclusive", piece)
    for cut in (5000, BLOCK + 100, 9 * BLOCK + 9, len(BASE) - 1):
        trial(f"ubifs: cut short at {cut}", BASE[:cut], BASE, "inconclusive", "cut short")


def masters_root(image):
    return image[BLOCK + 48:BLOCK + 56] + image[BLOCK + 56:BLOCK + 60]


def sampled():
    """Bytes here and there, with the checksum of their node made true: nothing matches but what may differ."""
    places = sorted(at for *_, at, _ in leaves(BASE)[0]) + leaves(BASE)[1] + [0, BLOCK]
    bad = []
    for _ in range(60):
        start = rng.choice(places)
        length = le(BASE, start + 16)
        offset = rng.choice([rng.randrange(8, min(length, 200)), rng.randrange(8, length)])
        image = edit(BASE, start, offset, bytes([BASE[start + offset] ^ rng.choice([1, 0x80, 0x20])]))
        write("delivered", image)
        write("rebuilt", BASE)
        done = run("delivered", "rebuilt", "--json", "-")
        tier = json.loads(done.stdout)["tier"]
        may = (start == 0 and 108 <= offset < 124) or (BASE[start + 20] == INODE and 56 <= offset < 92)
        if tier in ("identical", "repacked", "normalised") and BASE[start + 20] == DATA and offset >= 48:
            may = True  # bits of a packed block that do not matter
        if (tier in ("different", "inconclusive")) == may and not (may and tier == "different"):
            bad.append((start, offset, tier))
    result(not bad, "ubifs: bytes of nodes, one at a time", bad)


def same_as_reader(text, image):
    rows = reader(image)
    wanted = {p: sha256(r[3]) for p, r in rows.items() if stat.S_ISREG(r[0])}
    seen = {p: d for p, d in digests_in(image).items() if "!" not in p}
    result({**wanted, **seen} == wanted and len(seen) == len(wanted) - 1 and wanted["bin/tool"] == wanted["bin/zz"],
           f"{text}: the second reader has the same files", seen)
    disk = {p: sha256(c) for p, (_, c) in FILES.items()}
    result(all(seen.get(p) == d for p, d in disk.items()), f"{text}: what went into it", seen)
    modes = {p: r[0] & 0o7777 for p, r in rows.items() if p in FILES}
    result(modes == {p: m for p, (m, _) in FILES.items()} and rows["dev/sda"][1:3] == (3, 4), f"{text}: modes", modes)
    reads_to_end(text)


def judges():
    for text, options in (("zlib", ("-x", "zlib")), ("lzo", ("-x", "lzo")), ("zstd", ("-x", "zstd")),
                          ("nothing", ("-x", "none")), ("pages of 2 KiB", ("-m", "2048", "-e", "126976"))):
        first = mkfs(*options)
        same_as_reader(f"mkfs.ubifs, {text}", first)
        second = again(*options)
        trial(f"mkfs.ubifs, {text}: two runs", second, first, "transplanted", "ubifs/uuid@1")
    os.utime("tree/etc/motd", (1, 2))
    trial("mkfs.ubifs: a time", again(), mkfs(), "transplanted", "ubifs/timestamps@1")
    changed = {**FILES, "bin/tool": (0o755, PROGRAM[:7000] + b"\xcc" + PROGRAM[7001:])}
    trial("mkfs.ubifs: a byte of a program", mkfs(files=changed), mkfs(), "different", "bin/tool: 1 byte differs")
    trial("mkfs.ubifs: a file more", mkfs(files={**FILES, "etc/rc": (0o755, b"evil")}), mkfs(), "different",
          "etc/rc: only in the")
    trial("mkfs.ubifs: packed otherwise is not a match", mkfs("-x", "none"), mkfs(), "different")


def attributed(image):
    """The last name of a folder becomes an attribute of the folder, which mkfs.ubifs here cannot make. Returns
    places of the name and of the inode with the value as well."""
    rows, index = leaves(image)
    inodes = {i: at for i, kind, _, at, _ in rows if kind == INODE}
    for folder in sorted(inodes):
        names = sorted((rest, at, branch) for i, kind, rest, at, branch in rows if i == folder and kind == NAME)
        if not names:
            continue
        rest, at, branch = names[-1]
        value = inodes[le(image, at + 40, 8)]
        node = max(n for n in index if n < branch)
        if branch - node == 28 or stat.S_ISDIR(le(image, value + 104)) or le(image, value + 92) > 1:
            continue
        key = struct.pack("<I", XATTR << 29 | rest)
        image = edit(edit(image, at, 20, bytes([XATTR])), at, 28, key)
        return edit(image, node, branch - node + 16, key), at, value
    raise ValueError("no folder")


def attributes():
    marked, name, value = attributed(BASE)
    trial("ubifs: an attribute", marked, BASE, "different", "only in the")
    trial("ubifs: the mode of the value of an attribute", edit(marked, value, 105, b"\x77"), marked, "different",
          "mode differs")
    trial("ubifs: the size of an attribute", edit(marked, value, 112, b"\x77"), marked, "different")
    trial("ubifs: a time of an attribute", edit(marked, value, 56, b"\7"), marked, "transplanted", "times differs")
    trial("ubifs: the name of an attribute", edit(marked, name, 57, b"x"), marked, "inconclusive", "by its hash")
    trial("ubifs: an attribute without a value", edit(marked, name, 40, b"\x77\x77"), marked, "inconclusive",
          "without a value")
    trial("ubifs: an attribute that is the root", edit(marked, name, 40, struct.pack("<Q", 1)), marked, "inconclusive",
          "without a value")
    inspected(marked)
    reads_to_end("ubifs, with an attribute")


def volumes():
    """In a UBI image, where volumes are filled up."""
    write("ubi.ini", b"[root]\nmode=ubi\nimage=root.ubifs\nvol_id=0\nvol_type=dynamic\nvol_name=root\nvol_size=620KiB\n")
    images = []
    for number, patch in ((1, None), (2, None), (3, evil_data)):
        write("root.ubifs", make(uuid=bytes([number]) * 16, patch=patch))
        subprocess.run(["ubinize", "-o", "made", "-p", "16KiB", "-m", "1", "-O", "960", "-Q", str(number), "ubi.ini"],
                       check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with open("made", "rb") as f:
            images.append(f.read())
    found = {a["path"] for a in inspected(images[0])}
    trial("ubifs: in a UBI image", images[0], images[1], "transplanted", "ubifs/uuid@1", "ubi/image-sequence@1")
    trial("ubifs: in a UBI image, a byte of a file", images[2], images[1], "different", "noise: 1 byte differs")
    result("root!etc/motd" in found, "ubifs: in a UBI image, its files", sorted(found))


if __name__ == "__main__":
    need("mkfs.ubifs", "ubinize", "zstd", "lzop")
    with Folder():
        BASE = mkfs()
        table("ubifs", make, BENIGN, attacks())
        for part in (lies, attributes, sampled, volumes, judges):
            part()
    finish()
