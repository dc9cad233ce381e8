/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arch Linux's .BUILDINFO. Source: BUILDINFO(5) of pacman 6.0: "key = value" lines. */
#include <string.h>

#include "base/memory.h"
#include "manifest/import/recipe.h"

static int set_once(char **out, const char *key, const char *value, struct assay_error *err)
{
	if (*out != NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "%s is there twice", key);
	*out = assay_strdup(value);
	return 0;
}

static int take(struct assay_recipe *out, const char *key, const char *value,
                struct assay_error *err)
{
	if (strcmp(key, "format") == 0)
		return strcmp(value, "1") == 0 || strcmp(value, "2") == 0
		               ? 0
		               : assay_fail(err, ASSAY_E_FORMAT, "a format that is not known");
	if (strcmp(key, "pkgname") == 0)
		return set_once(&out->name, key, value, err);
	if (strcmp(key, "pkgver") == 0)
		return set_once(&out->version, key, value, err);
	if (strcmp(key, "builddir") == 0)
		return set_once(&out->path, key, value, err);
	if (strcmp(key, "installed") == 0)
		assay_strings_add(&out->toolchain, value);
	else if (strcmp(key, "builddate") != 0)
		assay_strings_printf(&out->remarks, "%s: %s", key, value);
	else if (!assay_recipe_number(value, &out->epoch))
		return assay_fail(err, ASSAY_E_FORMAT, "builddate is no time");
	else
		out->has_epoch = true;
	return 0;
}

int assay_recipe_arch(struct assay_span text, struct assay_recipe *out, struct assay_error *err)
{
	struct assay_span line;
	unsigned number = 0;

	out->format = "arch-buildinfo";
	while (assay_recipe_line(&text, &line)) {
		ASSAY_AUTO_FREE char *key = assay_strndup((const char *)line.ptr, line.len);
		char *mark = strstr(key, " = ");

		number++;
		if (*key == '\0' || *key == '#')
			continue;
		if (mark == NULL)
			return assay_fail(err, ASSAY_E_FORMAT, "line %u: not \"key = value\"",
			                  number);
		*mark = '\0';
		if (take(out, key, mark + 3, err) < 0)
			return assay_fail_in(err, "line %u", number);
	}
	if (out->name == NULL || out->version == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "no pkgname or pkgver");
	assay_strings_add(&out->commands, "makepkg --syncdeps --noconfirm");
	assay_strings_add(&out->lossy, "packages of the toolchain: versions, but no digests");
	assay_strings_add(&out->lossy, "digests of the source, but for that of the PKGBUILD");
	assay_strings_add(&out->lossy, "makepkg.conf: flags and the number of jobs");
	assay_strings_add(&out->lossy,
	                  "environment, umask, user, host name, processors, memory, limits");
	assay_strings_add(&out->lossy, "digest of the package");
	return 0;
}
