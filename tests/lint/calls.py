# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that belong to one place, or to none."""
import re

import lint
from lint import Fault

C_FILES = r"verifier/.*\.[ch]"

# What is called, where it may be called (a regular expression of paths), and why.
PRINT = r"(?<!\w)(printf|puts|putchar|perror|psignal|vprintf|warnx?|errx?)\s*\(|\b(fprintf|fputs|fputc|vfprintf|fwrite)\s*\([^;]*\b(stdout|stderr)\b"
ONE_PLACE = [
    (PRINT, r"verifier/cli/.*|verifier/base/die\.c", "only cli/ prints"),
    (r"\bSTD(OUT|ERR)_FILENO\b.*\bwrite\b|\bwrite\s*\(\s*(STDOUT_FILENO|STDERR_FILENO|[12])\s*,",
     r"verifier/cli/.*|verifier/base/die\.c", "only cli/ prints"),
    (r"(?<!\w)exit\s*\(", r"verifier/cli/main\.c", "only main exits; a forked child says _exit"),
    (r"(?<!\w)(time|gettimeofday|clock_gettime|clock|localtime(_r)?|ctime(_r)?)\s*\(",
     r"verifier/base/clock\.c|verifier/rebuild/inside/machine\.c", "time comes through base/clock"),
    (r"(?<!\w)(getenv|secure_getenv)\s*\(", r"verifier/(cli|base|store)/.*", "the environment is read in cli/, base/ and store/"),
    (r"(?<!\w)dlopen\s*\(", r"verifier/base/demand\.c", "base/demand loads libraries"),
    (r"(?<!\w)setlocale\s*\(", r"verifier/cli/main\.c", "output does not depend on the locale"),
]

# What is never called, and what instead.
NEVER = [
    (r"(?<!\w)(strcpy|strcat|sprintf|vsprintf|gets|strncpy|strncat|stpcpy)\s*\(", "base/buffer or snprintf"),
    (r"(?<!\w)(atoi|atol|atoll|sscanf|strtok)\s*\(", "strtoull with a check, or base/cursor"),
    (r"(?<!\w)(system|popen|wordexp)\s*\(", "base/process: no shell"),
    (r"(?<!\w)(mktemp|tmpnam|tempnam)\s*\(", "mkstemp, mkdtemp or O_TMPFILE"),
    (r"(?<!\w)(rand|random|drand48|srand)\s*\(", "nothing here is random"),
    (r"(?<!\w)alloca\s*\(", "assay_calloc"),
    (r"(?<!\w)(setjmp|longjmp)\s*\(", "a return value"),
    (r"\bgoto\b", "ASSAY_AUTO_* cleans up"),
    (r"\btypedef\s+(struct|enum|union)\b", "types are written struct assay_thing"),
]


def find(tree, pattern):
    for path in tree.files(C_FILES):
        text = lint.without_comments(tree.text(path))
        for match in re.finditer(pattern, text):
            line = text.count("\n", 0, match.start()) + 1
            yield path, f"{path}:{line}: {' '.join(match.group(0).split())}"


def one_place(tree):
    for pattern, allowed, why in ONE_PLACE:
        for path, where in find(tree, pattern):
            if not re.fullmatch(allowed, path):
                yield f"{where}: {why}"


def never(tree):
    for pattern, instead in NEVER:
        for _, where in find(tree, pattern):
            yield f"{where}: not here; use {instead}"


RULES = {"calls stay in their place": one_place, "banned calls are not made": never}

PLACE, BANNED = RULES
FAULTS = [
    Fault(PLACE, "verifier/compare/x.c", 'int f(void)\n{\n\tprintf("x");\n}\n', expect="only cli/ prints"),
    Fault(PLACE, "verifier/base/x.c", 'void f(void)\n{\n\t(void)fprintf(\n\t\tstderr, "x");\n}\n', expect="x.c:3: fprintf"),
    Fault(PLACE, "verifier/base/x.c", "void f(void)\n{\n\t(void)write(2, x, 1);\n}\n", expect="only cli/ prints"),
    Fault(PLACE, "verifier/base/x.c", "void f(void)\n{\n\texit(1);\n}\n", expect="only main exits"),
    Fault(PLACE, "verifier/elf/x.c", "long f(void)\n{\n\treturn time(NULL);\n}\n", expect="base/clock"),
    Fault(PLACE, "verifier/elf/x.c", 'char *f(void)\n{\n\treturn getenv("X");\n}\n', expect="environment"),
    Fault(PLACE, "verifier/cli/x.c", 'void f(void)\n{\n\tsetlocale(LC_ALL, "");\n}\n', expect="locale"),
    Fault(PLACE, "verifier/unpack/x.c", 'void *f(void)\n{\n\treturn dlopen("x", 1);\n}\n', expect="base/demand"),
    *[
        Fault(BANNED, "verifier/base/x.c", f"void f(void)\n{{\n\t{code};\n}}\n", expect=expect)
        for code, expect in [
            ("strcpy(a, b)", "base/buffer"),
            ("n = atoi(s)", "strtoull"),
            ('system("true")', "base/process"),
            ("tmpnam(s)", "mkstemp"),
            ("n = rand()", "random"),
            ("p = alloca(n)", "assay_calloc"),
            ("longjmp(b, 1)", "return value"),
            ("goto out", "ASSAY_AUTO"),
            ("typedef struct x y", "struct assay_thing"),
        ]
    ],
]

if __name__ == "__main__":
    lint.main(RULES, FAULTS)
