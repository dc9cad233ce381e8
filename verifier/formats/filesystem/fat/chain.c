/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chains of clusters, and the tables that hold them. */
#include <inttypes.h>

#include "base/memory.h"
#include "formats/filesystem/fat/fat.h"

static const uint32_t all_ones[] = { [12] = 0xfff, [16] = 0xffff, [32] = 0xfffffff };

static uint64_t place_of(const struct fat *fs, uint32_t cluster)
{
	return fs->data_at + (uint64_t)(cluster - FAT_FIRST) * fs->cluster;
}

/* With the four bits that FAT32 keeps for nothing. */
static uint32_t raw_next(const struct fat *fs, uint32_t cluster)
{
	uint64_t at = fs->reserved + (uint64_t)cluster * fs->bits / 8;

	if (fs->bits == 32)
		return fat_load(fs, at, 4);
	if (fs->bits == 16)
		return fat_load(fs, at, 2);
	return fat_load(fs, at, 2) >> (cluster % 2 * 4) & 0xfff;
}

uint32_t fat_next(const struct fat *fs, uint32_t cluster)
{
	return raw_next(fs, cluster) & all_ones[fs->bits];
}

/* Specification, 4: the seven lowest numbers that end a chain are as good as the highest. */
static bool is_end(const struct fat *fs, uint32_t next)
{
	return next >= all_ones[fs->bits] - 7;
}

static void add_cluster(struct fat *fs, uint32_t cluster, struct fat_chain *out)
{
	uint64_t at = place_of(fs, cluster);
	struct fat_run *last = out->count > 0 ? &out->runs[out->count - 1] : NULL;

	out->length += fs->cluster;
	fs->used[cluster] = 1;
	if (last != NULL && last->at + last->length == at) {
		last->length += fs->cluster;
		return;
	}
	assay_grow(&out->runs, &out->cap, out->count, sizeof(*out->runs));
	out->runs[out->count++] = (struct fat_run){ at, fs->cluster };
}

int fat_chain_read(struct fat *fs, uint32_t cluster, struct fat_chain *out, struct assay_error *err)
{
	while (cluster != 0) {
		uint32_t next;

		if (cluster < FAT_FIRST || cluster >= fs->end)
			return assay_fail(err, ASSAY_E_FORMAT, "cluster %" PRIu32 " is not there",
			                  cluster);
		if (fs->used[cluster])
			return assay_fail_at(err, ASSAY_E_FORMAT, place_of(fs, cluster),
			                     "cluster %" PRIu32 " has two purposes", cluster);
		add_cluster(fs, cluster, out);
		next = fat_next(fs, cluster);
		if (next == 0)
			return assay_fail(err, ASSAY_E_FORMAT,
			                  "cluster %" PRIu32 " is free, and in use", cluster);
		if (is_end(fs, next)) {
			out->mark = next;
			return 0;
		}
		cluster = next;
	}
	return 0;
}

/* Clusters that follow each other and that nothing has, though the table does not call them free. */
static void emit_unclaimed(struct fat *fs, uint32_t first, uint32_t end, bool bad)
{
	fs->plain = false;
	(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED,
	                             bad ? "bad clusters" : "lost clusters", place_of(fs, first),
	                             (uint64_t)(end - first) * fs->cluster);
}

static bool is_unclaimed(const struct fat *fs, uint32_t cluster, bool *bad)
{
	uint32_t next = fat_next(fs, cluster);

	*bad = next == all_ones[fs->bits] - 8;
	return !fs->used[cluster] && next != 0;
}

static void find_unclaimed(struct fat *fs)
{
	bool bad, other;

	for (uint32_t i = FAT_FIRST, next; i < fs->end; i = next) {
		next = i + 1;
		fs->free += fat_next(fs, i) == 0;
		fs->plain &= raw_next(fs, i) == fat_next(fs, i);
		if (!is_unclaimed(fs, i, &bad))
			continue;
		while (next < fs->end && is_unclaimed(fs, next, &other) && other == bad)
			next++;
		emit_unclaimed(fs, i, next, bad);
	}
}

static void emit_table(struct fat *fs, uint32_t index, uint64_t length)
{
	uint64_t at = fs->reserved + index * fs->table_size, head = fs->bits * 2 / 8;
	bool alike = assay_span_equal(assay_span_sub(fs->image, fs->reserved, fs->table_size),
	                              assay_span_sub(fs->image, at, fs->table_size));

	if (!alike)
		assay_contents_false(fs->out, ASSAY_NO_ENTRY, "copy of the allocation table", at,
		                     fs->table_size);
	(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED,
	                             "state in the allocation table", at, head);
	(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY,
	                             alike && fs->plain ? ASSAY_ROLE_METADATA : ASSAY_ROLE_FIXED,
	                             "allocation table", at + head, length - head);
}

void fat_tables_emit(struct fat *fs)
{
	uint64_t bits = (uint64_t)fs->end * fs->bits, length = (bits + 7) / 8;

	fs->plain = true;
	find_unclaimed(fs);
	/* Half a byte behind the last number of FAT12. */
	if (bits % 8 != 0 && fs->image.ptr[fs->reserved + length - 1] >> 4 != 0)
		fs->plain = false;
	for (uint32_t i = 0; i < fs->tables; i++)
		emit_table(fs, i, length);
}
