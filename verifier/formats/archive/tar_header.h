/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One block of a tar archive, and the records of pax headers.
 *
 * Layer:  formats.
 * Source: POSIX.1-2017, pax: "ustar Interchange Format", "pax Header Block"; tar(5); GNU tar's
 *         manual, "Basic Tar Format".
 */
#ifndef ASSAY_FORMATS_ARCHIVE_TAR_HEADER_H
#define ASSAY_FORMATS_ARCHIVE_TAR_HEADER_H

#include "base/cursor.h"
#include "formats/archive/tar_sparse.h"

#define ASSAY_TAR_BLOCK 512

/** What a header says, as far as reading the archive depends on it. Spans are borrowed. */
struct assay_tar_header {
	char type;
	uint64_t size;                    /* bytes of content behind the header */
	struct assay_span name, link;     /* without prefix */
	struct assay_span prefix;         /* empty unless it counts: POSIX magic only */
	const struct assay_field *fields; /* how differences in the block are judged */
};

/** Whether the block begins with a header: its checksum is right and says so in octal digits. */
bool assay_tar_is_header(struct assay_span block);

/**
 * Read a header whose checksum is right.
 *
 * Errors: ASSAY_E_FORMAT  no size, or one past 2^63
 */
ASSAY_CHECKED int assay_tar_header(struct assay_span block, struct assay_tar_header *out,
                                   struct assay_error *err);

/** Where a SHA-256 stands in a name, as 64 lower-case digits and not more of them. Return: false: nowhere */
bool assay_tar_digest_at(struct assay_span name, size_t *at);

/**
 * Say of an archive that was read that the name of an entry is the digest of its content, which was
 * seen to be true. In other respects the header is as before.
 *
 * Return: false when it is not written in the usual way, and nothing was changed
 */
bool assay_tar_name_follows(struct assay_contents *contents, size_t entry);

/** As struct assay_reader's recompute: the checksums of headers that are written as usual. */
void assay_tar_recompute(const struct assay_contents *contents, uint8_t *image);

/**
 * Take the next record of a pax header: "LEN KEY=VALUE\n", LEN in decimal digits, of the whole record.
 *
 * In:     cur, with bytes left
 * Errors: ASSAY_E_FORMAT
 */
ASSAY_CHECKED int assay_tar_record(struct assay_cursor *cur, struct assay_span *key,
                                   struct assay_span *value, struct assay_error *err);

/** The records of a pax header that change how the archive is read. Borrowed from its bytes. */
struct assay_pax {
	struct assay_span path, link; /* ptr NULL: not there */
	uint64_t size;
	bool has_size;
};

/**
 * Read the records of a pax header.
 *
 * Out:    *sparse, what they say about a sparse file; NULL where they may not
 * Errors: ASSAY_E_FORMAT  malformed, or a record twice
 */
ASSAY_CHECKED int assay_tar_pax(struct assay_span records, struct assay_pax *out,
                                struct assay_tar_sparse *sparse, struct assay_error *err);

/**
 * Append the records of a pax header, which were read, as parts of an entry: times are values, all
 * else must be equal.
 *
 * In: out, of which the newest part is the header in front of them; its size may follow from them
 */
void assay_tar_pax_parts(struct assay_contents *out, size_t entry, struct assay_span records);

/** The records of an entry's pax header; empty when it has none. */
struct assay_span assay_tar_pax_of(const struct assay_contents *contents,
                                   const struct assay_entry *entry);

#endif
