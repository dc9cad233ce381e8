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

void assay_variation_text(const struct assay_variation_record *record, struct assay_buffer *out)
{
	assay_buffer_printf(out, "%-11s%s\n", "repeated",
	                    record->repeats ? "the same bytes"
	                                    : "other bytes: the build is not deterministic");
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
	assay_buffer_printf(out, "%-11s%u\n", "builds", record->builds);
}
