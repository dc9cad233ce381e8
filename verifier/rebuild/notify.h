/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Init's answers to the system calls that the filter hands to it: what the machine is called and
 * has, and refused sockets, which are counted.
 *
 * Layer:  rebuild. Runs in init; waits for nothing but the question at hand.
 * Source: seccomp_unotify(2).
 */
#ifndef ASSAY_REBUILD_NOTIFY_H
#define ASSAY_REBUILD_NOTIFY_H

#include "base/error.h"
#include "model/manifest.h"

/** Calls that init answers whatever their arguments; sockets come on top, by the filter's rules. */
#define ASSAY_NOTIFY_CALLS 3
int assay_notify_call(size_t index);

/** Refusals of one kind by programs of one name. */
struct assay_refusal {
	char comm[17]; /* as the kernel has it: 15 bytes of input, not quoted */
	int call;      /* socket or socketpair */
	int family;
	uint64_t count;
};

#define ASSAY_REFUSALS_MAX 256 /* ours: programs can call themselves anything */

struct assay_notify {
	const struct assay_machine *machine; /* borrowed */
	struct seccomp_notif *request;       /* owned, of the kernel's size */
	struct seccomp_notif_resp *response; /* owned */
	size_t request_size;
	struct assay_refusal refusals[ASSAY_REFUSALS_MAX];
	unsigned refusal_count;
	uint64_t more; /* refusals that found no room */
};

ASSAY_CHECKED int assay_notify_init(struct assay_notify *notify,
                                    const struct assay_machine *machine, struct assay_error *err);

/** Prepare a new descriptor: where the kernel can, answers are handed over without a detour. */
void assay_notify_tune(int fd);

/** Take one question from the descriptor and answer it. */
void assay_notify_answer(struct assay_notify *notify, int fd);

/** "socket" or "socketpair", and "AF_INET", or NULL when the family has no name here. */
const char *assay_refusal_call(const struct assay_refusal *refusal);
const char *assay_refusal_family(const struct assay_refusal *refusal);

#endif
