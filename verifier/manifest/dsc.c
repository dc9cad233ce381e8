/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "manifest/dsc.h"

#include <string.h>

#include "base/deb822.h"
#include "base/memory.h"
#include "base/quote.h"
#include "base/rules.h"

#define FILES_MAX 256
#define SOURCE_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789+-."
#define VERSION_LETTERS SOURCE_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ:~"

void assay_dsc_fini(struct assay_dsc *dsc)
{
	for (size_t i = 0; i < dsc->file_count; i++) {
		free(dsc->files[i].name);
		free(dsc->files[i].sha256);
	}
	free(dsc->files);
	free(dsc->source);
	free(dsc->version);
	*dsc = (struct assay_dsc){ 0 };
}

/* Decimal, at most 15 digits: below 2^53. */
static bool parse_size(const char *text, uint64_t *out)
{
	size_t len = strlen(text);

	if (len == 0 || len > 15 || strspn(text, "0123456789") != len)
		return false;
	*out = strtoull(text, NULL, 10);
	return true;
}

static bool has_file(const struct assay_dsc *dsc, const char *name)
{
	for (size_t i = 0; i < dsc->file_count; i++)
		if (strcmp(dsc->files[i].name, name) == 0)
			return true;
	return false;
}

/* "DIGEST SIZE NAME". The line is cut into pieces. */
static int take_file(char *line, struct assay_dsc *out, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *quoted = assay_quoted(line);
	char *state = NULL;
	const char *sha256 = strtok_r(line, " \t", &state);
	const char *size_text = strtok_r(NULL, " \t", &state);
	const char *name = strtok_r(NULL, " \t", &state);
	uint64_t size;

	if (name == NULL || strtok_r(NULL, " \t", &state) != NULL ||
	    assay_rule_sha256(sha256) != NULL || !parse_size(size_text, &size) ||
	    assay_rule_file_name(name) != NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "not \"SHA256 SIZE NAME\": %s", quoted);
	if (has_file(out, name))
		return assay_fail(err, ASSAY_E_FORMAT, "a file is there twice: %s", quoted);
	if (out->file_count == FILES_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "more than 256 files");
	assay_grow(&out->files, &out->file_cap, out->file_count, sizeof(*out->files));
	out->files[out->file_count++] =
		(struct assay_dsc_file){ assay_strdup(name), assay_strdup(sha256), size };
	return 0;
}

static int take_files(char *list, struct assay_dsc *out, struct assay_error *err)
{
	char *state = NULL;

	for (char *line = strtok_r(list, "\n", &state); line != NULL;
	     line = strtok_r(NULL, "\n", &state))
		if (take_file(line, out, err) < 0)
			return assay_fail_in(err, "Checksums-Sha256");
	if (out->file_count == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "Checksums-Sha256: names no file");
	return 0;
}

/* Debian Policy 4.6, 5.6.1 and 5.6.12: both begin with a letter or a digit. */
static bool made_of(const char *text, const char *letters)
{
	return *text != '\0' && strchr("+-.:~", *text) == NULL &&
	       text[strspn(text, letters)] == '\0';
}

static int parse(struct assay_span text, struct assay_dsc *out, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *list = NULL;
	struct assay_span paragraph;

	if (assay_deb822_open(text, &paragraph, &out->is_signed, err) < 0)
		return -1;
	out->source = assay_deb822_field(paragraph, "Source");
	out->version = assay_deb822_field(paragraph, "Version");
	list = assay_deb822_field(paragraph, "Checksums-Sha256");
	if (out->source == NULL || !made_of(out->source, SOURCE_LETTERS))
		return assay_fail(err, ASSAY_E_FORMAT, "no usable field Source");
	if (out->version == NULL || !made_of(out->version, VERSION_LETTERS))
		return assay_fail(err, ASSAY_E_FORMAT, "no usable field Version");
	if (list == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "no field Checksums-Sha256");
	return take_files(list, out, err);
}

int assay_dsc_parse(struct assay_span text, struct assay_dsc *out, struct assay_error *err)
{
	ASSAY_AUTO_DSC struct assay_dsc dsc = { 0 };

	if (text.len > ASSAY_DSC_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "%zu bytes, limit %u", text.len,
		                  ASSAY_DSC_MAX);
	if (parse(text, &dsc, err) < 0)
		return -1;
	*out = dsc;
	dsc = (struct assay_dsc){ 0 };
	return 0;
}
