/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of commands, and the one place that prints an error and exits. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "config.h"

/* clang-format off */ /* one a line, so that two new commands do not meet */
static const struct assay_command *const commands[] = {
	&assay_cmd_verify,
	&assay_cmd_compare,
	&assay_cmd_inspect,
	&assay_cmd_rebuild,
	&assay_cmd_vary,
	&assay_cmd_toolchain_lock,
	&assay_cmd_toolchain_fetch,
	&assay_cmd_toolchain_show,
	&assay_cmd_toolchain_check,
	&assay_cmd_toolchain_import,
	&assay_cmd_toolchain_export,
	&assay_cmd_toolchain_gc,
	&assay_cmd_manifest_new,
	&assay_cmd_manifest_import,
	&assay_cmd_manifest_check,
	&assay_cmd_manifest_id,
	&assay_cmd_doctor,
	&assay_cmd_probe,
	&assay_cmd_bundle_pack,
	&assay_cmd_bundle_check,
	&assay_cmd_bundle_sign,
	&assay_cmd_bundle_replay,
	&assay_cmd_amend,
	&assay_cmd_attach,
	&assay_cmd_case,
	&assay_cmd_review,
	&assay_cmd_journal_check,
	&assay_cmd_check,
	&assay_cmd_bundle_reference,
	&assay_cmd_export,
	&assay_cmd_key_new,
	&assay_cmd_key_show,
	&assay_cmd_sign,
	&assay_cmd_log_add,
	&assay_cmd_log_prove,
	&assay_cmd_log_check,
	&assay_cmd_stamp_request,
	&assay_cmd_stamp_attach,
	&assay_cmd_stamp_check,
};
/* clang-format on */

static void print_usage(FILE *out)
{
	(void)fputs("Usage: assay COMMAND [OPTION…] [ARGUMENT…]\n"
	            "Prove that delivered firmware was built from reviewed source.\n\n",
	            out);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(commands); i++)
		if (commands[i] != NULL)
			(void)fprintf(out, "  %-17s %s\n", commands[i]->name, commands[i]->summary);
	(void)fputs(
		"\nExit status: 0 match, 1 different, 2 trouble, 3 inconclusive, 4 match at a worse "
		"tier\nthan accepted, 5 build not deterministic, 6 build failed, 7 build hit a "
		"limit,\n8 an input does not match its pin, 9 a signature or policy check failed.\n"
		"\n`assay COMMAND --help' shows a command's options and an example.\n",
		out);
}

static void print_help(const struct assay_command *command)
{
	(void)printf("Usage: assay %s [OPTION…] %s\n%c%s.\n\n", command->name, command->args,
	             command->summary[0] - 'a' + 'A', command->summary + 1);
	assay_options_print(command->options, stdout);
	(void)printf("\nExample:\n");
	for (const char *p = command->example; p != NULL && *p != '\0';) {
		size_t len = strcspn(p, "\n");

		(void)printf("  %.*s\n", (int)len, p);
		p += len + (p[len] == '\n');
	}
}

/* The command that argv names. *used: how many words its name has. */
static const struct assay_command *find_command(int argc, char *argv[], int *used)
{
	char two[64] = "";

	if (argc >= 2)
		(void)snprintf(two, sizeof(two), "%s %s", argv[0], argv[1]);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(commands); i++) {
		if (commands[i] == NULL)
			continue;
		*used = strchr(commands[i]->name, ' ') != NULL ? 2 : 1;
		if (strcmp(commands[i]->name, *used == 2 ? two : argv[0]) == 0)
			return commands[i];
	}
	return NULL;
}

static int report(const char *where, const struct assay_error *err)
{
	(void)fprintf(stderr, "assay%s%s: %s\n", *where != '\0' ? " " : "", where, err->text);
	if (err->code == ASSAY_E_USAGE)
		(void)fprintf(stderr, "Try `assay%s%s --help'.\n", *where != '\0' ? " " : "",
		              where);
	return (int)assay_error_exit(err->code);
}

static int run_command(const struct assay_command *command, int argc, char *argv[])
{
	struct assay_error err = ASSAY_ERROR_INIT;
	bool help;
	int used, status;

	used = assay_options_parse(command->options, argc, argv, &help, &err);
	if (used < 0)
		return report(command->name, &err);
	if (help) {
		print_help(command);
		return ASSAY_EXIT_MATCH;
	}
	argc -= used;
	if (argc < command->min_args || (command->max_args >= 0 && argc > command->max_args)) {
		(void)assay_fail(&err, ASSAY_E_USAGE, "wants %s", command->args);
		return report(command->name, &err);
	}
	status = command->run(argc, argv + used, &err);
	return status < 0 ? report(command->name, &err) : status;
}

static int dispatch(int argc, char *argv[])
{
	struct assay_error err = ASSAY_ERROR_INIT;
	const struct assay_command *command;
	int used;

	if (argc < 1 || strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0) {
		print_usage(argc < 1 ? stderr : stdout);
		return argc < 1 ? ASSAY_EXIT_TROUBLE : ASSAY_EXIT_MATCH;
	}
	if (strcmp(argv[0], "--version") == 0) {
		(void)puts(PACKAGE_STRING);
		return ASSAY_EXIT_MATCH;
	}
	command = find_command(argc, argv, &used);
	if (command == NULL) {
		(void)assay_fail(&err, ASSAY_E_USAGE, "no such command: %s", argv[0]);
		return report("", &err);
	}
	return run_command(command, argc - used, argv + used);
}

int main(int argc, char *argv[])
{
	int status = dispatch(argc - 1, argv + 1);

	/* An answer that could not be written is not an answer. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		(void)fputs("assay: cannot write to standard output\n", stderr);
		return ASSAY_EXIT_TROUBLE;
	}
	return status;
}
