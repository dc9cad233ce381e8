/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/compiler.h"

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

/* Fields 20 (threads) and 24 (resident pages), counted from behind the name, field 2. */
static void add_stat(int dir, void *context)
{
	struct assay_usage *usage = context;
	uint64_t threads = 0, pages = 0;
	char text[1024];
	const char *end;

	if (!read_text(dir, "stat", text, sizeof(text)))
		return;
	end = strrchr(text, ')'); /* a name may hold anything, brackets too */
	if (end == NULL || sscanf(end + 1,
	                          " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
	                          "%*d %*d %" SCNu64 " %*d %*u %*u %" SCNu64,
	                          &threads, &pages) != 2)
		return;
	usage->tasks += (uint32_t)threads;
	usage->memory += pages * (uint64_t)getpagesize();
}

static void add_rollup(int dir, void *context)
{
	uint64_t *total = context, kib = 0;
	char text[2048];
	const char *line;

	if (!read_text(dir, "smaps_rollup", text, sizeof(text)))
		return;
	line = strstr(text, "\nPss:");
	if (line != NULL && sscanf(line, "\nPss: %" SCNu64, &kib) == 1)
		*total += kib * 1024;
}

void assay_usage_get(struct assay_usage *out)
{
	*out = (struct assay_usage){ 0 };
	visit_all(add_stat, out);
}

uint64_t assay_usage_exact(void)
{
	uint64_t total = 0;

	visit_all(add_rollup, &total);
	return total;
}
