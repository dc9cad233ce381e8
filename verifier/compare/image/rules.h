/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rules for address images: the only ways in which a byte of one that is not the same byte at
 * the same address of the other leaves the class unexplained.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_IMAGE_RULES_H
#define ASSAY_COMPARE_IMAGE_RULES_H

#include "formats/flat/image.h"

/**
 * Fill: bytes of the delivered file for addresses that the rebuilt file does not have.
 *
 * A raw binary can not leave out the addresses between two segments, UF2 writes whole pages, and
 * tools fill to a size. Such bytes have one value in the whole file, 00 or FF, so they carry
 * nothing but where they end, and what the reviewed source puts at no address nothing of it reads.
 * Bounds, so that no byte is set that means something to the device (an option byte, a fuse):
 * - they follow without a gap behind bytes that the rebuilt file has, or stand in the 256 bytes of
 *   the page in front of such bytes;
 * - a byte of another value among them is unexplained;
 * - bytes of a segment that are in none of its sections (the ELF header, zeros that align) may
 *   be missing or be such fill, but only where the rebuilt file is the ELF file and its section
 *   headers agree with its program headers.
 * The other way round, bytes of a rebuilt raw binary that the delivered file leaves out may be FF
 * only, which is what an erased device has there. Zeros may be a table that somebody left out.
 * Class: repacked.
 */
#define ASSAY_IMAGE_FILL_RULE "image/fill@1"

/**
 * Framing: how the image is cut into records and blocks, their lengths, addresses, numbers and
 * checksums, the ends of lines, the order. The readers of formats/flat/image.h refuse a file in which
 * any of these is false or more than the format has, so all of it follows from the data and from
 * the choices of a tool. A loader sees the data. Class: repacked.
 */
#define ASSAY_IMAGE_FRAMING_RULE "image/framing@1"

/**
 * Load address: a rebuilt raw binary does not say where it belongs, so it is laid where the
 * delivered file begins. Every byte behind that is compared; the address itself is the delivered
 * file's word, shown for the reader to hold against the device. The rebuilt ELF file would tell.
 * Class: transplanted.
 */
#define ASSAY_IMAGE_BASE_RULE "image/base@1"

/**
 * The rule for parts of a use that are no data; NULL: they must be equal.
 *
 * image/header@1: the text of an S0 record, where tools put the name of a file or of themselves.
 * Nothing of it goes to the device. At most 64 bytes, printable. Class: normalised.
 *
 * image/target@1: for which device an image is (UF2 family; vendor, product and device of a DFU
 * suffix), where the rebuilt file is of a format that does not say, or has no suffix. The value
 * stays on the host or in the bootloader, which refuses an image for another device; no byte of it
 * is written to memory. It is shown, and it is for the reader to know the device. Class:
 * transplanted.
 */
const char *assay_image_use_rule(enum assay_image_use use);

#define ASSAY_IMAGE_HEADER_MAX 64 /* bytes; objcopy writes at most 40 */

#endif
