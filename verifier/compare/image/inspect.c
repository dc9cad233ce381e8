/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/image/inspect.h"

#include "base/memory.h"
#include "compare/image/rules.h"
#include "compare/image/say.h"
#include "formats/flat/dfu.h"

bool assay_image_is_flat(struct assay_span file)
{
	return assay_image_reader_for(file) != NULL || assay_dfu_has_suffix(file);
}

static void add_part(const struct assay_image_side *side, const struct assay_image_part *part,
                     struct assay_inspected *out)
{
	static const char *const kinds[] = {
		[ASSAY_IMAGE_DATA] = "data",     [ASSAY_IMAGE_FRAMING] = "framing",
		[ASSAY_IMAGE_ENTRY] = "start",   [ASSAY_IMAGE_TARGET] = "target",
		[ASSAY_IMAGE_HEADER] = "header", [ASSAY_IMAGE_EXTRA] = "extra",
	};
	struct assay_inspected_range *range;

	if (part->length == 0)
		return;
	range = assay_inspected_add(out, kinds[part->use], part->length);
	range->rule = assay_image_use_rule(part->use);
	range->has_address = part->use == ASSAY_IMAGE_DATA && !side->is_raw;
	range->address = part->address;
	if (part->use != ASSAY_IMAGE_DATA)
		range->what = assay_strdup(part->what);
}

static void add_parts(const struct assay_image_side *side, struct assay_inspected *out)
{
	ASSAY_AUTO_BUFFER struct assay_buffer about = { 0 };

	assay_image_say_side(&about, side);
	out->about = assay_strdup(assay_buffer_str(&about));
	for (size_t i = 0; i < side->image.part_count; i++)
		add_part(side, &side->image.parts[i], out);
}

void assay_image_inspect(struct assay_span file, struct assay_budget *budget,
                         struct assay_inspected *out)
{
	ASSAY_AUTO_IMAGE_SIDE struct assay_image_side side = { 0 };
	const struct assay_image_side raw = { .is_raw = true };
	struct assay_error err = ASSAY_ERROR_INIT;

	if (assay_image_side_init(&side, file, "", budget, &err) < 0 ||
	    assay_image_side_lay(&side, &raw, &err) < 0)
		out->trouble = assay_asprintf("cannot be read as an image: %s%s",
		                              err.code == ASSAY_E_LIMIT ? "limit: " : "", err.text);
	else
		add_parts(&side, out);
	out->format = side.image.format;
}
