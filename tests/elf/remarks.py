# SPDX-License-Identifier: GPL-3.0-or-later
"""Section headers that lie and content that is not what its name says are told even where both
files agree: a remark, which leaves the tier and the exit status as they are."""
import io
import json
import os
import subprocess
import tarfile

import attacks_sections
import bases
import handmade
import harmless
import object_attacks
import object_harmless
import objects
import tools
from attacks_slack import SHELLCODE
from elffile import SHF_ALLOC, SHT_NULL
from kinds import Work
from objectfile import Object

DISAGREE, UNUSUAL, SIGNATURE = "elf/views-disagree", "elf/unusual-content", "elf/bad-signature"


def pristine_copy(w):
    """.text points to a copy of the code behind the end, as if that ran."""
    text = w.elf.section(".text")
    copy = bytes(w.data[text.offset:text.offset + text.size])
    w.store(text, offset=len(w.data))
    return bytes(w.data) + copy


def debug_over_code(w):
    text = w.elf.section(".text")
    w.set_section(".debug_info", offset=text.offset, size=text.size)
    return w.store(text, type=SHT_NULL, offset=0, size=0, addr=0, flags=0)


def not_alloc(w):
    text = w.elf.section(".text")
    return w.store(text, flags=text.flags & ~SHF_ALLOC)


def alloc_elsewhere(w):
    return w.set_section(".data", addr=w.elf.section(".data").addr + 0x100)


def debug_over_program_headers(w):
    return w.set_section(".debug_info", offset=w.elf.head.phoff, size=16)


def two_over_the_same(w):
    other = w.elf.section(".debug_info")
    return w.set_section(".vendor", offset=other.offset, size=4)


def zeros_over_code(w):
    return w.set_section(".bss", addr=w.elf.section(".text").addr)


def loaded_comment(w):
    return w.set_section(".comment", flags=SHF_ALLOC)


# What is wrong with both files, which remark says so, about which section.


def debuglink_with_payload(w):
    link = w.elf.section(".gnu_debuglink")
    return w.resize_section(".gnu_debuglink", w.content(link) + SHELLCODE)


def debuglink_with_path(w):
    return w.resize_section(".gnu_debuglink", b"/tmp/a.debug\0\0\0\0" + bytes(4))


ROWS = [
    (pristine_copy, DISAGREE, ".text"),
    (debug_over_code, DISAGREE, ".debug_info"),
    (not_alloc, DISAGREE, ".text"),
    (alloc_elsewhere, DISAGREE, ".data"),
    (debug_over_program_headers, DISAGREE, ".debug_info"),
    (two_over_the_same, DISAGREE, ".vendor"),
    (zeros_over_code, DISAGREE, ".bss"),
    (loaded_comment, DISAGREE, ".comment"),
    (lambda w: w.resize_section(".comment", b"x" * 65536), UNUSUAL, ".comment"),
    (attacks_sections.comment_not_text, UNUSUAL, ".comment"),
    (debuglink_with_payload, UNUSUAL, ".gnu_debuglink"),
    (debuglink_with_path, UNUSUAL, ".gnu_debuglink"),
    (attacks_sections.string_table_end, UNUSUAL, ".strtab"),
    (attacks_sections.symbol_table_odd_size, UNUSUAL, ".symtab"),
    (attacks_sections.new_name_without_section, UNUSUAL, ".shstrtab"),
    (lambda w: bytes(w.data) + b"~Module signature appended~\n", SIGNATURE, ""),
]
# As common as can be, and no reason for a remark.
PLAIN = [
    lambda w: bytes(w.data),
    lambda w: w.resize_section(".comment", b"x" * 65535),
    harmless.debug_longer, harmless.headers_zeroed, harmless.section_order,
]


def object_rows():
    """(what, relocatable file, the remark that it gets)"""
    plain = objects.by_hand(*objects.HANDMADE["hand64big"])

    def edited(name, **fields):
        o = Object(plain)
        o.section(name).__dict__.update(fields)
        return o.write()

    yield "nothing unusual", plain, None
    yield "debug link", object_harmless.debuglink_added(plain), None
    yield "comment", edited(".comment", content=b"\0GCC\x90\x90\0"), (UNUSUAL, ".comment")
    o = Object(plain)
    object_attacks.add_debuglink(o, b"x.debug\0abcdpayload!")
    yield "debug link with payload", o.write(), (UNUSUAL, ".gnu_debuglink")
    for name, flags in ((".debug_info", SHF_ALLOC | 4), (".comment", SHF_ALLOC)):
        yield f"{name} is loaded", edited(name, flags=flags), (DISAGREE, name)
    o = Object(plain)
    vendor, text = o.section(".vendor").record, o.section(".text").record
    data = bytearray(plain)
    vendor.offset = text.offset
    vendor.store(data)
    yield "two over the same", bytes(data), (DISAGREE, "")


def add_objects(pairs):
    for what, data, wanted in object_rows():
        pairs.add(f"object, {what}: against itself", ("identical", wanted), data, data)
        other = object_harmless.build_id(data) if wanted is None or wanted[1] else None
        if other:
            pairs.both_ways(f"object, {what}: build-id", ("normalised", wanted), other, data)


def add_row(pairs, what, data, wanted):
    pairs.add(f"{what}: against itself", ("identical", wanted), data, data)
    # It stays a remark, and no rule touches the section, where something else differs.
    other = harmless.build_id(Work(data))
    if other != data:
        pairs.both_ways(f"{what}: build-id", ("normalised", wanted), other, data)


def is_right(answer):
    tier, wanted = answer.wanted
    remarks = [f.split() for f in answer.findings if f.split()[1] == "identical"]
    if wanted is None:
        return answer.tier == tier and not remarks
    cause, section = wanted
    return answer.tier == tier and any(
        words[3] == cause + ":" and (not section or f"({section})" in words) for words in remarks)


def check_command(tap, folder, data):
    """What a person and a script see of two equal files."""
    for name in ("one", "other"):
        (folder / name).write_bytes(data)
    command = [os.environ["ASSAY"], "compare", folder / "one", folder / "other"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    tap.ok(done.returncode == 0 and done.stdout.startswith("identical: a match\n"), "status 0", done.stdout)
    tap.ok("\nEqual, but remarkable\n  elf/views-disagree" in done.stdout, "text", done.stdout)
    command[2:2] = ["--json", "-", "--accept", "identical"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    answer = json.loads(done.stdout)
    remarks = [f for f in answer["findings"] if f["cause"] == DISAGREE]
    tap.ok(done.returncode == 0 and answer["tier"] == "identical" and answer["accepted"] and
           answer["bytes"]["identical"] == len(data) and remarks and
           all(f["class"] == "identical" and f["rule"] is None for f in remarks),
           "machine-readable form", done.stdout)


def tarred(path, content, more):
    with tarfile.open(path, "w") as archive:
        for name, data in (("program", content), ("more", more)):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def check_members(tap, folder, data):
    """Of two archives that are not equal, and their members that are."""
    command = [os.environ["ASSAY"], "compare", "--json", "-",
               tarred(folder / "one.tar", data, b"1"), tarred(folder / "other.tar", data, b"2")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = [f for f in json.loads(done.stdout)["findings"] if f["cause"] == DISAGREE]
    tap.ok(done.returncode == 1 and found and all("program" in f["artefact"] for f in found),
           "an equal member of archives that differ", done.stdout)


def main():
    tap = tools.Tap()
    folder = tools.scratch()
    pairs = tools.Pairs()
    for machine, how in bases.HANDMADE.items():
        data = handmade.build(*how)
        for change, cause, section in ROWS:
            what = f"{machine}: {cause} {section}"
            add_row(pairs, what, change(Work(data)), (cause, section))
        for number, change in enumerate(PLAIN):
            add_row(pairs, f"{machine}: nothing unusual, {number}", change(Work(data)), None)
    add_objects(pairs)
    answers = pairs.answers()
    for answer in answers:
        if not is_right(answer):
            tap.ok(False, answer.what,
                   "\n".join([f"wanted {answer.wanted}: {answer.line}"] + answer.findings))
    tap.ok(len(answers) > 200, f"{len(answers)} pairs")
    check_members(tap, folder, pristine_copy(Work(handmade.build(*bases.HANDMADE["hand64"]))))
    check_command(tap, folder, pristine_copy(Work(handmade.build(*bases.HANDMADE["hand64"]))))
    tap.finish()


main()
