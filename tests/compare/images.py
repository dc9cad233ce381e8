#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Address images: raw binaries, Intel HEX, S-records, UF2 and DFU suffixes against ELF files and each
other. The makers are objcopy, srec_cat, dfu-suffix, and the few lines of Python below."""
import hashlib
import random

from pairs import *  # noqa: F403

FLASH, CONFIG, RAM = 0x08000000, 0x08001000, 0x20000000
TEXT = bytes((i * 7 + i // 13) & 0xff for i in range(600))
DATA = b"initial values, copied to memory at start   "
SETTINGS = bytes(range(1, 33))

# Nothing here is code of any machine, so that every assembler takes it.
SOURCE = f"""
.text
.globl _start, checked
.type _start, %function
_start:
{"".join(f".byte {b}{chr(10)}" for b in TEXT[:300])}
.size _start, . - _start
.type checked, %function
checked:
{"".join(f".byte {b}{chr(10)}" for b in TEXT[300:])}
.size checked, . - checked
.data
{"".join(f".byte {b}{chr(10)}" for b in DATA)}
.bss
.space 300
.section .settings, "a"
{"".join(f".byte {b}{chr(10)}" for b in SETTINGS)}
"""
SCRIPT = f"""
MEMORY {{ flash : ORIGIN = {FLASH}, LENGTH = 64K
         ram : ORIGIN = {RAM}, LENGTH = 16K }}
ENTRY(_start)
SECTIONS {{ .text : {{ *(.text) }} > flash
           .settings {CONFIG} : {{ *(.settings) }} > flash
           .data : {{ *(.data) }} > ram AT > flash
           .bss : {{ *(.bss) }} > ram }}
"""
SEGMENTS = [(FLASH, TEXT), (CONFIG, SETTINGS + DATA)]


def call(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def read(name):
    with open(name, "rb") as file:
        return file.read()


def build(prefix):
    write("fixture.s", SOURCE.encode())
    write("fixture.ld", SCRIPT.encode())
    call(prefix + "as", "-o", "fixture.o", "fixture.s")
    call(prefix + "ld", "-T", "fixture.ld", "-o", "fixture.elf", "fixture.o")
    return read("fixture.elf")


def prefix_of(elf):
    return "arm-none-eabi-" if elf[18] == 40 else ""  # EM_ARM


def convert(elf, form, *options):
    write("in.elf", elf)
    call(prefix_of(elf) + "objcopy", "-O", form, *options, "in.elf", "out.flat")
    return read("out.flat")


def srec_cat(form, *arguments):
    call("srec_cat", *arguments, "-o", "out.srec_cat", form)
    return read("out.srec_cat")


# --- makers ---------------------------------------------------------------------------------


def ihex_record(kind, address=0, data=b"", length=None, check=None):
    body = struct.pack(">BHB", len(data) if length is None else length, address, kind) + data
    return b":" + body.hex().upper().encode() + b"%02X" % (-sum(body) & 0xff if check is None
                                                             else check)


def chunks(segments, size):
    for address, data in segments:
        while data:
            room = min(size, 0x10000 - (address & 0xffff))
            yield address, data[:room]
            address += len(data[:room])
            data = data[room:]


def ihex(segments=None, size=16, start=None, eol=b"\r\n", order=None, extra=(), end=True, tail=b""):
    lines, high = [], None
    for address, data in (order or list)(list(chunks(segments or SEGMENTS, size))):
        if address >> 16 != high:
            high = address >> 16
            lines.append(ihex_record(4, data=struct.pack(">H", high)))
        lines.append(ihex_record(0, address & 0xffff, data))
    if start is not None:
        lines.append(ihex_record(5, data=struct.pack(">I", start)))
    lines += extra
    if end:
        lines.append(ihex_record(1))
    return b"".join(line + eol for line in lines) + tail


def srec_record(kind, address, data=b"", width=None, check=None, count=None):
    width = width or {0: 2, 1: 2, 2: 3, 3: 4, 5: 2, 6: 3, 7: 4, 8: 3, 9: 2}[kind]
    body = address.to_bytes(width, "big") + data
    body = bytes([len(body) + 1 if count is None else count]) + body
    return b"S%d" % kind + body.hex().upper().encode() + b"%02X" % (
        ~sum(body) & 0xff if check is None else check)


def srec(segments=None, size=16, start=0, header=None, count=True, eol=b"\n", extra=(), end=True,
         tail=b"", order=None):
    lines = [] if header is None else [srec_record(0, 0, header)]
    records = [srec_record(3, a, d) for a, d in (order or list)(list(chunks(segments or SEGMENTS, size)))]
    lines += records + list(extra)
    if count is not False:
        lines.append(srec_record(5, len(records) if count is True else count))
    if end:
        lines.append(srec_record(7, start))
    return b"".join(line + eol for line in lines) + tail


def uf2_block(address, data, number, total, family=0xe48bff56, flags=0x2000, size=None, rest=b"",
              md5=None, pad=b"\0"):
    field = data + rest
    field += pad * (476 - len(field)) if md5 is None else pad * (452 - len(field)) + md5
    return struct.pack("<IIIIIIII", 0x0a324655, 0x9e5d5157, flags, address,
                       len(data) if size is None else size, number, total, family) + field + \
        struct.pack("<I", 0x0ab16f30)


def pages(segments, size=256):
    """Whole pages, filled with zeros: as bootloaders want them."""
    found = {}
    for address, data in segments:
        for i, byte in enumerate(data):
            found.setdefault((address + i) // size * size, bytearray(size))[(address + i) % size] = byte
    return sorted((a, bytes(d)) for a, d in found.items())


def uf2(segments=None, order=None, page=256, **kw):
    blocks = pages(segments or SEGMENTS, page)
    made = [uf2_block(a, d, i, len(blocks), **kw) for i, (a, d) in enumerate(blocks)]
    return b"".join((order or list)(made))


def dfu(data, vendor=0x0483, product=0xdf11, device=0xffff, version=0x0100, crc=None):
    suffix = struct.pack("<HHHH", device, product, vendor, version) + b"UFD\x10"
    true = ~zlib.crc32(data + suffix) & 0xffffffff
    return data + suffix + struct.pack("<I", true if crc is None else crc)


def raw(segments=None, fill=0):
    segments = segments or SEGMENTS
    low = min(a for a, _ in segments)
    out = bytearray([fill]) * (max(a + len(d) for a, d in segments) - low)
    for address, data in segments:
        out[address - low:address - low + len(data)] = data
    return bytes(out)


def changed(at=FLASH + 350, value=None, segments=None):
    out = []
    for address, data in segments or SEGMENTS:
        data = bytearray(data)
        if address <= at < address + len(data):
            data[at - address] = data[at - address] ^ 0x80 if value is None else value
        out.append((address, bytes(data)))
    return out


# --- trials ---------------------------------------------------------------------------------


def check(text, condition, why=""):
    result(bool(condition), text, why)


def judges(elf):
    """The makers above agree with other people's."""
    check("our makers: raw is objcopy's", raw() == convert(elf, "binary"))
    check("our makers: filled raw is objcopy's", raw(fill=0xff) == convert(elf, "binary", "--gap-fill", "0xff"))
    for name, data, form in (("ihex", ihex(start=FLASH), "-intel"),
                             ("srec", srec(start=FLASH, header=b"x"), "-motorola")):
        write("ours", data)
        write("theirs", convert(elf, {"ihex": "ihex", "srec": "srec"}[name]))
        check(f"our makers: {name} is what srec_cat reads from objcopy's",
              srec_cat("-binary", "ours", form, "-offset", f"-{FLASH}") ==
              srec_cat("-binary", "theirs", form, "-offset", f"-{FLASH}") == raw())
    write("ours", raw())
    call("dfu-suffix", "-v", "0483", "-p", "df11", "-a", "ours")
    check("our makers: dfu is dfu-suffix's", read("ours") == dfu(raw()))


def against_elf(elf, what):
    def t(text, flat, tier, *wanted, **kw):
        trial(f"{what}: {text}", flat, elf, tier, *wanted, **kw)

    t("raw", convert(elf, "binary"), "repacked", "image/framing@1")
    t("raw, filled with ff", convert(elf, "binary", "--gap-fill", "0xff"), "repacked", "fill with ff")
    t("raw, filled with something else", convert(elf, "binary", "--gap-fill", "0x5a"), "different",
      "address 0x8000258")
    t("raw, padded at the end", convert(elf, "binary", "--gap-fill", "0xff", "--pad-to", str(CONFIG + 0x800)),
      "repacked", "1972 bytes of fill with ff")
    t("ihex", convert(elf, "ihex"), "repacked", "image/framing@1", absent=("fill",))
    t("srec", convert(elf, "srec"), "normalised", "image/header@1")
    t("uf2", uf2(), "repacked", "image/target@1", "image/fill@1")
    write("in.flat", convert(elf, "ihex"))
    t("srec by srec_cat", srec_cat("-motorola", "in.flat", "-intel"), "normalised", "srecord")
    t("srec by srec_cat, short records, CR LF, no header",
      srec_cat("-motorola", "-obs=7", "-line-termination=crlf", "-disable=header", "in.flat", "-intel"),
      "repacked")
    t("ihex by srec_cat, 255 bytes a record", srec_cat("-intel", "-obs=255", "in.flat", "-intel"), "repacked")
    t("raw with a DFU suffix", dfu(convert(elf, "binary")), "repacked", "image/target@1", "ff ff 11 df 83 04")
    t("ihex with a DFU suffix", dfu(convert(elf, "ihex")), "repacked", "image/target@1")
    t("one byte, ihex", ihex(changed(), start=FLASH), "different", "0x800015e (section .text, checked+50): delivered")
    t("one byte of initialised data, raw", raw(changed(CONFIG + 40)), "different", "section .data")
    t("one byte, srec", srec(changed(), start=FLASH), "different", "checked+50")
    t("one byte, uf2", uf2(changed()), "different", "checked+50")
    t("start elsewhere, ihex", ihex(start=FLASH + 2), "different", "start address 0x8000002")
    t("start elsewhere, srec", srec(start=FLASH + 2), "different", "start address 0x8000002")
    t("start at zero, srec", srec(), "different", "start address 0x0")
    t("no start, ihex", ihex(), "repacked")
    t("cut off", raw()[:-1], "different", "1 byte only in the rebuilt file")
    t("nothing but one segment", ihex(SEGMENTS[:1], start=FLASH), "different",
      "(section .settings): 76 bytes only in the rebuilt file")
    trial(f"{what}: the ELF file delivered, raw rebuilt", elf, convert(elf, "binary"), "different", "rebuild the ELF file")
    trial(f"{what}: the ELF file delivered, ihex rebuilt", elf, convert(elf, "ihex"), "different", "rebuild the ELF file")
    write("in.elf", elf)
    call(prefix_of(elf) + "objcopy", "--strip-all", "in.elf", "stripped")
    trial(f"{what}: against the stripped ELF file", convert(elf, "ihex"), read("stripped"), "repacked")


def loaded_as_delivered(elf):
    """What of a delivered ELF file a flat one stands behind: its loaded bytes and nothing else."""
    status, answer, _ = compare(elf, ihex(start=FLASH))
    bytes_ = answer["bytes"]
    check("ELF against ihex: loaded bytes are identical, the rest unexplained", status == DIFFERENT and
          bytes_["identical"] == sum(len(d) for _, d in SEGMENTS) and
          bytes_["unexplained"] == len(elf) - bytes_["identical"], answer["bytes"])


def page_of_headers():
    """Linkers put the ELF header into the first segment where there is room: objcopy leaves it out."""
    low = SCRIPT.replace(str(FLASH), str(FLASH + 0x4000)).replace(str(CONFIG), str(CONFIG + 0x4000))
    write("fixture.ld", low.encode())
    call("ld", "-z", "max-page-size=0x10000", "-T", "fixture.ld", "-o", "fixture.elf", "fixture.o")
    elf = read("fixture.elf")
    segments = [(a + 0x4000, d) for a, d in SEGMENTS]
    trial("an ELF header in a segment: ihex without it", ihex(segments), elf, "repacked")
    trial("an ELF header in a segment: raw without it", raw(segments), elf, "repacked")
    trial("an ELF header in a segment: a byte", raw(changed(FLASH + 0x4000, segments=segments)), elf,
          "different", "_start+0")
    start, table = struct.unpack_from("<QQ", elf, 24)
    for i in range(struct.unpack_from("<H", elf, 56)[0]):
        offset, _, address, size = struct.unpack_from("<QQQQ", elf, table + 56 * i + 8)
        if offset == 0:
            break
    check("an ELF header in a segment: there is one", offset == 0 and size >= 64 and start == FLASH + 0x4000)
    header = [(address, elf[:size])] + segments
    trial("an ELF header in a segment: ihex with it", ihex(header), elf, "repacked")
    evil = [(address + 16, b"evil")] + segments
    trial("an ELF header in a segment: code in its place", ihex(evil), elf, "different", "%#x" % (address + 16))


def any_order():
    """GNU ld sorts program headers by load address: those of RAM may stand before those of flash."""
    write("fixture.ld", SCRIPT.replace(f"""           .settings {CONFIG} : {{ *(.settings) }} > flash
           .data : {{ *(.data) }} > ram AT > flash
""", f"""           .data : {{ *(.data) }} > ram AT > flash
           .settings {CONFIG} : {{ *(.settings) }} > flash
""").encode())
    call("ld", "-T", "fixture.ld", "-o", "fixture.elf", "fixture.o")
    elf = read("fixture.elf")
    segments = [(FLASH, TEXT + DATA), (CONFIG, SETTINGS)]
    trial("segments in the order of load addresses: ihex", convert(elf, "ihex"), elf, "repacked")
    trial("segments in the order of load addresses: raw", raw(segments), elf, "repacked")
    trial("segments in the order of load addresses: a byte", ihex(changed(CONFIG, segments=segments), start=FLASH),
          elf, "different", "section .settings")


def among_each_other():
    plain = {"ihex": ihex(), "srec": srec(), "uf2": uf2(), "raw": raw(), "filled raw": raw(fill=0xff)}
    # A rebuilt raw binary or UF2 does not tell its fill from its content.
    zeros = {"raw", "uf2"}
    for a, delivered in plain.items():
        for b, rebuilt in plain.items():
            if a == b:
                tier = "identical"
            elif b in zeros and a in ("ihex", "srec", "uf2", "filled raw"):
                tier = "different"
            elif {a, b} == {"raw", "filled raw"}:
                tier = "different"
            else:
                tier = "repacked"
            if (a, b) == ("raw", "uf2") or (a, b) == ("uf2", "raw"):
                tier = "different" if b == "raw" else None
            if b == "filled raw" and a == "uf2":
                tier = "different"  # zeros of pages against ff
            if tier:
                trial(f"{a} against {b}", delivered, rebuilt, tier)
    one = SEGMENTS[:1]
    whole = [(FLASH, bytes(range(256)) * 3)]
    for a, delivered in (("ihex", ihex(whole)), ("srec", srec(whole)), ("uf2", uf2(whole)), ("raw", raw(whole)),
                         ("dfu", dfu(raw(whole)))):
        for b, rebuilt in (("ihex", ihex(whole)), ("srec", srec(whole)), ("uf2", uf2(whole)),
                           ("raw", raw(whole)), ("dfu", dfu(raw(whole)))):
            trial(f"without gaps: {a} against {b}", delivered, rebuilt,
                  "identical" if a == b else "repacked")
            evil = changed(FLASH + 5, segments=whole)
            evil = {"ihex": ihex, "srec": srec, "uf2": uf2, "raw": raw,
                    "dfu": lambda s: dfu(raw(s))}[b](evil)
            trial(f"without gaps: {a} against {b} with one byte", delivered, evil, "different",
                  "address 0x5" if {a, b} <= {"raw", "dfu"} and "dfu" in (a, b) else "0x8000005" if a != b or a != "raw"
                  else "1 byte")
    trial("start against none", ihex(one, start=FLASH), raw(one), "different", "its ELF file would tell")
    trial("a load address that nobody rebuilt", ihex(one), raw(one), "repacked", "image/base@1",
          f"load address {FLASH:#x}: the rebuilt raw binary has none")
    trial("start missing", ihex(one), ihex(one, start=FLASH), "different", "only the rebuilt file has a start")


def layouts():
    def shuffled(items):
        items = list(items)
        random.Random(1).shuffle(items)
        return items

    for size in (1, 7, 32, 255):
        trial(f"ihex: {size} bytes a record", ihex(size=size), ihex(), "repacked", "image/framing@1")
    for size in (1, 33, 250):
        trial(f"srec: {size} bytes a record", srec(size=size), srec(), "repacked", "image/framing@1")
    trial("ihex: other order", ihex(order=shuffled), ihex(), "repacked")
    trial("srec: other order", srec(order=shuffled), srec(), "repacked")
    trial("uf2: other order", uf2(order=shuffled), uf2(), "repacked")
    trial("ihex: LF", ihex(eol=b"\n"), ihex(), "repacked")
    trial("srec: LF", srec(), srec(eol=b"\r\n"), "repacked")
    trial("ihex: small letters", ihex().lower(), ihex(), "repacked")
    trial("ihex: no last line end", ihex()[:-2], ihex(), "repacked")
    trial("srec: no count", srec(count=False), srec(), "repacked")
    trial("srec: another header", srec(header=b"vendor.elf"), srec(header=b"rebuilt.elf"), "normalised",
          "vendor.elf")
    trial("srec: a header that is no text", srec(header=b"\x7f\x00\x01"), srec(), "different", "S0 header")
    trial("srec: a long header", srec(header=b"x" * 65), srec(), "different", "S0 header")
    trial("srec: the same header, however odd", srec(header=b"\1" * 200, size=8), srec(header=b"\1" * 200), "repacked")
    low = [(0x1234, bytes(range(100)))]
    s1 = b"".join(srec_record(1, a, d) + b"\n" for a, d in chunks(low, 16)) + srec_record(9, 0) + b"\n"
    s2 = b"".join(srec_record(2, a, d) + b"\n" for a, d in chunks(low, 16)) + srec_record(8, 0) + b"\n"
    trial("srec: S1 against S2", s1, s2, "repacked")
    high = [(0x11234, bytes(range(100)))]
    segment = b"".join(line + b"\n" for line in (
        ihex_record(2, data=b"\x10\x00"), ihex_record(0, 0x1234, bytes(range(100))), ihex_record(1)))
    trial("ihex: segment address against linear", segment, ihex(high), "repacked")
    trial("ihex: segment address against srec", segment, srec(high), "repacked")
    trial("ihex: linear address behind a segment of 0", ihex_record(2, data=b"\0\0") + b"\n" + ihex(), ihex(),
          "repacked")
    far = b"".join(line + b"\n" for line in (
        ihex_record(0, 0x1234, bytes(range(100))),
        ihex_record(3, data=b"\x01\x00\x02\x34"), ihex_record(1)))
    trial("ihex: start as CS:IP", far, ihex(low, start=0x1234), "repacked")
    trial("ihex: another CS for the same start", far.replace(
        ihex_record(3, data=b"\x01\x00\x02\x34"), ihex_record(3, data=b"\x01\x23\x00\x04")), far, "different", "start")


def gaps():
    elf = ELF
    inside = [SEGMENTS[0], (FLASH + 0x800, b"evil")] + SEGMENTS[1:]
    trial("data in the gap, raw", raw(inside), elf, "different", "0x8000800: 4 bytes only in the delivered")
    trial("data in the gap, ihex", ihex(inside), elf, "different", "0x8000800")
    trial("one byte of the other fill in the gap", raw([SEGMENTS[0], (FLASH + 0x800, b"\xff")] + SEGMENTS[1:]),
          elf, "different", "0x8000800: 1 byte only")
    trial("fill that touches nothing", ihex([SEGMENTS[0], (FLASH + 0x800, b"\xff" * 16)] + SEGMENTS[1:]), elf,
          "different", "0x8000800")
    trial("fill behind the first segment", ihex([(FLASH, TEXT + b"\xff" * 20)] + SEGMENTS[1:]), elf, "repacked",
          "20 bytes of fill with ff")
    trial("fill in front, inside a page", ihex(SEGMENTS[:1] + [(CONFIG - 16, b"\0" * 16 + SETTINGS + DATA)]), elf, "different")
    far = [(CONFIG + 16, SETTINGS)]
    trial("fill up to the page", ihex([(CONFIG, b"\xff" * 16 + SETTINGS)]), ihex(far), "repacked")
    trial("fill beyond the page", ihex([(CONFIG - 1, b"\xff" * 17 + SETTINGS)]), ihex(far), "different", "0x8000fff")
    trial("two kinds of fill", ihex([(FLASH, TEXT + b"\xff" * 20 + b"\0" * 3)] + SEGMENTS[1:]), elf, "different",
          "3 bytes only")
    trial("a record outside", ihex(SEGMENTS + [(0x1fff7800, b"\xaa\x55")]), elf, "different", "0x1fff7800")
    trial("an erased record outside", ihex(SEGMENTS + [(0x1fff7800, b"\xff\xff")]), elf, "different", "0x1fff7800")
    trial("a block outside", uf2(SEGMENTS + [(0x10000000, b"evil")]), elf, "different", "0x10000000")
    table = [(FLASH, TEXT + bytes(16) + DATA)]
    without = [(FLASH, TEXT), (FLASH + 616, DATA)]
    trial("a table of zeros left out, against raw", ihex(without), raw(table), "different", "16 bytes only in the rebuilt")
    trial("a table of zeros left out, against ihex", ihex(without), ihex(table), "different", "16 bytes only in the rebuilt")
    erased = [(FLASH, TEXT + b"\xff" * 16 + DATA)]
    trial("ff left out, against raw", ihex(without), raw(erased), "repacked", "image/fill@1")
    trial("ff left out, against ihex", ihex(without), ihex(erased), "different", "16 bytes only in the rebuilt")


def malformed():
    """Whatever a reader might see otherwise: never a match."""
    elf = ELF
    good = ihex(start=FLASH).splitlines(keepends=True)
    text = b"\r\nremember to flash evil.hex\r\n"

    def bad(what, data, *wanted):
        for rebuilt, name in ((elf, "ELF"), (None, "its own kind")):
            if rebuilt is None:
                rebuilt = {b":": ihex(start=FLASH), b"S": srec(start=FLASH)}.get(data[:1], uf2())
            trial(f"{what}, against {name}", data, rebuilt, "inconclusive", *wanted)

    bad("ihex: text behind the end", ihex(start=FLASH, tail=text), "behind the end-of-file record")
    bad("ihex: a second file behind the end", ihex(start=FLASH) * 2, "behind the end-of-file record")
    bad("ihex: a carriage return alone", good[0] + good[1].replace(b"\n", b"") + b"".join(good[2:]), "hexadecimal")
    bad("srec: a carriage return alone", srec(start=FLASH, eol=b"\r\n").replace(b"\r\n", b"\r", 1), "hexadecimal")
    bad("ihex: carriage returns only", ihex(start=FLASH, eol=b"\r"), "hexadecimal")
    bad("ihex: a comment between records", b"".join(good[:3]) + b"; evil\r\n" + b"".join(good[3:]), "not a record")
    bad("ihex: an empty line", b"".join(good[:3]) + b"\r\n" + b"".join(good[3:]), "not a record")
    bad("ihex: cut off", ihex(start=FLASH, end=False), "no end-of-file record")
    bad("ihex: cut off in a record", ihex(start=FLASH)[:300])
    bad("ihex: an address twice, equal", ihex(SEGMENTS + [(FLASH, TEXT[:16])], start=FLASH), "0x8000000 is there twice")
    bad("ihex: an address twice, other", ihex(SEGMENTS + [(FLASH + 8, b"evil")], start=FLASH), "there twice")
    bad("ihex: a false checksum", ihex(start=FLASH, extra=[ihex_record(0, 0x900, b"x", check=0)]), "false checksum")
    bad("ihex: a false length", ihex(start=FLASH, extra=[ihex_record(0, 0x900, b"xyz", length=2)]), "length")
    bad("ihex: a wrap", ihex(SEGMENTS, start=FLASH, extra=[ihex_record(0, 0xffff, b"xy")]), "64 KiB")
    bad("ihex: an unknown type", ihex(start=FLASH, extra=[ihex_record(6, 0, b"xy")]), "unknown type")
    bad("ihex: two starts", ihex(start=FLASH, extra=[ihex_record(5, data=b"\0\0\0\1")]), "second start")
    bad("ihex: an end with an address", ihex(start=FLASH, end=False, extra=[ihex_record(1, 0x100)]), "more than its type")
    bad("ihex: no data in data", ihex(start=FLASH, extra=[ihex_record(0, 0x100)]), "without data")
    bad("srec: text behind the end", srec(start=FLASH, tail=text), "behind the last record")
    bad("srec: cut off", srec(start=FLASH, end=False), "no record with the start")
    bad("srec: a false count", srec(start=FLASH, count=40), "not the number of data records")
    bad("srec: two counts", srec(start=FLASH, extra=[srec_record(5, 43)]), "count")
    bad("srec: a false checksum", srec(start=FLASH, extra=[srec_record(3, 0x900, b"x", check=0)]), "false checksum")
    bad("srec: a false length", srec(start=FLASH, extra=[srec_record(3, 0x900, b"xyz", count=6)]), "length")
    bad("srec: S4", srec(start=FLASH, extra=[srec_record(4, 0, b"x", width=2)]), "reserved")
    bad("srec: an address twice", srec(SEGMENTS + [(FLASH, b"evil")], start=FLASH), "there twice")
    bad("srec: a wrap", srec(SEGMENTS, start=FLASH, count=False, extra=[srec_record(3, 0xffffffff, b"xy")]),
        "past the end of its addresses")
    bad("srec: a second header", srec(start=FLASH, header=b"x", extra=[srec_record(0, 0, b"y")]), "header")
    bad("srec: data in a start", srec(start=FLASH, end=False, extra=[srec_record(7, FLASH, b"evil")]), "with data")
    blocks = pages(SEGMENTS)
    made = uf2()
    for what, first, second in (("a segment kept beside linear", ihex_record(2, data=b"\x10\0"), ihex(eol=b"\n")),
                                ("behind the last byte of 64 KiB", ihex_record(0, 0xfff0, bytes(16)), ihex_record(
                                    0, 0, bytes(16)) + b"\n" + ihex_record(1) + b"\n"),
                                ("a segment that is not at 64 KiB", ihex_record(2, data=b"\1\0"), ihex_record(
                                    0, 0x234, bytes(16)) + b"\n" + ihex_record(1) + b"\n")):
        bad("ihex: " + what, first + b"\n" + second, "loaders do not agree")
    bad("uf2: cut off", made[:-1], "inside a block")
    bad("uf2: a block less", made[:-512], "number of blocks")
    bad("uf2: a block more", made + uf2_block(FLASH + 0x9000, b"evil", 4, 5), "number of blocks")
    bad("uf2: a block twice", made[:-512] + made[:512], "number")
    bad("uf2: two families", made[:-512] + uf2_block(*blocks[-1], len(blocks) - 1, len(blocks), family=1), "number of blocks")
    bad("uf2: a family in two places", uf2(family=1) + uf2(family=2) + uf2(family=1), "in two places")
    bad("uf2: a family twice", made * 2, "number of blocks")
    bad("uf2: blocks for all devices behind those for one", made + uf2(family=0, flags=0), "for all devices")
    bad("uf2: blocks for all devices in front", uf2(family=0, flags=0) + made, "for all devices")
    bad("uf2: an address twice in one family", uf2(family=1) + uf2_block(FLASH, b"xy", 0, 2, family=2) +
        uf2_block(FLASH, b"xy", 1, 2, family=2), "there twice")
    bad("uf2: a digest of another family", uf2(family=1, segments=changed(FLASH)) + uf2(
        family=2, flags=0x6000, md5=struct.pack("<II", FLASH, 256) + hashlib.md5(changed(FLASH)[0][1][:256]).digest()),
        "false checksum")
    bad("uf2: a false magic at the end", made[:-4] + b"evil", "not a block")
    bad("uf2: bytes behind the payload", uf2(rest=b"evil"), "not padding")
    bad("uf2: padding of two kinds", uf2(rest=b"\xff\xff"), "not padding")
    bad("uf2: a payload that is too long", uf2(size=477), "longer than its block")
    bad("uf2: a container of files", uf2(flags=0x3000), "container of files")
    bad("uf2: not for main flash", uf2(flags=0x2001), "main flash")
    bad("uf2: an unknown flag", uf2(flags=0x2010), "flag")
    bad("uf2: a wrap", uf2_block(0xffffffff, b"xy", 0, 1), "past the end of all addresses")
    bad("uf2: an address twice", uf2_block(FLASH, b"xy", 0, 2) + uf2_block(FLASH, b"xy", 1, 2), "there twice")
    digest = struct.pack("<II", FLASH, 256) + hashlib.md5(b"evil").digest()
    bad("uf2: a false digest", uf2(flags=0x6000, md5=digest), "false checksum")
    digest = struct.pack("<II", 0, 256) + hashlib.md5(TEXT[:256]).digest()
    bad("uf2: a digest of what is not there", uf2(flags=0x6000, md5=digest), "not in the file")
    trial("dfu: a false checksum is no suffix", dfu(raw(), crc=1), elf, "different", "only in the delivered")
    trial("dfu: bytes behind the suffix", dfu(raw()) + b"evil", elf, "different", "only in the delivered")
    trial("dfu: an unknown version is no suffix", dfu(raw(), version=0x0666), elf, "different")


def targets():
    trial("uf2: another family", uf2(family=1), uf2(), "different", "UF2 family: delivered 01 00 00 00, rebuilt 56 ff 8b e4")
    trial("uf2: a family that the rebuilt one lacks", uf2(), uf2(family=0, flags=0), "different", "UF2 family")
    trial("uf2: no family", uf2(family=0, flags=0), uf2(), "different", "only the rebuilt file has a UF2 family")
    trial("uf2: no family, against ELF", uf2(family=0, flags=0), ELF, "repacked")
    trial("uf2: a size of file that is none", uf2(family=77, flags=0), uf2(family=0, flags=0), "different", "size of file")
    true = hashlib.md5(TEXT[:256]).digest()
    trial("uf2: a true digest", uf2(flags=0x6000, md5=struct.pack("<II", FLASH, 256) + true), uf2(), "repacked")
    tag = b"\x08\x20\xd5\x5e\x31\x2e\x30\x00"
    trial("uf2: a tag", uf2(flags=0xa000, rest=tag), uf2(), "different", "extension tags")
    trial("uf2: a tag, against ELF", uf2(flags=0xa000, rest=tag), ELF, "different", "extension tags")
    trial("uf2: the same tag in another order of blocks", uf2(flags=0xa000, rest=tag, order=lambda b: b[::-1]),
          uf2(flags=0xa000, rest=tag), "repacked")
    trial("uf2: a tag missing", uf2(), uf2(flags=0xa000, rest=tag), "different", "extension tags")
    trial("uf2: padded with FF", uf2(pad=b"\xff"), uf2(), "repacked")
    trial("uf2: a tag, padded with FF", uf2(flags=0xa000, rest=tag, pad=b"\xff"), uf2(flags=0xa000, rest=tag),
          "repacked")
    for page in 128, 400:
        trial(f"uf2: blocks of {page}", uf2(page=page), uf2(), "different", "not 256 bytes")
        trial(f"uf2: blocks of {page}, against ELF", uf2(page=page), ELF, "different", "not 256 bytes")
        trial(f"uf2: both of {page}", uf2(page=page, segments=changed()), uf2(page=page), "different", "0x800015e")
    trial("uf2: blocks of 256 elsewhere", uf2_block(FLASH + 4, TEXT[4:260], 0, 1), uf2_block(FLASH, TEXT[:256], 0, 1),
          "different", "not 256 bytes")
    turned = dict(order=lambda b: b[::-1])
    two = uf2(family=1) + uf2(family=2, segments=changed())
    trial("uf2: two families, blocks in another order", uf2(family=1, **turned) + uf2(family=2, segments=changed(), **turned),
          two, "repacked")
    trial("uf2: two families, exchanged", uf2(family=2, segments=changed()) + uf2(family=1), two, "different", "UF2 families")
    trial("uf2: two families, contents exchanged", uf2(family=1, segments=changed()) + uf2(family=2), two, "different",
          "0x10800015e", "0x20800015e")
    trial("uf2: two families, another one", uf2(family=1) + uf2(family=3, segments=changed()), two, "different",
          "UF2 families")
    trial("uf2: one family of two", uf2(family=1), two, "different")
    trial("uf2: two families of one", two, uf2(family=1), "different")
    trial("uf2: two families, against ELF", two, ELF, "different")
    both = [struct.pack("<II", FLASH, 256) + hashlib.md5(t[:256]).digest() for t in (TEXT, b"x" + TEXT[1:])]
    other = changed(FLASH, ord("x"))
    trial("uf2: two families, their digests", uf2(family=1, flags=0x6000, md5=both[0]) +
          uf2(family=2, flags=0x6000, md5=both[1], segments=other), uf2(family=1) + uf2(family=2, segments=other), "repacked")
    trial("dfu: another vendor", dfu(raw(), vendor=1), dfu(raw()), "different", "rebuilt ff ff 11 df 83 04")
    trial("dfu: the same, around another image", dfu(ihex()), dfu(srec()), "repacked")
    trial("dfu: none delivered", raw(), dfu(raw()), "repacked")


def bombs():
    """Memory follows from the file, not from its addresses."""
    import resource
    wide = [(0, b"a"), (0xfffffff0, b"b")]
    write("delivered", srec(wide))
    write("rebuilt", ihex(wide))
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    got = run("delivered", "rebuilt")
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    check("4 GiB of addresses in two records", got.returncode == MATCH and max(before, after) < 200 << 10,
          f"{got} {after} KiB")
    many = ihex([(i * 32, b"x") for i in range(100000)])
    other = ihex([(i * 32, b"y") for i in range(100000)])
    write("delivered", many)
    write("rebuilt", other)
    got = subprocess.run([ASSAY, "compare", "delivered", "rebuilt"], stdout=subprocess.PIPE, timeout=60)
    check("100,000 records that differ: an answer, and not too long a one", got.returncode == DIFFERENT and
          got.stdout.count(b"\n") < 100, got.stdout[-500:])
    got = subprocess.run(
        [ASSAY, "compare", "--max-members", "1000", "delivered", "rebuilt"], stdout=subprocess.PIPE, timeout=60)
    check("more records than members may be: a limit", got.returncode == INCONCLUSIVE and b"limit" in got.stdout, got)


def inspected():
    """The map of each: bytes of the image add up, every byte of the file in one range."""
    for name, data, kinds in (
            ("ihex", ihex(start=FLASH), {"framing", "data", "start"}),
            ("srec", srec(header=b"x"), {"framing", "data", "start", "header"}),
            ("uf2", uf2(), {"framing", "data", "target"}),
            ("uf2", uf2(flags=0xa000, rest=b"\x08\x20\xd5\x5e\x31\x2e\x30\x00"),
             {"framing", "data", "target", "extra"}),
            ("raw", dfu(raw()), {"framing", "data", "target"})):
        write("image", data)
        got = subprocess.run([ASSAY, "inspect", "--json", "-", "image"], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, timeout=60)
        (a,) = json.loads(got.stdout)["artefacts"]
        at, found, seen = 0, {}, set()
        for r in a["ranges"]:
            gap = r["offset"] != at
            at += r["length"]
            seen.add(r["kind"])
            if gap:
                break
            if r["kind"] == "data" and r["address"]:
                text = data[r["offset"]:at]
                body = bytes.fromhex(text.decode()) if name in ("ihex", "srec") else text
                found.update((int(r["address"], 16) + i, b) for i, b in enumerate(body))
        wanted = {a + i: b for a, d in (pages(SEGMENTS) if name == "uf2" else SEGMENTS)
                  for i, b in enumerate(d)}
        check(f"inspect: {name}, every byte once", got.returncode == MATCH and at == len(data) and
              a["format"] == name and seen == kinds, a)
        check(f"inspect: {name}, every address", found == ({} if name == "raw" else wanted))
        rules = {r["rule"] for r in a["ranges"] if r["kind"] in ("data", "start", "extra")}
        check(f"inspect: {name}, no rule for what must be equal", rules == {None}, rules)
    write("image", ihex(start=FLASH, tail=b"evil"))
    got = subprocess.run([ASSAY, "inspect", "image"], stdout=subprocess.PIPE, timeout=60)
    check("inspect: bytes behind the end are trouble", got.returncode == INCONCLUSIVE and
          b"TROUBLE: cannot be read as an image: bytes behind" in got.stdout, got)


def in_containers():
    trial("in a gzip file in a tar", tar(member("fw.hex", gz(ihex(start=FLASH)))), tar(member("fw.hex", gz(ELF))),
          "repacked", "image/framing@1")
    trial("in a tar, one byte", tar(member("fw.hex", ihex(changed()))), tar(member("fw.hex", ihex())), "different", "fw.hex: address 0x800015e")
    trial("a gzip file is no raw binary", gz(raw()), ELF, "different", absent=("compared by address",))


def main():
    global ELF
    tools = [t for t in ("arm-none-eabi-ld", "srec_cat", "dfu-suffix") if shutil.which(t) is None]
    if tools:
        if not os.environ.get("ASSAY_TEST_STRICT"):
            print(f"1..0 # SKIP needs {', '.join(tools)}")
            return
        check(f"needs {', '.join(tools)}", False)
    arm = build("arm-none-eabi-")
    ELF = build("")
    judges(ELF)
    against_elf(ELF, "64 bits")
    against_elf(arm, "arm")
    loaded_as_delivered(ELF)
    for part in (page_of_headers, any_order, among_each_other, layouts, gaps, malformed, targets, bombs, inspected,
                 in_containers):
        part()
    finish()


if __name__ == "__main__":
    with Folder():
        main()
