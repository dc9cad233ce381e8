/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/known.h"

#include "attest/document.h"
#include "attest/judge.h"
#include "attest/version.h"
#include "base/memory.h"
#include "base/quote.h"

#define EVIDENCE_MAX 1024 /* envelopes in a pack */

void assay_known_fini(struct assay_known *known)
{
	for (size_t i = 0; i < known->count; i++) {
		struct assay_known_pack *pack = &known->packs[i];

		assay_judged_fini(&pack->judged);
		assay_check_fini(&pack->check);
		assay_reference_fini(&pack->reference);
		free(pack->why);
	}
	free(known->packs);
	*known = (struct assay_known){ 0 };
}

static void add_evidence(struct assay_known_pack *pack, const struct assay_check_terms *terms,
                         const json_t *item)
{
	const json_t *proof = json_object_get(item, "proof");
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	assay_json_canonical(json_object_get(item, "envelope"), &text);
	assay_check_add(
		&pack->check, terms,
		&(struct assay_evidence){
			.name = assay_field_or_empty(item, "name"),
			.envelope = assay_buffer_span(&text),
			.proof = assay_span_of(json_string_value(proof), json_string_length(proof)),
		});
}

/* The verdicts in the pack are judged as any others: the pack cannot make them better. */
static int judge_verdicts(struct assay_known_pack *pack, const struct assay_check_terms *terms,
                          const json_t *predicate, struct assay_error *err)
{
	const json_t *list = assay_field(predicate, "evidence", JSON_ARRAY, err);

	if (list == NULL)
		return -1;
	if (json_array_size(list) > EVIDENCE_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "evidence: more than %d", EVIDENCE_MAX);
	pack->check.digest = pack->reference.update_sha256;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);

		if (!json_is_object(json_object_get(item, "envelope")))
			return assay_fail(err, ASSAY_E_FORMAT, "evidence[%zu]: no envelope", i);
		add_evidence(pack, terms, item);
	}
	assay_check_conclude(&pack->check, terms);
	return 0;
}

/* Its one subject is the update that it is about. */
static int check_subject(const struct assay_statement *statement,
                         const struct assay_reference *reference, struct assay_error *err)
{
	if (json_array_size(statement->subjects) != 1 ||
	    !assay_statement_has(statement, &reference->update_sha256))
		return assay_fail(err, ASSAY_E_FORMAT, "its subject is not the update");
	return 0;
}

static void conclude(struct assay_known_pack *pack)
{
	pack->status = ASSAY_EXIT_TRUST;
	if (pack->judged.why != NULL)
		pack->why = assay_strdup(pack->judged.why);
	else {
		pack->status = pack->check.status;
		pack->why = assay_strdup(pack->check.answer);
	}
}

void assay_known_add(struct assay_known *known, const struct assay_check_terms *terms,
                     const struct assay_evidence *evidence)
{
	ASSAY_AUTO_STATEMENT struct assay_statement statement = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_known_pack *pack;

	assay_grow(&known->packs, &known->cap, known->count, sizeof(*known->packs));
	pack = &known->packs[known->count++];
	*pack = (struct assay_known_pack){ .status = ASSAY_EXIT_TRUST };
	pack->judged.name = assay_strdup(evidence->name);
	pack->believed = assay_judge_pack(terms, evidence, &statement, &pack->judged);
	if (pack->believed && (assay_pack_parse(statement.predicate, &pack->reference, &err) < 0 ||
	                       check_subject(&statement, &pack->reference, &err) < 0 ||
	                       judge_verdicts(pack, terms, statement.predicate, &err) < 0)) {
		pack->believed = false;
		pack->judged.standing = ASSAY_STANDING_UNUSABLE;
		free(pack->judged.why);
		pack->judged.why = assay_asprintf("malformed: %s", err.text);
	}
	if (!pack->believed)
		assay_reference_fini(&pack->reference);
	conclude(pack);
}

static bool is_amended(const struct assay_check *check, const struct assay_sha256 *statement)
{
	for (size_t i = 0; i < check->count; i++)
		if (check->judged[i].standing == ASSAY_STANDING_AMENDED &&
		    assay_sha256_equal(&check->judged[i].statement, statement))
			return true;
	return false;
}

/* A verdict in another pack about the same update that says no, and that nobody took back in this one. */
static const struct assay_judged *find_no(const struct assay_known_pack *pack,
                                          const struct assay_known_pack *other)
{
	const struct assay_check *check = &other->check;

	if (!other->believed ||
	    !assay_sha256_equal(&pack->reference.update_sha256, &other->reference.update_sha256))
		return NULL;
	for (size_t i = 0; i < check->count; i++)
		if (check->judged[i].standing == ASSAY_STANDING_DIFFERENT &&
		    !is_amended(&pack->check, &check->judged[i].statement))
			return &check->judged[i];
	return NULL;
}

/* Who says no weighs more than all who say yes, whichever pack it is in. */
static void heed_others(const struct assay_known *known, struct assay_known_pack *pack)
{
	for (size_t i = 0; i < known->count && pack->status == ASSAY_EXIT_MATCH; i++) {
		const struct assay_judged *no = find_no(pack, &known->packs[i]);

		if (no == NULL)
			continue;
		pack->status = ASSAY_EXIT_DIFFERENT;
		free(pack->why);
		pack->why = assay_asprintf("different: %s in %s says that it does not match",
		                           no->name, known->packs[i].judged.name);
	}
}

static int by_rank(const void *a, const void *b)
{
	const struct assay_known_pack *x = a, *y = b;
	int order;

	if (x->believed != y->believed)
		return x->believed ? -1 : 1;
	if (!x->believed)
		return strcmp(x->judged.name, y->judged.name);
	/* The same release may be known from a pack that is taken and from one that is not. */
	if ((x->status == ASSAY_EXIT_MATCH) != (y->status == ASSAY_EXIT_MATCH))
		return x->status == ASSAY_EXIT_MATCH ? -1 : 1;
	order = strcmp(x->reference.product, y->reference.product);
	if (order == 0)
		order = assay_version_compare(y->reference.version, x->reference.version);
	return order != 0 ? order : strcmp(x->judged.name, y->judged.name);
}

size_t assay_known_sort(struct assay_known *known)
{
	size_t believed = 0;

	for (size_t i = 0; i < known->count; i++)
		heed_others(known, &known->packs[i]);
	if (known->count > 1)
		qsort(known->packs, known->count, sizeof(*known->packs), by_rank);
	while (believed < known->count && known->packs[believed].believed)
		believed++;
	return believed;
}

void assay_known_text(const struct assay_known *known, struct assay_buffer *out)
{
	for (size_t i = 0; i < known->count; i++) {
		const struct assay_known_pack *pack = &known->packs[i];

		assay_buffer_add_str(out, "pack      ");
		assay_quote(out, assay_span_of_str(pack->judged.name));
		if (pack->believed)
			assay_buffer_printf(out, ": %s %s", pack->reference.product,
			                    pack->reference.version);
		assay_buffer_add_str(out, ": ");
		assay_quote(out, assay_span_of_str(pack->why));
		assay_buffer_add_str(out, "\n");
	}
}

static json_t *quoted(const char *text)
{
	ASSAY_AUTO_FREE char *shown = assay_quoted(text);

	return assay_json_str(assay_span_of_str(shown));
}

json_t *assay_known_json(const struct assay_known *known)
{
	json_t *list = json_array();

	for (size_t i = 0; i < known->count; i++) {
		const struct assay_known_pack *pack = &known->packs[i];
		json_t *one = json_object();

		assay_json_set(one, "name", quoted(pack->judged.name));
		assay_json_set_bool(one, "believed", pack->believed);
		assay_json_set_int(one, "exit_status", (uint64_t)pack->status);
		assay_json_set(one, "why", quoted(pack->why));
		if (pack->believed) {
			assay_json_set_str(one, "product", pack->reference.product);
			assay_json_set_str(one, "version", pack->reference.version);
			assay_json_set_sha256(one, "update", &pack->reference.update_sha256);
		}
		assay_json_append(list, one);
	}
	return list;
}
