/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "supply/http.h"

#include "config.h"

#ifdef HAVE_CURL

#include <curl/curl.h>
#include <string.h>

#include "base/clock.h"
#include "base/demand.h"
#include "base/memory.h"
#include "base/quote.h"

#define REDIRECTS_MAX 5L
#define SCHEMES "http,https"
#define SONAME "libcurl.so.4" /* since 2006; libcurl's ABI page */

/* What we call of libcurl: curl.NAME is curl_NAME. */
#define FUNCTIONS(EACH)                                                                            \
	EACH(easy_cleanup)                                                                         \
	EACH(easy_getinfo)                                                                         \
	EACH(easy_init)                                                                            \
	EACH(easy_setopt)                                                                          \
	EACH(easy_strerror)                                                                        \
	EACH(global_init)                                                                          \
	EACH(multi_add_handle)                                                                     \
	EACH(multi_cleanup)                                                                        \
	EACH(multi_info_read)                                                                      \
	EACH(multi_init)                                                                           \
	EACH(multi_perform)                                                                        \
	EACH(multi_poll)                                                                           \
	EACH(multi_remove_handle)

static struct {
#define MEMBER(name) __typeof__(curl_##name) *name;
	FUNCTIONS(MEMBER)
#undef MEMBER
} curl;

static int load_curl(struct assay_error *err)
{
#define WANTED(name) { "curl_" #name, &curl.name },
	static const struct assay_demand wanted[] = { FUNCTIONS(WANTED) };
#undef WANTED

	return assay_demand_load(SONAME, wanted, ASSAY_ARRAY_LEN(wanted), err);
}

struct transfer {
	struct transfer *next;
	CURL *easy;
	bool (*take)(void *context, struct assay_span block);
	void *context;
	uint64_t
		last_ms; /* when something was last heard of it; at first, when it must be connected */
	bool stopped;
	char reason[CURL_ERROR_SIZE];
};

struct assay_http {
	CURLM *multi;
	struct transfer *transfers;
	uint32_t connect_ms, stall_ms;
};

int assay_http_open(uint32_t connect_ms, uint32_t stall_ms, struct assay_http **out,
                    struct assay_error *err)
{
	struct assay_http *http;

	if (load_curl(err) < 0)
		return -1;
	http = assay_calloc(1, sizeof(*http));
	http->connect_ms = connect_ms;
	http->stall_ms = stall_ms;
	if (curl.global_init(CURL_GLOBAL_DEFAULT) == 0)
		http->multi = curl.multi_init();
	if (http->multi == NULL) {
		free(http);
		return assay_fail(err, ASSAY_E_SYSTEM, "libcurl cannot be started");
	}
	*out = http;
	return 0;
}

static void end_transfer(struct assay_http *http, struct transfer *transfer)
{
	struct transfer **at = &http->transfers;

	while (*at != transfer)
		at = &(*at)->next;
	*at = transfer->next;
	(void)curl.multi_remove_handle(http->multi, transfer->easy);
	curl.easy_cleanup(transfer->easy);
	free(transfer);
}

void assay_http_close(struct assay_http *http)
{
	if (http == NULL)
		return;
	while (http->transfers != NULL)
		end_transfer(http, http->transfers);
	(void)curl.multi_cleanup(http->multi);
	free(http);
}

static size_t on_bytes(char *ptr, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;

	transfer->last_ms = assay_clock_monotonic_ms();
	if (transfer->take(transfer->context, assay_span_of(ptr, size * count)))
		return size * count;
	transfer->stopped = true;
	return 0;
}

static int set_options(const struct assay_http *http, struct transfer *transfer,
                       const struct assay_http_request *request)
{
	CURL *easy = transfer->easy;
	CURLcode bad = CURLE_OK;

#define SET(option, value) bad = bad != CURLE_OK ? bad : curl.easy_setopt(easy, option, value)
	SET(CURLOPT_URL, request->url);
	SET(CURLOPT_PROTOCOLS_STR, SCHEMES);
	SET(CURLOPT_REDIR_PROTOCOLS_STR, SCHEMES);
	SET(CURLOPT_FOLLOWLOCATION, 1L);
	SET(CURLOPT_MAXREDIRS, REDIRECTS_MAX);
	SET(CURLOPT_FAILONERROR, 1L);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)http->connect_ms);
	SET(CURLOPT_RESUME_FROM_LARGE, (curl_off_t)request->offset);
	SET(CURLOPT_WRITEFUNCTION, on_bytes);
	SET(CURLOPT_WRITEDATA, transfer);
	SET(CURLOPT_ERRORBUFFER, transfer->reason);
	SET(CURLOPT_PRIVATE, transfer);
	if (request->proxy != NULL)
		SET(CURLOPT_PROXY, strcmp(request->proxy, "DIRECT") == 0 ? "" : request->proxy);
#undef SET
	return bad == CURLE_OK ? 0 : -1;
}

int assay_http_start(struct assay_http *http, const struct assay_http_request *request,
                     struct assay_error *err)
{
	struct transfer *transfer = assay_calloc(1, sizeof(*transfer));

	transfer->take = request->take;
	transfer->context = request->context;
	transfer->last_ms = assay_clock_monotonic_ms() + http->connect_ms;
	transfer->easy = curl.easy_init();
	if (transfer->easy == NULL || set_options(http, transfer, request) < 0 ||
	    curl.multi_add_handle(http->multi, transfer->easy) != CURLM_OK) {
		curl.easy_cleanup(transfer->easy);
		free(transfer);
		return assay_fail(err, ASSAY_E_SYSTEM, "libcurl cannot start a transfer");
	}
	transfer->next = http->transfers;
	http->transfers = transfer;
	return 0;
}

/* What is not listed may go better the next time. */
static const struct {
	CURLcode code;
	enum assay_http_outcome outcome;
} outcomes[] = {
	{ CURLE_OK, ASSAY_HTTP_DONE },
	{ CURLE_RANGE_ERROR, ASSAY_HTTP_NO_RANGE },
	{ CURLE_URL_MALFORMAT, ASSAY_HTTP_GONE },
	{ CURLE_UNSUPPORTED_PROTOCOL, ASSAY_HTTP_GONE }, /* also a redirect to file:, say */
	{ CURLE_TOO_MANY_REDIRECTS, ASSAY_HTTP_GONE },
	{ CURLE_PEER_FAILED_VERIFICATION, ASSAY_HTTP_GONE },
};

static enum assay_http_outcome outcome_of(const struct transfer *transfer, CURLcode code)
{
	long status = 0;

	if (transfer->stopped)
		return ASSAY_HTTP_STOPPED;
	(void)curl.easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_HTTP_RETURNED_ERROR && status == 416) /* RFC 9110, 15.5.17 */
		return ASSAY_HTTP_NO_RANGE;
	if (code == CURLE_HTTP_RETURNED_ERROR && (status == 404 || status == 410))
		return ASSAY_HTTP_MISSING; /* RFC 9110, 15.5.5 and 15.5.11 */
	if (code == CURLE_HTTP_RETURNED_ERROR && status < 500)
		return ASSAY_HTTP_GONE;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(outcomes); i++)
		if (outcomes[i].code == code)
			return outcomes[i].outcome;
	return ASSAY_HTTP_FAILED;
}

static void fill_result(struct transfer *transfer, CURLcode code, struct assay_http_result *out)
{
	const char *why = *transfer->reason != '\0' ? transfer->reason : curl.easy_strerror(code);
	ASSAY_AUTO_FREE char *quoted = assay_quoted(why); /* a server's words may be in it */

	out->context = transfer->context;
	out->outcome = outcome_of(transfer, code);
	(void)snprintf(out->text, sizeof(out->text), "%s", quoted);
}

/* A transfer that libcurl says has ended. Return: 1 with *out filled, 0 for none */
static int take_ended(struct assay_http *http, struct assay_http_result *out)
{
	CURLMsg *message;
	int left;

	while ((message = curl.multi_info_read(http->multi, &left)) != NULL) {
		struct transfer *transfer = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		(void)curl.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
		fill_result(transfer, message->data.result, out);
		end_transfer(http, transfer);
		return 1;
	}
	return 0;
}

/* A transfer of which nothing was heard for too long. libcurl watches the connecting itself. */
static int take_stalled(struct assay_http *http, struct assay_http_result *out)
{
	uint64_t now = assay_clock_monotonic_ms();

	for (struct transfer *t = http->transfers; t != NULL; t = t->next) {
		if (now < t->last_ms + http->stall_ms)
			continue;
		out->context = t->context;
		out->outcome = ASSAY_HTTP_FAILED;
		(void)snprintf(out->text, sizeof(out->text), "nothing came for %u ms",
		               http->stall_ms);
		end_transfer(http, t);
		return 1;
	}
	return 0;
}

int assay_http_next(struct assay_http *http, uint32_t wait_ms, struct assay_http_result *out,
                    struct assay_error *err)
{
	int running;

	if (curl.multi_perform(http->multi, &running) != CURLM_OK)
		return assay_fail(err, ASSAY_E_SYSTEM, "libcurl fails");
	if (take_ended(http, out) || take_stalled(http, out))
		return 1;
	if (curl.multi_poll(http->multi, NULL, 0, (int)wait_ms, NULL) != CURLM_OK)
		return assay_fail(err, ASSAY_E_SYSTEM, "libcurl fails");
	return 0;
}

#else /* without libcurl */

#include <poll.h>

int assay_http_open(uint32_t connect_ms, uint32_t stall_ms, struct assay_http **out,
                    struct assay_error *err)
{
	(void)connect_ms;
	(void)stall_ms;
	*out = NULL;
	(void)err;
	return 0;
}

void assay_http_close(struct assay_http *http)
{
	(void)http;
}

int assay_http_start(struct assay_http *http, const struct assay_http_request *request,
                     struct assay_error *err)
{
	(void)http;
	(void)request;
	return assay_fail(err, ASSAY_E_TOOL, "this assay was built without network code");
}

int assay_http_next(struct assay_http *http, uint32_t wait_ms, struct assay_http_result *out,
                    struct assay_error *err)
{
	(void)http;
	(void)out;
	(void)err;
	(void)poll(NULL, 0, (int)wait_ms); /* another process may be fetching */
	return 0;
}

#endif
