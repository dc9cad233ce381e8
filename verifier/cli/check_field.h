/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of `assay check` share: its options, and how something from the field is held against
 * reference packs.
 *
 * Layer: cli.
 */
#ifndef ASSAY_CLI_CHECK_FIELD_H
#define ASSAY_CLI_CHECK_FIELD_H

#include "attest/known.h"
#include "field/found.h"

extern struct assay_check_options {
	const char *policy;
	const char *evidence;
	const char *revocations;
	const char *at;
	const char *summary;
	const char *reference;
	const char *as;
	const char *acquired;
} assay_check_opt;

/** The packs that are believed, in the form that field/ takes. Zero-initialise. */
struct assay_check_packs {
	struct assay_known known;                /* owned */
	const struct assay_reference **believed; /* owned array of borrowed ones */
	size_t count;                            /* of believed: the first of known */
};

void assay_check_packs_fini(struct assay_check_packs *packs);
#define ASSAY_AUTO_CHECK_PACKS ASSAY_AUTO(assay_check_packs_fini)

/** An answer. Zero-initialise; text owned. */
struct assay_field_answer {
	enum assay_exit status;
	char *text; /* one line, not quoted */
};

/**
 * Put together what was found and what the policy says of the releases that it was found of.
 *
 * In: reported  whether a device says so itself: then the word is "consistent"
 */
void assay_cli_field_conclude(const struct assay_check_packs *packs,
                              const struct assay_found *found, bool reported,
                              struct assay_field_answer *out);

/** Answer for one thing from the field. Return: an exit status, -1 on error */
ASSAY_CHECKED int assay_cli_check_field(const struct assay_check_terms *terms, const char *path,
                                        struct assay_error *err);

/** Answer for a file of reports. Return: an exit status, -1 on error */
ASSAY_CHECKED int assay_cli_check_fleet(const struct assay_check_packs *packs, const char *path,
                                        struct assay_error *err);

#endif
