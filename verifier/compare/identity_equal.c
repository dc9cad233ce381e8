/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/container.h"
#include "compare/identity.h"
#include "compare/parts.h"
#include "formats/content.h"
#include "formats/disk/flash.h"
#include "formats/readers.h"

/* The delivered file, read once more. */
struct search {
	struct assay_walk *walk;
	struct assay_budget budget;
	const char *taken; /* what somebody else has too; NULL: nothing so far */
};

/* Whether entries are files that somebody opens by their names. */
static bool is_file_system(const struct assay_reader *reader)
{
	static const struct assay_reader *const readers[] = {
		&assay_reader_cramfs,   &assay_reader_ext,   &assay_reader_fat,
		&assay_reader_iso,      &assay_reader_jffs2, &assay_reader_romfs,
		&assay_reader_squashfs, &assay_reader_ubifs,
	};

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(readers); i++)
		if (reader == readers[i])
			return true;
	return false;
}

static void note(struct search *search, const struct assay_contents *contents,
                 const struct assay_part *part)
{
	struct assay_span value = assay_span_sub(contents->span, part->offset, part->length);

	if (part->role == ASSAY_ROLE_OPAQUE &&
	    !assay_identity_note(&search->walk->identities, part->what, value, value))
		search->taken = part->what;
}

static void note_parts(struct search *search, const struct assay_contents *contents)
{
	for (size_t i = 0; i < contents->part_count; i++) {
		const struct assay_part *part = &contents->parts[i];

		if (part->fields == NULL)
			note(search, contents, part);
		for (size_t k = 0; part->fields != NULL && part->fields[k].what != NULL; k++) {
			struct assay_part field = assay_part_field(part, k);

			note(search, contents, &field);
		}
	}
}

/* Equal, or with something equal inside. */
static bool is_worth_it(const struct assay_node *node)
{
	return node->class == ASSAY_CLASS_IDENTICAL || node->child_count > 0;
}

/* The node of an entry; children stand in the order of entries. NULL: it has none */
static const struct assay_node *child_of(const struct assay_node *node, size_t *next,
                                         const struct assay_entry *entry)
{
	ASSAY_AUTO_FREE char *path = assay_container_path(node->path, entry);

	if (*next == node->child_count || strcmp(node->children[*next]->path, path) != 0)
		return NULL;
	return node->children[(*next)++];
}

/* What is equal and cannot be read is not known to be anything. */
static int pass_over(const struct assay_error *why, struct assay_error *err)
{
	if (why->code == ASSAY_E_FORMAT)
		return 0;
	*err = *why;
	return -1;
}

static int search_place(struct search *search, const struct assay_node *node,
                        struct assay_span span, unsigned depth, struct assay_error *err);

static int search_entries(struct search *search, const struct assay_node *node,
                          struct assay_contents *contents, unsigned depth, struct assay_error *err)
{
	size_t next = 0;

	for (size_t i = 0; i < contents->entry_count; i++) {
		const struct assay_entry *entry = &contents->entries[i];
		const struct assay_node *child = NULL;
		ASSAY_AUTO_CONTENT struct assay_content content = { 0 };
		struct assay_error why = ASSAY_ERROR_INIT;
		int result;

		if (!assay_entry_has_content(entry))
			continue;
		if (node != NULL) {
			child = child_of(node, &next, entry);
			if (child == NULL || !is_worth_it(child))
				continue;
		}
		if (assay_content_open(contents, i, &search->budget, &content, &why) < 0)
			result = pass_over(&why, err);
		else
			result = search_place(search, child, content.span, depth + 1, err);
		if (result < 0)
			return -1;
	}
	return 0;
}

/* What holds the whole file; NULL: that is told by its bytes. */
static const struct assay_flash_layout *layout_of(const struct search *search, unsigned depth)
{
	return depth == 0 ? search->walk->options->layout : NULL;
}

static int read_place(struct search *search, const struct assay_reader *reader,
                      struct assay_span span, unsigned depth, struct assay_contents *out,
                      struct assay_error *err)
{
	const struct assay_flash_layout *layout = layout_of(search, depth);

	if (layout != NULL)
		return assay_flash_read(layout, span, &search->budget, out, err);
	return assay_contents_read(reader, span, &search->budget, out, err);
}

/* Look into something. node: NULL inside of what is equal. */
static int search_place(struct search *search, const struct assay_node *node,
                        struct assay_span span, unsigned depth, struct assay_error *err)
{
	const struct assay_reader *reader =
		layout_of(search, depth) != NULL ? &assay_reader_flash : assay_reader_for(span);
	ASSAY_AUTO_CONTENTS struct assay_contents contents = { 0 };
	struct assay_error why = ASSAY_ERROR_INIT;
	bool equal = node == NULL || node->class == ASSAY_CLASS_IDENTICAL;

	if (reader == NULL || (is_file_system(reader) && !equal))
		return 0;
	if (depth >= search->budget.limits.depth)
		return assay_fail(err, ASSAY_E_LIMIT, "containers more than %u deep",
		                  search->budget.limits.depth);
	if (read_place(search, reader, span, depth, &contents, &why) < 0)
		return pass_over(&why, err);
	if (equal)
		note_parts(search, &contents);
	if (is_file_system(reader))
		return 0;
	return search_entries(search, equal ? NULL : node, &contents, depth, err);
}

int assay_identity_check_equal(struct assay_walk *walk, struct assay_node *node,
                               struct assay_error *err)
{
	struct search search = {
		.walk = walk, .budget = assay_budget_for(walk->options->limits, node->delivered.len)
	};
	struct assay_finding place = assay_node_place(node, 0, 0, ASSAY_CLASS_UNEXPLAINED, NULL);
	struct assay_error why = ASSAY_ERROR_INIT;

	if (!walk->identities.moved || !is_worth_it(node))
		return 0;
	if (search_place(&search, node, node->delivered, 0, &why) < 0) {
		if (why.code != ASSAY_E_LIMIT) {
			*err = why;
			return -1;
		}
		assay_node_inconclusive(node, "who else has a new UUID is not known: limit: %s",
		                        why.text);
	}
	if (search.taken != NULL)
		assay_comparison_find(assay_node_found(node), &place,
		                      "%s: the delivered one leads to something else", search.taken)
			->item = search.taken;
	assay_node_settle(node);
	return 0;
}
