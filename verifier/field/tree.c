/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "field/tree.h"

#include <inttypes.h>

#include "base/memory.h"
#include "field/attributes.h"

/* One tree of a release, held against files. */
struct job {
	const struct assay_reference_tree *tree;
	size_t pack;
	struct assay_found *out; /* NULL: only count */
	uint64_t differences, matched, excluded;
	struct assay_attributes_unknown unknown;
	bool root_unknown; /* one side says nothing about the tree's own folder */
};

static void differ(struct job *job, const char *path, enum assay_found_state state,
                   const char *note)
{
	struct assay_found_row *row;

	job->differences++;
	if (job->out == NULL)
		return;
	if (job->out->count >= ASSAY_FOUND_ROWS) {
		job->out->rows_left_out++;
		return;
	}
	row = assay_found_add(job->out, *path != '\0' ? path : ".", state);
	row->pack = job->pack;
	row->note = assay_strdup(note);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool is_plain(const struct assay_reference_file *file)
{
	return file->type == ASSAY_FILE_REGULAR;
}

/* Everything in which two files differ, in words; empty: nothing. */
static void compare(const struct assay_reference_file *wanted,
                    const struct assay_reference_file *got, struct assay_buffer *out)
{
	const struct {
		bool differs;
		const char *what;
	} rows[] = {
		{ wanted->type != got->type, "type" },
		{ wanted->mode != got->mode, "mode" },
		{ wanted->uid != got->uid || wanted->gid != got->gid, "owner" },
		{ is_plain(wanted) && is_plain(got) && !got->unread &&
		          (wanted->size != got->size ||
		           !assay_sha256_equal(&wanted->sha256, &got->sha256)),
		  "content" },
		{ wanted->type == got->type && !got->unread && !same_text(wanted->link, got->link),
		  "target" },
		{ wanted->type == got->type && wanted->device != got->device, "device" },
		{ !got->unread && !same_text(wanted->capability, got->capability), "capability" },
	};

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++)
		if (rows[i].differs)
			assay_buffer_printf(out, "%s%s", out->len > 0 ? ", " : "", rows[i].what);
	if (wanted->mode != got->mode)
		assay_buffer_printf(out, " (mode %04o, should be %04o)", (unsigned)got->mode,
		                    (unsigned)wanted->mode);
}

static void take_pair(struct job *job, const struct assay_reference_file *wanted,
                      const struct assay_reference_file *got,
                      const struct assay_reference_files *got_in)
{
	ASSAY_AUTO_BUFFER struct assay_buffer note = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer attributes = { 0 };

	compare(wanted, got, &note);
	if (!got->unread)
		assay_attributes_compare(wanted, got, got_in, &job->unknown, &attributes);
	if (attributes.len > 0) /* ", " is in front of the first */
		assay_buffer_add_str(&note, assay_buffer_str(&attributes) + (note.len > 0 ? 0 : 2));
	if (note.len > 0)
		differ(job, wanted->path, ASSAY_FOUND_DIFFERENT, assay_buffer_str(&note));
	else if (!got->unread)
		job->matched++;
}

/* Whether a folder above a path could not be listed: then nobody knows what is in it. */
static bool is_hidden(const struct assay_reference_files *files, const char *path)
{
	ASSAY_AUTO_FREE char *above = assay_strdup(path);
	char *slash;

	while ((slash = strrchr(above, '/')) != NULL) {
		const struct assay_reference_file *folder;

		*slash = '\0';
		folder = assay_reference_file_find(files, above);
		if (folder != NULL)
			return folder->unread;
	}
	return false;
}

static void take_missing(struct job *job, const struct assay_reference_files *files,
                         const char *path)
{
	/* An archive need not name its own folder. */
	if (*path == '\0') {
		job->root_unknown = true;
		return;
	}
	if (!is_hidden(files, path))
		differ(job, path, ASSAY_FOUND_CUT, "is missing");
}

static void take_extra(struct job *job, const struct assay_reference_file *got)
{
	/* The release may say nothing about its own folder. */
	if (*got->path == '\0' && assay_reference_file_find(&job->tree->files, "") == NULL) {
		job->root_unknown = true;
		return;
	}
	differ(job, got->path, ASSAY_FOUND_UNKNOWN, "is not in the release");
}

/* Both lists are sorted by path. */
static void merge(struct job *job, const struct assay_reference_files *files)
{
	const struct assay_reference_files *tree = &job->tree->files;
	size_t i = 0, k = 0;

	while (i < tree->count || k < files->count) {
		int order = i == tree->count    ? 1
		            : k == files->count ? -1
		                                : strcmp(tree->items[i].path, files->items[k].path);
		const char *path = order <= 0 ? tree->items[i].path : files->items[k].path;

		if (assay_reference_excluded(job->tree, path) != NULL)
			job->excluded++;
		else if (order == 0)
			take_pair(job, &tree->items[i], &files->items[k], files);
		else if (order > 0)
			take_extra(job, &files->items[k]);
		else
			take_missing(job, files, path);
		i += order <= 0;
		k += order >= 0;
	}
}

/* Return: the tree with the fewest differences; NULL when there is none. */
static const struct assay_reference_tree *choose(const struct assay_reference_files *files,
                                                 const struct assay_reference *const *releases,
                                                 size_t count, size_t *pack)
{
	const struct assay_reference_tree *best = NULL;
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < releases[i]->tree_count; k++) {
			struct job job = { .tree = &releases[i]->trees[k], .pack = i };

			merge(&job, files);
			if (job.differences < least) {
				least = job.differences;
				best = job.tree;
				*pack = i;
			}
		}
	return best;
}

/* What nobody compared is said in every answer. */
static void say_unknown(const struct job *job, const struct assay_reference_files *files,
                        struct assay_strings *out)
{
	if (job->unknown.labels > 0)
		assay_strings_printf(out,
		                     "labels of %" PRIu64 " files, which the release does not "
		                     "have: they may be those of this machine",
		                     job->unknown.labels);
	if (job->root_unknown)
		assay_strings_add(out, "the tree's own folder: one side says nothing about it");
	if (files->trusted_hidden)
		assay_strings_add(out, "attributes \"trusted.*\": only root of this machine sees "
		                       "them");
	assay_strings_add(out, "times, flags of chattr(1), and which files are hard links");
}

int assay_field_files(const struct assay_reference_files *files,
                      const struct assay_strings *troubles,
                      const struct assay_reference *const *releases, size_t count,
                      struct assay_found *out, struct assay_error *err)
{
	struct job job = { .out = out };

	job.tree = choose(files, releases, count, &job.pack);
	if (job.tree == NULL)
		return assay_fail(err, ASSAY_E_USAGE, "no pack that counts has a tree");
	for (size_t i = 0; i < troubles->count; i++) {
		struct assay_found_row *row =
			assay_found_add(out, troubles->items[i], ASSAY_FOUND_CUT);

		row->pack = job.pack;
	}
	/* Where nothing could be read, nobody knows what is missing. */
	if (files->count > 0 || troubles->count == 0)
		merge(&job, files);
	out->pack = job.pack;
	out->tree = job.tree->name;
	out->matched = job.matched;
	out->excluded = job.excluded;
	say_unknown(&job, files, &out->not_compared);
	if (job.differences > 0)
		out->status = ASSAY_EXIT_DIFFERENT;
	else if (troubles->count > 0 || job.matched == 0)
		out->status = ASSAY_EXIT_INCONCLUSIVE;
	else
		out->status = ASSAY_EXIT_MATCH;
	return 0;
}
