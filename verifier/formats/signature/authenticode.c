/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/signature/authenticode.h"

#include "formats/signature/der.h"

#define BYTES(text)                                                                                \
	{                                                                                          \
		(const uint8_t *)(text), sizeof(text) - 1                                          \
	}

/* A value that may stand in one of a few encodings, whole. */
struct choice {
	const struct assay_span *values;
	size_t count;
};

/* SPC_PE_IMAGE_DATAOBJ; pesign writes SPC_INDIVIDUAL_SP_KEY_PURPOSE in its place. */
static const struct assay_span image_types[] = {
	BYTES("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0f"),
	BYTES("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x15"),
};

/*
 * SpcPeImageData: flags, of which there are none or includeResources, and a link to a file, whose
 * name is empty or the text that the specification wants there.
 */
#define LINK_EMPTY "\xa0\x04\xa2\x02\x80\x00"
#define LINK_OBSOLETE "\xa0\x20\xa2\x1e\x80\x1c\0<\0<\0<\0O\0b\0s\0o\0l\0e\0t\0e\0>\0>\0>"
static const struct assay_span image_data[] = {
	BYTES("\x03\x01\x00" LINK_EMPTY),
	BYTES("\x03\x01\x00" LINK_OBSOLETE),
	BYTES("\x03\x02\x07\x80" LINK_EMPTY),
	BYTES("\x03\x02\x07\x80" LINK_OBSOLETE),
};

static bool is_one_of(struct choice choice, struct assay_span value)
{
	for (size_t i = 0; i < choice.count; i++)
		if (assay_span_equal(choice.values[i], value))
			return true;
	return false;
}

#define CHOICE(values)                                                                             \
	(struct choice)                                                                            \
	{                                                                                          \
		values, ASSAY_ARRAY_LEN(values)                                                    \
	}

/* --- signed attributes --- */

/* SpcSpOpusInfo: a name and a place for more about the program, neither of which is there. */
static const struct assay_span opus_info[] = { BYTES("") };

/* SpcStatementType: by an individual, or commercially. */
static const struct assay_span statements[] = {
	BYTES("\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x15"),
	BYTES("\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x16"),
};

/* RFC 8551 2.5.2, as OpenSSL 3.0 writes them (crypto/pkcs7/pk7_smime.c), in its order. */
static const struct assay_span capabilities[] = {
	BYTES("\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a"),             /* AES-256-CBC */
	BYTES("\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x16"),             /* AES-192-CBC */
	BYTES("\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x02"),             /* AES-128-CBC */
	BYTES("\x06\x08\x2a\x86\x48\x86\xf7\x0d\x03\x07"),                 /* DES-EDE3-CBC */
	BYTES("\x06\x08\x2a\x86\x48\x86\xf7\x0d\x03\x02\x02\x02\x00\x80"), /* RC2, 128 bits */
	BYTES("\x06\x08\x2a\x86\x48\x86\xf7\x0d\x03\x02\x02\x01\x40"),     /* RC2, 64 bits */
	BYTES("\x06\x05\x2b\x0e\x03\x02\x07"),                             /* DES-CBC */
	BYTES("\x06\x08\x2a\x86\x48\x86\xf7\x0d\x03\x02\x02\x01\x28"),     /* RC2, 40 bits */
};

/* Each of them at most once, and in their order. */
static int check_capabilities(struct assay_span list, struct assay_error *err)
{
	struct assay_cursor cur = assay_cursor_at(list, true);
	size_t next = 0;

	while (assay_cursor_left(&cur) > 0) {
		struct assay_span item;

		if (assay_der_take(&cur, ASSAY_DER_SEQUENCE, "capability", &item, err) < 0)
			return -1;
		while (next < ASSAY_ARRAY_LEN(capabilities) &&
		       !assay_span_equal(item, capabilities[next]))
			next++;
		if (next++ == ASSAY_ARRAY_LEN(capabilities))
			return assay_fail(err, ASSAY_E_FORMAT, "an unknown capability");
	}
	return 0;
}

enum attribute {
	OPUS_INFO,
	STATEMENT_TYPE,
	CAPABILITIES,
	ATTRIBUTES
};

/* By their object identifiers. */
static const struct assay_span attributes[ATTRIBUTES] = {
	[OPUS_INFO] = BYTES("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0c"),
	[STATEMENT_TYPE] = BYTES("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0b"),
	[CAPABILITIES] = BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0f"), /* RFC 8551 2.5.2 */
};

static int check_attribute(struct assay_span oid, struct assay_cursor *value, unsigned *which,
                           struct assay_error *err)
{
	struct assay_span content;
	bool good = true;

	for (*which = 0; *which < ATTRIBUTES; (*which)++)
		if (assay_span_equal(oid, attributes[*which]))
			break;
	if (*which == ATTRIBUTES)
		return assay_fail(err, ASSAY_E_FORMAT, "an unknown signed attribute");
	if (assay_der_take(value, ASSAY_DER_SEQUENCE, "signed attribute", &content, err) < 0)
		return -1;
	if (*which == CAPABILITIES)
		return check_capabilities(content, err);
	good = is_one_of(*which == OPUS_INFO ? CHOICE(opus_info) : CHOICE(statements), content);
	return good ? 0 : assay_fail(err, ASSAY_E_FORMAT, "a signed attribute with a value");
}

/* SPC_INDIRECT_DATA_OBJID */
static const struct assay_cms_kind indirect_data = {
	BYTES("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x04"),
	check_attribute,
};

/* --- content --- */

static int check_type(struct assay_cursor *cur, struct assay_error *err)
{
	static const char what[] = "what is signed";
	struct assay_cursor type;
	struct assay_span oid, data;

	if (assay_der_enter(cur, ASSAY_DER_SEQUENCE, what, &type, err) < 0 ||
	    assay_der_take(&type, ASSAY_DER_OID, what, &oid, err) < 0 ||
	    assay_der_take(&type, ASSAY_DER_SEQUENCE, what, &data, err) < 0)
		return -1;
	if (!is_one_of(CHOICE(image_types), oid) || !is_one_of(CHOICE(image_data), data))
		return assay_fail(err, ASSAY_E_FORMAT, "%s: not a PE image", what);
	return assay_der_end(&type, what, err);
}

/* SpcIndirectDataContent: what is signed, and its digest. */
static int read_content(struct assay_span content, struct assay_authenticode *out,
                        struct assay_error *err)
{
	static const char what[] = "digest of the image";
	struct assay_cursor cur = assay_cursor_at(content, true), info;

	if (check_type(&cur, err) < 0 ||
	    assay_der_enter(&cur, ASSAY_DER_SEQUENCE, what, &info, err) < 0 ||
	    assay_der_end(&cur, what, err) < 0 ||
	    assay_cms_digest(&info, &out->algorithm, err) < 0 ||
	    assay_der_take(&info, ASSAY_DER_OCTETS, what, &out->digest, err) < 0)
		return -1;
	return assay_der_end(&info, what, err);
}

int assay_authenticode_read(struct assay_span span, struct assay_authenticode *out,
                            struct assay_error *err)
{
	struct assay_span content;

	if (assay_cms_read_content(span, &indirect_data, &out->cms, &content, err) < 0)
		return -1;
	return read_content(content, out, err);
}
