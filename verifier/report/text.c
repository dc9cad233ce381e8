/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The form for people. The first screen answers: is it the same, and if not, what differs? */
#include <inttypes.h>

#include "base/memory.h"
#include "base/quote.h"
#include "report/excerpt.h"
#include "report/report.h"

#define FEW 3 /* findings shown of one artefact */
#define FEW_ARTEFACTS 8
#define FEW_RULES 12 /* explained findings shown */

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

/* "12 identical + 1 unexplained = 13" */
static void add_bytes(struct assay_buffer *out, const struct assay_ledger *ledger)
{
	uint64_t sums[ASSAY_CLASS_COUNT];
	unsigned classes = 0;

	assay_ledger_sum(ledger, sums);
	assay_buffer_printf(out, "  %-10s ", "bytes");
	for (unsigned class = 0; class < ASSAY_CLASS_COUNT; class ++)
		if (sums[class] > 0)
			assay_buffer_printf(out, "%s%" PRIu64 " %s", classes++ > 0 ? " + " : "",
			                    sums[class], assay_class_name(class));
	if (classes != 1)
		assay_buffer_printf(out, "%s%" PRIu64, classes > 0 ? " = " : "", ledger->size);
	assay_buffer_add_str(out, "\n");
	if (ledger->coalesced > 0)
		assay_buffer_printf(out,
		                    "  %-10s up to %" PRIu64
		                    " equal bytes between different ones are "
		                    "counted with them\n",
		                    "", ledger->coalesced);
}

/* What somebody decided that it need not match, whether it does or not. */
static void add_exclusions(struct assay_buffer *out, const struct assay_exclusions *list)
{
	for (unsigned i = 0; i < list->count; i++) {
		const struct assay_exclusion *exclusion = &list->items[i];
		const char *path = assay_exclusion_path(exclusion);

		assay_buffer_printf(out, "  %-10s ", i == 0 ? "excluded" : "");
		assay_quote(out, assay_span_of_str(*path != '\0' ? path : "(the file itself)"));
		assay_buffer_printf(out,
		                    " at 0x%" PRIx64 ", %" PRIu64 " bytes: ", exclusion->offset,
		                    exclusion->size);
		assay_quote(out, assay_span_of_str(exclusion->reason));
		assay_buffer_add_str(out, " (approved by ");
		assay_quote(out, assay_span_of_str(exclusion->approver));
		assay_buffer_add_str(out, ")\n");
	}
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
	add_exclusions(out, &comparison->exclusions);
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

/* Findings that nothing explains, in the order in which a person should look at them. */
struct order {
	const struct assay_finding **items; /* owned; borrowed findings */
	size_t count;
};

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Whether two findings are of one kind: the same field, or content, for the same cause. */
static bool same_kind(const struct assay_finding *a, const struct assay_finding *b)
{
	return same_text(a->artefact, b->artefact) && same_text(a->item, b->item) &&
	       same_text(a->cause, b->cause) && a->item != NULL;
}

/* Those without a known cause first; each half in the order of the walk. Owner: caller frees. */
static struct order make_order(const struct assay_comparison *comparison)
{
	struct order order = { assay_calloc(comparison->finding_count, sizeof(*order.items)), 0 };

	for (int known = 0; known < 2; known++)
		for (size_t i = 0; i < comparison->finding_count; i++) {
			const struct assay_finding *f = &comparison->findings[i];

			if (f->class == ASSAY_CLASS_UNEXPLAINED && (f->cause != NULL) == known)
				order.items[order.count++] = f;
		}
	return order;
}

/*
 * Findings of one artefact, from first on. Those of one kind in a row are shown once.
 *
 * Return: the index behind them
 */
static size_t add_group(struct assay_buffer *out, const struct order *order, size_t first, bool all)
{
	const struct assay_finding *head = order->items[first];
	size_t shown = 0, hidden = 0, i;

	add_path(out, head->artefact);
	for (i = first; i < order->count; i++) {
		const struct assay_finding *finding = order->items[i];
		size_t alike = 0;

		if (!same_text(finding->artefact, head->artefact))
			break;
		if (!all && shown == FEW) {
			hidden++;
			continue;
		}
		add_finding(out, finding);
		shown++;
		while (!all && i + 1 < order->count && same_kind(finding, order->items[i + 1])) {
			alike++;
			i++;
		}
		if (alike > 0)
			assay_buffer_printf(out, "      and %zu more: %s\n", alike, finding->item);
	}
	if (hidden > 0)
		assay_buffer_printf(out, "    and %zu more\n", hidden);
	return i;
}

struct tally {
	const char *cause;
	size_t count;
};

/* How many findings have which cause: few lines that say what to look for. */
static void add_causes(struct assay_buffer *out, const struct order *order)
{
	ASSAY_AUTO_FREE struct tally *tallies = NULL;
	size_t count = 0, cap = 0;

	for (size_t i = 0; i < order->count; i++) {
		const char *cause = order->items[i]->cause;
		size_t at = 0;

		while (at < count && !same_text(tallies[at].cause, cause))
			at++;
		if (at == count) {
			assay_grow(&tallies, &cap, count, sizeof(*tallies));
			tallies[count++] = (struct tally){ cause, 0 };
		}
		tallies[at].count++;
	}
	for (size_t i = 0; i < count; i++)
		assay_buffer_printf(out, "  %zu: %s\n", tallies[i].count,
		                    tallies[i].cause != NULL ? tallies[i].cause
		                                             : "cause not known");
}

static void add_unexplained(struct assay_buffer *out, const struct assay_comparison *comparison,
                            bool all)
{
	struct order order = make_order(comparison);
	size_t groups = 0;

	if (order.count > 0) {
		assay_buffer_printf(out, "\nNot explained: %zu difference%s\n", order.count,
		                    order.count == 1 ? "" : "s");
		add_causes(out, &order);
		assay_buffer_add_str(out, "\n");
	}
	for (size_t i = 0; i < order.count;) {
		if (!all && groups++ == FEW_ARTEFACTS) {
			assay_buffer_add_str(out, "  and more: --verbose shows all\n");
			break;
		}
		i = add_group(out, &order, i, all);
	}
	free(order.items);
}

/* One line each: what rules explain, or remarks on bytes that are equal. */
static void add_lines(struct assay_buffer *out, const struct assay_comparison *comparison,
                      bool remarks, bool all)
{
	size_t count = 0;

	for (size_t i = 0; i < comparison->finding_count; i++) {
		const struct assay_finding *f = &comparison->findings[i];
		const char *label;

		if (f->class == ASSAY_CLASS_UNEXPLAINED ||
		    (f->class == ASSAY_CLASS_IDENTICAL) != remarks)
			continue;
		if (count == 0)
			assay_buffer_add_str(out, remarks ? "\nEqual, but remarkable\n"
			                                  : "\nExplained by rules\n");
		if (count++ >= FEW_RULES && !all)
			continue;
		label = remarks ? f->cause : f->rule;
		assay_buffer_printf(out, "  %-18s ", label != NULL ? label : "");
		assay_quote(out, assay_span_of_str(f->artefact));
		assay_buffer_printf(out, " at 0x%" PRIx64 ": %s\n", f->offset, f->text);
	}
	if (count > FEW_RULES && !all)
		assay_buffer_printf(out, "  and %zu more: --verbose shows all\n",
		                    count - FEW_RULES);
}

static void add_report(const struct assay_comparison *comparison, enum assay_tier accept, bool all,
                       struct assay_buffer *out)
{
	add_verdict(out, comparison, accept);
	add_unexplained(out, comparison, all);
	add_lines(out, comparison, false, all);
	add_lines(out, comparison, true, all);
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
