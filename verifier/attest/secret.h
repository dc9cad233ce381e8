/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes that are wiped before their memory is given back: passphrases, PINs, private keys.
 *
 * Layer: attest.
 */
#ifndef ASSAY_ATTEST_SECRET_H
#define ASSAY_ATTEST_SECRET_H

#include "base/error.h"
#include "base/span.h"

/** Zero-initialise. ptr, when not NULL, has a NUL behind its len bytes. Owned. */
struct assay_secret {
	char *ptr;
	size_t len;
};

void assay_secret_fini(struct assay_secret *secret);
#define ASSAY_AUTO_SECRET ASSAY_AUTO(assay_secret_fini)

/** Take a copy. */
void assay_secret_set(struct assay_secret *secret, struct assay_span bytes);

static inline struct assay_span assay_secret_span(const struct assay_secret *secret)
{
	return assay_span_of(secret->ptr, secret->len);
}

/**
 * Read a file or descriptor to its end.
 *
 * Errors: ASSAY_E_SYSTEM, ASSAY_E_LIMIT
 */
ASSAY_CHECKED int assay_secret_read(int fd, size_t limit, struct assay_secret *out,
                                    struct assay_error *err);

/** Where a passphrase comes from, asked only when one is needed. */
struct assay_secret_source {
	/** In: what it is for, to show. Return: 0, or -1 when there is none */
	int (*ask)(const char *what, void *data, struct assay_secret *out, struct assay_error *err);
	void *data;
};

#endif
