# SPDX-License-Identifier: GPL-3.0-or-later
"""Segments at other places of the file, with the same addresses: different, because program headers
differ, but content is compared by address, so that a finding says what else differs."""
import bases
import handmade
import tools
from elffile import PF_R, PF_W, PT_LOAD, PT_NULL
from kinds import Work

PAGE = 0x1000
PLACES = "segments are at other places"


def moved(data, wanted=lambda s: s.flags & PF_W):
    """A page more in front of a segment and all that follows it in the file."""
    w = Work(data)
    at = w.elf.segment(PT_LOAD, wanted).offset
    for record in w.elf.segments:
        if record.type not in (PT_NULL,) and record.offset >= at:
            w.store(record, offset=record.offset + PAGE)
    for record in w.elf.sections:
        if record.offset >= at:
            w.store(record, offset=record.offset + PAGE)
    w.store(w.elf.head, shoff=w.elf.head.shoff + PAGE)
    return bytes(w.data[:at]) + bytes(PAGE) + bytes(w.data[at:])


def unclaimed(data):
    """Bytes in no header, segment or section, nor in the page of the code."""
    w, end, total = Work(data), 0, 0
    code = w.executable().offset
    for at, stop in sorted(w.used() + [(code, code + PAGE)]):
        total += max(0, at - end)
        end = max(end, stop)
    return total


def says(answer, *parts):
    return all(any(part in f for f in answer.findings) for part in parts)


def check(tap, answer):
    fields, parts, silent, here = answer.wanted
    least, most = fields + unclaimed(here), fields + unclaimed(here) + 60  # offsets in headers
    tap.ok(answer.tier == "different" and least <= answer.unexplained <= most and
           PLACES in answer.findings[0] and says(answer, *parts) and
           not any(says(answer, part) for part in silent), answer.what,
           "\n".join([f"wanted {answer.wanted[:3]}, {least} to {most}", answer.line] + answer.findings))


def add_rows(pairs, machine, data):
    def both(what, changed, base, parts, silent, fields=2):
        pairs.add(f"{machine}: {what}, delivered", (fields, parts, silent, changed), changed, base)
        pairs.add(f"{machine}: {what}, rebuilt", (fields, parts, silent, base), base, changed)

    other, elf = moved(data), Work(data).elf
    loaded = (".text, address", ".data, address", "only in the rebuilt")
    both("moved", other, data, ("p_offset", "e_shoff"), loaded)
    for name in (".text", ".data"):
        place = f"section {name}, address 0x{elf.section(name).addr + 5:x}: delivered "
        both(f"moved, {name} changed", Work(other).flip_section(name, 5), data, (place,), loaded[2:], 3)
    # Loads what nothing loaded before.
    w = Work(other)
    comment = w.elf.section(".comment")
    addr = 0x90000 + comment.offset % PAGE
    more = w.store(w.elf.segment(PT_NULL), type=PT_LOAD, flags=PF_R, offset=comment.offset, vaddr=addr,
                   filesz=8, memsz=8, align=PAGE)
    alone = f"address 0x{addr:x}: 8 bytes only in the rebuilt file"
    pairs.add(f"{machine}: loads more, rebuilt", (2, (alone,), loaded[:2], data), data, more)
    pairs.add(f"{machine}: loads more, delivered", (10, (f"address 0x{addr:x}: delivered",), loaded, more),
              more, data)


def main():
    tap = tools.Tap()
    pairs = tools.Pairs()
    for machine, how in bases.HANDMADE.items():
        add_rows(pairs, machine, handmade.build(*how))
    for answer in pairs.answers():
        check(tap, answer)
    tap.finish()


main()
