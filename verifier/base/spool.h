/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Room for large runs of bytes that need not stay in memory: a file without a name, mapped. The
 * kernel writes it out when memory gets tight. A process that was forked with a spool can use it
 * without opening anything; it must be the only one that does.
 *
 * Layer:  base.
 * Source: open(2) on O_TMPFILE, mmap(2), madvise(2) on MADV_POPULATE_WRITE and MADV_REMOVE.
 * Limits: one run grows at a time; only the room of the last run is used again. Room on the disk is
 *         taken before it is handed out, so that a full disk is an answer and no signal; a kernel
 *         before 5.14 cannot do that and has no spools.
 */
#ifndef ASSAY_BASE_SPOOL_H
#define ASSAY_BASE_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct assay_spool {
	uint8_t *base;  /* NULL: there is none */
	uint64_t size;  /* bytes of address space */
	uint64_t used;  /* the run that grows begins here */
	uint64_t ready; /* up to here there is room on the disk for the run that grows */
	bool growing;
};

/**
 * Make one.
 *
 * In:     folder, for a file of size bytes, which takes room only where it is written to
 * Errors: ASSAY_E_SYSTEM  the folder's file system cannot, or the kernel
 */
ASSAY_CHECKED int assay_spool_open(const char *folder, uint64_t size, struct assay_spool *out,
                                   struct assay_error *err);
void assay_spool_close(struct assay_spool *spool);

/** Begin a run. spool may be NULL. Return: NULL when there is no room, or another one grows */
uint8_t *assay_spool_begin(struct assay_spool *spool);

/**
 * Have room for the first length bytes of the run that grows, or a little more.
 *
 * Return: bytes of it that may be written to; fewer when there is no more room
 */
uint64_t assay_spool_room(struct assay_spool *spool, uint64_t length);

/** The run that grows has its length: bytes. Behind it another one may begin. */
void assay_spool_end(struct assay_spool *spool, uint64_t length);

/** Give back a run that has ended, or one that grows. */
void assay_spool_release(struct assay_spool *spool, uint8_t *ptr, uint64_t length);

#endif
