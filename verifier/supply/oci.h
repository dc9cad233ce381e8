/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The documents of an OCI image: index, manifest and configuration.
 *
 * Layer:  supply; not for other folders. Pure.
 * Source: OCI Image Format Specification 1.0.2 (descriptor.md, image-index.md, manifest.md,
 *         config.md, layer.md); Docker Image Manifest V2, Schema 2, which has other names for the
 *         same things.
 * Limits: documents of 4 MiB, as registries have them (OCI Distribution Specification, "Pushing
 *         Manifests"); 127 layers; SHA-256 only; no layer twice; images of one platform.
 */
#ifndef ASSAY_SUPPLY_OCI_H
#define ASSAY_SUPPLY_OCI_H

#include "base/digest.h"
#include "base/error.h"
#include "base/span.h"

#define ASSAY_OCI_DOCUMENT_MAX (UINT64_C(4) << 20) /* bytes */
#define ASSAY_OCI_LAYERS_MAX 127 /* as overlay file systems of other tools have them at most */

#define ASSAY_OCI_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define ASSAY_OCI_CONFIG "application/vnd.oci.image.config.v1+json"
#define ASSAY_OCI_LAYER "application/vnd.oci.image.layer.v1.tar"

struct assay_oci_blob {
	struct assay_sha256 sha256;
	uint64_t size; /* bytes */
};

struct assay_oci_layer {
	struct assay_oci_blob blob;
	int filter;                  /* ARCHIVE_FILTER_…, by the media type */
	struct assay_sha256 diff_id; /* of the tar archive, unpacked */
};

/** What manifest and configuration say. Zero-initialise. */
struct assay_oci_image {
	struct assay_oci_blob config;
	struct assay_oci_layer layers[ASSAY_OCI_LAYERS_MAX]; /* the lowest first */
	size_t layer_count;
	const char *architecture; /* Debian's name; static text */
};

/**
 * Find the one image of an index.
 *
 * Errors: ASSAY_E_FORMAT  malformed; none; more than one; an index of indexes
 */
ASSAY_CHECKED int assay_oci_index(struct assay_span text, struct assay_oci_blob *out,
                                  struct assay_error *err);

/** Read a manifest: all but diff_id and architecture. Errors: ASSAY_E_FORMAT, ASSAY_E_LIMIT */
ASSAY_CHECKED int assay_oci_manifest(struct assay_span text, struct assay_oci_image *image,
                                     struct assay_error *err);

/** Read the configuration that belongs to it. Errors: ASSAY_E_FORMAT */
ASSAY_CHECKED int assay_oci_config(struct assay_span text, struct assay_oci_image *image,
                                   struct assay_error *err);

#endif
