/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/tier.h"

#include <string.h>

#include "base/compiler.h"

static const char *const names[] = {
	[ASSAY_TIER_IDENTICAL] = "identical", [ASSAY_TIER_TRANSPLANTED] = "transplanted",
	[ASSAY_TIER_REPACKED] = "repacked",   [ASSAY_TIER_NORMALISED] = "normalised",
	[ASSAY_TIER_DIFFERENT] = "different", [ASSAY_TIER_INCONCLUSIVE] = "inconclusive",
};

const char *assay_tier_name(enum assay_tier tier)
{
	return (size_t)tier < ASSAY_ARRAY_LEN(names) ? names[tier] : "inconclusive";
}

bool assay_tier_parse_accept(const char *name, enum assay_tier *out)
{
	for (size_t i = 0; i <= ASSAY_TIER_NORMALISED; i++) {
		if (strcmp(names[i], name) == 0) {
			*out = (enum assay_tier)i;
			return true;
		}
	}
	return false;
}

enum assay_exit assay_tier_exit(enum assay_tier tier, enum assay_tier accept)
{
	if (tier >= ASSAY_TIER_INCONCLUSIVE)
		return ASSAY_EXIT_INCONCLUSIVE;
	if (tier == ASSAY_TIER_DIFFERENT)
		return ASSAY_EXIT_DIFFERENT;
	return tier <= accept ? ASSAY_EXIT_MATCH : ASSAY_EXIT_WORSE_TIER;
}

enum assay_exit assay_error_exit(enum assay_errc code)
{
	if (code == ASSAY_E_PIN)
		return ASSAY_EXIT_PIN;
	return code == ASSAY_E_TRUST ? ASSAY_EXIT_TRUST : ASSAY_EXIT_TROUBLE;
}
