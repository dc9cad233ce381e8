/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Work in a locked-in process: what it may do, and what becomes of it when it does more. */
#include "testing.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "unpack/worker.h"

#if defined(__SANITIZE_ADDRESS__)
#define FILTERED false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FILTERED false
#endif
#endif
#ifndef FILTERED
#define FILTERED true
#endif

#define OUTPUT 3 /* the one descriptor inside */

static int answer(void *context, const struct assay_progress *progress, struct assay_buffer *out,
                  struct assay_error *err)
{
	(void)progress;
	(void)err;
	assay_buffer_add_str(out, context != NULL ? context : "yes");
	return 0;
}

static int by_byte(const void *a, const void *b)
{
	return *(const uint8_t *)a - *(const uint8_t *)b;
}

static int fill(void *context, size_t index, struct assay_error *err)
{
	uint8_t *bytes = context;
	uint8_t *own = assay_calloc(1 << 20, 1);

	(void)err;
	memset(own, (int)index + 1, 1 << 20);
	bytes[index] = own[index];
	free(own);
	return 0;
}

/* What comparing does: threads, much memory, sorting, digests. */
static int compute(void *context, const struct assay_progress *progress, struct assay_buffer *out,
                   struct assay_error *err)
{
	uint8_t *bytes = assay_calloc(100 << 20, 1), md5[ASSAY_MD5_SIZE];
	struct assay_sha256 digest;

	if (assay_parallel(8, fill, bytes, err) < 0)
		return -1;
	bytes = assay_realloc(bytes, 50 << 20, 1);
	qsort(bytes, 1 << 20, 1, by_byte);
	assay_sha256(assay_span_of(bytes, 1 << 20), &digest);
	assay_md5(assay_span_of(bytes, 1 << 20), md5);
	free(bytes);
	return answer(context, progress, out, err);
}

static int give_error(void *context, const struct assay_progress *progress,
                      struct assay_buffer *out, struct assay_error *err)
{
	(void)context;
	(void)progress;
	(void)out;
	return assay_fail(err, ASSAY_E_LIMIT, "too \x1b[2J much");
}

static int lie_about_the_code(void *context, const struct assay_progress *progress,
                              struct assay_buffer *out, struct assay_error *err)
{
	(void)context;
	(void)progress;
	(void)out;
	return assay_fail(err, ASSAY_E_PIN, "pinned");
}

/* One line each: what must not be possible, then an answer as if it had been. */
#define ATTEMPT(name, what)                                                                        \
	static int name(void *context, const struct assay_progress *progress,                      \
	                struct assay_buffer *out, struct assay_error *err)                         \
	{                                                                                          \
		what;                                                                              \
		return answer(context, progress, out, err);                                        \
	}

ATTEMPT(open_file, (void)!open("/etc/passwd", O_RDONLY))
ATTEMPT(make_file, (void)!open("made", O_CREAT | O_WRONLY, 0600))
ATTEMPT(make_folder, (void)!mkdir("made", 0700))
ATTEMPT(remove_file, (void)!unlink("kept"))
ATTEMPT(look_at_file, struct stat st; (void)!stat("/etc/passwd", &st))
ATTEMPT(open_socket, (void)!socket(AF_INET, SOCK_STREAM, 0))
ATTEMPT(open_pair, int fds[2]; (void)!socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
ATTEMPT(start_process, (void)!fork())
ATTEMPT(start_program, (void)!execl("/bin/true", "true", (char *)NULL))
ATTEMPT(kill_parent, (void)!kill(getppid(), 0))
ATTEMPT(trace_parent, (void)!ptrace(PTRACE_ATTACH, 1, NULL, NULL))
ATTEMPT(read_input, char c; (void)!read(0, &c, 1))
ATTEMPT(read_output, char c; (void)!read(OUTPUT, &c, 1))
ATTEMPT(copy_descriptor, (void)!dup(OUTPUT))
ATTEMPT(write_elsewhere, (void)!write(7, "x", 1))
ATTEMPT(map_descriptor, (void)!mmap(NULL, 4096, PROT_READ, MAP_SHARED, OUTPUT, 0))
ATTEMPT(make_memory_file, (void)!memfd_create("x", 0))
ATTEMPT(crash, raise(SIGSEGV))
ATTEMPT(crash_at_null, *(volatile int *)(uintptr_t)context = 1)
ATTEMPT(give_up, abort())
ATTEMPT(leave, _exit(7))
ATTEMPT(leave_well, _exit(0))
ATTEMPT(hang, for (;;)(void) !write(OUTPUT, "", 0))
ATTEMPT(write_garbage, (void)!write(OUTPUT, "\xff\xff\xff\xff\xff", 5); _exit(0))
ATTEMPT(write_much_garbage,
        for (int i = 0; i < 50; i++)(void) !write(OUTPUT, "garbage garbage", 15);
        _exit(0))
ATTEMPT(write_half, (void)!write(OUTPUT, "A\x08\0\0\0\0\0\0\0half", 13); _exit(0))
ATTEMPT(write_before, (void)!write(OUTPUT, "A\3\0\0\0\0\0\0\0no!", 12))
ATTEMPT(answer_and_die, (void)!write(OUTPUT, "A\3\0\0\0\0\0\0\0yes", 12); _exit(1))
ATTEMPT(answer_without_end, for (;;)(void) !write(OUTPUT, "A\3\0\0\0\0\0\0\0yes", 12))
ATTEMPT(take_all_memory, for (;;) memset(assay_calloc(64 << 20, 1), 1, 64 << 20))

static int tell_and_crash(void *context, const struct assay_progress *progress,
                          struct assay_buffer *out, struct assay_error *err)
{
	assay_progress_tell(progress, ASSAY_STAGE_COMPARE, 1, 2, "data.tar!/a");
	assay_progress_tell(progress, ASSAY_STAGE_COMPARE, 2, 2, "data.tar!/\x1b[2Jb");
	return leave(context, progress, out, err);
}

static const struct {
	const char *what;
	assay_worker_work *work;
	int result;
	const char *text; /* a piece of the answer, of why there is none, or of the error */
	const char *place;
	bool filter; /* it is the filter of system calls that must catch it */
} cases[] = {
	{ "an answer", answer, 1, "yes", "", false },
	{ "work as comparing does it", compute, 1, "yes", "", false },
	{ "an error", give_error, -1, "too \\x1b[2J much", "", false },
	{ "an error with a code that it may not have", lie_about_the_code, -1, "pinned", "",
	  false },
	{ "open a file", open_file, 0, "may not do", "", true },
	{ "make a file", make_file, 0, "may not do", "", true },
	{ "make a folder", make_folder, 0, "may not do", "", true },
	{ "remove a file", remove_file, 0, "may not do", "", true },
	{ "look at a file", look_at_file, 0, "may not do", "", true },
	{ "open a socket", open_socket, 0, "may not do", "", true },
	{ "open a pair of sockets", open_pair, 0, "may not do", "", true },
	{ "start a process", start_process, 0, "may not do", "", true },
	{ "start a program", start_program, 0, "may not do", "", true },
	{ "signal the parent", kill_parent, 0, "may not do", "", true },
	{ "trace another process", trace_parent, 0, "may not do", "", true },
	{ "read from standard input", read_input, 0, "may not do", "", true },
	{ "read from the pipe", read_output, 0, "may not do", "", true },
	{ "copy a descriptor", copy_descriptor, 0, "may not do", "", true },
	{ "write to another descriptor", write_elsewhere, 0, "may not do", "", true },
	{ "map a descriptor", map_descriptor, 0, "may not do", "", true },
	{ "make a file in memory", make_memory_file, 0, "may not do", "", true },
	{ "crash", crash, 0, "", "", false },
	{ "crash at an address", crash_at_null, 0, FILTERED ? "signal 11" : "", "", false },
	{ "abort", give_up, 0, "", "", false },
	{ "exit", leave, 0, "status 7", "", false },
	{ "exit well and say nothing", leave_well, 0, "makes no sense", "", false },
	{ "hang", hang, 0, "too long", "", false },
	{ "garbage", write_garbage, 0, "makes no sense", "", false },
	{ "more garbage", write_much_garbage, 0, "makes no sense", "", false },
	{ "half an answer", write_half, 0, "makes no sense", "", false },
	{ "two answers", write_before, 0, "makes no sense", "", false },
	{ "an answer, and a bad end", answer_and_die, 0, "status 1", "", false },
	{ "answers without end", answer_without_end, 0, "too long", "", false },
	{ "all the memory there is", take_all_memory, 0, "out of memory", "", true },
	{ "a place, and a bad end", tell_and_crash, 0, "status 7", "data.tar!/\\x1b[2Jb", false },
};

static void test_cases(void **state)
{
	FILE *kept = fopen("kept", "w");

	(void)state;
	assert_non_null(kept);
	(void)fclose(kept);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(cases); i++) {
		const struct assay_worker worker = {
			.work = cases[i].work,
			.timeout_ms = cases[i].work == hang ? 300 : 20000,
			.memory = (uint64_t)1 << 30,
			.answer_max = 1000,
		};
		ASSAY_AUTO_BUFFER struct assay_buffer out = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;
		struct assay_worker_end end;
		int result;

		print_message("# %s\n", cases[i].what);
		if (cases[i].filter && !FILTERED)
			continue;
		result = assay_worker_run(&worker, &out, &end, &err);
		print_message("#   %d %s%s%s\n", result, assay_buffer_str(&out), end.why, err.text);
		assert_int_equal(result, cases[i].result);
		assert_non_null(strstr(result > 0    ? assay_buffer_str(&out)
		                       : result == 0 ? end.why
		                                     : err.text,
		                       cases[i].text));
		assert_string_equal(end.place, cases[i].place);
		assert_true(result == 0 || *end.why == '\0');
		assert_true(result > 0 || out.len == 0);
		assert_int_not_equal(err.code, ASSAY_E_PIN);
	}
	assert_int_equal(access("kept", F_OK), 0);
	assert_int_not_equal(access("made", F_OK), 0);
	(void)unlink("kept");
}

static void count(void *context, const struct assay_progress_event *event)
{
	unsigned *count = context;

	assert_true(strlen(event->text) < 4096);
	*count += 1;
}

static int tell_much(void *context, const struct assay_progress *progress, struct assay_buffer *out,
                     struct assay_error *err)
{
	char text[5000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 300; i++) {
		assay_progress_tell(progress, ASSAY_STAGE_COMPARE, 1, 2, text);
		(void)!write(OUTPUT, "", 0);
		for (volatile int k = 0; k < 1000000; k++)
			;
	}
	return answer(context, progress, out, err);
}

static void test_progress(void **state)
{
	unsigned told = 0;
	const struct assay_progress progress = { count, &told };
	const struct assay_worker worker = { .work = tell_much,
		                             .progress = &progress,
		                             .timeout_ms = 60000,
		                             .memory = (uint64_t)1 << 30,
		                             .answer_max = 1000 };
	ASSAY_AUTO_BUFFER struct assay_buffer out = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_worker_end end;

	(void)state;
	assert_int_equal(assay_worker_run(&worker, &out, &end, &err), 1);
	assert_true(told > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_progress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
