/* SPDX-License-Identifier: GPL-3.0-or-later */
/* assay compare: two files or two directories, and what differs between them. */
#include "compare/compare.h"

#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/judge.h"
#include "cli/limits.h"
#include "cli/output.h"
#include "explain/explain.h"
#include "manifest/exclusions.h"
#include "report/report.h"

static struct {
	enum assay_tier accept;
	const char *member;
	const char *layout;
	const char *exclude;
	bool verbose;
	struct assay_limit_options limits;
} opt = { .accept = ASSAY_TIER_NORMALISED, .limits = ASSAY_LIMITS_INIT };

static struct assay_judge judge = { .limits = &opt.limits.limits };

static const struct assay_option options[] = {
	{ "accept", 0, "TIER", "worst tier that exits 0 (default: normalised)", ASSAY_OPTION_TIER,
	  &opt.accept },
	{ "exclude", 0, "FILE",
	  "regions that need not match, each with a reason and who approved it", ASSAY_OPTION_TEXT,
	  &opt.exclude },
	ASSAY_OPTION_JSON,
	{ "layout", 0, "MTDPARTS", "both are images of flash memory, divided as the kernel is told",
	  ASSAY_OPTION_TEXT, &opt.layout },
	{ "member", 'm', "PATH", "compare one member of DELIVERED: data.tar.xz!/usr/lib/x",
	  ASSAY_OPTION_TEXT, &opt.member },
	ASSAY_OPTION_LIMITS(opt.limits),
	{ "max-time", 0, "SECONDS", "stop after this time (default: 3600)", ASSAY_OPTION_SIZE,
	  &judge.seconds },
	{ "verbose", 'v', NULL, "show every finding", ASSAY_OPTION_FLAG, &opt.verbose },
	{ 0 },
};

static struct assay_compare_options compare_options = {
	.limits = &opt.limits.limits,
	.pair = assay_judge_pair,
	.pairs = assay_judge_pairs,
	.context = &judge,
};

/* One member of a delivered file against a rebuilt file. */
static int compare_member(const char *delivered, const char *rebuilt,
                          struct assay_comparison *comparison, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *name = assay_asprintf("%s!%s", delivered, opt.member);
	ASSAY_AUTO_MAP struct assay_map a = { 0 }, b = { 0 };

	if (assay_map_open(delivered, &a, err) < 0 || assay_map_open(rebuilt, &b, err) < 0)
		return -1;
	judge.member = opt.member;
	if (assay_judge_pair(&judge, &(struct assay_side){ name, a.span },
	                     &(struct assay_side){ rebuilt, b.span }, comparison, err) < 0)
		return assay_fail_in(err, "%s", delivered);
	return 0;
}

/* Exclusions are about one file: in folders a path would have to be more than that of a member. */
static int load_exclusions(const char *delivered, struct assay_exclusion_file **file,
                           struct assay_exclusions *out, struct assay_error *err)
{
	struct stat st;

	if (opt.exclude == NULL)
		return 0;
	if (stat(delivered, &st) == 0 && S_ISDIR(st.st_mode))
		return assay_fail(err, ASSAY_E_USAGE, "--exclude is for files, not for folders");
	if (assay_exclusion_file_load(opt.exclude, file, err) < 0)
		return -1;
	*out = (struct assay_exclusions){ (*file)->exclusions, (*file)->exclusions_count };
	judge.exclusions = out;
	return 0;
}

static int run(int argc, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_EXCLUSION_FILE struct assay_exclusion_file *file = NULL;
	struct assay_exclusions exclusions = { 0 };
	ASSAY_AUTO_COMPARISON struct assay_comparison comparison = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_FLASH_LAYOUT struct assay_flash_layout layout = { 0 };
	ASSAY_AUTO_JSON json_t *json = NULL;

	(void)argc;
	if (assay_limits_check(&opt.limits, err) < 0 ||
	    load_exclusions(argv[0], &file, &exclusions, err) < 0)
		return -1;
	if (opt.layout != NULL) {
		if (assay_flash_layout_parse(opt.layout, &layout, err) < 0)
			return -1;
		judge.layout = compare_options.layout = &layout;
	}
	if ((opt.member != NULL ? compare_member(argv[0], argv[1], &comparison, err)
	                        : assay_compare_paths(argv[0], argv[1], &compare_options,
	                                              &comparison, err)) < 0)
		return -1;
	assay_explain(&comparison);
	if (opt.verbose)
		assay_report_text_all(&comparison, opt.accept, &text);
	else
		assay_report_text(&comparison, opt.accept, &text);
	if (assay_common.json != NULL)
		json = assay_report_json(&comparison, opt.accept);
	if (assay_output_write(json, &text, err) < 0)
		return -1;
	return (int)assay_tier_exit(comparison.tier, opt.accept);
}

const struct assay_command assay_cmd_compare = {
	.name = "compare",
	.args = "DELIVERED REBUILT",
	.summary = "compare two files or directories, byte by byte, to every depth",
	.example =
		"assay compare vendor/hello_2.10-3_amd64.deb build/hello_2.10-3_amd64.deb\n"
		"assay compare --accept identical --json result.json vendor/ build/\n"
		"assay compare --exclude calibration.yaml dump.bin image.bin\n"
		"assay compare --member data.tar.xz!/usr/lib/tool/bl31.bin vendor.deb bl31.bin\n"
		"assay compare --layout 'mtdparts=spi0.0:256k(u-boot),64k(env),-(firmware)' dump.bin image.bin",
	.options = options,
	.min_args = 2,
	.max_args = 2,
	.run = run,
};
