/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inodes of JFFS2: what their nodes say.
 *
 * Layer: formats; private to this folder.
 */
#ifndef ASSAY_FORMATS_FILESYSTEM_JFFS2_INODE_H
#define ASSAY_FORMATS_FILESYSTEM_JFFS2_INODE_H

#include "formats/filesystem/jffs2/jffs2.h"

/** The node of an inode that says its mode, owner, size and times. */
static inline struct jffs2_node *jffs2_latest(const struct jffs2 *fs,
                                              const struct jffs2_inode *inode)
{
	return fs->inode_nodes[inode->first + inode->count - 1];
}

/**
 * Attributes, content and parts of an inode whose entry is the newest.
 *
 * Errors: ASSAY_E_FORMAT, ASSAY_E_LIMIT
 */
ASSAY_CHECKED int jffs2_add_inode(struct jffs2 *fs, struct jffs2_inode *inode,
                                  struct assay_error *err);

/** The content of a regular file. Errors: as above */
ASSAY_CHECKED int jffs2_add_content(struct jffs2 *fs, struct jffs2_inode *inode,
                                    struct assay_error *err);

/** Erased bytes behind a node, up to the next one. Others are bytes of no node. */
void jffs2_add_padding(struct jffs2 *fs, size_t entry, const struct jffs2_node *node);

/** Checksums in a node follow from all of it: one that is false was found before. */
void jffs2_add_check(struct jffs2 *fs, uint64_t at, uint64_t length);

/** Parts of a node of an inode, but for its data. */
void jffs2_add_header(struct jffs2 *fs, const struct jffs2_inode *inode, struct jffs2_node *node);

/** Whether a node that is not the latest one of its inode says the same of mode, owner, size and times. */
bool jffs2_agrees(const struct jffs2 *fs, const struct jffs2_node *node,
                  const struct jffs2_node *latest);

#endif
