/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Libraries on demand: what few commands need, and what takes longer to load than the others take
 * to do their work (libcurl brings thirty further libraries with it).
 *
 * Layer:  base.
 * Source: dlopen(3): the library is found as the program's own are.
 * Limits: a library stays until the program ends.
 */
#ifndef ASSAY_BASE_DEMAND_H
#define ASSAY_BASE_DEMAND_H

#include <stddef.h>

#include "base/error.h"

/** A function of the library, and where a pointer to it is wanted. */
struct assay_demand {
	const char *name;
	void *into; /* address of a pointer to a function */
};

/**
 * Load a library and look up functions in it. Not where the root is not the host's: the library
 * would be somebody else's.
 *
 * In:     soname, with the number of the interface that our headers have: "libx.so.4"
 * Out:    all pointers, or none
 * Errors: ASSAY_E_TOOL  it is not there, or lacks a function
 */
ASSAY_CHECKED int assay_demand_load(const char *soname, const struct assay_demand *wanted,
                                    size_t count, struct assay_error *err);

#endif
