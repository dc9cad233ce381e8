/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sections with compressed content: .debug_* under SHF_COMPRESSED and the older .zdebug_*.
 *
 * Layer:  compare; private to this folder.
 * Source: gABI chapter 4, "Section Compression" (2015, zstd 2022); GNU binutils bfd/compress.c for
 *         .zdebug_: "ZLIB", the unpacked size in 8 bytes, big-endian, a zlib stream.
 * Limits: at most 4 GiB unpacked, a thousand times the packed size beyond 64 MiB, and a zstd
 *         window of 128 MiB. Nothing is kept: content is digested as it comes.
 */
#ifndef ASSAY_COMPARE_ELFCMP_PACKED_H
#define ASSAY_COMPARE_ELFCMP_PACKED_H

#include "base/digest.h"
#include "elf/elf.h"

/** Whether it says that its content is compressed, in its flags or in its name. */
bool assay_elf_is_packed(const struct assay_elf_section *section);

/** The name without what says so: "debug_info" for .debug_info and .zdebug_info. Borrowed. */
struct assay_span assay_elf_stem(struct assay_span name);

/**
 * Digest the content of a section, unpacked if it is packed.
 *
 * Out:    *digest; may be NULL
 * Return: NULL, or what is wrong: static text. A stream has to end where the section does, and to
 *         have exactly the size that is stated in front of it.
 */
const char *assay_elf_unpack(const struct assay_elf *elf, const struct assay_elf_section *section,
                             struct assay_sha256 *digest);

#endif
