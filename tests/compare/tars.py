#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""assay compare on tar archives with sparse files, in all formats that GNU tar writes, and with times in
pax headers. GNU tar makes archives, Python's tarfile judges what is in them."""
import tarfile

from makers import *  # noqa: F403

A, B = b"some text " * 60, b"more text " * 30
RUNS = [(0, A), (5000, B), (9000, b"")]


def numbers(runs, count):
    out = b"".join(octal(at, 12) + octal(len(data), 12) for at, data in runs)
    return out.ljust(24 * count, b"\0")


def old(runs=RUNS, size=9000, name=b"x", more=None, stored=None, junk=b"", **kw):
    """Type S: four runs in the header, 21 in each block behind it."""
    stored = b"".join(data for _, data in runs) if stored is None else stored
    head = bytearray(tar_header(name, size=len(stored), kind=b"S", magic=b"ustar  ", **kw))
    head[386:482] = numbers(runs[:4], 4) if not junk else junk.ljust(96, b"\0")
    rest, blocks = runs[4:], b""
    head[482] = len(rest) > 0 if more is None else more
    while rest:
        blocks += numbers(rest[:21], 21) + bytes([len(rest) > 21]) + bytes(7)
        rest = rest[21:]
    head[483:495] = octal(size, 12)
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + blocks + padded(stored)


def records(runs=RUNS, size=9000, form="0.1", name=b"x", count=None, stored=None, extra=()):
    stored = b"".join(data for _, data in runs) if stored is None else stored
    count = len(runs) if count is None else count
    if form == "0.0":
        told = [(b"GNU.sparse.size", b"%d" % size), (b"GNU.sparse.numblocks", b"%d" % count)]
        for at, data in runs:
            told += [(b"GNU.sparse.offset", b"%d" % at), (b"GNU.sparse.numbytes", b"%d" % len(data))]
    elif form == "0.1":
        told = [(b"GNU.sparse.size", b"%d" % size), (b"GNU.sparse.numblocks", b"%d" % count),
                (b"GNU.sparse.name", name),
                (b"GNU.sparse.map", b",".join(b"%d,%d" % (at, len(data)) for at, data in runs))]
    else:
        told = [(b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"), (b"GNU.sparse.name", name),
                (b"GNU.sparse.realsize", b"%d" % size)]
        stored = padded(b"%d\n" % count + b"".join(b"%d\n%d\n" % (at, len(d)) for at, d in runs)) + stored
    return pax(*told, *extra) + member("GNUSparseFile.1/x" if form != "0.0" else "x", stored)


def sparse():
    evil = [(0, A), (5000, b"e" + B[1:]), (9000, b"")]
    many = [(i * 1000, b"%d" % i) for i in range(60)]
    forms = [("old", old), *((f, lambda f=f, **kw: records(form=f, **kw)) for f in ("0.0", "0.1", "1.0"))]
    for form, make in forms:
        t = f"tar, sparse {form}: "
        base = tar(make())
        trial(t + "equal", base, base, "identical")
        trial(t + "a byte", tar(make(runs=evil)), base, "different", "x: 1 byte differs")
        trial(t + "a run elsewhere", tar(make(runs=[(0, A), (5001, B), (9000, b"")])), base, "different")
        trial(t + "another size", tar(make(size=9001)), base, "different")
        trial(t + "a run less", tar(make(runs=[(0, A + bytes(5000 - len(A)) + B)])), base, "different")
        trial(t + "many runs, a byte of the last", tar(make(runs=many[:-1] + [(59000, b"xx")], size=60000)),
              tar(make(runs=many, size=60000)), "different", "2 bytes differ")
        trial(t + "a member behind it", tar(make(), member("y", b"evil")), tar(make(), member("y", b"good")),
              "different", "y: 4 bytes")
        inner = [gz(A, mtime=t) for t in (1, 2)]
        packed = [tar(make(runs=[(0, x), (len(x), b"")], size=len(x))) for x in inner]
        trial(t + "a time in it", *packed, "transplanted", "gzip/timestamps@1")
        for text, kw in (("runs that overlap", {"runs": [(0, A), (10, B)]}),
                         ("runs that are not sorted", {"runs": [(5000, A), (0, B)]}),
                         ("a run past the end", {"size": 5100}),
                         ("more bytes than in runs", {"stored": A + B + b"evil"}),
                         ("fewer bytes than in runs", {"stored": A}),
                         *((("another number of runs", {"count": 2}),) if form[0] == "0" else ())):
            trial(t + text, tar(make(**kw)), base, "inconclusive", "")
        huge = make(runs=[(0, A)], size=1 << 60 if form != "old" else (1 << 33) - 1)
        trial(t + "a hole without end", tar(huge), tar(make(runs=[(0, B * 2)], size=1 << 60 if form != "old" else
                                                            (1 << 33) - 1)), "inconclusive", "")
    trial("tar, sparse old: junk in the map", tar(old(junk=b"evil" * 9)), tar(old()), "inconclusive", "")
    trial("tar, sparse old: blocks that are not there", tar(old(more=1)), tar(old()), "inconclusive", "")
    trial("tar, sparse: in two ways", tar(pax((b"GNU.sparse.size", b"9000")) + old()), tar(old()), "inconclusive", "")
    trial("tar, sparse: an unknown record", tar(records(extra=[(b"GNU.sparse.evil", b"1")])), tar(records()),
          "inconclusive", "")
    trial("tar, sparse: in a global header", tar(pax((b"GNU.sparse.size", b"1"), kind=b"g"), member("x", A)),
          tar(member("x", A)), "inconclusive", "not supported")
    whole = tar(old(runs=many, size=60000))
    for cut in range(0, len(whole), 257):
        status, answer, _ = compare(whole[:cut], whole)
        if status not in (DIFFERENT, INCONCLUSIVE):
            result(False, f"tar, sparse: cut short at {cut}", answer["tier"])
            return
    result(True, "tar, sparse: cut short anywhere is no match")


def timed(mtime=b"1700000000.123456789", atime=b"1700000001.5", data=A, extra=(), mode=0o644, header=1700000000,
          pad=b"\0", key=b"mtime"):
    head = pax((key, mtime), (b"atime", atime), (b"ctime", b"1700000002"), *extra)
    if pad != b"\0":
        head = head[:-1] + pad
    return tar(head, member("x", data, mode=mode, mtime=header), member("y", b"y"))


def times():
    table("tar, pax times", timed, [
        ("a time", {"mtime": b"1600000000.987654321"}, "transplanted", "tar/pax-timestamps@1"),
        ("a time of another length", {"atime": b"1600000000"}, "repacked", "tar/pax-timestamps@1"),
        ("the time in the header", {"header": 7}, "transplanted", "tar/timestamps@1"),
    ], [
        ("a byte", {"data": b"e" + A[1:]}, "x: 1 byte differs"),
        ("mode", {"mode": 0o4644}, "x: mode differs"),
        ("a capability", {"extra": [(b"SCHILY.xattr.security.capability", b"\1\0\0\2")]}, "x: "),
        ("a record", {"extra": [(b"comment", b"evil")]}, "x: "),
        ("another key", {"key": b"MTIME"}, "x: "),
        ("a time that is none", {"mtime": b"1600000000.98765432x"}, "x: ", {"mtime", "atime"}),
        ("a time with too many digits", {"mtime": b"160000000000.98765432"}, "x: ", {"mtime", "atime"}),
        ("a fraction with too many digits", {"mtime": b"1600000000.9876543210"}, "x: ", {"mtime", "atime"}),
        ("a time without a fraction", {"mtime": b"1600000000."}, "x: ", {"mtime", "atime"}),
        ("a time before 1970", {"mtime": b"-1600000000.9"}, "x: ", {"mtime", "atime"}),
        ("bytes in the padding", {"pad": b"e"}, "x: "),
    ])
    name = [tar(pax((b"path", b"./" + b"n" * 120), (b"mtime", b"%d.5" % t)), member("x", A)) for t in (7, 1600000000)]
    trial("tar, pax times: beside a long name", *name, "repacked", "tar/pax-timestamps@1")


def judges():
    with open("hole", "wb") as f:
        for at in (0, 1 << 20, 3 << 20, 9 << 20):
            f.seek(at)
            f.write(b"some text %d" % at)
        f.truncate(10 << 20)
    subprocess.run(["cp", "--sparse=always", "hole", "same"], check=True)
    with open("hole", "rb") as f:
        want = sha256(f.read())
    for text, options in (("old", ["--format=gnu"]), *((v, ["--format=posix", "--sparse-version=" + v])
                                                       for v in ("0.0", "0.1", "1.0"))):
        image = run_tool("tar", "-S", "-c", *options, "hole", "same")
        mine = [a["sha256"] for a in inspected(image) if a["path"]]
        with tarfile.open("inspected") as t:
            theirs = [sha256(t.extractfile(m).read()) for m in t]
        result(len(image) < 1 << 20 and mine == theirs == [want] * 2, f"tar, sparse {text}: as tarfile unpacks it",
               (mine, theirs, want))
        reads_to_end(f"tar, sparse {text}")
        write("a", A)
        made = []
        for stamp in ("@1600000000.1", "@1700000000.123456789"):
            os.utime("a", ns=tuple([int(float(stamp[1:]) * 1e9)] * 2))
            made.append(run_tool("tar", "-c", "--format=posix", "--pax-option=exthdr.name=%d/p/%f", "a"))
    trial("tar, pax times: as GNU tar writes them", *made, "repacked", "tar/pax-timestamps@1")


if __name__ == "__main__":
    need("tar")
    with Folder():
        for part in (sparse, times, judges):
            part()
    finish()
