# SPDX-License-Identifier: GPL-3.0-or-later
"""No false alarm: programs and libraries of this machine against themselves stripped, with debug
information compressed or split off, without section headers, with another build-id.

A sample, or with ASSAY_TEST_LONG all of them. Folders may be arguments.
"""
import collections
import os
import pathlib
import random
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor

import harmless
import tools
from judge import adds_section, carries_unclaimed, goes_on, loaded_differ, loses_unknown
from kinds import NOT_THERE, by_tool, changed

BOTH_WAYS = [harmless.build_id, harmless.debuglink_checksum, harmless.comment_text,
             harmless.everything,
             by_tool("objcopy", "--compress-debug-sections", "$IN", "$OUT"),
             by_tool("objcopy", "-R", ".gnu_debuglink", "$IN", "$OUT")]
# These take something away: no alarm when it is the delivered file that lacks it.
LACKING = [harmless.headers_zeroed, harmless.headers_cut_off,
           by_tool("strip", "-o", "$OUT", "$IN"),
           by_tool("strip", "--strip-debug", "-o", "$OUT", "$IN"),
           by_tool("eu-strip", "-f", "$MORE", "-o", "$OUT", "$IN"),
           by_tool("eu-strip", "--strip-sections", "-f", "$MORE", "-o", "$OUT", "$IN"),
           by_tool("objcopy", "-R", ".gnu_debuglink", "-R", ".comment", "$IN", "$OUT")]
# These are tried where they are.
OTHERS = [by_tool("llvm-strip-14", "-o", "$OUT", "$IN"),
          by_tool("llvm-strip-14", "--strip-all-gnu", "-o", "$OUT", "$IN"),
          by_tool("llvm-objcopy-14", "--strip-debug", "$IN", "$OUT"),
          by_tool("llvm-objcopy-14", "--compress-debug-sections=zlib", "$IN", "$OUT"),
          by_tool("dwz", "-o", "$OUT", "$IN")]
LACKING += [k for k in OTHERS if shutil.which(k.__doc__.split()[0])]
LONG = bool(os.environ.get("ASSAY_TEST_LONG"))
SAMPLE, SIZE_MAX = (None, 64 << 20) if LONG else (40, 1 << 20)  # files; bytes
FOLDERS = ["/usr/bin", "/usr/sbin", "/usr/lib"]


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


def is_honest(changed_file, original):
    """Whether a change is nothing but harmless: tools do more than asked to some files."""
    try:
        return not (loaded_differ(changed_file, original) or loses_unknown(changed_file, original)
                    or carries_unclaimed(changed_file, original)
                    or adds_section(changed_file, original))
    except NOT_THERE:
        return False


def compare_file(path):
    """Return: (answers, kinds that were not tried because the tool did more)"""
    data, left_out = path.read_bytes(), []
    if goes_on(data):
        return [], ["files that go on behind their end"]
    with tools.Pairs() as pairs:
        for kind in BOTH_WAYS + LACKING:
            other = changed(kind, data)
            if other is None:
                continue
            if not is_honest(other, data):
                left_out.append(kind.__name__)
                continue
            what = f"{path}: {kind.__name__}"
            pairs.add(what, "normalised", other, data)
            if kind in BOTH_WAYS:
                pairs.add(what + ", the other way round", "normalised", data, other)
        return pairs.answers(), left_out


def main():
    tap = tools.Tap()
    if not tools.has(tap, "strip", "objcopy", "eu-strip"):
        tap.finish()
    files = list(linked_files(sys.argv[1:] or FOLDERS))
    if SAMPLE:
        files = random.Random(1).sample(files, min(SAMPLE, len(files)))
    compared, left_out = 0, collections.Counter()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for answers, others in pool.map(compare_file, files, chunksize=4):
            compared += len(answers)
            left_out.update(others)
            for answer in answers:
                if answer.tier not in ("normalised", "identical"):
                    tap.ok(False, answer.what, "\n".join([answer.line] + answer.findings[:20]))
    print(f"# {dict(left_out)} not tried: the tool did more than that, or the "
          "file carries something")
    tap.ok(compared >= len(files) * 6, f"{compared} comparisons of {len(files)} files")
    tap.finish()


if __name__ == "__main__":
    main()
