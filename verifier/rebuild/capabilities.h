/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Capabilities: keep some, drop the others for good.
 *
 * Layer:  rebuild.
 * Source: capabilities(7), linux/capability.h.
 */
#ifndef ASSAY_REBUILD_CAPABILITIES_H
#define ASSAY_REBUILD_CAPABILITIES_H

#include <stdint.h>

#include "base/error.h"

/**
 * Keep only the capabilities whose bits are set (1 << CAP_KILL), in the effective and permitted
 * sets, and none in the bounding, inheritable and ambient sets: a program that is executed later
 * gets none.
 */
ASSAY_CHECKED int assay_capabilities_keep(uint64_t kept, struct assay_error *err);

/** For the time being, use only these of those that were kept. */
ASSAY_CHECKED int assay_capabilities_use(uint64_t used, struct assay_error *err);

#endif
