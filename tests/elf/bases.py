# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that the tests change: real programs, compiled here for several machines, and small
ones made by hand (handmade.py) for layouts that no compiler here makes.

The layouts that the tests speak about are those of GCC and GNU ld, whatever compiles assay.
"""
import os
import pathlib
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import handmade

PROGRAM = """
#include <stdio.h>
__thread int mine = 4;
int counter = 3;
static int zeros[300];
static const char greeting[] = "hello from a test";
__attribute__((constructor)) static void begin(void) { counter++; }
__attribute__((constructor)) static void begin_too(void) { counter *= 2; }
int twice(int x) { return 2 * x + zeros[x & 7] + mine; }
int main(int argc, char **argv)
{
	printf("%s %d %s\\n", greeting, twice(counter), argv[argc - 1]);
	return 0;
}
"""

# No C library: a compiler alone is enough.
BARE = """
int counter = 3;
static int zeros[300];
static const char greeting[] = "hello from a test";
extern int elsewhere(int) __attribute__((weak));
const char *volatile said = greeting;
__attribute__((constructor, used)) static void begin(void) { counter++; }
__attribute__((constructor, used)) static void begin_too(void) { counter *= 2; }
int twice(int x) { return x * counter + zeros[x & 3]; }
int thrice(int x) { return twice(x) + x + (elsewhere ? elsewhere(x) : said[x & 7]); }
void _start(void) { for (;;) counter = thrice(counter); }
"""

CXX = """
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>
struct Base { virtual ~Base() {} virtual int f(int x) { return x; } };
struct Derived : Base { int f(int x) override { if (x > 2) throw std::runtime_error("no"); return 2 * x; } };
thread_local std::string mine = "x";
int main(int argc, char **argv)
{
	std::vector<Base *> all{new Base, new Derived};
	try {
		for (auto *b : all) std::printf("%d %s\\n", b->f(argc), argv[0]);
	} catch (const std::exception &e) {
		std::puts(e.what());
	}
	return 0;
}
"""

VERSIONS = "V1 { global: twice; }; V2 { global: thrice; local: *; } V1;\n"
STUB = "int elsewhere(int x) { return x; }\n"

FREE = ["-ffreestanding", "-nostdlib", "-fno-stack-protector"]
STATIC = FREE + ["-static", "-fno-pie", "-no-pie", "-fcf-protection=none"]
ALONE = FREE + ["-static", "-fno-pie", "-no-pie"]
LIBRARY = FREE + ["-fPIC", "-shared", "-Wl,--version-script=$DIR/symbols.map", "-Wl,--no-as-needed",
                  "$DIR/libstub-$CPU.so", "$DIR/libother-$CPU.so", "-Wl,-soname,libthing.so.1",
                  "-Wl,-rpath,/opt/thing/lib", "-Wl,-z,now"]
# Its first segment is executable, and nothing says that glibc loads it.
MUSL = FREE + ["-fPIC", "-shared"]
PIE = FREE + ["-fPIE", "-pie", "-Wl,--dynamic-linker=/lib/ld.so.1", "-Wl,--no-as-needed",
              "$DIR/libstub-$CPU.so"]

# Machine -> the compiler's prefix
CPUS = {"x86_64": "", "i386": "i686-linux-gnu-", "aarch64": "aarch64-linux-gnu-",
        "arm": "arm-linux-gnueabi-", "riscv64": "riscv64-linux-gnu-", "mips": "mips-linux-gnu-"}


class Base(NamedTuple):
    """One row: how a file is made."""
    name: str
    cpu: str
    source: str
    options: list
    compiler: str = "gcc"
    debug: str = "-g"


COMPILED = [
    Base("pie", "x86_64", PROGRAM, ["-fPIE", "-pie", "-Wl,-z,relro,-z,now"]),
    Base("shared", "x86_64", PROGRAM, ["-fPIC", "-shared", "-fcf-protection", "-Wl,-z,relro,-z,lazy,-z,ibtplt"]),
    Base("bare", "x86_64", BARE, STATIC),
    Base("dense", "x86_64", BARE, STATIC + ["-Wl,-z,noseparate-code"]),
    Base("static", "x86_64", PROGRAM, ["-static", "-no-pie"]),
    Base("static-pie", "x86_64", PROGRAM, ["-static-pie", "-fPIE"]),
    Base("cxx", "x86_64", CXX, ["-fPIE", "-pie"], "g++", "-g3"),
    Base("versions", "x86_64", BARE, LIBRARY + ["-Wl,--hash-style=both"]),
    Base("lld", "x86_64", PROGRAM, ["-fuse-ld=lld", "-fPIE", "-pie"]),
    Base("packed", "x86_64", PROGRAM, ["-fPIE", "-pie", "-Wl,-z,pack-relative-relocs"]),
    Base("i386", "i386", BARE, ALONE),
    Base("i386-lib", "i386", BARE, LIBRARY + ["-Wl,--disable-new-dtags"]),
    Base("aarch64", "aarch64", PROGRAM, ["-fPIE", "-pie"]),
    Base("aarch64-lib", "aarch64", BARE, LIBRARY),
    Base("aarch64-musl", "aarch64", BARE, MUSL),
    Base("aarch64-cxx", "aarch64", CXX, ["-fPIE", "-pie"], "g++"),
    Base("arm", "arm", BARE, ALONE + ["-funwind-tables", "-Wl,--defsym,__aeabi_unwind_cpp_pr1=0",
                                     "-Wl,--defsym,__aeabi_unwind_cpp_pr0=0"]),
    Base("arm-lib", "arm", BARE, LIBRARY),
    Base("riscv64", "riscv64", BARE, ALONE),
    Base("riscv64-pie", "riscv64", BARE, PIE),
    Base("riscv64-lib", "riscv64", BARE, LIBRARY),
    Base("mips", "mips", BARE, ALONE + ["-Wl,-z,max-page-size=4096,-z,separate-code"]),
    Base("mips-lib", "mips", BARE, LIBRARY),
]
# By hand: name -> bits, byte order, machine (EM_X86_64, EM_PPC, EM_SPARCV9, EM_ARM)
HANDMADE = {
    "hand64": (64, "little", 62),
    "hand32big": (32, "big", 20),
    "hand64big": (64, "big", 43),
    "hand32": (32, "little", 40),
}

# What the tests compile beside the bases: stubs to link against.
FILES = {"symbols.map": VERSIONS, "stub.c": STUB}


class Made(NamedTuple):
    """A base that was made."""
    name: str
    path: pathlib.Path
    prefix: str  # of the binutils that know its machine

    def read(self):
        return self.path.read_bytes()


def run(*command):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)


def link_stubs(folder, cpu):
    # The second name is that of glibc, whose loader is not musl's.
    for name, soname in (("stub", "libstub.so.1"), ("other", "libc.so.6")):
        run(CPUS[cpu] + "gcc", *FREE, "-fPIC", "-shared", f"-Wl,-soname,{soname}",
            "-o", folder / f"lib{name}-{cpu}.so", folder / "stub.c")


def compile_base(folder, base, out=None, extra=()):
    """Return: None, or why it could not be made."""
    prefix, out = CPUS[base.cpu], out or folder / base.name
    if not shutil.which(prefix + base.compiler):
        return f"no {prefix}{base.compiler}"
    source = folder / f"{base.name}.{'cc' if base.compiler == 'g++' else 'c'}"
    source.write_text(base.source)
    options = [o.replace("$DIR", str(folder)).replace("$CPU", base.cpu) for o in base.options]
    done = run(prefix + base.compiler, base.debug, "-O1", "-Wl,--build-id=sha1", *extra, "-o", out,
               source, *options)
    if done.returncode != 0:
        return done.stderr.strip().splitlines()[-1] if done.stderr else "compiler failed"
    # A debug link, as distributions have it.
    run(prefix + "objcopy", "--only-keep-debug", out, f"{out}.debug")
    run(prefix + "objcopy", f"--add-gnu-debuglink={out}.debug", out)
    return None


def make(folder, names=None):
    """Yield (name, Made or None, why not) for each base, in the order of the tables."""
    wanted = [b for b in COMPILED if names is None or b.name in names]
    for name, text in FILES.items():
        (folder / name).write_text(text)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        present = {b.cpu for b in wanted if shutil.which(CPUS[b.cpu] + "gcc")}
        list(pool.map(lambda cpu: link_stubs(folder, cpu), sorted(present)))
        for base, fault in zip(wanted, pool.map(lambda b: compile_base(folder, b), wanted)):
            made = Made(base.name, folder / base.name, CPUS[base.cpu])
            yield base.name, None if fault else made, fault
    for name, how in HANDMADE.items():
        if names is None or name in names:
            path = folder / name
            path.write_bytes(handmade.build(*how))
            yield name, Made(name, path, ""), None


def all_of(tap, folder, names=None):
    """The bases that can be made here. One that cannot is a skip, or a failure where
    ASSAY_TEST_STRICT says that nothing may be missing."""
    made = []
    for name, base, fault in make(folder, names):
        if base is not None:
            made.append(base)
        elif os.environ.get("ASSAY_TEST_STRICT"):
            tap.ok(False, f"{name}: made", fault)
        else:
            tap.skip(f"{name}: {fault}")
    return made


def is_native(name):
    """Whether the plain names of binutils are for such a file."""
    return next((b.cpu == "x86_64" for b in COMPILED if b.name == name), False)


if __name__ == "__main__":
    where = pathlib.Path(sys.argv[1])
    where.mkdir(parents=True, exist_ok=True)
    for label, result, reason in make(where):
        print(label, result.path if result else reason)
