/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a pinned file may be: hints of a manifest become URLs and paths.
 *
 * Layer: supply; not for other folders.
 */
#ifndef ASSAY_SUPPLY_CANDIDATES_H
#define ASSAY_SUPPLY_CANDIDATES_H

#include <stdbool.h>

#include "supply/fetch.h"
#include "toolchain/apt.h"

/** What this machine knows, asked for once and only when it is needed. Zero-initialise. */
struct assay_places {
	const char *folder; /* of relative paths; NULL: the current one */
	bool bases_known, proxies_known;
	struct assay_strings bases;
	struct assay_apt_proxies proxies;
};

void assay_places_fini(struct assay_places *places);
#define ASSAY_AUTO_PLACES ASSAY_AUTO(assay_places_fini)

/**
 * Expand an item's hints.
 *
 * Out:    *out appended to: absolute paths, and http(s) URLs, each once
 * Errors: ASSAY_E_USAGE  a hint of another kind
 *         ASSAY_E_TOOL   apt cannot be asked for its mirrors
 */
ASSAY_CHECKED int assay_candidates(struct assay_places *places, const struct assay_fetch_item *item,
                                   struct assay_strings *out, struct assay_error *err);

/** The proxy for a URL, as struct assay_http_request wants it. */
const char *assay_places_proxy(struct assay_places *places, const char *url);

#endif
