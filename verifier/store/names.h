/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names that other programs have for a folder of sources, so that a person can compute them without
 * this one: git's tree id, and the digest of Go's modules.
 *
 *	git init -q . && git add -Af . && git write-tree
 *	find . -type f | cut -c3- | LC_ALL=C sort | xargs -d '\n' sha256sum | sha256sum
 *
 * Layer:  store.
 * Source: gitformat-pack(5) and git-hash-object(1) for objects, read-cache.c of git 2.39 for the order
 *         of names; golang.org/x/mod/sumdb/dirhash for "h1"; in-toto attestation, digest_set.md.
 * Limits: SHA-1 and folders without empty folders, as git has them; links are not in the second one.
 */
#ifndef ASSAY_STORE_NAMES_H
#define ASSAY_STORE_NAMES_H

#include "base/error.h"
#include "model/inventory.h"

#define ASSAY_GIT_HEX (2 * ASSAY_SHA1_SIZE + 1) /* bytes of text with the NUL */

/**
 * git's id of a folder with what its inventory has, whose files are read again.
 *
 * Errors: ASSAY_E_LIMIT  more than 256 folders in each other
 */
ASSAY_CHECKED int assay_name_git(int dirfd, const struct assay_inventory *inventory,
                                 char out[ASSAY_GIT_HEX], struct assay_error *err);

/** "h1" of an inventory. Return: false when a name has a line end, which h1 does not allow */
bool assay_name_dirhash(const struct assay_inventory *inventory, struct assay_sha256 *out);

#endif
