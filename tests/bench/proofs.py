#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What evidence costs: `assay check` of an update of 64 MiB (A) and `openssl dgst` of it (B); one more entry
in a log of a million (A) and in one of a thousand (B), and proofs from both. log2 of the one is twice that
of the other: what takes time by the logarithm takes at most twice as long. And what comes from the field: a
dump of 512 MiB of memory, and the reports of a hundred thousand devices against two hundred releases.

usage: proofs.py [ENTRIES]    so many instead of a million
"""
import os
import statistics
import struct
import sys
import time

BENCH = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, BENCH + "/../attest")
from packs import *  # noqa: E402,F403

ORIGIN = "lab.example/verdicts"
MILLION, SMALL = 1000000, 1000  # entries
WIDTH = 256  # C2SP tlog-tiles: hashes in a tile


def pairs(name, a, b, *options):
    sys.stdout.flush()
    subprocess.run([sys.executable, BENCH + "/pairs.py", *options, name, a, b], check=True)


def alone(name, aim, *argv, runs=3):
    """Seconds and memory of one command that has nothing to be measured against."""
    seconds, sizes = [], []
    for _ in range(runs):
        start = time.monotonic()
        child = subprocess.Popen([ASSAY, *argv], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        seconds.append(time.monotonic() - start)
        sizes.append(usage.ru_maxrss / 1024)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            sys.exit(f"{argv}: status {child.returncode}")
    for what, values, unit, most in ((name, seconds, "s", aim), (f"{name}, memory", sizes, "MiB", 512)):
        middle = statistics.median(values)
        print(f"{what}: {runs} runs\n  A      min {min(values):8.4f}  median {middle:8.4f}  {unit}  "
              f"(aim: under {most}; {'met' if middle < most else 'MISSED'})")


def make_update():
    new_key("a", "ed25519")
    data = os.urandom(64 << 20)
    write("fw.bin", data)
    write("fw.bin.dsse.json", envelope(verdict(data), "a"))
    write("policy.yaml", policy([("A", "performer", "a.pub")], owners=1))


def update():
    apart(make_update)
    pairs("check of an update of 64 MiB against `openssl dgst -sha256`",
          f"{ASSAY} check --policy policy.yaml --at 2026-11-25T00:00:00Z fw.bin", "openssl dgst -sha256 fw.bin",
          "--aim", "1.3", "-n", "9")


# --- from the field -----------------------------------------------------------------------------


def apart(make):
    """In a process of its own: what it takes would count as memory of its parent's later children."""
    child = os.fork()
    if child == 0:
        try:
            make()
            os._exit(0)
        finally:
            os._exit(1)
    if os.waitpid(child, 0)[1] != 0:
        sys.exit(f"{make.__name__} failed")


def field_policy():
    write("policy.yaml", policy([("A", "performer", "a.pub"), ("B", "performer", "b.pub")], more=EXCLUSIONS))


def make_dump():
    """An update of one image, in a memory of 512 MiB that has it twice."""
    half = 256 << 20
    image = os.urandom(half - ERASE)
    new_key("b", "ed25519")
    write("u.bin", image)
    write("u.bin.dsse.json", envelope(verdict(image, product={"name": "router", "version": "1"}), "a", "b"))
    write("u.yaml", f"schema: assay.layout/1\nmemory:\n  device: board\n  size: {2 * half}\n  fill: [255]\n  "
          f"partitions:\n    - {{name: a, size: {half}, content: .}}\n    - {{name: b, size: {half}, content: .}}\n")
    got = assay("bundle", "reference", "-l", "u.yaml", "-o", "u.json", "u.bin")
    if got.returncode != 0:
        raise RuntimeError(got)
    write("u.pack", envelope(None, "a", "b", payload=read("u.json")))
    os.remove("u.bin")
    with open("dump", "wb") as file:
        for _ in range(2):
            file.write(image + b"\xff" * ERASE)


DEVICES, RELEASES = 100000, 200


def make_fleet():
    kernels, uboot = [], sha256(bytes_of("u-boot", 90000))
    os.mkdir("fleet.packs")
    for i in range(RELEASES):
        release = Release(f"4.2.{i}")
        make_pack(release)
        os.rename(release.pack, "fleet.packs/" + release.pack)
        os.remove(release.name)
        kernels.append((sha256(release.kernel), sha256(release.rootfs)))
    with open("fleet", "w") as file:
        for i in range(DEVICES):
            kernel, rootfs = kernels[i % RELEASES]
            file.write(json.dumps({"device": f"d{i}", "hashes": {
                "kernel-a": kernel, "rootfs-a": rootfs, "u-boot": uboot}}) + "\n")


def field():
    apart(make_dump)
    apart(make_fleet)
    field_policy()
    alone("check of a dump of 512 MiB", 30, "check", "--policy", "policy.yaml", "--reference", "u.pack", "--as", "dump",
          *NOW, "dump")
    os.remove("dump")
    alone(f"reports of {DEVICES:,} devices against {RELEASES} packs", 60, "check", "--policy", "policy.yaml",
          "--reference", "fleet.packs", "--as", "fleet", *NOW, "fleet")


# --- logs ---------------------------------------------------------------------------------------


def put_tile(log, level, index, data, width):
    name = f"{index % 1000:03d}"
    while index >= 1000:
        index //= 1000
        name = f"x{index % 1000:03d}/{name}"
    path = f"{log}/tile/{level}/{name}" + (f".p/{width}" if width < WIDTH else "")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    write(path, data)


def root(hashes):
    """RFC 6962, 2.1, for hashes of subtrees: all of them full but the last."""
    if len(hashes) == 1:
        return hashes[0]
    half = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(hashes[:half]) + root(hashes[half:])).digest()


def put_index(log, leaves):
    """Which entry has which hash, sorted: one run for each bit of the number of full bundles."""
    end = len(leaves) // WIDTH
    while end > 0:
        level = (end & -end).bit_length() - 1
        first, end = end - (1 << level), end - (1 << level)
        some = sorted((leaves[i][:8], i) for i in range(first * WIDTH, (first + (1 << level)) * WIDTH))
        os.makedirs(f"{log}/index/{level}", exist_ok=True)
        write(f"{log}/index/{level}/{first >> level}", b"".join(h + struct.pack(">Q", i) for h, i in some))


def make_log(log, files, size):
    """A log of so many files, the first and the last of which are there, as C2SP tlog-tiles has it."""
    entries = [b"file sha256:%s\n" % hashlib.sha256(b"%d" % i).hexdigest().encode() for i in range(size)]
    entries[0], entries[-1] = (b"file sha256:%s\n" % sha256(read(f)).encode() for f in files[:2])
    for i in range(0, size, WIDTH):
        some = entries[i:i + WIDTH]
        put_tile(log, "entries", i // WIDTH, b"".join(struct.pack(">H", len(e)) + e for e in some), len(some))
    level, hashes = 0, [hashlib.sha256(b"\0" + e).digest() for e in entries]
    top = root(hashes)
    put_index(log, hashes)
    while hashes:
        for i in range(0, len(hashes), WIDTH):
            some = hashes[i:i + WIDTH]
            put_tile(log, level, i // WIDTH, b"".join(some), len(some))
        hashes = [root(hashes[i:i + WIDTH]) for i in range(0, len(hashes) - WIDTH + 1, WIDTH)]
        level += 1
    write(f"{log}/checkpoint", note(size, top))


def note(size, top):
    text = f"{ORIGIN}\n{size}\n{b64(top)}\n"
    public = b"\1" + openssl("pkey", "-in", "a.key", "-pubout", "-outform", "DER")[-32:]
    key_id = hashlib.sha256(ORIGIN.encode() + b"\n" + public).digest()[:4]
    signature = key_id + openssl_sign("a", "ed25519", text.encode())
    return f"{text}\n\u2014 {ORIGIN} {b64(signature)}\n".encode()


def logs(size):
    files = [write(name, name) for name in ("first", "last", "more")]
    write("since", note(700, bytes(32)))
    for log, entries in (("large", size), ("small", SMALL)):
        make_log(log, files, entries)
        shutil.copy(log + "/checkpoint", log + ".checkpoint")
    count = "a million" if size == MILLION else f"{size:,}"
    # A log is as long as its checkpoint says: what stands behind is written again.
    back = "cp {0}.checkpoint {0}/checkpoint"
    add = f"{ASSAY} log add --log {{}} --origin {ORIGIN} --key a.key more"
    pairs(f"one entry more in a log of {count} against one of a thousand", add.format("large"), add.format("small"),
          "--before-a", back.format("large"), "--before-b", back.format("small"), "--aim", "2", "-n", "9")
    for log in ("large", "small"):
        subprocess.run(back.format(log), shell=True, check=True)
    prove = f"{ASSAY} log prove --log {{}} "
    for what, words, *aim in (("proof of the newest entry", "last", "--aim", "2"),
                              ("proof of growth", "--since since", "--aim", "2"),
                              ("proof of the oldest entry, which is searched for", "first", "--aim", "2")):
        pairs(f"{what} in a log of {count} against one of a thousand", prove.format("large") + words,
              prove.format("small") + words, "-n", "9", *aim)


if __name__ == "__main__":
    folder = in_folder()
    update()
    field()
    logs(int(sys.argv[1]) if len(sys.argv) > 1 else MILLION)
