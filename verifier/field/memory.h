/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes of a dump as the device's memory has them: without what a dump may have beside its pages.
 *
 * Layer: field, for dump.c.
 */
#ifndef ASSAY_FIELD_MEMORY_H
#define ASSAY_FIELD_MEMORY_H

#include "field/found.h"

struct assay_memory {
	int fd;        /* borrowed */
	uint64_t file; /* bytes of the file */
	uint64_t size; /* bytes of memory that are in it */
	uint64_t page, oob;
	bool has_oob, apart;
};

/** Set up for a layout: whether there are bytes beside pages follows from the size of the file. */
void assay_memory_open(int fd, uint64_t file, const struct assay_reference_layout *layout,
                       struct assay_memory *out);

/** SHA-256 of a range that is there. */
ASSAY_CHECKED int assay_memory_digest(const struct assay_memory *memory, uint64_t offset,
                                      uint64_t length, struct assay_sha256 *out,
                                      struct assay_error *err);

/**
 * Account for bytes that should be fill: row's padding, or unexplained. Each piece up to a multiple of
 * the erase size has to have one value.
 */
ASSAY_CHECKED int assay_memory_fill(const struct assay_memory *memory,
                                    const struct assay_reference_layout *layout, uint64_t offset,
                                    uint64_t length, struct assay_found_row *row,
                                    struct assay_error *err);

/** Account for bytes that should be a content: row's match, or unexplained. */
ASSAY_CHECKED int assay_memory_content(const struct assay_memory *memory,
                                       const struct assay_reference_content *content,
                                       uint64_t offset, struct assay_found_row *row,
                                       struct assay_error *err);

/** Whether the first and the last block are those of a content. True proves nothing. */
ASSAY_CHECKED int assay_memory_may_be(const struct assay_memory *memory,
                                      const struct assay_reference_content *content,
                                      uint64_t offset, bool *out, struct assay_error *err);

#endif
