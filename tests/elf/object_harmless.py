# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes to relocatable files that no linker and no loader can tell from the file: each takes the
bytes of a file and returns changed ones, or None where it does not apply."""
import os
import subprocess
import tempfile

from object_attacks import add_debuglink, defined, flip, is_debug, referenced
from objectfile import (SHF_ALLOC, SHT_GROUP, STB_LOCAL, STB_WEAK, STT_FILE, STT_FUNC, STT_OBJECT,
                        STT_SECTION, Object, Section, Symbol)

HARMLESS = []  # in both directions
LACKS = []     # when the delivered file is the changed one
ON_NATIVE = []  # the same, by programs that know this machine's files
ON_MODULES = []  # and only where they take away nothing that a linker goes by
COMPRESSED = []  # not where there is .debug_frame, which may be missing but not differ


def rule(kind):
    def add(function):
        kind.append(function)
        return function
    return add


@rule(HARMLESS)
def rewritten(data):
    return Object(data).write()


@rule(HARMLESS)
def strings_in_other_order(data):
    return Object(data).write(backwards=True)


@rule(HARMLESS)
def table_in_front(data):
    return Object(data).write(table_first=True)


@rule(HARMLESS)
def padded(data):
    return Object(data).write(pad=24)


@rule(HARMLESS)
def sections_elsewhere(data):
    o = Object(data)
    return o.write(place=o.sections[::-1])


def is_free(o, symbol):
    """Whether nothing depends on where it stands among the others."""
    names = [s.name for s in o.symbols]
    return (isinstance(symbol.place, Section) and not symbol.name.startswith("$")
            and symbol.type != STT_FILE and symbol.bind != STB_WEAK
            and (symbol.type == STT_SECTION or names.count(symbol.name) == 1))


def reverse_free(o):
    free = [i for i, s in enumerate(o.symbols) if i and is_free(o, s)]
    turned = [o.symbols[i] for i in free][::-1]
    for i, s in zip(free, turned):
        o.symbols[i] = s
    return o


@rule(HARMLESS)
def symbols_in_other_order(data):
    return reverse_free(Object(data)).write()


@rule(HARMLESS)
def symbols_and_strings_in_other_order(data):
    return reverse_free(Object(data)).write(backwards=True, table_first=True)


@rule(HARMLESS)
def section_symbols_added(data):
    """As some versions of strip(1) write them."""
    o = Object(data)
    for s in o.sections:
        there = any(t.type == STT_SECTION and t.place is s for t in o.symbols)
        if s.flags & SHF_ALLOC and not there:
            o.symbols.insert(1, Symbol(place=s, info=STT_SECTION))
    return o.write()


@rule(HARMLESS)
def build_id(data):
    o = Object(data)
    return o.write() if flip(o.section(".note.gnu.build-id"), 20, 0x5A) else None


@rule(HARMLESS)
def comment(data):
    o = Object(data)
    return o.write() if flip(o.section(".comment"), 2) else None


@rule(HARMLESS)
def comment_longer(data):
    o = Object(data)
    if not o.section(".comment"):
        return None
    o.section(".comment").content = b"\0GCC: another one\0" * 9
    return o.write()


@rule(HARMLESS)
def debug_content(data):
    o = Object(data)
    return o.write() if flip(o.section(".debug_info"), 9, 0xFF) else None


@rule(HARMLESS)
def debuglink_added(data):
    """As dh_strip does it to modules."""
    o = Object(data)
    add_debuglink(o, b"thing.debug\0abcd")
    return o.write()


@rule(HARMLESS)
def debug_longer(data):
    o = Object(data)
    if not o.section(".debug_str"):
        return None
    o.section(".debug_str").content += b"/another/path\0" * 30
    return o.write()


@rule(HARMLESS)
def debug_relocations(data):
    o = Object(data)
    found = [s for s in o.sections if s.relocs and is_debug(s)]
    if not found:
        return None
    found[0].relocs[0].addend ^= 1
    found[0].relocs[0].type ^= 1
    found[0].relocs[-1].symbol = o.symbols[-1]
    return o.write() if len(found[0].content) else None


def without(o, gone):
    """Sections, with their symbols and their groups when nothing is left in them."""
    for s in o.of_type(SHT_GROUP):
        s.members = [m for m in s.members if m not in gone]
        if not s.members:
            gone.append(s)
    o.symbols = [s for s in o.symbols if s.place not in gone]
    o.sections = [s for s in o.sections if s not in gone]
    return o


@rule(LACKS)
def no_debug(data):
    o = Object(data)
    gone = [s for s in o.sections if is_debug(s)]
    return without(o, gone).write() if gone else None


@rule(LACKS)
def no_debug_other_order(data):
    o = Object(data)
    gone = [s for s in o.sections if is_debug(s)]
    return reverse_free(without(o, gone)).write(backwards=True, pad=8) if gone else None


@rule(LACKS)
def no_comment(data):
    o = Object(data)
    return without(o, [o.section(".comment")]).write() if o.section(".comment") else None


@rule(LACKS)
def no_file_symbols(data):
    o = Object(data)
    o.symbols = [s for s in o.symbols if s.type != STT_FILE]
    return o.write()


@rule(LACKS)
def no_unused_section_symbols(data):
    o = Object(data)
    used = referenced(o) | {id(r.symbol) for s in o.sections if s.relocs for r in s.relocs}
    o.symbols = [s for s in o.symbols if s.type != STT_SECTION or id(s) in used]
    return o.write()


@rule(LACKS)
def no_unused_local_symbols(data):
    o = Object(data)
    used = {id(r.symbol) for s in o.sections if s.relocs for r in s.relocs}
    names = [s.name for s in o.symbols]
    gone = [s for s in defined(o, STB_LOCAL, (0, STT_FUNC, STT_OBJECT))
            if id(s) not in used and not s.name.startswith("$") and names.count(s.name) == 1]
    if not gone:
        return None
    o.symbols = [s for s in o.symbols if s not in gone]
    return o.write()


def by_tool(kind, *command):
    """$IN and $OUT are its files."""
    def change(data, prefix=""):
        with tempfile.TemporaryDirectory() as folder:
            source, out = os.path.join(folder, "in"), os.path.join(folder, "out")
            with open(source, "wb") as file:
                file.write(data)
            words = [{"$IN": source, "$OUT": out}.get(c, c) for c in command]
            words[0] = prefix + words[0] if not words[0].startswith("eu-") else words[0]
            try:
                done = subprocess.run(words, capture_output=True, check=False)
            except OSError:
                return None
            if done.returncode != 0 or not os.path.exists(out):
                return None
            with open(out, "rb") as file:
                return file.read()
    change.__name__ = "_".join(c.strip("-").replace("-", "_").replace(".", "") for c in command
                               if not c.startswith("$"))
    kind.append(change)
    return change


by_tool(ON_NATIVE, "strip", "-g", "-o", "$OUT", "$IN")
by_tool(ON_NATIVE, "objcopy", "$IN", "$OUT")
by_tool(ON_NATIVE, "objcopy", "-R", ".comment", "$IN", "$OUT")
by_tool(ON_NATIVE, "eu-strip", "-g", "-o", "$OUT", "$IN")

# It takes _GLOBAL_OFFSET_TABLE_ away, which linkers act on, and what maps code on RISC-V.
by_tool(ON_MODULES, "strip", "--strip-unneeded", "-o", "$OUT", "$IN")
by_tool(COMPRESSED, "objcopy", "--compress-debug-sections", "$IN", "$OUT")
