/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Work on hostile bytes, done in a process of its own that can do nothing else. What comes back is
 * bytes, which the caller reads as it would read any input; when nothing comes back, the caller
 * learns how the process ended and where it was.
 *
 * Layer:  unpack. See sandbox.h for what the process may do.
 * Limits: the caller must have one thread only, and have all inputs in memory (mapped): the
 *         process opens nothing. It must hold no keys: the process is a copy of it.
 */
#ifndef ASSAY_UNPACK_WORKER_H
#define ASSAY_UNPACK_WORKER_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/progress.h"

/** Runs inside: appends the answer to out. progress tells the other side where it is. */
typedef int assay_worker_work(void *context, const struct assay_progress *progress,
                              struct assay_buffer *out, struct assay_error *err);

struct assay_worker {
	assay_worker_work *work;
	void *context;                    /* for work; its changes stay inside */
	void (*meanwhile)(void *context); /* runs here, in a thread, while work runs; may be NULL */
	const struct assay_progress *progress; /* hears what work tells; NULL: nobody listens */
	uint64_t timeout_ms;                   /* then it is killed */
	uint64_t memory;                       /* bytes of address space */
	uint64_t answer_max;                   /* bytes */
};

/** How it ended when there is no answer. */
struct assay_worker_end {
	char why[256]; /* one line for people, quoted: "killed by signal 11 (Segmentation fault)" */
	char place[2048]; /* what it told last, quoted; empty: nothing */
};

/** A process that was started. Owned; free with assay_worker_wait or assay_worker_drop. */
struct assay_working;

/**
 * Start work inside. Several may be at work at a time, if none of them has a meanwhile.
 *
 * In:     worker, borrowed until the process is gone
 * Errors: ASSAY_E_SYSTEM  no process
 */
ASSAY_CHECKED int assay_worker_start(const struct assay_worker *worker, struct assay_working **out,
                                     struct assay_error *err);

/**
 * Wait for the end and take the answer. Whatever becomes of it, meanwhile has run to its end, and
 * the process is gone. Its time counts from here, so that it does not lose any to those before it.
 *
 * Out:    *answer, bytes of work's choice: input; *end, when there is none
 * Return: 1 with an answer; 0 with an end; -1 on an error, of work's or of ours
 * Errors: those of work, and ASSAY_E_SYSTEM  this host cannot lock it in
 */
ASSAY_CHECKED int assay_worker_wait(struct assay_working *working, struct assay_buffer *answer,
                                    struct assay_worker_end *end, struct assay_error *err);

/** Kill it. NULL is no error. */
void assay_worker_drop(struct assay_working *working);

static inline void assay_cleanup_working(struct assay_working **working)
{
	assay_worker_drop(*working);
}
#define ASSAY_AUTO_WORKING ASSAY_AUTO(assay_cleanup_working)

/** Start and wait. */
ASSAY_CHECKED int assay_worker_run(const struct assay_worker *worker, struct assay_buffer *answer,
                                   struct assay_worker_end *end, struct assay_error *err);

#endif
