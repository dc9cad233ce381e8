/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libarchive, loaded when packages or sources are unpacked into folders. Comparing does without
 * it, and with it would also load a library for XML, one for all of Unicode and that of C++.
 *
 * Layer:  base, for supply/ and rebuild/.
 * Source: archive_read(3), archive_entry(3).
 */
#ifndef ASSAY_BASE_LIBARCHIVE_H
#define ASSAY_BASE_LIBARCHIVE_H

#include <archive.h>
#include <archive_entry.h>

#include "base/error.h"

/** What we call of it: NAME is archive_NAME. */
#define ASSAY_ARCHIVE_FUNCTIONS(EACH)                                                              \
	EACH(entry_filetype)                                                                       \
	EACH(entry_hardlink)                                                                       \
	EACH(entry_pathname)                                                                       \
	EACH(entry_perm)                                                                           \
	EACH(entry_size)                                                                           \
	EACH(entry_size_is_set)                                                                    \
	EACH(entry_symlink)                                                                        \
	EACH(error_string)                                                                         \
	EACH(filter_bytes)                                                                         \
	EACH(read_append_filter)                                                                   \
	EACH(read_data)                                                                            \
	EACH(read_data_block)                                                                      \
	EACH(read_free)                                                                            \
	EACH(read_new)                                                                             \
	EACH(read_next_header)                                                                     \
	EACH(read_open_fd)                                                                         \
	EACH(read_open_memory)                                                                     \
	EACH(read_support_filter_bzip2)                                                            \
	EACH(read_support_filter_gzip)                                                             \
	EACH(read_support_filter_lzma)                                                             \
	EACH(read_support_filter_xz)                                                               \
	EACH(read_support_filter_zstd)                                                             \
	EACH(read_support_format_raw)                                                              \
	EACH(read_support_format_tar)

struct assay_archive_library {
#define ASSAY_ARCHIVE_MEMBER(name) __typeof__(archive_##name) *name;
	ASSAY_ARCHIVE_FUNCTIONS(ASSAY_ARCHIVE_MEMBER)
#undef ASSAY_ARCHIVE_MEMBER
};

/**
 * Load libarchive, the first time. Any thread may call it.
 *
 * A process that enters a container calls it before: see base/demand.h.
 *
 * Return: its functions, NULL on error
 * Errors: ASSAY_E_TOOL
 */
const struct assay_archive_library *assay_archive(struct assay_error *err);

#endif
