/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A detached CMS signature. Claims: what is accepted is small, is one for OpenSSL too, from the
 * first to the last byte and in the very same encoding, and has one signer and nothing else; no
 * accepted input goes on being one with a byte less. The same of Authenticode signatures.
 */
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>

#include "formats/signature/authenticode.h"
#include "formats/signature/certificate.h"
#include "formats/signature/cms.h"
#include "fuzz.h"

/* The value of the signature, 16 parts of the issuer's name, and what is around them. */
#define LARGEST 5120 /* bytes */
#define WITH_CERTIFICATES (8 + ASSAY_CERTIFICATES_MAX * (ASSAY_CERTIFICATE_MAX + 4))

static void check_second_opinion(const uint8_t *data, size_t size)
{
	const uint8_t *end = data;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &end, (long)size);
	STACK_OF(X509) * certificates;
	STACK_OF(X509_CRL) * lists;
	uint8_t *again = NULL;
	int length;

	fuzz_assert(cms != NULL && end == data + size);
	length = i2d_CMS_ContentInfo(cms, &again);
	fuzz_assert(length >= 0 && (size_t)length == size && memcmp(again, data, size) == 0);
	fuzz_assert(CMS_is_detached(cms) == 1);
	fuzz_assert(sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms)) == 1);
	fuzz_assert(CMS_unsigned_get_attr_count(
			    sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0)) < 1);
	certificates = CMS_get1_certs(cms);
	lists = CMS_get1_crls(cms);
	fuzz_assert(sk_X509_num(certificates) < 1 && sk_X509_CRL_num(lists) < 1);
	sk_X509_pop_free(certificates, X509_free);
	sk_X509_CRL_pop_free(lists, X509_CRL_free);
	OPENSSL_free(again);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
}

/* With certificates: of their shape OpenSSL has another opinion, of their size it has none. */
static bool is_certified(const uint8_t *data, size_t size)
{
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_cms cms;

	if (assay_cms_read_certified(assay_span_of(data, size), &cms, &err) < 0)
		return false;
	fuzz_assert(size > 0 && size <= LARGEST + WITH_CERTIFICATES);
	fuzz_assert(assay_cms_read_certified(assay_span_of(data, size - 1), &cms, &err) < 0);
	return true;
}

/* An Authenticode signature: PKCS #7 for OpenSSL as well, in the same encoding. */
static void check_authenticode(const uint8_t *data, size_t size)
{
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_authenticode out;
	const uint8_t *end = data;
	uint8_t *again = NULL;
	PKCS7 *pkcs7;
	int length;

	if (assay_authenticode_read(assay_span_of(data, size), &out, &err) < 0)
		return;
	fuzz_assert(size > 0 && size <= LARGEST + WITH_CERTIFICATES && out.digest.len > 0);
	fuzz_assert(assay_authenticode_read(assay_span_of(data, size - 1), &out, &err) < 0);
	pkcs7 = d2i_PKCS7(NULL, &end, (long)size);
	if (pkcs7 != NULL) { /* else it does not like the certificates */
		length = i2d_PKCS7(pkcs7, &again);
		fuzz_assert(end == data + size && length >= 0 && (size_t)length == size);
		fuzz_assert(memcmp(again, data, size) == 0);
		fuzz_assert(sk_PKCS7_SIGNER_INFO_num(PKCS7_get_signer_info(pkcs7)) == 1);
	}
	OPENSSL_free(again);
	PKCS7_free(pkcs7);
	ERR_clear_error();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_cms cms;

	bool certified = is_certified(data, size);

	check_authenticode(data, size);

	if (assay_cms_read_detached(assay_span_of(data, size), &cms, &err) < 0) {
		fuzz_assert(err.code == ASSAY_E_FORMAT && err.text[0] != '\0');
		return 0;
	}
	fuzz_assert(certified && size > 0 && size <= LARGEST);
	fuzz_assert(cms.digest != NULL && cms.signature != NULL);
	check_second_opinion(data, size);
	fuzz_assert(assay_cms_read_detached(assay_span_of(data, size - 1), &cms, &err) < 0);
	return 0;
}
