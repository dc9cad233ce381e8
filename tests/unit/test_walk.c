/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A folder that changes while it is listed. The calls of walk.c are wrapped by the linker, so that the
 * change comes exactly between two of them, every time.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "field/tree.h"
#include "testing.h"

/* What fstatat is with 64-bit offsets: feature_test_macros(7). */
int __real_fstatat64(int dirfd, const char *name, struct stat *st, int flags);
int __wrap_fstatat64(int dirfd, const char *name, struct stat *st, int flags);
ssize_t __real_read(int fd, void *block, size_t len);
ssize_t __wrap_read(int fd, void *block, size_t len);
ssize_t __real_readlinkat(int dirfd, const char *name, char *target, size_t len);
ssize_t __wrap_readlinkat(int dirfd, const char *name, char *target, size_t len);

/* What happens once, behind a call about the file "x". */
enum when {
	NEVER,
	LOOKED_AT, /* before it is opened */
	READ,      /* before it is looked at again */
	LINK_READ,
};

static struct {
	enum when when;
	void (*change)(void);
	unsigned reads;
	bool longer; /* there is a byte more than its size says: as in proc(5) */
} plan;

static int folder = -1; /* where "x" is; beside it are a file and a folder that nobody may get to */

static void happen(enum when when)
{
	if (plan.when != when)
		return;
	plan.when = NEVER;
	plan.change();
}

int __wrap_fstatat64(int dirfd, const char *name, struct stat *st, int flags)
{
	int got = __real_fstatat64(dirfd, name, st, flags);

	if (strcmp(name, "x") == 0)
		happen(LOOKED_AT);
	return got;
}

ssize_t __wrap_read(int fd, void *block, size_t len)
{
	ssize_t got = __real_read(fd, block, len);

	plan.reads++;
	if (got == 0 && plan.longer) {
		plan.longer = false;
		*(char *)block = 'x';
		return 1;
	}
	if (got == 0)
		happen(READ);
	return got;
}

ssize_t __wrap_readlinkat(int dirfd, const char *name, char *target, size_t len)
{
	ssize_t got = __real_readlinkat(dirfd, name, target, len);

	happen(LINK_READ);
	return got;
}

static void put(const char *name, const char *text)
{
	ASSAY_AUTO_CLOSE int fd =
		openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct assay_error err = ASSAY_ERROR_INIT;

	assert_true(fd >= 0);
	assert_int_equal(assay_write_full(fd, assay_span_of_str(text), &err), 0);
}

static void put_file(void)
{
	put("x", "good");
}

static void put_link(void)
{
	assert_int_equal(symlinkat("good", folder, "x"), 0);
}

static void put_folder(void)
{
	assert_int_equal(mkdirat(folder, "x", 0755), 0);
}

/* --- what happens -------------------------------------------------------------------------- */

static void nothing(void)
{
}

static void go_away(void)
{
	assert_int_equal(unlinkat(folder, "x", 0), 0);
}

static void other_file(void)
{
	put("y", "evil");
	assert_int_equal(renameat(folder, "y", folder, "x"), 0);
}

static void other_bytes(void)
{
	put("x", "evil");
}

static void become_pipe(void)
{
	go_away();
	assert_int_equal(mkfifoat(folder, "x", 0644), 0);
}

static void become_link(void)
{
	go_away();
	assert_int_equal(symlinkat("../file", folder, "x"), 0);
}

static void other_link(void)
{
	go_away();
	assert_int_equal(symlinkat("evil", folder, "x"), 0);
}

static void one_more(void)
{
	put("y", "evil");
}

static void become_link_to_folder(void)
{
	assert_int_equal(unlinkat(folder, "x", AT_REMOVEDIR), 0);
	assert_int_equal(symlinkat("../folder", folder, "x"), 0);
}

static void other_mode(void)
{
	assert_int_equal(fchmodat(folder, "x", 0700, 0), 0);
}

#define X_CHANGED "x: changed while it was read\n"
#define FOLDER_CHANGED ".: changed while it was read\n"

static const struct {
	const char *what;
	void (*put)(void);
	enum when when;
	void (*change)(void);
	const char *troubles;
	bool unopened; /* not a byte was read */
	bool longer;
} cases[] = {
	{ "nothing, to a file", put_file, READ, nothing, "", .unopened = false },
	{ "nothing, to a link", put_link, LINK_READ, nothing, "", .unopened = true },
	{ "nothing, to a folder", put_folder, LOOKED_AT, nothing, "", .unopened = true },
	{ "gone before it is opened", put_file, LOOKED_AT, go_away,
	  "x: No such file or directory\n" FOLDER_CHANGED, .unopened = true },
	{ "another file before it is opened", put_file, LOOKED_AT, other_file,
	  X_CHANGED FOLDER_CHANGED, .unopened = true },
	{ "other bytes before it is opened", put_file, LOOKED_AT, other_bytes, X_CHANGED,
	  .unopened = true },
	{ "a pipe before it is opened", put_file, LOOKED_AT, become_pipe, X_CHANGED FOLDER_CHANGED,
	  .unopened = true },
	{ "a link before it is opened", put_file, LOOKED_AT, become_link,
	  "x: became a link while it was read\n" FOLDER_CHANGED, .unopened = true },
	{ "other bytes while it is read", put_file, READ, other_bytes, X_CHANGED },
	{ "gone while it is read", put_file, READ, go_away, X_CHANGED FOLDER_CHANGED },
	{ "a byte more than its size", put_file, READ, nothing, X_CHANGED, .longer = true },
	{ "another link while it is read", put_link, LINK_READ, other_link,
	  X_CHANGED FOLDER_CHANGED, .unopened = true },
	{ "one file more while it is listed", put_file, READ, one_more, FOLDER_CHANGED },
	{ "a link for a folder before it is opened", put_folder, LOOKED_AT, become_link_to_folder,
	  "x: Not a directory\n" FOLDER_CHANGED, .unopened = true },
	{ "another mode of a folder before it is opened", put_folder, LOOKED_AT, other_mode,
	  X_CHANGED, .unopened = true },
};

static void run_case(size_t i, const char *path)
{
	ASSAY_AUTO_REFERENCE_FILES struct assay_reference_files files = { 0 };
	ASSAY_AUTO_STRINGS struct assay_strings troubles = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer told = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	/* Longer than a tick of the clock that the kernel takes times of files from. */
	const struct timespec tick = { .tv_nsec = 20000000 };
	const struct assay_reference_file *file;

	cases[i].put();
	(void)nanosleep(&tick, NULL);
	plan.when = cases[i].when;
	plan.change = cases[i].change;
	plan.longer = cases[i].longer;
	plan.reads = 0;
	assert_int_equal(assay_field_walk(path, &files, &troubles, &err), 0);
	assert_int_equal(plan.when, NEVER); /* it did happen */
	for (size_t k = 0; k < troubles.count; k++)
		assay_buffer_printf(&told, "%s\n", troubles.items[k]);
	assert_string_equal(assay_buffer_str(&told), cases[i].troubles);
	assert_int_equal(plan.reads == 0, cases[i].unopened);
	file = assay_reference_file_find(&files, "x");
	assert_non_null(file);
	assert_int_equal(file->unread, strncmp(cases[i].troubles, "x: ", 3) == 0);
	assert_int_equal(files.count, 2); /* the folder itself; what came later is not listed */
}

static void test_changes(void **state)
{
	char path[] = "walk-XXXXXX";
	struct assay_error err = ASSAY_ERROR_INIT;

	(void)state;
	assert_non_null(mkdtemp(path));
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(cases); i++) {
		char tree[64];

		(void)snprintf(tree, sizeof(tree), "%s/%zu/tree", path, i);
		assert_int_equal(assay_mkdirs(AT_FDCWD, tree, &err), 0);
		folder = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(folder >= 0);
		put("../file", "good");
		assert_int_equal(mkdirat(folder, "../folder", 0755), 0);
		put("../folder/secret", "secret");
		print_message("# %s\n", cases[i].what);
		run_case(i, tree);
		(void)close(folder);
	}
	assert_int_equal(assay_remove_tree(AT_FDCWD, path, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
	};

	(void)umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
