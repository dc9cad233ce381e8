/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/attachment.h"

#include "attest/document.h"
#include "base/clock.h"

bool assay_attachment_result(const char *result)
{
	static const char *const results[] = { "PASSED", "WARNED", "FAILED" };

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(results); i++)
		if (strcmp(result, results[i]) == 0)
			return true;
	return false;
}

json_t *assay_attachment_statement(const struct assay_attachment *attachment,
                                   const struct assay_statement *subjects,
                                   const struct assay_speaker *speaker)
{
	json_t *statement = assay_statement_new(ASSAY_PREDICATE_TEST);
	json_t *predicate = json_object_get(statement, "predicate"), *configuration = json_array();
	char text[ASSAY_CLOCK_TEXT];

	assay_json_set(statement, "subject", json_deep_copy(subjects->subjects));
	assay_json_set_str(predicate, "result", attachment->result);
	if (attachment->plan != NULL)
		assay_json_append(configuration,
		                  assay_descriptor(attachment->plan, &attachment->plan_digest));
	assay_json_set(predicate, "configuration", configuration);
	assay_json_set_str(predicate, "assay_kind", attachment->kind);
	assay_json_set(predicate, "assay_report",
	               assay_descriptor(attachment->report, &attachment->report_digest));
	assay_json_set_str(predicate, "assay_lab", speaker->lab);
	if (attachment->by != NULL)
		assay_json_set_str(predicate, "assay_by", attachment->by);
	if (speaker->times) {
		assay_clock_text(attachment->when, text);
		assay_json_set_str(predicate, "assay_finishedOn", text);
	}
	return statement;
}

int assay_attachment_take(const struct assay_statement *statement, struct assay_attachment *out,
                          struct assay_error *err)
{
	const json_t *predicate = statement->predicate;
	const json_t *report = json_object_get(predicate, "assay_report");

	if (strcmp(statement->predicate_type, ASSAY_PREDICATE_TEST) != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "not the result of a test");
	*out = (struct assay_attachment){ .kind = assay_field_text(predicate, "assay_kind", err) };
	out->result = out->kind != NULL ? assay_field_text(predicate, "result", err) : NULL;
	if (out->result == NULL)
		return -1;
	if (!assay_attachment_result(out->result))
		return assay_fail(err, ASSAY_E_FORMAT, "result: neither PASSED, WARNED nor FAILED");
	if (assay_field_sha256(json_object_get(report, "digest"), "sha256", &out->report_digest,
	                       err) < 0)
		return assay_fail_in(err, "assay_report");
	out->report = assay_field_or_empty(report, "name");
	return 0;
}
