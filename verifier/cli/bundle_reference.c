/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay bundle reference`: what an operator carries to know a proved release in the field. */
#include <string.h>

#include "attest/document.h"
#include "attest/envelope.h"
#include "attest/pack.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/evidence.h"
#include "cli/limits.h"
#include "cli/output.h"
#include "cli/statements.h"
#include "field/make.h"
#include "unpack/worker.h"

#include <fcntl.h>

#define SECONDS 3600
#define SLACK ((uint64_t)2 << 30) /* bytes for the program and its tables */
#define ANSWER_MAX (8 * ASSAY_PACK_MAX)

static struct {
	const char *layout;
	const char *evidence;
	const char *output;
	struct assay_limit_options limits;
} opt = { .limits = ASSAY_LIMITS_INIT };

static const struct assay_option options[] = {
	{ "layout", 'l', "LAYOUT", "where its parts go in a device, see assay-reference(5)",
	  ASSAY_OPTION_TEXT, &opt.layout },
	{ "evidence", 'e', "PATH", "an envelope, or a folder of them (default: UPDATE.dsse.json)",
	  ASSAY_OPTION_TEXT, &opt.evidence },
	{ "output", 'o', "FILE", "where the pack goes (default: UPDATE.reference.intoto.json)",
	  ASSAY_OPTION_TEXT, &opt.output },
	ASSAY_OPTION_LIMITS(opt.limits),
	{ .name = NULL },
};

/* --- inside the other process -------------------------------------------------------------- */

static int look_at(void *context, const struct assay_progress *progress, struct assay_buffer *out,
                   struct assay_error *err)
{
	ASSAY_AUTO_REFERENCE struct assay_reference reference = { 0 };
	ASSAY_AUTO_JSON json_t *json = NULL;

	(void)progress;
	if (assay_field_make(context, &reference, err) < 0)
		return -1;
	json = assay_pack_json(&reference);
	assay_json_canonical(json, out);
	return 0;
}

/* --- here ---------------------------------------------------------------------------------- */

/* What the process says is input: it has to add up, and be about this update. */
static int check_answer(const struct assay_field_release *release, const json_t *json,
                        struct assay_reference *reference, struct assay_error *err)
{
	struct assay_sha256 digest;

	if (assay_pack_parse(json, reference, err) < 0)
		return -1;
	assay_sha256(release->update, &digest);
	if (reference->update_size != release->update.len ||
	    !assay_sha256_equal(&reference->update_sha256, &digest))
		return assay_fail(err, ASSAY_E_FORMAT, "it is about another file");
	return 0;
}

static int look(struct assay_field_release *release, json_t **predicate,
                struct assay_reference *reference, struct assay_error *err)
{
	const struct assay_worker worker = {
		.work = look_at,
		.context = release,
		.timeout_ms = (uint64_t)1000 * SECONDS,
		.memory = 4 * opt.limits.limits.bytes + 2 * release->update.len + SLACK,
		.answer_max = ANSWER_MAX,
	};
	ASSAY_AUTO_BUFFER struct assay_buffer answer = { 0 };
	struct assay_worker_end end;
	int got = assay_worker_run(&worker, &answer, &end, err);

	if (got < 0)
		return -1;
	if (got == 0)
		return assay_fail(err, ASSAY_E_TOOL, "no answer from the process that reads it: %s",
		                  end.why);
	if (assay_document_parse(assay_buffer_span(&answer), ANSWER_MAX, predicate, err) < 0 ||
	    check_answer(release, *predicate, reference, err) < 0)
		return assay_fail_in(err, "what the process that reads it says");
	return 0;
}

/* The product is the one of the verdicts: they have to agree. Strings borrowed from *statement. */
static int find_product(const struct assay_evidence_files *files, struct assay_statement *statement,
                        struct assay_field_release *release, struct assay_error *err)
{
	for (size_t i = 0; i < files->count; i++) {
		ASSAY_AUTO_ENVELOPE struct assay_envelope envelope = { 0 };
		ASSAY_AUTO_STATEMENT struct assay_statement other = { 0 };
		const json_t *product;
		bool first = release->product == NULL;

		if (assay_envelope_parse(assay_span_of_bytes(&files->items[i].envelope), &envelope,
		                         err) < 0 ||
		    assay_statement_parse(assay_span_of_bytes(&envelope.payload), &other, err) < 0)
			return assay_fail_in(err, "%s", files->items[i].name);
		product = json_object_get(other.predicate, "product");
		if (!first &&
		    (strcmp(release->product, assay_field_or_empty(product, "name")) != 0 ||
		     strcmp(release->version, assay_field_or_empty(product, "version")) != 0))
			return assay_fail(err, ASSAY_E_USAGE, "%s: is about another product",
			                  files->items[i].name);
		if (!first)
			continue;
		release->product = assay_field_or_empty(product, "name");
		release->version = assay_field_or_empty(product, "version");
		*statement = other;
		other = (struct assay_statement){ 0 };
	}
	if (release->product == NULL || *release->product == '\0' || *release->version == '\0')
		return assay_fail(err, ASSAY_E_USAGE,
		                  "no verdict that names a product and its version: give one with "
		                  "--evidence");
	return 0;
}

static void describe(const struct assay_reference *reference, size_t evidence,
                     struct assay_buffer *out)
{
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(&reference->update_sha256, hex);
	assay_buffer_printf(out, "product    %s %s\nsha256     %s\n", reference->product,
	                    reference->version, hex);
	assay_buffer_printf(out, "regions    %zu\n", reference->region_count);
	for (size_t i = 0; i < reference->layout.count; i++) {
		const struct assay_reference_partition *one = &reference->layout.partitions[i];

		assay_buffer_printf(out, "partition  %s at %ju, %ju bytes, %s%s\n", one->name,
		                    (uintmax_t)one->offset, (uintmax_t)one->size,
		                    one->exclude != NULL        ? "excluded: "
		                    : one->content.path != NULL ? "content "
		                                                : "fill",
		                    one->exclude != NULL        ? one->exclude
		                    : one->content.path != NULL ? one->content.path
		                                                : "");
	}
	for (size_t i = 0; i < reference->tree_count; i++)
		assay_buffer_printf(out, "tree       %s, %zu files\n", reference->trees[i].name,
		                    reference->trees[i].files.count);
	assay_buffer_printf(out, "evidence   %zu\n", evidence);
}

static int write_pack(const struct assay_evidence_files *files, json_t *predicate,
                      const char *update, struct assay_buffer *said, struct assay_error *err)
{
	ASSAY_AUTO_FREE struct assay_pack_evidence *evidence =
		assay_calloc(files->count + 1, sizeof(*evidence));
	ASSAY_AUTO_FREE char *beside = assay_asprintf("%s.reference.intoto.json", update);
	const char *path = opt.output != NULL ? opt.output : beside;
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	struct assay_speaker speaker;

	for (size_t i = 0; i < files->count; i++)
		evidence[i] = (struct assay_pack_evidence){
			.name = assay_path_name(files->items[i].name),
			.envelope = assay_span_of_bytes(&files->items[i].envelope),
			.proof = assay_span_of_bytes(&files->items[i].proof),
		};
	if (assay_cli_speaker(false, &speaker, err) < 0)
		return -1;
	if (assay_pack_make(json_incref(predicate), evidence, files->count, &speaker, &text, err) <
	            0 ||
	    assay_file_write(AT_FDCWD, path, assay_buffer_span(&text), 0666, err) < 0)
		return -1;
	assay_buffer_printf(said, "pack       %s, %zu bytes: to be signed\n", path, text.len);
	return 0;
}

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_EVIDENCE_FILES struct assay_evidence_files files = { 0 };
	ASSAY_AUTO_STATEMENT struct assay_statement statement = { 0 };
	ASSAY_AUTO_LAYOUT struct assay_layout *layout = NULL;
	ASSAY_AUTO_REFERENCE struct assay_reference reference = { 0 };
	ASSAY_AUTO_MAP struct assay_map map = { 0 };
	ASSAY_AUTO_JSON json_t *predicate = NULL;
	ASSAY_AUTO_BUFFER struct assay_buffer said = { 0 };
	struct assay_field_release release = { .name = assay_path_name(argv[0]),
		                               .limits = &opt.limits.limits };

	if (assay_limits_check(&opt.limits, err) < 0 ||
	    (opt.layout != NULL && assay_layout_load(opt.layout, &layout, err) < 0) ||
	    assay_cli_evidence(opt.evidence, argv[0], &files, err) < 0 ||
	    find_product(&files, &statement, &release, err) < 0 ||
	    assay_map_open(argv[0], &map, err) < 0)
		return -1;
	release.update = map.span;
	release.layout = layout;
	if (look(&release, &predicate, &reference, err) < 0)
		return assay_fail_in(err, "%s", argv[0]);
	describe(&reference, files.count, &said);
	if (write_pack(&files, predicate, argv[0], &said, err) < 0 ||
	    assay_output_write(NULL, &said, err) < 0)
		return -1;
	return ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_bundle_reference = {
	.name = "bundle reference",
	.args = "UPDATE",
	.summary = "make a reference pack: how a proved release is known in the field",
	.example = "assay bundle reference --layout router.layout.yaml --evidence verdicts "
		   "router-4.2.1.bin\n"
		   "assay sign --key lab-a.key router-4.2.1.bin.reference.intoto.json",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
