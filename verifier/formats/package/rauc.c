/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RAUC bundles: a squashfs image, a CMS signature, and the size of the signature.
 *
 * Source: RAUC 1.8, docs/reference.rst ("Bundle Formats") and src/bundle.c: the last 8 bytes are
 *         the size, big-endian.
 * Limits: the signature of a bundle in the formats verity and crypt holds the manifest and is no
 *         detached one; it must be equal.
 */
#include "base/cursor.h"
#include "formats/contents.h"
#include "formats/readers.h"
#include "formats/signature/cms.h"
#include "formats/signature/der.h"

#define SIZE 8                             /* bytes of the signature's size */
#define SIGNATURE_MAX ((uint64_t)64 << 10) /* src/bundle.c: MAX_BUNDLE_SIGNATURE_SIZE */

/* The signature; empty when there is none. */
static struct assay_span find_signature(struct assay_span span)
{
	struct assay_span none = { 0 }, out, content;
	struct assay_error ignored = ASSAY_ERROR_INIT;
	struct assay_cursor cur;
	uint64_t size;

	if (span.len < SIZE)
		return none;
	size = assay_load(span.ptr + span.len - SIZE, SIZE, true);
	if (size == 0 || size > SIGNATURE_MAX || size > span.len - SIZE)
		return none;
	out = assay_span_sub(span, span.len - SIZE - size, size);
	cur = assay_cursor_at(out, true);
	if (assay_der_take(&cur, ASSAY_DER_SEQUENCE, "", &content, &ignored) < 0 ||
	    assay_cursor_left(&cur) > 0)
		return none;
	return out;
}

static bool probe(struct assay_span span)
{
	return assay_span_starts(span, "hsqs", 4) && find_signature(span).len > 0;
}

static int read_rauc(struct assay_budget *budget, struct assay_contents *out,
                     struct assay_error *err)
{
	struct assay_span signature = find_signature(out->span);
	uint64_t length = out->span.len - SIZE - signature.len;
	struct assay_error ignored = ASSAY_ERROR_INIT;
	struct assay_cms cms;
	struct assay_part *part;

	if (assay_contents_entry(out, budget, ASSAY_ENTRY_STREAM, err) < 0)
		return -1;
	out->entries[0].content = assay_span_sub(out->span, 0, length);
	(void)assay_contents_part(out, 0, ASSAY_ROLE_CONTENT, "bundle", length);
	part = assay_contents_part(out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED, "signature",
	                           signature.len + SIZE);
	if (assay_cms_read_certified(signature, &cms, &ignored) == 0) {
		part->role = ASSAY_ROLE_OPAQUE;
		part->rule = "rauc/signature@1";
	}
	return 0;
}

const struct assay_reader assay_reader_rauc = {
	.name = "rauc",
	.probe = probe,
	.read = read_rauc,
};
