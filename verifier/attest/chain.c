/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/chain.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/memory.h"

#define CERTIFICATES 8
#define CRLS 16
#define SECURITY_LEVEL 2 /* 112 bits; SSL_CTX_set_security_level(3) */

struct assay_anchor {
	STACK_OF(X509) * roots;
	STACK_OF(X509_CRL) * crls; /* NULL: nobody asks whether certificates are revoked */
	char *subject;
	struct assay_sha256 digest; /* of the roots */
};

static void free_bio(BIO **bio)
{
	BIO_free_all(*bio);
}

static void free_stack(STACK_OF(X509) * *stack)
{
	sk_X509_pop_free(*stack, X509_free);
}

static void free_crls(STACK_OF(X509_CRL) * *stack)
{
	sk_X509_CRL_pop_free(*stack, X509_CRL_free);
}

static void free_store(X509_STORE **store)
{
	X509_STORE_free(*store);
}

static void free_context(X509_STORE_CTX **context)
{
	X509_STORE_CTX_free(*context);
}

/* Every certificate of a text, and nothing but certificates. Owner: caller frees the stack. */
static int read_all(struct assay_span pem, STACK_OF(X509) * *out, struct assay_error *err)
{
	ASSAY_AUTO(free_stack) STACK_OF(X509) *list = sk_X509_new_null();
	ASSAY_AUTO(free_bio) BIO *bio = NULL;
	X509 *one;

	if (pem.len > ASSAY_CHAIN_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "certificates: more than %zu bytes",
		                  ASSAY_CHAIN_MAX);
	bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	while (bio != NULL && list != NULL &&
	       (one = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		if (sk_X509_push(list, one) <= 0)
			X509_free(one);
	/* The end of the text is an error to OpenSSL; any other is one to us. */
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE || sk_X509_num(list) < 1) {
		ERR_clear_error();
		return assay_fail(err, ASSAY_E_FORMAT, "no certificate in PEM, or a damaged one");
	}
	ERR_clear_error();
	if (sk_X509_num(list) > CERTIFICATES)
		return assay_fail(err, ASSAY_E_LIMIT, "more than %d certificates", CERTIFICATES);
	*out = assay_steal(&list);
	return 0;
}

/* Every revocation list of a text. One that does not say when it ends is taken for ever: refused. */
static int read_crls(struct assay_span pem, STACK_OF(X509_CRL) * *out, struct assay_error *err)
{
	ASSAY_AUTO(free_crls) STACK_OF(X509_CRL) *list = sk_X509_CRL_new_null();
	ASSAY_AUTO(free_bio) BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	X509_CRL *one;

	while (bio != NULL && list != NULL && sk_X509_CRL_num(list) <= CRLS &&
	       (one = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL)) != NULL) {
		if (sk_X509_CRL_push(list, one) <= 0)
			X509_CRL_free(one);
		else if (X509_CRL_get0_nextUpdate(one) == NULL)
			return assay_fail(err, ASSAY_E_FORMAT,
			                  "a CRL that does not say how long it is valid");
	}
	if (sk_X509_CRL_num(list) > CRLS)
		return assay_fail(err, ASSAY_E_LIMIT, "more than %d CRLs", CRLS);
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE ||
	    sk_X509_CRL_num(list) < 1) {
		ERR_clear_error();
		return assay_fail(err, ASSAY_E_FORMAT, "no CRL in PEM, or a damaged one");
	}
	ERR_clear_error();
	*out = assay_steal(&list);
	return 0;
}

/* Owner: caller frees. */
static char *name_text(const X509_NAME *name)
{
	ASSAY_AUTO(free_bio) BIO *bio = BIO_new(BIO_s_mem());
	char *ptr = NULL;
	long len;

	if (bio == NULL ||
	    X509_NAME_print_ex(bio, name, 0,
	                       XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) < 0)
		return assay_strdup("");
	len = BIO_get_mem_data(bio, &ptr);
	return len > 0 ? assay_strndup(ptr, (size_t)len) : assay_strdup("");
}

int assay_anchor_read(struct assay_span pem, const struct assay_span *crls, const char *subject,
                      struct assay_anchor **out, struct assay_error *err)
{
	ASSAY_AUTO(free_stack) STACK_OF(X509) *roots = NULL;
	STACK_OF(X509_CRL) *lists = NULL;
	struct assay_anchor *anchor;

	if (read_all(pem, &roots, err) < 0 || (crls != NULL && read_crls(*crls, &lists, err) < 0))
		return -1;
	anchor = assay_calloc(1, sizeof(*anchor));
	anchor->roots = assay_steal(&roots);
	anchor->crls = lists;
	anchor->subject = assay_strdup(subject);
	assay_sha256(pem, &anchor->digest);
	*out = anchor;
	return 0;
}

void assay_anchor_free(struct assay_anchor *anchor)
{
	if (anchor == NULL)
		return;
	sk_X509_pop_free(anchor->roots, X509_free);
	sk_X509_CRL_pop_free(anchor->crls, X509_CRL_free);
	free(anchor->subject);
	free(anchor);
}

bool assay_anchor_equal(const struct assay_anchor *a, const struct assay_anchor *b)
{
	return strcmp(a->subject, b->subject) == 0;
}

const char *assay_anchor_subject(const struct assay_anchor *anchor)
{
	return anchor->subject;
}

int assay_anchor_current(const struct assay_anchor *anchor, int64_t now, struct assay_error *err)
{
	for (int i = 0; i < sk_X509_CRL_num(anchor->crls); i++) {
		const X509_CRL *crl = sk_X509_CRL_value(anchor->crls, i);
		ASSAY_AUTO_FREE char *issuer = name_text(X509_CRL_get_issuer(crl));
		int began = ASN1_TIME_cmp_time_t(X509_CRL_get0_lastUpdate(crl), (time_t)now);

		if (ASN1_TIME_cmp_time_t(X509_CRL_get0_nextUpdate(crl), (time_t)now) < 0)
			return assay_fail(err, ASSAY_E_TRUST, "the CRL of %s is too old", issuer);
		/* 1: later; -2: no time at all. */
		if (began != 0 && began != -1)
			return assay_fail(err, ASSAY_E_TRUST, "the CRL of %s is not valid yet",
			                  issuer);
	}
	return 0;
}

static int check_leaf(const struct assay_anchor *anchor, X509 *leaf, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *subject = name_text(X509_get_subject_name(leaf));

	if (strcmp(subject, anchor->subject) != 0)
		return assay_fail(err, ASSAY_E_TRUST, "a certificate of %s, not %s", subject,
		                  anchor->subject);
	/* UINT32_MAX: it does not say, and may be used for everything (RFC 5280, 4.2.1.3). */
	if ((X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) == 0)
		return assay_fail(err, ASSAY_E_TRUST, "a certificate that is not for signing");
	if ((X509_get_extended_key_usage(leaf) & (XKU_CODE_SIGN | XKU_ANYEKU)) == 0)
		return assay_fail(err, ASSAY_E_TRUST,
		                  "a certificate for something else than signing code");
	return 0;
}

/* Whether an entry of a CRL leaves signatures alone that were there before it: people leave and keys are
 * replaced; of a key that got lost, or for no reason, nobody knows since when. */
static bool spares(const X509_REVOKED *entry, time_t when)
{
	static const long harmless[] = {
		CRL_REASON_AFFILIATION_CHANGED,
		CRL_REASON_SUPERSEDED,
		CRL_REASON_CESSATION_OF_OPERATION,
	};
	ASN1_ENUMERATED *code = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
	ASN1_GENERALIZEDTIME *since =
		X509_REVOKED_get_ext_d2i(entry, NID_invalidity_date, NULL, NULL);
	bool spared = false;

	for (size_t i = 0; code != NULL && i < ASSAY_ARRAY_LEN(harmless); i++)
		spared = spared || ASN1_ENUMERATED_get(code) == harmless[i];
	spared = spared &&
	         ASN1_TIME_cmp_time_t(X509_REVOKED_get0_revocationDate(entry), when) == 1 &&
	         (since == NULL || ASN1_TIME_cmp_time_t(since, when) == 1);
	ASN1_ENUMERATED_free(code);
	ASN1_GENERALIZEDTIME_free(since);
	return spared;
}

/* CRLs are those of now, certificates were valid when the signature was made. */
static int allow(int good, X509_STORE_CTX *context)
{
	const time_t *when = X509_STORE_CTX_get_app_data(context);
	X509_CRL *crl = X509_STORE_CTX_get0_current_crl(context);
	X509 *certificate = X509_STORE_CTX_get_current_cert(context);
	X509_REVOKED *entry = NULL;

	if (good)
		return 1;
	switch (X509_STORE_CTX_get_error(context)) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return 1;
	case X509_V_ERR_CERT_REVOKED:
		return crl != NULL && X509_CRL_get0_by_cert(crl, &entry, certificate) == 1 &&
		       spares(entry, *when);
	default:
		return 0;
	}
}

/*
 * In:  now, NULL: whether certificates were valid at a time; else whether CRLs of now have them
 * Out: *chain, the path that was found, and no other certificate: so that both are asked about one path
 */
static int check_path(const struct assay_anchor *anchor, STACK_OF(X509) * *chain, int64_t when,
                      const int64_t *now, struct assay_error *err)
{
	ASSAY_AUTO(free_store) X509_STORE *store = X509_STORE_new();
	ASSAY_AUTO(free_context) X509_STORE_CTX *context = X509_STORE_CTX_new();
	time_t signing = (time_t)when;
	X509_VERIFY_PARAM *param;
	int why;

	if (store == NULL || context == NULL)
		return assay_fail(err, ASSAY_E_SYSTEM, "OpenSSL cannot start");
	for (int i = 0; i < sk_X509_num(anchor->roots); i++)
		(void)X509_STORE_add_cert(store, sk_X509_value(anchor->roots, i));
	for (int i = 0; now != NULL && i < sk_X509_CRL_num(anchor->crls); i++)
		(void)X509_STORE_add_crl(store, sk_X509_CRL_value(anchor->crls, i));
	if (X509_STORE_CTX_init(context, store, sk_X509_value(*chain, 0), *chain) != 1)
		return assay_fail(err, ASSAY_E_SYSTEM, "OpenSSL cannot start");
	param = X509_STORE_CTX_get0_param(context);
	X509_VERIFY_PARAM_set_time(param, now != NULL ? (time_t)*now : signing);
	X509_VERIFY_PARAM_set_depth(param, CERTIFICATES);
	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	if (now != NULL) {
		X509_VERIFY_PARAM_set_flags(param,
		                            X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
		X509_STORE_CTX_set_app_data(context, &signing);
		X509_STORE_CTX_set_verify_cb(context, allow);
	}
	if (X509_verify_cert(context) == 1) {
		free_stack(chain);
		*chain = X509_STORE_CTX_get1_chain(context);
		return 0;
	}
	why = X509_STORE_CTX_get_error(context);
	ERR_clear_error();
	return assay_fail(err, ASSAY_E_TRUST, "certificates: %s",
	                  X509_verify_cert_error_string(why));
}

int assay_chain_key(const struct assay_anchor *anchor, struct assay_span chain, int64_t when,
                    int64_t now, struct assay_key **out, struct assay_error *err)
{
	ASSAY_AUTO(free_stack) STACK_OF(X509) *list = NULL;

	if (read_all(chain, &list, err) < 0 ||
	    check_leaf(anchor, sk_X509_value(list, 0), err) < 0 ||
	    check_path(anchor, &list, when, NULL, err) < 0 ||
	    (anchor->crls != NULL && check_path(anchor, &list, when, &now, err) < 0))
		return -1;
	/* Its text begins with the signer's certificate, whose key is taken. */
	return assay_key_read(chain, NULL, out, err);
}
