/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys in PEM files. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "attest/key_parts.h"
#include "base/memory.h"

static void free_bio(BIO **bio)
{
	BIO_free(*bio);
}
#define AUTO_BIO ASSAY_AUTO(free_bio)

/* What the callback of OpenSSL needs to know, and what it found out. */
struct asking {
	const struct assay_secret_source *source;
	struct assay_error *err;
	bool asked, failed;
};

static int give_passphrase(char *buf, int size, int writing ASSAY_UNUSED, void *data)
{
	ASSAY_AUTO_SECRET struct assay_secret secret = { 0 };
	struct asking *asking = data;

	if (asking->failed)
		return -1; /* OpenSSL asks again for each form that the file could have */
	asking->asked = true;
	if (asking->source == NULL) {
		asking->failed = true;
		(void)assay_fail(asking->err, ASSAY_E_USAGE,
		                 "the key is encrypted: name its passphrase's file or descriptor");
		return -1;
	}
	if (asking->source->ask("Passphrase", asking->source->data, &secret, asking->err) < 0 ||
	    secret.len > (size_t)size) {
		asking->failed = true;
		return -1;
	}
	memcpy(buf, secret.ptr, secret.len);
	return (int)secret.len;
}

static int read_private(BIO *bio, const struct assay_secret_source *ask, struct assay_key **out,
                        struct assay_error *err)
{
	struct asking asking = { .source = ask, .err = err };
	ASSAY_AUTO_PKEY EVP_PKEY *pkey =
		PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, &asking);

	if (pkey == NULL && asking.failed) {
		ERR_clear_error();
		return -1;
	}
	if (pkey == NULL && asking.asked)
		return assay_key_fail(err, ASSAY_E_USAGE, "the passphrase does not open the key");
	if (pkey == NULL)
		return assay_key_fail(err, ASSAY_E_FORMAT, "not a private key");
	return assay_key_wrap(&pkey, true, out, err);
}

static int read_public(BIO *bio, struct assay_key **out, struct assay_error *err)
{
	ASSAY_AUTO_PKEY EVP_PKEY *pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);

	if (pkey == NULL)
		return assay_key_fail(err, ASSAY_E_FORMAT, "not a public key");
	return assay_key_wrap(&pkey, false, out, err);
}

static int read_certificate(BIO *bio, struct assay_key **out, struct assay_error *err)
{
	X509 *x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	ASSAY_AUTO_PKEY EVP_PKEY *pkey = x509 != NULL ? X509_get_pubkey(x509) : NULL;

	X509_free(x509);
	if (pkey == NULL)
		return assay_key_fail(err, ASSAY_E_FORMAT, "not a certificate");
	return assay_key_wrap(&pkey, false, out, err);
}

int assay_key_read(struct assay_span pem, const struct assay_secret_source *ask,
                   struct assay_key **out, struct assay_error *err)
{
	static const char private_mark[] = "PRIVATE KEY-----";
	AUTO_BIO BIO *bio = NULL;

	if (pem.len > ASSAY_KEY_FILE_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "too long for a key");
	bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	if (bio == NULL)
		return assay_key_fail(err, ASSAY_E_FORMAT, "not a key");
	if (pem.len > 0 && memmem(pem.ptr, pem.len, private_mark, strlen(private_mark)) != NULL)
		return read_private(bio, ask, out, err);
	if (pem.len > 0 && memmem(pem.ptr, pem.len, "BEGIN CERTIFICATE", 17) != NULL)
		return read_certificate(bio, out, err);
	return read_public(bio, out, err);
}

/* The text that a BIO in memory has gathered; borrowed from it. */
static struct assay_span gathered(BIO *bio)
{
	char *ptr = NULL;
	long len = BIO_get_mem_data(bio, &ptr);

	return assay_span_of(ptr, len > 0 ? (size_t)len : 0);
}

void assay_key_write_public(const struct assay_key *key, struct assay_buffer *out)
{
	AUTO_BIO BIO *bio = BIO_new(BIO_s_mem());
	struct assay_span pem;

	(void)PEM_write_bio_PUBKEY(bio, key->pkey);
	pem = gathered(bio);
	assay_buffer_add(out, pem.ptr, pem.len);
}

static void free_p8(X509_SIG **p8)
{
	X509_SIG_free(*p8);
}

static void free_info(PKCS8_PRIV_KEY_INFO **info)
{
	PKCS8_PRIV_KEY_INFO_free(*info);
}

/* scrypt as RFC 7914, 2 recommends: N=2^14, r=8, p=1 takes 16 MiB and every OpenSSL opens it. */
static int write_encrypted(BIO *bio, const EVP_PKEY *pkey, const struct assay_secret *passphrase)
{
	ASSAY_AUTO(free_info) PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
	ASSAY_AUTO(free_p8) X509_SIG *p8 = NULL;
	X509_ALGOR *pbe = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, 1 << 14, 8, 1);

	if (info == NULL || pbe == NULL) {
		X509_ALGOR_free(pbe);
		return 0;
	}
	p8 = PKCS8_set0_pbe(passphrase->ptr, (int)passphrase->len, info, pbe);
	if (p8 == NULL) {
		X509_ALGOR_free(pbe);
		return 0;
	}
	return PEM_write_bio_PKCS8(bio, p8);
}

int assay_key_write_private(const struct assay_key *key, const struct assay_secret *passphrase,
                            struct assay_secret *out, struct assay_error *err)
{
	AUTO_BIO BIO *bio = BIO_new(BIO_s_secmem());
	int good;

	if (!key->is_private || key->engine != NULL)
		return assay_fail(err, ASSAY_E_USAGE, "there is no private half to write");
	if (passphrase != NULL)
		good = write_encrypted(bio, key->pkey, passphrase);
	else
		good = PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL);
	if (good != 1)
		return assay_key_fail(err, ASSAY_E_SYSTEM, "cannot write the key");
	assay_secret_set(out, gathered(bio));
	return 0;
}
