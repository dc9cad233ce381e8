/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unpack/lookup.h"

#include <inttypes.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"
#include "base/strings.h"

/* Whether a place lies below a folder. */
static bool is_below(const char *place, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(place, folder, len) == 0 && place[len] == '/';
}

static int fail_member(const struct assay_entry *entry, const char *what, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *name = assay_quoted(entry->name);

	return assay_fail(err, ASSAY_E_FORMAT, "no certain answer: the container's %s %s", name,
	                  what);
}

/* dpkg(1) takes the first member of a .deb whose name begins so (deb(5)). */
static bool is_rival(const char *name, const char *wanted)
{
	static const char *const stems[] = { "control.tar", "data.tar" };

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(stems); i++)
		if (strncmp(wanted, stems[i], strlen(stems[i])) == 0)
			return strncmp(name, stems[i], strlen(stems[i])) == 0;
	return false;
}

/* The only entry of a place. Out: *out NULL when there is none */
static int find_entry(const struct assay_contents *contents, const char *wanted,
                      const struct assay_entry **out, struct assay_error *err)
{
	*out = NULL;
	for (size_t i = 0; i < contents->entry_count; i++) {
		const struct assay_entry *entry = &contents->entries[i];
		ASSAY_AUTO_FREE char *place = assay_path_place(entry->name);

		if (place == NULL)
			return fail_member(entry, "goes up", err);
		if (strcmp(place, wanted) == 0) {
			if (*out != NULL)
				return assay_fail(err, ASSAY_E_FORMAT,
				                  "several members of this name");
			*out = entry;
		} else if (*place != '\0' && is_below(wanted, place) &&
		           entry->type != ASSAY_ENTRY_DIRECTORY) {
			return fail_member(entry, "is no folder", err);
		} else if (is_rival(place, wanted)) {
			return fail_member(entry, "stands beside it", err);
		}
	}
	return 0;
}

/* The places of all symbolic links, sorted. */
static void list_links(const struct assay_contents *contents, struct assay_strings *out)
{
	for (size_t i = 0; i < contents->entry_count; i++) {
		const struct assay_entry *entry = &contents->entries[i];
		ASSAY_AUTO_FREE char *place =
			entry->type == ASSAY_ENTRY_SYMLINK ? assay_path_place(entry->name) : NULL;

		if (place != NULL)
			assay_strings_add(out, place);
	}
	assay_strings_sort(out);
}

static bool has_string(const struct assay_strings *sorted, const char *text)
{
	size_t low = 0, high = sorted->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(sorted->items[mid], text) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < sorted->count && strcmp(sorted->items[low], text) == 0;
}

/* Whether one of the folders of a place is a link. Cuts the place off. */
static bool goes_through(char *place, const struct assay_strings *links)
{
	char *slash;

	while ((slash = strrchr(place, '/')) != NULL) {
		*slash = '\0';
		if (has_string(links, place))
			return true;
	}
	return false;
}

/* A member behind a link of the same container may be written over any other. */
static int check_links(const struct assay_contents *contents, struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings links = { 0 };

	list_links(contents, &links);
	for (size_t i = 0; links.count > 0 && i < contents->entry_count; i++) {
		ASSAY_AUTO_FREE char *place = assay_path_place(contents->entries[i].name);

		if (place != NULL && goes_through(place, &links))
			return fail_member(&contents->entries[i], "goes through a symbolic link",
			                   err);
	}
	return 0;
}

static int find_file(const struct assay_contents *contents, const char *wanted,
                     const struct assay_entry **out, struct assay_error *err)
{
	if (find_entry(contents, wanted, out, err) < 0)
		return -1;
	if (*out != NULL && (*out)->type == ASSAY_ENTRY_LINK && (*out)->link != NULL) {
		ASSAY_AUTO_FREE char *target = assay_path_place((*out)->link);

		*out = NULL;
		if (target != NULL && find_entry(contents, target, out, err) < 0)
			return -1;
	}
	if (*out == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "no such member");
	if ((*out)->type != ASSAY_ENTRY_FILE)
		return assay_fail(err, ASSAY_E_FORMAT, "not a regular file");
	return check_links(contents, err);
}

int assay_unpack_find(const struct assay_contents *contents, const char *path,
                      const struct assay_entry **out, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *wanted = assay_path_place(path);

	if (contents->partial != NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "no certain answer: %s", contents->partial);
	if (contents->false_count > 0)
		return assay_fail(err, ASSAY_E_FORMAT, "no certain answer: the %s is false",
		                  contents->false_values[0].what);
	if (contents->trailing > 0)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "no certain answer: %" PRIu64 " bytes behind the end of the %s",
		                  contents->trailing, contents->reader->name);
	if (contents->entry_count == 1 && contents->entries[0].type == ASSAY_ENTRY_STREAM) {
		*out = &contents->entries[0];
		return 0;
	}
	if (wanted == NULL || *wanted == '\0')
		return assay_fail(err, ASSAY_E_FORMAT, "no such member");
	return find_file(contents, wanted, out, err);
}
