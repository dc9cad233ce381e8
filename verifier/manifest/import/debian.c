/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Debian's .buildinfo. Source: deb-buildinfo(5) of dpkg 1.21. */
#include <string.h>

#include "base/deb822.h"
#include "base/memory.h"
#include "base/rules.h"
#include "manifest/import/recipe.h"

static int take_checksum(struct assay_recipe *recipe, char *line, struct assay_error *err)
{
	const char *blanks = " \t";
	char *save = NULL;
	const char *sha256 = strtok_r(line, blanks, &save), *size = strtok_r(NULL, blanks, &save),
		   *name = strtok_r(NULL, blanks, &save);
	uint64_t bytes;
	size_t len = name != NULL ? strlen(name) : 0;

	if (sha256 == NULL)
		return 0;
	if (name == NULL || strtok_r(NULL, blanks, &save) != NULL ||
	    !assay_recipe_number(size, &bytes))
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "Checksums-Sha256: not a digest, a size and a name");
	return assay_recipe_add_file(recipe, len > 4 && strcmp(name + len - 4, ".dsc") == 0, name,
	                             sha256, bytes, err);
}

/* NAME="value", where a backslash takes the meaning from what follows it. */
static int take_variable(struct assay_recipe *recipe, char *line, struct assay_error *err)
{
	char *name = line + strspn(line, " \t"), *equals = strchr(name, '='), *value, *out;

	if (*name == '\0')
		return 0;
	if (equals == NULL || equals[1] != '"')
		return assay_fail(err, ASSAY_E_FORMAT, "Environment: not NAME=\"value\"");
	*equals = '\0';
	value = out = equals + 2;
	for (; *value != '\0' && *value != '"'; value++) {
		if (*value == '\\' && value[1] != '\0')
			value++;
		*out++ = *value;
	}
	if (*value != '"' || value[1] != '\0')
		return assay_fail(err, ASSAY_E_FORMAT, "Environment: a value does not end in \"");
	*out = '\0';
	if (strcmp(name, "SOURCE_DATE_EPOCH") == 0) {
		recipe->has_epoch = assay_recipe_number(equals + 2, &recipe->epoch);
		return recipe->has_epoch ? 0
		                         : assay_fail(err, ASSAY_E_FORMAT,
		                                      "Environment: SOURCE_DATE_EPOCH is no time");
	}
	assay_strings_printf(&recipe->variables, "%s=%s", name, equals + 2);
	return 0;
}

static int take_package(struct assay_recipe *recipe, char *line, struct assay_error *err)
{
	char *entry = line + strspn(line, " \t");
	size_t len = strcspn(entry, ",");

	(void)err;
	entry[len] = '\0';
	if (*entry != '\0')
		assay_strings_add(&recipe->toolchain, entry);
	return 0;
}

typedef int take_line(struct assay_recipe *recipe, char *line, struct assay_error *err);

/* Each line of a field. Return: 1 it is there, 0 it is not, -1 */
static int take_lines(struct assay_span paragraph, const char *field, take_line *take,
                      struct assay_recipe *recipe, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *value = assay_deb822_field(paragraph, field);
	char *save = NULL;

	if (value == NULL)
		return 0;
	for (char *line = strtok_r(value, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save))
		if (take(recipe, line, err) < 0)
			return -1;
	return 1;
}

/* "hello" or "hello (2.10-3)": a version of its own when it is not the packages'. */
static int take_names(struct assay_span paragraph, struct assay_recipe *out,
                      struct assay_error *err)
{
	char *open, *close;

	out->name = assay_deb822_field(paragraph, "Source");
	out->version = assay_deb822_field(paragraph, "Version");
	if (out->name == NULL || out->version == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "no field Source or Version");
	open = strchr(out->name, '(');
	close = open != NULL ? strchr(open, ')') : NULL;
	if (close != NULL) {
		free(out->version);
		out->version = assay_strndup(open + 1, (size_t)(close - open - 1));
		open[out->name < open && open[-1] == ' ' ? -1 : 0] = '\0';
	}
	return 0;
}

static void add_remark(struct assay_span paragraph, const char *field, struct assay_recipe *out)
{
	ASSAY_AUTO_FREE char *value = assay_deb822_field(paragraph, field);

	if (value != NULL)
		assay_strings_printf(&out->remarks, "%s: %s", field, value);
}

int assay_recipe_debian(struct assay_span text, struct assay_recipe *out, struct assay_error *err)
{
	struct assay_span paragraph;
	bool is_signed;

	out->format = "debian-buildinfo";
	if (assay_deb822_open(text, &paragraph, &is_signed, err) < 0 ||
	    take_names(paragraph, out, err) < 0 ||
	    take_lines(paragraph, "Checksums-Sha256", take_checksum, out, err) < 0 ||
	    take_lines(paragraph, "Environment", take_variable, out, err) < 0 ||
	    take_lines(paragraph, "Installed-Build-Depends", take_package, out, err) < 0)
		return -1;
	out->path = assay_deb822_field(paragraph, "Build-Path");
	add_remark(paragraph, "Build-Architecture", out);
	add_remark(paragraph, "Build-Date", out);
	add_remark(paragraph, "Build-Kernel-Version", out);
	add_remark(paragraph, "Build-Tainted-By", out);
	add_remark(paragraph, "Binary-Only-Changes", out);
	assay_strings_add(&out->lossy, "packages of the toolchain: versions, but no digests");
	assay_strings_add(&out->lossy, "umask, user, host name, processors, memory, limits");
	if (is_signed)
		assay_strings_add(&out->lossy, "its signature was not verified");
	if (out->source_count == 0)
		assay_strings_add(&out->lossy, "digests of the source");
	if (out->path == NULL)
		assay_strings_add(&out->lossy, "the build path");
	if (!out->has_epoch)
		assay_strings_add(&out->lossy, "SOURCE_DATE_EPOCH");
	return 0;
}
