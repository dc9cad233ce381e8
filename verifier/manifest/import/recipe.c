/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "manifest/import/recipe.h"

#include <string.h>

#include "base/memory.h"
#include "base/quote.h"
#include "base/rules.h"

static void free_files(struct assay_recipe_file *files, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(files[i].name);
		free(files[i].sha256);
	}
	free(files);
}

void assay_recipe_fini(struct assay_recipe *recipe)
{
	free(recipe->name);
	free(recipe->version);
	free(recipe->path);
	free(recipe->umask);
	assay_strings_fini(&recipe->variables);
	assay_strings_fini(&recipe->commands);
	assay_strings_fini(&recipe->toolchain);
	assay_strings_fini(&recipe->remarks);
	assay_strings_fini(&recipe->lossy);
	free_files(recipe->files, recipe->file_count);
	free_files(recipe->sources, recipe->source_count);
	*recipe = (struct assay_recipe){ 0 };
}

int assay_recipe_add_file(struct assay_recipe *recipe, bool source, const char *name,
                          const char *sha256, uint64_t size, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *quoted = assay_quoted(name);
	struct assay_recipe_file file;

	if (assay_rule_file_name(name) != NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "\"%s\" is not the name of a file", quoted);
	if (sha256 != NULL && assay_rule_sha256(sha256) != NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "%s: its digest is no SHA-256", quoted);
	file = (struct assay_recipe_file){ assay_strdup(name),
		                           sha256 != NULL ? assay_strdup(sha256) : NULL, size };
	if (source) {
		assay_grow(&recipe->sources, &recipe->source_cap, recipe->source_count,
		           sizeof(file));
		recipe->sources[recipe->source_count++] = file;
	} else {
		assay_grow(&recipe->files, &recipe->file_cap, recipe->file_count, sizeof(file));
		recipe->files[recipe->file_count++] = file;
	}
	return 0;
}

bool assay_recipe_line(struct assay_span *text, struct assay_span *line)
{
	if (!assay_span_line(text, line))
		return false;
	while (line->len > 0 && line->ptr[line->len - 1] == '\r')
		line->len--;
	return true;
}

bool assay_recipe_has_line(struct assay_span text, const char *start)
{
	struct assay_span line;

	while (assay_recipe_line(&text, &line)) {
		while (line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t'))
			line = assay_span_of(line.ptr + 1, line.len - 1);
		if (assay_span_starts(line, start, strlen(start)))
			return true;
	}
	return false;
}

bool assay_recipe_number(const char *text, uint64_t *out)
{
	size_t len = strspn(text, "0123456789");

	if (len == 0 || len > 18 || text[len] != '\0') /* 18 digits fit */
		return false;
	*out = 0;
	for (; *text != '\0'; text++)
		*out = *out * 10 + (uint64_t)(*text - '0');
	return true;
}

/* A file is what it has lines of. In this order: a shell script may have nearly any line. */
static const struct {
	const char *line, *other;
	assay_recipe_read *read;
} formats[] = {
	{ "Installed-Build-Depends:", "Format: 1.", assay_recipe_debian },
	{ "pkgbuild_sha256sum =", "format =", assay_recipe_arch },
	{ "[container]", "image =", assay_recipe_repro_env },
	{ "[[package]]", "name =", assay_recipe_repro_env },
	{ "[packages]", "system =", assay_recipe_repro_env },
	{ "artifactId=", "version=", assay_recipe_buildspec },
};

int assay_recipe_parse(struct assay_span text, struct assay_recipe *out, struct assay_error *err)
{
	if (text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "not a text");
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(formats); i++)
		if (assay_recipe_has_line(text, formats[i].line) &&
		    assay_recipe_has_line(text, formats[i].other))
			return formats[i].read(text, out, err);
	return assay_fail(err, ASSAY_E_FORMAT,
	                  "not a recipe that can be imported: a .buildinfo of Debian, a .BUILDINFO "
	                  "of Arch Linux, a repro-env.toml or .lock, or a .buildspec");
}
