/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Comparing what lies in a file system: two files, or two directories. */
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "compare/directory.h"

static int compare_files(const char *const paths[2], const struct assay_compare_options *options,
                         struct assay_comparison *out, struct assay_error *err)
{
	ASSAY_AUTO_MAP struct assay_map a = { 0 }, b = { 0 };
	struct assay_side sides[2];

	if (assay_map_open(paths[0], &a, err) < 0 || assay_map_open(paths[1], &b, err) < 0)
		return -1;
	sides[0] = (struct assay_side){ paths[0], a.span };
	sides[1] = (struct assay_side){ paths[1], b.span };
	if (options != NULL && options->pair != NULL)
		return options->pair(options->context, &sides[0], &sides[1], out, err);
	return assay_compare(&sides[0], &sides[1], options, out, err);
}

static int open_directory(const char *path, struct assay_error *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? assay_fail_errno(err, "open %s", path) : fd;
}

static int compare_directories(const char *const paths[2],
                               const struct assay_compare_options *options,
                               struct assay_comparison *out, struct assay_error *err)
{
	ASSAY_AUTO_NODE struct assay_node *root =
		assay_node_new("", assay_span_of(NULL, 0), assay_span_of(NULL, 0));
	struct assay_subject *const subjects[2] = { &out->delivered, &out->rebuilt };
	struct assay_walk walk = assay_walk_of(options);
	ASSAY_AUTO_CLOSE int a = open_directory(paths[0], err);
	ASSAY_AUTO_CLOSE int b = a >= 0 ? open_directory(paths[1], err) : -1;

	if (a < 0 || b < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		subjects[i]->name = assay_strdup(paths[i]);
	if (assay_directory_compare(&walk, root, (const int[2]){ a, b }, subjects, err) < 0)
		return -1;
	return assay_node_conclude(root, out, err);
}

int assay_compare_paths(const char *delivered, const char *rebuilt,
                        const struct assay_compare_options *options, struct assay_comparison *out,
                        struct assay_error *err)
{
	const char *const paths[2] = { delivered, rebuilt };
	bool directory[2];
	struct stat st;

	for (int i = 0; i < 2; i++) {
		if (stat(paths[i], &st) < 0)
			return assay_fail_errno(err, "%s", paths[i]);
		directory[i] = S_ISDIR(st.st_mode);
	}
	if (directory[0] != directory[1])
		return assay_fail(err, ASSAY_E_USAGE,
		                  "%s is a directory and %s is not: compare two of a kind",
		                  paths[directory[0] ? 0 : 1], paths[directory[0] ? 1 : 0]);
	if (directory[0] && options != NULL && options->layout != NULL)
		return assay_fail(err, ASSAY_E_USAGE,
		                  "a layout is one of a file, %s is a directory", paths[0]);
	if (directory[0])
		return compare_directories(paths, options, out, err);
	return compare_files(paths, options, out, err);
}
