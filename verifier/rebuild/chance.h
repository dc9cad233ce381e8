/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pinned random numbers: streams of bytes that depend on a seed and nothing else. Good enough
 * for names of temporary files and the order of hash tables; keys made from them are no secret.
 *
 * Layer:  rebuild. Pure.
 * Source: SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
 *         OOPSLA 2014, figure 17.
 */
#ifndef ASSAY_REBUILD_CHANCE_H
#define ASSAY_REBUILD_CHANCE_H

#include <stddef.h>
#include <stdint.h>

/* Streams by number: those of programs begin at ASSAY_CHANCE_PROGRAM. */
#define ASSAY_CHANCE_START 0  /* what the kernel puts on a new program's stack */
#define ASSAY_CHANCE_DEVICE 1 /* /dev/random and /dev/urandom, from their start */
#define ASSAY_CHANCE_PROGRAM                                                                       \
	2 /* getrandom(2) of a program; of a process that is none: its pid more */

/** Fill in the bytes of a stream from a position on, which is a multiple of 8. */
void assay_chance_fill(uint64_t seed, uint64_t stream, uint64_t position, void *out, size_t len);

#endif
