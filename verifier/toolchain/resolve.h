/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From an intent to exact packages, with apt's own resolver, the machine's sources and its keys,
 * but a state of its own: nothing is installed, nothing of the machine's apt is changed, no
 * privilege is needed.
 *
 * Recommended packages are not taken. Where init-system-helpers may have usrmerge or
 * usr-is-merged, it gets the latter: the tree is not merged by any script.
 *
 * Layer:  toolchain.
 * Source: apt-get(8) --print-uris, apt.conf(5).
 */
#ifndef ASSAY_TOOLCHAIN_RESOLVE_H
#define ASSAY_TOOLCHAIN_RESOLVE_H

#include "base/error.h"
#include "base/progress.h"
#include "model/toolchain.h"

/**
 * Resolve an intent with the newest package lists.
 *
 * In:     state, an existing folder for apt's lists; kept, so that the next time is faster
 *         sources: a path to the .dsc of each of the intent's build_depends
 * Out:    *out a lock without tree.sha256 (NULL); free with assay_lock_free
 * Errors: ASSAY_E_TOOL    apt cannot resolve it; the text has its last word
 *         ASSAY_E_FORMAT  apt said something that cannot be understood
 */
ASSAY_CHECKED int assay_resolve(const struct assay_intent *intent, const char *state,
                                const char *const *sources, const struct assay_progress *progress,
                                struct assay_lock **out, struct assay_error *err);

#endif
