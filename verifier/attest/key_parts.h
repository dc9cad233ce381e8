/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What key.c, key_file.c and key_token.c share: a key is OpenSSL's key, looked at once.
 *
 * Layer: attest, and only for files key*.c.
 */
#ifndef ASSAY_ATTEST_KEY_PARTS_H
#define ASSAY_ATTEST_KEY_PARTS_H

#include <openssl/evp.h>

#include "attest/key.h"

static inline void assay_cleanup_pkey(EVP_PKEY **pkey)
{
	EVP_PKEY_free(*pkey);
}
#define ASSAY_AUTO_PKEY ASSAY_AUTO(assay_cleanup_pkey)

struct assay_key {
	EVP_PKEY *pkey;
	void *engine; /* ENGINE that signs, held while the key lives; NULL for a key in memory */
	enum assay_key_kind kind;
	bool is_private;
	struct assay_sha256 id;
};

/**
 * Look at a key: kind, length, id.
 *
 * In:     pkey, taken over on success
 * Errors: ASSAY_E_FORMAT  a kind or length that is not taken
 */
ASSAY_CHECKED int assay_key_wrap(EVP_PKEY **pkey, bool is_private, struct assay_key **out,
                                 struct assay_error *err);

/** Fail with what OpenSSL said last, and forget what it said. Return: -1 */
int assay_key_fail(struct assay_error *err, enum assay_errc code, const char *what);

/** Give back what key_token.c holds. */
void assay_key_close_token(struct assay_key *key);

#endif
