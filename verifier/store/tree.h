/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The canonical digest of a folder with all in it: `assay-tree/1`.
 *
 * The listing of a tree is a run of records, sorted by the bytes of their paths:
 *
 *	assay-tree/1 NUL                     once, at the start
 *	TYPE SP MODE SP DIGEST SP PATH NUL   for each entry, the root itself left out
 *
 *	TYPE    f regular file, d folder, l symbolic link; anything else cannot be digested
 *	MODE    permission bits with set-id and sticky bits, four octal digits; 0777 for a link
 *	DIGEST  64 lower-case hexadecimal digits: SHA-256 of the file's content or of the link's
 *	        target; "-" for a folder
 *	PATH    below the root, without a leading slash
 *
 * The tree's digest is the SHA-256 of the listing. Nothing else counts: no owner, no time, no
 * inode number, no link count, no extended attribute. assay-toolchain(5) shows how to compute it
 * with find, sort and sha256sum.
 *
 * Layer:  store.
 * Limits: 4 Mi entries; paths as long as the kernel takes (4095 bytes).
 */
#ifndef ASSAY_STORE_TREE_H
#define ASSAY_STORE_TREE_H

#include <sys/stat.h>

#include "base/buffer.h"
#include "base/digest.h"
#include "base/error.h"

#define ASSAY_TREE_ALGORITHM "assay-tree/1"

/*
 * What the digest leaves out has one value in every tree of the store, so that a build cannot
 * see when or how a tree was made: this time of modification (1980-01-01 00:00 UTC in seconds,
 * the oldest that zip files can hold), and one link to each file.
 */
#define ASSAY_TREE_MTIME 315532800

struct assay_tree_entry {
	char *path;
	struct stat st;
	struct assay_sha256 sha256; /* files and links, once the scan was hashed */
	uint8_t start[4];           /* of a file, zeros behind its end; as sha256 */
	bool bare;                  /* a file that was hashed and has no extended attributes */
};

/** The TYPE of the listing: f, d, l; b, c, p and s where they are taken at all. */
char assay_tree_type(mode_t mode);

/** What is in a folder, sorted by path. Zero-initialise. Owned. */
struct assay_tree_scan {
	struct assay_tree_entry *entries;
	size_t count, cap;
	uint64_t bytes; /* of file content */
	bool special;   /* in: take devices (types b and c), FIFOs (p) and sockets (s) too */
};

void assay_tree_scan_fini(struct assay_tree_scan *scan);
#define ASSAY_AUTO_TREE_SCAN ASSAY_AUTO(assay_tree_scan_fini)

/**
 * List a folder with all in it, from metadata alone.
 *
 * Errors: ASSAY_E_FORMAT  something that is neither file, folder nor symbolic link, unless
 *                         out->special is set
 *         ASSAY_E_LIMIT   too many entries
 */
ASSAY_CHECKED int assay_tree_scan(int dirfd, struct assay_tree_scan *out, struct assay_error *err);

/** Read every file and link of a scan and fill in its digest, with several threads. */
ASSAY_CHECKED int assay_tree_hash(int dirfd, struct assay_tree_scan *scan, struct assay_error *err);

/** Append the listing of a scan that was hashed. */
void assay_tree_listing(const struct assay_tree_scan *scan, struct assay_buffer *out);

/**
 * A fast number over path, type, mode, size, inode and times of every entry. Equal numbers for a
 * folder now and when it was hashed: nobody wrote to it in between. A cache key, never a pin.
 */
uint64_t assay_tree_fingerprint(const struct assay_tree_scan *scan);

/** Scan, hash and digest in one go. Out: *digest; *entries and *bytes when not NULL. */
ASSAY_CHECKED int assay_tree_digest(int dirfd, struct assay_sha256 *digest, uint64_t *entries,
                                    uint64_t *bytes, struct assay_error *err);

#endif
