/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Images of flash memory: one thing behind the other, by a layout or by what they look like.
 *
 * Whether by layout or by magic, a piece is but a name and a range: every byte is in one piece, or
 * is fill or must be equal. A piece that was taken for something on one side only has a name that
 * the other side lacks.
 *
 * Layer:  formats.
 * Limits: by magic, pieces begin at multiples of 4 KiB (the smallest sector of a NOR flash), and
 *         what has no length of its own (UBI, JFFS2) goes on to the end.
 */
#ifndef ASSAY_FORMATS_DISK_FLASH_H
#define ASSAY_FORMATS_DISK_FLASH_H

#include "formats/disk/flash_layout.h"
#include "formats/reader.h"

/**
 * Read a file by a layout: its regions are the entries.
 *
 * Out:    *out, to be freed in any case
 * Errors: ASSAY_E_FORMAT  a region past the end; ASSAY_E_LIMIT
 */
ASSAY_CHECKED int assay_flash_read(const struct assay_flash_layout *layout, struct assay_span span,
                                   struct assay_budget *budget, struct assay_contents *out,
                                   struct assay_error *err);

/**
 * Whether a file that no reader knows holds something that one does, and has the size of a flash
 * memory. (assay_reader_flash itself is for files whose first piece is known as well.)
 */
bool assay_flash_is_dump(struct assay_span span);

#endif
