/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Debian packages: which of their members depend on each other, and the file md5sums, which
 * follows from what is in data.tar.
 *
 * A digest in md5sums decides nothing: members are compared whatever it says. It must be true on
 * its own side. Then, where the member it describes differs and every difference is explained by
 * rules, the digest may differ too (rule deb/md5sums@1).
 *
 * Layer:  compare; private to this folder.
 * Source: deb(5): debian-binary, control.tar, data.tar, in this order; dh_md5sums(1).
 * Limits: a package with other members is compared as an ar archive, without the rule.
 */
#ifndef ASSAY_COMPARE_DEB_H
#define ASSAY_COMPARE_DEB_H

#include "compare/container.h"

/** Digests of the files in data.tar on both sides, and how they compare. */
struct assay_md5sums;

/** Whether both sides have exactly the members of a .deb. */
bool assay_deb_is(const struct assay_container *container);

/** The role of a .deb's member; the index is that of the entry. */
enum assay_node_role assay_deb_role(size_t index);

/** Whether an entry of control.tar is the file md5sums. */
bool assay_md5sums_is(const char *name);

struct assay_md5sums *assay_md5sums_new(void);
void assay_md5sums_free(struct assay_md5sums *md5sums);

static inline void assay_cleanup_md5sums(struct assay_md5sums **md5sums)
{
	assay_md5sums_free(*md5sums);
}
#define ASSAY_AUTO_MD5SUMS ASSAY_AUTO(assay_cleanup_md5sums)

/**
 * Take note of a member of data.tar.
 *
 * In: entry of either side, its counterpart NULL when only one side has it; class of the pair
 */
void assay_md5sums_note(struct assay_md5sums *md5sums, const struct assay_entry *delivered,
                        const struct assay_entry *rebuilt, enum assay_class class);

/** All of data.tar was noted. Without this the rule is never used. */
void assay_md5sums_complete(struct assay_md5sums *md5sums);

/** Compare the two sides of the file md5sums. */
void assay_md5sums_compare(struct assay_md5sums *md5sums, struct assay_node *node);

#endif
