/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/signature/cms.h"

#include "base/digest.h"
#include "base/quote.h"
#include "formats/signature/certificate.h"

#define OID(bytes) bytes, sizeof(bytes) - 1
#define SERIAL_MAX 21     /* bytes: RFC 5280 4.1.2.2, 20 and a sign */
#define KEY_ID_MAX 64     /* bytes: RFC 5280 4.2.1.2 says a SHA-1, others take SHA-256 */
#define NAME_PARTS_MAX 16 /* of the issuer */
#define NAME_TEXT_MAX 128 /* bytes: RFC 5280 A.1, ub-name and ub-emailaddress-length */
#define RSA_MIN 128       /* bytes: 1024 bits */
#define RSA_MAX 2048      /* bytes: 16384 bits, OPENSSL_RSA_MAX_MODULUS_BITS */
#define COORDINATE_MAX 67 /* bytes: P-521 and a sign */

/* Object identifiers, as their content is encoded. */
static const struct digest {
	const char *name;
	const char *oid;
	size_t oid_len;
	size_t size; /* bytes of a digest */
} digests[] = {
	{ "sha1", OID("\x2b\x0e\x03\x02\x1a"), 20 }, /* OIW; RFC 3370 */
	{ "sha224", OID("\x60\x86\x48\x01\x65\x03\x04\x02\x04"), 28 },
	{ "sha256", OID("\x60\x86\x48\x01\x65\x03\x04\x02\x01"), 32 },
	{ "sha384", OID("\x60\x86\x48\x01\x65\x03\x04\x02\x02"), 48 },
	{ "sha512", OID("\x60\x86\x48\x01\x65\x03\x04\x02\x03"), 64 },
	{ "sha3-256", OID("\x60\x86\x48\x01\x65\x03\x04\x02\x08"), 32 },
	{ "sha3-384", OID("\x60\x86\x48\x01\x65\x03\x04\x02\x09"), 48 },
	{ "sha3-512", OID("\x60\x86\x48\x01\x65\x03\x04\x02\x0a"), 64 },
};

/* RFC 5754 3.2 and 3.3; RFC 8702 for SHA-3. */
static const struct algorithm {
	const char *name;
	const char *oid;
	size_t oid_len;
	bool rsa; /* else ECDSA */
} algorithms[] = {
	{ "RSA", OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"), true },
	{ "RSA", OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"), true },    /* with sha1 */
	{ "RSA", OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), true },    /* with sha256 */
	{ "RSA", OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"), true },    /* with sha384 */
	{ "RSA", OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"), true },    /* with sha512 */
	{ "ECDSA", OID("\x2a\x86\x48\xce\x3d\x04\x01"), false },         /* with sha1 */
	{ "ECDSA", OID("\x2a\x86\x48\xce\x3d\x04\x03\x01"), false },     /* with sha224 */
	{ "ECDSA", OID("\x2a\x86\x48\xce\x3d\x04\x03\x02"), false },     /* with sha256 */
	{ "ECDSA", OID("\x2a\x86\x48\xce\x3d\x04\x03\x03"), false },     /* with sha384 */
	{ "ECDSA", OID("\x2a\x86\x48\xce\x3d\x04\x03\x04"), false },     /* with sha512 */
	{ "ECDSA", OID("\x60\x86\x48\x01\x65\x03\x04\x03\x0a"), false }, /* with sha3-256 */
	{ "ECDSA", OID("\x60\x86\x48\x01\x65\x03\x04\x03\x0b"), false }, /* with sha3-384 */
	{ "ECDSA", OID("\x60\x86\x48\x01\x65\x03\x04\x03\x0c"), false }, /* with sha3-512 */
};

/* RFC 5652: 5.1 and 4; 11.1 to 11.3. */
static const struct assay_span signed_data = { (const uint8_t *)"\x2a\x86\x48\x86\xf7\x0d\x01\x07"
	                                                        "\x02",
	                                       9 };
static const struct assay_span plain_data = { (const uint8_t *)"\x2a\x86\x48\x86\xf7\x0d\x01\x07"
	                                                       "\x01",
	                                      9 };

enum attribute {
	CONTENT_TYPE = 3, /* the last byte of its object identifier */
	MESSAGE_DIGEST = 4,
	SIGNING_TIME = 5,
};

struct reading {
	struct assay_cms *out;
	const struct digest *digest;
	const struct assay_cms_kind *kind; /* of content that is in it; NULL: detached */
	struct assay_span content;
	bool by_key_id;    /* the signer is named by a key id, not by issuer and serial number */
	bool certificates; /* it may have some */
};

static struct assay_span content_type(const struct reading *reading)
{
	return reading->kind != NULL ? reading->kind->type : plain_data;
}

static int take_version(struct assay_cursor *cur, unsigned *out, struct assay_error *err)
{
	struct assay_span content;

	if (assay_der_take(cur, ASSAY_DER_INTEGER, "version", &content, err) < 0)
		return -1;
	if (content.len != 1)
		return assay_fail(err, ASSAY_E_FORMAT, "version of %zu bytes", content.len);
	*out = content.ptr[0];
	return 0;
}

static int expect_oid(struct assay_cursor *cur, struct assay_span wanted, const char *what,
                      struct assay_error *err)
{
	struct assay_span oid;

	if (assay_der_take(cur, ASSAY_DER_OID, what, &oid, err) < 0)
		return -1;
	if (!assay_span_equal(oid, wanted))
		return assay_fail(err, ASSAY_E_FORMAT, "%s: an unexpected object identifier", what);
	return 0;
}

/* AlgorithmIdentifier: parameters are NULL or not there. Out: *oid */
static int take_algorithm(struct assay_cursor *cur, const char *what, struct assay_span *oid,
                          struct assay_error *err)
{
	struct assay_cursor inner;
	struct assay_span null;

	if (assay_der_enter(cur, ASSAY_DER_SEQUENCE, what, &inner, err) < 0 ||
	    assay_der_take(&inner, ASSAY_DER_OID, what, oid, err) < 0)
		return -1;
	if (!assay_der_is_next(&inner, ASSAY_DER_NULL))
		return assay_der_end(&inner, what, err);
	if (assay_der_take(&inner, ASSAY_DER_NULL, what, &null, err) < 0)
		return -1;
	if (null.len != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "%s: a NULL with content", what);
	return assay_der_end(&inner, what, err);
}

static int take_digest_algorithm(struct assay_cursor *cur, const struct digest **out,
                                 struct assay_error *err)
{
	struct assay_span oid;

	if (take_algorithm(cur, "digest algorithm", &oid, err) < 0)
		return -1;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(digests); i++) {
		if (!assay_span_equal(oid, assay_span_of(digests[i].oid, digests[i].oid_len)))
			continue;
		*out = &digests[i];
		return 0;
	}
	return assay_fail(err, ASSAY_E_FORMAT, "an unknown digest algorithm");
}

int assay_cms_digest(struct assay_cursor *cur, const char **out, struct assay_error *err)
{
	const struct digest *digest;

	if (take_digest_algorithm(cur, &digest, err) < 0)
		return -1;
	*out = digest->name;
	return 0;
}

/* --- who signed --- */

/* Attributes of names: commonName … (2.5.4.n), emailAddress, domainComponent. RFC 5280 A.1 */
static bool is_name_attribute(struct assay_span oid)
{
	return (oid.len == 3 && memcmp(oid.ptr, "\x55\x04", 2) == 0 && oid.ptr[2] < 0x80) ||
	       assay_span_equal(oid, assay_span_of("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", 9)) ||
	       assay_span_equal(oid, assay_span_of("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", 10));
}

static bool is_text_tag(uint8_t tag)
{
	return tag == ASSAY_DER_UTF8 || tag == ASSAY_DER_PRINTABLE || tag == ASSAY_DER_TELETEX ||
	       tag == ASSAY_DER_IA5;
}

/* RelativeDistinguishedName, with one attribute: nobody writes more. */
static int check_name_part(struct assay_cursor *cur, struct assay_error *err)
{
	static const char what[] = "issuer";
	struct assay_cursor set, pair;
	struct assay_span oid, text;
	uint8_t tag;

	if (assay_der_enter(cur, ASSAY_DER_SET, what, &set, err) < 0 ||
	    assay_der_enter(&set, ASSAY_DER_SEQUENCE, what, &pair, err) < 0 ||
	    assay_der_end(&set, what, err) < 0 ||
	    assay_der_take(&pair, ASSAY_DER_OID, what, &oid, err) < 0 ||
	    assay_der_next(&pair, &tag, &text, err) < 0 || assay_der_end(&pair, what, err) < 0)
		return -1;
	if (!is_name_attribute(oid))
		return assay_fail(err, ASSAY_E_FORMAT, "issuer: an unknown attribute");
	if (!is_text_tag(tag) || text.len == 0 || text.len > NAME_TEXT_MAX ||
	    assay_quote_plain(text) != text.len)
		return assay_fail(err, ASSAY_E_FORMAT, "issuer: not a short text");
	return 0;
}

static int check_issuer_and_serial(struct assay_cursor *cur, struct assay_error *err)
{
	struct assay_cursor sid, name;
	struct assay_span serial;
	size_t parts = 0;

	if (assay_der_enter(cur, ASSAY_DER_SEQUENCE, "signer", &sid, err) < 0 ||
	    assay_der_enter(&sid, ASSAY_DER_SEQUENCE, "issuer", &name, err) < 0)
		return -1;
	while (assay_cursor_left(&name) > 0) {
		if (check_name_part(&name, err) < 0)
			return -1;
		if (++parts > NAME_PARTS_MAX)
			return assay_fail(err, ASSAY_E_FORMAT, "issuer: more than %d parts",
			                  NAME_PARTS_MAX);
	}
	if (assay_der_take(&sid, ASSAY_DER_INTEGER, "serial number", &serial, err) < 0)
		return -1;
	if (!assay_der_is_natural(serial) || serial.len > SERIAL_MAX)
		return assay_fail(err, ASSAY_E_FORMAT, "serial number: not one");
	return assay_der_end(&sid, "signer", err);
}

/* RFC 5652 5.3: version 1 goes with issuer and serial number, 3 with a key id. */
static int check_signer(struct reading *reading, struct assay_cursor *cur, struct assay_error *err)
{
	struct assay_span key_id;
	unsigned version;

	if (take_version(cur, &version, err) < 0)
		return -1;
	reading->by_key_id = assay_der_is_next(cur, ASSAY_DER_CONTEXT_0);
	if (version != (reading->by_key_id ? 3 : 1))
		return assay_fail(err, ASSAY_E_FORMAT, "signer: version %u", version);
	if (!reading->by_key_id)
		return check_issuer_and_serial(cur, err);
	if (assay_der_take(cur, ASSAY_DER_CONTEXT_0, "key id", &key_id, err) < 0)
		return -1;
	if (key_id.len == 0 || key_id.len > KEY_ID_MAX)
		return assay_fail(err, ASSAY_E_FORMAT, "key id of %zu bytes", key_id.len);
	return 0;
}

/* --- signed attributes --- */

/* RFC 5652 11.3: UTCTime until 2049, GeneralizedTime from then on, in seconds and in UTC. */
static int check_time(struct assay_cursor *value, struct assay_error *err)
{
	struct assay_span text;
	uint8_t tag;
	size_t digits;

	if (assay_der_next(value, &tag, &text, err) < 0)
		return -1;
	digits = tag == ASSAY_DER_UTC_TIME ? 12 : 14;
	if ((tag != ASSAY_DER_UTC_TIME && tag != ASSAY_DER_TIME) || text.len != digits + 1 ||
	    text.ptr[digits] != 'Z')
		return assay_fail(err, ASSAY_E_FORMAT, "signing time: not a time in UTC");
	for (size_t i = 0; i < digits; i++)
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return assay_fail(err, ASSAY_E_FORMAT, "signing time: not a number");
	return 0;
}

/* RFC 5652 5.4: the digest of content is that of its octets, without tag and length. */
static int check_content(const struct reading *reading, struct assay_span digest,
                         struct assay_error *err)
{
	uint8_t wanted[ASSAY_DIGEST_MAX];
	size_t len =
		assay_digest(assay_span_of_str(reading->digest->name), reading->content, wanted);

	if (len == 0 || !assay_span_equal(digest, assay_span_of(wanted, len)))
		return assay_fail(err, ASSAY_E_FORMAT, "the digest is not that of the content");
	return 0;
}

static int check_value(const struct reading *reading, enum attribute kind,
                       struct assay_cursor *value, struct assay_error *err)
{
	struct assay_span digest;

	if (kind == CONTENT_TYPE)
		return expect_oid(value, content_type(reading), "content type", err);
	if (kind == SIGNING_TIME)
		return check_time(value, err);
	if (assay_der_take(value, ASSAY_DER_OCTETS, "message digest", &digest, err) < 0)
		return -1;
	if (digest.len != reading->digest->size)
		return assay_fail(err, ASSAY_E_FORMAT, "message digest of %zu bytes", digest.len);
	return reading->kind != NULL ? check_content(reading, digest, err) : 0;
}

#define KIND_ATTRIBUTE 8 /* the first bit of those that the kind of content has */

/* What an attribute says. Out: *bit, a number of its own */
static int check_meaning(const struct reading *reading, struct assay_span oid,
                         struct assay_cursor *values, unsigned *bit, struct assay_error *err)
{
	static const char prefix[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x09";

	if (oid.len == sizeof(prefix) && memcmp(oid.ptr, prefix, oid.len - 1) == 0 &&
	    oid.ptr[oid.len - 1] >= CONTENT_TYPE && oid.ptr[oid.len - 1] <= SIGNING_TIME) {
		*bit = oid.ptr[oid.len - 1];
		return check_value(reading, (enum attribute) * bit, values, err);
	}
	if (reading->kind == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "an unknown signed attribute");
	if (reading->kind->attribute(oid, values, bit, err) < 0)
		return -1;
	*bit += KIND_ATTRIBUTE;
	return 0;
}

/* One attribute with one value. Out: *bit */
static int check_attribute(const struct reading *reading, struct assay_cursor *cur, unsigned *bit,
                           struct assay_error *err)
{
	static const char what[] = "signed attribute";
	struct assay_cursor attribute, values;
	struct assay_span oid;

	if (assay_der_enter(cur, ASSAY_DER_SEQUENCE, what, &attribute, err) < 0 ||
	    assay_der_take(&attribute, ASSAY_DER_OID, what, &oid, err) < 0 ||
	    assay_der_enter(&attribute, ASSAY_DER_SET, what, &values, err) < 0 ||
	    assay_der_end(&attribute, what, err) < 0 ||
	    check_meaning(reading, oid, &values, bit, err) < 0)
		return -1;
	return assay_der_end(&values, what, err);
}

/* RFC 5652 5.3: a SET; content type and digest are there, and each is there once. */
static int check_attributes(const struct reading *reading, struct assay_cursor *cur,
                            struct assay_error *err)
{
	struct assay_cursor set;
	struct assay_span last = { 0 };
	unsigned seen = 0;

	if (assay_der_enter(cur, ASSAY_DER_CONTEXT_0_OUTER, "signed attributes", &set, err) < 0)
		return -1;
	while (assay_cursor_left(&set) > 0) {
		size_t start = set.pos;
		struct assay_span this;
		unsigned bit = 0;

		if (check_attribute(reading, &set, &bit, err) < 0)
			return -1;
		if ((seen & 1u << bit) != 0)
			return assay_fail(err, ASSAY_E_FORMAT, "a signed attribute is there twice");
		seen |= 1u << bit;
		/* X.690 11.6: the values of a SET OF are in the order of their bytes. */
		this = assay_span_sub(set.span, start, set.pos - start);
		if (last.len > 0 && this.len > 0 &&
		    memcmp(last.ptr, this.ptr, last.len < this.len ? last.len : this.len) >= 0)
			return assay_fail(err, ASSAY_E_FORMAT, "signed attributes are not sorted");
		last = this;
	}
	if ((seen & 1u << CONTENT_TYPE) == 0 || (seen & 1u << MESSAGE_DIGEST) == 0)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "no content type or digest among signed attributes");
	return 0;
}

/* --- the signature --- */

/* RFC 3279 2.2.3: ECDSA-Sig-Value is a SEQUENCE of two INTEGERs. */
static int check_ecdsa(struct assay_span value, struct assay_error *err)
{
	struct assay_cursor cur = assay_cursor_at(value, true), pair;

	if (assay_der_enter(&cur, ASSAY_DER_SEQUENCE, "signature", &pair, err) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		struct assay_span number;

		if (assay_der_take(&pair, ASSAY_DER_INTEGER, "signature", &number, err) < 0)
			return -1;
		if (!assay_der_is_natural(number) || number.len > COORDINATE_MAX)
			return assay_fail(err, ASSAY_E_FORMAT, "signature: not two numbers");
	}
	if (assay_der_end(&pair, "signature", err) < 0)
		return -1;
	return assay_der_end(&cur, "signature", err);
}

static int check_signature(struct reading *reading, struct assay_cursor *cur,
                           struct assay_error *err)
{
	const struct algorithm *algorithm = NULL;
	struct assay_span oid, value;

	if (take_algorithm(cur, "signature algorithm", &oid, err) < 0)
		return -1;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(algorithms); i++)
		if (assay_span_equal(oid, assay_span_of(algorithms[i].oid, algorithms[i].oid_len)))
			algorithm = &algorithms[i];
	if (algorithm == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "an unknown signature algorithm");
	reading->out->signature = algorithm->name;
	if (assay_der_take(cur, ASSAY_DER_OCTETS, "signature", &value, err) < 0)
		return -1;
	if (!algorithm->rsa)
		return check_ecdsa(value, err);
	if (value.len < RSA_MIN || value.len > RSA_MAX)
		return assay_fail(err, ASSAY_E_FORMAT, "RSA signature of %zu bytes", value.len);
	return 0;
}

static int check_signer_info(struct reading *reading, struct assay_cursor *cur,
                             struct assay_error *err)
{
	const struct digest *digest;
	struct assay_cursor info;

	if (assay_der_enter(cur, ASSAY_DER_SEQUENCE, "signer", &info, err) < 0 ||
	    check_signer(reading, &info, err) < 0 || take_digest_algorithm(&info, &digest, err) < 0)
		return -1;
	if (digest != reading->digest)
		return assay_fail(err, ASSAY_E_FORMAT, "two digest algorithms");
	/* RFC 5652 5.3: content that is no plain data wants them. */
	if ((reading->kind != NULL || assay_der_is_next(&info, ASSAY_DER_CONTEXT_0_OUTER)) &&
	    check_attributes(reading, &info, err) < 0)
		return -1;
	if (check_signature(reading, &info, err) < 0)
		return -1;
	if (assay_der_is_next(&info, ASSAY_DER_CONTEXT_1_OUTER))
		return assay_fail(err, ASSAY_E_FORMAT, "it has attributes that are not signed");
	return assay_der_end(&info, "signer", err);
}

/* --- what is around it --- */

static int check_certificates(const struct reading *reading, struct assay_cursor *cur,
                              struct assay_error *err)
{
	struct assay_cursor set;

	if (!reading->certificates)
		return assay_fail(err, ASSAY_E_FORMAT, "it has certificates");
	if (assay_der_enter(cur, ASSAY_DER_CONTEXT_0_OUTER, "certificates", &set, err) < 0)
		return -1;
	return assay_certificates_check(&set, err);
}

/* EncapsulatedContentInfo: only where a kind of content is wanted is there any. */
static int check_encapsulated(struct reading *reading, struct assay_cursor *cur,
                              struct assay_error *err)
{
	static const char what[] = "content";
	struct assay_cursor content, outer;

	if (assay_der_enter(cur, ASSAY_DER_SEQUENCE, what, &content, err) < 0 ||
	    expect_oid(&content, content_type(reading), what, err) < 0)
		return -1;
	if (reading->kind == NULL && assay_cursor_left(&content) > 0)
		return assay_fail(err, ASSAY_E_FORMAT, "it has content");
	if (reading->kind == NULL)
		return 0;
	/* PKCS #7 (RFC 2315, 7) has the content itself here, CMS an OCTET STRING of it. */
	if (assay_der_enter(&content, ASSAY_DER_CONTEXT_0_OUTER, what, &outer, err) < 0 ||
	    assay_der_end(&content, what, err) < 0 ||
	    assay_der_take(&outer, ASSAY_DER_SEQUENCE, what, &reading->content, err) < 0)
		return -1;
	return assay_der_end(&outer, what, err);
}

static int check_head(struct reading *reading, struct assay_cursor *cur, struct assay_error *err)
{
	struct assay_cursor set;

	if (assay_der_enter(cur, ASSAY_DER_SET, "digest algorithms", &set, err) < 0 ||
	    take_digest_algorithm(&set, &reading->digest, err) < 0 ||
	    assay_der_end(&set, "digest algorithms", err) < 0)
		return -1;
	reading->out->digest = reading->digest->name;
	if (check_encapsulated(reading, cur, err) < 0)
		return -1;
	if (assay_der_is_next(cur, ASSAY_DER_CONTEXT_0_OUTER) &&
	    check_certificates(reading, cur, err) < 0)
		return -1;
	if (assay_der_is_next(cur, ASSAY_DER_CONTEXT_1_OUTER))
		return assay_fail(err, ASSAY_E_FORMAT, "it has revocation lists");
	return 0;
}

static int check_signed_data(struct reading *reading, struct assay_cursor *cur,
                             struct assay_error *err)
{
	struct assay_cursor data, signers;
	unsigned version;

	if (assay_der_enter(cur, ASSAY_DER_SEQUENCE, "SignedData", &data, err) < 0 ||
	    take_version(&data, &version, err) < 0 || check_head(reading, &data, err) < 0 ||
	    assay_der_enter(&data, ASSAY_DER_SET, "signers", &signers, err) < 0 ||
	    assay_der_end(&data, "SignedData", err) < 0 ||
	    check_signer_info(reading, &signers, err) < 0)
		return -1;
	/* RFC 5652 5.1: 3 where a signer has version 3 */
	if (version != (reading->by_key_id ? 3 : 1))
		return assay_fail(err, ASSAY_E_FORMAT, "SignedData: version %u", version);
	return assay_der_end(&signers, "signers", err);
}

static int read_info(struct reading *reading, struct assay_span span, struct assay_error *err)
{
	struct assay_cursor cur = assay_cursor_at(span, true), info, outer;

	*reading->out = (struct assay_cms){ 0 };
	if (assay_der_enter(&cur, ASSAY_DER_SEQUENCE, "ContentInfo", &info, err) < 0 ||
	    assay_der_end(&cur, "ContentInfo", err) < 0 ||
	    expect_oid(&info, signed_data, "ContentInfo", err) < 0 ||
	    assay_der_enter(&info, ASSAY_DER_CONTEXT_0_OUTER, "ContentInfo", &outer, err) < 0 ||
	    assay_der_end(&info, "ContentInfo", err) < 0 ||
	    check_signed_data(reading, &outer, err) < 0)
		return -1;
	return assay_der_end(&outer, "SignedData", err);
}

int assay_cms_read_detached(struct assay_span span, struct assay_cms *out, struct assay_error *err)
{
	struct reading reading = { .out = out };

	return read_info(&reading, span, err);
}

int assay_cms_read_certified(struct assay_span span, struct assay_cms *out, struct assay_error *err)
{
	struct reading reading = { .out = out, .certificates = true };

	return read_info(&reading, span, err);
}

int assay_cms_read_content(struct assay_span span, const struct assay_cms_kind *kind,
                           struct assay_cms *out, struct assay_span *content,
                           struct assay_error *err)
{
	struct reading reading = { .out = out, .kind = kind, .certificates = true };

	if (read_info(&reading, span, err) < 0)
		return -1;
	*content = reading.content;
	return 0;
}
