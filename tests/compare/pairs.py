# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of `assay compare` share: makers of archives, byte by byte so that every field
can be made wrong, and the trial of one pair with what must hold for any pair."""
import gzip
import hashlib
import json
import lzma
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

ASSAY = os.environ["ASSAY"]
MATCH, DIFFERENT, TROUBLE, INCONCLUSIVE, WORSE = 0, 1, 2, 3, 4
CLASSES = ["identical", "transplanted", "repacked", "normalised", "excluded", "unexplained"]
TIERS = ["identical", "transplanted", "repacked", "normalised", "different", "inconclusive"]

number = 0
failed = 0


def result(good, text, why=""):
    global number, failed
    number += 1
    failed += not good
    if not good and why:
        print("\n".join("# " + line for line in str(why).splitlines()))
    print(f"{'ok' if good else 'not ok'} {number} - {text}")


def finish():
    print(f"1..{number}")
    sys.exit(failed != 0)


def need(*programs):
    """Skip all when one of them is not there; a strict run fails."""
    for program in programs:
        if not shutil.which(program):
            print(f"1..0 # SKIP no {program}")
            sys.exit(77 if os.environ.get("ASSAY_TEST_STRICT") != "1" else 1)


# --- makers ---------------------------------------------------------------------------------


def octal(value, width):
    return b"%0*o\0" % (width - 1, value)


def tar_header(name, size=0, mode=0o644, uid=0, gid=0, mtime=1700000000, kind=b"0", link=b"",
               magic=b"ustar\x0000", uname=b"root", gname=b"root", major=0, minor=0, prefix=b"",
               size_field=None, check_field=None):
    def pad(text, width):
        return text + bytes(width - len(text))

    def build(check):
        return (pad(name, 100) + octal(mode, 8) + octal(uid, 8) + octal(gid, 8) +
                (size_field or octal(size, 12)) + octal(mtime, 12) + check + kind +
                pad(link, 100) + pad(magic, 8) + pad(uname, 32) + pad(gname, 32) +
                octal(major, 8) + octal(minor, 8) + pad(prefix, 155) + bytes(12))

    total = sum(build(b" " * 8))
    return build(check_field(total) if check_field else b"%06o\0 " % total)


def padded(data, block=512, fill=b"\0"):
    return data + fill * (-len(data) % block)


def member(name, data=b"", **kw):
    if isinstance(name, str):
        name = name.encode()
    return tar_header(name, size=kw.pop("size", len(data)), **kw) + padded(data)


def tar(*members, end=1024):
    return b"".join(members) + bytes(end)


def pax(*records, kind=b"x", name=b"./PaxHeaders/x"):
    out = b""
    for key, value in records:
        body = b" " + key + b"=" + value + b"\n"
        length = len(body) + 1
        while len(str(length)) + len(body) != length:
            length += 1
        out += b"%d" % length + body
    return member(name.decode(), out, kind=kind)


def long_name(name, kind=b"L"):
    return member("././@LongLink", name + b"\0", kind=kind, magic=b"ustar  ")


def ar_member(name, data, mtime=1700000000, uid=0, gid=0, mode=0o100644, size=None, mark=b"`\n"):
    head = b"%-16s%-12d%-6d%-6d%-8o%-10d%s" % (
        name.encode(), mtime, uid, gid, mode, len(data) if size is None else size, mark)
    return head + data + b"\n" * (len(data) % 2)


def ar(*members):
    return b"!<arch>\n" + b"".join(members)


def gz(data, level=9, mtime=0, xfl=None, os_=3, flags=0, extra=None, name=None, comment=None,
       hcrc=False, crc=None, size=None):
    if extra is not None:
        flags |= 4
    if name is not None:
        flags |= 8
    if comment is not None:
        flags |= 16
    if hcrc:
        flags |= 2
    head = struct.pack("<BBBBIBB", 31, 139, 8, flags, mtime,
                       {9: 2, 1: 4}.get(level, 0) if xfl is None else xfl, os_)
    if extra is not None:
        head += struct.pack("<H", len(extra)) + extra
    if name is not None:
        head += name + b"\0"
    if comment is not None:
        head += comment + b"\0"
    if hcrc:
        head += struct.pack("<H", zlib.crc32(head) & 0xffff)
    z = zlib.compressobj(level, zlib.DEFLATED, -15)
    body = z.compress(data) + z.flush()
    return head + body + struct.pack("<II", zlib.crc32(data) if crc is None else crc,
                                     (len(data) if size is None else size) & 0xffffffff)


def xz(data, preset=6, check=lzma.CHECK_CRC64):
    return lzma.compress(data, preset=preset, check=check)


def zst(data, *options):
    return subprocess.run(["zstd", "-q", "-c", *options], input=data, stdout=subprocess.PIPE,
                          check=True).stdout


def md5sums(files):
    return b"".join(b"%s  %s\n" % (hashlib.md5(data).hexdigest().encode(), name.encode())
                    for name, data in files)


CONTROL = b"Package: x\nVersion: 1\nArchitecture: all\nDepends: libc6 (>= 2.34)\nDescription: x\n"


def deb(files, sums=None, control=CONTROL, pack=xz, suffix=".xz", extra=(), extra_members=(),
        scripts=(), **kw):
    """files: (name, data) pairs. sums: what the package claims; None: the truth."""
    data = [member("./", kind=b"5", mode=0o755)]
    data += [member("./" + name, content, **kw) for name, content in files]
    data += list(extra)
    control_members = [member("./", kind=b"5", mode=0o755), member("./control", control)]
    claim = md5sums(files) if sums is None else sums
    if claim:
        control_members.append(member("./md5sums", claim))
    control_members += [member("./" + n, c, mode=0o755) for n, c in scripts]
    return ar(ar_member("debian-binary", b"2.0\n"),
              ar_member("control.tar" + suffix, pack(tar(*control_members))),
              ar_member("data.tar" + suffix, pack(tar(*data))), *extra_members)


# --- trials ---------------------------------------------------------------------------------


def run(delivered, rebuilt, *options):
    return subprocess.run([ASSAY, "compare", *options, delivered, rebuilt],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)


def check_sums(answer):
    """For every artefact the classes add up to the size, from the ranges and from the sums."""
    for artefact in answer["artefacts"]:
        counted = dict.fromkeys(CLASSES, 0)
        at = 0
        for part in artefact["ranges"]:
            assert part["offset"] == at and part["length"] > 0, (artefact["path"], part)
            at += part["length"]
            counted[part["class"]] += part["length"]
            assert part["rule"] or part["class"] in ("identical", "unexplained"), part
        claimed = dict(artefact["bytes"])
        assert at == claimed.pop("total") and counted == claimed, artefact["path"]
        worst = max([c for c in CLASSES if counted[c]] or ["identical"], key=CLASSES.index)
        at_least = {"excluded": "normalised", "unexplained": "different"}.get(worst, worst)
        assert TIERS.index(artefact["tier"]) >= TIERS.index(at_least), artefact["path"]
    assert answer["bytes"] == answer["artefacts"][0]["bytes"]


def check_story(answer, same):
    """Equal is identical and nothing else is; what is worse than identical has a finding."""
    assert (answer["tier"] == "identical") == same, (answer["tier"], same)
    assert bool(answer["findings"]) == (not same), "findings"
    unexplained = [f for f in answer["findings"] if f["class"] == "unexplained"]
    worse = answer["tier"] in ("different", "inconclusive")
    assert bool(unexplained) == worse, (answer["tier"], unexplained)
    for finding in answer["findings"]:
        assert (finding["rule"] is None) == (finding["class"] == "unexplained"), finding
        assert all(c >= " " for c in finding["text"] + finding["artefact"]), finding
    paths = [a["path"] for a in answer["artefacts"]]
    assert all(f["artefact"] in paths for f in answer["findings"]), "finding without artefact"


class Folder:
    """A folder of its own for a test program, gone when it ends."""

    def __init__(self):
        self.path = tempfile.mkdtemp()
        os.chdir(self.path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.chdir("/")
        shutil.rmtree(self.path, ignore_errors=True)


def write(name, data):
    with open(name, "wb") as f:
        f.write(data)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def inspected(data):
    """The artefacts that inspect shows of a file."""
    write("inspected", data)
    out = subprocess.run([ASSAY, "inspect", "--json", "-", "inspected"], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, timeout=120)
    return json.loads(out.stdout)["artefacts"]


def digests_in(image):
    """Path and digest of every file that inspect shows in an image."""
    return {a["path"]: a["sha256"] for a in inspected(image) if a["path"]}


def digests_below(top):
    """The same of the regular files of a folder."""
    found = {}
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as f:
                    found[os.path.relpath(path, top)] = sha256(f.read())
    return found


def reads_to_end(text):
    """What was inspected last has no trouble in it."""
    out = subprocess.run([ASSAY, "inspect", "inspected"], stdout=subprocess.PIPE)
    result(out.returncode == MATCH and b"TROUBLE" not in out.stdout, f"{text}: read to its end", out.stdout)


def compare(delivered, rebuilt, *options):
    """Returns (status, answer or None, text). Two runs give the same bytes."""
    write("delivered", delivered)
    write("rebuilt", rebuilt)
    first = run("delivered", "rebuilt", "--json", "-", *options)
    if first.returncode == TROUBLE:
        return TROUBLE, None, first.stderr
    again = run("delivered", "rebuilt", "--json", "-", *options)
    assert first.stdout == again.stdout and first.stderr == again.stderr, "not deterministic"
    assert all(c >= 32 or c == 10 for c in first.stderr), "control characters in the text"
    return first.returncode, json.loads(first.stdout), first.stderr


STATUS = {"identical": MATCH, "transplanted": MATCH, "repacked": MATCH, "normalised": MATCH,
          "different": DIFFERENT, "inconclusive": INCONCLUSIVE}


def trial(text, delivered, rebuilt, tier, *wanted, absent=()):
    """One pair: tier, exit status, and texts that must be among the findings."""
    try:
        status, answer, out = compare(delivered, rebuilt)
        assert answer is not None, out
        assert answer["tier"] == tier, f"{answer['tier']}, not {tier}\n" + out.decode()
        assert status == STATUS[tier], status
        check_sums(answer)
        check_story(answer, delivered == rebuilt)
        found = [f"{f['artefact']}: {f['text']} ({f['rule'] or f['class']})"
                 for f in answer["findings"]]
        for piece in wanted:
            assert any(piece in f for f in found), f"no finding with {piece!r}: {found}"
        for piece in absent:
            assert not any(piece in f for f in found), f"finding with {piece!r}: {found}"
    except (AssertionError, ValueError, subprocess.TimeoutExpired) as problem:
        result(False, text, problem)
        return
    result(True, text)


def table(name, make, benign, attacks):
    """All pairs of a format. make(**changes) gives the bytes; without changes those of the rebuilt
    file. A row of benign is (text, changes, tier, rule); a row of attacks (text, changes, piece of
    the finding) and maybe the set of changes that cannot be told from it. Every row is tried both
    ways, and every attack together with every benign change: no difference may hide another. (That
    a container was packed otherwise is said of its metadata when nothing else is wrong.)"""
    base = make()
    for text, changes, tier, rule in benign:
        trial(f"{name}: {text}", make(**changes), base, tier, f"({rule})")
        trial(f"{name}: {text}, the other way", base, make(**changes), tier, f"({rule})")
    for text, changes, piece, *covers in attacks:
        trial(f"{name}: {text}", make(**changes), base, "different", piece)
        trial(f"{name}: {text}, the other way", base, make(**changes), "different")
        for other, more, _, rule in benign:
            silent = set(more) <= set(*covers) or rule.endswith("/repacked@1")
            wanted = [] if silent else [f"({rule})"]
            if not set(more) & set(changes):
                trial(f"{name}: {text}, beside: {other}", make(**more, **changes), base,
                      "different", piece, *wanted)
