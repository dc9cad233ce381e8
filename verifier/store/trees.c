/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trees in the store: found, checked, and moved to their place. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

#include "base/memory.h"
#include "base/quote.h"
#include "store/check.h"
#include "store/internal.h"
#include "store/listing.h"
#include "store/tree.h"
#include "store/work.h"

#define LISTING_MAX (UINT64_C(1) << 30) /* bytes: 4 Mi entries with long paths */

void assay_tree_fini(struct assay_tree *tree)
{
	free(tree->path);
	tree->path = NULL;
}

/* The text of a stamp: what a tree looked like when it was hashed in full. */
static char *stamp_text(const struct assay_tree_scan *scan)
{
	return assay_asprintf("assay-stamp/1 %016" PRIx64 "\n", assay_tree_fingerprint(scan));
}

static bool stamp_matches(const struct assay_store *store, const struct assay_sha256 *digest,
                          const struct assay_tree_scan *scan)
{
	ASSAY_AUTO_FREE char *expected = stamp_text(scan);
	ASSAY_AUTO_BYTES struct assay_bytes found = { 0 };
	struct assay_error ignored = ASSAY_ERROR_INIT;
	char name[ASSAY_STORE_NAME];

	assay_store_name(ASSAY_STORE_STAMPS, digest, name);
	if (assay_file_read(store->dirfd, name, 4096, &found, &ignored) < 0)
		return false; /* no stamp: the tree is hashed in full */
	return assay_span_is(assay_span_of_bytes(&found), expected);
}

static int write_stamp(const struct assay_store *store, const struct assay_sha256 *digest,
                       const struct assay_tree_scan *scan, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *text = stamp_text(scan);
	char name[ASSAY_STORE_NAME];

	assay_store_name(ASSAY_STORE_STAMPS, digest, name);
	return assay_file_write(store->dirfd, name, assay_span_of_str(text), 0644, err);
}

/* What the digest leaves out but a build could see. */
static int check_sealed(const struct assay_tree_scan *scan,
                        const struct assay_store_witness *witness)
{
	int count = 0;

	for (size_t i = 0; i < scan->count; i++) {
		const struct stat *st = &scan->entries[i].st;
		const char *what =
			st->st_mtim.tv_sec != ASSAY_TREE_MTIME || st->st_mtim.tv_nsec != 0
				? "has another time"
			: S_ISREG(st->st_mode) && st->st_nlink != 1 ? "has a second link"
								    : NULL;

		if (what == NULL)
			continue;
		witness->tell(witness->context, scan->entries[i].path, what);
		count++;
	}
	return count;
}

static void tell_difference(void *context, struct assay_span path, const char *what)
{
	const struct assay_store_witness *witness = context;
	ASSAY_AUTO_FREE char *name = assay_strndup((const char *)path.ptr, path.len);

	witness->tell(witness->context, name, what);
}

int assay_store_read_listing(const struct assay_store *store, const struct assay_sha256 *digest,
                             struct assay_bytes *out, struct assay_error *err)
{
	struct assay_sha256 found;
	char name[ASSAY_STORE_NAME];

	assay_store_name(ASSAY_STORE_LISTINGS, digest, name);
	if (assay_file_read(store->dirfd, name, LISTING_MAX, out, err) < 0)
		return assay_fail_in(err, "store %s", store->path);
	assay_sha256(assay_span_of_bytes(out), &found);
	if (!assay_sha256_equal(&found, digest))
		return assay_fail(err, ASSAY_E_PIN, "%s/%s was changed", store->path, name);
	return 0;
}

/* Name what differs from the listing that was stored with the tree, if that can be trusted. */
static int64_t tell_differences(const struct assay_store *store, const struct assay_sha256 *digest,
                                const struct assay_buffer *now,
                                const struct assay_store_witness *witness)
{
	ASSAY_AUTO_BYTES struct assay_bytes before = { 0 };
	struct assay_store_witness telling = *witness;
	struct assay_error ignored = ASSAY_ERROR_INIT;

	if (assay_store_read_listing(store, digest, &before, &ignored) < 0)
		return 0;
	return assay_listing_compare(assay_span_of_bytes(&before), assay_buffer_span(now),
	                             tell_difference, &telling, &ignored);
}

static int write_listing(const struct assay_store *store, const struct assay_sha256 *digest,
                         const struct assay_buffer *listing, struct assay_error *err)
{
	char name[ASSAY_STORE_NAME];

	assay_store_name(ASSAY_STORE_LISTINGS, digest, name);
	return assay_file_write(store->dirfd, name, assay_buffer_span(listing), 0644, err);
}

/* Hash a scan in full. Return: 1 all as it should be, 0 damaged and told, -1 on error */
static int check_in_full(struct assay_store *store, int dirfd, const struct assay_sha256 *digest,
                         struct assay_tree_scan *scan, const struct assay_store_witness *witness,
                         struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer listing = { 0 };
	struct assay_sha256 found;

	if (assay_tree_hash(dirfd, scan, err) < 0)
		return -1;
	assay_tree_listing(scan, &listing);
	assay_sha256(assay_buffer_span(&listing), &found);
	if (!assay_sha256_equal(&found, digest)) {
		if (tell_differences(store, digest, &listing, witness) <= 0)
			witness->tell(witness->context, "", "has another digest");
		return 0;
	}
	if (check_sealed(scan, witness) > 0)
		return 0;
	if (write_listing(store, digest, &listing, err) < 0 ||
	    write_stamp(store, digest, scan, err) < 0)
		return assay_fail_in(err, "store %s", store->path);
	return 1;
}

int assay_store_check_tree(struct assay_store *store, const struct assay_sha256 *digest,
                           enum assay_tree_check check, struct assay_tree *out,
                           const struct assay_store_witness *witness, struct assay_error *err)
{
	ASSAY_AUTO_TREE_SCAN struct assay_tree_scan scan = { 0 };
	ASSAY_AUTO_CLOSE int dirfd = -1;
	char name[ASSAY_STORE_NAME];
	int good = 1;

	assay_store_name(ASSAY_STORE_TREES, digest, name);
	dirfd = openat(store->dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dirfd < 0)
		return assay_fail_errno(err, "open %s/%s", store->path, name);
	if (assay_tree_scan(dirfd, &scan, err) < 0) {
		if (err->code != ASSAY_E_FORMAT)
			return assay_fail_in(err, "%s/%s", store->path, name);
		witness->tell(witness->context, "",
		              err->text); /* a FIFO or device that was never ours */
		return 0;
	}
	if (check == ASSAY_TREE_FULL || !stamp_matches(store, digest, &scan))
		good = check_in_full(store, dirfd, digest, &scan, witness, err);
	if (good > 0 && out != NULL) {
		out->path = assay_asprintf("%s/%s", store->path, name);
		out->sha256 = *digest;
		out->entries = scan.count;
		out->bytes = scan.bytes;
	}
	return good;
}

static void keep_first(void *context, const char *path, const char *what)
{
	struct assay_buffer *text = context;
	ASSAY_AUTO_FREE char *quoted = assay_quoted(path);

	if (text->len == 0)
		assay_buffer_printf(text, "%s%s%s", quoted, *path != '\0' ? " " : "", what);
}

int assay_store_find_tree(struct assay_store *store, const struct assay_sha256 *digest,
                          enum assay_tree_check check, struct assay_tree *out,
                          struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer first = { 0 };
	struct assay_store_witness witness = { keep_first, &first };
	char name[ASSAY_STORE_NAME];
	int good;

	assay_store_name(ASSAY_STORE_TREES, digest, name);
	if (faccessat(store->dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : assay_fail_errno(err, "%s/%s", store->path, name);
	good = assay_store_check_tree(store, digest, check, out, &witness, err);
	if (good == 0)
		return assay_fail(err, ASSAY_E_PIN,
		                  "toolchain tree %s/%s was changed: %s; "
		                  "`assay toolchain check --remove' removes it, so that it is "
		                  "made again",
		                  store->path, name, assay_buffer_str(&first));
	return good;
}

static int move_tree(struct assay_store *store, const char *name, int dirfd,
                     const struct assay_sha256 *digest, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *from = assay_asprintf("tmp/%s", name);
	char to[ASSAY_STORE_NAME];

	/* One sync for all files: as safe as one for each, and many times faster. */
	if (syncfs(dirfd) < 0)
		return assay_fail_errno(err, "sync %s", from);
	assay_store_name(ASSAY_STORE_TREES, digest, to);
	if (renameat(store->dirfd, from, store->dirfd, to) == 0)
		return assay_store_sync_folder(store, ASSAY_STORE_TREES, err);
	if (errno != EEXIST && errno != ENOTEMPTY)
		return assay_fail_errno(err, "rename to %s", to);
	assay_store_drop_folder(store, name); /* another lock that makes the same tree was faster */
	return 0;
}

static int fail_other_digest(const struct assay_sha256 *found, const struct assay_sha256 *expected,
                             struct assay_error *err)
{
	char hex[2][ASSAY_SHA256_HEX];

	assay_sha256_hex(found, hex[0]);
	assay_sha256_hex(expected, hex[1]);
	return assay_fail(err, ASSAY_E_PIN, "the tree has the digest %s, pinned is %s", hex[0],
	                  hex[1]);
}

int assay_store_commit_tree(struct assay_store *store, const char *name, int dirfd,
                            const struct assay_sha256 *expected, struct assay_tree *out,
                            struct assay_error *err)
{
	ASSAY_AUTO_TREE_SCAN struct assay_tree_scan scan = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer listing = { 0 };
	struct assay_sha256 digest;
	int found;

	if (assay_tree_scan(dirfd, &scan, err) < 0 || assay_tree_hash(dirfd, &scan, err) < 0)
		return -1;
	assay_tree_listing(&scan, &listing);
	assay_sha256(assay_buffer_span(&listing), &digest);
	if (expected != NULL && !assay_sha256_equal(&digest, expected))
		return fail_other_digest(&digest, expected, err);
	/* The stamp does not hold the root's own times, so it stays true over the rename. */
	if (write_listing(store, &digest, &listing, err) < 0 ||
	    move_tree(store, name, dirfd, &digest, err) < 0 ||
	    write_stamp(store, &digest, &scan, err) < 0)
		return assay_fail_in(err, "store %s", store->path);
	found = assay_store_find_tree(store, &digest, ASSAY_TREE_FAST, out, err);
	if (found == 0)
		return assay_fail(err, ASSAY_E_SYSTEM, "store %s: the tree is gone again",
		                  store->path);
	return found < 0 ? -1 : 0;
}
