/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/chain.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/memory.h"

#define CERTIFICATES 8
#define SECURITY_LEVEL 2 /* 112 bits; SSL_CTX_set_security_level(3) */

struct assay_anchor {
	STACK_OF(X509) * roots;
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

/* Owner: caller frees. */
static char *subject_of(X509 *certificate)
{
	ASSAY_AUTO(free_bio) BIO *bio = BIO_new(BIO_s_mem());
	char *ptr = NULL;
	long len;

	if (bio == NULL ||
	    X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0,
	                       XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) < 0)
		return assay_strdup("");
	len = BIO_get_mem_data(bio, &ptr);
	return len > 0 ? assay_strndup(ptr, (size_t)len) : assay_strdup("");
}

int assay_anchor_read(struct assay_span pem, const char *subject, struct assay_anchor **out,
                      struct assay_error *err)
{
	struct assay_anchor *anchor;
	STACK_OF(X509) *roots = NULL;

	if (read_all(pem, &roots, err) < 0)
		return -1;
	anchor = assay_calloc(1, sizeof(*anchor));
	anchor->roots = roots;
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

static int check_leaf(const struct assay_anchor *anchor, X509 *leaf, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *subject = subject_of(leaf);

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

static int check_path(const struct assay_anchor *anchor, STACK_OF(X509) * chain, int64_t when,
                      struct assay_error *err)
{
	ASSAY_AUTO(free_store) X509_STORE *store = X509_STORE_new();
	ASSAY_AUTO(free_context) X509_STORE_CTX *context = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	int why;

	if (store == NULL || context == NULL)
		return assay_fail(err, ASSAY_E_SYSTEM, "OpenSSL cannot start");
	for (int i = 0; i < sk_X509_num(anchor->roots); i++)
		(void)X509_STORE_add_cert(store, sk_X509_value(anchor->roots, i));
	if (X509_STORE_CTX_init(context, store, sk_X509_value(chain, 0), chain) != 1)
		return assay_fail(err, ASSAY_E_SYSTEM, "OpenSSL cannot start");
	param = X509_STORE_CTX_get0_param(context);
	X509_VERIFY_PARAM_set_time(param, (time_t)when);
	X509_VERIFY_PARAM_set_depth(param, CERTIFICATES);
	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	if (X509_verify_cert(context) == 1)
		return 0;
	why = X509_STORE_CTX_get_error(context);
	ERR_clear_error();
	return assay_fail(err, ASSAY_E_TRUST, "certificates: %s",
	                  X509_verify_cert_error_string(why));
}

int assay_chain_key(const struct assay_anchor *anchor, struct assay_span chain, int64_t when,
                    struct assay_key **out, struct assay_error *err)
{
	ASSAY_AUTO(free_stack) STACK_OF(X509) *list = NULL;

	if (read_all(chain, &list, err) < 0 ||
	    check_leaf(anchor, sk_X509_value(list, 0), err) < 0 ||
	    check_path(anchor, list, when, err) < 0)
		return -1;
	/* Its text begins with the signer's certificate, whose key is taken. */
	return assay_key_read(chain, NULL, out, err);
}
