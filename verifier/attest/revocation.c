/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/revocation.h"

#include <inttypes.h>

#include "attest/document.h"
#include "base/clock.h"

#define ITEMS_MAX 100000

void assay_revocation_fini(struct assay_revocation *list)
{
	json_decref(list->json);
	*list = (struct assay_revocation){ 0 };
}

static int check_item(const json_t *item, struct assay_error *err)
{
	struct assay_sha256 digest;

	if (!json_is_object(item))
		return assay_fail(err, ASSAY_E_FORMAT, "must be an object");
	if (assay_field_sha256(item, "sha256", &digest, err) < 0)
		return -1;
	return assay_field_text(item, "reason", err) != NULL ? 0 : -1;
}

static int take_items(struct assay_revocation *list, struct assay_error *err)
{
	size_t count;

	list->revoked = assay_field(list->json, "revoked", JSON_ARRAY, err);
	if (list->revoked == NULL)
		return -1;
	count = json_array_size(list->revoked);
	if (count > ITEMS_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "revoked: more than %d", ITEMS_MAX);
	for (size_t i = 0; i < count; i++)
		if (check_item(json_array_get(list->revoked, i), err) < 0)
			return assay_fail_in(err, "revoked[%zu]", i);
	return 0;
}

static int take(struct assay_revocation *list, struct assay_error *err)
{
	const char *schema = assay_field_text(list->json, "schema", err);
	const json_t *number;

	if (schema == NULL)
		return -1;
	if (strcmp(schema, ASSAY_REVOCATION_SCHEMA) != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "schema: is not %s",
		                  ASSAY_REVOCATION_SCHEMA);
	number = assay_field(list->json, "number", JSON_INTEGER, err);
	if (number == NULL)
		return -1;
	if (json_integer_value(number) < 0)
		return assay_fail(err, ASSAY_E_FORMAT, "number: is below 0");
	list->number = (uint64_t)json_integer_value(number);
	if (assay_field_time(list->json, "issued", &list->issued, err) < 0 ||
	    assay_field_time(list->json, "expires", &list->expires, err) < 0)
		return -1;
	return take_items(list, err);
}

int assay_revocation_parse(struct assay_span text, struct assay_revocation *out,
                           struct assay_error *err)
{
	ASSAY_AUTO_REVOCATION struct assay_revocation list = { 0 };

	if (assay_document_parse(text, ASSAY_ENVELOPE_MAX, &list.json, err) < 0 ||
	    take(&list, err) < 0)
		return assay_fail_in(err, "not a revocation list");
	*out = list;
	list = (struct assay_revocation){ 0 };
	return 0;
}

static bool signed_by_revoker(const struct assay_envelope *envelope,
                              const struct assay_policy *policy)
{
	ASSAY_AUTO_BUFFER struct assay_buffer pae = { 0 };

	assay_envelope_pae(envelope, &pae);
	for (unsigned i = 0; i < policy->signers_count; i++)
		if (policy->signers[i].role == ASSAY_ROLE_REVOKER &&
		    assay_envelope_find(envelope, assay_buffer_span(&pae), policy->keys[i]) >= 0)
			return true;
	return false;
}

static int check_validity(const struct assay_revocation *list, const struct assay_policy *policy,
                          int64_t now, struct assay_error *err)
{
	char when[ASSAY_CLOCK_TEXT];

	if (now >= list->expires) {
		assay_clock_text(list->expires, when);
		return assay_fail(err, ASSAY_E_TRUST,
		                  "the revocation list is stale since %s: get a newer one", when);
	}
	if (now < list->issued) {
		assay_clock_text(list->issued, when);
		return assay_fail(
			err, ASSAY_E_TRUST,
			"the revocation list is of %s, which is yet to come: is the clock "
			"of this machine right?",
			when);
	}
	if (list->number < policy->revocation.minimum)
		return assay_fail(err, ASSAY_E_TRUST,
		                  "the revocation list has number %" PRIu64
		                  ", the policy wants %" PRIu64 " or later: get a newer one",
		                  list->number, policy->revocation.minimum);
	return 0;
}

static int open_list(struct assay_span text, const struct assay_policy *policy,
                     struct assay_revocation *out, struct assay_error *err)
{
	ASSAY_AUTO_ENVELOPE struct assay_envelope envelope = { 0 };

	if (assay_envelope_parse(text, &envelope, err) < 0)
		return -1;
	if (strcmp(envelope.payload_type, ASSAY_REVOCATION_TYPE) != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "payloadType: is not %s",
		                  ASSAY_REVOCATION_TYPE);
	if (!signed_by_revoker(&envelope, policy))
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "no signature by a key that the policy has as revoker");
	return assay_revocation_parse(assay_span_of_bytes(&envelope.payload), out, err);
}

int assay_revocation_open(struct assay_span text, const struct assay_policy *policy, int64_t now,
                          struct assay_revocation *out, struct assay_error *err)
{
	ASSAY_AUTO_REVOCATION struct assay_revocation list = { 0 };
	struct assay_error why = ASSAY_ERROR_INIT;

	/* Whatever is wrong with it: without a good list there is no trust. */
	if (open_list(text, policy, &list, &why) < 0)
		return assay_fail(err, ASSAY_E_TRUST, "the revocation list cannot be used: %s",
		                  why.text);
	if (check_validity(&list, policy, now, err) < 0)
		return -1;
	*out = list;
	list = (struct assay_revocation){ 0 };
	return 0;
}

const char *assay_revocation_find(const struct assay_revocation *list,
                                  const struct assay_sha256 *digest)
{
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(digest, hex);
	for (size_t i = 0; i < json_array_size(list->revoked); i++) {
		const json_t *item = json_array_get(list->revoked, i);

		if (strcmp(assay_field_or_empty(item, "sha256"), hex) == 0)
			return assay_field_or_empty(item, "reason");
	}
	return NULL;
}
