/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses and bytes of images, in words. Names from files are quoted.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_IMAGE_SAY_H
#define ASSAY_COMPARE_IMAGE_SAY_H

#include "base/buffer.h"
#include "compare/image/walk.h"

/** Append an address and, where the side is an ELF file, what is there: "address 0x8000123
 *  (section .text, main+4)". */
void assay_image_say_place(struct assay_buffer *out, const struct assay_image_side *side,
                           uint64_t address);

/**
 * Append both bytes of a run that has a counterpart, when they are few.
 *
 * In: length, bytes of this run and those that go on behind it
 */
void assay_image_say_values(struct assay_buffer *out, const struct assay_image_run *run,
                            uint64_t length);

/** Append what a side is: "Intel HEX, 8192 bytes in 2 runs from 0x8000000". */
void assay_image_say_side(struct assay_buffer *out, const struct assay_image_side *side);

#endif
