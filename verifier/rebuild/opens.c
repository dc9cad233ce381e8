/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/opens.h"

#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

/*
 * A mark says at most three words (opened on two processors at once, ended), and the kernel's queues
 * hold 16384 by default: inotify_user.c, Linux 6.1.
 */
#define QUEUE_FILES 4096

/* Return: the number of the mark; -1 for none */
static int mark(int queue, const char *folder, const char *path)
{
	ASSAY_AUTO_FREE char *full = assay_asprintf("%s/%s", folder, path);

	return inotify_add_watch(queue, full, IN_OPEN | IN_ONESHOT | IN_DONT_FOLLOW);
}

void assay_opens_begin(struct assay_opens *opens, const char *folder,
                       const struct assay_tree_scan *scan)
{
	opens->queues = assay_calloc(scan->count / QUEUE_FILES + 1, sizeof(*opens->queues));
	opens->marks = assay_calloc(scan->count + 1, sizeof(*opens->marks));
	for (size_t i = 0; i < scan->count; i++) {
		if (i % QUEUE_FILES == 0) {
			int queue = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

			if (queue < 0)
				return;
			opens->queues[i / QUEUE_FILES] = queue;
		}
		if (!S_ISREG(scan->entries[i].st.st_mode))
			continue;
		/* Of two names of one file both have the number of the first: numbers are given in turn. */
		opens->marks[i] =
			mark(opens->queues[i / QUEUE_FILES], folder, scan->entries[i].path);
		if (opens->marks[i] < 1 || opens->marks[i] > QUEUE_FILES)
			return;
	}
	opens->certain = true;
}

/* What one queue holds. Return: false when a word was lost */
static bool hear(int queue, bool said[QUEUE_FILES + 1])
{
	struct inotify_event events[256]; /* of files themselves, so without names */
	bool whole = true;
	ssize_t len;

	while ((len = read(queue, events, sizeof(events))) > 0)
		for (size_t i = 0; i < (size_t)len / sizeof(events[0]); i++) {
			int number = events[i].wd;

			whole &= number >= 1 && number <= QUEUE_FILES && events[i].len == 0;
			if (whole)
				said[number] = true;
		}
	return whole && len < 0 && errno == EAGAIN;
}

bool assay_opens_end(const struct assay_opens *opens, const struct assay_tree_scan *scan,
                     bool *opened)
{
	bool said[QUEUE_FILES + 1], certain = opens->certain;

	for (size_t i = 0; i < scan->count && certain; i++) {
		if (i % QUEUE_FILES == 0) {
			memset(said, 0, sizeof(said));
			certain = hear(opens->queues[i / QUEUE_FILES], said);
		}
		opened[i] |= certain && said[opens->marks[i]];
	}
	return certain;
}
