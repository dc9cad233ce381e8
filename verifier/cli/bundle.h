/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What `assay bundle` commands share.
 *
 * Layer: cli.
 */
#ifndef ASSAY_CLI_BUNDLE_H
#define ASSAY_CLI_BUNDLE_H

#include "attest/bundle.h"
#include "base/file.h"
#include "model/manifest.h"

/** Names of files in a bundle. */
#define ASSAY_BUNDLE_MANIFEST "manifest.yaml"
#define ASSAY_BUNDLE_LOCK "lock.yaml"
#define ASSAY_BUNDLE_RESULT "result.json"

/** A bundle that was read and held against its index. Zero-initialise. Owned. */
struct assay_opened_bundle {
	struct assay_map map;
	struct assay_bundle bundle;
	struct assay_bundle_index index;
	struct assay_manifest *manifest;
	struct assay_sha256 manifest_id;
	bool inputs; /* the index says that sources, delivered files and packages are in it */
};

void assay_cli_bundle_close(struct assay_opened_bundle *opened);
#define ASSAY_AUTO_OPENED_BUNDLE ASSAY_AUTO(assay_cli_bundle_close)

/**
 * Open a bundle: every byte is that of the index, the manifest is the one that the index names, the
 * journal is whole and the one of the provenance, and its parts agree.
 */
ASSAY_CHECKED int assay_cli_bundle_open(const char *path, struct assay_opened_bundle *out,
                                        struct assay_error *err);

/**
 * Whether envelopes are over the statements beside them, and verdict and summary say what the result says.
 *
 * Errors: ASSAY_E_TRUST, ASSAY_E_FORMAT
 */
ASSAY_CHECKED int assay_cli_bundle_agree(const struct assay_bundle *bundle,
                                         struct assay_error *err);

/** Whether its verdict says of the files what another one says. Return: 1 (or it has none), 0, -1 */
ASSAY_CHECKED int assay_cli_bundle_same_verdict(const struct assay_bundle *bundle,
                                                struct assay_span now, struct assay_error *err);

/** Write a bundle to a file, whole or not at all. */
ASSAY_CHECKED int assay_cli_bundle_write(const struct assay_bundle *bundle, const char *path,
                                         struct assay_error *err);

#endif
