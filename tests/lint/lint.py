# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks of the tree share.

A check is a file here that defines its rules as functions and its faults as a table, and ends in

    lint.main(RULES, FAULTS)

RULES maps a name to a function that takes a Tree and yields problems ("FILE:LINE: what").
FAULTS is a list of Fault: a change to the tree after which the named rule must complain. So each
check shows on every run that it can fail. Output is TAP.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

# Our own text files. Test data and what autoconf makes are not ours to judge.
SUFFIXES = {".c", ".h", ".sh", ".py", ".am", ".ac", ".m4", ".md", ".1", ".5", ".txt", ".yaml"}
NAMED = {".clang-format", ".clang-tidy", "version-gen", "run", "assay.bash"}
GENERATED = {"aclocal.m4", "verifier/build-aux/tap-driver.sh"}
SKIPPED_FOLDERS = re.compile(
    r"^(\.git|autom4te\.cache|\.deps|\.libs|__pycache__|build.*|corpus|data|assay-.*)$"
)


@dataclass
class Fault:
    """A change to the tree that a rule must find."""

    rule: str
    path: str
    text: str = ""  # the new file, or what is put at the end of the file that is there
    append: bool = False
    replace: tuple = ()  # or: a regular expression and what takes the place of its first match
    expect: str = ""  # must be part of a problem
    remove: bool = False


@dataclass
class Tree:
    """The source tree, with some files replaced for a self-test."""

    root: pathlib.Path
    overlay: dict = field(default_factory=dict)  # path -> text, None: not there
    scratch: pathlib.Path = None

    def _walk(self):
        for folder, folders, files in os.walk(self.root):
            here = pathlib.Path(folder)
            folders[:] = [
                f
                for f in folders
                if not (SKIPPED_FOLDERS.match(f) and f != "build-aux")
                and not (here / f / "config.status").exists()
            ]
            for name in files:
                path = (here / name).relative_to(self.root).as_posix()
                if (pathlib.Path(name).suffix in SUFFIXES or name in NAMED) and path not in GENERATED:
                    yield path

    def files(self, pattern=".*"):
        """Sorted paths that match a regular expression from start to end."""
        names = set(self._walk()) | {p for p, t in self.overlay.items() if t is not None}
        names -= {p for p, t in self.overlay.items() if t is None}
        return sorted(n for n in names if re.fullmatch(pattern, n))

    def exists(self, path):
        if path in self.overlay:
            return self.overlay[path] is not None
        return (self.root / path).exists()

    def text(self, path):
        if path in self.overlay:
            return self.overlay[path]
        return (self.root / path).read_text(encoding="utf-8")

    def lines(self, path):
        return enumerate(self.text(path).splitlines(), 1)

    def real(self, path):
        """A file that a program can read."""
        if path not in self.overlay:
            return str(self.root / path)
        target = self.scratch / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self.overlay[path], encoding="utf-8")
        return str(target)

    def with_fault(self, fault, scratch):
        text = fault.text
        if fault.remove:
            text = None
        elif fault.replace:
            text, count = re.subn(
                fault.replace[0], lambda m: fault.replace[1], self.text(fault.path), count=1, flags=re.S
            )
            assert count == 1, f"{fault.path}: nothing to replace for the self-test"
        elif fault.append:
            text = self.text(fault.path) + fault.text
        return Tree(self.root, {**self.overlay, fault.path: text}, scratch)


def without_comments(text):
    """C text with comments and the insides of strings blanked; lines stay where they are."""

    def blank(match):
        token = match.group(0)
        if token[0] in "\"'":
            return token[0] + " " * (len(token) - 2) + token[0]
        return re.sub(r"[^\n]", " ", token)

    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


class Missing(Exception):
    """A program that a rule needs is not there."""


def tool(name, package):
    path = shutil.which(name)
    if path is None:
        raise Missing(f"{name} is not installed (package {package})")
    return path


def run(argv):
    """Return: exit status, standard output, standard error."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def each(function, items):
    """function over items, several at a time; results in order."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(function, items))


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = False

    def result(self, good, name, notes=(), skip=None):
        self.count += 1
        for note in notes:
            print(f"# {note}")
        self.failed = self.failed or not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}" + (f" # SKIP {skip}" if skip else ""))


def main(rules, faults):
    root = os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2]
    tree = Tree(pathlib.Path(root))
    # tests/run.sh installs every tool and sets this: then a missing one is a failure.
    strict = os.environ.get("ASSAY_TEST_STRICT") == "1"
    tap = Tap()
    assert {f.rule for f in faults} == set(rules), "every rule has a self-test"
    for name, rule in rules.items():
        try:
            problems = sorted(rule(tree))
            tap.result(not problems, name, problems)
        except Missing as missing:
            tap.result(not strict, name, [str(missing)], None if strict else str(missing))
            continue
        for number, fault in enumerate((f for f in faults if f.rule == name), 1):
            with tempfile.TemporaryDirectory(prefix="assay-lint-") as scratch:
                found = sorted(rule(tree.with_fault(fault, pathlib.Path(scratch))))
            hit = [p for p in found if fault.expect in p and p not in problems]
            notes = [] if hit else [f"planted in {fault.path}, wanted: {fault.expect}"] + found
            tap.result(bool(hit), f"{name}: finds planted fault {number} ({fault.expect})", notes)
    print(f"1..{tap.count}")
    sys.exit(1 if tap.failed else 0)
