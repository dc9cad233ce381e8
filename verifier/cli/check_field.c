/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay check --reference`: what came from the field, held against packs. */
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "attest/document.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"
#include "cli/check.h"
#include "cli/check_field.h"
#include "cli/evidence.h"
#include "cli/output.h"
#include "field/dump.h"
#include "field/entries.h"
#include "field/listing.h"
#include "field/report.h"
#include "field/tree.h"
#include "unpack/worker.h"

#define SECONDS 3600
#define SLACK ((uint64_t)2 << 30)        /* bytes for the program and its tables */
#define ANSWER_MAX ((uint64_t)512 << 20) /* bytes of a list of files */

void assay_check_packs_fini(struct assay_check_packs *packs)
{
	assay_known_fini(&packs->known);
	free(packs->believed);
	*packs = (struct assay_check_packs){ 0 };
}

/* --- packs --------------------------------------------------------------------------------- */

static int add_pack(struct assay_known *known, const struct assay_check_terms *terms,
                    const char *path, struct assay_error *err)
{
	ASSAY_AUTO_EVIDENCE_FILES struct assay_evidence_files file = { 0 };

	if (assay_cli_evidence_file(path, &file, err) < 0)
		return -1;
	assay_known_add(
		known, terms,
		&(struct assay_evidence){ .name = path,
	                                  .envelope = assay_span_of_bytes(&file.items[0].envelope),
	                                  .proof = assay_span_of_bytes(&file.items[0].proof) });
	return 0;
}

static int load_packs(const struct assay_check_terms *terms, struct assay_check_packs *out,
                      struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings names = { 0 };
	struct stat st;

	if (assay_check_opt.reference == NULL)
		return assay_fail(err, ASSAY_E_USAGE,
		                  "--reference: say which pack, or which folder "
		                  "of packs");
	if (stat(assay_check_opt.reference, &st) < 0)
		return assay_fail_errno(err, "%s", assay_check_opt.reference);
	if (!S_ISDIR(st.st_mode))
		assay_strings_add(&names, assay_check_opt.reference);
	else if (assay_cli_list_folder(assay_check_opt.reference, ".reference.dsse.json", &names,
	                               err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (add_pack(&out->known, terms, names.items[i], err) < 0)
			return -1;
	out->count = assay_known_sort(&out->known);
	out->believed = assay_calloc(out->count + 1, sizeof(const struct assay_reference *));
	for (size_t i = 0; i < out->count; i++)
		out->believed[i] = &out->known.packs[i].reference;
	return 0;
}

/* --- what was found, and what the policy says of it ------------------------------------------ */

static const struct assay_known_pack *pack_at(const struct assay_check_packs *packs, size_t pack)
{
	return &packs->known.packs[pack];
}

/* Return: whether the policy does not take a release that is there; then *out says why. */
static bool is_refused(const struct assay_check_packs *packs, size_t index, const char *slot,
                       struct assay_field_answer *out)
{
	const struct assay_known_pack *pack;

	if (index == ASSAY_FOUND_NONE)
		return false;
	pack = pack_at(packs, index);
	if (pack->status == ASSAY_EXIT_MATCH)
		return false;
	out->status = pack->status;
	out->text = assay_asprintf("%s%s holds %s %s: %s", slot != NULL ? "slot " : "the device",
	                           slot != NULL ? slot : "", pack->reference.product,
	                           pack->reference.version, pack->why);
	return true;
}

/* The release in a slot that nobody looks at counts as much. A tree has no rows of what matches, only
 * its release. */
static bool find_refused(const struct assay_check_packs *packs, const struct assay_found *found,
                         struct assay_field_answer *out)
{
	for (size_t i = 0; i < found->count; i++) {
		const struct assay_found_row *row = &found->rows[i];

		if (row->state == ASSAY_FOUND_MATCH && is_refused(packs, row->pack, row->slot, out))
			return true;
	}
	return is_refused(packs, found->pack, NULL, out);
}

static void say_slots(const struct assay_check_packs *packs, const struct assay_found *found,
                      struct assay_buffer *out)
{
	for (size_t i = 0; i < found->slot_count; i++) {
		const struct assay_found_slot *slot = &found->slots[i];

		if (slot->empty)
			assay_buffer_printf(out, ", slot %s is empty", slot->name);
		else if (slot->pack != found->pack && slot->pack != ASSAY_FOUND_NONE)
			assay_buffer_printf(out, ", slot %s holds %s", slot->name,
			                    pack_at(packs, slot->pack)->reference.version);
	}
}

static bool has_exclusions(const struct assay_found *found)
{
	return found->excluded > 0 || found->oob > 0 ||
	       assay_found_count(found, ASSAY_FOUND_EXCLUDED) > 0;
}

void assay_cli_field_conclude(const struct assay_check_packs *packs,
                              const struct assay_found *found, bool reported,
                              struct assay_field_answer *out)
{
	static const char *const words[2] = { "match", "consistent" };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	size_t bad = assay_found_count(found, ASSAY_FOUND_DIFFERENT) +
	             assay_found_count(found, ASSAY_FOUND_CUT) +
	             assay_found_count(found, ASSAY_FOUND_UNKNOWN) + found->rows_left_out;

	if (found->status == ASSAY_EXIT_MATCH && find_refused(packs, found, out))
		return;
	out->status = found->status;
	if (found->status == ASSAY_EXIT_DIFFERENT)
		assay_buffer_add_str(&text, "different");
	else if (found->status == ASSAY_EXIT_INCONCLUSIVE)
		assay_buffer_add_str(&text, "inconclusive");
	else
		assay_buffer_add_str(&text, words[reported]);
	if (found->pack != ASSAY_FOUND_NONE)
		assay_buffer_printf(&text, ": %s %s", packs->believed[found->pack]->product,
		                    packs->believed[found->pack]->version);
	else
		assay_buffer_add_str(&text, ": no release that is known");
	if (found->status != ASSAY_EXIT_MATCH && bad > 0)
		assay_buffer_printf(&text, ", but for %zu", bad);
	say_slots(packs, found, &text);
	if (reported)
		assay_buffer_printf(&text, ", %" PRIu64 " digest%s as the device reports them",
		                    found->matched, found->matched == 1 ? "" : "s");
	if (found->status == ASSAY_EXIT_MATCH && has_exclusions(found))
		assay_buffer_add_str(&text, ", less what is excluded");
	out->text = assay_strdup(assay_buffer_str(&text));
}

static const char *acquired(void)
{
	return assay_check_opt.acquired != NULL ? assay_check_opt.acquired : "not stated";
}

static int say(const struct assay_check_packs *packs, const struct assay_check_terms *terms,
               const struct assay_field_answer *answer, const struct assay_found *found,
               struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_FREE char *how = assay_quoted(acquired());
	ASSAY_AUTO_FREE char *shown = assay_quoted(answer->text);
	ASSAY_AUTO_JSON json_t *json = json_object();

	assay_buffer_printf(&text, "answer    %s\nacquired  %s\n", shown, how);
	assay_known_text(&packs->known, &text);
	assay_json_set_str(json, "schema", "assay.check/1");
	assay_json_set_str(json, "answer", shown);
	assay_json_set_int(json, "exit_status", (uint64_t)answer->status);
	assay_json_set_str(json, "as", assay_check_opt.as);
	assay_json_set_str(json, "acquired", how);
	assay_json_set_sha256(json, "policy", &terms->policy->digest);
	assay_json_set(json, "packs", assay_known_json(&packs->known));
	if (found != NULL) {
		assay_found_text(found, packs->believed, &text);
		assay_json_set(json, "found", assay_found_json(found, packs->believed));
	}
	if (assay_output_write(json, &text, err) < 0)
		return -1;
	return (int)answer->status;
}

/* --- the kinds of things ------------------------------------------------------------------- */

static int look_at_dump(const struct assay_check_packs *packs, const char *path,
                        struct assay_found *found, struct assay_error *err)
{
	const struct assay_field_releases releases = { packs->believed, packs->count };
	ASSAY_AUTO_CLOSE int fd = assay_cli_open_update(path, err);

	if (fd < 0)
		return -1;
	if (assay_field_dump(fd, &releases, found, err) < 0)
		return assay_fail_in(err, "%s", path);
	return 0;
}

/* Inside the other process. */
static int list_archive(void *context, const struct assay_progress *progress,
                        struct assay_buffer *out, struct assay_error *err)
{
	ASSAY_AUTO_REFERENCE_FILES struct assay_reference_files files = { 0 };
	const struct assay_map *map = context;
	ASSAY_AUTO_JSON json_t *object = json_object();

	(void)progress;
	if (assay_field_entries(map->span, NULL, &files, err) < 0)
		return -1;
	assay_json_set(object, "files", assay_pack_files_json(&files));
	assay_json_canonical(object, out);
	return 0;
}

/* What cannot be read to its end is a trouble of the tree, not of the command. */
static int read_archive(const char *path, struct assay_reference_files *files,
                        struct assay_strings *troubles, struct assay_error *err)
{
	ASSAY_AUTO_MAP struct assay_map map = { 0 };
	struct assay_worker worker = { .work = list_archive,
		                       .context = &map,
		                       .timeout_ms = (uint64_t)1000 * SECONDS,
		                       .answer_max = ANSWER_MAX };
	ASSAY_AUTO_BUFFER struct assay_buffer answer = { 0 };
	ASSAY_AUTO_JSON json_t *json = NULL;
	struct assay_error why = ASSAY_ERROR_INIT;
	struct assay_worker_end end;
	int got;

	if (assay_map_open(path, &map, err) < 0)
		return -1;
	worker.memory = ((uint64_t)16 << 30) + 2 * map.span.len + SLACK;
	got = assay_worker_run(&worker, &answer, &end, &why);
	if (got < 0 && why.code != ASSAY_E_FORMAT && why.code != ASSAY_E_LIMIT) {
		*err = why;
		return -1;
	}
	if (got == 0)
		(void)assay_fail(&why, ASSAY_E_TOOL, "no answer from the process that reads it: %s",
		                 end.why);
	else if (got > 0 &&
	         assay_document_parse(assay_buffer_span(&answer), ANSWER_MAX, &json, &why) == 0 &&
	         assay_pack_files_parse(json_object_get(json, "files"), files, &why) == 0)
		return 0;
	assay_strings_printf(troubles, ".: %s", why.text);
	assay_reference_files_fini(files);
	return 0;
}

static int look_at_tree(const struct assay_check_packs *packs, const char *path,
                        struct assay_found *found, struct assay_error *err)
{
	ASSAY_AUTO_REFERENCE_FILES struct assay_reference_files files = { 0 };
	ASSAY_AUTO_STRINGS struct assay_strings troubles = { 0 };
	struct stat st;

	if (stat(path, &st) < 0)
		return assay_fail_errno(err, "%s", path);
	if (S_ISDIR(st.st_mode)) {
		if (assay_field_walk(path, &files, &troubles, err) < 0)
			return -1;
	} else if (read_archive(path, &files, &troubles, err) < 0) {
		return -1;
	}
	if (assay_field_files(&files, &troubles, packs->believed, packs->count, found, err) < 0)
		return assay_fail_in(err, "%s", path);
	return 0;
}

static int look_at_hashes(const struct assay_check_packs *packs, const char *path,
                          struct assay_found *found, struct assay_error *err)
{
	ASSAY_AUTO_LISTING struct assay_listing listing = { 0 };
	ASSAY_AUTO_DIRECTORY struct assay_directory *directory = NULL;
	ASSAY_AUTO_BYTES struct assay_bytes file = { 0 };

	if (assay_file_read(AT_FDCWD, path, ASSAY_LISTING_MAX, &file, err) < 0)
		return -1;
	if (assay_listing_parse(assay_span_of_bytes(&file), &listing, err) < 0)
		return assay_fail_in(err, "%s", path);
	directory = assay_directory_new(packs->believed, packs->count);
	assay_field_listing(&listing, directory, found);
	return 0;
}

static int check_update(const struct assay_check_packs *packs,
                        const struct assay_check_terms *terms, const char *path,
                        struct assay_error *err)
{
	struct assay_field_answer answer = { .status = ASSAY_EXIT_TRUST };
	struct assay_sha256 digest;
	int result;

	if (assay_cli_digest_update(path, &digest, err) < 0)
		return -1;
	for (size_t i = 0; i < packs->count && answer.text == NULL; i++) {
		const struct assay_known_pack *pack = pack_at(packs, i);

		if (!assay_sha256_equal(&pack->reference.update_sha256, &digest))
			continue;
		answer.status = pack->status;
		answer.text = assay_asprintf("%s %s: %s", pack->reference.product,
		                             pack->reference.version, pack->why);
	}
	if (answer.text == NULL)
		answer.text = assay_strdup("not proved: no pack that counts is about this file");
	result = say(packs, terms, &answer, NULL, err);
	free(answer.text);
	return result;
}

static const struct {
	const char *name;
	bool reported;
	int (*look)(const struct assay_check_packs *packs, const char *path,
	            struct assay_found *found, struct assay_error *err);
} kinds[] = {
	{ "dump", false, look_at_dump },
	{ "tree", false, look_at_tree },
	{ "hashes", true, look_at_hashes },
};

static int check_kind(const struct assay_check_packs *packs, const struct assay_check_terms *terms,
                      size_t kind, const char *path, struct assay_error *err)
{
	ASSAY_AUTO_FOUND struct assay_found found = { .pack = ASSAY_FOUND_NONE };
	struct assay_field_answer answer = { 0 };
	int result;

	if (kinds[kind].look(packs, path, &found, err) < 0)
		return -1;
	assay_cli_field_conclude(packs, &found, kinds[kind].reported, &answer);
	result = say(packs, terms, &answer, &found, err);
	free(answer.text);
	return result;
}

/* Without a pack that is believed there is nothing to hold anything against. */
static int no_packs(const struct assay_check_packs *packs, const struct assay_check_terms *terms,
                    struct assay_error *err)
{
	struct assay_field_answer answer = { .status = ASSAY_EXIT_TRUST };
	int result;

	answer.text = assay_strdup("not proved: there is no pack that counts");
	result = say(packs, terms, &answer, NULL, err);
	free(answer.text);
	return result;
}

int assay_cli_check_field(const struct assay_check_terms *terms, const char *path,
                          struct assay_error *err)
{
	ASSAY_AUTO_CHECK_PACKS struct assay_check_packs packs = { 0 };

	if (load_packs(terms, &packs, err) < 0)
		return -1;
	if (packs.count == 0)
		return no_packs(&packs, terms, err);
	if (strcmp(assay_check_opt.as, "update") == 0)
		return check_update(&packs, terms, path, err);
	if (strcmp(assay_check_opt.as, "fleet") == 0)
		return assay_cli_check_fleet(&packs, path, err);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(kinds); i++)
		if (strcmp(assay_check_opt.as, kinds[i].name) == 0)
			return check_kind(&packs, terms, i, path, err);
	return assay_fail(err, ASSAY_E_USAGE, "--as: update, dump, tree, hashes or fleet");
}
