# SPDX-License-Identifier: GPL-3.0-or-later
"""assay inspect on ELF files: every byte in one range, a rule wherever the judge says that a byte may
change, and none where anything is loaded."""
import json
import os
import subprocess

import bases
import tools
from elffile import Elf
from judge import judge, loaded_bytes

NAMES = ["pie", "shared", "bare", "dense", "hand64", "hand32big", "hand64big", "hand32"]
# What the judge calls bytes that a rule must touch: always, or when they are text.
FREE = {ord("M"), ord("T")}


def inspect(path):
    done = subprocess.run([os.environ["ASSAY"], "inspect", "--json", "-", path],
                          capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)["artefacts"]


def check_program(tap, name, path):
    data = path.read_bytes()
    status, artefacts = inspect(path)
    ranges = artefacts[0]["ranges"]
    at = 0
    for r in ranges:
        if r["offset"] != at or r["length"] <= 0:
            break
        at += r["length"]
    tap.ok(status == 0 and len(artefacts) == 1 and at == len(data),
           f"{name}: {len(ranges)} ranges, one behind the other, cover the file", f"{at} {len(data)}")
    ruled = bytearray(len(data))
    for r in ranges:
        if r["rule"]:
            ruled[r["offset"]:r["offset"] + r["length"]] = b"\1" * r["length"]
    judged = judge(data)
    wrong = [i for i in range(len(data)) if judged[i] in FREE and not ruled[i]]
    tap.ok(not wrong, f"{name}: a rule wherever the judge has one",
           f"{len(wrong)} bytes, the first at {wrong[:1]}: judge {[chr(judged[i]) for i in wrong[:1]]}")
    elf = Elf(data)
    excepted = set()
    for offset, length in [elf.head.place(f) for f in ("shoff", "shentsize", "shnum", "shstrndx")] + [
            elf.build_id() or (0, 0)]:
        excepted |= set(range(offset, offset + length))
    wrong = [i for i in loaded_bytes(elf) if ruled[i] and i not in excepted]
    tap.ok(not wrong, f"{name}: no rule where anything is loaded, less the known exceptions",
           f"{len(wrong)} bytes, the first at {wrong[:1]}")
    tap.ok(any(ruled) and not all(ruled), f"{name}: some bytes may differ, some may not")


def check_lies(tap, path):
    """Headers that contradict each other: no rule anywhere near."""
    data = bytearray(path.read_bytes())
    lying = path.with_name("lying")
    _, before = inspect(path)
    text = next(r for r in before[0]["ranges"] if r["what"] and r["what"].endswith(" .text")
                and r["kind"] == "section headers")
    wide = data[4] == 2
    flags = text["offset"] + 8
    data[flags:flags + (8 if wide else 4)] = bytes(8 if wide else 4)
    lying.write_bytes(data)
    status, after = inspect(lying)
    disputed = [r for r in after[0]["ranges"] if r["disputed"]]
    tap.ok(status == 0 and disputed and not any(r["rule"] for r in disputed),
           "a .text that says it is not loaded: views disagree, no rule", str(disputed)[:500])
    lying.write_bytes(data[:-1])
    status, cut = inspect(lying)
    tap.ok(status == 3 and cut[0]["trouble"] and [r["kind"] for r in cut[0]["ranges"]] == ["bytes"],
           "cut short: trouble, and all of it bytes that must be equal", str(cut)[:500])


def main():
    tap = tools.Tap()
    made = bases.all_of(tap, tools.scratch(), NAMES)
    programs = {base.name: base.path for base in made}
    for name, path in sorted(programs.items()):
        check_program(tap, name, path)
    tap.ok(len(programs) >= 4, f"{len(programs)} programs")
    check_lies(tap, programs["dense"])
    tap.finish()


main()
