/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The suffix that tools for USB device firmware upgrade put behind an image of any format. It
 * stays on the host: it tells which device the image is for, and that it is whole.
 *
 * Layer:  formats.
 * Source: USB Device Firmware Upgrade 1.1, appendix B ("DFU File Suffix"); ST UM0391 for 0x011a.
 * Limits: a suffix with room for more (bLength over 16) is none; nor is one with a false checksum.
 */
#ifndef ASSAY_FORMATS_FLAT_DFU_H
#define ASSAY_FORMATS_FLAT_DFU_H

#include "formats/flat/image.h"

#define ASSAY_DFU_SUFFIX 16 /* bytes */

/** Whether a file ends with a suffix that is true. */
bool assay_dfu_has_suffix(struct assay_span file);

/** Append the suffix's parts, when there is one behind the body of an image. */
void assay_dfu_add(struct assay_image *image);

#endif
