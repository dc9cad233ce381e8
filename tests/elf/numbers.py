# SPDX-License-Identifier: GPL-3.0-or-later
"""Files with so many sections that their numbers do not fit into the ELF header: as(1) and ld(1)
make them, readelf(1) counts them. gABI chapter 4, e_shnum and e_shstrndx."""
import struct
import subprocess

import tools

COUNT = 65300  # more than SHN_LORESERVE, 65280
SOURCE = "".join(f'.section .s{i},"a"\n.byte {i & 127}\n' for i in range(COUNT)) + """
.text
.globl _start
_start: ret
.data
.fill 5000
.section .note.GNU-stack,"",@progbits
.section .comment
.asciz "made by hand"
"""
HEADER = 64  # bytes of a section header


def run(*command, **how):
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, **how)


def made(folder):
    """(what, path) of a relocatable and a linked file."""
    for what, command in (("relocatable", ["as", "-o"]), ("linked", ["ld", "-o"])):
        path = folder / what
        source = dict(input=SOURCE.encode()) if command[0] == "as" else {}
        run(*command, path, *([] if source else [folder / "relocatable"]), **source)
        yield what, path


def flipped(data, at, mask=1):
    out = bytearray(data)
    out[at] ^= mask
    return bytes(out)


def stripped(path, *how):
    out = path.with_name("stripped")
    run("strip", *how, "-o", out, path)
    return out.read_bytes()


def add_pairs(pairs, what, path):
    data = path.read_bytes()
    table = struct.unpack_from("<Q", data, 40)[0]
    comment = data.index(b"made by hand")
    pairs.both_ways(f"{what}: comment", "normalised", flipped(data, comment, 2), data)
    pairs.add(f"{what}: stripped", "normalised", stripped(path, "-g", "-R", ".comment"),
              data)
    for section in (1, 65280) if tools.SAMPLE else (1, 65279, 65280, COUNT - 1):
        offset = struct.unpack_from("<Q", data, table + section * HEADER + 24)[0]
        pairs.both_ways(f"{what}: byte of section {section}", "different", flipped(data, offset),
                        data)
        for field in (24,) if tools.SAMPLE else (4, 8, 24, 32):
            attack = flipped(data, table + section * HEADER + field)
            pairs.both_ways(f"{what}: section {section}, header byte {field}", "different", attack,
                            data)
    # The count and the number of the names, in section 0; and the two fields that lead there.
    for at in (table + 32, table + 40, table + 48, 60, 62):
        pairs.both_ways(f"{what}: byte {at}", "different", flipped(data, at), data)


def main():
    tap = tools.Tap()
    folder = tools.scratch()
    if not tools.has(tap, "as", "ld", "strip", "readelf"):
        tap.finish()
    with tools.Pairs() as pairs:
        for what, path in made(folder):
            header = run("readelf", "-hW", path, text=True).stdout
            tap.ok("Number of section headers:         0 (65" in header, f"{what}: counts further",
                   header)
            add_pairs(pairs, what, path)
        for answer in pairs.answers():
            tap.ok(answer.tier == answer.wanted, answer.what,
                   "\n".join([answer.line] + answer.findings[:8]))
    tap.finish()


main()
