/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sparse files in tar archives: which runs of a file are stored, one behind the other.
 *
 * Layer:  formats; for the reader of tar archives only.
 * Source: GNU tar's manual 1.34, "Storing Sparse Files": the old GNU format (type S), and the pax
 *         formats 0.0, 0.1 and 1.0.
 * Limits: runs that overlap, are not sorted or do not have exactly the bytes that are stored are
 *         an error. A map must be equal, so that it does not matter which programs know it.
 */
#ifndef ASSAY_FORMATS_ARCHIVE_TAR_SPARSE_H
#define ASSAY_FORMATS_ARCHIVE_TAR_SPARSE_H

#include "formats/reader.h"

enum assay_tar_sparse_form {
	ASSAY_TAR_DENSE,
	ASSAY_TAR_SPARSE_OLD,     /* the map is in the header and in blocks behind it */
	ASSAY_TAR_SPARSE_RECORDS, /* in pax records */
	ASSAY_TAR_SPARSE_DATA,    /* in front of what is stored */
};

struct assay_tar_run {
	uint64_t offset, length; /* in the file */
};

/** Zero-initialise; free with assay_tar_sparse_fini. */
struct assay_tar_sparse {
	enum assay_tar_sparse_form form;
	struct assay_tar_run *runs; /* owned */
	size_t count, cap;
	uint64_t size;          /* of the file */
	uint64_t blocks;        /* how many runs there are said to be */
	struct assay_span name; /* of the file; ptr NULL: not told; borrowed */
	bool has_size, has_blocks;
	bool half; /* a run has its offset only */
};

/**
 * Take a pax record that is about a sparse file.
 *
 * Return: 1 when it is, 0 when it is about something else, -1 on error
 * Errors: ASSAY_E_FORMAT
 */
ASSAY_CHECKED int assay_tar_sparse_record(struct assay_tar_sparse *out, struct assay_span key,
                                          struct assay_span value, struct assay_error *err);

/**
 * Append parts and pieces of a sparse file, from behind its header to the end of what is stored.
 *
 * In:     header, the block of its header; stored, bytes behind the header that belong to it
 * Errors: ASSAY_E_FORMAT
 */
ASSAY_CHECKED int assay_tar_sparse_read(struct assay_contents *out, struct assay_tar_sparse *sparse,
                                        struct assay_span header, uint64_t stored,
                                        struct assay_error *err);

void assay_tar_sparse_fini(struct assay_tar_sparse *sparse);

#endif
