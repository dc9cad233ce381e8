/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * zip archives, as update files, Java and Android have them.
 *
 * Programs go by the central directory or by the local headers, and find the end in ways of their
 * own. So everything that is said twice must be said alike, all local headers stand in the order of
 * the central directory, and whatever no header has is a part of its own.
 *
 * Source: see zip_record.h; Info-ZIP's extrafld.txt for extended timestamps.
 * Limits: stored and deflated members; encrypted ones and other methods are compared as they are.
 *         Nothing in front of the first member (self-extracting archives are not opened).
 */
#include <stdio.h>

#include "base/memory.h"
#include "formats/archive/zip_record.h"
#include "formats/contents.h"
#include "formats/dostime.h"
#include "formats/readers.h"
#include "formats/stream/deflate.h"

#define STORED 0 /* APPNOTE 4.4.5 */
#define DEFLATED 8
#define TIMESTAMPS "zip/timestamps@1"
#define EXTENDED_TIME 0x5455 /* extrafld.txt: flags, then up to three times */
#define VERSION_KNOWN 45     /* APPNOTE 4.4.3.2: of zip64; what we unpack needs no later one */

static bool probe(struct assay_span span)
{
	return assay_span_starts(span, ASSAY_ZIP_LOCAL, 4) ||
	       assay_span_starts(span, ASSAY_ZIP_END, 4);
}

static void add_time(struct assay_contents *out, size_t entry, uint32_t time)
{
	struct assay_attribute attribute = { .key = "mtime",
		                             .form = ASSAY_FORM_HEX,
		                             .number = time };

	if (assay_dostime_is(time)) {
		attribute.role = ASSAY_ROLE_OPAQUE;
		attribute.rule = TIMESTAMPS;
	}
	assay_contents_attribute(out, entry, &attribute);
}

/* Flags of which times there are, and so many; a central header has the first one at most. */
static bool is_extended_time(struct assay_span data)
{
	unsigned times = 0;

	if (data.len < 1 || data.ptr[0] > 7)
		return false;
	for (unsigned flags = data.ptr[0]; flags > 0; flags >>= 1)
		times += flags & 1;
	return data.len == 1 + 4 * times || (times > 0 && data.len == 5);
}

/* Owner: the contents. Return: "5455" */
static struct assay_span id_text(struct assay_contents *out, uint16_t id)
{
	struct assay_bytes text = { assay_calloc(5, 1), 4 };

	(void)snprintf((char *)text.ptr, 5, "%04x", id);
	return assay_contents_keep(out, &text);
}

/* Every extra field is an attribute; the one that holds sizes says what was read already. */
static int add_extra(struct assay_contents *out, size_t entry, const char *key,
                     struct assay_span extra, struct assay_error *err)
{
	struct assay_attribute attribute = { .key = key, .form = ASSAY_FORM_TEXT };
	uint16_t id;
	int got;

	while ((got = assay_zip_extra(&extra, &id, &attribute.bytes, err)) > 0) {
		bool time = id == EXTENDED_TIME && is_extended_time(attribute.bytes);

		if (id == ASSAY_ZIP_ZIP64)
			continue;
		attribute.name = id_text(out, id);
		attribute.role = time ? ASSAY_ROLE_OPAQUE : ASSAY_ROLE_FIXED;
		attribute.rule = time ? TIMESTAMPS : NULL;
		assay_contents_attribute(out, entry, &attribute);
	}
	return got;
}

static void add_packing(struct assay_contents *out, size_t entry, const char *key, uint64_t number,
                        enum assay_role role)
{
	assay_contents_attribute(
		out, entry,
		&(struct assay_attribute){
			.key = key, .form = ASSAY_FORM_NUMBER, .number = number, .role = role });
}

/* Programs leave out a member that is said to need more than they can do, or another system. */
static void add_version(struct assay_contents *out, const char *key, uint16_t version)
{
	add_packing(out, out->entry_count - 1, key, version,
	            version <= VERSION_KNOWN ? ASSAY_ROLE_PACKING : ASSAY_ROLE_FIXED);
}

/*
 * How a member is packed. Of one that is not unpacked here it decides what comes out. A stored one
 * whose size stands behind it ends where the first descriptor seems to be for those who read from
 * the front, so that must be equal as well.
 */
static void add_method(struct assay_contents *out, size_t entry,
                       const struct assay_zip_record *central)
{
	const uint16_t flags = central->flags & ASSAY_ZIP_PACKING;
	bool sealed = out->entries[entry].unreadable != NULL;
	bool open_end = central->method == STORED && (flags & ASSAY_ZIP_FLAG_DESCRIPTOR) != 0;
	enum assay_role role = sealed ? ASSAY_ROLE_FIXED : ASSAY_ROLE_PACKING;

	add_packing(out, entry, "method", central->method, role);
	add_packing(out, entry, "packing flags", flags, open_end ? ASSAY_ROLE_FIXED : role);
	if (!sealed)
		return;
	assay_contents_number(out, entry, "size", ASSAY_FORM_NUMBER, central->size);
	assay_contents_number(out, entry, "CRC-32", ASSAY_FORM_HEX, central->crc);
}

static int add_attributes(struct assay_contents *out, const struct assay_zip_record *central,
                          const struct assay_zip_record *local, struct assay_error *err)
{
	size_t entry = out->entry_count - 1;

	assay_contents_number(out, entry, "maker", ASSAY_FORM_HEX, central->maker);
	assay_contents_number(out, entry, "flags", ASSAY_FORM_HEX,
	                      central->flags & (uint16_t)~ASSAY_ZIP_PACKING);
	assay_contents_number(out, entry, "internal attributes", ASSAY_FORM_HEX, central->internal);
	assay_contents_number(out, entry, "external attributes", ASSAY_FORM_HEX, central->external);
	add_version(out, "version needed", central->version);
	add_version(out, "local version needed", local->version);
	add_method(out, entry, central);
	add_time(out, entry, central->time);
	if (central->comment.len > 0)
		assay_contents_attribute(out, entry,
		                         &(struct assay_attribute){ .key = "comment",
		                                                    .form = ASSAY_FORM_TEXT,
		                                                    .bytes = central->comment });
	if (add_extra(out, entry, "extra field", central->extra, err) < 0)
		return -1;
	return add_extra(out, entry, "local extra field", local->extra, err);
}

/* What a local header repeats must be the same; sizes may stand behind the data instead. */
static bool is_alike(const struct assay_zip_record *central, const struct assay_zip_record *local)
{
	bool later = (local->flags & ASSAY_ZIP_FLAG_DESCRIPTOR) != 0;

	return assay_span_equal(central->name, local->name) && central->flags == local->flags &&
	       central->method == local->method && central->time == local->time &&
	       (central->crc == local->crc || (later && local->crc == 0)) &&
	       (central->packed == local->packed || (later && local->packed == 0)) &&
	       (central->size == local->size || (later && local->size == 0));
}

static void set_unreadable(struct assay_entry *entry, const struct assay_zip_record *central)
{
	if ((central->flags & ASSAY_ZIP_FLAG_ENCRYPTED) != 0)
		entry->unreadable = assay_strdup("encrypted");
	else if (central->method != DEFLATED && central->method != STORED)
		entry->unreadable = assay_asprintf("packed by method %u", central->method);
}

/* The piece that is the content. Its codec is the CRC: whoever unpacks it checks it. */
static int add_content(struct assay_contents *out, const struct assay_zip_record *central,
                       uint64_t at, struct assay_error *err)
{
	size_t index = out->entry_count - 1;
	struct assay_entry *entry = &out->entries[index];
	bool raw = (central->flags & ASSAY_ZIP_FLAG_ENCRYPTED) != 0 || central->method != DEFLATED;
	struct assay_piece piece = {
		.kind = raw ? ASSAY_PIECE_RAW : ASSAY_PIECE_PACKED,
		.codec = raw ? 0 : central->crc,
		.length = raw ? central->packed : central->size,
		.offset = at,
		.packed = central->packed,
		.unpacked = raw ? 0 : central->size,
	};
	struct assay_part *part;

	set_unreadable(entry, central);
	if (central->method == STORED && entry->unreadable == NULL &&
	    central->packed != central->size)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "a stored member of two sizes");
	if (assay_contents_piece(out, &piece, err) < 0)
		return -1;
	part = assay_contents_part_at(out, index, raw ? ASSAY_ROLE_CONTENT : ASSAY_ROLE_STREAM,
	                              "content", at, central->packed);
	part->unpacked = central->size;
	if (entry->unreadable == NULL && raw &&
	    assay_crc32(assay_span_sub(out->span, at, central->packed)) != central->crc)
		assay_contents_false(out, index, "CRC-32", at, central->packed);
	return 0;
}

/*
 * What stands between a member and what is in front of it. Who reads from the front takes it for
 * the end, even zeros: it must be equal, and in front of the same member.
 */
static void add_gap(struct assay_contents *out, size_t entry, uint64_t from, uint64_t to)
{
	if (from < to)
		(void)assay_contents_part_at(out, entry, ASSAY_ROLE_FIXED, "bytes between members",
		                             from, to - from);
}

/*
 * Header, content and what may stand around them.
 *
 * In: *end, of the member before. Out: where the next one may begin
 */
static int read_local(struct assay_contents *out, struct assay_zip_record *central, uint64_t *end,
                      struct assay_error *err)
{
	size_t index = out->entry_count - 1;
	struct assay_zip_record local;
	uint64_t at, descriptor = 0;

	if (assay_zip_local(assay_span_sub(out->span, central->offset, out->span.len), &local,
	                    err) < 0)
		return -1;
	at = central->offset + local.length;
	if (!is_alike(central, &local))
		return assay_fail_at(err, ASSAY_E_FORMAT, central->offset,
		                     "local and central header contradict each other");
	if (!assay_span_holds(out->span, at, central->packed))
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "a member past the end");
	add_gap(out, index, *end, central->offset);
	(void)assay_contents_part_at(out, index, ASSAY_ROLE_METADATA, "local header",
	                             central->offset, local.length);
	if (add_content(out, central, at, err) < 0)
		return -1;
	at += central->packed;
	central->zip64 |= local.zip64;
	if ((central->flags & ASSAY_ZIP_FLAG_DESCRIPTOR) != 0) {
		descriptor =
			assay_zip_descriptor(assay_span_sub(out->span, at, out->span.len), central);
		if (descriptor == 0)
			return assay_fail_at(err, ASSAY_E_FORMAT, at, "no data descriptor");
		(void)assay_contents_part_at(out, index, ASSAY_ROLE_METADATA, "data descriptor", at,
		                             descriptor);
	}
	*end = at + descriptor;
	return add_attributes(out, central, &local, err);
}

static int read_member(struct assay_budget *budget, struct assay_contents *out, uint64_t *at,
                       uint64_t *end, struct assay_error *err)
{
	struct assay_zip_record central;
	struct assay_entry *entry;

	if (assay_zip_central(assay_span_sub(out->span, *at, out->span.len), &central, err) < 0)
		return -1;
	if (central.offset < *end)
		return assay_fail_at(err, ASSAY_E_FORMAT, *at,
		                     "members in another order than their headers");
	if (central.name.len == 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, *at, "a member without a name");
	if (assay_contents_entry(out, budget, ASSAY_ENTRY_FILE, err) < 0)
		return -1;
	entry = assay_contents_newest(out);
	if (assay_contents_text(out, &entry->name, central.name, err) < 0)
		return -1;
	if (central.name.ptr[central.name.len - 1] == '/' && central.size == 0)
		entry->type = ASSAY_ENTRY_DIRECTORY;
	(void)assay_contents_part_at(out, ASSAY_NO_ENTRY, ASSAY_ROLE_METADATA, "central header",
	                             *at, central.length);
	*at += central.length;
	return read_local(out, &central, end, err);
}

static int read_zip(struct assay_budget *budget, struct assay_contents *out,
                    struct assay_error *err)
{
	struct assay_zip_end end;
	uint64_t at, used = 0;

	if (assay_zip_end(out->span, &end, err) < 0)
		return -1;
	if (end.offset > end.start || end.size != end.start - end.offset)
		return assay_fail_at(err, ASSAY_E_FORMAT, end.start,
		                     "a central directory that is somewhere else");
	at = end.offset;
	for (uint64_t i = 0; i < end.count; i++)
		if (read_member(budget, out, &at, &used, err) < 0)
			return assay_fail_in(err, "member %zu", out->entry_count);
	if (at != end.start || used > end.offset)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "bytes in the central directory");
	(void)assay_contents_part_at(out, ASSAY_NO_ENTRY, ASSAY_ROLE_METADATA, "end of directory",
	                             end.start, out->span.len - end.start);
	if (end.comment.len > 0)
		assay_contents_attribute(out, ASSAY_NO_ENTRY,
		                         &(struct assay_attribute){ .key = "archive comment",
		                                                    .form = ASSAY_FORM_TEXT,
		                                                    .bytes = end.comment });
	add_gap(out, ASSAY_NO_ENTRY, used, end.offset);
	return 0;
}

static int unpack(const struct assay_contents *contents, const struct assay_piece *piece,
                  struct assay_sink *sink, struct assay_error *err)
{
	struct assay_span packed = assay_span_sub(contents->span, piece->offset, piece->packed);
	uint64_t used = 0;

	if (assay_inflate(packed, sink, &used, err) < 0)
		return -1;
	if (used != packed.len)
		return assay_fail_at(err, ASSAY_E_FORMAT, piece->offset + used,
		                     "bytes behind the stream");
	if (assay_crc32(assay_span_of_bytes(&sink->bytes)) != piece->codec)
		return assay_fail_at(err, ASSAY_E_FORMAT, piece->offset, "false CRC-32");
	return 0;
}

const struct assay_reader assay_reader_zip = {
	.name = "zip",
	.repack_rule = "zip/repacked@1",
	.probe = probe,
	.read = read_zip,
	.unpack = unpack,
};
