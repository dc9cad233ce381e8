/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/archive/tar_sparse.h"

#include "base/memory.h"
#include "formats/archive/tar_header.h"
#include "formats/contents.h"

#define NUMBER 12 /* bytes of an offset or a length in the old format */
#define RUN ((uint64_t)2 * NUMBER)
#define HEADER_RUNS_AT 386
#define HEADER_RUNS 4
#define HEADER_MORE_AT 482 /* not zero: a block of runs follows */
#define SIZE_AT 483
#define BLOCK_RUNS 21
#define BLOCK_MORE_AT 504
#define RUNS_MAX ((size_t)1 << 20) /* ours */

static int fail(struct assay_error *err, uint64_t at, const char *what)
{
	return assay_fail_at(err, ASSAY_E_FORMAT, at, "a sparse file: %s", what);
}

/* Decimal digits and nothing else. */
static bool parse_decimal(struct assay_span text, uint64_t *out)
{
	*out = 0;
	if (text.len == 0 || text.len > 18)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		*out = *out * 10 + (text.ptr[i] - '0');
	}
	return true;
}

/* Runs are sorted and do not overlap; the last may be one of no bytes where the file ends. */
static bool add_run(struct assay_tar_sparse *out, uint64_t offset, uint64_t length)
{
	const struct assay_tar_run *last = out->count > 0 ? &out->runs[out->count - 1] : NULL;
	uint64_t end;

	if (out->count == RUNS_MAX || __builtin_add_overflow(offset, length, &end) ||
	    (last != NULL && offset < last->offset + last->length))
		return false;
	assay_grow(&out->runs, &out->cap, out->count, sizeof(*out->runs));
	out->runs[out->count++] = (struct assay_tar_run){ offset, length };
	return true;
}

/* --- pax records --- */

/* The next number of a list, up to the character behind it. */
static bool take_number(struct assay_span *rest, uint8_t end, uint64_t *out)
{
	size_t len = 0;

	while (len < rest->len && rest->ptr[len] != end)
		len++;
	if (end == '\n' && len == rest->len)
		return false;
	if (!parse_decimal(assay_span_sub(*rest, 0, len), out))
		return false;
	*rest = assay_span_sub(*rest, len + 1, rest->len);
	return true;
}

/* Format 0.1: "offset,length,offset,length". */
static bool read_map(struct assay_tar_sparse *out, struct assay_span map)
{
	if (out->count > 0 || map.len == 0 || map.ptr[map.len - 1] == ',')
		return false;
	while (map.len > 0) {
		uint64_t offset, length;

		if (!take_number(&map, ',', &offset) || map.len == 0 ||
		    !take_number(&map, ',', &length) || !add_run(out, offset, length))
			return false;
	}
	return true;
}

static bool set_number(uint64_t *slot, bool *has, struct assay_span value)
{
	bool good = !*has && parse_decimal(value, slot);

	*has = true;
	return good;
}

/* Format 0.0: an offset, then a length, for each run. */
static bool read_pair(struct assay_tar_sparse *out, bool offset, uint64_t number)
{
	struct assay_tar_run *last;

	if (out->half == offset)
		return false;
	out->half = offset;
	if (offset)
		return add_run(out, number, 0);
	last = &out->runs[out->count - 1];
	last->length = number;
	return last->offset <= INT64_MAX && number <= INT64_MAX;
}

static bool apply(struct assay_tar_sparse *out, struct assay_span key, struct assay_span value)
{
	uint64_t number;

	if (assay_span_is(key, "name")) {
		bool good = out->name.ptr == NULL && value.len > 0;

		out->name = value;
		return good;
	}
	if (assay_span_is(key, "size") || assay_span_is(key, "realsize"))
		return set_number(&out->size, &out->has_size, value);
	if (assay_span_is(key, "numblocks"))
		return set_number(&out->blocks, &out->has_blocks, value);
	if (assay_span_is(key, "map"))
		return read_map(out, value);
	if (assay_span_is(key, "minor"))
		return assay_span_is(value, "0");
	if (assay_span_is(key, "offset") || assay_span_is(key, "numbytes"))
		return parse_decimal(value, &number) &&
		       read_pair(out, assay_span_is(key, "offset"), number);
	return false;
}

int assay_tar_sparse_record(struct assay_tar_sparse *out, struct assay_span key,
                            struct assay_span value, struct assay_error *err)
{
	static const char prefix[] = "GNU.sparse.";
	struct assay_span rest = assay_span_sub(key, sizeof(prefix) - 1, key.len);
	enum assay_tar_sparse_form form = ASSAY_TAR_SPARSE_RECORDS;

	if (!assay_span_starts(key, prefix, sizeof(prefix) - 1))
		return 0;
	if (assay_span_is(rest, "major") && assay_span_is(value, "1"))
		form = ASSAY_TAR_SPARSE_DATA;
	else if (!apply(out, rest, value))
		return fail(err, 0, "an unknown record, or one that is not sound");
	if (out->form < form)
		out->form = form;
	return 1;
}

/* --- the old format --- */

static bool parse_octal(struct assay_span text, uint64_t *out)
{
	size_t i = 0;

	*out = 0;
	for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '7'; i++)
		*out = *out << 3 | (text.ptr[i] - '0');
	return i > 0 && assay_span_is_fill(assay_span_sub(text, i, text.len), 0);
}

/* Runs up to one that is empty, behind which there are none. */
static bool read_runs(struct assay_tar_sparse *out, struct assay_span block, size_t count)
{
	bool ended = false;

	for (size_t i = 0; i < count; i++) {
		struct assay_span run = assay_span_sub(block, i * RUN, RUN);
		uint64_t offset, length;

		ended |= assay_span_is_fill(run, 0);
		if (ended && assay_span_is_fill(run, 0))
			continue;
		if (ended || !parse_octal(assay_span_sub(run, 0, NUMBER), &offset) ||
		    !parse_octal(assay_span_sub(run, NUMBER, NUMBER), &length) ||
		    !add_run(out, offset, length))
			return false;
	}
	return true;
}

/* The blocks behind the header are not counted among what is stored. */
static int read_old(struct assay_contents *out, struct assay_tar_sparse *sparse,
                    struct assay_span header, struct assay_error *err)
{
	uint8_t more = header.ptr[HEADER_MORE_AT];

	if (sparse->has_size ||
	    !parse_octal(assay_span_sub(header, SIZE_AT, NUMBER), &sparse->size) ||
	    !read_runs(sparse, assay_span_sub(header, HEADER_RUNS_AT, header.len), HEADER_RUNS))
		return fail(err, out->end, "a map that is not sound");
	while (more == 1) {
		struct assay_span block =
			assay_span_sub(assay_contents_rest(out), 0, ASSAY_TAR_BLOCK);

		if (block.len < ASSAY_TAR_BLOCK || !read_runs(sparse, block, BLOCK_RUNS))
			return fail(err, out->end, "a map that is not sound");
		more = block.ptr[BLOCK_MORE_AT];
		(void)assay_contents_part(out, out->entry_count - 1, ASSAY_ROLE_FIXED, "sparse map",
		                          ASSAY_TAR_BLOCK);
	}
	return more == 0 ? 0 : fail(err, out->end, "a map that is not sound");
}

/* --- format 1.0 --- */

/* In front of what is stored: numbers in lines, in whole blocks. Out: *stored, without them */
static int read_data(struct assay_contents *out, struct assay_tar_sparse *sparse, uint64_t *stored,
                     struct assay_error *err)
{
	struct assay_span data = assay_span_sub(assay_contents_rest(out), 0, *stored), rest = data;
	uint64_t count, offset, length, size;

	if (sparse->count > 0 || sparse->has_blocks || !take_number(&rest, '\n', &count))
		return fail(err, out->end, "a map that is not sound");
	for (uint64_t i = 0; i < count; i++)
		if (!take_number(&rest, '\n', &offset) || !take_number(&rest, '\n', &length) ||
		    !add_run(sparse, offset, length))
			return fail(err, out->end, "a map that is not sound");
	size = data.len - rest.len;
	size += -size % ASSAY_TAR_BLOCK;
	if (size > data.len)
		return fail(err, out->end, "a map that is cut short");
	(void)assay_contents_part(out, out->entry_count - 1, ASSAY_ROLE_FIXED, "sparse map", size);
	*stored -= size;
	return 0;
}

/* --- content --- */

static int add_hole(struct assay_contents *out, uint64_t length, struct assay_error *err)
{
	if (length == 0)
		return 0;
	return assay_contents_piece(
		out, &(struct assay_piece){ .kind = ASSAY_PIECE_ZEROS, .length = length }, err);
}

static int add_run_content(struct assay_contents *out, const struct assay_tar_run *run,
                           struct assay_error *err)
{
	struct assay_piece piece = { .kind = ASSAY_PIECE_RAW,
		                     .length = run->length,
		                     .offset = out->end,
		                     .packed = run->length };

	if (run->length == 0)
		return 0;
	assay_contents_part(out, out->entry_count - 1, ASSAY_ROLE_CONTENT, "content", run->length)
		->content = run->offset;
	return assay_contents_piece(out, &piece, err);
}

static int add_content(struct assay_contents *out, const struct assay_tar_sparse *sparse,
                       uint64_t stored, struct assay_error *err)
{
	uint64_t at = 0, total = 0;

	for (size_t i = 0; i < sparse->count; i++) {
		const struct assay_tar_run *run = &sparse->runs[i];

		if (run->offset < at || run->length > stored - total ||
		    run->offset > sparse->size || run->length > sparse->size - run->offset)
			return fail(err, out->end, "a run outside of it");
		if (add_hole(out, run->offset - at, err) < 0 || add_run_content(out, run, err) < 0)
			return -1;
		at = run->offset + run->length;
		total += run->length;
	}
	if (total != stored)
		return fail(err, out->end, "bytes that are in no run");
	return add_hole(out, sparse->size - at, err);
}

int assay_tar_sparse_read(struct assay_contents *out, struct assay_tar_sparse *sparse,
                          struct assay_span header, uint64_t stored, struct assay_error *err)
{
	if (sparse->form == ASSAY_TAR_SPARSE_OLD && read_old(out, sparse, header, err) < 0)
		return -1;
	if (sparse->form == ASSAY_TAR_SPARSE_DATA && read_data(out, sparse, &stored, err) < 0)
		return -1;
	if (sparse->form != ASSAY_TAR_SPARSE_OLD && !sparse->has_size)
		return fail(err, out->end, "without a size");
	if (sparse->half || (sparse->has_blocks && sparse->blocks != sparse->count))
		return fail(err, out->end, "another number of runs");
	if (stored > assay_contents_rest(out).len)
		return fail(err, out->end, "cut short");
	return add_content(out, sparse, stored, err);
}

void assay_tar_sparse_fini(struct assay_tar_sparse *sparse)
{
	free(sparse->runs);
	*sparse = (struct assay_tar_sparse){ 0 };
}
