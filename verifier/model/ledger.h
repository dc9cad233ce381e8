/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ledger: every byte of an artefact in exactly one range, every range in exactly one class.
 * There is no class "ignored". A new ledger is one unexplained range; only what was compared or
 * what a rule covers leaves that class.
 *
 * Layer:  model.
 * Limits: when there would be too many ranges, short runs of equal bytes between different ones are
 *         counted as different: an error on the safe side, and the ledger says how large it is.
 */
#ifndef ASSAY_MODEL_LEDGER_H
#define ASSAY_MODEL_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/tier.h"

/** From best to worst: a byte that carries several things takes the worst class. */
enum assay_class {
	ASSAY_CLASS_IDENTICAL,
	ASSAY_CLASS_TRANSPLANTED,
	ASSAY_CLASS_REPACKED,
	ASSAY_CLASS_NORMALISED,
	ASSAY_CLASS_EXCLUDED,
	ASSAY_CLASS_UNEXPLAINED,
};
#define ASSAY_CLASS_COUNT 6

const char *assay_class_name(enum assay_class class);

/** The tier that an artefact has when its worst byte has this class. */
enum assay_tier assay_class_tier(enum assay_class class);

struct assay_range {
	uint64_t offset; /* bytes from the start of the delivered artefact */
	uint64_t length; /* bytes; never 0 */
	enum assay_class class;
	const char *rule; /* static text such as "elf/build-id@1"; NULL when no rule is needed */
};

/** Whether two ranges have the same class and rule. */
bool assay_range_alike(const struct assay_range *a, const struct assay_range *b);

/** Ranges are sorted, without gaps or overlaps, and cover [0, size). Owned. */
struct assay_ledger {
	uint64_t size; /* bytes */
	struct assay_range *ranges;
	size_t count;
	size_t cap;
	size_t room;        /* ranges at which comparing coalesces */
	uint64_t coalesced; /* equal bytes in the class of the different ones around them */
	struct assay_gathered *gathered; /* explanations that are to be sorted in; NULL: none are
	                                    gathered. Owned. */
};

/** While files are compared a ledger has at most about so many ranges. Ours: 16 MiB of them. */
#define ASSAY_LEDGER_RANGES (UINT64_C(1) << 19)

/** Start with [0, size) in class unexplained. */
void assay_ledger_init(struct assay_ledger *ledger, uint64_t size);
void assay_ledger_fini(struct assay_ledger *ledger);
#define ASSAY_AUTO_LEDGER ASSAY_AUTO(assay_ledger_fini)

/**
 * Move the unexplained bytes of [offset, offset + length) into a better class. Bytes that
 * already have another class keep it: a first explanation is never overwritten.
 *
 * In:     rule, static text; needed for every class but identical
 * Errors: none: the part of the range that lies past the end is ignored
 */
void assay_ledger_explain(struct assay_ledger *ledger, uint64_t offset, uint64_t length,
                          enum assay_class class, const char *rule);

/**
 * From now on only collect what is explained, until assay_ledger_settle: for explanations that come
 * in no order of their places, each of which would move all ranges behind it. What comes out is the
 * same. In between the ranges may lag behind, on the safe side: bytes that were explained are
 * unexplained still.
 */
void assay_ledger_gather(struct assay_ledger *ledger);

/** Sort in what was collected. Time: n log n for n ranges and explanations. */
void assay_ledger_settle(struct assay_ledger *ledger);

/**
 * Make the bytes of [offset, offset + length) at least as bad as class: used to hand a member's
 * class to the bytes that carry it, and to take an explanation back.
 */
void assay_ledger_worsen(struct assay_ledger *ledger, uint64_t offset, uint64_t length,
                         enum assay_class class, const char *rule);

/**
 * Compare two runs of bytes of equal length and mark the equal ones identical. When the ledger
 * gets too many ranges, short equal runs in between stay unexplained: never at the edge of what is
 * compared, so a rule for all of it, or for none of it, does what it would have done without.
 *
 * In: offset  where they begin in the delivered artefact
 */
void assay_ledger_compare(struct assay_ledger *ledger, uint64_t offset, const uint8_t *delivered,
                          const uint8_t *rebuilt, uint64_t length);

/**
 * Have at most wanted ranges, by giving equal bytes between different ones the class of those,
 * the shortest runs first. For ledgers to which no rule will be applied any more. Different bytes
 * keep class and rule, so there may remain more, and the worst class is what it was.
 */
void assay_ledger_shrink(struct assay_ledger *ledger, size_t wanted);

/** The index of the range that holds an offset; count behind the end. */
size_t assay_ledger_find(const struct assay_ledger *ledger, uint64_t offset);

/** Bytes in each class. */
void assay_ledger_sum(const struct assay_ledger *ledger, uint64_t bytes[ASSAY_CLASS_COUNT]);

/** The worst class of the bytes of [offset, offset + length); identical when there are none. */
enum assay_class assay_ledger_worst_of(const struct assay_ledger *ledger, uint64_t offset,
                                       uint64_t length);

/** The worst class with at least one byte; identical for an empty artefact. */
enum assay_class assay_ledger_worst(const struct assay_ledger *ledger);

/**
 * Check the invariant: ranges sorted, no gap, no overlap, none empty, rules named, sum = size; and
 * nothing is gathered.
 *
 * Errors: ASSAY_E_FORMAT  a bug in assay: the verdict must not be used
 */
ASSAY_CHECKED int assay_ledger_check(const struct assay_ledger *ledger, struct assay_error *err);

#endif
