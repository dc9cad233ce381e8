/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Legacy U-Boot images: a header with two CRCs, and behind it one file or several.
 *
 * Source: U-Boot, include/image.h: struct legacy_img_hdr, IH_TYPE_*; tools/mkimage.c for the table
 *         of several files; doc/usage/cmd/source.rst for scripts, which have that table, too.
 * Limits: files have no names, so they are image-0, image-1 and so on.
 */
#include <inttypes.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "formats/contents.h"
#include "formats/image/extent.h"
#include "formats/readers.h"
#include "formats/stream/deflate.h"

#define MAGIC "\x27\x05\x19\x56" /* IH_MAGIC */
#define HEADER 64
#define HEADER_CRC_AT 4
#define SIZE_AT 12
#define DATA_CRC_AT 24
#define TYPE_AT 30
#define TYPE_MULTI 4  /* IH_TYPE_MULTI */
#define TYPE_SCRIPT 6 /* IH_TYPE_SCRIPT */
#define ALIGN 4       /* bytes to which each file but the last is filled up */

/* The type decides how U-Boot reads what follows; the time is only printed. */
static const struct assay_field fields[] = {
	{ "magic", 0, 4, ASSAY_ROLE_FIXED },
	{ "header CRC", HEADER_CRC_AT, 4, ASSAY_ROLE_CHECK },
	{ "time", 8, 4, ASSAY_ROLE_OPAQUE, "uimage/timestamps@1" },
	{ "size", SIZE_AT, 4, ASSAY_ROLE_SIZE },
	{ "load address", 16, 4, ASSAY_ROLE_FIXED },
	{ "entry point", 20, 4, ASSAY_ROLE_FIXED },
	{ "data CRC", DATA_CRC_AT, 4, ASSAY_ROLE_CHECK },
	{ "operating system", 28, 1, ASSAY_ROLE_FIXED },
	{ "architecture", 29, 1, ASSAY_ROLE_FIXED },
	{ "type", TYPE_AT, 1, ASSAY_ROLE_FIXED },
	{ "compression", 31, 1, ASSAY_ROLE_FIXED },
	{ "name", 32, 32, ASSAY_ROLE_FIXED },
	{ 0 },
};

static bool probe(struct assay_span span)
{
	return span.len >= HEADER && assay_span_starts(span, MAGIC, 4);
}

static uint32_t get(struct assay_span span, uint64_t offset)
{
	return (uint32_t)assay_load(span.ptr + offset, 4, true);
}

/* With zeros in its own place. Source: image_check_hcrc */
static uint32_t header_crc(const uint8_t *header)
{
	uint8_t copy[HEADER];

	memcpy(copy, header, HEADER);
	memset(copy + HEADER_CRC_AT, 0, 4);
	return assay_crc32(assay_span_of(copy, HEADER));
}

bool assay_uimage_extent(struct assay_span span, uint64_t *length)
{
	if (!probe(span) || header_crc(span.ptr) != get(span, HEADER_CRC_AT) ||
	    get(span, SIZE_AT) > span.len - HEADER)
		return false;
	*length = HEADER + (uint64_t)get(span, SIZE_AT);
	return true;
}

static void check_crcs(struct assay_contents *out, struct assay_span data)
{
	if (header_crc(out->span.ptr) != get(out->span, HEADER_CRC_AT))
		assay_contents_false(out, ASSAY_NO_ENTRY, "header CRC", HEADER_CRC_AT, 4);
	if (assay_crc32(data) != get(out->span, DATA_CRC_AT))
		assay_contents_false(out, ASSAY_NO_ENTRY, "data CRC", DATA_CRC_AT, 4);
}

static int add_entry(struct assay_contents *out, struct assay_budget *budget,
                     struct assay_error *err)
{
	struct assay_entry *entry;

	if (assay_contents_entry(out, budget, ASSAY_ENTRY_FILE, err) < 0)
		return -1;
	entry = assay_contents_newest(out);
	free(entry->name);
	entry->name = assay_asprintf("image-%zu", out->entry_count - 1);
	return 0;
}

static void add_content(struct assay_contents *out, size_t index, uint64_t length)
{
	out->entries[index].content = assay_span_sub(out->span, out->end, length);
	(void)assay_contents_part(out, index, ASSAY_ROLE_CONTENT, "content", length);
}

/* The sizes of all files, up to one of zero: an entry for each. */
static int read_table(struct assay_contents *out, struct assay_budget *budget, uint64_t end,
                      struct assay_error *err)
{
	for (;;) {
		if (end - out->end < 4)
			return assay_fail_at(err, ASSAY_E_FORMAT, out->end,
			                     "cut short in the table of sizes");
		if (get(out->span, out->end) == 0)
			break;
		if (add_entry(out, budget, err) < 0)
			return -1;
		(void)assay_contents_part(out, out->entry_count - 1, ASSAY_ROLE_SIZE, "size", 4);
	}
	(void)assay_contents_part(out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED, "end of the sizes", 4);
	return 0;
}

/* Several files, each but the last filled up. U-Boot finds a file by the sizes before it. */
static int read_files(struct assay_contents *out, struct assay_budget *budget, uint64_t end,
                      struct assay_error *err)
{
	if (read_table(out, budget, end, err) < 0)
		return -1;
	for (size_t i = 0; i < out->entry_count; i++) {
		uint64_t size = get(out->span, HEADER + ALIGN * i);
		uint64_t padding = -size % ALIGN;

		if (size > end - out->end)
			return assay_fail_at(err, ASSAY_E_FORMAT, HEADER + ALIGN * i,
			                     "a file past the end");
		add_content(out, i, size);
		if (i + 1 == out->entry_count)
			break;
		if (padding > end - out->end)
			return assay_fail_at(err, ASSAY_E_FORMAT, out->end,
			                     "cut short in the padding");
		assay_contents_fill(out, i, "padding", padding, 0);
	}
	if (out->end < end)
		(void)assay_contents_part(out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED, "bytes of no file",
		                          end - out->end);
	return 0;
}

static int read_uimage(struct assay_budget *budget, struct assay_contents *out,
                       struct assay_error *err)
{
	uint64_t size = get(out->span, SIZE_AT);
	uint8_t type = out->span.ptr[TYPE_AT];
	int result;

	if (size > out->span.len - HEADER)
		return assay_fail_at(err, ASSAY_E_FORMAT, SIZE_AT,
		                     "cut short: %" PRIu64 " bytes behind the header", size);
	check_crcs(out, assay_span_sub(out->span, HEADER, size));
	assay_contents_fields(out, ASSAY_NO_ENTRY, "header", fields);
	if (type == TYPE_MULTI || type == TYPE_SCRIPT) {
		result = read_files(out, budget, HEADER + size, err);
	} else {
		result = add_entry(out, budget, err);
		if (result == 0)
			add_content(out, 0, size);
	}
	if (result == 0)
		assay_contents_end(out, "bytes behind the image");
	return result;
}

static void recompute(const struct assay_contents *contents, uint8_t *image)
{
	uint64_t size = get(contents->span, SIZE_AT);

	assay_store(image + DATA_CRC_AT, 4, true, assay_crc32(assay_span_of(image + HEADER, size)));
	assay_store(image + HEADER_CRC_AT, 4, true, header_crc(image));
}

const struct assay_reader assay_reader_uimage = {
	.name = "uimage",
	.probe = probe,
	.read = read_uimage,
	.recompute = recompute,
};
