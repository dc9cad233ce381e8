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

void assay_plan_make(const struct assay_manifest *manifest, struct assay_plan *plan)
{
	const struct assay_build *build = &manifest->build;

	plan->manifest = manifest;
	plan_environment(build, &plan->environment);
	plan->inodes = build->limits.disk / BYTES_PER_INODE;
	if (plan->inodes < INODES_MIN)
		plan->inodes = INODES_MIN;
	assay_proc_plan(plan);
}
