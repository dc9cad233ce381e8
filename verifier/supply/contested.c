/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paths that several packages have: who wins, and what is written. */
#include <string.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/quote.h"
#include "supply/unpack.h"

#define BLOCK ((size_t)1 << 17) /* bytes */

/* What one package has at a contested path. */
struct claim {
	size_t path;    /* index into the contested paths */
	size_t package; /* index into the packages */
	enum assay_tarball_type type;
	mode_t mode;                /* as in the tree; 0 for a link */
	struct assay_sha256 sha256; /* of the content or the target */
	bool wins;                  /* this is what shall stand there */
};

struct contest {
	struct assay_unpacking *unpacking;
	const struct assay_strings *paths;
	struct claim *claims; /* by package, then by path once sorted */
	size_t count, cap;
	size_t package; /* whose walk this is */
};

/* Index of a contested path; -1 for any other. */
static ssize_t contested_index(const struct assay_strings *paths, const char *path)
{
	size_t low = 0, high = paths->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(path, paths->items[middle]);

		if (order == 0)
			return (ssize_t)middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

static int digest_content(const struct assay_tarball_entry *entry, struct assay_sha256 *out,
                          struct assay_error *err)
{
	ASSAY_AUTO_HASHER struct assay_hasher *hasher = assay_hasher_new();
	ASSAY_AUTO_FREE uint8_t *block = assay_calloc(BLOCK, 1);
	ssize_t got;

	while ((got = assay_tarball_read(entry, block, BLOCK, err)) > 0)
		assay_hasher_add(hasher, block, (size_t)got);
	if (got < 0)
		return -1;
	assay_hasher_finish(hasher, out);
	return 0;
}

static int take_claim(void *context, const struct assay_tarball_entry *entry,
                      struct assay_error *err)
{
	struct contest *contest = context;
	ssize_t path = contested_index(contest->paths, entry->path);
	struct claim claim = { .package = contest->package, .type = entry->type };

	if (path < 0)
		return 0;
	claim.path = (size_t)path;
	if (entry->type == ASSAY_TARBALL_HARD_LINK)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "a hard link where another package has "
		                  "something as well");
	if (entry->type == ASSAY_TARBALL_LINK)
		assay_sha256(assay_span_of_str(entry->target), &claim.sha256);
	if (entry->type == ASSAY_TARBALL_FILE) {
		claim.mode = assay_writer_mode(entry->mode);
		if (digest_content(entry, &claim.sha256, err) < 0)
			return -1;
	}
	assay_grow(&contest->claims, &contest->cap, contest->count, sizeof(*contest->claims));
	contest->claims[contest->count++] = claim;
	return 0;
}

static bool has_contested(const struct contest *contest, const struct assay_strings *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		if (contested_index(contest->paths, paths->items[i]) >= 0)
			return true;
	return false;
}

static int walk_contested(struct contest *contest, size_t package, assay_tarball_visit *visit,
                          struct assay_error *err)
{
	const struct assay_unpacked_package *p = &contest->unpacking->packages[package];

	contest->package = package;
	if (assay_tarball_walk(&p->deb.data, visit, contest, err) < 0)
		return assay_fail_in(err, "package %s", p->pin->name);
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;

	if (x->path != y->path)
		return x->path < y->path ? -1 : 1;
	return (x->package > y->package) - (x->package < y->package);
}

static const struct assay_package *pin_of(const struct contest *contest, const struct claim *claim)
{
	return contest->unpacking->packages[claim->package].pin;
}

static bool same(const struct claim *a, const struct claim *b)
{
	return a->type == b->type && a->mode == b->mode &&
	       assay_sha256_equal(&a->sha256, &b->sha256);
}

static bool replaces(const struct contest *contest, const struct claim *a, const struct claim *b)
{
	return assay_strings_has(&contest->unpacking->packages[a->package].replaces,
	                         pin_of(contest, b)->name);
}

/* The first claim that replaces, or is the same as, each of the others; NULL when there is none. */
static struct claim *find_winner(const struct contest *contest, struct claim *claims, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t k = 0;

		while (k < count &&
		       (same(&claims[i], &claims[k]) || replaces(contest, &claims[i], &claims[k])))
			k++;
		if (k == count)
			return &claims[i];
	}
	return NULL;
}

static int fail_contest(const struct contest *contest, const struct claim *a, const struct claim *b,
                        const char *why, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *path = assay_quoted(contest->paths->items[a->path]);

	return assay_fail(err, ASSAY_E_FORMAT, "%s is in package %s and in package %s: %s", path,
	                  pin_of(contest, a)->name, pin_of(contest, b)->name, why);
}

static void forget_path(struct assay_unpacked_package *package, const char *path)
{
	size_t kept = 0;

	for (size_t i = 0; i < package->paths.count; i++) {
		if (strcmp(package->paths.items[i], path) == 0)
			free(package->paths.items[i]);
		else
			package->paths.items[kept++] = package->paths.items[i];
	}
	package->paths.count = kept;
	package->paths.items[kept] = NULL;
}

/* Whether the claims to one path can be decided at all. */
static int check_claims(const struct contest *contest, const struct claim *claims, size_t count,
                        struct assay_error *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct claim *other = &claims[i > 0 ? i - 1 : count - 1];

		if (count < 2 || (i > 0 && claims[i].package == other->package))
			return fail_contest(contest, &claims[i], other, "it is there twice", err);
		if (claims[i].type == ASSAY_TARBALL_FOLDER)
			return fail_contest(contest, &claims[i], other,
			                    "a folder in the first, and not in the second", err);
	}
	return 0;
}

/* Decide one path: exactly one claim wins. Whoever was replaced no longer has the path. */
static int decide(struct contest *contest, struct claim *claims, size_t count,
                  struct assay_error *err)
{
	struct claim *winner;

	if (check_claims(contest, claims, count, err) < 0)
		return -1;
	winner = find_winner(contest, claims, count);
	if (winner == NULL)
		return fail_contest(contest, &claims[0], &claims[1],
		                    "they differ, and neither replaces the other", err);
	for (size_t i = 0; i < count; i++)
		if (&claims[i] != winner && replaces(contest, winner, &claims[i]))
			forget_path(&contest->unpacking->packages[claims[i].package],
			            contest->paths->items[claims[i].path]);
	winner->wins = true;
	return 0;
}

static int decide_all(struct contest *contest, struct assay_error *err)
{
	size_t end;

	qsort(contest->claims, contest->count, sizeof(*contest->claims), by_path);
	for (size_t i = 0; i < contest->count; i = end) {
		for (end = i + 1; end < contest->count; end++)
			if (contest->claims[end].path != contest->claims[i].path)
				break;
		if (decide(contest, &contest->claims[i], end - i, err) < 0)
			return -1;
	}
	return 0;
}

static bool has_won(const struct contest *contest, size_t package, ssize_t path)
{
	for (size_t i = 0; i < contest->count; i++)
		if (contest->claims[i].package == package && contest->claims[i].wins &&
		    contest->claims[i].path == (size_t)path)
			return true;
	return false;
}

static int write_won(void *context, const struct assay_tarball_entry *entry,
                     struct assay_error *err)
{
	const struct contest *contest = context;
	ASSAY_AUTO_WRITER struct assay_writer writer =
		ASSAY_WRITER_INIT(contest->unpacking->rootfd);
	ssize_t path = contested_index(contest->paths, entry->path);
	int result;

	if (path < 0 || !has_won(contest, contest->package, path))
		return 0;
	if (assay_writer_remove(&writer, entry->path, err) < 0)
		return -1;
	result = entry->type == ASSAY_TARBALL_LINK
	                 ? assay_writer_link(&writer, entry->path, entry->target, err)
	                 : assay_unpack_file(&writer, entry, err);
	return result == ASSAY_WRITER_EXISTS ? assay_fail(err, ASSAY_E_SYSTEM, "came back")
	                                     : result;
}

static int settle(struct contest *contest, struct assay_error *err)
{
	size_t count = contest->unpacking->count;

	for (size_t i = 0; i < count; i++)
		if (has_contested(contest, &contest->unpacking->packages[i].paths) &&
		    walk_contested(contest, i, take_claim, err) < 0)
			return -1;
	if (decide_all(contest, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (has_contested(contest, &contest->unpacking->packages[i].paths) &&
		    walk_contested(contest, i, write_won, err) < 0)
			return -1;
	return 0;
}

int assay_unpack_contested(struct assay_unpacking *unpacking, const struct assay_strings *contested,
                           struct assay_error *err)
{
	struct contest contest = { .unpacking = unpacking, .paths = contested };
	int result = settle(&contest, err);

	free(contest.claims);
	return result;
}
