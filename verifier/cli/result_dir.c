/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/result_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"

/* All that a run leaves behind; nothing else is ever removed, signatures least of all. */
static const char *const entries[] = {
	"result.json",
	"report.txt",
	"build.log",
	"sources.jsonl",
	"vary",
	"outputs",
	"provenance.intoto.json",
	"verdict.intoto.json",
	"summary.intoto.json",
};

void assay_result_dir_fini(struct assay_result_dir *dir)
{
	if (dir->path != NULL)
		(void)close(dir->fd);
	free(dir->path);
	free(dir->outputs);
	free(dir->log);
	*dir = (struct assay_result_dir){ 0 };
}

static bool is_ours(const char *name)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(entries); i++)
		if (strcmp(entries[i], name) == 0)
			return true;
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int refuse_foreign(int fd, const char *path, struct assay_error *err)
{
	struct dirent *entry;
	int result = 0, copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);

	if (dir == NULL)
		return assay_fail_errno(err, "read folder %s", path);
	while (result == 0 && (entry = readdir(dir)) != NULL)
		if (!is_ours(entry->d_name))
			result = assay_fail(err, ASSAY_E_USAGE,
			                    "%s: holds other files than a result's: choose another "
			                    "folder with --output",
			                    path);
	(void)closedir(dir);
	return result;
}

static int clean(const struct assay_result_dir *dir, struct assay_error *err)
{
	if (refuse_foreign(dir->fd, dir->path, err) < 0)
		return -1;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(entries); i++)
		if (assay_remove_tree(dir->fd, entries[i], err) < 0)
			return assay_fail_in(err, "%s", dir->path);
	if (mkdirat(dir->fd, "outputs", 0777) < 0)
		return assay_fail_errno(err, "make folder %s", dir->outputs);
	return 0;
}

/* A folder name from the manifest's words: whatever could be a path or an option becomes "_". */
static char *default_path(const char *name, const char *version)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+~_-";
	char *path = assay_asprintf("assay-%s-%s", name, version);

	for (char *p = path; *p != '\0'; p++)
		if (strchr(plain, *p) == NULL)
			*p = '_';
	return path;
}

int assay_result_dir_open(const char *path, const char *name, const char *version,
                          struct assay_result_dir *out, struct assay_error *err)
{
	ASSAY_AUTO_RESULT_DIR struct assay_result_dir dir = { 0 };
	ASSAY_AUTO_FREE char *wanted =
		path != NULL ? assay_strdup(path) : default_path(name, version);
	int fd;

	if (assay_mkdirs(AT_FDCWD, wanted, err) < 0)
		return -1;
	fd = open(wanted, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return assay_fail_errno(err, "open folder %s", wanted);
	dir.fd = fd;
	dir.path = assay_steal(&wanted);
	dir.outputs = assay_asprintf("%s/outputs", dir.path);
	dir.log = assay_asprintf("%s/build.log", dir.path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? assay_fail(err, ASSAY_E_USAGE,
		                                         "%s: in use by another run", dir.path)
		                            : assay_fail_errno(err, "lock %s", dir.path);
	if (clean(&dir, err) < 0)
		return -1;
	*out = dir;
	dir = (struct assay_result_dir){ 0 };
	return 0;
}

int assay_result_dir_write(const struct assay_result_dir *dir, const char *name,
                           struct assay_span text, struct assay_error *err)
{
	if (assay_file_write(dir->fd, name, text, 0666, err) < 0)
		return assay_fail_in(err, "%s", dir->path);
	return 0;
}
