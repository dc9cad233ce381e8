/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A build in a process of its own, beside what this one does. It dies with this one.
 *
 * Layer: cli.
 */
#ifndef ASSAY_CLI_ASIDE_H
#define ASSAY_CLI_ASIDE_H

#include "base/digest.h"
#include "rebuild/rebuild.h"

/** What is told of a build: see assay_cli_digest. */
struct assay_built {
	enum assay_outcome outcome;
	struct assay_sha256 digest;
};

/** Zero-initialise. */
struct assay_aside {
	pid_t pid; /* 0: none runs */
	int answer;
};

/** Of what a build made; a build that made nothing has one too, that of how it ended. */
void assay_cli_digest(const struct assay_build_record *record, struct assay_built *out);

/** Build, here and now. Errors: as assay_rebuild, and ASSAY_E_SYSTEM when it was interrupted */
ASSAY_CHECKED int assay_cli_carry_out(const struct assay_rebuild_request *request,
                                      struct assay_built *out, struct assay_error *err);

/**
 * Begin a build. Sources are read through descriptors of its own, and nothing tells how far it is.
 *
 * Errors: ASSAY_E_SYSTEM
 */
ASSAY_CHECKED int assay_aside_begin(const struct assay_rebuild_request *request,
                                    struct assay_aside *out, struct assay_error *err);

/** Wait for its end. Errors: as assay_cli_carry_out, and ASSAY_E_SYSTEM when it was stopped */
ASSAY_CHECKED int assay_aside_end(struct assay_aside *aside, struct assay_built *out,
                                  struct assay_error *err);

/** Stop it, if it runs. */
void assay_aside_stop(struct assay_aside *aside);
#define ASSAY_AUTO_ASIDE ASSAY_AUTO(assay_aside_stop)

#endif
