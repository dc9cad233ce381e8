/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "edits.h"

#include <stdbool.h>
#include <string.h>

#include "base/cursor.h"
#include "compare/elfcmp/elf.h"
#include "fuzz.h"

struct edit {
	uint8_t op;
	bool both; /* the rebuilt file, too */
	size_t offset, count;
	uint32_t value;
};

static struct edit read_edit(const uint8_t *data)
{
	return (struct edit){
		.op = data[0] & 3,
		.both = (data[0] & 4) != 0,
		.offset = (size_t)assay_load(data + 1, 2, false),
		.count = data[3],
		.value = (uint32_t)assay_load(data + 4, 4, false),
	};
}

static void set(struct fuzz_file *file, size_t offset, size_t count, uint32_t value)
{
	for (size_t i = 0; i < count && offset + i < file->len; i++)
		file->bytes[offset + i] = (uint8_t)(value >> 8 * (i % 4));
}

static void apply(struct fuzz_file *file, const struct edit *edit)
{
	size_t offset = edit->offset < file->len ? edit->offset : file->len;
	size_t count = edit->count;

	switch (edit->op) {
	case 0:
	case 1:
		set(file, offset, edit->op == 0 ? 1 + (count & 7) : count, edit->value);
		break;
	case 2: /* insert */
		if (count > FUZZ_FILE_MAX - file->len)
			return;
		memmove(file->bytes + offset + count, file->bytes + offset, file->len - offset);
		file->len += count;
		set(file, offset, count, edit->value);
		break;
	default: /* remove */
		if (count > file->len - offset)
			count = file->len - offset;
		memmove(file->bytes + offset, file->bytes + offset + count,
		        file->len - offset - count);
		file->len -= count;
	}
}

void fuzz_make_pair(const uint8_t *data, size_t size, struct fuzz_pair *out)
{
	struct fuzz_file *delivered = &out->delivered, *rebuilt = &out->rebuilt;
	size_t edits = size > 0 ? data[0] % (FUZZ_EDITS_MAX + 1) : 0;
	size_t start;

	if (edits * FUZZ_EDIT_SIZE > size - (size > 0))
		edits = 0;
	start = (size > 0) + edits * FUZZ_EDIT_SIZE;
	rebuilt->len = size - start < FUZZ_FILE_MAX ? size - start : FUZZ_FILE_MAX;
	if (rebuilt->len > 0)
		memcpy(rebuilt->bytes, data + start, rebuilt->len);
	memcpy(delivered->bytes, rebuilt->bytes, rebuilt->len);
	delivered->len = rebuilt->len;
	for (size_t i = 0; i < edits; i++) {
		struct edit edit = read_edit(data + 1 + i * FUZZ_EDIT_SIZE);

		apply(delivered, &edit);
		if (edit.both)
			apply(rebuilt, &edit);
	}
}

static enum assay_tier tier_of(const struct fuzz_file *delivered, const struct fuzz_file *rebuilt)
{
	struct assay_node *node =
		assay_node_new("", assay_span_of(delivered->bytes, delivered->len),
	                       assay_span_of(rebuilt->bytes, rebuilt->len));
	struct assay_error err = ASSAY_ERROR_INIT;
	enum assay_tier tier;

	assay_node_compare_elf(node);
	assay_node_settle(node);
	fuzz_assert(assay_ledger_check(&node->ledger, &err) == 0);
	tier = node->tier;
	assay_node_free(node);
	return tier;
}

void fuzz_compare_pair(const struct fuzz_pair *pair, enum assay_tier *there, enum assay_tier *back)
{
	const struct fuzz_file *delivered = &pair->delivered, *rebuilt = &pair->rebuilt;
	bool equal = delivered->len == rebuilt->len &&
	             memcmp(delivered->bytes, rebuilt->bytes, delivered->len) == 0;

	*there = tier_of(delivered, rebuilt);
	*back = tier_of(rebuilt, delivered);
	fuzz_assert((*there == ASSAY_TIER_IDENTICAL) == equal);
	fuzz_assert((*back == ASSAY_TIER_IDENTICAL) == equal);
}
