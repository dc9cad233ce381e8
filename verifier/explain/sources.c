/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "explain/sources.h"

#include "base/memory.h"

static void add(struct assay_source_check *check, enum assay_source_kind kind, const char *path,
                const struct assay_inventory_item *item)
{
	struct assay_source_finding *finding;

	assay_grow(&check->findings, &check->cap, check->count, sizeof(*check->findings));
	finding = &check->findings[check->count++];
	*finding = (struct assay_source_finding){
		.kind = kind,
		.path = assay_strdup(path),
		.used = item != NULL && item->used,
		.opaque = item != NULL ? item->opaque : ASSAY_OPAQUE_NOT,
	};
	check->counts[kind]++;
}

static void add_below(struct assay_source_check *check, const char *at, const char *path)
{
	ASSAY_AUTO_FREE char *full =
		strcmp(at, ".") == 0 ? assay_strdup(path) : assay_asprintf("%s/%s", at, path);

	add(check, ASSAY_SOURCE_MISSING, full, NULL);
}

static bool same(const struct assay_inventory_item *a, const struct assay_inventory_item *b)
{
	return a->type == b->type && a->executable == b->executable && a->size == b->size &&
	       assay_sha256_equal(&a->sha256, &b->sha256);
}

/* A review with its list: both are sorted by the same part of their paths, so go along both. */
static void check_files(const struct assay_inventory *built, const struct assay_review *review,
                        struct assay_source_check *check)
{
	const struct assay_inventory *files = &review->files;
	size_t k = 0;

	for (size_t i = 0; i < built->count; i++) {
		const struct assay_inventory_item *item = &built->items[i];
		const char *path = assay_inventory_below(item->path, review->at);
		int order = 1;

		while (path != NULL && k < files->count &&
		       (order = strcmp(files->items[k].path, path)) < 0)
			add_below(check, review->at, files->items[k++].path);
		if (path == NULL || order != 0)
			continue; /* not reviewed here: see check_covered */
		if (!same(&files->items[k++], item))
			add(check, ASSAY_SOURCE_CHANGED, item->path, item);
		else if (built->watched && item->type != 'd' && !item->used)
			check->never_used++;
	}
	while (k < files->count)
		add_below(check, review->at, files->items[k++].path);
}

static void check_review(const struct assay_inventory *built, const struct assay_review *review,
                         struct assay_source_check *check)
{
	struct assay_sha256 tree;

	if (review->has_files)
		check_files(built, review, check);
	/* The list tells more, but it is the digest that counts. */
	else if (!assay_inventory_digest(built, review->at, &tree))
		add(check, ASSAY_SOURCE_MISSING, review->at, NULL);
	else if (!assay_sha256_equal(&tree, &review->tree))
		add(check, ASSAY_SOURCE_CHANGED, review->at, NULL);
}

/* Whether a folder only leads to what was reviewed. */
static bool leads_to(const struct assay_inventory_item *item, const char *at)
{
	size_t len = strlen(item->path);

	return item->type == 'd' && strncmp(at, item->path, len) == 0 &&
	       (at[len] == '/' || at[len] == '\0');
}

static bool is_covered(const struct assay_inventory_item *item,
                       const struct assay_source_check *check)
{
	for (size_t i = 0; i < check->review_count; i++) {
		const struct assay_review *review = &check->reviews[i];
		const char *path = assay_inventory_below(item->path, review->at);

		if (leads_to(item, review->at) ||
		    (path != NULL &&
		     (!review->has_files || assay_inventory_find(&review->files, path) != NULL)))
			return true;
	}
	return false;
}

static int by_kind(const void *a, const void *b)
{
	const struct assay_source_finding *x = a, *y = b;

	return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->path, y->path);
}

void assay_sources_check(const struct assay_inventory *built, struct assay_source_check *check)
{
	for (size_t i = 0; i < check->review_count; i++)
		check_review(built, &check->reviews[i], check);
	for (size_t i = 0; i < built->count; i++) {
		const struct assay_inventory_item *item = &built->items[i];

		if (check->wanted && !is_covered(item, check))
			add(check, ASSAY_SOURCE_NOT_REVIEWED, item->path, item);
		if (item->used && item->opaque != ASSAY_OPAQUE_NOT)
			add(check, ASSAY_SOURCE_OPAQUE, item->path, item);
	}
	if (check->count > 0)
		qsort(check->findings, check->count, sizeof(*check->findings), by_kind);
	check->agrees = check->wanted && built->count > 0 &&
	                check->counts[ASSAY_SOURCE_NOT_REVIEWED] == 0 &&
	                check->counts[ASSAY_SOURCE_CHANGED] == 0 &&
	                check->counts[ASSAY_SOURCE_MISSING] == 0;
}
