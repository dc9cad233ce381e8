/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reference packs, written: what has its usual value is left out. */
#include "attest/envelope.h"
#include "attest/pack.h"
#include "base/memory.h"

/* Base64 needs four bytes for three; the rest is room for signatures and time stamps. */
#define STATEMENT_MAX (ASSAY_PACK_MAX / 4 * 3 - (uint64_t)32 * 1024)

static void set_if(json_t *object, const char *key, const char *text)
{
	if (text != NULL)
		assay_json_set_str(object, key, text);
}

static json_t *regions_json(const struct assay_reference *reference)
{
	json_t *list = json_array();

	for (size_t i = 0; i < reference->region_count; i++) {
		const struct assay_reference_region *region = &reference->regions[i];
		json_t *one = json_object();

		assay_json_set_str(one, "path", region->path);
		assay_json_set_str(one, "format", region->format);
		assay_json_set_int(one, "size", region->size);
		assay_json_set_sha256(one, "sha256", &region->sha256);
		if (region->has_offset)
			assay_json_set_int(one, "offset", region->offset);
		assay_json_append(list, one);
	}
	return list;
}

static json_t *content_json(const struct assay_reference_content *content)
{
	ASSAY_AUTO_BUFFER struct assay_buffer blocks = { 0 };
	json_t *out = json_object();

	assay_buffer_add_hex(&blocks, assay_span_of(content->blocks,
	                                            content->block_count * ASSAY_REFERENCE_BLOCK));
	assay_json_set_str(out, "path", content->path);
	assay_json_set_int(out, "size", content->size);
	assay_json_set_sha256(out, "sha256", &content->sha256);
	assay_json_set_int(out, "block", content->block);
	assay_json_set_str(out, "blocks", assay_buffer_str(&blocks));
	return out;
}

static json_t *filled_json(const struct assay_reference_layout *layout,
                           const struct assay_reference_partition *partition)
{
	json_t *list = json_array();

	for (size_t i = 0; i < layout->fill_count; i++) {
		char text[ASSAY_SHA256_HEX];

		assay_sha256_hex(&partition->filled[i], text);
		assay_json_append(list, json_string(text));
	}
	return list;
}

static json_t *partition_json(const struct assay_reference_layout *layout,
                              const struct assay_reference_partition *partition)
{
	json_t *out = json_object();

	assay_json_set_str(out, "name", partition->name);
	set_if(out, "slot", partition->slot);
	set_if(out, "exclude", partition->exclude);
	assay_json_set_int(out, "offset", partition->offset);
	assay_json_set_int(out, "size", partition->size);
	if (partition->content.path != NULL)
		assay_json_set(out, "content", content_json(&partition->content));
	if (partition->exclude == NULL)
		assay_json_set(out, "filled", filled_json(layout, partition));
	return out;
}

static json_t *layout_json(const struct assay_reference_layout *layout)
{
	json_t *out = json_object(), *fill = json_array(), *partitions = json_array();

	assay_json_set_str(out, "device", layout->device);
	assay_json_set_int(out, "size", layout->size);
	assay_json_set_int(out, "erase", layout->erase);
	if (layout->page > 0) {
		assay_json_set_int(out, "page", layout->page);
		assay_json_set_int(out, "oob", layout->oob);
		assay_json_set_str(out, "oobPlacement", layout->oob_apart ? "apart" : "beside");
	}
	for (size_t i = 0; i < layout->fill_count; i++)
		assay_json_append(fill, json_integer(layout->fill[i]));
	assay_json_set(out, "fill", fill);
	for (size_t i = 0; i < layout->count; i++)
		assay_json_append(partitions, partition_json(layout, &layout->partitions[i]));
	assay_json_set(out, "partitions", partitions);
	return out;
}

/* In: list  "NAME=HEX" each */
static json_t *attributes_json(const struct assay_strings *list)
{
	json_t *out = json_object();

	for (size_t i = 0; i < list->count; i++) {
		const char *value = strrchr(list->items[i], '=') + 1;
		ASSAY_AUTO_FREE char *name =
			assay_strndup(list->items[i], (size_t)(value - 1 - list->items[i]));

		assay_json_set_str(out, name, value);
	}
	return out;
}

static json_t *file_json(const struct assay_reference_file *file)
{
	json_t *out = json_object();
	char mode[16];

	assay_json_set_str(out, "path", file->path);
	if (file->type != ASSAY_FILE_REGULAR)
		assay_json_set_str(out, "type", assay_file_type_name(file->type));
	(void)snprintf(mode, sizeof(mode), "%o", (unsigned)file->mode);
	assay_json_set_str(out, "mode", mode);
	if (file->uid != 0)
		assay_json_set_int(out, "uid", file->uid);
	if (file->gid != 0)
		assay_json_set_int(out, "gid", file->gid);
	if (file->type == ASSAY_FILE_REGULAR) {
		assay_json_set_int(out, "size", file->size);
		assay_json_set_sha256(out, "sha256", &file->sha256);
	}
	set_if(out, "link", file->link);
	if (file->type == ASSAY_FILE_CHARACTER || file->type == ASSAY_FILE_BLOCK)
		assay_json_set_int(out, "device", file->device);
	set_if(out, "capability", file->capability);
	if (file->attributes.count > 0)
		assay_json_set(out, "attributes", attributes_json(&file->attributes));
	return out;
}

json_t *assay_pack_files_json(const struct assay_reference_files *files)
{
	json_t *list = json_array();

	for (size_t i = 0; i < files->count; i++)
		assay_json_append(list, file_json(&files->items[i]));
	return list;
}

static json_t *tree_json(const struct assay_reference_tree *tree)
{
	json_t *out = json_object(), *exclusions = json_array();

	assay_json_set_str(out, "name", tree->name);
	assay_json_set_str(out, "member", tree->member);
	assay_json_set(out, "files", assay_pack_files_json(&tree->files));
	for (size_t i = 0; i < tree->exclusion_count; i++) {
		json_t *one = json_object();

		assay_json_set_str(one, "path", tree->exclusions[i].path);
		assay_json_set_str(one, "reason", tree->exclusions[i].reason);
		assay_json_append(exclusions, one);
	}
	assay_json_set(out, "exclusions", exclusions);
	return out;
}

static json_t *twins_json(const struct assay_twins *twins)
{
	json_t *out = json_object();

	for (size_t i = 0; i < twins->count; i++) {
		const struct assay_twin *twin = &twins->items[i];
		ASSAY_AUTO_BUFFER struct assay_buffer value = { 0 };
		char name[ASSAY_SHA256_HEX];

		assay_sha256_hex(&twin->sha256, name);
		assay_buffer_add_hex(&value, assay_span_of(twin->sha512.bytes, ASSAY_SHA512_SIZE));
		assay_json_set_str(out, name, assay_buffer_str(&value));
	}
	return out;
}

json_t *assay_pack_json(const struct assay_reference *reference)
{
	json_t *out = json_object(), *product = json_object(), *trees = json_array();
	json_t *update = assay_descriptor(reference->update, &reference->update_sha256);

	assay_json_set_str(out, "schema", ASSAY_PACK_SCHEMA);
	assay_json_set_str(product, "name", reference->product);
	assay_json_set_str(product, "version", reference->version);
	assay_json_set(out, "product", product);
	assay_json_set_int(update, "size", reference->update_size);
	assay_json_set(out, "update", update);
	assay_json_set(out, "regions", regions_json(reference));
	if (reference->layout.device != NULL)
		assay_json_set(out, "layout", layout_json(&reference->layout));
	for (size_t i = 0; i < reference->tree_count; i++)
		assay_json_append(trees, tree_json(&reference->trees[i]));
	assay_json_set(out, "trees", trees);
	if (reference->twins.count > 0)
		assay_json_set(out, "sha512", twins_json(&reference->twins));
	return out;
}

static int add_evidence(json_t *list, const struct assay_pack_evidence *evidence,
                        struct assay_error *err)
{
	ASSAY_AUTO_ENVELOPE struct assay_envelope envelope = { 0 };
	json_t *one;

	if (assay_envelope_parse(evidence->envelope, &envelope, err) < 0)
		return assay_fail_in(err, "%s", evidence->name);
	one = json_object();
	assay_json_set_str(one, "name", evidence->name);
	assay_json_set(one, "envelope", json_incref(envelope.json));
	if (evidence->proof.len > 0)
		assay_json_set(one, "proof", assay_json_str(evidence->proof));
	assay_json_append(list, one);
	return 0;
}

int assay_pack_make(json_t *predicate, const struct assay_pack_evidence *evidence, size_t count,
                    const struct assay_speaker *speaker, struct assay_buffer *out,
                    struct assay_error *err)
{
	ASSAY_AUTO_JSON json_t *statement = assay_statement_new(ASSAY_PREDICATE_REFERENCE);
	const json_t *update = json_object_get(predicate, "update");
	json_t *list = json_array();
	struct assay_sha256 digest = { 0 };

	assay_json_set(predicate, "evidence", list);
	assay_json_set(predicate, "tool", assay_speaker_tool(speaker));
	assay_json_set(statement, "predicate", predicate);
	for (size_t i = 0; i < count; i++)
		if (add_evidence(list, &evidence[i], err) < 0)
			return -1;
	(void)assay_sha256_parse(
		json_string_value(json_object_get(json_object_get(update, "digest"), "sha256")),
		&digest);
	(void)assay_statement_subject(statement, json_string_value(json_object_get(update, "name")),
	                              &digest);
	/* Not the form for people: it has to be small. */
	assay_json_canonical(statement, out);
	assay_buffer_add_str(out, "\n");
	if (out->len > STATEMENT_MAX)
		return assay_fail(err, ASSAY_E_LIMIT,
		                  "the pack would have %zu bytes before it is signed, at most %ju "
		                  "are good: leave out a tree, or findings of a verdict",
		                  out->len, (uintmax_t)STATEMENT_MAX);
	return 0;
}
