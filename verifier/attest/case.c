/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/case.h"

#include <inttypes.h>

#include "attest/attachment.h"
#include "attest/document.h"
#include "attest/judge.h"
#include "attest/review.h"
#include "base/memory.h"
#include "base/quote.h"

static void item_fini(struct assay_case_item *item)
{
	free(item->name);
	free(item->kind);
	free(item->result);
	free(item->by);
	free(item->why);
	assay_strings_fini(&item->owners);
}

void assay_case_fini(struct assay_case *c)
{
	assay_check_fini(&c->check);
	for (size_t i = 0; i < c->count; i++)
		item_fini(&c->items[i]);
	free(c->items);
	assay_strings_fini(&c->trees);
	free(c->standings);
	free(c->owners);
	*c = (struct assay_case){ 0 };
}

static void free_judged(struct assay_judged **judged)
{
	assay_judged_fini(*judged);
	free(*judged);
}

static bool says_no(const struct assay_case_item *item)
{
	return strcmp(item->result, "FAILED") == 0;
}

/* Out: the fields of an item that its statement has. Return: false when it is neither kind */
static bool describe(const struct assay_statement *statement, const struct assay_sha256 *digest,
                     struct assay_case_item *out)
{
	ASSAY_AUTO(assay_review_fini) struct assay_review review = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_attachment attachment;
	struct assay_sha256 list;

	if (assay_attachment_take(statement, &attachment, &err) == 0) {
		const char *by = assay_field_or_empty(statement->predicate, "assay_by");

		out->kind = assay_strdup(attachment.kind);
		out->result = assay_strdup(attachment.result);
		out->by = *by != '\0' ? assay_strdup(by) : NULL;
		out->subject = attachment.report_digest;
		out->about = assay_statement_has(statement, digest);
		return true;
	}
	if (assay_review_take(statement, &review, &list, &err) < 0)
		return false;
	out->kind = assay_strdup(ASSAY_CASE_REVIEW);
	out->result = assay_strdup("PASSED");
	out->by = assay_strdup(review.reviewer);
	out->subject = review.tree;
	return true; /* what it is about is known when all verdicts are */
}

/* Who signed it, and why that does not count. One who says no needs neither time stamp nor log, as in a
 * verdict. */
static void judge_item(const struct assay_check_terms *terms, const struct assay_envelope *envelope,
                       struct assay_span proof, struct assay_case_item *item)
{
	ASSAY_AUTO(free_judged) struct assay_judged *judged = assay_calloc(1, sizeof(*judged));
	const char *reason = NULL;
	struct assay_sha256 digest;

	assay_sha256(assay_span_of_bytes(&envelope->payload), &digest);
	if (terms->revocation != NULL)
		reason = assay_revocation_find(terms->revocation, &digest);
	assay_judge_signers(terms, envelope, judged);
	if (reason != NULL)
		item->why = assay_asprintf("was revoked: %s", reason);
	else if (!says_no(item) && (assay_judge_stamps(terms, envelope, judged) < 0 ||
	                            assay_judge_log(terms, &digest, proof, judged) < 0))
		item->why = assay_strdup(judged->why);
	(void)assay_judge_owners(terms->policy, judged, ASSAY_ROLES_COUNTED, &item->owners);
	assay_strings_sort(&item->owners);
}

/* An item, when the envelope is one of those that are no verdicts. */
static bool add_item(struct assay_case *c, const struct assay_check_terms *terms,
                     const struct assay_evidence *evidence)
{
	ASSAY_AUTO_ENVELOPE struct assay_envelope envelope = { 0 };
	ASSAY_AUTO_STATEMENT struct assay_statement statement = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_case_item item = { 0 };

	if (assay_envelope_parse(evidence->envelope, &envelope, &err) < 0 ||
	    strcmp(envelope.payload_type, ASSAY_ENVELOPE_INTOTO) != 0 ||
	    assay_statement_parse(assay_span_of_bytes(&envelope.payload), &statement, &err) < 0 ||
	    !describe(&statement, &c->check.digest, &item))
		return false;
	item.name = assay_strdup(evidence->name);
	judge_item(terms, &envelope, evidence->proof, &item);
	assay_grow(&c->items, &c->cap, c->count, sizeof(*c->items));
	c->items[c->count++] = item;
	return true;
}

/* The trees that a verdict says were built as reviewed. */
static void take_trees(struct assay_case *c, const struct assay_evidence *evidence)
{
	ASSAY_AUTO_ENVELOPE struct assay_envelope envelope = { 0 };
	ASSAY_AUTO_STATEMENT struct assay_statement statement = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	const json_t *source, *reviews;

	if (assay_envelope_parse(evidence->envelope, &envelope, &err) < 0 ||
	    assay_statement_parse(assay_span_of_bytes(&envelope.payload), &statement, &err) < 0)
		return;
	source = json_object_get(statement.predicate, "source");
	reviews = json_object_get(source, "reviews");
	if (!json_is_true(json_object_get(source, "reviewed")))
		return;
	for (size_t i = 0; i < json_array_size(reviews); i++)
		assay_strings_printf(&c->trees, "%zu %s", c->check.count - 1,
		                     assay_field_or_empty(json_array_get(reviews, i), "tree"));
}

void assay_case_add(struct assay_case *c, const struct assay_check_terms *terms,
                    const struct assay_evidence *evidence)
{
	if (add_item(c, terms, evidence))
		return;
	assay_check_add(&c->check, terms, evidence);
	if (c->check.judged[c->check.count - 1].standing == ASSAY_STANDING_COUNTS)
		take_trees(c, evidence);
}

/* Whether a verdict that counts, after all amendments, names a tree. */
static bool is_reviewed(const struct assay_case *c, const struct assay_sha256 *tree)
{
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(tree, hex);
	for (size_t i = 0; i < c->check.count; i++) {
		ASSAY_AUTO_FREE char *wanted = assay_asprintf("%zu %s", i, hex);

		if (c->check.judged[i].standing == ASSAY_STANDING_COUNTS &&
		    assay_strings_has(&c->trees, wanted))
			return true;
	}
	return false;
}

static enum assay_case_standing judge_demand(const struct assay_case *c,
                                             const struct assay_demand *demand, uint64_t *count)
{
	ASSAY_AUTO_STRINGS struct assay_strings owners = { 0 };
	bool failed = false;

	for (size_t i = 0; i < c->count; i++) {
		const struct assay_case_item *item = &c->items[i];

		if (!item->about || item->why != NULL || item->owners.count == 0 ||
		    strcmp(item->kind, demand->kind) != 0)
			continue;
		failed |= says_no(item);
		for (size_t k = 0; strcmp(item->result, "PASSED") == 0 && k < item->owners.count;
		     k++)
			assay_strings_add(&owners, item->owners.items[k]);
	}
	assay_strings_sort(&owners);
	*count = owners.count;
	return failed                           ? ASSAY_CASE_FAILED
	       : owners.count >= demand->owners ? ASSAY_CASE_MET
	                                        : ASSAY_CASE_MISSING;
}

void assay_case_conclude(struct assay_case *c, const struct assay_check_terms *terms)
{
	const struct assay_policy *policy = terms->policy;

	assay_check_conclude(&c->check, terms);
	c->status = c->check.status;
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->items[i].kind, ASSAY_CASE_REVIEW) == 0)
			c->items[i].about = is_reviewed(c, &c->items[i].subject);
	c->standings = assay_calloc(policy->demands_count + 1, sizeof(*c->standings));
	c->owners = assay_calloc(policy->demands_count + 1, sizeof(*c->owners));
	for (unsigned i = 0; i < policy->demands_count; i++) {
		c->standings[i] = judge_demand(c, &policy->demands[i], &c->owners[i]);
		if (c->standings[i] != ASSAY_CASE_MET && c->status == ASSAY_EXIT_MATCH)
			c->status = ASSAY_EXIT_TRUST;
	}
}

static const char *const standings[] = { "misses", "has", "failed" };

static void add_names(const struct assay_strings *names, struct assay_buffer *out)
{
	if (names->count == 0)
		assay_buffer_add_str(out, ", signed by nobody whom the policy knows");
	for (size_t i = 0; i < names->count; i++) {
		assay_buffer_add_str(out, i == 0 ? ", signed by " : ", ");
		assay_quote(out, assay_span_of_str(names->items[i]));
	}
}

void assay_case_text(const struct assay_case *c, const struct assay_check_terms *terms,
                     struct assay_buffer *out)
{
	assay_check_text(&c->check, terms, out);
	for (size_t i = 0; i < c->count; i++) {
		const struct assay_case_item *item = &c->items[i];

		assay_quote(out, assay_span_of_str(item->kind));
		assay_buffer_add_str(out, "\n  ");
		assay_quote(out, assay_span_of_str(item->name));
		assay_buffer_printf(out, ": %s", item->result);
		if (item->by != NULL) {
			assay_buffer_add_str(out, ", by ");
			assay_quote(out, assay_span_of_str(item->by));
		}
		add_names(&item->owners, out);
		if (item->why != NULL) {
			assay_buffer_add_str(out, "; does not count: ");
			assay_quote(out, assay_span_of_str(item->why));
		}
		assay_buffer_add_str(out, item->about ? "\n" : "; about something else\n");
	}
	for (unsigned i = 0; i < terms->policy->demands_count; i++)
		assay_buffer_printf(out, "%-9s %s: %" PRIu64 " of %" PRIu64 " owners\n",
		                    standings[c->standings[i]], terms->policy->demands[i].kind,
		                    c->owners[i], terms->policy->demands[i].owners);
	assay_buffer_printf(out, "%-9s %s\n", "case",
	                    c->status == ASSAY_EXIT_MATCH ? "complete" : "not complete");
}

static json_t *item_json(const struct assay_case_item *item)
{
	json_t *out = json_object();

	assay_json_set_str(out, "file", item->name);
	assay_json_set_str(out, "kind", item->kind);
	assay_json_set_str(out, "result", item->result);
	if (item->by != NULL)
		assay_json_set_str(out, "by", item->by);
	assay_json_set_sha256(out, "subject", &item->subject);
	assay_json_set(out, "owners", assay_json_strings(&item->owners));
	assay_json_set_bool(out, "about", item->about);
	if (item->why != NULL) {
		ASSAY_AUTO_FREE char *why = assay_quoted(item->why);

		assay_json_set_str(out, "why", why);
	}
	return out;
}

json_t *assay_case_json(const struct assay_case *c, const struct assay_check_terms *terms)
{
	json_t *out = json_object(), *items = json_array(), *demands = json_array();

	for (size_t i = 0; i < c->count; i++)
		assay_json_append(items, item_json(&c->items[i]));
	for (unsigned i = 0; i < terms->policy->demands_count; i++) {
		json_t *demand = json_object();

		assay_json_set_str(demand, "kind", terms->policy->demands[i].kind);
		assay_json_set_int(demand, "wanted", terms->policy->demands[i].owners);
		assay_json_set_int(demand, "owners", c->owners[i]);
		assay_json_set_str(demand, "standing", standings[c->standings[i]]);
		assay_json_append(demands, demand);
	}
	assay_json_set_str(out, "schema", "assay.case/1");
	assay_json_set(out, "check", assay_check_json(&c->check, terms));
	assay_json_set(out, "evidence", items);
	assay_json_set(out, "demands", demands);
	assay_json_set_int(out, "exit_status", (uint64_t)c->status);
	return out;
}
