/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The form for people. The first screen says what the file is, what is in it, and how many of its
 * bytes a comparison would let differ. */
#include <inttypes.h>

#include "base/memory.h"
#include "base/quote.h"
#include "report/inspect.h"

#define FEW_ARTEFACTS 12
#define INDENT 2 /* columns for each container around an artefact */

/* Bytes of one kind under one rule. */
struct tally {
	const char *kind, *rule;
	uint64_t bytes;
	size_t ranges;
	bool disputed;
};

struct tallies {
	struct tally *items; /* owned; in the order in which they first appear */
	size_t count, cap;
};

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void count_range(struct tallies *tallies, const struct assay_inspected_range *range)
{
	struct tally *tally;
	size_t at = 0;

	for (; at < tallies->count; at++) {
		tally = &tallies->items[at];
		if (same_text(tally->kind, range->kind) && same_text(tally->rule, range->rule) &&
		    tally->disputed == range->disputed)
			break;
	}
	if (at == tallies->count) {
		assay_grow(&tallies->items, &tallies->cap, at, sizeof(*tallies->items));
		tallies->items[tallies->count++] =
			(struct tally){ range->kind, range->rule, 0, 0, range->disputed };
	}
	tallies->items[at].bytes += range->length;
	tallies->items[at].ranges++;
}

static const char *judged(const char *rule)
{
	return rule != NULL ? rule : "must be equal";
}

static void add_tallies(struct assay_buffer *out, const struct assay_inspected *artefact,
                        int indent)
{
	struct tallies tallies = { 0 };

	for (size_t i = 0; i < artefact->range_count; i++)
		count_range(&tallies, &artefact->ranges[i]);
	for (size_t i = 0; i < tallies.count; i++) {
		const struct tally *tally = &tallies.items[i];

		assay_buffer_printf(out, "%*s%12" PRIu64 " %-16s %s%s\n", indent, "", tally->bytes,
		                    tally->kind, judged(tally->rule),
		                    tally->disputed ? ", views disagree" : "");
	}
	if (tallies.count != 1)
		assay_buffer_printf(out, "%*s%12" PRIu64 " in all\n", indent, "", artefact->size);
	free(tallies.items);
}

/* How many digits the offsets of an artefact need. */
static int width_of(uint64_t size)
{
	int width = 1;

	for (; size > 0xf; size >>= 4)
		width++;
	return width;
}

static void add_range(struct assay_buffer *out, const struct assay_inspected_range *range,
                      int width)
{
	assay_buffer_printf(out, "  %0*" PRIx64 " %*" PRIu64 " ", width, range->offset, width + 2,
	                    range->length);
	if (range->has_address)
		assay_buffer_printf(out, "%12" PRIx64 " ", range->address);
	else
		assay_buffer_printf(out, "%12s ", "-");
	assay_buffer_printf(out, "%-22s %-15s %s%s\n", judged(range->rule), range->kind,
	                    range->disputed ? "VIEWS DISAGREE: " : "",
	                    range->what != NULL ? range->what : "");
}

static void add_map(struct assay_buffer *out, const struct assay_inspected *artefact)
{
	int width = width_of(artefact->size);

	for (size_t i = 0; i < artefact->attributes.count; i++)
		assay_buffer_printf(out, "  | %s\n", artefact->attributes.items[i]);
	assay_buffer_printf(out, "  %*s %*s %12s %-22s %-15s %s\n", width, "at", width + 2, "bytes",
	                    "address", "rule", "kind", "what");
	for (size_t i = 0; i < artefact->range_count; i++)
		add_range(out, &artefact->ranges[i], width);
	assay_buffer_printf(out, "  %" PRIu64 " bytes in %zu ranges\n", artefact->size,
	                    artefact->range_count);
}

static void add_artefact(struct assay_buffer *out, const struct assay_inspected *artefact,
                         const char *name, bool map)
{
	int indent = map ? 0 : (int)artefact->depth * INDENT;
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(&artefact->sha256, hex);
	assay_buffer_printf(out, "%*s", indent, "");
	assay_quote(out, assay_span_of_str(name));
	assay_buffer_printf(out, ": %s, %" PRIu64 " bytes", artefact->format, artefact->size);
	if (artefact->has_offset)
		assay_buffer_printf(out, " at 0x%" PRIx64, artefact->offset);
	assay_buffer_printf(out, "\n%*s  sha256 %s\n", indent, "", hex);
	if (artefact->about != NULL)
		assay_buffer_printf(out, "%*s  %s\n", indent, "", artefact->about);
	if (artefact->trouble != NULL)
		assay_buffer_printf(out, "%*s  TROUBLE: %s\n", indent, "", artefact->trouble);
	if (map)
		add_map(out, artefact);
	else if (strcmp(artefact->format, "data") != 0)
		add_tallies(out, artefact, indent);
}

void assay_report_inspect_text(const struct assay_inspection *inspection, const char *name,
                               bool map, struct assay_buffer *out)
{
	size_t shown =
		map || inspection->count <= FEW_ARTEFACTS ? inspection->count : FEW_ARTEFACTS;

	for (size_t i = 0; i < shown; i++) {
		const struct assay_inspected *artefact = &inspection->artefacts[i];

		add_artefact(out, artefact, *artefact->path != '\0' ? artefact->path : name, map);
	}
	if (shown < inspection->count)
		assay_buffer_printf(out, "and %zu more artefacts: --map shows all\n",
		                    inspection->count - shown);
}
