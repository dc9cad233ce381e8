/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A manifest to start from, as manifest/template writes one, out of a recipe. */
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/rules.h"
#include "manifest/import/recipe.h"
#include "manifest/manifest.h"

#define BLANK ASSAY_MANIFEST_BLANK

/* A JSON string is a YAML string, and has no line end in it: so it can stand in a comment, too. */
static void add_text(struct assay_buffer *out, const char *text)
{
	ASSAY_AUTO_JSON json_t *json = assay_json_str(assay_span_of_str(text));

	assay_json_canonical(json, out);
}

static void add_key(struct assay_buffer *out, const char *before, const char *text)
{
	assay_buffer_add_str(out, before);
	if (text != NULL)
		add_text(out, text);
	else
		assay_buffer_add_str(out, BLANK);
	assay_buffer_add_str(out, "\n");
}

static void add_comments(struct assay_buffer *out, const char *title,
                         const struct assay_strings *lines)
{
	if (lines->count > 0)
		assay_buffer_printf(out, "#\n# %s:\n", title);
	for (size_t i = 0; i < lines->count; i++)
		add_key(out, "#   - ", lines->items[i]);
}

static void add_head(const struct assay_recipe *recipe, const char *file, struct assay_buffer *out)
{
	assay_buffer_add_str(out, "# A manifest to start from, made of ");
	add_text(out, file);
	assay_buffer_printf(out,
	                    " (%s).\n# Fill in each %s; `assay manifest check' names those that "
	                    "are left.\n# All keys are described in assay-manifest(5).\n",
	                    recipe->format, BLANK);
	add_comments(out, "lossy: the original does not say, or it was not taken over",
	             &recipe->lossy);
	add_comments(out, "It also says", &recipe->remarks);
	add_key(out, "schema: assay.manifest/1\nproduct:\n  name: ", recipe->name);
	add_key(out, "  version: ", recipe->version);
}

static void add_file(struct assay_buffer *out, const char *before,
                     const struct assay_recipe_file *file)
{
	add_key(out, before, file->name);
	add_key(out, "    sha256: ", file->sha256);
	assay_buffer_printf(out, "    size: %" PRIu64 "\n", file->size);
}

static void add_sources(const struct assay_recipe *recipe, struct assay_buffer *out)
{
	assay_buffer_add_str(out, "sources:\n");
	for (size_t i = 0; i < recipe->source_count; i++) {
		add_file(out, "  - name: ", &recipe->sources[i]);
		assay_buffer_add_str(out, "    unpack: copy\n    into: .\n    strip: 0\n");
	}
	if (recipe->source_count == 0)
		assay_buffer_printf(out,
		                    "  - {name: %s, sha256: %s, size: %s, unpack: tar, into: ., "
		                    "strip: 1}\n",
		                    BLANK, BLANK, BLANK);
}

static void add_variables(const struct assay_recipe *recipe, struct assay_buffer *out)
{
	bool path = false;

	assay_buffer_add_str(out, "  environment:\n");
	for (size_t i = 0; i < recipe->variables.count; i++) {
		const char *text = recipe->variables.items[i], *equals = strchr(text, '=');
		ASSAY_AUTO_FREE char *name = assay_strndup(text, (size_t)(equals - text));

		path = path || strcmp(name, "PATH") == 0;
		assay_buffer_add_str(out, "    ");
		add_text(out, name);
		add_key(out, ": ", equals + 1);
	}
	if (!path)
		assay_buffer_add_str(out, "    PATH: /usr/bin:/bin:/usr/sbin:/sbin\n");
}

static void add_steps(const struct assay_recipe *recipe, struct assay_buffer *out)
{
	assay_buffer_add_str(out, "  steps:\n");
	for (size_t i = 0; i < recipe->commands.count; i++) {
		add_key(out, "    - argv:\n      - sh\n      - -c\n      - ",
		        recipe->commands.items[i]);
		assay_buffer_add_str(out, "      cwd: .\n");
	}
	if (recipe->commands.count == 0)
		assay_buffer_printf(out, "    - argv: [%s]\n      cwd: .\n", BLANK);
}

static void add_build(const struct assay_recipe *recipe, struct assay_buffer *out)
{
	assay_buffer_printf(out, "toolchain:\n  lock: %s\n  id: %s\n  tree: %s\n", BLANK, BLANK,
	                    BLANK);
	add_key(out, "build:\n  path: ", recipe->path);
	add_variables(recipe, out);
	add_steps(recipe, out);
	assay_buffer_add_str(out, "  user: {uid: 1000, gid: 1000, name: builder, home: "
	                          "/nonexistent}\n");
	add_key(out, "  umask: ", recipe->umask);
	if (recipe->has_epoch)
		assay_buffer_printf(out, "  source_date_epoch: %" PRIu64 "\n", recipe->epoch);
	else
		assay_buffer_printf(out, "  source_date_epoch: %s\n", BLANK);
	assay_buffer_add_str(
		out, "  machine:\n    hostname: assay\n    kernel_release: 6.1.0-0-amd64\n"
		     "    kernel_version: \"#1 SMP Debian\"\n    cpus: 2\n    memory: 4294967296\n"
		     "  limits:\n    wall: 3600\n    silence: 600\n    memory: 4294967296\n"
		     "    processes: 1024\n    disk: 8589934592\n    log: 67108864\n");
}

/* All outputs are delivered. */
static void add_delivered(const struct assay_recipe *recipe, struct assay_buffer *out)
{
	assay_buffer_add_str(out, "outputs:\n");
	for (size_t i = 0; i < recipe->file_count; i++) {
		add_key(out, "  - name: ", recipe->files[i].name);
		add_key(out, "    path: ", recipe->files[i].name);
	}
	if (recipe->file_count == 0)
		assay_buffer_printf(out, "  - {name: %s, path: %s}\n", BLANK, BLANK);
	assay_buffer_add_str(out, "delivered:\n");
	for (size_t i = 0; i < recipe->file_count; i++) {
		add_file(out, "  - file: ", &recipe->files[i]);
		add_key(out, "    output: ", recipe->files[i].name);
	}
	if (recipe->file_count == 0)
		assay_buffer_printf(out, "  - {file: %s, sha256: %s, size: %s, output: %s}\n",
		                    BLANK, BLANK, BLANK, BLANK);
}

void assay_recipe_write(const struct assay_recipe *recipe, const char *file,
                        struct assay_buffer *out)
{
	add_head(recipe, file, out);
	add_sources(recipe, out);
	add_comments(out, "It was built with", &recipe->toolchain);
	add_build(recipe, out);
	add_delivered(recipe, out);
	assay_buffer_add_str(out, "compare: {accept: identical}\n");
}
