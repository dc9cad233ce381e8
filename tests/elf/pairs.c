/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compare many pairs of files in one process, for the tests of this folder.
 *
 * Reads lines "DELIVERED<TAB>REBUILT" from standard input. Writes one line for each: the tier, the
 * bytes in each class, the rules that touched anything, and the number of findings. With -v the
 * findings follow, one a line, indented.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/strings.h"
#include "compare/compare.h"

#define FILE_MAX_LEN ((uint64_t)1 << 30) /* bytes */

static void print_rules(const struct assay_comparison *result)
{
	ASSAY_AUTO_STRINGS struct assay_strings rules = { 0 };

	for (size_t i = 0; i < result->finding_count; i++)
		if (result->findings[i].rule != NULL)
			assay_strings_add(&rules, result->findings[i].rule);
	for (size_t i = 0; i < result->artefacts[0].ledger.count; i++)
		if (result->artefacts[0].ledger.ranges[i].rule != NULL)
			assay_strings_add(&rules, result->artefacts[0].ledger.ranges[i].rule);
	assay_strings_sort(&rules);
	for (size_t i = 0; i < rules.count; i++)
		(void)printf("%s%s", i > 0 ? "," : "", rules.items[i]);
	(void)printf("%s", rules.count > 0 ? "" : "-");
}

static void print_findings(const struct assay_comparison *result)
{
	for (size_t i = 0; i < result->finding_count; i++) {
		const struct assay_finding *f = &result->findings[i];

		(void)printf("  %" PRIu64 "+%" PRIu64 " %s %s %s: %s\n", f->offset, f->length,
		             assay_class_name(f->class), f->rule != NULL ? f->rule : "-",
		             f->cause != NULL ? f->cause : "-", f->text);
	}
}

static int compare_files(const char *delivered, const char *rebuilt, struct assay_comparison *out,
                         struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes a = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes b = { 0 };
	struct assay_side left = { .name = delivered }, right = { .name = rebuilt };

	if (assay_file_read(AT_FDCWD, delivered, FILE_MAX_LEN, &a, err) < 0 ||
	    assay_file_read(AT_FDCWD, rebuilt, FILE_MAX_LEN, &b, err) < 0)
		return -1;
	left.span = assay_span_of_bytes(&a);
	right.span = assay_span_of_bytes(&b);
	return assay_compare(&left, &right, NULL, out, err);
}

static int do_pair(char *line, bool verbose)
{
	ASSAY_AUTO_COMPARISON struct assay_comparison result = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	char *tab = strchr(line, '\t');
	uint64_t bytes[ASSAY_CLASS_COUNT];

	if (tab == NULL)
		return -1;
	*tab = '\0';
	if (compare_files(line, tab + 1, &result, &err) < 0) {
		(void)printf("error %s\n", err.text);
		return -1;
	}
	assay_ledger_sum(&result.artefacts[0].ledger, bytes);
	(void)printf("%s %" PRIu64 " %" PRIu64 " %" PRIu64 " ", assay_tier_name(result.tier),
	             bytes[ASSAY_CLASS_IDENTICAL], bytes[ASSAY_CLASS_NORMALISED],
	             bytes[ASSAY_CLASS_UNEXPLAINED]);
	print_rules(&result);
	(void)printf(" %zu\n", result.finding_count);
	if (verbose)
		print_findings(&result);
	return 0;
}

int main(int argc, char *argv[])
{
	ASSAY_AUTO_FREE char *line = NULL;
	bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
	size_t cap = 0;
	ssize_t len;
	int status = 0;

	while ((len = getline(&line, &cap, stdin)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		if (do_pair(line, verbose) < 0)
			status = 2;
		(void)fflush(stdout);
	}
	return status;
}
