/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/check.h"

#include <inttypes.h>

#include "attest/judge.h"
#include "base/memory.h"

void assay_judged_fini(struct assay_judged *judged)
{
	free(judged->name);
	free(judged->why);
	free(judged->product);
	free(judged->version);
}

void assay_check_fini(struct assay_check *check)
{
	for (size_t i = 0; i < check->count; i++)
		assay_judged_fini(&check->judged[i]);
	free(check->judged);
	free(check->answer);
	assay_strings_fini(&check->owners);
	*check = (struct assay_check){ 0 };
}

void assay_check_add(struct assay_check *check, const struct assay_check_terms *terms,
                     const struct assay_evidence *evidence)
{
	struct assay_judged *judged;

	assay_grow(&check->judged, &check->cap, check->count, sizeof(*check->judged));
	judged = &check->judged[check->count++];
	*judged = (struct assay_judged){ .name = assay_strdup(evidence->name) };
	assay_judge(terms, &check->digest, evidence, judged);
}

static bool any(const struct assay_check *check, enum assay_standing standing)
{
	for (size_t i = 0; i < check->count; i++)
		if (check->judged[i].standing == standing)
			return true;
	return false;
}

static bool counts(const struct assay_judged *judged)
{
	return judged->standing == ASSAY_STANDING_COUNTS;
}

/* Whether an earlier verdict that counts has the same provenance: the same rebuild twice is one. */
static bool same_rebuild(const struct assay_check *check, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (counts(&check->judged[i]) && check->judged[i].has_provenance &&
		    assay_sha256_equal(&check->judged[i].provenance,
		                       &check->judged[index].provenance))
			return true;
	return false;
}

/* Whether a performer of this verdict stands for no earlier rebuild yet; then it does from now on. */
static bool new_performer(const struct assay_policy *policy, const struct assay_judged *judged,
                          struct assay_strings *used)
{
	for (unsigned i = 0; i < policy->signers_count; i++)
		if (judged->signed_by[i] && policy->signers[i].role == ASSAY_ROLE_PERFORMER &&
		    !assay_strings_has(used, policy->signers[i].owner)) {
			assay_strings_add(used, policy->signers[i].owner);
			return true;
		}
	return false;
}

/* Rebuilds that two people could not have copied from each other: other provenance, other
 * performer. Taking the first performer that is free may count too few, never too many. */
static void count(struct assay_check *check, const struct assay_policy *policy)
{
	ASSAY_AUTO_STRINGS struct assay_strings used = { 0 };

	check->tier = ASSAY_TIER_IDENTICAL;
	for (size_t i = 0; i < check->count; i++) {
		const struct assay_judged *judged = &check->judged[i];

		if (!counts(judged))
			continue;
		check->tier = assay_tier_worse(check->tier, judged->tier);
		(void)assay_judge_owners(policy, judged, ASSAY_ROLES_COUNTED, &check->owners);
		if (judged->has_provenance && !same_rebuild(check, i) &&
		    new_performer(policy, judged, &used))
			check->rebuilds++;
	}
	assay_strings_sort(&check->owners);
}

/* The status and the words when there is not enough that counts. The best that was found decides:
 * who is told "worse tier" need not look for signatures. */
static void explain(struct assay_check *check, const struct assay_policy *policy)
{
	static const struct {
		enum assay_standing standing;
		enum assay_exit status;
		const char *answer;
	} rows[] = {
		{ ASSAY_STANDING_REVOKED, ASSAY_EXIT_TRUST, "not proved: revoked" },
		{ ASSAY_STANDING_WORSE_TIER, ASSAY_EXIT_WORSE_TIER,
		  "not proved: matches at a worse tier than the policy accepts" },
		{ ASSAY_STANDING_INCONCLUSIVE, ASSAY_EXIT_INCONCLUSIVE,
		  "not proved: who tried came to no conclusion" },
		{ ASSAY_STANDING_REFUSED, ASSAY_EXIT_TRUST,
		  "not proved: there are verdicts, but not what the policy asks for" },
		{ ASSAY_STANDING_UNTRUSTED, ASSAY_EXIT_TRUST,
		  "not proved: the signatures are not those that the policy asks for" },
		{ ASSAY_STANDING_AMENDED, ASSAY_EXIT_TRUST,
		  "not proved: what there was is amended" },
		{ ASSAY_STANDING_UNUSABLE, ASSAY_EXIT_TRUST,
		  "not proved: no verdict about this file" },
	};

	check->status = ASSAY_EXIT_TRUST;
	if (check->owners.count > 0) {
		check->answer = assay_asprintf("not proved: %zu of %" PRIu64 " owners, %" PRIu64
		                               " of %" PRIu64 " rebuilds",
		                               check->owners.count, policy->required.owners,
		                               check->rebuilds, policy->required.rebuilds);
		return;
	}
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++)
		if (any(check, rows[i].standing)) {
			check->status = rows[i].status;
			check->answer = assay_strdup(rows[i].answer);
			return;
		}
	check->answer = assay_strdup("not proved: there is no evidence");
}

/* Whether a verdict was judged by what it says: whoever signed it is trusted to speak. */
static bool is_trusted(const struct assay_judged *judged)
{
	return judged->standing == ASSAY_STANDING_COUNTS ||
	       judged->standing >= ASSAY_STANDING_REFUSED;
}

static bool is_counted(const struct assay_policy *policy, const struct assay_judged *judged,
                       unsigned i)
{
	return judged->signed_by[i] && (policy->signers[i].role == ASSAY_ROLE_PERFORMER ||
	                                policy->signers[i].role == ASSAY_ROLE_CHECKER);
}

/* Whether every owner behind the first verdict is behind the second one, too. */
static bool same_owners(const struct assay_policy *policy, const struct assay_judged *first,
                        const struct assay_judged *second)
{
	for (unsigned i = 0; i < policy->signers_count; i++) {
		bool found = !is_counted(policy, first, i);

		for (unsigned k = 0; k < policy->signers_count && !found; k++)
			found = is_counted(policy, second, k) &&
			        strcmp(policy->signers[k].owner, policy->signers[i].owner) == 0;
		if (!found)
			return false;
	}
	return true;
}

/* A verdict that was amended counts no more, whatever it said. Only those who signed it can do that,
 * all of them, and with a verdict that is itself trusted: or one could withdraw another's no. */
static void amend(struct assay_check *check, const struct assay_policy *policy)
{
	for (size_t i = 0; i < check->count; i++) {
		const struct assay_judged *later = &check->judged[i];

		for (size_t k = 0; later->has_amends && is_trusted(later) && k < check->count;
		     k++) {
			struct assay_judged *first = &check->judged[k];

			if (!is_trusted(first) ||
			    !assay_sha256_equal(&first->statement, &later->amends) ||
			    !same_owners(policy, first, later))
				continue;
			first->standing = ASSAY_STANDING_AMENDED;
			free(first->why);
			first->why = assay_asprintf("was amended by %s", later->name);
		}
	}
}

static const char *revoked(const struct assay_check *check, const struct assay_check_terms *terms)
{
	return terms->revocation != NULL ? assay_revocation_find(terms->revocation, &check->digest)
	                                 : NULL;
}

void assay_check_conclude(struct assay_check *check, const struct assay_check_terms *terms)
{
	const struct assay_policy *policy = terms->policy;

	amend(check, policy);
	count(check, policy);
	check->status = ASSAY_EXIT_TRUST;
	if (policy->wants_revocation && terms->revocation == NULL) {
		check->answer = assay_strdup("not proved: the policy wants a revocation list");
	} else if (revoked(check, terms) != NULL) {
		check->answer = assay_asprintf("revoked: %s", revoked(check, terms));
	} else if (any(check, ASSAY_STANDING_DIFFERENT)) {
		/* One that is trusted and says no weighs more than any number that say yes. */
		check->status = ASSAY_EXIT_DIFFERENT;
		check->answer =
			assay_strdup("different: one who is trusted says that it does not match");
	} else if (check->owners.count < policy->required.owners ||
	           check->rebuilds < policy->required.rebuilds) {
		explain(check, policy);
	} else {
		check->status = ASSAY_EXIT_MATCH;
		check->answer =
			assay_asprintf("proved: %s, by %zu owner%s and %" PRIu64 " rebuild%s",
		                       assay_tier_name(check->tier), check->owners.count,
		                       check->owners.count == 1 ? "" : "s", check->rebuilds,
		                       check->rebuilds == 1 ? "" : "s");
	}
}
