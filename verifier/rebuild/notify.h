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

#include <sys/types.h>

#include "base/error.h"
#include "model/manifest.h"
#include "rebuild/moment.h"

/** When the filter asks about a call. */
struct assay_notify_rule {
	int call;
	bool conditional; /* only where argument arg is, or is not, value */
	bool equal;
	unsigned arg;
	uint64_t value;
};

/** Rule number index for a machine. Return: false behind the last one */
bool assay_notify_rule(const struct assay_machine *machine, size_t index,
                       struct assay_notify_rule *out);

/**
 * The sixth argument of an execve(2) that nobody is asked about, as it is made by us: the kernel
 * looks at three. The bytes of "not-init".
 */
#define ASSAY_NOTIFY_EXEC UINT64_C(0x74696e692d746f6e)

/** Refusals of one kind by programs of one name. */
struct assay_refusal {
	char comm[17]; /* as the kernel has it: 15 bytes of input, not quoted */
	int call;      /* socket or socketpair */
	int family;
	uint64_t count;
};

/** How many pinned random bytes a process has drawn. */
struct assay_stream {
	bool program; /* begun by execve(2) */
	uint64_t position;
};

#define ASSAY_REFUSALS_MAX 256 /* ours: programs can call themselves anything */

struct assay_notify {
	const struct assay_machine *machine; /* borrowed */
	struct seccomp_notif *request;       /* owned, of the kernel's size */
	struct seccomp_notif_resp *response; /* owned */
	size_t request_size;
	struct assay_moment moment;   /* when the clock is pinned */
	dev_t disk;                   /* where the build's files are */
	struct assay_stream *streams; /* by pid, when random numbers are pinned; owned */
	size_t stream_cap;
	bool unchanged; /* programs that kept the kernel's clock and random bytes */
	struct assay_refusal refusals[ASSAY_REFUSALS_MAX];
	unsigned refusal_count;
	uint64_t more; /* refusals that found no room */
};

ASSAY_CHECKED int assay_notify_init(struct assay_notify *notify,
                                    const struct assay_machine *machine, struct assay_error *err);

/** Prepare a new descriptor: where the kernel can, answers are handed over without a detour. */
void assay_notify_tune(int fd);

/** A process stopped: see trace.h. Call it for every stop that waitpid(2) tells. */
void assay_notify_stop(struct assay_notify *notify, pid_t pid, int status, bool first);

/** Take one question from the descriptor and answer it. */
void assay_notify_answer(struct assay_notify *notify, int fd);

/** "socket" or "socketpair", and "AF_INET", or NULL when the family has no name here. */
const char *assay_refusal_call(const struct assay_refusal *refusal);
const char *assay_refusal_family(const struct assay_refusal *refusal);

#endif
