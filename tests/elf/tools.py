# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ELF tests share: TAP, programs to work on, and assay's answers to many pairs at once."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import build

BUILT = pathlib.Path(os.environ["top_builddir"]) / "tests/elf"
# The layouts that these tests speak about are those of GCC and GNU ld, whatever compiles assay.
CC = ["gcc"]

PROGRAM = """
#include <stdio.h>
__thread int mine = 4;
int counter = 3;
static int zeros[300];
static const char greeting[] = "hello from a test";
__attribute__((constructor)) static void begin(void) { counter++; }
int twice(int x) { return 2 * x + zeros[x & 7] + mine; }
int main(int argc, char **argv)
{
	printf("%s %d %s\\n", greeting, twice(counter), argv[argc - 1]);
	return 0;
}
"""

BARE = """
int counter = 3;
static int zeros[300];
int twice(int x) { return x * counter + zeros[x & 3]; }
void _start(void) { for (;;) counter = twice(counter); }
"""

STATIC = ["-ffreestanding", "-nostdlib", "-static", "-fno-pie", "-no-pie", "-fno-stack-protector",
          "-fcf-protection=none"]

# How the programs are made: name -> source, options. What a compiler here cannot make is left out.
COMPILED = {
    "pie": (PROGRAM, ["-fPIE", "-pie", "-Wl,-z,relro,-z,now"]),
    "shared": (PROGRAM, ["-fPIC", "-shared", "-Wl,-z,relro,-z,lazy"]),
    "bare": (BARE, STATIC),
    "dense": (BARE, STATIC + ["-Wl,-z,noseparate-code"]),
    "bare32": (BARE, STATIC + ["-m32"]),
}
# By hand: name -> bits, byte order, machine (EM_X86_64, EM_PPC, EM_SPARCV9, EM_ARM)
HANDMADE = {
    "hand64": (64, "little", 62),
    "hand32big": (32, "big", 20),
    "hand64big": (64, "big", 43),
    "hand32": (32, "little", 40),
}


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def ok(self, good, what, why=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {what}")
        for line in [] if good else why.splitlines():
            print(f"# {line}")

    def finish(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)


def run(*command):
    return subprocess.run([str(c) for c in command], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


def compile_program(folder, name):
    source, options = COMPILED[name]
    (folder / "thing.c").write_text(source)
    out = folder / name
    if not run(*CC, "-g", "-O1", "-Wl,--build-id=sha1", *options, "-o", out, folder / "thing.c"):
        return None
    return out


def programs(folder):
    """name -> path of each program that can be made here."""
    made = {}
    for name in COMPILED:
        path = compile_program(folder, name)
        if path is not None and shutil.which("objcopy"):
            # A debug link, as distributions have it.
            run("objcopy", "--only-keep-debug", path, f"{path}.debug")
            run("objcopy", f"--add-gnu-debuglink={path}.debug", path)
        if path is None:
            print(f"# {name}: not made by {' '.join(CC)}")
        else:
            made[name] = path
    for name, how in HANDMADE.items():
        made[name] = folder / name
        made[name].write_bytes(build.build(*how))
    return made


class Pairs:
    """Pairs of files, compared in one process."""

    def __init__(self, folder):
        self.folder, self.pairs, self.names = pathlib.Path(folder), [], {}

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
