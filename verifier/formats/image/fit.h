/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Flattened image trees: device trees that hold images, their hashes and signatures.
 *
 * Layer:  formats; private to this folder.
 * Source: U-Boot: doc/usage/fit/source_file_format.rst, signature.rst; boot/image-fit.c;
 *         tools/image-host.c.
 */
#ifndef ASSAY_FORMATS_IMAGE_FIT_H
#define ASSAY_FORMATS_IMAGE_FIT_H

#include "base/digest.h"
#include "formats/image/fdt.h"

struct fit {
	struct fdt_tree *tree;
	struct assay_contents *out;
	size_t images, configurations; /* indices of nodes; SIZE_MAX: there is none */
	uint64_t work; /* nodes and properties looked at for signatures: see FIT_WORK_MAX */
};

/** Ours: far more than an honest image needs, and done in a moment. */
#define FIT_WORK_MAX (UINT64_C(1) << 26)

/**
 * Look at a node whose name begins like that of a signature: what may differ in it, and whether
 * what it says of the rest is true.
 */
void fit_signature(struct fit *fit, size_t node);

/** The digest that a hash node's value must be. Return: bytes of it; 0: unknown algorithm */
size_t fit_digest(struct assay_span algorithm, struct assay_span content,
                  uint8_t out[ASSAY_DIGEST_MAX]);

/** Whether a node's name begins with a word; U-Boot tells hashes and signatures so. */
bool fit_is_named(const struct fdt_tree *tree, size_t node, const char *start);

/** A property that is one string: without its NUL; empty when it is none. */
struct assay_span fit_string(struct fdt_tree *tree, size_t node, const char *name);

#endif
