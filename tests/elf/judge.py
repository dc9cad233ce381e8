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
import sys

from elffile import (EM_386, EM_X86_64, PF_X, PT_GNU_STACK, PT_LOAD, PT_NULL, SHF_ALLOC,
                     SHT_NOBITS, SHT_NULL, Elf)

DEBUG = set("""abbrev addr aranges cu_index frame gnu_pubnames gnu_pubtypes info line line_str loc
loclists macinfo macro names pubnames pubtypes ranges rnglists str str_offsets sup tu_index
types""".split())


def loaded_bytes(elf):
    """Offsets that the run-time view has."""
    size = len(elf.data)
    loaded = set(range(elf.head.ehsize))
    loaded |= set(range(elf.head.phoff, elf.head.phoff + elf.head.phnum * elf.head.phentsize))
    stacks = [s for s in elf.segments if s.type == PT_GNU_STACK]
    everything_runs = not stacks or any(s.flags & PF_X for s in stacks)
    for s in elf.segments:
        if s.type == PT_NULL:
            continue
        loaded |= set(range(s.offset, s.offset + s.filesz))
        if s.type == PT_LOAD and (everything_runs or s.flags & PF_X):
            page = 4096 if elf.head.machine in (EM_386, EM_X86_64) else max(s.align, 4096)
            start = s.offset // page * page
            end = -(-(s.offset + s.filesz) // page) * page
            loaded |= set(range(start, min(end, size)))
    return loaded


def is_debug(name):
    for prefix in (".debug_", ".zdebug_"):
        if name.startswith(prefix) and name[len(prefix):] in DEBUG:
            return True
    return name == ".gdb_index"


def letters_of(elf, section):
    """One letter for each byte of a section that nothing loads."""
    size, name = section.size, section.label
    content = bytes(elf.data[section.offset:section.offset + size])
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
