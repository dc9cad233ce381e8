/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/review.h"

#include "base/memory.h"

static const struct {
	const char *name, *text;
} kinds[ASSAY_SOURCE_KINDS] = {
	[ASSAY_SOURCE_NOT_REVIEWED] = { "built-not-reviewed", "built, but not reviewed" },
	[ASSAY_SOURCE_CHANGED] = { "changed-after-review", "changed after review" },
	[ASSAY_SOURCE_MISSING] = { "reviewed-not-built", "reviewed, but not among the sources" },
	[ASSAY_SOURCE_OPAQUE] = { "opaque-opened", "opened, and nobody can read it" },
};

const char *assay_source_kind_name(enum assay_source_kind kind)
{
	return kinds[kind].name;
}

const char *assay_source_kind_text(enum assay_source_kind kind)
{
	return kinds[kind].text;
}

void assay_review_fini(struct assay_review *review)
{
	free(review->at);
	free(review->reviewer);
	free(review->scope);
	assay_inventory_fini(&review->files);
	*review = (struct assay_review){ 0 };
}

void assay_source_check_fini(struct assay_source_check *check)
{
	for (size_t i = 0; i < check->review_count; i++)
		assay_review_fini(&check->reviews[i]);
	free(check->reviews);
	for (size_t i = 0; i < check->count; i++)
		free(check->findings[i].path);
	free(check->findings);
	*check = (struct assay_source_check){ 0 };
}

struct assay_review *assay_source_check_add(struct assay_source_check *check)
{
	struct assay_review *review;

	assay_grow(&check->reviews, &check->review_cap, check->review_count,
	           sizeof(*check->reviews));
	review = &check->reviews[check->review_count++];
	*review = (struct assay_review){ 0 };
	check->wanted = true;
	return review;
}
