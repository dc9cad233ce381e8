/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/hindrance.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/compiler.h"

#define LIMIT(kind)                                                                                \
	{                                                                                          \
		"user/max_" kind "_namespaces", "0", "user.max_" kind "_namespaces",               \
			"as root: sysctl -w user.max_" kind "_namespaces=10000", false             \
	}

static const struct assay_hindrance hindrances[] = {
	{ "kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone",
	  "as root: sysctl -w kernel.unprivileged_userns_clone=1", true },
	LIMIT("user"),
	LIMIT("mnt"),
	LIMIT("pid"),
	LIMIT("net"),
	LIMIT("ipc"),
	LIMIT("uts"),
	LIMIT("cgroup"),
	LIMIT("time"),
	{ "kernel/apparmor_restrict_unprivileged_userns", "1",
	  "AppArmor: kernel.apparmor_restrict_unprivileged_userns",
	  "as root: give assay an AppArmor profile that allows userns, or "
	  "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
	  true },
};

static bool has_value(const struct assay_hindrance *row)
{
	ASSAY_AUTO_CLOSE int fd = -1;
	char path[128], text[32] = "";

	(void)snprintf(path, sizeof(path), "/proc/sys/%s", row->path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	return strcmp(text, row->value) == 0;
}

const struct assay_hindrance *assay_hindrance_find(bool is_root)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(hindrances); i++)
		if (!(is_root && hindrances[i].users_only) && has_value(&hindrances[i]))
			return &hindrances[i];
	return NULL;
}
