/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
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
static void add_stat(int dir, void *context)
{
	struct assay_usage *usage = context;
	char text[1024];
	const char *end;

	if (!read_text(dir, "stat", text, sizeof(text)))
		return;
	end = strrchr(text, ')'); /* a name may hold anything, brackets too */
	if (end == NULL)
		return;
	usage->tasks += (uint32_t)nth_number(end + 1, 20 - 3);
	usage->memory += nth_number(end + 1, 24 - 3) * (uint64_t)getpagesize();
}

static void add_rollup(int dir, void *context)
{
	static const char label[] = "\nPss:";
	uint64_t *total = context;
	char text[2048];
	const char *line;

	if (!read_text(dir, "smaps_rollup", text, sizeof(text)))
		return;
	line = strstr(text, label);
	if (line != NULL)
		*total += strtoull(line + strlen(label), NULL, 10) * 1024;
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
