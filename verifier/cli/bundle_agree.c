/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether the parts of a bundle say one and the same: an index over parts that contradict each other
 * would let each reader find what he looks for. */
#include "attest/document.h"
#include "base/memory.h"
#include "cli/bundle.h"

#define VERDICT "verdict"
#define SUMMARY "summary"

static const char *const signed_names[] = { "provenance", VERDICT, SUMMARY };

/* Of a verdict, what tells of the run or of who made it. */
static const char *const of_the_run[] = { "run", "rebuilds", "roles", "tool" };

static const struct assay_bundle_file *find(const struct assay_bundle *bundle, const char *name,
                                            const char *end)
{
	ASSAY_AUTO_FREE char *full = assay_asprintf("%s%s", name, end);

	return assay_bundle_find(bundle, full);
}

static int fail_other(struct assay_error *err, const char *name, const char *what)
{
	return assay_fail(err, ASSAY_E_TRUST, "%s: %s", name, what);
}

static int check_envelope(const struct assay_bundle *bundle, const char *name,
                          struct assay_error *err)
{
	const struct assay_bundle_file *plain = find(bundle, name, ".intoto.json");
	const struct assay_bundle_file *made = find(bundle, name, ".dsse.json");
	ASSAY_AUTO_ENVELOPE struct assay_envelope envelope = { 0 };

	if (plain == NULL || made == NULL)
		return 0;
	if (assay_envelope_parse(made->bytes, &envelope, err) < 0)
		return assay_fail_in(err, "%s", made->name);
	if (!assay_span_equal(assay_span_of_bytes(&envelope.payload), plain->bytes))
		return fail_other(err, made->name, "signs another statement than is beside it");
	return 0;
}

/* Out: *json  owned; NULL when there is none */
static int read_part(const struct assay_bundle_file *file, json_t **json, struct assay_error *err)
{
	if (file == NULL || assay_json_parse(file->bytes, json, err) == 0)
		return 0;
	return assay_fail_in(err, "%s", file->name);
}

static bool same(const json_t *statement, const char *key, const json_t *result,
                 const char *result_key)
{
	return json_equal(json_object_get(statement, key), json_object_get(result, result_key));
}

/* The subjects of a statement are the delivered files of the result, where it came to compare them. */
static bool has_subjects(const json_t *statement, const json_t *result)
{
	const json_t *subjects = json_object_get(statement, "subject");
	const json_t *delivered = json_object_get(result, "delivered");
	size_t compared = 0;

	for (size_t i = 0; i < json_array_size(delivered); i++) {
		const json_t *comparison =
			json_object_get(json_array_get(delivered, i), "comparison");
		const json_t *digest = json_object_get(
			json_object_get(json_array_get(subjects, compared), "digest"), "sha256");

		if (comparison == NULL)
			continue;
		if (!json_equal(digest, json_object_get(json_object_get(comparison, "delivered"),
		                                        "sha256")))
			return false;
		compared++;
	}
	return compared == 0 || compared == json_array_size(subjects);
}

static int check_verdict(const json_t *statement, const json_t *result, struct assay_error *err)
{
	const json_t *predicate = json_object_get(statement, "predicate");

	if (statement == NULL || (same(predicate, "tier", result, "tier") &&
	                          same(predicate, "accepted", result, "accepted") &&
	                          same(predicate, "exitStatus", result, "exit_status") &&
	                          has_subjects(statement, result)))
		return 0;
	return fail_other(err, VERDICT, "does not say what " ASSAY_BUNDLE_RESULT " says");
}

static int check_summary(const json_t *statement, const json_t *result, struct assay_error *err)
{
	const json_t *predicate = json_object_get(statement, "predicate");
	const char *said = assay_field_or_empty(predicate, "verificationResult");
	bool passed = json_is_true(json_object_get(result, "accepted"));

	if (statement == NULL ||
	    (strcmp(said, passed ? "PASSED" : "FAILED") == 0 && has_subjects(statement, result)))
		return 0;
	return fail_other(err, SUMMARY, "does not say what " ASSAY_BUNDLE_RESULT " says");
}

int assay_cli_bundle_agree(const struct assay_bundle *bundle, struct assay_error *err)
{
	ASSAY_AUTO_JSON json_t *result = NULL;
	ASSAY_AUTO_JSON json_t *verdict = NULL;
	ASSAY_AUTO_JSON json_t *summary = NULL;

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(signed_names); i++)
		if (check_envelope(bundle, signed_names[i], err) < 0)
			return -1;
	if (read_part(assay_bundle_find(bundle, ASSAY_BUNDLE_RESULT), &result, err) < 0 ||
	    read_part(find(bundle, VERDICT, ".intoto.json"), &verdict, err) < 0 ||
	    read_part(find(bundle, SUMMARY, ".intoto.json"), &summary, err) < 0)
		return -1;
	if (result == NULL)
		return 0;
	return check_verdict(verdict, result, err) < 0 ? -1 : check_summary(summary, result, err);
}

/* What a verdict says about the file, and no more. */
static int essence(struct assay_span text, json_t **out, struct assay_error *err)
{
	if (assay_json_parse(text, out, err) < 0)
		return -1;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(of_the_run); i++)
		(void)json_object_del(json_object_get(*out, "predicate"), of_the_run[i]);
	return 0;
}

int assay_cli_bundle_same_verdict(const struct assay_bundle *bundle, struct assay_span now,
                                  struct assay_error *err)
{
	const struct assay_bundle_file *file = find(bundle, VERDICT, ".intoto.json");
	ASSAY_AUTO_JSON json_t *first = NULL;
	ASSAY_AUTO_JSON json_t *second = NULL;

	if (file == NULL)
		return 1;
	if (essence(file->bytes, &first, err) < 0 || essence(now, &second, err) < 0)
		return -1;
	return json_equal(first, second);
}
