# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documents name is there: files, folders, make targets, commands, configure switches."""
import os
import re

import lint
from lint import Fault

DOCS = r"(README|verifier/ARCHITECTURE|verifier/HACKING)\.md"
TOP = r"(?:verifier|tests|samples|manifests|toolchains|\.ci)"
LAYER = r"(?:base|model|manifest|toolchain|formats|elf|store|supply|rebuild|unpack|compare|explain|attest|field|report|cli)"


def code_spans(tree, path):
    """Yield (line number, text) of `code` and of indented blocks."""
    for number, line in tree.lines(path):
        if line.startswith("    "):
            yield number, line.strip()
        for span in re.findall(r"`([^`]+)`", line):
            yield number, span


def paths_exist(tree):
    for path in tree.files(DOCS):
        for number, span in code_spans(tree, path):
            for name in re.findall(rf"(?<![\w/.$-])({TOP}/[\w./+-]*)", span):
                if not re.search(r"(^|/|_)X\b", name) and not tree.exists(name.rstrip("/.")):
                    yield f"{path}:{number}: there is no {name}"
            # In ARCHITECTURE "compare/pair.h" means verifier/compare/pair.h, "base/cursor" a module.
            for name in re.findall(rf"^({LAYER}/[\w.]+)$", span):
                if not (tree.exists(f"verifier/{name}") or tree.exists(f"verifier/{name}.h") or tree.exists(name)):
                    yield f"{path}:{number}: there is no verifier/{name}"
        for number, line in tree.lines(path):
            for target in re.findall(r"\]\(([^)#:]+)\)", line):
                if not tree.exists(os.path.normpath(os.path.join(os.path.dirname(path), target))):
                    yield f"{path}:{number}: the link goes nowhere: {target}"


def make_targets_exist(tree):
    makefiles = "\n".join(tree.text(p) for p in ["Makefile.am", *tree.files(r".*/Makemodule\.am")])
    known = set(re.findall(r"^([a-z][\w-]*):", makefiles, re.M)) | {"check", "dist", "distcheck", "install"}
    for path in tree.files(DOCS):
        for number, span in code_spans(tree, path):
            for target in re.findall(r"\bmake ([a-z][\w-]*)", span):
                if target not in known:
                    yield f"{path}:{number}: there is no target {target}"


def configure_switches_exist(tree):
    text = tree.text("configure.ac") + tree.text("verifier/m4/assay-compiler.m4")
    known = {f"--enable-{n}" for n in re.findall(r"AC_ARG_ENABLE\(\[([\w-]+)\]", text)}
    known |= {f"--without-{n}" for n in re.findall(r"AC_ARG_WITH\(\[([\w-]+)\]", text)}
    for path in tree.files(DOCS):
        for number, line in tree.lines(path):
            for switch in re.findall(r"--(?:enable|without)-[\w-]+", line):
                if switch not in known:
                    yield f"{path}:{number}: configure has no {switch}"


def commands_exist(tree):
    program = os.environ.get("ASSAY")
    if not program:
        raise lint.Missing("ASSAY names no program: this runs in make check")
    _, out, _ = lint.run([program, "--help"])
    rows = re.findall(r"^  ([a-z]+(?: [a-z]+)?)  +\S", out, re.M)
    known = set(rows) | {row.split()[0] for row in rows}
    for path in [*tree.files(DOCS), *tree.files(r"verifier/man/.*")]:
        for number, line in tree.lines(path):
            for command in re.findall(r"(?:`|^\.Dl |^    )assay ([a-z]+)", line):
                if command not in known:
                    yield f"{path}:{number}: there is no command assay {command}"


def layers_are_drawn(tree):
    """The drawing in ARCHITECTURE has every folder that the check of layers knows."""
    text = tree.text("verifier/ARCHITECTURE.md")
    drawing = text[text.index("## Layers") : text.index("## The claim")]
    table = re.search(r"^LAYERS = \{(.*?)^\}", tree.text("tests/lint/layers.py"), re.M | re.S).group(1)
    for folder in re.findall(r'"(\w+)":', table):
        if not re.search(rf"(^ \d  |^    |   +){folder}  +\w", drawing, re.M):
            yield f"verifier/ARCHITECTURE.md: the drawing of layers has no {folder}"


RULES = {
    "paths in documents exist": paths_exist,
    "make targets in documents exist": make_targets_exist,
    "configure switches in documents exist": configure_switches_exist,
    "commands in documents exist": commands_exist,
    "the drawing has every folder": layers_are_drawn,
}

PATHS, TARGETS, SWITCHES, COMMANDS, DRAWING = RULES
FAULTS = [
    Fault(PATHS, "README.md", "See `tests/nothing.sh`.\n", expect="no tests/nothing.sh"),
    Fault(PATHS, "verifier/HACKING.md", "See `base/nothing`.\n", expect="no verifier/base/nothing"),
    Fault(PATHS, "README.md", "See [x](verifier/NOTHING.md).\n", expect="goes nowhere"),
    Fault(TARGETS, "README.md", "Run `make nothing`.\n", expect="no target nothing"),
    Fault(SWITCHES, "README.md", "`--enable-nothing`\n", expect="no --enable-nothing"),
    Fault(COMMANDS, "README.md", "`assay nothing`\n", expect="no command assay nothing"),
    Fault(DRAWING, "verifier/ARCHITECTURE.md", replace=(r"supply  ", "xxx  "), expect="has no supply"),
]

if __name__ == "__main__":
    lint.main(RULES, FAULTS)
