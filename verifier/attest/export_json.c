/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Verdicts as CycloneDX declarations, and as a provenance of equivalence. */
#include "attest/document.h"
#include "attest/export.h"
#include "base/memory.h"

#define EQUIVALENCE_TYPE "https://assay.example/artifact-equivalence/v1"
#define REQUIREMENT "The file is what its source makes, every byte of it."

/* A list of one object with a few texts; ends with NULL. */
static json_t *object_of(const char *key, ...) __attribute__((sentinel));

static json_t *object_of(const char *key, ...)
{
	json_t *out = json_object();
	va_list args;

	va_start(args, key);
	for (; key != NULL; key = va_arg(args, const char *))
		assay_json_set_str(out, key, va_arg(args, const char *));
	va_end(args);
	return out;
}

static json_t *list_of(json_t *item)
{
	json_t *list = json_array();

	assay_json_append(list, item);
	return list;
}

static json_t *text_list(const char *text)
{
	return list_of(assay_json_str(assay_span_of_str(text)));
}

static bool says_yes(const struct assay_export_input *input)
{
	return strncmp(assay_field_or_empty(input->statement->predicate, "verdict"), "EQUIVALENT",
	               10) == 0;
}

/* --- CycloneDX ----------------------------------------------------------------------------- */

/* One component for each subject. */
static json_t *components(const struct assay_export_input *input)
{
	const json_t *subjects = input->statement->subjects;
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(subjects); i++) {
		const json_t *subject = json_array_get(subjects, i);
		const char *sha256 =
			assay_field_or_empty(json_object_get(subject, "digest"), "sha256");
		const char *name = assay_field_or_empty(subject, "name");
		ASSAY_AUTO_FREE char *ref = assay_asprintf("file-%zu", i + 1);
		json_t *one = object_of("type", "file", "bom-ref", ref, "name", name, NULL);

		if (*sha256 != '\0')
			assay_json_set(
				one, "hashes",
				list_of(object_of("alg", "SHA-256", "content", sha256, NULL)));
		assay_json_append(list, one);
	}
	return list;
}

static json_t *metadata(const struct assay_export_input *input)
{
	const json_t *product = json_object_get(input->statement->predicate, "product");
	json_t *out = json_object(), *tools = json_object();

	assay_json_set(out, "component",
	               object_of("type", "firmware", "bom-ref", "product", "name",
	                         assay_field_or_empty(product, "name"), "version",
	                         assay_field_or_empty(product, "version"), NULL));
	assay_json_set(tools, "components",
	               list_of(object_of("type", "application", "name", "assay", "version",
	                                 input->version, NULL)));
	assay_json_set(out, "tools", tools);
	return out;
}

/* For each subject the claim that it is what its source makes; the verdict speaks for it or
 * against it. */
static json_t *claims(const struct assay_export_input *input, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		ASSAY_AUTO_FREE char *ref = assay_asprintf("claim-%zu", i + 1);
		ASSAY_AUTO_FREE char *target = assay_asprintf("file-%zu", i + 1);
		json_t *claim =
			object_of("bom-ref", ref, "target", target, "predicate", REQUIREMENT, NULL);

		assay_json_set(claim, says_yes(input) ? "evidence" : "counterEvidence",
		               text_list("verdict"));
		assay_json_append(list, claim);
	}
	return list;
}

static json_t *evidence(const struct assay_export_input *input)
{
	const json_t *predicate = input->statement->predicate;
	char hex[ASSAY_SHA256_HEX];
	ASSAY_AUTO_FREE char *text = NULL;

	assay_sha256_hex(&input->digest, hex);
	text = assay_asprintf("%s, tier %s: statement sha256:%s",
	                      assay_field_or_empty(predicate, "verdict"),
	                      assay_field_or_empty(predicate, "tier"), hex);
	return list_of(object_of("bom-ref", "verdict", "propertyName", ASSAY_PREDICATE_VERDICT,
	                         "description", text, NULL));
}

static json_t *attestations(const struct assay_export_input *input, size_t count)
{
	json_t *map = object_of("requirement", "built-from-source", NULL), *out;
	json_t *conformance = json_object(), *refs = json_array();
	const char *word = assay_field_or_empty(input->statement->predicate, "verdict");
	ASSAY_AUTO_FREE char *why = assay_asprintf(
		"%s, tier %s", word, assay_field_or_empty(input->statement->predicate, "tier"));

	for (size_t i = 0; i < count; i++) {
		ASSAY_AUTO_FREE char *ref = assay_asprintf("claim-%zu", i + 1);

		assay_json_append(refs, assay_json_str(assay_span_of_str(ref)));
	}
	assay_json_set(map, says_yes(input) ? "claims" : "counterClaims", refs);
	assay_json_set_int(conformance, "score", says_yes(input) ? 1 : 0);
	assay_json_set_str(conformance, "rationale", why);
	assay_json_set(map, "conformance", conformance);
	out = object_of("summary", why, "assessor", "assessor", NULL);
	assay_json_set(out, "map", list_of(map));
	return list_of(out);
}

static json_t *assessors(const struct assay_export_input *input)
{
	const json_t *roles = json_object_get(input->statement->predicate, "roles");
	const char *performer = assay_field_or_empty(roles, "performer");
	const char *lab = assay_field_or_empty(roles, "lab");
	json_t *one = object_of("bom-ref", "assessor", NULL);
	json_t *organisation = object_of("name", *performer != '\0' ? performer : lab, NULL);

	if (*lab != '\0')
		assay_json_set(organisation, "url", text_list(lab));
	assay_json_set_bool(one, "thirdParty", true);
	assay_json_set(one, "organization", organisation);
	return list_of(one);
}

static json_t *standards(void)
{
	json_t *standard = object_of("bom-ref", "assay", "name", "assay", "description",
	                             "Firmware is what its reviewed source makes", NULL);
	json_t *out = json_object();

	assay_json_set(standard, "requirements",
	               list_of(object_of("bom-ref", "built-from-source", "identifier",
	                                 "built-from-source", "text", REQUIREMENT, NULL)));
	assay_json_set(out, "standards", list_of(standard));
	return out;
}

int assay_export_cyclonedx(const struct assay_export_input *input, struct assay_buffer *out,
                           struct assay_error *err)
{
	ASSAY_AUTO_JSON json_t *bom = NULL;
	json_t *declarations = json_object();
	size_t count = json_array_size(input->statement->subjects);

	bom = object_of("bomFormat", "CycloneDX", "specVersion", "1.6", NULL);
	assay_json_set(bom, "declarations", declarations);
	if (!assay_export_is(input, ASSAY_PREDICATE_VERDICT))
		return assay_fail(err, ASSAY_E_USAGE, "not a verdict");
	assay_json_set_int(bom, "version", 1);
	assay_json_set(bom, "metadata", metadata(input));
	assay_json_set(bom, "components", components(input));
	assay_json_set(declarations, "assessors", assessors(input));
	assay_json_set(declarations, "attestations", attestations(input, count));
	assay_json_set(declarations, "claims", claims(input, count));
	assay_json_set(declarations, "evidence", evidence(input));
	assay_json_set(bom, "definitions", standards());
	assay_json_pretty(bom, out);
	return 0;
}

/* --- equivalence --------------------------------------------------------------------------- */

/* One side of an artefact, as a resource descriptor. */
static json_t *side(const json_t *artefact, const char *which)
{
	const json_t *from = json_object_get(artefact, which);
	json_t *out = object_of("name", assay_field_or_empty(from, "name"), NULL);
	const json_t *digest = json_object_get(from, "digest");

	if (json_is_object(digest))
		assay_json_set(out, "digest", json_deep_copy(digest));
	return out;
}

static void fill_equivalence(const struct assay_export_input *input, json_t *predicate)
{
	const json_t *said = input->statement->predicate;
	const json_t *artefacts = json_object_get(said, "artefacts");
	json_t *definition = json_object(), *external = json_object(), *details = json_object();
	json_t *dependencies = json_array(), *pairs = json_array();
	const char *lab = assay_field_or_empty(json_object_get(said, "roles"), "lab");

	for (size_t i = 0; i < json_array_size(artefacts); i++) {
		const json_t *artefact = json_array_get(artefacts, i);
		json_t *pair = object_of("tier", assay_field_or_empty(artefact, "tier"), NULL);
		const char *names[] = { "rebuilt", "delivered" };
		const char *roles[] = { "candidate", "target" };

		for (size_t k = 0; k < ASSAY_ARRAY_LEN(names); k++) {
			json_t *one = side(artefact, names[k]);

			assay_json_set_str(pair, roles[k], assay_field_or_empty(one, "name"));
			assay_json_append(dependencies, one);
		}
		assay_json_append(pairs, pair);
	}
	assay_json_set(external, "pairs", pairs);
	assay_json_set_str(definition, "buildType", EQUIVALENCE_TYPE);
	assay_json_set(definition, "externalParameters", external);
	assay_json_set(definition, "resolvedDependencies", dependencies);
	assay_json_set(predicate, "buildDefinition", definition);
	assay_json_set(details, "builder", object_of("id", lab, NULL));
	assay_json_set(details, "byproducts", list_of(assay_descriptor("verdict", &input->digest)));
	assay_json_set(predicate, "runDetails", details);
}

int assay_export_equivalence(const struct assay_export_input *input, struct assay_buffer *out,
                             struct assay_error *err)
{
	ASSAY_AUTO_JSON json_t *statement = NULL;

	if (assay_export_says_yes(input, err) < 0)
		return -1;
	statement = assay_statement_new(ASSAY_PREDICATE_PROVENANCE);
	assay_json_set(statement, "subject", json_deep_copy(input->statement->subjects));
	fill_equivalence(input, json_object_get(statement, "predicate"));
	assay_statement_write(statement, out);
	return 0;
}
