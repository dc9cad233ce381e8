# SPDX-License-Identifier: GPL-3.0-or-later
"""Every byte of several relocatable files, one at a time: the answer must be the judge's. With
ASSAY_TEST_SAMPLE only so many bytes of each (for instrumented programs, which are slow)."""
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import objects
import tools
from object_judge import judge
from objectfile import Object

# 64 and 32 bits, both byte orders, both kinds of relocations, groups, a module; by compilers and by
# hand. Left out where they cannot be made.
NAMES = ["module", "i386", "riscv64", "hand32big", "hand64big", "hand64mips", "hand32rel"]


def flip(path):
    judged = path.with_name(path.name + ".map")
    judged.write_bytes(judge(path.read_bytes()))
    sample = [tools.SAMPLE] if tools.SAMPLE else []
    return subprocess.run([tools.BUILT / "flip", path, judged, *sample], capture_output=True,
                          text=True, check=False)


def unruled(path):
    """Offsets that the judge leaves free and `assay inspect` says must be equal."""
    done = subprocess.run([os.environ["ASSAY"], "inspect", "--json", "-", path],
                          capture_output=True, text=True, check=True)
    ranges = json.loads(done.stdout)["artefacts"][0]["ranges"]
    letters = judge(path.read_bytes()).decode()
    return [r["offset"] for r in ranges if not r.get("rule")
            and set(letters[r["offset"]:r["offset"] + r["length"]]) - {"F"}]


def main():
    tap = tools.Tap()
    folder = tools.scratch()
    made = objects.objects(folder)
    names = [n for n in NAMES if n in made]
    paths = [folder / f"{n}.flipped" for n in names]
    for name, path in zip(names, paths):
        path.write_bytes(made[name])
        Object(made[name])
    with ThreadPoolExecutor(2) as pool:
        for name, done in zip(names, pool.map(flip, paths)):
            print(done.stdout.rstrip())
            tap.ok(done.returncode == 0, f"{name}: no byte is an exception",
                   done.stdout + done.stderr)
    for name, path in zip(names, paths):
        free = unruled(path)
        tap.ok(not free, f"{name}: a rule for each byte that may differ", str(free))
    tap.ok(len(names) >= 5, f"{len(names)} files")
    tap.finish()


main()
