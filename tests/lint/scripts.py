# SPDX-License-Identifier: GPL-3.0-or-later
"""Shell scripts pass shellcheck; Python compiles."""
import ast
import re

import lint
from lint import Fault


def shell_scripts(tree):
    for path in tree.files():
        first = tree.text(path).split("\n", 1)[0]
        if path.endswith((".sh", ".bash")) or re.match(r"#!.*\b(ba|da)?sh\b", first):
            yield path


def shellcheck(tree):
    shellcheck_path = lint.tool("shellcheck", "shellcheck")

    def check(path):
        # Files that are read by others ("source") cannot be followed from a copy of one file.
        argv = [shellcheck_path, "-f", "gcc", "-e", "SC1090,SC1091", tree.real(path)]
        _, out, _ = lint.run(argv)
        return [re.sub(r"^.*?:(\d+):", rf"{path}:\1:", line) for line in out.splitlines()]

    return [p for found in lint.each(check, list(shell_scripts(tree))) for p in found]


def scripts_stop_on_errors(tree):
    for path in shell_scripts(tree):
        text = tree.text(path)
        if text.startswith("#!") and not re.search(r"^set -\w*u", text, re.M):
            yield f"{path}:1: no `set -u'"


def python_compiles(tree):
    for path in tree.files(r".*\.py"):
        try:
            ast.parse(tree.text(path))
        except SyntaxError as error:
            yield f"{path}:{error.lineno}: {error.msg}"


RULES = {
    "shellcheck has nothing to say": shellcheck,
    "scripts refuse unset variables": scripts_stop_on_errors,
    "Python compiles": python_compiles,
}

SHELL, UNSET, PYTHON = RULES
FAULTS = [
    Fault(SHELL, "tests/cli/x.sh", "#!/bin/sh\nset -u\nrm $1/*\n", expect="x.sh:3:"),
    Fault(UNSET, "tests/cli/x.sh", "#!/bin/sh\ntrue\n", expect="x.sh:1:"),
    Fault(PYTHON, "tests/lint/x.py", "def f(:\n", expect="x.py:1:"),
]

if __name__ == "__main__":
    lint.main(RULES, FAULTS)
