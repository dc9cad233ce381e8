# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge: for each byte of an ELF file, may a change of it be called harmless?

Usage: judge.py FILE > MAP

MAP has one letter for each byte of FILE:
  F  fixed: another value must be called different
  M  must: another value must be called normalised
  T  text: another value must be called normalised if it is printable, else different
  A  any: it depends on the value (structure that nothing loads); both answers are sound
Written against the gABI and the rules' documentation, without a look at assay's code.
"""
import struct
import sys

from elffile import (EM_386, EM_X86_64, PF_X, PT_DYNAMIC, PT_GNU_STACK, PT_INTERP, PT_LOAD, PT_NULL,
                     SHF_ALLOC, SHT_NOBITS, SHT_NULL, Elf)

DEBUG = set("""abbrev addr aranges cu_index frame gnu_pubnames gnu_pubtypes info line line_str loc
loclists macinfo macro names pubnames pubtypes ranges rnglists str str_offsets sup tu_index
types""".split())


def page_of(elf, segment):
    """The largest page that may be in use."""
    return 4096 if elf.head.machine in (EM_386, EM_X86_64) else max(segment.align, 4096)


def pages_share(elf):
    """Whether two segments want one page of memory with different pages of the file."""
    loads = sorted((s for s in elf.segments if s.type == PT_LOAD and s.memsz),
                   key=lambda s: s.vaddr)
    for low, high in zip(loads, loads[1:]):
        page = max(page_of(elf, low), page_of(elf, high))
        if ((low.vaddr + low.memsz - 1) // page == high.vaddr // page and
                low.offset - low.vaddr != high.offset - high.vaddr):
            return True
    return False


def dynamic_of(elf):
    """(tag, value) of each entry up to DT_NULL."""
    form = elf.order + ("QQ" if elf.wide == 2 else "II")
    for s in elf.segments:
        if s.type != PT_DYNAMIC:
            continue
        whole = s.filesz // struct.calcsize(form) * struct.calcsize(form)
        for tag, value in struct.iter_unpack(form, bytes(elf.data[s.offset:s.offset + whole])):
            if tag == 0:
                return
            yield tag, value


def is_loaded_by_musl(elf):
    """A library that may be: nothing in it says that glibc or the kernel loads it."""
    entries = list(dynamic_of(elf))
    flags = [v for t, v in entries if t == 0x6FFFFFFB]
    if elf.head.type != 3 or not entries or any(s.type == PT_INTERP for s in elf.segments):
        return False
    if any(v & 0x08000000 for v in flags):
        return False
    names = next((v for t, v in entries if t == 5), 0)
    load = elf.segment(PT_LOAD, lambda s: s.vaddr <= names < s.vaddr + s.filesz)
    if load is None:
        return True
    strings = bytes(elf.data[load.offset + names - load.vaddr:load.offset + load.filesz])
    return not any(t == 1 and strings[v:].startswith((b"libc.so.6", b"ld-linux", b"ld.so.1",
                                                      b"ld64.so")) for t, v in entries)


def hole_of(elf, everything_runs):
    """What musl maps with the first segment, as far as the library reaches in memory."""
    loads = sorted((s for s in elf.segments if s.type == PT_LOAD), key=lambda s: s.vaddr)
    if not loads or not (loads[0].flags & PF_X or everything_runs) or not is_loaded_by_musl(elf):
        return 0, 0
    page = max(page_of(elf, s) for s in loads)
    low, high = loads[0].vaddr // page * page, -(-(loads[-1].vaddr + loads[-1].memsz) // page) * page
    start = loads[0].offset // page * page
    return start, min(start + high - low, len(elf.data))


def loaded_ranges(elf):
    """(start, end) of what the run-time view has; they may overlap."""
    yield 0, elf.head.ehsize
    yield elf.head.phoff, elf.head.phoff + elf.head.phnum * elf.head.phentsize
    stacks = [s for s in elf.segments if s.type == PT_GNU_STACK]
    everything_runs = not stacks or any(s.flags & PF_X for s in stacks) or pages_share(elf)
    yield hole_of(elf, everything_runs)
    for s in elf.segments:
        if s.type == PT_NULL:
            continue
        yield s.offset, s.offset + s.filesz
        if s.type == PT_LOAD and (everything_runs or s.flags & PF_X):
            page = page_of(elf, s)
            end = -(-(s.offset + s.filesz) // page) * page
            yield s.offset // page * page, min(end, len(elf.data))


def loaded_bytes(elf):
    """Offsets that the run-time view has."""
    loaded = set()
    for start, end in loaded_ranges(elf):
        loaded |= set(range(start, end))
    return loaded


def without_exceptions(elf):
    """The file with zeros where the run-time view may differ."""
    out = bytearray(elf.data)
    for field in ("shoff", "shentsize", "shnum", "shstrndx"):
        offset, length = elf.head.place(field)
        out[offset:offset + length] = bytes(length)
    offset, length = elf.build_id() or (0, 0)
    out[offset:offset + length] = bytes(length)
    return out


def loaded_differ(one, other):
    """Whether two files of one layout differ in anything that the run-time view has."""
    a, b = Elf(one), Elf(other)
    left, right = without_exceptions(a), without_exceptions(b)
    ranges = list(loaded_ranges(a)) + list(loaded_ranges(b))
    return any(left[start:end] != right[start:end] for start, end in ranges)


def is_debug(name):
    for prefix in (".debug_", ".zdebug_"):
        if name.startswith(prefix) and name[len(prefix):] in DEBUG:
            return True
    return name == ".gdb_index"


def is_known(name):
    """Whether a section that nothing loads may be missing."""
    return is_debug(name) or name in (".comment", ".symtab", ".strtab", ".shstrtab",
                                      ".symtab_shndx", ".gnu_debuglink", ".gnu_debugaltlink")


def loses_unknown(one, other):
    """Whether the first file lacks a section of the other that no rule lets go, and its bytes."""
    kept = {s.label for s in Elf(one).sections}
    for s in Elf(other).sections:
        if (s.size and not s.flags & SHF_ALLOC and not is_known(s.label) and s.label not in kept
                and one[s.offset:s.offset + s.size] != other[s.offset:s.offset + s.size]):
            return True
    return False


def goes_on(data):
    """Whether a file has more than zeros behind everything that it describes: no rule is for such
    files."""
    elf = Elf(data)
    end = elf.head.shoff + elf.head.shnum * elf.head.shentsize
    ends = [s.offset + s.size for s in elf.sections if s.type != SHT_NOBITS]
    ends += [s.offset + s.filesz for s in elf.segments if s.type != PT_NULL]
    return any(data[max(end, *ends):])


def adds_section(one, other):
    """Whether the first file has a section that the other has not, and that no rule lets it have."""
    added = {s.label for s in Elf(one).sections} - {s.label for s in Elf(other).sections}
    return bool(added - {".gnu_debuglink"})


def carries_unclaimed(one, other):
    """Whether the first file has bytes that nothing describes, and that the other has not there."""
    elf, at = Elf(one), 0
    claims = list(loaded_ranges(elf)) + [(len(one), len(one))]
    claims += [(s.offset, s.offset + s.size) for s in elf.sections if s.type != SHT_NOBITS]
    claims.append((elf.head.shoff, elf.head.shoff + elf.head.shnum * elf.head.shentsize))
    for start, end in sorted(claims):
        if start > at and any(one[at:start]) and one[at:start] != other[at:start]:
            return True
        at = max(at, end)
    return False


def letters_of(elf, section):
    """One letter for each byte of a section that nothing loads."""
    size, name = section.size, section.label
    content = bytes(elf.data[section.offset:section.offset + size])
    if name in (".debug_frame", ".zdebug_frame"):
        return "F" * size  # may be missing, but not differ
    if is_debug(name):
        return "M" * size
    if name == ".comment":
        return "T" * size
    if name == ".symtab":
        return "M" * size
    if name == ".strtab":
        return "F" + "M" * (size - 2) + "F"
    if name == ".shstrtab":
        return "F" + "A" * (size - 2) + "F"
    if name == ".gnu_debuglink":
        end = content.index(0)
        return "A" * end + "F" * (size - 4 - end) + "MMMM"
    if name == ".gnu_debugaltlink":
        end = content.index(0)
        return "A" * end + "A" + "M" * (size - end - 1)
    return "F" * size


def judge(data):
    elf = Elf(data)
    verdict = bytearray(b"F" * len(data))
    loaded = loaded_bytes(elf)

    def paint(offset, letters):
        for i, letter in enumerate(letters):
            if offset + i not in loaded:
                verdict[offset + i] = ord(letter)

    for section in elf.sections:
        if section.type in (SHT_NULL, SHT_NOBITS) or section.flags & SHF_ALLOC:
            continue
        paint(section.offset, letters_of(elf, section))
    for section in elf.sections[1:]:
        for field in section.names:
            offset, length = section.place(field)
            about_loaded = section.flags & SHF_ALLOC and field != "name"
            if field == "offset" and (section.type == SHT_NOBITS or not section.size):
                about_loaded = False  # there is nothing at that place
            paint(offset, ("F" if about_loaded else "A") * length)
    # The exceptions inside the run-time view.
    for field in ("shoff", "shnum", "shstrndx"):
        offset, length = elf.head.place(field)
        verdict[offset:offset + length] = b"A" * length
    found = elf.build_id()
    if found:
        verdict[found[0]:found[0] + found[1]] = b"M" * found[1]
    return bytes(verdict)


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        sys.stdout.buffer.write(judge(file.read()))
