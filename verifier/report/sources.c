/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>

#include "base/memory.h"
#include "base/quote.h"
#include "report/verify.h"

#define SHOWN_MAX 20 /* of each kind in text */

static void add_finding(const struct assay_source_finding *finding, bool first,
                        struct assay_buffer *out)
{
	ASSAY_AUTO_FREE char *path = assay_quoted(finding->path);
	const char *title = finding->kind == ASSAY_SOURCE_OPAQUE ? "opaque" : "";

	assay_buffer_printf(out, "%-11s%s", first ? title : "", path);
	if (finding->opaque != ASSAY_OPAQUE_NOT)
		assay_buffer_printf(out, " (%s)", assay_opaque_name(finding->opaque));
	assay_buffer_printf(out, ": %s", assay_source_kind_text(finding->kind));
	if (finding->kind != ASSAY_SOURCE_OPAQUE && finding->kind != ASSAY_SOURCE_MISSING)
		assay_buffer_add_str(out, finding->used ? ", and opened by the build"
		                                        : ", and not opened by the build");
	assay_buffer_add_str(out, "\n");
}

static void add_findings(const struct assay_source_check *check, struct assay_buffer *out)
{
	uint64_t of_kind = 0;

	for (size_t i = 0; i < check->count; i++) {
		enum assay_source_kind kind = check->findings[i].kind;

		of_kind = i > 0 && check->findings[i - 1].kind == kind ? of_kind + 1 : 0;
		if (of_kind < SHOWN_MAX)
			add_finding(&check->findings[i], of_kind == 0, out);
		else if (of_kind == SHOWN_MAX)
			assay_buffer_printf(out, "%-11sand %" PRIu64 " more %s\n", "",
			                    check->counts[kind] - SHOWN_MAX,
			                    assay_source_kind_text(kind));
	}
}

static void add_reviewed(const struct assay_source_check *check, struct assay_buffer *out)
{
	if (!check->wanted)
		return;
	assay_buffer_printf(out, "%-11s%s", "reviewed",
	                    check->agrees ? "yes: what was built is what was reviewed"
	                                  : "no: what was built is not what was reviewed");
	for (size_t i = 0; i < check->review_count; i++) {
		ASSAY_AUTO_FREE char *reviewer = check->reviews[i].reviewer != NULL
		                                         ? assay_quoted(check->reviews[i].reviewer)
		                                         : NULL;

		if (reviewer != NULL)
			assay_buffer_printf(out, "%s %s", i == 0 ? ", says" : ",", reviewer);
	}
	assay_buffer_add_str(out, "\n");
	if (check->never_used > 0)
		assay_buffer_printf(out, "%-11s%" PRIu64 " files that the build never opened\n", "",
		                    check->never_used);
}

void assay_sources_text(const struct assay_inventory *sources,
                        const struct assay_source_check *check, struct assay_buffer *out)
{
	uint64_t files, used;

	assay_inventory_total(sources, &files, &used);
	assay_buffer_printf(out,
	                    "%-11s%" PRIu64 " files, %" PRIu64 " of them opened by the build\n",
	                    "sources", files, used);
	add_reviewed(check, out);
	add_findings(check, out);
}
