/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The interface behind which every container format stands: a reader takes bytes and yields the
 * parts that they consist of, without a gap, and the entries that stand in them.
 *
 * A reader that cannot say what a byte is fails: its container is then not opened, compared as
 * plain bytes and called inconclusive. A new format is a file with a reader, and a row in
 * readers.c.
 *
 * Layer:  formats. Bytes in, structs out; no files, no globals.
 */
#ifndef ASSAY_FORMATS_READER_H
#define ASSAY_FORMATS_READER_H

#include "base/span.h"
#include "formats/budget.h"

/** What a part is to its container: this alone decides how a difference in it is judged. */
enum assay_role {
	ASSAY_ROLE_FIXED,   /* must be equal: names, modes, times, magic, trailing bytes */
	ASSAY_ROLE_SIZE,    /* a size that follows from the length of the entry's content */
	ASSAY_ROLE_CHECK,   /* a checksum over other bytes of the entry; true on its own side */
	ASSAY_ROLE_PACKING, /* tells how the stream was packed; may differ as the stream may */
	ASSAY_ROLE_CONTENT, /* the entry's content, as it is */
	ASSAY_ROLE_STREAM,  /* the entry's content, compressed */
	ASSAY_ROLE_FILL,    /* bytes of one value, as many as the format wants there */
};

/** A field of a part that has a fixed layout. Fields cover their part without a gap. */
struct assay_field {
	const char *what; /* static text, for findings; NULL ends a table */
	uint16_t offset;  /* bytes from the start of the part */
	uint16_t length;
	enum assay_role role;
};

#define ASSAY_NO_ENTRY SIZE_MAX

struct assay_part {
	uint64_t offset; /* bytes from the start of the container */
	uint64_t length;
	uint64_t unpacked;                /* role STREAM: bytes of content that it unpacks to */
	const char *what;                 /* static text: "header", "name table" */
	const struct assay_field *fields; /* static; NULL: the part is one field */
	size_t entry;                     /* index of the entry it belongs to; ASSAY_NO_ENTRY */
	enum assay_role role;             /* when fields is NULL */
	uint8_t fill;                     /* role FILL: the value */
};

enum assay_entry_type {
	ASSAY_ENTRY_FILE,
	ASSAY_ENTRY_LINK, /* a hard link to an earlier entry */
	ASSAY_ENTRY_SYMLINK,
	ASSAY_ENTRY_DIRECTORY,
	ASSAY_ENTRY_OTHER,  /* device, FIFO: no content */
	ASSAY_ENTRY_STREAM, /* what a compressed file unpacks to; has no name */
};

/** One member. Strings are as in the input: never a NUL inside, otherwise unchecked. */
struct assay_entry {
	char *name;                /* owned; "" for a stream */
	char *link;                /* owned; target of a link, else NULL */
	struct assay_span content; /* borrowed from the container or from contents->unpacked */
	size_t first_part;
	size_t part_count; /* parts of one entry stand together */
	enum assay_entry_type type;
};

struct assay_reader;

/** What a container consists of. Zero-initialise; free with assay_contents_fini. */
struct assay_contents {
	const struct assay_reader *reader;
	struct assay_span span;
	struct assay_part *parts; /* by offset; together exactly the span */
	size_t part_count, part_cap;
	struct assay_entry *entries; /* in the order of the container */
	size_t entry_count, entry_cap;
	struct assay_bytes unpacked; /* of a stream; owned */
	uint64_t end;                /* where the parts so far end */
	uint64_t trailing;           /* bytes behind the end of the format: nobody read them */
	bool overrun;                /* a part was longer than what is left: a bug in a reader */
};

struct assay_reader {
	const char *name; /* "tar"; static text */
	const char
		*stream_rule; /* the rule for streams that unpack to the same; NULL: no streams */
	bool (*probe)(struct assay_span span);

	/**
	 * Errors: ASSAY_E_FORMAT  malformed, or with bytes that the reader does not know; offset
	 *                         says where
	 *         ASSAY_E_LIMIT   a limit of the budget was reached
	 */
	int (*read)(struct assay_budget *budget, struct assay_contents *out,
	            struct assay_error *err);
};

/** The reader for a container; NULL for anything else. Looks at the bytes only, never at names. */
const struct assay_reader *assay_reader_for(struct assay_span span);

/**
 * Read a container, and check that its parts cover every byte.
 *
 * Out:    *out, to be freed in any case
 * Errors: as struct assay_reader's read
 */
ASSAY_CHECKED int assay_contents_read(const struct assay_reader *reader, struct assay_span span,
                                      struct assay_budget *budget, struct assay_contents *out,
                                      struct assay_error *err);
void assay_contents_fini(struct assay_contents *contents);
#define ASSAY_AUTO_CONTENTS ASSAY_AUTO(assay_contents_fini)

#endif
