/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Make the checksums of a container that was changed true again: what a mutation would never hit,
 * and an attacker does.
 */
#ifndef ASSAY_TESTS_FUZZ_REPAIR_H
#define ASSAY_TESTS_FUZZ_REPAIR_H

#include "base/span.h"

#define REPAIR_ALL SIZE_MAX

/**
 * Repair tar headers and images.
 *
 * In: changed, the place of the one change: the block around it is repaired, unless the change was
 *     in a checksum itself; REPAIR_ALL for everything
 */
void repair_checksums(struct assay_bytes *file, size_t changed);

#endif
