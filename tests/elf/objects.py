# SPDX-License-Identifier: GPL-3.0-or-later
"""Relocatable files for the tests: made by the compilers that are here, and by hand for machines
that no compiler here makes files for."""
import shutil
import struct
import subprocess

from objectfile import (SHF_ALLOC, SHF_EXECINSTR, SHF_INFO_LINK, SHF_MERGE, SHF_STRINGS, SHF_WRITE,
                        SHN_ABS, SHN_COMMON, SHN_UNDEF, SHT_INIT_ARRAY, SHT_NOBITS, SHT_NOTE,
                        SHT_NULL, SHT_PROGBITS, SHT_REL, SHT_RELA, SHT_STRTAB, SHT_SYMTAB, STB_GLOBAL,
                        STB_WEAK, STT_FILE, STT_FUNC, STT_OBJECT, STT_SECTION, Object, Record, Reloc,
                        Section, Symbol)
from elffile import EHDR, EHDR_NAMES

PLAIN = """
extern int outside(int), other(int);
extern int weakly(int) __attribute__((weak));
int shared[40];
int counter = 3;
static int zeros[300];
static int same_a(int x) { static int kept; return kept += x; }
static int unused_data __attribute__((used)) = 7;
static int __attribute__((used)) unused_code(int x) { return x + 9; }
int hidden(int x) __attribute__((visibility("hidden")));
int hidden(int x) { return same_a(x) + zeros[x & 7]; }
int __attribute__((weak)) replace_me(int x) { return x; }
static int __attribute__((noinline)) local(int x) { return outside(x) + other(counter); }
int (*const table[])(int) = { hidden, local, outside };
static void begin(void) { counter++; }
static void (*const starts[])(void) __attribute__((used, section(".init_array"))) = {
	begin, (void (*)(void))hidden };
const char *text(int x) { return x ? "one text" : "another text"; }
int twice(int x) { return 2 * local(x) + hidden(x) + shared[x] + (weakly ? weakly(x) : 0); }
"""

MODULE = """
struct module { const char *state[3]; char name[24]; int (*init)(void); void (*exit)(void); };
static int __attribute__((section(".init.text"), used)) start(void) { return 0; }
static void __attribute__((section(".exit.text"), used)) stop(void) { }
extern __typeof(start) init_module __attribute__((alias("start")));
extern __typeof(stop) cleanup_module __attribute__((alias("stop")));
int init_module(void), exported(int);
void cleanup_module(void);
extern int printk(const char *, ...);
struct module __this_module __attribute__((section(".gnu.linkonce.this_module"))) = {
	.name = "thing", .init = init_module, .exit = cleanup_module };
static const char license[] __attribute__((section(".modinfo"), used)) = "license=GPL";
static const char depends[] __attribute__((section(".modinfo"), used)) = "depends=";
static const char magic[] __attribute__((section(".modinfo"), used)) = "vermagic=6.1.0 SMP";
static const struct { unsigned long crc; char name[56]; } versions[]
	__attribute__((section("__versions"), used)) = { { 0x12345678, "printk" } };
int exported(int x) { return printk("x %d", x); }
static int __attribute__((used, noinline)) helper(int x) { return exported(x) + 1; }
static const char name_of[] __attribute__((section("__ksymtab_strings"), used)) = "exported";
static const void *const entry[] __attribute__((section("___ksymtab+exported"), used)) = {
	exported, name_of };
"""

CXX = """
struct base { virtual ~base() { } virtual int value() const { return 1; } };
template <int n> struct derived : base { int value() const override { return n; } };
inline int twice(int x) { static int calls; return 2 * x + ++calls; }
int use(int x) { derived<3> a; derived<4> b; base *p = x ? (base *)&a : &b;
	try { return p->value() + twice(x); } catch (int e) { return e; } }
"""

# name -> (compiler, source, suffix, options). What a compiler here cannot make is left out.
COMPILED = {
    "x86_64": ("gcc", PLAIN, "c", ["-fcf-protection"]),
    "x86_64-sections": ("gcc", PLAIN, "c", ["-ffunction-sections", "-fdata-sections", "-g3"]),
    "i386": ("gcc", PLAIN, "c", ["-m32", "-fno-pic"]),
    "cxx": ("g++", CXX, "cc", []),
    "module": ("gcc", MODULE, "c", ["-fno-pic", "-mcmodel=kernel"]),
    "clang": ("clang", PLAIN, "c", ["-fno-addrsig"]),
    "aarch64": ("aarch64-linux-gnu-gcc", PLAIN, "c", []),
    "aarch64-module": ("aarch64-linux-gnu-gcc", MODULE, "c", []),
    "arm": ("arm-linux-gnueabi-gcc", PLAIN, "c", []),
    "i686": ("i686-linux-gnu-gcc", PLAIN, "c", []),
    "mips": ("mips-linux-gnu-gcc", PLAIN, "c", []),
    "riscv64": ("riscv64-linux-gnu-gcc", PLAIN, "c", []),
}
# By hand: name -> bits, byte order, machine (EM_PPC, EM_SPARCV9, EM_MIPS twice, EM_ARM), SHT_REL
HANDMADE = {
    "hand32big": (32, ">", 20, False),
    "hand64big": (64, ">", 43, False),
    "hand64mips": (64, "<", 8, False),
    "hand64mipsbig": (64, ">", 8, False),
    "hand32rel": (32, "<", 40, True),
}


def prefix(compiler):
    """"aarch64-linux-gnu-" of a cross compiler: its binutils begin with it."""
    return compiler[:-len("gcc")] if compiler.endswith("-gcc") else ""


def run(*command):
    return subprocess.run([str(c) for c in command], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


def compile_object(folder, name):
    compiler, source, suffix, options = COMPILED[name]
    path = folder / f"{name}.{suffix}"
    path.write_text(source)
    out = folder / f"{name}.o"
    flags = ["-g", "-O1", "-ffreestanding", "-fcommon", "-fno-stack-protector"]
    flags = [f for f in flags if suffix == "c" or f != "-fcommon"]
    if not shutil.which(compiler):
        return None
    if not run(compiler, *flags, *options, "-c", path, "-o", out):
        return None
    if "module" in name:  # what the kernel's build does with all objects of a module
        linked = folder / f"{name}.ko"
        if not run(prefix(compiler) + "ld", "-r", "--build-id=sha1", "-o", linked, out):
            return None
        return linked
    return out


class Made(Object):
    """An empty object to be filled by hand."""

    def __init__(self, bits, order, machine):
        self.wide, self.order, self.data = bits // 32, order, b""
        form = EHDR[self.wide]
        ident = b"\x7fELF" + bytes([self.wide, 1 if order == "<" else 2, 1, 0]) + bytes(8)
        size = struct.calcsize(order + form)
        entry = 64 if bits == 64 else 40
        data = struct.pack(order + form, ident, 1, machine, 1, 0, 0, 0, 0, size, 0, 0, entry, 0, 0)
        self.head = Record(form, EHDR_NAMES, order, data, 0)
        self.sections, self.symbols = [Section(type=SHT_NULL, addralign=0)], [Symbol()]


def by_hand(bits, order, machine, rel):
    o = Made(bits, order, machine)
    word = bits // 8

    def add(name, content, **fields):
        o.sections.append(Section(name=name, content=content, **fields))
        return o.sections[-1]

    def symbol(name, place, bind, kind, value=0, size=0, other=0):
        o.symbols.append(Symbol(name=name, place=place, info=bind << 4 | kind, value=value,
                                size=size, other=other))
        return o.symbols[-1]

    note = o.pack("III", 4, 20, 3) + b"GNU\0" + bytes(range(0x40, 0x54))
    body = add(".text", bytes(range(1, 65)), flags=SHF_ALLOC | SHF_EXECINSTR, addralign=16)
    data = add(".data", bytes(range(100, 148)), flags=SHF_ALLOC | SHF_WRITE, addralign=8)
    add(".bss", None, type=SHT_NOBITS, size=96, flags=SHF_ALLOC | SHF_WRITE, addralign=16)
    starts = add(".init_array", bytes(2 * word), type=SHT_INIT_ARRAY, entsize=word,
                 flags=SHF_ALLOC | SHF_WRITE, addralign=word)
    add(".note.gnu.build-id", note, type=SHT_NOTE, flags=SHF_ALLOC, addralign=4)
    add(".note.GNU-stack", b"")
    add(".vendor", b"nobody knows")
    add(".comment", b"\0GCC: (hand made) 1.0\0", flags=SHF_MERGE | SHF_STRINGS, entsize=1)
    info = add(".debug_info", bytes(range(7, 63)))
    abbrev = add(".debug_abbrev", b"\1\x11\0\0\0")
    symtab = add(".symtab", b"", type=SHT_SYMTAB, addralign=word, entsize=24 if bits == 64 else 16)
    symtab.link = add(".strtab", b"", type=SHT_STRTAB)
    o.symtab = symtab
    symbol("thing.c", SHN_ABS, 0, STT_FILE)
    sections = [symbol("", s, 0, STT_SECTION) for s in (body, data, info, abbrev)]
    helper = symbol("helper", body, 0, STT_FUNC, 32, 16)
    symbol("lonely", body, 0, STT_FUNC, 48, 8)
    symbol("twin", data, 0, STT_OBJECT, 0, 4)
    twin = symbol("twin", data, 0, STT_OBJECT, 8, 4)
    main = symbol("main", body, STB_GLOBAL, STT_FUNC, 0, 32)
    outside = symbol("outside", SHN_UNDEF, STB_GLOBAL, 0)
    weak = symbol("weakly", body, STB_WEAK, STT_FUNC, 40, 8, 2)
    common = symbol("common", SHN_COMMON, STB_GLOBAL, STT_OBJECT, 8, 16)

    def relocs(target, rows):
        size = (2 if rel else 3) * word
        add((".rel" if rel else ".rela") + target.name, b"", type=SHT_REL if rel else SHT_RELA,
            flags=SHF_INFO_LINK, link=symtab, info=target, addralign=word, entsize=size,
            relocs=[Reloc(at, kind, to, 0 if rel else addend) for at, kind, to, addend in rows])

    relocs(body, [(0, 2, outside, 4), (8, 3, helper, 0), (16, 2, sections[1], 8), (16, 5, main, 0),
                  (24, 2, twin, 0)])
    relocs(data, [(0, 1, weak, 0), (8, 1, common, 8), (16, 1, sections[0], 32)])
    relocs(starts, [(0, 1, main, 0), (word, 1, helper, 0)])
    relocs(info, [(6, 1, sections[3], 0), (12, 1, sections[0], 0)])
    o.names = add(".shstrtab", b"", type=SHT_STRTAB)
    return o.write()


def objects(folder):
    """name -> bytes of each relocatable file that can be made here."""
    made = {}
    for name in COMPILED:
        path = compile_object(folder, name)
        if path is None:
            print(f"# {name}: not made by {COMPILED[name][0]}")
        else:
            made[name] = path.read_bytes()
    return made | {name: by_hand(*how) for name, how in HANDMADE.items()}
