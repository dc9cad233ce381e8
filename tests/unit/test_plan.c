/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a build is given to see, made from the manifest alone; its log; what is told about it. */
#include "testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "rebuild/chance.h"
#include "rebuild/log.h"
#include "rebuild/message.h"
#include "rebuild/pins.h"
#include "rebuild/plan.h"
#include "rebuild/proc.h"

static char host[] = "box", release[] = "6.1.0-0-amd64", version[] = "#1 SMP Debian";
static char user[] = "builder", home[] = "/nonexistent";

static struct assay_variable variables[] = {
	{ (char *)(uintptr_t) "PATH", (char *)(uintptr_t) "/bin" },
	{ (char *)(uintptr_t) "A", (char *)(uintptr_t) "1=2 3" },
	{ (char *)(uintptr_t) "SOURCE_DATE_EPOCH", (char *)(uintptr_t) "1669357904" },
	{ (char *)(uintptr_t) "AB", (char *)(uintptr_t) "" },
};

static struct assay_manifest make_manifest(void)
{
	return (struct assay_manifest){
		.build = { .environment = variables,
		           .environment_count = ASSAY_ARRAY_LEN(variables),
		           .source_date_epoch = 1669357904,
		           .user = { .uid = 1000, .gid = 1000, .name = user, .home = home },
		           .machine = { .hostname = host,
		                        .kernel_release = release,
		                        .kernel_version = version,
		                        .cpus = 3,
		                        .memory = UINT64_C(4) << 30 },
		           .limits = { .disk = UINT64_C(64) << 30 } },
	};
}

static void test_environment(void **state)
{
	static const char *const wanted[] = { "A=1=2 3", "AB=", "PATH=/bin",
		                              "SOURCE_DATE_EPOCH=1669357904" };
	struct assay_manifest manifest = make_manifest();

	(void)state;
	/* In whatever order the manifest has them. */
	for (size_t first = 0; first < ASSAY_ARRAY_LEN(variables); first++) {
		ASSAY_AUTO_PLAN struct assay_plan plan = { 0 };
		struct assay_variable swapped = variables[first];

		variables[first] = variables[0];
		variables[0] = swapped;
		assay_plan_make(&manifest, &plan);
		assert_int_equal(plan.environment.count, ASSAY_ARRAY_LEN(wanted));
		for (size_t i = 0; i < ASSAY_ARRAY_LEN(wanted); i++)
			assert_string_equal(plan.environment.items[i], wanted[i]);
	}
}

static void test_inodes(void **state)
{
	static const struct {
		uint64_t disk, inodes;
	} rows[] = {
		{ 1 << 20, 65536 },
		{ UINT64_C(1) << 30, 65536 },
		{ UINT64_C(2) << 30, 131072 },
		{ UINT64_C(64) << 30, 4194304 },
	};

	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++) {
		ASSAY_AUTO_PLAN struct assay_plan plan = { 0 };
		struct assay_manifest manifest = make_manifest();

		manifest.build.limits.disk = rows[i].disk;
		assay_plan_make(&manifest, &plan);
		assert_int_equal(plan.inodes, rows[i].inodes);
	}
}

/* The content of a pinned file; NULL when there is none. */
static const char *content(struct assay_plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->file_count; i++)
		if (strcmp(plan->files[i].path, path) == 0)
			return assay_buffer_str(&plan->files[i].content);
	return NULL;
}

static const struct {
	const char *path;
	const char *text;  /* all of it, or NULL */
	const char *parts; /* a text in it */
} files[] = {
	{ "proc/version", "Linux version 6.1.0-0-amd64 (builder@box) (gcc) #1 SMP Debian\n", NULL },
	{ "proc/sys/kernel/osrelease", "6.1.0-0-amd64\n", NULL },
	{ "proc/sys/kernel/version", "#1 SMP Debian\n", NULL },
	{ "proc/sys/kernel/hostname", "box\n", NULL },
	{ "proc/uptime", "1000.00 3000.00\n", NULL },
	{ "proc/meminfo", NULL, "MemTotal:        4194304 kB\n" },
	{ "proc/meminfo", NULL, "MemAvailable:    2097152 kB\n" },
	{ "proc/stat", NULL, "cpu  0 0 0 300000 0 0 0 0 0 0\ncpu0 0 0 0 100000 0 0 0 0 0 0\n" },
	{ "proc/stat", NULL, "\ncpu2 0 0 0 100000 0 0 0 0 0 0\n" },
	{ "proc/cpuinfo", NULL, "processor\t: 2\n" },
	{ "proc/loadavg", "0.00 0.00 0.00 1/1 1\n", NULL },
	{ "proc/cmdline", "\n", NULL },
};

static void test_proc_files(void **state)
{
	ASSAY_AUTO_PLAN struct assay_plan plan = { 0 }, again = { 0 };
	struct assay_manifest manifest = make_manifest();

	(void)state;
	assay_plan_make(&manifest, &plan);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(files); i++) {
		const char *text = content(&plan, files[i].path);

		print_message("# %s\n", files[i].path);
		assert_non_null(text);
		if (files[i].text != NULL)
			assert_string_equal(text, files[i].text);
		else
			assert_non_null(strstr(text, files[i].parts));
	}
	assert_null(strstr(content(&plan, "proc/stat"), "cpu3"));
	assert_null(strstr(content(&plan, "proc/cpuinfo"), "processor\t: 3"));

	assay_plan_make(&manifest, &again);
	assert_int_equal(plan.file_count, again.file_count);
	for (size_t i = 0; i < plan.file_count; i++) {
		assert_string_equal(plan.files[i].path, again.files[i].path);
		assert_string_equal(assay_buffer_str(&plan.files[i].content),
		                    assay_buffer_str(&again.files[i].content));
		assert_memory_equal(plan.files[i].path, "proc/", 5);
	}
}

static void test_system_calls(void **state)
{
	struct assay_manifest manifest = make_manifest();
	struct sysinfo info;
	struct utsname name;

	(void)state;
	memset(&info, 0xff, sizeof(info));
	memset(&name, 0xff, sizeof(name));
	assay_proc_uname(&manifest.build.machine, &name);
	assert_string_equal(name.sysname, "Linux");
	assert_string_equal(name.nodename, host);
	assert_string_equal(name.release, release);
	assert_string_equal(name.version, version);
	assert_string_equal(name.domainname, "(none)");
	assay_proc_sysinfo(&manifest.build.machine, &info);
	assert_int_equal(info.uptime, 1000);
	assert_int_equal(info.totalram, UINT64_C(4) << 30);
	assert_int_equal(info.freeram, UINT64_C(2) << 30);
	assert_int_equal(info.procs, 1);
	assert_int_equal(info.mem_unit, 1);
	assert_int_equal(info.loads[0] | info.totalswap | info.sharedram | info.bufferram, 0);
}

static void test_pins(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_PIN_COUNT; i++) {
		assert_non_null(assay_pins[i].key);
		assert_non_null(assay_pins[i].how);
		if (i > 0) /* people look rows up by key */
			assert_true(strcmp(assay_pins[i - 1].key, assay_pins[i].key) < 0);
	}
}

/* What a manifest can ask for, and what notifications are needed for. */
static void test_unpinned(void **state)
{
	struct assay_clock_pin clock = { 0 };
	struct assay_random_pin random = { 0 };

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		const struct assay_machine machine = { .clock = (i & 1) != 0 ? &clock : NULL,
			                               .random = (i & 2) != 0 ? &random : NULL };
		bool notify = (i & 4) != 0;
		ASSAY_AUTO_STRINGS struct assay_strings unpinned = { 0 };
		size_t wanted = (machine.clock == NULL) + (machine.random == NULL);

		assay_pins_unpinned(&machine, notify, &unpinned);
		for (size_t k = 0; k < ASSAY_PIN_COUNT; k++)
			wanted += assay_pins[k].level == ASSAY_PIN_NONE ||
			          (assay_pins[k].level == ASSAY_PIN_L1 && !notify);
		assert_int_equal(unpinned.count, wanted);
		assert_string_equal(assay_pins_level(&machine, notify), !notify  ? "L0"
		                                                        : i == 7 ? "L2"
		                                                                 : "L1");
	}
}

/* A stream is one, however it is taken; others are others. */
static void test_chance(void **state)
{
	uint8_t whole[64], part[64], other[64];

	(void)state;
	assay_chance_fill(7, ASSAY_CHANCE_PROGRAM, 0, whole, sizeof(whole));
	for (size_t at = 0; at < sizeof(whole); at += 8)
		assay_chance_fill(7, ASSAY_CHANCE_PROGRAM, at, part + at, 8);
	assert_memory_equal(whole, part, sizeof(whole));
	assay_chance_fill(7, ASSAY_CHANCE_PROGRAM, 0, part, 13);
	assert_memory_equal(whole, part, 13);
	for (uint64_t i = 1; i < 100; i++) {
		assay_chance_fill(7 + i, ASSAY_CHANCE_PROGRAM, 0, other, sizeof(other));
		assert_memory_not_equal(whole, other, 8);
		assay_chance_fill(7, ASSAY_CHANCE_PROGRAM + i, 0, other, sizeof(other));
		assert_memory_not_equal(whole, other, 8);
	}
}

static const struct {
	const char *what;
	uint64_t limit;
	size_t count; /* so many lines of ten bytes, in writes of so many */
	unsigned each;
	const char *head; /* how the file begins behind what the limit allows; NULL: it is whole */
} logs[] = {
	{ "nothing", 1000, 0, 1, NULL },
	{ "less than allowed", 1000, 50, 1, NULL },
	{ "just what is allowed", 1000, 100, 7, NULL },
	{ "a bit more: all is kept", 1000, 101, 1, NULL },
	{ "as much more as is kept", 1000, 100 + ASSAY_LOG_RING / 10, 100, NULL },
	{ "more", 1000, 10000, 100, "\n[assay: 33464 bytes are left out here]\n" },
};

static void fill(struct assay_log *log, size_t count, unsigned each)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;

	for (size_t i = 0; i < count; i++) {
		assay_buffer_printf(&text, "%09zu\n", i);
		if ((i + 1) % each != 0 && i + 1 < count)
			continue;
		assert_int_equal(assay_log_add(log, text.ptr, text.len, &err), 0);
		assay_buffer_fini(&text);
	}
}

static void test_log(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(logs); i++) {
		ASSAY_AUTO_BYTES struct assay_bytes file = { 0 };
		struct assay_sha256 digest, wanted;
		struct assay_error err = ASSAY_ERROR_INIT;
		ASSAY_AUTO_LOG struct assay_log log = { 0 };
		char last[16];

		print_message("# %s\n", logs[i].what);
		assert_int_equal(assay_log_open(&log, "test_plan.out", logs[i].limit, &err), 0);
		fill(&log, logs[i].count, logs[i].each);
		assert_int_equal(log.size, 10 * logs[i].count);
		assert_int_equal(assay_log_finish(&log, &digest, &err), 0);
		assert_int_equal(assay_file_read(AT_FDCWD, "test_plan.out", 1 << 20, &file, &err),
		                 0);
		assay_sha256(assay_span_of_bytes(&file), &wanted);
		assert_true(assay_sha256_equal(&digest, &wanted));
		if (logs[i].head == NULL)
			assert_int_equal(file.len, log.size);
		else
			assert_memory_equal(file.ptr + logs[i].limit, logs[i].head,
			                    strlen(logs[i].head));
		(void)snprintf(last, sizeof(last), "%09zu\n", logs[i].count - 1);
		if (logs[i].count > 0)
			assert_memory_equal(file.ptr + file.len - 10, last, 10);
	}
	(void)unlink("test_plan.out");
}

static const struct {
	const char *text;
	unsigned wanted;
	const char *tail;
} tails[] = {
	{ "", 3, "" },
	{ "a", 3, "a" },
	{ "a\n", 1, "a\n" },
	{ "a\nb\nc\nd\n", 2, "c\nd\n" },
	{ "a\nb\nc\nd", 2, "c\nd" },
	{ "a\n\n\n", 2, "\n\n" },
	{ "a\nb\n", 9, "a\nb\n" },
};

static void test_log_tail(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(tails); i++) {
		ASSAY_AUTO_LOG struct assay_log log = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;
		ASSAY_AUTO_FREE char *tail = NULL;

		assert_int_equal(assay_log_open(&log, "/dev/null", 100, &err), 0);
		assert_int_equal(assay_log_add(&log, tails[i].text, strlen(tails[i].text), &err),
		                 0);
		tail = assay_log_tail(&log, tails[i].wanted);
		assert_string_equal(tail, tails[i].tail);
	}
}

static void test_log_tail_is_text(void **state)
{
	ASSAY_AUTO_LOG struct assay_log log = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	ASSAY_AUTO_FREE char *tail = NULL;

	(void)state;
	assert_int_equal(assay_log_open(&log, "/dev/null", 100, &err), 0);
	assert_int_equal(assay_log_add(&log, "a\0b\n", 4, &err), 0);
	tail = assay_log_tail(&log, 1);
	assert_string_equal(tail, "a?b\n");
}

static void test_messages(void **state)
{
	struct assay_message sent = { .type = ASSAY_MSG_STEP, .index = 7, .count = 9 }, got;
	struct assay_error err = ASSAY_ERROR_INIT;
	int ends[2], fd = -1;
	char byte = 0;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	memset(sent.text, 'x', sizeof(sent.text)); /* without an end */
	assert_int_equal(assay_message_send(ends[0], &sent, ends[0], &err), 0);
	assert_int_equal(assay_message_receive(ends[1], &got, &fd, &err), 1);
	assert_int_equal(got.type, ASSAY_MSG_STEP);
	assert_int_equal(got.index, 7);
	assert_int_equal(got.count, 9);
	assert_int_equal(strlen(got.text), sizeof(got.text) - 1);
	assert_true(fd >= 0);
	assert_int_equal(send(fd, "y", 1, 0), 1); /* it is the socket that was sent */
	assert_int_equal(assay_message_receive(ends[1], &got, NULL, &err), -1); /* too short */
	(void)close(fd);

	/* A descriptor that nobody wants is closed: else the other end would never see the end. */
	assert_int_equal(assay_message_send(ends[0], &sent, ends[0], &err), 0);
	(void)close(ends[0]);
	assert_int_equal(assay_message_receive(ends[1], &got, NULL, &err), 1);
	assert_int_equal(assay_message_receive(ends[1], &got, NULL, &err), 0);
	assert_int_equal(recv(ends[1], &byte, 1, 0), 0);
	(void)close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_environment), cmocka_unit_test(test_inodes),
		cmocka_unit_test(test_proc_files),  cmocka_unit_test(test_system_calls),
		cmocka_unit_test(test_pins),        cmocka_unit_test(test_unpinned),
		cmocka_unit_test(test_chance),      cmocka_unit_test(test_log),
		cmocka_unit_test(test_log_tail),    cmocka_unit_test(test_log_tail_is_text),
		cmocka_unit_test(test_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
