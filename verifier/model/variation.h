/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What building again, unchanged and with other surroundings, has shown.
 *
 * Layer: model.
 */
#ifndef ASSAY_MODEL_VARIATION_H
#define ASSAY_MODEL_VARIATION_H

#include <stdbool.h>

#include "base/strings.h"
#include "model/tier.h"

enum assay_decision {
	ASSAY_DECISION_NONE,              /* nothing was varied */
	ASSAY_DECISION_MATCH,             /* nothing to explain */
	ASSAY_DECISION_NOT_DETERMINISTIC, /* two builds with the same inputs differ */
	ASSAY_DECISION_DEPENDS_INSIDE,    /* on axes, and all that differs is where they show */
	ASSAY_DECISION_DEPENDS_OUTSIDE,   /* on axes, but more differs than they explain */
	ASSAY_DECISION_OTHER_INPUTS,      /* a function of its inputs, and not those of the file */
};

/** Static text: "other-inputs" … */
const char *assay_decision_name(enum assay_decision decision);

/** One sentence for people; static text. */
const char *assay_decision_text(enum assay_decision decision);

/**
 * Values of the manifest that were read from the delivered file, and what a build with them made.
 * It is a proposal: whether the delivered file may have been built so is for a person to say.
 */
struct assay_solution {
	unsigned builds;              /* that were made; 0: there was nothing to try */
	bool complete;                /* with the changes, the same bytes were made */
	enum assay_tier tier;         /* the worst, with the changes */
	uint64_t unexplained;         /* bytes at every depth, and things without, that are left */
	struct assay_strings changes; /* "build.machine.clock: {…}"; quoted as JSON */
};

/** Zero-initialise. Owned. */
struct assay_variation_record {
	enum assay_decision decision;
	bool repeats;                /* two unchanged builds were the same */
	bool clock;                  /* they were not, but with one pinned time of day they are */
	bool varies;                 /* the output depends on at least one axis */
	unsigned builds;             /* that were made, the first included */
	struct assay_strings varied; /* names of the axes that were varied, sorted */
	struct assay_strings axes;   /* those that the output depends on, sorted */
	struct assay_strings failed; /* those whose variation alone made the build fail, sorted */
	struct assay_solution solution;
};

void assay_variation_record_fini(struct assay_variation_record *record);
#define ASSAY_AUTO_VARIATION_RECORD ASSAY_AUTO(assay_variation_record_fini)

#endif
