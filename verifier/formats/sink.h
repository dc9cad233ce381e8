/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where unpacked bytes go: memory that grows as far as the budget allows, and no further.
 *
 * Layer: formats; for readers only.
 */
#ifndef ASSAY_FORMATS_SINK_H
#define ASSAY_FORMATS_SINK_H

#include "base/span.h"
#include "formats/budget.h"

struct assay_sink {
	struct assay_budget *budget;
	uint64_t packed;          /* bytes of input, for the ratio */
	struct assay_bytes bytes; /* so far; owned */
	size_t cap;
};

static inline void assay_sink_fini(struct assay_sink *sink)
{
	assay_bytes_fini(&sink->bytes);
}
#define ASSAY_AUTO_SINK ASSAY_AUTO(assay_sink_fini)

/**
 * Make room for at least one byte more.
 *
 * Out:    *room, where to write and how much may be written there
 * Errors: ASSAY_E_LIMIT  the budget is used up, or the ratio is that of a bomb
 */
ASSAY_CHECKED int assay_sink_room(struct assay_sink *sink, struct assay_bytes *room,
                                  struct assay_error *err);

/** Say that len bytes were written to the room. */
void assay_sink_wrote(struct assay_sink *sink, size_t len);

/** Append bytes. Errors: as assay_sink_room */
ASSAY_CHECKED int assay_sink_add(struct assay_sink *sink, struct assay_span bytes,
                                 struct assay_error *err);

/** Append zeros. Errors: as assay_sink_room */
ASSAY_CHECKED int assay_sink_zeros(struct assay_sink *sink, uint64_t length,
                                   struct assay_error *err);

/** Take what was written; the sink is empty afterwards. */
struct assay_bytes assay_sink_take(struct assay_sink *sink);

#endif
