/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/inventory.h"

#include <limits.h>

#include "base/file.h"
#include "base/quote.h"
#include "formats/opaque.h"
#include "store/tree.h"

static int look_at_link(int dirfd, struct assay_inventory_item *item, struct assay_error *err)
{
	char target[PATH_MAX + 1];
	ssize_t len = readlinkat(dirfd, item->path, target, sizeof(target));

	if (len < 0)
		return assay_fail_errno(err, "read link");
	item->size = (uint64_t)len;
	assay_sha256(assay_span_of(target, (size_t)len), &item->sha256);
	return 0;
}

static int look_at_file(int dirfd, struct assay_inventory_item *item, struct assay_error *err)
{
	ASSAY_AUTO_MAP struct assay_map map = { 0 };

	if (assay_map_openat(dirfd, item->path, &map, err) < 0)
		return -1;
	item->size = map.span.len;
	item->opaque = assay_opaque_look(map.span);
	assay_sha256(map.span, &item->sha256);
	return 0;
}

static int look(int dirfd, const struct assay_tree_entry *entry, struct assay_inventory *out,
                struct assay_error *err)
{
	struct assay_inventory_item *item =
		assay_inventory_add(out, entry->path, assay_tree_type(entry->st.st_mode));
	struct assay_error why = ASSAY_ERROR_INIT;
	int failed = 0;

	if (item->type == 'l')
		failed = look_at_link(dirfd, item, &why);
	if (item->type == 'f') {
		item->executable = (entry->st.st_mode & 0111) != 0;
		failed = look_at_file(dirfd, item, &why);
	}
	if (failed < 0) {
		ASSAY_AUTO_FREE char *quoted = assay_quoted(entry->path);

		*err = why;
		return assay_fail_in(err, "%s", quoted);
	}
	return 0;
}

static bool is_left_out(const char *path, const char *without)
{
	size_t len = without != NULL ? strlen(without) : 0;

	return without != NULL && strncmp(path, without, len) == 0 &&
	       (path[len] == '\0' || path[len] == '/');
}

int assay_inventory_take(int dirfd, const char *without, struct assay_inventory *out,
                         struct assay_error *err)
{
	ASSAY_AUTO_TREE_SCAN struct assay_tree_scan scan = { 0 };

	if (assay_tree_scan(dirfd, &scan, err) < 0)
		return -1;
	for (size_t i = 0; i < scan.count; i++)
		if (!is_left_out(scan.entries[i].path, without) &&
		    look(dirfd, &scan.entries[i], out, err) < 0)
			return -1;
	return 0;
}
