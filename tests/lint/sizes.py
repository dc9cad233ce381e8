# SPDX-License-Identifier: GPL-3.0-or-later
"""Hard limits on how long and how tangled C may be. There is no list of exceptions: a function
that does not fit is cut into stages, or its branches become a table."""
import re

import lint
from lint import Fault

FUNCTION_LINES = 80
FILE_LINES = 800
HEADER_LINES = 149
COMPLEXITY = 15
NESTING = 4
PARAMETERS = 6

C_FILES = r"(verifier|tests)/.*\.c"
C_AND_H = r"(verifier|tests)/.*\.[ch]"


def functions(tree):
    """Yield (place, name, complexity, lines) as pmccabe counts them."""
    pmccabe = lint.tool("pmccabe", "pmccabe")
    real = {tree.real(path): path for path in tree.files(C_AND_H)}
    _, out, _ = lint.run([pmccabe, *real])
    for row in out.splitlines():
        # modified complexity, traditional, statements, first line, lines, file(line): name
        _, complexity, _, _, lines, where = row.split(maxsplit=5)
        file, line, name = re.fullmatch(r"(.+)\((\d+)\): (.+)", where).groups()
        yield f"{real[file]}:{line}", name, int(complexity), int(lines)


def function_length(tree):
    for where, name, _, lines in functions(tree):
        if lines > FUNCTION_LINES:
            yield f"{where}: {name} has {lines} lines, limit {FUNCTION_LINES}"


def complexity(tree):
    for where, name, paths, _ in functions(tree):
        if paths > COMPLEXITY:
            yield f"{where}: {name} has complexity {paths}, limit {COMPLEXITY}"


def file_length(tree):
    for path in tree.files(C_AND_H):
        lines = len(tree.text(path).splitlines())
        limit = HEADER_LINES if path.endswith(".h") else FILE_LINES
        if lines > limit:
            yield f"{path}:{lines}: {lines} lines, limit {limit}"


def nesting(tree):
    """One tab is one level, because clang-format says so."""
    for path in tree.files(C_FILES):
        for number, line in enumerate(lint.without_comments(tree.text(path)).splitlines(), 1):
            tabs = len(line) - len(line.lstrip("\t"))
            if tabs > NESTING and re.match(r"(\} )?(if|for|while|switch|do|else)\b", line.strip()):
                yield f"{path}:{number}: nested {tabs} deep, limit {NESTING}"


def count_parameters(text):
    """How many there are up to the parenthesis that closes the list; "..." is none."""
    depth, commas = 1, 0
    for end, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        commas += char == "," and depth == 1
        if depth == 0:
            return commas + (not text[:end].rstrip().endswith("..."))
    return 0


def parameters(tree):
    for path in tree.files(C_AND_H):
        text = lint.without_comments(tree.text(path))
        # A function at file scope begins in column 0; its list may go over several lines.
        for match in re.finditer(r"^(?!typedef|#)[A-Za-z_][^;{}=()]*\b(\w+)\(", text, re.M):
            count = count_parameters(text[match.end() :])
            if count > PARAMETERS:
                line = text.count("\n", 0, match.start()) + 1
                yield f"{path}:{line}: {match.group(1)} has {count} parameters, limit {PARAMETERS}"


RULES = {
    f"no function is longer than {FUNCTION_LINES} lines": function_length,
    f"no function has a complexity above {COMPLEXITY}": complexity,
    f"no file is longer than {FILE_LINES} lines, no header than {HEADER_LINES}": file_length,
    f"no statement is nested deeper than {NESTING}": nesting,
    f"no function has more than {PARAMETERS} parameters": parameters,
}

LONG, TANGLED, FILE, DEEP, WIDE = RULES
FAULTS = [
    Fault(LONG, "verifier/base/x.c", "int f(int a)\n{\n" + "\ta++;\n" * 79 + "\treturn a;\n}\n", expect="f has 83"),
    Fault(TANGLED, "verifier/base/x.c", "int f(int a)\n{\n" + "\tif (a) a++;\n" * 15 + "}\n", expect="complexity 16"),
    Fault(FILE, "verifier/base/x.c", "\n" * 801, expect="limit 800"),
    Fault(FILE, "verifier/base/x.h", "\n" * 150, expect="limit 149"),
    Fault(DEEP, "verifier/base/x.c", "int f(int a)\n{\n\t\t\t\t\tif (a)\n\t\t\t\t\t\ta++;\n}\n", expect="nested 5"),
    Fault(WIDE, "verifier/base/x.c", "int f(int a, int b, int c,\n      int d, int e, int f, int g)\n{\n}\n", expect="7 parameters"),
    Fault(WIDE, "verifier/base/x.h", "int f(int a, int b, int c, int d, int e, int f, char *g);\n", expect="7 parameters"),
]

if __name__ == "__main__":
    lint.main(RULES, FAULTS)
