/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of a tree in an image or archive: they are in order, lead nowhere else, are read back from
 * JSON as they were, and are the tree of a release that has just them; with a file less they are not. */
#include "attest/pack.h"
#include "base/rules.h"
#include "field/entries.h"
#include "field/tree.h"
#include "fuzz.h"

/* Small, so that a bomb is a limit and not a slow run. */
static const struct assay_unpack_limits limits = { .depth = 4,
	                                           .members = 1000,
	                                           .bytes = 1 << 22,
	                                           .ratio = 1000,
	                                           .ratio_from = 1 << 16,
	                                           .tables = 1 << 20 };

static void check_paths(const struct assay_reference_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		const struct assay_reference_file *file = &files->items[i];

		fuzz_assert(i == 0 || strcmp(files->items[i - 1].path, file->path) < 0);
		fuzz_assert(*file->path == '\0' || assay_rule_relative_path(file->path) == NULL);
		fuzz_assert((file->mode & ~07777u) == 0);
		fuzz_assert((file->link != NULL) == (file->type == ASSAY_FILE_SYMLINK));
	}
}

static void check_again(const struct assay_reference_files *files,
                        struct assay_reference_files *again)
{
	ASSAY_AUTO_JSON json_t *first = assay_pack_files_json(files), *second = NULL;
	struct assay_error err = ASSAY_ERROR_INIT;

	fuzz_assert(assay_pack_files_parse(first, again, &err) == 0);
	second = assay_pack_files_json(again);
	fuzz_assert(json_equal(first, second));
}

static enum assay_exit hold(const struct assay_reference_files *files,
                            const struct assay_reference_files *release)
{
	struct assay_reference reference = { .tree_count = 1 };
	const struct assay_reference *const releases[] = { &reference };
	ASSAY_AUTO_FOUND struct assay_found found = { .pack = ASSAY_FOUND_NONE };
	struct assay_strings troubles = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;

	reference.trees[0].name = (char *)(uintptr_t) "tree";
	reference.trees[0].files = *release;
	fuzz_assert(assay_field_files(files, &troubles, releases, 1, &found, &err) == 0);
	return found.status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ASSAY_AUTO_REFERENCE_FILES struct assay_reference_files files = { 0 };
	ASSAY_AUTO_REFERENCE_FILES struct assay_reference_files again = { 0 };
	struct assay_reference_files less;
	struct assay_error err = ASSAY_ERROR_INIT;

	if (assay_field_entries(assay_span_of(data, size), &limits, &files, &err) < 0) {
		fuzz_assert(err.text[0] != '\0');
		return 0;
	}
	check_paths(&files);
	check_again(&files, &again);
	if (files.count == 0)
		return 0;
	fuzz_assert(hold(&again, &files) == ASSAY_EXIT_MATCH);
	less = files;
	less.count--;
	if (*files.items[less.count].path != '\0')
		fuzz_assert(hold(&again, &less) == ASSAY_EXIT_DIFFERENT &&
		            hold(&less, &again) == ASSAY_EXIT_DIFFERENT);
	return 0;
}
