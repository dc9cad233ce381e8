/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file of exclusions, for a comparison without a manifest: YAML with the same keys as
 * compare.exclusions in one, but for the file.
 *
 * Layer: manifest.
 */
#ifndef ASSAY_MANIFEST_EXCLUSIONS_H
#define ASSAY_MANIFEST_EXCLUSIONS_H

#include "base/error.h"
#include "model/exclusion.h"

/** Zero-initialise its pointer; free with assay_exclusion_file_free. */
struct assay_exclusion_file {
	char *schema;
	struct assay_exclusion *exclusions;
	unsigned exclusions_count;
};

/** Read a file. Owner: caller frees. Errors: as assay_yaml_read and assay_yaml_load */
ASSAY_CHECKED int assay_exclusion_file_load(const char *path, struct assay_exclusion_file **out,
                                            struct assay_error *err);
void assay_exclusion_file_free(struct assay_exclusion_file *file);

static inline void assay_cleanup_exclusion_file(struct assay_exclusion_file **file)
{
	assay_exclusion_file_free(*file);
}
#define ASSAY_AUTO_EXCLUSION_FILE ASSAY_AUTO(assay_cleanup_exclusion_file)

#endif
