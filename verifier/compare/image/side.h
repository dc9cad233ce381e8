/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One side of a comparison of address images: Intel HEX, S-records, UF2, the loadable segments of
 * an ELF file by their physical addresses, or a raw binary.
 *
 * Layer:  compare; private to this folder.
 * Source: gABI chapter 5: p_paddr; GNU objcopy, which takes load addresses from it (LMA) and
 *         leaves out what no section has.
 */
#ifndef ASSAY_COMPARE_IMAGE_SIDE_H
#define ASSAY_COMPARE_IMAGE_SIDE_H

#include "elf/elf.h"
#include "formats/flat/image.h"

/** Zero-initialise. Owned. */
struct assay_image_side {
	struct assay_image image;
	struct assay_elf elf; /* when is_elf */
	const char *name;     /* static text: "delivered" */
	bool is_elf;
	bool is_raw; /* has no addresses of its own */
};

/**
 * Whether two files are compared as address images: one has addresses, and they are not both ELF
 * files.
 */
bool assay_image_applies(struct assay_span a, struct assay_span b);

/**
 * Read a side. One that is raw gets its image from assay_image_side_lay.
 *
 * Errors: ASSAY_E_FORMAT, ASSAY_E_LIMIT  it can not be read as what it seems to be
 */
ASSAY_CHECKED int assay_image_side_init(struct assay_image_side *side, struct assay_span file,
                                        const char *name, struct assay_budget *budget,
                                        struct assay_error *err);
void assay_image_side_fini(struct assay_image_side *side);
#define ASSAY_AUTO_IMAGE_SIDE ASSAY_AUTO(assay_image_side_fini)

/**
 * Lay a raw binary where the other side's data begins, or at 0 when that is raw too. Nothing to do
 * for a side that is not raw.
 */
ASSAY_CHECKED int assay_image_side_lay(struct assay_image_side *side,
                                       const struct assay_image_side *other,
                                       struct assay_error *err);

#endif
