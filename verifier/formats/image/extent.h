/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long an image is that something else may stand behind.
 *
 * Layer: formats; for readers only.
 */
#ifndef ASSAY_FORMATS_IMAGE_EXTENT_H
#define ASSAY_FORMATS_IMAGE_EXTENT_H

#include "base/span.h"

/** A legacy U-Boot image with a true header CRC. Return: false when there is none, or not all. */
bool assay_uimage_extent(struct assay_span span, uint64_t *length);

/** A device tree, with the data behind it when it is a FIT. Return: as above. */
bool assay_fdt_extent(struct assay_span span, uint64_t *length);

/** A TRX image with a true CRC. Return: as above. */
bool assay_trx_extent(struct assay_span span, uint64_t *length);

/** A firmware image package of Arm Trusted Firmware. Return: as above. */
bool assay_fip_extent(struct assay_span span, uint64_t *length);

#endif
