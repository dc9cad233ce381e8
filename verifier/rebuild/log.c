/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/log.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/file.h"
#include "base/memory.h"

int assay_log_open(struct assay_log *log, const char *path, uint64_t limit, struct assay_error *err)
{
	*log = (struct assay_log){ .limit = limit };
	log->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (log->fd < 0)
		return assay_fail_errno(err, "create %s", path);
	log->hasher = assay_hasher_new();
	log->ring = assay_realloc(NULL, ASSAY_LOG_RING, 1);
	return 0;
}

void assay_log_fini(struct assay_log *log)
{
	if (log->ring == NULL) /* never opened */
		return;
	(void)close(log->fd);
	assay_hasher_free(log->hasher);
	free(log->ring);
	log->ring = NULL;
}

static int keep(struct assay_log *log, struct assay_span span, struct assay_error *err)
{
	assay_hasher_add(log->hasher, span.ptr, span.len);
	return assay_write_full(log->fd, span, err);
}

int assay_log_add(struct assay_log *log, const void *ptr, size_t len, struct assay_error *err)
{
	uint64_t room = log->size < log->limit ? log->limit - log->size : 0;
	struct assay_span span = assay_span_of(ptr, len);

	for (size_t i = 0; i < len; i++)
		log->ring[(log->size + i) % ASSAY_LOG_RING] = ((const char *)ptr)[i];
	log->size += len;
	return keep(log, assay_span_sub(span, 0, room), err);
}

/* The last len bytes that came; len is at most the ring's and the log's. */
static void add_last(const struct assay_log *log, size_t len, struct assay_buffer *out)
{
	for (uint64_t i = log->size - len; i < log->size; i++)
		assay_buffer_add(out, &log->ring[i % ASSAY_LOG_RING], 1);
}

int assay_log_finish(struct assay_log *log, struct assay_sha256 *digest, struct assay_error *err)
{
	uint64_t beyond = log->size > log->limit ? log->size - log->limit : 0;
	size_t last = beyond < ASSAY_LOG_RING ? (size_t)beyond : ASSAY_LOG_RING;
	ASSAY_AUTO_BUFFER struct assay_buffer rest = { 0 };

	if (beyond > last)
		assay_buffer_printf(&rest, "\n[assay: %" PRIu64 " bytes are left out here]\n",
		                    beyond - last);
	add_last(log, last, &rest);
	if (keep(log, assay_buffer_span(&rest), err) < 0)
		return -1;
	assay_hasher_finish(log->hasher, digest);
	return 0;
}

char *assay_log_tail(const struct assay_log *log, unsigned wanted)
{
	size_t len = log->size < ASSAY_LOG_RING ? (size_t)log->size : ASSAY_LOG_RING;
	ASSAY_AUTO_BUFFER struct assay_buffer all = { 0 };
	unsigned lines = 0;
	size_t start = len;

	add_last(log, len, &all);
	while (start > 0) {
		/* A newline at the very end ends the last line, it does not begin one. */
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): len bytes are there */
		if (all.ptr[start - 1] == '\n' && start != len && ++lines == wanted)
			break;
		start--;
	}
	for (size_t i = start; i < len; i++)
		if (all.ptr[i] == '\0') /* would end the text */
			all.ptr[i] = '?';
	return assay_strndup(assay_buffer_str(&all) + start, len - start);
}
