# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks in the ELF header and the program headers of linked files: what loaders go by."""
import struct

from elffile import (PF_R, PF_W, PF_X, PT_DYNAMIC, PT_GNU_RELRO, PT_GNU_STACK, PT_INTERP, PT_LOAD,
                     PT_NOTE, PT_NULL, PT_PHDR, PT_TLS)
from kinds import Kinds

ATTACKS = Kinds()
# What these change is gone, too, once there are no section headers: not an attack any more.
NEEDS_HEADERS = Kinds()
PT_EH_FRAME, PT_PROPERTY = 0x6474E550, 0x6474E553


# --- the ELF header ------------------------------------------------------------------------------

def ident(at, mask, doc):
    ATTACKS.row(f"ident_{at}_{mask:x}", doc, lambda w: w.flip(at, mask))


ident(4, 3, "EI_CLASS: 32 or 64 bits")
ident(5, 3, "EI_DATA: the byte order")
ident(6, 2, "EI_VERSION")
ident(7, 3, "EI_OSABI: the kernel's emulations and glibc go by it")
ident(8, 1, "EI_ABIVERSION: glibc refuses what it does not know")
ident(9, 1, "padding of e_ident, which old Linux kernels and FreeBSD gave a meaning (EI_BRAND)")
ident(12, 1, "padding of e_ident: room for a mark")
ident(15, 0x80, "the last byte of e_ident")


@ATTACKS
def entry_plus_4(w):
    """The program starts elsewhere."""
    return w.store(w.elf.head, entry=w.elf.head.entry + 4)


@ATTACKS
def entry_in_build_id(w):
    """The program starts in bytes that another rule lets differ."""
    at, _ = w.elf.build_id()
    load = w.elf.segment(PT_LOAD, lambda s: s.offset <= at < s.offset + s.filesz)
    return w.store(w.elf.head, entry=load.vaddr + at - load.offset)


@ATTACKS
def header_flags(w):
    """e_flags: which ABI, on MIPS and ARM which loader."""
    return w.store(w.elf.head, flags=w.elf.head.flags ^ 1)


@ATTACKS
def header_flags_high(w):
    """e_flags, the part that names the processor on MIPS and the EABI on ARM."""
    return w.store(w.elf.head, flags=w.elf.head.flags ^ 0x10000000)


@ATTACKS
def other_machine(w):
    """e_machine: binfmt_misc gives the file to another interpreter."""
    return w.store(w.elf.head, machine=w.elf.head.machine ^ 1)


@ATTACKS
def other_type(w):
    """ET_EXEC and ET_DYN: another address space."""
    return w.store(w.elf.head, type=w.elf.head.type ^ 1)


@ATTACKS
def relocatable_type(w):
    """ET_REL with the contents of a linked file."""
    return w.store(w.elf.head, type=1)


@ATTACKS
def header_version(w):
    """e_version, which loaders seldom look at."""
    return w.store(w.elf.head, version=2)


@ATTACKS
def header_size(w):
    """e_ehsize, which no loader of Linux looks at."""
    return w.store(w.elf.head, ehsize=w.elf.head.ehsize + 8)


@ATTACKS
def segment_entry_size(w):
    """e_phentsize: another stride through the program headers."""
    return w.store(w.elf.head, phentsize=w.elf.head.phentsize + 8)


@ATTACKS
def section_entry_size(w):
    """e_shentsize: another stride through the section headers."""
    return w.store(w.elf.head, shentsize=w.elf.head.shentsize + 8)


@ATTACKS
def fewer_segments(w):
    """e_phnum: the last program header is not read."""
    return w.store(w.elf.head, phnum=w.elf.head.phnum - 1)


@ATTACKS
def more_segments(w):
    """e_phnum: what follows the program headers is one."""
    return w.store(w.elf.head, phnum=w.elf.head.phnum + 1)


@ATTACKS
def no_segments(w):
    """e_phnum 0."""
    return w.store(w.elf.head, phnum=0)


@ATTACKS
def extended_segments(w):
    """PN_XNUM: the count stands in section 0."""
    w.store(w.elf.sections[0], info=w.elf.head.phnum)
    return w.store(w.elf.head, phnum=0xFFFF)


@ATTACKS
def program_headers_elsewhere(w):
    """An equal copy of the program headers behind the end."""
    h = w.elf.head
    table = bytes(w.data[h.phoff:h.phoff + h.phnum * h.phentsize])
    w.data += bytes(-len(w.data) % 8)
    w.store(h, phoff=len(w.data))
    return bytes(w.data) + table


@ATTACKS
def program_headers_elsewhere_changed(w):
    """The table that all look at is clean; e_phoff leads to another one."""
    stack = w.elf.segment(PT_GNU_STACK)
    clean = bytes(w.data)
    w.store(stack, flags=stack.flags | PF_X)
    h = w.elf.head
    table = bytes(w.data[h.phoff:h.phoff + h.phnum * h.phentsize])
    w.data[:] = clean + bytes(-len(clean) % 8)
    w.store(h, phoff=len(w.data))
    return bytes(w.data) + table


@ATTACKS
def extended_sections(w):
    """e_shnum 0 and the true count in section 0, as for more than 65,279 sections."""
    w.store(w.elf.sections[0], size=w.elf.head.shnum)
    return w.store(w.elf.head, shnum=0)


@ATTACKS
def extended_names(w):
    """SHN_XINDEX: where the names are stands in section 0."""
    w.store(w.elf.sections[0], link=w.elf.head.shstrndx)
    return w.store(w.elf.head, shstrndx=0xFFFF)


@NEEDS_HEADERS
@ATTACKS
def names_are_another_section(w):
    """e_shstrndx: every section has another name."""
    strings = w.elf.section(".strtab")
    return w.store(w.elf.head, shstrndx=w.elf.sections.index(strings))


@NEEDS_HEADERS
@ATTACKS
def no_names(w):
    """e_shstrndx 0, with a table."""
    return w.store(w.elf.head, shstrndx=0)


# --- program headers -----------------------------------------------------------------------------

@ATTACKS
def stack_executable(w):
    """PT_GNU_STACK with PF_X: the stack can be executed."""
    stack = w.elf.segment(PT_GNU_STACK)
    return w.store(stack, flags=stack.flags | PF_X)


@ATTACKS
def stack_header_gone(w):
    """Without PT_GNU_STACK the kernel's default holds: executable on several machines."""
    return w.store(w.elf.segment(PT_GNU_STACK), type=PT_NULL)


@ATTACKS
def stack_size(w):
    """musl takes the size of threads' stacks from PT_GNU_STACK."""
    return w.store(w.elf.segment(PT_GNU_STACK), memsz=0x800000)


@ATTACKS
def stack_header_is_load(w):
    """PT_GNU_STACK becomes a segment that loads what nothing loaded."""
    s = w.elf.section(".comment")
    return w.store(w.elf.segment(PT_GNU_STACK), type=PT_LOAD, flags=PF_R | PF_X, offset=s.offset,
                   vaddr=0x70000000 + s.offset, filesz=s.size, memsz=s.size, align=0x1000)


@ATTACKS
def relro_to_null(w):
    """PT_GNU_RELRO is gone: what should be read-only can be written."""
    return w.store(w.elf.segment(PT_GNU_RELRO), type=PT_NULL)


@ATTACKS
def relro_shorter(w):
    """PT_GNU_RELRO covers less."""
    relro = w.elf.segment(PT_GNU_RELRO)
    return w.store(relro, memsz=relro.memsz - 8)


@ATTACKS
def load_writable_executable(w):
    """A read-only segment becomes RWX."""
    load = w.elf.segment(PT_LOAD, lambda s: s.flags == PF_R)
    return w.store(load, flags=PF_R | PF_W | PF_X)


@ATTACKS
def code_writable(w):
    """The code can be written."""
    return w.store(w.executable(), flags=PF_R | PF_W | PF_X)


@ATTACKS
def data_executable(w):
    """The data can be executed."""
    load = w.elf.segment(PT_LOAD, lambda s: s.flags & PF_W)
    return w.store(load, flags=load.flags | PF_X)


@ATTACKS
def unknown_flag(w):
    """A flag in PF_MASKOS, which nobody knows."""
    load = w.executable()
    return w.store(load, flags=load.flags | 0x00100000)


@ATTACKS
def load_address(w):
    """p_vaddr of the code."""
    load = w.executable()
    return w.store(load, vaddr=load.vaddr + 0x100000)


@ATTACKS
def load_offset(w):
    """p_offset of the code: another page of the file."""
    load = w.executable()
    return w.store(load, offset=load.offset + 0x1000)


@ATTACKS
def physical_address(w):
    """p_paddr: boot loaders load by it."""
    load = w.executable()
    return w.store(load, paddr=load.paddr + 0x1000)


@ATTACKS
def more_bss(w):
    """p_memsz of the data."""
    load = w.elf.segment(PT_LOAD, lambda s: s.flags & PF_W)
    return w.store(load, memsz=load.memsz + 16)


@ATTACKS
def less_bss(w):
    """p_memsz of the data, smaller."""
    load = w.elf.segment(PT_LOAD, lambda s: s.flags & PF_W and s.memsz > s.filesz)
    return w.store(load, memsz=load.memsz - 1)


@ATTACKS
def longer_load(w):
    """The last segment takes in what follows it."""
    load = w.last_load()
    return w.store(load, filesz=load.filesz + 1, memsz=max(load.memsz, load.filesz + 1))


@ATTACKS
def longer_load_over_sections(w):
    """The last segment takes in the sections that nothing loaded."""
    load, comment = w.last_load(), w.elf.section(".comment")
    size = comment.offset + comment.size - load.offset
    return w.store(load, filesz=size, memsz=max(load.memsz, size))


@ATTACKS
def shorter_load(w):
    """The last bytes of the data are zeros."""
    load = w.last_load()
    return w.store(load, filesz=load.filesz - 4)


@ATTACKS
def load_to_null(w):
    """A loadable segment is not loaded."""
    return w.store(w.last_load(), type=PT_NULL)


@ATTACKS
def smaller_alignment(w):
    """p_align of the code."""
    return w.store(w.executable(), align=16)


@ATTACKS
def huge_alignment(w):
    """p_align that no machine has pages of."""
    return w.store(w.executable(), align=1 << 31)


@ATTACKS
def odd_alignment(w):
    """p_align that is no power of two."""
    return w.store(w.executable(), align=3)


@ATTACKS
def note_alignment(w):
    """p_align of notes: 8 makes readers go through them in other steps."""
    note = w.elf.segment(PT_NOTE)
    return w.store(note, align=12 - note.align)


@ATTACKS
def loads_in_other_order(w):
    """Two loadable segments change places: mapped in another order, later ones replace pages."""
    a, b = [s for s in w.elf.segments if s.type == PT_LOAD][:2]
    return w.swap(a.at, b.at, a.bytes)


@ATTACKS
def others_in_other_order(w):
    """Two headers that load nothing change places: of two alike the last one counts."""
    a, b = [s for s in w.elf.segments if s.type not in (PT_LOAD, PT_NULL)][-2:]
    return w.swap(a.at, b.at, a.bytes)


@ATTACKS
def overlapping_loads(w):
    """The data segment is loaded over the code."""
    load, code = w.last_load(), w.executable()
    return None if load is code else w.store(load, vaddr=code.vaddr)


@ATTACKS
def same_bytes_twice(w):
    """Two segments have the same bytes of the file."""
    load, code = w.last_load(), w.executable()
    return None if load is code else w.store(load, offset=code.offset)


@ATTACKS
def unused_header_used(w):
    """A header that was PT_NULL loads something."""
    return w.store(w.elf.segment(PT_NULL), type=PT_LOAD, flags=PF_R | PF_X, offset=0,
                   vaddr=0x60000000, filesz=64, memsz=64, align=0x1000)


def segment_kinds(name, kind, at=0):
    """What can be done to the header of any segment of a type."""
    def to_null(w):
        return w.store(w.elf.segment(kind), type=PT_NULL)

    def moved(w):
        segment = w.elf.segment(kind)
        return w.store(segment, offset=segment.offset + 4, vaddr=segment.vaddr + 4)

    def elsewhere(w):
        """The header leads to a copy behind the end that differs."""
        segment = w.elf.segment(kind)
        content = bytearray(w.data[segment.offset:segment.offset + segment.filesz])
        content[at] ^= 1
        w.store(segment, offset=len(w.data))
        return bytes(w.data) + content

    def shorter(w):
        segment = w.elf.segment(kind)
        return w.store(segment, filesz=segment.filesz - 1)

    ATTACKS.row(f"{name}_to_null", f"{name}: the loader does not see it", to_null)
    ATTACKS.row(f"{name}_moved", f"{name}: four bytes further", moved)
    ATTACKS.row(f"{name}_elsewhere", f"{name}: leads to another copy behind the end", elsewhere)
    ATTACKS.row(f"{name}_shorter", f"{name}: one byte shorter", shorter)


segment_kinds("interp", PT_INTERP, 1)
segment_kinds("dynamic", PT_DYNAMIC, 8)
segment_kinds("tls", PT_TLS)
segment_kinds("note", PT_NOTE, 16)
segment_kinds("unwind_index", PT_EH_FRAME, 4)
segment_kinds("property", PT_PROPERTY, 16)
segment_kinds("headers", PT_PHDR, 4)


@ATTACKS
def interp_in_comment(w):
    """PT_INTERP leads to a string in a section that nothing loads."""
    comment = w.elf.section(".comment")
    return w.store(w.elf.segment(PT_INTERP), offset=comment.offset, filesz=comment.size)


@ATTACKS
def interp_in_debug(w):
    """PT_INTERP leads to another loader's path, put into .debug_str."""
    strings = w.elf.section(".debug_str")
    w.put(strings.offset, b"/tmp/ld.so\0")
    return w.store(w.elf.segment(PT_INTERP), offset=strings.offset, filesz=11)


@ATTACKS
def second_interp(w):
    """Two PT_INTERP: the kernel takes the first one."""
    strings = w.elf.section(".debug_str")
    w.put(strings.offset, b"/tmp/ld.so\0")
    return w.store(w.elf.segment(PT_GNU_STACK), type=PT_INTERP, offset=strings.offset, filesz=11,
                   flags=PF_R)


@ATTACKS
def tls_alignment(w):
    """PT_TLS: p_align moves every variable of a thread."""
    tls = w.elf.segment(PT_TLS)
    return w.store(tls, align=tls.align * 2)


@ATTACKS
def headers_copied_over_note(w):
    """The kernel hands PT_PHDR's address to the program (AT_PHDR)."""
    note = w.elf.segment(PT_NOTE)
    return w.store(w.elf.segment(PT_PHDR), vaddr=note.vaddr)


@ATTACKS
def note_over_debug(w):
    """PT_NOTE leads to notes in .debug_info: another build-id, or a property."""
    s, note = w.elf.section(".debug_info"), w.elf.segment(PT_NOTE)
    w.put(s.offset, struct.pack(w.elf.order + "III", 4, 20, 3) + b"GNU\0" + bytes(20))
    return w.store(note, offset=s.offset, filesz=36, memsz=36)
