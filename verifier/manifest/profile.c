/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "manifest/profile.h"

#include <fcntl.h>

#include "base/file.h"
#include "base/memory.h"
#include "manifest/manifest.h"
#include "manifest/schema.h"

#define PROFILE_MAX (UINT64_C(1) << 20) /* bytes */

static const char *wrong_schema(const char *text)
{
	return strcmp(text, "assay.profile/1") == 0 ? NULL : "not \"assay.profile/1\"";
}

static const struct assay_yaml_rule rules[] = {
	{ .path = "schema", .wrong = wrong_schema },
	{ .path = "name", .wrong = assay_rule_file_name },
	{ .path = "pins[].key", .unique = true },
};

void assay_profile_free(struct assay_profile *profile)
{
	assay_yaml_unload(&assay_profile_schema, profile);
}

static int check_digest(struct assay_span text, const char *pinned, struct assay_error *err)
{
	struct assay_sha256 digest;
	char hex[ASSAY_SHA256_HEX];

	assay_sha256(text, &digest);
	assay_sha256_hex(&digest, hex);
	return strcmp(hex, pinned) == 0
	               ? 0
	               : assay_fail(err, ASSAY_E_PIN,
	                            "not the profile that the manifest pins: found %s, pinned %s",
	                            hex, pinned);
}

/* What both say has to be the same. */
static int hold(const struct assay_profile *profile, const struct assay_manifest *manifest,
                struct assay_error *err)
{
	static const char *const keys[] = { "user", "umask", "machine" };
	ASSAY_AUTO_JSON json_t *wanted = assay_yaml_json(&assay_profile_schema, profile);
	ASSAY_AUTO_JSON json_t *json = assay_manifest_json(manifest);
	json_t *build = json_object_get(json, "build"),
	       *machine = json_object_get(build, "machine");

	(void)json_object_del(machine, "clock");
	(void)json_object_del(machine, "random");
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(keys); i++)
		if (!json_equal(json_object_get(wanted, keys[i]), json_object_get(build, keys[i])))
			return assay_fail(err, ASSAY_E_FORMAT,
			                  "build.%s of the manifest is not that of profile %s",
			                  keys[i], profile->name);
	return 0;
}

int assay_profile_load(const char *path, const struct assay_manifest *manifest,
                       struct assay_profile **out, struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes text = { 0 };
	ASSAY_AUTO_YAML struct assay_yaml *yaml = NULL;
	ASSAY_AUTO_PROFILE struct assay_profile *profile = NULL;

	if (assay_file_read(AT_FDCWD, path, PROFILE_MAX, &text, err) < 0)
		return -1;
	if (check_digest(assay_span_of_bytes(&text), manifest->build.profile->sha256, err) < 0)
		return assay_fail_in(err, "%s", path);
	if (assay_yaml_parse(path, assay_span_of_bytes(&text), &yaml, err) < 0 ||
	    assay_yaml_load(yaml, &assay_profile_schema, &profile, err) < 0 ||
	    assay_yaml_check(yaml, rules, ASSAY_ARRAY_LEN(rules), err) < 0)
		return -1;
	if (hold(profile, manifest, err) < 0)
		return assay_fail_in(err, "%s", path);
	*out = assay_steal(&profile);
	return 0;
}
