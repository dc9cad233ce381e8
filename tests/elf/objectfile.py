# SPDX-License-Identifier: GPL-3.0-or-later
"""Relocatable ELF files for tests, taken apart into sections, symbols and relocations that refer to
each other, and put together again in any order. Written against the gABI, with struct alone.

Nothing here looks at how assay reads ELF. Source: System V ABI, chapter 4; for the symbol in r_info
of 64-bit MIPS the 64-bit ELF Object File Specification, 2.9.
"""
import struct

import elffile
from elffile import EHDR, EHDR_NAMES, SHDR, SHDR_FORM, Record

SHT_NULL, SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_RELA, SHT_NOTE, SHT_NOBITS, SHT_REL = (
    0, 1, 2, 3, 4, 7, 8, 9)
SHT_INIT_ARRAY, SHT_GROUP, SHT_SYMTAB_SHNDX = 14, 17, 18
SHF_WRITE, SHF_ALLOC, SHF_EXECINSTR, SHF_MERGE, SHF_STRINGS = 1, 2, 4, 0x10, 0x20
SHF_INFO_LINK, SHF_LINK_ORDER, SHF_GROUP, SHF_TLS, SHF_COMPRESSED = 0x40, 0x80, 0x200, 0x400, 0x800
SHN_UNDEF, SHN_LORESERVE, SHN_ABS, SHN_COMMON, SHN_XINDEX = 0, 0xFF00, 0xFFF1, 0xFFF2, 0xFFFF
STB_LOCAL, STB_GLOBAL, STB_WEAK = 0, 1, 2
STT_NOTYPE, STT_OBJECT, STT_FUNC, STT_SECTION, STT_FILE = 0, 1, 2, 3, 4
EM_MIPS = 8
SYM = {1: ("IIIBBH", ("name", "value", "size", "info", "other", "shndx")),
       2: ("IBBHQQ", ("name", "info", "other", "shndx", "value", "size"))}
WORD = {1: "I", 2: "Q"}


class Section:
    """link and info are sections, symbols or numbers. content: bytes, or None for NOBITS."""

    def __init__(self, **fields):
        self.name, self.type, self.flags, self.addr = "", SHT_PROGBITS, 0, 0
        self.link = self.info = self.entsize = self.size = 0
        self.addralign, self.content = 1, b""
        self.relocs = self.members = None
        self.__dict__.update(fields)


class Symbol:
    def __init__(self, **fields):
        self.name, self.value, self.size, self.info, self.other = "", 0, 0, 0, 0
        self.place = SHN_UNDEF  # a section, or a reserved number
        self.__dict__.update(fields)

    bind = property(lambda self: self.info >> 4,
                    lambda self, v: setattr(self, "info", v << 4 | self.info & 15))
    type = property(lambda self: self.info & 15,
                    lambda self, v: setattr(self, "info", self.info & 0xF0 | v))


class Reloc:
    def __init__(self, offset, type, symbol, addend):
        self.offset, self.type, self.symbol, self.addend = offset, type, symbol, addend


def text(table, at):
    return bytes(table[at:table.index(b"\0", at)]).decode("latin-1")


class Object:
    def __init__(self, data):
        self.data = bytes(data)
        self.wide, self.order = data[4], "<" if data[5] == 1 else ">"
        self.head = Record(EHDR[self.wide], EHDR_NAMES, self.order, data, 0)
        h = self.head
        heads = [Record(SHDR_FORM[self.wide], SHDR, self.order, data, h.shoff + i * h.shentsize)
                 for i in range(h.shnum)]
        names = self.bytes_of(heads[h.shstrndx])
        self.sections = []
        for r in heads:
            self.sections.append(Section(
                name=text(names, r.name), type=r.type, flags=r.flags, addr=r.addr, link=r.link,
                info=r.info, addralign=r.addralign, entsize=r.entsize, size=r.size,
                content=None if r.type == SHT_NOBITS else self.bytes_of(r), record=r))
        self.names = self.sections[h.shstrndx]
        self.read_symbols()
        self.read_references()

    def bytes_of(self, record):
        return b"" if record.type in (SHT_NULL, SHT_NOBITS) else self.data[
            record.offset:record.offset + record.size]

    def unpack(self, form, data, at=0):
        return struct.unpack_from(self.order + form, data, at)

    def pack(self, form, *values):
        return struct.pack(self.order + form, *values)

    def section(self, name):
        found = [s for s in self.sections if s.name == name]
        return found[0] if found else None

    def symbol(self, name):
        found = [s for s in self.symbols if s.name == name]
        return found[0] if found else None

    def of_type(self, kind):
        return [s for s in self.sections if s.type == kind]

    def read_symbols(self):
        self.symbols = []
        found = self.of_type(SHT_SYMTAB)
        self.symtab = found[0] if found else None
        if not found:
            return
        form, names = SYM[self.wide]
        strings = self.sections[self.symtab.link].content
        extended = self.of_type(SHT_SYMTAB_SHNDX)
        size = struct.calcsize(self.order + form)
        for at in range(0, len(self.symtab.content), size):
            f = dict(zip(names, self.unpack(form, self.symtab.content, at)))
            place = f.pop("shndx")
            if place == SHN_XINDEX:
                place = self.unpack("I", extended[0].content, at // size * 4)[0]
            if 0 < place and (place < SHN_LORESERVE or place > SHN_XINDEX):
                place = self.sections[place]
            self.symbols.append(Symbol(**f | {"name": text(strings, f["name"])}, place=place,
                                       at=self.symtab.record.offset + at))

    # r_info -> (symbol, type)
    def split(self, info):
        if self.wide == 1:
            return info >> 8, info & 0xFF
        if self.head.machine == EM_MIPS and self.order == "<":
            return info & 0xFFFFFFFF, info >> 32
        return info >> 32, info & 0xFFFFFFFF

    def join(self, symbol, kind):
        if self.wide == 1:
            return symbol << 8 | kind
        if self.head.machine == EM_MIPS and self.order == "<":
            return kind << 32 | symbol
        return symbol << 32 | kind

    def read_references(self):
        w = WORD[self.wide]
        for s in self.sections:
            if s.type in (SHT_REL, SHT_RELA):
                form = w * (3 if s.type == SHT_RELA else 2)
                s.relocs = []
                for at in range(0, len(s.content), struct.calcsize(self.order + form)):
                    offset, info, *addend = self.unpack(form, s.content, at)
                    symbol, kind = self.split(info)
                    s.relocs.append(Reloc(offset, kind, self.symbols[symbol], sum(addend)))
            if s.type == SHT_GROUP:
                s.words = list(self.unpack(f"{len(s.content) // 4}I", s.content))
                s.members = [self.sections[i] for i in s.words[1:]]
                s.info = self.symbols[s.info]
            elif s.type in (SHT_REL, SHT_RELA) or s.flags & SHF_INFO_LINK:
                s.info = self.sections[s.info]
            s.link = self.sections[s.link] if s.link else 0

    # --- putting it together again ---

    def strings(self, texts, backwards=False):
        """A table without shared ends, and where each text is."""
        table, at = b"\0", {"": 0}
        for t in sorted(set(texts) - {""}, reverse=backwards):
            at[t] = len(table)
            table += t.encode("latin-1") + b"\0"
        return table, at

    def fill_symtab(self, backwards):
        if self.symtab is None:
            return
        table, at = self.strings([s.name for s in self.symbols], backwards)
        self.symtab.link.content = table
        form, names = SYM[self.wide]
        out, extended = b"", b""
        for s in self.symbols:
            index = self.sections.index(s.place) if isinstance(s.place, Section) else s.place
            large = isinstance(s.place, Section) and index >= SHN_LORESERVE
            f = dict(name=at[s.name], value=s.value, size=s.size, info=s.info, other=s.other,
                     shndx=SHN_XINDEX if large else index)
            out += self.pack(form, *(f[n] for n in names))
            extended += self.pack("I", index if large else 0)
        self.symtab.content = out
        for s in self.of_type(SHT_SYMTAB_SHNDX):
            s.content = extended
        self.symtab.info = len([s for s in self.symbols if s.bind == STB_LOCAL])

    def fill_references(self):
        number = {id(s): i for i, s in enumerate(self.symbols)}
        w = WORD[self.wide]
        for s in self.sections:
            if s.relocs is not None:
                mask = (1 << 32 * self.wide) - 1
                rows = [[r.offset, self.join(number[id(r.symbol)], r.type)] +
                        ([r.addend & mask] if s.type == SHT_RELA else []) for r in s.relocs]
                s.content = b"".join(self.pack(w * len(row), *row) for row in rows)
            if s.members is not None:
                s.content = self.pack(f"{1 + len(s.members)}I", s.words[0],
                                      *(self.sections.index(m) for m in s.members))

    def number_of(self, thing):
        if isinstance(thing, Section):
            return self.sections.index(thing)
        if isinstance(thing, Symbol):
            return self.symbols.index(thing)
        return thing

    def write(self, backwards=False, table_first=False, pad=0, place=None):
        """The file. backwards: strings in another order; place: sections in the order of the file."""
        self.symbols.sort(key=lambda s: s.bind != STB_LOCAL)
        self.fill_symtab(backwards)
        self.fill_references()
        names = self.names
        table, at = self.strings([s.name for s in self.sections], backwards)
        if names is not self.symtab.link:
            names.content = table
        else:  # one table for all names
            table, at = self.strings([s.name for s in self.sections + self.symbols], backwards)
            names.content = table
            offsets = [at[s.name] for s in self.symbols]
            self.rename(offsets)
        return self.lay_out(names, at, table_first, pad, place or list(self.sections))

    def rename(self, offsets):
        form, fields = SYM[self.wide]
        size = struct.calcsize(self.order + form)
        out = bytearray(self.symtab.content)
        for i, offset in enumerate(offsets):
            out[i * size:i * size + 4] = self.pack("I", offset)
        self.symtab.content = bytes(out)

    def lay_out(self, names, at, table_first, pad, order):
        head_size = struct.calcsize(self.order + EHDR[self.wide])
        entry = struct.calcsize(self.order + SHDR_FORM[self.wide])
        out = bytearray(head_size)
        shoff = (head_size + 7) // 8 * 8
        if table_first:
            out += bytes(shoff - head_size + entry * len(self.sections))
        offsets = {}
        for s in order:
            align = max(s.addralign, 1)
            out += bytes(pad) + bytes(-(len(out) + pad) % align)
            offsets[id(s)] = len(out) if s.type != SHT_NULL else 0
            out += s.content or b""
        if not table_first:
            out += bytes(-len(out) % 8)
            shoff = len(out)
            out += bytes(entry * len(self.sections))
        for i, s in enumerate(self.sections):
            size = s.size if s.content is None else len(s.content)
            fields = dict(name=at[s.name], type=s.type, flags=s.flags, addr=s.addr,
                          offset=offsets[id(s)], size=size, link=self.number_of(s.link),
                          info=self.number_of(s.info), addralign=s.addralign, entsize=s.entsize)
            struct.pack_into(self.order + SHDR_FORM[self.wide], out, shoff + i * entry,
                             *(fields[n] for n in SHDR))
        h = self.head
        h.shoff, h.shnum, h.shstrndx = shoff, len(self.sections), self.sections.index(names)
        h.store(out)
        return bytes(out)


__all__ = [n for n in dir() if not n.startswith("_")] + ["elffile"]
