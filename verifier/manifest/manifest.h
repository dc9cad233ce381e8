/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Manifests: from YAML to the model, with everything checked that can be checked without the
 * files that it names; and the identity of a manifest.
 *
 * Layer:  manifest.
 * Source: assay-manifest(5).
 * Limits: 1 MiB of text; those of base/yaml.h and of the schema.
 */
#ifndef ASSAY_MANIFEST_MANIFEST_H
#define ASSAY_MANIFEST_MANIFEST_H

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "model/manifest.h"

#define ASSAY_MANIFEST_MAX (1024u * 1024u) /* bytes of a file; the longest one we know has 8 KiB */

/** What assay-manifest-new(1) writes where a person has to fill in a pin. */
#define ASSAY_MANIFEST_BLANK "FILL-IN"

/**
 * Read and check a manifest.
 *
 * Out:    *out, free with assay_manifest_free
 * Errors: as assay_file_read; ASSAY_E_FORMAT as "FILE:LINE: key: what"
 */
ASSAY_CHECKED int assay_manifest_load(const char *path, struct assay_manifest **out,
                                      struct assay_error *err);

/** As assay_manifest_load, from memory. name: what messages call it. */
ASSAY_CHECKED int assay_manifest_parse(const char *name, struct assay_span text,
                                       struct assay_manifest **out, struct assay_error *err);
void assay_manifest_free(struct assay_manifest *manifest);

static inline void assay_cleanup_manifest(struct assay_manifest **manifest)
{
	assay_manifest_free(*manifest);
}
#define ASSAY_AUTO_MANIFEST ASSAY_AUTO(assay_cleanup_manifest)

/**
 * The identity form: all that can affect bytes or verdicts. Left out are hints and
 * toolchain.lock, which only say where things can be found. Return: a new reference.
 */
json_t *assay_manifest_json(const struct assay_manifest *manifest);

/** SHA-256 of the canonical text of the identity form. */
void assay_manifest_id(const struct assay_manifest *manifest, struct assay_sha256 *out);

#endif
