/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where values of a JSON text stand: strings that are as long as a time or digest, and sizes, with the
 * key and the object that each belongs to.
 *
 * Layer:  formats; for container images only.
 * Source: RFC 8259.
 * Limits: text is taken as it stands, and not checked to be JSON: a key with escapes in it is another
 *         key. Whoever compares two texts sees to it that what stands between the values is equal, so
 *         that both are read in the same way.
 */
#ifndef ASSAY_FORMATS_PACKAGE_OCI_VALUES_H
#define ASSAY_FORMATS_PACKAGE_OCI_VALUES_H

#include "base/error.h"
#include "base/span.h"

struct assay_oci_value {
	struct assay_span key;   /* its own, or that of the array it stands in; without quotes */
	struct assay_span outer; /* the key of the object it stands in, or of the array of that */
	uint64_t offset;         /* of the value in the text, without quotes */
	uint64_t length;
	size_t object; /* a number for the object that it stands in */
	bool string;   /* keys are strings, too, without a key of their own */
};

/** Owned; free with assay_oci_values_fini. */
struct assay_oci_values {
	struct assay_oci_value *items; /* in the order of the text */
	size_t count, cap;
};

/** Find the values in a text. Return: false when it is not JSON */
bool assay_oci_values_find(struct assay_span text, struct assay_oci_values *out);

void assay_oci_values_fini(struct assay_oci_values *values);
#define ASSAY_AUTO_OCI_VALUES ASSAY_AUTO(assay_oci_values_fini)

#endif
