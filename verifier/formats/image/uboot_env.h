/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a U-Boot environment is: for those who look for one in a flash image.
 *
 * Layer: formats; private to this layer's readers.
 */
#ifndef ASSAY_FORMATS_IMAGE_UBOOT_ENV_H
#define ASSAY_FORMATS_IMAGE_UBOOT_ENV_H

#include "base/span.h"

struct assay_uboot_env {
	uint64_t header; /* bytes in front of the variables: 4, with a flag 5 */
	uint64_t size;   /* bytes that the CRC covers, and the header */
};

/** Whether a span begins with an environment: text that looks like one, with a true CRC. */
bool assay_uboot_env_is(struct assay_span span, struct assay_uboot_env *out);

#endif
