/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys that stay in a token: through OpenSSL's engine "pkcs11" (Debian: libengine-pkcs11-openssl).
 * OpenSSL 3.0 calls engines deprecated; Debian 12 has no provider for PKCS#11. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/engine.h>
#include <openssl/err.h>

#include "attest/key_parts.h"

static void free_engine(ENGINE **engine)
{
	if (*engine != NULL) {
		(void)ENGINE_finish(*engine);
		(void)ENGINE_free(*engine);
	}
}

void assay_key_close_token(struct assay_key *key)
{
	ENGINE *engine = key->engine;

	free_engine(&engine);
	key->engine = NULL;
}

static int set_pin(ENGINE *engine, const struct assay_secret_source *ask, struct assay_error *err)
{
	ASSAY_AUTO_SECRET struct assay_secret pin = { 0 };

	if (ask == NULL)
		return 0; /* the URI may have it, and a token may have its own keys to type on */
	if (ask->ask("PIN", ask->data, &pin, err) < 0)
		return -1;
	if (ENGINE_ctrl_cmd_string(engine, "PIN", pin.ptr, 0) != 1)
		return assay_key_fail(err, ASSAY_E_TOOL, "cannot set the PIN");
	return 0;
}

static int start_engine(ENGINE *engine, const char *module, struct assay_error *err)
{
	if (module != NULL && ENGINE_ctrl_cmd_string(engine, "MODULE_PATH", module, 0) != 1)
		return assay_key_fail(err, ASSAY_E_TOOL, "cannot take this PKCS#11 module");
	if (ENGINE_init(engine) != 1)
		return assay_key_fail(err, ASSAY_E_TOOL,
		                      "the PKCS#11 module cannot be loaded: name the token's "
		                      "library with --pkcs11-module");
	return 0;
}

static int open_key(ENGINE *engine, const char *uri, const struct assay_secret_source *ask,
                    struct assay_key **out, struct assay_error *err)
{
	ASSAY_AUTO_PKEY EVP_PKEY *pkey = NULL;

	if (set_pin(engine, ask, err) < 0)
		return -1;
	pkey = ENGINE_load_private_key(engine, uri, NULL, NULL);
	if (pkey == NULL)
		return assay_key_fail(err, ASSAY_E_TOOL,
		                      "the token does not give this key: check the URI, the PIN, "
		                      "the token and its library (--pkcs11-module)");
	return assay_key_wrap(&pkey, true, out, err);
}

int assay_key_open_token(const char *uri, const char *module, const struct assay_secret_source *ask,
                         struct assay_key **out, struct assay_error *err)
{
	ENGINE *engine;

	(void)OPENSSL_init_crypto(OPENSSL_INIT_ENGINE_DYNAMIC, NULL);
	engine = ENGINE_by_id("pkcs11");
	if (engine == NULL)
		return assay_key_fail(err, ASSAY_E_TOOL,
		                      "OpenSSL has no PKCS#11 engine here: install "
		                      "libengine-pkcs11-openssl");
	if (start_engine(engine, module, err) < 0) {
		(void)ENGINE_free(engine);
		return -1;
	}
	if (open_key(engine, uri, ask, out, err) < 0) {
		free_engine(&engine);
		return -1;
	}
	(*out)->engine = engine;
	return 0;
}
