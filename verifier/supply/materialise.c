/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "supply/materialise.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "base/quote.h"
#include "store/work.h"
#include "supply/database.h"
#include "supply/layer.h"
#include "supply/unpack.h"
#include "toolchain/lock.h"

#define ENTRY_SPACE 4096 /* bytes of disk for an entry besides its content, at most */

/* A tree in the making. */
struct making {
	struct assay_store *store;
	const struct assay_lock *lock;
	const struct assay_progress *progress;
	struct assay_sha256 expected; /* when has_expected */
	bool has_expected;
	char name[ASSAY_SHA256_HEX + 8]; /* of its lock and its folder in tmp/ */
	struct assay_unpacked_package *packages;
	size_t count;
};

static int open_one(void *context, size_t index, struct assay_error *err)
{
	struct making *making = context;

	return assay_unpacked_package_open(making->store, &making->packages[index], err);
}

static int open_packages(struct making *making, struct assay_error *err)
{
	making->count = making->lock->packages_count;
	making->packages = assay_calloc(making->count, sizeof(*making->packages));
	for (size_t i = 0; i < making->count; i++)
		making->packages[i].pin = &making->lock->packages[i];
	return assay_parallel(making->count, open_one, making, err);
}

static void close_packages(struct making *making)
{
	for (size_t i = 0; i < making->count; i++)
		assay_unpacked_package_fini(&making->packages[i]);
	free(making->packages);
}

/* What the lock says the tree takes; while it is being made, what the packages say. */
static int want_space(const struct making *making, struct assay_error *err)
{
	uint64_t bytes = making->lock->tree.bytes;

	if (__builtin_mul_overflow(making->lock->tree.entries, ENTRY_SPACE, &bytes) ||
	    __builtin_add_overflow(bytes, making->lock->tree.bytes, &bytes))
		return assay_fail(err, ASSAY_E_LIMIT, "the lock's tree is larger than any disk");
	for (size_t i = 0; !making->has_expected && i < making->count; i++)
		bytes += making->packages[i].installed_size;
	return assay_store_want_space(making->store, bytes, err);
}

/* Something stands where the lock wants a link: fine, if it is that link. */
static int check_same_link(int rootfd, const struct assay_tree_link *link, struct assay_error *err)
{
	char target[PATH_MAX + 1];
	ssize_t len = readlinkat(rootfd, link->path, target, sizeof(target));

	if (len >= 0 && assay_span_is(assay_span_of(target, (size_t)len), link->target))
		return 0;
	return assay_fail(err, ASSAY_E_USAGE, "a package has something else there");
}

static int make_links(int rootfd, const struct assay_lock *lock, struct assay_writer *writer,
                      struct assay_error *err)
{
	for (unsigned i = 0; i < lock->links_count; i++) {
		const struct assay_tree_link *link = &lock->links[i];
		int result = assay_writer_link(writer, link->path, link->target, err);

		if (result == ASSAY_WRITER_EXISTS)
			result = check_same_link(rootfd, link, err);
		if (result < 0)
			return assay_fail_in(err, "link %s", link->path);
	}
	return 0;
}

static int make_files(const struct assay_lock *lock, struct assay_writer *writer,
                      struct assay_error *err)
{
	for (unsigned i = 0; i < lock->files_count; i++) {
		const struct assay_tree_file *file = &lock->files[i];
		int result = assay_writer_file(writer, file->path, assay_span_of_str(file->content),
		                               file->mode, err);

		if (result == ASSAY_WRITER_EXISTS)
			result = assay_fail(err, ASSAY_E_USAGE, "a package has that file as well");
		if (result < 0)
			return assay_fail_in(err, "file %s", file->path);
	}
	return 0;
}

/* What maintainer scripts would have made, as the lock states it. */
static int make_additions(int rootfd, const struct assay_lock *lock, struct assay_error *err)
{
	ASSAY_AUTO_WRITER struct assay_writer writer = ASSAY_WRITER_INIT(rootfd);

	for (unsigned i = 0; i < lock->directories_count; i++)
		if (assay_writer_folder(&writer, lock->directories[i], err) < 0)
			return assay_fail_in(err, "directory %s", lock->directories[i]);
	if (make_files(lock, &writer, err) < 0)
		return -1;
	return make_links(rootfd, lock, &writer, err);
}

static int fill_from_packages(struct making *making, int rootfd, struct assay_error *err)
{
	struct assay_unpacking unpacking = { .rootfd = rootfd,
		                             .packages = making->packages,
		                             .count = making->count,
		                             .progress = making->progress };

	return assay_unpack_packages(&unpacking, err) < 0
	               ? -1
	               : assay_database_write(rootfd, making->lock->architecture, making->packages,
	                                      making->count, err);
}

static int fill_tree(struct making *making, int rootfd, struct assay_error *err)
{
	int failed = making->lock->image_count == 0
	                     ? fill_from_packages(making, rootfd, err)
	                     : assay_layers_unpack(making->store, making->lock, rootfd,
	                                           making->progress, err);

	if (failed < 0 || make_additions(rootfd, making->lock, err) < 0)
		return -1;
	return assay_writer_seal_folders(rootfd, err);
}

static int make_tree(struct making *making, struct assay_tree *out, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *path = NULL;
	ASSAY_AUTO_CLOSE int rootfd = -1;

	if (open_packages(making, err) < 0 || want_space(making, err) < 0)
		return -1;
	rootfd = assay_store_make_folder(making->store, making->name, &path, err);
	if (rootfd < 0)
		return -1;
	if (fill_tree(making, rootfd, err) == 0 &&
	    assay_store_commit_tree(making->store, making->name, rootfd,
	                            making->has_expected ? &making->expected : NULL, out, err) == 0)
		return 0;
	assay_store_drop_folder(making->store, making->name);
	return -1;
}

/* One name for one lock, so that two processes do not make the same tree. */
static void name_making(struct making *making)
{
	char hex[ASSAY_SHA256_HEX];
	struct assay_sha256 id;

	assay_lock_id(making->lock, &id);
	assay_sha256_hex(&id, hex);
	(void)snprintf(making->name, sizeof(making->name), "tree-%s", hex);
}

static int find(struct making *making, enum assay_tree_check check, struct assay_tree *out,
                struct assay_error *err)
{
	if (!making->has_expected)
		return 0;
	return assay_store_find_tree(making->store, &making->expected, check, out, err);
}

int assay_materialise(struct assay_store *store, const struct assay_lock *lock,
                      enum assay_tree_check check, const struct assay_progress *progress,
                      struct assay_tree *out, struct assay_error *err)
{
	ASSAY_AUTO_STORE_LOCK struct assay_store_lock making_lock = ASSAY_STORE_LOCK_INIT;
	struct making making = { .store = store,
		                 .lock = lock,
		                 .progress = progress,
		                 .has_expected = lock->tree.sha256 != NULL };
	int result;

	if (making.has_expected && !assay_sha256_parse(lock->tree.sha256, &making.expected))
		return assay_fail(err, ASSAY_E_FORMAT, "lock %s: tree.sha256 is malformed",
		                  lock->name);
	result = find(&making, check, out, err);
	if (result != 0)
		return result < 0 ? -1 : 0;
	name_making(&making);
	if (assay_store_take_lock(store, making.name, true, &making_lock, err) < 0)
		return -1;
	result = find(&making, check, out, err); /* whoever had the lock may have made it */
	if (result == 0) {
		result = make_tree(&making, out, err);
		close_packages(&making);
	}
	return result < 0 ? assay_fail_in(err, "toolchain %s", lock->name) : 0;
}
