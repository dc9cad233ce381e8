/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>

#include "base/memory.h"

#define SHARED_STEP (UINT64_C(4) << 20) /* bytes more on the host: look who has them */
#define LOOKS_MAX 16                    /* without counting what is hidden; both ours */

typedef void visit_fn(int dir, void *context);

/* Read a small file of /proc. Return: whether there is text in buf */
static int read_text(int dir, const char *name, char *buf, size_t size)
{
	ASSAY_AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, buf, size - 1);

	buf[got > 0 ? got : 0] = '\0';
	return got > 0;
}

static void visit_all(visit_fn *visit, void *context)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc != NULL && (entry = readdir(proc)) != NULL) {
		ASSAY_AUTO_CLOSE int dir = -1;

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
		    strcmp(entry->d_name, "1") == 0)
			continue;
		dir = openat(dirfd(proc), entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (dir >= 0)
			visit(dir, context);
	}
	if (proc != NULL)
		(void)closedir(proc);
}

/* Number n, counted from 0, of a text of words and numbers between blanks; 0 when there is none. */
static uint64_t nth_number(const char *text, unsigned n)
{
	for (text += strspn(text, " "); n > 0 && *text != '\0'; n--) {
		text += strcspn(text, " ");
		text += strspn(text, " ");
	}
	return strtoull(text, NULL, 10);
}

/* Fields 20 (threads) and 24 (resident pages) of stat, counted from behind the name, field 2. */
void assay_usage_stat(const char *text, struct assay_usage *out)
{
	const char *end = strrchr(text, ')'); /* a name may hold anything, brackets too */

	if (end == NULL)
		return;
	out->tasks += (uint32_t)nth_number(end + 1, 20 - 3);
	out->memory += nth_number(end + 1, 24 - 3) * (uint64_t)getpagesize();
}

static void add_stat(int dir, void *context)
{
	char text[1024];

	if (read_text(dir, "stat", text, sizeof(text)))
		assay_usage_stat(text, context);
}

uint64_t assay_usage_rollup(const char *text, const char *label)
{
	size_t len = strlen(label);

	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, label, len) == 0)
			return strtoull(line + len, NULL, 10) * 1024;
	}
	return 0;
}

struct proportions {
	uint64_t all, shared; /* bytes: shared is that part of all which is no process's own */
};

static void add_rollup(int dir, void *context)
{
	struct proportions *total = context;
	char text[2048];

	if (!read_text(dir, "smaps_rollup", text, sizeof(text)))
		return;
	total->all += assay_usage_rollup(text, "Pss:");
	total->shared += assay_usage_rollup(text, "Pss_Shmem:");
}

/* The memfds that processes hold descriptors of. Owned. */
struct memfds {
	struct memfd {
		ino_t inode;
		uint64_t bytes;
	} * items;
	size_t count, cap;
};

static void add_descriptor(int dir, const char *name, struct memfds *memfds)
{
	static const char prefix[] = "/memfd:"; /* memfd_create(2) */
	char target[sizeof(prefix)];
	struct stat st;

	if (readlinkat(dir, name, target, sizeof(target)) < (ssize_t)sizeof(prefix) - 1 ||
	    memcmp(target, prefix, sizeof(prefix) - 1) != 0 || fstatat(dir, name, &st, 0) < 0)
		return;
	assay_grow(&memfds->items, &memfds->cap, memfds->count, sizeof(*memfds->items));
	memfds->items[memfds->count++] = (struct memfd){ st.st_ino, (uint64_t)st.st_blocks * 512 };
}

static void add_descriptors(int dir, void *context)
{
	int fd = openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (stream != NULL && (entry = readdir(stream)) != NULL)
		if (entry->d_type == DT_LNK)
			add_descriptor(fd, entry->d_name, context);
	if (stream != NULL)
		(void)closedir(stream);
	else if (fd >= 0)
		(void)close(fd);
}

static int by_inode(const void *a, const void *b)
{
	const struct memfd *x = a, *y = b;

	return (x->inode > y->inode) - (x->inode < y->inode);
}

/* A memfd counts once, however many descriptors there are. */
static uint64_t count_memfds(void)
{
	struct memfds memfds = { 0 };
	uint64_t total = 0;

	visit_all(add_descriptors, &memfds);
	if (memfds.count > 0)
		qsort(memfds.items, memfds.count, sizeof(*memfds.items), by_inode);
	for (size_t i = 0; i < memfds.count; i++)
		if (i == 0 || memfds.items[i].inode != memfds.items[i - 1].inode)
			total += memfds.items[i].bytes;
	free(memfds.items);
	return total;
}

/* key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap */
uint64_t assay_usage_segment(const char *line)
{
	return nth_number(line, 14) + nth_number(line, 15);
}

static uint64_t count_segments(int segments)
{
	ASSAY_AUTO_CLOSE int fd = segments < 0 ? -1 : fcntl(segments, F_DUPFD_CLOEXEC, 0);
	FILE *file = fd < 0 || lseek(fd, 0, SEEK_SET) < 0 ? NULL : fdopen(fd, "r");
	uint64_t total = 0;
	char line[512];

	if (file == NULL)
		return 0;
	fd = -1; /* the stream's */
	while (fgets(line, sizeof(line), file) != NULL)
		total += assay_usage_segment(line);
	(void)fclose(file);
	return total;
}

void assay_usage_open(struct assay_usage_watch *watch)
{
	watch->segments = open("/proc/sysvipc/shm", O_RDONLY | O_CLOEXEC);
	watch->looks = LOOKS_MAX;
}

static uint64_t shared_of_host(void)
{
	struct sysinfo info;

	return sysinfo(&info) < 0 ? UINT64_MAX : (uint64_t)info.sharedram * info.mem_unit;
}

/*
 * To find memfds takes a look at every descriptor. It is taken when the shared memory of the whole
 * host has grown, which one call tells, and now and then in case somebody else's shrank meanwhile.
 */
static void count_hidden(struct assay_usage_watch *watch, bool now)
{
	uint64_t shared = shared_of_host();

	if (shared < watch->shared)
		watch->shared = shared;
	if (!now && watch->looks++ < LOOKS_MAX && shared - watch->shared < SHARED_STEP)
		return;
	watch->hidden = count_memfds() + count_segments(watch->segments);
	watch->shared = shared;
	watch->looks = 0;
}

void assay_usage_get(struct assay_usage_watch *watch, struct assay_usage *out)
{
	*out = (struct assay_usage){ 0 };
	visit_all(add_stat, out);
	count_hidden(watch, false);
	out->memory += watch->hidden;
}

uint64_t assay_usage_exact(struct assay_usage_watch *watch)
{
	struct proportions total = { 0 };

	visit_all(add_rollup, &total);
	count_hidden(watch, true);
	/* What is hidden may be mapped as well: then it is in both. */
	return total.all - total.shared +
	       (total.shared > watch->hidden ? total.shared : watch->hidden);
}
