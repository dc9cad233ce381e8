/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/result_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"

/* Kept from run to run: each goes on behind the earlier ones. */
static const char journal[] = "journal.jsonl";

/* All else that a run leaves behind; nothing else is ever removed, signatures least of all. */
static const char *const entries[] = {
	"result.json",
	"report.txt",
	"build.log",
	"sources.jsonl",
	"runtime",
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

/* What a run that was killed was about to write: see assay_file_write. */
static bool is_leftover(const char *name)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(entries); i++) {
		size_t len = strlen(entries[i]), digits;

		if (strncmp(name, entries[i], len) != 0 || name[len] != '.')
			continue;
		digits = strspn(name + len + 1, "0123456789");
		if (digits > 0 && strcmp(name + len + 1 + digits, ".tmp") == 0)
			return true;
	}
	return false;
}

static bool is_ours(const char *name)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(entries); i++)
		if (strcmp(entries[i], name) == 0)
			return true;
	return is_leftover(name) || strcmp(name, journal) == 0;
}

static int refuse_foreign(const struct assay_result_dir *dir, const struct assay_strings *names,
                          struct assay_error *err)
{
	for (size_t i = 0; i < names->count; i++)
		if (!is_ours(names->items[i]))
			return assay_fail(err, ASSAY_E_USAGE,
			                  "%s: holds other files than a result's: choose another "
			                  "folder with --output",
			                  dir->path);
	return 0;
}

static int clean(const struct assay_result_dir *dir, struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings names = { 0 };

	if (assay_folder_names(dir->fd, ".", SIZE_MAX, &names, err) < 0 ||
	    refuse_foreign(dir, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (strcmp(names.items[i], journal) != 0 &&
		    assay_remove_tree(dir->fd, names.items[i], err) < 0)
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
