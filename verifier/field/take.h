/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the formats of trees say about a file: type, mode, owner, device and extended attributes.
 *
 * Layer:  field. Bytes in, structs out: for the locked-in process.
 * Limits: squashfs, ext, romfs, tar and cpio; the last two of the five that Linux reads have no attributes.
 *         Access lists in words, as some tar archives have them, are refused.
 */
#ifndef ASSAY_FIELD_TAKE_H
#define ASSAY_FIELD_TAKE_H

#include "formats/reader.h"
#include "model/reference.h"

struct assay_taker {
	const char *reader; /* the name of the format's reader */

	/** Fill a file but for its path, link and content. Errors: ASSAY_E_FORMAT  nobody can tell */
	int (*take)(const struct assay_contents *contents, const struct assay_entry *entry,
	            struct assay_reference_file *out, struct assay_error *err);

	/** Whether a kernel sees the tree that the reader sees. NULL: always. Errors: ASSAY_E_FORMAT */
	int (*check)(const struct assay_contents *contents, struct assay_error *err);

	/** Whether an entry is no file of the tree. NULL: none */
	bool (*is_skipped)(const struct assay_entry *entry);

	bool links_ahead; /* a hard link may stand in front of what it leads to */
	bool links_say;   /* a hard link has mode and owner of its own, which some programs set */
};

/** NULL: a format that says too little about files. */
const struct assay_taker *assay_taker_for(const struct assay_reader *reader);

#endif
