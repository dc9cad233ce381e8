/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/plan.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "rebuild/proc.h"

/* One inode for this many bytes, as mke2fs(8) has it, but never fewer than INODES_MIN. */
#define BYTES_PER_INODE 16384
#define INODES_MIN 65536

void assay_plan_fini(struct assay_plan *plan)
{
	for (size_t i = 0; i < plan->file_count; i++) {
		free(plan->files[i].path);
		assay_buffer_fini(&plan->files[i].content);
	}
	free(plan->files);
	assay_strings_fini(&plan->environment);
	*plan = (struct assay_plan){ 0 };
}

struct assay_buffer *assay_plan_file(struct assay_plan *plan, const char *path)
{
	struct assay_pinned_file *file;

	assay_grow(&plan->files, &plan->file_cap, plan->file_count, sizeof(*plan->files));
	file = &plan->files[plan->file_count++];
	*file = (struct assay_pinned_file){ .path = assay_strdup(path) };
	return &file->content;
}

/* The order of the manifest's variables is no part of its identity, so it must not be visible. */
static void plan_environment(const struct assay_build *build, struct assay_strings *env)
{
	for (unsigned i = 0; i < build->environment_count; i++)
		if (strcmp(build->environment[i].name, "SOURCE_DATE_EPOCH") != 0)
			assay_strings_printf(env, "%s=%s", build->environment[i].name,
			                     build->environment[i].value);
	assay_strings_printf(env, "SOURCE_DATE_EPOCH=%" PRIu64, build->source_date_epoch);
	assay_strings_sort(env);
}

/* Folders that the launcher makes itself: a build there would hide them. */
static const char *const reserved[] = { "/proc", "/dev", "/tmp", "/sys" };

static int check_build_path(const char *path, struct assay_error *err)
{
	if (path[0] != '/' || path[1] == '\0')
		return assay_fail(err, ASSAY_E_USAGE, "build.path %s: not an absolute path below /",
		                  path);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(reserved); i++) {
		size_t len = strlen(reserved[i]);

		if (strncmp(path, reserved[i], len) == 0 && (path[len] == '/' || path[len] == '\0'))
			return assay_fail(err, ASSAY_E_USAGE, "build.path %s: %s is the container's own",
			                  path, reserved[i]);
	}
	return 0;
}

int assay_plan_make(const struct assay_manifest *manifest, struct assay_plan *plan,
                    struct assay_error *err)
{
	const struct assay_build *build = &manifest->build;

	if (check_build_path(build->path, err) < 0)
		return -1;
	plan->manifest = manifest;
	plan_environment(build, &plan->environment);
	plan->inodes = build->limits.disk / BYTES_PER_INODE;
	if (plan->inodes < INODES_MIN)
		plan->inodes = INODES_MIN;
	for (unsigned i = 0; i < manifest->sources_count; i++)
		plan->patches += manifest->sources[i].unpack == ASSAY_UNPACK_PATCH;
	assay_proc_plan(plan);
	return 0;
}
