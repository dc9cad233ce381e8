/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "field/memory.h"

#include <errno.h>
#include <unistd.h>

#include "base/memory.h"

#define PIECE ((size_t)1 << 18) /* bytes read at once */

void assay_memory_open(int fd, uint64_t file, const struct assay_reference_layout *layout,
                       struct assay_memory *out)
{
	uint64_t with = 0;

	*out = (struct assay_memory){ .fd = fd,
		                      .file = file,
		                      .size = file,
		                      .page = layout->page,
		                      .oob = layout->oob,
		                      .apart = layout->oob_apart };
	/* Sizes of a layout are below 2^50, pages below 2^20: no overflow. */
	if (layout->page > 0)
		with = layout->size / layout->page * (layout->page + layout->oob);
	if (layout->page > 0 && file == with) {
		out->has_oob = true;
		out->size = layout->size;
	}
}

static int read_full(int fd, uint64_t offset, uint8_t *out, size_t length, struct assay_error *err)
{
	while (length > 0) {
		ssize_t got = pread(fd, out, length, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return assay_fail_errno(err, "read at %ju", (uintmax_t)offset);
		if (got == 0)
			return assay_fail(err, ASSAY_E_SYSTEM, "became shorter while it was read");
		out += got;
		offset += (uint64_t)got;
		length -= (size_t)got;
	}
	return 0;
}

/* In: offset and length lie in the memory */
static int read_memory(const struct assay_memory *memory, uint64_t offset, uint8_t *out,
                       size_t length, struct assay_error *err)
{
	if (!memory->has_oob || memory->apart)
		return read_full(memory->fd, offset, out, length, err);
	while (length > 0) {
		uint64_t page = offset / memory->page, into = offset % memory->page;
		size_t now = (size_t)(memory->page - into);

		now = now < length ? now : length;
		if (read_full(memory->fd, page * (memory->page + memory->oob) + into, out, now,
		              err) < 0)
			return -1;
		out += now;
		offset += now;
		length -= now;
	}
	return 0;
}

int assay_memory_digest(const struct assay_memory *memory, uint64_t offset, uint64_t length,
                        struct assay_sha256 *out, struct assay_error *err)
{
	ASSAY_AUTO_HASHER struct assay_hasher *hasher = assay_hasher_new();
	ASSAY_AUTO_FREE uint8_t *piece = assay_calloc(PIECE, 1);

	while (length > 0) {
		size_t now = length < PIECE ? (size_t)length : PIECE;

		if (read_memory(memory, offset, piece, now, err) < 0)
			return -1;
		assay_hasher_add(hasher, piece, now);
		offset += now;
		length -= now;
	}
	assay_hasher_finish(hasher, out);
	return 0;
}

static bool is_fill(const struct assay_reference_layout *layout, uint8_t value)
{
	for (size_t i = 0; i < layout->fill_count; i++)
		if (layout->fill[i] == value)
			return true;
	return false;
}

/* Bytes that should all have one value: from the first to the last that has another. */
static void account_fill(struct assay_span bytes, uint8_t value, uint64_t offset,
                         struct assay_found_row *row)
{
	size_t first = 0, last = bytes.len;

	while (first < bytes.len && bytes.ptr[first] == value)
		first++;
	while (last > first && bytes.ptr[last - 1] == value)
		last--;
	row->padding += bytes.len - (last - first);
	if (last > first)
		assay_found_unexplained(row, offset + first, last - first);
}

/* The rest of one erase block. */
static int fill_block(const struct assay_memory *memory,
                      const struct assay_reference_layout *layout, uint64_t offset, uint64_t length,
                      struct assay_found_row *row, struct assay_error *err)
{
	ASSAY_AUTO_FREE uint8_t *piece = assay_calloc(PIECE, 1);
	uint64_t end = offset + length;
	uint8_t value;

	/* Its last byte says which value it is of: what was added stands at its beginning. */
	if (read_memory(memory, end - 1, &value, 1, err) < 0)
		return -1;
	if (!is_fill(layout, value) && layout->fill_count > 0)
		value = layout->fill[0];
	while (offset < end) {
		size_t now = end - offset < PIECE ? (size_t)(end - offset) : PIECE;

		if (read_memory(memory, offset, piece, now, err) < 0)
			return -1;
		if (layout->fill_count == 0)
			assay_found_unexplained(row, offset, now);
		else
			account_fill(assay_span_of(piece, now), value, offset, row);
		offset += now;
	}
	return 0;
}

int assay_memory_fill(const struct assay_memory *memory,
                      const struct assay_reference_layout *layout, uint64_t offset, uint64_t length,
                      struct assay_found_row *row, struct assay_error *err)
{
	while (length > 0) {
		uint64_t now = layout->erase - offset % layout->erase;

		now = now < length ? now : length;
		if (fill_block(memory, layout, offset, now, row, err) < 0)
			return -1;
		offset += now;
		length -= now;
	}
	return 0;
}

static uint64_t block_length(const struct assay_reference_content *content, size_t index)
{
	uint64_t left = content->size - index * content->block;

	return left < content->block ? left : content->block;
}

static int block_is(const struct assay_memory *memory,
                    const struct assay_reference_content *content, size_t index, uint64_t offset,
                    bool *out, struct assay_error *err)
{
	struct assay_sha256 digest;

	if (assay_memory_digest(memory, offset + index * content->block,
	                        block_length(content, index), &digest, err) < 0)
		return -1;
	*out = memcmp(digest.bytes, content->blocks + index * ASSAY_REFERENCE_BLOCK,
	              ASSAY_REFERENCE_BLOCK) == 0;
	return 0;
}

/* The SHA-256 of the whole decides; those of blocks only say where to look. */
int assay_memory_content(const struct assay_memory *memory,
                         const struct assay_reference_content *content, uint64_t offset,
                         struct assay_found_row *row, struct assay_error *err)
{
	struct assay_sha256 digest;
	uint64_t before = row->unexplained;
	bool same;

	if (assay_memory_digest(memory, offset, content->size, &digest, err) < 0)
		return -1;
	if (assay_sha256_equal(&digest, &content->sha256)) {
		row->match += content->size;
		return 0;
	}
	for (size_t i = 0; i < content->block_count; i++) {
		if (block_is(memory, content, i, offset, &same, err) < 0)
			return -1;
		if (same)
			row->match += block_length(content, i);
		else
			assay_found_unexplained(row, offset + i * content->block,
			                        block_length(content, i));
	}
	if (row->unexplained == before) {
		row->match -= content->size;
		assay_found_unexplained(row, offset, content->size);
	}
	return 0;
}

int assay_memory_may_be(const struct assay_memory *memory,
                        const struct assay_reference_content *content, uint64_t offset, bool *out,
                        struct assay_error *err)
{
	*out = offset <= memory->size && content->size <= memory->size - offset;
	if (!*out)
		return 0;
	if (block_is(memory, content, 0, offset, out, err) < 0)
		return -1;
	return *out ? block_is(memory, content, content->block_count - 1, offset, out, err) : 0;
}
