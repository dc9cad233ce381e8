/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/inputs.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"
#include "manifest/manifest.h"
#include "manifest/profile.h"
#include "rebuild/pins.h"
#include "supply/fetch.h"
#include "supply/toolchain.h"
#include "toolchain/lock.h"

void assay_inputs_fini(struct assay_inputs *inputs)
{
	for (unsigned i = 0; inputs->source_fds != NULL && i < inputs->manifest->sources_count; i++)
		if (inputs->source_fds[i] >= 0)
			(void)close(inputs->source_fds[i]);
	free(inputs->source_fds);
	assay_tree_fini(&inputs->tree);
	assay_store_close(inputs->store);
	assay_lock_free(inputs->lock);
	assay_manifest_free(inputs->manifest);
	free(inputs->folder);
	free(inputs->lock_path);
	*inputs = (struct assay_inputs){ 0 };
}

/* A pin of the manifest against what is there. */
static int must_equal(const char *what, const char *pinned, const struct assay_sha256 *found,
                      struct assay_error *err)
{
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(found, hex);
	if (strcmp(pinned, hex) == 0)
		return 0;
	return assay_fail(err, ASSAY_E_PIN,
	                  "%s is not the one that the manifest pins: found %s, pinned %s", what,
	                  hex, pinned);
}

static int load_lock(struct assay_inputs *inputs, const char *given, struct assay_error *err)
{
	const struct assay_manifest *manifest = inputs->manifest;
	const char *named = given != NULL ? given : manifest->toolchain.lock;
	const char *path;
	struct assay_sha256 tree;

	inputs->lock_path = given != NULL || named[0] == '/'
	                            ? assay_strdup(named)
	                            : assay_asprintf("%s/%s", inputs->folder, named);
	path = inputs->lock_path;
	if (assay_lock_load(path, &inputs->lock, err) < 0 ||
	    assay_lock_check_intent(inputs->lock, path, err) < 0)
		return -1;
	assay_lock_id(inputs->lock, &inputs->lock_id);
	if (must_equal("toolchain lock", manifest->toolchain.id, &inputs->lock_id, err) < 0 ||
	    !assay_sha256_parse(inputs->lock->tree.sha256, &tree) ||
	    must_equal("toolchain tree", manifest->toolchain.tree, &tree, err) < 0)
		return assay_fail_in(err, "%s", path);
	return 0;
}

/* The rows of a profile are those that this program carries out, each by its own words. */
static int check_rows(const struct assay_profile *profile, struct assay_error *err)
{
	for (unsigned i = 0; i < profile->pins_count || i < ASSAY_PIN_COUNT; i++)
		if (i >= profile->pins_count || i >= ASSAY_PIN_COUNT ||
		    strcmp(profile->pins[i].key, assay_pins[i].key) != 0 ||
		    strcmp(profile->pins[i].how, assay_pins[i].how) != 0)
			return assay_fail(
				err, ASSAY_E_PIN,
				"profile %s: row %u of pins, %s, is not what this version of "
				"assay does: `assay doctor --json -' has its own",
				profile->name, i + 1,
				i < ASSAY_PIN_COUNT ? assay_pins[i].key : "which is too many");
	return 0;
}

static int check_profile(const struct assay_inputs *inputs, struct assay_error *err)
{
	const struct assay_profile_pin *pin = inputs->manifest->build.profile;
	ASSAY_AUTO_PROFILE struct assay_profile *profile = NULL;
	ASSAY_AUTO_FREE char *path = NULL;

	if (pin == NULL)
		return 0;
	path = pin->file[0] == '/' ? assay_strdup(pin->file)
	                           : assay_asprintf("%s/%s", inputs->folder, pin->file);
	return assay_profile_load(path, inputs->manifest, &profile, err) < 0
	               ? -1
	               : check_rows(profile, err);
}

int assay_inputs_load(const char *manifest_path, const char *store_path,
                      struct assay_inputs *inputs, struct assay_error *err)
{
	return assay_inputs_load_with(manifest_path, NULL, store_path, inputs, err);
}

int assay_inputs_load_with(const char *manifest_path, const char *lock, const char *store_path,
                           struct assay_inputs *inputs, struct assay_error *err)
{
	if (assay_manifest_load(manifest_path, &inputs->manifest, err) < 0)
		return -1;
	assay_manifest_id(inputs->manifest, &inputs->manifest_id);
	inputs->folder = assay_path_folder(manifest_path);
	if (check_profile(inputs, err) < 0 || load_lock(inputs, lock, err) < 0)
		return -1;
	return assay_store_open(store_path, &inputs->store, err);
}

/* Where the hints say that a file can be found. The strings are borrowed from the manifest. */
static void add_hints(const struct assay_manifest *manifest, struct assay_fetch_item *item)
{
	const char **from = assay_calloc(manifest->hints_count, sizeof(*from));

	for (unsigned i = 0; i < manifest->hints_count; i++)
		if (strcmp(manifest->hints[i].name, item->name) == 0)
			from[item->from_count++] = manifest->hints[i].from;
	item->from = from;
}

static int add_item(const struct assay_manifest *manifest, struct assay_fetch_item *item,
                    const char *name, const char *sha256, struct assay_error *err)
{
	if (!assay_sha256_parse(sha256, &item->sha256))
		return assay_fail(err, ASSAY_E_FORMAT, "%s: \"%s\" is not a digest", name, sha256);
	item->name = name;
	add_hints(manifest, item);
	return 0;
}

static int list_items(const struct assay_manifest *manifest, bool delivered,
                      struct assay_fetch_item *items, size_t *count, struct assay_error *err)
{
	for (unsigned i = 0; i < manifest->sources_count; i++) {
		const struct assay_source *source = &manifest->sources[i];

		items[*count].size = source->size;
		if (add_item(manifest, &items[(*count)++], source->name, source->sha256, err) < 0)
			return -1;
	}
	for (unsigned i = 0; delivered && i < manifest->delivered_count; i++) {
		const struct assay_delivered *file = &manifest->delivered[i];

		items[*count].size = file->size;
		if (add_item(manifest, &items[(*count)++], file->file, file->sha256, err) < 0)
			return -1;
	}
	return 0;
}

static int fetch(struct assay_inputs *inputs, bool delivered,
                 const struct assay_fetch_options *options, struct assay_error *err)
{
	const struct assay_manifest *manifest = inputs->manifest;
	ASSAY_AUTO_FREE struct assay_fetch_item *items = NULL;
	size_t count = 0;
	int result;

	items = assay_calloc(manifest->sources_count + manifest->delivered_count, sizeof(*items));
	result = list_items(manifest, delivered, items, &count, err);
	if (result == 0)
		result = assay_fetch(inputs->store, items, count, options, err);
	for (size_t i = 0; i < count; i++)
		free((void *)(uintptr_t)items[i].from);
	return result;
}

static int open_sources(struct assay_inputs *inputs, struct assay_error *err)
{
	unsigned count = inputs->manifest->sources_count;

	inputs->source_fds = assay_calloc(count, sizeof(*inputs->source_fds));
	for (unsigned i = 0; i < count; i++)
		inputs->source_fds[i] = -1;
	for (unsigned i = 0; i < count; i++) {
		const struct assay_source *source = &inputs->manifest->sources[i];
		struct assay_sha256 digest;

		if (!assay_sha256_parse(source->sha256, &digest))
			return assay_fail(err, ASSAY_E_FORMAT, "%s: not a digest", source->sha256);
		inputs->source_fds[i] = assay_store_open_blob(inputs->store, &digest, err);
		if (inputs->source_fds[i] < 0)
			return assay_fail_in(err, "%s", source->name);
	}
	return 0;
}

int assay_inputs_provide_tree(struct assay_inputs *inputs, enum assay_tree_check check,
                              const struct assay_progress *progress, struct assay_error *err)
{
	const struct assay_fetch_options options = { .folder = inputs->folder,
		                                     .progress = progress };

	return assay_toolchain_tree(inputs->store, inputs->lock, check, &options, &inputs->tree,
	                            err);
}

int assay_inputs_provide(struct assay_inputs *inputs, bool delivered, enum assay_tree_check check,
                         const struct assay_progress *progress, struct assay_error *err)
{
	const struct assay_fetch_options options = { .folder = inputs->folder,
		                                     .progress = progress };

	if (fetch(inputs, delivered, &options, err) < 0 ||
	    assay_inputs_provide_tree(inputs, check, progress, err) < 0)
		return -1;
	return open_sources(inputs, err);
}

int assay_inputs_map_delivered(const struct assay_inputs *inputs, unsigned index,
                               struct assay_map *out, struct assay_error *err)
{
	const struct assay_delivered *delivered = &inputs->manifest->delivered[index];
	struct assay_sha256 digest;

	if (!assay_sha256_parse(delivered->sha256, &digest))
		return assay_fail(err, ASSAY_E_FORMAT, "%s: not a digest", delivered->sha256);
	if (assay_store_map_blob(inputs->store, &digest, out, err) < 0)
		return assay_fail_in(err, "%s", delivered->file);
	return 0;
}

static int take_file(struct assay_inputs *inputs, const char *path,
                     const struct assay_delivered *delivered, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = -1;
	struct assay_sha256 digest;
	struct stat st;

	/* O_NONBLOCK: opening a FIFO must not wait for a writer before we can refuse it. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return assay_fail_errno(err, "open %s", path);
	if (fstat(fd, &st) < 0)
		return assay_fail_errno(err, "stat %s", path);
	if (!S_ISREG(st.st_mode))
		return assay_fail(err, ASSAY_E_USAGE, "%s: not a regular file", path);
	if (!assay_sha256_parse(delivered->sha256, &digest))
		return assay_fail(err, ASSAY_E_FORMAT, "%s: not a digest", delivered->sha256);
	if (assay_store_put_blob(inputs->store, fd, &digest, err) < 0)
		return assay_fail_in(
			err,
			"%s is not the delivered file %s that the manifest pins "
			"(`assay compare' shows how a file differs from a rebuilt one)",
			path, delivered->file);
	return 0;
}

/* The one delivered file of the manifest, or the one that is called like the given path. */
static const struct assay_delivered *find_delivered(const struct assay_manifest *manifest,
                                                    const char *path)
{
	const char *name = assay_path_name(path);
	bool single = true;

	for (unsigned i = 0; i < manifest->delivered_count; i++) {
		if (strcmp(manifest->delivered[i].file, name) == 0)
			return &manifest->delivered[i];
		single = single &&
		         strcmp(manifest->delivered[i].file, manifest->delivered[0].file) == 0;
	}
	return single && manifest->delivered_count > 0 ? &manifest->delivered[0] : NULL;
}

static int take_folder(struct assay_inputs *inputs, const char *path, struct assay_error *err)
{
	for (unsigned i = 0; i < inputs->manifest->delivered_count; i++) {
		const struct assay_delivered *delivered = &inputs->manifest->delivered[i];
		ASSAY_AUTO_FREE char *file = assay_asprintf("%s/%s", path, delivered->file);

		if (take_file(inputs, file, delivered, err) < 0)
			return -1;
	}
	return 0;
}

int assay_inputs_take_delivered(struct assay_inputs *inputs, const char *path,
                                struct assay_error *err)
{
	const struct assay_delivered *delivered;
	struct stat st;

	if (stat(path, &st) < 0)
		return assay_fail_errno(err, "delivered file %s", path);
	if (S_ISDIR(st.st_mode))
		return take_folder(inputs, path, err);
	delivered = find_delivered(inputs->manifest, path);
	if (delivered == NULL)
		return assay_fail(err, ASSAY_E_USAGE,
		                  "%s: the manifest names several delivered files: give the folder "
		                  "that holds them",
		                  path);
	return take_file(inputs, path, delivered, err);
}
