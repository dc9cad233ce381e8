# SPDX-License-Identifier: GPL-3.0-or-later
"""What was found by people who tried to get a match for two files that do not do the same. Each
find stays here as a test, with the two files and what runs."""
import io
import struct
import subprocess
import sys
import zipfile
import zlib

import bases
import handmade
import harmless
import tools
from elffile import PF_R, PT_LOAD
from kinds import Work


# --- a program that is a tar archive as well -----------------------------------------------------

def exit_with(status):
    """x86-64: exit(status). Linux arch/x86/entry/syscalls/syscall_64.tbl, 60"""
    return b"\xb8\x3c\0\0\0\xbf" + struct.pack("<I", status) + b"\x0f\x05"


def gzip(stream, content):
    return (b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + stream
            + struct.pack("<II", zlib.crc32(content), len(content)))


def stored(content, last=True):
    """A block of RFC 1951, 3.2.4."""
    return bytes([last]) + struct.pack("<HH", len(content), len(content) ^ 0xFFFF) + content


def tar_header(start, size):
    head = bytearray(512)
    head[:len(start)] = start
    for at, text in ((100, b"0000644"), (108, b"0000000"), (116, b"0000000"),
                     (124, b"%011o" % size), (136, b"0" * 11), (156, b"0"), (257, b"ustar\0" b"00"),
                     (148, b" " * 8)):
        head[at:at + len(text)] = text
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head)


def program_in_tar(packed, entry):
    """The first member's name begins with an ELF header; a segment has all of the archive."""
    segments = struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 4096, 4096, 4096)
    segments += struct.pack("<IIQQQQQQ", 0x6474E551, 6, 0, 0, 0, 0, 0, 16)
    ident = b"\x7fELF\2\1\1" + bytes(9)
    header = ident + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400000 + entry, 512, 0, 0, 64, 56,
                                 2, 0, 0, 0)
    out = tar_header(header, len(segments)) + segments.ljust(512, b"\0")
    out += tar_header(b"code.gz", len(packed)) + packed.ljust(512, b"\0")
    return out.ljust(4096, b"\0")


def packed_two_ways():
    """The same content; packed so that other code stands at an offset. Return: both, and it"""
    good, evil = b"\x90" * 40 + exit_with(0), exit_with(42)
    content = good + evil
    honest = gzip(stored(content), content)
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    short = pack.compress(good) + pack.flush(zlib.Z_SYNC_FLUSH)
    packed = gzip(short + stored(evil), content)
    entry = packed.index(evil)
    assert entry < honest.index(exit_with(0))
    return honest, packed, entry


def check_program_in_tar(tap, pairs, folder):
    *both, entry = packed_two_ways()
    honest, packed = (program_in_tar(p, 1536 + entry) for p in both)
    for what, content, wanted in (("honest", honest, 0), ("packed", packed, 42)):
        path = folder / what
        path.write_bytes(content)
        path.chmod(0o755)
        try:
            status = subprocess.run([path], check=False).returncode
        except OSError:
            print("# not run: this machine is no x86-64")
            break
        tap.ok(status == wanted, f"a program that is a tar archive, {what}: exits with {status}")
    pairs.both_ways("a program that is a tar archive: packed otherwise", "different", packed, honest)


# --- a program for UEFI that is a tar archive as well ----------------------------------------------

def efi_in_tar(packed, entry):
    """The name of the first member begins as a PE file does; its content are the headers. One section has
    all of the archive. Microsoft PE Format: COFF file header, optional header of PE32+, section table."""
    start = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 512)
    headers = b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, 240, 0x22)
    headers += struct.pack("<HBBIIIIIQIIHHHHHHIIIIHHQQQQII", 0x20B, 0, 0, 4096, 0, 0, 4096 + entry, 4096,
                           0x400000, 4096, 512, 0, 0, 0, 0, 0, 0, 0, 8192, 1024, 0, 10, 0, 0, 0, 0, 0, 0, 16)
    headers += bytes(16 * 8)
    headers += struct.pack("<8sIIIIIIHHI", b".text", 4096, 4096, 4096, 0, 0, 0, 0, 0, 0x60000020)
    out = tar_header(start, len(headers)) + headers.ljust(512, b"\0")
    out += tar_header(b"code.gz", len(packed)) + packed.ljust(512, b"\0")
    return out.ljust(4096, b"\0")


def check_efi_in_tar(tap, pairs, folder):
    if not tools.has(tap, "objdump"):
        return
    *both, entry = packed_two_ways()
    honest, packed = (efi_in_tar(p, 1536 + entry) for p in both)
    for what, content in (("honest", honest), ("packed", packed)):
        (folder / what).write_bytes(content)
        said = subprocess.run(["objdump", "-f", folder / what], capture_output=True, text=True,
                              check=False).stdout
        tap.ok("pei-x86-64" in said, f"a program for UEFI that is a tar archive, {what}", said)
    # Its section begins in its headers, so it is not opened as what it is either.
    pairs.both_ways("a program for UEFI that is a tar archive: packed otherwise", "inconclusive", packed, honest)
    # Where there is no PE behind it, "MZ" is the beginning of a name.
    named = [p[:512] + bytes(2) + p[514:] for p in (packed, honest)]
    pairs.both_ways("a tar archive whose first name begins with MZ", "repacked", *named)


# --- a kernel that is a tar archive as well -------------------------------------------------------

def check_kernel_in_tar(pairs):
    """Linux, Documentation/arch/arm64/booting.rst, riscv/boot-image-header.rst, x86/boot.rst; arch/arm/boot/
    compressed/head.S: where a boot loader finds the mark, it jumps to the beginning or to what is behind."""
    *both, _ = packed_two_ways()
    for what, at, mark in (("arm64", 0x38, b"ARM\x64"), ("RISC-V", 0x38, b"RSC\x05"), ("arm", 0x24, b"\x18\x28\x6f\x01")):
        honest, packed = (tar_header(b"k" * at + mark, len(p)) + p.ljust(1024, b"\0") + bytes(1024) for p in both)
        pairs.both_ways(f"a kernel for {what} that is a tar archive", "different", packed, honest)
    honest, packed = (tar_header(b"kernel", 512) + b"\xeb\x66HdrS".ljust(512, b"\0") + tar_header(b"x.gz", len(p))
                      + p.ljust(1024, b"\0") + bytes(1024) for p in both)
    pairs.both_ways("a kernel for x86 that is a tar archive", "different", packed, honest)


# --- a program with an archive inside what is appended as a module signature ------------------------

def der(tag, content):
    head = bytes([tag, len(content)]) if len(content) < 128 else (
        bytes([tag, 0x82]) + len(content).to_bytes(2, "big"))
    return head + content


def module_signature(value):
    """A signature as Linux' scripts/sign-file makes it, with a value of our own."""
    sha256 = der(0x30, der(6, bytes.fromhex("608648016503040201")) + der(5, b""))
    rsa = der(0x30, der(6, bytes.fromhex("2a864886f70d010101")) + der(5, b""))
    signer = der(0x30, der(2, b"\3") + der(0x80, bytes(20)) + sha256 + rsa + der(4, value))
    data = der(0x30, der(2, b"\3") + der(0x31, sha256)
               + der(0x30, der(6, bytes.fromhex("2a864886f70d010701"))) + der(0x31, signer))
    whole = der(0x30, der(6, bytes.fromhex("2a864886f70d010702")) + der(0xA0, data))
    return whole + b"\0\0\2" + bytes(5) + struct.pack(">I", len(whole)) + MARK


MARK = b"~Module signature appended~\n"


def zipped(source, behind):
    """A zip file of one program in Python; its comment is what stands behind it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(zipfile.ZipInfo("__main__.py"), source)
    return out.getvalue()[:-2] + struct.pack("<H", behind)


def check_signed_program(tap, pairs, folder):
    """Python runs the archive at the end of any file, as self-extracting programs do."""
    program = handmade.build(*bases.HANDMADE["hand64"])
    behind = 12 + len(MARK)
    value = zipped("print('payload')", behind).rjust(512, b"\0")
    evil = program + module_signature(value)
    path = folder / "signed"
    path.write_bytes(evil)
    said = bases.run(sys.executable, path).stdout.strip()
    tap.ok(said == "payload", "an archive in a module signature is found and run", said)
    pairs.both_ways("a program with an archive in a module signature", "different", evil, program)


# --- a script that is a tar archive as well ------------------------------------------------------

# A script is run by its first line, whatever follows.
def check_script_in_tar(pairs):
    start = b"#!/bin/sh\n"
    content = b"echo something\n" * 40
    one = tar_header(start, 0) + tar_header(b"x.gz", len(gzip(stored(content), content)))
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    two = gzip(pack.compress(content) + pack.flush(), content)
    one += gzip(stored(content), content).ljust(1024, b"\0") + bytes(1024)
    two = tar_header(start, 0) + tar_header(b"x.gz", len(two)) + two.ljust(512, b"\0") + bytes(1024)
    pairs.both_ways("a script that is a tar archive", "different", two, one)


# --- a library of musl: what stands behind its code is executable ----------------------------------

LIBRARY = "int answer(void) { return 1; }\nint data[4] = { 1, 2, 3, 4 };\n"
CALLER = """
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
int answer(void);
int main(int argc, char **argv)
{
	Dl_info info;

	dladdr((void *)answer, &info);
	printf("%d\\n", ((int (*)(void))((char *)info.dli_fbase + atol(argv[1])))());
	return argc != 2;
}
"""
# x86-64: return 1337
RETURN_1337 = b"\xb8\x39\x05\0\0\xc3"


def check_musl_library(tap, pairs, folder):
    """Code in .debug_info is called, in a library as GNU ld lays it out for most machines."""
    if not tools.has(tap, "musl-gcc"):
        return
    for name, text in (("library.c", LIBRARY), ("caller.c", CALLER)):
        (folder / name).write_text(text)
    honest = folder / "libanswer.so"
    bases.run("musl-gcc", "-g", "-fPIC", "-shared", "-Wl,-z,noseparate-code,-z,max-page-size=65536",
              "-o", honest, folder / "library.c")
    bases.run("musl-gcc", "-o", folder / "caller", folder / "caller.c", honest)
    work = Work(honest.read_bytes())
    place = work.elf.section(".debug_info").offset + 16
    rebuilt, evil = bytes(work.data), work.put(place, RETURN_1337)
    honest.write_bytes(evil)
    said = bases.run(folder / "caller", place).stdout.strip()
    tap.ok(said == "1337", "musl maps .debug_info executable", said)
    pairs.both_ways("a library of musl, code in .debug_info", "different", evil, rebuilt)


# --- two segments in one page, an empty one between them ---------------------------------------------

def check_empty_segment(pairs):
    """The page of the data replaces the code's, and brings along what stands behind the data."""
    w = Work(handmade.build(*bases.HANDMADE["hand64"]))
    code, data, note, stack, spare = w.elf.segments[1:6]
    start = code.vaddr + 0x800
    w.set_section(".data", addr=start)
    w.set_section(".bss", addr=start + data.filesz)
    w.store(data, vaddr=start, align=16)
    empty = [0] * len(spare.names)
    rows = [tuple(getattr(s, n) for n in s.names) for s in (data, note, stack)]
    for segment, values in zip((data, note, stack, spare), [empty, *rows]):
        w.store(segment, **dict(zip(segment.names, values)))
    base = w.store(data, type=PT_LOAD, flags=PF_R, vaddr=code.vaddr + 0x400, align=1)
    pairs.both_ways("an empty segment between two in one page", "different",
                    harmless.comment_text(Work(base)), base)


def main():
    tap = tools.Tap()
    with tools.Pairs() as pairs:
        folder = tools.scratch()
        check_program_in_tar(tap, pairs, folder)
        check_efi_in_tar(tap, pairs, folder)
        check_kernel_in_tar(pairs)
        check_signed_program(tap, pairs, folder)
        check_script_in_tar(pairs)
        check_musl_library(tap, pairs, folder)
        check_empty_segment(pairs)
        for answer in pairs.answers():
            tap.ok(answer.tier == answer.wanted, answer.what, answer.line)
    tap.finish()


if __name__ == "__main__":
    main()
