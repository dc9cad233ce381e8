/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/variation.h"

static const struct {
	const char *name, *text;
} decisions[] = {
	[ASSAY_DECISION_NONE] = { "none", "nothing was varied" },
	[ASSAY_DECISION_MATCH] = { "match", "nothing differs that has to be explained" },
	[ASSAY_DECISION_NOT_DETERMINISTIC] = { "not-deterministic",
	                                       "two builds with the same inputs differ: the build is not deterministic, and nothing "
	                                       "can be said about the delivered file" },
	[ASSAY_DECISION_DEPENDS_INSIDE] = { "depends-on-inside",
	                                    "the output depends on its surroundings, and the delivered file differs only where it "
	                                    "does: not a match, and not explained, until a build makes the same bytes" },
	[ASSAY_DECISION_DEPENDS_OUTSIDE] = { "depends-on-outside",
	                                     "the output depends on its surroundings, but the delivered file also differs where it "
	                                     "does not" },
	[ASSAY_DECISION_OTHER_INPUTS] = { "other-inputs",
	                                  "the build is a function of its inputs, and the delivered file is not their result: "
	                                  "it was made from other inputs" },
};

const char *assay_decision_name(enum assay_decision decision)
{
	return decisions[decision].name;
}

const char *assay_decision_text(enum assay_decision decision)
{
	return decisions[decision].text;
}

void assay_variation_record_fini(struct assay_variation_record *record)
{
	assay_strings_fini(&record->varied);
	assay_strings_fini(&record->axes);
	assay_strings_fini(&record->failed);
	assay_strings_fini(&record->solution.changes);
	*record = (struct assay_variation_record){ 0 };
}
