/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who the build is on the host: never its root.
 *
 * An ordinary user's builds run as that user. Root's run as an id that nobody has, since
 * processes of the host's uid 0 may write to many files of /proc and to root's own files even
 * without capabilities. Inside, both are the manifest's build.user and nobody else is mapped.
 *
 * Layer:  rebuild.
 * Source: user_namespaces(7), "User and group ID mappings".
 */
#ifndef ASSAY_REBUILD_IDENTITY_H
#define ASSAY_REBUILD_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "model/manifest.h"

struct assay_identity {
	bool foreign; /* uid and gid are not the caller's own */
	uid_t uid;    /* as the launcher's user namespace sees them */
	gid_t gid;
};

/**
 * Choose the ids.
 *
 * Errors: ASSAY_E_SYSTEM  we are the host's root and have no other id to give
 */
ASSAY_CHECKED int assay_identity_choose(struct assay_identity *out, struct assay_error *err);

/** Choose an id from the text of /proc/PID/uid_map for a caller with id own. Return: false: none */
bool assay_identity_pick(const char *map, uint32_t own, uint32_t *out);

/** Map the manifest's user to the ids, for the process with that pid in its new user namespace. */
ASSAY_CHECKED int assay_identity_map(const struct assay_identity *identity,
                                     const struct assay_user *user, pid_t pid,
                                     struct assay_error *err);

#endif
