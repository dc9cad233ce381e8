/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "supply/toolchain.h"

#include "base/memory.h"

/* What a lock's packages are to assay_fetch. Arrays of one length; owned. */
struct package_items {
	struct assay_fetch_item *items;
	char **hints;
	size_t count;
};

static void package_items_fini(struct package_items *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->hints[i]);
	free(list->hints);
	free(list->items);
}

static int fill_items(const struct assay_lock *lock, struct package_items *list,
                      struct assay_error *err)
{
	list->items = assay_calloc(lock->packages_count, sizeof(*list->items));
	list->hints = assay_calloc(lock->packages_count, sizeof(*list->hints));
	for (unsigned i = 0; i < lock->packages_count; i++) {
		const struct assay_package *package = &lock->packages[i];
		struct assay_fetch_item *item = &list->items[i];

		if (!assay_sha256_parse(package->sha256, &item->sha256))
			return assay_fail(err, ASSAY_E_FORMAT,
			                  "package %s: its SHA-256 is malformed", package->name);
		list->hints[i] = assay_asprintf("debian:%s", package->path);
		list->count = i + 1;
		item->name = package->path;
		item->size = package->size;
		item->from = (const char *const *)&list->hints[i];
		item->from_count = 1;
	}
	return 0;
}

/* Of an image there is no mirror: all of it came into the store at once. */
static int check_image(const struct assay_store *store, const struct assay_lock *lock,
                       struct assay_error *err)
{
	struct assay_sha256 digest;

	for (unsigned i = 0; i < lock->image_count; i++)
		if (assay_sha256_parse(lock->image[i].sha256, &digest) &&
		    !assay_store_has_blob(store, &digest))
			return assay_fail(err, ASSAY_E_SYSTEM,
			                  "a blob of the image is not in the store; "
			                  "`assay toolchain import --manifest %s' brings it",
			                  lock->image[0].sha256);
	return 0;
}

int assay_toolchain_fetch(struct assay_store *store, const struct assay_lock *lock,
                          const struct assay_fetch_options *options, struct assay_error *err)
{
	struct package_items list = { 0 };
	int result = check_image(store, lock, err) < 0 ? -1 : fill_items(lock, &list, err);

	if (result == 0)
		result = assay_fetch(store, list.items, list.count, options, err);
	package_items_fini(&list);
	return result < 0 ? assay_fail_in(err, "toolchain %s", lock->name) : 0;
}

int assay_toolchain_tree(struct assay_store *store, const struct assay_lock *lock,
                         enum assay_tree_check check, const struct assay_fetch_options *options,
                         struct assay_tree *out, struct assay_error *err)
{
	struct assay_sha256 digest;
	int found = 0;

	if (lock->tree.sha256 != NULL && assay_sha256_parse(lock->tree.sha256, &digest))
		found = assay_store_find_tree(store, &digest, check, out, err);
	if (found != 0)
		return found < 0 ? assay_fail_in(err, "toolchain %s", lock->name) : 0;
	if (assay_toolchain_fetch(store, lock, options, err) < 0)
		return -1;
	return assay_materialise(store, lock, check, options != NULL ? options->progress : NULL,
	                         out, err);
}
