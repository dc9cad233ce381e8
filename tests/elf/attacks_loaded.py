# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks in what linked files load: code, data, dynamic section, relocations, notes, unwinding."""
import struct

from elffile import PT_LOAD, PT_NOTE, PT_NULL, SHF_ALLOC, SHT_NOBITS
from kinds import Kinds

ATTACKS = Kinds()

# Section, offset in it (from its end when negative), mask, what the byte is.
BYTES = [
    (".text", 5, 1, "an instruction"),
    (".text", -1, 1, "the last byte of the code"),
    (".init", 1, 1, "code before main"),
    (".fini", 1, 1, "code after main"),
    (".plt", 2, 1, "the jump table"),
    (".plt.sec", 5, 1, "the jump table of binaries with IBT"),
    (".data", 0, 1, "a variable"),
    (".sdata", 0, 1, "a small variable of RISC-V"),
    (".rodata", 4, 1, "a constant"),
    (".rodata", -1, 1, "the last constant"),
    (".tdata", 0, 1, "the template of a thread's variable"),
    (".interp", 1, 1, "the path of the dynamic loader"),
    (".interp", -2, 2, "the last letter of that path"),
    (".dynstr", 3, 1, "the name of a library or symbol"),
    (".dynstr", -2, 1, "the last name"),
    (".dynsym", 30, 8, "a symbol of the dynamic linker"),
    (".dynsym", -1, 1, "the last symbol"),
    (".gnu.hash", 4, 1, "the hash table: which symbols are found"),
    (".gnu.hash", 16, 1, "its Bloom filter"),
    (".gnu.hash", -4, 2, "its last chain"),
    (".hash", 8, 1, "the old hash table"),
    (".gnu.version", 2, 1, "the version of a symbol"),
    (".gnu.version_r", 16, 1, "a version that is needed"),
    (".gnu.version_d", 8, 1, "a version that is defined"),
    (".rela.dyn", 0, 8, "where a relocation is applied"),
    (".rela.dyn", 9, 1, "type or symbol of a relocation"),
    (".rela.dyn", 16, 8, "the addend of a relocation"),
    (".rela.dyn", -8, 16, "the last addend"),
    (".rela.plt", 12, 1, "which function a slot is for"),
    (".rel.dyn", 0, 8, "where a relocation is applied"),
    (".rel.dyn", 4, 1, "type or symbol of a relocation"),
    (".rel.plt", 4, 1, "which function a slot is for"),
    (".relr.dyn", 0, 8, "a packed relocation"),
    (".init_array", 0, 4, "a constructor"),
    (".fini_array", 0, 4, "a destructor"),
    (".got", 0, 4, "an address of the global offset table"),
    (".got.plt", -4, 4, "the slot of a function"),
    (".data.rel.ro", 0, 4, "a table of addresses"),
    (".eh_frame", 8, 1, "how to unwind"),
    (".eh_frame", -5, 1, "the last rule of unwinding"),
    (".eh_frame_hdr", 8, 1, "the index of unwinding"),
    (".gcc_except_table", 4, 1, "where exceptions are caught"),
    (".ARM.exidx", 0, 4, "the index of unwinding on ARM"),
    (".note.ABI-tag", 16, 1, "the oldest kernel that glibc accepts"),
    (".note.gnu.property", 24, 1, "IBT and shadow stack on x86, BTI on aarch64"),
    (".MIPS.abiflags", 4, 1, "the ABI on MIPS"),
    (".reginfo", 0, 1, "registers in use on MIPS"),
    (".dynamic", 0, 1, "a tag of the dynamic section"),
    (".dynamic", -1, 1, "what follows DT_NULL"),
]
for _name, _at, _mask, _what in BYTES:
    ATTACKS.row(f"byte{_name.replace('.', '_')}_{_at}".replace("-", "last_"), _what,
                lambda w, name=_name, at=_at, mask=_mask: w.flip_section(name, at, mask))


@ATTACKS
def functions_swapped(w):
    """Two runs of 16 bytes of the code change places: same bytes, same sum."""
    text = w.elf.section(".text")
    return w.swap(text.offset, text.offset + 16, 16)


@ATTACKS
def constructors_swapped(w):
    """Two entries of .init_array change places."""
    array, word = w.elf.section(".init_array"), 8 if w.elf.wide == 2 else 4
    if array.size < 2 * word:
        return None
    return w.swap(array.offset, array.offset + word, word)


@ATTACKS
def relocations_swapped(w):
    """Two relocations change places: they may be of one address."""
    table = w.elf.section(".rela.dyn") or w.elf.section(".rel.dyn")
    if table.size < 2 * table.entsize:
        return None
    return w.swap(table.offset, table.offset + table.entsize, table.entsize)


@ATTACKS
def symbols_swapped(w):
    """Two dynamic symbols change places."""
    table = w.elf.section(".dynsym")
    return w.swap(table.offset + table.entsize, table.offset + 2 * table.entsize, table.entsize)


@ATTACKS
def alignment_gap_byte(w):
    """A byte between two sections, inside p_filesz."""
    sections = sorted((s.offset, s.size) for s in w.elf.sections
                      if s.flags & SHF_ALLOC and s.type != SHT_NOBITS)
    for (at, size), (after, _) in zip(sections, sections[1:]):
        load = w.elf.segment(PT_LOAD, lambda s: s.offset <= at + size < s.offset + s.filesz)
        if load and after > at + size and after <= load.offset + load.filesz:
            return w.flip(at + size, 0xCC)
    return None


# --- the dynamic section -------------------------------------------------------------------------

# Tag, how its value changes, what it is for.
DYNAMIC = [
    (1, lambda v: v + 1, "needed: the end of another name"),
    (5, lambda v: v + 1, "strtab: all names are others"),
    (6, lambda v: v + 24, "symtab: all symbols are others"),
    (10, lambda v: v + 8, "strsz: names reach further"),
    (12, lambda v: v + 4, "init: code before main"),
    (13, lambda v: v + 4, "fini: code after main"),
    (14, lambda v: v + 1, "soname"),
    (15, lambda v: v + 1, "rpath"),
    (17, lambda v: v + 8, "rel: other relocations"),
    (7, lambda v: v + 24, "rela: other relocations"),
    (8, lambda v: v - 24, "relasz: the last one is left out"),
    (18, lambda v: v - 8, "relsz: the last one is left out"),
    (20, lambda v: 24 - v, "pltrel: the other form"),
    (23, lambda v: v + 8, "jmprel: other relocations of functions"),
    (25, lambda v: v + 8, "init_array: elsewhere"),
    (27, lambda v: v - 8, "init_arraysz: one constructor less"),
    (26, lambda v: v + 8, "fini_array: elsewhere"),
    (29, lambda v: v + 1, "runpath: where libraries are looked for"),
    (30, lambda v: v & ~8, "flags: BIND_NOW cleared"),
    (30, lambda v: v | 4, "flags: TEXTREL, code is made writable"),
    (0x6FFFFFFB, lambda v: v ^ 1, "flags_1: NOW"),
    (0x6FFFFFFB, lambda v: v ^ 0x80, "flags_1: ORIGIN"),
    (0x6FFFFEF5, lambda v: v + 4, "gnu_hash: elsewhere"),
    (0x6FFFFFF0, lambda v: v + 2, "versym: versions of other symbols"),
    (0x6FFFFFFE, lambda v: v + 16, "verneed: elsewhere"),
    (0x6FFFFFF9, lambda v: v + 1, "relacount: how many need no symbol"),
]


def dynamic_value(tag, how):
    def kind(w):
        for at, found, value in w.dynamic():
            if found == tag and how(value) != value:
                return w.set_dynamic(at, tag, how(value))
        return None
    return kind


for _tag, _how, _what in DYNAMIC:
    _name = _what.replace(":", "").replace(",", "").replace(" ", "_")
    ATTACKS.row(f"dynamic_{_name}", f"DT_{_what}", dynamic_value(_tag, _how))


@ATTACKS
def needed_in_other_order(w):
    """Two DT_NEEDED change places: symbols are looked for in another order."""
    found = [at for at, tag, _ in w.dynamic() if tag == 1]
    size = 16 if w.elf.wide == 2 else 8
    return w.swap(found[0], found[1], size)


@ATTACKS
def needed_twice(w):
    """An entry that only debuggers use becomes one more DT_NEEDED."""
    entries = list(w.dynamic())
    name = next(value for _, tag, value in entries if tag == 1)
    return next(w.set_dynamic(at, 1, name + 1) for at, tag, _ in entries
                if tag in (21, 24, 30, 0x6FFFFFFB, 0x6FFFFFF9))


@ATTACKS
def runpath_to_rpath(w):
    """DT_RUNPATH becomes DT_RPATH: looked at before LD_LIBRARY_PATH, and by others too."""
    return next((w.set_dynamic(at, 15, value) for at, tag, value in w.dynamic() if tag == 29), None)


@ATTACKS
def flags_become_audit(w):
    """DT_FLAGS becomes DT_AUDIT: a library that is loaded first and sees everything."""
    return next((w.set_dynamic(at, 0x6FFFFEFC, 1) for at, tag, _ in w.dynamic()
                 if tag in (30, 0x6FFFFFFB)), None)


@ATTACKS
def entry_behind_the_end(w):
    """An entry behind DT_NULL, where linkers leave room."""
    ends = [at for at, tag, _ in w.dynamic() if tag == 0]
    return w.set_dynamic(ends[-1], 0, 0x41414141)


@ATTACKS
def end_becomes_entry(w):
    """The first DT_NULL becomes an entry; there is another one behind it."""
    ends = [at for at, tag, _ in w.dynamic() if tag == 0]
    return w.set_dynamic(ends[0], 1, 1) if len(ends) > 1 else None


@ATTACKS
def end_comes_earlier(w):
    """DT_NULL in the middle: what follows is not read."""
    entries = list(w.dynamic())
    return w.set_dynamic(entries[len(entries) // 2][0], 0, 0)


@ATTACKS
def duplicate_tag(w):
    """The same tag twice: the last one counts for glibc, the first one for others."""
    entries = [e for e in w.dynamic() if e[1]]
    (_, first, value), (last, _, _) = entries[0], entries[-1]
    return w.set_dynamic(last, first, value + 1)


# --- notes ---------------------------------------------------------------------------------------

@ATTACKS
def note_type(w):
    """The build-id's note is of another type."""
    at, _ = w.elf.build_id()
    return w.flip(at - 8 if w.elf.order == "<" else at - 5)


@ATTACKS
def note_owner(w):
    """The build-id's note has another owner."""
    at, _ = w.elf.build_id()
    return w.flip(at - 4)


@ATTACKS
def note_size(w):
    """The build-id is shorter: what follows it is another note."""
    at, size = w.elf.build_id()
    return w.put(at - 12, struct.pack(w.elf.order + "I", size - 4))


@ATTACKS
def note_larger(w):
    """The build-id takes in what follows it."""
    at, size = w.elf.build_id()
    return w.put(at - 12, struct.pack(w.elf.order + "I", size + 12))


@ATTACKS
def note_payload(w):
    """A build-id of 4 KiB, with the payload in it."""
    at, _ = w.elf.build_id()
    return w.put(at - 12, struct.pack(w.elf.order + "I", 4096))


@ATTACKS
def note_segment_gone(w):
    """The build-id's PT_NOTE is gone: then no rule knows it, and its value differs."""
    at, _ = w.elf.build_id()
    note = w.elf.segment(PT_NOTE, lambda s: s.offset <= at < s.offset + s.filesz)
    w.flip(at)
    return w.store(note, type=PT_NULL)


@ATTACKS
def byte_in_front_of_build_id(w):
    """The last byte in front of the value that a rule lets differ."""
    return w.flip(w.elf.build_id()[0] - 1, 0x80)


@ATTACKS
def byte_behind_build_id(w):
    """The first byte behind the value that a rule lets differ."""
    at, size = w.elf.build_id()
    return w.flip(at + size, 0x80)
