/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/entry.h"

#include <sys/stat.h>

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

bool assay_entry_type_of(uint32_t mode, enum assay_entry_type *out)
{
	static const struct {
		uint32_t format;
		enum assay_entry_type type;
	} types[] = {
		{ S_IFREG, ASSAY_ENTRY_FILE },      { S_IFDIR, ASSAY_ENTRY_DIRECTORY },
		{ S_IFLNK, ASSAY_ENTRY_SYMLINK },   { S_IFBLK, ASSAY_ENTRY_BLOCK },
		{ S_IFCHR, ASSAY_ENTRY_CHARACTER }, { S_IFIFO, ASSAY_ENTRY_FIFO },
		{ S_IFSOCK, ASSAY_ENTRY_SOCKET },
	};

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(types); i++) {
		if ((mode & S_IFMT) != types[i].format)
			continue;
		*out = types[i].type;
		return true;
	}
	return false;
}
