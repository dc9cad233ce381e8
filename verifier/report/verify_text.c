/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>

#include "base/quote.h"
#include "report/report.h"
#include "report/verify.h"

static void quoted(struct assay_buffer *out, const char *text)
{
	assay_quote(out, assay_span_of_str(text));
}

/* Log lines, each behind a bar, so that nobody takes them for ours. */
static void add_log_tail(struct assay_buffer *out, const char *tail)
{
	while (*tail != '\0') {
		const char *end = strchrnul(tail, '\n');

		assay_buffer_add_str(out, "  | ");
		assay_quote(out, assay_span_of(tail, (size_t)(end - tail)));
		assay_buffer_add_str(out, "\n");
		tail = *end == '\n' ? end + 1 : end;
	}
}

static void add_list(struct assay_buffer *out, const char *title, const struct assay_strings *list)
{
	for (size_t i = 0; i < list->count; i++) {
		assay_buffer_printf(out, "%-11s", i == 0 ? title : "");
		quoted(out, list->items[i]);
		assay_buffer_add_str(out, "\n");
	}
}

/* How the build ended, and when it did not end well why. */
static void add_build(const struct assay_build_record *record, struct assay_buffer *out)
{
	assay_buffer_printf(out, "%-11s%s in %" PRIu64 ".%" PRIu64 " s, level %s, %zu output%s\n",
	                    "build", assay_outcome_name(record->outcome), record->wall_ms / 1000,
	                    record->wall_ms / 100 % 10,
	                    record->level != NULL ? record->level : "none", record->output_count,
	                    record->output_count == 1 ? "" : "s");
	if (record->outcome == ASSAY_OUTCOME_BUILT)
		return;
	if (record->detail != NULL) {
		assay_buffer_printf(out, "%-11s", "reason");
		quoted(out, record->detail);
		assay_buffer_add_str(out, "\n");
	}
	if (record->log_path != NULL) {
		assay_buffer_printf(out, "%-11s", "log");
		quoted(out, record->log_path);
		assay_buffer_add_str(out, ", its end:\n");
	}
	if (record->log_tail != NULL)
		add_log_tail(out, record->log_tail);
}

/* What the build tried and must not, and what it could see of this machine. */
static void add_hermeticity(const struct assay_build_record *record, struct assay_buffer *out)
{
	add_list(out, "refused", &record->events);
	add_list(out, "unpinned", &record->unpinned);
}

void assay_build_text(const struct assay_build_record *record, struct assay_buffer *out)
{
	add_build(record, out);
	add_hermeticity(record, out);
}

static void add_verdict(const struct assay_result *result, struct assay_buffer *out)
{
	assay_buffer_printf(out, "%-11s", "verdict");
	if (result->built && result->record.outcome != ASSAY_OUTCOME_BUILT)
		assay_buffer_printf(out, "none: the build %s",
		                    assay_outcome_name(result->record.outcome));
	else
		assay_buffer_add_str(out, assay_tier_name(result->tier));
	if (result->status == ASSAY_EXIT_WORSE_TIER)
		assay_buffer_printf(out,
		                    " (a match, but not accepted: the worst tier accepted is %s)",
		                    assay_tier_name(result->accept));
	assay_buffer_add_str(out, "\n");
}

static void add_pin(struct assay_buffer *out, const char *title, const struct assay_sha256 *digest)
{
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(digest, hex);
	assay_buffer_printf(out, "%-11ssha256:%s\n", title, hex);
}

static void add_delivered(const struct assay_result *result, size_t i, struct assay_buffer *out)
{
	const struct assay_delivered *delivered = &result->manifest->delivered[i];

	assay_buffer_printf(out, "%-13s", assay_tier_name(result->comparisons[i].tier));
	quoted(out, delivered->file);
	if (delivered->member != NULL) {
		assay_buffer_add_str(out, "!");
		quoted(out, delivered->member);
	}
	assay_buffer_printf(out, " (%" PRIu64 " bytes)\n", result->comparisons[i].delivered.size);
}

/* The verdict for each delivered artefact, then what is behind those that are not identical. */
static void add_comparisons(const struct assay_result *result, struct assay_buffer *out)
{
	for (size_t i = 0; i < result->comparison_count; i++)
		add_delivered(result, i, out);
	for (size_t i = 0; i < result->comparison_count; i++) {
		if (result->comparisons[i].tier == ASSAY_TIER_IDENTICAL)
			continue;
		assay_buffer_add_str(out, "\n");
		assay_report_text(&result->comparisons[i], result->accept, out);
	}
	if (result->comparison_count > 0)
		assay_buffer_add_str(out, "\n");
}

void assay_verify_text(const struct assay_result *result, struct assay_buffer *out)
{
	assay_buffer_printf(out, "%-11s", "product");
	quoted(out, result->manifest->product.name);
	assay_buffer_add_str(out, " ");
	quoted(out, result->manifest->product.version);
	assay_buffer_add_str(out, "\n");
	add_verdict(result, out);
	add_comparisons(result, out);
	if (result->variation.decision != ASSAY_DECISION_NONE) {
		assay_variation_text(&result->variation, out);
		assay_buffer_add_str(out, "\n");
	}
	if (result->built)
		add_build(&result->record, out);
	add_pin(out, "manifest", &result->manifest_id);
	add_pin(out, "lock", &result->lock_id);
	add_pin(out, "toolchain", &result->tree);
	if (result->built)
		assay_sources_text(&result->record.sources, &result->sources, out);
	if (result->built)
		add_hermeticity(&result->record, out);
}
