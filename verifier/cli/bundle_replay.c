/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay bundle replay`: the same verification once more, from what is in a bundle alone. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "attest/document.h"
#include "base/memory.h"
#include "cli/bundle.h"
#include "cli/command.h"
#include "cli/reviews.h"
#include "cli/verify.h"
#include "store/work.h"

static const char *output;

static const struct assay_option options[] = {
	{ "into", 'i', "DIR", "where it is unpacked and built: a folder that is not there yet",
	  ASSAY_OPTION_TEXT, &output },
	ASSAY_OPTION_STORE,
	ASSAY_OPTION_QUIET,
	{ .name = NULL },
};

/* Keys of a result that tell about the run or the host, and not about what was found. */
static const struct {
	const char *object; /* NULL: of the result itself */
	const char *key;
} of_the_host[] = {
	{ NULL, "run" },
	{ "build", "unpinned" },
};

/* An input into the store, whose digest the index check has computed already. */
static int store_input(struct assay_store *store, const struct assay_bundle_file *file,
                       struct assay_error *err)
{
	ASSAY_AUTO_STORE_LOCK struct assay_store_lock lock = ASSAY_STORE_LOCK_INIT;
	ASSAY_AUTO_CLOSE int fd = -1;
	struct assay_sha256 named;
	char name[96];

	if (!assay_sha256_parse(file->name + strlen(ASSAY_BUNDLE_INPUTS), &named) ||
	    !assay_sha256_equal(&named, &file->sha256))
		return assay_fail(err, ASSAY_E_PIN, "%s: has another digest than its name says",
		                  file->name);
	if (assay_store_has_blob(store, &named))
		return 0;
	assay_store_blob_lock_name(&named, name);
	if (assay_store_take_lock(store, name, true, &lock, err) < 0)
		return -1;
	fd = assay_store_open_part(store, &named, err);
	if (fd < 0)
		return -1;
	if (ftruncate(fd, 0) < 0)
		return assay_fail_errno(err, "begin %s", file->name);
	return assay_write_full(fd, file->bytes, err) < 0
	               ? -1
	               : assay_store_commit_part(store, fd, &named, err);
}

static bool is_input(const struct assay_bundle_file *file)
{
	return strncmp(file->name, ASSAY_BUNDLE_INPUTS, strlen(ASSAY_BUNDLE_INPUTS)) == 0;
}

/* Inputs go into the store, all else into a folder. Names in a bundle lead nowhere else: bundle.h. */
static int unpack(const struct assay_opened_bundle *opened, const char *folder,
                  struct assay_error *err)
{
	ASSAY_AUTO_STORE struct assay_store *store = NULL;

	if (assay_store_open(assay_common.store, &store, err) < 0)
		return -1;
	for (size_t i = 0; i < opened->bundle.count; i++) {
		const struct assay_bundle_file *file = &opened->bundle.files[i];
		ASSAY_AUTO_FREE char *path = assay_asprintf("%s/%s", folder, file->name);
		ASSAY_AUTO_FREE char *parent = assay_path_folder(path);

		if (is_input(file)) {
			if (store_input(store, file, err) < 0)
				return -1;
		} else if (assay_mkdirs(AT_FDCWD, parent, err) < 0 ||
		           assay_file_write(AT_FDCWD, path, file->bytes, 0666, err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* One of the two results. Zero-initialise. */
struct side {
	struct assay_buffer text; /* canonical, without the run and the host */
	json_t *json;             /* the same; owned */
	json_t *unpinned;         /* what the host could not pin; owned */
};

static void side_fini(struct side *side)
{
	assay_buffer_fini(&side->text);
	json_decref(side->json);
	json_decref(side->unpinned);
}

static int read_side(struct assay_span text, struct side *out, struct assay_error *err)
{
	if (assay_json_parse(text, &out->json, err) < 0)
		return assay_fail_in(err, ASSAY_BUNDLE_RESULT);
	out->unpinned =
		json_incref(json_object_get(json_object_get(out->json, "build"), "unpinned"));
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(of_the_host); i++)
		(void)json_object_del(of_the_host[i].object == NULL
		                              ? out->json
		                              : json_object_get(out->json, of_the_host[i].object),
		                      of_the_host[i].key);
	assay_json_canonical(out->json, &out->text);
	return 0;
}

static void print_differences(const json_t *a, const json_t *b, const char *above)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)a, key, value)
	{
		const json_t *other = json_object_get(b, key);

		if (json_equal(value, other))
			continue;
		if (*above == '\0' && json_is_object(value) && json_is_object(other))
			print_differences(value, other, key);
		else
			(void)printf("%-11s%s%s%s\n", "differs", above, *above != '\0' ? "." : "",
			             key);
	}
}

/* Whether hosts pin other things, and nothing differs but what a build can see of a host. */
static bool differs_by_host(const struct side *before, const struct side *now)
{
	static const char *const keys[] = { "environment", "level" };
	ASSAY_AUTO_JSON json_t *a = json_deep_copy(before->json);
	ASSAY_AUTO_JSON json_t *b = json_deep_copy(now->json);

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(keys); i++) {
		(void)json_object_del(json_object_get(a, "build"), keys[i]);
		(void)json_object_del(json_object_get(b, "build"), keys[i]);
	}
	return json_equal(a, b) && !json_equal(before->unpinned, now->unpinned);
}

/* The results are the same; the statement that was signed has to be about this one. */
static int compare_verdicts(const struct assay_opened_bundle *opened, const char *folder,
                            const char *hex, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *path = assay_asprintf("%s/verdict.intoto.json", folder);
	ASSAY_AUTO_BYTES struct assay_bytes now = { 0 };
	int same;

	if (assay_file_read(AT_FDCWD, path, UINT64_C(1) << 30, &now, err) < 0)
		return -1;
	same = assay_cli_bundle_same_verdict(&opened->bundle, assay_span_of_bytes(&now), err);
	if (same < 0)
		return -1;
	if (same > 0)
		(void)printf("\n%-11sthe same result, sha256:%s\n", "replay", hex);
	else
		(void)printf(
			"\n%-11sthe same result, sha256:%s, but the verdict in the bundle says "
			"something else\n",
			"replay", hex);
	return same > 0 ? ASSAY_EXIT_MATCH : ASSAY_EXIT_DIFFERENT;
}

static int compare(const struct assay_opened_bundle *opened, struct assay_span before,
                   const char *folder, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *path = assay_asprintf("%s/" ASSAY_BUNDLE_RESULT, folder);
	ASSAY_AUTO_BYTES struct assay_bytes now = { 0 };
	ASSAY_AUTO(side_fini) struct side first = { 0 };
	ASSAY_AUTO(side_fini) struct side second = { 0 };
	struct assay_sha256 digest;
	char hex[ASSAY_SHA256_HEX];

	if (assay_file_read(AT_FDCWD, path, UINT64_C(1) << 30, &now, err) < 0 ||
	    read_side(before, &first, err) < 0 ||
	    read_side(assay_span_of_bytes(&now), &second, err) < 0)
		return -1;
	assay_sha256(assay_buffer_span(&second.text), &digest);
	assay_sha256_hex(&digest, hex);
	if (assay_span_equal(assay_buffer_span(&first.text), assay_buffer_span(&second.text)))
		return compare_verdicts(opened, folder, hex, err);
	if (differs_by_host(&first, &second)) {
		(void)printf("\n%-11snot in the same environment: the hosts pin other things\n",
		             "replay");
		return ASSAY_EXIT_INCONCLUSIVE;
	}
	(void)printf("\n%-11sanother result\n", "replay");
	print_differences(first.json, second.json, "");
	return ASSAY_EXIT_DIFFERENT;
}

/* What the first run was asked to accept. */
static int accepted(struct assay_span result, enum assay_tier *out, struct assay_error *err)
{
	ASSAY_AUTO_JSON json_t *json = NULL;

	if (assay_json_parse(result, &json, err) < 0)
		return assay_fail_in(err, ASSAY_BUNDLE_RESULT);
	if (!assay_tier_parse_accept(assay_field_or_empty(json, "accept"), out))
		return assay_fail(err, ASSAY_E_FORMAT, "%s: accept: not a tier that there is",
		                  ASSAY_BUNDLE_RESULT);
	return 0;
}

static int replay(const struct assay_opened_bundle *opened, const struct assay_bundle_file *result,
                  struct assay_error *err)
{
	ASSAY_AUTO_FREE char *folder = assay_asprintf("%s/bundle", output);
	ASSAY_AUTO_FREE char *manifest = assay_asprintf("%s/" ASSAY_BUNDLE_MANIFEST, folder);
	ASSAY_AUTO_FREE char *lock = assay_asprintf("%s/" ASSAY_BUNDLE_LOCK, folder);
	ASSAY_AUTO_FREE char *review = assay_asprintf("%s/review", folder);
	ASSAY_AUTO_FREE char *again = assay_asprintf("%s/result", output);
	struct assay_verify_request request = {
		.manifest = manifest, .lock = lock, .output = again, .full_check = true
	};
	int status;

	if (mkdir(output, 0777) < 0)
		return assay_fail_errno(err, "make folder %s", output);
	if (accepted(result->bytes, &request.accept, err) < 0 || unpack(opened, folder, err) < 0)
		return -1;
	if (access(review, F_OK) == 0)
		request.review = review;
	status = assay_cli_verify(&request, err);
	return status < 0 ? -1 : compare(opened, result->bytes, again, err);
}

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_OPENED_BUNDLE struct assay_opened_bundle opened = { 0 };
	const struct assay_bundle_file *result;

	if (output == NULL)
		return assay_fail(err, ASSAY_E_USAGE, "--into: say where it is to be built");
	if (assay_cli_bundle_open(argv[0], &opened, err) < 0)
		return -1;
	result = assay_bundle_find(&opened.bundle, ASSAY_BUNDLE_RESULT);
	if (result == NULL || !opened.inputs)
		return assay_fail(err, ASSAY_E_USAGE,
		                  "%s: was packed without --inputs: it can be checked, and not "
		                  "replayed",
		                  argv[0]);
	return replay(&opened, result, err);
}

const struct assay_command assay_cmd_bundle_replay = {
	.name = "bundle replay",
	.args = "BUNDLE",
	.summary = "verify once more from a bundle alone, and compare the results",
	.example = "assay bundle replay --into again router-4.2.1.bundle.tar",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
