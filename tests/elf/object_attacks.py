# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes to relocatable files that change what is linked or loaded, or what nobody has compared.

An attack takes an Object and changes it in place; it returns False where it does not apply. A raw
attack takes the bytes of a file and returns changed ones, or None.
"""
import struct

from objectfile import (SHF_ALLOC, SHF_EXECINSTR, SHF_GROUP, SHF_INFO_LINK, SHF_WRITE, SHN_ABS,
                        SHN_UNDEF, SHT_GROUP, SHT_NOBITS, SHT_NULL, SHT_PROGBITS, SHT_RELA,
                        SHT_STRTAB, SHT_SYMTAB, STB_GLOBAL, STB_LOCAL, STB_WEAK, STT_FILE, STT_FUNC,
                        STT_OBJECT, STT_SECTION, Object, Reloc, Section, Symbol)

SHELLCODE = bytes.fromhex("4831f65648bf2f62696e2f2f7368")
ATTACKS, RAW = [], []


def attack(function):
    ATTACKS.append(function)
    return function


def raw(function):
    RAW.append(function)
    return function


# --- finding things ---

def is_debug(section):
    return isinstance(section, Section) and (section.name.startswith((".debug_", ".rela.debug_",
                                                                      ".rel.debug_")))


def relocs_of(o, name):
    """The table of relocations of a section that has some."""
    found = [s for s in o.sections if s.relocs and s.info.name == name]
    return found[0] if found else None


def code_relocs(o):
    found = [s for s in o.sections if s.relocs and s.info.flags & SHF_EXECINSTR]
    return found[0] if found else None


def code(o):
    found = [s for s in o.sections if s.flags & SHF_EXECINSTR and s.content]
    return found[0] if found else None


def referenced(o):
    return {id(r.symbol) for s in o.sections if s.relocs and not is_debug(s) for r in s.relocs}


def defined(o, bind=None, kinds=(STT_FUNC, STT_OBJECT), used=None):
    """Symbols in sections that are loaded."""
    names = referenced(o) if used is not None else ()
    return [s for s in o.symbols[1:] if isinstance(s.place, Section) and s.place.flags & SHF_ALLOC
            and s.type in kinds and (bind is None or s.bind == bind)
            and (used is None or (id(s) in names) == used)]


def flip(section, at=0, mask=1):
    if section is None or not section.content or len(section.content) <= at:
        return False
    content = bytearray(section.content)
    content[at] ^= mask
    section.content = bytes(content)
    return True


def swap(items, a, b):
    i, k = items.index(a), items.index(b)
    items[i], items[k] = b, a


# --- relocations ---

@attack
def relocation_addend(o):
    table = code_relocs(o)
    if table is None or table.type != SHT_RELA:
        return False
    table.relocs[0].addend += 8


@attack
def relocation_type(o):
    code_relocs(o).relocs[0].type ^= 1


@attack
def relocation_offset(o):
    code_relocs(o).relocs[-1].offset += 1


@attack
def relocation_symbol(o):
    rows = code_relocs(o).relocs
    others = [s for s in o.symbols[1:] if s is not rows[0].symbol and s.type != STT_FILE
              and not is_debug(s.place)]
    rows[0].symbol = others[-1]


@attack
def relocation_to_no_symbol(o):
    code_relocs(o).relocs[0].symbol = o.symbols[0]


@attack
def relocation_symbols_swapped(o):
    rows = code_relocs(o).relocs
    other = [r for r in rows if r.symbol is not rows[0].symbol]
    if not other:
        return False
    rows[0].symbol, other[0].symbol = other[0].symbol, rows[0].symbol


@attack
def relocation_extra(o):
    rows = code_relocs(o).relocs
    rows.append(Reloc(rows[0].offset, rows[0].type, rows[0].symbol, 0))


@attack
def relocation_missing(o):
    code_relocs(o).relocs.pop()


@attack
def relocation_order(o):
    rows = code_relocs(o).relocs
    if len(rows) < 2:
        return False
    rows[0], rows[1] = rows[1], rows[0]


@attack
def relocation_by_section(o):
    """Against the symbol of the section instead of the function, with the same address."""
    for table in [s for s in o.sections if s.relocs and not is_debug(s)]:
        for r in table.relocs:
            sections = [s for s in o.symbols if s.type == STT_SECTION and s.place is r.symbol.place]
            if r.symbol.type == STT_FUNC and sections and r.symbol.bind == STB_LOCAL:
                r.addend += r.symbol.value
                r.symbol = sections[0]
                return True
    return False


@attack
def relocations_hidden(o):
    """A second table for code, named like one of debugging information."""
    table = code_relocs(o)
    o.sections.insert(len(o.sections) - 1, Section(
        name=".rela.debug_info" if table.type == SHT_RELA else ".rel.debug_info", type=table.type,
        flags=SHF_INFO_LINK, link=table.link, info=table.info, addralign=table.addralign,
        entsize=table.entsize, relocs=[Reloc(0, 1, o.symbols[-1], 0)]))


@attack
def relocations_retargeted(o):
    """Those of code are about data."""
    data = [s for s in o.sections if s.flags & SHF_WRITE and s.content and s.type == SHT_PROGBITS]
    table = code_relocs(o)
    if not data or data[0] is table.info:
        return False
    table.info = data[0]


@attack
def debug_relocations_retargeted(o):
    found = [s for s in o.sections if s.relocs and is_debug(s)]
    if not found:
        return False
    found[0].info = code(o)


@attack
def init_array_order(o):
    table = relocs_of(o, ".init_array") or relocs_of(o, ".ctors")
    if table is None or len(table.relocs) < 2:
        return False
    a, b = table.relocs[:2]
    a.symbol, b.symbol = b.symbol, a.symbol
    if a.symbol is b.symbol:
        if a.addend == b.addend:
            return False
        a.addend, b.addend = b.addend, a.addend


# --- symbols ---

@attack
def symbol_value(o):
    defined(o)[0].value += 16


@attack
def symbol_size(o):
    defined(o)[0].size += 4


@attack
def symbol_value_of_used_local(o):
    found = defined(o, STB_LOCAL, (0, STT_FUNC, STT_OBJECT), True)
    if not found:
        return False
    found[0].value ^= 4


@attack
def symbol_global_to_weak(o):
    defined(o, STB_GLOBAL)[0].bind = STB_WEAK


@attack
def symbol_weak_to_global(o):
    weak = [s for s in o.symbols if s.bind == STB_WEAK]
    if not weak:
        return False
    weak[0].bind = STB_GLOBAL


@attack
def symbol_local_to_global(o):
    found = defined(o, STB_LOCAL)
    if not found:
        return False
    found[0].bind = STB_GLOBAL


@attack
def symbol_visibility(o):
    defined(o, STB_GLOBAL)[0].other ^= 2


@attack
def symbol_type(o):
    s = defined(o)[0]
    s.type = STT_OBJECT if s.type == STT_FUNC else STT_FUNC


@attack
def symbol_section(o):
    s = defined(o)[0]
    s.place = [t for t in o.sections if t.flags & SHF_ALLOC and t is not s.place][0]


@attack
def symbol_absolute(o):
    defined(o, STB_GLOBAL)[0].place = SHN_ABS


@attack
def symbol_undefined(o):
    s = defined(o, STB_GLOBAL)[0]
    s.place, s.value, s.size = SHN_UNDEF, 0, 0


@attack
def symbol_renamed(o):
    defined(o, STB_GLOBAL)[0].name += "x"


@attack
def symbol_of_other_renamed(o):
    undefined = [s for s in o.symbols[1:] if s.place == SHN_UNDEF]
    if not undefined:
        return False
    undefined[0].name += "x"


@attack
def symbol_names_swapped(o):
    """Two functions have each other's name: the bytes of all sections stay as they are."""
    found = defined(o, STB_GLOBAL)
    if len(found) < 2 or found[0].name == found[1].name:
        return False
    found[0].name, found[1].name = found[1].name, found[0].name


@attack
def symbol_names_swapped_with_other(o):
    """A call goes to another function of another file."""
    found = [s for s in o.symbols[1:] if s.place == SHN_UNDEF]
    if len(found) < 2:
        return False
    found[0].name, found[1].name = found[1].name, found[0].name


@attack
def symbol_values_swapped(o):
    found = [s for s in defined(o) if s.place is defined(o)[0].place]
    if len(found) < 2 or found[0].value == found[1].value:
        return False
    found[0].value, found[1].value = found[1].value, found[0].value


def twins(o):
    names = [s.name for s in o.symbols if s.name]
    for s in o.symbols:
        same = [t for t in o.symbols if t.name == s.name and t.bind == STB_LOCAL and
                t.type != STT_FILE and isinstance(t.place, Section)
                and not t.name.startswith(("$", ".L")) and not is_debug(t.place)
                and t.place.type != SHT_GROUP]
        if s.name and names.count(s.name) > 1 and len(same) > 1 and same[0].value != same[1].value:
            return same
    return None


@attack
def twins_swapped_by_reference(o):
    """Of two local symbols of one name the other one is used."""
    pair = twins(o)
    if not pair:
        return False
    done = False
    for table in [s for s in o.sections if s.relocs and not is_debug(s)]:
        for r in table.relocs:
            if r.symbol in pair[:2]:
                r.symbol, done = pair[1 - pair[:2].index(r.symbol)], True
    return done


@attack
def twins_in_other_order(o):
    """livepatch counts symbols of one name."""
    pair = twins(o)
    if not pair:
        return False
    swap(o.symbols, *pair[:2])


@attack
def twin_missing(o):
    pair = twins(o)
    unused = [s for s in pair or [] if id(s) not in referenced(o)]
    if not unused:
        return False
    o.symbols.remove(unused[0])


@attack
def undefined_in_other_order(o):
    """The order in which LLD takes members out of libraries."""
    found = [s for s in o.symbols[1:] if s.place == SHN_UNDEF]
    if len(found) < 2:
        return False
    swap(o.symbols, *found[:2])


def weak(o):
    return [s for s in o.symbols if s.bind == STB_WEAK and isinstance(s.place, Section)]


@attack
def weak_symbol_in_front_of_undefined(o):
    """LLD took a member out of a library before it saw the weak symbol behind what is undefined."""
    swap(o.symbols, weak(o)[0], [s for s in o.symbols[1:] if s.place == SHN_UNDEF][0])


@attack
def weak_symbols_in_other_order(o):
    swap(o.symbols, weak(o)[0], weak(o)[1])


@attack
def mapping_symbols_in_other_order(o):
    found = [s for s in o.symbols if s.name.startswith("$") and not is_debug(s.place)]
    if len({(s.name, s.value, id(s.place)) for s in found}) < 2:
        return False
    swap(o.symbols, found[0], [s for s in found if s.name != found[0].name or s.value != found[0]
                               .value or s.place is not found[0].place][0])


@attack
def mapping_symbol_missing(o):
    found = [s for s in o.symbols if s.name.startswith("$") and not is_debug(s.place)]
    if not found:
        return False
    o.symbols.remove(found[0])


@attack
def symbol_added_local(o):
    o.symbols.append(Symbol(name="payload", place=code(o), info=STT_FUNC, value=4))


@attack
def symbol_added_global(o):
    o.symbols.append(Symbol(name="malloc", place=code(o), info=STB_GLOBAL << 4 | STT_FUNC))


@attack
def symbol_added_undefined(o):
    """A module that needs another one is loaded after it."""
    o.symbols.append(Symbol(name="payload_init", info=STB_GLOBAL << 4))


@attack
def symbol_added_file(o):
    o.symbols.append(Symbol(name="payload.c", place=SHN_ABS, info=STT_FILE))


@attack
def symbol_removed_global(o):
    found = defined(o, STB_GLOBAL, used=False)
    if not found:
        return False
    o.symbols.remove(found[-1])


@attack
def common_size(o):
    common = [s for s in o.symbols if s.place == 0xFFF2]
    if not common:
        return False
    common[0].size += 8


@attack
def file_renamed(o):
    files = [s for s in o.symbols if s.type == STT_FILE]
    if not files:
        return False
    files[0].name = "x" + files[0].name


@attack
def used_section_symbol_moved(o):
    found = [s for s in o.symbols if s.type == STT_SECTION and id(s) in referenced(o)]
    if not found:
        return False
    found[0].value += 8


# --- sections ---

def content_of(name, at=0):
    def change(o):
        return flip(o.section(name), at)
    change.__name__ = f"content_of{name.replace('.', '_')}"
    return change


for _name, _at in ((".text", 5), (".data", 0), (".init_array", 0), (".modinfo", 9),
                   ("__versions", 0), (".gnu.linkonce.this_module", 30), (".init.text", 0),
                   (".eh_frame", 9), (".vendor", 3), (".rodata.str1.1", 2), (".MIPS.abiflags", 4),
                   (".riscv.attributes", 8), (".note.gnu.property", 20), ("__ksymtab_strings", 1)):
    attack(content_of(_name, _at))


def header_of(name, field, how):
    def change(o):
        found = [s for s in o.sections if s.name == name or
                 (name == "code" and s.flags & SHF_EXECINSTR and s.content)]
        if not found:
            return False
        setattr(found[0], field, how(getattr(found[0], field)))
    change.__name__ = f"header_of_{name.strip('.')}_{field}"
    return change


for _name, _field, _how in (
        ("code", "flags", lambda v: v | SHF_WRITE), ("code", "flags", lambda v: v & ~SHF_EXECINSTR),
        ("code", "flags", lambda v: v & ~SHF_ALLOC), ("code", "addralign", lambda v: v * 2),
        ("code", "type", lambda v: 0x6fff0000), ("code", "name", lambda v: ".init.text2"),
        ("code", "entsize", lambda v: 8), ("code", "addr", lambda v: 0x1000),
        ("code", "link", lambda v: 1), ("code", "info", lambda v: 1),
        (".bss", "size", lambda v: v + 16), (".data", "flags", lambda v: v | SHF_EXECINSTR),
        (".rodata.str1.1", "entsize", lambda v: 0), (".modinfo", "flags", lambda v: 0),
        (".modinfo", "name", lambda v: ".modinf0"), (".init_array", "type", lambda v: SHT_PROGBITS),
        (".note.GNU-stack", "flags", lambda v: SHF_EXECINSTR),
        (".note.GNU-stack", "name", lambda v: ".note.GNU-stock"),
        (".note.GNU-stack", "type", lambda v: 7), (".debug_info", "flags", lambda v: v | SHF_ALLOC),
        (".debug_info", "flags", lambda v: v | SHF_WRITE),
        (".debug_info", "flags", lambda v: v | SHF_EXECINSTR),
        (".debug_info", "flags", lambda v: v | 0x80000000),
        (".debug_info", "name", lambda v: ".debug_payload"),
        (".debug_info", "name", lambda v: ".debug_gdb_scripts"),
        (".debug_info", "type", lambda v: 7), (".debug_info", "addr", lambda v: 0x1000),
        (".debug_info", "link", lambda v: 1), (".debug_info", "addralign", lambda v: 4096),
        (".comment", "flags", lambda v: v | SHF_ALLOC), (".symtab", "name", lambda v: ".symtob"),
        (".strtab", "name", lambda v: ".payload"), (".symtab", "flags", lambda v: 1),
        (".strtab", "addralign", lambda v: 2)):
    attack(header_of(_name, _field, _how))


@attack
def section_order(o):
    found = [s for s in o.sections if s.flags & SHF_ALLOC and not s.flags & SHF_GROUP]
    swap(o.sections, found[0], found[1])


@attack
def section_order_of_unknown(o):
    found = [s for s in o.sections[1:] if s.name in (".note.GNU-stack", ".vendor", ".llvm_addrsig")]
    if len(found) < 2:
        return False
    swap(o.sections, found[0], found[1])


def add_section(o, name, **fields):
    o.sections.insert(len(o.sections) - 1, Section(name=name, content=SHELLCODE, **fields))


@attack
def section_added_loaded(o):
    add_section(o, ".init.text", flags=SHF_ALLOC | SHF_EXECINSTR)


@attack
def section_added(o):
    add_section(o, ".payload")


@attack
def section_added_warning(o):
    add_section(o, ".gnu.warning.twice")


@attack
def section_added_debug(o):
    add_section(o, ".debug_sup")


@attack
def section_added_debug_twice(o):
    add_section(o, ".debug_info")


@attack
def section_added_comment(o):
    o.sections.insert(len(o.sections) - 1, Section(name=".comment", content=b"text\0"))


def add_debuglink(o, content):
    o.sections.insert(len(o.sections) - 1, Section(name=".gnu_debuglink", content=content,
                                                   addralign=4))


@attack
def section_added_debuglink_with_payload(o):
    add_debuglink(o, b"x.debug\0abcdpayload!")


@attack
def section_added_debuglink_with_blank(o):
    add_debuglink(o, b"sh -c x\0abcd")


@attack
def section_added_debuglink_loaded(o):
    add_debuglink(o, b"x.debug\0abcd")
    o.sections[-2].flags = SHF_ALLOC


@attack
def section_added_debuglink_with_symbol(o):
    add_debuglink(o, b"x.debug\0abcd")
    o.symbols.append(Symbol(name="payload", place=o.sections[-2], info=STB_GLOBAL << 4))


@attack
def section_removed(o):
    stack = o.section(".note.GNU-stack")
    if stack is None or any(s.place is stack for s in o.symbols):
        return False
    o.sections.remove(stack)


@attack
def section_split(o):
    """Two halves of a section of the same name."""
    found = [s for s in o.sections if s.flags & SHF_ALLOC and len(s.content or b"") > 4]
    last = found[-1]
    half = Section(**last.__dict__)
    half.content, last.content = last.content[4:], last.content[:4]
    o.sections.insert(o.sections.index(last) + 1, half)


@attack
def comment_not_text(o):
    return flip(o.section(".comment"), 3, 0x80)


@attack
def comment_long(o):
    comment = o.section(".comment")
    if comment is None:
        return False
    comment.content = b"x" * 65600


@attack
def comment_relocated(o):
    comment, table = o.section(".comment"), code_relocs(o)
    if comment is None:
        return False
    o.sections.insert(len(o.sections) - 1, Section(
        name=table.name[:table.name.index(".", 1)] + ".comment", type=table.type,
        flags=SHF_INFO_LINK, link=table.link, info=comment, addralign=table.addralign,
        entsize=table.entsize, relocs=[Reloc(0, 1, defined(o)[0], 0)]))


@attack
def debug_referenced(o):
    """Code that refers to what should be debugging information; both change."""
    info = o.section(".debug_info")
    found = [s for s in o.symbols if s.place is info]
    if not found:
        return False
    code_relocs(o).relocs[0].symbol = found[0]
    flip(info, 3)


@attack
def debug_exported(o):
    """A symbol for all in debugging information."""
    info = o.section(".debug_info")
    if info is None:
        return False
    o.symbols.append(Symbol(name="payload", place=info, info=STB_GLOBAL << 4 | STT_OBJECT))
    flip(info, 3)


@attack
def debug_linked(o):
    info = o.section(".debug_info")
    if info is None:
        return False
    code(o).link = info
    flip(info, 3)


@attack
def unwinding_differs(o):
    frame = o.section(".debug_frame")
    return flip(frame, 9)


@attack
def build_id_type(o):
    note = o.section(".note.gnu.build-id")
    return flip(note, 8 if o.order == "<" else 11)


@attack
def build_id_owner(o):
    return flip(o.section(".note.gnu.build-id"), 12)


@attack
def build_id_size(o):
    note = o.section(".note.gnu.build-id")
    if note is None:
        return False
    note.content = o.pack("III", 4, 16, 3) + note.content[12:32]


@attack
def build_id_with_more(o):
    note = o.section(".note.gnu.build-id")
    if note is None:
        return False
    note.content += o.pack("III", 0, 0, 9)


@attack
def build_id_elsewhere(o):
    note = o.section(".note.gnu.build-id")
    if note is None:
        return False
    note.name = ".note.payload"
    flip(note, 20)


@attack
def build_id_exported(o):
    note = o.section(".note.gnu.build-id")
    if note is None:
        return False
    o.symbols.append(Symbol(name="id", place=note, info=STT_OBJECT, value=16))
    flip(note, 20)


# --- groups ---

def code_group(o):
    found = [s for s in o.of_type(SHT_GROUP) if any(m.flags & SHF_ALLOC for m in s.members)]
    return found[0] if found else None


@attack
def group_flags(o):
    group = code_group(o)
    if group is None:
        return False
    group.words[0] ^= 1


@attack
def group_signature(o):
    group = code_group(o)
    if group is None:
        return False
    group.info = [s for s in o.symbols if s.bind == STB_GLOBAL and s is not group.info][0]


@attack
def group_member_missing(o):
    group = code_group(o)
    if group is None:
        return False
    group.members.pop()


@attack
def group_member_added(o):
    group = code_group(o)
    if group is None:
        return False
    group.members.append([s for s in o.sections if s.flags & SHF_ALLOC and
                          not s.flags & SHF_GROUP][0])


@attack
def group_members_moved(o):
    found = [s for s in o.of_type(SHT_GROUP) if any(m.flags & SHF_ALLOC for m in s.members)]
    if len(found) < 2:
        return False
    found[0].members, found[1].members = found[1].members, found[0].members


@attack
def group_gone(o):
    group = code_group(o)
    if group is None or any(s.place is group for s in o.symbols):
        return False
    o.sections.remove(group)


@attack
def group_added(o):
    """A linker drops the section when it has seen a group of that name."""
    o.sections.insert(1, Section(name=".group", type=SHT_GROUP, link=o.symtab, entsize=4,
                                 info=defined(o, STB_GLOBAL)[0], addralign=4, words=[1],
                                 members=[code(o)]))


@attack
def debug_group_signature(o):
    """Named like a group of code of another file: the linker drops that one."""
    found = [s for s in o.of_type(SHT_GROUP) if all(is_debug(m) for m in s.members)]
    if not found:
        return False
    found[0].info.name = "_Z5twicei"


# --- bytes ---

def places(data):
    """What the file's own headers say: {section name: record}."""
    return {s.name: s.record for s in Object(data).sections if s.name}


def put(data, at, content):
    return data[:at] + content + data[at + len(content):]


def flip_byte(data, at, mask=1):
    return put(data, at, bytes([data[at] ^ mask]))


@raw
def trailing_bytes(data):
    return data + SHELLCODE


@raw
def trailing_zeros(data):
    return data + bytes(16)


@raw
def signature_mark(data):
    return data + b"~Module signature appended~\n"


@raw
def truncated(data):
    return data[:-1]


@raw
def padding_not_zero(data):
    used = sorted((r.offset, r.offset + r.size) for r in places(data).values()
                  if r.type not in (SHT_NULL, SHT_NOBITS) and r.size)
    for (_, end), (start, _) in zip(used, used[1:]):
        if end < start:
            return flip_byte(data, end, 0xCC)
    return None


@raw
def header_flags(data):
    return flip_byte(data, 36 if data[4] == 1 else 48)


@raw
def entry_point(data):
    return flip_byte(data, 24)


@raw
def ident_padding(data):
    return flip_byte(data, 12)


@raw
def os_abi(data):
    return flip_byte(data, 7, 3)


@raw
def machine(data):
    return flip_byte(data, 18 if data[5] == 1 else 19)


@raw
def type_of_file(data):
    return flip_byte(data, 16 if data[5] == 1 else 17, 2)


@raw
def section_zero(data):
    return flip_byte(data, Object(data).head.shoff + 4)


@raw
def symbol_zero(data):
    return flip_byte(data, places(data)[".symtab"].offset + 4)


@raw
def fewer_local_symbols(data):
    offset, size = places(data)[".symtab"].place("info")
    return put(data, offset, struct.pack(("<" if data[5] == 1 else ">") + "I",
                                         places(data)[".symtab"].info - 1)) if size else None


def grow_strings(data, name):
    """Strings that no name refers to, at the end of the table; the table of headers moves."""
    o = Object(data)
    section = o.section(name)
    if section is None:
        return None
    r = section.record
    content = section.content + b"payload\0"
    at = len(data)
    out = bytearray(data) + content
    out += bytes(-len(out) % 8)
    r.offset, r.size = at, len(content)
    r.store(out)
    shoff, size = o.head.shoff, o.head.shnum * o.head.shentsize
    table = bytes(out[shoff:shoff + size])
    out[shoff:shoff + size] = bytes(size)
    o.head.shoff = len(out)
    o.head.store(out)
    return bytes(out + table)


@raw
def payload_in_strtab(data):
    return grow_strings(data, ".strtab")


@raw
def payload_in_shstrtab(data):
    return grow_strings(data, ".shstrtab")


@raw
def payload_in_strtab_gap(data):
    """In place of a string that a symbol shares the end of: only its front is lost."""
    o = Object(data)
    table = o.section(".strtab")
    return flip_byte(data, table.record.offset + table.record.size - 1, 0x41)


@raw
def two_owners(data):
    """A debug section over the code."""
    r = places(data)
    if ".debug_info" not in r:
        return None
    text = [s for s in Object(data).sections if s.flags & SHF_EXECINSTR and s.content][0].record
    r[".debug_info"].offset, r[".debug_info"].size = text.offset, text.size
    out = bytearray(data)
    r[".debug_info"].store(out)
    return bytes(flip_byte(bytes(out), text.offset))


@raw
def reloc_symbol_past_end(data):
    table = code_relocs(Object(data))
    if table is None:
        return None
    word = 4 if data[4] == 1 else 8
    return put(data, table.record.offset + word, b"\xff" * word)


@raw
def unused_header(data):
    o = Object(data)
    if o.head.shoff + o.head.shnum * o.head.shentsize != len(data):
        return None
    out = bytearray(data)
    o.head.shnum += 1
    o.head.store(out)
    return bytes(out) + bytes(8) + b"payload!" * (o.head.shentsize // 8 - 1)


@raw
def second_symbol_table(data):
    o = Object(data)
    table = o.section(".symtab")
    o.sections.insert(len(o.sections) - 1, Section(
        name=".symtab", type=SHT_SYMTAB, link=table.link, info=table.info, content=table.content,
        addralign=table.addralign, entsize=table.entsize))
    return o.write()


@raw
def section_numbers_of_symbols(data):
    """SHT_SYMTAB_SHNDX for symbols that need none."""
    o = Object(data)
    o.sections.insert(len(o.sections) - 1, Section(
        name=".symtab_shndx", type=18, link=o.symtab, addralign=4, entsize=4,
        content=b"\1\0\0\0" * len(o.symbols)))
    out = o.write()
    at = places(out)[".symtab_shndx"]
    return put(out, at.offset, b"\1\0\0\0" * len(o.symbols))
