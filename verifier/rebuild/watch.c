/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/watch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"

#define TICK_NS 1000000 /* a quarter of the longest tick of a kernel's clock: CONFIG_HZ=250 */
#define TICKS_MAX 1000  /* after a second something is wrong with the clock */

static int open_folder(const char *folder, struct assay_error *err)
{
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return dir < 0 ? assay_fail_errno(err, "open the build folder") : dir;
}

int assay_watch_list(struct assay_watch *watch, const char *folder, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int dir = open_folder(folder, err);

	return dir < 0 ? -1 : assay_tree_scan(dir, &watch->scan, err);
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool is_later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec > b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec > b->tv_nsec);
}

/* The clock that the kernel takes times of files from: current_time of fs/inode.c. */
static int wait_for_tick(const struct timespec *last, struct assay_error *err)
{
	struct timespec now, tick = { .tv_nsec = TICK_NS };

	for (int i = 0; i < TICKS_MAX; i++) {
		assay_clock_get(CLOCK_REALTIME_COARSE, &now);
		if (is_later(&now, last))
			return 0;
		(void)nanosleep(&tick, NULL);
	}
	return assay_fail(err, ASSAY_E_SYSTEM, "the clock of this machine stands still");
}

int assay_watch_begin(struct assay_watch *watch, const char *folder, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int dir = open_folder(folder, err);
	struct timespec last = { 0 };
	struct statvfs fs;

	if (dir < 0)
		return -1;
	if (fstatvfs(dir, &fs) < 0 || (fs.f_flag & ST_NOATIME) != 0)
		return assay_fail(err, ASSAY_E_SYSTEM,
		                  "the build folder's file system writes down no times of access");
	for (size_t i = 0; i < watch->scan.count; i++) {
		struct assay_tree_entry *entry = &watch->scan.entries[i];

		if (fstatat(dir, entry->path, &entry->st, AT_SYMLINK_NOFOLLOW) < 0)
			return assay_fail_errno(err, "look at a source file");
		if (is_later(&entry->st.st_ctim, &last))
			last = entry->st.st_ctim;
	}
	assay_opens_begin(&watch->opens, folder, &watch->scan);
	return watch->scan.count > 0 ? wait_for_tick(&last, err) : 0;
}

/* One that is not there any more, or cannot be found, was touched. */
static bool is_touched(int dir, const struct assay_tree_entry *entry)
{
	struct stat now;

	return fstatat(dir, entry->path, &now, AT_SYMLINK_NOFOLLOW) < 0 ||
	       now.st_ino != entry->st.st_ino || !same_time(&now.st_ctim, &entry->st.st_ctim) ||
	       !same_time(&now.st_atim, &entry->st.st_atim);
}

int assay_watch_end(const struct assay_watch *watch, const char *folder, struct assay_buffer *out,
                    struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int dir = open_folder(folder, err);
	ASSAY_AUTO_FREE bool *opened = assay_calloc(watch->scan.count + 1, sizeof(*opened));

	if (dir < 0)
		return -1;
	if (!assay_opens_end(&watch->opens, &watch->scan, opened))
		return 0;
	for (size_t i = 0; i < watch->scan.count; i++) {
		const struct assay_tree_entry *entry = &watch->scan.entries[i];
		bool used = opened[i] || is_touched(dir, entry);

		assay_buffer_add_str(out, used && !S_ISDIR(entry->st.st_mode) ? "1" : "0");
	}
	return 0;
}

/* What init sent is in memory of ours: nobody cuts it short while it is mapped. */
static int map_memory(int fd, struct assay_map *out, struct assay_error *err)
{
	char path[64];

	if (fd < 0)
		return assay_fail(err, ASSAY_E_SYSTEM, "init sent no file");
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return assay_map_open(path, out, err);
}

int assay_watch_take_inventory(int fd, struct assay_inventory *out, struct assay_error *err)
{
	ASSAY_AUTO_MAP struct assay_map map = { 0 };

	assay_inventory_fini(out);
	if (map_memory(fd, &map, err) < 0 || assay_inventory_parse(map.span, out, err) < 0)
		return assay_fail_in(err, "what the sources consist of");
	return 0;
}

int assay_watch_take_used(int fd, struct assay_inventory *inventory, struct assay_error *err)
{
	ASSAY_AUTO_MAP struct assay_map map = { 0 };

	if (map_memory(fd, &map, err) < 0)
		return assay_fail_in(err, "what the build opened");
	if (map.span.len != 0 && map.span.len != inventory->count)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "what the build opened: %zu entries, and there are %zu",
		                  map.span.len, inventory->count);
	for (size_t i = 0; i < inventory->count; i++)
		inventory->items[i].used = map.span.len == 0 || map.span.ptr[i] == '1';
	inventory->watched = true;
	return map.span.len == 0;
}
