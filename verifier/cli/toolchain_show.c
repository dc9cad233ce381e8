/* SPDX-License-Identifier: GPL-3.0-or-later */
/* assay toolchain show: what a lock pins, or what is in a tree of the store. */
#include <fcntl.h>
#include <inttypes.h>

#include "base/file.h"
#include "base/quote.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/toolchain.h"
#include "store/check.h"
#include "store/listing.h"
#include "toolchain/lock.h"

static const struct assay_option options[] = {
	ASSAY_OPTION_JSON,
	ASSAY_OPTION_STORE,
	{ 0 },
};

static int show_lock(const char *path, struct assay_error *err)
{
	ASSAY_AUTO_LOCK struct assay_lock *lock = NULL;
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_JSON json_t *json = NULL;

	if (assay_lock_load(path, &lock, err) < 0)
		return -1;
	json = assay_toolchain_summary(lock, NULL, &text);
	assay_json_set(json, "lock", assay_lock_json(lock));
	for (unsigned i = 0; i < lock->packages_count; i++) {
		const struct assay_package *package = &lock->packages[i];

		assay_buffer_printf(&text, "  %-32s %-24s %-6s %10" PRIu64 "\n", package->name,
		                    package->version, package->architecture, package->size);
	}
	return assay_output_write(json, &text, err) < 0 ? -1 : ASSAY_EXIT_MATCH;
}

static void add_record(const struct assay_listing_record *record, json_t *entries,
                       struct assay_buffer *text)
{
	json_t *entry = json_object();
	char type[] = { record->type, '\0' };

	assay_json_set_str(entry, "type", type);
	assay_json_set(entry, "mode", assay_json_str(record->mode));
	if (record->type != 'd')
		assay_json_set(entry, "sha256", assay_json_str(record->digest));
	assay_json_set(entry, "path", assay_json_str(record->path));
	assay_json_append(entries, entry);

	assay_buffer_printf(text, "%s ", type);
	assay_quote(text, record->mode);
	assay_buffer_printf(text, " %-64.*s ", (int)record->digest.len, record->digest.ptr);
	assay_quote(text, record->path);
	assay_buffer_add_str(text, "\n");
}

static int show_listing(struct assay_span listing, json_t *entries, struct assay_buffer *text,
                        struct assay_error *err)
{
	struct assay_listing_record record;
	int got;

	if (assay_listing_open(&listing, err) < 0)
		return -1;
	while ((got = assay_listing_next(&listing, &record, err)) > 0)
		add_record(&record, entries, text);
	return got;
}

static int show_tree(const struct assay_sha256 *digest, struct assay_error *err)
{
	ASSAY_AUTO_STORE struct assay_store *store = NULL;
	ASSAY_AUTO_BYTES struct assay_bytes listing = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_JSON json_t *json = json_object();
	json_t *entries = json_array();

	assay_json_set_str(json, "schema", "assay.tree/1");
	assay_json_set_sha256(json, "sha256", digest);
	assay_json_set(json, "entries", entries);
	if (assay_store_open(assay_common.store, &store, err) < 0 ||
	    assay_store_read_listing(store, digest, &listing, err) < 0 ||
	    show_listing(assay_span_of_bytes(&listing), entries, &text, err) < 0)
		return -1;
	return assay_output_write(json, &text, err) < 0 ? -1 : ASSAY_EXIT_MATCH;
}

static int run(int argc, char *argv[], struct assay_error *err)
{
	struct assay_sha256 digest;

	(void)argc;
	if (assay_sha256_parse(argv[0], &digest))
		return show_tree(&digest, err);
	return show_lock(argv[0], err);
}

const struct assay_command assay_cmd_toolchain_show = {
	.name = "toolchain show",
	.args = "LOCK|TREE",
	.summary = "show what a lock pins, or what is in a tree of the store",
	.example = "assay toolchain show toolchains/debian-12-cross-arm64.lock.yaml\n"
		   "assay toolchain show --json - "
		   "cee03e4c6aaedd00e9198956930bd2bb9f3684f8cdface15c940db8475e74423",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
