# SPDX-License-Identifier: GPL-3.0-or-later
"""How long comparing ELF files takes, beside tools that answer part of the question.

For each pair every tool runs in turn, round after round, so that a machine that gets slower hits all of
them. Printed: the median of the wall time, that of CPU time of the process and its children, and the
ratios to one `openssl dgst -sha256' over the delivered file and to diffoscope's time.

ASSAY_BENCH_ROUNDS is how many rounds (default 11); ASSAY_BENCH_LIBRARY another file of over 100 MB
(default: Debian's libLLVM-14.so.1). With ASSAY_BENCH_LONG diffoscope is run on the large pairs as well,
once; that takes many minutes and gigabytes.
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

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "elf"))
from elffile import Elf  # noqa: E402

ASSAY = os.environ["ASSAY"]
ROUNDS = int(os.environ.get("ASSAY_BENCH_ROUNDS", 11))
LONG = bool(os.environ.get("ASSAY_BENCH_LONG"))
LIBRARY = os.environ.get("ASSAY_BENCH_LIBRARY", "/usr/lib/x86_64-linux-gnu/libLLVM-14.so.1")
LARGE = 50 << 20  # bytes
ANONYMOUS_MAX = 64 << 20  # bytes; the aim
SLEEP = 0.0005  # seconds between two looks at a process

CXX = """
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <random>
#include <regex>
#include <thread>
#include <unordered_map>
template <int N> int part(std::map<std::string, std::regex> &m) {
	std::unordered_map<std::string, std::function<int(int)>> f;
	for (auto &e : m) f[e.first] = [](int x) { return x + N; };
	std::mt19937 g(N);
	std::vector<std::pair<std::string, int>> v;
	for (auto &e : f) v.emplace_back(e.first, e.second(g() % N));
	std::sort(v.begin(), v.end());
	return v.empty() ? N : v[0].second + part<N - 1>(m);
}
template <> int part<0>(std::map<std::string, std::regex> &) { return 0; }
int main(int argc, char **argv) {
	std::map<std::string, std::regex> m;
	for (int i = 0; i < argc; i++) m.emplace(argv[i], std::regex(argv[i]));
	std::cout << __FILE__ << part<60>(m) << std::endl;
}
"""


# --- pairs ------------------------------------------------------------------------------------------

def library():
    return subprocess.run(["gcc", "-print-file-name=libc.so.6"], capture_output=True, text=True,
                          check=True).stdout.strip()


def one_byte(data):
    """In the middle of the code."""
    text = Elf(data).section(".text")
    data[text.offset + text.size // 2] ^= 1


def build_id(data):
    at, size = Elf(data).build_id()
    data[at:at + size] = bytes(b ^ 0x5A for b in data[at:at + size])


def copies(folder, source, label):
    """The same file against itself, against one with another byte, and with another build-id."""
    for what, change in (("identical", None), ("one byte", one_byte), ("build-id", build_id)):
        a, b = (folder / f"{label}-{what}-{x}".replace(" ", "-") for x in "ab")
        data = bytearray(pathlib.Path(source).read_bytes())
        a.write_bytes(data)
        if change:
            change(data)
        b.write_bytes(data)
        yield f"{label}, {what}", a, b


def rebuild(folder):
    """Compiled in two folders, as an honest rebuild is."""
    made = []
    for name in ("one", "another/place"):
        where = folder / name
        where.mkdir(parents=True)
        (where / "thing.cc").write_text(CXX)
        subprocess.run(["g++", "-g", "-O1", "-std=c++17", "-Wl,--build-id", "thing.cc", "-o", "thing"],
                       cwd=where, check=True)
        made.append(where / "thing")
    yield f"{made[0].stat().st_size / 1e6:.0f} MB with debug info, rebuilt", *made


def directories(folder):
    """1,000 small files, half of them programs."""
    numbers = random.Random(1)
    program = folder / "small"
    (folder / "small.c").write_text("int main(void) { return 0; }\n")
    subprocess.run(["gcc", "-O1", folder / "small.c", "-o", program], check=True)
    elf = program.read_bytes()
    sides = [folder / "files-a", folder / "files-b"]
    for side in sides:
        side.mkdir()
    for number in range(1000):
        data = elf if number % 2 else numbers.randbytes(numbers.randrange(500, 16000))
        for side in sides:
            (side / f"{number:04}").write_bytes(data)
    yield "1,000 small files", *sides


def pairs(folder):
    yield from copies(folder, library(), "2 MB")
    yield from rebuild(folder)
    if os.path.exists(LIBRARY):
        yield from copies(folder, LIBRARY, f"{os.path.getsize(LIBRARY) / 1e6:.0f} MB")
    else:
        print(f"# no {LIBRARY}: no pair of over 100 MB")
    yield from directories(folder)


# --- tools ------------------------------------------------------------------------------------------

def tools_for(a, b):
    """name -> (command, its exit statuses, whether once is enough)"""
    folder = a.is_dir()
    yield "assay", [ASSAY, "compare", a, b], (0, 1), False
    if folder:
        yield "openssl dgst", ["sh", "-c", f"openssl dgst -sha256 {a}/*"], (0,), False
        yield "diff -r", ["diff", "-r", a, b], (0, 1), False
    else:
        yield "openssl dgst", ["openssl", "dgst", "-sha256", a], (0,), False
        yield "cmp", ["cmp", a, b], (0, 1), False
        if shutil.which("eu-elfcmp"):
            yield "eu-elfcmp", ["eu-elfcmp", "--ignore-build-id", "--gaps=match", a, b], (0, 1), False
    large = not folder and a.stat().st_size > LARGE
    if shutil.which("diffoscope") and (LONG or not large):
        yield "diffoscope", ["diffoscope", "--text", "/dev/null", a, b], (0, 1), True


def run(command, statuses):
    """Return: wall seconds, CPU seconds"""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in statuses:
        sys.exit(f"{command}: status {child.returncode}")
    return wall, usage.ru_utime + usage.ru_stime


def anonymous_peak(command):
    """Memory of its own that a process had at most, as far as one who looks often can tell. Bytes."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while child.poll() is None:
        try:
            for line in pathlib.Path(f"/proc/{child.pid}/status").read_text().splitlines():
                if line.startswith("RssAnon:"):
                    peak = max(peak, int(line.split()[1]) << 10)
        except OSError:
            break
        time.sleep(SLEEP)
    child.wait()
    return peak


def measure(what, a, b):
    tools = list(tools_for(a, b))
    wall, cpu = ({name: [] for name, *_ in tools} for _ in range(2))
    for number in range(ROUNDS + 1):  # the first one only warms up
        for name, command, statuses, once in tools:
            if once and number != 1:
                continue
            took = run(command, statuses)
            if number > 0:
                wall[name].append(took[0])
                cpu[name].append(took[1])
    mid = {name: statistics.median(times) for name, times in wall.items()}
    print(f"{what}")
    for name, *_ in tools:
        beside = f"{mid[name] / mid['openssl dgst']:8.2f} x dgst"
        print(f"  {name:14} {mid[name]:9.4f} s  CPU {statistics.median(cpu[name]):9.4f} s  {beside}")
    aim = 1.3 if "identical" in what or "small files" in what else 2
    ratio = statistics.median(x / y for x, y in zip(wall["assay"], wall["openssl dgst"]))
    print(f"  assay / dgst, round by round: {ratio:.2f} (aim: at most {aim}; "
          f"{'met' if ratio <= aim else 'MISSED'})")
    if "diffoscope" in mid:
        print(f"  diffoscope / assay: {mid['diffoscope'] / mid['assay']:.0f}")
    peak = anonymous_peak(tools[0][1])
    print(f"  memory of its own: {peak / 2 ** 20:.1f} MiB (aim: below 64; "
          f"{'met' if peak < ANONYMOUS_MAX else 'MISSED'})", flush=True)


def main():
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        for what, a, b in pairs(pathlib.Path(folder)):
            measure(what, a, b)


main()
