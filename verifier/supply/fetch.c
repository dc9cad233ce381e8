/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "supply/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/quote.h"
#include "supply/candidates.h"
#include "supply/http.h"
#include "supply/receiver.h"

#define CONNECT_MS 15000
#define STALL_MS 30000
#define PARALLEL 6 /* apt uses fewer, but for each host */
#define PARALLEL_MAX 64
#define ROUNDS 2    /* how often a server that fails is asked */
#define WAIT_MS 100 /* between looks at locks of other processes */
#define TELL_MS 50  /* between reports of progress */

enum state {
	WAITING, /* for a slot, or for another process */
	ACTIVE,  /* a transfer is going on */
	DONE,
};

/* One file that the store has not. */
struct wanted {
	struct fetching *fetching; /* that it is part of */
	const struct assay_fetch_item *item;
	struct assay_receiver receiver;
	struct assay_strings candidates;
	bool *given_up; /* for each candidate */
	size_t next;    /* candidate to try, counted over the rounds */
	enum state state;
	struct assay_buffer tried; /* what each candidate gave, for the error */
	size_t missing;            /* so many of them have no such file */
	bool wrong;                /* one of them gave other bytes */
};

struct fetching {
	struct assay_store *store;
	struct assay_fetch_options options;
	struct assay_places places;
	struct assay_http *http;
	struct wanted *wanted;
	size_t count, active, done;
	uint64_t total; /* bytes of all */
	uint64_t told_ms;
};

/* A candidate as it may be shown: quoted, and without the password that a URL can hold. */
static char *shown(const char *candidate)
{
	const char *host = strstr(candidate, "://");
	const char *at = host != NULL ? memchr(host + 3, '@', strcspn(host + 3, "/")) : NULL;
	ASSAY_AUTO_FREE char *plain =
		at == NULL ? assay_strdup(candidate)
			   : assay_asprintf("%.*s…%s", (int)(host + 3 - candidate), candidate, at);

	return assay_quoted(plain);
}

static void note(struct wanted *wanted, const char *candidate, const char *text)
{
	ASSAY_AUTO_FREE char *quoted = shown(candidate);

	/* The second round says nothing new, and the error's text is short. */
	if (wanted->next <= wanted->candidates.count)
		assay_buffer_printf(&wanted->tried, "%s%s: %s", wanted->tried.len > 0 ? "; " : "",
		                    quoted, text);
}

static const char *candidate_of(const struct wanted *wanted)
{
	return wanted->candidates.items[(wanted->next - 1) % wanted->candidates.count];
}

/* Do not ask the present candidate again. */
static void give_up(struct wanted *wanted, const char *why)
{
	note(wanted, candidate_of(wanted), why);
	wanted->given_up[(wanted->next - 1) % wanted->candidates.count] = true;
}

static void tell(struct fetching *fetching, const struct wanted *wanted)
{
	uint64_t now = assay_clock_monotonic_ms(), done = 0;

	if (now - fetching->told_ms < TELL_MS && fetching->done < fetching->count)
		return;
	fetching->told_ms = now;
	for (size_t i = 0; i < fetching->count; i++)
		done += fetching->wanted[i].state == DONE ? fetching->wanted[i].item->size
		                                          : fetching->wanted[i].receiver.have;
	assay_progress_tell(fetching->options.progress, ASSAY_STAGE_FETCH, done, fetching->total,
	                    wanted->item->name);
}

static void finish(struct fetching *fetching, struct wanted *wanted)
{
	assay_receiver_close(&wanted->receiver);
	fetching->active -= wanted->state == ACTIVE;
	wanted->state = DONE;
	fetching->done++;
	tell(fetching, wanted);
}

/* Everything of a candidate was taken. Return: 1 stored, 0 not what was pinned, -1 on error */
static int check(struct fetching *fetching, struct wanted *wanted, struct assay_error *err)
{
	uint64_t have = wanted->receiver.have;
	bool resumed = wanted->receiver.resumed > 0;
	char hex[ASSAY_SHA256_HEX], text[160];
	struct assay_sha256 found;
	int good = assay_receiver_finish(&wanted->receiver, &found, err);

	if (good < 0)
		return -1;
	if (good > 0) {
		finish(fetching, wanted);
		return 1;
	}
	if (resumed) { /* the fault may lie in what was there before */
		wanted->next--;
		return 0;
	}
	assay_sha256_hex(&found, hex);
	(void)snprintf(text, sizeof(text), "%" PRIu64 " bytes with SHA-256 %s", have, hex);
	give_up(wanted, text);
	wanted->wrong = true;
	return 0;
}

/* The candidate had more bytes than the pin, or the store cannot take them. */
static int refuse(struct wanted *wanted, struct assay_error *err)
{
	char text[80];

	if (!wanted->receiver.too_long) {
		*err = wanted->receiver.err;
		return -1;
	}
	if (wanted->receiver.resumed > 0) {
		wanted->next--;
	} else {
		(void)snprintf(text, sizeof(text), "more than %" PRIu64 " bytes",
		               wanted->item->size);
		give_up(wanted, text);
		wanted->wrong = true;
	}
	return assay_receiver_restart(&wanted->receiver, err);
}

static int copy_file(struct wanted *wanted, int fd, struct assay_error *err)
{
	ASSAY_AUTO_FREE uint8_t *block = assay_calloc(1, 1 << 17);
	ssize_t got;

	if (assay_receiver_restart(&wanted->receiver, err) < 0)
		return -1;
	while ((got = read(fd, block, 1 << 17)) > 0)
		if (!assay_receiver_take(&wanted->receiver, assay_span_of(block, (size_t)got)))
			return refuse(wanted, err) < 0 ? -1 : 0;
	return got < 0 ? assay_fail_errno(err, "read %s", candidate_of(wanted)) : 1;
}

/* Take a candidate that is a local file. Return: 0, -1 on error */
static int take_local(struct fetching *fetching, struct wanted *wanted, struct assay_error *err)
{
	const char *path = candidate_of(wanted);
	ASSAY_AUTO_CLOSE int fd = -1;
	struct stat st = { 0 };
	int copied;

	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		wanted->missing += fd < 0 && errno == ENOENT;
		give_up(wanted, fd < 0 ? strerror(errno) : "not a file");
		return 0;
	}
	copied = copy_file(wanted, fd, err);
	if (copied > 0)
		return check(fetching, wanted, err) < 0 ? -1 : 0;
	return copied;
}

static bool on_block(void *context, struct assay_span block)
{
	struct wanted *wanted = context;
	bool taken = assay_receiver_take(&wanted->receiver, block);

	tell(wanted->fetching, wanted);
	return taken;
}

static int start_remote(struct fetching *fetching, struct wanted *wanted, struct assay_error *err)
{
	const char *url = candidate_of(wanted);
	struct assay_http_request request = { .url = url,
		                              .proxy = assay_places_proxy(&fetching->places, url),
		                              .offset = wanted->receiver.have,
		                              .take = on_block,
		                              .context = wanted };

	wanted->receiver.resumed = wanted->receiver.have;
	if (assay_http_start(fetching->http, &request, err) < 0)
		return assay_fail_in(err, "%s", wanted->item->name);
	wanted->state = ACTIVE;
	fetching->active++;
	return 0;
}

static int fail_item(const struct wanted *wanted, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *name = assay_quoted(wanted->item->name);
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(&wanted->item->sha256, hex);
	if (wanted->wrong)
		return assay_fail(err, ASSAY_E_PIN,
		                  "%s: pinned are %" PRIu64 " bytes with SHA-256 %s, "
		                  "found: %s",
		                  name, wanted->item->size, hex, assay_buffer_str(&wanted->tried));
	if (wanted->candidates.count == 0)
		return assay_fail(err, ASSAY_E_TOOL,
		                  "%s (SHA-256 %s) is not in the store, and nothing "
		                  "says where to fetch it from",
		                  name, hex);
	if (wanted->missing == wanted->candidates.count)
		return assay_fail(
			err, ASSAY_E_TOOL,
			"%s is nowhere any more (mirrors keep current versions only, an "
			"older one needs an archive of snapshots among apt's sources): %s",
			name, assay_buffer_str(&wanted->tried));
	return assay_fail(err, ASSAY_E_TOOL,
	                  "%s cannot be fetched (check the network and apt's sources): %s", name,
	                  assay_buffer_str(&wanted->tried));
}

/* Go on to the candidate that is next, until a transfer runs, the file is there, or none is left. */
static int advance(struct fetching *fetching, struct wanted *wanted, struct assay_error *err)
{
	size_t end = ROUNDS * wanted->candidates.count;

	while (wanted->state == WAITING && wanted->next < end) {
		const char *candidate;

		wanted->next++;
		candidate = candidate_of(wanted);
		if (wanted->given_up[(wanted->next - 1) % wanted->candidates.count])
			continue;
		if (*candidate == '/' || strstr(candidate, "://") == NULL) {
			if (take_local(fetching, wanted, err) < 0)
				return -1;
		} else if (start_remote(fetching, wanted, err) < 0) {
			return -1;
		}
	}
	return wanted->state == WAITING ? fail_item(wanted, err) : 0;
}

/* Return: 1 begun or there already, 0 another process has it, -1 on error */
static int begin(struct fetching *fetching, struct wanted *wanted, struct assay_error *err)
{
	enum assay_receiver_state state;

	if (assay_receiver_open(&wanted->receiver, &state, err) < 0)
		return -1;
	if (state == ASSAY_RECEIVER_BUSY)
		return 0;
	if (state == ASSAY_RECEIVER_HAS)
		finish(fetching, wanted);
	else if (advance(fetching, wanted, err) < 0)
		return -1;
	return 1;
}

static int begin_some(struct fetching *fetching, struct assay_error *err)
{
	for (size_t i = 0; i < fetching->count; i++) {
		if (fetching->active >= fetching->options.parallel)
			break;
		if (fetching->wanted[i].state == WAITING &&
		    begin(fetching, &fetching->wanted[i], err) < 0)
			return -1;
	}
	return 0;
}

static int end_transfer(struct fetching *fetching, struct assay_http_result *result,
                        struct assay_error *err)
{
	struct wanted *wanted = result->context;

	wanted->state = WAITING;
	fetching->active--;
	switch (result->outcome) {
	case ASSAY_HTTP_DONE:
		if (check(fetching, wanted, err) < 0)
			return -1;
		break;
	case ASSAY_HTTP_STOPPED:
		if (refuse(wanted, err) < 0)
			return -1;
		break;
	case ASSAY_HTTP_NO_RANGE:
		if (wanted->receiver.resumed > 0)
			wanted->next--; /* once more, from the start */
		else
			give_up(wanted, result->text);
		if (assay_receiver_restart(&wanted->receiver, err) < 0)
			return -1;
		break;
	case ASSAY_HTTP_MISSING:
		wanted->missing++;
		give_up(wanted, result->text);
		break;
	case ASSAY_HTTP_GONE:
		give_up(wanted, result->text);
		break;
	case ASSAY_HTTP_FAILED:
		note(wanted, candidate_of(wanted), result->text);
		break;
	}
	return wanted->state == DONE ? 0 : advance(fetching, wanted, err);
}

static int run(struct fetching *fetching, struct assay_error *err)
{
	struct assay_http_result result;

	while (fetching->done < fetching->count) {
		int ended;

		if (begin_some(fetching, err) < 0)
			return -1;
		if (fetching->done == fetching->count)
			break;
		ended = assay_http_next(fetching->http, WAIT_MS, &result, err);
		if (ended < 0 || (ended > 0 && end_transfer(fetching, &result, err) < 0))
			return -1;
	}
	return 0;
}

static bool is_new(const struct fetching *fetching, const struct assay_fetch_item *item)
{
	for (size_t i = 0; i < fetching->count; i++)
		if (assay_sha256_equal(&fetching->wanted[i].item->sha256, &item->sha256))
			return false;
	return !assay_store_has_blob(fetching->store, &item->sha256);
}

static int add_wanted(struct fetching *fetching, const struct assay_fetch_item *item,
                      struct assay_error *err)
{
	struct wanted *wanted = &fetching->wanted[fetching->count];

	*wanted = (struct wanted){ .fetching = fetching,
		                   .item = item,
		                   .receiver = ASSAY_RECEIVER_INIT };
	wanted->receiver.store = fetching->store;
	wanted->receiver.item = item;
	fetching->count++;
	if (assay_candidates(&fetching->places, item, &wanted->candidates, err) < 0)
		return assay_fail_in(err, "%s", item->name);
	wanted->given_up = assay_calloc(wanted->candidates.count, sizeof(bool));
	if (__builtin_add_overflow(fetching->total, item->size, &fetching->total))
		return assay_fail(err, ASSAY_E_LIMIT, "the pinned sizes are larger than any disk");
	return 0;
}

static int plan(struct fetching *fetching, const struct assay_fetch_item *items, size_t count,
                struct assay_error *err)
{
	struct assay_fetch_options *options = &fetching->options;

	options->connect_ms = options->connect_ms > 0 ? options->connect_ms : CONNECT_MS;
	options->stall_ms = options->stall_ms > 0 ? options->stall_ms : STALL_MS;
	options->parallel = options->parallel > 0 ? options->parallel : PARALLEL;
	if (options->parallel > PARALLEL_MAX)
		options->parallel = PARALLEL_MAX;
	fetching->places.folder = options->folder;
	fetching->wanted = assay_calloc(count, sizeof(*fetching->wanted));
	for (size_t i = 0; i < count; i++)
		if (is_new(fetching, &items[i]) && add_wanted(fetching, &items[i], err) < 0)
			return -1;
	return assay_store_want_space(fetching->store, fetching->total, err);
}

static void fetching_fini(struct fetching *fetching)
{
	assay_http_close(fetching->http);
	for (size_t i = 0; i < fetching->count; i++) {
		assay_receiver_close(&fetching->wanted[i].receiver);
		assay_strings_fini(&fetching->wanted[i].candidates);
		assay_buffer_fini(&fetching->wanted[i].tried);
		free(fetching->wanted[i].given_up);
	}
	free(fetching->wanted);
	assay_places_fini(&fetching->places);
}

int assay_fetch(struct assay_store *store, const struct assay_fetch_item *items, size_t count,
                const struct assay_fetch_options *options, struct assay_error *err)
{
	struct fetching fetching = { .store = store };
	int result;

	if (options != NULL)
		fetching.options = *options;
	result = plan(&fetching, items, count, err);
	if (result == 0 && fetching.count > 0) {
		result = assay_http_open(fetching.options.connect_ms, fetching.options.stall_ms,
		                         &fetching.http, err);
		if (result == 0)
			result = run(&fetching, err);
	}
	fetching_fini(&fetching);
	return result;
}
