# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ELF tests share: TAP, and assay's answers to many pairs at once."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

BUILT = pathlib.Path(os.environ["top_builddir"]) / "tests/elf"
SAMPLE = os.environ.get("ASSAY_TEST_SAMPLE")  # bytes of each file; None: all of them


def has(tap, *programs):
    """Whether all programs are there: a skip if not, a failure where ASSAY_TEST_STRICT is set."""
    missing = [p for p in programs if not shutil.which(p)]
    if missing and os.environ.get("ASSAY_TEST_STRICT"):
        tap.ok(False, f"{' '.join(missing)}: not here")
    elif missing:
        tap.skip(f"{' '.join(missing)}: not here")
    return not missing


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def ok(self, good, what, why=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {what}")
        for line in [] if good else why.splitlines():
            print(f"# {line}")

    def skip(self, what):
        self.count += 1
        print(f"ok {self.count} # SKIP {what}")

    def todo(self, good, what):
        """A gap that is known: it is to fail, and to be taken out once it does not."""
        self.count += 1
        print(f"{'ok' if good else 'not ok'} {self.count} - {what} # TODO")

    def finish(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)


class Pairs:
    """Pairs of files, compared in one process. A context: the files go away with it."""

    def __init__(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="assay-elf-")
        self.folder, self.pairs, self.names = pathlib.Path(self.scratch.name), [], {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.scratch.cleanup()

    def path(self, content):
        """Equal contents share a file. Paths and bytes are both taken."""
        if isinstance(content, (str, pathlib.Path)):
            return str(content)
        content = bytes(content)
        if content not in self.names:
            self.names[content] = str(self.folder / f"pair{len(self.names)}")
            pathlib.Path(self.names[content]).write_bytes(content)
        return self.names[content]

    def add(self, what, wanted, delivered, rebuilt):
        self.pairs.append((what, wanted, self.path(delivered), self.path(rebuilt)))

    def both_ways(self, what, wanted, one, other, back=None):
        """back: what is wanted the other way round, when it is something else."""
        self.add(what, wanted, one, other)
        self.add(what + ", the other way round", back or wanted, other, one)

    def answers(self):
        """Yield an Answer for each pair."""
        text = "".join(f"{a}\t{b}\n" for _, _, a, b in self.pairs)
        result = subprocess.run([BUILT / "pairs", "-v"], input=text, capture_output=True, text=True,
                                check=False)
        found = []
        for line in result.stdout.splitlines():
            if line.startswith("  "):
                found[-1].findings.append(line.strip())
            else:
                found.append(Answer(line))
        if len(found) != len(self.pairs) or result.returncode != 0:
            raise RuntimeError(f"{len(found)} answers for {len(self.pairs)} pairs: {result.stderr}")
        for (what, wanted, *_), answer in zip(self.pairs, found):
            answer.what, answer.wanted = what, wanted
        return found


class Answer:
    def __init__(self, line):
        self.line, self.findings, self.what, self.wanted = line, [], None, None
        fields = line.split()
        self.tier, self.rules = fields[0], fields[4].split(",")
        self.identical, self.normalised, self.unexplained = map(int, fields[1:4])


def scratch():
    """A folder that goes away with the process."""
    folder = tempfile.TemporaryDirectory(prefix="assay-elf-")
    scratch.kept = folder
    return pathlib.Path(folder.name)
