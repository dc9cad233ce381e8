# SPDX-License-Identifier: GPL-3.0-or-later
"""C looks as .clang-format says; `make format` makes it so. Version 14, because others differ."""
import lint
from lint import Fault


def formatted(tree):
    clang_format = lint.tool("clang-format-14", "clang-format-14")
    style = f"--style=file:{tree.root}/.clang-format"

    def check(path):
        status, _, errors = lint.run([clang_format, "--dry-run", "--Werror", style, tree.real(path)])
        if status == 0:
            return None
        return f"{path}:{errors.splitlines()[0].split(':')[1]}: run `make format'"

    return [p for p in lint.each(check, tree.files(r"(verifier|tests)/.*\.[ch]")) if p]


RULES = {"C is formatted": formatted}
FAULTS = [Fault("C is formatted", "verifier/base/x.c", "int f( int a );\n", expect="x.c:1: run")]

if __name__ == "__main__":
    lint.main(RULES, FAULTS)
