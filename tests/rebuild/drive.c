/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Run one build for the tests, with a tree and sources that are plain folders instead of parts
 * of a store, and print the record line by line.
 *
 * usage: drive MANIFEST TREE SOURCES RESULT
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/memory.h"
#include "manifest/manifest.h"
#include "rebuild/rebuild.h"

static int open_sources(const struct assay_manifest *manifest, const char *folder, int *fds)
{
	for (unsigned i = 0; i < manifest->sources_count; i++) {
		ASSAY_AUTO_FREE char *path =
			assay_asprintf("%s/%s", folder, manifest->sources[i].name);

		fds[i] = open(path, O_RDONLY | O_CLOEXEC);
		if (fds[i] < 0)
			return -1;
	}
	return 0;
}

static void print_list(const char *key, const struct assay_strings *list)
{
	for (size_t i = 0; i < list->count; i++)
		(void)printf("%s: %s\n", key, list->items[i]);
}

static void print_record(const struct assay_build_record *record)
{
	char hex[ASSAY_SHA256_HEX];

	(void)printf("outcome: %s\nstep: %u\nstatus: %d\n", assay_outcome_name(record->outcome),
	             record->step, record->exit_status);
	(void)printf("detail: %s\nlevel: %s\n", record->detail != NULL ? record->detail : "-",
	             record->level);
	print_list("unpinned", &record->unpinned);
	print_list("pinned", &record->pinned);
	print_list("seen", &record->seen);
	print_list("event", &record->events);
	(void)printf("wall: %" PRIu64 "\ncpu: %" PRIu64 "\nmemory: %" PRIu64 "\nlog: %" PRIu64 "\n",
	             record->wall_ms, record->cpu_ms, record->memory_peak, record->log_size);
	assay_sha256_hex(&record->log_sha256, hex);
	(void)printf("log-sha256: %s\n", hex);
	assay_sha256_hex(&record->environment, hex);
	(void)printf("environment: %s\n", hex);
	for (size_t i = 0; i < record->output_count; i++) {
		assay_sha256_hex(&record->outputs[i].sha256, hex);
		(void)printf("output: %s %" PRIu64 " %s\n", record->outputs[i].name,
		             record->outputs[i].size, hex);
	}
	for (size_t i = 0; i < record->sources.count; i++) {
		const struct assay_inventory_item *item = &record->sources.items[i];
		const char *opaque = assay_opaque_name(item->opaque);

		assay_sha256_hex(&item->sha256, hex);
		(void)printf("source: %s %s %c %.8s %s\n", item->used ? "used" : "unused",
		             *opaque != '\0' ? opaque : "-", item->type, hex, item->path);
	}
	(void)printf("tail:\n%s", record->log_tail);
}

int main(int argc, char *argv[])
{
	ASSAY_AUTO_MANIFEST struct assay_manifest *manifest = NULL;
	ASSAY_AUTO_BUILD_RECORD struct assay_build_record record = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	ASSAY_AUTO_FREE char *log = NULL;
	ASSAY_AUTO_FREE int *fds = NULL;

	if (argc != 5)
		return 64;
	if (assay_manifest_load(argv[1], &manifest, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 65;
	}
	fds = assay_calloc(manifest->sources_count + 1, sizeof(*fds));
	log = assay_asprintf("%s/build.log", argv[4]);
	if (open_sources(manifest, argv[3], fds) < 0) {
		perror("sources");
		return 66;
	}
	if (assay_rebuild(&(struct assay_rebuild_request){ .manifest = manifest,
	                                                   .tree = argv[2],
	                                                   .sources = fds,
	                                                   .output_dir = argv[4],
	                                                   .log_path = log },
	                  &record, &err) < 0) {
		(void)printf("error: %d\ntext: %s\n", (int)err.code, err.text);
		return 2;
	}
	print_record(&record);
	return record.outcome == ASSAY_OUTCOME_BUILT ? 0 : 1;
}
