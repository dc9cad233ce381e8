/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RPM packages: lead, signature header, main header, payload.
 *
 * Each tag of the main header and each file of its table is an entry, whose bytes must be equal;
 * the payload is an entry with content. What follows from the payload (sizes, digests) must be true.
 *
 * Source: see rpm.h.
 * Limits: payloads with stripped cpio headers ("07070X", for packages of more than 4 GiB) and delta
 *         packages are not read. Signatures are not verified.
 */
#include "formats/package/rpm.h"

#include <ctype.h>
#include <inttypes.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "formats/readers.h"

#define MAGIC "\xed\xab\xee\xdb" /* lib/rpmlead.c */
#define LEAD 96                  /* bytes */
#define ALIGN 8                  /* of the signature header's end: lib/signature.c */

#define BUILD "rpm/build@1"
#define SIGNATURE "rpm/signature@1"
#define REPACKED "rpm/repacked@1"
#define HOST_MAX 255 /* bytes; RFC 1035, 2.3.4 */
#define FLAGS_MAX 8

static const struct assay_field lead[] = {
	{ "magic", 0, 4, ASSAY_ROLE_FIXED },
	{ "version", 4, 2, ASSAY_ROLE_FIXED },
	{ "type", 6, 2, ASSAY_ROLE_FIXED },
	{ "architecture", 8, 2, ASSAY_ROLE_FIXED },
	{ "name", 10, 66, ASSAY_ROLE_FIXED },
	{ "operating system", 76, 2, ASSAY_ROLE_FIXED },
	{ "signature type", 78, 2, ASSAY_ROLE_FIXED },
	{ "reserved", 80, 16, ASSAY_ROLE_FIXED },
	{ 0 },
};

/* The size of the store, and where values stand in it, follow from their lengths. */
static const struct assay_field intro[] = {
	{ "header magic", 0, 8, ASSAY_ROLE_FIXED },
	{ "number of tags", 8, 4, ASSAY_ROLE_FIXED },
	{ "size of the store", 12, 4, ASSAY_ROLE_METADATA },
	{ 0 },
};
#define RECORD(count_role)                                                                         \
	{                                                                                          \
		{ "number", 0, 4, ASSAY_ROLE_FIXED }, { "type", 4, 4, ASSAY_ROLE_FIXED },          \
			{ "place", 8, 4, ASSAY_ROLE_METADATA }, { "count", 12, 4, count_role },    \
			{ 0 },                                                                     \
	}
static const struct assay_field record[] = RECORD(ASSAY_ROLE_FIXED);
static const struct assay_field file_record[] = RECORD(ASSAY_ROLE_METADATA); /* that of files */

static bool probe(struct assay_span span)
{
	return assay_span_starts(span, MAGIC, 4);
}

/* --- values that follow from the payload --- */

static bool is_digest_of(const struct assay_rpm *rpm, const struct assay_rpm_tag *tag,
                         struct assay_span content)
{
	enum assay_digest_kind kind;

	return tag->count == 1 && assay_rpm_digest_kind(rpm, ASSAY_RPM_PAYLOADDIGESTALGO, &kind) &&
	       assay_digest_is_hex(kind, content,
	                           assay_span_sub(tag->value, 0, tag->value.len - 1));
}

static bool check_payload(const struct assay_rpm *rpm, const struct assay_rpm_tag *tag)
{
	return is_digest_of(rpm, tag, rpm->payload);
}

static bool check_unpacked(const struct assay_rpm *rpm, const struct assay_rpm_tag *tag)
{
	return is_digest_of(rpm, tag, rpm->unpacked);
}

static bool check_archive_size(const struct assay_rpm *rpm, const struct assay_rpm_tag *tag)
{
	return tag->count == 1 && assay_rpm_number(tag, 0) == rpm->unpacked.len;
}

/* What the files need: the sum of their sizes, hard links once. build/files.c, genCpioListAndHeader */
static bool check_size(const struct assay_rpm *rpm, const struct assay_rpm_tag *tag)
{
	const struct assay_rpm_tag *sizes =
		assay_rpm_find(&rpm->main, ASSAY_RPM_FILESIZES, ASSAY_RPM_INT32);
	uint64_t sum = 0;

	if (sizes == NULL)
		sizes = assay_rpm_find(&rpm->main, ASSAY_RPM_LONGFILESIZES, ASSAY_RPM_INT64);
	for (size_t i = 0; sizes != NULL && i < sizes->count && i < rpm->file_count; i++)
		if (rpm->files[i].counted)
			sum += assay_rpm_number(sizes, i);
	return tag->count == 1 && assay_rpm_number(tag, 0) == sum;
}

/* How hard the payload was packed: digits, and for zstd and xz T and L with more of them. */
static bool check_flags(const struct assay_rpm *rpm, const struct assay_rpm_tag *tag)
{
	(void)rpm;
	if (tag->value.len > FLAGS_MAX + 1)
		return false;
	for (size_t i = 0; i + 1 < tag->value.len; i++)
		if (!isdigit(tag->value.ptr[i]) &&
		    (i == 0 || (tag->value.ptr[i] != 'T' && tag->value.ptr[i] != 'L')))
			return false;
	return true;
}

static const struct follower {
	uint32_t tag;
	enum assay_rpm_type type;
	bool (*check)(const struct assay_rpm *rpm, const struct assay_rpm_tag *tag);
	enum assay_role role;
	bool must; /* be true; others only count as such if they are */
} followers[] = {
	{ ASSAY_RPM_SIZE, ASSAY_RPM_INT32, check_size, ASSAY_ROLE_CHECK, false },
	{ ASSAY_RPM_LONGSIZE, ASSAY_RPM_INT64, check_size, ASSAY_ROLE_CHECK, false },
	{ ASSAY_RPM_ARCHIVESIZE, ASSAY_RPM_INT32, check_archive_size, ASSAY_ROLE_CHECK, true },
	{ ASSAY_RPM_PAYLOADFLAGS, ASSAY_RPM_STRING, check_flags, ASSAY_ROLE_PACKING, false },
	{ ASSAY_RPM_PAYLOADDIGEST, ASSAY_RPM_STRING_ARRAY, check_payload, ASSAY_ROLE_CHECK, true },
	{ ASSAY_RPM_PAYLOADDIGESTALT, ASSAY_RPM_STRING_ARRAY, check_unpacked, ASSAY_ROLE_CHECK,
	  true },
};

static const struct follower *find_follower(const struct assay_rpm_tag *tag)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(followers); i++)
		if (followers[i].tag == tag->tag && followers[i].type == tag->type)
			return &followers[i];
	return NULL;
}

/* --- values that say who built it --- */

/* A host name, or an address: nothing that a shell or a terminal would take for more. */
static bool is_host(struct assay_span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!isalnum(text.ptr[i]) && strchr("-._:", text.ptr[i]) == NULL)
			return false;
	return text.len > 0 && text.len <= HOST_MAX;
}

/* The cookie is host and time of the build: build/build.c, getBuildTime and buildHost. */
static bool is_cookie(const struct assay_rpm *rpm, struct assay_span text)
{
	const struct assay_rpm_tag *host =
		assay_rpm_find(&rpm->main, ASSAY_RPM_BUILDHOST, ASSAY_RPM_STRING);
	const struct assay_rpm_tag *time =
		assay_rpm_find(&rpm->main, ASSAY_RPM_BUILDTIME, ASSAY_RPM_INT32);
	ASSAY_AUTO_BUFFER struct assay_buffer wanted = { 0 };

	if (host == NULL || time == NULL ||
	    !is_host(assay_span_sub(host->value, 0, host->value.len - 1)))
		return false;
	assay_buffer_add(&wanted, host->value.ptr, host->value.len - 1);
	assay_buffer_printf(&wanted, " %" PRIu64, assay_rpm_number(time, 0));
	return assay_span_equal(text, assay_buffer_span(&wanted));
}

static bool is_opaque(const struct assay_rpm *rpm, const struct assay_rpm_tag *tag)
{
	struct assay_span text = assay_span_sub(tag->value, 0, tag->value.len - 1);

	switch (tag->tag) {
	case ASSAY_RPM_BUILDTIME:
		return tag->type == ASSAY_RPM_INT32 && tag->count == 1;
	case ASSAY_RPM_BUILDHOST:
		return tag->type == ASSAY_RPM_STRING && is_host(text);
	case ASSAY_RPM_COOKIE:
		return tag->type == ASSAY_RPM_STRING && is_cookie(rpm, text);
	case ASSAY_RPM_SOURCEPKGID:
		return tag->type == ASSAY_RPM_BIN && tag->count == ASSAY_MD5_SIZE;
	default:
		return false;
	}
}

/* --- reading --- */

static void add_value(struct assay_rpm *rpm, const struct assay_rpm_tag *tag, size_t entry)
{
	struct assay_contents *out = rpm->out;
	const struct follower *follower = find_follower(tag);
	struct assay_part *part;

	if (follower != NULL && follower->check(rpm, tag)) {
		(void)assay_contents_part_at(out, ASSAY_RPM_PAYLOAD, follower->role,
		                             assay_rpm_tag_name(tag->tag)->name, tag->offset,
		                             tag->value.len);
		return;
	}
	if (follower != NULL && follower->must)
		assay_contents_false(out, entry, "value", tag->offset, tag->value.len);
	part = assay_contents_part_at(out, entry, ASSAY_ROLE_FIXED, "value", tag->offset,
	                              tag->value.len);
	if (is_opaque(rpm, tag)) {
		part->role = ASSAY_ROLE_OPAQUE;
		part->rule = BUILD;
	}
}

static int read_tag(struct assay_rpm *rpm, const struct assay_rpm_tag *tag, struct assay_error *err)
{
	const struct assay_rpm_tag_name *name = assay_rpm_tag_name(tag->tag);
	struct assay_contents *out = rpm->out;
	size_t entry = out->entry_count;

	if (assay_contents_entry(out, rpm->budget, ASSAY_ENTRY_OTHER, err) < 0)
		return -1;
	free(out->entries[entry].name);
	out->entries[entry].name = name != NULL ? assay_asprintf("tag %s", name->name)
	                                        : assay_asprintf("tag %" PRIu32, tag->tag);
	if (name == NULL || name->of_file == NULL) {
		assay_contents_fields_at(out, entry, "record", record, tag->record);
		add_value(rpm, tag, entry);
		return 0;
	}
	assay_contents_fields_at(out, entry, "record", file_record, tag->record);
	return assay_rpm_read_file_tag(rpm, tag, name, err);
}

/* Zeros in front of a value, so that numbers stand where they should. */
static void add_gap(struct assay_rpm *rpm, uint64_t from, uint64_t to)
{
	if (to > from)
		(void)assay_contents_part_at(rpm->out, ASSAY_NO_ENTRY, ASSAY_ROLE_FILL,
		                             "padding of the store", from, to - from);
}

static int read_main(struct assay_rpm *rpm, struct assay_error *err)
{
	const struct assay_rpm_header *header = &rpm->main;
	uint64_t at = header->store;

	assay_contents_fields_at(rpm->out, ASSAY_NO_ENTRY, "header", intro, header->start);
	for (size_t i = 0; i < header->count; i++) {
		if (read_tag(rpm, &header->tags[i], err) < 0)
			return -1;
		if (i == 0)
			continue; /* the region: its value stands behind all others */
		add_gap(rpm, at, header->tags[i].offset);
		at = header->tags[i].offset + header->tags[i].value.len;
	}
	return 0;
}

/*
 * All of the signature header is one value, when every byte of it is understood: it says what
 * follows from the rest, and who signed.
 */
static void read_signature(struct assay_rpm *rpm)
{
	uint64_t length = rpm->main.start - rpm->signature.start;
	struct assay_part *part =
		assay_contents_part_at(rpm->out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED,
	                               "signature header", rpm->signature.start, length);

	if (!assay_rpm_signature_is_plain(rpm))
		return;
	part->role = ASSAY_ROLE_OPAQUE;
	part->rule = SIGNATURE;
	part->empty = !assay_rpm_is_signed(rpm);
}

static int read_headers(struct assay_rpm *rpm, struct assay_error *err)
{
	struct assay_span file = rpm->out->span, padding;
	uint64_t start;

	if (file.len < LEAD)
		return assay_fail_at(err, ASSAY_E_FORMAT, 0, "cut short in the lead");
	if (assay_rpm_header_read(file, LEAD, ASSAY_RPM_SIGNATURES, &rpm->signature, err) < 0)
		return assay_fail_in(err, "signature");
	start = (rpm->signature.end + ALIGN - 1) / ALIGN * ALIGN;
	padding = assay_span_sub(file, rpm->signature.end, start - rpm->signature.end);
	if (!assay_span_is_fill(padding, 0))
		return assay_fail_at(err, ASSAY_E_FORMAT, rpm->signature.end,
		                     "bytes behind the signature header");
	if (assay_rpm_header_read(file, start, ASSAY_RPM_IMMUTABLE, &rpm->main, err) < 0)
		return -1;
	rpm->payload = assay_span_sub(file, rpm->main.end, file.len);
	return 0;
}

static int read_package(struct assay_rpm *rpm, struct assay_error *err)
{
	if (read_headers(rpm, err) < 0)
		return -1;
	assay_contents_fields_at(rpm->out, ASSAY_NO_ENTRY, "lead", lead, 0);
	if (assay_rpm_read_payload(rpm, err) < 0 || assay_rpm_read_files(rpm, err) < 0 ||
	    read_main(rpm, err) < 0)
		return -1;
	read_signature(rpm);
	return 0;
}

static int read_rpm(struct assay_budget *budget, struct assay_contents *out,
                    struct assay_error *err)
{
	struct assay_rpm rpm = { .out = out, .budget = budget };
	int result = read_package(&rpm, err);

	assay_rpm_header_fini(&rpm.signature);
	assay_rpm_header_fini(&rpm.main);
	free(rpm.files);
	return result;
}

/* Over the digits of another digest, which was true and of the same kind. */
static void put_digest(struct assay_span content, uint8_t *at, uint64_t length)
{
	char digits[2 * ASSAY_DIGEST_MAX + 1];

	for (enum assay_digest_kind kind = ASSAY_DIGEST_MD5; kind <= ASSAY_DIGEST_SHA512; kind++) {
		if (assay_digest_hex(kind, content, digits) != length)
			continue;
		memcpy(at, digits, length);
		return;
	}
}

/* Digests of a payload that has other values in it; only one that is not packed can have. */
static void recompute(const struct assay_contents *contents, uint8_t *image)
{
	const struct assay_entry *payload = &contents->entries[ASSAY_RPM_PAYLOAD];
	const struct assay_part *first = &contents->parts[payload->first_part];
	struct assay_span content =
		assay_span_of(image + first->offset, contents->span.len - first->offset);

	for (size_t i = 0; first->role == ASSAY_ROLE_CONTENT && i < payload->part_count; i++)
		if (strncmp(first[i].what, "PAYLOADDIGEST", 13) == 0)
			put_digest(content, image + first[i].offset, first[i].length - 1);
}

const struct assay_reader assay_reader_rpm = {
	.name = "rpm",
	.stream_rule = REPACKED,
	.repack_rule = REPACKED,
	.probe = probe,
	.read = read_rpm,
	.recompute = recompute,
};
