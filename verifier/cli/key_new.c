/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay key new`: a pair of keys in two files. */
#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/keys.h"

static struct {
	const char *type;
	const char *bits;
	bool no_passphrase;
} opt = { .type = "ed25519", .bits = "3072" };

static const struct assay_option options[] = {
	{ "type", 't', "TYPE", "ed25519 (default), p256, p384 or rsa", ASSAY_OPTION_TEXT,
	  &opt.type },
	{ "bits", 0, "N", "of an RSA key, at least 3072 (default)", ASSAY_OPTION_TEXT, &opt.bits },
	{ "no-passphrase", 0, NULL, "do not encrypt the private key", ASSAY_OPTION_FLAG,
	  &opt.no_passphrase },
	ASSAY_OPTION_PASSPHRASE_FILE,
	ASSAY_OPTION_PASSPHRASE_FD,
	{ .name = NULL },
};

/* Never over a file that is there: it could be somebody's only key. */
static int write_new(const char *path, mode_t mode, struct assay_span text, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);

	if (fd < 0 && errno == EEXIST)
		return assay_fail(err, ASSAY_E_USAGE, "%s: is there already; choose another name",
		                  path);
	if (fd < 0)
		return assay_fail_errno(err, "create %s", path);
	if (assay_write_full(fd, text, err) < 0)
		return assay_fail_in(err, "%s", path);
	return fsync(fd) < 0 ? assay_fail_errno(err, "sync %s", path) : 0;
}

static int wanted(enum assay_key_kind *kind, unsigned *bits, struct assay_error *err)
{
	char *end;
	unsigned long number = strtoul(opt.bits, &end, 10);

	if (!assay_key_kind_parse(opt.type, kind))
		return assay_fail(err, ASSAY_E_USAGE,
		                  "--type: \"%s\" is none of ed25519, p256, p384, rsa", opt.type);
	if (*end != '\0' || number > UINT16_MAX)
		return assay_fail(err, ASSAY_E_USAGE, "--bits: \"%s\" is not a length", opt.bits);
	*bits = (unsigned)number;
	return 0;
}

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_FREE char *private = assay_asprintf("%s.key", argv[0]);
	ASSAY_AUTO_FREE char *public = assay_asprintf("%s.pub", argv[0]);
	ASSAY_AUTO_SECRET struct assay_secret passphrase = { 0 }, pem = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_KEY struct assay_key *key = NULL;
	enum assay_key_kind kind = ASSAY_KEY_ED25519;
	char id[ASSAY_SHA256_HEX];
	unsigned bits = 0;

	assay_cli_keep_secret();
	if (wanted(&kind, &bits, err) < 0)
		return -1;
	if (!opt.no_passphrase && assay_cli_new_passphrase(&passphrase, err) < 0)
		return -1;
	if (assay_key_generate(kind, bits, &key, err) < 0 ||
	    assay_key_write_private(key, opt.no_passphrase ? NULL : &passphrase, &pem, err) < 0)
		return -1;
	assay_key_write_public(key, &text);
	if (write_new(private, 0600, assay_secret_span(&pem), err) < 0 ||
	    write_new(public, 0666, assay_buffer_span(&text), err) < 0)
		return -1;
	assay_sha256_hex(assay_key_id(key), id);
	(void)printf("private  %s\npublic   %s\nid       %s\n", private, public, id);
	return ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_key_new = {
	.name = "key new",
	.args = "NAME",
	.summary = "make a pair of keys: NAME.key to sign with, NAME.pub to give away",
	.example = "assay key new --type p256 lab-a",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
