#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""ISO 9660 with Joliet, Rock Ridge and El Torito, made by genisoimage and xorriso and changed here byte by
byte: what may differ, attacks, images that lie, and every file against bsdtar and xorriso."""
import random

import fat
from pairs import *  # noqa: F403

BLOCK = 2048
PROGRAM = bytes(range(256)) * 11
TREE = {"boot.img": PROGRAM[:5000 - 2816] + bytes(2816), "empty": b"", "motd": b"hello\n", "zoom": b"hullo\n",
        "bin/tool": PROGRAM, "bin/deep/a long name of a file, with spaces.text": b"deep\n"}
LINKS = {"link": "bin/../motd"}


def tool(*words, **env):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **env})
    assert done.returncode == 0, done.stdout


def on_disk(top, stamp=1500000000):
    for path, content in TREE.items():
        os.makedirs(os.path.dirname(os.path.join(top, path)), exist_ok=True)
        write(os.path.join(top, path), content)
        os.chmod(os.path.join(top, path), 0o755 if path == "bin/tool" else 0o644)
    for path, target in LINKS.items():
        os.symlink(target, os.path.join(top, path))
    os.link(os.path.join(top, "motd"), os.path.join(top, "hard"))
    for folder, names, files in os.walk(top, topdown=False):
        os.chmod(folder, 0o755)
        for name in [*names, *files, ""]:
            os.utime(os.path.join(folder, name), (stamp, stamp), follow_symlinks=False)


def read(name):
    with open(name, "rb") as f:
        return f.read()


BOOTS = ("-b", "boot.img", "-no-emul-boot", "-boot-load-size", "4", "-c", "boot.cat")


def genisoimage(*options, top="tree"):
    tool("genisoimage", "-quiet", "-o", "made", "-V", "VOLUME", *options, top)
    return read("made")


def xorriso(*options, top="tree", stamp=1500000000):
    tool("xorriso", "-as", "mkisofs", "-quiet", "-o", "made", "-V", "VOLUME", *options, top,
         SOURCE_DATE_EPOCH=str(stamp))
    return read("made")


def small(stamp=1500000000):
    """For seeds: a link, and what is started."""
    with Folder():
        os.mkdir("t")
        write("t/boot", b"some code")
        os.symlink("boot", "t/link")
        for name in ("t/link", "t/boot", "t"):
            os.utime(name, (stamp, stamp), follow_symlinks=False)
        return xorriso("-R", "-no-pad", "-b", "boot", "-no-emul-boot", "-c", "cat", top="t", stamp=stamp)


# --- where things are --------------------------------------------------------------------------


def both(image, at):
    return struct.unpack_from("<I", image, at)[0]


def records(image, block, size):
    at = block * BLOCK
    end = at + size
    while at < end:
        length = image[at]
        if length == 0:
            at = (at // BLOCK + 1) * BLOCK
            continue
        yield at, bytes(image[at + 33:at + 33 + image[at + 32]])
        at += length


def root(image, descriptor=16):
    at = descriptor * BLOCK + 156
    return both(image, at + 2), both(image, at + 10)


def find(image, path, descriptor=16):
    """Where the record of a path is, by its plain names."""
    block, size = root(image, descriptor)
    for part in path:
        at = next(at for at, name in records(image, block, size) if name == part)
        block, size = both(image, at + 2), both(image, at + 10)
    return at


MOTD, ZOOM, TOOL, LINK, HARD = (b"MOTD.;1",), (b"ZOOM.;1",), (b"BIN", b"TOOL.;1"), (b"LINK.;1",), (b"HARD.;1",)
JOLIET = 18  # the block of its descriptor


def joliet(*names):
    return tuple(name.encode("utf-16-be") for name in names)


def field(image, path, mark, descriptor=16):
    at = find(image, path, descriptor)
    name = image[at + 32]
    return image.index(mark, at + 33 + name, at + image[at])


def poke(where, data, behind=0):
    def change(image):
        at = where(image) + behind
        image[at:at + len(data)] = data
    return change


def record(path, behind, data, descriptor=16):
    return poke(lambda image: find(image, path, descriptor), data, behind)


def content(path, behind, data):
    return poke(lambda image: both(image, find(image, path) + 2) * BLOCK, data, behind)


def fields(path, mark, behind, data):
    return poke(lambda image: field(image, path, mark), data, behind)


def place(path, other, descriptor=16, size=False):
    """Let a record lead to where another one does."""
    def change(image):
        source, target = find(image, other), find(image, path, descriptor)
        image[target + 2:target + (18 if size else 10)] = image[source + 2:source + (18 if size else 10)]
    return change


def swap(image):
    a, b = find(image, MOTD), find(image, ZOOM)
    image[a + 2:a + 10], image[b + 2:b + 10] = image[b + 2:b + 10], image[a + 2:a + 10]


def pair32(number):
    return struct.pack("<I", number) + struct.pack(">I", number)


def path_table(image, order):
    return both(image, 16 * BLOCK + 140) * BLOCK if order == "<" else struct.unpack_from(
        ">I", image, 16 * BLOCK + 148)[0] * BLOCK


def gap(image):
    """A block of zeros behind the last file."""
    return len(image) - BLOCK


def catalog(image):
    return both(image, 17 * BLOCK + 71) * BLOCK


def all_times(image):
    """Other times everywhere: in records, in fields, in descriptors."""
    for descriptor in (16, JOLIET):
        image[descriptor * BLOCK + 156 + 18:descriptor * BLOCK + 156 + 24] = bytes([99, 2, 3, 4, 5, 6])
        for i in range(4):
            at = descriptor * BLOCK + 813 + 17 * i
            image[at:at + 16] = b"1999020304050600"
    record(MOTD, 18, bytes([99, 2, 3, 4, 5, 6, 4]))(image)
    fields(MOTD, b"TF", 5, bytes([99, 2, 3, 4, 5, 6, 4]) * 2)(image)


def iso(tail=b"", **changes):
    image = bytearray(BASE)
    for _, change in sorted(changes.items(), reverse=True):
        change(image)
    return bytes(image) + tail


ATTACKS = [
    ("a byte of a program", {"a": content(TOOL, 700, b"evil")}, "bin/tool: 4 bytes differ"),
    ("bytes behind a file", {"a": content(MOTD, 6, b"evil")}, "bytes behind the content"),
    ("code in the system area", {"a": poke(lambda _: 0, b"evil")}, "system area"),
    ("the name of the volume", {"a": poke(lambda _: 16 * BLOCK, b"W", 40)}, "volume descriptor"),
    ("what the application has", {"a": poke(lambda _: 16 * BLOCK, b"evil", 900)}, "rest of the descriptor"),
    ("a hidden file", {"a": record(MOTD, 25, b"\1")}, "flags of the record"),
    ("setuid", {"a": fields(TOOL, b"PX", 4, pair32(0o104755))}, "bin/tool: field behind the name"),
    ("an owner", {"a": fields(TOOL, b"PX", 20, pair32(7))}, "bin/tool: field behind the name"),
    ("a device", {"a": fields(MOTD, b"PX", 4, pair32(0o20644))}, "motd"),
    ("a file of another name", {"a": fields(MOTD, b"NM", 5, b"mutd")}, "mutd: only in the"),
    ("a plain name", {"a": record(MOTD, 33, b"MUTD")}, "motd: name in the record"),
    ("the target of a link", {"a": fields(LINK, b"SL", 7, b"bix")}, "link: field behind the name"),
    ("two files that changed places", {"a": swap}, "motd: place of the content"),
    ("another file in the second tree", {"a": place(joliet("zoom"), MOTD, JOLIET)}, "tree-2:/zoom: place of the content"),
    ("a name in the second tree", {"a": record(joliet("zoom"), 34, b"y", JOLIET)}, "tree-2:/yoom: only in the"),
    ("a path table that leads elsewhere", {"a": poke(lambda i: path_table(i, "<"), b"\x50", 2)}, "path table is false"),
    ("another path table in the other byte order", {"a": poke(lambda i: path_table(i, ">"), b"\x50", 5)},
     "path table is false"),
    ("a name in a path table", {"a": poke(lambda i: path_table(i, ">") + 10, b"X", 8)}, "path table is false"),
    ("a time that is none", {"a": record(MOTD, 18, bytes([99, 13, 1]))}, "time of the record differs (unexplained)", {"t"}),
    ("a zone that is none", {"a": fields(MOTD, b"TF", 11, b"\x7f")}, "time of the file differs (unexplained)", {"t"}),
    ("a time of the volume that is text", {"a": poke(lambda _: 16 * BLOCK + 813, b"evil")},
     "time of the volume differs (unexplained)", {"t"}),
    ("which times there are", {"a": fields(MOTD, b"TF", 4, b"\x06")}, "field of times"),
    ("bytes behind records", {"a": poke(lambda i: root(i)[0] * BLOCK + BLOCK - 8, b"evil")}, "bytes behind the records"),
    ("a text of Rock Ridge", {"a": poke(lambda i: i.index(b"THE ROCK RIDGE"), b"EVIL")}, "field behind the name"),
    ("what is started", {"a": poke(catalog, struct.pack("<I", 190), 40)}, "boot.cat: "),
    ("a catalog that is false", {"a": poke(catalog, b"e", 4)}, "boot catalog is false"),
    ("code that is started", {"a": content((b"BOOT.IMG;1",), 100, b"evil")}, "boot.img: 4 bytes differ"),
    ("another catalog", {"a": poke(lambda _: 17 * BLOCK + 71, b"\xbf")}, "boot record"),
    ("bytes of no file", {"a": poke(gap, b"evil")}, "bytes of no file"),
    ("the end of the descriptors", {"a": poke(lambda _: 19 * BLOCK, b"evil", 100)}, "end of the descriptors"),
    ("bytes behind the end", {"tail": b"evil" * 512}, "bytes of no file"),
]
LIES = [
    ("a folder in itself", {"a": lambda i: record((b"BIN",), 2, pair32(root(i)[0]))(i)}, "a folder with two names"),
    ("a folder past the end", {"a": record((b"BIN",), 2, pair32(1 << 20))}, "a folder past the end"),
    ("a folder of no size", {"a": record((b"BIN",), 10, pair32(0))}, "a folder past the end"),
    ("a folder that is elsewhere", {"a": lambda i: poke(lambda _: both(i, find(i, (b"BIN",)) + 2) * BLOCK, pair32(33), 2)(i)},
     "elsewhere"),
    ("a file past the end", {"a": record(MOTD, 2, pair32(1 << 20))}, "content past the end"),
    ("a file in another", {"a": place(MOTD, TOOL)}, "iso"),
    ("a file in the tables", {"a": record(MOTD, 2, pair32(16))}, "iso"),
    ("a number in one byte order only", {"a": record(MOTD, 2, b"\x30")}, "in the other byte order"),
    ("a number of the volume in one byte order only", {"a": poke(lambda _: 16 * BLOCK + 80, b"\x01")}, "other byte order"),
    ("a file in several extents", {"a": record(MOTD, 25, b"\x80")}, "several extents"),
    ("an interleaved file", {"a": record(MOTD, 26, b"\1")}, "several extents"),
    ("a record past the end of its block", {"a": record(MOTD, 0, b"\x21")}, "iso"),
    ("a name past the end of its record", {"a": record(MOTD, 32, b"\xf0")}, "a name past the end"),
    ("a name of nothing", {"a": record(MOTD, 32, b"\0")}, "a name past the end"),
    ("a name twice", {"a": fields(MOTD, b"NM", 5, b"zoom")}, "two files of one name"),
    ("a name with a slash", {"a": fields(MOTD, b"NM", 5, b"m/td")}, "not a file name"),
    ("blocks of another size", {"a": poke(lambda _: 16 * BLOCK + 128, struct.pack("<H", 512) + struct.pack(">H", 512))},
     "blocks of another size"),
    ("a volume that is larger", {"a": poke(lambda _: 16 * BLOCK + 80, pair32(1 << 20))}, "cut short"),
    ("an unknown descriptor", {"a": poke(lambda _: 18 * BLOCK, b"\7")}, "an unknown descriptor"),
    ("descriptors without an end", {"a": poke(lambda _: 19 * BLOCK, b"evil", 1)}, "without an end"),
    ("a path table past the end", {"a": poke(lambda _: 16 * BLOCK + 140, b"\xff\xff")}, "a path table past the end"),
    ("a catalog past the end", {"a": poke(lambda _: 17 * BLOCK + 71, b"\xff\xff")}, "catalog past the end"),
    ("fields that go on in a circle", {"a": lambda i: poke(lambda _: i.index(b"CE\x1c", root(i)[0] * BLOCK),
                                                         pair32(root(i)[0]) + pair32(34) + pair32(200), 4)(i)}, "iso"),
    ("fields that go on in each other", {"a": lambda i: poke(lambda _: i.index(b"CE\x1c", root(i)[0] * BLOCK), pair32(
        root(i)[0]) + pair32(34) + pair32(len(i) - root(i)[0] * BLOCK - 34), 4)(i)}, "go on in each other"),
    ("fields that go on past the end", {"a": poke(lambda i: i.index(b"CE\x1c", root(i)[0] * BLOCK), pair32(1 << 20), 4)},
     "go on nowhere"),
]


def attacks():
    table("ISO", iso, [
        ("times", {"t": all_times}, "transplanted", "iso/timestamps@1"),
        ("zeros behind the end", {"tail": bytes(BLOCK)}, "repacked", "container/padding@1"),
    ], ATTACKS)


def lies():
    for text, changes, piece in LIES:
        trial(f"ISO: {text}", iso(**changes), BASE, "inconclusive", piece)
        trial(f"ISO: {text}, rebuilt", BASE, iso(**changes), "inconclusive", piece)
    for i in range(1, 10):
        cut = len(BASE) * i // 10
        status, _, out = compare(BASE[:cut], BASE)
        result(status in (DIFFERENT, INCONCLUSIVE), f"ISO: cut short at {cut}", out)


def times(image):
    """Every byte of a time, by the specifications."""
    found = set()

    def walk(block, size, rock):
        for at, name in records(image, block, size):
            found.update(range(at + 18, at + 25))
            start = at + 33 + len(name) + (len(name) % 2 == 0)
            while rock and start + 4 <= at + image[at] and image[start + 2] >= 4:
                if image[start:start + 2] == b"TF":
                    found.update(range(start + 5, start + image[start + 2]))
                start += image[start + 2]
            if image[at + 25] & 2 and name not in (b"\0", b"\1"):
                walk(both(image, at + 2), both(image, at + 10), rock)

    for descriptor in (16, JOLIET):
        found.update(range(descriptor * BLOCK + 174, descriptor * BLOCK + 181))
        found.update(range(descriptor * BLOCK + 813, descriptor * BLOCK + 881))
        walk(*root(image, descriptor), descriptor == 16)
    return found


def any_byte():
    """A byte anywhere: nothing but a time may differ."""
    rng = random.Random(5)
    opaque = times(BASE)
    places = [i for i in range(16 * BLOCK, len(BASE)) if BASE[i]]
    chosen = rng.sample(places, 50) + rng.sample(sorted(opaque), 8)
    wrong = []
    for at in chosen:
        image = bytearray(BASE)
        image[at] ^= rng.choice((1, 2, 128))
        tier = compare(bytes(image), BASE)[1]["tier"]
        if tier not in ("different", "inconclusive") and not (tier == "transplanted" and at in opaque):
            wrong.append((at, tier))
    result(not wrong, "ISO: one byte anywhere", wrong)


# --- judges ------------------------------------------------------------------------------------


def taken_out(*command):
    shutil.rmtree("out", ignore_errors=True)
    os.mkdir("out")
    tool(*command)
    tool("chmod", "-R", "u+rwX", "out")
    return digests_below("out")


def judge(text, image, joined=()):
    """Every file that another program takes out is one of inspect, or a hard link to one."""
    write("judged", image)
    seen = {p: d for p, d in digests_in(image).items() if not p.startswith(("tree-2:", "boot:")) and "!" not in p}
    for name, command in (("bsdtar", ("bsdtar", "-x", "-f", "judged", "-C", "out")),
                          ("xorriso", ("xorriso", "-osirrox", "on", "-indev", "judged", "-extract", "/", "out"))):
        judged = taken_out(*command)
        wanted = {p: d for p, d in judged.items() if p in seen}
        links = set(judged) - set(seen)
        result(wanted == seen and links == set(joined), f"{text}: the files of {name}", (seen, judged))
    reads_to_end(text)


def judges():
    for text, image in (("genisoimage", BASE), ("xorriso", xorriso("-R", "-J", *BOOTS))):
        judge(text, image, joined={"motd"})
    judge("genisoimage, in the plain tree alone", genisoimage("-R"), {"motd"})
    judge("genisoimage with an enhanced descriptor", genisoimage("-R", "-J", "-iso-level", "4"), {"motd"})
    judge("xorriso, in the plain tree alone", xorriso("-R"), {"motd"})
    pairs_ = [xorriso("-R", "-J", *BOOTS, stamp=stamp) for stamp in (1600000000, 1500000000)]
    trial("xorriso: times of the volume", *pairs_, "transplanted", "iso/timestamps@1")
    on_disk("later", 1600000000)
    trial("xorriso: times of files", xorriso("-R", "-J", *BOOTS, top="later"), pairs_[1], "transplanted",
          "iso/timestamps@1")
    trial("genisoimage: times of files", genisoimage("-R", "-J", *BOOTS, top="later"), BASE, "transplanted",
          "iso/timestamps@1")
    trial("xorriso: without the second tree", xorriso("-R", *BOOTS), pairs_[1], "different")
    delivered, out = pairs_[0], bytearray(pairs_[1])
    for part in compare(*pairs_)[1]["artefacts"][0]["ranges"]:
        if part["class"] == "transplanted":
            at = slice(part["offset"], part["offset"] + part["length"])
            out[at] = delivered[at]
    result(out == delivered, "xorriso: the delivered file comes out of the rebuilt one")


def deep():
    """Folders too deep for ISO 9660, which genisoimage moves; two of them are called the same."""
    images = []
    for name, text in (("one", b"deep"), ("two", b"deer")):
        for top in "ab":
            write_below(name, f"{top}/2/3/4/5/6/7/8/9/file", top.encode() + text)
        images.append(genisoimage("-R", top=name))
    later = bytearray(images[0])
    poke(lambda _: 16 * BLOCK + 813, b"1999020304050600")(later)
    trial("ISO with relocated folders: a time", bytes(later), images[0], "transplanted", "iso/timestamps@1")
    trial("ISO with relocated folders: a file", images[1], images[0], "different", "file: 1 byte differs")


def write_below(top, path, content):
    os.makedirs(os.path.dirname(os.path.join(top, path)), exist_ok=True)
    write(os.path.join(top, path), content)


def found_by():
    """GRUB and libblkid find a volume by when it was last changed."""
    def dated(name, digits):
        out = bytearray(BASE)
        poke(lambda _: 16 * BLOCK + 830, digits)(out)
        content(MOTD, 0, name)(out)
        return bytes(out)

    days = [b"1999020304050600", b"2001020304050600"]
    a, b = ([dated(name, day) for day in days] for name in (b"a", b"b"))
    trial("ISO: both dates are new", tar(member("a", a[0]), member("b", b[0])), tar(member("a", a[1]), member("b", b[1])),
          "transplanted", "iso/timestamps@1")
    trial("ISO: dates that changed places", tar(member("a", a[0]), member("b", b[1])),
          tar(member("a", a[1]), member("b", b[0])), "different",
          "time of the last change of the volume: the delivered one leads to something else")


def system_partition():
    """What a firmware starts from the image and no tree has."""
    images = []
    for stamp, tree in ((fat.STAMP, fat.TREE), (fat.OTHER_STAMP, fat.TREE),
                        (fat.STAMP, fat.change(fat.TREE, fat.TOOL, content=fat.EVIL))):
        write("efi.img", fat.fat(tree, stamp=stamp))
        images.append(xorriso("-R", "-append_partition", "2", "0xef", "efi.img", "-e",
                              "--interval:appended_partition_2:all::", "-no-emul-boot"))
    trial("ISO with a system partition: times in it", images[1], images[0], "transplanted", "boot:1", "fat/timestamps@1")
    trial("ISO with a system partition: a program in it", images[2], images[0], "different",
          "boot:1!efi/Boot/BOOTX64.EFI: 1 byte")


if __name__ == "__main__":
    need("genisoimage", "xorriso", "bsdtar")
    with Folder():
        on_disk("tree")
        BASE = genisoimage("-R", "-J", *BOOTS)
        for part in (attacks, lies, any_byte, judges, deep, found_by, system_partition):
            part()
    finish()
