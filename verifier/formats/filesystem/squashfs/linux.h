/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compressed blocks as Linux unpacks them. Its decoders have a window that was made when the image
 * was mounted, and know less than the libraries do: a block that they refuse is an error to whoever
 * reads the file.
 *
 * Layer:  formats; private to this folder.
 * Source: Linux, fs/squashfs/xz_wrapper.c, zstd_wrapper.c, lz4_wrapper.c; lib/xz/xz_dec_stream.c,
 *         xz_dec_lzma2.c and xz_dec_bcj.c. The .xz File Format 1.1.0; RFC 8878, section 3.1.1.1.
 * Limits: what a kernel was built without (a compressor, say) is not known here.
 */
#ifndef ASSAY_FORMATS_FILESYSTEM_SQUASHFS_LINUX_H
#define ASSAY_FORMATS_FILESYSTEM_SQUASHFS_LINUX_H

#include "formats/filesystem/squashfs/squashfs.h"

/** Whether Linux unpacks a block that is compressed, as far as its header tells. */
bool sqfs_linux_unpacks(const struct sqfs *fs, struct assay_span packed);

/** Whether Linux takes options of the compressor, of which there may be none. Out: fs->window */
ASSAY_CHECKED int sqfs_linux_mounts(struct sqfs *fs, struct assay_span options,
                                    struct assay_error *err);

#endif
