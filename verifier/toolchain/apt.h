/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the machine's apt is configured to use: mirrors and proxies. apt is asked, its files are
 * not parsed. No mirror is known to this program itself.
 *
 * Layer:  toolchain.
 * Source: sources.list(5), apt.conf(5), apt-transport-http(1), apt-transport-mirror(1).
 * Limits: mirror lists are read for mirror+file: only; a Proxy-Auto-Detect program is not run.
 */
#ifndef ASSAY_TOOLCHAIN_APT_H
#define ASSAY_TOOLCHAIN_APT_H

#include "base/error.h"
#include "base/process.h"
#include "base/strings.h"

/**
 * Run a program of apt's with what its user set in the environment: APT_CONFIG and proxies.
 *
 * Errors: as assay_process_run
 */
ASSAY_CHECKED int assay_apt_run(const struct assay_strings *argv, uint64_t timeout_ms,
                                struct assay_buffer *out, struct assay_error *err);

/**
 * Ask for the places below which packages are kept: "http://…/debian", without a slash at the
 * end, in the order of the sources, each once.
 *
 * In:     more: arguments put behind "apt-get"; may be NULL
 * Errors: ASSAY_E_TOOL  apt is not there, or has no sources
 */
ASSAY_CHECKED int assay_apt_mirrors(const struct assay_strings *more, struct assay_strings *out,
                                    struct assay_error *err);

/** Like assay_apt_mirrors for this machine, with mirror+file: lists replaced by what they hold. */
ASSAY_CHECKED int assay_apt_bases(struct assay_strings *out, struct assay_error *err);

/** apt's proxies. Zero-initialise. Owned: assay_strings_fini. */
struct assay_apt_proxies {
	struct assay_strings settings; /* "http::Proxy=URL", "http::Proxy::HOST=URL", … */
};

ASSAY_CHECKED int assay_apt_proxies(struct assay_apt_proxies *out, struct assay_error *err);

/**
 * The proxy for a URL.
 *
 * Return: borrowed; "DIRECT" for none, NULL when apt says nothing about it
 */
const char *assay_apt_proxy_for(const struct assay_apt_proxies *proxies, const char *url);

#endif
