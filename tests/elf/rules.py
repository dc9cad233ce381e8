# SPDX-License-Identifier: GPL-3.0-or-later
"""For each rule: it works where it should, it does not where something loaded has the bytes, and an
attack placed exactly there is found."""
import struct
import types

import attacks_header
import attacks_sections
import bases
import handmade
import harmless
import tools
from elffile import (PF_R, PF_X, PT_GNU_STACK, PT_LOAD, PT_NOTE, PT_NULL, SHF_ALLOC, SHF_EXECINSTR,
                     SHF_WRITE, SHT_NOTE, SHT_PROGBITS)
from kinds import Work

# Section, its rule, and a change that the rule takes.
SECTIONS = [
    (".comment", "elf/comment@1", harmless.comment_text),
    (".debug_info", "elf/debug@2", harmless.debug_content),
    (".gnu_debuglink", "elf/debuglink@2", harmless.debuglink_checksum),
    (".gnu_debugaltlink", "elf/debugaltlink@1",
     lambda w: w.flip_section(".gnu_debugaltlink", 24, 0xFF)),
    (".symtab", "elf/symtab@1", harmless.symbol_value),
    (".strtab", "elf/symtab@1", harmless.symbol_name),
    (".shstrtab", "elf/section-headers@1", harmless.names_in_other_order),
]


def spare(w, **fields):
    """Use the empty program header."""
    return w.store(w.elf.segment(PT_NULL), **fields)


def load_over(w, s):
    return spare(w, type=PT_LOAD, flags=PF_R, offset=s.offset, vaddr=0x50000 + s.offset,
                 filesz=s.size, memsz=s.size, align=0x1000)


def loads_part(w, s):
    """One byte only, in the middle."""
    at = s.offset + s.size // 2
    return spare(w, type=PT_LOAD, flags=PF_R, offset=at, vaddr=0x50000 + at, filesz=1, memsz=1,
                 align=0x1000)


def segment_over(w, s):
    return spare(w, type=0x65000000, flags=PF_R, offset=s.offset, filesz=s.size, memsz=s.size)


def stack_executable(w, _):
    return attacks_header.stack_executable(w)


def no_stack_header(w, _):
    return w.store(w.elf.segment(PT_GNU_STACK), type=PT_NULL)


def data_executable(w, _):
    load = max((s for s in w.elf.segments if s.type == PT_LOAD), key=lambda s: s.offset)
    return w.store(load, flags=load.flags | PF_X)


def code_behind(w, _):
    """Code further on in the same page of the file (and in front of the rest of it)."""
    at = w.elf.section(".vendor").offset
    return spare(w, type=PT_LOAD, flags=PF_R | PF_X, offset=at, vaddr=0x50000 + at, filesz=4,
                 memsz=4, align=0x1000)


def pages_shared(w, _):
    """Code and data in one page of memory, from different pages of the file."""
    code = w.executable()
    load = max((s for s in w.elf.segments if s.type == PT_LOAD), key=lambda s: s.offset)
    start = code.vaddr + 0x800
    w.set_section(".data", addr=start)
    w.set_section(".bss", addr=start + load.filesz)
    return w.store(load, vaddr=start, align=16)


def flagged(flag):
    def cover(w, s):
        return w.store(s, flags=s.flags | flag)
    cover.__name__ = f"flag_{flag}"
    return cover


def other_section_over(w, s):
    return w.set_section(".vendor", offset=s.offset + s.size - 1, size=1)


def typed_otherwise(w, s):
    return w.store(s, type=SHT_NOTE)


# What makes a rule about a section step back, when both files have it. What is ONLY_SAID, in the
# header of a section that is not loaded, is no difference by itself.
ONLY_SAID = [flagged(SHF_WRITE), flagged(SHF_EXECINSTR), typed_otherwise]
COVERS = [load_over, loads_part, segment_over, stack_executable, no_stack_header, data_executable,
          code_behind, pages_shared, flagged(SHF_ALLOC), other_section_over] + ONLY_SAID
# The names of sections have to have one type.
NOT_FOR_NAMES = {typed_otherwise}


def covered(data, name, cover):
    w = Work(data)
    return cover(w, w.elf.section(name))


def add_section_rules(pairs, machine, data):
    for name, rule, mutation in SECTIONS:
        changed = mutation(Work(data))
        where = f"{machine} {name}"
        pairs.both_ways(f"{where}: the rule works", ("normalised", rule), changed, data)
        for cover in COVERS:
            if name == ".shstrtab" and cover in NOT_FOR_NAMES:
                continue
            base = covered(data, name, cover)
            what = f"{where}: {cover.__name__}"
            pairs.both_ways(f"{what}, changed", ("different", None), mutation(Work(base)), base)
            w = Work(base)
            middle = w.elf.section(name).offset + w.elf.section(name).size // 2
            attack = w.flip(middle, 0xFF)
            pairs.both_ways(f"{what}, attacked", ("different", None), attack, base)
            hidden = harmless.build_id(Work(attack))
            pairs.both_ways(f"{what}, attacked behind build-id", ("different", None), hidden, base)
            if cover not in ONLY_SAID:
                pairs.both_ways(f"{what}, one side only", ("different", None), base, data)


def note(w, name, desc, kind):
    return struct.pack(w.elf.order + "III", len(name), len(desc), kind) + name + desc


def build_id_covers(data):
    """(what, file) in which the build-id's value is something else as well, or no build-id."""
    start = Work(data).elf
    at, size = start.build_id()
    load, table = start.segment(PT_LOAD), start.section(".data")
    other, malformed = Work(data), Work(data)
    two = note(other, b"GNU\0", b"12345678", 3) + note(other, b"", b"abcd", 9)
    other.put(table.offset, two)
    malformed.put(table.offset, b"\xff" * 40)
    notes = dict(type=PT_NOTE, offset=table.offset, filesz=len(two), memsz=len(two), align=4)
    yield "other segment", spare(Work(data), type=0x65000000, offset=at, filesz=4, memsz=4)
    yield "program headers", spare(Work(data), type=6, offset=at + size - 1, filesz=1, memsz=1)
    w = Work(data)
    yield "entry point", w.store(w.elf.head, entry=load.vaddr + at + 4)
    yield "section is no note", Work(data).set_section(".note.gnu.build-id", type=SHT_PROGBITS)
    yield "code", Work(data).set_section(".text", offset=at, addr=load.vaddr + at, size=16)
    yield "unloaded section", Work(data).set_section(".vendor", offset=at, size=4)
    yield "another owner", Work(data).put(at - 4, b"XYZ\0")
    yield "another type", Work(data).put(at - 8, struct.pack(start.order + "I", 4))
    w = Work(data)
    yield "no note segment", w.store(w.elf.segment(PT_NOTE), type=PT_NULL)
    yield "second build-id", spare(other, **notes)
    yield "malformed note", spare(malformed, **notes)
    for value in (4, 7):
        w = Work(data)
        w.put(at - 12, struct.pack(w.elf.order + "I", value))
        padded = (value + 3) // 4 * 4
        yield f"{value} bytes", w.put(at + padded, note(w, b"", bytes(size - padded - 12), 9))


def add_build_id(pairs, machine, data):
    rule = "elf/build-id@1"
    at, _ = Work(data).elf.build_id()
    pairs.both_ways(f"{machine} build-id: the rule works", ("normalised", rule),
                    harmless.build_id(Work(data)), data)
    for what, base in build_id_covers(data):
        pairs.both_ways(f"{machine} build-id: {what}", ("different", None),
                        Work(base).flip(at + 1), base)


def add_tables(pairs, machine, data):
    rule = "elf/section-headers@1"
    for mutation, there, back in (
            (harmless.section_order, ("normalised", rule), None),
            (harmless.table_elsewhere, ("different", None), ("normalised", rule)),
            (harmless.headers_zeroed, ("normalised", rule), ("different", None))):
        pairs.both_ways(f"{machine} table: {mutation.__name__}", there, mutation(Work(data)), data,
                        back)
        for what, name, fields in (
                ("text not loaded", ".text", dict(flags=0)),
                ("text elsewhere", ".text", dict(addr=0x99000)),
                ("zeros over text", ".bss", dict(addr=0x11000)),
                ("debug over text", ".debug_info", dict(offset=0x1000, size=8)),
                ("two over the same", ".vendor", dict(offset=Work(data).elf.section(
                    ".debug_info").offset, size=2))):
            base = Work(data).set_section(name, **fields)
            changed = mutation(Work(base))
            pairs.both_ways(f"{machine} table: {mutation.__name__}, {what}", ("different", None),
                            changed, base)
            # The same contradiction on both sides: said, but no difference by itself.
            pairs.both_ways(f"{machine} table: {what}, build-id", ("normalised", "disagree"),
                            harmless.build_id(Work(base)), base)


def add_covered_table(pairs, machine, data):
    """Where something loaded has the section headers, they must be equal."""
    head = Work(data).elf.head
    table = types.SimpleNamespace(offset=head.shoff, size=head.shnum * head.shentsize)
    for cover in COVERS[:COVERS.index(pages_shared) + 1] + [other_section_over]:
        base = cover(Work(data), table)
        what = f"{machine} table: {cover.__name__}"
        pairs.both_ways(f"{what}, changed", ("different", None),
                        harmless.section_order(Work(base)), base)
        middle = table.offset + table.size // 2
        pairs.both_ways(f"{what}, attacked", ("different", None), Work(base).flip(middle, 0xFF), base)
        hidden = Work(harmless.build_id(Work(base))).flip(middle, 0xFF)
        pairs.both_ways(f"{what}, attacked behind build-id", ("different", None), hidden, base)
        pairs.both_ways(f"{what}, one side only", ("different", None), base, data)


def add_unwinding(pairs, machine, data):
    """.debug_frame may be missing, but not differ: libunwind goes where it says."""
    base = Work(Work(data).append_section(".debug_frame", bytes(range(40))))
    old = Work(data).elf.sections[Work(data).elf.head.shstrndx].offset
    base = base.put(old, bytes(len(data) - old))  # the names and the table that were there before
    pairs.both_ways(f"{machine} .debug_frame: missing", ("normalised", "elf/debug@2"),
                    without(base, ".debug_frame"), base, ("different", None))
    pairs.both_ways(f"{machine} .debug_frame: changed", ("different", None),
                    Work(base).flip_section(".debug_frame", 9), base)
    pairs.add(f"{machine} .debug_frame: added", ("different", None), base, data)


def without(data, name):
    """The file with zeros where a section and its header were."""
    w = Work(data)
    section = w.elf.section(name)
    w.put(section.offset, bytes(section.size))
    return w.put(section.at, bytes(section.bytes))


def refilled(data, name, change):
    """Another content for a section, elsewhere, and nothing where it stood: so it alone can be found."""
    w = Work(data)
    section = w.elf.section(name)
    content = w.content(section)
    w.put(section.offset, bytes(section.size))
    return w.resize_section(name, change(content))


CODE = attacks_sections.SHELLCODE

# Section, what it holds then, and whether its rule takes it.
CONTENTS = [
    (".comment", "as before", lambda old: old, True),
    (".comment", "another compiler", lambda old: old + b"GCC: another one\0", True),
    (".comment", "code", lambda old: old + CODE + b"\0", False),
    (".comment", "almost too much", lambda old: bytes(65535), True),
    (".comment", "too much", lambda old: bytes(65536), False),
    (".gnu_debugaltlink", "as before", lambda old: old, True),
    (".gnu_debugaltlink", "a longer path", lambda old: b"/usr/lib/debug" + old, True),
    (".gnu_debugaltlink", "the longest path", lambda old: b"a" * 4095 + old[old.index(0):], True),
    (".gnu_debugaltlink", "too long a path", lambda old: b"a" * 4096 + old[old.index(0):], False),
    (".gnu_debugaltlink", "no path", lambda old: old[old.index(0):], False),
    (".gnu_debugaltlink", "no end", lambda old: old.replace(b"\0", b"/"), False),
    (".gnu_debugaltlink", "code for a path", lambda old: CODE.replace(b"\0", b"\x90") + old, False),
    (".gnu_debugaltlink", "7 bytes", lambda old: old[:old.index(0) + 8], False),
    (".gnu_debugaltlink", "8 bytes", lambda old: old[:old.index(0) + 9], True),
    (".gnu_debugaltlink", "64 bytes", lambda old: old[:old.index(0)] + bytes(65), True),
    (".gnu_debugaltlink", "65 bytes", lambda old: old[:old.index(0)] + bytes(66), False),
    (".shstrtab", "as before", lambda old: old, True),
    (".shstrtab", "an unused name", lambda old: old + b"payload!" * 7 + b"\0", True),
    (".shstrtab", "too much of them", lambda old: old + b"payload!" * 8 + b"\0", False),
    (".shstrtab", "code", lambda old: old + CODE + b"\0", False),
    (".shstrtab", "no end", lambda old: old + b"payload", False),
    (".strtab", "as before", lambda old: old, True),
    (".strtab", "no end", lambda old: old + b"payload", False),
    (".strtab", "no start", lambda old: b"x" + old[1:], False),
    (".symtab", "as before", lambda old: old, True),
    (".symtab", "half an entry", lambda old: old + bytes(4), False),
]


def add_contents(pairs, machine, data):
    old = Work(data).elf.sections[Work(data).elf.head.shstrndx].offset
    shared = Work(with_debugaltlink(data)).put(old, bytes(len(data) - old))  # as add_unwinding
    for name, what, change, fits in CONTENTS:
        base = shared if name == ".gnu_debugaltlink" else data
        pairs.add(f"{machine} {name}: {what}", ("normalised" if fits else "different", None),
                  refilled(base, name, change), base)


def add_debuglink(pairs, machine, data):
    """Stripping adds it; what it adds is a file name and a checksum, or it is a difference."""
    base, crc = without(data, ".gnu_debuglink"), bytes(range(4))
    pairs.both_ways(f"{machine} .gnu_debuglink: added", ("normalised", "elf/debuglink@2"), data, base)

    def moved(change):
        """It stands elsewhere, and nothing of it where it stood."""
        w = Work(data)
        section = w.elf.section(".gnu_debuglink")
        content = w.content(section)
        w.put(section.offset, bytes(section.size))
        return change(w, ".gnu_debuglink", content)

    def resized(content):
        return moved(lambda w, name, _: w.resize_section(name, content))

    pairs.both_ways(f"{machine} .gnu_debuglink: added elsewhere", ("normalised", None),
                    resized(b"fine.debug\0\0" + crc), base)
    for name in (b"sh -c id", b"../x.debug", b"/x.debug", b"x\ny", b"\x7fELF", b"PK\x05\x06",
                 b"a" * 256, b""):
        content = name + bytes(4 - len(name) % 4) + crc
        pairs.add(f"{machine} .gnu_debuglink: added, {name[:12]}", ("different", None),
                  resized(content), base)
    pairs.add(f"{machine} .gnu_debuglink: added, more behind it", ("different", None),
              resized(b"abc\0" + crc + b"PAYLOAD!"), base)
    pairs.add(f"{machine} .gnu_debuglink: added at the end", ("different", None),
              moved(attacks_sections.end_with), base)
    for cover in COVERS:
        covering = covered(data, ".gnu_debuglink", cover)
        pairs.add(f"{machine} .gnu_debuglink: added, {cover.__name__}", ("different", None),
                  covering, base)


def add_ending_zeros(pairs, machine, data):
    """patchelf fills up the last page. A delivered file has as many zeros or fewer."""
    for size in (1, 512, 4096):
        base = data + bytes(size)
        for mutation in (harmless.build_id, harmless.debug_content, harmless.comment_text,
                         harmless.symbol_value, harmless.debuglink_checksum,
                         harmless.section_order):
            what = f"{machine} {size} zeros at the end: {mutation.__name__}"
            other = mutation(Work(base))
            pairs.both_ways(what, ("normalised", None), other, base)
            for at in {0, size // 2, size - 1}:
                attack = bytearray(other)
                attack[len(data) + at] = 1
                pairs.both_ways(f"{what}, byte {at}", ("different", None), attack, base)
            pairs.both_ways(f"{what}, one more", ("different", None), other + b"\0", base,
                            ("normalised", "elf/padding@1"))
            pairs.both_ways(f"{what}, none", ("normalised", "elf/padding@1"), other[:len(data)],
                            base, ("different", None))
        last = attacks_sections.end_with(Work(data), ".debug_str", b"PAYLOAD\0") + bytes(size)
        pairs.add(f"{machine} {size} zeros behind a section", ("different", None), last, base)


def add_padding(pairs, machine, data):
    """256 more bytes between the names and the table."""
    w = Work(data)
    end = w.elf.head.shoff
    w.store(w.elf.head, shoff=end + 256)
    moved = bytes(w.data[:end]) + bytes(256) + bytes(w.data[end:])
    pairs.add(f"{machine} padding: wider", ("normalised", "elf/padding@1"), moved, data)
    pairs.add(f"{machine} padding: narrower", ("normalised", None), data, moved)
    for offset in (0, 100, 255):
        bad = bytearray(moved)
        bad[end + offset] = 0x90
        pairs.both_ways(f"{machine} padding: byte {offset} not zero", ("different", None), bad, data)
    pairs.both_ways(f"{machine} padding: zeros behind everything", ("different", None),
                    data + bytes(16), data, ("normalised", "elf/padding@1"))
    for cover in (data_executable, stack_executable):
        one, other = cover(Work(moved), None), cover(Work(data), None)
        pairs.both_ways(f"{machine} padding: {cover.__name__}", ("different", None), one, other)


def add_large_pages(pairs, machine, data):
    """Linked for pages of 64 KiB: then they may be in use, but not on x86, where none are."""
    wanted = "normalised" if machine == "hand64" else "different"
    w = Work(data)
    base = w.store(w.executable(), align=0x10000)
    for mutation in (harmless.comment_text, harmless.debug_content, harmless.symbol_value):
        pairs.both_ways(f"{machine} large pages: {mutation.__name__}", (wanted, None),
                        mutation(Work(base)), base)


def add_overlay(pairs, machine, data):
    """A program that carries something behind its end, and looks for it in its own file."""
    base = data + b"PK overlay"
    pairs.both_ways(f"{machine} overlay: build-id", ("normalised", "elf/build-id@1"),
                    harmless.build_id(Work(base)), base)
    for mutation in (harmless.debug_content, harmless.debug_longer, harmless.comment_text,
                     harmless.symbol_value, harmless.debuglink_checksum,
                     attacks_sections.section_names, harmless.section_order, harmless.table_elsewhere,
                     harmless.headers_zeroed):
        pairs.both_ways(f"{machine} overlay: {mutation.__name__}", ("different", None),
                        mutation(Work(base)), base)
    # Another overlay behind the first one, inside a section that a rule would take.
    pairs.both_ways(f"{machine} overlay: shadowed", ("different", None),
                    Work(base).append_section(".debug_line_str", b"PK other"), base)


def add_unused_entry(pairs, machine, data):
    w = Work(data)
    entry = w.elf.sections[0].bytes
    for what, content, wanted in (("empty", bytes(entry), "normalised"),
                                  ("full", bytes(8) + b"payload!" * (entry // 8 - 1), "different")):
        w = Work(data)
        w.store(w.elf.head, shnum=w.elf.head.shnum + 1)
        pairs.both_ways(f"{machine} table: an unused entry, {what}", (wanted, None),
                        bytes(w.data) + content, data)


def is_right(answer):
    tier, rule = answer.wanted
    if answer.tier != tier:
        return False
    if rule == "disagree":
        return any(" elf/views-disagree: " in line for line in answer.findings)
    return rule is None or rule in answer.rules


def with_debugaltlink(data):
    return Work(data).append_section(".gnu_debugaltlink", b"/usr/lib/x.debug\0" + bytes(range(20)))


def main():
    tap = tools.Tap()
    pairs = tools.Pairs()
    for machine, how in bases.HANDMADE.items():
        data = with_debugaltlink(handmade.build(*how))
        add_section_rules(pairs, machine, data)
        add_build_id(pairs, machine, data)
        add_tables(pairs, machine, data)
        add_covered_table(pairs, machine, data)
        add_unwinding(pairs, machine, data)
        add_debuglink(pairs, machine, data)
        add_ending_zeros(pairs, machine, handmade.build(*how))
        add_padding(pairs, machine, handmade.build(*how))
        add_contents(pairs, machine, handmade.build(*how))
        add_large_pages(pairs, machine, data)
        add_overlay(pairs, machine, data)
        add_unused_entry(pairs, machine, data)
    answers = pairs.answers()
    for answer in answers:
        if not is_right(answer):
            tap.ok(False, answer.what,
                   "\n".join([f"wanted {answer.wanted}: {answer.line}"] + answer.findings))
    fired = [a for a in answers if a.wanted[0] == "normalised"]
    tap.ok(len(fired) > 100, f"{len(fired)} pairs under their rules")
    tap.ok(len(answers) - len(fired) > 1000, f"{len(answers) - len(fired)} pairs that no rule takes")
    tap.finish()


main()
