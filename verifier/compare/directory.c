/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/directory.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/sysmacros.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "base/quote.h"
#include "compare/attributes.h"
#include "compare/files.h"

enum {
	DELIVERED,
	REBUILT
};

struct side {
	int fd;
	struct assay_subject *subject;
	struct assay_tree_scan scan;
	char **attributes; /* of each entry, NULL for none; owned */
	bool one_owner;    /* everything belongs to one user and group */
};

struct job {
	struct assay_node *root;
	struct side sides[2];
	struct assay_files files;
	uint64_t offset; /* where the next delivered file begins in root's ledger */
};

/* An entry of both sides. */
struct pair {
	const struct assay_tree_entry *entries[2];
	const char *attributes[2];
};

ASSAY_PRINTF(3, 4)
static void find(struct job *job, uint64_t length, const char *fmt, ...)
{
	struct assay_finding place = assay_node_place(job->root, length > 0 ? job->offset : 0,
	                                              length, ASSAY_CLASS_UNEXPLAINED, NULL);
	ASSAY_AUTO_FREE char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	(void)assay_comparison_find(assay_node_found(job->root), &place, "%s",
	                            text != NULL ? text : "");
}

static int fail_in_entry(const struct assay_tree_entry *entry, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *path = assay_quoted(entry->path);

	return assay_fail_in(err, "%s", path);
}

/* A metadata item of a pair, written out for both sides. */
static void find_item(struct job *job, const struct pair *pair, const char *what,
                      const char *delivered, const char *rebuilt)
{
	ASSAY_AUTO_FREE char *path = assay_quoted(pair->entries[DELIVERED]->path);

	find(job, 0, "%s: %s: %s delivered, %s rebuilt", path, what,
	     *delivered != '\0' ? delivered : "none", *rebuilt != '\0' ? rebuilt : "none");
}

static const char *type_name(mode_t mode)
{
	switch (assay_tree_type(mode)) {
	case 'f':
		return "file";
	case 'd':
		return "folder";
	case 'l':
		return "symbolic link";
	case 'b':
		return "block device";
	case 'c':
		return "character device";
	case 'p':
		return "FIFO";
	default:
		return "socket";
	}
}

static void compare_numbers(struct job *job, const struct pair *pair)
{
	const struct stat *a = &pair->entries[DELIVERED]->st, *b = &pair->entries[REBUILT]->st;
	bool owners = !job->sides[DELIVERED].one_owner || !job->sides[REBUILT].one_owner;
	char x[64], y[64];

	if (!S_ISLNK(a->st_mode) && (a->st_mode & 07777) != (b->st_mode & 07777)) {
		(void)snprintf(x, sizeof(x), "%04o", (unsigned)(a->st_mode & 07777));
		(void)snprintf(y, sizeof(y), "%04o", (unsigned)(b->st_mode & 07777));
		find_item(job, pair, "mode", x, y);
	}
	if (owners && (a->st_uid != b->st_uid || a->st_gid != b->st_gid)) {
		(void)snprintf(x, sizeof(x), "%u:%u", a->st_uid, a->st_gid);
		(void)snprintf(y, sizeof(y), "%u:%u", b->st_uid, b->st_gid);
		find_item(job, pair, "owner", x, y);
	}
	if ((S_ISBLK(a->st_mode) || S_ISCHR(a->st_mode)) && a->st_rdev != b->st_rdev) {
		(void)snprintf(x, sizeof(x), "%u,%u", major(a->st_rdev), minor(a->st_rdev));
		(void)snprintf(y, sizeof(y), "%u,%u", major(b->st_rdev), minor(b->st_rdev));
		find_item(job, pair, "device", x, y);
	}
}

/* Owner of *out: caller frees. */
static int read_target(const struct side *side, const struct assay_tree_entry *entry, char **out,
                       struct assay_error *err)
{
	char target[PATH_MAX + 1];
	ssize_t len = readlinkat(side->fd, entry->path, target, sizeof(target) - 1);

	if (len < 0)
		return assay_fail_errno(err, "read link");
	target[len] = '\0';
	*out = assay_quoted(target);
	return 0;
}

static int compare_targets(struct job *job, const struct pair *pair, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *a = NULL, *b = NULL;

	if (!S_ISLNK(pair->entries[DELIVERED]->st.st_mode))
		return 0;
	if (read_target(&job->sides[DELIVERED], pair->entries[DELIVERED], &a, err) < 0 ||
	    read_target(&job->sides[REBUILT], pair->entries[REBUILT], &b, err) < 0)
		return -1;
	if (strcmp(a, b) != 0)
		find_item(job, pair, "link target", a, b);
	return 0;
}

static void compare_attributes(struct job *job, const struct pair *pair)
{
	if (strcmp(pair->attributes[DELIVERED], pair->attributes[REBUILT]) != 0)
		find_item(job, pair, "extended attributes", pair->attributes[DELIVERED],
		          pair->attributes[REBUILT]);
}

/* What is the same bytes on both sides is so by the digests that were made of it. */
static bool is_equal(const struct pair *pair)
{
	const struct assay_tree_entry *a = pair->entries[DELIVERED], *b = pair->entries[REBUILT];

	return a->st.st_size == b->st.st_size && assay_sha256_equal(&a->sha256, &b->sha256);
}

static int compare_files(struct job *job, const struct pair *pair, struct assay_error *err)
{
	return assay_files_add(&job->files, pair->entries, is_equal(pair), job->offset, err);
}

static int compare_metadata(struct job *job, const struct pair *pair, struct assay_error *err)
{
	compare_numbers(job, pair);
	if (compare_targets(job, pair, err) < 0)
		return fail_in_entry(pair->entries[DELIVERED], err);
	compare_attributes(job, pair);
	return 0;
}

static int compare_pair(struct job *job, const struct pair *pair, struct assay_error *err)
{
	mode_t a = pair->entries[DELIVERED]->st.st_mode, b = pair->entries[REBUILT]->st.st_mode;

	if ((a & S_IFMT) != (b & S_IFMT)) {
		find_item(job, pair, "type", type_name(a), type_name(b));
		return 0;
	}
	if (compare_metadata(job, pair, err) < 0)
		return -1;
	return S_ISREG(a) ? compare_files(job, pair, err) : 0;
}

/* The entry is there: the other side's is not, or comes later. */
static void find_alone(struct job *job, const struct assay_tree_entry *entry, int side)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	ASSAY_AUTO_FREE char *path = assay_quoted(entry->path);
	bool bytes = side == DELIVERED && S_ISREG(entry->st.st_mode);

	find(job, bytes ? (uint64_t)entry->st.st_size : 0, "%s: %s, only in the %s directory", path,
	     type_name(entry->st.st_mode), side == DELIVERED ? "delivered" : "rebuilt");
}

static int order_of(const struct pair *pair)
{
	if (pair->entries[DELIVERED] == NULL)
		return 1;
	if (pair->entries[REBUILT] == NULL)
		return -1;
	return strcmp(pair->entries[DELIVERED]->path, pair->entries[REBUILT]->path);
}

static void fill_pair(const struct side *side, size_t index, int which, struct pair *pair)
{
	if (index >= side->scan.count)
		return;
	pair->entries[which] = &side->scan.entries[index];
	pair->attributes[which] = side->attributes[index] != NULL ? side->attributes[index] : "";
}

static int compare_all(struct job *job, struct assay_error *err)
{
	const struct assay_tree_scan *a = &job->sides[DELIVERED].scan;
	const struct assay_tree_scan *b = &job->sides[REBUILT].scan;

	for (size_t i = 0, k = 0; i < a->count || k < b->count;) {
		struct pair pair = { 0 };
		int order;

		fill_pair(&job->sides[DELIVERED], i, DELIVERED, &pair);
		fill_pair(&job->sides[REBUILT], k, REBUILT, &pair);
		order = order_of(&pair);

		if (order == 0 && compare_pair(job, &pair, err) < 0)
			return -1;
		if (order != 0)
			find_alone(job, pair.entries[order > 0], order > 0);
		if (order <= 0 && S_ISREG(a->entries[i].st.st_mode))
			job->offset += (uint64_t)a->entries[i].st.st_size;
		i += order <= 0;
		k += order >= 0;
	}
	return 0;
}

static bool has_one_owner(const struct assay_tree_scan *scan)
{
	for (size_t i = 1; i < scan->count; i++)
		if (scan->entries[i].st.st_uid != scan->entries[0].st.st_uid ||
		    scan->entries[i].st.st_gid != scan->entries[0].st.st_gid)
			return false;
	return true;
}

/*
 * Work of assay_parallel. There are no calls that list attributes below a descriptor; the kernel's
 * own link to it serves.
 */
static int read_attributes(void *context, size_t index, struct assay_error *err)
{
	const struct side *side = context;
	const struct assay_tree_entry *entry = &side->scan.entries[index];
	ASSAY_AUTO_FREE char *path = NULL;
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	if (entry->bare)
		return 0;
	path = assay_asprintf("/proc/self/fd/%d/%s", side->fd, entry->path);
	if (assay_attributes_read(path, &text, err) < 0)
		return fail_in_entry(entry, err);
	if (text.len > 0)
		side->attributes[index] = assay_strdup(assay_buffer_str(&text));
	return 0;
}

static void close_side(struct side *side)
{
	for (size_t i = 0; side->attributes != NULL && i < side->scan.count; i++)
		free(side->attributes[i]);
	free(side->attributes);
	assay_tree_scan_fini(&side->scan);
}

static int read_side(struct side *side, struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer listing = { 0 };

	side->scan.special = true;
	if (assay_tree_scan(side->fd, &side->scan, err) < 0 ||
	    assay_tree_hash(side->fd, &side->scan, err) < 0)
		return -1;
	side->attributes = assay_calloc(side->scan.count, sizeof(char *));
	if (assay_parallel(side->scan.count, read_attributes, side, err) < 0)
		return -1;
	assay_tree_listing(&side->scan, &listing);
	assay_sha256(assay_buffer_span(&listing), &side->subject->sha256);
	side->subject->size = side->scan.bytes;
	side->one_owner = has_one_owner(&side->scan);
	return 0;
}

/* Work of assay_parallel. */
static int open_side(void *context, size_t index, struct assay_error *err)
{
	struct side *side = &((struct job *)context)->sides[index];

	return read_side(side, err) < 0 ? assay_fail_in(err, "%s", side->subject->name) : 0;
}

static int run(struct job *job, struct assay_error *err)
{
	if (assay_parallel(2, open_side, job, err) < 0)
		return -1;
	job->root->format = "directory";
	assay_ledger_fini(&job->root->ledger);
	assay_ledger_init(&job->root->ledger, job->sides[DELIVERED].scan.bytes);
	if (compare_all(job, err) < 0 || assay_files_finish(&job->files, err) < 0)
		return -1;
	assay_node_settle(job->root);
	return 0;
}

int assay_directory_compare(struct assay_walk *walk, struct assay_node *root, const int fds[2],
                            struct assay_subject *const subjects[2], struct assay_error *err)
{
	struct job job = { .root = root,
		           .sides = { { .fd = fds[0], .subject = subjects[0] },
		                      { .fd = fds[1], .subject = subjects[1] } },
		           .files = { .walk = walk, .root = root, .fds = { fds[0], fds[1] } } };
	int result = run(&job, err);

	assay_files_fini(&job.files);
	close_side(&job.sides[DELIVERED]);
	close_side(&job.sides[REBUILT]);
	return result;
}
