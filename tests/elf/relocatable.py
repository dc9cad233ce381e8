# SPDX-License-Identifier: GPL-3.0-or-later
"""Relocatable files: attacks are different, alone and behind harmless changes; harmless changes are
normalised, in the directions in which they are harmless."""
import zlib

import object_attacks
import object_harmless
import objects
import tools
from objectfile import (SHF_ALLOC, SHF_WRITE, SHN_ABS, SHT_PROGBITS, STB_GLOBAL, STT_FILE, STT_FUNC, STT_NOTYPE,
                        STT_OBJECT, Object, Section, Symbol)

# What no file that could be made here has: it must apply where there is a compiler that makes it.
NEEDS = {
    "group_": "cxx", "debug_group": "x86_64-sections", "mapping_symbol": "aarch64",
    "twin": "hand64big", "content_of_MIPS": "mips", "content_of_riscv": "riscv64",
    "content_of_modinfo": "module", "content_of__": "module", "content_of_gnu": "module",
    "content_of_init_text": "module", "unwinding": "mips", "content_of_note_gnu": "x86_64",
}


def attacked(attack, data, before=lambda o: o, **how):
    """The file with the attack in it, written as told; None where it does not apply."""
    o = before(Object(data))
    try:
        if attack(o) is False:
            return None
        out = o.write(**how)
    except (IndexError, AttributeError, ValueError, KeyError):
        return None
    return out


def without_debug(o):
    return object_harmless.without(o, [s for s in o.sections if object_attacks.is_debug(s)])


# How an attack is hidden: what is done to the file before, and how it is written.
COVERS = [
    ("", lambda o: o, {}),
    (", strings in other order", lambda o: o, dict(backwards=True, table_first=True)),
    (", symbols in other order", object_harmless.reverse_free, dict(pad=8)),
    (", behind build-id", lambda o: o if object_attacks.flip(
        o.section(".note.gnu.build-id"), 18, 0x55) else o, {}),
    (", behind comment", lambda o: o if object_attacks.flip(o.section(".comment"), 2) else o, {}),
]


# Files on which every attack is tried behind every cover; on others behind one.
COVERED = {"module", "cxx", "aarch64", "hand64big", "hand32rel"}


def add_attacks(pairs, name, data):
    used = set()
    for attack in object_attacks.ATTACKS:
        for cover, before, how in COVERS if name in COVERED else COVERS[2:3]:
            changed = attacked(attack, data, before, **how)
            if changed is None or changed == attacked(lambda o: None, data, before, **how):
                continue
            used.add(attack.__name__)
            pairs.both_ways(f"{name}: {attack.__name__}{cover}", "different", changed, data,
                            back_of(attack))
    for attack in object_attacks.RAW:
        try:
            changed = attack(data)
        except KeyError:
            continue
        if changed in (None, data):
            continue
        used.add(attack.__name__)
        pairs.both_ways(f"{name}: {attack.__name__}", "different", changed, data)
    return used


def add_versions(pairs, name, data):
    """Of foo and foo@@V2 LLD takes the one that stands first; how other symbols stand is no matter."""
    def made(order, change=lambda o: o):
        o = Object(data)
        first = object_attacks.defined(o, STB_GLOBAL, (STT_FUNC,))[0]
        family = [first] + [Symbol(**first.__dict__ | dict(name=first.name + version, value=value))
                            for version, value in (("@V1", 4), ("@@V2", 8))]
        at = o.symbols.index(first)
        o.symbols[at:at + 1] = family
        change(o)
        slots = [i for i, s in enumerate(o.symbols) if s in family]
        for slot, i in zip(slots, order):
            o.symbols[slot] = family[i]
        return o.write()
    if not object_attacks.defined(Object(data), STB_GLOBAL, (STT_FUNC,)):
        return 0
    base = made((0, 1, 2))
    for order in ((1, 0, 2), (0, 2, 1), (2, 1, 0)):
        pairs.both_ways(f"{name}: versions of a name as {order}", "different", made(order), base)
    pairs.both_ways(f"{name}: symbols around the versions of a name", "normalised",
                    made((0, 1, 2), object_harmless.reverse_free), base)
    return 1


def with_numbers(o, **fields):
    """A section that holds numbers of symbols, and that nobody but linkers reads."""
    o.sections.append(Section(link=o.symtab, content=bytes([1, 2]), **fields))
    return o


def with_loaded_relocations(o):
    for section in o.sections:
        if section.relocs is not None and not object_attacks.is_debug(section.info):
            section.flags |= SHF_ALLOC
    return o


# SHT_LLVM_ADDRSIG and SHT_LLVM_CALL_GRAPH_PROFILE of LLVM's BinaryFormat/ELF.h; one of no name.
HOLDERS = [
    ("addresses that count", lambda o: with_numbers(o, name=".llvm_addrsig", type=0x6fff4c03, flags=1 << 31)),
    ("calls", lambda o: with_numbers(o, name=".llvm.call-graph-profile", type=0x6fff4c02, flags=1 << 31)),
    ("something else", lambda o: with_numbers(o, name=".vendor.numbers", type=0x60001234, flags=0)),
    ("loaded relocations", with_loaded_relocations),
]


def add_numbers(pairs, name, data):
    """Where something holds numbers of symbols that is not understood, they must stay."""
    for what, change in HOLDERS:
        base = change(Object(data)).write()
        turned = change(object_harmless.reverse_free(Object(data))).write()
        moved = change(Object(data)).write(table_first=True)
        pairs.both_ways(f"{name}: {what}: symbols in other order", "different", turned, base)
        pairs.both_ways(f"{name}: {what}: sections elsewhere", "normalised", moved, base)


# Local symbols that strip(1) takes away, and those that it keeps or that linkers know: STT_TLS,
# STT_GNU_IFUNC, an absolute one.
STRIPPED = [(STT_NOTYPE, None), (STT_OBJECT, None), (STT_FUNC, None)]
KEPT = [(6, None), (10, None), (STT_NOTYPE, SHN_ABS), (STT_FILE + 1, None)]


def add_missing_symbols(pairs, name, data):
    """A delivered file may lack local symbols of some kinds."""
    for kind, place in STRIPPED + KEPT:
        o = Object(data)
        o.symbols.insert(1, Symbol(name="nobody_needs_it", info=kind, place=place or object_attacks.code(o)))
        pairs.both_ways(f"{name}: lacks a symbol of type {kind}{', absolute' if place else ''}",
                        "different" if (kind, place) in KEPT else "normalised", Object(data).write(),
                        o.write(), "different")


def note(o, owner, size, kind=3):
    return o.pack("III", len(owner), size, kind) + owner + bytes(size)


# What the note is instead, and whether the last byte of its value may still differ.
NOTES = [
    ("8 bytes", lambda o: note(o, b"GNU\0", 8), True),
    ("64 bytes", lambda o: note(o, b"GNU\0", 64), True),
    ("4 bytes", lambda o: note(o, b"GNU\0", 4), False),
    ("68 bytes", lambda o: note(o, b"GNU\0", 68), False),
    ("another owner", lambda o: note(o, b"XYZ\0", 20), False),
    ("another type", lambda o: note(o, b"GNU\0", 20, 4), False),
    ("a note in front of it", lambda o: note(o, b"GNU\0", 4, 1) + note(o, b"GNU\0", 20), False),
]


def add_build_id(pairs, name, data):
    """Its value may differ in the section of that name, which is loaded and read-only; nowhere else."""
    if Object(data).section(".note.gnu.build-id") is None:
        return 0

    def add(what, fits, change, at=-1):
        files = []
        for value in range(2):
            o = Object(data)
            section = o.section(".note.gnu.build-id")
            change(o, section)
            content = bytearray(section.content)
            content[at] = value
            section.content = bytes(content)
            files.append(o.write())
        pairs.both_ways(f"{name}: value of the build-id{what}", "normalised" if fits else "different", *files)

    for what, fields in (("", {}), (", another name", dict(name=".note.vendor")), (", writable", dict(
            flags=SHF_ALLOC | SHF_WRITE)), (", not loaded", dict(flags=0)), (", no note", dict(type=SHT_PROGBITS))):
        add(what, not what, lambda _, section, fields=fields: section.__dict__.update(fields))
    for what, made, fits in NOTES:
        add(f", {what}", fits, lambda o, section, made=made: setattr(section, "content", made(o)))

    def with_more(o, section):
        section.content += note(o, b"", 0, 9)
    add(", a note behind it", False, with_more, at=16)
    return 1


# --- what a rule lets sections hold that nothing loads ---

SHF_COMPRESSED = 1 << 11
LINK, IDENT = b"/usr/lib/debug/.dwz/x", bytes(range(1, 21))


def packed(o, content, size=None, more=b""):
    """gABI, Elf32_Chdr and Elf64_Chdr, and a zlib stream."""
    size = len(content) if size is None else size
    head = o.pack("IIQQ", 1, 0, size, 1) if o.wide == 2 else o.pack("III", 1, size, 1)
    return head + zlib.compress(content) + more


# Section, its flags, how, what the rebuilt file and what the delivered one holds, and whether that may be.
CONTENTS = [
    (".gnu_debugaltlink", 0, "another build-id", LINK + b"\0" + IDENT, LINK + b"\0" + IDENT[::-1], True),
    (".gnu_debugaltlink", 0, "another path", LINK + b"\0" + IDENT, LINK * 2 + b"\0" + IDENT, True),
    (".gnu_debugaltlink", 0, "no build-id", LINK + b"\0" + IDENT, LINK + b"\0", False),
    (".gnu_debugaltlink", 0, "a payload", LINK + b"\0" + IDENT, LINK + b"\0" + IDENT * 4, False),
    (".gnu_debugaltlink", 0, "no path", LINK + b"\0" + IDENT, LINK * 2, False),
    (".gnu_debugaltlink", SHF_ALLOC, "loaded", LINK + b"\0" + IDENT, LINK + b"\0" + IDENT[::-1], False),
    (".debug_sup", SHF_COMPRESSED, "packed", b"one" * 90, b"two" * 90, True),
    (".debug_sup", SHF_COMPRESSED, "packed, more than it says", b"one" * 90, (b"two" * 90, 269), False),
    (".debug_sup", SHF_COMPRESSED, "packed, less than it says", b"one" * 90, (b"two" * 90, 271), False),
    (".debug_sup", SHF_COMPRESSED, "packed, a payload behind it", b"one" * 90,
     (b"two" * 90, 270, b"payload"), False),
    (".debug_sup", SHF_COMPRESSED | SHF_ALLOC, "packed, loaded", b"one" * 90, b"two" * 90, False),
]


def with_content(data, name, flags, content):
    o = Object(data)
    if flags & SHF_COMPRESSED:
        content = packed(o, *content) if isinstance(content, tuple) else packed(o, content)
    o.sections.insert(len(o.sections) - 1, Section(name=name, flags=flags, content=content))
    return o.write()


def add_contents(pairs, name, data):
    for section, flags, what, rebuilt, delivered, fits in CONTENTS:
        one, other = (with_content(data, section, flags, c) for c in (delivered, rebuilt))
        pairs.both_ways(f"{name}: {section}: {what}", "normalised" if fits else "different", one, other)
        if flags & SHF_ALLOC == 0 and fits:
            pairs.add(f"{name}: {section}: {what}, missing", "normalised", Object(data).write(), other)
            pairs.add(f"{name}: {section}: {what}, added", "different", one, Object(data).write())


# What is an attack when it is added is harmless when it is taken away.
ADDS = {"section_added_debug", "section_added_debug_twice", "section_added_comment",
        "symbol_added_local", "symbol_added_file"}


def back_of(attack):
    return "normalised" if attack.__name__ in ADDS else None


def add_harmless(pairs, name, data):
    used = set()
    rows = [(f, "normalised", "normalised", {}) for f in object_harmless.HARMLESS]
    rows += [(f, "normalised", None, {}) for f in object_harmless.LACKS]
    if name in objects.COMPILED and not name.startswith("clang"):
        prefix = objects.prefix(objects.COMPILED[name][0])
        tools_here = list(object_harmless.ON_NATIVE)
        tools_here += object_harmless.ON_MODULES if "module" in name else []
        tools_here += object_harmless.COMPRESSED if not Object(data).section(".debug_frame") else []
        rows += [(f, "normalised", None, dict(prefix=prefix)) for f in tools_here]
    for change, there, back, how in rows:
        changed = change(data, **how)
        if changed is None:
            continue
        used.add(change.__name__)
        if changed == data:
            continue
        pairs.add(f"{name}: {change.__name__}", there, changed, data)
        if back:
            pairs.add(f"{name}: {change.__name__}, the other way round", back, data, changed)
    return used


def is_expected(made, kind):
    """Whether a change must have applied somewhere: the compiler for it is here."""
    for start, base in NEEDS.items():
        if kind.startswith(start):
            return base in made
    return True


def main():
    tap = tools.Tap()
    folder = tools.scratch()
    made = objects.objects(folder)
    used, versions, values = set(), 0, 0
    counts = {"different": 0, "normalised": 0}
    with tools.Pairs() as pairs:
        for name, data in made.items():
            used |= add_attacks(pairs, name, data) | add_harmless(pairs, name, data)
            versions += add_versions(pairs, name, data)
            values += add_build_id(pairs, name, data)
            if name in COVERED:
                add_numbers(pairs, name, data)
                add_missing_symbols(pairs, name, data)
                add_contents(pairs, name, data)
        for answer in pairs.answers():
            counts[answer.wanted] += 1
            if answer.tier != answer.wanted:
                tap.ok(False, answer.what, "\n".join(
                    [f"wanted {answer.wanted}: {answer.line}"] + answer.findings[:12]))
    tools.has(tap, *sorted({how[0] for how in objects.COMPILED.values()}))
    tap.ok(counts["different"] > 1000, f"{counts['different']} pairs are different")
    tap.ok(counts["normalised"] > 200, f"{counts['normalised']} pairs are normalised")
    tap.ok(versions > 3, f"{versions} files with versions of a name")
    tap.ok(values > 0, f"{values} files with a build-id")
    every = {f.__name__ for f in object_attacks.ATTACKS + object_attacks.RAW +
             object_harmless.HARMLESS + object_harmless.LACKS}
    unused = sorted(k for k in every - used if is_expected(made, k))
    tap.ok(not unused, f"each of {len(every)} changes applies to at least one file",
           " ".join(unused))
    tap.finish()


main()
