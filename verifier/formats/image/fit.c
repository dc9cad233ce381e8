/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The images of a FIT: where their content is, and whether their hashes are true.
 *
 * Signature values, times and the names of signers may differ under rules; which images there
 * are, which configurations and what they consist of may not.
 */
#include "formats/image/fit.h"
#include "formats/image/extent.h"

#include "base/cursor.h"
#include "formats/readers.h"
#include "formats/stream/deflate.h"

#define NONE SIZE_MAX
#define TIMESTAMPS "fit/timestamps@1"

bool fit_is_named(const struct fdt_tree *tree, size_t node, const char *start)
{
	return assay_span_starts(tree->nodes[node].begin.name, start, strlen(start));
}

struct assay_span fit_string(struct fdt_tree *tree, size_t node, const char *name)
{
	const struct fdt_property *property = fdt_property_of(tree, node, name);
	struct assay_span value = property != NULL ? property->token.value : assay_span_of("", 0);

	if (value.len == 0 || memchr(value.ptr, '\0', value.len) != value.ptr + value.len - 1)
		return assay_span_of("", 0);
	return assay_span_sub(value, 0, value.len - 1);
}

size_t fit_digest(struct assay_span algorithm, struct assay_span content,
                  uint8_t out[ASSAY_DIGEST_MAX])
{
	if (!assay_span_is(algorithm, "crc32"))
		return assay_digest(algorithm, content, out);
	assay_store(out, 4, true, assay_crc32(content));
	return 4;
}

/* --- contents --- */

/* Return: 1, 0 when there is no such property, -1 when it is not a number */
static int get_number(struct fdt_tree *tree, size_t node, const char *name, uint64_t *out,
                      struct assay_error *err)
{
	const struct fdt_property *property = fdt_property_of(tree, node, name);

	if (property == NULL)
		return 0;
	if (property->token.value.len != 4)
		return assay_fail_at(err, ASSAY_E_FORMAT, property->token.at,
		                     "%s is not a number of four bytes", name);
	*out = assay_load(property->token.value.ptr, 4, true);
	return 1;
}

/*
 * Content behind the tree: from its start, or from its end, which is at a multiple of 4.
 *
 * Source: fit_image_get_data_position, fit_image_get_data_offset
 */
static int find_external(struct fit *fit, size_t node, struct assay_error *err)
{
	struct fdt_tree *tree = fit->tree;
	struct fdt_node *image = &tree->nodes[node];
	uint64_t position, offset, base = ((uint64_t)tree->header.total + 3) & ~UINT64_C(3);
	int by_position = get_number(tree, node, "data-position", &position, err);
	int by_offset = get_number(tree, node, "data-offset", &offset, err);
	int sized = get_number(tree, node, "data-size", &image->content_size, err);

	if (by_position < 0 || by_offset < 0 || sized < 0)
		return -1;
	if (!by_position && !by_offset)
		return 0;
	if (!sized || (by_position && by_offset))
		return assay_fail_at(err, ASSAY_E_FORMAT, image->begin.at,
		                     "%s: no size, or two places", image->path);
	image->content_at = by_position ? position : base + offset;
	if (!assay_span_holds(fit->out->span, image->content_at, image->content_size))
		return assay_fail_at(err, ASSAY_E_FORMAT, image->begin.at, "%s: data past the end",
		                     image->path);
	image->has_content = image->external = true;
	fdt_property_of(tree, node, by_position ? "data-position" : "data-offset")->packing = true;
	return 0;
}

static void set_role(struct fdt_property *property, enum assay_role role, const char *what,
                     const char *rule)
{
	property->role = role;
	property->what = what;
	property->rule = rule;
}

static int find_content(struct fit *fit, size_t node, struct assay_error *err)
{
	struct fdt_tree *tree = fit->tree;
	struct fdt_node *image = &tree->nodes[node];
	struct fdt_property *data = fdt_property_of(tree, node, "data");
	struct fdt_property *size = fdt_property_of(tree, node, "data-size");

	if (find_external(fit, node, err) < 0)
		return -1;
	if (data != NULL && image->has_content)
		return assay_fail_at(err, ASSAY_E_FORMAT, data->token.at, "%s: data in two places",
		                     image->path);
	if (data != NULL) {
		image->has_content = true;
		image->content_at = data->token.at + 12;
		image->content_size = data->token.value.len;
		set_role(data, ASSAY_ROLE_CONTENT, "content", NULL);
	} else if (image->external) {
		set_role(size, ASSAY_ROLE_SIZE, "data size", NULL);
	}
	return 0;
}

/* --- hashes --- */

/* The value follows from the image's content, and is a part of the image. */
static void check_hash(struct fit *fit, size_t image, size_t node)
{
	struct fdt_tree *tree = fit->tree;
	const struct fdt_node *of = &tree->nodes[image];
	struct assay_span content =
		assay_span_sub(fit->out->span, of->content_at, of->content_size);
	struct fdt_property *value = fdt_property_of(tree, node, "value");
	uint8_t digest[ASSAY_DIGEST_MAX];
	size_t size = fit_digest(fit_string(tree, node, "algo"), content, digest);

	if (value == NULL || size == 0 || !of->has_content)
		return;
	if (!assay_span_equal(value->token.value, assay_span_of(digest, size))) {
		assay_contents_false(fit->out, image, "hash", value->token.at + 12,
		                     value->token.value.len);
		return;
	}
	set_role(value, ASSAY_ROLE_CHECK, "hash", NULL);
	value->entry = image;
}

static bool is_time(const struct fdt_property *property)
{
	return property != NULL && property->token.value.len == 4;
}

static bool is_image(const struct fit *fit, size_t node)
{
	return fit->tree->nodes[node].parent == fit->images;
}

/* What the nodes of an image or a configuration are is told by how their names begin. */
static void look_at(struct fit *fit, size_t node)
{
	size_t parent = fit->tree->nodes[node].parent;
	bool below = fit->tree->nodes[parent].parent == fit->configurations;

	if (is_image(fit, parent) && fit_is_named(fit->tree, node, "hash"))
		check_hash(fit, parent, node);
	if ((is_image(fit, parent) || below) && fit_is_named(fit->tree, node, "signature"))
		fit_signature(fit, node);
}

static size_t find_node(const struct fdt_tree *tree, const char *path)
{
	for (size_t i = 1; i < tree->node_count; i++)
		if (strcmp(tree->nodes[i].path, path) == 0)
			return i;
	return NONE;
}

static int read_fit(struct assay_budget *budget, struct assay_contents *out,
                    struct assay_error *err)
{
	ASSAY_AUTO_FDT_TREE struct fdt_tree tree = { 0 };
	struct fit fit = { .tree = &tree, .out = out };
	struct fdt_property *time;

	if (fdt_tree_read(out->span, &tree, err) < 0)
		return -1;
	fit.images = find_node(&tree, "images");
	fit.configurations = find_node(&tree, "configurations");
	for (size_t i = 1; i < tree.node_count; i++)
		if (is_image(&fit, i) && find_content(&fit, i, err) < 0)
			return -1;
	for (size_t i = 1; i < tree.node_count; i++)
		look_at(&fit, i);
	time = fdt_property_of(&tree, 0, "timestamp");
	if (is_time(time))
		set_role(time, ASSAY_ROLE_OPAQUE, "time", TIMESTAMPS);
	return fdt_emit(&tree, budget, out, err);
}

/* A device tree whose root has a node of this name. Errors of the tree are told by read. */
static bool probe(struct assay_span span)
{
	struct assay_error err = ASSAY_ERROR_INIT;
	struct fdt_header header;
	struct fdt_token token;
	unsigned depth = 0;
	uint64_t at;

	if (!fdt_is(span) || fdt_header_read(span, &header, &err) < 0)
		return false;
	at = header.structure_at;
	while (fdt_next(&header, &at, &token, &err) > 0) {
		if (token.kind == FDT_BEGIN && ++depth == 2 && assay_span_is(token.name, "images"))
			return true;
		if (token.kind == FDT_END && depth-- == 0)
			return false;
	}
	return false;
}

bool assay_fdt_extent(struct assay_span span, uint64_t *length)
{
	ASSAY_AUTO_FDT_TREE struct fdt_tree tree = { 0 };
	struct assay_contents none = { .span = span };
	struct fit fit = { .tree = &tree, .out = &none };
	struct assay_error err = ASSAY_ERROR_INIT;

	if (!fdt_is(span) || fdt_tree_read(span, &tree, &err) < 0)
		return false;
	*length = tree.header.total;
	fit.images = find_node(&tree, "images");
	for (size_t i = 1; i < tree.node_count; i++) {
		const struct fdt_node *node = &tree.nodes[i];

		if (is_image(&fit, i) && find_content(&fit, i, &err) < 0)
			return false;
		if (node->external && node->content_at + node->content_size > *length)
			*length = node->content_at + node->content_size;
	}
	return true;
}

/* Hashes of images whose content was changed: each is told by its length. */
static void recompute(const struct assay_contents *contents, uint8_t *image)
{
	static const struct {
		const char *algorithm;
		uint64_t length;
	} kinds[] = { { "crc32", 4 },   { "md5", 16 },    { "sha1", 20 },
		      { "sha256", 32 }, { "sha384", 48 }, { "sha512", 64 } };

	for (size_t i = 0; i < contents->part_count; i++) {
		const struct assay_part *part = &contents->parts[i];
		uint8_t digest[ASSAY_DIGEST_MAX];
		struct assay_span content;

		if (part->role != ASSAY_ROLE_CHECK || part->fields != NULL)
			continue;
		content = contents->entries[part->entry].content;
		content.ptr = image + (content.ptr - contents->span.ptr);
		for (size_t k = 0; k < ASSAY_ARRAY_LEN(kinds); k++)
			if (part->length == kinds[k].length &&
			    fit_digest(assay_span_of_str(kinds[k].algorithm), content, digest) > 0)
				memcpy(image + part->offset, digest, part->length);
	}
}

const struct assay_reader assay_reader_fit = {
	.name = "fit",
	.repack_rule = "fit/repacked@1",
	.probe = probe,
	.read = read_fit,
	.recompute = recompute,
};
