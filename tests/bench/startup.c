/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long a container takes to start `true' and to be gone again: ours against bwrap(1) with
 * the same namespaces, in turns, in one process.
 *
 * usage: startup MANIFEST TREE SOURCES RESULT ROUNDS
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "base/memory.h"
#include "manifest/manifest.h"
#include "rebuild/rebuild.h"

/* User and system time of this process and of all its children that have ended. */
static double cpu(void)
{
	static const int who[] = { RUSAGE_SELF, RUSAGE_CHILDREN };
	double sum = 0;

	for (size_t i = 0; i < 2; i++) {
		struct rusage usage;

		(void)getrusage(who[i], &usage);
		sum += (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3;
		sum += (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
	}
	return sum;
}

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int run_bwrap(const char *tree)
{
	const char *argv[] = { "bwrap",
		               "--unshare-all",
		               "--unshare-user",
		               "--ro-bind",
		               tree,
		               "/",
		               "--tmpfs",
		               "/tmp",
		               "--proc",
		               "/proc",
		               "--dev",
		               "/dev",
		               "--clearenv",
		               "--uid",
		               "1000",
		               "--gid",
		               "1000",
		               "--hostname",
		               "assay",
		               "--new-session",
		               "--die-with-parent",
		               "--chdir",
		               "/tmp",
		               "true",
		               NULL };
	int status;
	pid_t pid;

	if (posix_spawnp(&pid, "bwrap", NULL, NULL, (char *const *)(uintptr_t)argv, environ) != 0 ||
	    waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

static int run_ours(const struct assay_rebuild_request *request)
{
	ASSAY_AUTO_BUILD_RECORD struct assay_build_record record = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;

	if (assay_rebuild(request, &record, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		return -1;
	}
	return record.outcome != ASSAY_OUTCOME_BUILT;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* One side's rounds: wall and processor time of each, in milliseconds. */
struct side {
	const char *name;
	double *wall, *cpu;
};

static void print(const struct side *side, size_t count)
{
	qsort(side->wall, count, sizeof(double), by_value);
	qsort(side->cpu, count, sizeof(double), by_value);
	(void)printf("%-6s wall median %6.2f ms, min %6.2f ms; cpu median %6.2f ms, min %6.2f ms\n",
	             side->name, side->wall[count / 2], side->wall[0], side->cpu[count / 2],
	             side->cpu[0]);
}

static int run(const char *const *argv, const struct assay_manifest *manifest,
               const struct side sides[2], size_t rounds)
{
	ASSAY_AUTO_FREE char *log = assay_asprintf("%s/build.log", argv[4]);
	int sources[8] = { 0 };

	for (unsigned i = 0; i < manifest->sources_count && i < 8; i++) {
		ASSAY_AUTO_FREE char *path =
			assay_asprintf("%s/%s", argv[3], manifest->sources[i].name);

		sources[i] = open(path, O_RDONLY | O_CLOEXEC);
	}
	for (size_t i = 0; i < 2 * rounds; i++) {
		const struct side *side = &sides[i % 2];
		double wall = now(), used = cpu();
		int failed =
			i % 2 == 1
				? run_bwrap(argv[2])
				: run_ours(&(struct assay_rebuild_request){ .manifest = manifest,
		                                                            .tree = argv[2],
		                                                            .sources = sources,
		                                                            .output_dir = argv[4],
		                                                            .log_path = log });

		if (failed != 0)
			return 1;
		side->wall[i / 2] = now() - wall;
		side->cpu[i / 2] = cpu() - used;
	}
	return 0;
}

int main(int argc, const char *argv[])
{
	ASSAY_AUTO_MANIFEST struct assay_manifest *manifest = NULL;
	struct assay_error err = ASSAY_ERROR_INIT;
	ASSAY_AUTO_FREE double *times = NULL;
	struct side sides[2] = { { .name = "assay" }, { .name = "bwrap" } };
	size_t rounds;

	if (argc != 6 || assay_manifest_load(argv[1], &manifest, &err) < 0)
		return 64;
	rounds = strtoul(argv[5], NULL, 10);
	times = assay_calloc(4 * rounds, sizeof(*times));
	for (size_t i = 0; i < 2; i++) {
		sides[i].wall = times + 2 * i * rounds;
		sides[i].cpu = sides[i].wall + rounds;
	}
	if (run(argv, manifest, sides, rounds) != 0)
		return 1;
	print(&sides[0], rounds);
	print(&sides[1], rounds);
	return 0;
}
