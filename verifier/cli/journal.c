/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/journal.h"

#include <fcntl.h>

#include "attest/document.h"
#include "attest/statement.h"
#include "cli/statements.h"
#include "config.h"
#include "explain/decide.h"

/* What a run leaves for others; the journal says which bytes these were. */
static const char *const written[] = {
	"report.txt",          "result.json",         "sources.jsonl", "provenance.intoto.json",
	"verdict.intoto.json", "summary.intoto.json", "build.log",
};

static int note(struct assay_run_journal *run, const char *event, json_t *data,
                struct assay_error *err)
{
	if (run->error.code != ASSAY_E_NONE) {
		json_decref(data);
		*err = run->error;
		return -1;
	}
	return assay_journal_note(&run->journal, event, data, err);
}

/* Steps of the build are noted when they begin; lines of their output are for the terminal alone. */
static void report(void *context, const struct assay_progress_event *event)
{
	struct assay_run_journal *run = context;
	json_t *data;

	assay_progress_tell(run->show, event->stage, event->done, event->total, event->text);
	if (event->stage != ASSAY_STAGE_BUILD || event->done + 1 == run->step ||
	    run->error.code != ASSAY_E_NONE)
		return;
	run->step = event->done + 1;
	data = json_object();
	assay_json_set_int(data, "step", run->step);
	assay_json_set_int(data, "of", event->total);
	if (assay_journal_note(&run->journal, "step", data, &run->error) < 0)
		(void)assay_fail_in(&run->error, "journal");
}

int assay_cli_journal_begin(const struct assay_result_dir *dir, const struct assay_result *result,
                            const struct assay_progress *show, struct assay_run_journal *out,
                            struct assay_error *err)
{
	const struct assay_manifest *manifest = result->manifest;
	struct assay_speaker speaker;
	uint64_t cut;
	json_t *data;

	if (assay_cli_speaker(true, &speaker, err) < 0 ||
	    assay_journal_open(dir->fd, ASSAY_JOURNAL_NAME, &out->journal, err) < 0)
		return assay_fail_in(err, "%s", dir->path);
	cut = out->journal.head.cut;
	out->show = show;
	out->progress = (struct assay_progress){ .report = report, .context = out };
	data = json_object();
	assay_json_set_str(data, "command", "verify");
	assay_json_set(data, "tool", assay_speaker_tool(&speaker));
	assay_json_set_str(data, "lab", speaker.lab);
	if (speaker.performer != NULL)
		assay_json_set_str(data, "performer", speaker.performer);
	assay_json_set_str(data, "product", manifest->product.name);
	assay_json_set_str(data, "version", manifest->product.version);
	assay_json_set_sha256(data, "manifest", &result->manifest_id);
	assay_json_set_sha256(data, "lock", &result->lock_id);
	assay_json_set_str(data, "accept", assay_tier_name(result->accept));
	if (cut > 0)
		assay_json_set_int(data, "cut", cut);
	return note(out, "begun", data, err);
}

static json_t *descriptor(const char *name, const char *sha256)
{
	struct assay_sha256 digest = { { 0 } };

	(void)assay_sha256_parse(sha256, &digest);
	return assay_descriptor(name, &digest);
}

int assay_cli_journal_inputs(struct assay_run_journal *run, const struct assay_inputs *inputs,
                             struct assay_error *err)
{
	const struct assay_manifest *manifest = inputs->manifest;
	json_t *data = json_object(), *sources = json_array(), *delivered = json_array();

	for (unsigned i = 0; i < manifest->sources_count; i++)
		assay_json_append(sources, descriptor(manifest->sources[i].name,
		                                      manifest->sources[i].sha256));
	for (unsigned i = 0; i < manifest->delivered_count; i++)
		assay_json_append(delivered, descriptor(manifest->delivered[i].file,
		                                        manifest->delivered[i].sha256));
	assay_json_set(data, "sources", sources);
	assay_json_set(data, "delivered", delivered);
	assay_json_set_sha256(data, "toolchain", &inputs->tree.sha256);
	return note(run, "inputs", data, err);
}

int assay_cli_journal_built(struct assay_run_journal *run, const struct assay_build_record *record,
                            struct assay_error *err)
{
	json_t *data = json_object(), *outputs = json_array();
	struct assay_sha256 tree;

	for (size_t i = 0; i < record->output_count; i++)
		assay_json_append(outputs, assay_descriptor(record->outputs[i].name,
		                                            &record->outputs[i].sha256));
	assay_json_set_str(data, "outcome", assay_outcome_name(record->outcome));
	assay_json_set_int(data, "exit_status", (uint64_t)record->exit_status);
	assay_json_set_str(data, "level", record->level != NULL ? record->level : "none");
	assay_json_set(data, "outputs", outputs);
	assay_json_set_sha256(data, "log", &record->log_sha256);
	assay_json_set(data, "refused", assay_json_strings(&record->events));
	assay_json_set(data, "unpinned", assay_json_strings(&record->unpinned));
	if (assay_inventory_digest(&record->sources, ".", &tree))
		assay_json_set_sha256(data, "source_tree", &tree);
	return note(run, "built", data, err);
}

int assay_cli_journal_compared(struct assay_run_journal *run,
                               const struct assay_comparison *comparison, struct assay_error *err)
{
	json_t *data = json_object();

	assay_json_set_sha256(data, "delivered", &comparison->delivered.sha256);
	assay_json_set_sha256(data, "rebuilt", &comparison->rebuilt.sha256);
	assay_json_set_str(data, "tier", assay_tier_name(comparison->tier));
	return note(run, "compared", data, err);
}

int assay_cli_journal_varied(struct assay_run_journal *run,
                             const struct assay_variation_record *record, struct assay_error *err)
{
	return note(run, "varied", assay_variation_json(record), err);
}

int assay_cli_journal_end(struct assay_run_journal *run, struct assay_result *result,
                          struct assay_error *err)
{
	json_t *data = json_object();

	assay_json_set_str(data, "tier", assay_tier_name(result->tier));
	assay_json_set_int(data, "status", (uint64_t)result->status);
	if (result->sources.wanted)
		assay_json_set_bool(data, "reviewed", result->sources.agrees);
	if (result->error.code != ASSAY_E_NONE)
		assay_json_set_str(data, "error", result->error.text);
	if (note(run, "concluded", data, err) < 0)
		return -1;
	result->journal_records = run->journal.head.records;
	result->journal_last = run->journal.head.last;
	return 0;
}

int assay_cli_journal_written(struct assay_run_journal *run, const struct assay_result_dir *dir,
                              struct assay_error *err)
{
	json_t *data = json_object();

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(written); i++) {
		ASSAY_AUTO_CLOSE int fd = openat(dir->fd, written[i], O_RDONLY | O_CLOEXEC);
		struct assay_sha256 digest;

		if (fd < 0)
			continue; /* not every run has all of them */
		if (assay_sha256_fd(fd, &digest, NULL, err) < 0) {
			json_decref(data);
			return assay_fail_in(err, "%s", written[i]);
		}
		assay_json_set_sha256(data, written[i], &digest);
	}
	return note(run, "written", data, err);
}

int assay_cli_journal_named(struct assay_span journal, struct assay_span statement,
                            struct assay_error *err)
{
	ASSAY_AUTO_STATEMENT struct assay_statement provenance = { 0 };
	const json_t *details, *head, *records;
	struct assay_sha256 digest;

	if (assay_statement_parse(statement, &provenance, err) < 0)
		return -1;
	details = json_object_get(provenance.predicate, "runDetails");
	head = json_object_get(json_object_get(details, "metadata"), "assay_journal");
	if (head == NULL)
		return 0;
	records = assay_field(head, "records", JSON_INTEGER, err);
	if (records == NULL || assay_field_sha256(head, "sha256", &digest, err) < 0)
		return assay_fail_in(err, "assay_journal");
	return assay_journal_has(journal, (uint64_t)json_integer_value(records), &digest, err) < 0
	               ? -1
	               : 1;
}
