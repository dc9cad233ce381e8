/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the rebuild went: SLSA provenance. Fields that SLSA does not have begin with "assay_". */
#include "attest/statements.h"
#include "base/clock.h"
#include "manifest/manifest.h"

#define BUILD_TYPE "https://assay.example/rebuild/v1"

json_t *assay_speaker_tool(const struct assay_speaker *speaker)
{
	json_t *tool = assay_descriptor("assay", &speaker->program);

	assay_json_set_str(tool, "version", speaker->version);
	return tool;
}

static void add_dependency(json_t *list, const char *name, const char *sha256)
{
	struct assay_sha256 digest;

	if (assay_sha256_parse(sha256, &digest))
		assay_json_append(list, assay_descriptor(name, &digest));
}

static json_t *definition(const struct assay_result *result)
{
	const struct assay_manifest *manifest = result->manifest;
	json_t *out = json_object(), *external = json_object(), *list = json_array();
	struct assay_sha256 tree;

	for (unsigned i = 0; i < manifest->sources_count; i++)
		add_dependency(list, manifest->sources[i].name, manifest->sources[i].sha256);
	if (assay_inventory_digest(&result->record.sources, ".", &tree))
		assay_json_append(list, assay_descriptor("source tree", &tree));
	assay_json_append(list, assay_descriptor("toolchain lock", &result->lock_id));
	assay_json_append(list, assay_descriptor("toolchain tree", &result->tree));
	/* The whole manifest: what it pins and runs is all that anybody chose. */
	assay_json_set(external, "manifest", assay_manifest_json(manifest));
	assay_json_set(external, "manifestId", assay_descriptor(NULL, &result->manifest_id));
	assay_json_set_str(out, "buildType", BUILD_TYPE);
	assay_json_set(out, "externalParameters", external);
	assay_json_set(out, "resolvedDependencies", list);
	return out;
}

/* All that differs between two runs with the same inputs. */
static json_t *metadata(const struct assay_result *result)
{
	const struct assay_build_record *record = &result->record;
	json_t *out = json_object(), *use = json_object(), *log = json_object();
	json_t *journal = json_object();
	char text[ASSAY_CLOCK_TEXT];

	assay_clock_text(result->started, text);
	assay_json_set_str(out, "startedOn", text);
	assay_clock_text(result->ended, text);
	assay_json_set_str(out, "finishedOn", text);
	assay_json_set_int(use, "wall_ms", record->wall_ms);
	assay_json_set_int(use, "cpu_ms", record->cpu_ms);
	assay_json_set_int(use, "memory_peak", record->memory_peak);
	assay_json_set(out, "assay_use", use);
	assay_json_set_int(log, "size", record->log_size);
	assay_json_set_sha256(log, "sha256", &record->log_sha256);
	assay_json_set(out, "assay_log", log);
	assay_json_set_int(journal, "records", result->journal_records);
	assay_json_set_sha256(journal, "sha256", &result->journal_last);
	assay_json_set(out, "assay_journal", journal);
	return out;
}

static json_t *details(const struct assay_result *result, const struct assay_speaker *speaker)
{
	json_t *out = json_object(), *builder = json_object(), *version = json_object();
	json_t *with = json_array();

	assay_json_set_str(builder, "id", speaker->lab);
	assay_json_set_str(version, "assay", speaker->version);
	assay_json_set(builder, "version", version);
	assay_json_append(with, assay_descriptor("assay", &speaker->program));
	assay_json_set(builder, "builderDependencies", with);
	assay_json_set(out, "builder", builder);
	if (speaker->times)
		assay_json_set(out, "metadata", metadata(result));
	return out;
}

static json_t *record_json(const struct assay_build_record *record)
{
	json_t *out = json_object();

	assay_json_set_str(out, "outcome", assay_outcome_name(record->outcome));
	assay_json_set_int(out, "step", record->step);
	assay_json_set_int(out, "exit_status", (uint64_t)record->exit_status);
	if (record->detail != NULL)
		assay_json_set_str(out, "detail", record->detail);
	assay_json_set_str(out, "level", record->level != NULL ? record->level : "none");
	if (record->pinned.count > 0) {
		assay_json_set_sha256(out, "probe", &record->probe);
		assay_json_set_sha256(out, "environment", &record->environment);
	}
	assay_json_set(out, "unpinned", assay_json_strings(&record->unpinned));
	assay_json_set(out, "events", assay_json_strings(&record->events));
	return out;
}

json_t *assay_provenance_statement(const struct assay_result *result,
                                   const struct assay_speaker *speaker)
{
	const struct assay_build_record *record = &result->record;
	json_t *statement = assay_statement_new(ASSAY_PREDICATE_PROVENANCE);
	json_t *predicate = json_object_get(statement, "predicate");

	for (size_t i = 0; i < record->output_count; i++)
		(void)assay_statement_subject(statement, record->outputs[i].name,
		                              &record->outputs[i].sha256);
	/* A build without outputs is about its manifest, so that it cannot be taken for the
	 * provenance of any file. */
	if (record->output_count == 0)
		(void)assay_statement_subject(statement, "manifest", &result->manifest_id);
	assay_json_set(predicate, "buildDefinition", definition(result));
	assay_json_set(predicate, "runDetails", details(result, speaker));
	assay_json_set(predicate, "assay_record", record_json(record));
	return statement;
}
