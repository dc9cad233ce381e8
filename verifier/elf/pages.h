/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which bytes of the file page rounding brings into memory.
 *
 * A loader maps whole pages. So the bytes of the file in front of and behind a segment, up to the
 * page's ends, are in memory with the segment's permissions, although nothing speaks of them.
 *
 * Beside an executable segment they are code that nobody compiled: part of the run-time view.
 * Beside a segment without PF_X they are not. They can not be executed, no header, symbol or
 * relocation gives them an address, and loaders already treat them as garbage: Linux (padzero in
 * fs/binfmt_elf.c) and glibc (_dl_map_segments) overwrite them as far as .bss reaches, musl
 * (reclaim_gaps in ldso/dynlink.c) hands them to malloc. In each of the 2,560 linked files of a
 * Debian 12 they are the start of .comment, .symtab, .shstrtab or of the section headers, which
 * differ between a file and itself stripped.
 *
 * Layer:  elf.
 * Limits: a processor without execute protection executes any page; there such bytes are as
 *         reachable as any other data that a program got from outside.
 */
#ifndef ASSAY_ELF_PAGES_H
#define ASSAY_ELF_PAGES_H

#include "elf/elf.h"

/** The bytes of the file, cut at its end, that are mapped with a loadable segment. */
struct assay_elf_extent assay_elf_pages(const struct assay_elf *elf,
                                        const struct assay_elf_segment *segment);

/**
 * Whether the pages of every loadable segment count as executable, whatever their flags:
 * without PT_GNU_STACK, or with an executable one, a kernel may make all readable memory
 * executable (READ_IMPLIES_EXEC); where two segments share a page of memory but not of the
 * file, the page of one replaces bytes of the other; and where segments are not in the order of
 * their addresses, loaders do not agree about what they map.
 *
 * Source: personality(2); Linux arch/x86/include/asm/elf.h, elf_read_implies_exec
 */
bool assay_elf_pages_all_count(const struct assay_elf *elf);

/**
 * The bytes of the file that musl maps with a library's first segment, of which it takes back
 * none: as many as the library has in memory, the other segments mapped over them. Where the first
 * segment is executable, as GNU ld makes it for most machines, so is what stands in the hole in
 * front of the next one: whatever follows in the file, loaded or not.
 *
 * Other loaders give the hole back: glibc, the kernel for programs, bionic, uClibc. A library that
 * needs glibc by name is loaded by glibc, and that name is compared.
 *
 * Return: an extent of length 0 when the hole is not executable or some other loader loads the file
 * Source: musl ldso/dynlink.c, map_library ("The first time, we map too much"); glibc
 *         elf/dl-map-segments.h; Linux fs/binfmt_elf.c, elf_map
 */
struct assay_elf_extent assay_elf_overmapped(const struct assay_elf *elf);

#endif
