/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "supply/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/quote.h"
#include "formats/reader.h"
#include "store/work.h"
#include "supply/oci.h"

/* A layout that was opened: a folder, or an archive. */
struct layout {
	int dirfd; /* -1: an archive */
	struct assay_map archive;
	struct assay_contents contents;
	char **names; /* normalised, of the archive's entries, in their order; owned */
};

static void layout_fini(struct layout *layout)
{
	for (size_t i = 0; layout->names != NULL && i < layout->contents.entry_count; i++)
		free(layout->names[i]);
	free(layout->names);
	assay_contents_fini(&layout->contents);
	assay_map_fini(&layout->archive);
	assay_cleanup_close(&layout->dirfd);
}

/* Two entries of one name would be two layouts in one, for two readers. */
static int check_names(const struct layout *layout, struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings all = { 0 };

	for (size_t i = 0; i < layout->contents.entry_count; i++)
		assay_strings_add(&all, layout->names[i]);
	assay_strings_sort(&all);
	return all.count == layout->contents.entry_count
	               ? 0
	               : assay_fail(err, ASSAY_E_FORMAT, "the archive has a name twice");
}

static int open_archive(const char *path, struct layout *out, struct assay_error *err)
{
	struct assay_budget budget = assay_budget_of(NULL);
	const struct assay_reader *reader;

	if (assay_map_open(path, &out->archive, err) < 0)
		return -1;
	reader = assay_reader_for(out->archive.span);
	if (reader == NULL || strcmp(reader->name, "tar") != 0)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "neither a folder nor a tar archive that is not compressed");
	if (assay_contents_read_plain(reader, out->archive.span, &budget, &out->contents, err) < 0)
		return -1;
	if (out->contents.partial != NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "%s", out->contents.partial);
	out->names = assay_calloc(out->contents.entry_count, sizeof(*out->names));
	for (size_t i = 0; i < out->contents.entry_count; i++) {
		out->names[i] = assay_path_place(out->contents.entries[i].name);
		if (out->names[i] == NULL)
			return assay_fail(err, ASSAY_E_FORMAT,
			                  "the archive has a name that leads out of it");
	}
	return check_names(out, err);
}

static int open_layout(const char *path, struct layout *out, struct assay_error *err)
{
	out->dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (out->dirfd >= 0)
		return 0;
	return errno == ENOTDIR ? open_archive(path, out, err) : assay_fail_errno(err, "open");
}

/* Find a file. Out: *map, of a folder's file; *span, borrowed from it or from the layout */
static int find(const struct layout *layout, const char *name, struct assay_map *map,
                struct assay_span *span, struct assay_error *err)
{
	const struct assay_contents *contents = &layout->contents;

	if (layout->dirfd >= 0) {
		if (assay_map_openat(layout->dirfd, name, map, err) < 0)
			return assay_fail_in(err, "%s", name);
		*span = map->span;
		return 0;
	}
	for (size_t i = 0; i < contents->entry_count; i++)
		if (strcmp(layout->names[i], name) == 0 &&
		    contents->entries[i].type == ASSAY_ENTRY_FILE &&
		    contents->entries[i].piece_count == 0) {
			*span = contents->entries[i].content;
			return 0;
		}
	return assay_fail(err, ASSAY_E_FORMAT, "%s is not there", name);
}

/* As find, for a blob, whose bytes are then checked. In, out: blob->size, 0 when it is not known */
static int find_blob(const struct layout *layout, struct assay_oci_blob *blob,
                     struct assay_map *map, struct assay_span *span, struct assay_error *err)
{
	char name[sizeof("blobs/sha256/") + ASSAY_SHA256_HEX], hex[ASSAY_SHA256_HEX];
	struct assay_sha256 found;

	assay_sha256_hex(&blob->sha256, hex);
	(void)snprintf(name, sizeof(name), "blobs/sha256/%s", hex);
	if (find(layout, name, map, span, err) < 0)
		return -1;
	if (blob->size == 0)
		blob->size = span->len;
	if (blob->size != span->len)
		return assay_fail(err, ASSAY_E_PIN, "%s has %zu bytes, not %" PRIu64, name,
		                  span->len, blob->size);
	assay_sha256(*span, &found);
	return assay_sha256_equal(&found, &blob->sha256)
	               ? 0
	               : assay_fail(err, ASSAY_E_PIN, "%s has other bytes", name);
}

/* Bytes whose digest was checked go into the store. */
static int put(struct assay_store *store, const struct assay_sha256 *digest, struct assay_span span,
               struct assay_error *err)
{
	ASSAY_AUTO_STORE_LOCK struct assay_store_lock lock = ASSAY_STORE_LOCK_INIT;
	ASSAY_AUTO_CLOSE int part = -1;
	char name[96];

	assay_store_blob_lock_name(digest, name);
	if (assay_store_take_lock(store, name, true, &lock, err) < 0)
		return -1;
	if (assay_store_has_blob(store, digest))
		return 0;
	part = assay_store_open_part(store, digest, err);
	if (part < 0)
		return -1;
	if (ftruncate(part, 0) < 0)
		return assay_fail_errno(err, "empty a part");
	if (assay_write_full(part, span, err) < 0 ||
	    assay_store_commit_part(store, part, digest, err) < 0) {
		assay_store_drop_part(store, digest);
		return -1;
	}
	return 0;
}

static void pin(struct assay_lock *lock, const struct assay_oci_blob *blob)
{
	struct assay_lock_blob *out = &lock->image[lock->image_count++];
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(&blob->sha256, hex);
	out->sha256 = assay_strdup(hex);
	out->size = blob->size;
}

/* An image on its way. */
struct importing {
	struct layout layout;
	struct assay_store *store;
	struct assay_lock *lock;
	struct assay_oci_image image;
};

/* Check one blob, store it and pin it. Out: *span, while map is open */
static int bring(struct importing *importing, struct assay_oci_blob *blob, uint64_t size_max,
                 struct assay_map *map, struct assay_span *span, struct assay_error *err)
{
	if (find_blob(&importing->layout, blob, map, span, err) < 0)
		return -1;
	if (span->len > size_max)
		return assay_fail(err, ASSAY_E_LIMIT, "a document of %zu bytes", span->len);
	if (put(importing->store, &blob->sha256, *span, err) < 0)
		return -1;
	pin(importing->lock, blob);
	return 0;
}

/* image-layout.md, "oci-layout file" */
static int check_version(const struct layout *layout, struct assay_error *err)
{
	ASSAY_AUTO_MAP struct assay_map map = { 0 };
	ASSAY_AUTO_JSON json_t *json = NULL;
	struct assay_span span;
	const char *version;

	if (find(layout, "oci-layout", &map, &span, err) < 0 ||
	    assay_json_parse(span, &json, err) < 0)
		return assay_fail_in(err, "not an OCI image layout");
	version = json_string_value(json_object_get(json, "imageLayoutVersion"));
	return version != NULL && strcmp(version, "1.0.0") == 0
	               ? 0
	               : assay_fail(err, ASSAY_E_FORMAT, "an OCI image layout of another version");
}

/* Which image: the one that was asked for, or the only one. */
static int choose(const struct layout *layout, const struct assay_sha256 *manifest,
                  struct assay_oci_blob *out, struct assay_error *err)
{
	ASSAY_AUTO_MAP struct assay_map map = { 0 };
	struct assay_span span;

	if (manifest != NULL) {
		*out = (struct assay_oci_blob){ .sha256 = *manifest };
		return 0;
	}
	if (find(layout, "index.json", &map, &span, err) < 0)
		return -1;
	if (span.len > ASSAY_OCI_DOCUMENT_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "index.json has %zu bytes", span.len);
	return assay_oci_index(span, out, err) < 0 ? assay_fail_in(err, "index.json") : 0;
}

static int bring_documents(struct importing *importing, const struct assay_sha256 *manifest,
                           struct assay_error *err)
{
	ASSAY_AUTO_MAP struct assay_map manifest_map = { 0 }, config_map = { 0 };
	struct assay_oci_image *image = &importing->image;
	struct assay_oci_blob blob;
	struct assay_span span;

	if (choose(&importing->layout, manifest, &blob, err) < 0)
		return -1;
	if (bring(importing, &blob, ASSAY_OCI_DOCUMENT_MAX, &manifest_map, &span, err) < 0 ||
	    assay_oci_manifest(span, image, err) < 0)
		return assay_fail_in(err, "manifest");
	if (bring(importing, &image->config, ASSAY_OCI_DOCUMENT_MAX, &config_map, &span, err) < 0 ||
	    assay_oci_config(span, image, err) < 0)
		return assay_fail_in(err, "configuration");
	return 0;
}

static int import(struct importing *importing, const char *path,
                  const struct assay_sha256 *manifest, struct assay_error *err)
{
	struct assay_oci_image *image = &importing->image;
	struct assay_lock *lock = importing->lock;

	lock->image = assay_calloc(ASSAY_OCI_LAYERS_MAX + 2, sizeof(*lock->image));
	if (open_layout(path, &importing->layout, err) < 0 ||
	    check_version(&importing->layout, err) < 0 ||
	    bring_documents(importing, manifest, err) < 0)
		return -1;
	for (size_t i = 0; i < image->layer_count; i++) {
		ASSAY_AUTO_MAP struct assay_map map = { 0 };
		struct assay_span span;

		if (bring(importing, &image->layers[i].blob, UINT64_MAX, &map, &span, err) < 0)
			return assay_fail_in(err, "layer %zu", i + 1);
	}
	lock->architecture = assay_strdup(image->architecture);
	return 0;
}

int assay_layout_import(struct assay_store *store, const char *path,
                        const struct assay_sha256 *manifest, struct assay_lock *lock,
                        struct assay_error *err)
{
	struct importing *importing = assay_calloc(1, sizeof(*importing));
	ASSAY_AUTO_FREE char *quoted = assay_quoted(path);
	int result;

	importing->layout.dirfd = -1;
	importing->store = store;
	importing->lock = lock;
	result = import(importing, path, manifest, err);
	layout_fini(&importing->layout);
	free(importing);
	return result < 0 ? assay_fail_in(err, "%s", quoted) : 0;
}
