/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/reference_files.h"

#include "base/memory.h"

static const char *const type_names[] = {
	[ASSAY_FILE_REGULAR] = "file",    [ASSAY_FILE_FOLDER] = "folder",
	[ASSAY_FILE_SYMLINK] = "symlink", [ASSAY_FILE_CHARACTER] = "character",
	[ASSAY_FILE_BLOCK] = "block",     [ASSAY_FILE_FIFO] = "fifo",
	[ASSAY_FILE_SOCKET] = "socket",
};

const char *assay_file_type_name(enum assay_file_type type)
{
	return type_names[type];
}

bool assay_file_type_parse(const char *name, enum assay_file_type *out)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(type_names); i++)
		if (strcmp(type_names[i], name) == 0) {
			*out = (enum assay_file_type)i;
			return true;
		}
	return false;
}

void assay_reference_files_fini(struct assay_reference_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->items[i].path);
		free(files->items[i].link);
		free(files->items[i].capability);
		assay_strings_fini(&files->items[i].attributes);
	}
	free(files->items);
	*files = (struct assay_reference_files){ 0 };
}

struct assay_reference_file *assay_reference_file_add(struct assay_reference_files *files)
{
	assay_grow(&files->items, &files->cap, files->count, sizeof(*files->items));
	files->items[files->count] = (struct assay_reference_file){ 0 };
	return &files->items[files->count++];
}

static char *copy_text(const char *text)
{
	return text != NULL ? assay_strdup(text) : NULL;
}

void assay_reference_file_copy(const struct assay_reference_file *file,
                               struct assay_reference_file *out)
{
	*out = *file;
	out->path = copy_text(file->path);
	out->link = copy_text(file->link);
	out->capability = copy_text(file->capability);
	out->attributes = (struct assay_strings){ 0 };
	for (size_t i = 0; i < file->attributes.count; i++)
		assay_strings_add(&out->attributes, file->attributes.items[i]);
}

static int by_path(const void *a, const void *b)
{
	const struct assay_reference_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

int assay_reference_files_sort(struct assay_reference_files *files, struct assay_error *err)
{
	if (files->count > 1)
		qsort(files->items, files->count, sizeof(*files->items), by_path);
	for (size_t i = 1; i < files->count; i++)
		if (by_path(&files->items[i - 1], &files->items[i]) == 0)
			return assay_fail(err, ASSAY_E_FORMAT, "%s is there twice",
			                  files->items[i].path);
	return 0;
}

const struct assay_reference_file *
assay_reference_file_find(const struct assay_reference_files *files, const char *path)
{
	const struct assay_reference_file key = { .path = (char *)(uintptr_t)path };

	if (files->count == 0)
		return NULL;
	return bsearch(&key, files->items, files->count, sizeof(key), by_path);
}
