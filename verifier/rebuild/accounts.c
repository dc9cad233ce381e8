/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/accounts.h"

#include <inttypes.h>
#include <stdio.h>

/* Field n of a line, counted from 0: what is between colons. */
static struct assay_span field(struct assay_span line, unsigned n)
{
	struct assay_span rest = line;

	for (;;) {
		const uint8_t *colon = rest.len == 0 ? NULL : memchr(rest.ptr, ':', rest.len);
		size_t len = colon == NULL ? rest.len : (size_t)(colon - rest.ptr);

		if (n-- == 0)
			return assay_span_sub(rest, 0, len);
		if (colon == NULL)
			return assay_span_of(NULL, 0);
		rest = assay_span_sub(rest, len + 1, rest.len);
	}
}

/* Take the first line off a text, with its newline. */
static struct assay_span take_line(struct assay_span *text)
{
	const uint8_t *end = memchr(text->ptr, '\n', text->len);
	size_t len = end == NULL ? text->len : (size_t)(end - text->ptr) + 1;
	struct assay_span line = assay_span_sub(*text, 0, len);

	*text = assay_span_sub(*text, len, text->len);
	return line;
}

/* Copy all lines but those of that name or number, and then the wanted one. */
static bool replace(struct assay_span text, const char *name, uint32_t number, const char *wanted,
                    struct assay_buffer *out)
{
	struct assay_buffer copy = { 0 };
	unsigned same = 0, others = 0;
	char digits[16];

	(void)snprintf(digits, sizeof(digits), "%" PRIu32, number);
	while (text.len > 0) {
		struct assay_span line = take_line(&text);
		bool match = assay_span_is(field(line, 0), name) ||
		             assay_span_is(field(line, 2), digits);

		same += assay_span_is(line, wanted);
		others += match && !assay_span_is(line, wanted);
		if (match)
			continue;
		assay_buffer_add(&copy, line.ptr, line.len);
		if (line.ptr[line.len - 1] != '\n')
			assay_buffer_add_str(&copy, "\n");
	}
	if (same == 1 && others == 0) {
		assay_buffer_fini(&copy);
		return false;
	}
	assay_buffer_add_str(&copy, wanted);
	assay_buffer_add(out, copy.ptr, copy.len);
	assay_buffer_fini(&copy);
	return true;
}

bool assay_accounts_passwd(struct assay_span text, const struct assay_user *user,
                           struct assay_buffer *out)
{
	ASSAY_AUTO_BUFFER struct assay_buffer wanted = { 0 };

	assay_buffer_printf(&wanted, "%s:x:%" PRIu32 ":%" PRIu32 "::%s:/bin/sh\n", user->name,
	                    user->uid, user->gid, user->home);
	return replace(text, user->name, user->uid, assay_buffer_str(&wanted), out);
}

bool assay_accounts_group(struct assay_span text, const struct assay_user *user,
                          struct assay_buffer *out)
{
	ASSAY_AUTO_BUFFER struct assay_buffer wanted = { 0 };

	assay_buffer_printf(&wanted, "%s:x:%" PRIu32 ":\n", user->name, user->gid);
	return replace(text, user->name, user->gid, assay_buffer_str(&wanted), out);
}
