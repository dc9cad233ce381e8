/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/tlog_index.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attest/merkle.h"
#include "base/buffer.h"
#include "base/cursor.h"
#include "base/file.h"

#define RECORD 16 /* bytes: the first half of one hash, and an index, both big-endian */
#define LEVELS 48 /* more bundles than that no log has */

/* A run over 1 << level bundles. */
struct run {
	unsigned level;
	uint64_t number;
};

struct record {
	uint64_t hash, index;
};

struct records {
	struct record *items;
	size_t count, cap;
};

static void run_path(struct run run, struct assay_buffer *out)
{
	assay_buffer_printf(out, "index/%u/%" PRIu64, run.level, run.number);
}

/* The run of a level over the first bundles. Return: whether there is one */
static bool run_of(uint64_t bundles, unsigned level, struct run *out)
{
	*out = (struct run){ level, (bundles >> level) - 1 };
	return (bundles >> level & 1) != 0;
}

static uint64_t run_size(struct run run)
{
	return (uint64_t)RECORD * ASSAY_TLOG_WIDTH << run.level;
}

/* Open a run as it should be. Return: a descriptor, -1 */
static int open_run(const struct assay_tlog_bundles *bundles, struct run run)
{
	ASSAY_AUTO_BUFFER struct assay_buffer path = { 0 };
	ASSAY_AUTO_CLOSE int fd = -1;
	struct stat st;

	run_path(run, &path);
	fd = openat(bundles->fd, assay_buffer_str(&path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    (uint64_t)st.st_size != run_size(run))
		return -1;
	return assay_steal_fd(&fd);
}

static uint64_t hash_of(struct assay_span entry)
{
	struct assay_sha256 leaf;

	assay_merkle_leaf(entry, &leaf);
	return assay_load(leaf.bytes, 8, true);
}

/* --- bundles ------------------------------------------------------------------------------- */

/* Return: 1 with the next entry, 0 at the end or at what is none */
static int next_entry(struct assay_cursor *cur, struct assay_span *out)
{
	struct assay_error ignored = ASSAY_ERROR_INIT;
	uint16_t length;

	return assay_cursor_left(cur) > 0 && assay_cursor_u16(cur, &length, &ignored) == 0 &&
	       assay_cursor_take(cur, length, out, &ignored) == 0;
}

unsigned assay_tlog_find_in(struct assay_span bundle, struct assay_span entry)
{
	struct assay_cursor cur = assay_cursor_at(bundle, true);
	unsigned found = ASSAY_TLOG_WIDTH;
	struct assay_span item;

	for (unsigned i = 0; i < ASSAY_TLOG_WIDTH && next_entry(&cur, &item); i++)
		if (assay_span_equal(item, entry))
			found = i;
	return found;
}

static void add_record(struct records *out, uint64_t hash, uint64_t index)
{
	assay_grow(&out->items, &out->cap, out->count, sizeof(*out->items));
	out->items[out->count++] = (struct record){ hash, index };
}

static int add_bundle(const struct assay_tlog_bundles *bundles, uint64_t number,
                      struct records *out, struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes bytes = { 0 };
	struct assay_cursor cur;
	struct assay_span entry;

	if (bundles->read(bundles->data, number, &bytes, err) < 0)
		return -1;
	cur = assay_cursor_at(assay_span_of_bytes(&bytes), true);
	for (unsigned i = 0; i < ASSAY_TLOG_WIDTH; i++) {
		if (!next_entry(&cur, &entry))
			return assay_fail(err, ASSAY_E_FORMAT, "a bundle of fewer entries");
		add_record(out, hash_of(entry), number * ASSAY_TLOG_WIDTH + i);
	}
	return 0;
}

/* --- writing ------------------------------------------------------------------------------- */

/* Return: whether the run was there */
static bool add_run(const struct assay_tlog_bundles *bundles, struct run run, struct records *out)
{
	ASSAY_AUTO_BUFFER struct assay_buffer path = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes bytes = { 0 };
	struct assay_error ignored = ASSAY_ERROR_INIT;

	run_path(run, &path);
	if (assay_file_read(bundles->fd, assay_buffer_str(&path), run_size(run), &bytes, &ignored) <
	            0 ||
	    bytes.len != run_size(run))
		return false;
	for (size_t i = 0; i < bytes.len; i += RECORD)
		add_record(out, assay_load(bytes.ptr + i, 8, true),
		           assay_load(bytes.ptr + i + 8, 8, true));
	return true;
}

/* The largest run over the first before bundles that begins here. */
static bool old_run_at(uint64_t before, uint64_t bundle, struct run *out)
{
	for (unsigned level = LEVELS; level-- > 0;)
		if (run_of(before, level, out) && out->number << level == bundle)
			return true;
	return false;
}

static int by_hash(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static void put_record(const struct record *record, struct assay_buffer *out)
{
	uint8_t bytes[RECORD];

	for (unsigned i = 0; i < 8; i++) {
		bytes[i] = (uint8_t)(record->hash >> (56 - 8 * i));
		bytes[8 + i] = (uint8_t)(record->index >> (56 - 8 * i));
	}
	assay_buffer_add(out, bytes, sizeof(bytes));
}

static int write_run(const struct assay_tlog_bundles *bundles, struct run run,
                     const struct records *records, struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer path = { 0 }, bytes = { 0 };
	ASSAY_AUTO_FREE char *folder = NULL;

	run_path(run, &path);
	folder = assay_path_folder(assay_buffer_str(&path));
	for (size_t i = 0; i < records->count; i++)
		put_record(&records->items[i], &bytes);
	if (assay_mkdirs(bundles->fd, folder, err) < 0)
		return -1;
	return assay_file_write(bundles->fd, assay_buffer_str(&path), assay_buffer_span(&bytes),
	                        0666, err);
}

/* Out of the runs over the first before bundles, and of the bundles behind them. */
static int make_run(const struct assay_tlog_bundles *bundles, uint64_t before, struct run run,
                    struct assay_error *err)
{
	uint64_t end = (run.number + 1) << run.level, at = run.number << run.level;
	struct records records = { 0 };
	struct run old;
	int result = 0;

	while (result == 0 && at < end) {
		if (old_run_at(before, at, &old) && add_run(bundles, old, &records))
			at += UINT64_C(1) << old.level;
		else
			result = add_bundle(bundles, at++, &records, err);
	}
	if (result == 0) {
		qsort(records.items, records.count, sizeof(*records.items), by_hash);
		result = write_run(bundles, run, &records, err);
	}
	free(records.items);
	return result;
}

int assay_tlog_index_write(const struct assay_tlog_bundles *bundles, uint64_t before, uint64_t now,
                           struct assay_error *err)
{
	for (unsigned level = 0; level < LEVELS; level++) {
		struct run run, old;

		if (!run_of(now, level, &run) ||
		    (run_of(before, level, &old) && old.number == run.number))
			continue;
		if (make_run(bundles, before, run, err) < 0)
			return -1;
	}
	return 0;
}

void assay_tlog_index_clean(const struct assay_tlog_bundles *bundles, uint64_t before, uint64_t now)
{
	for (unsigned level = 0; level < LEVELS; level++) {
		ASSAY_AUTO_BUFFER struct assay_buffer path = { 0 };
		struct run run, old;

		if (!run_of(before, level, &old) ||
		    (run_of(now, level, &run) && run.number == old.number))
			continue;
		run_path(old, &path);
		(void)unlinkat(bundles->fd, assay_buffer_str(&path), 0);
	}
}

/* --- finding ------------------------------------------------------------------------------- */

/* Return: 0 with the record, -1 when it cannot be read */
static int read_record(int fd, uint64_t at, struct record *out)
{
	uint8_t bytes[RECORD];

	if (pread(fd, bytes, sizeof(bytes), (off_t)(at * RECORD)) != (ssize_t)sizeof(bytes))
		return -1;
	*out = (struct record){ assay_load(bytes, 8, true), assay_load(bytes + 8, 8, true) };
	return 0;
}

/* The last record with a hash. Return: 1, 0 when there is none, -1 when it cannot be read */
static int search(int fd, uint64_t count, uint64_t hash, struct record *out)
{
	uint64_t low = 0, high = count;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (read_record(fd, middle, out) < 0)
			return -1;
		if (out->hash <= hash)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return 0;
	if (read_record(fd, low - 1, out) < 0)
		return -1;
	return out->hash == hash;
}

/* Return: 1 with *index, 0, -1 */
static int look_in_bundle(const struct assay_tlog_bundles *bundles, uint64_t number,
                          struct assay_span entry, uint64_t *index, struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes bytes = { 0 };
	unsigned found;

	if (bundles->read(bundles->data, number, &bytes, err) < 0)
		return -1;
	found = assay_tlog_find_in(assay_span_of_bytes(&bytes), entry);
	*index = number * ASSAY_TLOG_WIDTH + found;
	return found < ASSAY_TLOG_WIDTH;
}

static int look_everywhere(const struct assay_tlog_bundles *bundles, uint64_t count,
                           struct assay_span entry, uint64_t *index, struct assay_error *err)
{
	int got = 0;

	while (got == 0 && count > 0)
		got = look_in_bundle(bundles, --count, entry, index, err);
	return got;
}

/* Return: 1 with *index, 0 when nothing of it can be relied on, -1 */
static int look_in_run(const struct assay_tlog_bundles *bundles, struct run run,
                       struct assay_span entry, uint64_t *index, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = open_run(bundles, run);
	struct record record;

	if (fd < 0 || search(fd, run_size(run) / RECORD, hash_of(entry), &record) <= 0 ||
	    record.index / ASSAY_TLOG_WIDTH >> run.level != run.number)
		return 0;
	return look_in_bundle(bundles, record.index / ASSAY_TLOG_WIDTH, entry, index, err);
}

int assay_tlog_index_find(const struct assay_tlog_bundles *bundles, uint64_t count,
                          struct assay_span entry, uint64_t *index, struct assay_error *err)
{
	int got = 0;

	for (unsigned level = 0; got == 0 && level < LEVELS; level++) {
		struct run run;

		if (run_of(count, level, &run))
			got = look_in_run(bundles, run, entry, index, err);
	}
	/* What no run has may be in one that is damaged. */
	return got != 0 ? got : look_everywhere(bundles, count, entry, index, err);
}
