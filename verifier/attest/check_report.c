/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer of a check, for people and machines. */
#include "attest/check.h"
#include "base/quote.h"

static const char *const standings[] = {
	[ASSAY_STANDING_COUNTS] = "counts",
	[ASSAY_STANDING_UNUSABLE] = "unusable",
	[ASSAY_STANDING_UNTRUSTED] = "untrusted",
	[ASSAY_STANDING_REVOKED] = "revoked",
	[ASSAY_STANDING_REFUSED] = "refused",
	[ASSAY_STANDING_WORSE_TIER] = "worse-tier",
	[ASSAY_STANDING_INCONCLUSIVE] = "inconclusive",
	[ASSAY_STANDING_DIFFERENT] = "different",
	[ASSAY_STANDING_AMENDED] = "amended",
};

static void add_signers(const struct assay_judged *judged, const struct assay_policy *policy,
                        struct assay_buffer *out)
{
	const char *comma = "  signed  ";

	for (unsigned i = 0; i < policy->signers_count; i++) {
		if (!judged->signed_by[i])
			continue;
		assay_buffer_add_str(out, comma);
		assay_quote(out, assay_span_of_str(policy->signers[i].owner));
		assay_buffer_printf(out, " (%s)", assay_role_name(policy->signers[i].role));
		comma = ", ";
	}
	if (*comma == ',')
		assay_buffer_add_str(out, "\n");
}

void assay_check_text(const struct assay_check *check, const struct assay_check_terms *terms,
                      struct assay_buffer *out)
{
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(&check->digest, hex);
	assay_buffer_add_str(out, "answer    ");
	assay_quote(out, assay_span_of_str(check->answer));
	assay_buffer_printf(out, "\nsha256    %s\n", hex);
	for (size_t i = 0; i < check->count; i++) {
		const struct assay_judged *judged = &check->judged[i];

		assay_buffer_add_str(out, "evidence  ");
		assay_quote(out, assay_span_of_str(judged->name));
		assay_buffer_printf(out, ": %s", standings[judged->standing]);
		if (judged->why != NULL) {
			assay_buffer_add_str(out, ": ");
			assay_quote(out, assay_span_of_str(judged->why));
		}
		assay_buffer_add_str(out, "\n");
		add_signers(judged, terms->policy, out);
	}
}

static json_t *signers_json(const struct assay_judged *judged, const struct assay_policy *policy)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < policy->signers_count; i++) {
		json_t *one;

		if (!judged->signed_by[i])
			continue;
		one = json_object();
		assay_json_set_str(one, "owner", policy->signers[i].owner);
		assay_json_set_str(one, "role", assay_role_name(policy->signers[i].role));
		if (policy->keys[i] != NULL)
			assay_json_set_sha256(one, "key", assay_key_id(policy->keys[i]));
		else
			assay_json_set_str(one, "subject",
			                   assay_anchor_subject(policy->anchors[i]));
		assay_json_append(list, one);
	}
	return list;
}

static void set_quoted(json_t *object, const char *key, const char *text)
{
	ASSAY_AUTO_FREE char *quoted = assay_quoted(text);

	assay_json_set_str(object, key, quoted);
}

static json_t *judged_json(const struct assay_judged *judged, const struct assay_policy *policy)
{
	json_t *out = json_object();

	set_quoted(out, "name", judged->name);
	assay_json_set_str(out, "standing", standings[judged->standing]);
	if (judged->why != NULL)
		set_quoted(out, "why", judged->why);
	assay_json_set(out, "signers", signers_json(judged, policy));
	return out;
}

json_t *assay_check_json(const struct assay_check *check, const struct assay_check_terms *terms)
{
	json_t *out = json_object(), *evidence = json_array(), *owners = json_array();

	for (size_t i = 0; i < check->count; i++)
		assay_json_append(evidence, judged_json(&check->judged[i], terms->policy));
	for (size_t i = 0; i < check->owners.count; i++)
		assay_json_append(owners,
		                  assay_json_str(assay_span_of_str(check->owners.items[i])));
	assay_json_set_str(out, "schema", "assay.check/1");
	set_quoted(out, "answer", check->answer);
	assay_json_set_int(out, "exit_status", (uint64_t)check->status);
	assay_json_set_bool(out, "proved", check->status == ASSAY_EXIT_MATCH);
	assay_json_set_sha256(out, "sha256", &check->digest);
	assay_json_set_sha256(out, "policy", &terms->policy->digest);
	if (check->status == ASSAY_EXIT_MATCH)
		assay_json_set_str(out, "tier", assay_tier_name(check->tier));
	assay_json_set(out, "owners", owners);
	assay_json_set_int(out, "rebuilds", check->rebuilds);
	assay_json_set(out, "evidence", evidence);
	return out;
}

/* SLSA_BUILD_REPRODUCED is said of the same bytes, made by two who do not share a builder. */
static const char *level_of(const struct assay_check *check)
{
	static const char *const levels[] = {
		[ASSAY_TIER_IDENTICAL] = "ASSAY_BUILD_EQUIVALENT_IDENTICAL",
		[ASSAY_TIER_TRANSPLANTED] = "ASSAY_BUILD_EQUIVALENT_TRANSPLANTED",
		[ASSAY_TIER_REPACKED] = "ASSAY_BUILD_EQUIVALENT_REPACKED",
		[ASSAY_TIER_NORMALISED] = "ASSAY_BUILD_EQUIVALENT_NORMALISED",
	};

	if (check->status != ASSAY_EXIT_MATCH)
		return "FAILED";
	if (check->rebuilds >= 2 && check->tier <= ASSAY_TIER_TRANSPLANTED)
		return "SLSA_BUILD_REPRODUCED";
	return levels[check->tier];
}

/* The verification summary has to name all that was looked at, whatever came of it. */
static json_t *inputs_of(const struct assay_check *check)
{
	json_t *list = json_array();

	for (size_t i = 0; i < check->count; i++)
		if (check->judged[i].product != NULL)
			assay_json_append(list, assay_descriptor(check->judged[i].name,
			                                         &check->judged[i].statement));
	return list;
}

json_t *assay_check_summary(const struct assay_check *check, const struct assay_check_terms *terms,
                            const struct assay_speaker *speaker)
{
	struct assay_summary summary = {
		.speaker = speaker,
		.when = terms->now,
		.passed = check->status == ASSAY_EXIT_MATCH,
		.level = level_of(check),
		.product = terms->policy->product.name,
		.version = terms->policy->product.version,
	};
	json_t *statement = assay_statement_new(ASSAY_PREDICATE_SUMMARY);

	for (size_t i = 0; i < check->count; i++)
		if (check->judged[i].standing == ASSAY_STANDING_COUNTS) {
			summary.product = check->judged[i].product;
			summary.version = check->judged[i].version;
			break;
		}
	(void)assay_statement_subject(statement, "update", &check->digest);
	summary.policy = assay_descriptor("policy", &terms->policy->digest);
	summary.inputs = inputs_of(check);
	assay_summary_fill(statement, &summary);
	return statement;
}
