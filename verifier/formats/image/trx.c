/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TRX images of Broadcom boot loaders: up to four regions, a length and a CRC.
 *
 * Source: OpenWrt, tools/firmware-utils/src/trx.c; Linux, drivers/mtd/parsers/parser_trx.c.
 */
#include <inttypes.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "formats/contents.h"
#include "formats/image/extent.h"
#include "formats/readers.h"
#include "formats/stream/deflate.h"

#define MAGIC "HDR0"
#define LENGTH_AT 4
#define CRC_AT 8
#define COVERED_AT 12 /* where the bytes begin that the CRC covers */
#define VERSION_AT 14
#define OFFSETS_AT 16
#define REGIONS_MAX 4

#define FIELDS                                                                                     \
	{ "magic", 0, 4, ASSAY_ROLE_FIXED }, { "length", LENGTH_AT, 4, ASSAY_ROLE_SIZE },          \
		{ "CRC", CRC_AT, 4, ASSAY_ROLE_CHECK }, { "flags", 12, 2, ASSAY_ROLE_FIXED },      \
		{ "version", VERSION_AT, 2, ASSAY_ROLE_FIXED },                                    \
		{ "first offset", 16, 4, ASSAY_ROLE_SIZE },                                        \
		{ "second offset", 20, 4, ASSAY_ROLE_SIZE },                                       \
	{                                                                                          \
		"third offset", 24, 4, ASSAY_ROLE_SIZE                                             \
	}

static const struct assay_field version_1[] = { FIELDS, { 0 } };
static const struct assay_field version_2[] = {
	FIELDS,
	{ "fourth offset", 28, 4, ASSAY_ROLE_SIZE },
	{ 0 },
};

static uint32_t get(struct assay_span span, uint64_t offset)
{
	return (uint32_t)assay_load(span.ptr + offset, 4, false);
}

/* 1 or 2, and 0 when there is no header. */
static unsigned version_of(struct assay_span span)
{
	uint64_t version;

	if (span.len < OFFSETS_AT + 4 * REGIONS_MAX || !assay_span_starts(span, MAGIC, 4))
		return 0;
	version = assay_load(span.ptr + VERSION_AT, 2, false);
	return version == 1 || version == 2 ? (unsigned)version : 0;
}

static uint64_t header_of(unsigned version)
{
	return OFFSETS_AT + 4 * (version == 1 ? 3 : 4);
}

static bool probe(struct assay_span span)
{
	return version_of(span) > 0;
}

/* Without the inversion at its end that CRC-32 has elsewhere. */
static uint32_t crc_of(struct assay_span image)
{
	return ~assay_crc32(assay_span_sub(image, COVERED_AT, image.len));
}

bool assay_trx_extent(struct assay_span span, uint64_t *length)
{
	if (!probe(span))
		return false;
	*length = get(span, LENGTH_AT);
	return *length >= header_of(version_of(span)) && *length <= span.len &&
	       crc_of(assay_span_sub(span, 0, *length)) == get(span, CRC_AT);
}

static int add_region(struct assay_contents *out, struct assay_budget *budget, uint64_t end,
                      struct assay_error *err)
{
	struct assay_entry *entry;
	uint64_t length = end - out->end;

	if (assay_contents_entry(out, budget, ASSAY_ENTRY_FILE, err) < 0)
		return -1;
	entry = assay_contents_newest(out);
	free(entry->name);
	entry->name = assay_asprintf("region-%zu", out->entry_count - 1);
	entry->content = assay_span_sub(out->span, out->end, length);
	(void)assay_contents_part(out, out->entry_count - 1, ASSAY_ROLE_CONTENT, "content", length);
	return 0;
}

/* Each goes up to the next one. Offsets of zero are no regions, and none follows one. */
static int read_regions(struct assay_contents *out, struct assay_budget *budget, uint64_t header,
                        uint64_t end, struct assay_error *err)
{
	uint64_t starts[REGIONS_MAX + 1] = { 0 };
	size_t count = 0, slots = (header - OFFSETS_AT) / 4;

	for (size_t i = 0; i < slots; i++) {
		uint64_t start = get(out->span, OFFSETS_AT + 4 * i);

		if (start == 0)
			continue;
		if (count != i || start < (count == 0 ? header : starts[count - 1]) || start > end)
			return assay_fail_at(err, ASSAY_E_FORMAT, OFFSETS_AT + 4 * i,
			                     "regions past the end, or in no order");
		starts[count++] = start;
	}
	starts[count] = end;
	if (count > 0 && starts[0] > header)
		(void)assay_contents_part(out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED,
		                          "bytes of no region", starts[0] - header);
	for (size_t i = 0; i < count; i++)
		if (add_region(out, budget, starts[i + 1], err) < 0)
			return -1;
	if (count == 0 && end > header)
		(void)assay_contents_part(out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED,
		                          "bytes of no region", end - header);
	return 0;
}

static int read_trx(struct assay_budget *budget, struct assay_contents *out,
                    struct assay_error *err)
{
	unsigned version = version_of(out->span);
	uint64_t header = header_of(version), length = get(out->span, LENGTH_AT);

	if (length < header || length > out->span.len)
		return assay_fail_at(err, ASSAY_E_FORMAT, LENGTH_AT,
		                     "cut short: %" PRIu64 " bytes in all", length);
	if (crc_of(assay_span_sub(out->span, 0, length)) != get(out->span, CRC_AT))
		assay_contents_false(out, ASSAY_NO_ENTRY, "CRC", CRC_AT, 4);
	assay_contents_fields(out, ASSAY_NO_ENTRY, "header", version == 1 ? version_1 : version_2);
	if (read_regions(out, budget, header, length, err) < 0)
		return -1;
	assay_contents_end(out, "bytes behind the image");
	return 0;
}

static void recompute(const struct assay_contents *contents, uint8_t *image)
{
	assay_store(image + CRC_AT, 4, false,
	            crc_of(assay_span_of(image, get(contents->span, LENGTH_AT))));
}

const struct assay_reader assay_reader_trx = {
	.name = "trx",
	.probe = probe,
	.read = read_trx,
	.recompute = recompute,
};
