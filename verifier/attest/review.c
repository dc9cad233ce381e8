/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/review.h"

#include "attest/document.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/rules.h"

/* How many files nobody can read, by kind. */
static json_t *opaque_json(const struct assay_inventory *files)
{
	uint64_t counts[ASSAY_OPAQUE_COUNT] = { 0 };
	json_t *out = json_object();

	for (size_t i = 0; i < files->count; i++)
		counts[files->items[i].opaque]++;
	for (unsigned kind = 1; kind < ASSAY_OPAQUE_COUNT; kind++)
		if (counts[kind] > 0)
			assay_json_set_int(out, assay_opaque_name(kind), counts[kind]);
	return out;
}

static void add_subject(json_t *statement, const struct assay_review *review,
                        const struct assay_review_terms *terms)
{
	json_t *subject = assay_statement_subject(statement, "source tree", &review->tree);
	json_t *digest = json_object_get(subject, "digest");

	if (terms->git_tree != NULL)
		assay_json_set_str(digest, "gitTree", terms->git_tree);
	if (terms->dirhash != NULL)
		assay_json_set_sha256(digest, "dirHash", terms->dirhash);
}

static json_t *run_json(int64_t when)
{
	json_t *run = json_object();
	char text[ASSAY_CLOCK_TEXT];

	assay_clock_text(when, text);
	assay_json_set_str(run, "finishedOn", text);
	return run;
}

json_t *assay_review_statement(const struct assay_review *review,
                               const struct assay_review_terms *terms)
{
	json_t *statement = assay_statement_new(ASSAY_PREDICATE_REVIEW);
	json_t *predicate = json_object_get(statement, "predicate"), *left_out = json_array();
	uint64_t files, used;

	assay_inventory_total(&review->files, &files, &used);
	add_subject(statement, review, terms);
	assay_json_set_str(predicate, "reviewer", review->reviewer);
	assay_json_set_str(predicate, "scope", review->scope);
	assay_json_set_str(predicate, "at", review->at);
	assay_json_set_int(predicate, "files", files);
	assay_json_set(predicate, "opaque", opaque_json(&review->files));
	assay_json_set(predicate, "list", assay_descriptor("files.jsonl", &terms->list));
	if (terms->left_out != NULL)
		assay_json_append(left_out, assay_json_str(assay_span_of_str(terms->left_out)));
	assay_json_set(predicate, "leftOut", left_out);
	assay_json_set(predicate, "tool", assay_speaker_tool(terms->speaker));
	assay_json_set_str(predicate, "lab", terms->speaker->lab);
	if (terms->speaker->times)
		assay_json_set(predicate, "run", run_json(terms->when));
	return statement;
}

int assay_review_take(const struct assay_statement *statement, struct assay_review *out,
                      struct assay_sha256 *list, struct assay_error *err)
{
	const json_t *predicate = statement->predicate;
	const json_t *subject = json_array_get(statement->subjects, 0);
	const char *reviewer, *scope, *at;

	if (strcmp(statement->predicate_type, ASSAY_PREDICATE_REVIEW) != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "not a record of a review");
	if (json_array_size(statement->subjects) != 1)
		return assay_fail(err, ASSAY_E_FORMAT, "subject: is not one tree");
	reviewer = assay_field_text(predicate, "reviewer", err);
	scope = reviewer != NULL ? assay_field_text(predicate, "scope", err) : NULL;
	at = scope != NULL ? assay_field_text(predicate, "at", err) : NULL;
	if (at == NULL)
		return -1;
	if (assay_rule_folder(at) != NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "at: %s", assay_rule_folder(at));
	if (assay_field_sha256(json_object_get(subject, "digest"), "sha256", &out->tree, err) < 0 ||
	    assay_field_sha256(json_object_get(json_object_get(predicate, "list"), "digest"),
	                       "sha256", list, err) < 0)
		return -1;
	out->reviewer = assay_strdup(reviewer);
	out->scope = assay_strdup(scope);
	out->at = assay_strdup(at);
	return 0;
}

int assay_review_take_files(struct assay_review *review, const struct assay_sha256 *list,
                            struct assay_span text, struct assay_error *err)
{
	struct assay_sha256 digest;

	assay_sha256(text, &digest);
	if (!assay_sha256_equal(&digest, list))
		return assay_fail(err, ASSAY_E_PIN, "not the list that the record names");
	if (assay_inventory_parse(text, &review->files, err) < 0)
		return -1;
	if (!assay_inventory_digest(&review->files, ".", &digest) ||
	    !assay_sha256_equal(&digest, &review->tree))
		return assay_fail(err, ASSAY_E_PIN, "not the files of the tree that was reviewed");
	review->has_files = true;
	return 0;
}
