/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The machine that a build is shown, as its manifest chooses it.
 *
 * Layer: model. Strings as in model/manifest.h.
 */
#ifndef ASSAY_MODEL_MACHINE_H
#define ASSAY_MODEL_MACHINE_H

#include <stdint.h>

/** How a pinned clock goes on. */
enum assay_clock_mode {
	ASSAY_CLOCK_FIXED,  /* it does not: always the start */
	ASSAY_CLOCK_OFFSET, /* as the host's does */
	ASSAY_CLOCK_STEP,   /* by a second for each reading */
};

struct assay_clock_pin {
	enum assay_clock_mode mode;
	uint64_t start; /* seconds since 1970-01-01 UTC, when the container is made */
	uint32_t rate;  /* offset: times as fast as the host's; 0 is 1, as in all manifests */
};

struct assay_random_pin {
	uint64_t seed;
};

/** What programs inside are told about the machine. */
struct assay_machine {
	char *hostname;
	char *kernel_release; /* uname -r */
	char *kernel_version; /* uname -v */
	uint32_t cpus;        /* as nproc(1) and /proc/cpuinfo tell */
	uint64_t memory;      /* bytes, as /proc/meminfo and sysinfo(2) tell; not the limit */
	struct assay_clock_pin *clock;   /* the time of day; NULL: the host's */
	struct assay_random_pin *random; /* random numbers; NULL: the host's */
};

#endif
