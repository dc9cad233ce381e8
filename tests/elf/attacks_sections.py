# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks on linked files by way of section headers, or in sections that nothing loads."""
import struct
import zlib

from elffile import (PF_R, PF_X, PT_LOAD, SHF_ALLOC, SHF_EXECINSTR, SHT_NOBITS, SHT_NOTE, SHT_NULL,
                     SHT_PROGBITS, SHT_STRTAB)
from attacks_slack import SHELLCODE
from kinds import Kinds, Work

ATTACKS = Kinds()
# Attacks on what both files have: the other way round they are none.
ON_DELIVERED = Kinds()
# What these change is gone, too, once there are no section headers: not an attack any more.
NEEDS_HEADERS = Kinds()


# --- headers that lie ----------------------------------------------------------------------------

@ATTACKS
def lying_section_header(w):
    """.text points to a pristine copy behind the end, mapped code differs."""
    text = w.elf.section(".text")
    copy = w.content(text)
    w.flip(text.offset + 5)
    at = len(w.data)
    w.store(text, offset=at)
    return bytes(w.data) + copy


@ATTACKS
def text_is_debug(w):
    """The mapped code is called .debug_info, not loaded, and differs."""
    text, debug = w.elf.section(".text"), w.elf.section(".debug_info")
    w.flip(text.offset + 5)
    w.store(debug, offset=text.offset, size=text.size)
    return w.store(text, type=SHT_NULL)


@ATTACKS
def debug_over_text(w):
    """Both .text and .debug_info have the code."""
    text, debug = w.elf.section(".text"), w.elf.section(".debug_info")
    w.flip(text.offset + 5)
    return w.store(debug, offset=text.offset, size=text.size)


@ATTACKS
def text_renamed_debug(w):
    """.text is called .debug_str and has no SHF_ALLOC."""
    text, debug = w.elf.section(".text"), w.elf.section(".debug_str")
    w.flip(text.offset + 5)
    name = debug.name
    w.store(debug, name=text.name)
    return w.store(text, name=name, flags=0, addr=0)


@ATTACKS
def text_loses_alloc(w):
    """The code differs, and its section says that it is not loaded."""
    text = w.elf.section(".text")
    w.flip(text.offset + 5)
    return w.store(text, flags=0)


@ATTACKS
def debug_over_header(w):
    """.debug_info has the ELF header, which differs."""
    debug = w.elf.section(".debug_info")
    w.flip(12)
    return w.store(debug, offset=0, size=w.elf.head.ehsize)


@ATTACKS
def debug_over_program_headers(w):
    """.debug_info has the program headers, and a segment is executable."""
    debug, h = w.elf.section(".debug_info"), w.elf.head
    load = w.elf.segment(PT_LOAD, lambda s: not s.flags & PF_X)
    w.store(load, flags=load.flags | PF_X)
    return w.store(debug, offset=h.phoff, size=h.phnum * h.phentsize)


@ATTACKS
def debug_over_everything(w):
    """.debug_info has the whole file."""
    w.flip_section(".text", 5)
    return w.store(w.elf.section(".debug_info"), offset=0, size=len(w.data))


@ATTACKS
def comment_over_build_id_note(w):
    """The note's header, not its value."""
    comment = w.elf.section(".comment")
    at, _ = w.elf.build_id()
    w.flip(at - 4)
    return w.store(comment, offset=at - 4, size=4)


@ATTACKS
def bss_over_text(w):
    """A loader that goes by sections clears the code."""
    return w.set_section(".bss", addr=w.elf.section(".text").addr)


@ATTACKS
def debug_is_loaded(w):
    """.debug_info says that it is loaded, over the data."""
    data = w.elf.section(".data")
    return w.set_section(".debug_info", flags=SHF_ALLOC, addr=data.addr)


@ATTACKS
def bss_has_content(w):
    """.bss is SHT_PROGBITS: a loader that goes by sections fills it."""
    return w.set_section(".bss", type=SHT_PROGBITS)


for _name, _field, _how in (
        (".text", "addr", lambda v: v + 16), (".text", "size", lambda v: v - 4),
        (".text", "offset", lambda v: v + 4), (".text", "flags", lambda v: v ^ SHF_EXECINSTR),
        (".text", "flags", lambda v: v ^ SHF_ALLOC), (".text", "addralign", lambda v: v * 2),
        (".text", "type", lambda v: SHT_NOBITS), (".text", "link", lambda v: 2),
        (".text", "info", lambda v: 7), (".text", "entsize", lambda v: 8),
        (".bss", "size", lambda v: v + 64), (".bss", "addr", lambda v: v - 64),
        (".data", "type", lambda v: SHT_NULL), (".dynsym", "link", lambda v: v + 1),
        (".dynsym", "info", lambda v: v + 1), (".dynsym", "entsize", lambda v: v + 8),
        (".comment", "flags", lambda v: v | SHF_ALLOC), (".vendor", "size", lambda v: v - 1),
        (".init_array", "size", lambda v: v + 8), (".dynamic", "offset", lambda v: v + 16),
        (".rela.dyn", "info", lambda v: v + 1), (".gnu.version", "link", lambda v: v + 1)):
    def _kind(w, name=_name, field=_field, how=_how):
        section = w.elf.section(name)
        return w.store(section, **{field: how(getattr(section, field))})

    ATTACKS.row(f"header_of{_name.replace('.', '_')}_{_field}",
                f"{_field} of {_name}: U-Boot loads by section headers, linkers read them", _kind)


# --- the table itself ----------------------------------------------------------------------------

@ATTACKS
def section_zero(w):
    """Section 0 is not empty."""
    return w.store(w.elf.sections[0], addr=0x1234)


@NEEDS_HEADERS
@ATTACKS
def count_without_table(w):
    """e_shnum 0 with e_shoff: some readers look into section 0."""
    return w.store(w.elf.head, shnum=0)


@ATTACKS
def table_past_end(w):
    """One section more than there is."""
    return w.store(w.elf.head, shnum=w.elf.head.shnum + 1)


@NEEDS_HEADERS
@ATTACKS
def fewer_sections(w):
    """The last section is not listed; the names are another's."""
    return w.store(w.elf.head, shnum=w.elf.head.shnum - 1, shstrndx=1)


@ATTACKS
def table_in_text(w):
    """The table stands in the code."""
    w.flip_section(".text", 5)
    text = w.elf.section(".text")
    return w.store(w.elf.head, shoff=text.offset)


@ATTACKS
def table_at_zero(w):
    """e_shoff 0 and sections all the same."""
    return w.store(w.elf.head, shoff=0)


@ATTACKS
def table_wraps_around(w):
    """e_shoff near the end of what a number can hold."""
    return w.store(w.elf.head, shoff=(1 << (64 if w.elf.wide == 2 else 32)) - 64)


@ATTACKS
def section_past_end(w):
    """A section reaches past the end of the file."""
    return w.set_section(".debug_info", size=len(w.data))


@ATTACKS
def section_wraps_around(w):
    """Offset and size of a section are more than a number can hold."""
    return w.set_section(".debug_info", size=(1 << (64 if w.elf.wide == 2 else 32)) - 1)


@ATTACKS
def name_past_end(w):
    """sh_name outside the names."""
    return w.set_section(".debug_info", name=0x7FFFFFFF)


@ATTACKS
def section_names(w):
    """.text is called .tfxt."""
    names = w.elf.sections[w.elf.head.shstrndx]
    at = w.data.index(b".text\0", names.offset)
    return w.flip(at + 2, 3)


@ATTACKS
def new_name_without_section(w):
    """The names of sections hold something else as well."""
    names = w.content(w.elf.sections[w.elf.head.shstrndx])
    return w.resize_section(".shstrtab", names + b"payload " * 20 + b"\0")


@ATTACKS
def binary_in_names(w):
    """The names of sections end in code."""
    names = w.content(w.elf.sections[w.elf.head.shstrndx])
    return w.resize_section(".shstrtab", names + SHELLCODE + b"\0")


@ATTACKS
def firm_sections_in_other_order(w):
    """Two loaded sections change places in the table."""
    a, b = w.elf.section(".text"), w.elf.section(".data")
    return w.swap(a.at, b.at, a.bytes)


@ATTACKS
def same_name_twice(w):
    """Another .comment: who looks for it by name may take either."""
    return w.elf.section(".comment") and w.append_section(".comment", b"")


# --- sections that were not there ----------------------------------------------------------------

# Name, content, type, flags, more, why.
NEW = [
    (".payload", SHELLCODE, SHT_PROGBITS, 0, {}, "a section that no rule knows"),
    (".payload", SHELLCODE, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, {"addr": 0x400000},
     "a loader that goes by sections loads it"),
    (".debug_gdb_scripts", b"\x01gdb.py\0", SHT_PROGBITS, 0, {}, "a debugger runs it"),
    (".debug_payload", SHELLCODE, SHT_PROGBITS, 0, {}, "a made-up debug section"),
    (".debug_info", SHELLCODE, SHT_STRTAB, 0, {}, "a debug section of the wrong type"),
    (".debug_info", SHELLCODE, SHT_PROGBITS, SHF_EXECINSTR, {}, "a debug section with code"),
    (".debug_info.dwo", SHELLCODE, SHT_PROGBITS, 0, {}, "split debug information is not split off"),
    (".gnu_debugdata", SHELLCODE, SHT_PROGBITS, 0, {}, "an xz file of symbols, which GDB unpacks"),
    (".gnu.prelink_undo", SHELLCODE, SHT_PROGBITS, 0, {}, "prelink --undo writes the file anew"),
    (".gnu.warning.main", b"text\0", SHT_PROGBITS, 0, {}, "the linker prints it"),
    (".gnu.lto_main", SHELLCODE, SHT_PROGBITS, 0, {}, "a linker with LTO compiles it"),
    (".resource_table", SHELLCODE, SHT_PROGBITS, 0, {}, "Linux' remoteproc finds it by name"),
    (".note.gnu.build-id", b"\4\0\0\0\4\0\0\0\3\0\0\0GNU\0abcd", SHT_NOTE, 0, {},
     "a second build-id, for who goes by sections"),
    (".note.GNU-stack", b"", SHT_PROGBITS, SHF_EXECINSTR, {}, "asks linkers for an executable stack"),
    (".rela.x", b"", 4, 0, {"addr": 0x1000, "entsize": 24}, "OP-TEE applies relocations by headers"),
    (".dynamic", SHELLCODE, 6, 0, {}, "Android's linker finds it by its type"),
    (".init_array", bytes(8), 14, 0, {}, "constructors, by their type"),
    (".symtab", bytes(24), 2, 0, {"entsize": 24}, "a second symbol table"),
    ("", b"", SHT_NULL, 0, {"addr": 0x41414141, "link": 0x41414141}, "an unused header with values"),
    ("\x1b[2J.debug_info", b"x", SHT_PROGBITS, 0, {}, "a name that clears the screen"),
    (".debug_info\n", b"x", SHT_PROGBITS, 0, {}, "a name that is nearly a known one"),
    (".DEBUG_INFO", b"x", SHT_PROGBITS, 0, {}, "a known name in other letters"),
    (".debug_", b"x", SHT_PROGBITS, 0, {}, "only the start of known names"),
    (".comment ", b"x", SHT_PROGBITS, 0, {}, "a known name and a space"),
]
for _i, (_name, _content, _type, _flags, _more, _why) in enumerate(NEW):
    def _kind(w, row=(_name, _content, _type, _flags, _more)):
        name, content, kind, flags, more = row
        return w.append_section(name, content, kind, flags, **more)

    ATTACKS.row(f"new_section_{_i}", f"{_name.strip()!r}: {_why}", _kind)


# --- content of sections that a rule may touch ---------------------------------------------------

@ATTACKS
def vendor_section(w):
    """A section that no rule knows."""
    return w.flip_section(".vendor")


@ATTACKS
def arm_attributes(w):
    """Linkers refuse or mix objects by the attributes."""
    return w.flip_section(".ARM.attributes", 20)


@ATTACKS
def riscv_attributes(w):
    """Linkers refuse or mix objects by the attributes."""
    return w.flip_section(".riscv.attributes", 20)


@ATTACKS
def gnu_attributes(w):
    """The floating-point ABI on MIPS."""
    return w.flip_section(".gnu.attributes", -1)


@ATTACKS
def comment_not_text(w):
    """.comment with a byte that is not text."""
    return w.flip_section(".comment", 3, 0x80)


@ATTACKS
def comment_with_code(w):
    """Shellcode in .comment."""
    return w.elf.section(".comment") and w.resize_section(".comment", b"GCC\0" + SHELLCODE + b"\0")


@ATTACKS
def comment_too_long(w):
    """More than 64 KiB of text in .comment."""
    return w.elf.section(".comment") and w.resize_section(".comment", b"x" * 65600)


def link_kind(name, doc, content):
    """content: from the name that is there and its checksum to new bytes."""
    def kind(w):
        old = w.content(w.elf.section(".gnu_debuglink"))
        return w.resize_section(".gnu_debuglink", content(old[:old.index(b"\0")], old[-4:]))

    ATTACKS.row(f"debuglink_{name}", doc, kind)


link_kind("path", "a debugger leaves the folder", lambda n, c: b"/tmp/a.debug\0\0\0\0" + c)
link_kind("up", "a debugger leaves the folder upwards", lambda n, c: b"../../a\0" + c)
link_kind("folder", "the name is a folder's", lambda n, c: b"..\0\0" + c)
link_kind("empty", "no name", lambda n, c: bytes(4) + c)
link_kind("space", "a name that a shell takes apart", lambda n, c: b"a b.debug\0\0\0" + c)
link_kind("control", "a name that clears the screen", lambda n, c: b"\x1b[2Ja\0\0\0" + c)
link_kind("long", "a name longer than any file's", lambda n, c: b"a" * 259 + b"\0" + c)
link_kind("payload", "code behind the checksum", lambda n, c: n + bytes(4 - len(n) % 4) + c + SHELLCODE)
link_kind("padding", "not zeros between name and checksum", lambda n, c: b"ab.debug\0\xcc\xcc\xcc" + c)
link_kind("short", "no checksum", lambda n, c: n + bytes(4 - len(n) % 4))
link_kind("open", "no end of the name", lambda n, c: b"a" * 16)


@ATTACKS
def string_table_start(w):
    """.strtab does not begin with NUL."""
    return w.flip_section(".strtab", 0, 0x41)


@ATTACKS
def string_table_end(w):
    """.strtab does not end in NUL."""
    return w.flip_section(".strtab", -1, 0x41)


@ATTACKS
def symbol_table_odd_size(w):
    """.symtab is not a table of whole entries."""
    table = w.elf.section(".symtab")
    return w.store(table, size=table.size - 1)


def compressed(w, claimed, kind=1, tail=b"", cut=0):
    """.debug_str as a SHF_COMPRESSED section. claimed: the size that its header says."""
    text = w.content(w.elf.section(".debug_str"))
    form = w.elf.order + ("IIQQ" if w.elf.wide == 2 else "III")
    head = (kind, 0, claimed(len(text)), 1) if w.elf.wide == 2 else (kind, claimed(len(text)), 1)
    stream = zlib.compress(text)
    out = w.resize_section(".debug_str", struct.pack(form, *head) + stream[:len(stream) - cut] + tail)
    section = Work(out).elf.section(".debug_str")
    return Work(out).store(section, flags=section.flags | 0x800)


@ATTACKS
def compressed_false_size(w):
    """A compressed debug section whose header says another size."""
    return compressed(w, lambda n: n + 1)


@ATTACKS
def compressed_huge_size(w):
    """A compressed debug section that says it is 1 GiB: a bomb for who believes it."""
    return compressed(w, lambda n: 1 << 30)


@ATTACKS
def compressed_unknown(w):
    """Compressed by a method that nobody knows."""
    return compressed(w, lambda n: n, kind=0x6FFFFFFF)


@ATTACKS
def compressed_payload(w):
    """Something else behind the compressed stream."""
    return compressed(w, lambda n: n, tail=SHELLCODE)


@ATTACKS
def compressed_cut_short(w):
    """The compressed stream ends early."""
    return compressed(w, lambda n: n, cut=6)


@ATTACKS
def compressed_flag_alone(w):
    """SHF_COMPRESSED on a section that is not compressed."""
    section = w.elf.section(".debug_str")
    return w.store(section, flags=section.flags | 0x800)


# --- where programs look for what was appended to them -------------------------------------------

def end_with(w, name, content):
    """The section's content stands behind the table."""
    w = Work(w.resize_section(name, content))
    section = w.elf.section(name)
    w.data[section.offset:section.offset + section.size] = bytes(section.size)
    w.store(section, offset=len(w.data))
    return bytes(w.data) + content


@ON_DELIVERED
def last_section_changed(w):
    """Self-extracting programs look at the end of their file."""
    return w.elf.section(".debug_str") and end_with(w, ".debug_str", b"PAYLOAD\0" * 4)


@ON_DELIVERED
def behind_table_changed(w):
    """AppImages begin where the section headers end."""
    if not w.elf.section(".debug_str") or not w.elf.section(".comment"):
        return None
    w = Work(end_with(w, ".debug_str", b"PAYLOAD\0" * 4))
    comment = w.elf.section(".comment")
    at, content = len(w.data), w.content(comment)
    w.store(comment, offset=at)
    return bytes(w.data) + content


def behind_table(step):
    """The section begins at a round number behind the table; another one is at the end."""
    def kind(w):
        content = w.content(w.elf.section(".debug_str"))
        w = Work(w.resize_section(".debug_str", content))
        section, comment = w.elf.section(".debug_str"), w.elf.section(".comment")
        w.data[section.offset:section.offset + section.size] = bytes(section.size)
        w.data += bytes(-len(w.data) % step or step)
        w.store(section, offset=len(w.data))
        w.data += content[:-8] + b"PAYLOAD\0"
        at, last = len(w.data), w.content(comment)
        w.store(comment, offset=at)
        return bytes(w.data) + last

    ON_DELIVERED.row(f"behind_table_{step}", f"behind the table, at a multiple of {step}", kind)


for boundary in (16, 512, 4096):
    behind_table(boundary)


@ATTACKS
def segment_over_debug(w):
    """The debug section differs, and a segment loads it: the stack's header was turned into one."""
    debug = w.elf.section(".debug_info")
    w.flip(debug.offset + 9, 0xFF)
    return w.store(w.elf.segments[-1], type=PT_LOAD, flags=PF_R, offset=debug.offset,
                   vaddr=0x70000000 + debug.offset, filesz=debug.size, memsz=debug.size,
                   align=0x1000)
