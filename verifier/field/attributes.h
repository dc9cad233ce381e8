/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Extended attributes of a file in a tree: capabilities, access lists, labels, marks of overlays. A
 * kernel goes by them, so they count as content does.
 *
 * Layer:  field.
 * Limits: SELinux and Smack give labels of their own to files that have none; in a folder those cannot be
 *         told from the file's own, and where the release has none they are not compared.
 */
#ifndef ASSAY_FIELD_ATTRIBUTES_H
#define ASSAY_FIELD_ATTRIBUTES_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/span.h"
#include "model/reference.h"

/**
 * Give a file an attribute.
 *
 * In:     name, value  as getxattr(2) has them; an empty value is one, too
 * Errors: ASSAY_E_FORMAT  it has one of that name already, or a name without characters
 */
ASSAY_CHECKED int assay_attributes_add(struct assay_reference_file *file, struct assay_span name,
                                       struct assay_span value, struct assay_error *err);

/**
 * Make of an access list as ext2, 3 and 4 store it what getxattr(2) returns.
 *
 * Errors: ASSAY_E_FORMAT
 * Source: Linux fs/ext4/acl.h; uapi/linux/posix_acl_xattr.h
 */
ASSAY_CHECKED int assay_attributes_acl(struct assay_span stored, struct assay_buffer *out,
                                       struct assay_error *err);

/** What a comparison left out, of all files. Zero-initialise. */
struct assay_attributes_unknown {
	uint64_t labels; /* that the release does not have, and the machine may have given */
};

/**
 * Say in which attributes a file from the field is not as it should be.
 *
 * In:  got_in  the list that the file from the field is of
 * Out: *out    ", " and what differs for each; nothing where nothing does
 */
void assay_attributes_compare(const struct assay_reference_file *wanted,
                              const struct assay_reference_file *got,
                              const struct assay_reference_files *got_in,
                              struct assay_attributes_unknown *unknown, struct assay_buffer *out);

#endif
