/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "supply/unpack.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/parallel.h"

#define BLOCK ((size_t)1 << 17) /* bytes */

/* What the threads share. */
struct shared {
	struct assay_unpacking *unpacking;
	size_t *order; /* of packages, largest first: the last ones then end at about one time */
	pthread_mutex_t lock;
	struct assay_strings contested;
	uint64_t done;
};

/* What one package's walk knows. */
struct walk {
	struct shared *shared;
	struct assay_unpacked_package *package;
	struct assay_writer writer;
	struct assay_strings contested; /* of this package */
};

static int copy_content(const struct assay_tarball_entry *entry, int fd, struct assay_error *err)
{
	ASSAY_AUTO_FREE uint8_t *block = assay_calloc(BLOCK, 1);
	uint64_t total = 0;
	ssize_t got;

	while ((got = assay_tarball_read(entry, block, BLOCK, err)) > 0) {
		if (assay_write_full(fd, assay_span_of(block, (size_t)got), err) < 0)
			return -1;
		total += (uint64_t)got;
	}
	if (got < 0)
		return -1;
	if (total != entry->size)
		return assay_fail(err, ASSAY_E_FORMAT, "%" PRIu64 " bytes instead of %" PRIu64,
		                  total, entry->size);
	return 0;
}

int assay_unpack_file(struct assay_writer *writer, const struct assay_tarball_entry *entry,
                      struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = -1;
	int result = assay_writer_create(writer, entry->path, &fd, err);

	if (result != 0)
		return result;
	if (copy_content(entry, fd, err) < 0)
		return -1;
	return assay_writer_seal(fd, assay_writer_mode(entry->mode), err);
}

/* A hard link becomes a file of its own, so that the tree's digest says all there is to say. */
int assay_unpack_hard_link(struct assay_writer *writer, const struct assay_tarball_entry *entry,
                           struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int from = -1, to = -1;
	struct stat st;
	int result;

	from = assay_writer_open(writer, entry->target, err);
	if (from < 0)
		return assay_fail_in(err, "hard link to %s", entry->target);
	if (fstat(from, &st) < 0)
		return assay_fail_errno(err, "stat");
	if (!S_ISREG(st.st_mode))
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "a hard link to something that is not a file");
	result = assay_writer_create(writer, entry->path, &to, err);
	if (result != 0)
		return result;
	if (assay_fd_copy(from, to, NULL, err) < 0)
		return -1;
	return assay_writer_seal(to, st.st_mode & 0777, err);
}

static int copy_file(struct walk *walk, const struct assay_tarball_entry *entry,
                     struct assay_error *err)
{
	if (assay_strings_has(&walk->contested, entry->target))
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "a hard link to %s, which another package has "
		                  "as well",
		                  entry->target);
	return assay_unpack_hard_link(&walk->writer, entry, err);
}

static int write_entry(struct walk *walk, const struct assay_tarball_entry *entry,
                       struct assay_error *err)
{
	switch (entry->type) {
	case ASSAY_TARBALL_FOLDER:
		return assay_writer_folder(&walk->writer, entry->path, err);
	case ASSAY_TARBALL_FILE:
		return assay_unpack_file(&walk->writer, entry, err);
	case ASSAY_TARBALL_LINK:
		return assay_writer_link(&walk->writer, entry->path, entry->target, err);
	case ASSAY_TARBALL_HARD_LINK:
		return copy_file(walk, entry, err);
	}
	return assay_fail(err, ASSAY_E_FORMAT, "of unknown type");
}

static int visit(void *context, const struct assay_tarball_entry *entry, struct assay_error *err)
{
	struct walk *walk = context;
	int result;

	if (*entry->path == '\0')
		return 0;
	assay_strings_add(&walk->package->paths, entry->path);
	result = write_entry(walk, entry, err);
	if (result == ASSAY_WRITER_EXISTS)
		assay_strings_add(&walk->contested, entry->path);
	return result < 0 ? -1 : 0;
}

static void finish_package(struct walk *walk)
{
	struct shared *shared = walk->shared;

	(void)pthread_mutex_lock(&shared->lock);
	for (size_t i = 0; i < walk->contested.count; i++)
		assay_strings_add(&shared->contested, walk->contested.items[i]);
	shared->done++;
	assay_progress_tell(shared->unpacking->progress, ASSAY_STAGE_UNPACK, shared->done,
	                    shared->unpacking->count, walk->package->pin->name);
	(void)pthread_mutex_unlock(&shared->lock);
}

static int unpack_one(void *context, size_t index, struct assay_error *err)
{
	struct shared *shared = context;
	struct assay_unpacking *unpacking = shared->unpacking;
	struct walk walk = { .shared = shared,
		             .package = &unpacking->packages[shared->order[index]],
		             .writer = ASSAY_WRITER_INIT(unpacking->rootfd) };
	int result = assay_tarball_walk(&walk.package->deb.data, visit, &walk, err);

	if (result < 0)
		(void)assay_fail_in(err, "package %s %s %s", walk.package->pin->name,
		                    walk.package->pin->version, walk.package->pin->architecture);
	else
		finish_package(&walk);
	assay_writer_fini(&walk.writer);
	assay_strings_fini(&walk.contested);
	return result;
}

static int by_size(const void *a, const void *b, void *context)
{
	const struct assay_unpacking *unpacking = context;
	size_t i = *(const size_t *)a, k = *(const size_t *)b;
	uint64_t left = unpacking->packages[i].map.span.len;
	uint64_t right = unpacking->packages[k].map.span.len;

	return left != right ? (left < right) - (left > right) : (i > k) - (i < k);
}

int assay_unpack_packages(struct assay_unpacking *unpacking, struct assay_error *err)
{
	ASSAY_AUTO_FREE size_t *order = assay_calloc(unpacking->count, sizeof(*order));
	struct shared shared = { .unpacking = unpacking,
		                 .order = order,
		                 .lock = PTHREAD_MUTEX_INITIALIZER };
	int result;

	for (size_t i = 0; i < unpacking->count; i++)
		order[i] = i;
	qsort_r(order, unpacking->count, sizeof(*order), by_size, unpacking);
	result = assay_parallel(unpacking->count, unpack_one, &shared, err);
	if (result == 0 && shared.contested.count > 0) {
		assay_strings_sort(&shared.contested);
		result = assay_unpack_contested(unpacking, &shared.contested, err);
	}
	assay_strings_fini(&shared.contested);
	return result;
}
