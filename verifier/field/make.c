/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "field/make.h"

#include <inttypes.h>

#include "base/memory.h"
#include "base/quote.h"
#include "compare/inspect.h"
#include "field/entries.h"
#include "unpack/member.h"

#define ERASE_USUAL 65536 /* bytes; common for NOR flash */
#define BLOCK_LEAST 4096  /* bytes */
#define REGIONS_MAX 1024
#define PIECE ((size_t)65536)

static char *quoted_or_null(const char *text)
{
	return text != NULL ? assay_quoted(text) : NULL;
}

/* What a layout calls a member. Owner: *owned is freed by the caller; the span may point into it. */
static int take_member(const struct assay_field_release *release, const char *path,
                       struct assay_bytes *owned, struct assay_span *out, struct assay_error *err)
{
	*out = release->update;
	if (strcmp(path, ".") == 0)
		return 0;
	if (assay_unpack_member(release->update, path, release->limits, owned, err) < 0)
		return -1;
	*out = assay_span_of_bytes(owned);
	return 0;
}

/* --- regions ------------------------------------------------------------------------------- */

/* Files of a tree that is listed need no region of their own. */
static bool is_in_tree(const struct assay_layout *layout, const char *path)
{
	for (unsigned i = 0; layout != NULL && i < layout->trees_count; i++) {
		const char *member = layout->trees[i].member;
		size_t len = strcmp(member, ".") == 0 ? 0 : strlen(member);

		if (strncmp(path, member, len) == 0 && (path[len] == '!' || len == 0))
			return true;
	}
	return false;
}

static void add_region(const struct assay_inspected *artefact, struct assay_reference *out)
{
	struct assay_reference_region *region;

	assay_grow(&out->regions, &out->region_cap, out->region_count, sizeof(*out->regions));
	region = &out->regions[out->region_count++];
	*region = (struct assay_reference_region){
		.path = assay_quoted(artefact->path),
		.format = assay_quoted(artefact->format),
		.offset = artefact->offset,
		.size = artefact->size,
		.has_offset = artefact->has_offset && artefact->depth <= 1,
		.sha256 = artefact->sha256,
	};
}

static int add_regions(const struct assay_field_release *release, struct assay_reference *out,
                       struct assay_error *err)
{
	ASSAY_AUTO_INSPECTION struct assay_inspection inspection = { 0 };

	if (assay_inspect(release->update, release->limits, NULL, &inspection, err) < 0)
		return -1;
	for (size_t i = 0; i < inspection.count && out->region_count < REGIONS_MAX; i++)
		if (!is_in_tree(release->layout, inspection.artefacts[i].path))
			add_region(&inspection.artefacts[i], out);
	return 0;
}

/* --- partitions ---------------------------------------------------------------------------- */

/* The least power of two that gives no more than the blocks that a pack may have. */
static uint64_t block_for(uint64_t size)
{
	uint64_t block = BLOCK_LEAST;

	while (size / ASSAY_REFERENCE_BLOCKS >= block)
		block *= 2;
	return block;
}

static void digest_content(struct assay_span content, struct assay_reference_content *out)
{
	struct assay_sha256 digest;

	out->size = content.len;
	out->block = block_for(content.len);
	out->block_count = content.len / out->block + (content.len % out->block != 0);
	out->blocks = assay_calloc(out->block_count + 1, ASSAY_REFERENCE_BLOCK);
	assay_sha256(content, &out->sha256);
	for (size_t i = 0; i < out->block_count; i++) {
		assay_sha256(assay_span_sub(content, i * out->block, out->block), &digest);
		memcpy(out->blocks + i * ASSAY_REFERENCE_BLOCK, digest.bytes,
		       ASSAY_REFERENCE_BLOCK);
	}
}

static bool wants_sha512(const struct assay_field_release *release)
{
	return release->layout != NULL && release->layout->more_digests > 0;
}

static void add_twin(const struct assay_field_release *release, struct assay_span bytes,
                     const struct assay_sha256 *sha256, struct assay_twins *out)
{
	struct assay_twin twin = { .sha256 = *sha256 };

	if (!wants_sha512(release))
		return;
	assay_sha512(bytes, &twin.sha512);
	assay_twins_add(out, &twin);
}

/* In: hasher  of any digest */
static void add_filled(struct assay_hasher *hasher, struct assay_span content, uint64_t size,
                       uint8_t value)
{
	uint64_t left = size - content.len;
	uint8_t piece[PIECE];

	memset(piece, value, PIECE);
	assay_hasher_add(hasher, content.ptr, content.len);
	for (; left > PIECE; left -= PIECE)
		assay_hasher_add(hasher, piece, PIECE);
	assay_hasher_add(hasher, piece, (size_t)left);
}

static void digest_filled(const struct assay_field_release *release, struct assay_span content,
                          struct assay_reference_partition *made, struct assay_reference *out)
{
	for (size_t i = 0; made->exclude == NULL && i < out->layout.fill_count; i++) {
		ASSAY_AUTO_HASHER struct assay_hasher *hasher = assay_hasher_new();
		ASSAY_AUTO_HASHER struct assay_hasher *longer = assay_hasher_new_512();
		struct assay_twin twin;

		add_filled(hasher, content, made->size, out->layout.fill[i]);
		assay_hasher_finish(hasher, &made->filled[i]);
		if (!wants_sha512(release))
			continue;
		add_filled(longer, content, made->size, out->layout.fill[i]);
		twin.sha256 = made->filled[i];
		assay_hasher_finish_512(longer, &twin.sha512);
		assay_twins_add(&out->twins, &twin);
	}
}

static uint64_t round_up(uint64_t value, uint64_t unit)
{
	return value % unit == 0 ? value : value - value % unit + unit;
}

/* Where it ends. A size that is not said goes to the next offset that is, or to the end; where the
 * next one has none, to the end of the erase block in which the content ends. */
static uint64_t end_of(const struct assay_layout_memory *memory, unsigned index,
                       const struct assay_reference_layout *layout,
                       const struct assay_reference_partition *made)
{
	const struct assay_layout_partition *said = &memory->partitions[index];
	bool last = index + 1 == memory->partitions_count;
	uint64_t end;

	if (said->has_size)
		return __builtin_add_overflow(made->offset, said->size, &end) ? UINT64_MAX : end;
	if (last)
		return memory->size;
	if (said[1].has_offset)
		return said[1].offset;
	return round_up(made->offset + made->content.size, layout->erase);
}

static int place(const struct assay_layout_memory *memory, unsigned index,
                 const struct assay_reference_layout *layout, struct assay_reference_partition *out,
                 struct assay_error *err)
{
	const struct assay_layout_partition *said = &memory->partitions[index];
	const struct assay_reference_partition *before =
		layout->count > 0 ? &layout->partitions[layout->count - 1] : NULL;
	uint64_t least = before != NULL ? before->offset + before->size : 0, end;

	out->offset = said->has_offset ? said->offset : least;
	if (out->offset < least)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "begins at %" PRIu64 ", where the one before it goes on to "
		                  "%" PRIu64,
		                  out->offset, least);
	end = end_of(memory, index, layout, out);
	if (out->offset >= end || end > memory->size)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "from %" PRIu64 " to %" PRIu64 " of %" PRIu64 " bytes: no room",
		                  out->offset, end, memory->size);
	out->size = end - out->offset;
	if (out->content.size > out->size)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "its content has %" PRIu64 " bytes, it has %" PRIu64,
		                  out->content.size, out->size);
	return 0;
}

static int add_partition(const struct assay_field_release *release, unsigned index,
                         struct assay_reference *out, struct assay_error *err)
{
	struct assay_reference_layout *layout = &out->layout;
	const struct assay_layout_memory *memory = release->layout->memory;
	const struct assay_layout_partition *said = &memory->partitions[index];
	ASSAY_AUTO_BYTES struct assay_bytes owned = { 0 };
	struct assay_reference_partition made = { 0 }, *slot;
	struct assay_span content = { 0 };

	if (said->content != NULL) {
		if (take_member(release, said->content, &owned, &content, err) < 0)
			return -1;
		if (content.len == 0)
			return assay_fail(err, ASSAY_E_FORMAT, "its content is empty");
		made.content.path = assay_quoted(said->content);
		digest_content(content, &made.content);
		add_twin(release, content, &made.content.sha256, &out->twins);
	}
	if (place(memory, index, layout, &made, err) < 0) {
		assay_reference_content_fini(&made.content);
		return -1;
	}
	made.name = assay_quoted(said->name);
	made.slot = quoted_or_null(said->slot);
	made.exclude = quoted_or_null(said->exclude);
	digest_filled(release, content, &made, out);
	assay_grow(&layout->partitions, &layout->cap, layout->count, sizeof(made));
	slot = &layout->partitions[layout->count++];
	*slot = made;
	return 0;
}

static int add_layout(const struct assay_field_release *release, struct assay_reference *reference,
                      struct assay_error *err)
{
	struct assay_reference_layout *out = &reference->layout;
	const struct assay_layout_memory *memory =
		release->layout != NULL ? release->layout->memory : NULL;

	if (memory == NULL)
		return 0;
	out->device = assay_quoted(memory->device);
	out->size = memory->size;
	out->erase = memory->erase > 0 ? memory->erase : ERASE_USUAL;
	out->page = memory->page;
	out->oob = memory->oob;
	out->oob_apart = memory->oob_placement == 1;
	out->fill_count = memory->fill_count;
	for (unsigned i = 0; i < memory->fill_count; i++)
		out->fill[i] = memory->fill[i];
	for (unsigned i = 0; i < memory->partitions_count; i++)
		if (add_partition(release, i, reference, err) < 0) {
			ASSAY_AUTO_FREE char *name = assay_quoted(memory->partitions[i].name);

			return assay_fail_in(err, "partition %s", name);
		}
	return 0;
}

/* --- trees --------------------------------------------------------------------------------- */

static int add_tree(const struct assay_field_release *release, const struct assay_layout_tree *said,
                    struct assay_reference_tree *out, struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes owned = { 0 };
	struct assay_span file;

	out->name = assay_quoted(said->name);
	out->member = assay_quoted(said->member);
	for (unsigned i = 0; i < said->exclusions_count; i++) {
		assay_grow(&out->exclusions, &out->exclusion_cap, out->exclusion_count,
		           sizeof(*out->exclusions));
		out->exclusions[out->exclusion_count++] = (struct assay_reference_exclusion){
			.path = assay_quoted(said->exclusions[i].path),
			.reason = assay_quoted(said->exclusions[i].reason),
		};
	}
	if (take_member(release, said->member, &owned, &file, err) < 0 ||
	    assay_field_entries(file, release->limits, &out->files, err) < 0)
		return assay_fail_in(err, "tree %s", out->name);
	if (out->files.count == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "tree %s: no files", out->name);
	return 0;
}

int assay_field_make(const struct assay_field_release *release, struct assay_reference *out,
                     struct assay_error *err)
{
	const struct assay_layout *layout = release->layout;

	out->product = assay_quoted(release->product);
	out->version = assay_quoted(release->version);
	out->update = assay_quoted(release->name);
	out->update_size = release->update.len;
	assay_sha256(release->update, &out->update_sha256);
	add_twin(release, release->update, &out->update_sha256, &out->twins);
	if (add_regions(release, out, err) < 0 || add_layout(release, out, err) < 0)
		return -1;
	for (unsigned i = 0; layout != NULL && i < layout->trees_count; i++) {
		struct assay_reference_tree *tree = &out->trees[out->tree_count++];

		tree->files.twins = wants_sha512(release) ? &out->twins : NULL;
		if (add_tree(release, &layout->trees[i], tree, err) < 0)
			return -1;
		tree->files.twins = NULL;
	}
	assay_twins_sort(&out->twins);
	return 0;
}
