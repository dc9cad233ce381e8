/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/judge.h"

#include <sys/statvfs.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "compare/inspect.h"
#include "elf/elf.h"
#include "model/wire.h"
#include "unpack/member.h"
#include "unpack/worker.h"

#define ANSWER_MAX ((uint64_t)1 << 30) /* bytes; ours */
#define SECONDS_MAX ((uint64_t)100 * 365 * 86400)
#define SLACK ((uint64_t)2 << 30)       /* bytes for the program, its threads and its tables */
#define SPOOL_FROM ((uint64_t)64 << 10) /* bytes; less cannot unpack to much: formats/budget.h */
#define SMALL_MAX ((size_t)8 << 20) /* bytes; comparing them takes less than starting a thread */

/* A pair of sides. */
struct pair {
	struct assay_side sides[2];
	struct assay_sha256 digests[2]; /* made here, while the other process works, if at all */
	bool equal;                     /* seen here */
	struct assay_comparison *out;
};

/*
 * What another process is told to do: all of it by being a copy of this one. Several pairs go
 * together only where this process has seen that the two sides of each are equal.
 */
struct task {
	const struct assay_judge *judge;
	struct pair *const *pairs;
	size_t count;
	struct assay_unpack_limits limits; /* the judge's, with the spools */
	struct assay_spool spools[2];
	struct assay_worker worker;
	struct assay_working *working; /* NULL: not started, or over */
};

static const struct assay_unpack_limits default_limits = ASSAY_UNPACK_LIMITS_DEFAULT;

static const struct assay_unpack_limits *limits_of(const struct assay_judge *judge)
{
	return judge->limits != NULL ? judge->limits : &default_limits;
}

/* --- inside the other process -------------------------------------------------------------- */

/* The member that is asked for instead of the file, when one is. */
static int take_member(const struct task *task, struct assay_span *file, struct assay_bytes *member,
                       struct assay_error *err)
{
	if (task->judge->member == NULL)
		return 0;
	if (assay_unpack_member(*file, task->judge->member, &task->limits, member, err) < 0)
		return -1;
	*file = assay_span_of_bytes(member);
	return 0;
}

static int compare_pair(const struct task *task, struct pair *pair,
                        const struct assay_progress *progress, struct assay_buffer *out,
                        struct assay_error *err)
{
	const struct assay_judge *judge = task->judge;
	const struct assay_compare_options options = { .limits = &task->limits,
		                                       .progress = progress,
		                                       .layout = judge->layout,
		                                       .exclusions = judge->exclusions,
		                                       .no_digests = judge->member == NULL };
	ASSAY_AUTO_COMPARISON struct assay_comparison comparison = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes member = { 0 };
	size_t at = out->len;

	assay_progress_tell(progress, ASSAY_STAGE_COMPARE, 0, 0, pair->sides[0].name);
	if (take_member(task, &pair->sides[0].span, &member, err) < 0 ||
	    assay_compare(&pair->sides[0], &pair->sides[1], &options, &comparison, err) < 0)
		return -1;
	assay_wire_number(out, 0);
	assay_wire_write(&comparison, out);
	assay_wire_set(out, at, out->len - at - ASSAY_WIRE_NUMBER);
	return 0;
}

static int compare(void *context, const struct assay_progress *progress, struct assay_buffer *out,
                   struct assay_error *err)
{
	const struct task *task = context;

	for (size_t i = 0; i < task->count; i++)
		if (compare_pair(task, task->pairs[i], progress, out, err) < 0)
			return -1;
	return 0;
}

static int inspect(void *context, const struct assay_progress *progress, struct assay_buffer *out,
                   struct assay_error *err)
{
	const struct task *task = context;
	struct assay_span file = task->pairs[0]->sides[0].span;
	ASSAY_AUTO_INSPECTION struct assay_inspection inspection = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes member = { 0 };

	(void)progress;
	if (take_member(task, &file, &member, err) < 0 ||
	    assay_inspect(file, &task->limits, task->judge->layout, &inspection, err) < 0)
		return -1;
	assay_wire_write_inspection(&inspection, out);
	return 0;
}

/* --- here ---------------------------------------------------------------------------------- */

/* Work of assay_parallel: equal bytes need one digest. */
static int look_at(void *context, size_t side, struct assay_error *err)
{
	struct pair *pair = context;

	(void)err;
	if (side == 1)
		pair->equal = assay_span_equal(pair->sides[0].span, pair->sides[1].span);
	if (side == 0 || !pair->equal)
		assay_sha256(pair->sides[side].span, &pair->digests[side]);
	return 0;
}

static void look(void *context)
{
	const struct task *task = context;
	struct pair *pair = task->pairs[0];
	struct assay_error unused = ASSAY_ERROR_INIT;

	(void)!assay_parallel(2, look_at, pair, &unused);
	if (pair->equal)
		pair->digests[1] = pair->digests[0];
}

static void set_subject(const struct pair *pair, size_t side, struct assay_subject *out)
{
	free(out->name);
	out->name = assay_strdup(pair->sides[side].name);
	out->size = pair->sides[side].span.len;
	out->sha256 = pair->digests[side];
}

/* Whether anything is said of what differs. */
static bool tells_difference(const struct assay_comparison *comparison)
{
	for (size_t i = 0; i < comparison->finding_count; i++)
		if (comparison->findings[i].class != ASSAY_CLASS_IDENTICAL)
			return true;
	return false;
}

/*
 * What can be seen from here: the process has no say in it. A member exists there only. Nothing but a
 * policy excludes anything, and no two files that differ match without a word.
 */
static int check_answer(const struct assay_judge *judge, const struct pair *pair,
                        struct assay_error *err)
{
	struct assay_comparison *out = pair->out;
	bool equal = pair->equal;

	set_subject(pair, 1, &out->rebuilt);
	if (judge->member == NULL) {
		set_subject(pair, 0, &out->delivered);
	} else {
		free(out->delivered.name);
		out->delivered.name = assay_strdup(pair->sides[0].name);
		equal = assay_sha256_equal(&out->delivered.sha256, &out->rebuilt.sha256);
	}
	if (out->artefacts[0].ledger.size != out->delivered.size ||
	    (equal && out->artefact_count != 1) || equal != (out->tier == ASSAY_TIER_IDENTICAL) ||
	    equal == tells_difference(out) ||
	    (judge->exclusions == NULL && assay_comparison_has(out, ASSAY_CLASS_EXCLUDED)))
		return assay_fail(err, ASSAY_E_FORMAT, "an answer about other files");
	return 0;
}

/* The next pair's part of an answer. */
static int take_pair(const struct assay_judge *judge, const struct pair *pair,
                     struct assay_cursor *answer, struct assay_error *err)
{
	struct assay_span span;
	uint64_t len;

	if (assay_cursor_u64(answer, &len, err) < 0 ||
	    assay_cursor_take(answer, len, &span, err) < 0 ||
	    assay_wire_read(span, pair->out, err) < 0)
		return -1;
	return check_answer(judge, pair, err);
}

static bool take_answer(const struct task *task, struct assay_span answer)
{
	struct assay_cursor cur = assay_cursor_at(answer, false);
	struct assay_error unused = ASSAY_ERROR_INIT;
	bool good = true;

	for (size_t i = 0; good && i < task->count; i++)
		good = take_pair(task->judge, task->pairs[i], &cur, &unused) == 0;
	if (good && assay_cursor_left(&cur) == 0)
		return true;
	for (size_t i = 0; i < task->count; i++)
		assay_comparison_fini(task->pairs[i]->out);
	return false;
}

/* There is no answer: nothing is known about any byte. */
static void conclude_without(const struct pair *pair, const char *why, const char *place)
{
	struct assay_finding at = { .artefact = (char *)(uintptr_t) "",
		                    .class = ASSAY_CLASS_UNEXPLAINED };
	struct assay_comparison *out = pair->out;
	struct assay_ledger ledger;

	*out = (struct assay_comparison){ 0 };
	set_subject(pair, 0, &out->delivered);
	set_subject(pair, 1, &out->rebuilt);
	assay_ledger_init(&ledger, pair->sides[0].span.len);
	(void)assay_comparison_add(out, "", "data", &ledger);
	out->artefacts[0].tier = out->tier = ASSAY_TIER_INCONCLUSIVE;
	(void)assay_comparison_find(out, &at, "no answer from the process that compares: %s%s%s",
	                            why, *place != '\0' ? ", at " : "", place);
}

/* Bytes for each spool: all processes that are at work together leave half of what is free. */
static uint64_t spool_size(const char *folder, uint64_t wanted)
{
	uint64_t spools = 2 * assay_parallel_width(), free_bytes;
	struct statvfs host;

	if (statvfs(folder, &host) < 0 ||
	    __builtin_mul_overflow((uint64_t)host.f_bavail, (uint64_t)host.f_frsize, &free_bytes))
		return 0;
	return wanted < free_bytes / 2 / spools ? wanted : free_bytes / 2 / spools;
}

/*
 * Only the process that is started now has them: each has its own. Where no such file can be had
 * what is unpacked is in memory.
 */
static void open_spools(struct task *task)
{
	const char *folder = getenv("TMPDIR");
	struct assay_error unused = ASSAY_ERROR_INIT;
	uint64_t size;

	folder = folder != NULL && *folder == '/' ? folder : "/var/tmp";
	size = spool_size(folder, task->limits.bytes);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(task->spools); i++)
		(void)!assay_spool_open(folder, size, &task->spools[i], &unused);
	task->worker.memory += 2 * size;
	task->limits.spools = task->spools;
}

/* All kinds of work want the same. */
static int start_task(struct task *task, assay_worker_work *work, struct assay_error *err)
{
	const struct assay_judge *judge = task->judge;
	uint64_t seconds = judge->seconds > 0 ? judge->seconds : ASSAY_JUDGE_SECONDS;
	uint64_t bytes = 0;
	int result;

	for (size_t i = 0; i < task->count; i++)
		bytes += task->pairs[i]->sides[0].span.len + task->pairs[i]->sides[1].span.len;
	task->worker.work = work;
	task->worker.context = task;
	task->worker.progress = judge->progress;
	task->worker.timeout_ms = 1000 * (seconds < SECONDS_MAX ? seconds : SECONDS_MAX);
	task->worker.memory = 4 * limits_of(judge)->bytes + 2 * bytes + SLACK;
	task->worker.answer_max = ANSWER_MAX;
	task->limits = *limits_of(judge);
	if (bytes > SPOOL_FROM)
		open_spools(task);
	result = assay_worker_start(&task->worker, &task->working, err);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(task->spools); i++)
		assay_spool_close(&task->spools[i]);
	return result;
}

/* Return: 1; 0 when its pairs must be compared one by one: together they gave no answer; -1 */
static int finish_task(struct task *task, struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer answer = { 0 };
	struct assay_worker_end end;
	int got = assay_worker_wait(assay_steal(&task->working), &answer, &end, err);

	if (got > 0 && take_answer(task, assay_buffer_span(&answer)))
		return 1;
	if (task->count > 1)
		return 0;
	if (got < 0)
		return -1;
	conclude_without(task->pairs[0], got > 0 ? "what it says makes no sense" : end.why,
	                 end.place);
	return 1;
}

/* Equal files that are no programs: there is nothing to look into. */
static bool is_settled(const struct pair *pair)
{
	return pair->equal && !assay_elf_is(pair->sides[0].span);
}

/* What is compared in no time is compared first; of equal bytes only one copy is used. */
static void compare_small(struct pair *pair)
{
	struct assay_side *sides = pair->sides;

	pair->equal = assay_span_equal(sides[0].span, sides[1].span);
	if (pair->equal)
		sides[1].span = sides[0].span;
}

static void hash_small(struct pair *pair)
{
	assay_sha256(pair->sides[0].span, &pair->digests[0]);
	if (pair->equal)
		pair->digests[1] = pair->digests[0];
	else
		assay_sha256(pair->sides[1].span, &pair->digests[1]);
}

static int settle(struct pair *pair, struct assay_error *err)
{
	const struct assay_compare_options options = { .no_digests = true };

	if (assay_compare(&pair->sides[0], &pair->sides[1], &options, pair->out, err) < 0)
		return -1;
	hash_small(pair);
	set_subject(pair, 0, &pair->out->delivered);
	set_subject(pair, 1, &pair->out->rebuilt);
	return 0;
}

static int judge_alone(const struct assay_judge *judge, struct pair *pair, struct assay_error *err)
{
	struct task task = { .judge = judge, .pairs = (struct pair *[]){ pair }, .count = 1 };
	bool small = pair->sides[0].span.len <= SMALL_MAX && pair->sides[1].span.len <= SMALL_MAX;

	if (small)
		compare_small(pair);
	if (is_settled(pair) && judge->member == NULL)
		return settle(pair, err);
	if (!small)
		task.worker.meanwhile = look;
	if (start_task(&task, compare, err) < 0)
		return -1;
	if (small)
		hash_small(pair);
	return finish_task(&task, err) < 0 ? -1 : 0;
}

int assay_judge_pair(void *context, const struct assay_side *delivered,
                     const struct assay_side *rebuilt, struct assay_comparison *out,
                     struct assay_error *err)
{
	const struct assay_judge *judge = context;
	struct pair pair = { .sides = { *delivered, *rebuilt }, .out = out };

	if (judge_alone(judge, &pair, err) < 0)
		return -1;
	if (judge->exclusions != NULL)
		out->exclusions = *judge->exclusions;
	return 0;
}

/* --- many pairs ---------------------------------------------------------------------------- */

/* Tasks, started in order, a few at work at a time, finished in order. */
struct tasks {
	struct task *items; /* room for all there can be: who works on one has a pointer to it */
	size_t count;
};

static void drop_tasks(struct tasks *tasks)
{
	for (size_t i = 0; i < tasks->count; i++)
		assay_worker_drop(tasks->items[i].working);
	free(tasks->items);
}

static void add_task(struct tasks *tasks, const struct assay_judge *judge,
                     struct pair *const *pairs, size_t count)
{
	tasks->items[tasks->count++] =
		(struct task){ .judge = judge, .pairs = pairs, .count = count };
}

/* The pairs of a task that gave no answer, one by one. */
static void add_alone(struct tasks *tasks, const struct task *task)
{
	for (size_t i = 0; i < task->count; i++)
		add_task(tasks, task->judge, task->pairs + i, 1);
}

static int run_tasks(struct tasks *tasks, struct assay_error *err)
{
	size_t width = assay_parallel_width(), started = 0;

	for (size_t done = 0; done < tasks->count; done++) {
		int got = 0;

		for (; got == 0 && started < tasks->count && started < done + width; started++)
			got = start_task(&tasks->items[started], compare, err);
		if (got == 0)
			got = finish_task(&tasks->items[done], err);
		if (got < 0)
			return -1;
		if (got == 0)
			add_alone(tasks, &tasks->items[done]);
	}
	return 0;
}

/*
 * Pairs whose sides are equal go together: of each of them this process knows the verdict, and
 * takes remarks alone from the other one. A pair that differs has a process of its own.
 */
static void plan_tasks(struct tasks *tasks, const struct assay_judge *judge,
                       struct pair *const *sorted, size_t equal, size_t count)
{
	size_t width = assay_parallel_width(), share = (equal + width - 1) / width;

	for (size_t i = 0; i < equal; i += share)
		add_task(tasks, judge, sorted + i, share < equal - i ? share : equal - i);
	for (size_t i = equal; i < count; i++)
		add_task(tasks, judge, sorted + i, 1);
}

/* Fill in pairs, and sort them: equal ones first. Return: how many are equal */
static size_t fill_pairs(const struct assay_sides *from, size_t count, struct assay_comparison *out,
                         struct pair *pairs, struct pair **sorted)
{
	size_t equal = 0, other = count;

	for (size_t i = 0; i < count; i++) {
		pairs[i].sides[0] = from[i].delivered;
		pairs[i].sides[1] = from[i].rebuilt;
		pairs[i].out = &out[i];
		compare_small(&pairs[i]);
	}
	for (size_t i = 0; i < count; i++)
		if (pairs[i].equal)
			sorted[equal++] = &pairs[i];
	for (size_t i = count; i-- > 0;)
		if (!pairs[i].equal)
			sorted[--other] = &pairs[i];
	return equal;
}

int assay_judge_pairs(void *context, const struct assay_sides *sides, size_t count,
                      struct assay_comparison *out, struct assay_error *err)
{
	ASSAY_AUTO_FREE struct pair *pairs = assay_calloc(count, sizeof(*pairs));
	ASSAY_AUTO_FREE struct pair **sorted = assay_calloc(count, sizeof(struct pair *));
	ASSAY_AUTO(drop_tasks) struct tasks tasks = { 0 };

	/* At worst every batch is followed by each of its pairs alone. */
	tasks.items = assay_calloc(2 * count, sizeof(*tasks.items));
	plan_tasks(&tasks, context, sorted, fill_pairs(sides, count, out, pairs, sorted), count);
	return run_tasks(&tasks, err);
}

/* --- one file ------------------------------------------------------------------------------ */

int assay_judge_inspect(const struct assay_judge *judge, struct assay_span file,
                        struct assay_inspection *out, struct assay_error *err)
{
	struct pair pair = { .sides = { { .span = file } } };
	struct task task = { .judge = judge, .pairs = (struct pair *[]){ &pair }, .count = 1 };
	ASSAY_AUTO_BUFFER struct assay_buffer answer = { 0 };
	struct assay_error why = ASSAY_ERROR_INIT;
	struct assay_worker_end end;
	int got;

	if (start_task(&task, inspect, err) < 0)
		return -1;
	got = assay_worker_wait(assay_steal(&task.working), &answer, &end, err);
	if (got < 0)
		return -1;
	if (got > 0 && assay_wire_read_inspection(assay_buffer_span(&answer), out, &why) == 0)
		return 0;
	assay_inspection_fini(out);
	(void)assay_inspection_add(out, "", 0, file);
	assay_inspected_add_rest(&out->artefacts[0], "bytes");
	out->artefacts[0].trouble =
		assay_asprintf("no answer from the process that reads it: %s",
	                       got > 0 ? "what it says makes no sense" : end.why);
	return 0;
}
