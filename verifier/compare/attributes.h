/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Extended attributes of a file, folder or link: capabilities, access control lists, labels.
 *
 * Layer:  compare; private to this folder.
 * Source: xattr(7).
 */
#ifndef ASSAY_COMPARE_ATTRIBUTES_H
#define ASSAY_COMPARE_ATTRIBUTES_H

#include "base/buffer.h"
#include "base/error.h"

/**
 * Append "NAME=0xVALUE NAME=0xVALUE", sorted, or nothing when there are none or the file system
 * has none. A link at the end of the path is not followed.
 */
ASSAY_CHECKED int assay_attributes_read(const char *path, struct assay_buffer *out,
                                        struct assay_error *err);

#endif
