/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/inside/keys.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 65536  /* bytes of all keys; ours: they have a quarter of it */
#define VALUE_MAX 4096  /* bytes of one value, PATH_MAX of linux/limits.h */
#define SHORT_MAX 160   /* bytes of a file that is shown as it is; ours */
#define FILE_MAX 262144 /* bytes of a file that are looked at; ours */

static char text[TEXT_MAX];
static size_t used;

static void add(const char *piece)
{
	size_t len = strlen(piece);

	if (used + len >= sizeof(text))
		_exit(3); /* too much to say is no answer */
	memcpy(text + used, piece, len);
	used += len;
}

/* As JSON wants it: RFC 8259, 7. Bytes beyond ASCII as if they were Latin-1. */
static void add_quoted(const char *value)
{
	char piece[8];

	add("\"");
	for (const unsigned char *p = (const unsigned char *)value; *p != '\0'; p++) {
		if (*p < 0x20 || *p >= 0x7f || *p == '"' || *p == '\\')
			(void)snprintf(piece, sizeof(piece), "\\u%04x", *p);
		else
			(void)snprintf(piece, sizeof(piece), "%c", *p);
		add(piece);
	}
	add("\"");
}

void inside_key(const char *name, const char *fmt, ...)
{
	static char value[VALUE_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(value, sizeof(value), fmt, args);
	va_end(args);
	add(used == 0 ? "{" : ",\n ");
	add_quoted(name);
	add(": ");
	add_quoted(value);
}

void inside_file(const char *name, const char *path)
{
	static unsigned char content[FILE_MAX];
	uint64_t sum = UINT64_C(0xcbf29ce484222325); /* FNV-1a: draft-eastlake-fnv, 5 */
	size_t len = 0;
	ssize_t got = 1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && got > 0 && len < sizeof(content) - 1) {
		got = read(fd, content + len, sizeof(content) - 1 - len);
		len += got > 0 ? (size_t)got : 0;
	}
	if (fd < 0 || got < 0) {
		inside_key(name, "error: %m");
	} else if (len <= SHORT_MAX && memchr(content, '\0', len) == NULL) {
		content[len] = '\0';
		inside_key(name, "%s", (const char *)content);
	} else {
		for (size_t i = 0; i < len; i++)
			sum = (sum ^ content[i]) * UINT64_C(0x100000001b3);
		inside_key(name, "%zu bytes, FNV-1a %016llx", len, (unsigned long long)sum);
	}
	if (fd >= 0)
		(void)close(fd);
}

/* The only argument, a digit, is the descriptor to write to, which is not the build's. */
int main(int argc, char *argv[])
{
	int out = argc > 1 ? argv[1][0] - '0' : 1;
	size_t done = 0;

	inside_process(out > 2 ? out : -1);
	inside_machine();
	inside_files();
	add("}\n");
	while (done < used) {
		ssize_t got = write(out, text + done, used - done);

		if (got <= 0)
			return 2;
		done += (size_t)got;
	}
	return 0;
}
