/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files of a tree: as a release has them, and as they were found in the field.
 *
 * Layer:  model.
 * Limits: paths and names are in the form that base/quote gives, so that different names are
 *         different texts, whatever bytes they have.
 */
#ifndef ASSAY_MODEL_REFERENCE_FILES_H
#define ASSAY_MODEL_REFERENCE_FILES_H

#include "base/digest.h"
#include "base/strings.h"
#include "model/twins.h"

enum assay_file_type {
	ASSAY_FILE_REGULAR,
	ASSAY_FILE_FOLDER,
	ASSAY_FILE_SYMLINK,
	ASSAY_FILE_CHARACTER,
	ASSAY_FILE_BLOCK,
	ASSAY_FILE_FIFO,
	ASSAY_FILE_SOCKET,
};

const char *assay_file_type_name(enum assay_file_type type);
bool assay_file_type_parse(const char *name, enum assay_file_type *out);

/** One file of a tree. Strings owned, quoted. */
struct assay_reference_file {
	char *path; /* "" is the tree's own folder */
	enum assay_file_type type;
	uint32_t mode; /* of st_mode, without the type: 07777 */
	uint64_t uid, gid;
	uint64_t size; /* bytes; of a regular file */
	struct assay_sha256 sha256;
	char *link;                      /* target of a symbolic link */
	uint64_t device;                 /* major << 32 | minor */
	char *capability;                /* security.capability in hexadecimal; NULL: none */
	struct assay_strings attributes; /* the other extended ones, "NAME=HEX" each, sorted */
	bool unread;                     /* found in the field, and not to be read */
};

/** Zero-initialise; sorted by path before it is compared. */
struct assay_reference_files {
	struct assay_reference_file *items;
	size_t count, cap;
	struct assay_twins *twins; /* where the SHA-512 of contents go; borrowed; NULL: nowhere */
	bool mounted; /* a folder: the kernel of this machine may have given labels of its own */
	bool trusted_hidden; /* attributes whose names begin with "trusted." could not be seen */
};

void assay_reference_files_fini(struct assay_reference_files *files);
#define ASSAY_AUTO_REFERENCE_FILES ASSAY_AUTO(assay_reference_files_fini)

/** Copy a file. Out: *out, to be freed with its list */
void assay_reference_file_copy(const struct assay_reference_file *file,
                               struct assay_reference_file *out);

/** Append a file, zeroed. Return: it, borrowed until the next one */
struct assay_reference_file *assay_reference_file_add(struct assay_reference_files *files);

/** Sort by path. Errors: ASSAY_E_FORMAT  a path twice */
ASSAY_CHECKED int assay_reference_files_sort(struct assay_reference_files *files,
                                             struct assay_error *err);

/** The file of a path in a sorted list; NULL: there is none. Borrowed. */
const struct assay_reference_file *
assay_reference_file_find(const struct assay_reference_files *files, const char *path);

#endif
