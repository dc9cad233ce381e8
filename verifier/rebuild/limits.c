/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/limits.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/compiler.h"

#define LOOK_MAX_MS 100
#define MEMORY_PER_MS (UINT64_C(4) << 20) /* bytes that programs can take in a millisecond */

/* One limit: how much of it is used, in its own unit, and whether reaching it is too much already. */
struct row {
	enum assay_outcome outcome;
	bool at; /* times are over when they are reached; of the others so much may be used */
	uint64_t used, limit;
	const char *before, *after, *key; /* the text: before used after, key is limit */
};

enum assay_outcome assay_limits_reached(const struct assay_limits *limits,
                                        const struct assay_spent *spent, char text[256])
{
	const struct row rows[] = {
		{ ASSAY_OUTCOME_LIMIT_LOG, false, spent->log, limits->log, "", " bytes of output",
		  "log" },
		{ ASSAY_OUTCOME_LIMIT_WALL, true, spent->running_ms / 1000, limits->wall,
		  "still running after ", " s", "wall" },
		{ ASSAY_OUTCOME_LIMIT_SILENCE, true, spent->silent_ms / 1000, limits->silence,
		  "no output for ", " s", "silence" },
		{ ASSAY_OUTCOME_LIMIT_PROCESSES, false, spent->processes, limits->processes, "",
		  " processes and threads", "processes" },
		{ ASSAY_OUTCOME_LIMIT_MEMORY, false, spent->memory, limits->memory, "",
		  " bytes of memory", "memory" },
	};

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];

		if (row->at ? row->used < row->limit : row->used <= row->limit)
			continue;
		(void)snprintf(text, 256, "%s%" PRIu64 "%s, build.limits.%s is %" PRIu64,
		               row->before, row->used, row->after, row->key, row->limit);
		return row->outcome;
	}
	return ASSAY_OUTCOME_BUILT;
}

int assay_limits_next_look(const struct assay_limits *limits, uint64_t memory)
{
	uint64_t ms = memory < limits->memory ? (limits->memory - memory) / MEMORY_PER_MS : 0;

	if (ms > LOOK_MAX_MS)
		return LOOK_MAX_MS;
	return ms < ASSAY_LOOK_MIN_MS ? ASSAY_LOOK_MIN_MS : (int)ms;
}
