# SPDX-License-Identifier: GPL-3.0-or-later
"""Every byte of several small ELF files, one at a time: the answer must be the judge's."""
import subprocess
from concurrent.futures import ThreadPoolExecutor

import tools
from judge import judge

# 64 and 32 bits, both byte orders, made by a compiler and by hand; left out where they cannot be.
NAMES = ["dense", "bare32", "hand64", "hand32big"]


def flip(path):
    judged = path.with_name(path.name + ".map")
    judged.write_bytes(judge(path.read_bytes()))
    return subprocess.run([tools.BUILT / "flip", path, judged], capture_output=True, text=True,
                          check=False)


def main():
    tap = tools.Tap()
    programs = tools.programs(tools.scratch())
    made = [name for name in NAMES if name in programs]
    with ThreadPoolExecutor(2) as pool:
        for name, done in zip(made, pool.map(flip, (programs[n] for n in made))):
            print(done.stdout.rstrip())
            tap.ok(done.returncode == 0, f"{name}: no byte is an exception",
                   done.stdout + done.stderr)
    tap.ok(len(made) >= 3, f"{len(made)} files")
    tap.finish()


main()
