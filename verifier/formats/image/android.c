/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Android boot images, header versions 0 to 4: a page of header, then each member filled up to
 * whole pages.
 *
 * Source: AOSP, system/tools/mkbootimg/include/bootimg/bootimg.h; mkbootimg.py for the id.
 * Limits: boot.img; vendor_boot has another magic and a reader of its own. A signature of version 4, and what AVB puts behind the pages, must be equal.
 */
#include "base/buffer.h"
#include "base/cursor.h"
#include "base/digest.h"
#include "base/memory.h"
#include "formats/contents.h"
#include "formats/readers.h"

#define MAGIC "ANDROID!"
#define VERSION_AT 40
#define VERSION_MAX 4
#define PAGE_AT 36
#define PAGE_MIN 2048 /* mkbootimg: 2048, 4096, 8192 or 16384 */
#define PAGE_MAX 16384
#define PAGE_3 4096  /* versions 3 and 4 have no other */
#define DTBO_AT 1632 /* size, then place, of the recovery DTBO */
#define ID_AT 576
#define ID 32
#define SHA1 20

/* Up to version 2. */
#define FIELDS_0(id_role)                                                                          \
	{                                                                                          \
		{ "magic", 0, 8, ASSAY_ROLE_FIXED }, { "kernel size", 8, 4, ASSAY_ROLE_SIZE },     \
			{ "kernel address", 12, 4, ASSAY_ROLE_FIXED },                             \
			{ "ramdisk size", 16, 4, ASSAY_ROLE_SIZE },                                \
			{ "ramdisk address", 20, 4, ASSAY_ROLE_FIXED },                            \
			{ "second size", 24, 4, ASSAY_ROLE_SIZE },                                 \
			{ "addresses and page size", 28, 12, ASSAY_ROLE_FIXED },                   \
			{ "header version", VERSION_AT, 4, ASSAY_ROLE_FIXED },                     \
			{ "version of the system", 44, 4, ASSAY_ROLE_FIXED },                      \
			{ "name", 48, 16, ASSAY_ROLE_FIXED },                                      \
			{ "command line", 64, 512, ASSAY_ROLE_FIXED },                             \
			{ "id", ID_AT, ID, id_role },                                              \
			{ "more of the command line", 608, 1024, ASSAY_ROLE_FIXED }, { 0 },        \
	}

/* By whether the id is the digest of the members. Other tools leave it empty. */
static const struct assay_field fields_0[2][14] = { FIELDS_0(ASSAY_ROLE_FIXED),
	                                            FIELDS_0(ASSAY_ROLE_CHECK) };
static const struct assay_field fields_1[] = {
	{ "size of the recovery DTBO", 0, 4, ASSAY_ROLE_SIZE },
	{ "place of the recovery DTBO", 4, 8, ASSAY_ROLE_SIZE },
	{ "header size", 12, 4, ASSAY_ROLE_FIXED },
	{ 0 },
};
static const struct assay_field fields_2[] = {
	{ "size of the DTB", 0, 4, ASSAY_ROLE_SIZE },
	{ "address of the DTB", 4, 8, ASSAY_ROLE_FIXED },
	{ 0 },
};
static const struct assay_field fields_3[] = {
	{ "magic", 0, 8, ASSAY_ROLE_FIXED },
	{ "kernel size", 8, 4, ASSAY_ROLE_SIZE },
	{ "ramdisk size", 12, 4, ASSAY_ROLE_SIZE },
	{ "version of the system", 16, 4, ASSAY_ROLE_FIXED },
	{ "header size", 20, 4, ASSAY_ROLE_FIXED },
	{ "reserved bytes", 24, 16, ASSAY_ROLE_FIXED },
	{ "header version", VERSION_AT, 4, ASSAY_ROLE_FIXED },
	{ "command line", 44, 1536, ASSAY_ROLE_FIXED },
	{ 0 },
};
static const struct assay_field fields_4[] = {
	{ "size of the signature", 0, 4, ASSAY_ROLE_FIXED },
	{ 0 },
};

/* Bytes of header that each version has. */
static const uint64_t header_sizes[] = { 1632, 1648, 1660, 1580, 1584 };

/* What stands behind the header, in this order. */
static const struct member {
	const char *name;
	unsigned from, to; /* versions */
	uint64_t size_at;
} members[] = {
	{ "kernel", 0, 2, 8 },   { "ramdisk", 0, 2, 16 },
	{ "second", 0, 2, 24 },  { "recovery-dtbo", 1, 2, DTBO_AT },
	{ "dtb", 2, 2, 1648 },   { "kernel", 3, 4, 8 },
	{ "ramdisk", 3, 4, 12 }, { "signature", 4, 4, 1580 },
};

static uint32_t get(struct assay_span span, uint64_t at)
{
	return (uint32_t)assay_load(span.ptr + at, 4, false);
}

static unsigned version_of(struct assay_span span)
{
	return get(span, VERSION_AT);
}

static bool probe(struct assay_span span)
{
	return span.len >= VERSION_AT + 4 && assay_span_starts(span, MAGIC, 8) &&
	       version_of(span) <= VERSION_MAX && span.len >= header_sizes[version_of(span)];
}

static uint64_t page_of(struct assay_span span)
{
	return version_of(span) >= 3 ? PAGE_3 : get(span, PAGE_AT);
}

static bool has(struct assay_span span, const struct member *member)
{
	return version_of(span) >= member->from && version_of(span) <= member->to;
}

/*
 * A SHA-1 over each member and its size, and zeros.
 *
 * Source: mkbootimg.py, update_sha
 */
static void make_id(struct assay_span image, uint8_t out[ID])
{
	ASSAY_AUTO_BUFFER struct assay_buffer all = { 0 };
	uint8_t digest[ASSAY_DIGEST_MAX];
	uint64_t page = page_of(image), at = page;

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(members); i++) {
		struct assay_span content;

		if (!has(image, &members[i]))
			continue;
		content = assay_span_sub(image, at, get(image, members[i].size_at));
		if (content.len > 0)
			assay_buffer_add(&all, content.ptr, content.len);
		assay_buffer_add(&all, image.ptr + members[i].size_at, 4);
		at += (content.len + page - 1) / page * page;
	}
	memset(out, 0, ID);
	(void)assay_digest(assay_span_of_str("sha1"), assay_buffer_span(&all), digest);
	memcpy(out, digest, SHA1);
}

/* Zeros up to a whole page; the last member may go without. */
static int add_padding(struct assay_contents *out, size_t entry, uint64_t page,
                       struct assay_error *err)
{
	uint64_t padding = -out->end & (page - 1), left = assay_contents_rest(out).len;

	if (padding > left && left > 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "cut short in the padding");
	if (left > 0)
		assay_contents_fill(out, entry, "padding", padding, 0);
	return 0;
}

/* Where the recovery DTBO is, is told as well; without one it is nowhere. */
static void check_place(struct assay_contents *out, const struct member *member)
{
	uint64_t wanted = get(out->span, member->size_at) > 0 ? out->end : 0;

	if (member->size_at == DTBO_AT &&
	    assay_load(out->span.ptr + DTBO_AT + 4, 8, false) != wanted)
		assay_contents_false(out, ASSAY_NO_ENTRY, "place of the recovery DTBO", DTBO_AT + 4,
		                     8);
}

static int add_member(struct assay_contents *out, struct assay_budget *budget,
                      const struct member *member, uint64_t page, struct assay_error *err)
{
	uint64_t size = get(out->span, member->size_at);
	struct assay_entry *entry;

	check_place(out, member);
	if (size == 0)
		return 0;
	if (size > assay_contents_rest(out).len)
		return assay_fail_at(err, ASSAY_E_FORMAT, member->size_at, "the %s is past the end",
		                     member->name);
	if (assay_contents_entry(out, budget, ASSAY_ENTRY_FILE, err) < 0)
		return -1;
	entry = assay_contents_newest(out);
	if (assay_contents_text(out, &entry->name, assay_span_of_str(member->name), err) < 0)
		return -1;
	entry->content = assay_span_sub(out->span, out->end, size);
	(void)assay_contents_part(out, out->entry_count - 1, ASSAY_ROLE_CONTENT, "content", size);
	return add_padding(out, out->entry_count - 1, page, err);
}

static void add_header(struct assay_contents *out)
{
	unsigned version = version_of(out->span);
	uint8_t id[ID];
	bool known;

	if (version >= 3) {
		assay_contents_fields(out, ASSAY_NO_ENTRY, "header", fields_3);
		if (version == 4)
			assay_contents_fields(out, ASSAY_NO_ENTRY, "header, version 4", fields_4);
		return;
	}
	make_id(out->span, id);
	known = memcmp(out->span.ptr + ID_AT, id, ID) == 0;
	if (!known && !assay_span_is_fill(assay_span_sub(out->span, ID_AT, ID), 0))
		assay_contents_false(out, ASSAY_NO_ENTRY, "id", ID_AT, ID);
	assay_contents_fields(out, ASSAY_NO_ENTRY, "header", fields_0[known]);
	if (version >= 1)
		assay_contents_fields(out, ASSAY_NO_ENTRY, "header, version 1", fields_1);
	if (version == 2)
		assay_contents_fields(out, ASSAY_NO_ENTRY, "header, version 2", fields_2);
}

static int read_android(struct assay_budget *budget, struct assay_contents *out,
                        struct assay_error *err)
{
	uint64_t page = page_of(out->span);

	if (page < PAGE_MIN || page > PAGE_MAX || (page & (page - 1)) != 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, PAGE_AT, "an unknown size of pages");
	if (out->span.len < page)
		return assay_fail(err, ASSAY_E_FORMAT, "cut short in the header");
	add_header(out);
	if (add_padding(out, ASSAY_NO_ENTRY, page, err) < 0)
		return -1;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(members); i++)
		if (has(out->span, &members[i]) &&
		    add_member(out, budget, &members[i], page, err) < 0)
			return -1;
	assay_contents_end(out, "bytes behind the image");
	return 0;
}

static void recompute(const struct assay_contents *contents, uint8_t *image)
{
	uint8_t id[ID];

	if (version_of(contents->span) >= 3)
		return;
	/* Only where it was true: elsewhere it is equal and stays as it is. */
	make_id(contents->span, id);
	if (memcmp(contents->span.ptr + ID_AT, id, ID) == 0)
		make_id(assay_span_of(image, contents->span.len), image + ID_AT);
}

const struct assay_reader assay_reader_android = {
	.name = "android-boot",
	.probe = probe,
	.read = read_android,
	.recompute = recompute,
};
