/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two values in a PE image that follow from all of its bytes: checksum and signed digest. */
#include "base/cursor.h"
#include "base/digest.h"
#include "base/memory.h"
#include "formats/image/pe.h"
#include "formats/signature/authenticode.h"

#define HEADER 8         /* bytes in front of each certificate */
#define REVISION 0x200   /* WIN_CERT_REVISION_2_0 */
#define PKCS 2           /* WIN_CERT_TYPE_PKCS_SIGNED_DATA */
#define ALIGN 8          /* bytes to which each is filled up */
#define SIGNATURES_MAX 4 /* ours */

/* 16-bit words with their carries, but not the checksum's own; and the length. */
uint32_t assay_pe_checksum(const struct assay_pe *pe, uint64_t end)
{
	uint64_t sum = 0;

	for (uint64_t at = 0; at < end; at += 2) {
		if (at >= pe->checksum && at < pe->checksum + 4)
			continue;
		sum += assay_load(pe->span.ptr + at, end - at >= 2 ? 2 : 1, false);
	}
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint32_t)(sum + end);
}

/* --- what is signed --- */

static int by_offset(const void *a, const void *b)
{
	const struct assay_pe_section *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Append bytes of the image, as far as there is room. */
static void add(struct assay_bytes *to, struct assay_span image, uint64_t from, uint64_t end)
{
	struct assay_span bytes = assay_span_sub(image, from, end > from ? end - from : 0);

	if (bytes.len > image.len - to->len)
		bytes.len = image.len - to->len;
	if (bytes.len > 0)
		memcpy(to->ptr + to->len, bytes.ptr, bytes.len);
	to->len += bytes.len;
}

/*
 * Headers without checksum and directory entry, sections by their place, and what is behind as many
 * bytes as those are. Owner: caller frees
 */
static struct assay_bytes signed_bytes(const struct assay_pe *pe)
{
	struct assay_span image = assay_span_sub(pe->span, 0, pe->certificates);
	size_t size = pe->count * sizeof(*pe->sections);
	struct assay_pe_section *sorted = assay_calloc(pe->count + 1, sizeof(*pe->sections));
	struct assay_bytes out = { assay_calloc(image.len + 1, 1), 0 };
	uint64_t counted = pe->headers;

	add(&out, image, 0, pe->checksum);
	add(&out, image, pe->checksum + 4, pe->directory);
	add(&out, image, pe->directory + ASSAY_PE_DIRECTORY, pe->headers);
	if (size > 0) {
		memcpy(sorted, pe->sections, size);
		qsort(sorted, pe->count, sizeof(*sorted), by_offset);
	}
	for (size_t i = 0; i < pe->count; i++) {
		add(&out, image, sorted[i].offset, sorted[i].offset + sorted[i].length);
		counted += sorted[i].length;
	}
	add(&out, image, counted, image.len);
	free(sorted);
	return out;
}

/* --- the table --- */

/* One certificate, strictly. Return: false when there is anything else */
static bool take_certificate(struct assay_span *rest, struct assay_authenticode *out)
{
	struct assay_error ignored = ASSAY_ERROR_INIT;
	struct assay_span data, padding, body;
	uint64_t length, whole, der;

	if (rest->len < HEADER + 4)
		return false;
	length = assay_load(rest->ptr, 4, false);
	whole = (length + ALIGN - 1) / ALIGN * ALIGN;
	if (length < HEADER + 4 || whole > rest->len ||
	    assay_load(rest->ptr + 4, 2, false) != REVISION ||
	    assay_load(rest->ptr + 6, 2, false) != PKCS)
		return false;
	/* Some count the zeros behind the signature into the length. Its own is in two bytes. */
	body = assay_span_sub(*rest, HEADER, whole - HEADER);
	der = 4 + assay_load(body.ptr + 2, 2, true);
	if (!assay_span_starts(body, "\x30\x82", 2) || der > body.len ||
	    (length - HEADER != der && length != whole) || body.len - der >= ALIGN)
		return false;
	data = assay_span_sub(body, 0, der);
	padding = assay_span_sub(body, der, body.len);
	*rest = assay_span_sub(*rest, whole, rest->len);
	return assay_span_is_fill(padding, 0) && assay_authenticode_read(data, out, &ignored) == 0;
}

static bool is_true(const struct assay_authenticode *signature, struct assay_span bytes)
{
	uint8_t digest[ASSAY_DIGEST_MAX];
	size_t len = assay_digest(assay_span_of_str(signature->algorithm), bytes, digest);

	return len > 0 && assay_span_equal(signature->digest, assay_span_of(digest, len));
}

enum assay_pe_signed assay_pe_certificates(const struct assay_pe *pe)
{
	struct assay_span rest = assay_span_sub(pe->span, pe->certificates, pe->span.len);
	ASSAY_AUTO_BYTES struct assay_bytes bytes = { 0 };
	struct assay_authenticode signatures[SIGNATURES_MAX];
	enum assay_pe_signed out = ASSAY_PE_SIGNED;
	size_t count = 0;

	if (rest.len == 0)
		return ASSAY_PE_UNSIGNED;
	while (rest.len > 0)
		if (count == SIGNATURES_MAX || !take_certificate(&rest, &signatures[count++]))
			return ASSAY_PE_UNCLEAR;
	bytes = signed_bytes(pe);
	for (size_t i = 0; i < count; i++)
		if (!is_true(&signatures[i], assay_span_of_bytes(&bytes)))
			out = ASSAY_PE_FALSE;
	return out;
}
