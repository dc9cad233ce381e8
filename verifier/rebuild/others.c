/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/others.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

#define BURNED 1000 /* numbers that nobody gets; ours */
#define STACK 16384 /* bytes, for a process that ends at once */

static const struct {
	assay_others other;
	const char *path, *text;
} files[] = {
	{ ASSAY_OTHER_STATE, "proc/loadavg", "7.32 5.21 3.10 9/873 31337\n" },
	{ ASSAY_OTHER_STATE, "proc/uptime", "8640000.25 9123456.50\n" },
	{ ASSAY_OTHER_STATE, "proc/sys/kernel/random/boot_id",
	  "5ec0bd5e-c0bd-45ec-80bd-5ec0bd5ec0bd\n" },
	{ ASSAY_OTHER_STATE, "proc/cmdline", "root=/dev/other quiet\n" },
};

/* Return: what the plan has in a file; NULL where it has no such file */
static struct assay_buffer *find_file(struct assay_plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->file_count; i++)
		if (strcmp(plan->files[i].path, path) == 0)
			return &plan->files[i].content;
	return NULL;
}

/* Another model, with other flags. */
static void change_processor(struct assay_plan *plan)
{
	static const struct {
		const char *from, *to; /* of the same length */
	} words[] = {
		{ "x86-64 baseline", "other processor" },
		{ " sse2 ", " avx2 " },
		{ "0xd03", "0xd0c" },
		{ " fp asimd", " fp sve2a" },
	};
	struct assay_buffer *content = find_file(plan, "proc/cpuinfo");

	if (content == NULL || content->ptr == NULL)
		return;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(words); i++)
		for (char *at = content->ptr; (at = strstr(at, words[i].from)) != NULL;)
			memcpy(at, words[i].to, strlen(words[i].to));
}

void assay_others_plan(assay_others others, struct assay_plan *plan)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(files); i++) {
		struct assay_buffer *content = find_file(plan, files[i].path);

		if ((others & files[i].other) == 0 || content == NULL)
			continue;
		content->len = 0;
		assay_buffer_add_str(content, files[i].text);
	}
	if (others & ASSAY_OTHER_PROCESSOR)
		change_processor(plan);
}

static int end_at_once(void *context ASSAY_UNUSED)
{
	_exit(0);
}

static void burn_pids(void)
{
	char *stack = assay_calloc(1, STACK);

	for (int i = 0; i < BURNED; i++) {
		pid_t pid =
			clone(end_at_once, stack + STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);

		if (pid > 0)
			(void)waitpid(pid, NULL, 0);
	}
	free(stack);
}

static void burn_inodes(const char *folder)
{
	ASSAY_AUTO_CLOSE int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; dir >= 0 && i < BURNED; i++) {
		int fd = openat(dir, "burned", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

		if (fd >= 0)
			(void)close(fd);
		(void)unlinkat(dir, "burned", 0);
	}
}

void assay_others_burn(assay_others others, const char *folder)
{
	if (others & ASSAY_OTHER_PIDS)
		burn_pids();
	if (others & ASSAY_OTHER_INODES)
		burn_inodes(folder);
}

int assay_others_terminal(int *other_end)
{
	const struct winsize size = { .ws_row = 50, .ws_col = 200 };
	char name[64];
	int fd;

	*other_end = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*other_end < 0 || grantpt(*other_end) < 0 || unlockpt(*other_end) < 0 ||
	    ptsname_r(*other_end, name, sizeof(name)) != 0)
		return -1;
	fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0)
		(void)ioctl(fd, TIOCSWINSZ, &size);
	return fd;
}
