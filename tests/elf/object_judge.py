# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge of relocatable files: for each byte, may a change of it be called harmless?

Usage: object_judge.py FILE > MAP

The letters are those of judge.py: F different, M normalised, T normalised if printable, A either.
Written against the gABI and the rules' documentation, without a look at assay's code.
"""
import struct
import sys

from objectfile import (EM_MIPS, SHF_ALLOC, SHT_GROUP, SHT_NOBITS, SHT_NULL, SHT_REL, SHT_RELA,
                        SHT_STRTAB, SHT_SYMTAB, STT_SECTION, SYM, Object, Section)

DEBUG = set("""abbrev addr aranges cu_index gnu_pubnames gnu_pubtypes info line line_str loc
loclists macinfo macro names pubnames pubtypes ranges rnglists str str_offsets sup tu_index
types""".split())


def is_soft(section):
    """Debugging information whose content may differ (unwinding tables may not)."""
    return (isinstance(section, Section) and not section.flags & SHF_ALLOC
            and section.name.startswith(".debug_") and section.name[len(".debug_"):] in DEBUG)


def is_soft_table(section):
    if section.type in (SHT_REL, SHT_RELA):
        return is_soft(section.info)
    return section.type == SHT_GROUP and all(is_soft(m) or is_soft_table(m)
                                             for m in section.members)


def used_symbols(o):
    firm = [s for s in o.sections if not is_soft_table(s)]
    used = {id(r.symbol) for s in firm if s.relocs for r in s.relocs}
    return used | {id(s.info) for s in firm if s.type == SHT_GROUP}


def reloc_letters(o, section):
    """Numbers of symbols may become those of none; the rest is what debuggers read."""
    size = 4 * o.wide
    if o.wide == 1:
        info = "AAAM" if o.order == ">" else "MAAA"
    elif o.order == ">" or o.head.machine == EM_MIPS:
        info = "AAAAMMMM"
    else:
        info = "MMMMAAAA"
    row = "M" * size + info + ("M" * size if section.type == SHT_RELA else "")
    return row * len(section.relocs)


def firm_reloc_letters(o, section):
    """Fixed, but for numbers of labels that another symbol is equal to in everything: compilers for
    RISC-V put several of them into one place."""
    low = 4 * o.wide + (1 if o.wide == 1 else 4)  # the symbol's lowest byte
    size = (3 if section.type == SHT_RELA else 2) * 4 * o.wide
    keys = [(s.name, s.place, s.value, s.size, s.info, s.other) for s in o.symbols]
    out = ["F"] * len(section.content)
    if o.order == "<" and o.head.machine != EM_MIPS:
        for i, r in enumerate(section.relocs):
            if keys.count(keys[o.symbols.index(r.symbol)]) > 1:
                out[i * size + low] = "A"
    return "".join(out)


def symbol_letters(o):
    """Symbols of debugging information, and nameless ones of sections that nothing refers to."""
    form, names = SYM[o.wide]
    size = struct.calcsize(o.order + form)
    used = used_symbols(o)
    out = ""
    for s in o.symbols:
        soft = isinstance(s.place, Section) and (is_soft(s.place) or is_soft_table(s.place))
        free = s.type == STT_SECTION and not s.name and id(s) not in used
        letters = ("A" if soft or (free and s is not o.symbols[0]) else "F") * size
        if not s.name and s is not o.symbols[0]:
            letters = "AAAA" + letters[4:]  # any NUL in the table is no name
        out += letters
    return out


def string_letters(o, section):
    """Names that only symbols of debugging information have."""
    firm, soft = set(), set()
    for s in o.symbols:
        is_free = isinstance(s.place, Section) and (is_soft(s.place) or is_soft_table(s.place))
        (soft if is_free else firm).add(s.name)
    if section is o.names:
        firm |= {s.name for s in o.sections}
    letters = ["F"] * len(section.content)
    for name in soft - firm:
        at = section.content.find(b"\0" + name.encode("latin-1") + b"\0")
        end = at + 1 + len(name)
        if at >= 0 and not any(f.endswith(name[-1:]) and name.endswith(f) for f in firm if f):
            letters[at + 1:end + 1] = "A" * (len(name) + 1)
    return "".join(letters)


def content_letters(o, section):
    size = len(section.content)
    if section.relocs is not None and is_soft_table(section):
        return reloc_letters(o, section)
    if section.relocs:
        return firm_reloc_letters(o, section)
    if section.type == SHT_GROUP and is_soft_table(section):
        return "F" * 4 + "A" * (size - 4)
    if section.type == SHT_SYMTAB:
        return symbol_letters(o)
    if section.type == SHT_STRTAB:
        return string_letters(o, section)
    if is_soft(section):
        return "M" * size
    if section.name == ".comment" and not section.flags & SHF_ALLOC:
        return "T" * size
    if section.name == ".note.gnu.build-id" and section.content[12:16] == b"GNU\0":
        return "F" * 16 + "M" * (size - 16)
    return "F" * size


def header_letters(section):
    """{field: letter} of what is not fixed."""
    if section.type == SHT_NOBITS or not section.content:
        return {"offset": "M"}  # where nothing is
    if section.type == SHT_STRTAB:
        return {"size": "A"}  # one zero more is nothing
    if is_soft(section) or section.name == ".comment":
        return {f: "A" for f in ("flags", "offset", "size", "addralign", "entsize")}
    if section.relocs is not None and is_soft_table(section):
        return {"size": "A"}  # fewer relocations of debugging information
    return {}


def judge(data):
    o = Object(data)
    verdict = bytearray(b"F" * len(data))
    for section in o.sections[1:]:
        r = section.record
        if r.type not in (SHT_NULL, SHT_NOBITS):
            verdict[r.offset:r.offset + r.size] = content_letters(o, section).encode()
        for field, letter in header_letters(section).items():
            offset, length = r.place(field)
            verdict[offset:offset + length] = letter.encode() * length
    return bytes(verdict)


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        sys.stdout.buffer.write(judge(file.read()))
