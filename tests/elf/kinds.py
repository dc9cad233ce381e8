# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tables of changes are made of.

A kind of change is a function: it takes a Work and gives the bytes of the changed file, or None
where it does not apply. Its docstring says in one line what it does, or why it is in the table.
The tables are in attacks_*.py and harmless.py.
"""
import os
import struct
import subprocess
import tempfile

from elffile import PF_X, PT_DYNAMIC, PT_LOAD, PT_NULL, SHT_NOBITS, SHT_NULL, SHT_PROGBITS, Elf


class Kinds(list):
    """A table of kinds. As a decorator it takes a function in."""

    def __call__(self, kind):
        if not kind.__doc__:
            raise TypeError(f"{kind.__name__} does not say what it is for")
        self.append(kind)
        return kind

    def row(self, name, doc, kind):
        """Take in a function that was made from a row of another table."""
        kind.__name__, kind.__doc__ = name, doc
        return self(kind)


class Work:
    """A file being changed."""

    def __init__(self, data, prefix=""):
        self.data, self.prefix = bytearray(data), prefix  # of the binutils that know the machine
        self.elf = Elf(self.data)

    def flip(self, offset, mask=1):
        self.data[offset] ^= mask
        return bytes(self.data)

    def flip_section(self, name, at=0, mask=1):
        """at: bytes from the start, or from the end when it is negative."""
        section = self.elf.section(name)
        if section is None or section.type == SHT_NOBITS or not -section.size <= at < section.size:
            return None
        return self.flip(section.offset + at % section.size, mask)

    def content(self, section):
        return bytes(self.data[section.offset:section.offset + section.size])

    def put(self, offset, content):
        self.data[offset:offset + len(content)] = content
        return bytes(self.data)

    def store(self, record, **fields):
        """Set fields of a header; None where the record does not exist or has those values."""
        if record is None or all(getattr(record, n) == v for n, v in fields.items()):
            return None
        for name, value in fields.items():
            setattr(record, name, value)
        record.store(self.data)
        return bytes(self.data)

    def set_section(self, name, /, **fields):
        return self.store(self.elf.section(name), **fields)

    def swap(self, first, second, size):
        """Two runs of bytes change places; None where they are equal."""
        a, b = bytes(self.data[first:first + size]), bytes(self.data[second:second + size])
        self.put(first, b)
        return None if a == b else self.put(second, a)

    def used(self):
        """Ranges of the file that something claims."""
        h = self.elf.head
        out = [(0, h.ehsize), (h.phoff, h.phnum * h.phentsize), (h.shoff, h.shnum * h.shentsize)]
        out += [(s.offset, s.filesz) for s in self.elf.segments if s.type != PT_NULL]
        out += [(s.offset, s.size) for s in self.elf.sections
                if s.type not in (SHT_NULL, SHT_NOBITS)]
        return sorted((at, at + size) for at, size in out if size)

    def gap(self, start=0, test=lambda at: True):
        """An offset that nothing claims, between things."""
        end = 0
        for at, stop in self.used():
            if at > end and max(start, end) < at and test(max(start, end)):
                return max(start, end)
            end = max(end, stop)
        return None

    def executable(self):
        return self.elf.segment(PT_LOAD, lambda s: s.flags & PF_X)

    def last_load(self):
        """The loadable segment that stands last in the file."""
        return max((s for s in self.elf.segments if s.type == PT_LOAD and s.filesz),
                   key=lambda s: s.offset)

    def dynamic(self):
        """(offset, tag, value) of each entry of the dynamic section, the unused ones as well."""
        segment = self.elf.segment(PT_DYNAMIC)
        form = self.elf.order + ("qQ" if self.elf.wide == 2 else "iI")
        size = struct.calcsize(form)
        for at in range(segment.offset, segment.offset + segment.filesz, size) if segment else []:
            yield at, *struct.unpack_from(form, self.data, at)

    def set_dynamic(self, at, tag, value):
        form = self.elf.order + ("qQ" if self.elf.wide == 2 else "iI")
        return self.put(at, struct.pack(form, tag, value))

    def append_section(self, name, content, kind=SHT_PROGBITS, flags=0, **more):
        """Add a section: names and table move to the end of the file."""
        e, data = self.elf, self.data
        names = e.sections[e.head.shstrndx]
        strings = bytes(data[names.offset:names.offset + names.size])
        label = len(strings)
        strings += name.encode() + b"\0"
        at = len(data)
        data += content
        names.offset, names.size = len(data), len(strings)
        data += strings
        data += bytes(-len(data) % 8)
        form = e.order + e.sections[0].form
        fields = dict(addr=0, link=0, info=0, addralign=1, entsize=0) | more
        new = struct.pack(form, label, kind, flags, fields["addr"], at, len(content),
                          fields["link"], fields["info"], fields["addralign"], fields["entsize"])
        table = b"".join(s.pack() for s in e.sections) + new
        e.head.shoff, e.head.shnum = len(data), e.head.shnum + 1
        e.head.store(data)
        return bytes(data + table)

    def resize_section(self, name, content, behind=b""):
        """Give an unloaded section new content, and put the table behind it, as linkers do."""
        section, head = self.elf.section(name), self.elf.head
        if section is None:
            return None
        self.data += bytes(-len(self.data) % 8)
        self.store(section, offset=len(self.data), size=len(content))
        old, size = head.shoff, head.shnum * head.shentsize
        head.shoff = len(self.data) + len(content) + -len(content) % 8
        head.store(self.data)
        table = bytes(self.data[old:old + size])
        self.data[old:old + size] = bytes(size)
        return bytes(self.data) + content + bytes(-len(content) % 8) + table + behind

    def drop_table(self):
        h = self.elf.head
        h.shoff = h.shnum = h.shstrndx = 0
        h.store(self.data)
        return bytes(self.data)

    def tool(self, *command):
        """Run a program on a copy. $IN and $OUT are its files; + stands for the machine."""
        with tempfile.TemporaryDirectory() as folder:
            files = {"$IN": os.path.join(folder, "in"), "$OUT": os.path.join(folder, "out"),
                     "$MORE": os.path.join(folder, "more")}
            with open(files["$IN"], "wb") as file:
                file.write(self.data)
            words = [files.get(c, c).replace("+", self.prefix) for c in command]
            done = subprocess.run(words, capture_output=True, check=False)
            if done.returncode != 0 or not os.path.exists(files["$OUT"]):
                return None
            with open(files["$OUT"], "rb") as file:
                return file.read()


def by_tool(*command):
    """The kind of change that a program makes."""
    def change(w):
        return w.tool(*command)
    change.__name__ = "_".join(c.strip("-+").replace("-", "_").replace(".", "").replace("=", "_")
                               for c in command if not c.startswith("$"))
    change.__doc__ = " ".join(c.lstrip("+") for c in command)
    return change


# A header, section or note that a kind needs is not in the file, or the file cannot be read.
NOT_THERE = (AttributeError, LookupError, OverflowError, StopIteration, TypeError, ValueError,
             struct.error)


def changed(kind, data, prefix=""):
    """The file as a kind of change leaves it; None where it does not apply."""
    try:
        out = kind(Work(data, prefix))
    except NOT_THERE:
        return None
    return None if out is None or bytes(out) == bytes(data) else bytes(out)
