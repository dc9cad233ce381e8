# SPDX-License-Identifier: GPL-3.0-or-later
"""How long comparing images, packages and archives takes, beside tools that do part of it.

For each pair both commands run in turn, round after round. Printed: minimum and median of the wall time, what
was aimed at, and the memory of its own that assay had at most. What assay says is looked at, too: a figure for
a wrong answer is none.

ASSAY_BENCH_ROUNDS is how many rounds (default 5). ASSAY_BENCH_DEB is a kernel package of Debian; without it one
is fetched with apt-get, and left out where that is not possible. With ASSAY_BENCH_LONG diffoscope runs on the
dump as well, once.
"""
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ASSAY = os.environ["ASSAY"]
ROUNDS = int(os.environ.get("ASSAY_BENCH_ROUNDS", 5))
LONG = bool(os.environ.get("ASSAY_BENCH_LONG"))
MEMORY = 256 << 20  # bytes; the aim
LOOK = 0.002  # seconds between two looks at a process
MB = 1 << 20
ENVIRONMENT = {**os.environ, "SOURCE_DATE_EPOCH": "1000000", "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}


def tool(*command):
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   env=ENVIRONMENT)


# --- measuring --------------------------------------------------------------------------------------------------

def wall(command):
    start = time.perf_counter()
    got = subprocess.run([str(word) for word in command], capture_output=True, check=False)
    return time.perf_counter() - start, got


def own_memory(pid):
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        return int(status.split("RssAnon:")[1].split()[0]) << 10
    except (OSError, IndexError):
        return 0  # it has gone


def peak_of(command):
    """Memory of its own of a program and its children, as far as one who looks often can tell. Bytes."""
    child = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while child.poll() is None:
        try:
            pids = pathlib.Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()
        except OSError:
            pids = []
        peak = max(peak, sum(own_memory(pid) for pid in [child.pid, *pids]))
        time.sleep(LOOK)
    return peak


def row(name, values, unit="", aim=None):
    """aim: (words, the largest median)"""
    mid = statistics.median(values)
    said = f"  (aim: {aim[0]}; {'met' if mid <= aim[1] else 'MISSED'})" if aim else ""
    print(f"  {name:5}  min {min(values):8.4f}  median {mid:8.4f}{unit}{said}")


def measure(what, pair, expected, beside, aim=None, ratio=None):
    """expected: status, and text that must be said; beside: the other command; aim: seconds; ratio: of the two."""
    command = [ASSAY, "compare", *pair]
    took, others = [], []
    for number in range(ROUNDS + 1):  # the first one only warms up
        seconds, got = wall(command)
        other, _ = wall(beside)
        if got.returncode != expected[0] or expected[1] not in got.stdout.decode(errors="replace"):
            sys.exit(f"{what}: status {got.returncode}: {got.stdout[:2000]} {got.stderr[:2000]}")
        if number > 0:
            took.append(seconds)
            others.append(other)
    print(f"{what}: {ROUNDS} runs")
    row("A", took, " s", (f"below {aim} s", aim) if aim else None)
    row("B", others, " s")
    if ratio:
        row("A / B", [x / y for x, y in zip(took, others)], "", (f"at most {ratio}", ratio))
    peak = peak_of(command)
    print(f"  memory of its own: {peak / MB:.1f} MiB (aim: below 256; {'met' if peak < MEMORY else 'MISSED'})",
          flush=True)
    if LONG and aim and shutil.which("diffoscope"):
        seconds, _ = wall(["diffoscope", "--text", "/dev/null", *pair])
        print(f"  diffoscope / assay: {seconds / statistics.median(took):.0f}", flush=True)


# --- files ------------------------------------------------------------------------------------------------------

def flip(path, at=None):
    data = bytearray(path.read_bytes())
    data[len(data) // 2 if at is None else at] ^= 1
    path.chmod(0o755)
    path.write_bytes(data)


def squashed(tree, image, *options):
    for root, folders, files in os.walk(tree):
        for name in [*folders, *files]:
            os.utime(os.path.join(root, name), (1000000, 1000000), follow_symlinks=False)
    os.utime(tree, (1000000, 1000000))
    tool("mksquashfs", tree, image, "-noappend", "-quiet", "-no-progress", "-all-root", "-no-xattrs", *options)


def programs(tree, room):
    """Some of this machine's programs, in the order of their names, that pack to about so many bytes."""
    (tree / "bin").mkdir(parents=True)
    for path in sorted(pathlib.Path("/usr/bin").iterdir()):
        if path.is_file() and not path.is_symlink() and path.stat().st_size < 3 * room // 8:
            room -= path.stat().st_size // 3
            if room < 0:
                break
            shutil.copy(path, tree / "bin" / path.name)
    return max((tree / "bin").iterdir(), key=lambda path: (path.stat().st_size, path.name))


def dump(image, root, numbers):
    """A boot loader, a kernel in a uImage, a root file system, and flash that was erased."""
    folder = image.parent
    (folder / "kernel").write_bytes(random.Random(2).randbytes(2 * MB))
    tool("mkimage", "-A", "arm", "-O", "linux", "-T", "kernel", "-C", "none", "-n", "kernel", "-d", folder / "kernel",
         folder / "uImage")
    data = numbers.randbytes(MB // 4).ljust(MB // 2, b"\xff")
    data = (data + (folder / "uImage").read_bytes()).ljust(3 * MB, b"\xff")
    image.write_bytes((data + root.read_bytes()).ljust(16 * MB, b"\xff"))
    assert image.stat().st_size == 16 * MB


def nor_dump(folder):
    tree = folder / "tree"
    changed = programs(tree, 11 * MB)
    images = []
    for side in "ab":
        squashed(tree, folder / f"root-{side}", "-comp", "xz")
        images.append(folder / f"dump-{side}")
        dump(images[-1], folder / f"root-{side}", random.Random(1))
        flip(changed)
    unpack = f"cd '{folder}' && rm -rf x-a x-b; for i in a b; do unsquashfs -n -q -d x-$i root-$i >/dev/null; done"
    measure("a 16 MB flash dump, one byte of a program in its squashfs, against unsquashfs of both", images,
            (1, f"bin/{changed.name}"), ["sh", "-c", unpack], aim=0.5)
    measure("a 16 MB flash dump, identical, against cmp", [images[0], images[0]], (0, "identical"),
            ["cmp", images[0], folder / "dump-a"])


def large_image(folder):
    numbers = random.Random(3)
    tree = folder / "large"
    tree.mkdir()
    for number in range(512):
        (tree / f"{number:03}").write_bytes(numbers.randbytes(MB))
    images = [folder / f"large-{side}" for side in "ab"]
    for image in images:
        squashed(tree, image, "-comp", "zstd")
        flip(tree / "300")
    unpack = f"cd '{folder}' && rm -rf y-a y-b; for i in a b; do unsquashfs -n -q -d y-$i large-$i >/dev/null; done"
    measure("a 512 MB squashfs with zstd, one byte of a file, against unsquashfs of both", images, (1, "300"),
            ["sh", "-c", unpack], ratio=1)


def kernel_package(folder):
    package = os.environ.get("ASSAY_BENCH_DEB")
    if package is None:
        name = "apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \\(linux-image-[0-9].*\\)/\\1/p'"
        got = subprocess.run(f"apt-get -q download $({name})", shell=True, cwd=folder, capture_output=True,
                             check=False)
        found = sorted(folder.glob("linux-image-*.deb"))
        package = found[0] if got.returncode == 0 and found else None
    if package is None or shutil.which("dpkg-deb") is None:
        print("# no kernel package: see ASSAY_BENCH_DEB", file=sys.stderr)
        return
    tree = folder / "package"
    tool("dpkg-deb", "-R", package, tree)
    module = max(tree.rglob("*.ko"), key=lambda path: (path.stat().st_size, str(path)))
    pair = [folder / f"kernel-{side}.deb" for side in "ab"]
    for path in pair:
        tool("dpkg-deb", "--root-owner-group", "-Zxz", "-z1", "-b", tree, path)
        flip(module)
    unpack = " & ".join(f"dpkg-deb --fsys-tarfile '{path}' >/dev/null" for path in pair) + " & wait"
    measure("a kernel package, one byte of a module, against dpkg-deb unpacking both at once", pair, (1, module.name),
            ["sh", "-c", unpack], ratio=1.5)


def header(name, size):
    data = bytearray(512)
    for at, text in ((0, name), (100, b"0000644\0"), (108, b"0000000\0"), (116, b"0000000\0"), (124, b"%011o\0" % size),
                     (136, b"%011o\0" % 1000000), (148, b" " * 8), (156, b"0"), (257, b"ustar\00000")):
        data[at:at + len(text)] = text
    data[148:156] = b"%06o\0 " % sum(data)
    return bytes(data)


def large_archive(folder):
    numbers = random.Random(4)
    pair = [folder / f"archive-{side}" for side in "ab"]
    with open(pair[0], "wb") as file:
        for number in range(100000):
            file.write(header(b"%03d/%06d" % (number // 1000, number), 9728) + numbers.randbytes(9728))
        file.write(bytes(1024))
    shutil.copy(pair[0], pair[1])
    measure("a tar archive of 1 GB and 100,000 files, identical, against cmp", pair, (0, "identical"),
            ["cmp", *pair], ratio=2)
    with open(pair[1], "r+b") as file:
        file.seek(50000 * 10240 + 5000)
        byte = file.read(1)[0]
        file.seek(50000 * 10240 + 5000)
        file.write(bytes([byte ^ 1]))
    measure("a tar archive of 1 GB and 100,000 files, one byte of a file, against cmp of all", pair, (1, "050/050000"),
            ["sh", "-c", f"cmp -l '{pair[0]}' '{pair[1]}'; sha256sum '{pair[0]}'"], ratio=2)


def main():
    needed = [name for name in ("mksquashfs", "unsquashfs", "mkimage")
              if not shutil.which(name, path=ENVIRONMENT["PATH"])]
    if needed:
        sys.exit(f"containers.py needs {' '.join(needed)}")
    for part in (nor_dump, large_image, kernel_package, large_archive):
        with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
            part(pathlib.Path(folder))



if __name__ == "__main__":
    main()
