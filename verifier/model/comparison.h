/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a comparison found: a ledger for each artefact at each depth, and findings derived from
 * them. Reports are written from this and from nothing else.
 *
 * Layer: model.
 */
#ifndef ASSAY_MODEL_COMPARISON_H
#define ASSAY_MODEL_COMPARISON_H

#include "base/digest.h"
#include "base/strings.h"
#include "model/exclusion.h"
#include "model/ledger.h"

/** One side of the comparison, as a person named it. Strings owned. */
struct assay_subject {
	char *name;
	uint64_t size; /* bytes */
	struct assay_sha256 sha256;
};

/**
 * One artefact of the delivered tree and its ledger. path is "" for the delivered file itself
 * and names the way down for members: "data.tar.xz!/usr/bin/x". Unquoted; strings owned.
 */
struct assay_artefact {
	char *path;
	const char *format; /* static text: "elf", "tar", "data" … */
	enum assay_tier tier;
	struct assay_ledger ledger;
};

/** A few bytes of one side around a difference, for explain/ and report/. Owned; may be empty. */
struct assay_excerpt {
	struct assay_bytes bytes;
	size_t before; /* how many of them stand before the difference */
	size_t length; /* how many of them are the difference: all of it, or as much as fits */
};

/**
 * One difference. A difference of metadata (a mode, a missing member) has length 0: it counts
 * all the same.
 *
 * A finding of class identical is a remark: no difference, but something about equal bytes that
 * a person should know, named by its cause. It leaves every tier as it is.
 */
struct assay_finding {
	char *artefact;  /* path as in struct assay_artefact; owned */
	uint64_t offset; /* bytes into the delivered artefact */
	uint64_t length; /* bytes there; 0 for metadata and for what only the rebuild has */
	enum assay_class class;
	const char *rule;  /* static text, NULL when class is unexplained or identical */
	const char *cause; /* static text: a name of the Reproducible Builds issue taxonomy
	                           where one exists; NULL when not known, but never for a
	                           remark */
	const char *item;  /* static text: which field of a container, "mtime"; NULL for content */
	char *text;        /* one line for people, quoted; owned */
	struct assay_excerpt delivered; /* both empty when there are no bytes to show */
	struct assay_excerpt rebuilt;
};

/**
 * A value of the delivered file that was put into the rebuilt one under a rule, before the two
 * were held against each other. Values that stand in several places are recorded once.
 */
struct assay_transplant {
	char *artefact;           /* path as in struct assay_artefact; owned */
	uint64_t offset;          /* bytes into the delivered artefact */
	const char *rule;         /* static text */
	const char *what;         /* static text: "mtime" */
	struct assay_bytes value; /* as it stands in the delivered file, without zeros; owned */
	uint64_t zeros_at, zeros; /* a long run of zeros: where in it, and how many; 0: none */
	uint64_t count;           /* how many places of the artefact have it */
};

/*
 * What a comparison tells at most; beyond that it says how much more there is. Ours: a report of
 * that size takes about 100 MiB to write, and nobody reads it.
 */
#define ASSAY_FINDINGS_MAX 65536
#define ASSAY_RANGES_MAX 131072 /* of all artefacts together, when equal bytes allow it */
#define ASSAY_RANGES_MIN 64     /* of one artefact: no ledger is made smaller for others' sake */

/** Zero-initialise. Artefacts are in the order of the walk: parents first, then by offset. */
struct assay_comparison {
	struct assay_subject delivered;
	struct assay_subject rebuilt;
	struct assay_artefact *artefacts;
	size_t artefact_count, artefact_cap;
	struct assay_finding *findings;
	size_t finding_count, finding_cap;
	uint64_t findings_left_out;           /* that ASSAY_FINDINGS_MAX has no room for */
	struct assay_transplant *transplants; /* in the order of the walk */
	size_t transplant_count, transplant_cap;
	enum assay_tier tier;               /* worst of all artefacts and findings */
	struct assay_exclusions exclusions; /* that were asked for; borrowed */
	struct assay_strings names; /* what stands where static text would, when it was read */
};

void assay_comparison_fini(struct assay_comparison *comparison);
#define ASSAY_AUTO_COMPARISON ASSAY_AUTO(assay_comparison_fini)

/**
 * Append a finding. The text is formatted as by printf; quote what comes from input.
 * place: where it is, of which artefact, class, rule and cause are copied; its text and excerpts
 * are not used.
 *
 * Return: the finding, to add excerpts to; borrowed until the next one is appended
 */
struct assay_finding *assay_comparison_find(struct assay_comparison *comparison,
                                            const struct assay_finding *place, const char *fmt, ...)
	ASSAY_PRINTF(3, 4);

/** Append an artefact; the ledger is moved. The tier follows from the ledger. Return: its index. */
size_t assay_comparison_add(struct assay_comparison *comparison, const char *path,
                            const char *format, struct assay_ledger *ledger);

/** Whether anything is of a class: bytes at any depth, or a thing without bytes. */
bool assay_comparison_has(const struct assay_comparison *comparison, enum assay_class class);

/**
 * Set the tier of everything from the ledgers and findings, and check every ledger's invariant.
 * A finding of class unexplained makes its artefact different, whatever its bytes say.
 *
 * Then leave out what is too much to tell: findings of the best classes first, from the last on,
 * with one finding for each class that says how many; and ranges, see assay_ledger_shrink. No tier
 * changes by that.
 *
 * Errors: ASSAY_E_FORMAT  an invariant does not hold: there is no verdict
 */
ASSAY_CHECKED int assay_comparison_conclude(struct assay_comparison *comparison,
                                            struct assay_error *err);

#endif
