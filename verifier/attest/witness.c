/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/witness.h"

#include <inttypes.h>

#include "attest/base64.h"
#include "base/memory.h"
#include "base/quote.h"

#define WORDS_MAX (ASSAY_WITNESS_MAX + 3)

static const char proof_head[] = "c2sp.org/tlog-proof@v1"; /* tlog-proof, "Format" */

/* The words of one line. */
struct words {
	struct assay_span items[WORDS_MAX];
	size_t count;
};

void assay_witness_policy_fini(struct assay_witness_policy *policy)
{
	for (size_t i = 0; i < policy->log_count; i++)
		assay_note_verifier_fini(&policy->logs[i]);
	for (size_t i = 0; i < policy->count; i++) {
		free(policy->witnesses[i].name);
		assay_note_verifier_fini(&policy->witnesses[i].verifier);
	}
	*policy = (struct assay_witness_policy){ 0 };
}

static bool split_words(struct assay_span line, struct words *out)
{
	size_t i = 0;

	out->count = 0;
	while (i < line.len) {
		size_t start = i;

		while (i < line.len && line.ptr[i] != ' ' && line.ptr[i] != '\t')
			i++;
		if (i > start) {
			if (out->count == WORDS_MAX)
				return false;
			out->items[out->count++] = assay_span_sub(line, start, i - start);
		}
		i++;
	}
	return true;
}

static int find(const struct assay_witness_policy *policy, struct assay_span name)
{
	for (size_t i = 0; i < policy->count; i++)
		if (assay_span_is(name, policy->witnesses[i].name))
			return (int)i;
	return -1;
}

static int take_log(struct assay_witness_policy *policy, const struct words *words,
                    struct assay_error *err)
{
	if (words->count < 2 || words->count > 3)
		return assay_fail(err, ASSAY_E_FORMAT, "log KEY [URL]");
	if (policy->log_count == ASSAY_WITNESS_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "too many logs");
	if (assay_note_verifier_parse(words->items[1], &policy->logs[policy->log_count], err) < 0)
		return -1;
	policy->log_count++;
	return 0;
}

/* Return: the new row, NULL when there can be none */
static struct assay_witness *new_witness(struct assay_witness_policy *policy,
                                         struct assay_span name, struct assay_error *err)
{
	if (find(policy, name) >= 0 || assay_span_is(name, "none")) {
		(void)assay_fail(err, ASSAY_E_FORMAT, "a name that is taken");
		return NULL;
	}
	if (policy->count == ASSAY_WITNESS_MAX) {
		(void)assay_fail(err, ASSAY_E_LIMIT, "too many witnesses and groups");
		return NULL;
	}
	policy->witnesses[policy->count].name = assay_strndup((const char *)name.ptr, name.len);
	return &policy->witnesses[policy->count++];
}

static int take_witness(struct assay_witness_policy *policy, const struct words *words,
                        struct assay_error *err)
{
	struct assay_note_verifier verifier = { 0 };
	struct assay_witness *witness;

	if (words->count < 3 || words->count > 4)
		return assay_fail(err, ASSAY_E_FORMAT, "witness NAME KEY [URL]");
	if (assay_note_verifier_parse(words->items[2], &verifier, err) < 0)
		return -1;
	/* One key under two names would be two witnesses. */
	for (size_t i = 0; i < policy->count; i++)
		if (!policy->witnesses[i].is_group &&
		    assay_sha256_equal(assay_key_id(policy->witnesses[i].verifier.key),
		                       assay_key_id(verifier.key))) {
			assay_note_verifier_fini(&verifier);
			return assay_fail(err, ASSAY_E_FORMAT, "a key that is there already");
		}
	witness = new_witness(policy, words->items[1], err);
	if (witness == NULL) {
		assay_note_verifier_fini(&verifier);
		return -1;
	}
	witness->verifier = verifier;
	return 0;
}

static bool parse_threshold(struct assay_span text, uint64_t members, uint64_t *out)
{
	if (assay_span_is(text, "any"))
		*out = 1;
	else if (assay_span_is(text, "all"))
		*out = members;
	else if (!assay_note_number(text, out))
		return false;
	return *out >= 1 && *out <= members;
}

static int take_group(struct assay_witness_policy *policy, const struct words *words,
                      struct assay_error *err)
{
	uint64_t threshold, members = 0;
	struct assay_witness *group;

	if (words->count < 4)
		return assay_fail(err, ASSAY_E_FORMAT, "group NAME any|all|N MEMBER…");
	if (!parse_threshold(words->items[2], words->count - 3, &threshold))
		return assay_fail(err, ASSAY_E_FORMAT, "a threshold that its members cannot reach");
	for (size_t i = 3; i < words->count; i++) {
		int member = find(policy, words->items[i]);

		if (member < 0 || (members >> member & 1) != 0)
			return assay_fail(err, ASSAY_E_FORMAT,
			                  "a member that is not defined above, or twice");
		members |= UINT64_C(1) << member;
	}
	group = new_witness(policy, words->items[1], err);
	if (group == NULL)
		return -1;
	group->is_group = true;
	group->threshold = threshold;
	group->members = members;
	return 0;
}

#define NO_QUORUM (-2)

static int take_quorum(struct assay_witness_policy *policy, const struct words *words,
                       struct assay_error *err)
{
	if (words->count != 2)
		return assay_fail(err, ASSAY_E_FORMAT, "quorum NAME|none");
	if (policy->quorum != NO_QUORUM)
		return assay_fail(err, ASSAY_E_FORMAT, "a second quorum");
	policy->quorum =
		assay_span_is(words->items[1], "none") ? -1 : find(policy, words->items[1]);
	if (policy->quorum < 0 && !assay_span_is(words->items[1], "none"))
		return assay_fail(err, ASSAY_E_FORMAT, "a quorum that is not defined above");
	return 0;
}

static const struct {
	const char *word;
	int (*take)(struct assay_witness_policy *policy, const struct words *words,
	            struct assay_error *err);
} lines[] = {
	{ "log", take_log },
	{ "witness", take_witness },
	{ "group", take_group },
	{ "quorum", take_quorum },
};

static int take_line(struct assay_witness_policy *policy, struct assay_span line,
                     struct assay_error *err)
{
	struct words words;

	if (!split_words(line, &words))
		return assay_fail(err, ASSAY_E_LIMIT, "too many words");
	if (words.count == 0 || words.items[0].ptr[0] == '#')
		return 0;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(lines); i++)
		if (assay_span_is(words.items[0], lines[i].word))
			return lines[i].take(policy, &words, err);
	return assay_fail(err, ASSAY_E_FORMAT, "none of log, witness, group, quorum");
}

int assay_witness_policy_parse(struct assay_span text, struct assay_witness_policy *out,
                               struct assay_error *err)
{
	ASSAY_AUTO_WITNESS_POLICY struct assay_witness_policy policy = { .quorum = NO_QUORUM };
	struct assay_span rest = text, line;
	size_t number = 0;

	if (text.len > ASSAY_WITNESS_FILE_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "longer than any policy of witnesses");
	while (assay_note_line(&rest, &line)) {
		number++;
		if (take_line(&policy, line, err) < 0)
			return assay_fail_in(err, "line %zu", number);
	}
	if (rest.len > 0)
		return assay_fail(err, ASSAY_E_FORMAT, "the last line has no end");
	if (policy.log_count == 0 || policy.quorum == NO_QUORUM)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "a policy of witnesses names a log and a quorum");
	*out = policy;
	policy = (struct assay_witness_policy){ 0 };
	return 0;
}

static int check_log(const struct assay_witness_policy *policy, const struct assay_note *note,
                     struct assay_span origin, struct assay_error *err)
{
	uint64_t time;

	for (size_t i = 0; i < policy->log_count; i++) {
		int got;

		if (!assay_span_is(origin, policy->logs[i].name))
			continue;
		got = assay_note_verify(note, &policy->logs[i], &time, err);
		if (got != 0)
			return got < 0 ? -1 : 0;
	}
	return assay_fail(err, ASSAY_E_TRUST,
	                  "the checkpoint is not signed by a log that is believed");
}

/* Members stand before their group, so one pass is enough. */
static int check_quorum(const struct assay_witness_policy *policy, const struct assay_note *note,
                        struct assay_error *err)
{
	uint64_t seen = 0, time;

	for (size_t i = 0; i < policy->count; i++) {
		const struct assay_witness *witness = &policy->witnesses[i];
		int got;

		if (witness->is_group)
			got = (uint64_t)__builtin_popcountll(seen & witness->members) >=
			      witness->threshold;
		else
			got = assay_note_verify(note, &witness->verifier, &time, err);
		if (got < 0)
			return -1;
		seen |= (uint64_t)(got > 0) << i;
	}
	if (policy->quorum >= 0 && (seen >> policy->quorum & 1) == 0)
		return assay_fail(err, ASSAY_E_TRUST,
		                  "not enough witnesses have seen the checkpoint: no quorum of %s",
		                  policy->witnesses[policy->quorum].name);
	return 0;
}

int assay_witness_check(const struct assay_witness_policy *policy, struct assay_span text,
                        struct assay_checkpoint *out, struct assay_error *err)
{
	ASSAY_AUTO_NOTE struct assay_note note = { 0 };

	if (assay_note_parse(text, &note, err) < 0 ||
	    assay_checkpoint_parse(note.text, out, err) < 0)
		return -1;
	if (check_log(policy, &note, out->origin, err) < 0)
		return -1;
	return check_quorum(policy, &note, err);
}

static int take_hashes(struct assay_span *rest, struct assay_merkle_proof *proof,
                       struct assay_error *err)
{
	struct assay_span line;

	for (;;) {
		if (!assay_note_line(rest, &line))
			return assay_fail(err, ASSAY_E_FORMAT, "not a log proof: no checkpoint");
		if (line.len == 0)
			return 0;
		if (proof->count == ASSAY_MERKLE_PROOF_MAX)
			return assay_fail(err, ASSAY_E_LIMIT, "not a log proof: too many hashes");
		if (assay_note_hash(line, &proof->hashes[proof->count], err) < 0)
			return assay_fail_in(err, "not a log proof");
		proof->count++;
	}
}

int assay_tlog_proof_parse(struct assay_span text, struct assay_tlog_proof *out,
                           struct assay_error *err)
{
	static const char extra[] = "extra ", index[] = "index ";
	struct assay_span rest = text, line;

	*out = (struct assay_tlog_proof){ 0 };
	if (text.len > ASSAY_NOTE_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "longer than any log proof");
	if (!assay_note_line(&rest, &line) || !assay_span_is(line, proof_head) ||
	    !assay_note_line(&rest, &line))
		return assay_fail(err, ASSAY_E_FORMAT, "not a log proof: does not begin with %s",
		                  proof_head);
	if (assay_span_starts(line, extra, strlen(extra)) && !assay_note_line(&rest, &line))
		return assay_fail(err, ASSAY_E_FORMAT, "not a log proof: cut short");
	if (!assay_span_starts(line, index, strlen(index)) ||
	    !assay_note_number(assay_span_sub(line, strlen(index), line.len), &out->index))
		return assay_fail(err, ASSAY_E_FORMAT, "not a log proof: no index");
	if (take_hashes(&rest, &out->proof, err) < 0)
		return -1;
	out->checkpoint = rest;
	return 0;
}

/* Hashes, an empty line, the checkpoint. */
static void write_rest(const struct assay_merkle_proof *proof, struct assay_span checkpoint,
                       struct assay_buffer *out)
{
	for (size_t i = 0; i < proof->count; i++) {
		assay_base64_write(out, assay_span_of(proof->hashes[i].bytes, ASSAY_SHA256_SIZE));
		assay_buffer_add_str(out, "\n");
	}
	assay_buffer_add_str(out, "\n");
	assay_buffer_add(out, checkpoint.ptr, checkpoint.len);
}

void assay_tlog_proof_write(const struct assay_tlog_proof *proof, struct assay_buffer *out)
{
	assay_buffer_printf(out, "%s\nindex %" PRIu64 "\n", proof_head, proof->index);
	write_rest(&proof->proof, proof->checkpoint, out);
}

int assay_growth_proof_parse(struct assay_span text, struct assay_growth_proof *out,
                             struct assay_error *err)
{
	static const char word[] = "old ";
	struct assay_span rest = text, line;

	*out = (struct assay_growth_proof){ 0 };
	if (text.len > ASSAY_NOTE_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "longer than any proof of growth");
	if (!assay_note_line(&rest, &line) || !assay_span_starts(line, word, strlen(word)) ||
	    !assay_note_number(assay_span_sub(line, strlen(word), line.len), &out->old_size))
		return assay_fail(err, ASSAY_E_FORMAT, "not a proof of growth: no old size");
	if (take_hashes(&rest, &out->proof, err) < 0)
		return -1;
	out->checkpoint = rest;
	return 0;
}

void assay_growth_proof_write(const struct assay_growth_proof *growth, struct assay_buffer *out)
{
	assay_buffer_printf(out, "old %" PRIu64 "\n", growth->old_size);
	write_rest(&growth->proof, growth->checkpoint, out);
}

int assay_growth_proof_check(const struct assay_growth_proof *growth,
                             const struct assay_witness_policy *policy,
                             const struct assay_checkpoint *old, struct assay_checkpoint *out,
                             struct assay_error *err)
{
	if (assay_witness_check(policy, growth->checkpoint, out, err) < 0)
		return -1;
	if (!assay_span_equal(old->origin, out->origin))
		return assay_fail(err, ASSAY_E_TRUST, "the two checkpoints are of different logs");
	if (growth->old_size != old->tree.size ||
	    !assay_merkle_extends(&old->tree, &out->tree, &growth->proof))
		return assay_fail(err, ASSAY_E_TRUST,
		                  "the log is not the old one and what was added to it");
	return 0;
}

int assay_tlog_proof_check(const struct assay_tlog_proof *proof,
                           const struct assay_witness_policy *policy, struct assay_span entry,
                           struct assay_checkpoint *out, struct assay_error *err)
{
	struct assay_sha256 leaf;

	if (assay_witness_check(policy, proof->checkpoint, out, err) < 0)
		return -1;
	assay_merkle_leaf(entry, &leaf);
	if (!assay_merkle_includes(&leaf, proof->index, out->tree.size, &proof->proof,
	                           &out->tree.root))
		return assay_fail(err, ASSAY_E_TRUST,
		                  "the entry is not in the log at index %" PRIu64, proof->index);
	return 0;
}
