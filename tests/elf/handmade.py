# SPDX-License-Identifier: GPL-3.0-or-later
"""Build a small linked ELF file by hand, for machines that no compiler here makes files for.

Usage: handmade.py BITS ORDER MACHINE OUT      (32|64, little|big, a number)

Header and notes, code, and data are a segment each; then come the sections that nothing loads.
The last program header is empty: room for a test to put a segment where it wants one.
"""
import struct
import sys

from elffile import (EHDR, PF_R, PF_W, PF_X, PHDR, PHDR_FORM, PT_GNU_STACK, PT_LOAD, PT_NOTE,
                     SHDR_FORM, SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE, SHT_NOBITS, SHT_NOTE,
                     SHT_NULL, SHT_PROGBITS, SHT_STRTAB, SHT_SYMTAB)

PAGE = 0x1000
BASE = 0x10000


class Builder:
    def __init__(self, wide, order, machine):
        self.wide, self.order, self.machine = wide, order, machine
        self.sections = []  # name, type, flags, addr, data or size, link, info, align, entsize
        self.segments = []

    def pack(self, form, *values):
        return struct.pack(self.order + form, *values)

    def note(self, owner, kind, desc):
        return self.pack("III", len(owner), len(desc), kind) + owner + desc

    def symbol(self, name, value):
        if self.wide == 2:
            return self.pack("IBBHQQ", name, 0x12, 0, 2, value, 4)
        return self.pack("IIIBBH", name, value, 4, 0x12, 0, 2)

    def phdr(self, **fields):
        return self.pack(PHDR_FORM[self.wide], *(fields.get(n, 0) for n in PHDR[self.wide]))

    def shdr(self, *fields):
        return self.pack(SHDR_FORM[self.wide], *fields)


def build(bits, order, machine):
    b = Builder(2 if bits == 64 else 1, "<" if order == "little" else ">", machine)
    ehsize = struct.calcsize(b.order + EHDR[b.wide])
    phsize = struct.calcsize(b.order + PHDR_FORM[b.wide])
    shsize = struct.calcsize(b.order + SHDR_FORM[b.wide])
    note = b.note(b"GNU\0", 3, bytes(range(0x40, 0x54)))
    note_at = ehsize + 6 * phsize
    code = bytes(range(1, 61))
    data = bytes(range(100, 140))
    loads = [(0, note_at + len(note), PF_R), (PAGE, len(code), PF_R | PF_X),
             (2 * PAGE, len(data), PF_R | PF_W)]
    phdrs = b"".join(
        b.phdr(type=PT_LOAD, flags=flags, offset=at, vaddr=BASE + at, paddr=BASE + at, filesz=size,
               memsz=size + (64 if flags & PF_W else 0), align=PAGE) for at, size, flags in loads)
    phdrs += b.phdr(type=PT_NOTE, flags=PF_R, offset=note_at, vaddr=BASE + note_at,
                    paddr=BASE + note_at, filesz=len(note), memsz=len(note), align=4)
    phdrs += b.phdr(type=PT_GNU_STACK, flags=PF_R | PF_W, align=16) + b.phdr()

    strtab = b"\0_start\0main\0"
    symtab = bytes(len(b.symbol(0, 0))) + b.symbol(1, BASE + PAGE) + b.symbol(8, BASE + PAGE + 8)
    link = b"thing.debug\0" + b"\x12\x34\x56\x78"
    free = [(".comment", SHT_PROGBITS, b"\0GCC: (hand made) 1.0\0", 0, 0, 1, 1),
            (".debug_info", SHT_PROGBITS, bytes(range(7, 50)), 0, 0, 1, 0),
            (".debug_str", SHT_PROGBITS, b"/build/thing\0", 0, 0, 1, 1),
            (".gnu_debuglink", SHT_PROGBITS, link, 0, 0, 4, 0),
            (".vendor", SHT_PROGBITS, b"nobody knows", 0, 0, 1, 0),
            (".symtab", SHT_SYMTAB, symtab, 10, 1, 8, len(symtab) // 3),
            (".strtab", SHT_STRTAB, strtab, 0, 0, 1, 0)]
    names = b"\0"
    label = {}
    for name in [".note.gnu.build-id", ".text", ".data", ".bss", ".shstrtab"] + [f[0] for f in free]:
        label[name] = len(names)
        names += name.encode() + b"\0"

    out = bytearray(2 * PAGE)
    out[ehsize:ehsize + len(phdrs)] = phdrs
    out[note_at:note_at + len(note)] = note
    out[PAGE:PAGE + len(code)] = code
    out += data
    table = b.shdr(0, SHT_NULL, 0, 0, 0, 0, 0, 0, 0, 0)
    table += b.shdr(label[".note.gnu.build-id"], SHT_NOTE, SHF_ALLOC, BASE + note_at, note_at,
                    len(note), 0, 0, 4, 0)
    table += b.shdr(label[".text"], SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, BASE + PAGE, PAGE,
                    len(code), 0, 0, 4, 0)
    table += b.shdr(label[".data"], SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, BASE + 2 * PAGE, 2 * PAGE,
                    len(data), 0, 0, 4, 0)
    table += b.shdr(label[".bss"], SHT_NOBITS, SHF_ALLOC | SHF_WRITE,
                    BASE + 2 * PAGE + len(data), len(out), 64, 0, 0, 4, 0)
    for name, kind, content, link_to, info, align, entry in free:
        out += bytes(-len(out) % align)
        table += b.shdr(label[name], kind, 0, 0, len(out), len(content), link_to + 1 if link_to
                        else 0, info, align, entry)
        out += content
    table += b.shdr(label[".shstrtab"], SHT_STRTAB, 0, 0, len(out), len(names), 0, 0, 1, 0)
    out += names
    out += bytes(-len(out) % 8)
    count = len(table) // shsize
    ident = b"\x7fELF" + bytes([b.wide, 1 if b.order == "<" else 2, 1, 0]) + bytes(8)
    out[0:ehsize] = b.pack(EHDR[b.wide], ident, 2, machine, 1, BASE + PAGE, ehsize, len(out), 0,
                           ehsize, phsize, 6, shsize, count, count - 1)
    return bytes(out + table)


if __name__ == "__main__":
    with open(sys.argv[4], "wb") as file:
        file.write(build(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
