/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "rebuild/beneath.h"
#include "rebuild/inventory.h"
#include "rebuild/job.h"
#include "rebuild/others.h"
#include "rebuild/untar.h"

#define BLOCK 16384   /* bytes that are copied at once; ours */
#define DEPTH_MAX 256 /* folders in folders; ours */

/* Copy a source and check it. A reader that has had enough is no error. */
static int feed(const struct assay_source *source, int from, int to, struct assay_error *err)
{
	ASSAY_AUTO_HASHER struct assay_hasher *hasher = assay_hasher_new();
	struct assay_error ignored = ASSAY_ERROR_INIT;
	struct assay_sha256 digest;
	char block[BLOCK], hex[ASSAY_SHA256_HEX];
	bool wanted = true;
	ssize_t got;

	if (lseek(from, 0, SEEK_SET) < 0)
		return assay_fail_errno(err, "source %s", source->name);
	while ((got = read(from, block, sizeof(block))) > 0) {
		assay_hasher_add(hasher, block, (size_t)got);
		if (wanted &&
		    assay_write_full(to, assay_span_of(block, (size_t)got), &ignored) < 0) {
			if (ignored.sys_errno != EPIPE)
				return assay_fail(err, ASSAY_E_SYSTEM, "source %s: %s",
				                  source->name, ignored.text);
			wanted = false;
		}
	}
	if (got < 0)
		return assay_fail_errno(err, "source %s", source->name);
	assay_hasher_finish(hasher, &digest);
	assay_sha256_hex(&digest, hex);
	if (strcmp(hex, source->sha256) != 0)
		return assay_fail(err, ASSAY_E_PIN,
		                  "source %s: its bytes are not those that are pinned "
		                  "(SHA-256 %s, wanted %s)",
		                  source->name, hex, source->sha256);
	return 0;
}

/* How source files are left for the build. */
struct settling {
	time_t epoch;
	time_t files; /* seen, when each gets another time */
	assay_others others;
};

#define STEP 3607 /* seconds between files that have each another time; ours */

/* Source files may be as old as they like, but not from the future. */
static void next_times(struct settling *settling, struct timespec times[2])
{
	time_t before = 0;

	if (settling->others & ASSAY_OTHER_SOURCE_TIMES)
		before = ++settling->files * STEP;
	times[0] = times[1] =
		(struct timespec){ .tv_sec = before < settling->epoch ? settling->epoch - before
		                                                      : 0 };
}

/* Take an entry away and put it back: it is then the newest of its folder, to file systems that know. */
static int renew(int dir, const char *name, struct assay_error *err)
{
	static const char other[] = ".assay-renewed";

	if (renameat2(dir, name, dir, other, RENAME_NOREPLACE) < 0 ||
	    renameat2(dir, other, dir, name, RENAME_NOREPLACE) < 0)
		return assay_fail_errno(err, "change the order of source files");
	return 0;
}

static int settle(struct settling *settling, int dir, int depth, struct assay_error *err);

static int settle_entry(struct settling *settling, int dir, const char *name, int depth,
                        struct assay_error *err)
{
	struct timespec times[2];
	struct stat st;

	if (settling->others & (ASSAY_OTHER_ORDER_DOWN | ASSAY_OTHER_ORDER_UP) &&
	    renew(dir, name, err) < 0)
		return -1;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return assay_fail_errno(err, "look at a source file");
	if (S_ISDIR(st.st_mode)) {
		ASSAY_AUTO_CLOSE int sub =
			openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

		return sub < 0 ? assay_fail_errno(err, "open a source folder")
		               : settle(settling, sub, depth + 1, err);
	}
	next_times(settling, times);
	return utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) < 0
	               ? assay_fail_errno(err, "set the time of a source file")
	               : 0;
}

static int settle(struct settling *settling, int dir, int depth, struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings names = { 0 };
	bool down = (settling->others & ASSAY_OTHER_ORDER_DOWN) != 0;
	struct timespec times[2];

	if (depth > DEPTH_MAX)
		return assay_fail(err, ASSAY_E_LIMIT,
		                  "sources have more than %d folders in each other", DEPTH_MAX);
	if (assay_folder_names(dir, ".", SIZE_MAX, &names, err) < 0)
		return assay_fail_in(err, "list a source folder");
	for (size_t i = 0; i < names.count; i++)
		if (settle_entry(settling, dir, names.items[down ? names.count - 1 - i : i], depth,
		                 err) < 0)
			return -1;
	next_times(settling, times);
	return futimens(dir, times) < 0 ? assay_fail_errno(err, "set the time of a source folder")
	                                : 0;
}

/* What a helper needs to know to unpack an archive. */
struct archive {
	const struct assay_build *build;
	const struct assay_source *source;
};

/* In a helper: the archive is standard input, the build folder is where we are. */
static int unpack(void *context, struct assay_error *err)
{
	const struct archive *archive = context;
	ASSAY_AUTO_CLOSE int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct assay_untar untar = { .input = 0,
		                     .dir = dir,
		                     .into = archive->source->into,
		                     .strip = archive->source->strip,
		                     .limit = archive->build->limits.disk };

	(void)umask(022);
	if (dir < 0)
		return assay_fail_errno(err, "open the build folder");
	if (assay_beneath_folders(dir, archive->source->into) < 0)
		return assay_fail_errno(err, "make %s", archive->source->into);
	return assay_untar(&untar, err);
}

static int place_archive(const struct assay_container *container, unsigned index,
                         struct assay_error *err)
{
	const struct assay_manifest *manifest = container->plan->manifest;
	struct archive context = { &manifest->build, &manifest->sources[index] };
	struct assay_job job = { .cwd = ".", .help = unpack, .context = &context };
	struct assay_error wrong = ASSAY_ERROR_INIT;
	struct assay_started started;
	int ends[2], fed;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return assay_fail_errno(err, "make a pipe");
	job.input = ends[0];
	if (assay_job_start(container, &job, &started, err) < 0)
		return -1;
	(void)close(ends[0]);
	fed = feed(context.source, container->request->sources[index], ends[1], &wrong);
	(void)close(ends[1]);
	/* Wrong bytes are the reason for whatever the helper made of them. */
	if (assay_job_helped(&started, err) < 0 && fed == 0)
		return assay_fail_in(err, "source %s", context.source->name);
	if (fed < 0)
		*err = wrong;
	return fed;
}

/* Init needs no helper to copy: the bytes mean nothing to it, and the name is the manifest's. */
static int place_copy(const struct assay_container *container, unsigned index,
                      struct assay_error *err)
{
	const struct assay_manifest *manifest = container->plan->manifest;
	const struct assay_source *source = &manifest->sources[index];
	ASSAY_AUTO_FREE char *path = assay_asprintf("%s/%s", source->into, source->name);
	ASSAY_AUTO_CLOSE int dir = -1, fd = -1;

	dir = open(manifest->build.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return assay_fail_errno(err, "open the build folder");
	fd = assay_beneath_create(dir, path, 0644);
	if (fd < 0)
		return assay_fail_errno(err, "source %s: make %s", source->name, path);
	return feed(source, container->request->sources[index], fd, err);
}

int assay_source_place(const struct assay_container *container, unsigned index,
                       struct assay_error *err)
{
	const struct assay_source *source = &container->plan->manifest->sources[index];

	return source->unpack == ASSAY_UNPACK_TAR ? place_archive(container, index, err)
	                                          : place_copy(container, index, err);
}

int assay_source_patch(const struct assay_container *container, unsigned index,
                       struct assay_error *err)
{
	const struct assay_source *source = &container->plan->manifest->sources[index];
	ASSAY_AUTO_CLOSE int fd = memfd_create("patch", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return assay_fail_errno(err, "memory for patch %s", source->name);
	if (feed(source, container->request->sources[index], fd, err) < 0)
		return -1;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0 ||
	    lseek(fd, 0, SEEK_SET) < 0)
		return assay_fail_errno(err, "seal patch %s", source->name);
	return assay_steal_fd(&fd);
}

/* In a helper: the build folder is where we are. */
static int take_inventory(void *context ASSAY_UNUSED, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSAY_AUTO_INVENTORY struct assay_inventory inventory = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	if (dir < 0)
		return assay_fail_errno(err, "open the build folder");
	if (assay_inventory_take(dir, NULL, &inventory, err) < 0)
		return -1;
	assay_inventory_write(&inventory, &text);
	return assay_write_full(ASSAY_JOB_RESULT, assay_buffer_span(&text), err);
}

int assay_sources_inventory(const struct assay_container *container, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int result = memfd_create("sources", MFD_CLOEXEC);
	struct assay_job job = {
		.cwd = ".", .input = -1, .result = result, .help = take_inventory
	};
	struct assay_started started;

	if (result < 0)
		return assay_fail_errno(err, "memory for the list of sources");
	if (assay_job_start(container, &job, &started, err) < 0 ||
	    assay_job_helped(&started, err) < 0)
		return assay_fail_in(err, "look at the sources");
	return assay_steal_fd(&result);
}

int assay_sources_settle_in(int dir, const struct assay_build *build, assay_others others,
                            struct assay_error *err)
{
	struct settling settling = { (time_t)build->source_date_epoch, 0, others };

	return settle(&settling, dir, 0, err);
}

int assay_sources_settle(const struct assay_container *container, struct assay_error *err)
{
	const struct assay_build *build = &container->plan->manifest->build;
	ASSAY_AUTO_CLOSE int dir = open(build->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return dir < 0 ? assay_fail_errno(err, "open the build folder")
	               : assay_sources_settle_in(dir, build, container->request->others, err);
}
