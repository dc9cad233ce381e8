/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

/* What the process writes, at once. */
struct answer {
	bool failed;
	struct assay_error err;
	struct assay_built built;
};

void assay_cli_digest(const struct assay_build_record *record, struct assay_built *out)
{
	ASSAY_AUTO_HASHER struct assay_hasher *hasher = assay_hasher_new();
	const char *outcome = assay_outcome_name(record->outcome);

	out->outcome = record->outcome;
	assay_hasher_add(hasher, outcome, strlen(outcome));
	for (size_t i = 0; record->outcome == ASSAY_OUTCOME_BUILT && i < record->output_count; i++)
		assay_hasher_add(hasher, record->outputs[i].sha256.bytes, ASSAY_SHA256_SIZE);
	assay_hasher_finish(hasher, &out->digest);
}

int assay_cli_carry_out(const struct assay_rebuild_request *request, struct assay_built *out,
                        struct assay_error *err)
{
	ASSAY_AUTO_BUILD_RECORD struct assay_build_record record = { 0 };

	if (assay_rebuild(request, &record, err) < 0)
		return -1;
	if (record.outcome == ASSAY_OUTCOME_INTERRUPTED)
		return assay_fail(err, ASSAY_E_SYSTEM, "%s", record.detail);
	assay_cli_digest(&record, out);
	return 0;
}

/* The position of a descriptor is one for all that share it: sources are opened anew. */
static int open_again(int fd, struct assay_error *err)
{
	char path[32];
	int again;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY | O_CLOEXEC);
	return again < 0 ? assay_fail_errno(err, "open a source again") : again;
}

static int build(const struct assay_rebuild_request *request, struct assay_built *out,
                 struct assay_error *err)
{
	unsigned count = request->manifest->sources_count;
	ASSAY_AUTO_FREE int *sources = assay_calloc(count + 1, sizeof(*sources));
	struct assay_rebuild_request own = *request;

	own.sources = sources;
	own.progress = NULL;
	for (unsigned i = 0; i < count; i++) {
		sources[i] = open_again(request->sources[i], err);
		if (sources[i] < 0)
			return -1;
	}
	return assay_cli_carry_out(&own, out, err);
}

static void be_aside(const struct assay_rebuild_request *request, int out, pid_t parent)
	__attribute__((noreturn));

static void be_aside(const struct assay_rebuild_request *request, int out, pid_t parent)
{
	struct answer answer = { .failed = false, .err = ASSAY_ERROR_INIT };
	struct assay_error ignored = ASSAY_ERROR_INIT;

	/* As when somebody stops it: the container has to go too. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
		_exit(1);
	answer.failed = build(request, &answer.built, &answer.err) < 0;
	_exit(assay_write_full(out, assay_span_of(&answer, sizeof(answer)), &ignored) < 0);
}

int assay_aside_begin(const struct assay_rebuild_request *request, struct assay_aside *out,
                      struct assay_error *err)
{
	pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return assay_fail_errno(err, "make a pipe");
	out->pid = fork();
	if (out->pid == 0) {
		(void)close(ends[0]);
		be_aside(request, ends[1], parent);
	}
	(void)close(ends[1]);
	out->answer = ends[0];
	if (out->pid > 0)
		return 0;
	out->pid = 0;
	(void)close(ends[0]);
	return assay_fail_errno(err, "begin another build");
}

/* Return: whether there was a whole answer */
static bool hear(int fd, struct answer *out)
{
	uint8_t *p = (uint8_t *)out;
	size_t len = 0;
	ssize_t got = 1;

	while (len < sizeof(*out) && got > 0) {
		do
			got = read(fd, p + len, sizeof(*out) - len);
		while (got < 0 && errno == EINTR);
		len += got > 0 ? (size_t)got : 0;
	}
	return len == sizeof(*out);
}

int assay_aside_end(struct assay_aside *aside, struct assay_built *out, struct assay_error *err)
{
	struct answer answer;
	bool heard = hear(aside->answer, &answer);
	pid_t gone;

	do
		gone = waitpid(aside->pid, NULL, 0);
	while (gone < 0 && errno == EINTR);
	(void)close(aside->answer);
	*aside = (struct assay_aside){ 0 };
	if (!heard)
		return assay_fail(err, ASSAY_E_SYSTEM, "a build beside this one was killed");
	if (answer.failed) {
		*err = answer.err;
		return -1;
	}
	*out = answer.built;
	return 0;
}

void assay_aside_stop(struct assay_aside *aside)
{
	struct assay_error ignored = ASSAY_ERROR_INIT;
	struct assay_built unused;

	if (aside->pid == 0)
		return;
	(void)kill(aside->pid, SIGTERM);
	(void)!assay_aside_end(aside, &unused, &ignored);
}
