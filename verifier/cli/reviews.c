/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/reviews.h"

#include <fcntl.h>

#include "attest/review.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/statements.h"

#define RECORDS_MAX 1024 /* below one folder */

static int add_pins(const struct assay_manifest *manifest, struct assay_source_check *out,
                    struct assay_error *err)
{
	for (unsigned i = 0; i < manifest->reviewed_count; i++) {
		struct assay_review *review = assay_source_check_add(out);

		review->at = assay_strdup(manifest->reviewed[i].at);
		if (!assay_sha256_parse(manifest->reviewed[i].tree, &review->tree))
			return assay_fail(err, ASSAY_E_FORMAT, "%s: not a digest",
			                  manifest->reviewed[i].tree);
	}
	return 0;
}

static int add_record(int dir, const char *path, struct assay_source_check *out,
                      struct assay_error *err)
{
	ASSAY_AUTO_STATEMENT struct assay_statement statement = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes text = { 0 }, files = { 0 };
	struct assay_review *review = assay_source_check_add(out);
	bool plain = faccessat(dir, ASSAY_REVIEW_STATEMENT, F_OK, 0) == 0;
	ASSAY_AUTO_FREE char *file = assay_asprintf(
		"%s/%s", path, plain ? ASSAY_REVIEW_STATEMENT : ASSAY_REVIEW_ENVELOPE);
	struct assay_sha256 list;

	if (assay_cli_statement_text(file, &text, err) < 0 ||
	    assay_statement_parse(assay_span_of_bytes(&text), &statement, err) < 0 ||
	    assay_review_take(&statement, review, &list, err) < 0)
		return -1;
	assay_sha256(assay_span_of_bytes(&text), &review->statement);
	if (assay_file_read(dir, ASSAY_REVIEW_LIST, ASSAY_INVENTORY_MAX, &files, err) < 0)
		return -1;
	if (assay_review_take_files(review, &list, assay_span_of_bytes(&files), err) < 0)
		return assay_fail_in(err, ASSAY_REVIEW_LIST);
	return 0;
}

static bool is_record(int dir)
{
	return faccessat(dir, ASSAY_REVIEW_STATEMENT, F_OK, 0) == 0 ||
	       faccessat(dir, ASSAY_REVIEW_ENVELOPE, F_OK, 0) == 0;
}

static int add_folder(const char *path, struct assay_source_check *out, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return assay_fail_errno(err, "open %s", path);
	if (!is_record(dir))
		return assay_fail(err, ASSAY_E_USAGE, "%s: not a record of assay review", path);
	return add_record(dir, path, out, err) < 0 ? assay_fail_in(err, "%s", path) : 0;
}

int assay_cli_reviews(const struct assay_manifest *manifest, const char *path,
                      struct assay_source_check *out, struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings names = { 0 }, folders = { 0 };
	ASSAY_AUTO_CLOSE int dir = -1;

	if (add_pins(manifest, out, err) < 0)
		return -1;
	if (path == NULL)
		return 0;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0 && !is_record(dir)) {
		if (assay_folder_names(AT_FDCWD, path, RECORDS_MAX, &names, err) < 0)
			return -1;
		for (size_t i = 0; i < names.count; i++)
			assay_strings_printf(&folders, "%s/%s", path, names.items[i]);
		if (folders.count == 0)
			return assay_fail(err, ASSAY_E_USAGE, "%s: has no record", path);
	} else {
		assay_strings_add(&folders, path);
	}
	for (size_t i = 0; i < folders.count; i++)
		if (add_folder(folders.items[i], out, err) < 0)
			return -1;
	return 0;
}
