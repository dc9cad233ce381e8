/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "field/found.h"

#include "base/memory.h"

static const char *const state_names[] = {
	[ASSAY_FOUND_MATCH] = "match",       [ASSAY_FOUND_EMPTY] = "empty",
	[ASSAY_FOUND_EXCLUDED] = "excluded", [ASSAY_FOUND_DIFFERENT] = "different",
	[ASSAY_FOUND_CUT] = "cut short",     [ASSAY_FOUND_UNKNOWN] = "unknown",
};

const char *assay_found_state_name(enum assay_found_state state)
{
	return state_names[state];
}

void assay_found_drop(struct assay_found *found, size_t first)
{
	for (size_t i = first; i < found->count; i++) {
		free(found->rows[i].name);
		free(found->rows[i].slot);
		free(found->rows[i].note);
	}
	found->count = first;
}

void assay_found_fini(struct assay_found *found)
{
	assay_found_drop(found, 0);
	free(found->rows);
	free(found->slots);
	assay_strings_fini(&found->not_compared);
	*found = (struct assay_found){ 0 };
}

struct assay_found_row *assay_found_add(struct assay_found *found, const char *name,
                                        enum assay_found_state state)
{
	struct assay_found_row *row;

	assay_grow(&found->rows, &found->cap, found->count, sizeof(*found->rows));
	row = &found->rows[found->count++];
	*row = (struct assay_found_row){ .name = assay_strdup(name),
		                         .pack = ASSAY_FOUND_NONE,
		                         .state = state };
	return row;
}

void assay_found_unexplained(struct assay_found_row *row, uint64_t offset, uint64_t length)
{
	struct assay_found_range *last =
		row->range_count > 0 ? &row->ranges[row->range_count - 1] : NULL;

	row->unexplained += length;
	if (last != NULL && row->ranges_left_out == 0 && last->offset + last->length == offset)
		last->length += length;
	else if (row->range_count < ASSAY_FOUND_RANGES)
		row->ranges[row->range_count++] = (struct assay_found_range){ offset, length };
	else
		row->ranges_left_out++;
}

size_t assay_found_count(const struct assay_found *found, enum assay_found_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < found->count; i++)
		count += found->rows[i].state == state;
	return count;
}
