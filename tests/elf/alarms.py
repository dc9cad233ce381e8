# SPDX-License-Identifier: GPL-3.0-or-later
"""No false alarm: programs of this machine against themselves stripped, without section headers,
and with another build-id. ASSAY_ELF_FILES is how many (default 50); folders may be arguments."""
import os
import pathlib
import random
import shutil
import sys

import mutations
import tools
from elffile import Elf
from mutations import Work

CHANGES = [mutations.build_id, mutations.debuglink_checksum, mutations.comment_text,
           mutations.by_tool("objcopy", "--compress-debug-sections", "$IN", "$OUT")]
# These take something away: no alarm when it is the delivered file that lacks it.
LACKS = [mutations.headers_zeroed, mutations.by_tool("strip", "-o", "$OUT", "$IN"),
         mutations.by_tool("objcopy", "-R", ".gnu_debuglink", "-R", ".comment", "$IN", "$OUT")]
SIZE_MAX = int(os.environ.get("ASSAY_ELF_SIZE", 2 << 20))  # bytes


def linked_files(folders):
    for folder in folders:
        for where, folders_below, names in os.walk(folder):
            folders_below[:] = [f for f in folders_below if f != "debug"]
            for name in sorted(names):
                path = pathlib.Path(where, name)
                if path.is_symlink() or not path.is_file() or path.stat().st_size > SIZE_MAX:
                    continue
                with open(path, "rb") as file:
                    start = file.read(18)
                if start[:4] == b"\x7fELF" and start[16:18] in (b"\2\0", b"\3\0", b"\0\2", b"\0\3"):
                    yield path


def changed(change, data):
    """None where a change does not apply: no build-id, no such section, a tool that refuses."""
    try:
        out = change(Work(data))
    except (TypeError, IndexError, ValueError):
        return None
    return None if out in (None, data) else out


def main():
    tap = tools.Tap()
    if not (shutil.which("strip") and shutil.which("objcopy")):
        print("1..0 # SKIP no strip and objcopy here")
        return
    wanted = int(os.environ.get("ASSAY_ELF_FILES", 50))
    files = list(linked_files(sys.argv[1:] or ["/usr/bin"]))
    random.Random(1).shuffle(files)
    compared = 0
    for path in files[:wanted]:
        pairs = tools.Pairs(tools.scratch())
        data = path.read_bytes()
        Elf(data)
        for change in CHANGES:
            other = changed(change, data)
            if other is not None:
                pairs.both_ways(f"{path}: {change.__name__}", "normalised", other, data)
        for change in LACKS:
            other = changed(change, data)
            if other is not None:
                pairs.add(f"{path}: {change.__name__}", "normalised", other, data)
        for answer in pairs.answers():
            compared += 1
            if answer.tier not in ("normalised", "identical"):
                tap.ok(False, answer.what, "\n".join([answer.line] + answer.findings[:20]))
    tap.ok(compared >= min(wanted, len(files)) * 3,
           f"{compared} comparisons of {min(wanted, len(files))} files")
    tap.finish()


main()
