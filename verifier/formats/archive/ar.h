/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Static libraries: ar archives of relocatable files, and their index of symbols.
 *
 * Layer:  formats.
 * Source: ar(5); the index of System V and GNU ar, binutils bfd/archive.c,
 *         _bfd_coff_slurp_armap: a big-endian count, that many offsets of member headers, that
 *         many names, each with its NUL; "/SYM64/" has numbers of 8 bytes.
 */
#ifndef ASSAY_FORMATS_ARCHIVE_AR_H
#define ASSAY_FORMATS_ARCHIVE_AR_H

#include "formats/reader.h"

/** What the part of a static library that holds its index is called, by the size of its numbers. */
#define ASSAY_AR_INDEX_32 "symbol index"
#define ASSAY_AR_INDEX_64 "64-bit symbol index"

/** One row of an index. */
struct assay_ar_symbol {
	struct assay_span name; /* borrowed */
	size_t member;          /* index of the entry that defines it */
};

/** The index of a static library. Zero-initialise. */
struct assay_ar_index {
	struct assay_ar_symbol *symbols; /* owned, in their order */
	size_t count;
	bool there; /* there is one; it may be empty */
};

void assay_ar_index_fini(struct assay_ar_index *index);
#define ASSAY_AUTO_AR_INDEX ASSAY_AUTO(assay_ar_index_fini)

/**
 * Whether a container that was read as ar is for linkers: it has an index, or all of its members
 * are relocatable.
 */
bool assay_ar_is_library(const struct assay_contents *contents);

/**
 * Read the index of a static library.
 *
 * Errors: ASSAY_E_FORMAT  it leads to no member, is cut short, or holds more than an index
 */
ASSAY_CHECKED int assay_ar_index_read(const struct assay_contents *contents,
                                      struct assay_ar_index *out, struct assay_error *err);

#endif
