/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "supply/layer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/libarchive.h"
#include "base/memory.h"
#include "base/quote.h"
#include "store/work.h"
#include "supply/oci.h"
#include "supply/unpack.h"

#define BLOCK ((size_t)1 << 17) /* bytes */
#define FOLDER_MAX (1u << 20)   /* names in a folder that is emptied; ours */
#define OPEN_FOLDER (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* layer.md: names of whiteouts. */
#define WHITEOUT ".wh."
#define OPAQUE WHITEOUT WHITEOUT ".opq"

/* A layer that is being applied. */
struct applying {
	int rootfd;
	struct assay_writer writer;
	struct assay_strings paths; /* of its entries; sorted after the first walk */
	struct assay_strings whiteouts;
};

static void applying_fini(struct applying *applying)
{
	assay_writer_fini(&applying->writer);
	assay_strings_fini(&applying->paths);
	assay_strings_fini(&applying->whiteouts);
}

/* --- What is there --- */

/*
 * Open the folder that a path's last component is in.
 *
 * Return: a descriptor, owned by the caller; -1 when there is none; -2 on error
 */
static int find_parent(int rootfd, const char *path, const char **name, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = openat(rootfd, ".", OPEN_FOLDER);
	const char *slash;

	for (; fd >= 0 && (slash = strchr(path, '/')) != NULL; path = slash + 1) {
		ASSAY_AUTO_FREE char *part = assay_strndup(path, (size_t)(slash - path));
		int next = openat(fd, part, OPEN_FOLDER);

		(void)close(fd);
		fd = next;
	}
	*name = path;
	if (fd >= 0)
		return assay_steal_fd(&fd);
	if (errno == ENOENT)
		return -1;
	if (errno == ENOTDIR || errno == ELOOP)
		(void)assay_fail(err, ASSAY_E_FORMAT, "something on its way is not a folder");
	else
		(void)assay_fail_errno(err, "open a folder");
	return -2;
}

/* Remove what a lower layer has, with all in it. */
static int take_away(int rootfd, const char *path, struct assay_error *err)
{
	const char *name;
	ASSAY_AUTO_CLOSE int parent = find_parent(rootfd, path, &name, err);

	if (parent < 0)
		return parent == -1 ? 0 : -1;
	return assay_remove_tree(parent, name, err);
}

/* Remove all that lower layers have in a folder; "" is the root. */
static int empty(int rootfd, const char *path, struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings names = { 0 };
	ASSAY_AUTO_CLOSE int parent = -1, fd = -1;
	const char *name;

	parent = find_parent(rootfd, path, &name, err);
	if (parent < 0)
		return parent == -1 ? 0 : -1;
	fd = openat(parent, *name != '\0' ? name : ".",
	            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return 0; /* whatever is there is no folder, and has nothing in it */
	if (fd < 0)
		return assay_fail_errno(err, "open a folder");
	if (assay_folder_names(fd, ".", FOLDER_MAX, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (assay_remove_tree(fd, names.items[i], err) < 0)
			return -1;
	return 0;
}

/* --- First walk: whiteouts --- */

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static bool is_whiteout(const char *name)
{
	return strncmp(name, WHITEOUT, strlen(WHITEOUT)) == 0;
}

static int check_whiteout(const struct assay_tarball_entry *entry, const char *name,
                          struct assay_error *err)
{
	const char *hidden = name + strlen(WHITEOUT);

	if (entry->type != ASSAY_TARBALL_FILE || entry->size > 0)
		return assay_fail(err, ASSAY_E_FORMAT, "a whiteout that is not an empty file");
	if (*hidden == '\0' || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0 ||
	    (is_whiteout(hidden) && strcmp(name, OPAQUE) != 0))
		return assay_fail(err, ASSAY_E_FORMAT, "a whiteout of nothing that can be there");
	return 0;
}

static int apply_whiteout(const struct applying *applying, const struct assay_tarball_entry *entry,
                          struct assay_error *err)
{
	const char *name = last_name(entry->path);
	size_t before = (size_t)(name - entry->path);
	ASSAY_AUTO_FREE char *folder = assay_strndup(entry->path, before > 0 ? before - 1 : 0);
	ASSAY_AUTO_FREE char *hidden =
		assay_asprintf("%.*s%s", (int)before, entry->path, name + strlen(WHITEOUT));

	if (check_whiteout(entry, name, err) < 0)
		return -1;
	return strcmp(name, OPAQUE) == 0 ? empty(applying->rootfd, folder, err)
	                                 : take_away(applying->rootfd, hidden, err);
}

static int look(void *context, const struct assay_tarball_entry *entry, struct assay_error *err)
{
	struct applying *applying = context;
	const char *name = last_name(entry->path);

	for (const char *part = entry->path; part < name; part = strchr(part, '/') + 1)
		if (is_whiteout(part))
			return assay_fail(err, ASSAY_E_FORMAT,
			                  "a folder that is called a whiteout");
	if (!is_whiteout(name)) {
		assay_strings_add(&applying->paths, entry->path);
		return 0;
	}
	assay_strings_add(&applying->whiteouts, entry->path);
	return apply_whiteout(applying, entry, err);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Errors: ASSAY_E_FORMAT  one is there twice */
static int sort(struct assay_strings *paths, struct assay_error *err)
{
	char **items = paths->items;

	if (paths->count == 0)
		return 0;
	qsort(items, paths->count, sizeof(*items), by_text);
	for (size_t i = 1; i < paths->count; i++)
		if (strcmp(items[i - 1], items[i]) == 0) {
			ASSAY_AUTO_FREE char *quoted = assay_quoted(items[i]);

			return assay_fail(err, ASSAY_E_FORMAT, "%s is there twice", quoted);
		}
	return 0;
}

/* --- Second walk: entries --- */

/* Whether the layer has an entry below a path. */
static bool has_below(const struct applying *applying, const char *path)
{
	ASSAY_AUTO_FREE char *prefix = assay_asprintf("%s/", path);
	size_t low = 0, high = applying->paths.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(applying->paths.items[middle], prefix) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < applying->paths.count &&
	       strncmp(applying->paths.items[low], prefix, strlen(prefix)) == 0;
}

/* Make room for an entry: what stands there is of a layer below, unless it is a folder of both. */
static int make_room(const struct applying *applying, const struct assay_tarball_entry *entry,
                     struct assay_error *err)
{
	bool folder = entry->type == ASSAY_TARBALL_FOLDER;
	const char *name;
	ASSAY_AUTO_CLOSE int parent = -1;
	struct stat st;

	if (!folder && has_below(applying, entry->path))
		return assay_fail(err, ASSAY_E_FORMAT, "not a folder, and entries below it");
	parent = find_parent(applying->rootfd, entry->path, &name, err);
	if (parent < 0)
		return parent == -1 ? 0 : -1;
	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : assay_fail_errno(err, "look at what is there");
	return folder && S_ISDIR(st.st_mode) ? 0 : assay_remove_tree(parent, name, err);
}

static int write_entry(struct applying *applying, const struct assay_tarball_entry *entry,
                       struct assay_error *err)
{
	switch (entry->type) {
	case ASSAY_TARBALL_FOLDER:
		return assay_writer_folder(&applying->writer, entry->path, err);
	case ASSAY_TARBALL_FILE:
		return assay_unpack_file(&applying->writer, entry, err);
	case ASSAY_TARBALL_LINK:
		return assay_writer_link(&applying->writer, entry->path, entry->target, err);
	case ASSAY_TARBALL_HARD_LINK:
		return assay_unpack_hard_link(&applying->writer, entry, err);
	}
	return assay_fail(err, ASSAY_E_FORMAT, "of unknown type");
}

static int add(void *context, const struct assay_tarball_entry *entry, struct assay_error *err)
{
	struct applying *applying = context;
	int result;

	if (*entry->path == '\0' || is_whiteout(last_name(entry->path)))
		return 0;
	if (make_room(applying, entry, err) < 0)
		return -1;
	result = write_entry(applying, entry, err);
	if (result == ASSAY_WRITER_EXISTS)
		return assay_fail(err, ASSAY_E_FORMAT, "something is there already");
	return result;
}

static int apply(const struct assay_tarball *tarball, int rootfd, struct assay_error *err)
{
	ASSAY_AUTO(applying_fini)
	struct applying applying = { .rootfd = rootfd, .writer = ASSAY_WRITER_INIT(rootfd) };

	return assay_tarball_walk(tarball, look, &applying, err) < 0 ||
	                       sort(&applying.paths, err) < 0 ||
	                       sort(&applying.whiteouts, err) < 0 ||
	                       assay_tarball_walk(tarball, add, &applying, err) < 0
	               ? -1
	               : 0;
}

/* --- From a blob to its archive --- */

/* A compressed blob while it is read. */
struct stream {
	const struct assay_archive_library *library;
	struct archive *archive;
};

static void close_stream(struct stream *stream)
{
	if (stream->archive != NULL)
		(void)stream->library->read_free(stream->archive);
}

static int fail_stream(const struct stream *stream, struct assay_error *err)
{
	const char *why = stream->library->error_string(stream->archive);
	ASSAY_AUTO_FREE char *quoted = assay_quoted(why != NULL ? why : "cannot be unpacked");

	return assay_fail(err, ASSAY_E_FORMAT, "%s", quoted);
}

static int open_stream(struct assay_span packed, int filter, struct stream *out,
                       struct assay_error *err)
{
	struct archive_entry *entry;

	out->library = assay_archive(err);
	if (out->library == NULL)
		return -1;
	out->archive = out->library->read_new();
	if (out->archive == NULL)
		return assay_fail(err, ASSAY_E_SYSTEM, "libarchive: no memory");
	if (out->library->read_support_format_raw(out->archive) != ARCHIVE_OK ||
	    out->library->read_append_filter(out->archive, filter) != ARCHIVE_OK ||
	    out->library->read_open_memory(out->archive, packed.ptr, packed.len) != ARCHIVE_OK ||
	    out->library->read_next_header(out->archive, &entry) != ARCHIVE_OK)
		return fail_stream(out, err);
	return 0;
}

/* Unpack into a file, as much as may be. Out: *digest of what came */
static int unpack_stream(struct assay_span packed, int filter, int fd, struct assay_sha256 *digest,
                         struct assay_error *err)
{
	ASSAY_AUTO_HASHER struct assay_hasher *hasher = assay_hasher_new();
	ASSAY_AUTO_FREE uint8_t *block = assay_calloc(BLOCK, 1);
	ASSAY_AUTO(close_stream) struct stream stream = { 0 };
	uint64_t left = assay_tarball_bytes_max(packed.len);
	ssize_t got;

	if (open_stream(packed, filter, &stream, err) < 0)
		return -1;
	while ((got = stream.library->read_data(stream.archive, block, BLOCK)) > 0) {
		if ((uint64_t)got > left)
			return assay_fail(err, ASSAY_E_LIMIT, "unpacks to too many bytes");
		left -= (uint64_t)got;
		assay_hasher_add(hasher, block, (size_t)got);
		if (assay_write_full(fd, assay_span_of(block, (size_t)got), err) < 0)
			return -1;
	}
	if (got < 0)
		return fail_stream(&stream, err);
	assay_hasher_finish(hasher, digest);
	return 0;
}

static int check_diff_id(const struct assay_oci_layer *layer, const struct assay_sha256 *found,
                         struct assay_error *err)
{
	char wanted[ASSAY_SHA256_HEX], hex[ASSAY_SHA256_HEX];

	if (assay_sha256_equal(found, &layer->diff_id))
		return 0;
	assay_sha256_hex(&layer->diff_id, wanted);
	assay_sha256_hex(found, hex);
	return assay_fail(err, ASSAY_E_PIN,
	                  "unpacked it has the SHA-256 %s, and the configuration says %s", hex,
	                  wanted);
}

/* Apply a layer from its blob: unpacked into a part of the store, which then goes again. */
static int apply_packed(struct assay_store *store, const struct assay_oci_layer *layer,
                        struct assay_span packed, int rootfd, struct assay_error *err)
{
	ASSAY_AUTO_STORE_LOCK struct assay_store_lock lock = ASSAY_STORE_LOCK_INIT;
	ASSAY_AUTO_MAP struct assay_map map = { 0 };
	ASSAY_AUTO_CLOSE int part = -1;
	struct assay_tarball tarball = { .what = "archive", .filter = ARCHIVE_FILTER_NONE };
	struct assay_sha256 found;
	char name[96], link[64];

	assay_store_blob_lock_name(&layer->diff_id, name);
	if (assay_store_take_lock(store, name, true, &lock, err) < 0)
		return -1;
	part = assay_store_open_part(store, &layer->diff_id, err);
	if (part < 0)
		return -1;
	assay_store_drop_part(store,
	                      &layer->diff_id); /* its name: the file stays as long as we do */
	if (ftruncate(part, 0) < 0)
		return assay_fail_errno(err, "empty a part");
	if (unpack_stream(packed, layer->filter, part, &found, err) < 0 ||
	    check_diff_id(layer, &found, err) < 0)
		return -1;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", part);
	if (assay_map_open(link, &map, err) < 0)
		return -1;
	tarball.bytes = map.span;
	tarball.bytes_max = map.span.len;
	return apply(&tarball, rootfd, err);
}

static int apply_layer(struct assay_store *store, const struct assay_oci_layer *layer, int rootfd,
                       struct assay_error *err)
{
	ASSAY_AUTO_MAP struct assay_map map = { 0 };
	struct assay_tarball tarball = { .what = "archive", .filter = ARCHIVE_FILTER_NONE };

	if (assay_store_map_blob(store, &layer->blob.sha256, &map, err) < 0)
		return -1;
	if (layer->filter != ARCHIVE_FILTER_NONE)
		return apply_packed(store, layer, map.span, rootfd, err);
	if (check_diff_id(layer, &layer->blob.sha256, err) < 0)
		return -1;
	tarball.bytes = map.span;
	tarball.bytes_max = map.span.len;
	return apply(&tarball, rootfd, err);
}

/* --- The image of a lock --- */

/* Read a document of the image, by its place in the lock. */
static int open_document(struct assay_store *store, const struct assay_lock *lock, unsigned index,
                         struct assay_map *out, struct assay_error *err)
{
	struct assay_sha256 digest;

	if (index >= lock->image_count || !assay_sha256_parse(lock->image[index].sha256, &digest))
		return assay_fail(err, ASSAY_E_FORMAT, "it is not in the lock");
	return assay_store_map_blob(store, &digest, out, err);
}

static bool is_pinned(const struct assay_lock_blob *pin, const struct assay_oci_blob *blob)
{
	struct assay_sha256 digest;

	return assay_sha256_parse(pin->sha256, &digest) &&
	       assay_sha256_equal(&digest, &blob->sha256) && pin->size == blob->size;
}

/* The lock pins exactly what the manifest, which it pins first, names. */
static int check_pins(const struct assay_lock *lock, const struct assay_oci_image *image,
                      struct assay_error *err)
{
	bool good = lock->image_count == image->layer_count + 2 &&
	            is_pinned(&lock->image[1], &image->config);

	for (size_t i = 0; good && i < image->layer_count; i++)
		good = is_pinned(&lock->image[i + 2], &image->layers[i].blob);
	return good ? 0
	            : assay_fail(err, ASSAY_E_FORMAT,
	                         "the lock has other blobs than the image's manifest");
}

static int read_image(struct assay_store *store, const struct assay_lock *lock,
                      struct assay_oci_image *image, struct assay_error *err)
{
	ASSAY_AUTO_MAP struct assay_map manifest = { 0 }, config = { 0 };

	if (open_document(store, lock, 0, &manifest, err) < 0 ||
	    assay_oci_manifest(manifest.span, image, err) < 0)
		return assay_fail_in(err, "manifest");
	if (check_pins(lock, image, err) < 0)
		return -1;
	if (open_document(store, lock, 1, &config, err) < 0 ||
	    assay_oci_config(config.span, image, err) < 0)
		return assay_fail_in(err, "configuration");
	if (strcmp(image->architecture, lock->architecture) != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "the image is for %s, and the lock says %s",
		                  image->architecture, lock->architecture);
	return 0;
}

int assay_layers_unpack(struct assay_store *store, const struct assay_lock *lock, int rootfd,
                        const struct assay_progress *progress, struct assay_error *err)
{
	ASSAY_AUTO_FREE struct assay_oci_image *image = assay_calloc(1, sizeof(*image));

	if (read_image(store, lock, image, err) < 0)
		return assay_fail_in(err, "image");
	for (size_t i = 0; i < image->layer_count; i++) {
		if (apply_layer(store, &image->layers[i], rootfd, err) < 0)
			return assay_fail_in(err, "image: layer %zu", i + 1);
		assay_progress_tell(progress, ASSAY_STAGE_UNPACK, i + 1, image->layer_count,
		                    "layer");
	}
	return 0;
}
