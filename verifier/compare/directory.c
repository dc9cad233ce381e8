/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/directory.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/sysmacros.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"
#include "compare/attributes.h"
#include "elf/elf.h"
#include "store/tree.h"

enum {
	DELIVERED,
	REBUILT
};

struct side {
	int fd;
	struct assay_tree_scan scan;
	bool one_owner; /* everything belongs to one user and group */
};

struct job {
	struct assay_walk *walk;
	struct assay_node *root;
	struct side sides[2];
	uint64_t offset; /* where the next delivered file begins in root's ledger */
};

/* An entry of both sides. */
struct pair {
	const struct assay_tree_entry *entries[2];
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
	(void)assay_comparison_find(&job->root->found, &place, "%s", text != NULL ? text : "");
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

/* There are no calls that list attributes below a descriptor; the kernel's own link to it serves. */
static int read_attributes(const struct side *side, const struct assay_tree_entry *entry,
                           struct assay_buffer *out, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *path = assay_asprintf("/proc/self/fd/%d/%s", side->fd, entry->path);

	return assay_attributes_read(path, out, err);
}

static int compare_attributes(struct job *job, const struct pair *pair, struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer a = { 0 }, b = { 0 };

	if (read_attributes(&job->sides[DELIVERED], pair->entries[DELIVERED], &a, err) < 0 ||
	    read_attributes(&job->sides[REBUILT], pair->entries[REBUILT], &b, err) < 0)
		return -1;
	if (strcmp(assay_buffer_str(&a), assay_buffer_str(&b)) != 0)
		find_item(job, pair, "extended attributes", assay_buffer_str(&a),
		          assay_buffer_str(&b));
	return 0;
}

static int map_entry(const struct side *side, const struct assay_tree_entry *entry,
                     struct assay_map *out, struct assay_error *err)
{
	if (assay_map_openat(side->fd, entry->path, out, err) < 0)
		return -1;
	if (out->span.len != (uint64_t)entry->st.st_size)
		return assay_fail(err, ASSAY_E_SYSTEM, "changed while it was read");
	return 0;
}

/* The file's bytes have the classes in the directory that they have in the file. */
static void take_over(struct job *job, const struct assay_ledger *from)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct assay_range *range = &from->ranges[i];

		if (range->class != ASSAY_CLASS_UNEXPLAINED)
			(void)assay_ledger_explain(&job->root->ledger, job->offset + range->offset,
			                           range->length, range->class, range->rule);
	}
}

/* Whether nobody needs to look into the two: there is something to say of equal ELF files too. */
static bool is_settled(const struct assay_node *child)
{
	return assay_span_equal(child->delivered, child->rebuilt) &&
	       !assay_elf_is(child->delivered);
}

/* Compare here, or have it compared. */
static int compare_child(struct job *job, struct assay_node *child, struct assay_error *err)
{
	const struct assay_compare_options *options = job->walk->options;
	const struct assay_side sides[2] = { { child->path, child->delivered },
		                             { child->path, child->rebuilt } };
	struct assay_comparison result = { 0 };
	int compared;

	if (options->pair == NULL || is_settled(child)) {
		compared = assay_node_compare(job->walk, child, err);
		take_over(job, &child->ledger);
		return compared;
	}
	compared = options->pair(options->context, &sides[0], &sides[1], &result, err);
	if (compared == 0) {
		take_over(job, &result.artefacts[0].ledger);
		assay_node_take(child, &result);
	}
	assay_comparison_fini(&result);
	return compared;
}

static int compare_files(struct job *job, const struct pair *pair, struct assay_error *err)
{
	const struct assay_tree_entry *entry = pair->entries[DELIVERED];
	ASSAY_AUTO_MAP struct assay_map a = { 0 }, b = { 0 };
	ASSAY_AUTO_NODE struct assay_node *child = NULL;

	if (map_entry(&job->sides[DELIVERED], entry, &a, err) < 0 ||
	    map_entry(&job->sides[REBUILT], pair->entries[REBUILT], &b, err) < 0)
		return -1;
	child = assay_node_new(entry->path, a.span, b.span);
	if (compare_child(job, child, err) < 0)
		return -1;
	assay_node_adopt(job->root, assay_steal(&child));
	return 0;
}

static int compare_pair(struct job *job, const struct pair *pair, struct assay_error *err)
{
	mode_t a = pair->entries[DELIVERED]->st.st_mode, b = pair->entries[REBUILT]->st.st_mode;

	if ((a & S_IFMT) != (b & S_IFMT)) {
		find_item(job, pair, "type", type_name(a), type_name(b));
		return 0;
	}
	compare_numbers(job, pair);
	if (compare_targets(job, pair, err) < 0 || compare_attributes(job, pair, err) < 0)
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

static int compare_all(struct job *job, struct assay_error *err)
{
	const struct assay_tree_scan *a = &job->sides[DELIVERED].scan;
	const struct assay_tree_scan *b = &job->sides[REBUILT].scan;

	for (size_t i = 0, k = 0; i < a->count || k < b->count;) {
		struct pair pair = { { i < a->count ? &a->entries[i] : NULL,
			               k < b->count ? &b->entries[k] : NULL } };
		int order = order_of(&pair);

		if (order == 0 && compare_pair(job, &pair, err) < 0) {
			ASSAY_AUTO_FREE char *path = assay_quoted(a->entries[i].path);

			return assay_fail_in(err, "%s", path);
		}
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

static int open_side(struct side *side, int fd, struct assay_subject *subject,
                     struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer listing = { 0 };

	side->fd = fd;
	side->scan.special = true;
	if (assay_tree_scan(fd, &side->scan, err) < 0 || assay_tree_hash(fd, &side->scan, err) < 0)
		return -1;
	assay_tree_listing(&side->scan, &listing);
	assay_sha256(assay_buffer_span(&listing), &subject->sha256);
	subject->size = side->scan.bytes;
	side->one_owner = has_one_owner(&side->scan);
	return 0;
}

static int run(struct job *job, const int fds[2], struct assay_subject *const subjects[2],
               struct assay_error *err)
{
	for (int i = 0; i < 2; i++)
		if (open_side(&job->sides[i], fds[i], subjects[i], err) < 0)
			return assay_fail_in(err, "%s", subjects[i]->name);
	job->root->format = "directory";
	assay_ledger_fini(&job->root->ledger);
	assay_ledger_init(&job->root->ledger, job->sides[DELIVERED].scan.bytes);
	if (compare_all(job, err) < 0)
		return -1;
	assay_node_settle(job->root);
	return 0;
}

int assay_directory_compare(struct assay_walk *walk, struct assay_node *root, const int fds[2],
                            struct assay_subject *const subjects[2], struct assay_error *err)
{
	struct job job = { .walk = walk, .root = root };
	int result = run(&job, fds, subjects, err);

	assay_tree_scan_fini(&job.sides[DELIVERED].scan);
	assay_tree_scan_fini(&job.sides[REBUILT].scan);
	return result;
}
