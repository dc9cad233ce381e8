/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The interface behind which every container format stands: a reader takes bytes and yields the
 * parts that they consist of, without a gap, and the entries that stand in them.
 *
 * Each fact stands in one of two places. Either its bytes are a part or field that is judged by
 * its role; or they have the role METADATA, and the fact is an entry, a type, a name, an order or
 * an attribute. A reader with bytes of role METADATA has looked at every bit of them: what it does
 * not understand is no METADATA but FIXED, or it fails.
 *
 * A reader that cannot say what a byte is fails: its container is then not opened, compared as
 * plain bytes and called inconclusive. How to add one is in ARCHITECTURE.md.
 *
 * Layer:  formats. Bytes in, structs out; no files, no globals.
 */
#ifndef ASSAY_FORMATS_READER_H
#define ASSAY_FORMATS_READER_H

#include "formats/budget.h"
#include "formats/claim.h"
#include "formats/entry.h"

struct assay_reader;
struct assay_sink;

/** A stored value that is not what it should be, on its own side. Always a finding. */
struct assay_false_value {
	uint64_t offset; /* bytes from the start of the container */
	uint64_t length;
	size_t entry;
	const char *what; /* static text */
};

/** What a container consists of. Zero-initialise; free with assay_contents_fini. */
struct assay_contents {
	const struct assay_reader *reader;
	const char *package; /* what kind of archive it is by its members; NULL: nothing special */
	struct assay_span span;
	struct assay_budget
		*budget;          /* that pays for the tables while they are made; borrowed. NULL:
	                                nobody does */
	struct assay_part *parts; /* each entry's together; together they are exactly the span */
	size_t part_count, part_cap;
	struct assay_entry *entries; /* in the order of the container, where order means anything */
	size_t entry_count, entry_cap;
	struct assay_attribute *attributes; /* each entry's together, the container's own last */
	size_t attribute_count, attribute_cap;
	struct assay_piece *pieces; /* each entry's together */
	size_t piece_count, piece_cap;
	struct assay_false_value *false_values;
	size_t false_count, false_cap;
	struct assay_claim *claims; /* those of one text together, in their order there */
	size_t claim_count, claim_cap;
	struct assay_bytes *buffers; /* unpacked bytes that spans point into; owned */
	size_t buffer_count, buffer_cap;
	struct assay_bytes
		block; /* what the packed piece that was last asked for unpacks to; owned */
	struct assay_piece packed; /* that piece */
	const char *order_rule;    /* why the order of entries means nothing; NULL: it does */
	char *partial;             /* owned; why not all of it could be read: then inconclusive */
	uint64_t end;              /* where the parts so far end */
	uint64_t trailing;         /* bytes behind the end of the format: nobody read them */
	bool scattered;            /* parts do not follow each other */
	bool metadata;             /* there are bytes of role METADATA */
	bool overrun;              /* a part was longer than what is left: a bug in a reader */
	bool full;                 /* parts or attributes were left out: there was no room */
};

struct assay_reader {
	const char *name;        /* "tar"; static text */
	const char *stream_rule; /* for streams that unpack to the same; NULL: no streams */
	const char *repack_rule; /* for bytes of role METADATA, and pieces that stand otherwise,
	                            around equal members: "squashfs/repacked@1"; NULL: none */
	bool (*probe)(struct assay_span span);

	/**
	 * Errors: ASSAY_E_FORMAT  malformed, or with bytes that the reader does not know; offset
	 *                         says where
	 *         ASSAY_E_LIMIT   a limit of the budget was reached
	 */
	int (*read)(struct assay_budget *budget, struct assay_contents *out,
	            struct assay_error *err);

	/** Unpack all of a piece of kind PACKED into a sink. NULL: there are none. */
	int (*unpack)(const struct assay_contents *contents, const struct assay_piece *piece,
	              struct assay_sink *sink, struct assay_error *err);

	/**
	 * Make every derived value (roles CHECK and SIZE) true again in a copy of the container's
	 * bytes in which other values were changed. NULL: there are none to be made true, or they
	 * cannot be; then a transplant that needs it is refused.
	 */
	void (*recompute)(const struct assay_contents *contents, uint8_t *image);
};

/**
 * The reader for a container; NULL for anything else, and for what a kernel would run as a program.
 * Looks at the bytes only, never at names.
 */
const struct assay_reader *assay_reader_for(struct assay_span span);

/**
 * Read a container, and check that its parts cover every byte once.
 *
 * Out:    *out, to be freed in any case
 * Errors: as struct assay_reader's read
 */
ASSAY_CHECKED int assay_contents_read(const struct assay_reader *reader, struct assay_span span,
                                      struct assay_budget *budget, struct assay_contents *out,
                                      struct assay_error *err);

/**
 * The same, without a look at what package the members of an archive make: each has the name that
 * the archive gives it.
 */
ASSAY_CHECKED int assay_contents_read_plain(const struct assay_reader *reader,
                                            struct assay_span span, struct assay_budget *budget,
                                            struct assay_contents *out, struct assay_error *err);

/** The name of the format, for people. */
static inline const char *assay_contents_format(const struct assay_contents *contents)
{
	return contents->package != NULL ? contents->package : contents->reader->name;
}

void assay_contents_fini(struct assay_contents *contents);
#define ASSAY_AUTO_CONTENTS ASSAY_AUTO(assay_contents_fini)

#endif
