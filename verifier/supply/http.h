/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP transfers, several at a time in one thread. The only file of the project with network code
 * in it; without libcurl it says so and nothing else.
 *
 * Layer:  supply; not for other folders.
 * Source: RFC 9110; libcurl's multi interface.
 */
#ifndef ASSAY_SUPPLY_HTTP_H
#define ASSAY_SUPPLY_HTTP_H

#include <stdbool.h>

#include "base/error.h"
#include "base/span.h"

struct assay_http;

enum assay_http_outcome {
	ASSAY_HTTP_DONE,     /* the server has sent all there is */
	ASSAY_HTTP_FAILED,   /* no connection, cut off, stalled: may go better the next time */
	ASSAY_HTTP_GONE,     /* the server says no, or the URL cannot be used */
	ASSAY_HTTP_MISSING,  /* the server has no such file */
	ASSAY_HTTP_NO_RANGE, /* the server cannot begin where it was asked to */
	ASSAY_HTTP_STOPPED,  /* take said so */
};

struct assay_http_request {
	const char *url;   /* borrowed for the call of start */
	const char *proxy; /* NULL: what the environment says; "DIRECT": none */
	uint64_t offset;   /* first byte wanted */

	/** Called for each block. Return: false to stop the transfer */
	bool (*take)(void *context, struct assay_span block);
	void *context;
};

struct assay_http_result {
	void *context;
	enum assay_http_outcome outcome;
	char text[512]; /* why not, unless DONE */
};

ASSAY_CHECKED int assay_http_open(uint32_t connect_ms, uint32_t stall_ms, struct assay_http **out,
                                  struct assay_error *err);

/** Ends what is still going on. */
void assay_http_close(struct assay_http *http);

/** Begin a transfer. Redirects are followed to http and https only. */
ASSAY_CHECKED int assay_http_start(struct assay_http *http,
                                   const struct assay_http_request *request,
                                   struct assay_error *err);

/**
 * Go on with all transfers until one has ended, or for at most wait_ms.
 *
 * Return: 1 with *out filled, 0 when none has ended, -1 on error
 */
ASSAY_CHECKED int assay_http_next(struct assay_http *http, uint32_t wait_ms,
                                  struct assay_http_result *out, struct assay_error *err);

#endif
