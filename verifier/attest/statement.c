/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/statement.h"

#include "attest/document.h"
#include "attest/envelope.h"
#include "base/quote.h"

void assay_statement_fini(struct assay_statement *statement)
{
	json_decref(statement->json);
	*statement = (struct assay_statement){ 0 };
}

/* A digest that cannot be what it says is refused here, and not only where it would be needed. */
static int check_subject(const json_t *subject, struct assay_error *err)
{
	const json_t *digest;
	struct assay_sha256 sha256;

	if (!json_is_object(subject))
		return assay_fail(err, ASSAY_E_FORMAT, "must be an object");
	digest = assay_field(subject, "digest", JSON_OBJECT, err);
	if (digest == NULL)
		return -1;
	if (json_object_size(digest) == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "digest: is empty");
	if (json_object_get(digest, "sha256") != NULL &&
	    assay_field_sha256(digest, "sha256", &sha256, err) < 0)
		return assay_fail_in(err, "digest");
	return 0;
}

static int check_subjects(const json_t *subjects, struct assay_error *err)
{
	size_t count = json_array_size(subjects);

	if (count == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "subject: is empty");
	if (count > ASSAY_STATEMENT_SUBJECTS)
		return assay_fail(err, ASSAY_E_LIMIT, "subject: more than %d",
		                  ASSAY_STATEMENT_SUBJECTS);
	for (size_t i = 0; i < count; i++)
		if (check_subject(json_array_get(subjects, i), err) < 0)
			return assay_fail_in(err, "subject[%zu]", i);
	return 0;
}

static int take(struct assay_statement *statement, struct assay_error *err)
{
	const char *type = assay_field_text(statement->json, "_type", err);

	if (type == NULL)
		return -1;
	if (strcmp(type, ASSAY_STATEMENT_TYPE) != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "_type: is not %s", ASSAY_STATEMENT_TYPE);
	statement->subjects = assay_field(statement->json, "subject", JSON_ARRAY, err);
	if (statement->subjects == NULL || check_subjects(statement->subjects, err) < 0)
		return -1;
	statement->predicate_type = assay_field_text(statement->json, "predicateType", err);
	if (statement->predicate_type == NULL)
		return -1;
	statement->predicate = assay_field(statement->json, "predicate", JSON_OBJECT, err);
	return statement->predicate != NULL ? 0 : -1;
}

int assay_statement_parse(struct assay_span text, struct assay_statement *out,
                          struct assay_error *err)
{
	ASSAY_AUTO_STATEMENT struct assay_statement statement = { 0 };

	if (assay_document_parse(text, ASSAY_ENVELOPE_MAX, &statement.json, err) < 0 ||
	    take(&statement, err) < 0)
		return assay_fail_in(err, "not an in-toto statement");
	*out = statement;
	statement = (struct assay_statement){ 0 };
	return 0;
}

bool assay_statement_has(const struct assay_statement *statement, const struct assay_sha256 *digest)
{
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(digest, hex);
	for (size_t i = 0; i < json_array_size(statement->subjects); i++) {
		const json_t *set =
			json_object_get(json_array_get(statement->subjects, i), "digest");

		if (strcmp(assay_field_or_empty(set, "sha256"), hex) == 0)
			return true;
	}
	return false;
}

static void add_line(struct assay_buffer *out, const char *word, const char *text)
{
	if (*text == '\0')
		return;
	assay_buffer_printf(out, "%-10s ", word);
	assay_quote(out, assay_span_of_str(text));
	assay_buffer_add_str(out, "\n");
}

void assay_statement_describe(const struct assay_statement *statement, struct assay_buffer *out)
{
	const json_t *predicate = statement->predicate;

	for (size_t i = 0; i < json_array_size(statement->subjects); i++) {
		const json_t *subject = json_array_get(statement->subjects, i);
		const json_t *digest = json_object_get(subject, "digest");

		add_line(out, "subject", assay_field_or_empty(subject, "name"));
		add_line(out, "  sha256", assay_field_or_empty(digest, "sha256"));
	}
	add_line(out, "says", statement->predicate_type);
	add_line(out, "  verdict", assay_field_or_empty(predicate, "verdict"));
	add_line(out, "  tier", assay_field_or_empty(predicate, "tier"));
	add_line(out, "  result", assay_field_or_empty(predicate, "verificationResult"));
}

json_t *assay_statement_new(const char *predicate_type)
{
	json_t *statement = json_object();

	assay_json_set_str(statement, "_type", ASSAY_STATEMENT_TYPE);
	assay_json_set_str(statement, "predicateType", predicate_type);
	assay_json_set(statement, "subject", json_array());
	assay_json_set(statement, "predicate", json_object());
	return statement;
}

json_t *assay_descriptor(const char *name, const struct assay_sha256 *digest)
{
	json_t *descriptor = json_object(), *set = json_object();

	if (name != NULL)
		assay_json_set_str(descriptor, "name", name);
	assay_json_set_sha256(set, "sha256", digest);
	assay_json_set(descriptor, "digest", set);
	return descriptor;
}

json_t *assay_statement_subject(json_t *statement, const char *name,
                                const struct assay_sha256 *digest)
{
	json_t *subject = assay_descriptor(name, digest);

	assay_json_append(json_object_get(statement, "subject"), subject);
	return subject;
}

void assay_statement_write(const json_t *statement, struct assay_buffer *out)
{
	assay_json_pretty(statement, out);
}
