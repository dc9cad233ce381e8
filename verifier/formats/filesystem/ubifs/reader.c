/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/filesystem/ubifs/ubifs.h"
#include "formats/readers.h"

static bool probe(struct assay_span span)
{
	return span.len >= UBIFS_SUPER && assay_load(span.ptr, 4, false) == UBIFS_MAGIC &&
	       span.ptr[20] == UBIFS_TYPE_SUPER;
}

static int read_ubifs(struct assay_budget *budget, struct assay_contents *out,
                      struct assay_error *err)
{
	struct ubifs fs = { .out = out, .budget = budget };
	int result = ubifs_read_super(&fs, err);

	if (result == 0)
		result = ubifs_read_index(&fs, err);
	if (result == 0)
		result = ubifs_walk(&fs, err);
	if (result == 0)
		result = ubifs_add_leaves(&fs, err);
	if (result == 0)
		assay_contents_gaps(out, "bytes of no node");
	free(fs.leaves);
	return result;
}

/* Every part with fields is the beginning of a node, which says how long it is. */
static void recompute(const struct assay_contents *contents, uint8_t *image)
{
	for (size_t i = 0; i < contents->part_count; i++) {
		const struct assay_part *part = &contents->parts[i];
		uint8_t *node = image + part->offset;
		uint64_t length;

		if (part->fields == NULL)
			continue;
		length = assay_load(contents->span.ptr + part->offset + 16, 4, false);
		assay_store(node + 4, 4, false, ubifs_crc(node, length));
	}
}

const struct assay_reader assay_reader_ubifs = {
	.name = "ubifs",
	.repack_rule = "ubifs/repacked@1",
	.probe = probe,
	.read = read_ubifs,
	.unpack = ubifs_unpack,
	.recompute = recompute,
};
