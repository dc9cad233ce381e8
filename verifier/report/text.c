/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The form for people. The first screen answers: is it the same, and if not, what differs? */
#include <inttypes.h>

#include "base/quote.h"
#include "report/excerpt.h"
#include "report/report.h"

#define FEW 3 /* findings shown of one artefact */
#define FEW_ARTEFACTS 8

static void add_subject(struct assay_buffer *out, const char *label,
                        const struct assay_subject *subject)
{
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(&subject->sha256, hex);
	assay_buffer_printf(out, "  %-10s ", label);
	assay_quote(out, assay_span_of_str(subject->name));
	assay_buffer_printf(out, "\n  %-10s %" PRIu64 " bytes, sha256 %s\n", "", subject->size,
	                    hex);
}

static void add_bytes(struct assay_buffer *out, const struct assay_ledger *ledger)
{
	uint64_t sums[ASSAY_CLASS_COUNT];
	const char *sign = "";

	assay_ledger_sum(ledger, sums);
	assay_buffer_printf(out, "  %-10s ", "bytes");
	for (unsigned class = 0; class < ASSAY_CLASS_COUNT; class ++) {
		if (sums[class] == 0)
			continue;
		assay_buffer_printf(out, "%s%" PRIu64 " %s", sign, sums[class],
		                    assay_class_name(class));
		sign = " + ";
	}
	assay_buffer_printf(out, "%s%" PRIu64 "\n", *sign != '\0' ? " = " : "", ledger->size);
}

static void add_verdict(struct assay_buffer *out, const struct assay_comparison *comparison,
                        enum assay_tier accept)
{
	static const char *const meaning[] = {
		[ASSAY_EXIT_MATCH] = "a match",
		[ASSAY_EXIT_DIFFERENT] = "not a match",
		[ASSAY_EXIT_INCONCLUSIVE] = "not a match: something could not be read to the end",
		[ASSAY_EXIT_WORSE_TIER] = "a match, but at a worse tier than accepted",
	};

	assay_buffer_printf(out, "%s: %s\n", assay_tier_name(comparison->tier),
	                    meaning[assay_tier_exit(comparison->tier, accept)]);
	add_subject(out, "delivered", &comparison->delivered);
	add_subject(out, "rebuilt", &comparison->rebuilt);
	if (comparison->artefact_count > 0)
		add_bytes(out, &comparison->artefacts[0].ledger);
}

static void add_finding(struct assay_buffer *out, const struct assay_finding *finding)
{
	assay_buffer_add_str(out, "    ");
	if (finding->length > 0 || finding->offset > 0)
		assay_buffer_printf(out, "at 0x%" PRIx64 ": ", finding->offset);
	assay_buffer_add_str(out, finding->text);
	if (finding->cause != NULL)
		assay_buffer_printf(out, " [%s]", finding->cause);
	assay_buffer_add_str(out, "\n");
	assay_excerpt_add(out, "      delivered  ", &finding->delivered, &finding->rebuilt);
	assay_excerpt_add(out, "      rebuilt    ", &finding->rebuilt, &finding->delivered);
}

static void add_path(struct assay_buffer *out, const char *path)
{
	assay_buffer_add_str(out, "  ");
	assay_quote(out, assay_span_of_str(*path != '\0' ? path : "(the file itself)"));
	assay_buffer_add_str(out, "\n");
}

/* Findings of one artefact that are in the class. Return: the index behind them. */
static size_t add_group(struct assay_buffer *out, const struct assay_comparison *comparison,
                        size_t first, size_t few)
{
	const struct assay_finding *findings = comparison->findings;
	size_t shown = 0, i;

	add_path(out, findings[first].artefact);
	for (i = first; i < comparison->finding_count; i++) {
		if (strcmp(findings[i].artefact, findings[first].artefact) != 0)
			break;
		if (findings[i].class != ASSAY_CLASS_UNEXPLAINED)
			continue;
		if (shown++ < few)
			add_finding(out, &findings[i]);
	}
	if (shown > few)
		assay_buffer_printf(out, "    and %zu more\n", shown - few);
	return i;
}

static void add_unexplained(struct assay_buffer *out, const struct assay_comparison *comparison,
                            bool all)
{
	size_t count = 0, groups = 0;

	for (size_t i = 0; i < comparison->finding_count; i++)
		count += comparison->findings[i].class == ASSAY_CLASS_UNEXPLAINED;
	if (count == 0)
		return;
	assay_buffer_printf(out, "\nNot explained: %zu difference%s\n", count,
	                    count == 1 ? "" : "s");
	for (size_t i = 0; i < comparison->finding_count;) {
		if (comparison->findings[i].class != ASSAY_CLASS_UNEXPLAINED) {
			i++;
			continue;
		}
		if (!all && groups++ == FEW_ARTEFACTS) {
			assay_buffer_add_str(out, "  and more artefacts: --verbose shows all\n");
			return;
		}
		i = add_group(out, comparison, i, all ? SIZE_MAX : FEW);
	}
}

/* Explained differences, one line for each artefact and rule in a row. */
static void add_explained(struct assay_buffer *out, const struct assay_comparison *comparison)
{
	bool any = false;

	for (size_t i = 0; i < comparison->finding_count; i++) {
		const struct assay_finding *f = &comparison->findings[i];

		if (f->class == ASSAY_CLASS_UNEXPLAINED)
			continue;
		assay_buffer_add_str(out, any ? "" : "\nExplained by rules\n");
		any = true;
		assay_buffer_printf(out, "  %s ", f->rule);
		assay_quote(out, assay_span_of_str(f->artefact));
		assay_buffer_printf(out, " at 0x%" PRIx64 ": %s\n", f->offset, f->text);
	}
}

static void add_report(const struct assay_comparison *comparison, enum assay_tier accept, bool all,
                       struct assay_buffer *out)
{
	add_verdict(out, comparison, accept);
	add_unexplained(out, comparison, all);
	add_explained(out, comparison);
}

void assay_report_text(const struct assay_comparison *comparison, enum assay_tier accept,
                       struct assay_buffer *out)
{
	add_report(comparison, accept, false, out);
}

void assay_report_text_all(const struct assay_comparison *comparison, enum assay_tier accept,
                           struct assay_buffer *out)
{
	add_report(comparison, accept, true, out);
}
