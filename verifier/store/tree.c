/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/xattr.h>
#include <xxhash.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "base/quote.h"

#define ENTRIES_MAX (4u << 20)
#define BLOCK (1 << 16) /* bytes; a file below that is read at once */

void assay_tree_scan_fini(struct assay_tree_scan *scan)
{
	for (size_t i = 0; i < scan->count; i++)
		free(scan->entries[i].path);
	free(scan->entries);
	*scan = (struct assay_tree_scan){ 0 };
}

/* Put the name of an entry in front of an error. */
static int fail_in_entry(struct assay_error *err, const char *path)
{
	ASSAY_AUTO_FREE char *quoted = assay_quoted(path);

	return assay_fail_in(err, "%s", quoted);
}

char assay_tree_type(mode_t mode)
{
	static const struct {
		mode_t format;
		char type;
	} types[] = {
		{ S_IFREG, 'f' }, { S_IFDIR, 'd' }, { S_IFLNK, 'l' },  { S_IFBLK, 'b' },
		{ S_IFCHR, 'c' }, { S_IFIFO, 'p' }, { S_IFSOCK, 's' },
	};

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(types); i++)
		if (types[i].format == (mode & S_IFMT))
			return types[i].type;
	return '?';
}

static int add_entry(int dirfd, const char *folder, const char *name, struct assay_tree_scan *scan,
                     struct assay_error *err)
{
	ASSAY_AUTO_FREE char *path =
		*folder == '\0' ? assay_strdup(name) : assay_asprintf("%s/%s", folder, name);
	struct assay_tree_entry *entry;

	if (scan->count == ENTRIES_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "more than %u entries", ENTRIES_MAX);
	assay_grow(&scan->entries, &scan->cap, scan->count, sizeof(*scan->entries));
	entry = &scan->entries[scan->count];
	*entry = (struct assay_tree_entry){ 0 };
	if (fstatat(dirfd, name, &entry->st, AT_SYMLINK_NOFOLLOW) < 0) {
		(void)assay_fail_errno(err, "stat");
		return fail_in_entry(err, path);
	}
	if (!scan->special && strchr("fdl", assay_tree_type(entry->st.st_mode)) == NULL) {
		(void)assay_fail(err, ASSAY_E_FORMAT, "neither a file, a folder nor a link");
		return fail_in_entry(err, path);
	}
	entry->path = assay_steal(&path);
	if (S_ISREG(entry->st.st_mode))
		scan->bytes += (uint64_t)entry->st.st_size;
	scan->count++;
	return 0;
}

static int scan_open_folder(DIR *dir, const char *path, struct assay_tree_scan *scan,
                            struct assay_error *err)
{
	const struct dirent *entry;

	while ((errno = 0, entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (add_entry(dirfd(dir), path, entry->d_name, scan, err) < 0)
			return -1;
	}
	if (errno == 0)
		return 0;
	(void)assay_fail_errno(err, "read folder");
	return fail_in_entry(err, path);
}

static int scan_folder(int rootfd, const char *path, struct assay_tree_scan *scan,
                       struct assay_error *err)
{
	int result, fd;
	DIR *dir;

	fd = openat(rootfd, *path != '\0' ? path : ".",
	            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (dir == NULL) {
		(void)assay_fail_errno(err, "open folder");
		if (fd >= 0)
			(void)close(fd);
		return fail_in_entry(err, path);
	}
	result = scan_open_folder(dir, path, scan, err);
	(void)closedir(dir);
	return result;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct assay_tree_entry *)a)->path,
	              ((const struct assay_tree_entry *)b)->path);
}

int assay_tree_scan(int dirfd, struct assay_tree_scan *out, struct assay_error *err)
{
	if (scan_folder(dirfd, "", out, err) < 0)
		return -1;
	/* The list is its own queue: folders found on the way are visited when their turn comes. */
	for (size_t i = 0; i < out->count; i++) {
		const char *path = out->entries[i].path;

		if (S_ISDIR(out->entries[i].st.st_mode) && scan_folder(dirfd, path, out, err) < 0)
			return -1;
	}
	if (out->count > 0)
		qsort(out->entries, out->count, sizeof(*out->entries), by_path);
	return 0;
}

static int hash_link(int dirfd, struct assay_tree_entry *entry, struct assay_error *err)
{
	char target[PATH_MAX + 1];
	ssize_t len = readlinkat(dirfd, entry->path, target, sizeof(target));

	if (len < 0)
		return assay_fail_errno(err, "read link");
	assay_sha256(assay_span_of(target, (size_t)len), &entry->sha256);
	return 0;
}

/* Of a file, less than was asked for is all there is: most are read with one call. */
static int hash_content(int fd, struct assay_tree_entry *entry, struct assay_error *err)
{
	uint64_t expected = (uint64_t)entry->st.st_size, size;
	uint8_t block[BLOCK];
	ssize_t got = pread(fd, block, sizeof(block), 0);

	if (got < 0)
		return assay_fail_errno(err, "read");
	for (size_t i = 0; i < sizeof(entry->start); i++)
		entry->start[i] = i < (size_t)got ? block[i] : 0;
	if ((uint64_t)got == expected && got < BLOCK) {
		assay_sha256(assay_span_of(block, (size_t)got), &entry->sha256);
		return 0;
	}
	if (assay_sha256_fd(fd, &entry->sha256, &size, err) < 0)
		return -1;
	if (size != expected)
		return assay_fail(err, ASSAY_E_SYSTEM, "changed while it was read");
	return 0;
}

static int hash_file(int dirfd, struct assay_tree_entry *entry, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = -1;

	fd = openat(dirfd, entry->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return assay_fail_errno(err, "open");
	entry->bare = flistxattr(fd, NULL, 0) == 0;
	return hash_content(fd, entry, err);
}

struct hashing {
	int dirfd;
	struct assay_tree_scan *scan;
};

static int hash_entry(void *context, size_t index, struct assay_error *err)
{
	const struct hashing *hashing = context;
	struct assay_tree_entry *entry = &hashing->scan->entries[index];
	int result = 0;

	if (S_ISREG(entry->st.st_mode))
		result = hash_file(hashing->dirfd, entry, err);
	else if (S_ISLNK(entry->st.st_mode))
		result = hash_link(hashing->dirfd, entry, err);
	return result < 0 ? fail_in_entry(err, entry->path) : 0;
}

int assay_tree_hash(int dirfd, struct assay_tree_scan *scan, struct assay_error *err)
{
	struct hashing hashing = { dirfd, scan };

	return assay_parallel(scan->count, hash_entry, &hashing, err);
}

void assay_tree_listing(const struct assay_tree_scan *scan, struct assay_buffer *out)
{
	assay_buffer_add(out, ASSAY_TREE_ALGORITHM, sizeof(ASSAY_TREE_ALGORITHM));
	for (size_t i = 0; i < scan->count; i++) {
		const struct assay_tree_entry *entry = &scan->entries[i];
		char digest[ASSAY_SHA256_HEX] = "-";
		mode_t mode = entry->st.st_mode;

		if (S_ISREG(mode) || S_ISLNK(mode))
			assay_sha256_hex(&entry->sha256, digest);
		assay_buffer_printf(out, "%c %04o %s %s", assay_tree_type(mode),
		                    S_ISLNK(mode) ? 0777u : (unsigned)(mode & 07777), digest,
		                    entry->path);
		assay_buffer_add(out, "", 1);
	}
}

uint64_t assay_tree_fingerprint(const struct assay_tree_scan *scan)
{
	XXH3_state_t *state = XXH3_createState();
	uint64_t result = 0;

	if (state == NULL || XXH3_64bits_reset(state) != XXH_OK) {
		(void)XXH3_freeState(state);
		return 0; /* equals no stored fingerprint but another 0; those are never stored */
	}
	for (size_t i = 0; i < scan->count; i++) {
		const struct stat *st = &scan->entries[i].st;
		uint64_t fields[] = { st->st_mode,
			              (uint64_t)st->st_size,
			              st->st_ino,
			              st->st_nlink,
			              (uint64_t)st->st_mtim.tv_sec,
			              (uint64_t)st->st_mtim.tv_nsec,
			              (uint64_t)st->st_ctim.tv_sec,
			              (uint64_t)st->st_ctim.tv_nsec };

		(void)XXH3_64bits_update(state, scan->entries[i].path,
		                         strlen(scan->entries[i].path) + 1);
		(void)XXH3_64bits_update(state, fields, sizeof(fields));
	}
	result = XXH3_64bits_digest(state);
	(void)XXH3_freeState(state);
	return result;
}

int assay_tree_digest(int dirfd, struct assay_sha256 *digest, uint64_t *entries, uint64_t *bytes,
                      struct assay_error *err)
{
	ASSAY_AUTO_TREE_SCAN struct assay_tree_scan scan = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer listing = { 0 };

	if (assay_tree_scan(dirfd, &scan, err) < 0 || assay_tree_hash(dirfd, &scan, err) < 0)
		return -1;
	assay_tree_listing(&scan, &listing);
	assay_sha256(assay_buffer_span(&listing), digest);
	if (entries != NULL)
		*entries = scan.count;
	if (bytes != NULL)
		*bytes = scan.bytes;
	return 0;
}
