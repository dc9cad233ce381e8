/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/file.h"

/*
 * The id of root's builds, unless this system does not have it: in a range that systemd's
 * "Users, Groups, UIDs and GIDs on systemd systems" lists as unused (1879048192 … 2147483647),
 * and beyond what subuid(5) gives out.
 */
#define BUILD_ID UINT32_C(1900000000)
#define MAP_MAX 65536 /* bytes; a map has at most 340 lines: user_namespaces(7) */

/* Take a decimal number off a text. Return: whether there was one of 32 bits */
static bool take_number(const char **text, uint32_t *out)
{
	char *end;
	unsigned long long value = strtoull(*text, &end, 10);

	if (end == *text || value > UINT32_MAX)
		return false;
	*text = end;
	*out = (uint32_t)value;
	return true;
}

bool assay_identity_pick(const char *map, uint32_t own, uint32_t *out)
{
	uint32_t inside, outside, count, ids = 0, best = own;
	bool is_root = false;

	while (take_number(&map, &inside) && take_number(&map, &outside) &&
	       take_number(&map, &count)) {
		if (count == 0)
			continue;
		if (BUILD_ID >= inside && BUILD_ID - inside < count) {
			*out = BUILD_ID;
			return true;
		}
		/* As high as possible: ids are handed out from below. */
		if (inside + (count - 1) != own && (best == own || inside + (count - 1) > best))
			best = inside + (count - 1);
		is_root = is_root || (outside == 0 && inside == own);
		ids += count;
	}
	*out = best;
	return best != own || (ids > 0 && !is_root);
}

static int choose(const char *path, uint32_t own, uint32_t *out, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	static char map[MAP_MAX];
	ssize_t got = fd < 0 ? -1 : read(fd, map, sizeof(map) - 1);

	if (got < 0)
		return assay_fail_errno(err, "read %s", path);
	map[got] = '\0';
	if (!assay_identity_pick(map, own, out))
		return assay_fail(err, ASSAY_E_SYSTEM,
		                  "builds must not run as the host's root, and %s has no other id: "
		                  "run assay as an ordinary user",
		                  path);
	return 0;
}

int assay_identity_choose(struct assay_identity *out, struct assay_error *err)
{
	*out = (struct assay_identity){ .uid = geteuid(), .gid = getegid() };
	if (out->uid != 0)
		return 0;
	if (choose("/proc/self/uid_map", out->uid, &out->uid, err) < 0 ||
	    choose("/proc/self/gid_map", out->gid, &out->gid, err) < 0)
		return -1;
	out->foreign = out->uid != geteuid() || out->gid != getegid();
	return 0;
}

static int write_proc(pid_t pid, const char *name, const char *text, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = -1;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return assay_fail_errno(err, "open %s", path);
	return assay_write_full(fd, assay_span_of_str(text), err) < 0
	               ? assay_fail_in(err, "%s", path)
	               : 0;
}

int assay_identity_map(const struct assay_identity *identity, const struct assay_user *user,
                       pid_t pid, struct assay_error *err)
{
	char uids[64], gids[64];

	(void)snprintf(uids, sizeof(uids), "%" PRIu32 " %u 1", user->uid, identity->uid);
	(void)snprintf(gids, sizeof(gids), "%" PRIu32 " %u 1", user->gid, identity->gid);
	/* A user may map a group only after giving up setgroups(2); user_namespaces(7). */
	if (write_proc(pid, "setgroups", "deny", err) < 0 ||
	    write_proc(pid, "uid_map", uids, err) < 0)
		return -1;
	return write_proc(pid, "gid_map", gids, err);
}
