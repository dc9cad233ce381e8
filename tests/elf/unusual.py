# SPDX-License-Identifier: GPL-3.0-or-later
"""Malformed and unusual files, one row each: either they are read, and rules work, or they are
compared as plain bytes and the finding says why. Whatever runs is never a match when it differs."""
import struct

import bases
import handmade
import tools
from elffile import PF_R, PF_W, PT_LOAD, PT_NULL, PT_PHDR, Elf
from kinds import Work, by_tool
from tables import by_name


# --- rows: a change that both files have ----------------------------------------------------------

def head(**fields):
    return lambda w: w.store(w.elf.head, **fields)


def code(**how):
    """A field of the program header of the code, from its old value."""
    def change(w):
        s = w.executable()
        return w.store(s, **{name: f(getattr(s, name)) for name, f in how.items()})
    return change


def section(label, **fields):
    return lambda w: w.store(w.elf.section(label), **fields)


def spare(w, **fields):
    return w.store(w.elf.segment(PT_NULL), **fields)


def twice(w):
    s = w.executable()
    return spare(w, type=PT_LOAD, flags=s.flags, offset=s.offset, vaddr=s.vaddr + 0x100000,
                 paddr=s.paddr, filesz=s.filesz, memsz=s.memsz, align=s.align)


def overlap_in_memory(w):
    s = w.executable()
    return spare(w, type=PT_LOAD, flags=PF_R, offset=s.offset, vaddr=s.vaddr, filesz=0, memsz=8,
                 align=0x1000)


def swap_loads(w):
    """The program headers of code and data change places."""
    a, b = (s for s in w.elf.segments if s.type == PT_LOAD and s.offset > 0)
    first, second = a.pack(), b.pack()
    w.put(a.at, second)
    return w.put(b.at, first)


def late_program_header(w):
    """PT_PHDR behind the loadable segments, where the gABI wants it first."""
    h = w.elf.head
    load = w.elf.segment(PT_LOAD)
    return spare(w, type=PT_PHDR, flags=PF_R, offset=h.phoff, vaddr=load.vaddr + h.phoff,
                 filesz=h.phnum * h.phentsize, memsz=h.phnum * h.phentsize, align=8)


def cut(size):
    return lambda w: bytes(w.data[:size])


def no_loads(w):
    for s in w.elf.segments:
        if s.type == PT_LOAD:
            w.store(s, type=PT_NULL)
    return bytes(w.data)


def many_sections(count, names_last=False, lie=0):
    """A table of count sections; its numbers stand in section 0 where they are large."""
    def change(w):
        h, e = w.elf.head, w.elf
        table = [s.pack() for s in e.sections]
        empty = struct.pack(e.order + e.sections[0].form, 0, 1, *(0,) * (len(e.sections[0].names) - 2))
        table += [empty] * (count - len(table))
        index = h.shstrndx
        if names_last:
            table[index], table[-1] = table[-1], table[index]
            index = count - 1
        first = e.sections[0]
        first.size = count + lie if count >= 0xFF00 else 0
        first.link = index if index >= 0xFF00 else 0
        table[0] = first.pack()
        w.data += bytes(-len(w.data) % 8)
        w.store(h, shoff=len(w.data), shnum=0 if count >= 0xFF00 else count,
                shstrndx=0xFFFF if index >= 0xFF00 else index)
        return bytes(w.data) + b"".join(table)
    return change


def around(w):
    """The code begins in the last page that there is."""
    s = w.executable()
    return w.store(s, vaddr=(1 << (64 if w.elf.wide == 2 else 32)) - 0x1000, memsz=0x1001)


def across_a_page(w):
    """60 bytes of code in two pages of memory, so that a loader maps two pages of the file; the
    second one holds .comment."""
    s, data = w.executable(), w.elf.segment(PT_LOAD, lambda s: s.flags & PF_W)
    w.store(s, vaddr=0x50FF0, align=1)
    w.set_section(".text", addr=0x50FF0)
    for name in (".data", ".bss"):
        w.set_section(name, addr=w.elf.section(name).addr + 0x60000)
    return w.store(data, vaddr=data.vaddr + 0x60000)


def few_in_section_zero(w):
    """A number in section 0 that would have fitted into the header."""
    w.store(w.elf.sections[0], size=w.elf.head.shnum)
    return w.store(w.elf.head, shnum=0)


READ = None  # not compared as plain bytes
# What, the change, why it is compared as plain bytes.
ROWS = [
    ("as it is", lambda w: bytes(w.data), READ),
    ("no section headers", by_name("headers_zeroed"), READ),
    ("no section headers, nor their record size",
     lambda w: Work(by_name("headers_zeroed")(w)).store(Elf(w.data).head, shentsize=0), READ),
    ("e_shnum 0 with e_shoff", head(shnum=0), "e_shnum is 0 but e_shoff is not"),
    ("e_shnum 0 with a number that fits", few_in_section_zero, "e_shnum is 0 but e_shoff is not"),
    ("e_shstrndx without a table", lambda w: head(shstrndx=1)(Work(by_name("headers_zeroed")(w))),
     "e_shnum is 0 but e_shstrndx is not"),
    ("PN_XNUM", head(phnum=0xFFFF), "extended numbering of program headers"),
    ("65,280 sections", many_sections(0xFF00), READ),
    ("65,300 sections, the last one names them", many_sections(0xFF14, True), READ),
    ("65,279 sections", many_sections(0xFEFF), READ),
    ("more sections than there are", many_sections(0xFF00, lie=1), "section headers are not between"),
    ("4 billion sections", many_sections(0xFF00, lie=0xFFFF0000), "e_shnum is 0 but e_shoff is not"),
    ("names behind the table", head(shstrndx=0xFFFF), "e_shstrndx 65535 is no section"),
    ("names of a reserved number", head(shstrndx=0xFFFE), "e_shstrndx 65534 is no section"),
    ("overlap in the file", twice, "overlap in the file"),
    ("overlap in memory", overlap_in_memory, "overlap in memory"),
    ("program headers past the end", head(phnum=0x1000), "program headers are not between"),
    ("section headers past the end", lambda w: head(shnum=w.elf.head.shnum + 1)(w),
     "section headers are not between"),
    ("segment past the end", code(filesz=lambda v: v + 0x100000, memsz=lambda v: v + 0x100000),
     "past the end of the file"),
    ("section past the end", section(".vendor", size=0x100000), "past the end of the file"),
    ("name past the names", section(".vendor", name=0x100000), "its name is outside the names"),
    ("no program headers", head(phnum=0), "no program headers"),
    ("no loadable segment", no_loads, "no loadable segment"),
    ("unsorted segments", swap_loads, READ),
    ("PT_PHDR is not first", late_program_header, READ),
    ("truncated by a byte", lambda w: bytes(w.data[:-1]), "section headers are not between"),
    ("truncated in the data", cut(0x2010), "past the end of the file"),
    ("truncated in the code", cut(0x1010), "past the end of the file"),
    ("truncated in the header", cut(40), "the ELF header is cut short"),
    ("truncated in e_ident", cut(10), "not an ELF file"),
    ("wrong byte order", lambda w: w.flip(5, 3), "not a linked file"),
    ("wrong class", lambda w: w.flip(4, 3), "is not the size of"),
    ("unknown class", lambda w: w.flip(4, 4), "is unknown"),
    ("unknown byte order", lambda w: w.flip(5, 4), "is unknown"),
    ("version", lambda w: w.flip(6, 3), "is unknown"),
    ("e_version", head(version=2), "e_version is not 1"),
    ("core", head(type=4), "not a linked file"),
    ("large header", head(ehsize=80), "e_ehsize is not the size"),
    ("large program headers", head(phentsize=64), "e_phentsize is not the size"),
    ("large section headers", head(shentsize=80), "e_shentsize is not the size"),
    ("p_align 2 GiB", code(align=lambda v: 1 << 31), "p_align is huge"),
    ("p_align of three pages", code(align=lambda v: 0x3000), "not a power of two"),
    ("p_align 0", code(align=lambda v: 0), READ),
    ("p_align 1", code(align=lambda v: 1), READ),
    ("p_align 4", code(align=lambda v: 4), READ),
    ("p_align 1, code across a page", across_a_page, READ),
    ("incongruent", code(vaddr=lambda v: v + 8), "differ modulo p_align"),
    ("more file than memory", code(memsz=lambda v: v - 1), "p_filesz is larger than p_memsz"),
    ("around the address space", around, "wraps around"),
    ("section 0 is used", lambda w: w.store(w.elf.sections[0], info=7), "section 0 is not empty"),
]
# What is read, but of which all pages count: what follows the data in its page is memory, too.
PAGES = {"unsorted segments", "p_align 1, code across a page"}
# Not there any more.
NO_COMMENT = {"no section headers", "no section headers, nor their record size"}


def changed_at(data, offset):
    return bytes(data[:offset]) + bytes([data[offset] ^ 1]) + bytes(data[offset + 1:])


def add_row(pairs, what, base, reason, start):
    """start: the file before the row changed it, to know where things are in it."""
    pairs.add(f"{what}: against itself", ("identical", None), base, base)
    at, _ = start.build_id()
    text, comment = start.section(".text").offset + 5, start.section(".comment").offset + 3
    name = what.split(": ", 1)[1]
    for place, offset, read in (("build-id", at, "normalised"),
                                ("comment", comment, "different" if name in PAGES | NO_COMMENT
                                 else "normalised"),
                                ("code", text, "different"), ("header", 12, "different")):
        if offset >= len(base):
            continue
        wanted = read if reason is READ else "different"
        pairs.both_ways(f"{what}: {place}", (wanted, reason), changed_at(base, offset), base)
        hidden = changed_at(changed_at(base, offset), min(text, len(base) - 1))
        if offset != text:
            pairs.both_ways(f"{what}: {place} and code", ("different", reason), hidden, base)
    if base != bytes(start.data) and name not in NO_COMMENT:
        pairs.both_ways(f"{what}: against the plain file", ("not a match", None), base,
                        bytes(start.data))


def is_right(answer):
    tier, reason = answer.wanted
    if tier == "not a match":
        return answer.tier in ("different", "normalised" if "sections" in answer.what else "different")
    plain = [f for f in answer.findings if "compared as plain bytes: " in f]
    if reason is READ:
        return answer.tier == tier and not plain
    return answer.tier == tier and any(part in f for part in reason.split("|") for f in plain)


# --- what linkers make of unusual wishes ----------------------------------------------------------

SOURCE = """
int counter = 3;
const char greeting[] = "hello from a test";
static int zeros[300];
int twice(int x) { return x * counter + zeros[x & 3] + greeting[x & 7]; }
void _start(void) { for (;;) counter = twice(counter); }
"""
SCRIPT = """
ENTRY(_start)
MEMORY {{ FLASH (rx) : ORIGIN = {flash}, LENGTH = 1M RAM (rw) : ORIGIN = {ram}, LENGTH = 1M }}
PHDRS {{ code PT_LOAD FLAGS(5); data PT_LOAD FLAGS(6); note PT_NOTE FLAGS(4); stack PT_GNU_STACK FLAGS(6); }}
SECTIONS {{
  .note.gnu.build-id : {{ *(.note.gnu.build-id) }} >FLASH :code :note
  .text : {{ *(.text*) *(.rodata*) *(.eh_frame*) . = ALIGN(0x1000); }} >FLASH :code
  .data : {{ *(.data*) . = ALIGN({pad}); }} >RAM AT>FLASH :data
  .bss : {{ *(.bss*) }} >RAM :data
  /DISCARD/ : {{ *(.note.gnu.property) }}
}}
"""
# As GNU-EFI lays out what objcopy then converts.
EFI = """
ENTRY(_start)
SECTIONS {
  . = 0; .hash : { *(.hash) } .gnu.hash : { *(.gnu.hash) }
  . = ALIGN(4096); .text : { *(.text*) }
  . = ALIGN(4096); .data : { *(.rodata*) *(.data*) *(.bss*) *(COMMON) } .got : { *(.got.plt) *(.got) }
  . = ALIGN(4096); .dynamic : { *(.dynamic) }
  . = ALIGN(4096); .rela.dyn : { *(.rela.*) }
  . = ALIGN(4096); .dynsym : { *(.dynsym) }
  . = ALIGN(4096); .dynstr : { *(.dynstr) }
  .note.gnu.build-id : { *(.note.gnu.build-id) }
}
"""
STATIC = ["-ffreestanding", "-nostdlib", "-static", "-fno-pie", "-no-pie", "-fcf-protection=none"]
# Name, options, linker script, what a stripped file is against the unstripped one.
LINKED = [
    ("static-pie", ["-nostdlib", "-static-pie", "-fPIE"], None, "normalised"),
    ("bare metal", STATIC, SCRIPT.format(flash="0x8000000", ram="0x20000000", pad=4), "normalised"),
    ("bare metal, memory below flash", STATIC, SCRIPT.format(flash="0x8000000", ram="0x10000", pad="0x1000"),
     "normalised"),
    ("converted for UEFI", ["-nostdlib", "-shared", "-fPIC", "-fcf-protection=none", "-Wl,-Bsymbolic",
      "-fno-asynchronous-unwind-tables", "-Wl,--no-eh-frame-hdr"], EFI, "normalised"),
    ("nmagic", STATIC + ["-Wl,-n"], None, None),
    ("omagic", STATIC + ["-Wl,-N"], None, None),
    ("pages of 64 KiB", STATIC + ["-Wl,-z,max-page-size=65536"], None, "normalised"),
    ("pages of 2 MiB", STATIC + ["-Wl,-z,max-page-size=2097152"], None, "normalised"),
    ("code with headers", STATIC + ["-Wl,-z,noseparate-code"], None, "normalised"),
    ("executable stack", STATIC + ["-Wl,-z,execstack"], None, None),
    ("no build-id note", STATIC + ["-Wl,--build-id=none"], None, "normalised"),
]


def link(folder, name, options, script):
    (folder / "thing.c").write_text(SOURCE)
    out = folder / name.replace(" ", "-")
    if script:
        (folder / "thing.ld").write_text(script)
        options = options + ["-T", folder / "thing.ld"]
    if bases.run("gcc", "-g", "-O1", "-fno-stack-protector", "-Wl,--build-id=sha1", *options, "-o",
                     out, folder / "thing.c").returncode:
        return None
    return out.read_bytes()


def add_linked(pairs, folder, tap):
    for name, options, script, stripped in LINKED:
        data = link(folder, name, options, script)
        if data is None:
            tap.ok(False, f"{name}: can be linked")
            continue
        pairs.add(f"{name}: against itself", ("identical", READ), data, data)
        if Elf(data).build_id():
            pairs.both_ways(f"{name}: build-id", ("normalised", READ), by_name("build_id")(Work(data)), data)
        less = by_tool("strip", "-o", "$OUT", "$IN")(Work(data))
        if less is not None:
            pairs.add(f"{name}: stripped", (stripped or "different", READ), less, data)
            for attack in (by_name("byte_text_5"), by_name("load_writable_executable"),
                           by_name("entry_plus_4"), by_name("byte_data_0")):
                changed = attack(Work(less))
                if changed:
                    pairs.both_ways(f"{name}: stripped, {attack.__name__}", ("different", READ), changed,
                                    data)
        slack = by_name("shellcode_in_page_tail")(Work(data))
        if slack:
            pairs.both_ways(f"{name}: page tail", ("different", READ), slack, data)


def main():
    tap = tools.Tap()
    folder = tools.scratch()
    pairs = tools.Pairs()
    for machine, how in bases.HANDMADE.items():
        data = handmade.build(*how)
        for what, change, reason in ROWS:
            base = change(Work(data))
            if base is None:
                tap.ok(False, f"{machine}: {what} changes nothing")
                continue
            add_row(pairs, f"{machine}: {what}", base, reason, Elf(data))
    add_linked(pairs, folder, tap)
    answers = pairs.answers()
    for answer in answers:
        if not is_right(answer):
            tap.ok(False, answer.what,
                   "\n".join([f"wanted {answer.wanted}: {answer.line}"] + answer.findings[:5]))
    tap.ok(len(answers) > 2000, f"{len(answers)} pairs")
    tap.finish()


main()
