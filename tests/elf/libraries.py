# SPDX-License-Identifier: GPL-3.0-or-later
"""Static libraries: members by name and order, headers that may differ, and an index that is true.

Archives are made here with struct alone, after ar(5); where ar(1) is there it has to make the same.
"""
import struct
import subprocess

import object_harmless
import objects
from object_attacks import is_debug
import tools
from objectfile import STB_LOCAL, SHN_UNDEF, Object

MAGIC = b"!<arch>\n"
OTHER_HEADER = dict(mtime=1700000000, uid=1000, gid=100, mode=0o104755)


def header(name, size, mtime=0, uid=0, gid=0, mode=0o644):
    return (f"{name:<16}{mtime:<12}{uid:<6}{gid:<6}{mode:<8o}{size:<10}".encode() + b"`\n")


def padded(content):
    return content + b"\n" * (len(content) % 2)


def defined(content):
    """Names that a member has for others, in the order of its table."""
    return [s.name.encode() for s in Object(content).symbols
            if s.bind != STB_LOCAL and s.place != SHN_UNDEF]


class Library:
    """members: [name, content]. rows: of the index, (symbol, number of a member)"""

    def __init__(self, members):
        self.members = [list(m) for m in members]
        self.rows = [(s, i) for i, (_, content) in enumerate(self.members)
                     for s in defined(content)]
        self.wide = False  # numbers of 8 bytes
        self.index = True
        self.fields = {}   # of headers
        self.text = {}     # number of a member -> bytes that stand in its header instead
        self.behind = b""  # the index
        self.names = b""   # more of the name table
        self.shift = 0     # what is wrong with offsets

    def write(self):
        table, at = b"", {}
        for name, _ in self.members:
            if len(name) > 15 and name not in at:
                at[name] = len(table)
                table += name.encode() + b"/\n"
        table = padded(table + self.names)
        form = ">Q" if self.wide else ">I"
        strings = b"".join(s + b"\0" for s, _ in self.rows) + self.behind
        size = struct.calcsize(form) * (1 + len(self.rows)) + len(strings)
        # GNU ar pads the names, and not the member, to two bytes (eight when they are wide).
        strings += bytes(-size % (8 if self.wide else 2))
        size += -size % (8 if self.wide else 2)
        start = len(MAGIC) + (60 + size if self.index else 0)
        start += 60 + len(table) if table else 0
        body, offsets = b"", []
        for i, (name, content) in enumerate(self.members):
            offsets.append(start + len(body))
            short = f"/{at[name]}" if name in at else name + "/"
            head = header(short, len(content), **self.fields)
            body += self.text.get(i, head) + padded(content)
        out = MAGIC
        if self.index:
            rows = [offsets[m] + self.shift for _, m in self.rows]
            out += header("/SYM64/" if self.wide else "/", size, 0, 0, 0, 0)
            out += struct.pack(form, len(rows)) + b"".join(struct.pack(form, r) for r in rows)
            out += strings
        if table:
            out += f"{'//':<48}{len(table):<10}`\n".encode() + table
        return out + body


def changed(members, **fields):
    library = Library(members)
    library.__dict__.update(fields)
    return library.write()


def reordered(members, *order):
    return Library([members[i] for i in order])


def add_harmless(pairs, name, members):
    base = Library(members).write()
    stripped = [[n, object_harmless.no_debug(c) or c] for n, c in members]
    turned = [[n, object_harmless.symbols_in_other_order(c)] for n, c in members]
    pairs.both_ways(f"{name}: headers", "repacked", changed(members, fields=OTHER_HEADER), base)
    pairs.both_ways(f"{name}: headers, wide index", "repacked",
                    changed(members, fields=OTHER_HEADER, wide=True), changed(members, wide=True))
    pairs.both_ways(f"{name}: headers, no index", "repacked",
                    changed(members, fields=OTHER_HEADER, index=False),
                    changed(members, index=False))
    pairs.add(f"{name}: stripped", "normalised", Library(stripped).write(), base)
    pairs.add(f"{name}: stripped, headers", "normalised",
              changed(stripped, fields=OTHER_HEADER), base)
    pairs.both_ways(f"{name}: symbols in other order", "normalised", Library(turned).write(), base)
    # Wrong in both files, in the same way: no difference between them.
    # One that leads to no member is not understood, and beside it everything counts.
    for what, wanted, fields in (("misses a symbol", "repacked", dict(rows=Library(members).rows[1:])),
                                 ("leads elsewhere", "different", dict(shift=2))):
        pairs.both_ways(f"{name}: both indexes: {what}", wanted,
                        changed(members, fields=OTHER_HEADER, **fields),
                        changed(members, **fields))
    # A member whose symbols only a compiler knows: what both say counts.
    secret = members + [["lto.o", lto(members[0][1])]]
    rows = Library(members).rows + [(b"secret", len(members))]
    pairs.both_ways(f"{name}: unknown symbols", "repacked",
                    changed(secret, rows=rows, fields=OTHER_HEADER), changed(secret, rows=rows))
    pairs.both_ways(f"{name}: unknown symbols differ", "different",
                    changed(secret, rows=rows[:-1] + [(b"Secret", len(members))]),
                    changed(secret, rows=rows))


def lto(content):
    o = Object(content)
    o.section(".comment").name = ".gnu.lto_main"
    return o.write()


def with_code_changed(content):
    o = Object(content)
    code = [s for s in o.sections if s.flags & 4 and s.content][0]
    code.content = bytes([code.content[0] ^ 1]) + code.content[1:]
    return o.write()


def attacks(members):
    """(what, changed library)"""
    rows = Library(members).rows
    first, second = members[0], members[1]
    other = [[n, with_code_changed(c) if i == 0 else c] for i, (n, c) in enumerate(members)]
    yield "code of a member", Library(other).write()
    yield "code behind headers", changed(other, fields=OTHER_HEADER)
    yield "members in other order", reordered(members, 1, 0, *range(2, len(members))).write()
    yield "member missing", Library(members[1:]).write()
    yield "member added", Library(members + [["extra.o", first[1]]]).write()
    yield "member added in front", Library([["extra.o", first[1]]] + members).write()
    yield "member twice", Library(members + [members[0]]).write()
    yield "member renamed", Library([["b" + first[0], first[1]]] + members[1:]).write()
    yield "contents exchanged", Library([[first[0], second[1]], [second[0], first[1]]] +
                                        members[2:]).write()
    yield "index: no index", changed(members, index=False)
    yield "index: wide", changed(members, wide=True)
    yield "index: symbol renamed", changed(members, rows=[(b"x" + rows[0][0][1:], 0)] + rows[1:])
    yield "index: symbol missing", changed(members, rows=rows[1:])
    yield "index: last symbol missing", changed(members, rows=rows[:-1])
    yield "index: symbol added", changed(members, rows=rows + [(b"payload", len(members) - 1)])
    yield "index: symbol of another member", changed(members, rows=[(rows[0][0], 1)] + rows[1:])
    yield "index: symbols in other order", changed(members, rows=rows[::-1])
    yield "index: two symbols exchanged", changed(members, rows=[rows[-1]] + rows[1:-1] + [rows[0]])
    yield "index: leads elsewhere", changed(members, shift=2)
    yield "index: payload behind it", changed(members, behind=b"payload\0")
    yield "index: zeros behind it", changed(members, behind=bytes(16))
    yield "index: empty", changed(members, rows=[])
    yield "names: payload", changed(members, names=b"payload/\n")
    yield "header: payload for owners", changed(members, text={
        1: header(second[0] + "/", len(second[1])).replace(b"0     0     ", b"sh -c 'payl ")})
    yield "header: end mark", changed(members, text={
        1: header(second[0] + "/", len(second[1]))[:-2] + b"``"})
    yield "index: a symbol twice", changed(members, rows=[rows[0]] + rows)
    yield "index: all symbols of one member", changed(members, rows=[(s, 0) for s, _ in rows])
    yield "index: past the end", changed(members, shift=1 << 24)
    yield "index: payload among the names", changed(
        members, rows=rows[:-1] + [(rows[-1][0] + b"@payload", rows[-1][1])])
    yield "second index", Library([["/", first[1]]] + members).write()
    yield "name of a folder", Library([["../" + first[0], first[1]]] + members[1:]).write()
    yield "bytes behind it", Library(members).write() + b"payload!"
    yield "one newline behind it", Library(members).write() + b"\n\n"
    yield "cut short", Library(members).write()[:-1]
    yield "magic", b"!<arch>\r" + Library(members).write()[8:]


def add_attacks(pairs, name, members):
    base = Library(members).write()
    for what, attack in attacks(members):
        unreadable = what in ("cut short", "second index")
        pairs.both_ways(f"{name}: {what}", "inconclusive" if unreadable else "different", attack,
                        base)
    # A true index of other members, and one that was forgotten.
    stripped = Library([[n, object_harmless.no_debug(c) or c] for n, c in members])
    pairs.both_ways(f"{name}: stale index", "different", stale(stripped.write(), base), base)
    odd = Library(members)
    odd.members.append(["odd.txt", b"text!"])
    pairs.both_ways(f"{name}: padding that is no newline", "different", odd.write()[:-1] + b"!",
                    odd.write())
    # Where a member is no relocatable file, times and owners count.
    for what, more in (("a text", b"text\n"), ("a linked file", b"\x7fELF" + members[0][1][4:16] +
                                               b"\2\0" + members[0][1][18:])):
        odd = [list(m) for m in members]
        library, other = Library(odd), Library(odd)
        for one in (library, other):
            one.members.append(["odd", more])
        other.fields = OTHER_HEADER
        pairs.both_ways(f"{name}: {what} among them", "different", other.write(), library.write())


def stale(archive, old):
    """The archive with the index of the old one."""
    end = len(MAGIC) + 60 + int(old[len(MAGIC) + 48:len(MAGIC) + 58])
    return old[:end] + archive[end:]


# --- an index that leads into a member ---

ROOM = b"here is room for a member"


def debug_section(o):
    return next((s for s in o.sections if is_debug(s) and s.relocs is None and s.content), None)


def with_debug(content, new):
    """new: from the old content of a section with debugging information to another"""
    o = Object(content)
    section = debug_section(o)
    section.content, section.flags = new(section.content), 0
    return o.write()


def bsd_index(rows, offsets):
    names = [name + b"\0" for name, _ in rows]
    table = b"".join(struct.pack("<II", len(b"".join(names[:i])), offsets[member])
                     for i, (_, member) in enumerate(rows))
    strings = b"".join(names)
    return struct.pack("<I", len(table)) + table + struct.pack("<I", len(strings)) + strings


def bsd_library(members, name, prefix=b""):
    """name: of the index; prefix: of its content"""
    rows = Library(members).rows
    size = len(prefix + bsd_index(rows, [0] * len(members)))
    offsets, body = [], b""
    for member, content in members:
        offsets.append(len(MAGIC) + 60 + size + size % 2 + len(body))
        body += header(member, len(content)) + padded(content)
    return MAGIC + header(name, size) + padded(prefix + bsd_index(rows, offsets)) + body


def mixed(members, **fields):
    """A library with a text behind its members."""
    library = Library(members)
    library.__dict__.update(fields)
    library.members.append(["notes", b"text\n"])
    return library.write()


MAKERS = {
    "index": lambda members: Library(members).write(),
    "index with more behind it": lambda members: changed(members, behind=bytes(16)),
    "index of a mixed archive": mixed,
    "wide index of a mixed archive": lambda members: mixed(members, wide=True),
    "index as on BSD": lambda members: bsd_library(members, "__.SYMDEF"),
    "index as on BSD with a slash": lambda members: bsd_library(members, "__.SYMDEF/"),
    "index as on BSD with a long name": lambda members: bsd_library(members, "#1/12",
                                                                    b"__.SYMDEF\0\0\0"),
}


def hiding(members, make):
    """A linker that follows the index, which is as it was, finds a member inside the first one."""
    good, evil = make(members), with_code_changed(members[1][1])
    hidden = header(members[1][0] + "/", len(evil)) + evil
    at = good.index(header(members[1][0], 0)[:len(members[1][0])], good.index(members[0][1][:4]))

    def made(room):
        return stale(make([[members[0][0], with_debug(members[0][1], lambda _: room)]] +
                          members[1:]), good)
    skip = at - made(ROOM + bytes(len(good) + len(hidden))).index(ROOM)
    bad = made(ROOM.ljust(skip, b"-")[:skip] + hidden + bytes(len(good) + len(ROOM)))
    assert skip > 0 and bad[at:at + len(hidden)] == hidden
    return bad


def add_hidden(pairs, name, members):
    """Debugging information may differ, but not so that an index leads into it."""
    if debug_section(Object(members[0][1])) is None:
        return 0
    members = [[n, with_debug(c, lambda old: old) if i == 0 else c]
               for i, (n, c) in enumerate(members[:2])]
    same_size = [[members[0][0], with_debug(members[0][1], lambda old: bytes(len(old)))]] + members[1:]
    longer = [[members[0][0], with_debug(members[0][1], lambda old: old + bytes(64))]] + members[1:]
    for what, make in MAKERS.items():
        pairs.both_ways(f"{name}: {what}: leads into a member", "different",
                        hiding(members, make), make(members))
        pairs.both_ways(f"{name}: {what}: as much debugging information", "normalised",
                        make(same_size), make(members))
        pairs.both_ways(f"{name}: {what}: more debugging information",
                        "normalised" if what in ("index", "index of a mixed archive",
                                                 "wide index of a mixed archive") else "different",
                        make(longer), make(members))
    return 1


def twins(content):
    """Two members of one name, which ar(1) allows."""
    return [["twin.o", content], ["twin.o", with_code_changed(content)], ["third.o", content]]


def check_maker(tap, folder, members):
    """ar(1) makes the same of the same."""
    if not tools.has(tap, "ar"):
        return
    where = folder / "by-ar"
    where.mkdir()
    for name, content in members:
        (where / name).write_bytes(content)
    subprocess.run(["ar", "rcsD", "lib.a"] + [n for n, _ in members], cwd=where, check=True)
    tap.ok((where / "lib.a").read_bytes() == Library(members).write(), "ar makes the same library")


def main():
    tap = tools.Tap()
    folder = tools.scratch()
    made = objects.objects(folder)
    names = [n for n in ("x86_64", "i386", "hand64big", "hand32big") if n in made]
    counts = {"different": 0, "repacked": 0, "normalised": 0, "inconclusive": 0}
    hidden = 0
    with tools.Pairs() as pairs:
        for name in names:
            other = object_harmless.no_file_symbols(made[name])
            members = [["one.o", made[name]], ["two.o", with_code_changed(made[name])],
                       ["a-name-that-is-long.o", other]]
            add_harmless(pairs, name, members)
            add_attacks(pairs, name, members)
            hidden += add_hidden(pairs, name, members)
            pairs.both_ways(f"{name}: twins exchanged", "different",
                            reordered(twins(made[name]), 1, 0, 2).write(),
                            Library(twins(made[name])).write())
            pairs.both_ways(f"{name}: thin", "inconclusive", b"!<thin>\n" + header("a/", 4),
                            b"!<thin>\n" + header("b/", 4))
        for answer in pairs.answers():
            counts[answer.wanted] += 1
            if answer.tier != answer.wanted:
                tap.ok(False, answer.what, "\n".join(
                    [f"wanted {answer.wanted}: {answer.line}"] + answer.findings[:12]))
            if "both indexes" in answer.what:
                tap.ok(any("ar/false-index" in f for f in answer.findings), answer.what + ", said")
    tap.ok(hidden > 1, f"members hidden in {hidden} kinds of object")
    tap.ok(counts["different"] > 150, f"{counts['different']} pairs are different")
    tap.ok(counts["repacked"] > 30, f"{counts['repacked']} pairs are repacked")
    tap.ok(counts["normalised"] > 10, f"{counts['normalised']} pairs are normalised")
    check_maker(tap, folder, [["one.o", made[names[0]]], ["two.o", made[names[0]]],
                              ["a-name-that-is-long.o", made[names[0]]]])
    tap.finish()


main()
