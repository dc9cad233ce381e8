/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What this host can pin: every row of the pins table, tried.
 *
 * Layer: rebuild.
 */
#ifndef ASSAY_REBUILD_DOCTOR_H
#define ASSAY_REBUILD_DOCTOR_H

#include "base/error.h"
#include "rebuild/pins.h"

enum assay_finding_state {
	ASSAY_PINNED,
	ASSAY_NOT_PINNED, /* this host cannot */
	ASSAY_ON_REQUEST, /* where the manifest asks for it */
	ASSAY_NEVER,      /* no host can, at these levels */
};

struct assay_checkup {
	enum assay_finding_state state;
	char *why;        /* not pinned: what went wrong; else NULL. Owned */
	const char *todo; /* not pinned: what to do; NULL when there is nothing */
};

/** Zero-initialise. Owned. */
struct assay_diagnosis {
	struct assay_checkup pins[ASSAY_PIN_COUNT];
	const char *level; /* "L1", "L0"; NULL: no build can run here */
	uint32_t cpus;     /* that this process may use */
	uint64_t memory;   /* bytes, available */
	uint64_t disk;     /* bytes, free in the store */
	char kernel[65];   /* uname -r */
};

void assay_diagnosis_fini(struct assay_diagnosis *diagnosis);
#define ASSAY_AUTO_DIAGNOSIS ASSAY_AUTO(assay_diagnosis_fini)

/** Try everything. In: store  an existing folder on the file system of the store */
ASSAY_CHECKED int assay_doctor(const char *store, struct assay_diagnosis *out,
                               struct assay_error *err);

/** Bytes of memory that this machine can give to builds; 0 when that is not known. */
uint64_t assay_doctor_memory(void);

#endif
