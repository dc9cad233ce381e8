/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "explain/decide.h"
#include "explain/sources.h"
#include "report/report.h"
#include "report/verify.h"

static json_t *outputs_json(const struct assay_build_record *record)
{
	json_t *array = json_array();

	for (size_t i = 0; i < record->output_count; i++) {
		json_t *output = json_object();

		assay_json_set_str(output, "name", record->outputs[i].name);
		assay_json_set_int(output, "size", record->outputs[i].size);
		assay_json_set_sha256(output, "sha256", &record->outputs[i].sha256);
		assay_json_append(array, output);
	}
	return array;
}

json_t *assay_build_json(const struct assay_build_record *record)
{
	json_t *build = json_object();

	assay_json_set_str(build, "outcome", assay_outcome_name(record->outcome));
	assay_json_set_int(build, "step", record->step);
	assay_json_set_int(build, "exit_status", (uint64_t)record->exit_status);
	if (record->detail != NULL)
		assay_json_set_str(build, "detail", record->detail);
	assay_json_set_str(build, "level", record->level != NULL ? record->level : "none");
	if (record->profile != NULL)
		assay_json_set_str(build, "profile", record->profile);
	assay_json_set(build, "unpinned", assay_json_strings(&record->unpinned));
	if (record->pinned.count > 0) {
		assay_json_set_sha256(build, "probe", &record->probe);
		assay_json_set_sha256(build, "environment", &record->environment);
	}
	assay_json_set(build, "events", assay_json_strings(&record->events));
	assay_json_set(build, "outputs", outputs_json(record));
	if (record->log_tail != NULL && record->outcome != ASSAY_OUTCOME_BUILT)
		assay_json_set_str(build, "log_tail", record->log_tail);
	return build;
}

/* What differs from run to run, kept together so that it can be left out. */
static json_t *run_json(const struct assay_result *result)
{
	const struct assay_build_record *record = &result->record;
	json_t *run = json_object();
	char text[ASSAY_CLOCK_TEXT];

	assay_clock_text(result->started, text);
	assay_json_set_str(run, "started", text);
	assay_clock_text(result->ended, text);
	assay_json_set_str(run, "ended", text);
	if (!result->built)
		return run;
	assay_json_set_int(run, "build_wall_ms", record->wall_ms);
	assay_json_set_int(run, "build_cpu_ms", record->cpu_ms);
	assay_json_set_int(run, "build_memory_peak", record->memory_peak);
	/* What no level pins is another thing every time. */
	assay_json_set(run, "seen", assay_json_strings(&record->seen));
	/* A log may hold times and the order of parallel jobs. */
	assay_json_set_int(run, "log_size", record->log_size);
	assay_json_set_sha256(run, "log_sha256", &record->log_sha256);
	return run;
}

static json_t *pins_json(const struct assay_result *result)
{
	const struct assay_manifest *manifest = result->manifest;
	json_t *pins = json_object();
	json_t *sources = json_array();

	assay_json_set_sha256(pins, "manifest", &result->manifest_id);
	assay_json_set_sha256(pins, "toolchain_lock", &result->lock_id);
	assay_json_set_sha256(pins, "toolchain_tree", &result->tree);
	for (unsigned i = 0; i < manifest->sources_count; i++) {
		json_t *source = json_object();

		assay_json_set_str(source, "name", manifest->sources[i].name);
		assay_json_set_str(source, "sha256", manifest->sources[i].sha256);
		assay_json_append(sources, source);
	}
	assay_json_set(pins, "sources", sources);
	return pins;
}

static json_t *delivered_json(const struct assay_result *result)
{
	json_t *array = json_array();

	for (size_t i = 0; i < result->comparison_count; i++) {
		const struct assay_delivered *delivered = &result->manifest->delivered[i];
		json_t *item = json_object();

		assay_json_set_str(item, "file", delivered->file);
		assay_json_set_str(item, "sha256", delivered->sha256);
		if (delivered->member != NULL)
			assay_json_set_str(item, "member", delivered->member);
		assay_json_set_str(item, "output", delivered->output);
		assay_json_set(item, "comparison",
		               assay_report_json(&result->comparisons[i], result->accept));
		assay_json_append(array, item);
	}
	return array;
}

json_t *assay_verify_json(const struct assay_result *result, bool times)
{
	json_t *root = json_object();
	json_t *product = json_object();

	assay_json_set_str(product, "name", result->manifest->product.name);
	assay_json_set_str(product, "version", result->manifest->product.version);
	assay_json_set_str(root, "schema", "assay.verify/1");
	assay_json_set(root, "product", product);
	assay_json_set(root, "pins", pins_json(result));
	if (result->built)
		assay_json_set(root, "build", assay_build_json(&result->record));
	if (result->built)
		assay_json_set(root, "sources",
		               assay_sources_json(&result->record.sources, &result->sources));
	assay_json_set(root, "delivered", delivered_json(result));
	if (result->variation.decision != ASSAY_DECISION_NONE)
		assay_json_set(root, "variation", assay_variation_json(&result->variation));
	if (result->error.code != ASSAY_E_NONE)
		assay_json_set_str(root, "error", result->error.text);
	assay_json_set_str(root, "tier", assay_tier_name(result->tier));
	assay_json_set_str(root, "accept", assay_tier_name(result->accept));
	assay_json_set_bool(root, "accepted", result->status == ASSAY_EXIT_MATCH);
	assay_json_set_int(root, "exit_status", (uint64_t)result->status);
	if (times)
		assay_json_set(root, "run", run_json(result));
	return root;
}
