/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One function for each part of the file, in the order of the file. */
#include "manifest/template.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "manifest/manifest.h"

#define BLANK ASSAY_MANIFEST_BLANK

void assay_template_deb_fini(struct assay_template_deb *deb)
{
	free(deb->file);
	free(deb->package);
	free(deb->version);
	free(deb->architecture);
	*deb = (struct assay_template_deb){ 0 };
}

/* A JSON string is a YAML string. */
static void add_text(struct assay_buffer *out, const char *text)
{
	ASSAY_AUTO_JSON json_t *json = assay_json_str(assay_span_of_str(text));

	assay_json_canonical(json, out);
}

/* Append "<before>text<after>", the text quoted. */
static void add(struct assay_buffer *out, const char *before, const char *text, const char *after)
{
	assay_buffer_add_str(out, before);
	add_text(out, text);
	assay_buffer_add_str(out, after);
}

static void add_head(const struct assay_template *t, struct assay_buffer *out)
{
	assay_buffer_add_str(out, "# A manifest to start from, made of ");
	add_text(out, t->file);
	assay_buffer_printf(out,
	                    ".\n# Fill in each %s; `assay manifest check' names those that are "
	                    "left.\n# All keys are described in assay-manifest(5).\n",
	                    BLANK);
	if (t->dsc->is_signed)
		assay_buffer_add_str(out,
		                     "#\n# The signature of the .dsc was NOT verified: do that "
		                     "yourself, for example with dscverify(1).\n");
	for (size_t i = 0; i < t->deb_count; i++)
		if (strcmp(t->debs[i].version, t->dsc->version) != 0) {
			add(out, "#\n# ", t->debs[i].file, " has the version ");
			add(out, "", t->debs[i].version,
			    ": it was built from a\n# changed source, as "
			    "a binary-only rebuild is. Add that change as a source, unpack: patch.\n");
		}
	assay_buffer_add_str(out, "schema: assay.manifest/1\n");
	add(out, "product: {name: ", t->dsc->source, ", version: ");
	add(out, "", t->dsc->version, "}\n");
}

static void add_source(struct assay_buffer *out, const char *name, const char *sha256,
                       uint64_t size)
{
	add(out, "  - name: ", name, "\n");
	assay_buffer_printf(out, "    sha256: %s\n    size: %" PRIu64 "\n", sha256, size);
	assay_buffer_add_str(out, "    unpack: copy\n    into: .\n    strip: 0\n");
}

static void add_sources(const struct assay_template *t, struct assay_buffer *out)
{
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(&t->sha256, hex);
	assay_buffer_add_str(out,
	                     "\n# The reviewed source. The build unpacks it with dpkg-source.\n"
	                     "sources:\n");
	add_source(out, t->file, hex, t->size);
	for (size_t i = 0; i < t->dsc->file_count; i++)
		add_source(out, t->dsc->files[i].name, t->dsc->files[i].sha256,
		           t->dsc->files[i].size);
}

static void add_toolchain(struct assay_buffer *out)
{
	assay_buffer_printf(out,
	                    "\n# Write an intent with the .dsc under build_depends, then run\n"
	                    "# `assay toolchain lock INTENT': it prints both digests.\n"
	                    "toolchain:\n  lock: %s\n  id: %s\n  tree: %s\n",
	                    BLANK, BLANK, BLANK);
}

/* hello_2.10-3.dsc unpacks to hello-2.10. Owner: caller frees. */
static char *folder_of(const struct assay_dsc *dsc)
{
	const char *version = dsc->version;
	const char *colon = strchr(version, ':');
	const char *hyphen;

	if (colon != NULL)
		version = colon + 1; /* without the epoch */
	hyphen = strrchr(version, '-');
	return assay_asprintf("%s-%.*s", dsc->source,
	                      (int)(hyphen != NULL ? (size_t)(hyphen - version) : strlen(version)),
	                      version);
}

/* dpkg-buildpackage(1): -A all packages for any machine, -B those for one, -b both. */
static const char *build_option(const struct assay_template *t)
{
	bool all = false, any = false;

	for (size_t i = 0; i < t->deb_count; i++) {
		bool is_all = strcmp(t->debs[i].architecture, "all") == 0;

		all = all || is_all;
		any = any || !is_all;
	}
	return all == any ? "-b" : all ? "-A" : "-B";
}

static void add_steps(const struct assay_template *t, struct assay_buffer *out)
{
	ASSAY_AUTO_FREE char *folder = folder_of(t->dsc);

	assay_buffer_add_str(out, "  steps:\n");
	add(out, "    - argv: [dpkg-source, --no-check, -x, ", t->file, ", ");
	add(out, "", folder, "]\n      cwd: .\n");
	assay_buffer_printf(out, "    - argv: [dpkg-buildpackage, -us, -uc, %s, -rfakeroot]\n",
	                    build_option(t));
	add(out, "      cwd: ", folder, "\n");
}

/* Packages of one build have one time. */
static bool one_time(const struct assay_template *t)
{
	for (size_t i = 1; i < t->deb_count; i++)
		if (t->debs[i].time != t->debs[0].time)
			return false;
	return t->deb_count > 0;
}

static void add_time(const struct assay_template *t, struct assay_buffer *out)
{
	if (one_time(t))
		assay_buffer_printf(out,
		                    "  source_date_epoch: %" PRIu64 "   # as in the packages\n",
		                    t->debs[0].time);
	else
		assay_buffer_printf(
			out, "  source_date_epoch: %s   # of the last changelog entry\n", BLANK);
}

/* What follows the time in every template: a machine and limits that suit most packages. */
static const char machine_and_limits[] = "  machine:\n"
					 "    hostname: assay\n"
					 "    kernel_release: 6.1.0-0-amd64\n"
					 "    kernel_version: \"#1 SMP Debian\"\n"
					 "    cpus: 2\n"
					 "    memory: 4294967296\n"
					 "  limits:\n"
					 "    wall: 3600          # seconds\n"
					 "    silence: 600        # seconds without output\n"
					 "    memory: 4294967296  # bytes\n"
					 "    processes: 1024\n"
					 "    disk: 8589934592    # bytes\n"
					 "    log: 67108864       # bytes\n";

static void add_build(const struct assay_template *t, struct assay_buffer *out)
{
	assay_buffer_add_str(
		out,
		"\n# The build as Debian does it. Whatever of this can be seen in the delivered\n"
		"# packages has to be what it was there: the path, for one.\n"
		"build:\n"
		"  path: /build/reproducible-path\n"
		"  environment:\n"
		"    DEB_BUILD_OPTIONS: nocheck parallel=2\n"
		"    HOME: /nonexistent\n"
		"    LC_ALL: C.UTF-8\n"
		"    PATH: /usr/bin:/bin:/usr/sbin:/sbin\n"
		"    TZ: UTC\n");
	add_steps(t, out);
	assay_buffer_add_str(out,
	                     "  user: {uid: 1000, gid: 1000, name: builder, home: /nonexistent}\n"
	                     "  umask: \"0022\"\n");
	add_time(t, out);
	assay_buffer_add_str(out, machine_and_limits);
}

static void add_delivered(const struct assay_template_deb *deb, struct assay_buffer *out)
{
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(&deb->sha256, hex);
	add(out, "  - file: ", deb->file, "");
	add(out, "   # package ", deb->package, ", ");
	add(out, "", deb->architecture, "\n");
	assay_buffer_printf(out, "    sha256: %s\n    size: %" PRIu64 "\n", hex, deb->size);
	add(out, "    output: ", deb->file, "\n");
}

static void add_artefacts(const struct assay_template *t, struct assay_buffer *out)
{
	assay_buffer_add_str(out, "\n# What the build has to leave, below build.path.\noutputs:\n");
	for (size_t i = 0; i < t->deb_count; i++) {
		add(out, "  - {name: ", t->debs[i].file, ", path: ");
		add(out, "", t->debs[i].file, "}\n");
	}
	if (t->deb_count == 0)
		assay_buffer_printf(out, "  - {name: %s, path: %s}\n", BLANK, BLANK);
	assay_buffer_add_str(out,
	                     "\n# What was shipped, and the output it has to equal.\ndelivered:\n");
	for (size_t i = 0; i < t->deb_count; i++)
		add_delivered(&t->debs[i], out);
	if (t->deb_count == 0)
		assay_buffer_printf(out, "  - {file: %s, sha256: %s, size: %s, output: %s}\n",
		                    BLANK, BLANK, BLANK, BLANK);
	assay_buffer_add_str(out, "\n# identical, transplanted, repacked or normalised.\n"
	                          "compare: {accept: identical}\n");
}

/* Debian Policy has no rule for pools; dak's is the first letter, or lib and one more. */
static void add_hint(const struct assay_template *t, const char *name, struct assay_buffer *out)
{
	int letters = strncmp(t->dsc->source, "lib", 3) == 0 ? 4 : 1;
	ASSAY_AUTO_FREE char *from = assay_asprintf("debian:pool/main/%.*s/%s/%s", letters,
	                                            t->dsc->source, t->dsc->source, name);

	add(out, "  - name: ", name, "\n");
	add(out, "    from: ", from, "\n");
}

static void add_hints(const struct assay_template *t, struct assay_buffer *out)
{
	assay_buffer_add_str(out,
	                     "\n# Where to find the files: a guess, and not part of the identity.\n"
	                     "hints:\n");
	add_hint(t, t->file, out);
	for (size_t i = 0; i < t->dsc->file_count; i++)
		add_hint(t, t->dsc->files[i].name, out);
	for (size_t i = 0; i < t->deb_count; i++)
		add_hint(t, t->debs[i].file, out);
}

void assay_template_write(const struct assay_template *t, struct assay_buffer *out)
{
	add_head(t, out);
	add_sources(t, out);
	add_toolchain(out);
	add_build(t, out);
	add_artefacts(t, out);
	add_hints(t, out);
}
