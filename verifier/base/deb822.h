/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Debian's control files: "Field: value" lines, with indented lines that continue a value.
 *
 * Layer:  base.
 * Source: deb822(5) of dpkg 1.21; OpenPGP's cleartext signatures: RFC 4880, 7.
 */
#ifndef ASSAY_BASE_DEB822_H
#define ASSAY_BASE_DEB822_H

#include "base/error.h"
#include "base/span.h"

/**
 * Find a field of one paragraph. Names are compared without regard to case.
 *
 * Return: the value without white space around it; a line end stands before each continuation,
 *         which has lost its first space. NULL if there is no such field.
 * Owner:  caller frees.
 */
char *assay_deb822_field(struct assay_span paragraph, const char *name);

/**
 * Take the one paragraph of a file that may be wrapped in a cleartext signature. The signature
 * is not checked.
 *
 * Out:    *out borrowed from text; *is_signed whether there was a wrapping
 * Errors: ASSAY_E_FORMAT  not text, no paragraph or more than one, a field twice, or a wrapping
 *                         that is cut short
 */
ASSAY_CHECKED int assay_deb822_open(struct assay_span text, struct assay_span *out, bool *is_signed,
                                    struct assay_error *err);

#endif
