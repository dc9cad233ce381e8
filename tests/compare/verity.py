#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""dm-verity: trees behind their data and in partitions of their own, made here and by veritysetup, which
also verifies those of this test: what may differ, attacks, and trees that are not those of their data."""
import cramfs
import disks
from pairs import *  # noqa: F403

os.environ["PATH"] += ":/usr/sbin:/sbin"
UUID = bytes(range(1, 17))
SALT = b"\x5a" * 32
TEXT = b"The quick brown fox jumps over the lazy dog.\n" * 400
DATA = padded(TEXT, 4096)
EVIL = DATA.replace(b"lazy", b"evil", 1)


def tree_of(data, salt, algorithm="sha256", kind=1, data_block=4096, hash_block=4096):
    """The levels, the highest first, and the root digest."""
    size = hashlib.new(algorithm).digest_size
    slot = 1 << (size - 1).bit_length() if kind else size

    def digest(block):
        return hashlib.new(algorithm, salt + block if kind else block + salt).digest()

    levels, blocks, width = [], data, data_block
    while len(blocks) > width:
        digests = [digest(blocks[i:i + width]).ljust(slot, b"\0") for i in range(0, len(blocks), width)]
        each = hash_block // slot
        blocks = b"".join(b"".join(digests[i:i + each]).ljust(hash_block, b"\0") for i in range(0, len(digests), each))
        levels, width = [blocks, *levels], hash_block
    return b"".join(levels), digest(blocks)


def area(data=DATA, salt=SALT, uuid=UUID, algorithm="sha256", kind=1, data_block=4096, hash_block=4096, count=None,
         salt_tail=b"", pad=b"", spare=b"", tree=None, version=1, name=None, salt_size=None, tree_of_=None):
    head = struct.pack("<8sII16s32sIIQH6s", b"verity", version, kind, uuid, name or algorithm.encode(), data_block,
                       hash_block, len(data) // data_block if count is None else count,
                       len(salt) if salt_size is None else salt_size, pad)
    head += (salt + salt_tail).ljust(256, b"\0") + spare
    made = tree_of(data if tree_of_ is None else tree_of_, salt, algorithm, kind, data_block, hash_block)[0]
    return head.ljust(hash_block, b"\0") + (tree(made) if tree else made)


def image(data=DATA, tail=b"", **options):
    return data + area(data, **options) + tail


def packed(level):
    """Data that can be packed otherwise, of one size."""
    return cramfs.cramfs(level=level, tail=bytes(4096))


def appended():
    table("verity", image, [
        ("a UUID", {"uuid": bytes(16)}, "transplanted", "verity/uuid@1"),
        ("a salt", {"salt": b"\xa5" * 32}, "transplanted", "verity/salt@1"),
        ("erased flash behind it", {"tail": b"\xff" * 4096}, "repacked", "container/padding@1"),
    ], [
        ("a byte of the data", {"data": EVIL}, "data: 4 bytes differ"),
        ("a byte of the data without another tree", {"data": EVIL, "tree_of_": DATA}, "hash tree is false"),
        ("a byte of the tree", {"tree": lambda t: b"x" + t[1:]}, "hash tree is false"),
        ("bytes behind the digests", {"tree": lambda t: t[:-1] + b"x"}, "hash tree is false"),
        ("a salt of another length", {"salt": SALT[:31]}, "size of the salt"),
        ("bytes behind the salt", {"salt_tail": b"evil"}, "rest of the header"),
        ("bytes in front of the salt", {"pad": b"evil"}, "size of the salt"),
        ("bytes behind the header", {"spare": b"evil"}, "rest of the header"),
        ("another kind of tree", {"kind": 0}, "magic and version"),
        ("another algorithm", {"algorithm": "sha1"}, "algorithm and block sizes"),
        ("bytes behind the name of the algorithm", {"name": b"sha256\0evil"}, "algorithm and block sizes"),
        ("another block size", {"hash_block": 1024}, "algorithm and block sizes"),
        ("bytes behind the end", {"tail": b"evil" * 128}, "bytes behind the hash tree"),
    ])
    for text, options in (("of an unknown version", {"version": 2}), ("over more than there is", {"count": 99}),
                          ("of an unknown kind", {"kind": 2}), ("of an unknown algorithm", {"name": b"evil"}),
                          ("without its end", {"tree": lambda t: t[:-4096]}), ("of MD5", {"algorithm": "md5"}),
                          ("of too long a salt", {"salt_size": 257}), ("over nothing", {"count": 0}),
                          ("of blocks of no size", {"name": b"sha256" + bytes(26) + struct.pack("<I", 3000)})):
        if "name" in options and len(options["name"]) > 32:
            bad = bytearray(image())
            bad[len(DATA) + 64:len(DATA) + 68] = struct.pack("<I", 3000)
            other = bytearray(image(uuid=bytes(16)))
            other[len(DATA) + 64:len(DATA) + 68] = struct.pack("<I", 3000)
            pair = bytes(bad), bytes(other)
        else:
            pair = image(**options), image(uuid=bytes(16), **options)
        trial(f"verity: a tree {text} is none", *pair, "different", "differ")
    for size in (4096, 8192, 4096 * 128, 4096 * 129):
        data = (DATA * (size // len(DATA) + 1))[:size]
        pair = image(data), image(data, salt=b"\xa5" * 32)
        trial(f"verity: a salt, over {size} bytes", *pair, "transplanted", "verity/salt@1")
    data = DATA * 30
    for algorithm in ("sha1", "sha224", "sha384", "sha512"):
        pair = [image(data, algorithm=algorithm, salt=bytes([n]) * 16) for n in (1, 2)]
        trial(f"verity: a salt, with {algorithm}", *pair, "transplanted", "verity/salt@1")
    pair = [image(data, kind=0, salt=bytes([n]) * 16) for n in (1, 2)]
    trial("verity: a salt behind the blocks", *pair, "transplanted", "verity/salt@1")
    pair = [image(data, data_block=1024, hash_block=512, salt=bytes([n]) * 16) for n in (1, 2)]
    trial("verity: a salt, with smaller blocks", *pair, "transplanted", "verity/salt@1")
    repacked = [image(packed(level)) for level in (1, 9)]
    trial("verity: data that were packed otherwise", *repacked, "repacked", "data: ")
    trial("verity: the same, and a false tree", image(packed(1), tree_of_=packed(9)), repacked[1],
          "different", "hash tree is false")
    inner = [tar_header(b"a", size=3, mtime=t) + padded(b"abc") + bytes(1024) for t in (5, 6)]
    trial("verity: a time in the data", *(image(padded(t, 4096)) for t in inner), "transplanted", "tar/timestamps@1")
    nested = [image(padded(image(salt=bytes([n])), 4096), salt=bytes([n + 1])) for n in (1, 3)]
    trial("verity: in data of another", *nested, "transplanted", "data: data: salt", "verity/salt@1")
    trial("verity: a UUID that another has", *(tar(member("a", image(uuid=a)), member("b", image(uuid=b)))
                                               for a, b in ((b"2" * 16, UUID), (UUID, b"2" * 16))),
          "different", "UUID: the delivered one leads to something else")


def disk(data=DATA, tree=None, more=(), gap=b"", **options):
    """A disk with data and tree in partitions of their own."""
    base = disks.gpt(places=((64, 103), (104, 127)), root=b"", **dict(more))
    out = disks.at(base, 64 * 512, data)
    return disks.at(out, 104 * 512, area(data, **options) if tree is None else tree)


def partitions():
    data = DATA[:40 * 512 // 4096 * 4096].ljust(40 * 512, b"\0")
    table("verity in partitions", lambda data=data, **options: disk(data, **options), [
        ("a UUID", {"uuid": bytes(16)}, "transplanted", "verity/uuid@1"),
        ("a salt", {"salt": b"\xa5" * 32}, "transplanted", "verity/salt@1"),
        ("GUIDs of partitions", {"more": (("guids", tuple(disks.GUIDS[3:5])),)}, "transplanted", "gpt/guids@1"),
    ], [
        ("a byte of the data", {"data": data.replace(b"lazy", b"evil", 1)}, "partition-1: 4 bytes differ"),
        ("a byte of the data without another tree", {"data": data.replace(b"lazy", b"evil", 1), "tree_of_": data},
         "partition-2: hash tree is false", {"uuid", "salt"}),
        ("bytes behind the salt", {"salt_tail": b"evil"}, "rest of the header"),
        ("bytes behind the header", {"spare": b"evil"}, "rest of the header"),
    ])
    trial("verity in partitions: a tree that is none", disk(data, tree=b"evil"), disk(data), "different", "partition-2")
    false = disk(data, tree_of_=data.replace(b"lazy", b"evil", 1))
    trial("verity in partitions: false on both sides", disks.at(false, 440, b"evil"), false, "different",
          "partition-2: hash tree is false in the rebuilt file")
    inner = [padded(tar_header(b"a", size=3, mtime=t) + padded(b"abc") + bytes(1024), 40 * 512) for t in (5, 6)]
    trial("verity in partitions: a time in the data", *(disk(t) for t in inner), "transplanted", "tar/timestamps@1")
    trial("verity in partitions: a time in the data and a salt", disk(inner[0]), disk(inner[1], salt=b"1"),
          "different", "size of the salt")
    trial("verity in partitions: a time in the data and another salt", disk(inner[0]), disk(inner[1], salt=b"1" * 32),
          "transplanted", "tar/timestamps@1", "verity/salt@1")
    mbr = [disks.mbr([(0, 0x83, 8, 40), (0, 0x83, 48, 24)]).ljust(8 * 512, b"\0") + data +
           area(data, salt=bytes([n])).ljust(24 * 512, b"\0") for n in (1, 2)]
    trial("verity in partitions of an MBR: a salt", *mbr, "transplanted", "verity/salt@1")


def alone():
    big = DATA * 60
    good = area(big)
    table("verity alone", lambda **options: area(big, **options), [
        ("a UUID", {"uuid": bytes(16)}, "transplanted", "verity/uuid@1"),
    ], [
        ("a byte of the highest level", {"tree": lambda t: b"x" + t[1:]}, "hash tree is false"),
        ("a byte of the lowest level", {"tree": lambda t: t[:5000] + b"x" + t[5001:]}, "hash tree is false"),
        ("a tree of other data", {"tree_of_": EVIL * 60}, "hash tree differs"),
        ("a salt", {"salt": b"\xa5" * 32}, "salt differs (unexplained)"),
    ])
    for cut in (100, 600, 5000, len(good) - 1):
        trial(f"verity alone: cut short at {cut}", good[:cut], good, "different", "byte")


def setup(*words, check=True):
    return subprocess.run(["veritysetup", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=check)


def judges():
    """What veritysetup makes is what this test makes, is read to its end, and comes out of another one."""
    data = DATA * 40
    for text, options, mine in (("plain", [], {}), ("sha512", ["--hash", "sha512"], {"algorithm": "sha512"}),
                                ("format 0", ["--format", "0"], {"kind": 0}),
                                ("sha1, small blocks", ["--hash", "sha1", "--data-block-size", "1024", "--hash-block-size",
                                                        "1024"], {"algorithm": "sha1", "data_block": 1024,
                                                                  "hash_block": 1024})):
        files = []
        for salt, uuid in ((SALT, UUID), (b"\xa5" * 32, bytes(16))):
            write("made", data)
            uuid_text = "-".join((uuid.hex()[:8], uuid.hex()[8:12], uuid.hex()[12:16], uuid.hex()[16:20], uuid.hex()[20:]))
            out = setup("format", "made", "made", "--hash-offset", str(len(data)), "--salt", salt.hex(), "--uuid",
                        uuid_text, *options).stdout.decode()
            root = tree_of(data, salt, **{k: v for k, v in mine.items()})[1]
            result(root.hex() in out, f"veritysetup, {text}: the root digest of this test", out)
            with open("made", "rb") as f:
                files.append(f.read())
            result(files[-1] == image(data, salt=salt, uuid=uuid, **mine), f"veritysetup, {text}: the bytes of this test")
        trial(f"veritysetup, {text}: other salt and UUID", files[1], files[0], "transplanted", "verity/salt@1",
              "verity/uuid@1")
        seen = digests_in(files[0])
        result(seen == {"data": sha256(data)}, f"veritysetup, {text}: the data", seen)
        reads_to_end(f"veritysetup, {text}")
        evil = data.replace(b"lazy", b"evil", 1) + files[0][len(data):]
        write("judged", evil)
        done = setup("verify", "judged", "judged", root.hex(), "--hash-offset", str(len(data)), check=False)
        result(done.returncode != 0, f"veritysetup, {text}: does not take a false tree", done.stdout)
        trial(f"veritysetup, {text}: a false tree", evil, files[0], "different", "hash tree is false", "data: 4 bytes")


if __name__ == "__main__":
    need("veritysetup")
    with Folder():
        for part in (appended, partitions, alone, judges):
            part()
    finish()
