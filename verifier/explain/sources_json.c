/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/quote.h"
#include "explain/sources.h"

#define LISTED_MAX 1000 /* findings; sources.jsonl has every file */

static json_t *review_json(const struct assay_review *review)
{
	json_t *out = json_object();

	assay_json_set_str(out, "at", review->at);
	assay_json_set_sha256(out, "tree", &review->tree);
	if (review->reviewer != NULL) {
		assay_json_set_str(out, "reviewer", review->reviewer);
		assay_json_set_str(out, "scope", review->scope);
		assay_json_set_sha256(out, "statement", &review->statement);
	}
	return out;
}

static json_t *finding_json(const struct assay_source_finding *finding)
{
	ASSAY_AUTO_FREE char *path = assay_quoted(finding->path);
	json_t *out = json_object();

	assay_json_set_str(out, "kind", assay_source_kind_name(finding->kind));
	assay_json_set_str(out, "path", path);
	assay_json_set_bool(out, "opened", finding->used);
	if (finding->opaque != ASSAY_OPAQUE_NOT)
		assay_json_set_str(out, "opaque", assay_opaque_name(finding->opaque));
	return out;
}

static void add_review(const struct assay_source_check *check, json_t *out)
{
	json_t *reviews;

	if (!check->wanted)
		return;
	reviews = json_array();
	for (size_t i = 0; i < check->review_count; i++)
		assay_json_append(reviews, review_json(&check->reviews[i]));
	assay_json_set(out, "reviews", reviews);
	assay_json_set_bool(out, "reviewed", check->agrees);
	assay_json_set_int(out, "unopened", check->never_used);
}

json_t *assay_sources_json(const struct assay_inventory *sources,
                           const struct assay_source_check *check)
{
	ASSAY_AUTO_BUFFER struct assay_buffer list = { 0 };
	json_t *out = json_object(), *findings = json_array(), *counts = json_object();
	struct assay_sha256 digest;
	uint64_t files, used;

	assay_inventory_total(sources, &files, &used);
	assay_json_set_int(out, "files", files);
	assay_json_set_int(out, "opened", used);
	if (assay_inventory_digest(sources, ".", &digest))
		assay_json_set_sha256(out, "tree", &digest);
	assay_inventory_write(sources, &list);
	assay_sha256(assay_buffer_span(&list), &digest);
	assay_json_set_sha256(out, "list", &digest);
	add_review(check, out);
	for (size_t i = 0; i < check->count && i < LISTED_MAX; i++)
		assay_json_append(findings, finding_json(&check->findings[i]));
	for (unsigned kind = 0; kind < ASSAY_SOURCE_KINDS; kind++)
		assay_json_set_int(counts, assay_source_kind_name(kind), check->counts[kind]);
	assay_json_set(out, "findings", findings);
	assay_json_set(out, "counts", counts);
	return out;
}
