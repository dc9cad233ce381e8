/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers that are made up: the time, random numbers; and the leave to start a program. */
#include <errno.h>
#include <string.h>
#include <sys/time.h>

#include "base/memory.h"
#include "rebuild/answer.h"
#include "rebuild/chance.h"
#include "rebuild/trace.h"

#define CHUNK 4096             /* bytes of random numbers given at once; ours */
#define STREAMS_MAX (1u << 22) /* largest pid: proc_pid_max(5) */

int64_t assay_answer_time(struct assay_notify *notify, const struct seccomp_notif *request)
{
	struct timespec now;
	int64_t given = 0;

	assay_moment_now(&notify->moment, &now);
	if (request->data.args[0] != 0)
		given = assay_answer_give(request, 0, &now.tv_sec, sizeof(now.tv_sec));
	return given < 0 ? given : (int64_t)now.tv_sec;
}

int64_t assay_answer_gettimeofday(struct assay_notify *notify, const struct seccomp_notif *request)
{
	const struct timezone zone = { 0 };
	struct timespec now;
	struct timeval value;
	int64_t given = 0;

	assay_moment_now(&notify->moment, &now);
	value = (struct timeval){ now.tv_sec, now.tv_nsec / 1000 };
	if (request->data.args[0] != 0)
		given = assay_answer_give(request, 0, &value, sizeof(value));
	if (given == 0 && request->data.args[1] != 0)
		given = assay_answer_give(request, 1, &zone, sizeof(zone));
	return given;
}

int64_t assay_answer_clock_gettime(struct assay_notify *notify, const struct seccomp_notif *request)
{
	struct timespec now;

	assay_moment_now(&notify->moment, &now);
	return assay_answer_give(request, 1, &now, sizeof(now));
}

static struct assay_stream *find_stream(struct assay_notify *notify, uint32_t pid)
{
	if (pid >= STREAMS_MAX)
		pid = 0;
	while (pid >= notify->stream_cap) {
		size_t before = notify->stream_cap;

		assay_grow(&notify->streams, &notify->stream_cap, before, sizeof(*notify->streams));
		memset(notify->streams + before, 0,
		       (notify->stream_cap - before) * sizeof(*notify->streams));
	}
	return &notify->streams[pid];
}

/*
 * Every program begins with the same stream, whichever pid it has: so the order in which parallel
 * programs start does not show. A process that was forked and is still the same program has one of
 * its own, so that the two do not draw the same numbers.
 */
int64_t assay_answer_getrandom(struct assay_notify *notify, const struct seccomp_notif *request)
{
	struct assay_stream *stream = find_stream(notify, request->pid);
	uint64_t number = ASSAY_CHANCE_PROGRAM + (stream->program ? 0 : request->pid);
	size_t len = request->data.args[1] < CHUNK ? (size_t)request->data.args[1] : CHUNK;
	uint8_t bytes[CHUNK];
	int64_t given;

	assay_chance_fill(notify->machine->random->seed, number, stream->position, bytes, len);
	given = assay_answer_give(request, 0, bytes, len);
	if (given < 0)
		return given;
	stream->position += (len + 7) / 8 * 8;
	return (int64_t)len;
}

int64_t assay_answer_exec(struct assay_notify *notify, const struct seccomp_notif *request)
{
	if (!assay_trace_begin((pid_t)request->pid))
		notify->unchanged = true;
	return ASSAY_ANSWER_CONTINUE;
}

void assay_notify_stop(struct assay_notify *notify, pid_t pid, int status, bool first)
{
	int changed = assay_trace_stop(pid, status, first, notify->machine);

	if (changed < 0)
		notify->unchanged = true;
	if (changed != 0 && notify->machine->random != NULL)
		*find_stream(notify, (uint32_t)pid) = (struct assay_stream){ .program = true };
}
