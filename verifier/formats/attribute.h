/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Attributes in words.
 *
 * Layer: formats.
 */
#ifndef ASSAY_FORMATS_ATTRIBUTE_H
#define ASSAY_FORMATS_ATTRIBUTE_H

#include "base/buffer.h"
#include "formats/entry.h"

/** Append the value: "0755", "8,1", text, or bytes as "0x…". Input is quoted. */
void assay_attribute_say(struct assay_buffer *out, const struct assay_attribute *attribute);

#endif
