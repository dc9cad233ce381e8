# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes to linked files that no loader can see: honest rebuilds differ like this."""
from elffile import PT_NULL
from kinds import Kinds, by_tool

HARMLESS = Kinds()
# Harmless where the delivered file is the one that lacks something. Where it is the one that has
# more, it is an attack: a program that looks for a payload in its own file finds it there.
LACKS = Kinds()
ADDS = Kinds()


@HARMLESS
def build_id(w):
    """Another build-id of the same length."""
    at, size = w.elf.build_id()
    return w.put(at, bytes(b ^ 0x5A for b in w.data[at:at + size]))


@HARMLESS
def comment_text(w):
    """Another compiler version in .comment."""
    return w.flip_section(".comment", 2, 1)


@HARMLESS
def comment_longer(w):
    """More compilers in .comment."""
    return w.elf.section(".comment") and w.resize_section(".comment", b"GCC: another one\0" * 9)


@HARMLESS
def comment_shorter(w):
    """Fewer compilers in .comment."""
    return w.elf.section(".comment") and w.resize_section(".comment", b"GCC\0")


@HARMLESS
def debuglink_checksum(w):
    """The debug file was another."""
    link = w.elf.section(".gnu_debuglink")
    return link and w.flip(link.offset + link.size - 2, 0xFF)


@HARMLESS
def debuglink_name(w):
    """The debug file has another name."""
    return w.elf.section(".gnu_debuglink") and w.resize_section(
        ".gnu_debuglink", b"deadbeef.debug\0\0\x01\x02\x03\x04")


@HARMLESS
def debug_content(w):
    """Other debug information."""
    return w.flip_section(".debug_info", 9, 0xFF)


@HARMLESS
def debug_longer(w):
    """Longer paths in .debug_str."""
    return w.elf.section(".debug_str") and w.resize_section(".debug_str", b"/another/path\0" * 30)


@HARMLESS
def debug_shorter(w):
    """Shorter paths in .debug_str."""
    return w.elf.section(".debug_str") and w.resize_section(".debug_str", b"/x\0")


@HARMLESS
def symbol_value(w):
    """A symbol for debuggers has another value."""
    return w.flip_section(".symtab", 33, 0xFF)


@HARMLESS
def symbol_name(w):
    """A symbol for debuggers has another name."""
    return w.flip_section(".strtab", 2)


@HARMLESS
def symbols_fewer(w):
    """.symtab is two entries shorter."""
    table = w.elf.section(".symtab")
    return w.resize_section(".symtab", w.content(table)[:-2 * table.entsize])


@HARMLESS
def symbol_names_longer(w):
    """.strtab has another name."""
    return w.resize_section(".strtab", w.content(w.elf.section(".strtab")) + b"another_name\0")


@HARMLESS
def names_in_other_order(w):
    """.shstrtab as another strip(1) writes it."""
    section = w.elf.sections[w.elf.head.shstrndx]
    old = w.content(section)
    texts = {s.at: old[s.name:old.index(b"\0", s.name)] for s in w.elf.sections}
    new = b"\0" + b"".join(t + b"\0" for t in sorted(set(texts.values()) - {b""}, reverse=True))
    if len(new) != len(old):
        return None  # names share their ends
    for s in w.elf.sections:
        text = texts[s.at]
        w.store(s, name=new.index(b"\0" + text + b"\0") + 1 if text else 0)
    return w.put(section.offset, new)


@HARMLESS
def section_order(w):
    """Two sections that nothing loads change places in the table."""
    a, b = w.elf.sections[-3], w.elf.sections[-4]
    if w.elf.head.shstrndx in (len(w.elf.sections) - 3, len(w.elf.sections) - 4):
        return None
    return w.swap(a.at, b.at, a.bytes)


@HARMLESS
def everything(w):
    """All that may differ at once: build-id, comment, debug information, symbols."""
    for kind in (build_id, comment_text, debug_content, symbol_value, symbol_name):
        kind(w)
    return bytes(w.data)


@ADDS
def table_elsewhere(w):
    """Names, table and one more debug section at the end."""
    return w.append_section(".debug_sup", b"/build/elsewhere\0")


@HARMLESS
def padding_wider(w):
    """256 more zeros in front of the table."""
    end, head = w.elf.head.shoff, w.elf.head
    if any(s.offset > end for s in w.elf.sections[1:]):
        return None
    w.store(head, shoff=end + 256)
    return bytes(w.data[:end]) + bytes(256) + bytes(w.data[end:])


@LACKS
def headers_zeroed(w):
    """The ELF header says that there are no section headers."""
    return w.drop_table()


@LACKS
def headers_cut_off(w):
    """As sstrip does it: nothing is left behind the last segment. Not harmless where that takes
    away a section that no rule knows."""
    known = (".debug", ".comment", ".symtab", ".strtab", ".shstrtab", ".gnu_debug")
    if any(not s.flags & 2 and s.size and not s.label.startswith(known)
           for s in w.elf.sections[1:]):
        return None
    end = max(s.offset + s.filesz for s in w.elf.segments if s.type != PT_NULL)
    return w.drop_table()[:end]


# Programs of binutils and elfutils; they know their machines only, and some write more than asked.
BY_TOOLS = [
    by_tool("+objcopy", "--remove-section=.gnu_debuglink", "$IN", "$OUT"),
    by_tool("+objcopy", "--strip-symbol=main", "$IN", "$OUT"),
    by_tool("eu-elfcompress", "-q", "-t", "none", "-o", "$OUT", "$IN"),
    by_tool("+objcopy", "--compress-debug-sections", "$IN", "$OUT"),
    by_tool("+objcopy", "--compress-debug-sections=zlib-gnu", "$IN", "$OUT"),
    by_tool("eu-elfcompress", "-q", "-o", "$OUT", "$IN"),
    by_tool("eu-elfcompress", "-q", "-t", "gnu", "-o", "$OUT", "$IN"),
]
STRIPPED = [
    by_tool("+strip", "-o", "$OUT", "$IN"),
    by_tool("+strip", "--strip-debug", "-o", "$OUT", "$IN"),
    by_tool("+strip", "--strip-unneeded", "-o", "$OUT", "$IN"),
    by_tool("+strip", "-K", "main", "-o", "$OUT", "$IN"),
    by_tool("+objcopy", "--remove-section=.comment", "$IN", "$OUT"),
    by_tool("eu-strip", "-o", "$OUT", "$IN"),
    by_tool("eu-strip", "-g", "-o", "$OUT", "$IN"),
    by_tool("eu-strip", "-f", "$MORE", "-o", "$OUT", "$IN"),
    by_tool("eu-strip", "--remove-comment", "-o", "$OUT", "$IN"),
    by_tool("eu-strip", "--strip-sections", "-f", "$MORE", "-o", "$OUT", "$IN"),
]
