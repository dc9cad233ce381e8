/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "manifest/manifest.h"
#include "manifest/schema.h"

static json_t *environment_json(const struct assay_build *build)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < build->environment_count; i++)
		assay_json_set_str(object, build->environment[i].name, build->environment[i].value);
	return object;
}

json_t *assay_manifest_json(const struct assay_manifest *manifest)
{
	json_t *json = assay_yaml_json(&assay_manifest_schema, manifest);

	assay_json_set(json_object_get(json, "build"), "environment",
	               environment_json(&manifest->build));
	/* Where something can be found changes nothing about what it is. */
	(void)json_object_del(json, "hints");
	(void)json_object_del(json_object_get(json, "toolchain"), "lock");
	(void)json_object_del(json_object_get(json_object_get(json, "build"), "profile"), "file");
	return json;
}

void assay_manifest_id(const struct assay_manifest *manifest, struct assay_sha256 *out)
{
	ASSAY_AUTO_JSON json_t *json = assay_manifest_json(manifest);

	assay_json_digest(json, out);
}
