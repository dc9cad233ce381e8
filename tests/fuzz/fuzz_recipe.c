/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is made of a recipe is YAML, whatever is in the recipe, and has one document with the keys of a
 * manifest; its comments hold no more than a line. What is refused is refused with a reason.
 */
#include <string.h>

#include "base/memory.h"
#include "base/yaml.h"
#include "fuzz.h"
#include "manifest/import/recipe.h"
#include "manifest/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ASSAY_AUTO_RECIPE struct assay_recipe recipe = { 0 };
	ASSAY_AUTO_MANIFEST struct assay_manifest *manifest = NULL;
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;

	if (assay_recipe_parse(assay_span_of(data, size), &recipe, &err) < 0) {
		fuzz_assert(err.code == ASSAY_E_FORMAT && err.text[0] != '\0');
		return 0;
	}
	fuzz_assert(recipe.lossy.count > 0 && recipe.format != NULL);
	assay_recipe_write(&recipe, "recipe", &text);
	/* Something is always left to fill in, and a value may be none: but never a fault of the YAML. */
	fuzz_assert(assay_manifest_parse("f", assay_buffer_span(&text), &manifest, &err) < 0);
	fuzz_assert(err.code == ASSAY_E_FORMAT && strncmp(err.text, "f:", 2) == 0);
	return 0;
}
