/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys and certificates against what others published: signatures of sigstore-conformance with a managed
 * key, and a signature of libjcat whose certificate was valid when it was made and is no more. Left out
 * where the files are not there.
 */
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>

#include "attest/base64.h"
#include "attest/chain.h"
#include "attest/document.h"
#include "base/clock.h"
#include "base/file.h"
#include "testing.h"

/* Return: false, and says so, when it is not there. */
static bool read_published(const char *name, struct assay_bytes *out)
{
	const char *top = getenv("top_srcdir");
	ASSAY_AUTO_BUFFER struct assay_buffer path = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;

	assay_buffer_printf(&path, "%s/../shared/vectors/%s", top != NULL ? top : ".", name);
	if (assay_file_read(AT_FDCWD, assay_buffer_str(&path), 65536, out, &err) == 0)
		return true;
	/* cmocka 1.1.5 writes a skipped test as one that failed. */
	print_message("# skipped, it is not here: %s\n", err.text);
	return false;
}

/* --- sigstore-conformance ------------------------------------------------------------------ */

static void read_signature(struct assay_span bundle, struct assay_bytes *out)
{
	ASSAY_AUTO_JSON json_t *json = NULL;
	struct assay_error err = ASSAY_ERROR_INIT;
	const json_t *message;

	assert_int_equal(assay_json_parse(bundle, &json, &err), 0);
	message = json_object_get(json, "messageSignature");
	assert_int_equal(
		assay_base64_parse(assay_span_of_str(assay_field_or_empty(message, "signature")),
	                           out, &err),
		0);
}

static void test_managed_key(void **state)
{
	static const struct {
		const char *folder;
		bool good;
	} rows[] = {
		{ "managed-key-happy-path", true },
		{ "managed-key-and-trusted-root", true },
		{ "managed-key-wrong-key_fail", false },
	};
	ASSAY_AUTO_BYTES struct assay_bytes text = { 0 };

	(void)state;
	if (!read_published("sigstore-managed-key/a.txt", &text))
		return;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++) {
		ASSAY_AUTO_BUFFER struct assay_buffer name = { 0 };
		ASSAY_AUTO_BYTES struct assay_bytes bundle = { 0 }, pem = { 0 }, signature = { 0 };
		ASSAY_AUTO_KEY struct assay_key *key = NULL;
		struct assay_error err = ASSAY_ERROR_INIT;

		print_message("# %s\n", rows[i].folder);
		assay_buffer_printf(&name, "sigstore-managed-key/%s/key.pub", rows[i].folder);
		assert_true(read_published(assay_buffer_str(&name), &pem));
		assay_buffer_fini(&name);
		assay_buffer_printf(&name, "sigstore-managed-key/%s/bundle.sigstore.json",
		                    rows[i].folder);
		assert_true(read_published(assay_buffer_str(&name), &bundle));
		/* The wrong one is a point that is not on the curve. */
		assert_int_equal(assay_key_read(assay_span_of_bytes(&pem), NULL, &key, &err),
		                 rows[i].good ? 0 : -1);
		if (!rows[i].good)
			continue;
		read_signature(assay_span_of_bytes(&bundle), &signature);
		assert_true(assay_key_verify(key, assay_span_of_bytes(&text),
		                             assay_span_of_bytes(&signature)));
		text.ptr[0] ^= 1;
		assert_false(assay_key_verify(key, assay_span_of_bytes(&text),
		                              assay_span_of_bytes(&signature)));
		text.ptr[0] ^= 1;
	}
}

/* --- libjcat ------------------------------------------------------------------------------- */

/* The certificates of a PKCS#7 signature as a signer of ours would bring them. */
static void write_chain(struct assay_span p7, struct assay_buffer *out)
{
	BIO *in = BIO_new_mem_buf(p7.ptr, (int)p7.len), *pem = BIO_new(BIO_s_mem());
	PKCS7 *signature = PEM_read_bio_PKCS7(in, NULL, NULL, NULL);
	char *text = NULL;
	long len;

	assert_non_null(signature);
	assert_true(PKCS7_type_is_signed(signature));
	assert_true(sk_X509_num(signature->d.sign->cert) > 0);
	for (int i = 0; i < sk_X509_num(signature->d.sign->cert); i++)
		assert_int_equal(PEM_write_bio_X509(pem, sk_X509_value(signature->d.sign->cert, i)),
		                 1);
	len = BIO_get_mem_data(pem, &text);
	assay_buffer_add(out, text, (size_t)len);
	PKCS7_free(signature);
	BIO_free(in);
	BIO_free(pem);
}

/* Its key has 2048 bits, and is refused for that when nothing else is wrong. */
static void test_expired(void **state)
{
	static const struct {
		const char *when, *subject, *why;
	} rows[] = {
		{ "2017-07-31T23:59:59Z", "CN=Richard Hughes", "not yet valid" },
		{ "2018-01-01T00:00:00Z", "CN=Richard Hughes", "2048" },
		{ "2019-08-01T00:00:01Z", "CN=Richard Hughes", "expired" },
		{ "2026-11-25T00:00:00Z", "CN=Richard Hughes", "expired" },
		{ "2018-01-01T00:00:00Z", "CN=Somebody Else", "not CN=Somebody Else" },
	};
	ASSAY_AUTO_BYTES struct assay_bytes root = { 0 }, p7 = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer chain = { 0 };

	(void)state;
	if (!read_published("libjcat/pki/LVFS-CA.pem", &root) ||
	    !read_published("libjcat/colorhug/firmware.bin.p7b", &p7))
		return;
	write_chain(assay_span_of_bytes(&p7), &chain);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++) {
		ASSAY_AUTO_KEY struct assay_key *key = NULL;
		struct assay_error err = ASSAY_ERROR_INIT;
		struct assay_anchor *anchor = NULL;
		int64_t when;

		assert_true(assay_clock_parse(rows[i].when, &when));
		assert_int_equal(assay_anchor_read(assay_span_of_bytes(&root), NULL,
		                                   rows[i].subject, &anchor, &err),
		                 0);
		assert_int_equal(
			assay_chain_key(anchor, assay_buffer_span(&chain), when, when, &key, &err),
			-1);
		print_message("# %s: %s\n", rows[i].when, err.text);
		assert_non_null(strstr(err.text, rows[i].why));
		assay_anchor_free(anchor);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_managed_key),
		cmocka_unit_test(test_expired),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
