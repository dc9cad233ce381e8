/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unpack/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"
#include "unpack/sandbox.h"

#define TICK_MS 100    /* how often progress is looked at */
#define PLACE_MAX 2000 /* bytes of what was told last */
#define GAVE_UP 2      /* status of base/die.h */
#define THREADS 8      /* of base/parallel.h: each may use the time */

/*
 * What comes over the pipe: one byte that says what follows, the length of the rest in eight
 * bytes, little-endian, and the rest. An error is its code in one byte and its text.
 */
#define HEADER 9
enum message {
	MESSAGE_ANSWER = 'A',
	MESSAGE_ERROR = 'E'
};

/* Shared with the process: it writes, we read, and believe none of it. */
struct board {
	_Atomic uint32_t version; /* goes up with each write */
	uint32_t stage;
	uint64_t done, total;
	char text[PLACE_MAX];
};

/* --- inside ------------------------------------------------------------------------------- */

static void tell(void *context, const struct assay_progress_event *event)
{
	struct board *board = context;
	size_t len = strlen(event->text);

	len = len < PLACE_MAX - 1 ? len : PLACE_MAX - 1;
	board->stage = event->stage;
	board->done = event->done;
	board->total = event->total;
	memcpy(board->text, event->text, len);
	board->text[len] = '\0';
	board->version++;
}

static void send(enum message message, struct assay_span span)
{
	struct assay_error ignored = ASSAY_ERROR_INIT; /* nobody is left to tell */
	uint8_t header[HEADER] = { (uint8_t)message };

	assay_store(header + 1, HEADER - 1, false, span.len);
	if (assay_write_full(ASSAY_SANDBOX_FD, assay_span_of(header, HEADER), &ignored) < 0 ||
	    assay_write_full(ASSAY_SANDBOX_FD, span, &ignored) < 0)
		_exit(1);
}

static void send_error(const struct assay_error *err)
{
	uint8_t bytes[1 + sizeof(err->text)] = { (uint8_t)err->code };
	size_t len = strnlen(err->text, sizeof(err->text));

	memcpy(bytes + 1, err->text, len);
	send(MESSAGE_ERROR, assay_span_of(bytes, 1 + len));
}

static _Noreturn void run_inside(const struct assay_worker *worker, int output, struct board *board)
{
	const struct assay_progress progress = { tell, board };
	ASSAY_AUTO_BUFFER struct assay_buffer answer = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	uint64_t cpu = worker->timeout_ms / 1000 * THREADS + 1;

	if (assay_sandbox_enter(output, worker->memory, cpu, &err) < 0 ||
	    worker->work(worker->context, &progress, &answer, &err) < 0)
		send_error(&err);
	else
		send(MESSAGE_ANSWER, assay_buffer_span(&answer));
	_exit(0);
}

/* --- outside ------------------------------------------------------------------------------ */

struct assay_working {
	const struct assay_worker *worker;
	pid_t pid;
	int input; /* the pipe's end for reading */
	struct board *board;
	uint32_t version; /* of the board, when it was last looked at */
};

static void copy_text(const struct assay_working *child, char out[PLACE_MAX])
{
	memcpy(out, child->board->text, PLACE_MAX);
	out[PLACE_MAX - 1] = '\0';
}

static void pass_progress(struct assay_working *child)
{
	const struct assay_progress *progress = child->worker->progress;
	char text[PLACE_MAX];
	uint32_t version = child->board->version;

	if (progress == NULL || version == child->version)
		return;
	child->version = version;
	copy_text(child, text);
	assay_progress_tell(progress, ASSAY_STAGE_COMPARE, child->board->done, child->board->total,
	                    text);
}

/* Take what is there. Return: 1, 0 at the end, -1 when it is too much */
static int take(const struct assay_working *child, uint64_t max, struct assay_buffer *message)
{
	char block[1 << 16];
	ssize_t got = read(child->input, block, sizeof(block));

	if (got < 0)
		return errno == EINTR || errno == EAGAIN ? 1 : 0;
	if (got == 0)
		return 0;
	assay_buffer_add(message, block, (size_t)got);
	return message->len > max + HEADER ? -1 : 1;
}

/* Take everything until the process closes the pipe. Return: NULL, or why it must be killed */
static const char *receive(struct assay_working *child, struct assay_buffer *message)
{
	uint64_t end = assay_clock_monotonic_ms() + child->worker->timeout_ms;
	struct pollfd poller = { .fd = child->input, .events = POLLIN };
	int got = 1;

	while (got > 0) {
		int ready = poll(&poller, 1, TICK_MS);

		pass_progress(child);
		if (ready > 0)
			got = take(child, child->worker->answer_max, message);
		else if (ready < 0 && errno != EINTR)
			return "killed: poll failed";
		if (got > 0 && assay_clock_monotonic_ms() >= end)
			return "killed: it took too long";
	}
	return got < 0 ? "killed: its answer is too long" : NULL;
}

static void say_status(int status, struct assay_worker_end *end)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		(void)snprintf(end->why, sizeof(end->why),
		               "killed: it called the system for something that it may not do");
	else if (WIFSIGNALED(status))
		(void)snprintf(end->why, sizeof(end->why), "killed by signal %d (%s)",
		               WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == GAVE_UP)
		(void)snprintf(end->why, sizeof(end->why), "it gave up: out of memory");
	else
		(void)snprintf(end->why, sizeof(end->why), "ended with status %d and no answer",
		               WEXITSTATUS(status));
}

static void say_place(const struct assay_working *child, struct assay_worker_end *end)
{
	ASSAY_AUTO_BUFFER struct assay_buffer quoted = { 0 };
	char text[PLACE_MAX];

	copy_text(child, text);
	assay_quote(&quoted, assay_span_of_str(text));
	(void)snprintf(end->place, sizeof(end->place), "%s", assay_buffer_str(&quoted));
}

/* An error that the process reports: its text is input. */
static int take_error(struct assay_span body, struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	enum assay_errc code = ASSAY_E_FORMAT;

	if (body.len > 0 && (body.ptr[0] == ASSAY_E_USAGE || body.ptr[0] == ASSAY_E_SYSTEM ||
	                     body.ptr[0] == ASSAY_E_LIMIT || body.ptr[0] == ASSAY_E_TOOL))
		code = (enum assay_errc)body.ptr[0];
	assay_quote(&text, assay_span_sub(body, 1, body.len));
	return assay_fail(err, code, "%s", assay_buffer_str(&text));
}

/* Return: as assay_worker_run */
static int take_message(const struct assay_buffer *message, struct assay_buffer *answer,
                        struct assay_worker_end *end, struct assay_error *err)
{
	struct assay_span span = assay_buffer_span(message), body;

	body = assay_span_sub(span, HEADER, span.len);
	if (span.len < HEADER || assay_load(span.ptr + 1, 8, false) != body.len ||
	    (span.ptr[0] != MESSAGE_ANSWER && span.ptr[0] != MESSAGE_ERROR)) {
		(void)snprintf(end->why, sizeof(end->why), "its answer makes no sense");
		return 0;
	}
	if (span.ptr[0] == MESSAGE_ERROR)
		return take_error(body, err);
	assay_buffer_add(answer, body.ptr, body.len);
	return 1;
}

/* Return: its status, as waitpid(2) has it */
static int reap(struct assay_working *child)
{
	int status = 0;

	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	child->pid = -1;
	return status;
}

static int finish(struct assay_working *child, struct assay_buffer *answer,
                  struct assay_worker_end *end, struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer message = { 0 };
	const char *trouble = receive(child, &message);
	int status;

	if (trouble != NULL)
		(void)kill(child->pid, SIGKILL);
	status = reap(child);
	say_place(child, end);
	if (trouble != NULL) {
		(void)snprintf(end->why, sizeof(end->why), "%s", trouble);
		return 0;
	}
	/* An answer counts only from a process that came to its own end. */
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		say_status(status, end);
		return 0;
	}
	return take_message(&message, answer, end, err);
}

/* What libraries do once, and need files for: OpenSSL reads its configuration. */
static void warm_up(void)
{
	uint8_t md5[ASSAY_MD5_SIZE];
	struct assay_sha256 sha256;

	assay_sha256(assay_span_of(NULL, 0), &sha256);
	assay_md5(assay_span_of(NULL, 0), md5);
}

static int start(const struct assay_worker *worker, struct assay_working *child,
                 struct assay_error *err)
{
	int fds[2];

	child->board = mmap(NULL, sizeof(*child->board), PROT_READ | PROT_WRITE,
	                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (child->board == MAP_FAILED)
		return assay_fail_errno(err, "mmap");
	warm_up();
	if (pipe2(fds, O_CLOEXEC) < 0)
		return assay_fail_errno(err, "pipe");
	child->input = fds[0];
	child->pid = fork();
	if (child->pid == 0)
		run_inside(worker, fds[1], child->board);
	(void)close(fds[1]);
	return child->pid < 0 ? assay_fail_errno(err, "fork") : 0;
}

int assay_worker_start(const struct assay_worker *worker, struct assay_working **out,
                       struct assay_error *err)
{
	ASSAY_AUTO_WORKING struct assay_working *child = assay_calloc(1, sizeof(*child));

	*child = (struct assay_working){
		.worker = worker, .pid = -1, .input = -1, .board = MAP_FAILED
	};
	if (start(worker, child, err) < 0)
		return -1;
	*out = assay_steal(&child);
	return 0;
}

void assay_worker_drop(struct assay_working *child)
{
	if (child == NULL)
		return;
	if (child->pid > 0) {
		(void)kill(child->pid, SIGKILL);
		(void)reap(child);
	}
	assay_cleanup_close(&child->input);
	if (child->board != MAP_FAILED)
		(void)munmap(child->board, sizeof(*child->board));
	free(child);
}

static void *run_meanwhile(void *arg)
{
	const struct assay_worker *worker = arg;

	worker->meanwhile(worker->context);
	return NULL;
}

/* The process is there, so that this one may have threads until it is gone. */
static int finish_both(struct assay_working *child, struct assay_buffer *answer,
                       struct assay_worker_end *end, struct assay_error *err)
{
	const struct assay_worker *worker = child->worker;
	pthread_t thread;
	bool beside = worker->meanwhile != NULL &&
	              pthread_create(&thread, NULL, run_meanwhile, (void *)(uintptr_t)worker) == 0;
	int result = finish(child, answer, end, err);

	if (beside)
		(void)pthread_join(thread, NULL);
	else if (worker->meanwhile != NULL)
		worker->meanwhile(worker->context);
	return result;
}

int assay_worker_wait(struct assay_working *child, struct assay_buffer *answer,
                      struct assay_worker_end *end, struct assay_error *err)
{
	int result;

	*end = (struct assay_worker_end){ 0 };
	result = finish_both(child, answer, end, err);
	assay_worker_drop(child);
	return result;
}

int assay_worker_run(const struct assay_worker *worker, struct assay_buffer *answer,
                     struct assay_worker_end *end, struct assay_error *err)
{
	struct assay_working *child;

	if (assay_worker_start(worker, &child, err) < 0)
		return -1;
	return assay_worker_wait(child, answer, end, err);
}
