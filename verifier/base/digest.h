/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SHA-256, the digest of every pin and every verdict, through OpenSSL.
 *
 * Layer:  base.
 * Source: FIPS 180-4.
 */
#ifndef ASSAY_BASE_DIGEST_H
#define ASSAY_BASE_DIGEST_H

#include "base/error.h"
#include "base/span.h"

#define ASSAY_SHA256_SIZE 32                         /* bytes; FIPS 180-4, 1 */
#define ASSAY_SHA256_HEX (2 * ASSAY_SHA256_SIZE + 1) /* bytes of text with the NUL */

struct assay_sha256 {
	uint8_t bytes[ASSAY_SHA256_SIZE];
};

#define ASSAY_SHA512_SIZE 64 /* bytes; FIPS 180-4, 1 */

/** Only to know again what others name by it. */
struct assay_sha512 {
	uint8_t bytes[ASSAY_SHA512_SIZE];
};

/** A digest in the making. Owned; free with assay_hasher_free. */
struct assay_hasher;

struct assay_hasher *assay_hasher_new(void);
struct assay_hasher *assay_hasher_new_512(void);
void assay_hasher_add(struct assay_hasher *hasher, const void *ptr, size_t len);

/** The digest of all that was added. The hasher can then only be freed. */
void assay_hasher_finish(struct assay_hasher *hasher, struct assay_sha256 *out);
void assay_hasher_finish_512(struct assay_hasher *hasher, struct assay_sha512 *out);
void assay_hasher_free(struct assay_hasher *hasher);

static inline void assay_cleanup_hasher(struct assay_hasher **hasher)
{
	assay_hasher_free(*hasher);
}
#define ASSAY_AUTO_HASHER ASSAY_AUTO(assay_cleanup_hasher)

void assay_sha256(struct assay_span span, struct assay_sha256 *out);
void assay_sha512(struct assay_span span, struct assay_sha512 *out);

/**
 * Digest a descriptor from its current position to its end.
 *
 * Out: *size bytes read, when size is not NULL
 */
ASSAY_CHECKED int assay_sha256_fd(int fd, struct assay_sha256 *out, uint64_t *size,
                                  struct assay_error *err);

void assay_sha256_hex(const struct assay_sha256 *digest, char out[ASSAY_SHA256_HEX]);

/** Read exactly 64 lower-case hexadecimal digits. Return: false for anything else. */
bool assay_sha256_parse(const char *text, struct assay_sha256 *out);

#define ASSAY_SHA1_SIZE 20 /* bytes; FIPS 180-4, 1 */

/** SHA-1 of some spans one after the other, only to name things as git does. No verdict rests on it. */
void assay_sha1(const struct assay_span *spans, size_t count, uint8_t out[ASSAY_SHA1_SIZE]);

/** What formats write digests with. No verdict rests on any but SHA-256. */
enum assay_digest_kind {
	ASSAY_DIGEST_MD5,  /* RFC 1321 */
	ASSAY_DIGEST_SHA1, /* this and the others: FIPS 180-4 */
	ASSAY_DIGEST_SHA224,
	ASSAY_DIGEST_SHA256,
	ASSAY_DIGEST_SHA384,
	ASSAY_DIGEST_SHA512,
};
#define ASSAY_DIGEST_MAX 64 /* bytes; FIPS 180-4: SHA-512 */

/** In lower-case hexadecimal digits, with a NUL. Only to check what others wrote down. Return: digits */
size_t assay_digest_hex(enum assay_digest_kind kind, struct assay_span span,
                        char out[2 * ASSAY_DIGEST_MAX + 1]);

/** Whether text is the digest of the bytes, in lower-case hexadecimal digits and nothing else. */
bool assay_digest_is_hex(enum assay_digest_kind kind, struct assay_span span,
                         struct assay_span text);

#define ASSAY_MD5_SIZE 16 /* bytes; RFC 1321 */

/** MD5, only to check what others wrote down with it. No verdict rests on it. */
void assay_md5(struct assay_span span, uint8_t out[ASSAY_MD5_SIZE]);

/**
 * A digest by its name, as formats call it: "md5", "sha1", "sha256", "sha384", "sha512". Only to
 * check what others wrote down.
 *
 * Return: bytes of it; 0, and nothing in out, when the name is another
 */
size_t assay_digest(struct assay_span name, struct assay_span span, uint8_t out[ASSAY_DIGEST_MAX]);

static inline bool assay_sha256_equal(const struct assay_sha256 *a, const struct assay_sha256 *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

#endif
