/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/bundle.h"

#include <inttypes.h>

#include "attest/document.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/rules.h"

/* Fields of a header and where they stand: POSIX.1-2017, pax, table 4-13. */
#define BLOCK 512
#define SIZE_AT 124
#define SIZE_DIGITS 11
#define SUM_AT 148
#define SUM_LEN 8

static const struct {
	size_t at;
	const char *text; /* with the NUL that ends it, where there is room for one */
	size_t len;
} fixed[] = {
	{ 100, "0000644", 8 },      /* mode */
	{ 108, "0000000", 8 },      /* uid */
	{ 116, "0000000", 8 },      /* gid */
	{ 136, "00000000000", 12 }, /* mtime */
	{ 156, "0", 1 },            /* typeflag: a regular file */
	{ 257, "ustar", 6 },        /* magic */
	{ 263, "00", 2 },           /* version */
};

void assay_bundle_fini(struct assay_bundle *bundle)
{
	for (size_t i = 0; i < bundle->count; i++) {
		free(bundle->files[i].name);
		assay_bytes_fini(&bundle->files[i].owned);
	}
	free(bundle->files);
	*bundle = (struct assay_bundle){ 0 };
}

void assay_bundle_index_fini(struct assay_bundle_index *index)
{
	assay_statement_fini(&index->statement);
	assay_envelope_fini(&index->envelope);
}

void assay_bundle_add(struct assay_bundle *bundle, const char *name, struct assay_span bytes,
                      struct assay_bytes *owned)
{
	struct assay_bundle_file *file;

	assay_grow(&bundle->files, &bundle->cap, bundle->count, sizeof(*bundle->files));
	file = &bundle->files[bundle->count++];
	*file = (struct assay_bundle_file){ .name = assay_strdup(name), .bytes = bytes };
	if (owned != NULL) {
		file->owned = *owned;
		*owned = (struct assay_bytes){ 0 };
	}
}

const struct assay_bundle_file *assay_bundle_find(const struct assay_bundle *bundle,
                                                  const char *name)
{
	for (size_t i = 0; i < bundle->count; i++)
		if (strcmp(bundle->files[i].name, name) == 0)
			return &bundle->files[i];
	return NULL;
}

/* What is wrong with a name; static text, NULL when nothing is. */
static const char *wrong_name(const char *name)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+~-/";
	size_t len = strlen(name);

	if (len >= ASSAY_BUNDLE_NAME)
		return "has too long a name";
	if (name[strspn(name, plain)] != '\0')
		return "has a name with other characters than letters, digits and ._+~-/";
	return assay_rule_relative_path(name);
}

static void make_header(const char *name, uint64_t size, uint8_t out[BLOCK])
{
	unsigned sum = 0;
	char text[SIZE_DIGITS + 1];

	memset(out, 0, BLOCK);
	memcpy(out, name, strlen(name));
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(fixed); i++)
		memcpy(out + fixed[i].at, fixed[i].text, fixed[i].len);
	(void)snprintf(text, sizeof(text), "%0*" PRIo64, SIZE_DIGITS, size);
	memcpy(out + SIZE_AT, text, SIZE_DIGITS);
	memset(out + SUM_AT, ' ', SUM_LEN); /* counted as spaces while it is not there */
	for (size_t i = 0; i < BLOCK; i++)
		sum += out[i];
	(void)snprintf(text, sizeof(text), "%06o", sum);
	memcpy(out + SUM_AT, text, 7); /* and a space behind its NUL */
}

/* --- Writing --- */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct assay_bundle_file *)a)->name,
	              ((const struct assay_bundle_file *)b)->name);
}

int assay_bundle_sort(struct assay_bundle *bundle, struct assay_error *err)
{
	if (bundle->count > 0)
		qsort(bundle->files, bundle->count, sizeof(*bundle->files), by_name);
	if (bundle->count > ASSAY_BUNDLE_FILES)
		return assay_fail(err, ASSAY_E_USAGE, "a bundle has at most %d files",
		                  ASSAY_BUNDLE_FILES);
	for (size_t i = 0; i < bundle->count; i++) {
		const char *name = bundle->files[i].name, *wrong = wrong_name(name);

		if (wrong != NULL)
			return assay_fail(err, ASSAY_E_USAGE, "%s %s: it cannot be in a bundle",
			                  name, wrong);
		if (i > 0 && strcmp(bundle->files[i - 1].name, name) == 0)
			return assay_fail(err, ASSAY_E_USAGE, "%s is there twice", name);
		if ((uint64_t)bundle->files[i].bytes.len >> (3 * SIZE_DIGITS) != 0)
			return assay_fail(err, ASSAY_E_USAGE, "%s is too large for a bundle", name);
	}
	return 0;
}

int assay_bundle_index(struct assay_bundle *bundle, const struct assay_bundle_terms *terms,
                       json_t **out, struct assay_error *err)
{
	ASSAY_AUTO_JSON json_t *statement = assay_statement_new(ASSAY_PREDICATE_BUNDLE);
	json_t *predicate = json_object_get(statement, "predicate"), *product = json_object();

	if (assay_bundle_sort(bundle, err) < 0)
		return -1;
	for (size_t i = 0; i < bundle->count; i++) {
		assay_sha256(bundle->files[i].bytes, &bundle->files[i].sha256);
		(void)assay_statement_subject(statement, bundle->files[i].name,
		                              &bundle->files[i].sha256);
	}
	assay_json_set_str(product, "name", terms->product);
	assay_json_set_str(product, "version", terms->version);
	assay_json_set(predicate, "product", product);
	assay_json_set(predicate, "manifest", assay_descriptor(NULL, terms->manifest));
	assay_json_set_bool(predicate, "inputs", terms->inputs);
	*out = assay_steal(&statement);
	return 0;
}

int assay_bundle_write(const struct assay_bundle *bundle, int fd, struct assay_error *err)
{
	static const uint8_t zeros[2 * BLOCK];

	for (size_t i = 0; i < bundle->count; i++) {
		const struct assay_bundle_file *file = &bundle->files[i];
		size_t rest = (BLOCK - file->bytes.len % BLOCK) % BLOCK;
		uint8_t header[BLOCK];

		make_header(file->name, file->bytes.len, header);
		if (assay_write_full(fd, assay_span_of(header, BLOCK), err) < 0 ||
		    assay_write_full(fd, file->bytes, err) < 0 ||
		    assay_write_full(fd, assay_span_of(zeros, rest), err) < 0)
			return -1;
	}
	return assay_write_full(fd, assay_span_of(zeros, sizeof(zeros)), err);
}

/* --- Reading --- */

/* Digits only as far as they go: the header that follows from them has to be this one. */
static uint64_t size_of(const uint8_t *header)
{
	uint64_t size = 0;

	for (size_t i = 0; i < SIZE_DIGITS; i++)
		size = size << 3 | (header[SIZE_AT + i] & 7u);
	return size;
}

/* Take one file off the archive at offset. */
static int read_file(struct assay_span archive, uint64_t *offset, struct assay_bundle *out,
                     struct assay_error *err)
{
	struct assay_span header = assay_span_sub(archive, *offset, BLOCK), bytes, rest;
	const struct assay_bundle_file *last = out->count > 0 ? &out->files[out->count - 1] : NULL;
	char name[ASSAY_BUNDLE_NAME + 1] = "";
	uint8_t again[BLOCK];
	uint64_t size;

	if (header.len < BLOCK)
		return assay_fail_at(err, ASSAY_E_FORMAT, *offset, "cut short in a header");
	memcpy(name, header.ptr, ASSAY_BUNDLE_NAME);
	if (wrong_name(name) != NULL)
		return assay_fail_at(err, ASSAY_E_FORMAT, *offset, "at byte %" PRIu64 ": a file %s",
		                     *offset, wrong_name(name));
	size = size_of(header.ptr);
	make_header(name, size, again);
	if (memcmp(header.ptr, again, BLOCK) != 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, *offset,
		                     "at byte %" PRIu64 ": not a header that a bundle has",
		                     *offset);
	if (last != NULL && strcmp(last->name, name) >= 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, *offset,
		                     "%s: out of order, or there twice", name);
	*offset += BLOCK;
	if (!assay_span_holds(archive, *offset, size))
		return assay_fail_at(err, ASSAY_E_FORMAT, *offset, "%s: cut short", name);
	bytes = assay_span_sub(archive, *offset, size);
	*offset += size;
	rest = assay_span_sub(archive, *offset, (BLOCK - size % BLOCK) % BLOCK);
	if (rest.len != (BLOCK - size % BLOCK) % BLOCK || !assay_span_is_fill(rest, 0))
		return assay_fail_at(err, ASSAY_E_FORMAT, *offset,
		                     "%s: something other than zeros behind it", name);
	*offset += rest.len;
	assay_bundle_add(out, name, bytes, NULL);
	return 0;
}

int assay_bundle_read(struct assay_span archive, struct assay_bundle *out, struct assay_error *err)
{
	uint64_t offset = 0;

	while (offset < archive.len && archive.ptr[offset] != 0) {
		if (out->count == ASSAY_BUNDLE_FILES)
			return assay_fail(err, ASSAY_E_LIMIT, "more than %d files",
			                  ASSAY_BUNDLE_FILES);
		if (read_file(archive, &offset, out, err) < 0)
			return assay_fail_in(err, "not a bundle");
	}
	if (archive.len - offset != (uint64_t)2 * BLOCK ||
	    !assay_span_is_fill(assay_span_sub(archive, offset, archive.len), 0))
		return assay_fail_at(err, ASSAY_E_FORMAT, offset,
		                     "not a bundle: at byte %" PRIu64
		                     " its end should be, and nothing behind it",
		                     offset);
	return 0;
}

/* Subject i of the index is file k. */
static int check_file(const struct assay_statement *statement, size_t i,
                      struct assay_bundle_file *file, struct assay_error *err)
{
	const json_t *subject = json_array_get(statement->subjects, i);
	const char *name = assay_field_or_empty(subject, "name");
	struct assay_sha256 wanted;

	if (strcmp(name, file->name) != 0)
		return assay_fail(
			err, ASSAY_E_TRUST,
			"%s is not in the index where it should be: a file was put in, or "
			"one is missing",
			file->name);
	if (assay_field_sha256(json_object_get(subject, "digest"), "sha256", &wanted, err) < 0)
		return assay_fail_in(err, "%s", file->name);
	assay_sha256(file->bytes, &file->sha256);
	if (!assay_sha256_equal(&wanted, &file->sha256))
		return assay_fail(err, ASSAY_E_TRUST, "%s is not the file that the index names",
		                  file->name);
	return 0;
}

static int read_index(const struct assay_bundle_file *file, struct assay_bundle_index *out,
                      struct assay_error *err)
{
	if (assay_envelope_parse(file->bytes, &out->envelope, err) < 0)
		return -1;
	if (strcmp(out->envelope.payload_type, ASSAY_ENVELOPE_INTOTO) != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "payloadType: is not %s",
		                  ASSAY_ENVELOPE_INTOTO);
	if (assay_statement_parse(assay_span_of_bytes(&out->envelope.payload), &out->statement,
	                          err) < 0)
		return -1;
	if (strcmp(out->statement.predicate_type, ASSAY_PREDICATE_BUNDLE) != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "not an index of a bundle");
	return 0;
}

int assay_bundle_check(struct assay_bundle *bundle, struct assay_bundle_index *out,
                       struct assay_error *err)
{
	const struct assay_bundle_file *file = assay_bundle_find(bundle, ASSAY_BUNDLE_INDEX);
	size_t count, next = 0;

	if (file == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "has no %s", ASSAY_BUNDLE_INDEX);
	if (read_index(file, out, err) < 0)
		return assay_fail_in(err, "%s", ASSAY_BUNDLE_INDEX);
	count = json_array_size(out->statement.subjects);
	for (size_t i = 0; i < bundle->count; i++) {
		if (&bundle->files[i] == file)
			continue;
		if (next == count)
			return assay_fail(err, ASSAY_E_TRUST, "%s is not in the index",
			                  bundle->files[i].name);
		if (check_file(&out->statement, next++, &bundle->files[i], err) < 0)
			return -1;
	}
	if (next != count)
		return assay_fail(err, ASSAY_E_TRUST, "%s is in the index, and not in the bundle",
		                  assay_field_or_empty(
					  json_array_get(out->statement.subjects, next), "name"));
	return 0;
}
