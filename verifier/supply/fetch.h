/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bring pinned files into the store: from beside a manifest, from the machine's Debian mirrors,
 * from a URL. What arrives counts only when size and SHA-256 are those of the pin, so where it
 * came from need not be trusted.
 *
 * Layer:  supply.
 * Source: RFC 9110, 14 for ranges; sources.list(5) and apt.conf(5) for mirrors and proxies.
 * Limits: http, https, file; a build --without-curl takes local files only.
 */
#ifndef ASSAY_SUPPLY_FETCH_H
#define ASSAY_SUPPLY_FETCH_H

#include "base/progress.h"
#include "store/store.h"

/** One file that is wanted. Everything is borrowed. */
struct assay_fetch_item {
	const char *name; /* for people */
	struct assay_sha256 sha256;
	uint64_t size; /* bytes */

	/**
	 * Where it may be, tried in turn: "debian:pool/…" below each mirror of the machine's apt,
	 * http://, https://, file:///…, or a path, relative to the options' folder.
	 */
	const char *const *from;
	size_t from_count;
};

/** Zero is the default of each. */
struct assay_fetch_options {
	const char *folder; /* what relative paths are relative to; NULL: the current folder */
	const struct assay_progress *progress; /* told bytes of all items together */
	uint32_t connect_ms;                   /* to reach a server: 15 s */
	uint32_t stall_ms;                     /* without one byte: 30 s */
	uint32_t parallel;                     /* transfers at once: 6 */
};

/**
 * Make sure that the store has every item, fetching what it has not. Transfers that were cut off
 * by an earlier end of the program are gone on with. Another process that fetches the same file
 * is waited for.
 *
 * In:     options may be NULL
 * Errors: ASSAY_E_PIN     something was found everywhere, but with other bytes
 *         ASSAY_E_TOOL    no candidate gave the file; the text says what was tried
 *         ASSAY_E_SYSTEM  the store cannot take it: disk full, not writable
 */
ASSAY_CHECKED int assay_fetch(struct assay_store *store, const struct assay_fetch_item *items,
                              size_t count, const struct assay_fetch_options *options,
                              struct assay_error *err);

#endif
