/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "attest/key_parts.h"
#include "base/memory.h"

static const struct {
	const char *name;
	int type;          /* EVP_PKEY_base_id */
	const char *group; /* OpenSSL's name of the curve */
	const char *digest;
	size_t half; /* bytes of r and of s */
} kinds[] = {
	[ASSAY_KEY_ED25519] = { "ed25519", EVP_PKEY_ED25519, NULL, NULL, 0 },
	[ASSAY_KEY_P256] = { "p256", EVP_PKEY_EC, "prime256v1", "SHA256", 32 },
	[ASSAY_KEY_P384] = { "p384", EVP_PKEY_EC, "secp384r1", "SHA384", 48 },
	[ASSAY_KEY_RSA] = { "rsa", EVP_PKEY_RSA, NULL, "SHA256", 0 },
};

int assay_key_fail(struct assay_error *err, enum assay_errc code, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return assay_fail(err, code, "%s%s%s", what, reason != NULL ? ": " : "",
	                  reason != NULL ? reason : "");
}

void assay_key_free(struct assay_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pkey); /* wipes the private half */
	assay_key_close_token(key);
	free(key);
}

const char *assay_key_kind_name(enum assay_key_kind kind)
{
	return kinds[kind].name;
}

bool assay_key_kind_parse(const char *name, enum assay_key_kind *out)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(kinds); i++)
		if (strcmp(name, kinds[i].name) == 0) {
			*out = (enum assay_key_kind)i;
			return true;
		}
	return false;
}

enum assay_key_kind assay_key_kind(const struct assay_key *key)
{
	return key->kind;
}

const struct assay_sha256 *assay_key_id(const struct assay_key *key)
{
	return &key->id;
}

bool assay_key_is_private(const struct assay_key *key)
{
	return key->is_private;
}

/* The row of the table. Return: 0 with *out, -1 */
static int classify(const EVP_PKEY *pkey, enum assay_key_kind *out, struct assay_error *err)
{
	int type = EVP_PKEY_get_base_id(pkey);
	char group[64] = "";

	if (type == EVP_PKEY_EC)
		(void)EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(kinds); i++) {
		if (kinds[i].type != type)
			continue;
		if (kinds[i].group != NULL && strcmp(kinds[i].group, group) != 0)
			continue;
		*out = (enum assay_key_kind)i;
		return 0;
	}
	return assay_fail(err, ASSAY_E_FORMAT,
	                  "a key of another kind: use Ed25519, ECDSA on P-256 or P-384, or RSA");
}

int assay_key_wrap(EVP_PKEY **pkey, bool is_private, struct assay_key **out,
                   struct assay_error *err)
{
	enum assay_key_kind kind = ASSAY_KEY_ED25519;
	unsigned char *der = NULL;
	struct assay_key *key;
	int len;

	if (classify(*pkey, &kind, err) < 0)
		return -1;
	if (kind == ASSAY_KEY_RSA && EVP_PKEY_get_bits(*pkey) < ASSAY_KEY_RSA_BITS)
		return assay_fail(err, ASSAY_E_FORMAT, "an RSA key of %d bits: it needs %d or more",
		                  EVP_PKEY_get_bits(*pkey), ASSAY_KEY_RSA_BITS);
	len = i2d_PUBKEY(*pkey, &der);
	if (len <= 0)
		return assay_key_fail(err, ASSAY_E_FORMAT, "a key without its public half");
	key = assay_calloc(1, sizeof(*key));
	key->kind = kind;
	key->is_private = is_private;
	key->pkey = *pkey;
	*pkey = NULL;
	assay_sha256(assay_span_of(der, (size_t)len), &key->id);
	OPENSSL_free(der);
	*out = key;
	return 0;
}

int assay_key_generate(enum assay_key_kind kind, unsigned bits, struct assay_key **out,
                       struct assay_error *err)
{
	ASSAY_AUTO_PKEY EVP_PKEY *pkey = NULL;

	switch (kind) {
	case ASSAY_KEY_ED25519:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		break;
	case ASSAY_KEY_P256:
	case ASSAY_KEY_P384:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", kinds[kind].group);
		break;
	case ASSAY_KEY_RSA:
		if (bits < ASSAY_KEY_RSA_BITS || bits > 16384)
			return assay_fail(err, ASSAY_E_USAGE, "an RSA key has %d to 16384 bits",
			                  ASSAY_KEY_RSA_BITS);
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);
		break;
	}
	if (pkey == NULL)
		return assay_key_fail(err, ASSAY_E_SYSTEM, "cannot make a key");
	return assay_key_wrap(&pkey, true, out, err);
}

int assay_key_from_ed25519(const uint8_t raw[32], struct assay_key **out, struct assay_error *err)
{
	ASSAY_AUTO_PKEY EVP_PKEY *pkey =
		EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw, 32);

	if (pkey == NULL)
		return assay_key_fail(err, ASSAY_E_FORMAT, "not an Ed25519 key");
	return assay_key_wrap(&pkey, false, out, err);
}

bool assay_key_ed25519(const struct assay_key *key, uint8_t raw[32])
{
	size_t len = 32;

	return key->kind == ASSAY_KEY_ED25519 &&
	       EVP_PKEY_get_raw_public_key(key->pkey, raw, &len) == 1 && len == 32;
}

static void free_ctx(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}

/* RSA is always PSS, with MGF1 of the same digest (OpenSSL's default). */
static int set_padding(enum assay_key_kind kind, EVP_PKEY_CTX *ctx, int salt)
{
	if (kind != ASSAY_KEY_RSA)
		return 1;
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt) > 0;
}

static const EVP_MD *digest_of(enum assay_key_kind kind)
{
	return kinds[kind].digest != NULL ? EVP_get_digestbyname(kinds[kind].digest) : NULL;
}

int assay_key_sign(const struct assay_key *key, struct assay_span message,
                   struct assay_bytes *signature, struct assay_error *err)
{
	ASSAY_AUTO(free_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	ASSAY_AUTO_BYTES struct assay_bytes bytes = { 0 };
	EVP_PKEY_CTX *params = NULL;

	if (!key->is_private)
		return assay_fail(err, ASSAY_E_USAGE, "a public key cannot sign");
	if (ctx == NULL ||
	    EVP_DigestSignInit(ctx, &params, digest_of(key->kind), NULL, key->pkey) != 1 ||
	    !set_padding(key->kind, params, RSA_PSS_SALTLEN_DIGEST) ||
	    EVP_DigestSign(ctx, NULL, &bytes.len, message.ptr, message.len) != 1)
		return assay_key_fail(err, ASSAY_E_TOOL, "cannot sign");
	bytes.ptr = assay_calloc(bytes.len, 1);
	if (EVP_DigestSign(ctx, bytes.ptr, &bytes.len, message.ptr, message.len) != 1)
		return assay_key_fail(err, ASSAY_E_TOOL, "cannot sign");
	*signature = bytes;
	bytes = (struct assay_bytes){ 0 };
	return 0;
}

static bool verify(const struct assay_key *key, struct assay_span message,
                   struct assay_span signature)
{
	ASSAY_AUTO(free_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *params = NULL;
	bool good;

	good = ctx != NULL &&
	       EVP_DigestVerifyInit(ctx, &params, digest_of(key->kind), NULL, key->pkey) == 1 &&
	       set_padding(key->kind, params, RSA_PSS_SALTLEN_AUTO) &&
	       EVP_DigestVerify(ctx, signature.ptr, signature.len, message.ptr, message.len) == 1;
	ERR_clear_error();
	return good;
}

/* r and s, one after the other, as DER. Return: length, 0 when it cannot be */
static size_t raw_to_der(struct assay_span raw, size_t half, unsigned char **out)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw.ptr, (int)half, NULL);
	BIGNUM *s = BN_bin2bn(raw.ptr + half, (int)half, NULL);
	int len = 0;

	if (sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s) == 1) {
		r = s = NULL;
		len = i2d_ECDSA_SIG(sig, out);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return len > 0 ? (size_t)len : 0;
}

bool assay_key_verify(const struct assay_key *key, struct assay_span message,
                      struct assay_span signature)
{
	size_t half = kinds[key->kind].half;
	unsigned char *der = NULL;
	size_t len;
	bool good;

	if (verify(key, message, signature))
		return true;
	if (half == 0 || signature.len != 2 * half)
		return false;
	len = raw_to_der(signature, half, &der);
	good = len > 0 && verify(key, message, assay_span_of(der, len));
	OPENSSL_free(der);
	return good;
}
