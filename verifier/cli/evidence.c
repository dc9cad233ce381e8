/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "attest/envelope.h"
#include "base/file.h"
#include "base/memory.h"

#define FILES_MAX 1024 /* of a folder */

static const char envelope_end[] = ".dsse.json";

static bool ends_in(const char *path, const char *end)
{
	size_t len = strlen(path);

	return len > strlen(end) && strcmp(path + len - strlen(end), end) == 0;
}

void assay_evidence_files_fini(struct assay_evidence_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->items[i].name);
		assay_bytes_fini(&files->items[i].envelope);
		assay_bytes_fini(&files->items[i].proof);
	}
	free(files->items);
	*files = (struct assay_evidence_files){ 0 };
}

/* Too long is empty here: unusable either way. */
static int read_evidence(const char *path, struct assay_bytes *out, struct assay_error *err)
{
	struct assay_error why = ASSAY_ERROR_INIT;

	if (assay_file_read(AT_FDCWD, path, ASSAY_ENVELOPE_MAX, out, &why) == 0 ||
	    why.code == ASSAY_E_LIMIT)
		return 0;
	*err = why;
	return -1;
}

/* The proof of X.dsse.json, or of X, is X.tlog-proof; there need not be one. */
static int read_proof(const char *path, struct assay_bytes *out, struct assay_error *err)
{
	size_t len = strlen(path) - (ends_in(path, envelope_end) ? strlen(envelope_end) : 0);
	ASSAY_AUTO_FREE char *beside = assay_asprintf("%.*s.tlog-proof", (int)len, path);

	return access(beside, F_OK) < 0 && errno == ENOENT ? 0 : read_evidence(beside, out, err);
}

int assay_cli_evidence_file(const char *path, struct assay_evidence_files *out,
                            struct assay_error *err)
{
	struct assay_evidence_file *file;

	assay_grow(&out->items, &out->cap, out->count, sizeof(*out->items));
	file = &out->items[out->count++];
	*file = (struct assay_evidence_file){ .name = assay_strdup(path) };
	if (read_evidence(path, &file->envelope, err) < 0)
		return -1;
	return read_proof(path, &file->proof, err);
}

int assay_cli_list_folder(const char *path, const char *end, struct assay_strings *names,
                          struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings all = { 0 };

	if (assay_folder_names(AT_FDCWD, path, SIZE_MAX, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.count; i++)
		if (ends_in(all.items[i], end))
			assay_strings_printf(names, "%s/%s", path, all.items[i]);
	if (names->count > FILES_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "%s: more than %d files *%s", path, FILES_MAX,
		                  end);
	return 0;
}

int assay_cli_evidence(const char *path, const char *update, struct assay_evidence_files *out,
                       struct assay_error *err)
{
	ASSAY_AUTO_FREE char *beside = assay_asprintf("%s%s", update, envelope_end);
	ASSAY_AUTO_STRINGS struct assay_strings names = { 0 };
	bool given = path != NULL;
	struct stat st;

	path = given ? path : beside;
	if (stat(path, &st) < 0 && errno == ENOENT && !given)
		return 0; /* nothing beside the update: no evidence */
	if (stat(path, &st) < 0)
		return assay_fail_errno(err, "%s", path);
	if (!S_ISDIR(st.st_mode))
		return assay_cli_evidence_file(path, out, err);
	if (assay_cli_list_folder(path, envelope_end, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (assay_cli_evidence_file(names.items[i], out, err) < 0)
			return -1;
	return 0;
}
