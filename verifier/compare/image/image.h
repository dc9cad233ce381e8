/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compare two files by which byte goes to which address: Intel HEX, S-records, UF2, ELF files and
 * raw binaries, each against each, with or without a DFU suffix.
 *
 * What the rebuilt file does not say it can not vouch for: a delivered ELF file against a rebuilt
 * flat image is judged for the bytes that are loaded, and everything else in it is unexplained.
 *
 * Layer:  compare.
 * Limits: ELF files as in elf/elf.h, whose segments share no bytes. Two ELF files are compared by
 *         compare/elfcmp/.
 */
#ifndef ASSAY_COMPARE_IMAGE_IMAGE_H
#define ASSAY_COMPARE_IMAGE_IMAGE_H

#include "compare/node.h"

/**
 * Compare the two sides of a node as address images.
 *
 * In:     a pair for which assay_image_applies
 * Out:    the node's ledger covers every delivered byte; findings appended to it. A file that
 *         cannot be read as what it seems to be makes it inconclusive.
 */
void assay_node_compare_image(struct assay_walk *walk, struct assay_node *node);

#endif
