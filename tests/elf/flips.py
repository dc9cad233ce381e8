# SPDX-License-Identifier: GPL-3.0-or-later
"""Every byte of several small ELF files, one at a time, and a sample of large ones: the answer must
be the judge's. The sample is larger with ASSAY_TEST_LONG, and ASSAY_TEST_SAMPLE is how many bytes of
each file are enough (for instrumented programs, which are slow)."""
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import bases
import tools
from judge import judge

# 64 and 32 bits, both byte orders, made by a compiler and by hand.
SMALL = ["dense", "i386", "arm", "mips", "hand64", "hand32big"]
LARGE = ["pie", "static-pie", "cxx", "aarch64-lib", "aarch64-musl", "riscv64-lib"]
COUNT = tools.SAMPLE or (20_000 if os.environ.get("ASSAY_TEST_LONG") else 2_000)


def flip(base):
    judged = base.path.with_name(base.name + ".map")
    judged.write_bytes(judge(base.read()))
    sample = [str(COUNT)] if base.name in LARGE or tools.SAMPLE else []
    return subprocess.run([tools.BUILT / "flip", base.path, judged, *sample], capture_output=True,
                          text=True, check=False)


def main():
    tap = tools.Tap()
    made = bases.all_of(tap, tools.scratch(), SMALL + LARGE)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for base, done in zip(made, pool.map(flip, made)):
            print(done.stdout.rstrip())
            tap.ok(done.returncode == 0, f"{base.name}: no byte is an exception", done.stderr)
    tap.ok(len(made) >= 6, f"{len(made)} files")
    tap.finish()


if __name__ == "__main__":
    main()
