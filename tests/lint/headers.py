# SPDX-License-Identifier: GPL-3.0-or-later
"""A header stands alone, says which layer it belongs to, and has the guard that its path gives."""
import os
import re
import shlex

import lint
from lint import Fault

HEADERS = r"(verifier|tests)/.*\.h"
OURS = r"verifier/.*\.h"


def compiles_alone(tree):
    compiler = shlex.split(os.environ.get("CC", "gcc"))
    lint.tool(compiler[0], "gcc")
    flags = shlex.split(os.environ.get("CPPFLAGS", "-D_GNU_SOURCE"))
    common = ["-std=gnu17", "-fsyntax-only", "-Wall", "-Wextra", "-Wstrict-prototypes", "-Wno-unused-function", "-x", "c"]

    def check(path):
        folder = f"{tree.root}/{os.path.dirname(path)}"
        argv = [*compiler, *flags, f"-I{tree.root}/verifier", f"-I{folder}", *common, tree.real(path)]
        status, _, errors = lint.run(argv)
        # gcc remarks on "#pragma once" in main files only; we have guards.
        complaints = [e for e in errors.splitlines() if re.search(r"(error|warning): ", e)]
        if status == 0 and not complaints:
            return None
        return f"{path}: does not compile alone: {(complaints or [errors.strip()])[0]}"

    return [p for p in lint.each(check, tree.files(HEADERS)) if p]


def guards(tree):
    for path in tree.files(HEADERS):
        parts = path.split("/")[1:] if path.startswith("verifier/") else path.split("/")
        guard = "ASSAY_" + re.sub(r"\W", "_", "/".join(parts)).upper()
        text = tree.text(path)
        if not re.search(rf"^#ifndef {guard}\n#define {guard}\n", text, re.M):
            yield f"{path}:1: the guard is not {guard}"


def layers_are_said(tree):
    for path in tree.files(OURS):
        folder = path.split("/")[1]
        match = re.search(r"^ \* Layer:\s+(\w+)", tree.text(path), re.M)
        if match is None:
            yield f'{path}:1: the first comment has no line "Layer: {folder}."'
        elif match.group(1) != folder:
            yield f"{path}:1: says layer {match.group(1)}, is in {folder}"


RULES = {
    "every header compiles alone": compiles_alone,
    "every header has the guard of its path": guards,
    "every header names its layer": layers_are_said,
}

ALONE, GUARD, LAYER = RULES
FAULTS = [
    Fault(ALONE, "verifier/base/x.h", "static inline uint32_t f(void);\n", expect="does not compile alone"),
    Fault(GUARD, "verifier/base/span.h", replace=("ASSAY_BASE_SPAN_H", "SPAN_H"), expect="the guard is not"),
    Fault(LAYER, "verifier/base/x.h", "/*\n * No words.\n */\n", expect="no line"),
    Fault(LAYER, "verifier/base/span.h", replace=("Layer:( *)base", "Layer: model"), expect="says layer model"),
]

if __name__ == "__main__":
    lint.main(RULES, FAULTS)
