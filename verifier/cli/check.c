/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay check`: is this file one that enough of the right people proved? Without a network. */
#include "cli/check_field.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/check.h"
#include "cli/command.h"
#include "cli/evidence.h"
#include "cli/output.h"
#include "cli/statements.h"

struct assay_check_options assay_check_opt = { .as = "update" };

static const struct assay_option options[] = {
	{ "policy", 'p', "POLICY", "what is demanded, see assay-policy(5)", ASSAY_OPTION_TEXT,
	  &assay_check_opt.policy },
	{ "evidence", 'e', "PATH", "an envelope, or a folder of them (default: UPDATE.dsse.json)",
	  ASSAY_OPTION_TEXT, &assay_check_opt.evidence },
	{ "revocations", 'r', "FILE", "the signed list of what was revoked", ASSAY_OPTION_TEXT,
	  &assay_check_opt.revocations },
	{ "at", 0, "TIME", "answer as of this time, 2026-11-25T06:31:44Z (default: now)",
	  ASSAY_OPTION_TEXT, &assay_check_opt.at },
	{ "summary", 0, "FILE", "write the answer as a verification summary, to be signed",
	  ASSAY_OPTION_TEXT, &assay_check_opt.summary },
	{ "reference", 0, "PATH", "a reference pack, or a folder of *.reference.dsse.json",
	  ASSAY_OPTION_TEXT, &assay_check_opt.reference },
	{ "as", 0, "KIND", "what INPUT is: update (default), dump, tree, hashes, fleet",
	  ASSAY_OPTION_TEXT, &assay_check_opt.as },
	{ "acquired", 0, "TEXT", "how INPUT was got from a device, to be printed",
	  ASSAY_OPTION_TEXT, &assay_check_opt.acquired },
	ASSAY_OPTION_LAB,
	ASSAY_OPTION_JSON,
	{ .name = NULL },
};

static int add_evidence(struct assay_check *check, const struct assay_check_terms *terms,
                        const char *update, struct assay_error *err)
{
	ASSAY_AUTO_EVIDENCE_FILES struct assay_evidence_files files = { 0 };

	if (assay_cli_evidence(assay_check_opt.evidence, update, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.count; i++)
		assay_check_add(check, terms,
		                &(struct assay_evidence){
					.name = files.items[i].name,
					.envelope = assay_span_of_bytes(&files.items[i].envelope),
					.proof = assay_span_of_bytes(&files.items[i].proof) });
	return 0;
}

int assay_cli_open_update(const char *path, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return assay_fail_errno(err, "open %s", path);
	if (fstat(fd, &st) < 0)
		return assay_fail_errno(err, "stat %s", path);
	if (!S_ISREG(st.st_mode))
		return assay_fail(err, ASSAY_E_USAGE, "%s: not a regular file", path);
	return assay_steal_fd(&fd);
}

int assay_cli_digest_update(const char *path, struct assay_sha256 *out, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = assay_cli_open_update(path, err);

	if (fd < 0)
		return -1;
	if (assay_sha256_fd(fd, out, NULL, err) < 0)
		return assay_fail_in(err, "%s", path);
	return 0;
}

int assay_cli_load_revocations(const char *path, const struct assay_policy *policy, int64_t now,
                               struct assay_revocation *out, struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes file = { 0 };

	if (assay_file_read(AT_FDCWD, path, ASSAY_ENVELOPE_MAX, &file, err) < 0)
		return -1;
	if (assay_revocation_open(assay_span_of_bytes(&file), policy, now, out, err) < 0)
		return assay_fail_in(err, "%s", path);
	return 0;
}

static int write_summary(const struct assay_check *check, const struct assay_check_terms *terms,
                         struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_JSON json_t *statement = NULL;
	struct assay_speaker speaker;

	if (assay_check_opt.summary == NULL)
		return 0;
	if (assay_cli_speaker(true, &speaker, err) < 0)
		return -1;
	statement = assay_check_summary(check, terms, &speaker);
	assay_statement_write(statement, &text);
	return assay_file_write(AT_FDCWD, assay_check_opt.summary, assay_buffer_span(&text), 0666,
	                        err);
}

static int answer(struct assay_check *check, const struct assay_check_terms *terms,
                  struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_JSON json_t *json = NULL;

	assay_check_conclude(check, terms);
	assay_check_text(check, terms, &text);
	json = assay_check_json(check, terms);
	if (write_summary(check, terms, err) < 0 || assay_output_write(json, &text, err) < 0)
		return -1;
	return (int)check->status;
}

static bool is_field(void)
{
	return assay_check_opt.reference != NULL || strcmp(assay_check_opt.as, "update") != 0;
}

/* A pack has its evidence in it, and the summary is about an update. */
static int check_field_options(struct assay_error *err)
{
	if (assay_check_opt.evidence != NULL)
		return assay_fail(err, ASSAY_E_USAGE, "--evidence: a pack has its own");
	if (assay_check_opt.summary != NULL)
		return assay_fail(err, ASSAY_E_USAGE, "--summary: is not for --reference");
	return 0;
}

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_POLICY struct assay_policy *policy = NULL;
	ASSAY_AUTO_REVOCATION struct assay_revocation revocation = { 0 };
	ASSAY_AUTO_CHECK struct assay_check check = { 0 };
	struct assay_check_terms terms = { .now = assay_clock_wall() };

	if (assay_check_opt.policy == NULL)
		return assay_fail(err, ASSAY_E_USAGE, "--policy: say what is demanded");
	if (assay_check_opt.at != NULL && !assay_clock_parse(assay_check_opt.at, &terms.now))
		return assay_fail(err, ASSAY_E_USAGE,
		                  "--at: \"%s\" is not a time like 2026-11-25T06:31:44Z",
		                  assay_check_opt.at);
	if (assay_policy_load(assay_check_opt.policy, &policy, err) < 0 ||
	    assay_policy_current(policy, terms.now, err) < 0)
		return -1;
	terms.policy = policy;
	if (assay_check_opt.revocations != NULL) {
		if (assay_cli_load_revocations(assay_check_opt.revocations, policy, terms.now,
		                               &revocation, err) < 0)
			return -1;
		terms.revocation = &revocation;
	}
	if (is_field())
		return check_field_options(err) < 0 ? -1
		                                    : assay_cli_check_field(&terms, argv[0], err);
	if (assay_cli_digest_update(argv[0], &check.digest, err) < 0)
		return -1;
	if (add_evidence(&check, &terms, argv[0], err) < 0)
		return -1;
	return answer(&check, &terms, err);
}

const struct assay_command assay_cmd_check = {
	.name = "check",
	.args = "INPUT",
	.summary = "say whether enough of the right people proved a file; needs no network",
	.example = "assay check --policy router.policy.yaml --evidence verdicts router-4.2.1.bin\n"
		   "assay check --policy p.yaml --revocations revoked.dsse.json --json - fw.bin\n"
		   "assay check --policy p.yaml --reference packs --as dump --acquired "
		   "'clip on the flash' spi.bin",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
