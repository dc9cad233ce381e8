/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay bundle pack`: everything that another laboratory needs, in one file. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "attest/document.h"
#include "attest/journal.h"
#include "base/memory.h"
#include "cli/bundle.h"
#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/keys.h"
#include "cli/reviews.h"
#include "cli/statements.h"
#include "manifest/manifest.h"
#include "toolchain/lock.h"

#define FILE_BYTES ((uint64_t)1 << 30) /* of one file of a result's folder */
#define EVIDENCE_MAX 1024              /* files of one folder */

static struct {
	const char *result;
	const char *output;
	const char *review;
	const char *evidence;
	bool inputs;
} opt;

static const struct assay_option options[] = {
	{ "result", 'r', "DIR", "the folder that `assay verify' left (needed)", ASSAY_OPTION_TEXT,
	  &opt.result },
	{ "output", 'o', "FILE", "the bundle (default: DIR.bundle.tar)", ASSAY_OPTION_TEXT,
	  &opt.output },
	{ "inputs", 0, NULL, "with sources, delivered files and the toolchain: to be replayed",
	  ASSAY_OPTION_FLAG, &opt.inputs },
	{ "review", 0, "DIR", "the record of a review, as given to `assay verify'",
	  ASSAY_OPTION_TEXT, &opt.review },
	{ "evidence", 'e', "PATH", "further envelopes: tests, documents, the signatures of others",
	  ASSAY_OPTION_TEXT, &opt.evidence },
	ASSAY_OPTION_KEY,
	ASSAY_OPTION_PASSPHRASE_FILE,
	ASSAY_OPTION_PASSPHRASE_FD,
	ASSAY_OPTION_PKCS11_MODULE,
	ASSAY_OPTION_STORE,
	{ .name = NULL },
};

/* Files of a result's folder. What quotes sources, or may, goes along only with the inputs. */
static const struct {
	const char *name;
	bool quotes;
} parts[] = {
	{ "result.json", false },
	{ "journal.jsonl", false },
	{ "provenance.intoto.json", false },
	{ "provenance.dsse.json", false },
	{ "verdict.intoto.json", false },
	{ "verdict.dsse.json", false },
	{ "summary.intoto.json", false },
	{ "summary.dsse.json", false },
	{ "report.txt", true },
	{ "build.log", true },
	{ "sources.jsonl", true },
};

static int add_file(struct assay_bundle *bundle, const char *path, const char *name,
                    struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes bytes = { 0 };

	if (assay_file_read(AT_FDCWD, path, FILE_BYTES, &bytes, err) < 0)
		return -1;
	assay_bundle_add(bundle, name, assay_span_of_bytes(&bytes), &bytes);
	return 0;
}

static int add_parts(struct assay_bundle *bundle, struct assay_error *err)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(parts); i++) {
		ASSAY_AUTO_FREE char *path = assay_asprintf("%s/%s", opt.result, parts[i].name);

		if ((parts[i].quotes && !opt.inputs) || access(path, F_OK) < 0)
			continue;
		if (add_file(bundle, path, parts[i].name, err) < 0)
			return -1;
	}
	return 0;
}

/* The end of the log is in the result of a build that failed, and compilers quote sources. */
static int check_result(const struct assay_bundle *bundle, const struct assay_inputs *inputs,
                        struct assay_error *err)
{
	const struct assay_bundle_file *file = assay_bundle_find(bundle, ASSAY_BUNDLE_RESULT);
	ASSAY_AUTO_JSON json_t *json = NULL;
	struct assay_sha256 manifest;

	if (file == NULL)
		return assay_fail(err, ASSAY_E_USAGE, "%s: has no %s", opt.result,
		                  ASSAY_BUNDLE_RESULT);
	if (assay_json_parse(file->bytes, &json, err) < 0 ||
	    assay_field_sha256(json_object_get(json, "pins"), "manifest", &manifest, err) < 0)
		return assay_fail_in(err, "%s", ASSAY_BUNDLE_RESULT);
	if (!assay_sha256_equal(&manifest, &inputs->manifest_id))
		return assay_fail(err, ASSAY_E_USAGE,
		                  "%s: is the result of another manifest than this one",
		                  opt.result);
	if (!opt.inputs && json_object_get(json_object_get(json, "build"), "log_tail") != NULL)
		return assay_fail(err, ASSAY_E_USAGE,
		                  "%s: the end of the build's log is in it, which may quote "
		                  "sources: pack it with --inputs or not at all",
		                  opt.result);
	return 0;
}

static bool is_evidence(const char *name)
{
	static const char *const ends[] = { ".json", ".tlog-proof" };
	size_t len = strlen(name);

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(ends); i++)
		if (len > strlen(ends[i]) && strcmp(name + len - strlen(ends[i]), ends[i]) == 0)
			return true;
	return false;
}

static int add_evidence(struct assay_bundle *bundle, struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings names = { 0 };

	if (opt.evidence != NULL &&
	    assay_folder_names(AT_FDCWD, opt.evidence, EVIDENCE_MAX, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		ASSAY_AUTO_FREE char *path = assay_asprintf("%s/%s", opt.evidence, names.items[i]);
		ASSAY_AUTO_FREE char *name = assay_asprintf("evidence/%s", names.items[i]);

		if (is_evidence(names.items[i]) && add_file(bundle, path, name, err) < 0)
			return -1;
	}
	return 0;
}

/* A list of files has their names: it goes along only with the inputs. */
static int add_review(struct assay_bundle *bundle, struct assay_error *err)
{
	static const struct {
		const char *name;
		bool quotes;
	} files[] = {
		{ ASSAY_REVIEW_STATEMENT, false },
		{ ASSAY_REVIEW_ENVELOPE, false },
		{ ASSAY_REVIEW_LIST, true },
	};

	for (size_t i = 0; opt.review != NULL && i < ASSAY_ARRAY_LEN(files); i++) {
		ASSAY_AUTO_FREE char *path = assay_asprintf("%s/%s", opt.review, files[i].name);
		ASSAY_AUTO_FREE char *name = assay_asprintf("review/%s", files[i].name);

		if ((files[i].quotes && !opt.inputs) || access(path, F_OK) < 0)
			continue;
		if (add_file(bundle, path, name, err) < 0)
			return -1;
	}
	return 0;
}

/* An input out of the store, once; maps keep it until the bundle is written. */
static int add_input(struct assay_bundle *bundle, const struct assay_inputs *inputs,
                     const char *sha256, struct assay_map *map, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *name = assay_asprintf("%s%s", ASSAY_BUNDLE_INPUTS, sha256);
	struct assay_sha256 digest;

	if (assay_bundle_find(bundle, name) != NULL)
		return 0;
	if (!assay_sha256_parse(sha256, &digest))
		return assay_fail(err, ASSAY_E_FORMAT, "%s: not a digest", sha256);
	if (assay_store_map_blob(inputs->store, &digest, map, err) < 0)
		return -1;
	assay_bundle_add(bundle, name, map->span, NULL);
	return 0;
}

static int add_inputs(struct assay_bundle *bundle, const struct assay_inputs *inputs,
                      struct assay_map *maps, struct assay_error *err)
{
	const struct assay_manifest *m = inputs->manifest;
	const char *pin, *what;
	size_t n = 0;

	for (unsigned i = 0; i < m->sources_count; i++)
		if (add_input(bundle, inputs, m->sources[i].sha256, &maps[n++], err) < 0)
			return assay_fail_in(err, "source %s", m->sources[i].name);
	for (unsigned i = 0; i < m->delivered_count; i++)
		if (add_input(bundle, inputs, m->delivered[i].sha256, &maps[n++], err) < 0)
			return assay_fail_in(err, "delivered file %s", m->delivered[i].file);
	for (unsigned i = 0; (pin = assay_lock_pin(inputs->lock, i, &what)) != NULL; i++)
		if (add_input(bundle, inputs, pin, &maps[n++], err) < 0)
			return assay_fail_in(err, "toolchain: %s", what);
	return 0;
}

static int make_index(struct assay_bundle *bundle, const struct assay_inputs *inputs,
                      struct assay_error *err)
{
	const struct assay_bundle_terms terms = { inputs->manifest->product.name,
		                                  inputs->manifest->product.version,
		                                  &inputs->manifest_id, opt.inputs };
	ASSAY_AUTO_ENVELOPE struct assay_envelope envelope = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 }, file = { 0 };
	ASSAY_AUTO_KEY struct assay_key *key = NULL;
	ASSAY_AUTO_JSON json_t *index = NULL;
	struct assay_bytes owned;

	if (assay_bundle_index(bundle, &terms, &index, err) < 0)
		return -1;
	assay_statement_write(index, &text);
	assay_envelope_make(ASSAY_ENVELOPE_INTOTO, assay_buffer_span(&text), &envelope);
	if (assay_key_opt.key != NULL && (assay_cli_key_open(assay_key_opt.key, &key, err) < 0 ||
	                                  assay_envelope_sign(&envelope, key, err) < 0))
		return -1;
	assay_envelope_write(&envelope, &file);
	owned = assay_buffer_steal(&file);
	assay_bundle_add(bundle, ASSAY_BUNDLE_INDEX, assay_span_of_bytes(&owned), &owned);
	return assay_bundle_sort(bundle, err);
}

static int pack(const char *manifest, const struct assay_inputs *inputs, struct assay_map *maps,
                struct assay_bundle *bundle, struct assay_error *err)
{
	if (add_file(bundle, manifest, ASSAY_BUNDLE_MANIFEST, err) < 0 ||
	    add_file(bundle, inputs->lock_path, ASSAY_BUNDLE_LOCK, err) < 0 ||
	    add_parts(bundle, err) < 0 || check_result(bundle, inputs, err) < 0 ||
	    assay_cli_bundle_agree(bundle, err) < 0 || add_review(bundle, err) < 0 ||
	    add_evidence(bundle, err) < 0)
		return -1;
	if (opt.inputs && add_inputs(bundle, inputs, maps, err) < 0)
		return -1;
	return make_index(bundle, inputs, err);
}

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_INPUTS struct assay_inputs inputs = { 0 };
	ASSAY_AUTO_BUNDLE struct assay_bundle bundle = { 0 };
	ASSAY_AUTO_FREE struct assay_map *maps = NULL;
	ASSAY_AUTO_FREE char *output = NULL;
	size_t count;
	int failed;

	if (opt.result == NULL)
		return assay_fail(err, ASSAY_E_USAGE, "--result: say which run is to be packed");
	if (assay_inputs_load(argv[0], assay_common.store, &inputs, err) < 0)
		return -1;
	output = opt.output != NULL ? assay_strdup(opt.output)
	                            : assay_asprintf("%s.bundle.tar", opt.result);
	count = (size_t)inputs.manifest->sources_count + inputs.manifest->delivered_count +
	        assay_lock_pins(inputs.lock);
	maps = assay_calloc(count, sizeof(*maps));
	failed = pack(argv[0], &inputs, maps, &bundle, err);
	if (failed == 0)
		failed = assay_cli_bundle_write(&bundle, output, err);
	if (failed == 0)
		(void)printf("bundle     %s, %zu files%s\n", output, bundle.count,
		             opt.inputs ? ", with all inputs" : ", without sources");
	for (size_t i = 0; i < count; i++)
		assay_map_fini(&maps[i]);
	return failed < 0 ? -1 : ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_bundle_pack = {
	.name = "bundle pack",
	.args = "MANIFEST",
	.summary = "put all that another laboratory needs into one file",
	.example = "assay bundle pack --key lab-a.key --result assay-router-4.2.1 router.yaml\n"
		   "assay bundle pack --inputs --result assay-router-4.2.1 router.yaml",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
