/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "manifest/exclusions.h"

#include <string.h>

#include "base/memory.h"
#include "manifest/schema.h"

#define FILE_MAX ((uint64_t)1 << 20) /* bytes; ours */
#define LARGEST ((uint64_t)1 << 40)  /* bytes of an artefact; as in a manifest */

static const char *rule_schema(const char *text)
{
	return strcmp(text, "assay.exclusions/1") == 0
	               ? NULL
	               : "not a schema that this version reads: assay.exclusions/1";
}

static const struct assay_yaml_rule rules[] = {
	{ .path = "schema", .wrong = rule_schema },
	{ .path = "exclusions[].offset", .max = LARGEST },
	{ .path = "exclusions[].size", .min = 1, .max = LARGEST },
};

int assay_exclusion_file_load(const char *path, struct assay_exclusion_file **out,
                              struct assay_error *err)
{
	ASSAY_AUTO_YAML struct assay_yaml *yaml = NULL;
	ASSAY_AUTO_EXCLUSION_FILE struct assay_exclusion_file *file = NULL;

	if (assay_yaml_read(path, FILE_MAX, &yaml, err) < 0 ||
	    assay_yaml_load(yaml, &assay_exclusions_schema, &file, err) < 0 ||
	    assay_yaml_check(yaml, rules, ASSAY_ARRAY_LEN(rules), err) < 0)
		return -1;
	if (file->exclusions_count > ASSAY_EXCLUSIONS_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "%s: more than %d exclusions", path,
		                  ASSAY_EXCLUSIONS_MAX);
	*out = assay_steal(&file);
	return 0;
}

void assay_exclusion_file_free(struct assay_exclusion_file *file)
{
	if (file != NULL)
		assay_yaml_unload(&assay_exclusions_schema, file);
}
