/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What releases call things, and which digests they have: so that a hundred thousand reports are
 * looked up in seconds. */
#include "base/cursor.h"
#include "base/memory.h"
#include "base/strings.h"
#include "field/listing.h"

/* A name and one digest that it may have. All pointers borrowed from the releases. */
struct item {
	const char *name;
	const struct assay_sha256 *digest;                 /* NULL: excluded */
	const struct assay_reference_partition *partition; /* NULL: a file or region */
};

struct release {
	const struct assay_reference *reference;
	struct item *items; /* by name */
	size_t count, cap;
};

/* Where a digest is. */
struct place {
	uint64_t digest; /* its first eight bytes */
	uint32_t release;
};

struct assay_directory {
	struct release *releases;
	size_t count;
	struct place *places; /* by digest */
	size_t place_count, place_cap;
};

static void add(struct release *release, const char *name, const struct assay_sha256 *digest,
                const struct assay_reference_partition *partition)
{
	assay_grow(&release->items, &release->cap, release->count, sizeof(*release->items));
	release->items[release->count++] = (struct item){ name, digest, partition };
}

static void add_partitions(struct release *release, const struct assay_reference_layout *layout)
{
	for (size_t i = 0; i < layout->count; i++) {
		const struct assay_reference_partition *one = &layout->partitions[i];

		if (one->exclude != NULL)
			add(release, one->name, NULL, one);
		if (one->content.path != NULL)
			add(release, one->name, &one->content.sha256, one);
		for (size_t k = 0; one->exclude == NULL && k < layout->fill_count; k++)
			add(release, one->name, &one->filled[k], one);
	}
}

static void add_tree(struct release *release, const struct assay_reference_tree *tree)
{
	for (size_t i = 0; i < tree->files.count; i++) {
		const struct assay_reference_file *file = &tree->files.items[i];
		bool excluded = assay_reference_excluded(tree, file->path) != NULL;

		if (file->type == ASSAY_FILE_REGULAR)
			add(release, file->path, excluded ? NULL : &file->sha256, NULL);
	}
}

static int by_name(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int by_digest(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->digest != y->digest)
		return x->digest < y->digest ? -1 : 1;
	return x->release < y->release ? -1 : x->release > y->release;
}

static void fill(struct release *release, const struct assay_reference *reference)
{
	release->reference = reference;
	add(release, reference->update, &reference->update_sha256, NULL);
	for (size_t i = 0; i < reference->region_count; i++)
		if (*reference->regions[i].path != '\0')
			add(release, reference->regions[i].path, &reference->regions[i].sha256,
			    NULL);
	add_partitions(release, &reference->layout);
	for (size_t i = 0; i < reference->tree_count; i++)
		add_tree(release, &reference->trees[i]);
	qsort(release->items, release->count, sizeof(*release->items), by_name);
}

static void add_place(struct assay_directory *directory, size_t release, const uint8_t *digest)
{
	assay_grow(&directory->places, &directory->place_cap, directory->place_count,
	           sizeof(*directory->places));
	directory->places[directory->place_count++] =
		(struct place){ assay_load(digest, 8, true), (uint32_t)release };
}

static void index_digests(struct assay_directory *directory, size_t release)
{
	const struct assay_twins *twins = &directory->releases[release].reference->twins;

	for (size_t i = 0; i < directory->releases[release].count; i++) {
		const struct item *item = &directory->releases[release].items[i];

		if (item->digest != NULL)
			add_place(directory, release, item->digest->bytes);
	}
	for (size_t i = 0; i < twins->count; i++)
		add_place(directory, release, twins->items[i].sha512.bytes);
}

struct assay_directory *assay_directory_new(const struct assay_reference *const *releases,
                                            size_t count)
{
	struct assay_directory *directory = assay_calloc(1, sizeof(*directory));

	directory->releases = assay_calloc(count + 1, sizeof(struct release));
	directory->count = count;
	for (size_t i = 0; i < count; i++) {
		fill(&directory->releases[i], releases[i]);
		index_digests(directory, i);
	}
	if (directory->place_count > 1)
		qsort(directory->places, directory->place_count, sizeof(*directory->places),
		      by_digest);
	return directory;
}

void assay_directory_free(struct assay_directory *directory)
{
	if (directory == NULL)
		return;
	for (size_t i = 0; i < directory->count; i++)
		free(directory->releases[i].items);
	free(directory->releases);
	free(directory->places);
	free(directory);
}

/* --- one report ---------------------------------------------------------------------------- */

/* The first item of a name; *end is behind the last. */
static const struct item *find(const struct release *release, const char *name,
                               const struct item **end)
{
	const struct item key = { .name = name };
	const struct item *first, *last, *stop = release->items + release->count;

	first = bsearch(&key, release->items, release->count, sizeof(key), by_name);
	last = first;
	while (first != NULL && first > release->items && by_name(first - 1, &key) == 0)
		first--;
	while (last != NULL && last < stop && by_name(last, &key) == 0)
		last++;
	*end = last;
	return first;
}

/* How devices name things: "/usr/bin/x" and "./usr/bin/x" are usr/bin/x. */
static const char *bare(const char *name)
{
	while (name[0] == '/' || (name[0] == '.' && name[1] == '/'))
		name++;
	return name;
}

static bool is_device(const char *name)
{
	return strncmp(name, "/dev/", 5) == 0;
}

/* What was said as a SHA-256. Return: NULL where the release has nothing of that SHA-512 */
static const struct assay_sha256 *digest_of(const struct release *release,
                                            const struct assay_listing_item *said)
{
	return said->longer ? assay_twins_find(&release->reference->twins, &said->sha512)
	                    : &said->sha256;
}

static bool is_digest(const struct assay_sha256 *a, const struct assay_sha256 *b)
{
	return a != NULL && b != NULL && assay_sha256_equal(a, b);
}

/* Where the release has no SHA-512 nobody can tell whether one is another. */
static bool is_comparable(const struct release *release, const struct assay_listing_item *said,
                          const struct assay_sha256 *digest)
{
	const struct assay_twins *twins = &release->reference->twins;

	for (size_t i = 0; said->longer && i < twins->count; i++)
		if (assay_sha256_equal(&twins->items[i].sha256, digest))
			return true;
	return !said->longer;
}

/* The partition that has a digest, whatever the device calls it. */
static const struct item *find_by_digest(const struct release *release,
                                         const struct assay_sha256 *digest)
{
	for (size_t i = 0; i < release->count; i++) {
		const struct item *item = &release->items[i];

		if (item->partition != NULL && is_digest(item->digest, digest))
			return item;
	}
	return NULL;
}

/* What a release says about an item: match, excluded, different or unknown. */
static enum assay_found_state judge(const struct release *release,
                                    const struct assay_listing_item *said,
                                    const struct assay_reference_partition **partition)
{
	const struct item *end = NULL, *item = find(release, bare(said->name), &end);
	const struct assay_sha256 *digest = digest_of(release, said);
	bool excluded = false, known = item != NULL, comparable = false;

	*partition = NULL;
	for (; item != NULL && item < end; item++) {
		*partition = item->partition;
		if (item->digest == NULL)
			excluded = true;
		else if (is_digest(item->digest, digest))
			return ASSAY_FOUND_MATCH;
		else
			comparable = comparable || is_comparable(release, said, item->digest);
	}
	if (!known && is_device(said->name)) {
		item = find_by_digest(release, digest);
		*partition = item != NULL ? item->partition : NULL;
		return item != NULL ? ASSAY_FOUND_MATCH : ASSAY_FOUND_UNKNOWN;
	}
	if (excluded)
		return ASSAY_FOUND_EXCLUDED;
	return comparable ? ASSAY_FOUND_DIFFERENT : ASSAY_FOUND_UNKNOWN;
}

static size_t declared(const struct assay_directory *directory, const struct assay_listing *listing)
{
	for (size_t i = 0; i < directory->count; i++)
		if (strcmp(directory->releases[i].reference->product, listing->product) == 0 &&
		    strcmp(directory->releases[i].reference->version, listing->version) == 0)
			return i;
	return ASSAY_FOUND_NONE;
}

/* The release that has most of the digests; the first of those that have as many. */
static size_t likeliest(const struct assay_directory *directory,
                        const struct assay_listing *listing)
{
	ASSAY_AUTO_FREE uint32_t *scores = assay_calloc(directory->count + 1, sizeof(*scores));
	size_t best = ASSAY_FOUND_NONE;

	for (size_t i = 0; i < listing->count; i++) {
		const struct assay_listing_item *item = &listing->items[i];
		uint64_t digest =
			assay_load(item->longer ? item->sha512.bytes : item->sha256.bytes, 8, true);
		size_t low = 0, high = directory->place_count;
		uint32_t last = UINT32_MAX;

		while (low < high) {
			size_t middle = low + (high - low) / 2;

			if (directory->places[middle].digest < digest)
				low = middle + 1;
			else
				high = middle;
		}
		for (; low < directory->place_count && directory->places[low].digest == digest;
		     low++) {
			scores[directory->places[low].release] +=
				directory->places[low].release != last;
			last = directory->places[low].release;
		}
	}
	for (size_t i = 0; i < directory->count; i++)
		if (scores[i] > 0 && (best == ASSAY_FOUND_NONE || scores[i] > scores[best]))
			best = i;
	return best;
}

/* A partition of a slot may be that of another release. */
static void try_others(const struct assay_directory *directory,
                       const struct assay_listing_item *said, struct assay_found_row *row)
{
	const struct assay_reference_partition *partition;

	for (size_t i = 0; i < directory->count && row->state != ASSAY_FOUND_MATCH; i++) {
		const struct release *other = &directory->releases[i];

		if (judge(other, said, &partition) != ASSAY_FOUND_MATCH || partition == NULL ||
		    partition->slot == NULL || strcmp(partition->slot, row->slot) != 0)
			continue;
		row->state = ASSAY_FOUND_MATCH;
		row->pack = i;
		row->note = assay_asprintf("is of %s %s", other->reference->product,
		                           other->reference->version);
	}
}

static void add_row(const struct assay_directory *directory, const struct assay_listing_item *said,
                    struct assay_found *out)
{
	struct assay_found_row *row = assay_found_add(out, said->name, ASSAY_FOUND_UNKNOWN);
	const struct assay_reference_partition *partition = NULL;

	row->pack = out->pack;
	if (out->pack == ASSAY_FOUND_NONE)
		return;
	row->state = judge(&directory->releases[out->pack], said, &partition);
	if (partition != NULL && partition->slot != NULL)
		row->slot = assay_strdup(partition->slot);
	if (row->slot != NULL && row->state == ASSAY_FOUND_DIFFERENT)
		try_others(directory, said, row);
}

static bool in_slot(const struct assay_found_row *row, const char *slot)
{
	return row->slot != NULL && row->state == ASSAY_FOUND_MATCH && strcmp(row->slot, slot) == 0;
}

/* Whether a release has all that was said of a slot. Rows are in the order of the items. */
static bool has_slot(const struct release *release, const struct assay_listing *listing,
                     const struct assay_found *out, const char *slot)
{
	const struct assay_reference_partition *partition;

	for (size_t i = 0; i < out->count; i++)
		if (in_slot(&out->rows[i], slot) &&
		    (judge(release, &listing->items[i], &partition) != ASSAY_FOUND_MATCH ||
		     partition == NULL || partition->slot == NULL ||
		     strcmp(partition->slot, slot) != 0))
			return false;
	return true;
}

static void give_slot(const struct assay_directory *directory, size_t pack, const char *slot,
                      struct assay_found *out)
{
	const struct assay_reference *reference = directory->releases[pack].reference;

	for (size_t i = 0; i < out->count; i++) {
		struct assay_found_row *row = &out->rows[i];

		if (!in_slot(row, slot))
			continue;
		row->pack = pack;
		free(row->note);
		row->note = assay_asprintf("is of %s %s", reference->product, reference->version);
	}
}

/* Releases may share a partition: a slot is then of the one that has all the others of it, too. */
static void unite_slots(const struct assay_directory *directory,
                        const struct assay_listing *listing, struct assay_found *out)
{
	ASSAY_AUTO_STRINGS struct assay_strings done = { 0 };

	for (size_t i = 0; i < out->count; i++) {
		const struct assay_found_row *row = &out->rows[i];

		if (row->slot == NULL || row->state != ASSAY_FOUND_MATCH ||
		    row->pack == out->pack || assay_strings_has(&done, row->slot))
			continue;
		assay_strings_add(&done, row->slot);
		for (size_t k = 0; k < directory->count; k++)
			if (has_slot(&directory->releases[k], listing, out, row->slot)) {
				give_slot(directory, k, row->slot, out);
				break;
			}
	}
}

/* One slot has one release, or the report does not hang together. */
static void check_slots(struct assay_found *out)
{
	for (size_t i = 0; i < out->count; i++) {
		struct assay_found_row *row = &out->rows[i];
		struct assay_found_slot *slot = NULL;

		if (row->slot == NULL || row->state != ASSAY_FOUND_MATCH)
			continue;
		for (size_t k = 0; slot == NULL && k < out->slot_count; k++)
			if (strcmp(out->slots[k].name, row->slot) == 0)
				slot = &out->slots[k];
		if (slot == NULL) {
			assay_grow(&out->slots, &out->slot_cap, out->slot_count, sizeof(*slot));
			out->slots[out->slot_count++] =
				(struct assay_found_slot){ row->slot, row->pack, false };
		} else if (slot->pack != row->pack) {
			row->state = ASSAY_FOUND_DIFFERENT;
			free(row->note);
			row->note = assay_strdup("is of another release than the rest of its slot");
		}
	}
}

static void conclude(struct assay_found *out)
{
	size_t mine = 0;

	for (size_t i = 0; i < out->count; i++)
		mine += out->rows[i].state == ASSAY_FOUND_MATCH && out->rows[i].pack == out->pack;
	out->matched = assay_found_count(out, ASSAY_FOUND_MATCH);
	out->excluded = assay_found_count(out, ASSAY_FOUND_EXCLUDED);
	if (assay_found_count(out, ASSAY_FOUND_DIFFERENT) > 0)
		out->status = ASSAY_EXIT_DIFFERENT;
	else if (assay_found_count(out, ASSAY_FOUND_UNKNOWN) > 0 || mine == 0)
		out->status = ASSAY_EXIT_INCONCLUSIVE;
	else
		out->status = ASSAY_EXIT_MATCH;
}

void assay_field_listing(const struct assay_listing *listing,
                         const struct assay_directory *directory, struct assay_found *out)
{
	out->pack = listing->product != NULL ? declared(directory, listing)
	                                     : likeliest(directory, listing);
	for (size_t i = 0; i < listing->count; i++)
		add_row(directory, &listing->items[i], out);
	unite_slots(directory, listing, out);
	check_slots(out);
	conclude(out);
}
