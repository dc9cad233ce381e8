/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "elf_pair.h"

#include <string.h>

#include "base/cursor.h"
#include "compare/elfcmp/elf.h"

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

static void set(struct elf_pair_file *file, size_t offset, size_t count, uint32_t value)
{
	for (size_t i = 0; i < count && offset + i < file->len; i++)
		file->bytes[offset + i] = (uint8_t)(value >> 8 * (i % 4));
}

static void apply(struct elf_pair_file *file, const struct edit *edit)
{
	size_t offset = edit->offset < file->len ? edit->offset : file->len;
	size_t count = edit->count;

	switch (edit->op) {
	case 0:
	case 1:
		set(file, offset, edit->op == 0 ? 1 + (count & 7) : count, edit->value);
		break;
	case 2: /* insert */
		if (count > ELF_PAIR_SIZE_MAX - file->len)
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

void elf_pair_make(const uint8_t *data, size_t size, struct elf_pair *out)
{
	struct elf_pair_file *delivered = &out->delivered, *rebuilt = &out->rebuilt;
	size_t edits = size > 0 ? data[0] % (ELF_PAIR_EDITS_MAX + 1) : 0;
	size_t start;

	if (edits * ELF_PAIR_EDIT_SIZE > size - (size > 0))
		edits = 0;
	start = (size > 0) + edits * ELF_PAIR_EDIT_SIZE;
	rebuilt->len = size - start < ELF_PAIR_SIZE_MAX ? size - start : ELF_PAIR_SIZE_MAX;
	if (rebuilt->len > 0)
		memcpy(rebuilt->bytes, data + start, rebuilt->len);
	memcpy(delivered->bytes, rebuilt->bytes, rebuilt->len);
	delivered->len = rebuilt->len;
	for (size_t i = 0; i < edits; i++) {
		struct edit edit = read_edit(data + 1 + i * ELF_PAIR_EDIT_SIZE);

		apply(delivered, &edit);
		if (edit.both)
			apply(rebuilt, &edit);
	}
}

static enum assay_tier tier_of(const struct elf_pair_file *delivered,
                               const struct elf_pair_file *rebuilt)
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

bool elf_pair_matches(const struct elf_pair *pair)
{
	const struct elf_pair_file *delivered = &pair->delivered, *rebuilt = &pair->rebuilt;
	bool equal = delivered->len == rebuilt->len &&
	             memcmp(delivered->bytes, rebuilt->bytes, delivered->len) == 0;
	enum assay_tier tier = tier_of(delivered, rebuilt);
	enum assay_tier back = tier_of(rebuilt, delivered);

	fuzz_assert((tier == ASSAY_TIER_IDENTICAL) == equal);
	fuzz_assert((back == ASSAY_TIER_IDENTICAL) == equal);
	return !equal && (tier <= ASSAY_TIER_NORMALISED || back <= ASSAY_TIER_NORMALISED);
}
