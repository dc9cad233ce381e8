#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""FAT12, FAT16 and FAT32, made here byte by byte and by mkfs.fat and mtools: attacks, images that lie,
and every file against what mtools takes out. fsck.fat agrees with the images of this test."""
import disks
from pairs import *  # noqa: F403

os.environ["PATH"] += ":/usr/sbin:/sbin"
FILE, FOLDER, LABEL = 0x20, 0x10, 0x08
PROGRAM = bytes(range(256)) * 7
STAMP = 0x5a5a5a5a  # a date and a time that there are; in no other byte of a small image
OTHER_STAMP = 0x5822_6000
IDLE = "0e1fbe%02x7cac22c0740b56b40ebb0700cd105eebf032e4cd16cd19ebfe"  # of mkfs.fat, by where its text is
LOADER = b"\xeb\xfe a boot loader"  # code that may know where clusters are
ENDS = {12: 0xfff, 16: 0xffff, 32: 0xfffffff}
# long name (None: none), short name, content or a list of records
TREE = (("efi", b"EFI        ", (("Boot", b"BOOT       ", ((None, b"BOOTX64 EFI", PROGRAM),)),)),
        ("A long name of a file.txt", b"ALONGN~1TXT", b"hello\n"), (None, b"MOTD    TXT", b"hullo\n"),
        (None, b"EMPTY      ", b""))


def record(short, attr=FILE, cluster=0, size=0, stamp=STAMP, case=0, tenths=0x5a, access=None):
    return struct.pack("<11sBBBIHHIHI", short, attr, case, tenths, stamp,
                       stamp >> 16 if access is None else access, cluster >> 16, stamp, cluster & 0xffff, size)


def name_sum(short):
    total = 0
    for byte in short:
        total = ((total & 1) << 7 | total >> 1) + byte & 0xff
    return total


def long_name(name, short, sum_=None, end=b"\0\0", first=0x40):
    units = (name if isinstance(name, bytes) else name.encode("utf-16-le")) + end
    units = units[:-2] if len(units) % 26 == 2 else units + b"\xff" * (-len(units) % 26)
    parts = [units[i:i + 26] for i in range(0, len(units), 26)]
    out = []
    for number, part in reversed(list(enumerate(parts, 1))):
        mark = number | (first if number == len(parts) else 0)
        out.append(struct.pack("<B10sBBB12sH4s", mark, part[:10], 15, 0,
                               name_sum(short) if sum_ is None else sum_, part[10:22], 0, part[22:]))
    return b"".join(out)


def shown(name, short):
    return name if isinstance(name, str) else short.decode("latin-1").strip()


class Volume:
    """Clusters, one behind the other. places: where things came to stand, for what pokes at them."""

    def __init__(self, bits, count, records, spc):
        self.bits, self.table, self.data, self.next = bits, [0] * (count + 2), {}, 2
        self.records, self.size, self.places, self.entries = records, 512 * spc, {}, {}

    def put(self, content, least=0):
        size = max(len(content), least)
        if size == 0:
            return 0
        first = self.next
        for i in range(0, size, self.size):
            self.data[self.next] = content[i:i + self.size].ljust(self.size, b"\0")
            self.table[self.next] = self.next + 1
            self.next += 1
        self.table[self.next - 1] = ENDS[self.bits]
        return first

    def folder(self, tree, own, parent, path):
        out = b"" if own is None else self.dot(b".", own) + self.dot(b"..", parent)
        for name, short, content, *options in tree:
            options = dict(*options)
            here = path + shown(name, short)
            if name:
                out += long_name(name, short, **options.pop("long", {}))
            folder = isinstance(content, tuple)
            cluster = self.next if folder else self.put(content)
            if folder:
                spare = self.next
                self.put(b"", self.size)
                self.data[spare] = self.folder(content, spare, own or 0, here + "/").ljust(self.size, b"\0")
            self.places[here] = cluster
            self.entries[here] = (own or 0, len(out))
            out += record(short, **{"attr": FOLDER if folder else FILE, "cluster": cluster,
                                    "size": 0 if folder else len(content), **self.records, **options})
        return out

    def dot(self, name, cluster):
        return record(name.ljust(11), FOLDER, cluster, **self.records)


def boot_sector(bits, spc, reserved, tables, roots, sectors, table, serial, label, **kw):
    idle = b"\xeb\x58\x90" if bits == 32 else b"\xeb\x3c\x90"
    head = struct.pack("<3s8sHBHBHHBHHHII", kw.get("jump", idle), kw.get("oem", b"mkfs.fat"), 512, spc,
                       reserved, tables, roots, sectors if sectors < 65536 else 0, 0xf8, 0 if bits == 32 else table,
                       32, 2, 0, 0 if sectors < 65536 else sectors)
    if bits == 32:
        head += struct.pack("<IHHIHH12x", table, kw.get("flags", 0), kw.get("version", 0), kw["root"],
                            kw.get("info", 1), kw.get("backup_at", 6))
    head += struct.pack("<BBBI11s8s", 0x80, 0, kw.get("signature", 0x29), serial, label, b"FAT%d   " % bits)
    return (head + kw.get("code", bytes.fromhex(IDLE % (0x77 if bits == 32 else 0x5b)))).ljust(510, b"\0") + kw.get("mark", b"\x55\xaa")


def fat(tree=TREE, bits=12, serial=0x5a5a5a5a, label=b"VOLUME     ", stamp=STAMP, skip=0, spc=1, clusters=None, spare=0,
        fsinfo=None, next_free=None, second=None, backup=None, reserved_bytes=b"", first=b"", last=b"", twist=None, tail=b"",
        records=None, poke=(), labelled=True, reserved=None, roots=None, **boot):
    """second, backup, twist: of the bytes; poke: pairs of a cluster's number and what the table says of it;
    first, last: records in front of all and behind all of the root."""
    clusters = clusters or {12: 48, 16: 4200, 32: 80}[bits]
    reserved, roots = (reserved or 32, 0) if bits == 32 else (1, roots or 64)
    table_size = -(-((clusters + 2) * bits + 7) // 8 // 512)
    v = Volume(bits, clusters, {"stamp": stamp, **(records or {})}, spc)
    root = v.next if bits == 32 else 0
    if bits == 32:
        v.put(b"", v.size * 2)
    v.next += skip
    listing = (record(label, LABEL, **v.records) if labelled else b"") + first
    shift = len(listing)
    listing += v.folder(tree, None, 0, "") + last
    if bits == 32:
        v.data[root], v.data[root + 1] = (listing.ljust(2 * v.size, b"\0")[i:i + v.size] for i in (0, v.size))
    for cluster, value in poke:
        v.table[v.places[cluster] if isinstance(cluster, str) else cluster] = value
    used = sum(entry != 0 for entry in v.table[2:])
    v.table[0], v.table[1] = ENDS[bits] - 7, ENDS[bits]
    packed = b"".join(struct.pack("<I" if bits == 32 else "<H", n) for n in v.table)
    if bits == 12:
        number = sum(n << 12 * i for i, n in enumerate(v.table))
        packed = number.to_bytes((len(v.table) * 12 + 7) // 8, "little")
    packed = packed.ljust(table_size * 512, b"\0")
    data_at = reserved * 512 + 2 * len(packed) + roots * 32
    sectors = data_at // 512 + clusters * spc + spare
    sector = boot_sector(bits, spc, reserved, 2, roots, sectors, table_size, serial, label, root=root, **boot)
    head = sector
    if bits == 32:
        free = clusters - used if fsinfo is None else fsinfo
        info = b"RRaA".ljust(484, b"\0") + struct.pack("<4sII", b"rrAa", free, v.next - 1 if next_free is None else
                                                       next_free) + bytes(14) + b"\x55\xaa"
        head = sector + info + reserved_bytes.ljust(4 * 512, b"\0") + (backup(sector) if backup else sector)
    out = head.ljust(reserved * 512, b"\0") + packed + (second(packed) if second else packed)
    out += listing.ljust(roots * 32, b"\0") if roots else b""
    out += b"".join(v.data.get(i, bytes(v.size)) for i in range(2, clusters + 2)) + bytes(512 * spare) + tail
    if twist:
        out = bytearray(out)
        v.at = lambda cluster: data_at + (cluster - 2) * v.size
        v.data_at = data_at
        v.root_at = v.at(root) if bits == 32 else data_at - roots * 32
        v.record = lambda path: (v.at(v.entries[path][0]) if v.entries[path][0] else v.root_at + shift) + \
            v.entries[path][1]
        twist(out, v)
    return bytes(out)


def change(tree, path, **new):
    """The tree with another record: name, short, content, options, or a name for one more."""
    head, _, rest = path.partition("/")
    out = []
    for name, short, content, *options in tree:
        if shown(name, short) == head:
            if rest:
                content = change(content, rest, **new)
            elif new.get("gone"):
                continue
            else:
                name, short, content = new.get("name", name), new.get("short", short), new.get("content", content)
                options = [new["options"]] if "options" in new else options
        out.append((name, short, content, *options))
    return tuple(out)


def poke_bytes(place, data):
    def twist(image, volume):
        at = place(volume)
        image[at:at + len(data)] = data
    return twist


EVIL = PROGRAM[:900] + b"\xcc" + PROGRAM[901:]
TOOL, LONG = "efi/Boot/BOOTX64 EFI", "A long name of a file.txt"
BENIGN = [
    ("the serial number", {"serial": 1}, "transplanted", "fat/serial@1"),
    ("times", {"stamp": OTHER_STAMP}, "transplanted", "fat/timestamps@1"),
    ("files in other clusters", {"skip": 3}, "repacked", "fat/repacked@1"),
    ("a larger partition", {"tail": bytes(512)}, "repacked", "container/padding@1"),
]
ATTACKS = [
    ("a byte of a program", {"tree": change(TREE, TOOL, content=EVIL)}, "BOOTX64.EFI: 1 byte differs"),
    ("a longer file", {"tree": change(TREE, LONG, content=b"hello, evil\n")}, LONG),
    ("two files that changed places", {"tree": (TREE[0], TREE[2], TREE[1], TREE[3])}, "another order"),
    ("two files that changed names", {"tree": change(change(TREE, LONG, content=b"hullo\n"), "MOTD    TXT",
                                                     content=b"hello\n")}, "MOTD.TXT"),
    ("a file more", {"tree": TREE + ((None, b"EVIL    EFI", b"evil"),)}, "EVIL.EFI: only in the"),
    ("a file less", {"tree": TREE[:3]}, "EMPTY: only in the"),
    ("a folder more", {"tree": TREE + ((None, b"D          ", ()),)}, "D: only in the"),
    ("a hidden file", {"tree": change(TREE, LONG, options={"attr": FILE | 6})}, "attributes"),
    ("the case of a short name", {"tree": change(TREE, "MOTD    TXT", options={"case": 8})}, "motd.TXT: only in"),
    ("a short name behind a long one", {"tree": change(TREE, LONG, short=b"ALONGN~2TXT")}, "short name"),
    ("a long name", {"tree": change(TREE, LONG, name="A long name of a file.tyt")}, "only in the"),
    ("a long name that ends in a space", {"tree": change(TREE, LONG, name=LONG + " ")}, "only in the"),
    ("a long name with another checksum", {"tree": change(TREE, LONG, options={"long": {"sum_": 7}})}, "only in the"),
    ("a program where there was none", {"tree": change(TREE, "EMPTY", content=b"x")}, "EMPTY"),
    ("the name of the volume", {"label": b"WOLUME     "}, "label in the boot sector"),
    ("boot code", {"code": b"evil"}, "boot code"),
    ("a jump", {"jump": b"\xeb\x5b\x90"}, "jump"),
    ("who made it", {"oem": b"EVIL    "}, "OEM name"),
    ("a deleted record", {"first": b"\xe5" + bytes(31)}, "deleted record"),
    ("a deleted record at the end", {"last": b"\xe5evil".ljust(32, b"x")}, "deleted record"),
    ("a long name of nothing", {"last": long_name("evil", b"EVIL       ")}, "long name of nothing"),
    ("a second label", {"last": record(b"EVIL       ", LABEL)}, "short name", {"stamp"}),
    ("bytes behind the last record", {"last": bytes(64) + record(b"EVIL    EFI")}, "bytes behind the last record"),
    ("bytes behind the content", {"twist": poke_bytes(lambda v: v.at(v.places[LONG]) + 6, b"evil")},
     "bytes behind the content"),
    ("bytes of a free cluster", {"twist": poke_bytes(lambda v: v.at(40), b"evil")}, "bytes of no file"),
    ("another second table", {"second": lambda t: t[:-1] + b"x"}, "copy of the allocation table is false"),
    ("bytes behind the tables' ends", {"twist": lambda image, v: image.__setitem__(
        slice(v.root_at - 1 if v.bits < 32 else v.data_at - 1, None),
        b"x" + image[v.root_at if v.bits < 32 else v.data_at:])}, "copy of the allocation table is false"),
    ("a bad cluster", {"poke": [(44, -9)]}, "allocation table"),
    ("a lost cluster", {"poke": [(44, -1)]}, "allocation table"),
    ("another end of a chain", {"poke": [(LONG, -2)]}, "end of the chain"),
    ("times that are none", {"stamp": 0xffffffff}, "time of writing differs (unexplained)"),
    ("tenths that are none", {"records": {"tenths": 200}}, "time of creation differs (unexplained)"),
    ("a date of access that is none", {"records": {"access": 0x1a0}}, "date of access differs (unexplained)"),
    ("bytes behind the end", {"tail": b"evil" * 128}, "bytes of no file"),
    ("no room for the last records", {"tree": change(TREE, "efi/Boot", options={"size": 7})}, "size"),
    ("a folder without its dots", {"twist": poke_bytes(lambda v: v.at(v.places["efi"]), b"\xe5")}, "deleted record"),
    (".. that leads to itself", {"twist": lambda image, v: poke_bytes(
        lambda _: v.at(v.places["efi"]) + 32 + 26, struct.pack("<H", v.places["efi"]))(image, v)}, "cluster of .."),
]
ATTACKS_32 = [
    ("a number of free clusters", {"fsinfo": 3}, "number of free clusters is false"),
    ("where to look for a free cluster", {"next_free": 33}, "next free cluster"),
    ("reserved bits of the table", {"poke": [(44, 0x10000000)]}, "allocation table"),
    ("another copy of the boot sector", {"backup": lambda b: b[:67] + b"evil" + b[71:]}, "copy of the boot sector is false"),
    ("other code in the copy of the boot sector", {"backup": lambda b: b[:100] + b"evil" + b[104:]}, "boot code"),
    ("bytes of a reserved sector", {"reserved_bytes": b"evil"}, "reserved sectors"),
    ("no copy of the boot sector", {"backup_at": 0}, "geometry"),
]
LIES = [
    ("a chain in a circle", {"poke": [(LONG, LONG)]}, "two purposes"),
    ("a file in the clusters of another", {"tree": change(TREE, LONG, options={"cluster": 6})}, "two purposes"),
    ("a folder in itself", {"twist": lambda image, v: poke_bytes(
        lambda _: v.record("efi/Boot") + 26, struct.pack("<H", v.places["efi"]))(image, v)}, "two purposes"),
    ("a chain shorter than its file", {"tree": change(TREE, LONG, options={"size": 513})}, "shorter than its file"),
    ("a file that has a free cluster", {"poke": [(LONG, 0)]}, "is free, and in use"),
    ("a file in a bad cluster", {"poke": [(LONG, -9)]}, "is not there"),
    ("a chain past the end", {"poke": [(LONG, 1000)]}, "is not there"),
    ("a file in cluster 1", {"tree": change(TREE, LONG, options={"cluster": 1})}, "is not there"),
    ("content without a cluster", {"tree": change(TREE, LONG, options={"cluster": 0})}, "shorter than its file"),
    ("a folder without clusters", {"tree": change(TREE, "efi", options={"cluster": 0})}, "without clusters"),
    ("a name twice", {"tree": TREE + ((None, b"EMPTY      ", b"2"),)}, "two files of one name"),
    ("a short name that is another's long one", {"tree": TREE + (("Motd.txt", b"EVIL~1  TXT", b"2"),)}, "two files of one name"),
    ("a long name that is another's short one", {"tree": TREE + (("alongn~1.TXT", b"EVIL~1  TXT", b"2"),)}, "two files of one name"),
    ("a name with a slash", {"tree": change(TREE, LONG, name="A/b")}, "not a file name"),
    ("a name that is the folder above", {"tree": change(TREE, LONG, name="..")}, "not a file name"),
    ("a name of spaces", {"tree": change(TREE, "EMPTY", short=b" " * 11)}, "not a file name"),
    ("half a character", {"tree": change(TREE, LONG, name=b"\x00\xd8")}, "no UTF-16"),
    ("reserved attributes", {"tree": change(TREE, LONG, options={"attr": 0x60})}, "attributes that are reserved"),
    ("a long name to U-Boot alone", {"last": record(b"EVIL       ", FILE | 15)}, "attributes that are reserved"),
    ("a larger file system than there is", {"spare": 0, "twist": lambda image, v: image.__delitem__(
        slice(-700, None))}, "cut short"),
]
LIES_32 = [
    ("tables that are not mirrored", {"flags": 0x80}, "not mirrored"),
    ("an unknown version", {"version": 1}, "version"),
    ("a copy of the boot sector among the files", {"backup_at": 40}, "not reserved"),
]


def resolved(changes, bits):
    """Numbers in poke: below zero they count from the end of those that there are; paths are clusters."""
    changes = dict(changes)
    if "poke" in changes:
        changes["poke"] = [(key, value) for key, value in changes["poke"]]
        places = places_of(bits)
        changes["poke"] = [(key, places[value] if isinstance(value, str) else
                            ENDS[bits] + 1 + value if value < 0 else value) for key, value in changes["poke"]]
    return changes


def places_of(bits):
    found = {}
    fat(bits=bits, twist=lambda image, v: found.update(v.places))
    return found


def small(bits=12, skip=0, **changes):
    """For seeds: a long name, a folder and two files."""
    tree = (("d", b"D          ", ((None, b"F          ", b"some text"),)), ("long", b"LONG~1     ", b"more"))
    return fat(change(tree, "long", **changes) if changes else tree, bits=bits, clusters=8, roots=16, reserved=8, skip=skip)


def attacks():
    for bits, more in ((12, []), (32, ATTACKS_32)):
        rows = [(text, resolved(changes, bits), *rest) for text, changes, *rest in ATTACKS + more]
        benign = BENIGN if bits == 32 else BENIGN[1:3]
        table(f"FAT{bits}", lambda bits=bits, **changes: fat(bits=bits, **changes), benign, rows)


def lies():
    for bits in (12, 32):
        for text, changes, piece in LIES + (LIES_32 if bits == 32 else []):
            bad = fat(bits=bits, **resolved(changes, bits))
            trial(f"FAT{bits}: {text}", bad, fat(bits=bits), "inconclusive", piece)
            trial(f"FAT{bits}: {text}, rebuilt", fat(bits=bits), bad, "inconclusive", piece)
    deep = ()
    for _ in range(30):
        deep = (("d" * 150, b"D          ", deep),)
    trial("FAT: a path that no system call takes", fat(deep), fat(), "inconclusive", "limit: folder d")
    for text, options in (("no mark", {"mark": b"\0\0"}), ("no jump", {"jump": b"\0\0\0"})):
        trial(f"FAT: {text} is no boot sector", fat(serial=1, **options), fat(**options), "different", "differ")


def more_pairs():
    # FAT16, and what has no row above.
    base = fat(bits=16)
    trial("FAT16: times and serial number", fat(bits=16, serial=7, stamp=OTHER_STAMP), base, "transplanted",
          "fat/timestamps@1", "fat/serial@1")
    trial("FAT16: other clusters", fat(bits=16, skip=40), base, "repacked", "fat/repacked@1")
    trial("FAT16: a byte of a program", fat(change(TREE, TOOL, content=EVIL), bits=16), base, "different", "BOOTX64")
    trial("FAT16: bytes of a free cluster", fat(bits=16, twist=poke_bytes(lambda v: v.at(4000), b"evil")), base,
          "different", "bytes of no file")
    trial("FAT16: the high half of a cluster", fat(bits=16, twist=poke_bytes(lambda v: v.record("EMPTY") + 20, b"e")), base,
          "different", "high half of the cluster")
    trial("FAT: no times", fat(stamp=0, records={"tenths": 0}), fat(), "transplanted", "fat/timestamps@1")
    trial("FAT: no serial number", fat(serial=1, signature=0), fat(signature=0), "different", "volume serial")
    hidden = fat(poke=[(44, 0xfff)], twist=poke_bytes(lambda v: v.at(44), b"evil"))
    trial("FAT: bytes of a lost cluster", hidden, fat(poke=[(44, 0xfff)]), "different", "lost clusters")
    bad = fat(poke=[(44, 0xff7)], twist=poke_bytes(lambda v: v.at(44), b"evil"))
    trial("FAT: bytes of a bad cluster", bad, fat(poke=[(44, 0xff7)]), "different", "bad clusters")
    trial("FAT: a lost cluster and other times", fat(poke=[(44, 0xfff)], stamp=OTHER_STAMP), fat(poke=[(44, 0xfff)]),
          "transplanted", "fat/timestamps@1")
    trial("FAT: a lost cluster, files elsewhere", fat(poke=[(44, 0xfff)], skip=2), fat(poke=[(44, 0xfff)]), "different",
          "allocation table")
    trial("FAT: clusters behind the end of a file", fat(poke=[(LONG, 44), (44, 0xfff)]), fat(), "different",
          "clusters behind the end", f"{LONG}")
    trial("FAT: a cluster of an empty file", fat(change(TREE, "EMPTY", options={"cluster": 44}), poke=[(44, 0xfff)]),
          fat(), "different", "EMPTY: clusters behind the end")
    # Which record is deleted, and where, is no matter of order alone.
    gone = b"\xe5" + bytes(31)
    trial("FAT: a deleted record at another place", fat(first=gone), fat(last=gone), "different",
          "hidden records in front")
    trial("FAT: a byte of a deleted record", fat(first=b"\xe5x" + bytes(30)), fat(first=gone), "different",
          "deleted record")
    # Which of two files of one name is read depends on who reads.
    two = ((None, b"D          ", ((None, b"A          ", b"a"), (None, b"B          ", b"b"))), (None, b"D          ", ()))
    moved = ((None, b"D          ", two[0][2][:1]), (None, b"D          ", two[0][2][1:]))
    trial("FAT: folders of one name", fat(two), fat(moved), "inconclusive", "two files of one name")


def swapped(image, v):
    """Two files of one length change their clusters; nothing else can tell."""
    a, b = (v.at(v.places[name]) for name in ("ONE", "TWO"))
    image[a:a + v.size], image[b:b + v.size] = image[b:b + v.size], image[a:a + v.size]
    a, b = (v.record(name) + 26 for name in ("ONE", "TWO"))
    image[a:a + 2], image[b:b + 2] = image[b:b + 2], image[a:a + 2]


def places_that_count():
    """Where a boot loader, or a record that only some drivers see, may lead to clusters."""
    tree = TREE + ((None, b"ONE        ", b"1" * 300), (None, b"TWO        ", b"2" * 300))
    unseen = bytes(32) + record(b"EVIL    EFI", cluster=12, size=300)
    for text, options in (("behind boot code that jumps elsewhere", {"jump": b"\xeb\x50\x90"}),
                          ("behind a boot loader", {"code": LOADER}),
                          ("with a record behind the last one", {"last": unseen})):
        trial(f"FAT: {text}: other times", fat(tree, stamp=OTHER_STAMP, **options), fat(tree, **options),
              "transplanted", "fat/timestamps@1")
        trial(f"FAT: {text}: files that changed places", fat(tree, twist=swapped, **options), fat(tree, **options),
              "different", "ONE: cluster differs")
        trial(f"FAT: {text}: files elsewhere", fat(tree, skip=3, **options), fat(tree, **options), "different",
              "allocation table")
    trial("FAT: files that changed places", fat(tree, twist=swapped), fat(tree), "repacked", "fat/repacked@1")
    trial("FAT: no boot code: files elsewhere", fat(skip=3, code=b""), fat(code=b""), "repacked", "fat/repacked@1")
    second = [fat(bits=32, reserved_bytes=bytes(512 * n) + b"second stage") for n in (1, 0)]
    trial("FAT32: a reserved sector at another place", *second, "different", "reserved sectors")
    # syslinux changes the first boot sector and leaves the copy alone.
    first = {"bits": 32, "code": LOADER, "backup": lambda b: b[:90] + bytes.fromhex(IDLE % 0x77).ljust(420, b"\0") + b[510:]}
    trial("FAT32: a boot loader in the first boot sector alone", fat(stamp=OTHER_STAMP, serial=1, **first), fat(**first),
          "transplanted", "fat/serial@1", "fat/timestamps@1")


def in_pieces():
    """A file in a dozen pieces on one side only."""
    tree = ((None, b"BIG        ", PROGRAM * 4), (None, b"END        ", b"x"))
    count = -(-len(PROGRAM) * 4 // 512)

    def scattered(image, v):
        # Every other cluster from the end of all: a table of 16 bits is easily written.
        first, table = v.places["BIG"], 512
        pieces = [image[v.at(first + i):v.at(first + i) + 512] for i in range(count)]
        for i in range(count):
            struct.pack_into("<H", image, table + 2 * (first + i), 0)
            image[v.at(first + i):v.at(first + i) + 512] = bytes(512)
        for i, piece in enumerate(pieces):
            place = 1000 + 2 * i
            struct.pack_into("<H", image, table + 2 * place, place + 2 if i + 1 < count else 0xffff)
            image[v.at(place):v.at(place) + 512] = piece
        size = struct.unpack_from("<H", image, 22)[0] * 512
        image[table + size:table + 2 * size] = image[table:table + size]
        struct.pack_into("<H", image, v.record("BIG") + 26, 1000)

    whole, pieces = fat(tree, bits=16), fat(tree, bits=16, twist=scattered)
    trial("FAT: a file in pieces", pieces, whole, "repacked", "fat/repacked@1")
    trial("FAT: a file in pieces, rebuilt", whole, pieces, "repacked", "fat/repacked@1")
    result(digests_in(whole) == digests_in(pieces), "FAT: a file in pieces is read as it is")


def parted(**changes):
    """A disk with a system partition."""
    return disks.gpt(places=((64, 127), (128, 383)), root=fat(**changes), name="ESP")


def in_partitions():
    base = parted()
    trial("FAT in GPT: times", parted(stamp=OTHER_STAMP), base, "transplanted", "partition-2", "fat/timestamps@1")
    trial("FAT in GPT: a program", parted(tree=change(TREE, TOOL, content=EVIL)), base, "different",
          "partition-2!efi/Boot/BOOTX64.EFI: 1 byte")
    mbr = [disks.mbr([(0x80, 0xef, 8, 200)]).ljust(8 * 512, b"\0") + fat(**c).ljust(200 * 512, b"\0")
           for c in ({"stamp": OTHER_STAMP}, {}, {"code": b"evil"})]
    trial("FAT in MBR: times", mbr[0], mbr[1], "transplanted", "fat/timestamps@1")
    trial("FAT in MBR: boot code", mbr[2], mbr[1], "different", "partition-1", "boot code")
    pair = [disks.gpt(places=((64, 223), (224, 383)), root=fat(serial=b)) for b in (2, 1)]
    pair = [disks.at(disk, 64 * 512, fat(serial=a)) for disk, a in zip(pair, (1, 2))]
    trial("FAT: serial numbers that changed places", *pair, "different", "volume serial: the delivered one leads")


def truncated():
    for bits in (12, 32):
        good = fat(bits=bits)
        for cut in range(512, len(good), len(good) // 9):
            status, answer, out = compare(good[:cut], good)
            result(status in (DIFFERENT, INCONCLUSIVE), f"FAT{bits}: cut short at {cut}", out)


# --- judges ------------------------------------------------------------------------------------


def mtool(name, *words, **env):
    return subprocess.run([name, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True,
                          env={**os.environ, "MTOOLS_SKIP_CHECK": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8", **env}).stdout


def made(bits, size, date, serial, *options):
    with open("made", "wb") as f:
        f.truncate(size)
    subprocess.run(["mkfs.fat", f"-F{bits}", "-i", serial, "-n", "VOL", *options, "made"], check=True,
                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    env = {"SOURCE_DATE_EPOCH": str(date)}
    mtool("mmd", "-i", "made", "::/EFI", "::/EFI/BOOT", "::/Ein langer Ördner", **env)
    for source, target in (("p", "EFI/BOOT/BOOTX64.EFI"), ("m", "A long name of a file.txt"), ("m", "small.txt"),
                           ("e", "EMPTY"), ("p", "Ein langer Ördner/größere Datei.bin")):
        mtool("mcopy", "-i", "made", source, "::/" + target, **env)
    with open("made", "rb") as f:
        return f.read()


def taken_out():
    shutil.rmtree("out", ignore_errors=True)
    os.mkdir("out")
    mtool("mcopy", "-s", "-n", "-i", "judged", "::/*", "out/")
    return digests_below("out")


def regenerated(delivered, rebuilt):
    """The rebuilt file with the bytes of the delivered one where assay says that they were transplanted."""
    out = bytearray(rebuilt)
    for part in compare(delivered, rebuilt)[1]["artefacts"][0]["ranges"]:
        if part["class"] == "transplanted":
            at = slice(part["offset"], part["offset"] + part["length"])
            out[at] = delivered[at]
    return bytes(out) == delivered


def judges():
    write("p", PROGRAM * 20)
    write("m", b"hello\n")
    write("e", b"")
    for bits, size, *options in ((12, 1 << 20), (16, 9 << 20), (32, 34 << 20, "-s", "1"), (12, 2 << 20, "-S", "2048")):
        image = made(bits, size, 1500000000, "11112222", *options)
        later = made(bits, size, 1600000000, "33334444", *options)
        write("judged", image)
        judged, seen = taken_out(), digests_in(image)
        text = f"mkfs.fat and mcopy, {bits} bits {' '.join(options)}"
        result(judged == seen and len(seen) == 5, f"{text}: the files of mtools", (judged, seen))
        reads_to_end(text)
        trial(f"{text}: other times and serial number", later, image, "transplanted", "fat/timestamps@1",
              "fat/serial@1")
        result(regenerated(later, image), f"{text}: the delivered file comes out of the rebuilt one")
        mtool("mdel", "-i", "judged", "::/small.txt")
        with open("judged", "rb") as f:
            deleted = f.read()
        trial(f"{text}: a file that mdel took out", deleted, image, "different", "small.txt: only in",
              "deleted record")
    for bits in (12, 16, 32):
        image = fat(bits=bits, label=b"NO NAME    ", labelled=False, signature=0x29)
        write("judged", image)
        done = subprocess.run(["fsck.fat", "-n", "judged"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        result(done.returncode == 0, f"fsck.fat takes the image of this test for one: {bits} bits", done.stdout)
        if bits < 32:  # mtools wants more clusters of the third
            result(taken_out() == digests_in(image), f"mtools finds the files of this test: {bits} bits")


if __name__ == "__main__":
    need("mkfs.fat", "fsck.fat", "mcopy")
    with Folder():
        for part in (attacks, lies, more_pairs, places_that_count, in_pieces, in_partitions, truncated, judges):
            part()
    finish()
