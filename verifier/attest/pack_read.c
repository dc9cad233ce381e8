/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reference packs, read: nothing in them is believed before it adds up. */
#include <inttypes.h>

#include "attest/document.h"
#include "attest/pack.h"
#include "base/memory.h"
#include "base/quote.h"

#define REGIONS_MAX 4096
#define FILES_MAX 1000000
#define EXCLUSIONS_MAX 4096
#define NAME_MAX_BYTES 255
#define PATH_MAX_BYTES 16384 /* quoting makes four bytes of one */

/* Text that is as base/quote writes it, so that it can be shown as it is. */
static int take_text(const json_t *object, const char *key, size_t max, char **out,
                     struct assay_error *err)
{
	const json_t *value = assay_field(object, key, JSON_STRING, err);
	struct assay_span span;

	if (value == NULL)
		return -1;
	span = assay_span_of(json_string_value(value), json_string_length(value));
	if (span.len > max)
		return assay_fail(err, ASSAY_E_LIMIT, "%s: more than %zu bytes", key, max);
	if (assay_quote_plain(span) != span.len)
		return assay_fail(err, ASSAY_E_FORMAT, "%s: characters that do not show", key);
	*out = assay_strndup((const char *)span.ptr, span.len);
	return 0;
}

static int take_name(const json_t *object, const char *key, char **out, struct assay_error *err)
{
	if (take_text(object, key, NAME_MAX_BYTES, out, err) < 0)
		return -1;
	if (**out == '\0')
		return assay_fail(err, ASSAY_E_FORMAT, "%s: is empty", key);
	return 0;
}

/* Text that may be missing; never empty. */
static int take_optional(const json_t *object, const char *key, char **out, struct assay_error *err)
{
	return json_object_get(object, key) != NULL ? take_name(object, key, out, err) : 0;
}

static int take_number(const json_t *object, const char *key, uint64_t max, uint64_t *out,
                       struct assay_error *err)
{
	const json_t *value = assay_field(object, key, JSON_INTEGER, err);

	if (value == NULL)
		return -1;
	if (json_integer_value(value) < 0 || (uint64_t)json_integer_value(value) > max)
		return assay_fail(err, ASSAY_E_FORMAT, "%s: must be 0 to %" PRIu64, key, max);
	*out = (uint64_t)json_integer_value(value);
	return 0;
}

/* A number that is 0 when it is missing. */
static int take_more(const json_t *object, const char *key, uint64_t max, uint64_t *out,
                     struct assay_error *err)
{
	return json_object_get(object, key) != NULL ? take_number(object, key, max, out, err) : 0;
}

static const json_t *take_list(const json_t *object, const char *key, size_t max,
                               struct assay_error *err)
{
	const json_t *list = assay_field(object, key, JSON_ARRAY, err);

	if (list == NULL || json_array_size(list) <= max)
		return list;
	(void)assay_fail(err, ASSAY_E_LIMIT, "%s: more than %zu", key, max);
	return NULL;
}

/* --- regions ------------------------------------------------------------------------------- */

static int read_region(const json_t *json, struct assay_reference_region *out,
                       struct assay_error *err)
{
	if (take_text(json, "path", PATH_MAX_BYTES, &out->path, err) < 0 ||
	    take_name(json, "format", &out->format, err) < 0 ||
	    take_number(json, "size", ASSAY_REFERENCE_SIZE_MAX, &out->size, err) < 0 ||
	    assay_field_sha256(json, "sha256", &out->sha256, err) < 0)
		return -1;
	out->has_offset = json_object_get(json, "offset") != NULL;
	return take_more(json, "offset", ASSAY_REFERENCE_SIZE_MAX, &out->offset, err);
}

static int read_regions(const json_t *predicate, struct assay_reference *out,
                        struct assay_error *err)
{
	const json_t *list = take_list(predicate, "regions", REGIONS_MAX, err);

	if (list == NULL)
		return -1;
	for (size_t i = 0; i < json_array_size(list); i++) {
		assay_grow(&out->regions, &out->region_cap, out->region_count,
		           sizeof(*out->regions));
		out->regions[out->region_count] = (struct assay_reference_region){ 0 };
		if (read_region(json_array_get(list, i), &out->regions[out->region_count++], err) <
		    0)
			return assay_fail_in(err, "regions[%zu]", i);
	}
	return 0;
}

/* --- layout -------------------------------------------------------------------------------- */

static int fail_blocks(struct assay_error *err)
{
	return assay_fail(err, ASSAY_E_FORMAT, "blocks: not as many as the size asks for");
}

static int read_blocks(const json_t *json, struct assay_reference_content *out,
                       struct assay_error *err)
{
	const char *text = assay_field_text(json, "blocks", err);
	uint64_t wanted;

	if (text == NULL ||
	    take_number(json, "block", ASSAY_REFERENCE_SIZE_MAX, &out->block, err) < 0)
		return -1;
	if (out->block == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "block: is 0");
	wanted = out->size / out->block + (out->size % out->block != 0);
	if (wanted > ASSAY_REFERENCE_BLOCKS)
		return fail_blocks(err);
	out->block_count = (size_t)wanted;
	out->blocks = assay_calloc(out->block_count + 1, ASSAY_REFERENCE_BLOCK);
	return assay_span_parse_hex(assay_span_of_str(text), out->blocks,
	                            out->block_count * ASSAY_REFERENCE_BLOCK)
	               ? 0
	               : fail_blocks(err);
}

static int read_content(const json_t *json, const struct assay_reference_partition *partition,
                        struct assay_reference_content *out, struct assay_error *err)
{
	if (take_text(json, "path", PATH_MAX_BYTES, &out->path, err) < 0 ||
	    take_number(json, "size", partition->size, &out->size, err) < 0 ||
	    assay_field_sha256(json, "sha256", &out->sha256, err) < 0)
		return -1;
	/* Nothing is like any nothing: that would be a match that says nothing. */
	if (out->size == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "size: is 0");
	return read_blocks(json, out, err);
}

static int read_filled(const json_t *json, const struct assay_reference_layout *layout,
                       struct assay_reference_partition *out, struct assay_error *err)
{
	const json_t *list = take_list(json, "filled", ASSAY_REFERENCE_FILLS, err);

	if (list == NULL)
		return -1;
	if (json_array_size(list) != layout->fill_count)
		return assay_fail(err, ASSAY_E_FORMAT, "filled: not one for each value of fill");
	for (size_t i = 0; i < layout->fill_count; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text == NULL || !assay_sha256_parse(text, &out->filled[i]))
			return assay_fail(err, ASSAY_E_FORMAT, "filled[%zu]: not a SHA-256", i);
	}
	return 0;
}

static int read_partition(const json_t *json, const struct assay_reference_layout *layout,
                          struct assay_reference_partition *out, struct assay_error *err)
{
	const json_t *content = json_object_get(json, "content");

	if (take_name(json, "name", &out->name, err) < 0 ||
	    take_optional(json, "slot", &out->slot, err) < 0 ||
	    take_optional(json, "exclude", &out->exclude, err) < 0 ||
	    take_number(json, "offset", layout->size, &out->offset, err) < 0 ||
	    take_number(json, "size", layout->size - out->offset, &out->size, err) < 0)
		return -1;
	if (out->size == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "size: is 0");
	if (out->exclude != NULL)
		return content == NULL ? 0
		                       : assay_fail(err, ASSAY_E_FORMAT,
		                                    "excluded, and yet with a content");
	if (content != NULL && read_content(content, out, &out->content, err) < 0)
		return assay_fail_in(err, "content");
	return read_filled(json, layout, out, err);
}

static int check_partition(const struct assay_reference_layout *layout, size_t index,
                           struct assay_error *err)
{
	const struct assay_reference_partition *this = &layout->partitions[index];

	if (index > 0 && this->offset < layout->partitions[index - 1].offset +
	                                        layout->partitions[index - 1].size)
		return assay_fail(err, ASSAY_E_FORMAT, "overlaps with the one before it");
	for (size_t i = 0; i < index; i++)
		if (strcmp(layout->partitions[i].name, this->name) == 0)
			return assay_fail(err, ASSAY_E_FORMAT, "a name twice");
	return 0;
}

static int read_partitions(const json_t *json, struct assay_reference_layout *out,
                           struct assay_error *err)
{
	const json_t *list = take_list(json, "partitions", ASSAY_REFERENCE_PARTITIONS, err);

	if (list == NULL)
		return -1;
	if (json_array_size(list) == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "partitions: is empty");
	for (size_t i = 0; i < json_array_size(list); i++) {
		assay_grow(&out->partitions, &out->cap, out->count, sizeof(*out->partitions));
		out->partitions[out->count++] = (struct assay_reference_partition){ 0 };
		if (read_partition(json_array_get(list, i), out, &out->partitions[i], err) < 0 ||
		    check_partition(out, i, err) < 0)
			return assay_fail_in(err, "partitions[%zu]", i);
	}
	return 0;
}

static int read_fill(const json_t *json, struct assay_reference_layout *out,
                     struct assay_error *err)
{
	const json_t *list = take_list(json, "fill", ASSAY_REFERENCE_FILLS, err);

	if (list == NULL)
		return -1;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *value = json_array_get(list, i);

		if (!json_is_integer(value) || json_integer_value(value) < 0 ||
		    json_integer_value(value) > UINT8_MAX)
			return assay_fail(err, ASSAY_E_FORMAT, "fill[%zu]: not a byte", i);
		out->fill[out->fill_count++] = (uint8_t)json_integer_value(value);
	}
	return 0;
}

static int read_pages(const json_t *json, struct assay_reference_layout *out,
                      struct assay_error *err)
{
	const char *placement = assay_field_or_empty(json, "oobPlacement");

	if (take_more(json, "page", (uint64_t)1 << 20, &out->page, err) < 0 ||
	    take_more(json, "oob", (uint64_t)1 << 16, &out->oob, err) < 0)
		return -1;
	out->oob_apart = strcmp(placement, "apart") == 0;
	if ((out->page == 0) != (out->oob == 0) || (out->page > 0 && out->size % out->page != 0))
		return assay_fail(err, ASSAY_E_FORMAT, "page: does not go with oob and size");
	return 0;
}

static int read_layout(const json_t *json, struct assay_reference_layout *out,
                       struct assay_error *err)
{
	if (!json_is_object(json))
		return assay_fail(err, ASSAY_E_FORMAT, "must be an object");
	if (take_name(json, "device", &out->device, err) < 0 ||
	    take_number(json, "size", ASSAY_REFERENCE_SIZE_MAX, &out->size, err) < 0 ||
	    take_number(json, "erase", ASSAY_REFERENCE_SIZE_MAX, &out->erase, err) < 0)
		return -1;
	if (out->erase == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "erase: is 0");
	if (read_fill(json, out, err) < 0 || read_pages(json, out, err) < 0)
		return -1;
	return read_partitions(json, out, err);
}

/* --- trees --------------------------------------------------------------------------------- */

static int take_mode(const json_t *json, uint32_t *out, struct assay_error *err)
{
	const char *text = assay_field_text(json, "mode", err);
	uint32_t mode = 0;

	if (text == NULL)
		return -1;
	if (*text == '\0' || strspn(text, "01234567") != strlen(text) || strlen(text) > 4)
		return assay_fail(err, ASSAY_E_FORMAT, "mode: not one to four octal digits");
	for (; *text != '\0'; text++)
		mode = mode << 3 | (uint32_t)(*text - '0');
	*out = mode;
	return 0;
}

static int take_type(const json_t *json, struct assay_reference_file *out, struct assay_error *err)
{
	const json_t *type = json_object_get(json, "type");

	if (type == NULL)
		return 0;
	if (!json_is_string(type) || !assay_file_type_parse(json_string_value(type), &out->type))
		return assay_fail(err, ASSAY_E_FORMAT, "type: not a type of file");
	return 0;
}

/* What a file has beside the usual, by its type. */
static int take_particulars(const json_t *json, struct assay_reference_file *out,
                            struct assay_error *err)
{
	if (out->type == ASSAY_FILE_REGULAR)
		return take_number(json, "size", INT64_MAX, &out->size, err) < 0
		               ? -1
		               : assay_field_sha256(json, "sha256", &out->sha256, err);
	if (out->type == ASSAY_FILE_SYMLINK)
		return take_text(json, "link", PATH_MAX_BYTES, &out->link, err);
	if (out->type == ASSAY_FILE_CHARACTER || out->type == ASSAY_FILE_BLOCK)
		return take_number(json, "device", INT64_MAX, &out->device, err);
	return 0;
}

static bool is_hex(const char *text)
{
	size_t len = strlen(text);

	return len % 2 == 0 && strspn(text, "0123456789abcdef") == len;
}

static int read_attributes(const json_t *json, struct assay_reference_file *out,
                           struct assay_error *err)
{
	const char *name;
	json_t *value;

	if (json == NULL)
		return 0;
	json_object_foreach((json_t *)(uintptr_t)json, name, value)
	{
		struct assay_span shown = assay_span_of_str(name);

		if (shown.len == 0 || shown.len > PATH_MAX_BYTES ||
		    assay_quote_plain(shown) != shown.len || !json_is_string(value) ||
		    !is_hex(json_string_value(value)))
			return assay_fail(err, ASSAY_E_FORMAT,
			                  "attributes: not a name and hexadecimal digits");
		assay_strings_printf(&out->attributes, "%s=%s", name, json_string_value(value));
	}
	assay_strings_sort(&out->attributes);
	return json_is_object(json)
	               ? 0
	               : assay_fail(err, ASSAY_E_FORMAT, "attributes: must be an object");
}

static int read_file(const json_t *json, struct assay_reference_file *out, struct assay_error *err)
{
	if (take_text(json, "path", PATH_MAX_BYTES, &out->path, err) < 0 ||
	    take_type(json, out, err) < 0 || take_mode(json, &out->mode, err) < 0 ||
	    take_more(json, "uid", UINT32_MAX, &out->uid, err) < 0 ||
	    take_more(json, "gid", UINT32_MAX, &out->gid, err) < 0 ||
	    take_particulars(json, out, err) < 0 ||
	    read_attributes(json_object_get(json, "attributes"), out, err) < 0)
		return -1;
	if (json_object_get(json, "capability") == NULL)
		return 0;
	if (take_name(json, "capability", &out->capability, err) < 0)
		return -1;
	return is_hex(out->capability)
	               ? 0
	               : assay_fail(err, ASSAY_E_FORMAT, "capability: not hexadecimal");
}

int assay_pack_files_parse(const json_t *list, struct assay_reference_files *out,
                           struct assay_error *err)
{
	if (!json_is_array(list))
		return assay_fail(err, ASSAY_E_FORMAT, "files: must be an array");
	if (json_array_size(list) > FILES_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "files: more than %d", FILES_MAX);
	for (size_t i = 0; i < json_array_size(list); i++)
		if (read_file(json_array_get(list, i), assay_reference_file_add(out), err) < 0)
			return assay_fail_in(err, "files[%zu]", i);
	return assay_reference_files_sort(out, err);
}

static int read_exclusions(const json_t *json, struct assay_reference_tree *out,
                           struct assay_error *err)
{
	const json_t *list = take_list(json, "exclusions", EXCLUSIONS_MAX, err);

	if (list == NULL)
		return -1;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		struct assay_reference_exclusion *one;

		assay_grow(&out->exclusions, &out->exclusion_cap, out->exclusion_count,
		           sizeof(*out->exclusions));
		one = &out->exclusions[out->exclusion_count++];
		*one = (struct assay_reference_exclusion){ 0 };
		if (take_text(item, "path", PATH_MAX_BYTES, &one->path, err) < 0 ||
		    take_name(item, "reason", &one->reason, err) < 0)
			return assay_fail_in(err, "exclusions[%zu]", i);
		if (*one->path == '\0')
			return assay_fail(err, ASSAY_E_FORMAT, "exclusions[%zu]: path: is empty",
			                  i);
	}
	return 0;
}

static int read_tree(const json_t *json, struct assay_reference_tree *out, struct assay_error *err)
{
	if (take_name(json, "name", &out->name, err) < 0 ||
	    take_text(json, "member", PATH_MAX_BYTES, &out->member, err) < 0 ||
	    assay_pack_files_parse(json_object_get(json, "files"), &out->files, err) < 0)
		return -1;
	if (out->files.count == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "files: is empty");
	return read_exclusions(json, out, err);
}

static int read_trees(const json_t *predicate, struct assay_reference *out, struct assay_error *err)
{
	const json_t *list = take_list(predicate, "trees", ASSAY_REFERENCE_TREES, err);

	if (list == NULL)
		return -1;
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (read_tree(json_array_get(list, i), &out->trees[out->tree_count++], err) < 0)
			return assay_fail_in(err, "trees[%zu]", i);
		for (size_t k = 0; k < i; k++)
			if (strcmp(out->trees[k].name, out->trees[i].name) == 0)
				return assay_fail(err, ASSAY_E_FORMAT, "trees[%zu]: a name twice",
				                  i);
	}
	return 0;
}

static int read_twins(const json_t *json, struct assay_twins *out, struct assay_error *err)
{
	const char *name;
	json_t *value;

	if (json != NULL && !json_is_object(json))
		return assay_fail(err, ASSAY_E_FORMAT, "sha512: must be an object");
	json_object_foreach((json_t *)(uintptr_t)json, name, value)
	{
		const char *text = json_string_value(value);
		struct assay_twin twin;

		if (text == NULL || !assay_sha256_parse(name, &twin.sha256) ||
		    !assay_span_parse_hex(assay_span_of_str(text), twin.sha512.bytes,
		                          ASSAY_SHA512_SIZE))
			return assay_fail(err, ASSAY_E_FORMAT,
			                  "sha512: not a SHA-256 and a SHA-512");
		assay_twins_add(out, &twin);
	}
	assay_twins_sort(out);
	return 0;
}

static int read_update(const json_t *predicate, struct assay_reference *out,
                       struct assay_error *err)
{
	const json_t *update = assay_field(predicate, "update", JSON_OBJECT, err);

	if (update == NULL)
		return -1;
	if (take_text(update, "name", NAME_MAX_BYTES, &out->update, err) < 0 ||
	    take_number(update, "size", INT64_MAX, &out->update_size, err) < 0 ||
	    assay_field_sha256(json_object_get(update, "digest"), "sha256", &out->update_sha256,
	                       err) < 0)
		return assay_fail_in(err, "update");
	return 0;
}

int assay_pack_parse(const json_t *predicate, struct assay_reference *out, struct assay_error *err)
{
	const json_t *product = json_object_get(predicate, "product");
	const json_t *layout = json_object_get(predicate, "layout");

	if (strcmp(assay_field_or_empty(predicate, "schema"), ASSAY_PACK_SCHEMA) != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "schema: is not " ASSAY_PACK_SCHEMA);
	if (take_name(product, "name", &out->product, err) < 0 ||
	    take_name(product, "version", &out->version, err) < 0)
		return assay_fail_in(err, "product");
	if (read_update(predicate, out, err) < 0 || read_regions(predicate, out, err) < 0 ||
	    read_trees(predicate, out, err) < 0 ||
	    read_twins(json_object_get(predicate, "sha512"), &out->twins, err) < 0)
		return -1;
	if (layout != NULL && read_layout(layout, &out->layout, err) < 0)
		return assay_fail_in(err, "layout");
	return 0;
}
