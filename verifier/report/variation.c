/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/verify.h"

static void add_names(const char *title, const struct assay_strings *names,
                      struct assay_buffer *out)
{
	assay_buffer_printf(out, "%-11s", title);
	for (size_t i = 0; i < names->count; i++)
		assay_buffer_printf(out, "%s%s", i > 0 ? ", " : "", names->items[i]);
	assay_buffer_add_str(out, "\n");
}

static const char *how_much(const struct assay_solution *solution)
{
	if (solution->complete)
		return "explains everything";
	return solution->tier < ASSAY_TIER_DIFFERENT ? "what it does not explain has rules"
	                                             : "explains a part";
}

/* What to put into the manifest, if the delivered file was built so. */
static void add_solution(const struct assay_solution *solution, struct assay_buffer *out)
{
	if (solution->changes.count == 0) {
		assay_buffer_printf(out, "%-11s%s\n", "proposal",
		                    "none: nothing that was tried explains more");
		return;
	}
	for (size_t i = 0; i < solution->changes.count; i++)
		assay_buffer_printf(out, "%-11s%s\n", i == 0 ? "proposal" : "",
		                    solution->changes.items[i]);
	assay_buffer_printf(out, "%-11s%s: with it, %s\n", "", how_much(solution),
	                    assay_tier_name(solution->tier));
}

void assay_variation_text(const struct assay_variation_record *record, struct assay_buffer *out)
{
	assay_buffer_printf(out, "%-11s%s\n", "repeated",
	                    record->repeats ? "the same bytes"
	                                    : "other bytes: the build is not deterministic");
	if (!record->repeats && record->clock)
		assay_buffer_printf(out, "%-11s%s\n", "",
		                    "with one time of day it is: it writes down the time, so pin "
		                    "build.machine.clock");
	if (record->repeats && !record->varies)
		add_names("depends on", &(struct assay_strings){ 0 }, out);
	if (record->varies)
		add_names("depends on", &record->axes, out);
	if (record->failed.count > 0)
		add_names("fails with", &record->failed, out);
	if (record->repeats)
		add_names("varied", &record->varied, out);
	if (record->decision != ASSAY_DECISION_NONE)
		assay_buffer_printf(out, "%-11s%s\n", "decision",
		                    assay_decision_text(record->decision));
	if (record->solution.builds > 0)
		add_solution(&record->solution, out);
	assay_buffer_printf(out, "%-11s%u\n", "builds", record->builds + record->solution.builds);
}
