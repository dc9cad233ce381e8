# SPDX-License-Identifier: GPL-3.0-or-later
"""What every file has, and that every file is known to the build."""
import re

import lint
from lint import Fault

LICENCE = "SPDX-License-Identifier: GPL-3.0-or-later"
MODULE = r".*/Makemodule\.am"


def licences(tree):
    for path in tree.files():
        if re.fullmatch(r".*\.(yaml|md|txt)", path):
            continue
        start = "\n".join(tree.text(path).splitlines()[:3])
        if LICENCE not in start:
            yield f"{path}:1: the first lines do not say {LICENCE}"


def text_is_clean(tree):
    for path in tree.files():
        text = tree.text(path)
        if not text.endswith("\n") or text.endswith("\n\n"):
            yield f"{path}: does not end in exactly one newline"
        for number, line in tree.lines(path):
            if re.match(r"(<{7}|={7}|>{7})( |$)", line):
                yield f"{path}:{number}: a merge was left unfinished"
            if line != line.rstrip():
                yield f"{path}:{number}: white space at the end of the line"


def built_or_shipped(tree):
    """Every source, page and script is named in a Makemodule.am: else it is not in the tarball."""
    named = " ".join(tree.text(path) for path in sorted({*tree.files(MODULE), "Makefile.am"}))
    words = set(re.split(r"[\s=]+", named))
    folders = {w for w in words if "/" in w}
    for path in tree.files(r"(verifier|tests|samples|manifests|toolchains)/.*"):
        if path.endswith(("/Makemodule.am", ".m4")) or path in words:
            continue
        if not any(path.startswith(f + "/") for f in folders):
            yield f"{path}: no Makemodule.am names it"


def lists_are_sorted(tree):
    """One file a line, sorted: two branches that add files seldom meet in one line."""
    for path in tree.files(MODULE):
        for match in re.finditer(r"^\w+_SOURCES = \\\n((?:\t.*\\\n)*\t.*\n)", tree.text(path), re.M):
            names = [line.split()[0] for line in match.group(1).splitlines()]
            if names != sorted(names):
                first = next(a for a, b in zip(names, sorted(names)) if a != b)
                yield f"{path}: the list with {first} is not sorted"


def fuzz_targets_are_built(tree):
    module = tree.text("tests/fuzz/Makemodule.am")
    for path in tree.files(r"tests/fuzz/fuzz_\w+\.c"):
        name = path.split("fuzz_")[1][:-2]
        for program in (f"tests/fuzz/replay_{name}", f"tests/fuzz/fuzz_{name}"):
            if not re.search(rf"^\t{program}( \\)?$", module, re.M):
                yield f"{path}: {program} is in no list of tests/fuzz/Makemodule.am"


RULES = {
    "every file names its licence": licences,
    "text has no stray white space": text_is_clean,
    "every file is known to the build": built_or_shipped,
    "lists of sources are sorted": lists_are_sorted,
    "every fuzz target is built both ways": fuzz_targets_are_built,
}

SPDX, CLEAN, KNOWN, SORTED, FUZZ = RULES
FAULTS = [
    Fault(SPDX, "verifier/base/x.c", "int x;\n", expect="x.c:1"),
    Fault(SPDX, "tests/cli/x.sh", "#!/bin/sh\ntrue\n", expect="x.sh:1"),
    Fault(CLEAN, "README.md", "a \n", expect="README.md:1: white space"),
    Fault(CLEAN, "README.md", "a", expect="newline"),
    Fault(CLEAN, "tests/packages.txt", "=" * 7 + "\n", expect="unfinished"),
    Fault(KNOWN, "verifier/base/x.c", "int x;\n", expect="base/x.c: no Makemodule.am"),
    Fault(KNOWN, "tests/cli/x.sh", "#!/bin/sh\n", expect="cli/x.sh: no Makemodule.am"),
    Fault(SORTED, "verifier/x/Makemodule.am", "a_SOURCES = \\\n\tb.c b.h \\\n\ta.c\n", expect="b.c is not sorted"),
    Fault(FUZZ, "tests/fuzz/fuzz_x.c", "int x;\n", expect="replay_x is in no list"),
]

if __name__ == "__main__":
    lint.main(RULES, FAULTS)
