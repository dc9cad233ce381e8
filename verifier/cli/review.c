/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay review`: write down which sources somebody has reviewed. */
#include "attest/review.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"
#include "base/rules.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/reviews.h"
#include "cli/statements.h"
#include "rebuild/inventory.h"
#include "store/names.h"

#define LEFT_OUT ".git" /* no source: what git keeps beside it */
#define SHOWN_MAX 20    /* opaque files that are listed on the terminal */

static struct {
	const char *output;
	const char *at;
	const char *reviewer;
	const char *scope;
	bool no_times;
} opt;

static const struct assay_option options[] = {
	{ "output", 'o', "DIR", "where the record goes: a folder that is not there yet",
	  ASSAY_OPTION_TEXT, &opt.output },
	{ "reviewer", 'r', "NAME", "who reviewed it, named as in policies", ASSAY_OPTION_TEXT,
	  &opt.reviewer },
	{ "scope", 's', "TEXT", "what was looked at, and how", ASSAY_OPTION_TEXT, &opt.scope },
	{ "at", 0, "FOLDER", "where it is below build.path when it is built (default: .)",
	  ASSAY_OPTION_TEXT, &opt.at },
	{ "no-times", 0, NULL, "leave out when this was done", ASSAY_OPTION_FLAG, &opt.no_times },
	ASSAY_OPTION_LAB,
	ASSAY_OPTION_JSON,
	{ .name = NULL },
};

static int check_options(struct assay_error *err)
{
	if (opt.output == NULL)
		return assay_fail(err, ASSAY_E_USAGE, "--output: say where the record goes");
	if (opt.reviewer == NULL || *opt.reviewer == '\0')
		return assay_fail(err, ASSAY_E_USAGE, "--reviewer: say who reviewed it");
	if (opt.scope == NULL || *opt.scope == '\0')
		return assay_fail(err, ASSAY_E_USAGE,
		                  "--scope: say what was looked at; nobody else can know");
	if (opt.at != NULL && assay_rule_folder(opt.at) != NULL)
		return assay_fail(err, ASSAY_E_USAGE, "--at: %s", assay_rule_folder(opt.at));
	return 0;
}

/* The three names of the tree, and where what goes. */
struct names {
	char git[ASSAY_GIT_HEX];
	struct assay_sha256 dirhash;
	bool has_dirhash, has_left_out;
};

static int name_tree(int dir, const struct assay_review *review, struct names *names,
                     struct assay_error *err)
{
	struct stat st;

	names->has_left_out = fstatat(dir, LEFT_OUT, &st, AT_SYMLINK_NOFOLLOW) == 0;
	names->has_dirhash = assay_name_dirhash(&review->files, &names->dirhash);
	return assay_name_git(dir, &review->files, names->git, err);
}

static void describe(const struct assay_review *review, const struct names *names,
                     struct assay_buffer *out)
{
	ASSAY_AUTO_FREE char *reviewer = assay_quoted(review->reviewer);
	char hex[ASSAY_SHA256_HEX];
	uint64_t files, used, opaque = 0;

	assay_inventory_total(&review->files, &files, &used);
	assay_sha256_hex(&review->tree, hex);
	assay_buffer_printf(out, "%-11s%s\n%-11s%" PRIu64 " files\n%-11ssha256:%s\n%-11s%s\n",
	                    "reviewer", reviewer, "source", files, "tree", hex, "git tree",
	                    names->git);
	assay_sha256_hex(&names->dirhash, hex);
	if (names->has_dirhash)
		assay_buffer_printf(out, "%-11s%s\n", "dirhash", hex);
	for (size_t i = 0; i < review->files.count; i++) {
		const struct assay_inventory_item *item = &review->files.items[i];
		ASSAY_AUTO_FREE char *path = assay_quoted(item->path);

		if (item->opaque != ASSAY_OPAQUE_NOT && opaque++ < SHOWN_MAX)
			assay_buffer_printf(out, "%-11s%s (%s)\n", opaque == 1 ? "opaque" : "",
			                    path, assay_opaque_name(item->opaque));
	}
	if (opaque > SHOWN_MAX)
		assay_buffer_printf(out, "%-11sand %" PRIu64 " more\n", "", opaque - SHOWN_MAX);
	assay_buffer_printf(out, "%-11s%s: sign it, `assay sign --key KEY %s'\n", "record",
	                    opt.output, opt.output);
}

static int write_record(const struct assay_review *review, const struct names *names,
                        struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer list = { 0 }, text = { 0 }, said = { 0 };
	ASSAY_AUTO_JSON json_t *statement = NULL;
	ASSAY_AUTO_CLOSE int dir = -1;
	struct assay_speaker speaker;
	struct assay_review_terms terms = {
		.speaker = &speaker,
		.git_tree = names->git,
		.dirhash = names->has_dirhash ? &names->dirhash : NULL,
		.left_out = names->has_left_out ? LEFT_OUT : NULL,
		.when = assay_clock_wall(),
	};

	if (assay_cli_speaker(!opt.no_times, &speaker, err) < 0)
		return -1;
	assay_inventory_write(&review->files, &list);
	assay_sha256(assay_buffer_span(&list), &terms.list);
	statement = assay_review_statement(review, &terms);
	assay_statement_write(statement, &text);
	if (mkdir(opt.output, 0777) < 0)
		return assay_fail_errno(err, "make folder %s", opt.output);
	dir = open(opt.output, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return assay_fail_errno(err, "open folder %s", opt.output);
	if (assay_file_write(dir, ASSAY_REVIEW_LIST, assay_buffer_span(&list), 0666, err) < 0 ||
	    assay_file_write(dir, ASSAY_REVIEW_STATEMENT, assay_buffer_span(&text), 0666, err) < 0)
		return assay_fail_in(err, "%s", opt.output);
	describe(review, names, &said);
	return assay_output_write(statement, &said, err);
}

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO(assay_review_fini) struct assay_review review = { 0 };
	ASSAY_AUTO_CLOSE int dir = -1;
	struct names names = { 0 };

	if (check_options(err) < 0)
		return -1;
	dir = open(argv[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return assay_fail_errno(err, "open folder %s", argv[0]);
	review.at = assay_strdup(opt.at != NULL ? opt.at : ".");
	review.reviewer = assay_strdup(opt.reviewer);
	review.scope = assay_strdup(opt.scope);
	if (assay_inventory_take(dir, LEFT_OUT, &review.files, err) < 0 ||
	    name_tree(dir, &review, &names, err) < 0)
		return assay_fail_in(err, "%s", argv[0]);
	if (review.files.count == 0)
		return assay_fail(err, ASSAY_E_USAGE, "%s: is empty", argv[0]);
	if (!assay_inventory_digest(&review.files, ".", &review.tree))
		return assay_fail(err, ASSAY_E_SYSTEM, "%s: has no digest", argv[0]);
	return write_record(&review, &names, err) < 0 ? -1 : ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_review = {
	.name = "review",
	.args = "SOURCE",
	.summary = "write down which sources somebody has reviewed",
	.example =
		"assay review -o review -r \"Lab A\" -s \"all of it, line by line\" router-4.2.1\n"
		"assay sign --key lab-a.key review",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
