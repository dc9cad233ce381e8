/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The signature header: digests and sizes of what stands behind it, room for more, and signatures.
 */
#include "base/cursor.h"
#include "formats/package/rpm.h"
#include "formats/signature/openpgp.h"

enum judgement {
	UNKNOWN,
	UNTRUE,
	PLAIN,
};

static enum judgement judge_region(const struct assay_rpm *rpm, const struct assay_rpm_tag *tag)
{
	(void)rpm;
	(void)tag;
	return PLAIN; /* the header was not read without it */
}

static enum judgement judge_signature(const struct assay_rpm *rpm, const struct assay_rpm_tag *tag)
{
	struct assay_error ignored = ASSAY_ERROR_INIT;

	(void)rpm;
	return assay_openpgp_check(tag->value, &ignored) == 0 ? PLAIN : UNKNOWN;
}

static enum judgement judge_zeros(const struct assay_rpm *rpm, const struct assay_rpm_tag *tag)
{
	(void)rpm;
	return assay_span_is_fill(tag->value, 0) ? PLAIN : UNKNOWN;
}

static enum judgement judge_number(const struct assay_rpm_tag *tag, uint64_t wanted)
{
	if (tag->count != 1)
		return UNKNOWN;
	return assay_rpm_number(tag, 0) == wanted ? PLAIN : UNTRUE;
}

/* Of the main header and the payload. */
static enum judgement judge_size(const struct assay_rpm *rpm, const struct assay_rpm_tag *tag)
{
	return judge_number(tag, rpm->main.span.len + rpm->payload.len);
}

static enum judgement judge_unpacked(const struct assay_rpm *rpm, const struct assay_rpm_tag *tag)
{
	return judge_number(tag, rpm->unpacked.len);
}

static enum judgement judge_hex(const struct assay_rpm *rpm, const struct assay_rpm_tag *tag,
                                enum assay_digest_kind kind)
{
	struct assay_span text = assay_span_sub(tag->value, 0, tag->value.len - 1);

	return assay_digest_is_hex(kind, rpm->main.span, text) ? PLAIN : UNTRUE;
}

static enum judgement judge_sha1(const struct assay_rpm *rpm, const struct assay_rpm_tag *tag)
{
	return judge_hex(rpm, tag, ASSAY_DIGEST_SHA1);
}

static enum judgement judge_sha256(const struct assay_rpm *rpm, const struct assay_rpm_tag *tag)
{
	return judge_hex(rpm, tag, ASSAY_DIGEST_SHA256);
}

/* The main header and the payload stand behind each other, to the end of the file. */
static enum judgement judge_md5(const struct assay_rpm *rpm, const struct assay_rpm_tag *tag)
{
	struct assay_span signed_bytes =
		assay_span_sub(rpm->out->span, rpm->main.start, rpm->out->span.len);
	uint8_t digest[ASSAY_MD5_SIZE];

	assay_md5(signed_bytes, digest);
	return assay_span_equal(tag->value, assay_span_of(digest, sizeof(digest))) ? PLAIN : UNTRUE;
}

/* Source: rpm 4.18, include/rpm/rpmtag.h, rpmSigTag_e. Any other tag is one that we do not know. */
static const struct {
	uint32_t tag;
	enum assay_rpm_type type;
	enum judgement (*judge)(const struct assay_rpm *rpm, const struct assay_rpm_tag *tag);
	const char *what; /* for what is false */
	bool signature;
} rows[] = {
	{ 62, ASSAY_RPM_BIN, judge_region, "region", false },
	{ 267, ASSAY_RPM_BIN, judge_signature, "DSA signature of the header", true },
	{ 268, ASSAY_RPM_BIN, judge_signature, "RSA signature of the header", true },
	{ 269, ASSAY_RPM_STRING, judge_sha1, "SHA-1 of the header", false },
	{ 270, ASSAY_RPM_INT64, judge_size, "size of header and payload", false },
	{ 271, ASSAY_RPM_INT64, judge_unpacked, "size of the unpacked payload", false },
	{ 273, ASSAY_RPM_STRING, judge_sha256, "SHA-256 of the header", false },
	{ 1000, ASSAY_RPM_INT32, judge_size, "size of header and payload", false },
	{ 1002, ASSAY_RPM_BIN, judge_signature, "signature of header and payload", true },
	{ 1004, ASSAY_RPM_BIN, judge_md5, "MD5 of header and payload", false },
	{ 1005, ASSAY_RPM_BIN, judge_signature, "signature of header and payload", true },
	{ 1007, ASSAY_RPM_INT32, judge_unpacked, "size of the unpacked payload", false },
	{ 1008, ASSAY_RPM_BIN, judge_zeros, "reserved space", false },
};

static enum judgement judge_tag(struct assay_rpm *rpm, const struct assay_rpm_tag *tag)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++) {
		enum judgement judgement;

		if (rows[i].tag != tag->tag || rows[i].type != tag->type)
			continue;
		judgement = rows[i].judge(rpm, tag);
		if (judgement == UNTRUE)
			assay_contents_false(rpm->out, ASSAY_NO_ENTRY, rows[i].what, tag->offset,
			                     tag->value.len);
		return judgement;
	}
	return UNKNOWN;
}

bool assay_rpm_signature_is_plain(struct assay_rpm *rpm)
{
	bool plain = true;

	for (size_t i = 0; i < rpm->signature.count; i++)
		plain = judge_tag(rpm, &rpm->signature.tags[i]) == PLAIN && plain;
	return plain;
}

bool assay_rpm_is_signed(const struct assay_rpm *rpm)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++)
		if (rows[i].signature &&
		    assay_rpm_find(&rpm->signature, rows[i].tag, rows[i].type) != NULL)
			return true;
	return false;
}
