/* SPDX-License-Identifier: GPL-3.0-or-later */
/* assay inspect: what is inside one file, and what every byte of it is for. */
#include "report/inspect.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/judge.h"
#include "cli/limits.h"
#include "cli/output.h"

static struct {
	const char *member;
	const char *layout;
	bool map;
	struct assay_limit_options limits;
} opt = { .limits = ASSAY_LIMITS_INIT };

static const struct assay_option options[] = {
	ASSAY_OPTION_JSON,
	{ "layout", 0, "MTDPARTS",
	  "FILE is an image of flash memory, divided as the kernel is told", ASSAY_OPTION_TEXT,
	  &opt.layout },
	{ "map", 0, NULL, "list every range of bytes of every artefact", ASSAY_OPTION_FLAG,
	  &opt.map },
	{ "member", 'm', "PATH", "inspect one member of FILE: data.tar.xz!/usr/lib/x",
	  ASSAY_OPTION_TEXT, &opt.member },
	ASSAY_OPTION_LIMITS(opt.limits),
	{ 0 },
};

/* Whether something could not be read to its end. */
static bool has_trouble(const struct assay_inspection *inspection)
{
	for (size_t i = 0; i < inspection->count; i++)
		if (inspection->artefacts[i].trouble != NULL)
			return true;
	return false;
}

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_FLASH_LAYOUT struct assay_flash_layout layout = { 0 };
	const struct assay_judge judge = {
		.limits = &opt.limits.limits,
		.member = opt.member,
		.layout = opt.layout != NULL ? &layout : NULL,
	};
	ASSAY_AUTO_INSPECTION struct assay_inspection inspection = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_MAP struct assay_map file = { 0 };
	ASSAY_AUTO_JSON json_t *json = NULL;
	ASSAY_AUTO_FREE char *name =
		assay_asprintf("%s%s%s", argv[0], opt.member != NULL ? "!" : "",
	                       opt.member != NULL ? opt.member : "");

	if (assay_limits_check(&opt.limits, err) < 0 || assay_map_open(argv[0], &file, err) < 0)
		return -1;
	if (opt.layout != NULL && assay_flash_layout_parse(opt.layout, &layout, err) < 0)
		return -1;
	if (assay_judge_inspect(&judge, file.span, &inspection, err) < 0)
		return assay_fail_in(err, "%s", argv[0]);
	assay_report_inspect_text(&inspection, name, opt.map, &text);
	if (assay_common.json != NULL)
		json = assay_report_inspect_json(&inspection, name);
	if (assay_output_write(json, &text, err) < 0)
		return -1;
	return has_trouble(&inspection) ? ASSAY_EXIT_INCONCLUSIVE : ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_inspect = {
	.name = "inspect",
	.args = "FILE",
	.summary = "show what is inside a file, and what every byte of it is for",
	.example = "assay inspect vendor/hello_2.10-3_amd64.deb\n"
		   "assay inspect --map firmware.elf\n"
		   "assay inspect --json - firmware.elf | jq '.artefacts[0].ranges[]'",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
