# SPDX-License-Identifier: GPL-3.0-or-later
"""Compressed debug sections: packed in any way against plain is harmless, a stream that is not exactly
what its header says is not, and hides nothing."""
import shutil
import struct
import subprocess
import zlib

import bases
import handmade
import tools
from kinds import Work, by_tool
from tables import by_name

SHF_COMPRESSED = 0x800
ZLIB, ZSTD = 1, 2
PAYLOAD = b"\x90" * 16 + b"/bin/sh\0"
RULE = ("normalised", "elf/debug@2")


def zstd(content):
    return subprocess.run(["zstd", "-q", "-c"], input=content, capture_output=True, check=True).stdout


def chdr(w, kind, size, align=1, reserved=0):
    if w.elf.wide == 2:
        return struct.pack(w.elf.order + "IIQQ", kind, reserved, size, align)
    return struct.pack(w.elf.order + "III", kind, size & 0xFFFFFFFF, align)


def rename(w, old, new):
    """Another name for a section, of a table that ends with both."""
    names = w.elf.sections[w.elf.head.shstrndx]
    strings = bytes(w.data[names.offset:names.offset + names.size]) + new.encode() + b"\0"
    w.store(w.elf.section(old), name=names.size)
    return Work(w.resize_section(".shstrtab", strings))


def new_form(content, kind=ZLIB, **head):
    """SHF_COMPRESSED."""
    def change(w, name=".debug_info"):
        stream = zlib.compress(content) if kind == ZLIB else zstd(content)
        return raw(stream, kind, **{"size": len(content), **head})(w, name)
    return change


def raw(stream, kind=ZLIB, **head):
    """A stream behind a header, whatever it is."""
    def change(w, name=".debug_info"):
        w.set_section(name, flags=SHF_COMPRESSED)
        return w.resize_section(name, chdr(w, kind, **head) + stream)
    return change


def old_form(stream, size, magic=b"ZLIB"):
    """.zdebug_info."""
    def change(w, name=".debug_info"):
        w = rename(w, name, name.replace(".debug", ".zdebug"))
        return w.resize_section(name.replace(".debug", ".zdebug"), magic + struct.pack(">Q", size) + stream)
    return change


def plain(content):
    return lambda w, name=".debug_info": w.resize_section(name, content)


def forms(content):
    yield "plain", plain(content)
    yield "zlib", new_form(content)
    yield "zlib, other level", raw(zlib.compress(content, 1), size=len(content))
    yield "zdebug", old_form(zlib.compress(content), len(content))
    if shutil.which("zstd"):
        yield "zstd", new_form(content, ZSTD)


def bad_forms(content):
    """What is not exactly what it says."""
    size, stream = len(content), zlib.compress(content)
    for what, wrong in (("one more", size + 1), ("one less", size - 1), ("none", 0),
                        ("2 GiB", 1 << 31)):
        yield f"size: {what}", raw(stream, size=wrong)
        yield f"zdebug, size: {what}", old_form(stream, wrong)
    yield "size: 2^63", old_form(stream, 1 << 63)
    yield "more than the limit", raw(stream, size=0xFFFFFFFF)
    yield "bytes behind", raw(stream + PAYLOAD, size=size)
    yield "zdebug, bytes behind", old_form(stream + PAYLOAD, size)
    yield "second stream", raw(stream + zlib.compress(PAYLOAD), size=size + len(PAYLOAD))
    yield "cut short", raw(stream[:-1], size=size)
    yield "damaged", raw(stream[:-1] + bytes([stream[-1] ^ 1]), size=size)
    yield "not zlib", raw(PAYLOAD, size=size)
    yield "unknown kind", raw(stream, 3, size=size)
    yield "nothing at all", lambda w, name=".debug_info": Work(
        w.set_section(name, flags=SHF_COMPRESSED)).resize_section(name, b"")
    yield "zdebug without magic", old_form(stream, size, b"ZL1B")
    yield "zdebug, plain", old_form(content, size, b"\0\1\2\3")
    yield "packed twice", lambda w, name=".debug_info": Work(old_form(stream, size)(w, name)).set_section(
        ".zdebug_info", flags=SHF_COMPRESSED)
    if shutil.which("zstd"):
        packed = zstd(content)
        yield "zstd, size", raw(packed, ZSTD, size=size + 1)
        yield "zstd, second frame", raw(packed + zstd(PAYLOAD), ZSTD, size=size + len(PAYLOAD))
        yield "zstd, bytes behind", raw(packed + PAYLOAD, ZSTD, size=size)
        yield "zstd, cut short", raw(packed[:-1], ZSTD, size=size)
        yield "zstd, a bomb", raw(zstd(bytes(80 << 20)), ZSTD, size=80 << 20)


def add_forms(pairs, machine, data):
    content = bytes(range(7, 50)) * 20
    other = content[:-1] + b"x"
    made = {what: form(Work(data)) for what, form in forms(content)}
    changed = {what: form(Work(data)) for what, form in forms(other)}
    for one in made:
        for two in made:
            if one != two:
                pairs.add(f"{machine}: {one} against {two}", RULE, made[one], made[two])
                attack = by_name("byte_text_5")(Work(made[one]))
                pairs.add(f"{machine}: {one} against {two}, attacked", ("different", None), attack,
                          made[two])
            pairs.add(f"{machine}: {one} against other {two}", RULE, made[one], changed[two])
    for what, form in bad_forms(content):
        bad = form(Work(data))
        pairs.add(f"{machine}: {what}, both", ("identical", None), bad, bad)
        for against in ("plain", "zlib"):
            pairs.both_ways(f"{machine}: {what} against {against}", ("different", None), bad, made[against])
    if Work(data).elf.wide == 2:
        # LLVM's objcopy leaves in it what was in memory.
        odd = new_form(content, reserved=7)(Work(data))
        pairs.both_ways(f"{machine}: reserved field", RULE, odd, made["plain"])
        attack = by_name("byte_text_5")(Work(odd))
        pairs.both_ways(f"{machine}: reserved field, attacked", ("different", None), attack,
                        made["plain"])


def add_frame(pairs, machine, data):
    """.debug_frame may be packed otherwise, but not say something else."""
    base = Work(data).append_section(".debug_frame", bytes(range(40)))
    old = Work(data).elf.sections[Work(data).elf.head.shstrndx].offset
    base = Work(base).put(old, bytes(len(data) - old))
    other = bytes(range(39)) + b"x"
    packed = new_form(bytes(range(40)))(Work(base), ".debug_frame")
    pairs.both_ways(f"{machine}: .debug_frame packed", RULE, packed, base)
    pairs.both_ways(f"{machine}: .debug_frame packed, changed", ("different", None),
                    new_form(other)(Work(base), ".debug_frame"), base)
    pairs.both_ways(f"{machine}: .debug_frame packed on both sides, changed", ("different", None),
                    new_form(other)(Work(base), ".debug_frame"), packed)


def add_tools(pairs, folder, tap):
    """As objcopy writes it."""
    made = bases.all_of(tap, folder, ["pie"])
    if not made or not tools.has(tap, "objcopy"):
        return
    path = made[0].path
    made = {}
    for how in ("none", "zlib", "zlib-gnu", "zstd"):
        out = by_tool("objcopy", f"--compress-debug-sections={how}", "$IN", "$OUT")(
            Work(path.read_bytes()))
        if out is not None:
            made[how] = out
    for one in made:
        for two in made:
            if made[one] != made[two]:
                pairs.add(f"objcopy: {one} against {two}", RULE, made[one], made[two])
    tap.ok(len(made) > 2, f"objcopy packs in {len(made)} ways")


def is_right(answer):
    tier, rule = answer.wanted
    return answer.tier == tier and (rule is None or rule in answer.rules)


def main():
    tap = tools.Tap()
    folder = tools.scratch()
    pairs = tools.Pairs()
    for machine, how in bases.HANDMADE.items():
        data = handmade.build(*how)
        add_forms(pairs, machine, data)
        add_frame(pairs, machine, data)
    add_tools(pairs, folder, tap)
    answers = pairs.answers()
    for answer in answers:
        if not is_right(answer):
            tap.ok(False, answer.what,
                   "\n".join([f"wanted {answer.wanted}: {answer.line}"] + answer.findings))
    # That a stream is wrong is said, too, and not only that bytes differ.
    said = [a for a in answers if any("elf/unusual-content: " in f for f in a.findings)]
    tap.ok(len(said) > 150, f"{len(answers)} pairs, {len(said)} with a remark")
    tap.finish()


main()
