# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes to ELF files: attacks, which change what runs or what nobody has compared, and harmless
ones. Each takes bytes and returns changed bytes, or None where it does not apply.

The first rows of ATTACKS are those that tools in use were seen to miss.
"""
import os
import struct
import subprocess
import tempfile

from elffile import (PF_R, PF_W, PF_X, PT_DYNAMIC, PT_GNU_RELRO, PT_GNU_STACK, PT_INTERP, PT_LOAD,
                     PT_NOTE, PT_NULL, SHF_ALLOC, SHF_EXECINSTR, SHT_NOBITS, SHT_NULL, SHT_PROGBITS,
                     SHT_STRTAB, Elf)

SHELLCODE = bytes.fromhex("4831f65648bf2f62696e2f2f7368")


class Work:
    """A file being changed."""

    def __init__(self, data):
        self.data = bytearray(data)
        self.elf = Elf(self.data)

    def flip(self, offset, mask=1):
        self.data[offset] ^= mask
        return bytes(self.data)

    def flip_section(self, name, at=0, mask=1):
        section = self.elf.section(name)
        if section is None or section.size <= at or section.type == SHT_NOBITS:
            return None
        return self.flip(section.offset + at, mask)

    def put(self, offset, content):
        self.data[offset:offset + len(content)] = content
        return bytes(self.data)

    def store(self, record, **fields):
        """Set fields of a header; None where the record does not exist or has those values."""
        if record is None or all(getattr(record, n) == v for n, v in fields.items()):
            return None
        for name, value in fields.items():
            setattr(record, name, value)
        record.store(self.data)
        return bytes(self.data)

    def set_section(self, name, **fields):
        return self.store(self.elf.section(name), **fields)

    def used(self):
        """Ranges of the file that something claims."""
        h = self.elf.head
        out = [(0, h.ehsize), (h.phoff, h.phnum * h.phentsize), (h.shoff, h.shnum * h.shentsize)]
        out += [(s.offset, s.filesz) for s in self.elf.segments if s.type != PT_NULL]
        out += [(s.offset, s.size) for s in self.elf.sections
                if s.type not in (SHT_NULL, SHT_NOBITS)]
        return sorted((at, at + size) for at, size in out if size)

    def gap(self, start=0, test=lambda at: True):
        """An offset that nothing claims, between things."""
        end = 0
        for at, stop in self.used():
            if at > end and max(start, end) < at and test(max(start, end)):
                return max(start, end)
            end = max(end, stop)
        return None

    def executable(self):
        return self.elf.segment(PT_LOAD, lambda s: s.flags & PF_X)

    def append_section(self, name, content, kind=SHT_PROGBITS, flags=0, **more):
        """Add a section: names and table move to the end of the file."""
        e, data = self.elf, self.data
        names = e.sections[e.head.shstrndx]
        strings = bytes(data[names.offset:names.offset + names.size])
        label = len(strings)
        strings += name.encode() + b"\0"
        at = len(data)
        data += content
        names.offset, names.size = len(data), len(strings)
        data += strings
        data += bytes(-len(data) % 8)
        form = e.order + e.sections[0].form
        fields = dict(addr=0, link=0, info=0, addralign=1, entsize=0) | more
        new = struct.pack(form, label, kind, flags, fields["addr"], at, len(content),
                          fields["link"], fields["info"], fields["addralign"], fields["entsize"])
        table = b"".join(s.pack() for s in e.sections) + new
        e.head.shoff, e.head.shnum = len(data), e.head.shnum + 1
        e.head.store(data)
        return bytes(data + table)

    def resize_section(self, name, content, behind=b""):
        """Give an unloaded section new content, and put the table behind it, as linkers do."""
        section, head = self.elf.section(name), self.elf.head
        if section is None:
            return None
        self.data += bytes(-len(self.data) % 8)
        self.store(section, offset=len(self.data), size=len(content))
        old, size = head.shoff, head.shnum * head.shentsize
        head.shoff = len(self.data) + len(content) + -len(content) % 8
        head.store(self.data)
        table = bytes(self.data[old:old + size])
        self.data[old:old + size] = bytes(size)
        return bytes(self.data) + content + bytes(-len(content) % 8) + table + behind

    def drop_table(self):
        h = self.elf.head
        h.shoff = h.shnum = h.shstrndx = 0
        h.store(self.data)
        return bytes(self.data)


def tool(data, *command):
    """Run a program on a copy. $IN and $OUT are its files."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = os.path.join(folder, "in"), os.path.join(folder, "out")
        with open(source, "wb") as file:
            file.write(data)
        words = [{"$IN": source, "$OUT": out}.get(c, c) for c in command]
        done = subprocess.run(words, capture_output=True, check=False)
        if done.returncode != 0 or not os.path.exists(out):
            return None
        with open(out, "rb") as file:
            return file.read()


# --- attacks -------------------------------------------------------------------------------------

def text_byte(w):
    return w.flip_section(".text", 5)


def entry_plus_4(w):
    return w.store(w.elf.head, entry=w.elf.head.entry + 4)


def stack_executable(w):
    stack = w.elf.segment(PT_GNU_STACK)
    return stack and w.store(stack, flags=stack.flags | PF_X)


def relro_to_null(w):
    return w.store(w.elf.segment(PT_GNU_RELRO), type=PT_NULL)


def load_writable_executable(w):
    load = w.elf.segment(PT_LOAD, lambda s: s.flags == PF_R)
    return w.store(load, flags=PF_R | PF_W | PF_X)


def dynamic_entry(w, tag, value):
    dynamic = w.elf.segment(PT_DYNAMIC)
    if dynamic is None:
        return None
    word = 8 if w.elf.wide == 2 else 4
    form = w.elf.order + ("qQ" if word == 8 else "iI")
    for at in range(dynamic.offset, dynamic.offset + dynamic.filesz, 2 * word):
        found, old = struct.unpack_from(form, w.data, at)
        if found == tag:
            return w.put(at, struct.pack(form, tag, value(old)))
    return None


def bind_now_cleared(w):
    return dynamic_entry(w, 30, lambda old: old & ~8)


def shellcode_in_page_tail(w):
    load = w.executable()
    at = load.offset + load.filesz
    if any(w.data[at:at + len(SHELLCODE)]) or at // 4096 != (at + len(SHELLCODE)) // 4096:
        return None
    return w.put(at, SHELLCODE)


def alignment_gap_byte(w):
    """Between two sections inside p_filesz."""
    sections = sorted((s.offset, s.size) for s in w.elf.sections
                      if s.flags & SHF_ALLOC and s.type != SHT_NOBITS)
    for (at, size), (after, _) in zip(sections, sections[1:]):
        load = w.elf.segment(PT_LOAD, lambda s: s.offset <= at + size < s.offset + s.filesz)
        if load and after > at + size and after <= load.offset + load.filesz:
            return w.flip(at + size, 0xCC)
    return None


def overlay(w):
    return bytes(w.data) + b"\x90" * 65536


def no_headers_text_byte(w):
    w.flip_section(".text", 5)
    return w.drop_table()


def lying_section_header(w):
    """.text points to a pristine copy behind the end, mapped code differs."""
    text = w.elf.section(".text")
    copy = bytes(w.data[text.offset:text.offset + text.size])
    w.flip(text.offset + 5)
    at = len(w.data)
    w.store(text, offset=at)
    return bytes(w.data) + copy


def overlay_of_zeros(w):
    return bytes(w.data) + bytes(16)


def truncated(w):
    return bytes(w.data[:-1])


def data_byte(w):
    return w.flip_section(".data")


def rodata_byte(w):
    return w.flip_section(".rodata", 4)


def interpreter(w):
    interp = w.elf.segment(PT_INTERP)
    return interp and w.flip(interp.offset + 1)


def needed_name(w):
    return w.flip_section(".dynstr", 3)


def dynamic_symbol(w):
    return w.flip_section(".dynsym", 30)


def relocation(w):
    return w.flip_section(".rela.dyn", 16, 8)


def init_array(w):
    return w.flip_section(".init_array", 0, 4)


def unwind_table(w):
    return w.flip_section(".eh_frame", 8)


def init_tag(w):
    return dynamic_entry(w, 12, lambda old: old + 4)


def tls_template(w):
    return w.flip_section(".tdata")


def abi_note(w):
    return w.flip_section(".note.ABI-tag", 16)


def property_note(w):
    return w.flip_section(".note.gnu.property", 24)


def ident_padding(w):
    return w.flip(12)


def os_abi(w):
    return w.flip(7, 3)


def header_flags(w):
    return w.store(w.elf.head, flags=w.elf.head.flags ^ 1)


def other_machine(w):
    return w.store(w.elf.head, machine=w.elf.head.machine ^ 1)


def other_type(w):
    return w.store(w.elf.head, type=w.elf.head.type ^ 1)


def fewer_segments(w):
    return w.store(w.elf.head, phnum=w.elf.head.phnum - 1)


def load_address(w):
    load = w.executable()
    return w.store(load, vaddr=load.vaddr + 0x100000)


def physical_address(w):
    load = w.executable()
    return w.store(load, paddr=load.paddr + 0x1000)


def more_bss(w):
    load = w.elf.segment(PT_LOAD, lambda s: s.flags & PF_W)
    return load and w.store(load, memsz=load.memsz + 16)


def longer_load(w):
    """The last segment takes in what follows it."""
    load = max((s for s in w.elf.segments if s.type == PT_LOAD), key=lambda s: s.offset)
    return w.store(load, filesz=load.filesz + 1, memsz=max(load.memsz, load.filesz + 1))


def smaller_alignment(w):
    load = w.executable()
    return w.store(load, align=16)


def huge_alignment(w):
    load = w.executable()
    return w.store(load, align=1 << 31)


def note_type(w):
    at, _ = w.elf.build_id()
    return w.flip(at - 8, 1) if w.elf.order == "<" else w.flip(at - 5, 1)


def note_owner(w):
    at, _ = w.elf.build_id()
    return w.flip(at - 4)


def note_size(w):
    at, size = w.elf.build_id()
    return w.put(at - 12, struct.pack(w.elf.order + "I", size - 4))


def note_segment_gone(w):
    return w.store(w.elf.segment(PT_NOTE, lambda s: s.offset <= w.elf.build_id()[0]
                                 < s.offset + s.filesz), type=PT_NULL)


def comment_not_text(w):
    return w.flip_section(".comment", 3, 0x80)


def comment_too_long(w):
    return w.elf.section(".comment") and w.resize_section(".comment", b"x" * 65600)


def debuglink_with_path(w):
    return w.flip_section(".gnu_debuglink", 0, w.data[w.elf.section(".gnu_debuglink").offset]
                          ^ ord("/")) if w.elf.section(".gnu_debuglink") else None


def debuglink_with_payload(w):
    link = w.elf.section(".gnu_debuglink")
    if link is None:
        return None
    old = bytes(w.data[link.offset:link.offset + link.size])
    return w.resize_section(".gnu_debuglink", old + SHELLCODE)


def string_table_end(w):
    strings = w.elf.section(".strtab")
    return strings and w.flip(strings.offset + strings.size - 1, 0x41)


def symbol_table_odd_size(w):
    table = w.elf.section(".symtab")
    return table and w.store(table, size=table.size - 1)


def vendor_section(w):
    return w.flip_section(".vendor")


def new_section(w):
    return w.append_section(".payload", SHELLCODE)


def new_loaded_section(w):
    return w.append_section(".payload", SHELLCODE, flags=SHF_ALLOC | SHF_EXECINSTR, addr=0x400000)


def new_debugger_script(w):
    return w.append_section(".debug_gdb_scripts", b"\x01gdb.py\0")


def new_made_up_debug(w):
    return w.append_section(".debug_payload", SHELLCODE)


def new_wrong_type(w):
    return w.append_section(".debug_info", SHELLCODE, kind=SHT_STRTAB)


def new_executable_debug(w):
    return w.append_section(".debug_info", SHELLCODE, flags=SHF_EXECINSTR)


def gap_byte(w):
    """Not zero, between things that nothing loads or behind data."""
    last = max(s.offset + s.filesz for s in w.elf.segments if s.type == PT_LOAD)
    at = w.gap(last)
    return None if at is None else w.flip(at, 0x90)


def gap_byte_before_segment(w):
    """Not zero, in the padding in front of a segment."""
    last = max((s for s in w.elf.segments if s.type == PT_LOAD), key=lambda s: s.offset)
    at = w.gap(0, lambda a: a < last.offset)
    return None if at is None else w.flip(at, 0x90)


def header_of(name, **changes):
    def change(w):
        section = w.elf.section(name)
        if section is None:
            return None
        return w.store(section, **{k: f(getattr(section, k)) for k, f in changes.items()})
    return change


def text_is_debug(w):
    """The mapped code is called .debug_info, not loaded, and differs."""
    text = w.elf.section(".text")
    debug = w.elf.section(".debug_info")
    if debug is None:
        return None
    w.flip(text.offset + 5)
    w.store(debug, offset=text.offset, size=text.size)
    return w.store(text, type=SHT_NULL)


def debug_over_text(w):
    """Both .text and .debug_info have the code."""
    text = w.elf.section(".text")
    debug = w.elf.section(".debug_info")
    w.flip(text.offset + 5)
    return debug and w.store(debug, offset=text.offset, size=text.size)


def debug_over_header(w):
    debug = w.elf.section(".debug_info")
    w.flip(12)
    return debug and w.store(debug, offset=0, size=w.elf.head.ehsize)


def comment_over_build_id_note(w):
    """The note's header, not its value."""
    comment = w.elf.section(".comment")
    at, _ = w.elf.build_id()
    w.flip(at - 4)
    return comment and w.store(comment, offset=at - 4, size=4)


def section_zero(w):
    return w.store(w.elf.sections[0], addr=0x1234)


def count_without_table(w):
    return w.store(w.elf.head, shnum=0)


def table_past_end(w):
    return w.store(w.elf.head, shnum=w.elf.head.shnum + 1)


def bss_over_text(w):
    text = w.elf.section(".text")
    return w.set_section(".bss", addr=text.addr)


def section_names(w):
    """.text is called .tfxt"""
    names = w.elf.sections[w.elf.head.shstrndx]
    at = w.data.index(b".text\0", names.offset)
    return w.flip(at + 2, 3)


def new_name_without_section(w):
    """The names of sections hold something else as well."""
    names = w.elf.sections[w.elf.head.shstrndx]
    text = bytes(w.data[names.offset:names.offset + names.size]) + b"payload " * 20 + b"\0"
    return w.resize_section(".shstrtab", text)


def new_empty_relocations(w):
    """OP-TEE applies relocations by section headers; this one has an address and no bytes."""
    return w.append_section(".rela.x", b"", kind=4, addr=w.elf.sections[1].addr, entsize=24)


def new_empty_header(w):
    return w.append_section("", b"", kind=SHT_NULL, addr=0x41414141, link=0x41414141)


def same_name_twice(w):
    return w.elf.section(".comment") and w.append_section(".comment", b"")


def last_section_changed(w):
    """Where self-extracting programs look for what was appended to them."""
    return w.elf.section(".debug_str") and end_with(w, ".debug_str", b"PAYLOAD\0" * 4)


def behind_table_changed(w):
    """Where AppImages begin: at the end of the section headers."""
    if not w.elf.section(".debug_str") or not w.elf.section(".comment"):
        return None
    moved = end_with(w, ".debug_str", b"PAYLOAD\0" * 4)
    w = Work(moved)
    comment = w.elf.section(".comment")
    at, content = len(w.data), bytes(w.data[comment.offset:comment.offset + comment.size])
    w.store(comment, offset=at)
    return bytes(w.data) + content


def end_with(w, name, content):
    """The section's content stands behind the table."""
    w = Work(w.resize_section(name, content))
    section = w.elf.section(name)
    w.data[section.offset:section.offset + section.size] = bytes(section.size)
    w.store(section, offset=len(w.data))
    return bytes(w.data) + content


ATTACKS = [
    text_byte, entry_plus_4, stack_executable, relro_to_null, load_writable_executable,
    bind_now_cleared, shellcode_in_page_tail, alignment_gap_byte, overlay, no_headers_text_byte,
    lying_section_header,
    overlay_of_zeros, truncated, data_byte, rodata_byte, interpreter, needed_name, dynamic_symbol,
    relocation, init_array, unwind_table, init_tag, tls_template, abi_note, property_note,
    ident_padding, os_abi, header_flags, other_machine, other_type, fewer_segments, load_address,
    physical_address, more_bss, longer_load, smaller_alignment, huge_alignment, note_type,
    note_owner, note_size, note_segment_gone, comment_not_text, comment_too_long,
    debuglink_with_path, debuglink_with_payload, string_table_end, symbol_table_odd_size,
    vendor_section, new_section, new_loaded_section, new_debugger_script, new_made_up_debug,
    new_wrong_type, new_executable_debug, gap_byte, gap_byte_before_segment, text_is_debug,
    debug_over_text, debug_over_header, comment_over_build_id_note, section_zero,
    count_without_table, table_past_end, bss_over_text, section_names, new_name_without_section,
    new_empty_relocations, new_empty_header, same_name_twice,
]
# Attacks on what both files have: the other way round they are none.
ON_DELIVERED = [last_section_changed, behind_table_changed]
for _name, _field, _how in (
        (".text", "addr", lambda v: v + 16), (".text", "size", lambda v: v - 4),
        (".text", "offset", lambda v: v + 4), (".text", "flags", lambda v: v ^ SHF_EXECINSTR),
        (".text", "flags", lambda v: v ^ SHF_ALLOC), (".text", "addralign", lambda v: v * 2),
        (".text", "type", lambda v: SHT_NOBITS), (".text", "link", lambda v: 2),
        (".text", "info", lambda v: 7), (".text", "entsize", lambda v: 8),
        (".bss", "size", lambda v: v + 64), (".bss", "addr", lambda v: v - 64),
        (".data", "type", lambda v: SHT_NULL), (".dynsym", "link", lambda v: v + 1),
        (".dynsym", "info", lambda v: v + 1), (".comment", "flags", lambda v: v | SHF_ALLOC),
        (".vendor", "size", lambda v: v - 1)):
    _attack = header_of(_name, **{_field: _how})
    _attack.__name__ = f"header_of{_name.replace('.', '_')}_{_field}"
    ATTACKS.append(_attack)


# --- harmless changes ----------------------------------------------------------------------------

def build_id(w):
    at, size = w.elf.build_id()
    return w.put(at, bytes(b ^ 0x5A for b in w.data[at:at + size]))


def comment_text(w):
    return w.flip_section(".comment", 2, 1)


def comment_longer(w):
    return w.elf.section(".comment") and w.resize_section(".comment", b"GCC: another one\0" * 9)


def debuglink_checksum(w):
    link = w.elf.section(".gnu_debuglink")
    return link and w.flip(link.offset + link.size - 2, 0xFF)


def debuglink_name(w):
    return w.elf.section(".gnu_debuglink") and w.resize_section(
        ".gnu_debuglink", b"deadbeef.debug\0\0\x01\x02\x03\x04")


def debug_content(w):
    return w.flip_section(".debug_info", 9, 0xFF)


def debug_longer(w):
    return w.elf.section(".debug_str") and w.resize_section(".debug_str", b"/another/path\0" * 30)


def symbol_value(w):
    return w.flip_section(".symtab", 33, 0xFF)


def symbol_name(w):
    return w.flip_section(".strtab", 2)


def names_in_other_order(w):
    """.shstrtab as another strip(1) writes it."""
    section = w.elf.sections[w.elf.head.shstrndx]
    old = bytes(w.data[section.offset:section.offset + section.size])
    texts = {s.at: old[s.name:old.index(b"\0", s.name)] for s in w.elf.sections}
    new = b"\0" + b"".join(t + b"\0" for t in sorted(set(texts.values()) - {b""}, reverse=True))
    if len(new) != len(old):
        return None  # names share their ends
    for s in w.elf.sections:
        text = texts[s.at]
        w.store(s, name=new.index(b"\0" + text + b"\0") + 1 if text else 0)
    return w.put(section.offset, new)


def section_order(w):
    """Two entries change places: the last but one and the one before."""
    a, b = w.elf.sections[-3], w.elf.sections[-4]
    if w.elf.head.shstrndx in (len(w.elf.sections) - 3, len(w.elf.sections) - 4):
        return None
    first, second = a.pack(), b.pack()
    w.put(b.at, first)
    return w.put(a.at, second)


def table_elsewhere(w):
    """Names, table and one more debug section at the end."""
    return w.append_section(".debug_sup", b"/build/elsewhere\0")


def headers_zeroed(w):
    return w.drop_table()


def headers_cut_off(w):
    """As sstrip does it: nothing is left behind the last segment. Not harmless where that takes
    away a section that no rule knows."""
    if w.elf.section(".vendor"):
        return None
    end = max(s.offset + s.filesz for s in w.elf.segments if s.type != PT_NULL)
    return w.drop_table()[:end]


def by_tool(*command):
    def change(w):
        return tool(w.data, *command)
    change.__name__ = "_".join(c.strip("-").replace("-", "_").replace(".", "") for c in command
                               if not c.startswith("$"))
    return change


HARMLESS = [
    build_id, comment_text, comment_longer, debuglink_checksum, debuglink_name, debug_content,
    debug_longer, symbol_value, symbol_name, names_in_other_order, section_order,
]
# Harmless where the delivered file is the one that lacks something. Where it is the one that has
# more, it is an attack: a program that looks for a payload in its own file finds it there.
LACKS = [headers_zeroed, headers_cut_off]
ADDS = [table_elsewhere]
# Programs of binutils and elfutils; they know their machines only, and some write more than asked.
COMPRESSED = [by_tool("objcopy", "--compress-debug-sections", "$IN", "$OUT")]
STRIPPED = [
    by_tool("strip", "-o", "$OUT", "$IN"),
    by_tool("strip", "--strip-debug", "-o", "$OUT", "$IN"),
    by_tool("objcopy", "--remove-section=.comment", "$IN", "$OUT"),
    by_tool("objcopy", "--remove-section=.gnu_debuglink", "$IN", "$OUT"),
    by_tool("eu-strip", "-o", "$OUT", "$IN"),
]
