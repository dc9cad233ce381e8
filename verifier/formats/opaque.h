/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source files that nobody can review by reading them: object code, archives, pictures, encoded
 * blobs, any other binary file. Told by content, never by name.
 *
 * Layer:  formats. A look at bytes: nothing is unpacked.
 * Source: file(1)'s magic of Debian 12 (5.44) for the marks in the table.
 * Limits: a hint for people, which no verdict rests on. Who wants to hide a blob in text that looks
 *         like a program can; tables of numbers that are honest (an AES box, a font) are named, too.
 */
#ifndef ASSAY_FORMATS_OPAQUE_H
#define ASSAY_FORMATS_OPAQUE_H

#include "base/span.h"
#include "model/inventory.h"

enum assay_opaque assay_opaque_look(struct assay_span content);

#endif
