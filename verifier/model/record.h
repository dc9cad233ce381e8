/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The record of one build: how it ended, what it used, what it tried, what could not be pinned.
 *
 * Layer: model.
 */
#ifndef ASSAY_MODEL_RECORD_H
#define ASSAY_MODEL_RECORD_H

#include <stdint.h>

#include "base/digest.h"
#include "base/strings.h"
#include "model/inventory.h"

/** How a build ended. Every limit has its own outcome. */
enum assay_outcome {
	ASSAY_OUTCOME_BUILT,
	ASSAY_OUTCOME_FAILED, /* a step exited with another status than 0, or by a signal */
	ASSAY_OUTCOME_LIMIT_WALL,
	ASSAY_OUTCOME_LIMIT_SILENCE,
	ASSAY_OUTCOME_LIMIT_MEMORY,
	ASSAY_OUTCOME_LIMIT_PROCESSES,
	ASSAY_OUTCOME_LIMIT_DISK,
	ASSAY_OUTCOME_LIMIT_LOG,
	ASSAY_OUTCOME_INTERRUPTED, /* by the person who ran it */
	ASSAY_OUTCOME_BAD_OUTPUT,  /* an output is missing or is not a regular file */
};

/** Static text: "built", "failed", "limit-wall" … */
const char *assay_outcome_name(enum assay_outcome outcome);

/** One output, as it was collected. */
struct assay_built_output {
	char *name; /* as in the manifest; the file's name in the result folder */
	uint64_t size;
	struct assay_sha256 sha256;
};

/** Zero-initialise. Owned. */
struct assay_build_record {
	enum assay_outcome outcome;
	unsigned step;     /* index of the step that ended the build */
	int exit_status;   /* of that step, as a shell reports it: 128 + N for signal N */
	char *detail;      /* one line for people: what to do; NULL when built */
	const char *level; /* static text: "L0", "L1" */
	char *profile;     /* SHA-256 of the profile that the manifest names, NULL: none */
	struct assay_strings unpinned;   /* "key: reason", sorted: what this host could not pin */
	struct assay_sha256 probe;       /* of the program that looked around inside */
	struct assay_strings pinned;     /* "key: value", sorted: what it saw of pinned rows */
	struct assay_sha256 environment; /* of these, a line each: the same on every host */
	struct assay_strings seen;       /* "key: value", sorted: what it saw of the others */
	struct assay_inventory sources;  /* in the build folder, before the first step */
	struct assay_strings events; /* "make[12]: socket(AF_INET, …) refused (3 times)", sorted */
	uint64_t wall_ms;
	uint64_t cpu_ms;                /* user and system time of all processes */
	uint64_t memory_peak;           /* bytes, largest sum seen */
	uint64_t log_size;              /* bytes of output, all of it */
	struct assay_sha256 log_sha256; /* of the log as it was kept */
	char *log_path;
	char *log_tail; /* the last 40 lines, unquoted */
	struct assay_built_output *outputs;
	size_t output_count, output_cap;
};

void assay_build_record_fini(struct assay_build_record *record);
#define ASSAY_AUTO_BUILD_RECORD ASSAY_AUTO(assay_build_record_fini)

#endif
