/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/entry.h"

const char *assay_entry_type_name(enum assay_entry_type type)
{
	static const char *const names[] = {
		[ASSAY_ENTRY_FILE] = "file",
		[ASSAY_ENTRY_LINK] = "hard link",
		[ASSAY_ENTRY_SYMLINK] = "symbolic link",
		[ASSAY_ENTRY_DIRECTORY] = "folder",
		[ASSAY_ENTRY_CHARACTER] = "character device",
		[ASSAY_ENTRY_BLOCK] = "block device",
		[ASSAY_ENTRY_FIFO] = "FIFO",
		[ASSAY_ENTRY_SOCKET] = "socket",
		[ASSAY_ENTRY_OTHER] = "other",
		[ASSAY_ENTRY_STREAM] = "stream",
	};

	return names[type];
}
