/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/reference.h"

#include "base/memory.h"

void assay_reference_content_fini(struct assay_reference_content *content)
{
	free(content->path);
	free(content->blocks);
	*content = (struct assay_reference_content){ 0 };
}

static void layout_fini(struct assay_reference_layout *layout)
{
	for (size_t i = 0; i < layout->count; i++) {
		free(layout->partitions[i].name);
		free(layout->partitions[i].slot);
		free(layout->partitions[i].exclude);
		assay_reference_content_fini(&layout->partitions[i].content);
	}
	free(layout->partitions);
	free(layout->device);
}

static void tree_fini(struct assay_reference_tree *tree)
{
	free(tree->name);
	free(tree->member);
	assay_reference_files_fini(&tree->files);
	for (size_t i = 0; i < tree->exclusion_count; i++) {
		free(tree->exclusions[i].path);
		free(tree->exclusions[i].reason);
	}
	free(tree->exclusions);
}

void assay_reference_fini(struct assay_reference *reference)
{
	free(reference->product);
	free(reference->version);
	free(reference->update);
	for (size_t i = 0; i < reference->region_count; i++) {
		free(reference->regions[i].path);
		free(reference->regions[i].format);
	}
	free(reference->regions);
	layout_fini(&reference->layout);
	for (size_t i = 0; i < reference->tree_count; i++)
		tree_fini(&reference->trees[i]);
	assay_twins_fini(&reference->twins);
	*reference = (struct assay_reference){ 0 };
}

const struct assay_reference_exclusion *
assay_reference_excluded(const struct assay_reference_tree *tree, const char *path)
{
	for (size_t i = 0; i < tree->exclusion_count; i++) {
		size_t len = strlen(tree->exclusions[i].path);

		if (strncmp(path, tree->exclusions[i].path, len) == 0 &&
		    (path[len] == '\0' || path[len] == '/'))
			return &tree->exclusions[i];
	}
	return NULL;
}
