/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/varying.h"

#include <sched.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"
#include "rebuild/rebuild.h"
#include "rebuild/vary/search.h"

static int parse_list(const char *list, assay_axes *out, struct assay_error *err)
{
	for (; *list != '\0'; list += *list == ',') {
		size_t len = strcspn(list, ",");
		assay_axes axis = assay_axes_find(list, len);
		ASSAY_AUTO_FREE char *name = assay_strndup(list, len);
		ASSAY_AUTO_FREE char *quoted = assay_quoted(name);

		if (axis == 0)
			return assay_fail(err, ASSAY_E_USAGE,
			                  "no axis is called \"%s\": assay-vary(1) has a list",
			                  quoted);
		*out |= axis;
		list += len;
	}
	return 0;
}

int assay_cli_axes(struct assay_varying *varying, const char *only, const char *except,
                   struct assay_error *err)
{
	assay_axes wanted = 0, unwanted = 0;
	cpu_set_t cpus;

	varying->host.now = (uint64_t)assay_clock_wall();
	varying->host.cpus =
		sched_getaffinity(0, sizeof(cpus), &cpus) < 0 ? 1 : (uint32_t)CPU_COUNT(&cpus);
	varying->axes = assay_axes_possible(varying->inputs->manifest, &varying->host);
	if ((only != NULL && parse_list(only, &wanted, err) < 0) ||
	    (except != NULL && parse_list(except, &unwanted, err) < 0))
		return -1;
	if (only != NULL)
		varying->axes &= wanted;
	varying->axes &= ~unwanted;
	return varying->axes != 0
	               ? 0
	               : assay_fail(err, ASSAY_E_USAGE, "no axis is left that can be varied here");
}

static void add_names(assay_axes axes, struct assay_strings *names)
{
	for (unsigned i = 0; i < assay_axis_count; i++)
		if (axes >> i & 1)
			assay_strings_add(names, assay_axis_table[i].name);
	assay_strings_sort(names);
}

/* Of what a build made; a build that made nothing has one too, that of how it ended. */
static void digest_build(const struct assay_build_record *record, struct assay_sha256 *out)
{
	ASSAY_AUTO_HASHER struct assay_hasher *hasher = assay_hasher_new();
	const char *outcome = assay_outcome_name(record->outcome);

	assay_hasher_add(hasher, outcome, strlen(outcome));
	for (size_t i = 0; record->outcome == ASSAY_OUTCOME_BUILT && i < record->output_count; i++)
		assay_hasher_add(hasher, record->outputs[i].sha256.bytes, ASSAY_SHA256_SIZE);
	assay_hasher_finish(hasher, out);
}

/* A fresh folder vary/NAME. Owner: caller frees *outputs and *log. */
static int make_folder(const struct assay_varying *varying, const char *name, char **outputs,
                       char **log, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *folder = assay_asprintf("vary/%s", name);
	ASSAY_AUTO_FREE char *inner = assay_asprintf("%s/outputs", folder);

	if (assay_remove_tree(varying->dir->fd, folder, err) < 0 ||
	    assay_mkdirs(varying->dir->fd, inner, err) < 0)
		return -1;
	*outputs = assay_asprintf("%s/%s", varying->dir->path, inner);
	*log = assay_asprintf("%s/%s/build.log", varying->dir->path, folder);
	return 0;
}

/* Build as a manifest says that differs from the first one in its surroundings only. */
static int rebuild(const struct assay_varying *varying, const char *name,
                   const struct assay_manifest *manifest, assay_others others,
                   struct assay_build_record *record, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *outputs = NULL;
	ASSAY_AUTO_FREE char *log = NULL;
	struct assay_rebuild_request request = { .manifest = manifest,
		                                 .tree = varying->inputs->tree.path,
		                                 .sources = varying->inputs->source_fds,
		                                 .others = others,
		                                 .progress = varying->progress };

	if (make_folder(varying, name, &outputs, &log, err) < 0)
		return -1;
	request.output_dir = outputs;
	request.log_path = log;
	if (assay_rebuild(&request, record, err) < 0)
		return -1;
	if (record->outcome == ASSAY_OUTCOME_INTERRUPTED)
		return assay_fail(err, ASSAY_E_SYSTEM, "%s", record->detail);
	return 0;
}

int assay_cli_build_as(const struct assay_varying *varying, const char *name,
                       const struct assay_manifest *manifest, struct assay_error *err)
{
	ASSAY_AUTO_BUILD_RECORD struct assay_build_record record = { 0 };

	if (rebuild(varying, name, manifest, 0, &record, err) < 0)
		return -1;
	return record.outcome == ASSAY_OUTCOME_BUILT;
}

/* Build with axes varied. Return: whether the output is another one than the first build's, -1 */
static int build(struct assay_varying *varying, const char *name, assay_axes axes, unsigned round,
                 struct assay_error *err)
{
	ASSAY_AUTO_VARIATION struct assay_variation variation = { 0 };
	ASSAY_AUTO_BUILD_RECORD struct assay_build_record record = { 0 };
	struct assay_sha256 digest;

	assay_variation_make(varying->inputs->manifest, axes, &varying->host, round, &variation);
	if (rebuild(varying, name, &variation.manifest, variation.others, &record, err) < 0)
		return -1;
	varying->record->builds++;
	if (record.outcome != ASSAY_OUTCOME_BUILT && __builtin_popcountll(axes) == 1)
		add_names(axes, &varying->record->failed);
	digest_build(&record, &digest);
	return !assay_sha256_equal(&digest, &varying->digest);
}

static int test(void *context, assay_axes axes, struct assay_error *err)
{
	return build(context, "test", axes, 1, err);
}

int assay_cli_vary(struct assay_varying *varying, struct assay_variation_record *record,
                   struct assay_error *err)
{
	assay_axes guilty = 0;
	int differs;

	varying->record = record;
	digest_build(varying->first, &varying->digest);
	record->builds = 1;
	add_names(varying->axes, &record->varied);
	differs = build(varying, "again", 0, 1, err);
	record->repeats = differs == 0;
	if (differs != 0)
		return differs < 0 ? -1 : 0;
	differs = build(varying, "all", varying->axes, 1, err);
	record->varies = differs > 0;
	if (differs <= 0)
		return differs;
	if (assay_vary_search(varying->axes, test, varying, &guilty, err) < 0)
		return -1;
	add_names(guilty, &record->axes);
	/* Once more with other values, to see more of the places where it shows. */
	return build(varying, "second", guilty, 2, err) < 0 ? -1 : 0;
}
