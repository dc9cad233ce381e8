/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long a file system is that something else may stand behind.
 *
 * Layer: formats; for readers only.
 */
#ifndef ASSAY_FORMATS_FILESYSTEM_EXTENT_H
#define ASSAY_FORMATS_FILESYSTEM_EXTENT_H

#include "base/span.h"

/**
 * An ext2/3/4 whose first superblock and group descriptors hold up as when it is read, and which is all
 * there. Its magic alone is two bytes. Return: false when there is none.
 */
bool assay_ext_extent(struct assay_span span, uint64_t *length);

/** A romfs with a true checksum, with the zeros up to 1 KiB that genromfs adds. Return: as above. */
bool assay_romfs_extent(struct assay_span span, uint64_t *length);

#endif
