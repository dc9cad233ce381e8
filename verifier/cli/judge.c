/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/judge.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "compare/inspect.h"
#include "model/wire.h"
#include "unpack/member.h"
#include "unpack/worker.h"

#define ANSWER_MAX ((uint64_t)1 << 30) /* bytes; ours */
#define SECONDS_MAX ((uint64_t)100 * 365 * 86400)
#define SLACK ((uint64_t)2 << 30) /* bytes for the program, its threads and its tables */

/* What the other process is told: all of it by being a copy of this one. */
struct job {
	const struct assay_judge *judge;
	struct assay_side sides[2];
	struct assay_sha256 digests[2]; /* these are made here, while the other process works */
	bool equal;
};

static const struct assay_unpack_limits default_limits = ASSAY_UNPACK_LIMITS_DEFAULT;

static const struct assay_unpack_limits *limits_of(const struct assay_judge *judge)
{
	return judge->limits != NULL ? judge->limits : &default_limits;
}

/* --- inside the other process -------------------------------------------------------------- */

/* The member that is asked for instead of the file, when one is. */
static int take_member(const struct assay_judge *judge, struct assay_span *file,
                       struct assay_bytes *member, struct assay_error *err)
{
	if (judge->member == NULL)
		return 0;
	if (assay_unpack_member(*file, judge->member, limits_of(judge), member, err) < 0)
		return -1;
	*file = assay_span_of_bytes(member);
	return 0;
}

static int compare(void *context, const struct assay_progress *progress, struct assay_buffer *out,
                   struct assay_error *err)
{
	struct job *job = context;
	const struct assay_compare_options options = { .limits = limits_of(job->judge),
		                                       .progress = progress,
		                                       .no_digests = job->judge->member == NULL };
	ASSAY_AUTO_COMPARISON struct assay_comparison comparison = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes member = { 0 };

	assay_progress_tell(progress, ASSAY_STAGE_COMPARE, 0, 0, job->sides[0].name);
	if (take_member(job->judge, &job->sides[0].span, &member, err) < 0 ||
	    assay_compare(&job->sides[0], &job->sides[1], &options, &comparison, err) < 0)
		return -1;
	assay_wire_write(&comparison, out);
	return 0;
}

static int inspect(void *context, const struct assay_progress *progress, struct assay_buffer *out,
                   struct assay_error *err)
{
	struct job *job = context;
	ASSAY_AUTO_INSPECTION struct assay_inspection inspection = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes member = { 0 };

	(void)progress;
	if (take_member(job->judge, &job->sides[0].span, &member, err) < 0 ||
	    assay_inspect(job->sides[0].span, limits_of(job->judge), &inspection, err) < 0)
		return -1;
	assay_wire_write_inspection(&inspection, out);
	return 0;
}

/* --- here ---------------------------------------------------------------------------------- */

/* Work of assay_parallel: equal bytes need one digest. */
static int look_at(void *context, size_t side, struct assay_error *err)
{
	struct job *job = context;

	(void)err;
	if (side == 1)
		job->equal = assay_span_equal(job->sides[0].span, job->sides[1].span);
	if (side == 0 || !job->equal)
		assay_sha256(job->sides[side].span, &job->digests[side]);
	return 0;
}

static void look(void *context)
{
	struct job *job = context;
	struct assay_error unused = ASSAY_ERROR_INIT;

	(void)!assay_parallel(2, look_at, job, &unused);
	if (job->equal)
		job->digests[1] = job->digests[0];
}

static void set_subject(const struct job *job, size_t side, struct assay_subject *out)
{
	free(out->name);
	out->name = assay_strdup(job->sides[side].name);
	out->size = job->sides[side].span.len;
	out->sha256 = job->digests[side];
}

/* What can be seen from here: the process has no say in it. A member exists there only. */
static int check_answer(const struct job *job, struct assay_comparison *out,
                        struct assay_error *err)
{
	bool equal = job->equal;

	set_subject(job, 1, &out->rebuilt);
	if (job->judge->member == NULL) {
		set_subject(job, 0, &out->delivered);
	} else {
		free(out->delivered.name);
		out->delivered.name = assay_strdup(job->sides[0].name);
		equal = assay_sha256_equal(&out->delivered.sha256, &out->rebuilt.sha256);
	}
	if (out->artefacts[0].ledger.size != out->delivered.size ||
	    equal != (out->tier == ASSAY_TIER_IDENTICAL))
		return assay_fail(err, ASSAY_E_FORMAT, "an answer about other files");
	return 0;
}

/* There is no answer: nothing is known about any byte. */
static void conclude_without(const struct job *job, const char *why, const char *place,
                             struct assay_comparison *out)
{
	struct assay_finding at = { .artefact = (char *)(uintptr_t) "",
		                    .class = ASSAY_CLASS_UNEXPLAINED };
	struct assay_ledger ledger;

	assay_comparison_fini(out);
	*out = (struct assay_comparison){ 0 };
	set_subject(job, 0, &out->delivered);
	set_subject(job, 1, &out->rebuilt);
	assay_ledger_init(&ledger, job->sides[0].span.len);
	(void)assay_comparison_add(out, "", "data", &ledger);
	out->artefacts[0].tier = out->tier = ASSAY_TIER_INCONCLUSIVE;
	(void)assay_comparison_find(out, &at, "no answer from the process that compares: %s%s%s",
	                            why, *place != '\0' ? ", at " : "", place);
}

/* Both kinds of work want the same. */
static struct assay_worker worker_for(struct job *job, assay_worker_work *work)
{
	const struct assay_judge *judge = job->judge;
	uint64_t seconds = judge->seconds > 0 ? judge->seconds : ASSAY_JUDGE_SECONDS;

	return (struct assay_worker){
		.work = work,
		.context = job,
		.progress = judge->progress,
		.timeout_ms = 1000 * (seconds < SECONDS_MAX ? seconds : SECONDS_MAX),
		.memory = 4 * limits_of(judge)->bytes + 2 * job->sides[0].span.len +
		          2 * job->sides[1].span.len + SLACK,
		.answer_max = ANSWER_MAX,
	};
}

int assay_judge_pair(void *context, const struct assay_side *delivered,
                     const struct assay_side *rebuilt, struct assay_comparison *out,
                     struct assay_error *err)
{
	const struct assay_judge *judge = context;
	struct job job = { .judge = judge, .sides = { *delivered, *rebuilt } };
	struct assay_worker worker = worker_for(&job, compare);
	ASSAY_AUTO_BUFFER struct assay_buffer answer = { 0 };
	struct assay_error why = ASSAY_ERROR_INIT;
	struct assay_worker_end end;
	int got;

	worker.meanwhile = look;
	got = assay_worker_run(&worker, &answer, &end, err);
	if (got < 0)
		return -1;
	if (got == 0)
		conclude_without(&job, end.why, end.place, out);
	else if (assay_wire_read(assay_buffer_span(&answer), out, &why) < 0 ||
	         check_answer(&job, out, &why) < 0)
		conclude_without(&job, "what it says makes no sense", end.place, out);
	return 0;
}

int assay_judge_inspect(const struct assay_judge *judge, struct assay_span file,
                        struct assay_inspection *out, struct assay_error *err)
{
	struct job job = { .judge = judge, .sides = { { .span = file } } };
	const struct assay_worker worker = worker_for(&job, inspect);
	ASSAY_AUTO_BUFFER struct assay_buffer answer = { 0 };
	struct assay_error why = ASSAY_ERROR_INIT;
	struct assay_worker_end end;
	int got = assay_worker_run(&worker, &answer, &end, err);

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
