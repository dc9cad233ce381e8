/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Android vendor boot images, header versions 3 and 4: pages of header, the vendor's ramdisks one
 * behind the other, a device tree, and in version 4 a table of the ramdisks and boot settings; each
 * filled up to whole pages.
 *
 * Source: AOSP, system/tools/mkbootimg/include/bootimg/bootimg.h, struct vendor_boot_img_hdr_v3,
 *         vendor_boot_img_hdr_v4 and vendor_ramdisk_table_entry_v4.
 * Limits: ramdisks that do not follow each other as the table has them are an error. What AVB puts
 *         behind the pages must be equal.
 */
#include <inttypes.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "formats/contents.h"
#include "formats/readers.h"

#define MAGIC "VNDRBOOT"
#define VERSION_AT 8
#define PAGE_AT 12
#define PAGE_MIN 2048 /* as formats/image/android.c */
#define PAGE_MAX 65536
#define RAMDISK_SIZE_AT 24
#define DTB_SIZE_AT 2100
#define HEADER_3 2112
#define TABLE_SIZE_AT 2112
#define ENTRIES_AT 2116
#define ENTRY_SIZE_AT 2120
#define SETTINGS_SIZE_AT 2124
#define HEADER_4 2128
#define ENTRY 108 /* bytes of the table for each ramdisk */
#define ENTRY_NAME_AT 12
#define ENTRY_NAME 32
#define KERNEL_ALIGN 4

static const struct assay_field header_fields[] = {
	{ "magic", 0, 8, ASSAY_ROLE_FIXED },
	{ "header version", VERSION_AT, 4, ASSAY_ROLE_FIXED },
	{ "page size", PAGE_AT, 4, ASSAY_ROLE_FIXED },
	{ "addresses", 16, 8, ASSAY_ROLE_FIXED },
	{ "size of all ramdisks", RAMDISK_SIZE_AT, 4, ASSAY_ROLE_SIZE },
	{ "command line", 28, 2048, ASSAY_ROLE_FIXED },
	{ "address of the tags", 2076, 4, ASSAY_ROLE_FIXED },
	{ "name", 2080, 16, ASSAY_ROLE_FIXED },
	{ "header size", 2096, 4, ASSAY_ROLE_FIXED },
	{ "size of the DTB", DTB_SIZE_AT, 4, ASSAY_ROLE_SIZE },
	{ "address of the DTB", 2104, 8, ASSAY_ROLE_FIXED },
	{ 0 },
};
static const struct assay_field header_4_fields[] = {
	{ "size and form of the table", 0, 12, ASSAY_ROLE_FIXED },
	{ "size of the settings", 12, 4, ASSAY_ROLE_SIZE },
	{ 0 },
};
static const struct assay_field entry_fields[] = {
	{ "size", 0, 4, ASSAY_ROLE_SIZE },
	{ "place", 4, 4, ASSAY_ROLE_SIZE },
	{ "type", 8, 4, ASSAY_ROLE_FIXED },
	{ "name", ENTRY_NAME_AT, ENTRY_NAME, ASSAY_ROLE_FIXED },
	{ "boards", 44, 64, ASSAY_ROLE_FIXED },
	{ 0 },
};

static uint32_t get(struct assay_span span, uint64_t at)
{
	return (uint32_t)assay_load(span.ptr + at, 4, false);
}

static bool probe(struct assay_span span)
{
	return span.len >= HEADER_4 && assay_span_starts(span, MAGIC, 8) &&
	       (get(span, VERSION_AT) == 3 || get(span, VERSION_AT) == 4);
}

static bool has_table(struct assay_span span)
{
	return get(span, VERSION_AT) == 4;
}

static uint64_t fill_up(struct assay_span span, uint64_t at)
{
	return at + (-at & (get(span, PAGE_AT) - UINT64_C(1)));
}

/* Where each of what stands behind the header begins. */
struct places {
	uint64_t ramdisks, dtb, table, settings, end;
};

/* All numbers have 32 bits: nothing wraps. */
static int find_places(struct assay_span span, struct places *out, struct assay_error *err)
{
	uint64_t page = get(span, PAGE_AT);
	bool table = has_table(span);

	if (page < PAGE_MIN || page > PAGE_MAX || (page & (page - 1)) != 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, PAGE_AT, "an unknown size of pages");
	out->ramdisks = fill_up(span, table ? HEADER_4 : HEADER_3);
	out->dtb = fill_up(span, out->ramdisks + get(span, RAMDISK_SIZE_AT));
	out->table = fill_up(span, out->dtb + get(span, DTB_SIZE_AT));
	out->settings = table ? fill_up(span, out->table + get(span, TABLE_SIZE_AT)) : out->table;
	out->end = table ? out->settings + get(span, SETTINGS_SIZE_AT) : out->table;
	/* The last of them may go without its zeros. */
	if (out->end > fill_up(span, span.len))
		return assay_fail(err, ASSAY_E_FORMAT, "cut short");
	if (table && (get(span, ENTRY_SIZE_AT) != ENTRY ||
	              (uint64_t)get(span, ENTRIES_AT) * ENTRY != get(span, TABLE_SIZE_AT)))
		return assay_fail_at(err, ASSAY_E_FORMAT, TABLE_SIZE_AT, "an unknown table");
	return 0;
}

/* Bytes of a member, and zeros up to the next one. */
static int add_content(struct assay_contents *out, struct assay_budget *budget,
                       struct assay_span name, uint64_t size, struct assay_error *err)
{
	struct assay_entry *entry;

	if (size > assay_contents_rest(out).len)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "cut short");
	if (assay_contents_entry(out, budget, ASSAY_ENTRY_FILE, err) < 0)
		return -1;
	entry = assay_contents_newest(out);
	if (assay_contents_text(out, &entry->name, name, err) < 0)
		return -1;
	entry->content = assay_span_sub(out->span, out->end, size);
	(void)assay_contents_part(out, out->entry_count - 1, ASSAY_ROLE_CONTENT, "content", size);
	return 0;
}

static void add_padding(struct assay_contents *out, size_t entry)
{
	uint64_t end = fill_up(out->span, out->end);

	if (end > out->span.len)
		end = out->span.len;
	assay_contents_fill(out, entry, "padding", end - out->end, 0);
}

/* The name of a ramdisk: "ramdisk-NAME", or its number. */
static struct assay_span name_of(struct assay_span span, uint64_t at)
{
	struct assay_span name = assay_span_sub(span, at + ENTRY_NAME_AT, ENTRY_NAME);

	while (name.len > 0 && name.ptr[name.len - 1] == '\0')
		name.len--;
	return name.len > 0 ? name : assay_span_of_str("ramdisk");
}

/*
 * A kernel takes all ramdisks as one, and a cpio archive in it only at a multiple of 4
 * (init/initramfs.c): what moves one to such a place, or away from it, is a difference.
 */
static void add_alignment(struct assay_contents *out, uint64_t place)
{
	if (assay_span_starts(assay_contents_newest(out)->content, "0", 1))
		assay_contents_number(out, out->entry_count - 1, "bytes past a word",
		                      ASSAY_FORM_NUMBER, place % KERNEL_ALIGN);
}

/* As the table has them, one behind the other. */
static int add_ramdisks(struct assay_contents *out, struct assay_budget *budget, uint64_t table,
                        struct assay_error *err)
{
	uint64_t total = 0;

	for (uint64_t i = 0; i < get(out->span, ENTRIES_AT); i++) {
		uint64_t at = table + i * ENTRY, size = get(out->span, at);

		if (get(out->span, at + 4) != total || size > get(out->span, RAMDISK_SIZE_AT))
			return assay_fail_at(err, ASSAY_E_FORMAT, at, "a ramdisk elsewhere");
		if (add_content(out, budget, name_of(out->span, at), size, err) < 0)
			return -1;
		add_alignment(out, total);
		total += size;
	}
	if (total != get(out->span, RAMDISK_SIZE_AT))
		return assay_fail_at(err, ASSAY_E_FORMAT, RAMDISK_SIZE_AT,
		                     "bytes that are in no ramdisk");
	return 0;
}

static void add_table(struct assay_contents *out, uint64_t table)
{
	for (uint64_t i = 0; i < get(out->span, ENTRIES_AT); i++)
		assay_contents_fields_at(out, ASSAY_NO_ENTRY, "entry of the table", entry_fields,
		                         table + i * ENTRY);
	add_padding(out, ASSAY_NO_ENTRY);
}

static int add_named(struct assay_contents *out, struct assay_budget *budget, const char *name,
                     uint64_t size_at, struct assay_error *err)
{
	uint64_t size = get(out->span, size_at);

	if (size == 0)
		return 0;
	if (add_content(out, budget, assay_span_of_str(name), size, err) < 0)
		return -1;
	add_padding(out, out->entry_count - 1);
	return 0;
}

static int read_vendor_boot(struct assay_budget *budget, struct assay_contents *out,
                            struct assay_error *err)
{
	struct places places = { 0 };
	bool table = has_table(out->span);
	int result;

	if (find_places(out->span, &places, err) < 0)
		return -1;
	if (table && !assay_span_holds(out->span, places.table, get(out->span, TABLE_SIZE_AT)))
		return assay_fail_at(err, ASSAY_E_FORMAT, TABLE_SIZE_AT, "cut short");
	assay_contents_fields(out, ASSAY_NO_ENTRY, "header", header_fields);
	if (table)
		assay_contents_fields(out, ASSAY_NO_ENTRY, "header, version 4", header_4_fields);
	add_padding(out, ASSAY_NO_ENTRY);
	result = table ? add_ramdisks(out, budget, places.table, err)
	               : add_content(out, budget, assay_span_of_str("ramdisk"),
	                             get(out->span, RAMDISK_SIZE_AT), err);
	if (result < 0)
		return -1;
	add_padding(out, ASSAY_NO_ENTRY);
	if (add_named(out, budget, "dtb", DTB_SIZE_AT, err) < 0)
		return -1;
	if (table) {
		add_table(out, places.table);
		if (add_named(out, budget, "bootconfig", SETTINGS_SIZE_AT, err) < 0)
			return -1;
	}
	assay_contents_end(out, "bytes behind the image");
	return 0;
}

const struct assay_reader assay_reader_vendor = {
	.name = "android-vendor-boot",
	.probe = probe,
	.read = read_vendor_boot,
};
