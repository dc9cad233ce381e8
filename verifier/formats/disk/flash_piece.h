/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What can be told in a flash image, and how long it is.
 *
 * Layer: formats; private to this folder.
 */
#ifndef ASSAY_FORMATS_DISK_FLASH_PIECE_H
#define ASSAY_FORMATS_DISK_FLASH_PIECE_H

#include "base/span.h"

struct flash_piece {
	const char *kind; /* static text */
	uint64_t length;  /* bytes; never 0 */
};

/** What a span begins with, where that is told for certain. Return: false when it is not */
bool flash_piece_at(struct assay_span span, struct flash_piece *out);

#endif
