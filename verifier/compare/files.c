/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/files.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"
#include "elf/elf.h"

/* How much waits to be compared at a time. Ours. */
#define ITEMS_MAX 4096
#define MAPPED_MAX ((uint64_t)64 << 20) /* bytes; one pair may have more */

struct assay_files_item {
	const struct assay_tree_entry *entries[2];
	struct assay_map maps[2];
	struct assay_node *node;
	uint64_t offset; /* in the ledger of the root */
	bool equal;
};

static void drop_items(struct assay_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		assay_map_fini(&files->items[i].maps[0]);
		assay_map_fini(&files->items[i].maps[1]);
		assay_node_free(files->items[i].node);
	}
	files->count = 0;
	files->mapped = 0;
}

void assay_files_fini(struct assay_files *files)
{
	drop_items(files);
	free(files->items);
}

static int fail_in_item(const struct assay_files_item *item, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *path = assay_quoted(item->entries[0]->path);

	return assay_fail_in(err, "%s", path);
}

static int map_side(struct assay_files *files, struct assay_files_item *item, int side,
                    struct assay_error *err)
{
	const struct assay_tree_entry *entry = item->entries[side];

	if (assay_map_openat(files->fds[side], entry->path, &item->maps[side], err) < 0)
		return -1;
	if (item->maps[side].span.len != (uint64_t)entry->st.st_size)
		return assay_fail(err, ASSAY_E_SYSTEM, "changed while it was read");
	files->mapped += item->maps[side].span.len;
	return 0;
}

/* Whether nobody needs to look into the two: there is something to say of equal ELF files too. */
static bool is_settled(const struct assay_files_item *item)
{
	const uint8_t *start = item->entries[0]->start;

	return item->equal && !assay_elf_is(assay_span_of(start, sizeof(item->entries[0]->start)));
}

/* Of equal files one is looked at, if any: the node has the same bytes twice. */
static int open_item(struct assay_files *files, struct assay_files_item *item,
                     struct assay_error *err)
{
	struct assay_span delivered;

	if (is_settled(item))
		return 0;
	if (map_side(files, item, 0, err) < 0 ||
	    (!item->equal && map_side(files, item, 1, err) < 0))
		return -1;
	delivered = item->maps[0].span;
	item->node = assay_node_new(item->entries[0]->path, delivered,
	                            item->equal ? delivered : item->maps[1].span);
	return 0;
}

/* A node that says no more than that the bytes are equal. */
static void settle(struct assay_files_item *item)
{
	uint64_t size = (uint64_t)item->entries[0]->st.st_size;
	struct assay_node *node = assay_node_new(item->entries[0]->path, assay_span_of(NULL, 0),
	                                         assay_span_of(NULL, 0));

	assay_ledger_fini(&node->ledger);
	assay_ledger_init(&node->ledger, size);
	assay_ledger_explain(&node->ledger, 0, size, ASSAY_CLASS_IDENTICAL, NULL);
	assay_node_settle(node);
	item->node = node;
}

int assay_files_add(struct assay_files *files, const struct assay_tree_entry *const entries[2],
                    bool equal, uint64_t offset, struct assay_error *err)
{
	struct assay_files_item *item;

	assay_grow(&files->items, &files->cap, files->count, sizeof(*files->items));
	item = &files->items[files->count++];
	*item = (struct assay_files_item){ .entries = { entries[0], entries[1] },
		                           .offset = offset,
		                           .equal = equal };
	if (open_item(files, item, err) < 0)
		return fail_in_item(item, err);
	if (files->count < ITEMS_MAX && files->mapped < MAPPED_MAX)
		return 0;
	return assay_files_finish(files, err);
}

/* The file's bytes have the classes in the directory that they have in the file. */
static void take_over(struct assay_files *files, uint64_t offset, const struct assay_ledger *from)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct assay_range *range = &from->ranges[i];

		if (range->class != ASSAY_CLASS_UNEXPLAINED)
			assay_ledger_explain(&files->root->ledger, offset + range->offset,
			                     range->length, range->class, range->rule);
	}
}

/* Their digests differed, so that bytes that are equal now were not equal then. */
static int check_steady(const struct assay_files_item *item, enum assay_tier tier,
                        struct assay_error *err)
{
	return item->equal || tier != ASSAY_TIER_IDENTICAL
	               ? 0
	               : assay_fail(err, ASSAY_E_SYSTEM, "changed while it was read");
}

static int compare_here(struct assay_files *files, struct assay_files_item *item,
                        struct assay_error *err)
{
	if (is_settled(item))
		settle(item);
	else if (assay_node_compare_file(files->walk, item->node, err) < 0)
		return -1;
	return check_steady(item, item->node->tier, err);
}

/* Have all compared that nobody here may look into. */
static int compare_elsewhere(struct assay_files *files, struct assay_comparison *results,
                             struct assay_error *err)
{
	const struct assay_compare_options *options = files->walk->options;
	ASSAY_AUTO_FREE struct assay_sides *pairs = assay_calloc(files->count, sizeof(*pairs));
	size_t count = 0;

	for (size_t i = 0; i < files->count; i++) {
		const struct assay_node *node = files->items[i].node;

		if (!is_settled(&files->items[i]))
			pairs[count++] = (struct assay_sides){ { node->path, node->delivered },
				                               { node->path, node->rebuilt } };
	}
	return count == 0 ? 0 : options->pairs(options->context, pairs, count, results, err);
}

static int take_result(struct assay_files *files, struct assay_files_item *item,
                       struct assay_comparison *result, struct assay_error *err)
{
	if (check_steady(item, result->tier, err) < 0)
		return -1;
	take_over(files, item->offset, &result->artefacts[0].ledger);
	assay_node_take(item->node, result);
	return 0;
}

static int finish_item(struct assay_files *files, struct assay_files_item *item,
                       struct assay_comparison **next, struct assay_error *err)
{
	int result;

	if (files->walk->options->pairs == NULL || is_settled(item)) {
		result = compare_here(files, item, err);
		take_over(files, item->offset, &item->node->ledger);
	} else {
		result = take_result(files, item, (*next)++, err);
	}
	if (result < 0)
		return fail_in_item(item, err);
	assay_node_adopt(files->root, assay_steal(&item->node));
	return 0;
}

static int finish_items(struct assay_files *files, struct assay_comparison *results,
                        struct assay_error *err)
{
	struct assay_comparison *next = results;

	if (files->walk->options->pairs != NULL && compare_elsewhere(files, results, err) < 0)
		return -1;
	for (size_t i = 0; i < files->count; i++)
		if (finish_item(files, &files->items[i], &next, err) < 0)
			return -1;
	return 0;
}

int assay_files_finish(struct assay_files *files, struct assay_error *err)
{
	ASSAY_AUTO_FREE struct assay_comparison *results =
		assay_calloc(files->count, sizeof(*results));
	int result = finish_items(files, results, err);

	for (size_t i = 0; i < files->count; i++)
		assay_comparison_fini(&results[i]);
	drop_items(files);
	return result;
}
