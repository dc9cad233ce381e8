/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * elf/debuglink: the name and checksum of the file that holds the debugging information.
 *
 * The checksum follows the separate debug file, the name often the build-id. Not loaded; a
 * debugger looks for that name in the folder of the program and in its own. The content must be
 * exactly what the format says, and the name one plain file name, so that there is no room for
 * anything else and no way out of those folders.
 *
 * A delivered file may have one that the rebuilt file lacks: stripping adds it (eu-strip -f, objcopy
 * --add-gnu-debuglink). What that adds is one word of at most 255 printable characters and four
 * bytes, and which they are was free already where both have one. No archive, script or program
 * fits into that: there is no blank, no line end, no slash and no zero in it.
 *
 * Source: GDB manual, "Separate Debug Files": a file name, its NUL, zeros up to the next multiple
 *         of four bytes, a CRC-32 in the file's byte order.
 */
#include <elf.h>

#include "compare/elfcmp/rule.h"

#define NAME_MAX_LEN 255 /* bytes; NAME_MAX of Linux */

static const char *check_name(struct assay_span name)
{
	if (name.len == 0 || name.len > NAME_MAX_LEN)
		return "no file name, or a very long one";
	if (assay_span_is(name, ".") || assay_span_is(name, ".."))
		return "its name is a folder's";
	for (size_t i = 0; i < name.len; i++)
		if (name.ptr[i] <= 0x20 || name.ptr[i] >= 0x7f || name.ptr[i] == '/')
			return "its name is not a plain file name";
	return NULL;
}

static const char *refuse(const struct assay_elf *elf, const struct assay_elf_section *section)
{
	struct assay_span data = section->data;
	const uint8_t *nul = data.len > 0 ? memchr(data.ptr, 0, data.len) : NULL;
	size_t len, crc;

	(void)elf;
	if (nul == NULL)
		return "no file name";
	len = (size_t)(nul - data.ptr);
	crc = (len + 1 + 3) & ~(size_t)3;
	if (data.len != crc + 4)
		return "not a name, zeros and four bytes of checksum";
	if (!assay_span_is_fill(assay_span_sub(data, len, crc - len), 0))
		return "its padding is not zero";
	return check_name(assay_span_sub(data, 0, len));
}

static const struct assay_elf_rule_section sections[] = {
	{ ".gnu_debuglink", SHT_PROGBITS, false },
	{ 0 },
};

const struct assay_elf_rule assay_elf_rule_debuglink = {
	.id = "elf/debuglink@2",
	.class = ASSAY_CLASS_NORMALISED,
	.cause = "debuglink",
	.summary = ".gnu_debuglink: where a debugger finds the separate debug file, not loaded",
	.sections = sections,
	.refuse = refuse,
	.may_be_added = true,
};
