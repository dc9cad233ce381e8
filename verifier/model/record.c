/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/record.h"

static const char *const outcomes[] = {
	[ASSAY_OUTCOME_BUILT] = "built",
	[ASSAY_OUTCOME_FAILED] = "failed",
	[ASSAY_OUTCOME_LIMIT_WALL] = "limit-wall",
	[ASSAY_OUTCOME_LIMIT_SILENCE] = "limit-silence",
	[ASSAY_OUTCOME_LIMIT_MEMORY] = "limit-memory",
	[ASSAY_OUTCOME_LIMIT_PROCESSES] = "limit-processes",
	[ASSAY_OUTCOME_LIMIT_DISK] = "limit-disk",
	[ASSAY_OUTCOME_LIMIT_LOG] = "limit-log",
	[ASSAY_OUTCOME_INTERRUPTED] = "interrupted",
	[ASSAY_OUTCOME_BAD_OUTPUT] = "bad-output",
};

const char *assay_outcome_name(enum assay_outcome outcome)
{
	return outcomes[outcome];
}

void assay_build_record_fini(struct assay_build_record *record)
{
	for (size_t i = 0; i < record->output_count; i++)
		free(record->outputs[i].name);
	free(record->outputs);
	free(record->detail);
	free(record->profile);
	free(record->log_path);
	free(record->log_tail);
	assay_strings_fini(&record->unpinned);
	assay_strings_fini(&record->pinned);
	assay_strings_fini(&record->seen);
	assay_strings_fini(&record->events);
	assay_inventory_fini(&record->sources);
	*record = (struct assay_build_record){ 0 };
}
