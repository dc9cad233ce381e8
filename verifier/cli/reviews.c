/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/reviews.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#include "attest/envelope.h"
#include "attest/review.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/strings.h"

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

/* The statement as it is, or out of its envelope, signed or not. */
static int read_statement(int dir, struct assay_bytes *out, struct assay_error *err)
{
	ASSAY_AUTO_ENVELOPE struct assay_envelope envelope = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes file = { 0 };

	if (faccessat(dir, ASSAY_REVIEW_STATEMENT, F_OK, 0) == 0)
		return assay_file_read(dir, ASSAY_REVIEW_STATEMENT, ASSAY_ENVELOPE_MAX, out, err);
	if (assay_file_read(dir, ASSAY_REVIEW_ENVELOPE, ASSAY_ENVELOPE_MAX, &file, err) < 0 ||
	    assay_envelope_parse(assay_span_of_bytes(&file), &envelope, err) < 0)
		return -1;
	*out = envelope.payload;
	envelope.payload = (struct assay_bytes){ 0 };
	return 0;
}

static int add_record(int dir, struct assay_source_check *out, struct assay_error *err)
{
	ASSAY_AUTO_STATEMENT struct assay_statement statement = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes text = { 0 }, files = { 0 };
	struct assay_review *review = assay_source_check_add(out);
	struct assay_sha256 list;

	if (read_statement(dir, &text, err) < 0 ||
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

static int list_records(const char *path, struct assay_strings *out, struct assay_error *err)
{
	DIR *stream = opendir(path);
	struct dirent *entry;
	int failed = 0;

	if (stream == NULL)
		return assay_fail_errno(err, "read folder %s", path);
	while (failed == 0 && (entry = readdir(stream)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		assay_strings_printf(out, "%s/%s", path, entry->d_name);
		if (out->count > RECORDS_MAX)
			failed = assay_fail(err, ASSAY_E_LIMIT, "%s: more than %d records", path,
			                    RECORDS_MAX);
	}
	(void)closedir(stream);
	assay_strings_sort(out);
	return failed;
}

static int add_folder(const char *path, struct assay_source_check *out, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return assay_fail_errno(err, "open %s", path);
	if (!is_record(dir))
		return assay_fail(err, ASSAY_E_USAGE, "%s: not a record of assay review", path);
	return add_record(dir, out, err) < 0 ? assay_fail_in(err, "%s", path) : 0;
}

int assay_cli_reviews(const struct assay_manifest *manifest, const char *path,
                      struct assay_source_check *out, struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings folders = { 0 };
	ASSAY_AUTO_CLOSE int dir = -1;

	if (add_pins(manifest, out, err) < 0)
		return -1;
	if (path == NULL)
		return 0;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0 && !is_record(dir)) {
		if (list_records(path, &folders, err) < 0)
			return -1;
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
