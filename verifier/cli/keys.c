/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <termios.h>

#include "base/file.h"
#include "base/memory.h"

#define PASSPHRASE_MAX 1023 /* bytes; OpenSSL's PEM_BUFSIZE less a NUL */
#define CONTROL_C '\003'

struct assay_key_options assay_key_opt;

void assay_cli_keep_secret(void)
{
	(void)prctl(PR_SET_DUMPABLE, 0);
}

/* What stands before the first line end. */
static int first_line(struct assay_secret *secret, struct assay_error *err)
{
	ASSAY_AUTO_SECRET struct assay_secret line = { 0 };
	size_t len = secret->ptr != NULL ? strcspn(secret->ptr, "\r\n") : 0;

	if (len == 0)
		return assay_fail(err, ASSAY_E_USAGE, "the passphrase is empty");
	assay_secret_set(&line, assay_span_of(secret->ptr, len));
	assay_secret_fini(secret);
	*secret = line;
	line = (struct assay_secret){ 0 };
	return 0;
}

static int from_file(const char *path, struct assay_secret *out, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return assay_fail_errno(err, "open %s", path);
	if (assay_secret_read(fd, PASSPHRASE_MAX, out, err) < 0)
		return assay_fail_in(err, "%s", path);
	return first_line(out, err);
}

static int from_fd(const char *number, struct assay_secret *out, struct assay_error *err)
{
	char *end;
	long fd = strtol(number, &end, 10);

	if (end == number || *end != '\0' || fd < 0 || fd > 65535)
		return assay_fail(err, ASSAY_E_USAGE, "--passphrase-fd: \"%s\" is not a descriptor",
		                  number);
	if (assay_secret_read((int)fd, PASSPHRASE_MAX, out, err) < 0)
		return assay_fail_in(err, "--passphrase-fd %s", number);
	return first_line(out, err);
}

/* One line without showing it. Control-C gives up rather than ends us with a silent terminal. */
static int read_hidden(int tty, struct assay_secret *out, struct assay_error *err)
{
	struct termios before, hidden;
	ASSAY_AUTO_SECRET struct assay_secret line = { assay_calloc(PASSPHRASE_MAX + 1, 1),
		                                       PASSPHRASE_MAX };
	ssize_t got;

	if (tcgetattr(tty, &before) < 0)
		return assay_fail_errno(err, "/dev/tty");
	hidden = before;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	if (tcsetattr(tty, TCSAFLUSH, &hidden) < 0)
		return assay_fail_errno(err, "/dev/tty");
	got = read(tty, line.ptr, PASSPHRASE_MAX);
	(void)tcsetattr(tty, TCSAFLUSH, &before);
	if (got <= 0 || memchr(line.ptr, CONTROL_C, (size_t)got) != NULL)
		return assay_fail(err, ASSAY_E_USAGE, "no passphrase was given");
	assay_secret_set(out, assay_span_of(line.ptr, (size_t)got));
	return first_line(out, err);
}

static int from_terminal(const char *what, struct assay_secret *out, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	ASSAY_AUTO_FREE char *prompt = assay_asprintf("%s: ", what);
	int result;

	if (tty < 0)
		return assay_fail(err, ASSAY_E_USAGE,
		                  "%s: there is no terminal to ask on; use --passphrase-file or "
		                  "--passphrase-fd",
		                  what);
	if (assay_write_full(tty, assay_span_of_str(prompt), err) < 0)
		return -1;
	result = read_hidden(tty, out, err);
	return assay_write_full(tty, assay_span_of_str("\n"), err) < 0 ? -1 : result;
}

static int ask(const char *what, void *data ASSAY_UNUSED, struct assay_secret *out,
               struct assay_error *err)
{
	if (assay_key_opt.passphrase_file != NULL)
		return from_file(assay_key_opt.passphrase_file, out, err);
	if (assay_key_opt.passphrase_fd != NULL)
		return from_fd(assay_key_opt.passphrase_fd, out, err);
	return from_terminal(what, out, err);
}

static const struct assay_secret_source source = { .ask = ask };

int assay_cli_new_passphrase(struct assay_secret *out, struct assay_error *err)
{
	ASSAY_AUTO_SECRET struct assay_secret again = { 0 };

	if (ask("New passphrase", NULL, out, err) < 0)
		return -1;
	if (assay_key_opt.passphrase_file != NULL || assay_key_opt.passphrase_fd != NULL)
		return 0;
	if (ask("The same again", NULL, &again, err) < 0)
		return -1;
	if (!assay_span_equal(assay_secret_span(out), assay_secret_span(&again)))
		return assay_fail(err, ASSAY_E_USAGE, "the two passphrases differ");
	return 0;
}

static int open_token(const char *uri, struct assay_key **out, struct assay_error *err)
{
	/* RFC 7512, 2.3: pin-value is the PIN itself, and arguments are for all to see. */
	if (strstr(uri, "pin-value") != NULL)
		return assay_fail(err, ASSAY_E_USAGE,
		                  "a PIN does not belong into an argument: use --passphrase-file, "
		                  "--passphrase-fd, or pin-source in the URI");
	return assay_key_open_token(uri, assay_key_opt.pkcs11_module,
	                            strstr(uri, "pin-source") != NULL ? NULL : &source, out, err);
}

int assay_cli_key_open(const char *name, struct assay_key **out, struct assay_error *err)
{
	ASSAY_AUTO_SECRET struct assay_secret pem = { 0 };
	ASSAY_AUTO_CLOSE int fd = -1;

	assay_cli_keep_secret();
	if (strncmp(name, "pkcs11:", 7) == 0)
		return open_token(name, out, err);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return assay_fail_errno(err, "open %s", name);
	if (assay_secret_read(fd, ASSAY_KEY_FILE_MAX, &pem, err) < 0 ||
	    assay_key_read(assay_secret_span(&pem), &source, out, err) < 0)
		return assay_fail_in(err, "%s", name);
	return 0;
}
