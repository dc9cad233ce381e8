/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "field/dump.h"

#include <sys/stat.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "field/memory.h"

#define TRIES 8 /* releases that are held against a dump in full */

/* One dump on its way to an answer about one release. */
struct job {
	const struct assay_field_releases *releases;
	struct assay_memory memory;
	size_t pack; /* the release that the dump may be of */
	struct assay_found *out;
};

static const struct assay_reference_layout *layout_of(const struct job *job, size_t pack)
{
	return &job->releases->items[pack]->layout;
}

/* --- one partition ------------------------------------------------------------------------- */

static bool is_there(const struct assay_memory *memory, uint64_t offset, uint64_t size)
{
	return offset <= memory->size && size <= memory->size - offset;
}

static void conclude_row(struct assay_found_row *row)
{
	if (row->unexplained > 0)
		row->state = ASSAY_FOUND_DIFFERENT;
	else if (row->match > 0)
		row->state = ASSAY_FOUND_MATCH;
	else
		row->state = ASSAY_FOUND_EMPTY;
}

/* In: row zeroed but for its name. Its own memory is its only one, so that rows can be made at once. */
static int look_at(const struct job *job, size_t pack,
                   const struct assay_reference_partition *partition, struct assay_found_row *row,
                   struct assay_error *err)
{
	const struct assay_reference_layout *layout = layout_of(job, pack);
	const struct assay_reference_content *content = &partition->content;

	row->pack = pack;
	row->offset = partition->offset;
	row->size = partition->size;
	if (!is_there(&job->memory, partition->offset, partition->size)) {
		row->state = ASSAY_FOUND_CUT;
		row->unexplained = partition->size;
		return 0;
	}
	if (partition->exclude != NULL) {
		row->state = ASSAY_FOUND_EXCLUDED;
		row->excluded = partition->size;
		return 0;
	}
	if (content->path != NULL &&
	    assay_memory_content(&job->memory, content, partition->offset, row, err) < 0)
		return -1;
	if (assay_memory_fill(&job->memory, layout, partition->offset + content->size,
	                      partition->size - content->size, row, err) < 0)
		return -1;
	conclude_row(row);
	return 0;
}

/* Whether there is nothing but fill where a content should be; then the row says so. */
static int look_for_empty(const struct job *job, size_t pack,
                          const struct assay_reference_partition *partition,
                          struct assay_found_row *row, struct assay_error *err)
{
	struct assay_found_row fill = { .pack = pack,
		                        .offset = partition->offset,
		                        .size = partition->size };

	if (row->state != ASSAY_FOUND_DIFFERENT || partition->content.path == NULL)
		return 0;
	if (assay_memory_fill(&job->memory, layout_of(job, pack), partition->offset,
	                      partition->size, &fill, err) < 0)
		return -1;
	if (fill.unexplained > 0)
		return 0;
	fill.name = row->name;
	fill.slot = row->slot;
	fill.state = ASSAY_FOUND_EMPTY;
	*row = fill;
	return 0;
}

static struct assay_found_row *add_row(struct job *job,
                                       const struct assay_reference_partition *partition)
{
	struct assay_found_row *row =
		assay_found_add(job->out, partition->name, ASSAY_FOUND_UNKNOWN);

	row->slot = partition->slot != NULL ? assay_strdup(partition->slot) : NULL;
	row->note = partition->exclude != NULL ? assay_strdup(partition->exclude) : NULL;
	return row;
}

/* --- partitions that there is one of --------------------------------------------------------- */

struct common {
	struct job *job;
	size_t first; /* of the rows */
	const struct assay_reference_partition **partitions;
};

/* Work of assay_parallel. */
static int look_at_common(void *context, size_t index, struct assay_error *err)
{
	struct common *common = context;
	const struct job *job = common->job;

	return look_at(job, job->pack, common->partitions[index],
	               &job->out->rows[common->first + index], err);
}

static int add_common(struct job *job, struct assay_error *err)
{
	const struct assay_reference_layout *layout = layout_of(job, job->pack);
	ASSAY_AUTO_FREE const struct assay_reference_partition **partitions =
		assay_calloc(layout->count + 1, sizeof(const struct assay_reference_partition *));
	struct common common = { job, job->out->count, partitions };
	size_t count = 0;

	for (size_t i = 0; i < layout->count; i++)
		if (layout->partitions[i].slot == NULL) {
			partitions[count++] = &layout->partitions[i];
			(void)add_row(job, &layout->partitions[i]);
		}
	return assay_parallel(count, look_at_common, &common, err);
}

/* --- slots --------------------------------------------------------------------------------- */

static bool in_slot(const struct assay_reference_partition *partition, const char *slot)
{
	return partition->slot != NULL && strcmp(partition->slot, slot) == 0;
}

/* Whether a partition of another release lies where this one has something else already. */
static bool collides(const struct job *job, const struct assay_reference_partition *partition)
{
	for (size_t i = 0; i < job->out->count; i++) {
		const struct assay_found_row *row = &job->out->rows[i];

		if (partition->offset < row->offset + row->size &&
		    row->offset < partition->offset + partition->size)
			return true;
	}
	return false;
}

/* Whether a release may be in a slot: nothing that costs much. */
static int may_be_in(const struct job *job, size_t pack, const char *slot, bool *out,
                     struct assay_error *err)
{
	const struct assay_reference_layout *layout = layout_of(job, pack);
	size_t contents = 0;

	*out = layout->device != NULL;
	for (size_t i = 0; *out && i < layout->count; i++) {
		const struct assay_reference_partition *one = &layout->partitions[i];

		if (!in_slot(one, slot))
			continue;
		contents += one->content.path != NULL;
		*out = !collides(job, one);
		if (*out && one->content.path != NULL &&
		    assay_memory_may_be(&job->memory, &one->content, one->offset, out, err) < 0)
			return -1;
	}
	*out = *out && contents > 0;
	return 0;
}

/* Add the rows of a slot as a release has them. Out: *all whether it is all there, *empty nothing */
static int add_slot_rows(struct job *job, size_t pack, const char *slot, bool *all, bool *empty,
                         struct assay_error *err)
{
	const struct assay_reference_layout *layout = layout_of(job, pack);

	*all = *empty = true;
	for (size_t i = 0; i < layout->count; i++) {
		const struct assay_reference_partition *one = &layout->partitions[i];
		struct assay_found_row *row;

		if (!in_slot(one, slot))
			continue;
		row = add_row(job, one);
		if (look_at(job, pack, one, row, err) < 0 ||
		    look_for_empty(job, pack, one, row, err) < 0)
			return -1;
		*empty = *empty &&
		         (row->state == ASSAY_FOUND_EMPTY || row->state == ASSAY_FOUND_EXCLUDED);
		*all = *all &&
		       (row->state == ASSAY_FOUND_MATCH || row->state == ASSAY_FOUND_EXCLUDED ||
		        (row->state == ASSAY_FOUND_EMPTY && one->content.path == NULL));
	}
	return 0;
}

/* Say so when a partition is one of another release. */
static int note_release(const struct job *job, size_t pack, struct assay_found_row *row,
                        struct assay_error *err)
{
	const struct assay_reference *other = job->releases->items[pack];

	for (size_t i = 0; i < other->layout.count; i++) {
		const struct assay_reference_partition *one = &other->layout.partitions[i];
		struct assay_found_row found = { 0 };
		bool may = false;

		if (strcmp(one->name, row->name) != 0 || one->content.path == NULL)
			continue;
		if (assay_memory_may_be(&job->memory, &one->content, one->offset, &may, err) < 0 ||
		    (may && look_at(job, pack, one, &found, err) < 0))
			return -1;
		if (found.state == ASSAY_FOUND_MATCH)
			row->note = assay_asprintf("has the content of %s %s", other->product,
			                           other->version);
	}
	return 0;
}

/* One that is not the wanted one may be that of another release, beside one that is not. */
static int note_others(const struct job *job, size_t first, struct assay_error *err)
{
	for (size_t i = first; i < job->out->count; i++) {
		struct assay_found_row *row = &job->out->rows[i];

		for (size_t k = 0; k < job->releases->count && row->note == NULL &&
		                   row->state == ASSAY_FOUND_DIFFERENT;
		     k++)
			if (k != row->pack && note_release(job, k, row, err) < 0)
				return -1;
	}
	return 0;
}

/* The release that the dump may be of is tried first, then the others in their order. */
static int fill_slot(struct job *job, const char *name, struct assay_error *err)
{
	struct assay_found_slot *slot;
	size_t first = job->out->count;
	bool all = false, empty = false, may;

	assay_grow(&job->out->slots, &job->out->slot_cap, job->out->slot_count, sizeof(*slot));
	slot = &job->out->slots[job->out->slot_count++];
	*slot = (struct assay_found_slot){ .name = name, .pack = ASSAY_FOUND_NONE };
	for (size_t k = 0; k <= job->releases->count; k++) {
		size_t pack = k == 0 ? job->pack : k - 1;

		if (k > 0 && pack == job->pack)
			continue;
		if (may_be_in(job, pack, name, &may, err) < 0)
			return -1;
		if (!may)
			continue;
		if (add_slot_rows(job, pack, name, &all, &empty, err) < 0)
			return -1;
		if (all) {
			slot->pack = pack;
			return 0;
		}
		assay_found_drop(job->out, first);
	}
	if (add_slot_rows(job, job->pack, name, &all, &empty, err) < 0)
		return -1;
	slot->empty = empty;
	return note_others(job, first, err);
}

static int add_slots(struct job *job, struct assay_error *err)
{
	const struct assay_reference_layout *layout = layout_of(job, job->pack);

	for (size_t i = 0; i < layout->count; i++) {
		const char *slot = layout->partitions[i].slot;
		bool known = slot == NULL;

		for (size_t k = 0; !known && k < job->out->slot_count; k++)
			known = strcmp(job->out->slots[k].name, slot) == 0;
		if (!known && fill_slot(job, slot, err) < 0)
			return -1;
	}
	return 0;
}

/* --- what no partition has ------------------------------------------------------------------- */

static int by_offset(const void *a, const void *b)
{
	const struct assay_found_row *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int add_gap(struct job *job, uint64_t offset, uint64_t end, struct assay_error *err)
{
	const struct assay_reference_layout *layout = layout_of(job, job->pack);
	struct assay_found_row *row;

	if (offset >= end)
		return 0;
	row = assay_found_add(job->out, "(in no partition)", ASSAY_FOUND_UNKNOWN);
	row->offset = offset;
	row->size = end - offset;
	row->pack = job->pack;
	if (!is_there(&job->memory, offset, row->size)) {
		row->state = ASSAY_FOUND_CUT;
		row->unexplained = row->size;
		return 0;
	}
	if (assay_memory_fill(&job->memory, layout, offset, row->size, row, err) < 0)
		return -1;
	conclude_row(row);
	return 0;
}

static int add_gaps(struct job *job, struct assay_error *err)
{
	const struct assay_reference_layout *layout = layout_of(job, job->pack);
	size_t count = job->out->count;
	uint64_t at = 0;

	qsort(job->out->rows, count, sizeof(*job->out->rows), by_offset);
	for (size_t i = 0; i < count; i++) {
		uint64_t offset = job->out->rows[i].offset;
		uint64_t end = offset + job->out->rows[i].size;

		if (add_gap(job, at, offset, err) < 0)
			return -1;
		at = end > at ? end : at;
	}
	if (add_gap(job, at, layout->size, err) < 0)
		return -1;
	if (job->memory.size > layout->size) {
		struct assay_found_row *row =
			assay_found_add(job->out, "(behind the end)", ASSAY_FOUND_DIFFERENT);

		row->offset = layout->size;
		row->size = job->memory.size - layout->size;
		assay_found_unexplained(row, row->offset, row->size);
	}
	qsort(job->out->rows, job->out->count, sizeof(*job->out->rows), by_offset);
	return 0;
}

/* --- the answer ---------------------------------------------------------------------------- */

/* Something has to match, and where there are slots the release has to be in one of them. */
static void conclude(struct assay_found *out)
{
	bool some = out->slot_count == 0, known = true;

	for (size_t i = 0; i < out->slot_count; i++) {
		some = some || out->slots[i].pack == out->pack;
		known = known && (out->slots[i].pack != ASSAY_FOUND_NONE || out->slots[i].empty);
	}
	if (assay_found_count(out, ASSAY_FOUND_DIFFERENT) > 0)
		out->status = ASSAY_EXIT_DIFFERENT;
	else if (assay_found_count(out, ASSAY_FOUND_CUT) > 0 ||
	         assay_found_count(out, ASSAY_FOUND_MATCH) == 0)
		out->status = ASSAY_EXIT_INCONCLUSIVE;
	else
		out->status = some && known ? ASSAY_EXIT_MATCH : ASSAY_EXIT_DIFFERENT;
}

static int hold_against(struct job *job, size_t pack, struct assay_error *err)
{
	assay_found_fini(job->out);
	job->pack = job->out->pack = pack;
	assay_memory_open(job->memory.fd, job->memory.file, layout_of(job, pack), &job->memory);
	job->out->oob = job->memory.file - job->memory.size;
	if (add_common(job, err) < 0 || add_slots(job, err) < 0 || add_gaps(job, err) < 0)
		return -1;
	conclude(job->out);
	return 0;
}

/* How many of a release's partitions may be there. */
static int score(struct job *job, size_t pack, uint64_t *out, struct assay_error *err)
{
	const struct assay_reference_layout *layout = layout_of(job, pack);
	bool may;

	*out = 0;
	if (layout->device == NULL)
		return 0;
	assay_memory_open(job->memory.fd, job->memory.file, layout, &job->memory);
	*out = 1;
	for (size_t i = 0; i < layout->count; i++) {
		const struct assay_reference_partition *one = &layout->partitions[i];

		if (one->content.path == NULL)
			continue;
		if (assay_memory_may_be(&job->memory, &one->content, one->offset, &may, err) < 0)
			return -1;
		*out += may;
	}
	return 0;
}

/* The next best release that was not tried; the first of those that are as good. */
static size_t next_best(uint64_t *scores, size_t count)
{
	size_t best = ASSAY_FOUND_NONE;

	for (size_t i = 0; i < count; i++)
		if (scores[i] > 0 && (best == ASSAY_FOUND_NONE || scores[i] > scores[best]))
			best = i;
	if (best != ASSAY_FOUND_NONE)
		scores[best] = 0;
	return best;
}

int assay_field_dump(int fd, const struct assay_field_releases *releases, struct assay_found *out,
                     struct assay_error *err)
{
	ASSAY_AUTO_FREE uint64_t *scores = assay_calloc(releases->count + 1, sizeof(*scores));
	struct job job = { .releases = releases, .memory = { .fd = fd }, .out = out };
	size_t first = ASSAY_FOUND_NONE;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return assay_fail_errno(err, "stat");
	job.memory.file = (uint64_t)st.st_size;
	for (size_t i = 0; i < releases->count; i++)
		if (score(&job, i, &scores[i], err) < 0)
			return -1;
	for (unsigned tries = 0; tries < TRIES; tries++) {
		size_t pack = next_best(scores, releases->count);

		if (pack == ASSAY_FOUND_NONE)
			break;
		first = first == ASSAY_FOUND_NONE ? pack : first;
		if (hold_against(&job, pack, err) < 0)
			return -1;
		if (out->status == ASSAY_EXIT_MATCH)
			return 0;
	}
	if (first == ASSAY_FOUND_NONE)
		return assay_fail(err, ASSAY_E_USAGE, "no pack that counts has a layout");
	/* The best of those that do not match is told; *out has the last. */
	return first == job.pack ? 0 : hold_against(&job, first, err);
}
