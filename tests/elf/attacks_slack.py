# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks in bytes of linked files that no header speaks of: page slack, gaps, behind the end."""
from elffile import PT_LOAD, PT_NULL, Elf
from harmless import ADDS
from kinds import Kinds

ATTACKS = Kinds()
SHELLCODE = bytes.fromhex("4831f65648bf2f62696e2f2f7368")
PAGE = 4096


def nothing_there(w, at, size):
    return not any(w.data[at:at + size]) and all(
        at + size <= start or at >= end for start, end in w.used())


@ATTACKS
def shellcode_in_page_tail(w):
    """Behind the code, in its last page: mapped executable, in no section."""
    load = w.executable()
    at = load.offset + load.filesz
    if not nothing_there(w, at, len(SHELLCODE)) or at // PAGE != (at + len(SHELLCODE)) // PAGE:
        return None
    return w.put(at, SHELLCODE)


@ATTACKS
def byte_at_page_end(w):
    """The last byte of the page behind the code."""
    load = w.executable()
    at = -(-(load.offset + load.filesz) // PAGE) * PAGE - 1
    return w.flip(at, 0x90) if nothing_there(w, at, 1) else None


@ATTACKS
def gap_byte(w):
    """Not zero, between things that nothing loads or behind data."""
    at = w.gap(w.last_load().offset + w.last_load().filesz)
    return None if at is None else w.flip(at, 0x90)


@ATTACKS
def gap_byte_before_segment(w):
    """Not zero, in the padding in front of a segment."""
    last = w.last_load()
    at = w.gap(0, lambda a: a < last.offset)
    return None if at is None else w.flip(at, 0x90)


@ATTACKS
def gap_page_before_segment(w):
    """Not zero, in a whole page that is in front of a segment and not loaded."""
    last = w.last_load()
    at = last.offset // PAGE * PAGE - 8
    return w.flip(at, 0x90) if at > 0 and nothing_there(w, at, 8) else None


@ATTACKS
def overlay(w):
    """64 KiB behind the end."""
    return bytes(w.data) + b"\x90" * 65536


@ATTACKS
def overlay_byte(w):
    """One byte behind the end."""
    return bytes(w.data) + b"\n"


@ADDS
def overlay_of_zeros(w):
    """Zeros behind the end: a program may go by the size of its file."""
    return bytes(w.data) + bytes(16)


@ADDS
def overlay_page_of_zeros(w):
    """A page of zeros behind the end."""
    return bytes(w.data) + bytes(PAGE)


@ATTACKS
def overlay_is_a_program(w):
    """Another ELF file behind the end."""
    return bytes(w.data) + bytes(w.data)


@ATTACKS
def program_in_front(w):
    """The other ELF file is in front: the one that was rebuilt is the overlay."""
    other = bytearray(w.data)
    other[Elf(other).head.ehsize - 1] ^= 1
    return bytes(other) + bytes(w.data)


@ATTACKS
def overlay_is_an_archive(w):
    """A zip file behind the end, as self-extracting programs have it."""
    return bytes(w.data) + b"PK\x05\x06" + bytes(18)


@ATTACKS
def byte_in_front(w):
    """Everything is one byte further on; not an ELF file any more."""
    return b"\0" + bytes(w.data)


@ATTACKS
def truncated(w):
    """The last byte is missing."""
    return bytes(w.data[:-1])


@ATTACKS
def cut_in_segment(w):
    """The file ends in the middle of the last segment."""
    load = w.last_load()
    return bytes(w.data[:load.offset + load.filesz // 2])


@ATTACKS
def cut_behind_header(w):
    """Nothing but the ELF header."""
    return bytes(w.data[:w.elf.head.ehsize])


@ATTACKS
def nothing_left(w):
    """An empty file."""
    return b"" if w.data else None


@ATTACKS
def no_table_text_byte(w):
    """No section headers, and an instruction differs."""
    w.flip_section(".text", 5)
    return w.drop_table()


@ATTACKS
def no_table_payload(w):
    """No section headers; where they were is something else."""
    at = w.elf.head.shoff
    w.drop_table()
    return w.put(at, SHELLCODE)


@ATTACKS
def no_table_overlay(w):
    """Cut off behind the last segment, and something else there."""
    end = max(s.offset + s.filesz for s in w.elf.segments if s.type != PT_NULL)
    return w.drop_table()[:end] + b"PAYLOAD\0"


@ATTACKS
def page_inserted(w):
    """A page of zeros in front of what nothing loads: everything behind it has moved."""
    load = w.last_load()
    end = load.offset + load.filesz
    return bytes(w.data[:end]) + bytes(PAGE) + bytes(w.data[end:])


@ATTACKS
def page_in_front_of_code(w):
    """Bytes in front of the code, in its first page, differ: part of another segment or of none."""
    load = w.executable()
    start = load.offset // PAGE * PAGE
    if start == load.offset:
        return None
    other = w.elf.segment(PT_LOAD, lambda s: s.offset <= start < s.offset + s.filesz)
    return w.flip(start, 1) if other or nothing_there(w, start, 1) else None
