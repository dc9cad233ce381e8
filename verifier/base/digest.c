/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/digest.h"

#include <errno.h>
#include <openssl/evp.h>

#include "base/die.h"
#include "base/memory.h"

#define BLOCK (1 << 16) /* bytes that are read at a time */

struct assay_hasher {
	EVP_MD_CTX *ctx;
};

/* A digest that silently failed would be a false match: end the program instead. */
static void must(int ok)
{
	if (ok != 1)
		assay_die("OpenSSL cannot compute a digest");
}

static struct assay_hasher *new_hasher(const EVP_MD *type)
{
	struct assay_hasher *hasher = assay_calloc(1, sizeof(*hasher));

	hasher->ctx = EVP_MD_CTX_new();
	must(hasher->ctx != NULL);
	must(EVP_DigestInit_ex(hasher->ctx, type, NULL));
	return hasher;
}

struct assay_hasher *assay_hasher_new(void)
{
	return new_hasher(EVP_sha256());
}

struct assay_hasher *assay_hasher_new_512(void)
{
	return new_hasher(EVP_sha512());
}

void assay_hasher_add(struct assay_hasher *hasher, const void *ptr, size_t len)
{
	must(EVP_DigestUpdate(hasher->ctx, ptr, len));
}

void assay_hasher_finish(struct assay_hasher *hasher, struct assay_sha256 *out)
{
	must(EVP_DigestFinal_ex(hasher->ctx, out->bytes, NULL));
}

void assay_hasher_finish_512(struct assay_hasher *hasher, struct assay_sha512 *out)
{
	must(EVP_DigestFinal_ex(hasher->ctx, out->bytes, NULL));
}

void assay_hasher_free(struct assay_hasher *hasher)
{
	if (hasher == NULL)
		return;
	EVP_MD_CTX_free(hasher->ctx);
	free(hasher);
}

void assay_sha256(struct assay_span span, struct assay_sha256 *out)
{
	must(EVP_Digest(span.ptr, span.len, out->bytes, NULL, EVP_sha256(), NULL));
}

void assay_sha512(struct assay_span span, struct assay_sha512 *out)
{
	must(EVP_Digest(span.ptr, span.len, out->bytes, NULL, EVP_sha512(), NULL));
}

void assay_sha1(const struct assay_span *spans, size_t count, uint8_t out[ASSAY_SHA1_SIZE])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	must(ctx != NULL);
	must(EVP_DigestInit_ex(ctx, EVP_sha1(), NULL));
	for (size_t i = 0; i < count; i++)
		must(EVP_DigestUpdate(ctx, spans[i].ptr, spans[i].len));
	must(EVP_DigestFinal_ex(ctx, out, NULL));
	EVP_MD_CTX_free(ctx);
}

/* By kind; the names are those of formats. */
static const struct {
	const char *name;
	const EVP_MD *(*type)(void);
} digests[] = {
	[ASSAY_DIGEST_MD5] = { "md5", EVP_md5 },
	[ASSAY_DIGEST_SHA1] = { "sha1", EVP_sha1 },
	[ASSAY_DIGEST_SHA224] = { "sha224", EVP_sha224 },
	[ASSAY_DIGEST_SHA256] = { "sha256", EVP_sha256 },
	[ASSAY_DIGEST_SHA384] = { "sha384", EVP_sha384 },
	[ASSAY_DIGEST_SHA512] = { "sha512", EVP_sha512 },
};

static size_t digest_of(size_t kind, struct assay_span span, uint8_t out[ASSAY_DIGEST_MAX])
{
	unsigned size = 0;

	must(EVP_Digest(span.ptr, span.len, out, &size, digests[kind].type(), NULL));
	return size;
}

size_t assay_digest(struct assay_span name, struct assay_span span, uint8_t out[ASSAY_DIGEST_MAX])
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(digests); i++)
		if (assay_span_is(name, digests[i].name))
			return digest_of(i, span, out);
	return 0;
}

static size_t to_hex(const uint8_t *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * len] = '\0';
	return 2 * len;
}

size_t assay_digest_hex(enum assay_digest_kind kind, struct assay_span span,
                        char out[2 * ASSAY_DIGEST_MAX + 1])
{
	uint8_t digest[ASSAY_DIGEST_MAX];

	return to_hex(digest, digest_of(kind, span, digest), out);
}

bool assay_digest_is_hex(enum assay_digest_kind kind, struct assay_span span,
                         struct assay_span text)
{
	char digits[2 * ASSAY_DIGEST_MAX + 1];

	return assay_span_equal(text, assay_span_of(digits, assay_digest_hex(kind, span, digits)));
}

void assay_md5(struct assay_span span, uint8_t out[ASSAY_MD5_SIZE])
{
	must(EVP_Digest(span.ptr, span.len, out, NULL, EVP_md5(), NULL));
}

int assay_sha256_fd(int fd, struct assay_sha256 *out, uint64_t *size, struct assay_error *err)
{
	ASSAY_AUTO_HASHER struct assay_hasher *hasher = assay_hasher_new();
	uint8_t block[BLOCK];
	uint64_t total = 0;
	ssize_t got;

	while ((got = read(fd, block, sizeof(block))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return assay_fail_errno(err, "read");
		assay_hasher_add(hasher, block, (size_t)got);
		total += (uint64_t)got;
	}
	assay_hasher_finish(hasher, out);
	if (size != NULL)
		*size = total;
	return 0;
}

void assay_sha256_hex(const struct assay_sha256 *digest, char out[ASSAY_SHA256_HEX])
{
	(void)to_hex(digest->bytes, ASSAY_SHA256_SIZE, out);
}

bool assay_sha256_parse(const char *text, struct assay_sha256 *out)
{
	return assay_span_parse_hex(assay_span_of_str(text), out->bytes, sizeof(out->bytes));
}
