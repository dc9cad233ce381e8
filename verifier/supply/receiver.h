/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A pinned file on its way into the store: bytes are written to a part and digested as they come;
 * never more of them than the pin allows.
 *
 * Layer: supply; not for other folders.
 */
#ifndef ASSAY_SUPPLY_RECEIVER_H
#define ASSAY_SUPPLY_RECEIVER_H

#include "store/work.h"
#include "supply/fetch.h"

struct assay_receiver {
	struct assay_store *store;
	const struct assay_fetch_item *item;
	struct assay_store_lock lock;
	int fd;
	struct assay_hasher *hasher;
	uint64_t have;          /* bytes in the part */
	uint64_t resumed;       /* of those, not from the present candidate */
	bool too_long;          /* a candidate had more bytes than the pin */
	struct assay_error err; /* why bytes could not be taken, when code is set */
};
#define ASSAY_RECEIVER_INIT                                                                        \
	{                                                                                          \
		.lock = ASSAY_STORE_LOCK_INIT, .fd = -1                                            \
	}

enum assay_receiver_state {
	ASSAY_RECEIVER_BUSY, /* another process is fetching it */
	ASSAY_RECEIVER_HAS,  /* the store has it */
	ASSAY_RECEIVER_OPEN, /* bytes are wanted, from receiver->have on */
};

/** Begin. Return: 0 with *state set, -1 on error */
ASSAY_CHECKED int assay_receiver_open(struct assay_receiver *receiver,
                                      enum assay_receiver_state *state, struct assay_error *err);

/** Let go; what has come stays for the next time. */
void assay_receiver_close(struct assay_receiver *receiver);

/** Take a block. Return: false when it cannot be taken: too_long or err says why */
bool assay_receiver_take(struct assay_receiver *receiver, struct assay_span block);

/** Forget what has come. */
ASSAY_CHECKED int assay_receiver_restart(struct assay_receiver *receiver, struct assay_error *err);

/**
 * All that the candidate has was taken: store it, if it is what was pinned.
 *
 * Out:    *found its digest, when it is not
 * Return: 1 stored, 0 other bytes than pinned, -1 on error
 */
ASSAY_CHECKED int assay_receiver_finish(struct assay_receiver *receiver, struct assay_sha256 *found,
                                        struct assay_error *err);

#endif
