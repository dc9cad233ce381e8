/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks with a partition table in their first sector and nowhere else. */
#include "formats/disk/mbr.h"

#include "base/cursor.h"
#include "base/memory.h"
#include "formats/disk/verity.h"
#include "formats/readers.h"

#define TABLE_AT 446
#define RECORD 16
#define MARK_AT 510
#define ACTIVE 0x80

/* Where the numbers of cylinders and heads are counts, too: nothing else here may differ. */
#define FIELDS(signature_role, signature_rule)                                                     \
	{                                                                                          \
		{ "boot code", 0, 440, ASSAY_ROLE_FIXED },                                         \
			{ "disk signature", 440, 4, signature_role, signature_rule },              \
			{ "unused bytes of the boot sector", 444, 2, ASSAY_ROLE_FIXED },           \
			{ "first partition", TABLE_AT, RECORD, ASSAY_ROLE_FIXED },                 \
			{ "second partition", 462, RECORD, ASSAY_ROLE_FIXED },                     \
			{ "third partition", 478, RECORD, ASSAY_ROLE_FIXED },                      \
			{ "fourth partition", 494, RECORD, ASSAY_ROLE_FIXED },                     \
			{ "mark of the boot sector", MARK_AT, 2, ASSAY_ROLE_FIXED }, { 0 },        \
	}

/* In front of a GUID partition table nothing uses the signature. */
static const struct assay_field fields[2][9] = {
	FIELDS(ASSAY_ROLE_OPAQUE, "mbr/disk-signature@1"),
	FIELDS(ASSAY_ROLE_FIXED, NULL),
};

bool mbr_is(struct assay_span span)
{
	return assay_span_starts(assay_span_sub(span, MARK_AT, 2), "\x55\xaa", 2);
}

struct mbr_partition mbr_partition_at(struct assay_span span, unsigned index)
{
	const uint8_t *record = span.ptr + TABLE_AT + RECORD * index;

	return (struct mbr_partition){
		.status = record[0],
		.type = record[4],
		.start = assay_load(record + 8, 4, false),
		.count = assay_load(record + 12, 4, false),
	};
}

void mbr_emit(struct assay_contents *out, bool protective)
{
	assay_contents_fields(out, ASSAY_NO_ENTRY, "boot sector", fields[protective]);
}

int disk_partition(struct assay_contents *out, struct assay_budget *budget, unsigned number,
                   uint64_t start, uint64_t count, struct assay_error *err)
{
	uint64_t sectors = out->span.len / DISK_SECTOR;
	struct assay_entry *entry;

	if (start > sectors || count > sectors - start)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->span.len,
		                     "partition %u is past the end", number);
	if (assay_contents_entry(out, budget, ASSAY_ENTRY_FILE, err) < 0)
		return -1;
	entry = assay_contents_newest(out);
	free(entry->name);
	entry->name = assay_asprintf("partition-%u", number);
	entry->content = assay_span_sub(out->span, start * DISK_SECTOR, count * DISK_SECTOR);
	(void)assay_contents_part_at(out, out->entry_count - 1, ASSAY_ROLE_CONTENT, "content",
	                             start * DISK_SECTOR, count * DISK_SECTOR);
	return 0;
}

/* File systems have the same mark in their boot sectors, with code where the table would be. */
static bool probe(struct assay_span span)
{
	unsigned used = 0;

	if (!mbr_is(span))
		return false;
	for (unsigned i = 0; i < MBR_PARTITIONS; i++) {
		struct mbr_partition p = mbr_partition_at(span, i);
		bool empty = p.type == 0 && p.status == 0 && p.start == 0 && p.count == 0;

		if (empty)
			continue;
		if ((p.status != 0 && p.status != ACTIVE) || p.type == 0 || p.start == 0 ||
		    p.count == 0 || (p.start + p.count) * DISK_SECTOR > span.len)
			return false;
		used++;
	}
	return used > 0;
}

static int read_mbr(struct assay_budget *budget, struct assay_contents *out,
                    struct assay_error *err)
{
	mbr_emit(out, false);
	for (unsigned i = 0; i < MBR_PARTITIONS; i++) {
		struct mbr_partition p = mbr_partition_at(out->span, i);

		if (p.type != 0 && disk_partition(out, budget, i + 1, p.start, p.count, err) < 0)
			return -1;
	}
	verity_pair(out);
	assay_contents_gaps(out, "bytes of no partition");
	return 0;
}

const struct assay_reader assay_reader_mbr = {
	.name = "mbr",
	.probe = probe,
	.read = read_mbr,
	.recompute = verity_recompute_pairs,
};
