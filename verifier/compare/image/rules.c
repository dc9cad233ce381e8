/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/image/rules.h"

const char *assay_image_use_rule(enum assay_image_use use)
{
	static const char *const rules[] = {
		[ASSAY_IMAGE_DATA] = NULL,
		[ASSAY_IMAGE_FRAMING] = ASSAY_IMAGE_FRAMING_RULE,
		[ASSAY_IMAGE_ENTRY] = NULL,
		[ASSAY_IMAGE_TARGET] = "image/target@1",
		[ASSAY_IMAGE_HEADER] = "image/header@1",
		[ASSAY_IMAGE_EXTRA] = NULL,
	};

	return rules[use];
}
