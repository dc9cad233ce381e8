/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A manifest's identity form is itself a manifest, once places for the lock and the profile are added,
 * and it has the same id. What is refused is refused with a place.
 */
#include <string.h>

#include "fuzz.h"
#include "manifest/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ASSAY_AUTO_MANIFEST struct assay_manifest *manifest = NULL, *again = NULL;
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_JSON json_t *json = NULL;
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_sha256 id, id_again;

	if (assay_manifest_parse("f", assay_span_of(data, size), &manifest, &err) < 0) {
		fuzz_assert(err.code == ASSAY_E_FORMAT && strncmp(err.text, "f:", 2) == 0);
		return 0;
	}
	json = assay_manifest_json(manifest);
	assay_json_set_str(json_object_get(json, "toolchain"), "lock", "anywhere");
	if (manifest->build.profile != NULL)
		assay_json_set_str(json_object_get(json_object_get(json, "build"), "profile"),
		                   "file", "anywhere");
	assay_json_canonical(json, &text);
	fuzz_assert(assay_manifest_parse("f", assay_buffer_span(&text), &again, &err) == 0);
	assay_manifest_id(manifest, &id);
	assay_manifest_id(again, &id_again);
	fuzz_assert(assay_sha256_equal(&id, &id_again));
	return 0;
}
