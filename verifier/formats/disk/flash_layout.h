/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a flash memory is divided, as a person says it: the words that the kernel is given.
 *
 * Layer:  formats. Text in, struct out.
 * Source: Linux, drivers/mtd/parsers/cmdlinepart.c.
 * Limits: one device. Of partitions inside each other (ath79 boards have "firmware" around "kernel"
 *         and "rootfs") the outer one says nothing that the inner ones do not, and is left out.
 */
#ifndef ASSAY_FORMATS_DISK_FLASH_LAYOUT_H
#define ASSAY_FORMATS_DISK_FLASH_LAYOUT_H

#include "base/error.h"

#define ASSAY_FLASH_REST UINT64_MAX /* a size: up to the end of the memory */

struct assay_flash_region {
	char *name;      /* owned */
	uint64_t offset; /* bytes */
	uint64_t length; /* bytes, or ASSAY_FLASH_REST */
};

/** In the order of offsets. Zero-initialise; free with assay_flash_layout_fini. */
struct assay_flash_layout {
	struct assay_flash_region *regions;
	size_t count, cap;
};

/**
 * Read "mtdparts=spi0.0:256k(u-boot)ro,64k(env),-(firmware)", with or without the word in front.
 *
 * Errors: ASSAY_E_USAGE  not of this form, several devices, regions that overlap, a name twice
 */
ASSAY_CHECKED int assay_flash_layout_parse(const char *text, struct assay_flash_layout *out,
                                           struct assay_error *err);
void assay_flash_layout_fini(struct assay_flash_layout *layout);
#define ASSAY_AUTO_FLASH_LAYOUT ASSAY_AUTO(assay_flash_layout_fini)

#endif
