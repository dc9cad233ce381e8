/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "field/entries.h"

#include <inttypes.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"
#include "field/take.h"
#include "formats/content.h"

/* One container and what is made of it. */
struct listing {
	const struct assay_taker *taker;
	struct assay_contents *contents;
	struct assay_budget *budget;
	struct assay_reference_files *files;
};

static int add_content(struct listing *listing, size_t index, struct assay_reference_file *file,
                       struct assay_error *err)
{
	ASSAY_AUTO_CONTENT struct assay_content content = { 0 };

	if (file->type != ASSAY_FILE_REGULAR)
		return 0;
	if (assay_content_open(listing->contents, index, listing->budget, &content, err) < 0)
		return -1;
	file->size = content.span.len;
	assay_sha256(content.span, &file->sha256);
	if (listing->files->twins != NULL) {
		struct assay_twin twin = { .sha256 = file->sha256 };

		assay_sha512(content.span, &twin.sha512);
		assay_twins_add(listing->files->twins, &twin);
	}
	return 0;
}

static char *quoted_place(const char *name)
{
	ASSAY_AUTO_FREE char *place = assay_path_place(name);

	return place != NULL ? assay_quoted(place) : NULL;
}

static struct assay_reference_file *find_target(const struct listing *listing, const char *target)
{
	struct assay_reference_files *files = listing->files;

	for (size_t i = files->count; target != NULL && i > 0; i--)
		if (strcmp(files->items[i - 1].path, target) == 0)
			return &files->items[i - 1];
	return NULL;
}

/* Mode and owner of a hard link are those of its file, or it depends on who unpacks it. */
static int check_link(struct listing *listing, const struct assay_entry *entry,
                      const struct assay_reference_file *target, struct assay_error *err)
{
	ASSAY_AUTO_REFERENCE_FILES struct assay_reference_files said = { 0 };
	struct assay_reference_file *link = assay_reference_file_add(&said);

	if (!listing->taker->links_say)
		return 0;
	if (listing->taker->take(listing->contents, entry, link, err) < 0)
		return -1;
	if (link->mode != target->mode || link->uid != target->uid || link->gid != target->gid)
		return assay_fail(err, ASSAY_E_FORMAT, "a hard link with another mode or owner");
	for (size_t i = 0; i < link->attributes.count; i++)
		if (!assay_strings_has(&target->attributes, link->attributes.items[i]))
			return assay_fail(err, ASSAY_E_FORMAT, "a hard link with other attributes");
	if (link->capability != NULL &&
	    (target->capability == NULL || strcmp(link->capability, target->capability) != 0))
		return assay_fail(err, ASSAY_E_FORMAT, "a hard link with another capability");
	return 0;
}

/* A hard link is another name of a file that is listed already. */
static int add_hard_link(struct listing *listing, const struct assay_entry *entry, const char *path,
                         struct assay_error *err)
{
	ASSAY_AUTO_FREE char *name = entry->link != NULL ? quoted_place(entry->link) : NULL;
	const struct assay_reference_file *target = find_target(listing, name);
	struct assay_reference_file found, *link;

	if (target == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "a hard link to nothing");
	if (target->type == ASSAY_FILE_FOLDER)
		return assay_fail(err, ASSAY_E_FORMAT, "a hard link to a folder");
	if (check_link(listing, entry, target, err) < 0)
		return -1;
	found = *target; /* it may move when one is added */
	link = assay_reference_file_add(listing->files);
	assay_reference_file_copy(&found, link);
	free(link->path);
	link->path = assay_strdup(path);
	return 0;
}

static int add_entry(struct listing *listing, size_t index, const char *path,
                     struct assay_error *err)
{
	const struct assay_entry *entry = &listing->contents->entries[index];
	struct assay_reference_file *file;

	if (entry->type == ASSAY_ENTRY_LINK)
		return add_hard_link(listing, entry, path, err);
	file = assay_reference_file_add(listing->files);
	file->path = assay_strdup(path);
	if (listing->taker->take(listing->contents, entry, file, err) < 0)
		return -1;
	if (file->type == ASSAY_FILE_SYMLINK)
		file->link = assay_quoted(entry->link != NULL ? entry->link : "");
	return add_content(listing, index, file, err);
}

static int add_named(struct listing *listing, size_t index, struct assay_error *err)
{
	const char *name = listing->contents->entries[index].name;
	ASSAY_AUTO_FREE char *path = quoted_place(name), *shown = assay_quoted(name);

	if (path == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "%s leads out of the tree", shown);
	/* Some programs make a folder of it. */
	if (*assay_path_name(name) == '\0' &&
	    listing->contents->entries[index].type != ASSAY_ENTRY_DIRECTORY)
		return assay_fail(err, ASSAY_E_FORMAT, "%s is no folder", shown);
	if (add_entry(listing, index, path, err) < 0)
		return assay_fail_in(err, "%s", shown);
	return 0;
}

/* Entries in their order; where links may come first, those in a second turn. */
static int add_turn(struct listing *listing, bool links, struct assay_error *err)
{
	const struct assay_taker *taker = listing->taker;

	for (size_t i = 0; i < listing->contents->entry_count; i++) {
		const struct assay_entry *entry = &listing->contents->entries[i];
		bool later = taker->links_ahead && entry->type == ASSAY_ENTRY_LINK;

		if (later == links && (taker->is_skipped == NULL || !taker->is_skipped(entry)) &&
		    add_named(listing, i, err) < 0)
			return -1;
	}
	return 0;
}

/* Below a link there are the files of another folder: who unpacks it writes there. The root is a folder,
 * too. */
static int check_above(const struct assay_reference_files *files, const char *path,
                       struct assay_error *err)
{
	ASSAY_AUTO_FREE char *above = assay_strdup(path);

	for (size_t len = strlen(above); len > 0;) {
		const struct assay_reference_file *folder;

		while (len > 0 && above[len - 1] != '/')
			len--;
		len -= len > 0;
		above[len] = '\0';
		folder = assay_reference_file_find(files, above);
		if (folder != NULL && folder->type != ASSAY_FILE_FOLDER)
			return assay_fail(err, ASSAY_E_FORMAT, "%s is below what is no folder",
			                  path);
	}
	return 0;
}

/* In: files sorted */
static int check_places(const struct assay_reference_files *files, struct assay_error *err)
{
	for (size_t i = 0; i < files->count; i++)
		if (check_above(files, files->items[i].path, err) < 0)
			return -1;
	return 0;
}

static int add_all(struct listing *listing, struct assay_error *err)
{
	const struct assay_taker *taker = listing->taker;

	if (listing->contents->trailing > 0)
		return assay_fail(err, ASSAY_E_FORMAT, "%" PRIu64 " bytes behind its end",
		                  listing->contents->trailing);
	if ((taker->check != NULL && taker->check(listing->contents, err) < 0) ||
	    add_turn(listing, false, err) < 0 || add_turn(listing, true, err) < 0 ||
	    assay_reference_files_sort(listing->files, err) < 0)
		return -1;
	return check_places(listing->files, err);
}

/* What other programs refuse, or read otherwise, has no files that anybody could swear to. */
static int check_sound(const struct assay_contents *contents, struct assay_error *err)
{
	if (contents->partial != NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "not read to its end: %s",
		                  contents->partial);
	if (contents->false_count > 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, contents->false_values[0].offset,
		                     "%s is false", contents->false_values[0].what);
	return 0;
}

static bool is_stream(const struct assay_contents *contents)
{
	return contents->entry_count == 1 && contents->entries[0].type == ASSAY_ENTRY_STREAM &&
	       contents->trailing == 0;
}

/* The depth of the recursion is the depth limit of the budget. */
static int open_at(struct assay_span file, struct assay_budget *budget, unsigned depth,
                   struct assay_reference_files *out, struct assay_error *err)
{
	ASSAY_AUTO_CONTENTS struct assay_contents contents = { 0 };
	ASSAY_AUTO_CONTENT struct assay_content content = { 0 };
	const struct assay_reader *reader = assay_reader_for(file);
	struct listing listing = { NULL, &contents, budget, out };

	if (reader == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "no tree that can be read");
	if (depth >= budget->limits.depth)
		return assay_fail(err, ASSAY_E_LIMIT, "containers more than %u deep",
		                  budget->limits.depth);
	if (assay_contents_read_plain(reader, file, budget, &contents, err) < 0 ||
	    check_sound(&contents, err) < 0)
		return assay_fail_in(err, "%s", reader->name);
	listing.taker = assay_taker_for(reader);
	if (listing.taker != NULL)
		return add_all(&listing, err);
	if (!is_stream(&contents))
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "%s: a format that says too little about files", reader->name);
	if (assay_content_open(&contents, 0, budget, &content, err) < 0)
		return -1;
	return open_at(content.span, budget, depth + 1, out, err);
}

int assay_field_entries(struct assay_span file, const struct assay_unpack_limits *limits,
                        struct assay_reference_files *out, struct assay_error *err)
{
	struct assay_budget budget = assay_budget_for(limits, file.len);

	return open_at(file, &budget, 0, out, err);
}
