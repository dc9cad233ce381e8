/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Start-up of a container: one build of a manifest in ours (A) against one run of another command
 * (B), in pairs, in one process, so that neither pays for loading this program. Prints the minimum
 * and the median of both and of the ratio.
 *
 * usage: start PAIRS NAME MANIFEST TREE SOURCE RESULT COMMAND [ARGUMENT]...
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "base/memory.h"
#include "manifest/manifest.h"
#include "rebuild/rebuild.h"

static double now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* Return: milliseconds, negative when it was not built. */
static double run_ours(const struct assay_rebuild_request *request)
{
	ASSAY_AUTO_BUILD_RECORD struct assay_build_record record = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	double start = now_ms();

	if (assay_rebuild(request, &record, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		return -1;
	}
	return record.outcome == ASSAY_OUTCOME_BUILT ? now_ms() - start : -1;
}

static double run_theirs(char *argv[])
{
	double start = now_ms();
	pid_t pid;
	int status;

	if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) != 0 ||
	    waitpid(pid, &status, 0) < 0 || status != 0)
		return -1;
	return now_ms() - start;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double print_row(const char *name, double *values, size_t count, const char *end)
{
	qsort(values, count, sizeof(*values), by_value);
	(void)printf("  %-6s min %8.3f  median %8.3f%s", name, values[0], values[count / 2], end);
	return values[count / 2];
}

static int measure(const struct assay_rebuild_request *request, char *command[], const char *name,
                   size_t pairs)
{
	ASSAY_AUTO_FREE double *ours = assay_calloc(pairs, sizeof(double));
	ASSAY_AUTO_FREE double *theirs = assay_calloc(pairs, sizeof(double));
	ASSAY_AUTO_FREE double *ratios = assay_calloc(pairs, sizeof(double));
	double ratio;

	/* The first pair warms the caches and is overwritten. */
	for (size_t i = 0; i <= pairs; i++) {
		size_t slot = i > 0 ? i - 1 : 0;

		ours[slot] = run_ours(request);
		theirs[slot] = run_theirs(command);
		ratios[slot] = ours[slot] / theirs[slot];
		if (ours[slot] < 0 || theirs[slot] < 0)
			return 1;
	}
	(void)printf("%s: %zu pairs\n", name, pairs);
	(void)print_row("A", ours, pairs, "  ms\n");
	(void)print_row("B", theirs, pairs, "  ms\n");
	ratio = print_row("A / B", ratios, pairs, "");
	(void)printf("  (aim: at most 1; %s)\n", ratio <= 1 ? "met" : "MISSED");
	return 0;
}

int main(int argc, char *argv[])
{
	ASSAY_AUTO_MANIFEST struct assay_manifest *manifest = NULL;
	struct assay_error err = ASSAY_ERROR_INIT;
	ASSAY_AUTO_FREE char *log = NULL;
	ASSAY_AUTO_CLOSE int source = -1;

	if (argc < 8) {
		(void)fputs("usage: start PAIRS NAME MANIFEST TREE SOURCE RESULT COMMAND…\n",
		            stderr);
		return 2;
	}
	source = open(argv[5], O_RDONLY | O_CLOEXEC);
	log = assay_asprintf("%s/build.log", argv[6]);
	if (source < 0 || assay_manifest_load(argv[3], &manifest, &err) < 0) {
		(void)fprintf(stderr, "%s: %s\n", argv[5], err.text);
		return 2;
	}
	return measure(&(struct assay_rebuild_request){ .manifest = manifest,
	                                                .tree = argv[4],
	                                                .sources = &source,
	                                                .output_dir = argv[6],
	                                                .log_path = log },
	               argv + 7, argv[2], strtoul(argv[1], NULL, 10));
}
