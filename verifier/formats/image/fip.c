/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Firmware image packages of Arm Trusted Firmware: a table of contents and images, each of which
 * goes by a UUID.
 *
 * Source: Trusted Firmware-A, include/tools_share/firmware_image_package.h; tools/fiptool for the
 *         names; docs/design/firmware-design.rst, "Firmware Image Package layout".
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "formats/contents.h"
#include "formats/image/extent.h"
#include "formats/readers.h"

#define MAGIC "\x01\x00\x64\xaa" /* TOC_HEADER_NAME */
#define HEADER 16
#define ENTRY 40 /* bytes of fip_toc_entry_t */
#define UUID 16
#define OFFSET_AT 16
#define SIZE_AT 24

static const struct assay_field header_fields[] = {
	{ "magic", 0, 4, ASSAY_ROLE_FIXED },
	{ "serial number", 4, 4, ASSAY_ROLE_FIXED },
	{ "flags", 8, 8, ASSAY_ROLE_FIXED },
	{ 0 },
};

/* Where an image is follows from how long those before it are. */
static const struct assay_field entry_fields[] = {
	{ "UUID", 0, UUID, ASSAY_ROLE_FIXED },
	{ "offset", OFFSET_AT, 8, ASSAY_ROLE_SIZE },
	{ "size", SIZE_AT, 8, ASSAY_ROLE_SIZE },
	{ "flags of an image", 32, 8, ASSAY_ROLE_FIXED },
	{ 0 },
};

/* What fiptool calls them, sorted. */
static const struct {
	const char *uuid, *name;
} known[] = {
	{ "024221a1f860e4118d9bf33c0e15a014", "scp-fw-key-cert" },
	{ "05d0e18953dc13478d2b500a4b7a3e38", "tos-fw" },
	{ "08b8f1d9c9cf9349a9626fbc6b7265cc", "hw-config" },
	{ "0b70c29b2a5a78409f650a5682738288", "tos-fw-extra1" },
	{ "26257c1adbc67f478d96c4c4b0248021", "tos-fw-config" },
	{ "28da981593e87e44ac661aaf801550f9", "nt-fw-config" },
	{ "36d83d85761d4daf96f1cd99d6569b00", "cca-cert" },
	{ "44be6f045e63e411b28b73d8eaae9656", "scp-fw-cert" },
	{ "47d4086d4cfe98469b952950cbbd5a00", "soc-fw" },
	{ "4f511d112be54e49b4c583c2f715840a", "fwu" },
	{ "52222d31820f494d8bbcea6825d3c35a", "core-swd-cert" },
	{ "5807e16a845947be8ed5648e8dddab0e", "fw-config" },
	{ "5ff9ec0b4d223e4da544c39d81c73f0a", "tb-fw" },
	{ "60b3eb37c1e5ea419df319eda11f6801", "ap-fwu-cfg" },
	{ "659227032f74e6448dff579ac1ff0610", "scp-fwu-cfg" },
	{ "6c0458ffaf6b7d4f82edaa27bc69bfd2", "tb-fw-config" },
	{ "6c0762a612f24b5692cbba8f633606d9", "rmm-fw" },
	{ "71408ab218d6874c8b2ec6dccd50f096", "fwu-cert" },
	{ "776dfd4486974c3b91ebc13e025a2a6f", "sip-sp-cert" },
	{ "827ee890f860e411a1b4777a21b4f94c", "trusted-key-cert" },
	{ "862d1d72f860e411920b8be762160f24", "rot-cert" },
	{ "8ab8beccf960e4119ad0eb4822d8dcf8", "soc-fw-key-cert" },
	{ "8ad5832afb60e4118aafdf30bbc49859", "nt-fw-key-cert" },
	{ "8ea87bb1cfa23f4d85fde7bba50220d9", "tos-fw-extra2" },
	{ "8ec4c1f35d63e411a7a987ee40b23fa7", "nt-fw-cert" },
	{ "9477d603fb60e41185ddb7105b8cee04", "tos-fw-key-cert" },
	{ "9766fd3d89bee849ae5d78a140608213", "scp-fw" },
	{ "9979814b0376fb468c8e8d267f7859e0", "soc-fw-config" },
	{ "a49f44115e63e41187283f05722af33d", "tos-fw-cert" },
	{ "d43cd9025b9f412e8ac692b6d18be60d", "plat-key-cert" },
	{ "d6d0eea7fcead54b97829934f234b6e4", "nt-fw" },
	{ "d6e269ea5d63e4118d8c9fbabe9956a5", "tb-fw-cert" },
	{ "ddcbbf4acad611ea87d00242ac130003", "plat-sp-cert" },
	{ "e2b20c205e63e4119ce8abccf92bb666", "soc-fw-cert" },
};

static bool probe(struct assay_span span)
{
	return span.len >= HEADER + ENTRY && assay_span_starts(span, MAGIC, 4);
}

static uint64_t get(struct assay_span span, uint64_t at)
{
	return assay_load(span.ptr + at, 8, false);
}

/* Owner: caller frees. */
static char *name_of(struct assay_span uuid)
{
	char hex[2 * UUID + 1];

	for (size_t i = 0; i < UUID; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", uuid.ptr[i]);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(known); i++)
		if (strcmp(hex, known[i].uuid) == 0)
			return assay_strdup(known[i].name);
	return assay_strdup(hex);
}

static bool is_last(struct assay_span span, uint64_t at)
{
	return assay_span_is_fill(assay_span_sub(span, at, UUID), 0);
}

static int add_image(struct assay_contents *out, struct assay_budget *budget, uint64_t at,
                     struct assay_error *err)
{
	uint64_t offset = get(out->span, at + OFFSET_AT), size = get(out->span, at + SIZE_AT);
	struct assay_entry *entry;

	if (!assay_span_holds(out->span, offset, size))
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "an image past the end");
	if (assay_contents_entry(out, budget, ASSAY_ENTRY_FILE, err) < 0)
		return -1;
	entry = assay_contents_newest(out);
	free(entry->name);
	entry->name = name_of(assay_span_sub(out->span, at, UUID));
	entry->content = assay_span_sub(out->span, offset, size);
	assay_contents_fields_at(out, ASSAY_NO_ENTRY, "entry of an image", entry_fields, at);
	(void)assay_contents_part_at(out, out->entry_count - 1, ASSAY_ROLE_CONTENT, "content",
	                             offset, size);
	return 0;
}

/* Up to the entry without a UUID, which says where the package ends. Out: *end */
static int read_images(struct assay_contents *out, struct assay_budget *budget, uint64_t *end,
                       struct assay_error *err)
{
	uint64_t at = HEADER;

	for (;; at += ENTRY) {
		if (out->span.len - at < ENTRY)
			return assay_fail_at(err, ASSAY_E_FORMAT, at, "no end of the table");
		if (is_last(out->span, at))
			break;
		if (add_image(out, budget, at, err) < 0)
			return -1;
	}
	*end = get(out->span, at + OFFSET_AT);
	assay_contents_fields_at(out, ASSAY_NO_ENTRY, "end of the table", entry_fields, at);
	if (get(out->span, at + SIZE_AT) != 0 || *end > out->span.len || *end < at + ENTRY)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "the end is past the end");
	return 0;
}

static int read_fip(struct assay_budget *budget, struct assay_contents *out,
                    struct assay_error *err)
{
	uint64_t end = 0;

	assay_contents_fields(out, ASSAY_NO_ENTRY, "header", header_fields);
	if (read_images(out, budget, &end, err) < 0)
		return -1;
	if (out->end > end)
		return assay_fail_at(err, ASSAY_E_FORMAT, end, "an image behind the end");
	assay_contents_gaps(out, "bytes of no image");
	return 0;
}

bool assay_fip_extent(struct assay_span span, uint64_t *length)
{
	if (!probe(span) ||
	    assay_load(span.ptr + 4, 4, false) != 0x12345678) /* TOC_HEADER_SERIAL_NUMBER */
		return false;
	for (uint64_t at = HEADER; span.len - at >= ENTRY; at += ENTRY) {
		if (!is_last(span, at))
			continue;
		*length = get(span, at + OFFSET_AT);
		return *length >= at + ENTRY && *length <= span.len;
	}
	return false;
}

const struct assay_reader assay_reader_fip = {
	.name = "fip",
	.repack_rule = "fip/repacked@1",
	.probe = probe,
	.read = read_fip,
};
