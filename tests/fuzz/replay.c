/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Run a fuzz target over its corpus, as a test: each file whole, and cut short at up to
 * CUTS_MAX places. A crash ends the program before the plan is printed, which is an error to the
 * TAP driver. Without arguments the corpus is found by the program's name.
 */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/strings.h"
#include "fuzz.h"

#define FILE_MAX ((uint64_t)16 << 20) /* bytes */
#define CUTS_MAX 64

/* In a block of exactly its size, so that a sanitizer sees the first byte that is read too far. */
static void run_exactly(const uint8_t *ptr, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	if (copy == NULL)
		abort();
	if (len > 0)
		memcpy(copy, ptr, len);
	(void)LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static int run_file(const char *folder, const char *name)
{
	ASSAY_AUTO_BYTES struct assay_bytes file = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (assay_file_read(AT_FDCWD, path, FILE_MAX, &file, &err) < 0) {
		(void)printf("# %s\n", err.text);
		return -1;
	}
	(void)fprintf(stderr, "# %s\n", path); /* names the file, should it crash */
	run_exactly(file.ptr, file.len);
	for (size_t i = 0; i < CUTS_MAX && i < file.len; i++)
		run_exactly(file.ptr, file.len <= CUTS_MAX ? i : file.len / CUTS_MAX * i);
	return 0;
}

static int list_folder(const char *folder, struct assay_strings *names)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	if (dir == NULL)
		return -1;
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			assay_strings_add(names, entry->d_name);
	(void)closedir(dir);
	assay_strings_sort(names);
	return 0;
}

int main(int argc, char *argv[])
{
	ASSAY_AUTO_STRINGS struct assay_strings names = { 0 };
	const char *top = getenv("top_srcdir");
	const char *target = strstr(argv[0], "replay_");
	char folder[4000];

	(void)snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s", top != NULL ? top : ".",
	               target != NULL ? target + strlen("replay_") : "");
	if (argc > 1)
		(void)snprintf(folder, sizeof(folder), "%s", argv[1]);
	if (list_folder(folder, &names) < 0 || names.count == 0) {
		(void)printf("1..1\nnot ok 1 - no corpus in %s\n", folder);
		return 1;
	}
	for (size_t i = 0; i < names.count; i++) {
		int result = run_file(folder, names.items[i]);

		(void)printf("%s %zu - %s\n", result < 0 ? "not ok" : "ok", i + 1, names.items[i]);
	}
	(void)printf("1..%zu\n", names.count);
	return 0;
}
