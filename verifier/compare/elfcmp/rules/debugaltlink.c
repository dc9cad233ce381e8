/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * elf/debugaltlink: path and build-id of the file with debugging information shared by several.
 *
 * dwz(1) writes it; the build-id in it follows that file. Not loaded; debuggers read it. The
 * content must be exactly a path in plain text and a build-id.
 *
 * Source: dwz(1), "-m"; GDB manual, "Separate Debug Files": a file name, its NUL, a build-id.
 */
#include <elf.h>

#include "compare/elfcmp/rule.h"

#define PATH_MAX_LEN 4095 /* bytes; PATH_MAX of Linux with its NUL */
#define BUILD_ID_MIN 8    /* as for elf/build-id */
#define BUILD_ID_MAX 64

static const char *refuse(const struct assay_elf *elf, const struct assay_elf_section *section)
{
	struct assay_span data = section->data;
	const uint8_t *nul = data.len > 0 ? memchr(data.ptr, 0, data.len) : NULL;
	size_t len, id;

	(void)elf;
	if (nul == NULL || nul == data.ptr)
		return "no file name";
	len = (size_t)(nul - data.ptr);
	id = data.len - len - 1;
	if (len > PATH_MAX_LEN || id < BUILD_ID_MIN || id > BUILD_ID_MAX)
		return "not a path and a build-id";
	for (size_t i = 0; i < len; i++)
		if (data.ptr[i] < 0x20 || data.ptr[i] >= 0x7f)
			return "its path is not plain text";
	return NULL;
}

static const struct assay_elf_rule_section sections[] = {
	{ ".gnu_debugaltlink", SHT_PROGBITS, false },
	{ 0 },
};

const struct assay_elf_rule assay_elf_rule_debugaltlink = {
	.id = "elf/debugaltlink@1",
	.class = ASSAY_CLASS_NORMALISED,
	.cause = "debugaltlink",
	.summary = ".gnu_debugaltlink: where a debugger finds shared debug information, not loaded",
	.sections = sections,
	.refuse = refuse,
};
