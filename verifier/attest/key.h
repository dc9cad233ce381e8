/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys and signatures: Ed25519, ECDSA on P-256 and P-384, RSA-PSS of at least 3072 bits.
 *
 * Layer:  attest. Keys are never in a process that parses delivered files.
 * Source: RFC 8032 (Ed25519), FIPS 186-5 (ECDSA), RFC 8017, 8.1 (RSA-PSS), RFC 5480 and RFC 8410
 *         (public keys), RFC 5958 (private keys), RFC 7512 (PKCS#11 URIs).
 * Limits: ECDSA is with SHA-256 on P-256 and SHA-384 on P-384; RSA-PSS with SHA-256, MGF1 of the
 *         same. An ECDSA signature is DER, or r and s one after the other.
 */
#ifndef ASSAY_ATTEST_KEY_H
#define ASSAY_ATTEST_KEY_H

#include "attest/secret.h"
#include "base/buffer.h"
#include "base/digest.h"

enum assay_key_kind {
	ASSAY_KEY_ED25519,
	ASSAY_KEY_P256,
	ASSAY_KEY_P384,
	ASSAY_KEY_RSA,
};

#define ASSAY_KEY_FILE_MAX ((uint64_t)1 << 20) /* bytes of a key or certificate file */
#define ASSAY_KEY_RSA_BITS 3072                /* the fewest; BSI TR-02102-1, 2.3.1 */

/** A public key, or a pair. Owned; free with assay_key_free or ASSAY_AUTO_KEY. */
struct assay_key;

void assay_key_free(struct assay_key *key);

static inline void assay_cleanup_key(struct assay_key **key)
{
	assay_key_free(*key);
}
#define ASSAY_AUTO_KEY ASSAY_AUTO(assay_cleanup_key)

/** "ed25519", "p256", "p384", "rsa" */
const char *assay_key_kind_name(enum assay_key_kind kind);
bool assay_key_kind_parse(const char *name, enum assay_key_kind *out);
enum assay_key_kind assay_key_kind(const struct assay_key *key);

/** SHA-256 of the public key in DER (SubjectPublicKeyInfo): the key's only name. */
const struct assay_sha256 *assay_key_id(const struct assay_key *key);
bool assay_key_is_private(const struct assay_key *key);

/** Make a pair. In: bits of an RSA key, at least ASSAY_KEY_RSA_BITS; unused otherwise */
ASSAY_CHECKED int assay_key_generate(enum assay_key_kind kind, unsigned bits,
                                     struct assay_key **out, struct assay_error *err);

/**
 * Read a public key, a certificate (whose key is taken: dates and issuer are not looked at) or a
 * private key from PEM.
 *
 * In:     ask  for the passphrase of an encrypted private key; may be NULL
 * Errors: ASSAY_E_FORMAT  none of these, or a key of a kind that is not taken
 *         ASSAY_E_USAGE   wrong or missing passphrase
 */
ASSAY_CHECKED int assay_key_read(struct assay_span pem, const struct assay_secret_source *ask,
                                 struct assay_key **out, struct assay_error *err);

/**
 * Open a key of a PKCS#11 token.
 *
 * In:     uri "pkcs11:…"; module the token's library, NULL for the system's (p11-kit);
 *         ask for the PIN
 * Errors: ASSAY_E_TOOL  no engine, no module, no such key, wrong PIN: what to install or check
 */
ASSAY_CHECKED int assay_key_open_token(const char *uri, const char *module,
                                       const struct assay_secret_source *ask,
                                       struct assay_key **out, struct assay_error *err);

/** A public Ed25519 key from its 32 bytes (RFC 8032, 5.1.5), and back. */
ASSAY_CHECKED int assay_key_from_ed25519(const uint8_t raw[32], struct assay_key **out,
                                         struct assay_error *err);
ASSAY_CHECKED bool assay_key_ed25519(const struct assay_key *key, uint8_t raw[32]);

/** Append the public key as PEM. */
void assay_key_write_public(const struct assay_key *key, struct assay_buffer *out);

/**
 * The private key as PEM (PKCS#8), encrypted when there is a passphrase: PBES2 with scrypt and
 * AES-256 in CBC mode.
 *
 * Errors: ASSAY_E_USAGE  it has no private half, or does not leave its token
 */
ASSAY_CHECKED int assay_key_write_private(const struct assay_key *key,
                                          const struct assay_secret *passphrase,
                                          struct assay_secret *out, struct assay_error *err);

/** Sign. Out: *signature owned by the caller. ECDSA gives DER. */
ASSAY_CHECKED int assay_key_sign(const struct assay_key *key, struct assay_span message,
                                 struct assay_bytes *signature, struct assay_error *err);

/** Whether it is this key's signature of this message. Whatever goes wrong is a no. */
ASSAY_CHECKED bool assay_key_verify(const struct assay_key *key, struct assay_span message,
                                    struct assay_span signature);

#endif
