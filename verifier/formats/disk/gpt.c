/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Disks with a GUID partition table, at the start and again at the end.
 *
 * Both tables are read, and what one says the other must: programs go to the second one when the
 * first does not please them.
 *
 * Source: UEFI Specification 2.10, 5.3 (GUID Partition Table Disk Layout); RFC 9562, 5.4 for random
 *         GUIDs.
 * Limits: sectors of 512 bytes, entries of 128 bytes.
 */
#include <inttypes.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "formats/disk/mbr.h"
#include "formats/disk/verity.h"
#include "formats/readers.h"
#include "formats/stream/deflate.h"

#define MAGIC "EFI PART"
#define HEADER 92
#define CRC_AT 16
#define MY_PLACE 24
#define OTHER_PLACE 32
#define USABLE 40 /* the first and the last sector that partitions may have */
#define DISK_GUID 56
#define TABLE_PLACE 72
#define COUNT 80
#define RECORD_SIZE 84
#define TABLE_CRC 88
#define RECORD 128
#define RECORDS_MAX 1024 /* ours; 128 is usual */
#define RECORD_GUID 16
#define RULE "gpt/guids@1"

#define HEADER_FIELDS(guid_role, guid_rule)                                                        \
	{                                                                                          \
		{ "magic", 0, 8, ASSAY_ROLE_FIXED }, { "revision", 8, 4, ASSAY_ROLE_FIXED },       \
			{ "header size", 12, 4, ASSAY_ROLE_FIXED },                                \
			{ "header CRC", CRC_AT, 4, ASSAY_ROLE_CHECK },                             \
			{ "reserved bytes", 20, 4, ASSAY_ROLE_FIXED },                             \
			{ "places", MY_PLACE, 32, ASSAY_ROLE_FIXED },                              \
			{ "GUID of the disk", DISK_GUID, 16, guid_role, guid_rule },               \
			{ "place of the table", TABLE_PLACE, 16, ASSAY_ROLE_FIXED },               \
			{ "CRC of the table", TABLE_CRC, 4, ASSAY_ROLE_CHECK }, { 0 },             \
	}
#define RECORD_FIELDS(guid_role, guid_rule)                                                        \
	{                                                                                          \
		{ "type of a partition", 0, 16, ASSAY_ROLE_FIXED },                                \
			{ "GUID of a partition", RECORD_GUID, 16, guid_role, guid_rule },          \
			{ "place of a partition", 32, 16, ASSAY_ROLE_FIXED },                      \
			{ "attributes of a partition", 48, 8, ASSAY_ROLE_FIXED },                  \
			{ "name of a partition", 56, 72, ASSAY_ROLE_FIXED }, { 0 },                \
	}

/* By whether the GUID is a random one, and nothing else. */
static const struct assay_field headers[2][10] = {
	HEADER_FIELDS(ASSAY_ROLE_FIXED, NULL),
	HEADER_FIELDS(ASSAY_ROLE_OPAQUE, RULE),
};
static const struct assay_field records[2][6] = {
	RECORD_FIELDS(ASSAY_ROLE_FIXED, NULL),
	RECORD_FIELDS(ASSAY_ROLE_OPAQUE, RULE),
};

/* One of the two tables. */
struct table {
	uint64_t header_at, table_at; /* bytes */
	uint64_t count;               /* entries */
};

static uint64_t get(struct assay_span span, uint64_t at, size_t width)
{
	return assay_load(span.ptr + at, width, false);
}

static bool probe(struct assay_span span)
{
	return mbr_is(span) && span.len >= 2 * DISK_SECTOR &&
	       assay_span_starts(assay_span_sub(span, DISK_SECTOR, 8), MAGIC, 8);
}

/* Version 4 and the usual variant, in the mixed byte order of GUIDs or, as sfdisk has it, in that of
 * UUIDs. */
static bool is_random(const uint8_t *guid)
{
	return (guid[7] >> 4 == 4 || guid[6] >> 4 == 4) && guid[8] >> 6 == 2;
}

/* With zeros in its own place. */
static uint32_t header_crc(const uint8_t *header)
{
	uint8_t copy[HEADER];

	memcpy(copy, header, HEADER);
	memset(copy + CRC_AT, 0, 4);
	return assay_crc32(assay_span_of(copy, HEADER));
}

static uint32_t table_crc(const uint8_t *image, const struct table *table)
{
	return assay_crc32(assay_span_of(image + table->table_at, table->count * RECORD));
}

/* --- reading --- */

/* In: at, of a whole sector */
static int read_header(struct assay_span span, uint64_t at, struct table *out,
                       struct assay_error *err)
{
	uint64_t place;

	if (!assay_span_starts(assay_span_sub(span, at, 8), MAGIC, 8))
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "no partition table");
	place = get(span, at + TABLE_PLACE, 8);
	*out = (struct table){ at, place * DISK_SECTOR, get(span, at + COUNT, 4) };
	if (get(span, at + 8, 4) != 0x10000 || get(span, at + 12, 4) != HEADER ||
	    get(span, at + RECORD_SIZE, 4) != RECORD || out->count == 0 || out->count > RECORDS_MAX)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "an unknown kind of table");
	if (get(span, at + MY_PLACE, 8) != at / DISK_SECTOR)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "a table that is not where it says");
	if (place > span.len / DISK_SECTOR ||
	    !assay_span_holds(span, out->table_at, out->count * RECORD))
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "entries past the end");
	return 0;
}

static void check_crcs(struct assay_contents *out, const struct table *table)
{
	const uint8_t *header = out->span.ptr + table->header_at;

	if (header_crc(header) != assay_load(header + CRC_AT, 4, false))
		assay_contents_false(out, ASSAY_NO_ENTRY, "header CRC", table->header_at + CRC_AT,
		                     4);
	if (table_crc(out->span.ptr, table) != assay_load(header + TABLE_CRC, 4, false))
		assay_contents_false(out, ASSAY_NO_ENTRY, "CRC of the table",
		                     table->header_at + TABLE_CRC, 4);
}

/* Whether the second table says what the first does. */
static bool is_alike(struct assay_span span, const struct table *first, const struct table *second)
{
	const uint8_t *a = span.ptr + first->header_at, *b = span.ptr + second->header_at;

	return first->count == second->count &&
	       memcmp(a + USABLE, b + USABLE, TABLE_PLACE - USABLE) == 0 &&
	       get(span, second->header_at + OTHER_PLACE, 8) == first->header_at / DISK_SECTOR &&
	       memcmp(span.ptr + first->table_at, span.ptr + second->table_at,
	              first->count * RECORD) == 0;
}

/* The second table, when there is one where the first says, at the very end. */
static int read_second(struct assay_contents *out, const struct table *first, struct table *second,
                       struct assay_error *err)
{
	uint64_t place = get(out->span, first->header_at + OTHER_PLACE, 8);

	if (place >= out->span.len / DISK_SECTOR)
		return assay_fail_at(err, ASSAY_E_FORMAT, first->header_at + OTHER_PLACE,
		                     "cut short: the second table is past the end");
	if (read_header(out->span, place * DISK_SECTOR, second, err) < 0)
		return assay_fail_in(err, "second table");
	if (!is_alike(out->span, first, second))
		assay_contents_false(out, ASSAY_NO_ENTRY, "second table", second->header_at,
		                     HEADER);
	return 0;
}

static void emit_table(struct assay_contents *out, const struct table *table)
{
	uint64_t at = table->table_at, end = at + table->count * RECORD;

	assay_contents_fields_at(out, ASSAY_NO_ENTRY, "header of the table",
	                         headers[is_random(out->span.ptr + table->header_at + DISK_GUID)],
	                         table->header_at);
	for (; at < end; at += RECORD)
		if (!assay_span_is_fill(assay_span_sub(out->span, at, RECORD), 0))
			assay_contents_fields_at(
				out, ASSAY_NO_ENTRY, "entry of the table",
				records[is_random(out->span.ptr + at + RECORD_GUID)], at);
}

static int add_partitions(struct assay_contents *out, struct assay_budget *budget,
                          const struct table *table, struct assay_error *err)
{
	for (unsigned i = 0; i < table->count; i++) {
		uint64_t at = table->table_at + (uint64_t)i * RECORD;
		uint64_t first = get(out->span, at + 32, 8), last = get(out->span, at + 40, 8);

		/* No type: no partition. Whatever else such an entry holds must be equal. */
		if (assay_span_is_fill(assay_span_sub(out->span, at, 16), 0))
			continue;
		if (last < first || last == UINT64_MAX)
			return assay_fail_at(err, ASSAY_E_FORMAT, at,
			                     "a partition that ends before it begins");
		if (disk_partition(out, budget, i + 1, first, last - first + 1, err) < 0)
			return -1;
	}
	return 0;
}

static int read_gpt(struct assay_budget *budget, struct assay_contents *out,
                    struct assay_error *err)
{
	struct table first, second;

	if (read_header(out->span, DISK_SECTOR, &first, err) < 0 ||
	    read_second(out, &first, &second, err) < 0)
		return -1;
	check_crcs(out, &first);
	check_crcs(out, &second);
	mbr_emit(out, true);
	emit_table(out, &first);
	if (add_partitions(out, budget, &first, err) < 0)
		return -1;
	verity_pair(out);
	emit_table(out, &second);
	assay_contents_gaps(out, "bytes of no partition");
	return 0;
}

static void recompute(const struct assay_contents *contents, uint8_t *image)
{
	struct assay_error err = ASSAY_ERROR_INIT;
	uint64_t other = get(contents->span, DISK_SECTOR + OTHER_PLACE, 8) * DISK_SECTOR;
	const uint64_t places[] = { DISK_SECTOR, other };

	verity_recompute_pairs(contents, image);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(places); i++) {
		struct table table;

		if (read_header(contents->span, places[i], &table, &err) < 0)
			return;
		assay_store(image + table.header_at + TABLE_CRC, 4, false,
		            table_crc(image, &table));
		assay_store(image + table.header_at + CRC_AT, 4, false,
		            header_crc(image + table.header_at));
	}
}

const struct assay_reader assay_reader_gpt = {
	.name = "gpt",
	.probe = probe,
	.read = read_gpt,
	.recompute = recompute,
};
