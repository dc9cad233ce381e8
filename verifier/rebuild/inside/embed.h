/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes of the program that looks around inside a container: see rebuild/inside/keys.h.
 *
 * Layer: rebuild.
 */
#ifndef ASSAY_REBUILD_INSIDE_EMBED_H
#define ASSAY_REBUILD_INSIDE_EMBED_H

#include "base/span.h"

/** The static ELF program. Borrowed from assay's own text. */
struct assay_span assay_inside_program(void);

#endif
