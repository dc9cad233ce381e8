/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Base64, envelopes and signatures against published examples, and text that must be refused. */
#include <fcntl.h>
#include <openssl/bn.h>

#include "attest/base64.h"
#include "attest/document.h"
#include "attest/envelope.h"
#include "attest/statement.h"
#include "base/clock.h"
#include "base/file.h"
#include "testing.h"

/* value: NULL when the text must be refused. RFC 4648, 10 has the first seven. */
static const struct {
	const char *text, *value;
} base64_cases[] = {
	{ "", "" },
	{ "Zg==", "f" },
	{ "Zm8=", "fo" },
	{ "Zm9v", "foo" },
	{ "Zm9vYg==", "foob" },
	{ "Zm9vYmE=", "fooba" },
	{ "Zm9vYmFy", "foobar" },
	{ "+/8=", "\xfb\xff" },
	{ "-_8=", "\xfb\xff" },
	{ "-_8", "\xfb\xff" },
	{ "Zg", "f" },    /* could be either alphabet: the URL-safe one needs no padding */
	{ "+/8", NULL },  /* the standard one does */
	{ "+_8=", NULL }, /* a mixture */
	{ "Z", NULL },    /* six bits */
	{ "Zg=", NULL },  /* half a padding */
	{ "Zg===", NULL },
	{ "====", NULL },
	{ "Zh==", NULL }, /* unused bits */
	{ "Zm9=", NULL },
	{ "Zg==Zg==", NULL },
	{ " Zg==", NULL },
	{ "Zg==\n", NULL },
	{ "Zm\n9v", NULL },
	{ "Zm9\xff", NULL },
};

static void test_base64(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(base64_cases); i++) {
		ASSAY_AUTO_BYTES struct assay_bytes got = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;
		const char *value = base64_cases[i].value;
		int result =
			assay_base64_parse(assay_span_of_str(base64_cases[i].text), &got, &err);

		print_message("# %s\n", base64_cases[i].text);
		assert_int_equal(result, value != NULL ? 0 : -1);
		assert_int_equal(err.code, value != NULL ? ASSAY_E_NONE : ASSAY_E_FORMAT);
		if (value != NULL)
			assert_true(assay_span_is(assay_span_of_bytes(&got), value));
	}
}

/* Every length and every byte, there and back. */
static void test_base64_round(void **state)
{
	uint8_t bytes[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37 + 11);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
		ASSAY_AUTO_BYTES struct assay_bytes got = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;

		assay_base64_write(&text, assay_span_of(bytes, len));
		assert_int_equal(text.len, (len + 2) / 3 * 4);
		assert_int_equal(assay_base64_parse(assay_buffer_span(&text), &got, &err), 0);
		assert_true(assay_span_equal(assay_span_of_bytes(&got), assay_span_of(bytes, len)));
	}
}

#define DIGEST "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HEAD "{\"_type\":\"https://in-toto.io/Statement/v1\","
#define SUBJECT "\"subject\":[{\"digest\":{\"sha256\":\"" DIGEST "\"}}],"
#define TAIL "\"predicateType\":\"x:y\",\"predicate\":{}}"

/* wrong: what the message must say; NULL for a good statement. */
static const struct {
	const char *text, *wrong;
} statement_cases[] = {
	{ HEAD SUBJECT TAIL, NULL },
	{ HEAD "\"more\":[1,2.5],\"subject\":[{\"digest\":{\"gitCommit\":\"a\"}}]," TAIL, NULL },
	{ "", "JSON" },
	{ "[]", "not a JSON object" },
	{ HEAD SUBJECT TAIL "x", "JSON" },
	{ HEAD HEAD SUBJECT TAIL, "JSON" },
	{ "{\"_type\":\"https://in-toto.io/Statement/v0.1\"," SUBJECT TAIL, "_type" },
	{ "{" SUBJECT TAIL, "_type: missing" },
	{ HEAD TAIL, "subject: missing" },
	{ HEAD "\"subject\":{}," TAIL, "subject: must be an array" },
	{ HEAD "\"subject\":[]," TAIL, "subject: is empty" },
	{ HEAD "\"subject\":[1]," TAIL, "subject[0]: must be an object" },
	{ HEAD "\"subject\":[{}]," TAIL, "subject[0]: digest: missing" },
	{ HEAD "\"subject\":[{\"digest\":{}}]," TAIL, "digest: is empty" },
	{ HEAD "\"subject\":[{\"digest\":{\"sha256\":\"00\"}}]," TAIL, "64 hexadecimal" },
	{ HEAD "\"subject\":[{\"digest\":{\"sha256\":7}}]," TAIL, "sha256: must be text" },
	{ HEAD SUBJECT "\"predicate\":{}}", "predicateType: missing" },
	{ HEAD SUBJECT "\"predicateType\":\"x\"}", "predicate: missing" },
	{ HEAD SUBJECT "\"a\":1,\"a\":1," TAIL, "duplicate" },
	{ HEAD SUBJECT "\"a\":\"\\u0000\"," TAIL, "JSON" },
};

static void test_statements(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(statement_cases); i++) {
		ASSAY_AUTO_STATEMENT struct assay_statement got = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;
		const char *wrong = statement_cases[i].wrong;
		int result = assay_statement_parse(assay_span_of_str(statement_cases[i].text), &got,
		                                   &err);

		print_message("# %s\n", statement_cases[i].text);
		assert_int_equal(result, wrong != NULL ? -1 : 0);
		if (wrong != NULL)
			assert_non_null(strstr(err.text, wrong));
	}
}

static void test_subject(void **state)
{
	ASSAY_AUTO_STATEMENT struct assay_statement got = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_sha256 empty, other = { { 1 } };

	(void)state;
	assay_sha256(assay_span_of(NULL, 0), &empty);
	assert_int_equal(assay_statement_parse(assay_span_of_str(HEAD SUBJECT TAIL), &got, &err),
	                 0);
	assert_true(assay_statement_has(&got, &empty));
	assert_false(assay_statement_has(&got, &other));
}

static void test_depth(void **state)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_JSON json_t *json = NULL, *good = NULL;
	struct assay_error err = ASSAY_ERROR_INIT;

	(void)state;
	/* Brackets in text do not nest. */
	assert_int_equal(
		assay_document_parse(assay_span_of_str("{\"a\":\"[[[[\\\"[[[\"}"), 99, &good, &err),
		0);
	assay_buffer_add_str(&text, "{\"a\":");
	for (int i = 0; i < ASSAY_DOCUMENT_DEPTH; i++)
		assay_buffer_add_str(&text, "[");
	assert_int_equal(assay_document_parse(assay_buffer_span(&text), 4096, &json, &err), -1);
	assert_int_equal(err.code, ASSAY_E_LIMIT);
}

static const struct {
	const char *text;
	int64_t seconds; /* -1: must be refused */
} time_cases[] = {
	{ "1970-01-01T00:00:00Z", 0 },
	{ "2022-11-25T06:31:44Z", 1669357904 },
	{ "2024-02-29T23:59:59Z", 1709251199 },
	{ "2023-02-29T00:00:00Z", -1 },
	{ "2022-11-25T06:31:44+00:00", -1 },
	{ "2022-11-25 06:31:44Z", -1 },
	{ "2022-11-25T6:31:44Z", -1 },
	{ "2022-11-25T06:31:60Z", -1 },
	{ "1969-12-31T23:59:59Z", -1 },
	{ "2022-11-25T06:31:44Z ", -1 },
	{ "", -1 },
};

static void test_times(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(time_cases); i++) {
		int64_t got = -1;

		print_message("# %s\n", time_cases[i].text);
		assert_int_equal(assay_clock_parse(time_cases[i].text, &got),
		                 time_cases[i].seconds >= 0);
		assert_int_equal(got, time_cases[i].seconds);
	}
}

/* Source: DSSE 1.0.2, protocol.md, test vectors. */
static void test_pae(void **state)
{
	ASSAY_AUTO_ENVELOPE struct assay_envelope envelope = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer pae = { 0 };

	(void)state;
	assay_envelope_make("http://example.com/HelloWorld", assay_span_of_str("hello world"),
	                    &envelope);
	assay_envelope_pae(&envelope, &pae);
	assert_string_equal(assay_buffer_str(&pae),
	                    "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

/* A P-256 public key in PEM from its two numbers in decimal. Source: RFC 5480, 2 */
static void write_key(const char *x, const char *y, struct assay_buffer *pem)
{
	uint8_t der[91] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
		            0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
		            0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04 };
	BIGNUM *n = NULL;

	assert_true(BN_dec2bn(&n, x) > 0);
	assert_int_equal(BN_bn2binpad(n, der + 27, 32), 32);
	assert_true(BN_dec2bn(&n, y) > 0);
	assert_int_equal(BN_bn2binpad(n, der + 59, 32), 32);
	BN_free(n);
	assay_buffer_add_str(pem, "-----BEGIN PUBLIC KEY-----\n");
	for (size_t i = 0; i < sizeof(der); i += 48) {
		assay_base64_write(pem, assay_span_sub(assay_span_of(der, sizeof(der)), i, 48));
		assay_buffer_add_str(pem, "\n");
	}
	assay_buffer_add_str(pem, "-----END PUBLIC KEY-----\n");
}

static int found(const struct assay_envelope *envelope, const struct assay_key *key)
{
	ASSAY_AUTO_BUFFER struct assay_buffer pae = { 0 };

	assay_envelope_pae(envelope, &pae);
	return assay_envelope_find(envelope, assay_buffer_span(&pae), key);
}

/* The published example: ECDSA as r and s. One flipped bit anywhere is found. */
static void test_published(void **state)
{
	const char *top = getenv("top_srcdir");
	ASSAY_AUTO_BUFFER struct assay_buffer path = { 0 }, pem = { 0 }, text = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes file = { 0 };
	ASSAY_AUTO_ENVELOPE struct assay_envelope envelope = { 0 };
	ASSAY_AUTO_KEY struct assay_key *key = NULL;
	ASSAY_AUTO_JSON json_t *json = NULL;
	struct assay_error err = ASSAY_ERROR_INIT;
	const json_t *numbers;

	(void)state;
	assay_buffer_printf(&path, "%s/../shared/vectors/dsse/protocol-example.json",
	                    top != NULL ? top : ".");
	if (assay_file_read(AT_FDCWD, assay_buffer_str(&path), 65536, &file, &err) < 0) {
		/* cmocka 1.1.5 writes a skipped test as one that failed. */
		print_message("# skipped, the published example is not here: %s\n", err.text);
		return;
	}
	assert_int_equal(assay_json_parse(assay_span_of_bytes(&file), &json, &err), 0);
	numbers = json_object_get(json, "public_key");
	write_key(assay_field_or_empty(numbers, "x"), assay_field_or_empty(numbers, "y"), &pem);
	assert_int_equal(assay_key_read(assay_buffer_span(&pem), NULL, &key, &err), 0);
	assay_json_canonical(json_object_get(json, "envelope"), &text);
	assert_int_equal(assay_envelope_parse(assay_buffer_span(&text), &envelope, &err), 0);
	assert_int_equal(envelope.count, 1);
	assert_int_equal(envelope.signatures[0].bytes.len, 64);
	assert_int_equal(found(&envelope, key), 0);
	for (size_t bit = 0; bit < 64 * 8; bit++) {
		envelope.signatures[0].bytes.ptr[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(found(&envelope, key), -1);
		envelope.signatures[0].bytes.ptr[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t bit = 0; bit < envelope.payload.len * 8; bit++) {
		envelope.payload.ptr[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(found(&envelope, key), -1);
		envelope.payload.ptr[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(found(&envelope, key), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64),     cmocka_unit_test(test_base64_round),
		cmocka_unit_test(test_statements), cmocka_unit_test(test_subject),
		cmocka_unit_test(test_depth),      cmocka_unit_test(test_times),
		cmocka_unit_test(test_pae),        cmocka_unit_test(test_published),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
