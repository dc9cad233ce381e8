/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Alpine packages, version 2: gzip streams in a row, of which the first may hold signatures, then
 * comes one with .PKGINFO and scripts, and one with the files.
 *
 * apk hashes each stream by itself, so each is a member here, as the tar archive that it unpacks
 * to. The digest of the last one stands in .PKGINFO.
 *
 * Source: apk-tools 2.14, src/package.c and src/extract_v2.c; abuild 3.12, abuild.in and
 *         abuild-tar.c.
 * Limits: the SHA-1 of each file in its pax header is not derived: it must be equal.
 */
#include <ctype.h>

#include "base/digest.h"
#include "base/memory.h"
#include "formats/archive/tar_header.h"
#include "formats/contents.h"
#include "formats/readers.h"
#include "formats/stream/deflate.h"
#include "formats/stream/gzip.h"

#define HEADER 10 /* bytes in front of the stream, where no flag is set; RFC 1952, 2.3 */
#define FLAGS_AT 3
#define INFO ".PKGINFO"
#define KEY "datahash = "
#define SIGNATURE ".SIGN."
#define SIGNATURES_MAX 4   /* ours */
#define SIGNATURE_MAX 1024 /* bytes; an 8192-bit RSA key */
#define PACKED_MAX 4096    /* bytes of all signatures; ours */
#define END ((size_t)2 * ASSAY_TAR_BLOCK)
#define SIZE_AT 124
#define LINK_AT 157 /* what a tar header has beside name, numbers and type */
#define LINK_END 257
#define OWNER_AT 265
#define OWNER_LEN 32
#define PREFIX_AT 345

/* The name of the first file in a stream. Out: block that it is borrowed from */
static struct assay_span first_name(struct assay_span span, uint8_t block[ASSAY_TAR_BLOCK])
{
	struct assay_span packed = assay_span_sub(span, HEADER, span.len), unpacked, none = { 0 };
	struct assay_error ignored = ASSAY_ERROR_INIT;
	struct assay_tar_header header;

	if (!assay_gzip_is(span) || packed.len == 0 || span.ptr[FLAGS_AT] != 0)
		return none;
	unpacked = assay_span_of(block, assay_inflate_start(packed, block, ASSAY_TAR_BLOCK));
	if (!assay_tar_is_header(unpacked) || assay_tar_header(unpacked, &header, &ignored) < 0)
		return none;
	return header.name;
}

static bool is_signature(struct assay_span span)
{
	uint8_t block[ASSAY_TAR_BLOCK];

	return assay_span_starts(first_name(span, block), SIGNATURE, strlen(SIGNATURE));
}

static bool probe(struct assay_span span)
{
	uint8_t block[ASSAY_TAR_BLOCK];
	struct assay_span name = first_name(span, block);

	return assay_span_starts(name, SIGNATURE, strlen(SIGNATURE)) || assay_span_is(name, INFO);
}

static int read_stream(struct assay_budget *budget, struct assay_contents *out, const char *name,
                       struct assay_error *err)
{
	ASSAY_AUTO_SINK struct assay_sink sink = { .budget = budget,
		                                   .packed = assay_contents_rest(out).len };
	struct assay_bytes bytes;

	if (!assay_gzip_is(assay_contents_rest(out)))
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "no stream for %s", name);
	if (assay_contents_entry(out, budget, ASSAY_ENTRY_FILE, err) < 0)
		return -1;
	free(out->entries[out->entry_count - 1].name);
	out->entries[out->entry_count - 1].name = assay_strdup(name);
	if (assay_gzip_member(out, &sink, err) < 0)
		return assay_fail_in(err, "%s", name);
	bytes = assay_sink_take(&sink);
	assay_contents_newest(out)->content = assay_contents_keep(out, &bytes);
	return 0;
}

/* --- signatures --- */

static bool is_plain_text(struct assay_span text)
{
	size_t i = 0;

	while (i < text.len && (isalnum(text.ptr[i]) || text.ptr[i] == '_' || text.ptr[i] == '-'))
		i++;
	return assay_span_is_fill(assay_span_sub(text, i, text.len), 0);
}

/*
 * Older apk-tools take a size that does not begin with a digit for 0 (src/archive.c, get_octal), and
 * content for more headers.
 */
static bool is_plain_size(struct assay_span text)
{
	return text.len > 0 && text.ptr[0] >= '0' && text.ptr[0] <= '7';
}

/* A header that says nothing beside name, owner, size and time. */
static bool is_plain_header(struct assay_span block)
{
	return is_plain_size(assay_span_sub(block, SIZE_AT, block.len)) &&
	       assay_span_is_fill(assay_span_sub(block, LINK_AT, LINK_END - LINK_AT), 0) &&
	       is_plain_text(assay_span_sub(block, OWNER_AT, OWNER_LEN)) &&
	       is_plain_text(assay_span_sub(block, OWNER_AT + OWNER_LEN, OWNER_LEN)) &&
	       assay_span_is_fill(assay_span_sub(block, PREFIX_AT, block.len), 0);
}

/* A file with a signature: header, content, zeros. */
static bool is_plain_file(const struct assay_contents *tar, const struct assay_entry *entry)
{
	const struct assay_part *parts = tar->parts + entry->first_part;

	if (entry->type != ASSAY_ENTRY_FILE || entry->content.len > SIGNATURE_MAX ||
	    strncmp(entry->name, SIGNATURE, strlen(SIGNATURE)) != 0 ||
	    strchr(entry->name, '/') != NULL || strcmp(parts[0].what, "header") != 0)
		return false;
	for (size_t i = 1; i < entry->part_count; i++)
		if (parts[i].role != ASSAY_ROLE_CONTENT && parts[i].role != ASSAY_ROLE_FILL)
			return false;
	return is_plain_header(assay_span_sub(tar->span, parts[0].offset, parts[0].length));
}

/* Without an end of its own: for apk, which reads the streams as one archive, all would end there. */
static bool is_plain_archive(const struct assay_contents *tar)
{
	if (tar->entry_count == 0 || tar->entry_count > SIGNATURES_MAX)
		return false;
	for (size_t i = 0; i < tar->part_count; i++)
		if (tar->parts[i].entry == ASSAY_NO_ENTRY && tar->parts[i].length > 0)
			return false;
	for (size_t i = 0; i < tar->entry_count; i++)
		if (!is_plain_file(tar, &tar->entries[i]))
			return false;
	return true;
}

/* The stream of signatures is one value when there is nothing else in it. */
static void seal(struct assay_budget *budget, struct assay_contents *out)
{
	ASSAY_AUTO_CONTENTS struct assay_contents tar = { 0 };
	struct assay_error ignored = ASSAY_ERROR_INIT;

	if (out->end <= PACKED_MAX &&
	    assay_contents_read(&assay_reader_tar, out->entries[0].content, budget, &tar,
	                        &ignored) == 0 &&
	    is_plain_archive(&tar))
		out->entries[0].opaque = "apk/signature@1";
}

/* --- where the package ends --- */

/* Two blocks of zeros behind the scripts: apk reads on in the same archive, and finds no files. */
static void note_end(struct assay_contents *out)
{
	struct assay_span content = assay_contents_newest(out)->content;

	if (content.len >= END &&
	    assay_span_is_fill(assay_span_sub(content, content.len - END, END), 0))
		assay_contents_number(out, out->entry_count - 1, "ends the archive",
		                      ASSAY_FORM_NUMBER, 1);
}

/* --- the digest of the files --- */

/* The one file of a name in a stream. Return: its content, borrowed; empty when there is none */
static struct assay_span find_info(struct assay_budget *budget, struct assay_span control)
{
	ASSAY_AUTO_CONTENTS struct assay_contents tar = { 0 };
	struct assay_error ignored = ASSAY_ERROR_INIT;
	struct assay_span out = { 0 };

	if (assay_contents_read(&assay_reader_tar, control, budget, &tar, &ignored) < 0)
		return out;
	for (size_t i = 0; i < tar.entry_count; i++) {
		if (strcmp(tar.entries[i].name, INFO) != 0)
			continue;
		if (out.len > 0)
			return (struct assay_span){ 0 };
		out = tar.entries[i].content;
	}
	return out;
}

static void judge(struct assay_contents *out, struct assay_span info, uint64_t offset,
                  uint64_t length, uint64_t start)
{
	size_t data = out->entry_count - 1;
	struct assay_span packed = assay_span_sub(out->span, start, out->end - start);

	if (!assay_digest_is_hex(ASSAY_DIGEST_SHA256, packed,
	                         assay_span_sub(info, offset, length))) {
		assay_contents_false(out, data - 1, "datahash", 0, 0);
		return;
	}
	assay_contents_claim(out, &(struct assay_claim){ .entry = data - 1,
	                                                 .inside = "!" INFO,
	                                                 .text = info,
	                                                 .offset = offset,
	                                                 .length = length,
	                                                 .about = data,
	                                                 .packed = true,
	                                                 .what = "datahash",
	                                                 .rule = "apk/datahash@1" });
}

/* Lines "datahash = DIGITS". In: start of the stream that they are about */
static void find_claims(struct assay_budget *budget, struct assay_contents *out, uint64_t start)
{
	struct assay_span info = find_info(budget, out->entries[out->entry_count - 2].content);
	struct assay_span rest = info, line;

	while (assay_span_line(&rest, &line))
		if (assay_span_starts(line, KEY, strlen(KEY)))
			judge(out, info, (uint64_t)(line.ptr - info.ptr) + strlen(KEY),
			      line.len - strlen(KEY), start);
}

static int read_apk(struct assay_budget *budget, struct assay_contents *out,
                    struct assay_error *err)
{
	uint64_t start;

	if (is_signature(out->span)) {
		if (read_stream(budget, out, "signature.tar", err) < 0)
			return -1;
		seal(budget, out);
	}
	if (read_stream(budget, out, "control.tar", err) < 0)
		return -1;
	note_end(out);
	start = out->end;
	if (read_stream(budget, out, "data.tar", err) < 0)
		return -1;
	find_claims(budget, out, start);
	assay_contents_trailing(out, ASSAY_NO_ENTRY);
	return 0;
}

const struct assay_reader assay_reader_apk = {
	.name = "apk",
	.stream_rule = "gzip/stream@1",
	.probe = probe,
	.read = read_apk,
	.recompute = assay_gzip_recompute,
};
