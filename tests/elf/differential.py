# SPDX-License-Identifier: GPL-3.0-or-later
"""assay against `eu-elfcmp --ignore-build-id --gaps=match` over all kinds of change.

Every pair about which the two disagree is of a kind that is named and argued here. A disagreement
of another kind is a failure: one of the two has seen something that nobody has thought about.
"""
import fnmatch
import os
import subprocess
from concurrent.futures import ProcessPoolExecutor

import bases
import harmless
import tools
from kinds import changed
from tables import ATTACKS, HARMLESS_KINDS, LACKING_KINDS

# elfcmp says equal, assay says different: patterns of kinds, and why assay is right.
EQUAL_TO_ELFCMP = {
    "elfcmp does not look behind what the section headers describe: self-extracting programs do":
        ["overlay*"],
    "elfcmp compares the gaps between sections of a segment, not what a page brings along behind "
    "it, nor what stands between segments":
        ["shellcode_in_page_tail", "byte_at_page_end", "byte_behind_build_id", "gap_byte*",
         "gap_page_before_segment"],
    "elfcmp leaves out every section without SHF_ALLOC, whatever it holds: code in .comment, a "
    "debug link that leaves its folder, sections that linkers and devices read":
        ["comment_not_text", "comment_with_code", "comment_too_long", "debuglink_*",
         "vendor_section", "*_attributes", "string_table_*", "compressed_*"],
    "elfcmp does not read the headers of those sections, nor what is in no section's name":
        ["symbol_table_odd_size", "section_past_end", "section_wraps_around", "section_zero",
         "header_of_vendor_size", "new_name_without_section", "binary_in_names", "name_past_end"],
    "elfcmp reads extended numbers; loaders that do not see another table":
        ["extended_sections", "extended_names"],
    "elfcmp compares symbols by name, value and section, not by their size":
        ["byte_dynsym_last_1"],
    "bytes that nothing loads stand in a page that is mapped executable (a file of a few KiB, "
    "linked for large pages), so they are part of what runs":
        [k.__name__ for k in HARMLESS_KINDS],
}
# elfcmp says different, assay says normalised.
DIFFERENT_TO_ELFCMP = {
    "elfcmp counts section headers: a stripped file is another one to it":
        ["headers_*", "strip_*", "eu_strip_*", "objcopy_remove_*"],
}
# eu-elfcmp's exit statuses for two files, in the order of standard input.
SCRIPT = """while read -r one other; do
eu-elfcmp -q --ignore-build-id --gaps=match "$one" "$other" 2>/dev/null; echo $?
done"""


def ask_elfcmp(paths):
    """0: equal, 1: different, 2: it cannot read one of them"""
    text = "".join(f"{one} {other}\n" for one, other in paths)
    done = subprocess.run(["sh", "-c", SCRIPT], input=text, capture_output=True, text=True,
                          check=True)
    return [int(line) for line in done.stdout.split()]


def compare_base(base):
    """(kind, whether assay calls it a match, elfcmp's status) of each change to a base."""
    data = base.read()
    with tools.Pairs() as pairs:
        for kind in [*ATTACKS, *HARMLESS_KINDS, *LACKING_KINDS, *harmless.ADDS]:
            other = changed(kind, data, base.prefix)
            if other is not None:
                pairs.add(kind.__name__, "", other, data)
        statuses = ask_elfcmp((delivered, rebuilt) for _, _, delivered, rebuilt in pairs.pairs)
        return [(answer.what, answer.tier in ("identical", "normalised"), status)
                for answer, status in zip(pairs.answers(), statuses, strict=True)]


def argued(kind, table, used):
    """Whether a table has the kind. The patterns that have it go into used."""
    found = {p for patterns in table.values() for p in patterns if fnmatch.fnmatch(kind, p)}
    used |= found
    return bool(found)


def main():
    tap = tools.Tap()
    if not tools.has(tap, "eu-elfcmp"):
        tap.finish()
    made = bases.all_of(tap, tools.scratch())
    count, agreed, used = 0, 0, set()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for base, rows in zip(made, pool.map(compare_base, made)):
            new = set()
            for kind, match, status in rows:
                count += 1
                agreed += match == (status == 0)
                table = DIFFERENT_TO_ELFCMP if match else EQUAL_TO_ELFCMP
                if match != (status == 0) and not argued(kind, table, used):
                    new.add(f"{kind}: assay {'match' if match else 'different'}, elfcmp {status}")
            tap.ok(not new, f"{base.name}: {len(rows)} pairs", "\n".join(sorted(new)))
    tap.ok(count > 5000 and agreed > count // 2, f"{count} pairs, {count - agreed} disagreements")
    patterns = {p for table in (EQUAL_TO_ELFCMP, DIFFERENT_TO_ELFCMP)
                for ps in table.values() for p in ps} - {k.__name__ for k in HARMLESS_KINDS}
    unused = sorted(patterns - used)
    tap.ok(not unused, "each kind that is argued about exists", " ".join(unused))
    tap.finish()


if __name__ == "__main__":
    main()
