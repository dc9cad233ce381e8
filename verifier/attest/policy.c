/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/policy.h"

#include <fcntl.h>

#include "attest/allowance.h"
#include "attest/stamp.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/strings.h"
#include "base/yaml.h"

#define NAME_BYTES 255
#define PATH_BYTES 4095
#define PEM_BYTES 65536
#define LIST_MAX 4096
#define DAYS_MAX 36500

#define OPTIONAL_TEXT(key, type, member)                                                           \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_OPTIONAL, type, member, 1, NAME_BYTES)
#define NUMBER(key, type, member) CYAML_FIELD_UINT(key, CYAML_FLAG_DEFAULT, type, member)
#define OPTIONAL_NUMBER(key, type, member) CYAML_FIELD_UINT(key, CYAML_FLAG_OPTIONAL, type, member)

static const cyaml_strval_t tier_names[] = {
	{ "identical", ASSAY_TIER_IDENTICAL },
	{ "transplanted", ASSAY_TIER_TRANSPLANTED },
	{ "repacked", ASSAY_TIER_REPACKED },
	{ "normalised", ASSAY_TIER_NORMALISED },
};

static const cyaml_strval_t role_names[] = {
	{ "performer", ASSAY_ROLE_PERFORMER },
	{ "checker", ASSAY_ROLE_CHECKER },
	{ "witness", ASSAY_ROLE_WITNESS },
	{ "revoker", ASSAY_ROLE_REVOKER },
};

static const cyaml_schema_value_t item = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, PATH_BYTES),
};

static const cyaml_schema_field_t product_fields[] = {
	OPTIONAL_TEXT("name", struct assay_policy_product, name),
	OPTIONAL_TEXT("version", struct assay_policy_product, version),
	OPTIONAL_TEXT("minimum", struct assay_policy_product, minimum),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t verdict_fields[] = {
	CYAML_FIELD_ENUM("accept", CYAML_FLAG_STRICT, struct assay_policy_verdict, accept,
	                 tier_names, ASSAY_ARRAY_LEN(tier_names)),
	CYAML_FIELD_SEQUENCE("rules", CYAML_FLAG_POINTER, struct assay_policy_verdict, rules, &item,
	                     0, LIST_MAX),
	CYAML_FIELD_SEQUENCE("exclusions", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
	                     struct assay_policy_verdict, exclusions, &item, 0, LIST_MAX),
	OPTIONAL_NUMBER("max_age", struct assay_policy_verdict, max_age),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t required_fields[] = {
	NUMBER("owners", struct assay_policy_required, owners),
	NUMBER("performers", struct assay_policy_required, performers),
	NUMBER("checkers", struct assay_policy_required, checkers),
	NUMBER("rebuilds", struct assay_policy_required, rebuilds),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t revocation_fields[] = {
	NUMBER("minimum", struct assay_policy_revocation, minimum),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t file_fields[] = {
	CYAML_FIELD_STRING_PTR("file", CYAML_FLAG_DEFAULT, struct assay_policy_file, file, 1,
	                       PATH_BYTES),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t demand_fields[] = {
	CYAML_FIELD_STRING_PTR("kind", CYAML_FLAG_DEFAULT, struct assay_demand, kind, 1,
	                       NAME_BYTES),
	NUMBER("owners", struct assay_demand, owners),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t demand = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct assay_demand, demand_fields),
};

static const cyaml_schema_field_t signer_fields[] = {
	CYAML_FIELD_STRING_PTR("owner", CYAML_FLAG_DEFAULT, struct assay_signer, owner, 1,
	                       NAME_BYTES),
	CYAML_FIELD_ENUM("role", CYAML_FLAG_STRICT, struct assay_signer, role, role_names,
	                 ASSAY_ARRAY_LEN(role_names)),
	CYAML_FIELD_STRING_PTR("key", CYAML_FLAG_OPTIONAL | ASSAY_YAML_LINES, struct assay_signer,
	                       key, 1, PEM_BYTES),
	CYAML_FIELD_STRING_PTR("file", CYAML_FLAG_OPTIONAL, struct assay_signer, file, 1,
	                       PATH_BYTES),
	CYAML_FIELD_STRING_PTR("root", CYAML_FLAG_OPTIONAL, struct assay_signer, root, 1,
	                       PATH_BYTES),
	CYAML_FIELD_STRING_PTR("subject", CYAML_FLAG_OPTIONAL, struct assay_signer, subject, 1,
	                       PATH_BYTES),
	CYAML_FIELD_STRING_PTR("crls", CYAML_FLAG_OPTIONAL, struct assay_signer, crls, 1,
	                       PATH_BYTES),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t signer = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct assay_signer, signer_fields),
};

static const cyaml_schema_field_t fields[] = {
	CYAML_FIELD_STRING_PTR("schema", CYAML_FLAG_DEFAULT, struct assay_policy, schema, 1,
	                       NAME_BYTES),
	CYAML_FIELD_MAPPING("product", CYAML_FLAG_OPTIONAL, struct assay_policy, product,
	                    product_fields),
	CYAML_FIELD_MAPPING("verdict", CYAML_FLAG_DEFAULT, struct assay_policy, verdict,
	                    verdict_fields),
	CYAML_FIELD_MAPPING("required", CYAML_FLAG_DEFAULT, struct assay_policy, required,
	                    required_fields),
	CYAML_FIELD_MAPPING("revocation", CYAML_FLAG_OPTIONAL, struct assay_policy, revocation,
	                    revocation_fields),
	CYAML_FIELD_MAPPING("timestamps", CYAML_FLAG_OPTIONAL, struct assay_policy, timestamps,
	                    file_fields),
	CYAML_FIELD_MAPPING("log", CYAML_FLAG_OPTIONAL, struct assay_policy, log, file_fields),
	CYAML_FIELD_SEQUENCE("case", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct assay_policy,
	                     demands, &demand, 1, LIST_MAX),
	CYAML_FIELD_SEQUENCE("signers", CYAML_FLAG_POINTER, struct assay_policy, signers, &signer,
	                     1, ASSAY_POLICY_SIGNERS),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct assay_policy, fields),
};

static const char *wrong_schema(const char *text)
{
	return strcmp(text, "assay.policy/1") == 0
	               ? NULL
	               : "not a schema that this version reads: assay.policy/1";
}

static const struct assay_yaml_rule rules[] = {
	{ .path = "schema", .wrong = wrong_schema },
	{ .path = "verdict.rules[]", .unique = true },
	{ .path = "verdict.exclusions[]", .wrong = assay_allowance_wrong, .unique = true },
	{ .path = "verdict.max_age", .min = 1, .max = DAYS_MAX },
	{ .path = "required.owners", .min = 1, .max = ASSAY_POLICY_SIGNERS },
	{ .path = "required.performers", .min = 1, .max = ASSAY_POLICY_SIGNERS },
	{ .path = "required.checkers", .max = ASSAY_POLICY_SIGNERS },
	{ .path = "required.rebuilds", .min = 1, .max = ASSAY_POLICY_SIGNERS },
	{ .path = "case[].kind", .unique = true },
	{ .path = "case[].owners", .min = 1, .max = ASSAY_POLICY_SIGNERS },
	{ .path = "revocation.minimum", .max = UINT64_C(1) << 53 },
};

const char *assay_role_name(enum assay_role role)
{
	return role_names[role].str;
}

/* How many distinct owners have a key with one of the roles. */
static uint64_t count_owners(const struct assay_policy *policy, unsigned roles)
{
	ASSAY_AUTO_STRINGS struct assay_strings owners = { 0 };

	for (unsigned i = 0; i < policy->signers_count; i++)
		if (roles >> policy->signers[i].role & 1)
			assay_strings_add(&owners, policy->signers[i].owner);
	assay_strings_sort(&owners);
	return owners.count;
}

/* A threshold that nobody can reach is a mistake, and better found here than in the field. */
static int check_reach(const struct assay_yaml *yaml, const struct assay_policy *policy,
                       struct assay_error *err)
{
	const unsigned performer = 1u << ASSAY_ROLE_PERFORMER, checker = 1u << ASSAY_ROLE_CHECKER;
	const struct {
		const char *key;
		uint64_t wanted, there;
	} rows[] = {
		{ "owners", policy->required.owners, count_owners(policy, performer | checker) },
		{ "performers", policy->required.performers, count_owners(policy, performer) },
		{ "checkers", policy->required.checkers, count_owners(policy, checker) },
		{ "rebuilds", policy->required.rebuilds, count_owners(policy, performer) },
	};

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++)
		if (rows[i].wanted > rows[i].there)
			return assay_yaml_fail(
				yaml, assay_yaml_find(yaml, "required.%s", rows[i].key), err,
				"more than the %d owners that can sign so", (int)rows[i].there);
	for (unsigned i = 0; i < policy->demands_count; i++)
		if (policy->demands[i].owners > rows[0].there)
			return assay_yaml_fail(yaml, assay_yaml_find(yaml, "case[%u].owners", i),
			                       err, "more than the %d owners that can sign so",
			                       (int)rows[0].there);
	if (policy->wants_revocation && count_owners(policy, 1u << ASSAY_ROLE_REVOKER) == 0)
		return assay_yaml_fail(yaml, assay_yaml_find(yaml, "revocation"), err,
		                       "no signer has the role revoker");
	return 0;
}

/* A file that the policy names; a relative path begins beside the policy. */
static int read_beside(const char *folder, const char *name, uint64_t limit,
                       struct assay_bytes *out, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *path = NULL;

	if (folder == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "a file, where there are no files");
	path = name[0] == '/' ? assay_strdup(name) : assay_asprintf("%s/%s", folder, name);
	return assay_file_read(AT_FDCWD, path, limit, out, err);
}

static int read_key(const struct assay_signer *who, const char *folder, struct assay_key **out,
                    struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes file = { 0 };

	if ((who->key != NULL) == (who->file != NULL))
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "has to have either a key or a file, or a root and a subject");
	if (who->key != NULL)
		return assay_key_read(assay_span_of_str(who->key), NULL, out, err);
	if (read_beside(folder, who->file, ASSAY_KEY_FILE_MAX, &file, err) < 0)
		return -1;
	return assay_key_read(assay_span_of_bytes(&file), NULL, out, err);
}

static int read_anchor(const struct assay_signer *who, const char *folder,
                       struct assay_anchor **out, struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes file = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes lists = { 0 };
	struct assay_span crls;

	if (who->root == NULL || who->subject == NULL || who->key != NULL || who->file != NULL)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "has to have either a key or a file, or a root and a subject");
	/* Lists of what is revoked have to be believed for years, by one key. */
	if (who->role == ASSAY_ROLE_REVOKER)
		return assay_fail(err, ASSAY_E_FORMAT, "a revoker has a key, not a root");
	if (read_beside(folder, who->root, ASSAY_CHAIN_MAX, &file, err) < 0 ||
	    (who->crls != NULL &&
	     read_beside(folder, who->crls, ASSAY_STAMP_FILE_MAX, &lists, err) < 0))
		return -1;
	crls = assay_span_of_bytes(&lists);
	return assay_anchor_read(assay_span_of_bytes(&file), who->crls != NULL ? &crls : NULL,
	                         who->subject, out, err);
}

static int read_authorities(const char *folder, struct assay_policy *policy,
                            struct assay_error *err)
{
	if (read_beside(folder, policy->timestamps.file, ASSAY_STAMP_FILE_MAX, &policy->authorities,
	                err) < 0)
		return -1;
	/* Empty would mean that none are wanted. */
	if (policy->authorities.len == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "the file is empty");
	return 0;
}

static int read_witnesses(const char *folder, struct assay_policy *policy, struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes file = { 0 };

	if (read_beside(folder, policy->log.file, ASSAY_WITNESS_FILE_MAX, &file, err) < 0)
		return -1;
	policy->witnesses = assay_calloc(1, sizeof(*policy->witnesses));
	return assay_witness_policy_parse(assay_span_of_bytes(&file), policy->witnesses, err);
}

static int load_files(const struct assay_yaml *yaml, const char *folder,
                      struct assay_policy *policy, struct assay_error *err)
{
	struct assay_error why = ASSAY_ERROR_INIT;

	if (policy->timestamps.file != NULL && read_authorities(folder, policy, &why) < 0)
		return assay_yaml_fail(yaml, assay_yaml_find(yaml, "timestamps.file"), err, "%s",
		                       why.text);
	if (policy->log.file != NULL && read_witnesses(folder, policy, &why) < 0)
		return assay_yaml_fail(yaml, assay_yaml_find(yaml, "log.file"), err, "%s",
		                       why.text);
	return 0;
}

static bool has_anchor(const struct assay_signer *who)
{
	return who->root != NULL || who->subject != NULL || who->crls != NULL;
}

/* Whether two signers are one: the same key, or certificates of the same person. */
static bool same_signer(const struct assay_policy *policy, unsigned a, unsigned b)
{
	if (policy->keys[a] != NULL && policy->keys[b] != NULL)
		return assay_sha256_equal(assay_key_id(policy->keys[a]),
		                          assay_key_id(policy->keys[b]));
	return policy->anchors[a] != NULL && policy->anchors[b] != NULL &&
	       assay_anchor_equal(policy->anchors[a], policy->anchors[b]);
}

static int load_keys(const struct assay_yaml *yaml, const char *folder, struct assay_policy *policy,
                     struct assay_error *err)
{
	policy->keys = assay_calloc(policy->signers_count, sizeof(struct assay_key *));
	policy->anchors = assay_calloc(policy->signers_count, sizeof(struct assay_anchor *));
	for (unsigned i = 0; i < policy->signers_count; i++) {
		const struct assay_yaml_node *node = assay_yaml_find(yaml, "signers[%u]", i);
		struct assay_error why = ASSAY_ERROR_INIT;

		if (has_anchor(&policy->signers[i])
		            ? read_anchor(&policy->signers[i], folder, &policy->anchors[i], &why) <
		                      0
		            : read_key(&policy->signers[i], folder, &policy->keys[i], &why) < 0)
			return assay_yaml_fail(yaml, node, err, "%s", why.text);
		for (unsigned k = 0; k < i; k++)
			if (same_signer(policy, i, k))
				return assay_yaml_fail(yaml, node, err,
				                       "the key of signers[%u] once more: one key "
				                       "is one owner in one role",
				                       k);
	}
	return 0;
}

static int load(const struct assay_yaml *yaml, const char *folder, struct assay_policy **out,
                struct assay_error *err)
{
	ASSAY_AUTO_POLICY struct assay_policy *policy = NULL;

	if (assay_yaml_load(yaml, &schema, &policy, err) < 0)
		return -1;
	policy->wants_revocation = assay_yaml_find(yaml, "revocation") != NULL;
	assay_sha256(assay_span_of_bytes(&yaml->text), &policy->digest);
	if (assay_yaml_check(yaml, rules, ASSAY_ARRAY_LEN(rules), err) < 0 ||
	    check_reach(yaml, policy, err) < 0 || load_keys(yaml, folder, policy, err) < 0 ||
	    load_files(yaml, folder, policy, err) < 0)
		return -1;
	*out = assay_steal(&policy);
	return 0;
}

int assay_policy_load(const char *path, struct assay_policy **out, struct assay_error *err)
{
	ASSAY_AUTO_YAML struct assay_yaml *yaml = NULL;
	ASSAY_AUTO_FREE char *folder = assay_path_folder(path);

	if (assay_yaml_read(path, ASSAY_POLICY_MAX, &yaml, err) < 0)
		return -1;
	return load(yaml, folder, out, err);
}

int assay_policy_parse(const char *name, struct assay_span text, struct assay_policy **out,
                       struct assay_error *err)
{
	ASSAY_AUTO_YAML struct assay_yaml *yaml = NULL;

	if (assay_yaml_parse(name, text, &yaml, err) < 0)
		return -1;
	return load(yaml, NULL, out, err);
}

int assay_policy_current(const struct assay_policy *policy, int64_t now, struct assay_error *err)
{
	for (unsigned i = 0; i < policy->signers_count; i++)
		if (policy->anchors[i] != NULL &&
		    assay_anchor_current(policy->anchors[i], now, err) < 0)
			return assay_fail_in(err, "signers[%u]", i);
	return 0;
}

void assay_policy_free(struct assay_policy *policy)
{
	if (policy == NULL)
		return;
	for (unsigned i = 0; policy->keys != NULL && i < policy->signers_count; i++)
		assay_key_free(policy->keys[i]);
	free(policy->keys);
	for (unsigned i = 0; policy->anchors != NULL && i < policy->signers_count; i++)
		assay_anchor_free(policy->anchors[i]);
	free(policy->anchors);
	assay_bytes_fini(&policy->authorities);
	if (policy->witnesses != NULL)
		assay_witness_policy_fini(policy->witnesses);
	free(policy->witnesses);
	assay_yaml_unload(&schema, policy);
}
