/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Transplants: a value that carries no code (a time, a UUID, a salt) is put from the delivered
 * file into the rebuilt one, what follows from it is computed again, and then the bytes must be
 * the delivered ones.
 *
 * A reader of formats/ marks such a value with the role OPAQUE and one of the rules here; a rule
 * that is not in this table transplants nothing. The values are recorded, so that a person can see
 * what was let through, and there is no room in the record for a payload.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_TRANSPLANT_H
#define ASSAY_COMPARE_TRANSPLANT_H

#include "compare/container.h"

/** Bytes that the record of one run may have; ours. A kernel's worth of times fits. */
#define ASSAY_TRANSPLANT_MAX ((uint64_t)64 << 10)

struct assay_transplant_rule {
	const char *id; /* with its version: what it lets through changed when the number did */
	const char *summary; /* one line: which bytes, and why they do not matter */
	bool resizes; /* the delivered value may be longer or shorter, or stand where the rebuilt
	                 file has none */
};

/** Sorted by id; ends with a row without one. */
extern const struct assay_transplant_rule assay_transplant_rules[];

/** The rule of this name; NULL: there is none. id may be NULL. */
const struct assay_transplant_rule *assay_transplant_find(const char *id);

/**
 * Take note of a value that is transplanted.
 *
 * In:     value: artefact and count are set here, the bytes are copied
 * Return: false when the record is full: then the value must not be transplanted. A finding says
 *         so, once.
 */
bool assay_transplant_note(struct assay_walk *walk, struct assay_node *node,
                           const struct assay_transplant *value);

/**
 * Where nothing worse than a transplant was found in a container: transplant, and demand the
 * delivered bytes. If they do not come out, the transplanted bytes become unexplained.
 *
 * In:  children, for each delivered entry; NULL where there is none
 * Out: node->image, for the container around it
 */
void assay_transplant_prove(struct assay_walk *walk, const struct assay_container *container,
                            struct assay_node *const *children);

#endif
