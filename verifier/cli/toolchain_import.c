/* SPDX-License-Identifier: GPL-3.0-or-later */
/* assay toolchain import: a container image becomes a toolchain. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"
#include "base/rules.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "cli/toolchain.h"
#include "store/tree.h"
#include "supply/layout.h"
#include "supply/materialise.h"
#include "toolchain/lock.h"

static struct {
	const char *manifest;
	const char *name;
	const char *output;
} opt;

static const struct assay_option options[] = {
	{ "manifest", 'm', "DIGEST",
	  "which image: the SHA-256 of its manifest (default: the only one)", ASSAY_OPTION_TEXT,
	  &opt.manifest },
	{ "name", 'n', "NAME", "the toolchain's name (default: the image's, without .tar)",
	  ASSAY_OPTION_TEXT, &opt.name },
	{ "output", 'o', "FILE", "where the lock goes, - for stdout (default: NAME.lock.yaml)",
	  ASSAY_OPTION_TEXT, &opt.output },
	ASSAY_OPTION_JSON,
	ASSAY_OPTION_STORE,
	ASSAY_OPTION_QUIET,
	{ 0 },
};

/* "x" for "folder/x/" and "x.tar". Owner: caller */
static char *default_name(const char *path)
{
	static const char ending[] = ".tar";
	ASSAY_AUTO_FREE char *copy = assay_strdup(path);
	size_t len = strlen(copy);
	const char *name;

	while (len > 1 && copy[len - 1] == '/')
		copy[--len] = '\0';
	name = assay_path_name(copy);
	len = strlen(name);
	if (len > strlen(ending) && strcmp(name + len - strlen(ending), ending) == 0)
		len -= strlen(ending);
	return assay_strndup(name, len);
}

/* The digest that was asked for, with or without "sha256:" before it. */
static int parse_manifest(struct assay_sha256 *out, struct assay_error *err)
{
	static const char before[] = "sha256:";
	const char *text = opt.manifest;

	if (strncmp(text, before, strlen(before)) == 0)
		text += strlen(before);
	return assay_sha256_parse(text, out)
	               ? 0
	               : assay_fail(err, ASSAY_E_USAGE, "--manifest: not a SHA-256 digest");
}

static int begin_lock(const char *path, struct assay_lock *lock, struct assay_error *err)
{
	lock->schema = assay_strdup("assay.toolchain/1");
	lock->name = opt.name != NULL ? assay_strdup(opt.name) : default_name(path);
	lock->tree.algorithm = assay_strdup(ASSAY_TREE_ALGORITHM);
	return assay_rule_file_name(lock->name) == NULL
	               ? 0
	               : assay_fail(err, ASSAY_E_USAGE, "--name: %s",
	                            assay_rule_file_name(lock->name));
}

static int import(const char *path, struct assay_lock *lock, struct assay_error *err)
{
	ASSAY_AUTO_STORE struct assay_store *store = NULL;
	ASSAY_AUTO_TREE struct assay_tree tree = { 0 };
	struct assay_sha256 manifest;

	if ((opt.manifest != NULL && parse_manifest(&manifest, err) < 0) ||
	    assay_store_open(assay_common.store, &store, err) < 0 ||
	    assay_layout_import(store, path, opt.manifest != NULL ? &manifest : NULL, lock, err) <
	            0 ||
	    assay_materialise(store, lock, ASSAY_TREE_FULL, assay_progress_open(assay_common.quiet),
	                      &tree, err) < 0)
		return -1;
	assay_toolchain_take_tree(lock, &tree);
	return 0;
}

static int run(int argc, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_LOCK struct assay_lock *lock = assay_calloc(1, sizeof(*lock));
	ASSAY_AUTO_FREE char *output = NULL;

	(void)argc;
	if (begin_lock(argv[0], lock, err) < 0)
		return -1;
	output = opt.output != NULL ? assay_strdup(opt.output)
	                            : assay_asprintf("%s.lock.yaml", lock->name);
	if (assay_toolchain_check_output(output, err) < 0)
		return -1;
	if (import(argv[0], lock, err) < 0) {
		assay_progress_clear();
		return -1;
	}
	return assay_toolchain_finish(lock, output, err);
}

const struct assay_command assay_cmd_toolchain_import = {
	.name = "toolchain import",
	.args = "IMAGE",
	.summary =
		"make a toolchain of a container image: an OCI image layout or an archive of one",
	.example = "assay toolchain import --name debian-12 layout/\n"
		   "assay toolchain import --manifest "
		   "cee03e4c6aaedd00e9198956930bd2bb9f3684f8cdface15c940db8475e74423 image.tar",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
