/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was found in the field: one row for each partition of a dump, each file of a tree that is not
 * as it should be, each digest that a device reported.
 *
 * Layer:  field.
 * Limits: rows keep 32 ranges each, and a tree 1000 rows; what is left out is counted.
 */
#ifndef ASSAY_FIELD_FOUND_H
#define ASSAY_FIELD_FOUND_H

#include "base/json.h"
#include "model/reference.h"
#include "model/tier.h"

#define ASSAY_FOUND_RANGES 32
#define ASSAY_FOUND_ROWS 1000
#define ASSAY_FOUND_NONE SIZE_MAX

enum assay_found_state {
	ASSAY_FOUND_UNKNOWN, /* nothing in the release is called so; zero, so that it is no match */
	ASSAY_FOUND_MATCH,
	ASSAY_FOUND_EMPTY,    /* fill and nothing else */
	ASSAY_FOUND_EXCLUDED, /* not looked at */
	ASSAY_FOUND_DIFFERENT,
	ASSAY_FOUND_CUT, /* not there, or not to be read to its end */
};

const char *assay_found_state_name(enum assay_found_state state);

struct assay_found_range {
	uint64_t offset, length; /* in the memory */
};

/** Strings owned, quoted. */
struct assay_found_row {
	char *name;
	char *slot;  /* NULL: none */
	char *note;  /* NULL: nothing to add */
	size_t pack; /* the release that it was held against; ASSAY_FOUND_NONE: none */
	enum assay_found_state state;
	uint64_t offset, size;
	uint64_t match, padding, excluded, unexplained; /* bytes; together the size */
	struct assay_found_range ranges[ASSAY_FOUND_RANGES];
	size_t range_count, ranges_left_out;
};

struct assay_found_slot {
	const char *name; /* borrowed from the reference */
	size_t pack;      /* ASSAY_FOUND_NONE: none of those that are known */
	bool empty;
};

/** Zero-initialise. Owned. */
struct assay_found {
	size_t pack; /* the release it was held against; ASSAY_FOUND_NONE: none fits */
	struct assay_found_row *rows;
	size_t count, cap;
	size_t rows_left_out;
	struct assay_found_slot *slots;
	size_t slot_count, slot_cap;
	uint64_t oob;     /* bytes beside pages */
	uint64_t matched; /* files or digests that are as they should be */
	uint64_t excluded;
	struct assay_strings not_compared; /* what there may be beside, in words */
	const char *tree;                  /* the tree it was held against; borrowed; NULL: none */
	enum assay_exit status;            /* 0, 1 or 3 */
};

void assay_found_fini(struct assay_found *found);
#define ASSAY_AUTO_FOUND ASSAY_AUTO(assay_found_fini)

/** Append a row, zeroed but for its name, which is copied. Return: it, until the next one */
struct assay_found_row *assay_found_add(struct assay_found *found, const char *name,
                                        enum assay_found_state state);

/** Take off the rows from one on. */
void assay_found_drop(struct assay_found *found, size_t first);

/** Count bytes of a row as unexplained. Adjoining ranges become one. */
void assay_found_unexplained(struct assay_found_row *row, uint64_t offset, uint64_t length);

/** How many rows have a state. */
size_t assay_found_count(const struct assay_found *found, enum assay_found_state state);

#endif
