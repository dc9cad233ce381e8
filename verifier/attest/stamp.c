/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/stamp.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ts.h>

#include "attest/base64.h"
#include "attest/document.h"
#include "attest/key_parts.h"
#include "base/memory.h"

#define FIELD "assay_timestamps"
#define CRLS_MAX 16

static void free_request(TS_REQ **p)
{
	TS_REQ_free(*p);
}

static void free_response(TS_RESP **p)
{
	TS_RESP_free(*p);
}

static void free_imprint(TS_MSG_IMPRINT **p)
{
	TS_MSG_IMPRINT_free(*p);
}

static void free_token(PKCS7 **p)
{
	PKCS7_free(*p);
}

static void free_info(TS_TST_INFO **p)
{
	TS_TST_INFO_free(*p);
}

static void free_context(TS_VERIFY_CTX **p)
{
	TS_VERIFY_CTX_free(*p);
}

static void free_bio(BIO **p)
{
	BIO_free(*p);
}

static void free_crl(X509_CRL **p)
{
	X509_CRL_free(*p);
}

static const json_t *stamps_of(const struct assay_envelope *envelope)
{
	return json_object_get(envelope->json, FIELD);
}

/* What stamp number index covers. */
static void imprint_of(const struct assay_envelope *envelope, size_t signatures, size_t index,
                       struct assay_sha256 *out)
{
	ASSAY_AUTO_JSON json_t *json = json_object();
	json_t *sigs = json_array(), *before = json_array();

	for (size_t i = 0; i < signatures; i++)
		assay_json_append(
			sigs, json_incref(json_object_get(envelope->signatures[i].json, "sig")));
	for (size_t i = 0; i < index; i++)
		assay_json_append(before, json_incref(json_array_get(stamps_of(envelope), i)));
	assay_json_set(json, "payload", json_incref(json_object_get(envelope->json, "payload")));
	assay_json_set(json, "payloadType",
	               json_incref(json_object_get(envelope->json, "payloadType")));
	assay_json_set(json, "signatures", sigs);
	assay_json_set(json, "timestamps", before);
	assay_json_digest(json, out);
}

int assay_stamp_request(const struct assay_envelope *envelope, struct assay_bytes *der,
                        struct assay_error *err)
{
	ASSAY_AUTO(free_request) TS_REQ *request = TS_REQ_new();
	ASSAY_AUTO(free_imprint) TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	X509_ALGOR *algorithm = X509_ALGOR_new();
	unsigned char *bytes = NULL;
	struct assay_sha256 digest;
	int len = 0;

	if (envelope->count == 0) {
		X509_ALGOR_free(algorithm);
		return assay_fail(err, ASSAY_E_USAGE,
		                  "has no signature whose time could be stamped");
	}
	imprint_of(envelope, envelope->count, json_array_size(stamps_of(envelope)), &digest);
	if (request != NULL && imprint != NULL && algorithm != NULL &&
	    X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1 &&
	    TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1 &&
	    TS_MSG_IMPRINT_set_msg(imprint, digest.bytes, sizeof(digest.bytes)) == 1 &&
	    TS_REQ_set_version(request, 1) == 1 && TS_REQ_set_msg_imprint(request, imprint) == 1 &&
	    TS_REQ_set_cert_req(request, 1) == 1)
		len = i2d_TS_REQ(request, &bytes);
	X509_ALGOR_free(algorithm);
	if (len <= 0)
		return assay_key_fail(err, ASSAY_E_SYSTEM, "cannot make a request");
	*der = (struct assay_bytes){ assay_calloc((size_t)len, 1), (size_t)len };
	memcpy(der->ptr, bytes, der->len);
	OPENSSL_free(bytes);
	return 0;
}

/* Whether a token is about a digest, and about SHA-256. */
static bool covers(TS_TST_INFO *info, const struct assay_sha256 *digest)
{
	TS_MSG_IMPRINT *imprint = TS_TST_INFO_get_msg_imprint(info);
	const ASN1_OCTET_STRING *bytes = TS_MSG_IMPRINT_get_msg(imprint);
	const ASN1_OBJECT *algorithm = NULL;

	X509_ALGOR_get0(&algorithm, NULL, NULL, TS_MSG_IMPRINT_get_algo(imprint));
	return OBJ_obj2nid(algorithm) == NID_sha256 &&
	       ASN1_STRING_length(bytes) == ASSAY_SHA256_SIZE &&
	       memcmp(ASN1_STRING_get0_data(bytes), digest->bytes, ASSAY_SHA256_SIZE) == 0;
}

static X509_CRL *read_crl(struct assay_span file)
{
	ASSAY_AUTO(free_bio) BIO *bio = BIO_new_mem_buf(file.ptr, (int)file.len);
	X509_CRL *crl = bio != NULL ? PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL) : NULL;
	const unsigned char *p = file.ptr;

	return crl != NULL ? crl : d2i_X509_CRL(NULL, &p, (long)file.len);
}

static json_t *base64_json(struct assay_span bytes)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	assay_base64_write(&text, bytes);
	return assay_json_str(assay_buffer_span(&text));
}

static int add_crl(json_t *list, struct assay_span file, struct assay_error *err)
{
	ASSAY_AUTO(free_crl) X509_CRL *crl = NULL;
	unsigned char *der = NULL;
	int len;

	if (file.len == 0 || file.len > ASSAY_STAMP_FILE_MAX || (crl = read_crl(file)) == NULL)
		return assay_key_fail(err, ASSAY_E_FORMAT, "not a revocation list (CRL)");
	len = i2d_X509_CRL(crl, &der);
	if (len <= 0)
		return assay_key_fail(err, ASSAY_E_FORMAT, "not a revocation list (CRL)");
	assay_json_append(list, base64_json(assay_span_of(der, (size_t)len)));
	OPENSSL_free(der);
	return 0;
}

static int open_response(struct assay_span bytes, TS_RESP **out, struct assay_error *err)
{
	const unsigned char *p = bytes.ptr;
	const ASN1_INTEGER *status;

	*out = bytes.len > 0 && bytes.len <= ASSAY_STAMP_FILE_MAX
	               ? d2i_TS_RESP(NULL, &p, (long)bytes.len)
	               : NULL;
	if (*out == NULL || p != bytes.ptr + bytes.len)
		return assay_key_fail(err, ASSAY_E_FORMAT,
		                      "not the answer of a time stamp authority");
	status = TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(*out));
	/* RFC 3161, 2.4.2: granted, or granted with modifications. */
	if (ASN1_INTEGER_get(status) != TS_STATUS_GRANTED &&
	    ASN1_INTEGER_get(status) != TS_STATUS_GRANTED_WITH_MODS)
		return assay_fail(err, ASSAY_E_TRUST, "the authority refused the request");
	if (TS_RESP_get_token(*out) == NULL || TS_RESP_get_tst_info(*out) == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "the authority's answer has no token");
	return 0;
}

static int add_token(json_t *stamp, TS_RESP *response, struct assay_error *err)
{
	unsigned char *der = NULL;
	int len = i2d_PKCS7(TS_RESP_get_token(response), &der);

	if (len <= 0)
		return assay_key_fail(err, ASSAY_E_FORMAT, "not a time stamp");
	assay_json_set(stamp, "token", base64_json(assay_span_of(der, (size_t)len)));
	OPENSSL_free(der);
	return 0;
}

int assay_stamp_attach(struct assay_envelope *envelope, struct assay_span response,
                       const struct assay_span *crls, size_t crl_count, struct assay_error *err)
{
	ASSAY_AUTO(free_response) TS_RESP *answer = NULL;
	ASSAY_AUTO_JSON json_t *stamp = json_object();
	json_t *list = json_array();
	size_t index = json_array_size(stamps_of(envelope));
	struct assay_sha256 digest;

	assay_json_set(stamp, "crls", list);
	if (index >= ASSAY_STAMPS_MAX || crl_count > CRLS_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "more than %d time stamps, or %d CRLs",
		                  ASSAY_STAMPS_MAX, CRLS_MAX);
	if (open_response(response, &answer, err) < 0)
		return -1;
	imprint_of(envelope, envelope->count, index, &digest);
	if (!covers(TS_RESP_get_tst_info(answer), &digest))
		return assay_fail(err, ASSAY_E_TRUST,
		                  "the time stamp is about something else: was the envelope "
		                  "changed since the request?");
	assay_json_set_int(stamp, "signatures", envelope->count);
	for (size_t i = 0; i < crl_count; i++)
		if (add_crl(list, crls[i], err) < 0)
			return -1;
	if (add_token(stamp, answer, err) < 0)
		return -1;
	if (stamps_of(envelope) == NULL)
		assay_json_set(envelope->json, FIELD, json_array());
	assay_json_append(json_object_get(envelope->json, FIELD), json_incref(stamp));
	return 0;
}

static bool seconds_of(const ASN1_TIME *time, int64_t *out)
{
	struct tm tm = { 0 };

	if (ASN1_TIME_to_tm(time, &tm) != 1)
		return false;
	*out = timegm(&tm);
	return true;
}

static int add_authorities(X509_STORE *store, struct assay_span pem, struct assay_error *err)
{
	ASSAY_AUTO(free_bio) BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	size_t count = 0;
	X509 *certificate;

	while (bio != NULL && (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		(void)X509_STORE_add_cert(store, certificate);
		X509_free(certificate);
		count++;
	}
	ERR_clear_error();
	if (count == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "no certificate of a time stamp authority");
	return 0;
}

static int add_crls(X509_STORE *store, const json_t *list, bool wants_crls, struct assay_error *err)
{
	size_t count = json_array_size(list);

	if (count > CRLS_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "more than %d CRLs", CRLS_MAX);
	if (count == 0 && wants_crls)
		return assay_fail(err, ASSAY_E_TRUST, "has no CRL of its time");
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(list, i));
		ASSAY_AUTO_BYTES struct assay_bytes der = { 0 };
		ASSAY_AUTO(free_crl) X509_CRL *crl = NULL;

		if (text == NULL || assay_base64_parse(assay_span_of_str(text), &der, err) < 0 ||
		    (crl = read_crl(assay_span_of_bytes(&der))) == NULL)
			return assay_key_fail(err, ASSAY_E_FORMAT, "crls: not a CRL");
		(void)X509_STORE_add_crl(store, crl);
	}
	if (count > 0)
		(void)X509_STORE_set_flags(store,
		                           X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	return 0;
}

/* Verify a token as of its own time. */
static int verify_token(PKCS7 *token, X509_STORE *store, int64_t time, struct assay_error *err)
{
	ASSAY_AUTO(free_context) TS_VERIFY_CTX *context = TS_VERIFY_CTX_new();

	if (context == NULL)
		return assay_key_fail(err, ASSAY_E_SYSTEM, "cannot verify");
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), (time_t)time);
	(void)X509_STORE_up_ref(store); /* the context gives one back */
	(void)TS_VERIFY_CTX_set_store(context, store);
	(void)TS_VERIFY_CTX_set_flags(context, TS_VFY_VERSION | TS_VFY_SIGNATURE);
	if (TS_RESP_verify_token(context, token) != 1)
		return assay_key_fail(err, ASSAY_E_TRUST, "is not good as of its own time");
	return 0;
}

/* When the certificate that signed the token runs out: the first of its signers'. */
static void take_not_after(PKCS7 *token, struct assay_stamp *out)
{
	STACK_OF(X509) *signers = PKCS7_get0_signers(token, NULL, 0);

	if (sk_X509_num(signers) > 0)
		(void)seconds_of(X509_get0_notAfter(sk_X509_value(signers, 0)), &out->not_after);
	sk_X509_free(signers);
	ERR_clear_error();
}

static void free_store(X509_STORE **store)
{
	X509_STORE_free(*store);
}

static int open_token(const json_t *json, PKCS7 **token, TS_TST_INFO **info,
                      struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes der = { 0 };
	const char *text = assay_field_text(json, "token", err);
	const unsigned char *p;

	if (text == NULL || assay_base64_parse(assay_span_of_str(text), &der, err) < 0)
		return -1;
	p = der.ptr;
	*token = d2i_PKCS7(NULL, &p, (long)der.len);
	if (*token == NULL || p != der.ptr + der.len)
		return assay_key_fail(err, ASSAY_E_FORMAT, "token: is none");
	*info = PKCS7_to_TS_TST_INFO(*token);
	if (*info == NULL)
		return assay_key_fail(err, ASSAY_E_FORMAT, "token: is none");
	return 0;
}

static int check_one(const struct assay_envelope *envelope, size_t index, X509_STORE *store,
                     struct assay_stamp *out, struct assay_error *err)
{
	const json_t *json = json_array_get(stamps_of(envelope), index);
	const json_t *count = assay_field(json, "signatures", JSON_INTEGER, err);
	ASSAY_AUTO(free_token) PKCS7 *token = NULL;
	ASSAY_AUTO(free_info) TS_TST_INFO *info = NULL;
	struct assay_sha256 digest;

	if (count == NULL || open_token(json, &token, &info, err) < 0)
		return -1;
	if (json_integer_value(count) < 1 || (uint64_t)json_integer_value(count) > envelope->count)
		return assay_fail(err, ASSAY_E_FORMAT, "covers more signatures than there are");
	out->signatures = (size_t)json_integer_value(count);
	imprint_of(envelope, out->signatures, index, &digest);
	if (!covers(info, &digest))
		return assay_fail(err, ASSAY_E_TRUST, "is about something else");
	if (!seconds_of(TS_TST_INFO_get_time(info), &out->time))
		return assay_fail(err, ASSAY_E_FORMAT, "has no time");
	if (verify_token(token, store, out->time, err) < 0)
		return -1;
	take_not_after(token, out);
	return 0;
}

static int check_stamp(const struct assay_envelope *envelope, size_t index,
                       struct assay_span authorities, bool wants_crls, struct assay_stamp *out,
                       struct assay_error *err)
{
	const json_t *json = json_array_get(stamps_of(envelope), index);
	ASSAY_AUTO(free_store) X509_STORE *store = X509_STORE_new();

	if (store == NULL)
		return assay_key_fail(err, ASSAY_E_SYSTEM, "cannot verify");
	if (add_authorities(store, authorities, err) < 0 ||
	    add_crls(store, json_object_get(json, "crls"), wants_crls, err) < 0)
		return -1;
	return check_one(envelope, index, store, out, err);
}

int assay_stamp_check(const struct assay_envelope *envelope, struct assay_span authorities,
                      bool wants_crls, struct assay_stamp stamps[ASSAY_STAMPS_MAX], size_t *count,
                      struct assay_error *err)
{
	size_t there = json_array_size(stamps_of(envelope));

	if (there == 0)
		return assay_fail(err, ASSAY_E_TRUST, "has no time stamp");
	if (there > ASSAY_STAMPS_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "more than %d time stamps", ASSAY_STAMPS_MAX);
	for (size_t i = 0; i < there; i++) {
		stamps[i] = (struct assay_stamp){ 0 };
		if (check_stamp(envelope, i, authorities, wants_crls, &stamps[i], err) < 0)
			return assay_fail_in(err, "time stamp %zu", i + 1);
		if (i > 0 && stamps[i].time < stamps[i - 1].time)
			return assay_fail(err, ASSAY_E_TRUST,
			                  "time stamp %zu is older than the one it covers", i + 1);
	}
	*count = there;
	return 0;
}
