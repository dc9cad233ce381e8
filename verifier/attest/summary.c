/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line for gates: SLSA verification summary. */
#include <ctype.h>

#include "attest/statements.h"
#include "base/clock.h"

#define SLSA_VERSION "1.0"

void assay_statements_fini(struct assay_statements *statements)
{
	assay_buffer_fini(&statements->provenance);
	assay_buffer_fini(&statements->verdict);
	assay_buffer_fini(&statements->summary);
}

/* Source: package-url specification, PURL-SPECIFICATION.rst: what is percent-encoded. */
static void add_encoded(struct assay_buffer *out, const char *text)
{
	for (const char *p = text; *p != '\0'; p++) {
		uint8_t c = (uint8_t)*p;

		if (isalnum(c) || strchr("-._~", c) != NULL)
			assay_buffer_printf(out, "%c", c);
		else
			assay_buffer_printf(out, "%%%02X", c);
	}
}

static void add_resource(const struct assay_summary *summary, json_t *predicate)
{
	ASSAY_AUTO_BUFFER struct assay_buffer uri = { 0 };

	assay_buffer_add_str(&uri, "pkg:generic/");
	add_encoded(&uri, summary->product != NULL ? summary->product : "unknown");
	if (summary->version != NULL) {
		assay_buffer_add_str(&uri, "@");
		add_encoded(&uri, summary->version);
	}
	assay_json_set_str(predicate, "resourceUri", assay_buffer_str(&uri));
}

static json_t *verifier(const struct assay_speaker *speaker)
{
	json_t *out = json_object(), *version = json_object();

	assay_json_set_str(out, "id", speaker->lab);
	assay_json_set_str(version, "assay", speaker->version);
	assay_json_set(out, "version", version);
	return out;
}

void assay_summary_fill(json_t *statement, const struct assay_summary *summary)
{
	json_t *predicate = json_object_get(statement, "predicate"), *levels = json_array();
	char when[ASSAY_CLOCK_TEXT];

	assay_json_set(predicate, "verifier", verifier(summary->speaker));
	if (summary->speaker->times) {
		assay_clock_text(summary->when, when);
		assay_json_set_str(predicate, "timeVerified", when);
	}
	add_resource(summary, predicate);
	assay_json_set(predicate, "policy", summary->policy);
	assay_json_set(predicate, "inputAttestations", summary->inputs);
	assay_json_set_str(predicate, "verificationResult", summary->passed ? "PASSED" : "FAILED");
	assay_json_append(levels, assay_json_str(assay_span_of_str(summary->level)));
	assay_json_set(predicate, "verifiedLevels", levels);
	assay_json_set_str(predicate, "slsaVersion", SLSA_VERSION);
}

/* SLSA_BUILD_REPRODUCED would want two provenances of independent builders; here is one. */
static void add_level(const struct assay_result *result, struct assay_buffer *out)
{
	if (result->status != ASSAY_EXIT_MATCH) {
		assay_buffer_add_str(out, "FAILED");
		return;
	}
	assay_buffer_add_str(out, "ASSAY_BUILD_EQUIVALENT_");
	for (const char *p = assay_tier_name(result->tier); *p != '\0'; p++)
		assay_buffer_printf(out, "%c", toupper((unsigned char)*p));
}

static json_t *policy_of(const struct assay_result *result)
{
	json_t *policy = assay_descriptor("manifest", &result->manifest_id), *more = json_object();

	assay_json_set_str(more, "accept", assay_tier_name(result->accept));
	assay_json_set(policy, "annotations", more);
	return policy;
}

json_t *assay_summary_statement(const struct assay_result *result,
                                const struct assay_speaker *speaker,
                                const struct assay_sha256 *provenance,
                                const struct assay_sha256 *verdict)
{
	ASSAY_AUTO_BUFFER struct assay_buffer level = { 0 };
	json_t *statement = assay_statement_new(ASSAY_PREDICATE_SUMMARY);
	struct assay_summary summary = {
		.speaker = speaker,
		.when = result->ended,
		.passed = result->status == ASSAY_EXIT_MATCH,
		.product = result->manifest->product.name,
		.version = result->manifest->product.version,
		.policy = policy_of(result),
		.inputs = json_array(),
	};

	add_level(result, &level);
	summary.level = assay_buffer_str(&level);
	if (provenance != NULL)
		assay_json_append(summary.inputs, assay_descriptor("provenance", provenance));
	if (verdict != NULL)
		assay_json_append(summary.inputs, assay_descriptor("verdict", verdict));
	assay_statement_delivered(statement, result);
	assay_summary_fill(statement, &summary);
	return statement;
}

static void finish(json_t *statement, struct assay_buffer *out, struct assay_sha256 *digest)
{
	assay_statement_write(statement, out);
	assay_sha256(assay_buffer_span(out), digest);
	json_decref(statement);
}

void assay_statements_make(const struct assay_result *result, const struct assay_speaker *speaker,
                           struct assay_statements *out)
{
	struct assay_sha256 provenance, verdict, summary;
	const struct assay_sha256 *said = result->built ? &provenance : NULL;

	if (result->built)
		finish(assay_provenance_statement(result, speaker), &out->provenance, &provenance);
	finish(assay_verdict_statement(result, speaker, said), &out->verdict, &verdict);
	finish(assay_summary_statement(result, speaker, said, &verdict), &out->summary, &summary);
}
