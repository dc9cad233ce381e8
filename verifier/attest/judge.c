/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/judge.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "attest/allowance.h"
#include "attest/document.h"
#include "attest/pack.h"
#include "attest/stamp.h"
#include "attest/tlog.h"
#include "attest/version.h"
#include "base/clock.h"
#include "base/memory.h"
#include "model/ledger.h"

#define DAY 86400 /* seconds */

/* A verdict may be this much ahead of our clock; laboratories' clocks are not perfect either. */
#define AHEAD_MAX DAY

/* What the judges of a verdict look at. */
struct verdict {
	const struct assay_check_terms *terms;
	const struct assay_sha256 *digest;
	const struct assay_envelope *envelope;
	struct assay_span proof;
	struct assay_statement statement;
	struct assay_judged *out;
};

static int fail(struct assay_judged *out, enum assay_standing standing, const char *fmt, ...)
	ASSAY_PRINTF(3, 4);

/* Return: -1, so that a judge can end in it. */
static int fail(struct assay_judged *out, enum assay_standing standing, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	out->standing = standing;
	free(out->why);
	out->why = assay_strdup(text);
	return -1;
}

uint64_t assay_judge_owners(const struct assay_policy *policy, const struct assay_judged *judged,
                            unsigned roles, struct assay_strings *owners)
{
	ASSAY_AUTO_STRINGS struct assay_strings found = { 0 };

	for (unsigned i = 0; i < policy->signers_count; i++)
		if (judged->signed_by[i] && (roles >> policy->signers[i].role & 1)) {
			assay_strings_add(&found, policy->signers[i].owner);
			if (owners != NULL)
				assay_strings_add(owners, policy->signers[i].owner);
		}
	assay_strings_sort(&found);
	return found.count;
}

static bool is_revoked(const struct assay_check_terms *terms, const struct assay_key *key)
{
	return terms->revocation != NULL &&
	       assay_revocation_find(terms->revocation, assay_key_id(key)) != NULL;
}

/* A time of signing, and the time as of which people are known to be revoked. */
struct moments {
	int64_t when, now;
};

/* The signature that a certificate of the expected person vouches for; -1: there is none.
 * Out: *key owned, when there is one */
static int find_by_anchor(const struct assay_envelope *envelope, struct assay_span pae,
                          const struct assay_anchor *anchor, const struct moments *at,
                          struct assay_key **key)
{
	for (size_t i = 0; i < envelope->count; i++) {
		const char *chain =
			assay_field_or_empty(envelope->signatures[i].json, "certificates");
		ASSAY_AUTO_KEY struct assay_key *found = NULL;
		struct assay_error ignored = ASSAY_ERROR_INIT;

		if (*chain == '\0' || assay_chain_key(anchor, assay_span_of_str(chain), at->when,
		                                      at->now, &found, &ignored) < 0)
			continue;
		if (!assay_key_verify(found, pae,
		                      assay_span_of_bytes(&envelope->signatures[i].bytes)))
			continue;
		*key = assay_steal(&found);
		return (int)i;
	}
	return -1;
}

/* One signature stands for one signer: a key that is in the policy and has a certificate too, or two
 * certificates, is not two people. Return: false when the key is known already */
static bool take_key(struct assay_sha256 *seen, size_t *count, const struct assay_key *key)
{
	for (size_t i = 0; i < *count; i++)
		if (assay_sha256_equal(&seen[i], assay_key_id(key)))
			return false;
	seen[(*count)++] = *assay_key_id(key);
	return true;
}

/* Which signers of the policy are behind the first so many signatures, as of a time. A revoked key is
 * behind none. */
static void find_signers(const struct assay_check_terms *terms,
                         const struct assay_envelope *envelope, size_t covered, int64_t when,
                         struct assay_judged *out)
{
	const struct assay_policy *policy = terms->policy;
	ASSAY_AUTO_BUFFER struct assay_buffer pae = { 0 };
	const struct moments at = { when, terms->now };
	struct assay_sha256 seen[ASSAY_POLICY_SIGNERS];
	size_t count = 0;

	assay_envelope_pae(envelope, &pae);
	for (unsigned i = 0; i < policy->signers_count; i++) {
		ASSAY_AUTO_KEY struct assay_key *vouched = NULL;
		const struct assay_key *key = policy->keys[i];
		int index;

		if (key != NULL)
			index = assay_envelope_find(envelope, assay_buffer_span(&pae), key);
		else
			index = find_by_anchor(envelope, assay_buffer_span(&pae),
			                       policy->anchors[i], &at, &vouched);
		key = key != NULL ? key : vouched;
		out->signed_by[i] = index >= 0 && (size_t)index < covered &&
		                    !is_revoked(terms, key) && take_key(seen, &count, key);
	}
}

/* When it was signed, as far as anybody vouches for it: the first time stamp, else now. What is wrong
 * with time stamps is found by judge_stamps. */
static int64_t signing_time(const struct assay_check_terms *terms,
                            const struct assay_envelope *envelope)
{
	struct assay_span authorities = assay_span_of_bytes(&terms->policy->authorities);
	struct assay_stamp stamps[ASSAY_STAMPS_MAX];
	struct assay_error ignored = ASSAY_ERROR_INIT;
	size_t count;

	if (authorities.len == 0 ||
	    assay_stamp_check(envelope, authorities, true, stamps, &count, &ignored) < 0)
		return terms->now;
	return stamps[0].time;
}

void assay_judge_signers(const struct assay_check_terms *terms,
                         const struct assay_envelope *envelope, struct assay_judged *out)
{
	find_signers(terms, envelope, envelope->count, signing_time(terms, envelope), out);
}

int assay_judge_stamps(const struct assay_check_terms *terms, const struct assay_envelope *envelope,
                       struct assay_judged *out)
{
	struct assay_span authorities = assay_span_of_bytes(&terms->policy->authorities);
	struct assay_stamp stamps[ASSAY_STAMPS_MAX];
	struct assay_error err = ASSAY_ERROR_INIT;
	size_t count;

	if (authorities.len == 0)
		return 0;
	if (assay_stamp_check(envelope, authorities, true, stamps, &count, &err) < 0)
		return fail(out, ASSAY_STANDING_UNTRUSTED, "%s", err.text);
	if (stamps[0].time - terms->now > AHEAD_MAX)
		return fail(out, ASSAY_STANDING_UNTRUSTED,
		            "its time stamp is of a time that is yet to come");
	find_signers(terms, envelope, stamps[0].signatures, stamps[0].time, out);
	return 0;
}

static int judge_stamps(const struct verdict *v)
{
	return assay_judge_stamps(v->terms, v->envelope, v->out);
}

int assay_judge_log(const struct assay_check_terms *terms, const struct assay_sha256 *statement,
                    struct assay_span text, struct assay_judged *out)
{
	const struct assay_witness_policy *witnesses = terms->policy->witnesses;
	ASSAY_AUTO_BUFFER struct assay_buffer entry = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_checkpoint checkpoint;
	struct assay_tlog_proof proof;

	if (witnesses == NULL)
		return 0;
	if (text.len == 0)
		return fail(out, ASSAY_STANDING_UNTRUSTED,
		            "has no proof of a log beside it, and the policy wants one");
	assay_tlog_entry("statement", statement, &entry);
	if (assay_tlog_proof_parse(text, &proof, &err) < 0 ||
	    assay_tlog_proof_check(&proof, witnesses, assay_buffer_span(&entry), &checkpoint,
	                           &err) < 0)
		return fail(out, ASSAY_STANDING_UNTRUSTED, "proof of a log: %s", err.text);
	return 0;
}

static int judge_log(const struct verdict *v)
{
	return assay_judge_log(v->terms, &v->out->statement, v->proof, v->out);
}

/* Whether the performer that the statement names is one of those who signed as such. */
static bool performer_signed(const struct verdict *v)
{
	const json_t *roles = json_object_get(v->statement.predicate, "roles");
	const char *name = assay_field_or_empty(roles, "performer");
	ASSAY_AUTO_STRINGS struct assay_strings owners = { 0 };

	(void)assay_judge_owners(v->terms->policy, v->out, ASSAY_ROLES_PERFORMER, &owners);
	return *name == '\0' || assay_strings_has(&owners, name);
}

/* Anybody whom the policy counts. Enough to say no, not enough to say yes. */
static int judge_known(const struct verdict *v)
{
	if (assay_judge_owners(v->terms->policy, v->out, ASSAY_ROLES_COUNTED, NULL) > 0)
		return 0;
	return fail(v->out, ASSAY_STANDING_UNTRUSTED,
	            "no good signature by a performer or checker that the policy knows");
}

/*
 * Enough distinct owners in each role. An owner with a key in both roles stands for one of them:
 * disjoint groups of p performers and c checkers exist exactly when there are p, c, and p + c
 * owners in all (Hall's theorem for two sets).
 */
static int judge_signatures(const struct verdict *v)
{
	const struct assay_policy *policy = v->terms->policy;
	uint64_t performers = assay_judge_owners(policy, v->out, ASSAY_ROLES_PERFORMER, NULL);
	uint64_t checkers = assay_judge_owners(policy, v->out, ASSAY_ROLES_CHECKER, NULL);
	uint64_t both = assay_judge_owners(policy, v->out, ASSAY_ROLES_COUNTED, NULL);

	if (performers < policy->required.performers)
		return fail(v->out, ASSAY_STANDING_UNTRUSTED,
		            "signed by %" PRIu64 " performers, the policy wants %" PRIu64,
		            performers, policy->required.performers);
	if (checkers < policy->required.checkers)
		return fail(v->out, ASSAY_STANDING_UNTRUSTED,
		            "signed by %" PRIu64 " checkers, the policy wants %" PRIu64, checkers,
		            policy->required.checkers);
	if (both < policy->required.performers + policy->required.checkers)
		return fail(v->out, ASSAY_STANDING_UNTRUSTED,
		            "performer and checker are the same owner");
	if (!performer_signed(v))
		return fail(v->out, ASSAY_STANDING_UNTRUSTED,
		            "names a performer who did not sign it");
	return 0;
}

static int judge_subject(const struct verdict *v)
{
	const json_t *subjects = v->statement.subjects;
	bool other_digest = false;

	if (strcmp(v->statement.predicate_type, ASSAY_PREDICATE_VERDICT) != 0)
		return fail(v->out, ASSAY_STANDING_UNUSABLE, "not a verdict of a comparison");
	if (assay_statement_has(&v->statement, v->digest))
		return 0;
	for (size_t i = 0; i < json_array_size(subjects); i++)
		other_digest |=
			json_object_get(json_object_get(json_array_get(subjects, i), "digest"),
		                        "sha256") == NULL;
	return fail(v->out, ASSAY_STANDING_UNUSABLE,
	            other_digest ? "names its subject by other digests than SHA-256, which prove "
	                           "nothing here"
	                         : "is about another file");
}

static int judge_revoked(const struct verdict *v)
{
	const char *reason;

	if (v->terms->revocation == NULL)
		return 0;
	reason = assay_revocation_find(v->terms->revocation, &v->out->statement);
	if (reason != NULL)
		return fail(v->out, ASSAY_STANDING_REVOKED, "this statement was revoked: %s",
		            reason);
	return 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int judge_product(const struct verdict *v)
{
	const struct assay_policy_product *wanted = &v->terms->policy->product;
	const json_t *product = json_object_get(v->statement.predicate, "product");
	const char *name = assay_field_or_empty(product, "name");
	const char *version = assay_field_or_empty(product, "version");

	if (wanted->name != NULL && strcmp(name, wanted->name) != 0)
		return fail(v->out, ASSAY_STANDING_REFUSED, "is about product %s, not %s", name,
		            wanted->name);
	if (wanted->version != NULL && strcmp(version, wanted->version) != 0)
		return fail(v->out, ASSAY_STANDING_REFUSED, "is about version %s, not %s", version,
		            wanted->version);
	if (wanted->minimum != NULL && assay_version_compare(version, wanted->minimum) < 0)
		return fail(v->out, ASSAY_STANDING_REFUSED,
		            "is about version %s, which is older than %s: a rollback", version,
		            wanted->minimum);
	/* A letter is behind every digit, and "v4.1" is not newer than "4.2". */
	if (wanted->minimum != NULL && is_digit(*version) != is_digit(*wanted->minimum))
		return fail(v->out, ASSAY_STANDING_REFUSED,
		            "is about version %s, which has no order with %s", version,
		            wanted->minimum);
	return 0;
}

static int judge_age(const struct verdict *v)
{
	uint64_t days = v->terms->policy->verdict.max_age;
	struct assay_error err = ASSAY_ERROR_INIT;
	const json_t *run = json_object_get(v->statement.predicate, "run");
	int64_t when, age;

	if (days == 0)
		return 0;
	if (assay_field_time(run, "finishedOn", &when, &err) < 0)
		return fail(v->out, ASSAY_STANDING_REFUSED,
		            "does not say when it was found, and the policy has a limit of age");
	age = v->terms->now - when;
	if (age < -AHEAD_MAX)
		return fail(
			v->out, ASSAY_STANDING_REFUSED,
			"is of a time that is yet to come: is the clock of this machine right?");
	if (age > (int64_t)days * DAY)
		return fail(v->out, ASSAY_STANDING_REFUSED,
		            "is %" PRId64 " days old, the policy takes %" PRIu64, age / DAY, days);
	return 0;
}

static bool listed(char *const *list, unsigned count, const char *text)
{
	for (unsigned i = 0; i < count; i++)
		if (strcmp(list[i], text) == 0)
			return true;
	return false;
}

static int judge_rules(const struct verdict *v)
{
	const struct assay_policy_verdict *wanted = &v->terms->policy->verdict;
	struct assay_error err = ASSAY_ERROR_INIT;
	const json_t *rules = assay_field(v->statement.predicate, "rules", JSON_ARRAY, &err);

	if (rules == NULL)
		return fail(v->out, ASSAY_STANDING_UNUSABLE, "malformed: %s", err.text);
	if (listed(wanted->rules, wanted->rules_count, "any"))
		return 0;
	for (size_t i = 0; i < json_array_size(rules); i++) {
		const char *rule = json_string_value(json_array_get(rules, i));

		if (rule == NULL || !listed(wanted->rules, wanted->rules_count, rule))
			return fail(v->out, ASSAY_STANDING_REFUSED,
			            "rests on rule %s, which the policy does not accept",
			            rule != NULL ? rule : "(no text)");
	}
	return 0;
}

/* A verdict of one who held the sources against a review, and they were not those. */
static int judge_sources(const struct verdict *v)
{
	const json_t *source = json_object_get(v->statement.predicate, "source");
	const json_t *reviewed = json_object_get(source, "reviewed");

	if (reviewed == NULL || json_is_true(reviewed))
		return 0;
	return fail(v->out, ASSAY_STANDING_REFUSED,
	            "says that what was built is not what was reviewed");
}

static int judge_left_out(const struct verdict *v, struct assay_left_out what)
{
	const struct assay_policy_verdict *wanted = &v->terms->policy->verdict;
	ASSAY_AUTO_FREE char *where = NULL;

	if (assay_allowance_covers(wanted->exclusions, wanted->exclusions_count, &what))
		return 0;
	where = what.placed ? assay_asprintf(", %" PRIu64 " bytes at %" PRIu64 ",", what.size,
	                                     what.offset)
	                    : assay_strdup(",");
	return fail(v->out, ASSAY_STANDING_REFUSED, "excludes %s%s which the policy does not allow",
	            *what.path != '\0' ? what.path : "(no path)", where);
}

static int judge_exclusions(const struct verdict *v)
{
	struct assay_error err = ASSAY_ERROR_INIT;
	const json_t *list = assay_field(v->statement.predicate, "exclusions", JSON_ARRAY, &err);
	const char *verdict = assay_field_or_empty(v->statement.predicate, "verdict");

	if (list == NULL)
		return fail(v->out, ASSAY_STANDING_UNUSABLE, "malformed: %s", err.text);
	if (strcmp(verdict, "EQUIVALENT_DECLARED") == 0 && json_array_size(list) == 0)
		return fail(v->out, ASSAY_STANDING_UNUSABLE,
		            "malformed: excludes something and does not say what");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		if (judge_left_out(v, assay_left_out_of(assay_field_or_empty(one, "path"), one)) <
		    0)
			return -1;
	}
	return 0;
}

/* Out: counts, bytes of each class */
static int take_counts(const struct verdict *v, const json_t *bytes,
                       json_int_t counts[ASSAY_CLASS_COUNT])
{
	json_int_t total = json_integer_value(json_object_get(bytes, "total")), sum = 0;

	for (unsigned i = 0; i < ASSAY_CLASS_COUNT; i++) {
		const char *name = assay_class_name(i);
		const json_t *value = json_object_get(bytes, name);

		counts[i] = json_integer_value(value);
		if (!json_is_integer(value) || counts[i] < 0 ||
		    __builtin_add_overflow(sum, counts[i], &sum))
			return fail(v->out, ASSAY_STANDING_UNUSABLE,
			            "malformed: no count of %s bytes", name);
	}
	if (sum != total)
		return fail(v->out, ASSAY_STANDING_UNUSABLE,
		            "malformed: the classes do not add up to the size");
	return 0;
}

/* The artefact's own entry must not say less than the verdict: bytes that add up, none of them
 * unexplained, none excluded without the word for it, and none that the tier has no room for. */
static int judge_bytes(const struct verdict *v, const json_t *artefact)
{
	bool declared = strcmp(assay_field_or_empty(v->statement.predicate, "verdict"),
	                       "EQUIVALENT_DECLARED") == 0;
	json_int_t counts[ASSAY_CLASS_COUNT];

	if (take_counts(v, json_object_get(artefact, "bytes"), counts) < 0)
		return -1;
	if (counts[ASSAY_CLASS_UNEXPLAINED] != 0)
		return fail(v->out, ASSAY_STANDING_DIFFERENT, "has unexplained bytes");
	if (!declared && counts[ASSAY_CLASS_EXCLUDED] != 0)
		return fail(v->out, ASSAY_STANDING_UNUSABLE,
		            "malformed: bytes are excluded, and the verdict does not say so");
	for (unsigned i = 0; i < ASSAY_CLASS_COUNT; i++)
		if (counts[i] != 0 && assay_class_tier(i) > v->out->tier)
			return fail(v->out, ASSAY_STANDING_UNUSABLE,
			            "malformed: has %s bytes, and the verdict says %s",
			            assay_class_name(i), assay_tier_name(v->out->tier));
	return 0;
}

/* Each entry about the file has to be good. */
static int judge_artefact(const struct verdict *v)
{
	struct assay_error err = ASSAY_ERROR_INIT;
	const json_t *list = assay_field(v->statement.predicate, "artefacts", JSON_ARRAY, &err);
	bool found = false;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *artefact = json_array_get(list, i);
		const json_t *delivered = json_object_get(artefact, "delivered");
		struct assay_sha256 digest;

		if (assay_field_sha256(json_object_get(delivered, "digest"), "sha256", &digest,
		                       &err) < 0 ||
		    !assay_sha256_equal(&digest, v->digest))
			continue;
		if (judge_bytes(v, artefact) < 0)
			return -1;
		found = true;
	}
	return found ? 0
	             : fail(v->out, ASSAY_STANDING_UNUSABLE,
	                    "malformed: says nothing about its subject");
}

/* The words of a verdict and the tiers that may stand beside them. */
static int judge_words(const struct verdict *v)
{
	const char *word = assay_field_or_empty(v->statement.predicate, "verdict");
	const char *tier = assay_field_or_empty(v->statement.predicate, "tier");
	bool match = strcmp(word, "EQUIVALENT") == 0 || strcmp(word, "EQUIVALENT_DECLARED") == 0;

	if (strcmp(word, "NOT_EQUIVALENT") == 0)
		return fail(v->out, ASSAY_STANDING_DIFFERENT,
		            "says that the file is not what the source makes");
	if (strcmp(word, "INCONCLUSIVE") == 0)
		return fail(v->out, ASSAY_STANDING_INCONCLUSIVE, "came to no conclusion");
	if (!match || !assay_tier_parse_accept(tier, &v->out->tier))
		return fail(v->out, ASSAY_STANDING_UNUSABLE,
		            "malformed: verdict \"%s\", tier \"%s\"", word, tier);
	return 0;
}

static int judge_tier(const struct verdict *v)
{
	enum assay_tier accept = v->terms->policy->verdict.accept;

	if (v->out->tier <= accept)
		return 0;
	return fail(v->out, ASSAY_STANDING_WORSE_TIER, "is %s, the policy accepts %s",
	            assay_tier_name(v->out->tier), assay_tier_name(accept));
}

static void take_facts(const struct verdict *v)
{
	const json_t *product = json_object_get(v->statement.predicate, "product");
	const json_t *list = json_object_get(v->statement.predicate, "rebuilds");
	const json_t *digest = json_object_get(json_array_get(list, 0), "digest");
	struct assay_error err = ASSAY_ERROR_INIT;

	v->out->product = assay_strdup(assay_field_or_empty(product, "name"));
	v->out->version = assay_strdup(assay_field_or_empty(product, "version"));
	v->out->has_amends =
		assay_field_sha256(
			json_object_get(json_object_get(v->statement.predicate, "supersedes"),
	                                "digest"),
			"sha256", &v->out->amends, &err) == 0;
	v->out->has_provenance =
		assay_field_sha256(digest, "sha256", &v->out->provenance, &err) == 0;
}

/* In this order: whether anybody says it whom we know, what it is about, what it says; then whether
 * enough say it, and whether it is what the policy asks for. One who is known is enough to say that a
 * file is different, whoever else signed. */
static int (*const judges[])(const struct verdict *v) = {
	judge_known,  judge_subject,    judge_revoked,    judge_words,   judge_artefact,
	judge_stamps, judge_signatures, judge_log,        judge_product, judge_age,
	judge_rules,  judge_sources,    judge_exclusions, judge_tier,
};

static int open_envelope(struct assay_span text, struct assay_envelope *envelope,
                         struct assay_error *err)
{
	if (assay_envelope_parse(text, envelope, err) < 0)
		return assay_fail_in(err, "not an envelope");
	if (strcmp(envelope->payload_type, ASSAY_ENVELOPE_INTOTO) != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "payloadType: is not %s",
		                  ASSAY_ENVELOPE_INTOTO);
	return 0;
}

void assay_judge(const struct assay_check_terms *terms, const struct assay_sha256 *digest,
                 const struct assay_evidence *evidence, struct assay_judged *out)
{
	ASSAY_AUTO_ENVELOPE struct assay_envelope envelope = { 0 };
	struct verdict v = {
		.terms = terms,
		.digest = digest,
		.envelope = &envelope,
		.proof = evidence->proof,
		.out = out,
	};
	struct assay_error err = ASSAY_ERROR_INIT;

	if (open_envelope(evidence->envelope, &envelope, &err) < 0 ||
	    assay_statement_parse(assay_span_of_bytes(&envelope.payload), &v.statement, &err) < 0) {
		(void)fail(out, ASSAY_STANDING_UNUSABLE, "%s", err.text);
		return;
	}
	assay_sha256(assay_span_of_bytes(&envelope.payload), &out->statement);
	take_facts(&v);
	out->standing = ASSAY_STANDING_COUNTS;
	assay_judge_signers(terms, &envelope, out);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(judges); i++)
		if (judges[i](&v) < 0)
			break;
	assay_statement_fini(&v.statement);
}

/* --- reference packs ----------------------------------------------------------------------- */

static int judge_pack_type(const struct verdict *v)
{
	if (strcmp(v->statement.predicate_type, ASSAY_PREDICATE_REFERENCE) != 0)
		return fail(v->out, ASSAY_STANDING_UNUSABLE, "not a reference pack");
	return 0;
}

/* All the owners that verdicts need together: there is one pack only. */
static int judge_pack_owners(const struct verdict *v)
{
	uint64_t owners = assay_judge_owners(v->terms->policy, v->out, ASSAY_ROLES_COUNTED, NULL);

	if (owners < v->terms->policy->required.owners)
		return fail(v->out, ASSAY_STANDING_UNTRUSTED,
		            "signed by %" PRIu64 " owners, the policy wants %" PRIu64, owners,
		            v->terms->policy->required.owners);
	return 0;
}

/* What a device may have otherwise, each under the name that the policy has to allow. */
static int judge_pack_exclusions(const struct verdict *v)
{
	const json_t *layout = json_object_get(v->statement.predicate, "layout");
	const json_t *partitions = json_object_get(layout, "partitions");
	const json_t *trees = json_object_get(v->statement.predicate, "trees");

	for (size_t i = 0; i < json_array_size(partitions); i++) {
		const json_t *one = json_array_get(partitions, i);
		ASSAY_AUTO_FREE char *name =
			assay_asprintf("partition:%s", assay_field_or_empty(one, "name"));

		if (json_object_get(one, "exclude") != NULL &&
		    judge_left_out(v, assay_left_out_of(name, one)) < 0)
			return -1;
	}
	for (size_t i = 0; i < json_array_size(trees); i++) {
		const json_t *tree = json_array_get(trees, i);
		const json_t *list = json_object_get(tree, "exclusions");

		for (size_t k = 0; k < json_array_size(list); k++) {
			ASSAY_AUTO_FREE char *name = assay_asprintf(
				"tree:%s/%s", assay_field_or_empty(tree, "name"),
				assay_field_or_empty(json_array_get(list, k), "path"));

			if (judge_left_out(v, assay_left_out_of(name, NULL)) < 0)
				return -1;
		}
	}
	return 0;
}

/* Who says it, then whether the policy takes it: a release that it refuses is still known. */
static int (*const pack_signatures[])(const struct verdict *v) = {
	judge_known, judge_pack_type, judge_stamps, judge_signatures, judge_pack_owners, judge_log,
};

static int (*const pack_demands[])(const struct verdict *v) = {
	judge_revoked,
	judge_product,
	judge_pack_exclusions,
};

bool assay_judge_pack(const struct assay_check_terms *terms, const struct assay_evidence *evidence,
                      struct assay_statement *statement, struct assay_judged *out)
{
	ASSAY_AUTO_ENVELOPE struct assay_envelope envelope = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct verdict v = {
		.terms = terms,
		.envelope = &envelope,
		.proof = evidence->proof,
		.out = out,
	};

	if (evidence->envelope.len > ASSAY_PACK_MAX)
		return fail(out, ASSAY_STANDING_UNUSABLE, "more than 1 MiB") == 0;
	if (open_envelope(evidence->envelope, &envelope, &err) < 0 ||
	    assay_statement_parse(assay_span_of_bytes(&envelope.payload), statement, &err) < 0)
		return fail(out, ASSAY_STANDING_UNUSABLE, "%s", err.text) == 0;
	v.statement = *statement;
	assay_sha256(assay_span_of_bytes(&envelope.payload), &out->statement);
	out->standing = ASSAY_STANDING_COUNTS;
	assay_judge_signers(terms, &envelope, out);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(pack_signatures); i++)
		if (pack_signatures[i](&v) < 0)
			return false;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(pack_demands); i++)
		if (pack_demands[i](&v) < 0)
			break;
	return true;
}
