# SPDX-License-Identifier: GPL-3.0-or-later
"""ELF files for tests, read with nothing but struct and the gABI: an independent second opinion.

Nothing here looks at how assay reads ELF. Source: System V ABI, chapters 4 and 5.
"""
import struct

EHDR = {1: "16sHHIIIIIHHHHHH", 2: "16sHHIQQQIHHHHHH"}
PHDR = {1: ("type", "offset", "vaddr", "paddr", "filesz", "memsz", "flags", "align"),
        2: ("type", "flags", "offset", "vaddr", "paddr", "filesz", "memsz", "align")}
PHDR_FORM = {1: "IIIIIIII", 2: "IIQQQQQQ"}
SHDR = ("name", "type", "flags", "addr", "offset", "size", "link", "info", "addralign", "entsize")
SHDR_FORM = {1: "IIIIIIIIII", 2: "IIQQQQIIQQ"}
EHDR_NAMES = ("ident", "type", "machine", "version", "entry", "phoff", "shoff", "flags", "ehsize",
              "phentsize", "phnum", "shentsize", "shnum", "shstrndx")

PT_NULL, PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE, PT_PHDR, PT_TLS = 0, 1, 2, 3, 4, 6, 7
PT_GNU_STACK, PT_GNU_RELRO = 0x6474E551, 0x6474E552
PF_X, PF_W, PF_R = 1, 2, 4
SHT_NULL, SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_NOTE, SHT_NOBITS = 0, 1, 2, 3, 7, 8
SHF_WRITE, SHF_ALLOC, SHF_EXECINSTR = 1, 2, 4
EM_386, EM_X86_64 = 3, 62


class Record:
    """Named numbers that know where in the file each of them is."""

    def __init__(self, form, names, order, data, at):
        self.at, self.order, self.form, self.names = at, order, form, names
        self.bytes = struct.calcsize(order + form)
        for name, value in zip(names, struct.unpack_from(order + form, data, at)):
            setattr(self, name, value)

    def pack(self):
        return struct.pack(self.order + self.form, *(getattr(self, n) for n in self.names))

    def store(self, data):
        data[self.at:self.at + self.bytes] = self.pack()

    def place(self, name):
        """(offset in the file, length) of a field."""
        parts = split_form(self.form)
        i = self.names.index(name)
        at = struct.calcsize(self.order + "".join(parts[:i]))
        return self.at + at, struct.calcsize(self.order + parts[i])


def split_form(form):
    parts, number = [], ""
    for char in form:
        if char.isdigit():
            number += char
        else:
            parts.append(number + char)
            number = ""
    return parts


class Elf:
    def __init__(self, data):
        self.data = data
        self.wide = data[4]
        self.order = "<" if data[5] == 1 else ">"
        self.head = Record(EHDR[self.wide], EHDR_NAMES, self.order, data, 0)
        h = self.head
        self.segments = [Record(PHDR_FORM[self.wide], PHDR[self.wide], self.order, data,
                                h.phoff + i * h.phentsize) for i in range(h.phnum)]
        self.sections = [Record(SHDR_FORM[self.wide], SHDR, self.order, data,
                                h.shoff + i * h.shentsize) for i in range(h.shnum)]
        for s in self.sections:
            s.label = self.section_name(s)

    def section_name(self, section):
        names = self.sections[self.head.shstrndx]
        start = names.offset + section.name
        return bytes(self.data[start:self.data.index(b"\0", start)]).decode("latin-1")

    def section(self, name):
        found = [s for s in self.sections if s.label == name]
        return found[0] if found else None

    def segment(self, kind, test=lambda s: True):
        found = [s for s in self.segments if s.type == kind and test(s)]
        return found[0] if found else None

    def build_id(self):
        """(offset, length) of the value of the build-id note, by the program headers."""
        for s in self.segments:
            at, end = s.offset, s.offset + s.filesz
            pad = 8 if s.align == 8 else 4
            while s.type == PT_NOTE and at + 12 <= end:
                name, desc, kind = struct.unpack_from(self.order + "III", self.data, at)
                start = at + (12 + name + pad - 1) // pad * pad
                if kind == 3 and bytes(self.data[at + 12:at + 12 + name]) == b"GNU\0":
                    return start, desc
                at = start + (desc + pad - 1) // pad * pad
        return None
