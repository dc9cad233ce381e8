/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * FAT12, FAT16 and FAT32: system partitions of UEFI, boot partitions of small computers.
 *
 * The same files may stand in other clusters: tables and the clusters in directory entries are
 * metadata. The order of entries, both of their names, attributes and all else in them count; times
 * and the serial number are transplanted.
 */
#include "base/memory.h"
#include "formats/filesystem/fat/fat.h"
#include "formats/readers.h"

static bool probe(struct assay_span span)
{
	struct fat fs = { .image = span };

	return fat_boot_read(&fs);
}

/* Where everything is is no metadata then. */
static void settle(struct assay_contents *out)
{
	for (size_t i = 0; i < out->part_count; i++)
		if (out->parts[i].role == ASSAY_ROLE_METADATA)
			out->parts[i].role = ASSAY_ROLE_FIXED;
}

static int read_fat(struct assay_budget *budget, struct assay_contents *out,
                    struct assay_error *err)
{
	struct fat fs = { .out = out, .budget = budget, .image = out->span };
	int result;

	if (!fat_boot_read(&fs))
		return assay_fail(err, ASSAY_E_FORMAT, "no boot sector");
	if (fat_boot_check(&fs, err) < 0)
		return -1;
	fs.used = assay_calloc(fs.end, 1);
	result = fat_walk(&fs, err);
	if (result == 0) {
		fat_tables_emit(&fs);
		fat_boot_emit(&fs);
		if (fs.settled || !fat_boot_is_idle(&fs))
			settle(out);
		/* Free clusters are no bytes behind the end. */
		(void)assay_contents_part_at(out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED,
		                             "end of the file system", fs.image.len, 0);
		assay_contents_gaps(out, "bytes of no file");
	}
	free(fs.used);
	return result;
}

const struct assay_reader assay_reader_fat = {
	.name = "fat",
	.repack_rule = "fat/repacked@1",
	.probe = probe,
	.read = read_fat,
};
