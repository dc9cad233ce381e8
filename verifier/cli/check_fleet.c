/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay check --as fleet`: what many devices report about themselves, a line each. */
#include <inttypes.h>

#include "attest/document.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"
#include "cli/check_field.h"
#include "cli/output.h"
#include "field/listing.h"

#define LINE_MAX_BYTES ((uint64_t)8 << 20) /* of one report */
#define SHOWN 100                          /* devices in the text for people */

/* In the order in which they are told. */
static const struct {
	enum assay_exit status;
	const char *word;
} words[] = {
	{ ASSAY_EXIT_MATCH, "consistent" },
	{ ASSAY_EXIT_DIFFERENT, "different" },
	{ ASSAY_EXIT_TRUST, "refused" },
	{ ASSAY_EXIT_INCONCLUSIVE, "inconclusive" },
};

struct fleet {
	const struct assay_check_packs *packs;
	const struct assay_directory *directory;
	uint64_t counts[ASSAY_ARRAY_LEN(words)];
	uint64_t *releases; /* consistent devices of each pack */
	uint64_t total;
	json_t *devices; /* those that are not consistent */
	struct assay_buffer text;
};

static size_t word_of(enum assay_exit status)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(words); i++)
		if (words[i].status == status)
			return i;
	return 2; /* whatever else a policy does not take: refused */
}

/* In: device quoted, NULL when the line does not say */
static void take_answer(struct fleet *fleet, size_t line, const char *device,
                        const struct assay_field_answer *answer)
{
	size_t word = word_of(answer->status);
	ASSAY_AUTO_FREE char *shown = assay_quoted(answer->text);
	json_t *one;

	fleet->counts[word]++;
	if (answer->status == ASSAY_EXIT_MATCH)
		return;
	one = json_object();
	assay_json_set_int(one, "line", line);
	if (device != NULL)
		assay_json_set_str(one, "device", device);
	assay_json_set_str(one, "state", words[word].word);
	assay_json_set_str(one, "answer", shown);
	assay_json_append(fleet->devices, one);
	if (json_array_size(fleet->devices) <= SHOWN)
		assay_buffer_printf(&fleet->text, "%-12s  line %zu, %s: %s\n", words[word].word,
		                    line, device != NULL ? device : "no device", shown);
}

static int parse(struct assay_span line, struct assay_listing *listing, struct assay_error *err)
{
	ASSAY_AUTO_JSON json_t *json = NULL;

	if (assay_document_parse(line, LINE_MAX_BYTES, &json, err) < 0)
		return -1;
	return assay_listing_report(json, listing, err);
}

static void take_line(struct fleet *fleet, size_t number, struct assay_span line)
{
	ASSAY_AUTO_LISTING struct assay_listing listing = { 0 };
	ASSAY_AUTO_FOUND struct assay_found found = { .pack = ASSAY_FOUND_NONE };
	struct assay_field_answer answer = { .status = ASSAY_EXIT_INCONCLUSIVE };
	struct assay_error err = ASSAY_ERROR_INIT;

	fleet->total++;
	if (parse(line, &listing, &err) < 0) {
		answer.text = assay_asprintf("inconclusive: malformed: %s", err.text);
	} else {
		assay_field_listing(&listing, fleet->directory, &found);
		assay_cli_field_conclude(fleet->packs, &found, true, &answer);
		if (answer.status == ASSAY_EXIT_MATCH)
			fleet->releases[found.pack]++;
	}
	take_answer(fleet, number, listing.device, &answer);
	free(answer.text);
}

static void take_lines(struct fleet *fleet, struct assay_span text)
{
	struct assay_span line;

	for (size_t number = 1; assay_span_line(&text, &line); number++)
		if (line.len > 0)
			take_line(fleet, number, line);
}

/* One device that is not what it should be is the answer. */
static enum assay_exit status_of(const struct fleet *fleet)
{
	static const size_t order[] = { 1, 2, 3 };

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(order); i++)
		if (fleet->counts[order[i]] > 0)
			return words[order[i]].status;
	return fleet->total > 0 ? ASSAY_EXIT_MATCH : ASSAY_EXIT_INCONCLUSIVE;
}

static json_t *releases_json(const struct fleet *fleet)
{
	json_t *list = json_array();

	for (size_t i = 0; i < fleet->packs->count; i++) {
		json_t *one = json_object();

		if (fleet->releases[i] == 0) {
			json_decref(one);
			continue;
		}
		assay_json_set_str(one, "product", fleet->packs->believed[i]->product);
		assay_json_set_str(one, "version", fleet->packs->believed[i]->version);
		assay_json_set_int(one, "consistent", fleet->releases[i]);
		assay_json_append(list, one);
	}
	return list;
}

static int say(struct fleet *fleet, struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_JSON json_t *json = json_object();
	enum assay_exit status = status_of(fleet);

	assay_buffer_printf(&text, "devices       %" PRIu64 "\n", fleet->total);
	assay_json_set_str(json, "schema", "assay.fleet/1");
	assay_json_set_int(json, "exit_status", (uint64_t)status);
	assay_json_set_int(json, "devices", fleet->total);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(words); i++) {
		assay_buffer_printf(&text, "%-12s  %" PRIu64 "\n", words[i].word, fleet->counts[i]);
		assay_json_set_int(json, words[i].word, fleet->counts[i]);
	}
	for (size_t i = 0; i < fleet->packs->count; i++)
		if (fleet->releases[i] > 0)
			assay_buffer_printf(&text, "release       %s %s: %" PRIu64 "\n",
			                    fleet->packs->believed[i]->product,
			                    fleet->packs->believed[i]->version, fleet->releases[i]);
	assay_buffer_add(&text, fleet->text.ptr, fleet->text.len);
	if (json_array_size(fleet->devices) > SHOWN)
		assay_buffer_printf(&text, "and %zu more\n",
		                    json_array_size(fleet->devices) - SHOWN);
	assay_json_set(json, "releases", releases_json(fleet));
	assay_json_set(json, "packs", assay_known_json(&fleet->packs->known));
	assay_json_set(json, "notConsistent", json_incref(fleet->devices));
	if (assay_output_write(json, &text, err) < 0)
		return -1;
	return (int)status;
}

int assay_cli_check_fleet(const struct assay_check_packs *packs, const char *path,
                          struct assay_error *err)
{
	ASSAY_AUTO_DIRECTORY struct assay_directory *directory = NULL;
	ASSAY_AUTO_MAP struct assay_map map = { 0 };
	struct fleet fleet = { .packs = packs };
	int result;

	if (assay_map_open(path, &map, err) < 0)
		return -1;
	directory = assay_directory_new(packs->believed, packs->count);
	fleet.directory = directory;
	fleet.releases = assay_calloc(packs->count + 1, sizeof(*fleet.releases));
	fleet.devices = json_array();
	take_lines(&fleet, map.span);
	result = say(&fleet, err);
	free(fleet.releases);
	json_decref(fleet.devices);
	assay_buffer_fini(&fleet.text);
	return result;
}
