/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why a host refuses namespaces: the settings that do, by name, and what to do about each.
 *
 * Layer:  rebuild.
 * Source: namespaces(7), user_namespaces(7); Debian's kernel.unprivileged_userns_clone; Ubuntu's
 *         kernel.apparmor_restrict_unprivileged_userns.
 */
#ifndef ASSAY_REBUILD_HINDRANCE_H
#define ASSAY_REBUILD_HINDRANCE_H

#include <stdbool.h>

struct assay_hindrance {
	const char *path;  /* of a setting, below /proc/sys/ */
	const char *value; /* that forbids */
	const char *name;  /* as sysctl(8) has it */
	const char *todo;
	bool users_only; /* does not hold root back */
};

/** The first setting that forbids namespaces to us. Return: NULL when none of those known does */
const struct assay_hindrance *assay_hindrance_find(bool is_root);

#endif
