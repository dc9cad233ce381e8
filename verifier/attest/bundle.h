/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bundles: everything that another laboratory needs to check a verdict, and to replay it, in one tar
 * file. The same content is the same bytes.
 *
 * A bundle is a ustar archive of regular files alone, sorted by name, with one spelling of each
 * header: mode 0644, owner and group 0 without names, time 0. Two blocks of zeros end it, and nothing
 * follows. What is not exactly that is no bundle; so every program that reads tar files sees the same
 * in it. The file index.dsse.json names every other file by its SHA-256: an in-toto statement in an
 * envelope, which people sign. Neither a file more nor a file less is accepted.
 *
 * Layer:  attest.
 * Source: POSIX.1-2017, pax, "ustar Interchange Format".
 * Limits: 4096 files, names of at most 100 bytes out of letters, digits and "._+~-/", 8 GiB a file.
 */
#ifndef ASSAY_ATTEST_BUNDLE_H
#define ASSAY_ATTEST_BUNDLE_H

#include "attest/envelope.h"
#include "attest/statement.h"

#define ASSAY_BUNDLE_INDEX "index.dsse.json"
#define ASSAY_BUNDLE_INPUTS "inputs/sha256/" /* before the digest of an input */
#define ASSAY_BUNDLE_FILES 4096
#define ASSAY_BUNDLE_NAME 100 /* bytes: the header's field */

/** One file. The name is owned, the bytes are borrowed unless owned has them. */
struct assay_bundle_file {
	char *name;
	struct assay_span bytes;
	struct assay_bytes owned;
	struct assay_sha256 sha256;
};

/** Zero-initialise. Owned. */
struct assay_bundle {
	struct assay_bundle_file *files; /* sorted by name, once it was read or indexed */
	size_t count, cap;
};

void assay_bundle_fini(struct assay_bundle *bundle);
#define ASSAY_AUTO_BUNDLE ASSAY_AUTO(assay_bundle_fini)

/** Append a file. owned: bytes to be taken over, or NULL when somebody else keeps them. */
void assay_bundle_add(struct assay_bundle *bundle, const char *name, struct assay_span bytes,
                      struct assay_bytes *owned);

/** The file of a name; NULL when there is none. Borrowed. */
const struct assay_bundle_file *assay_bundle_find(const struct assay_bundle *bundle,
                                                  const char *name);

/** What an index says beside the list of files. */
struct assay_bundle_terms {
	const char *product, *version;
	const struct assay_sha256 *manifest;
	bool inputs; /* sources, delivered files and packages are in it */
};

/**
 * Sort the files and make the statement about them, from their digests, which are computed.
 *
 * Out:    *out, a new reference
 * Errors: ASSAY_E_USAGE  a name that cannot be in a bundle, or is there twice; too many files
 */
ASSAY_CHECKED int assay_bundle_index(struct assay_bundle *bundle,
                                     const struct assay_bundle_terms *terms, json_t **out,
                                     struct assay_error *err);

/** Sort the files. Errors: as assay_bundle_index */
ASSAY_CHECKED int assay_bundle_sort(struct assay_bundle *bundle, struct assay_error *err);

/** Write the files, which are sorted, as an archive. */
ASSAY_CHECKED int assay_bundle_write(const struct assay_bundle *bundle, int fd,
                                     struct assay_error *err);

/**
 * Read an archive. Nothing in it was checked but that it is a bundle.
 *
 * Out:    *out, which borrows from the bytes
 * Errors: ASSAY_E_FORMAT  with the offset: not as a bundle is written
 *         ASSAY_E_LIMIT
 */
ASSAY_CHECKED int assay_bundle_read(struct assay_span archive, struct assay_bundle *out,
                                    struct assay_error *err);

/** An index that was read. Zero-initialise. Owned. */
struct assay_bundle_index {
	struct assay_envelope envelope;
	struct assay_statement statement;
};

void assay_bundle_index_fini(struct assay_bundle_index *index);
#define ASSAY_AUTO_BUNDLE_INDEX ASSAY_AUTO(assay_bundle_index_fini)

/**
 * Read the index and hold every file against it. Whose signatures it has is for the caller.
 *
 * Errors: ASSAY_E_FORMAT  no index, or none that can be read
 *         ASSAY_E_TRUST   a file that is not the one of the index, is not in it, or is missing
 */
ASSAY_CHECKED int assay_bundle_check(struct assay_bundle *bundle, struct assay_bundle_index *out,
                                     struct assay_error *err);

#endif
