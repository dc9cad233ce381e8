/* SPDX-License-Identifier: GPL-3.0-or-later */
/* assay manifest new: a manifest to start from, out of a .dsc and the .debs that were delivered. */
#include <fcntl.h>
#include <string.h>

#include "base/deb822.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"
#include "base/rules.h"
#include "cli/command.h"
#include "cli/output.h"
#include "manifest/template.h"
#include "unpack/member.h"

/* ar(5): the magic is followed by the first header, whose time is 12 digits behind the name. */
#define AR_MAGIC "!<arch>\n"
#define AR_TIME_OFFSET (8 + 16)
#define AR_TIME_LEN 12

/** The delivered packages. Zero-initialise. */
struct debs {
	struct assay_template_deb *items;
	size_t count, cap;
};

static void free_debs(struct debs *debs)
{
	for (size_t i = 0; i < debs->count; i++)
		assay_template_deb_fini(&debs->items[i]);
	free(debs->items);
}

/* The last part of a path, which becomes a name in the manifest. NULL when it cannot be one. */
static const char *file_name(const char *path)
{
	const char *name = assay_path_name(path);

	return assay_rule_file_name(name) == NULL ? name : NULL;
}

static int parse_time(struct assay_span deb, uint64_t *out, struct assay_error *err)
{
	struct assay_span field = assay_span_sub(deb, AR_TIME_OFFSET, AR_TIME_LEN);
	size_t i = 0;

	if (!assay_span_starts(deb, AR_MAGIC, strlen(AR_MAGIC)))
		return assay_fail(err, ASSAY_E_FORMAT, "not a Debian package: no ar archive");
	*out = 0;
	for (; i < field.len && field.ptr[i] >= '0' && field.ptr[i] <= '9'; i++)
		*out = *out * 10 + (uint64_t)(field.ptr[i] - '0'); /* 12 digits fit */
	if (i == 0 || !assay_span_is_fill(assay_span_sub(field, i, field.len), ' '))
		return assay_fail(err, ASSAY_E_FORMAT, "its first member has no time");
	return 0;
}

/* deb(5): the control archive is there in one of these packings. */
static int read_control(struct assay_span deb, struct assay_bytes *out, struct assay_error *err)
{
	static const char *const members[] = { "control.tar.xz!/control",
		                               "control.tar.zst!/control",
		                               "control.tar.gz!/control", "control.tar!/control" };
	struct assay_error first = ASSAY_ERROR_INIT, other;

	if (assay_unpack_member(deb, members[0], NULL, out, &first) == 0)
		return 0;
	for (size_t i = 1; i < ASSAY_ARRAY_LEN(members); i++)
		if (assay_unpack_member(deb, members[i], NULL, out, &other) == 0)
			return 0;
	*err = first;
	return -1;
}

static char *needed_field(struct assay_span paragraph, const char *name, struct assay_error *err)
{
	char *value = assay_deb822_field(paragraph, name);

	if (value == NULL)
		(void)assay_fail(err, ASSAY_E_FORMAT, "control has no field %s", name);
	return value;
}

static int take_control(struct assay_span deb, struct assay_template_deb *out,
                        struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes control = { 0 };
	struct assay_span paragraph;
	bool is_signed;

	if (read_control(deb, &control, err) < 0)
		return -1;
	if (assay_deb822_open(assay_span_of_bytes(&control), &paragraph, &is_signed, err) < 0)
		return assay_fail_in(err, "control");
	out->package = needed_field(paragraph, "Package", err);
	out->version = needed_field(paragraph, "Version", err);
	out->architecture = needed_field(paragraph, "Architecture", err);
	return out->package != NULL && out->version != NULL && out->architecture != NULL ? 0 : -1;
}

static int read_deb(const char *path, struct assay_template_deb *out, struct assay_error *err)
{
	ASSAY_AUTO_MAP struct assay_map map = { 0 };

	if (assay_map_open(path, &map, err) < 0)
		return -1;
	if (parse_time(map.span, &out->time, err) < 0 || take_control(map.span, out, err) < 0)
		return assay_fail_in(err, "%s", path);
	assay_sha256(map.span, &out->sha256);
	out->size = map.span.len;
	return 0;
}

static int add_deb(struct debs *debs, const char *path, struct assay_error *err)
{
	const char *name = file_name(path);

	if (name == NULL)
		return assay_fail(err, ASSAY_E_USAGE, "%s: not the name of a file", path);
	for (size_t i = 0; i < debs->count; i++)
		if (strcmp(debs->items[i].file, name) == 0)
			return assay_fail(err, ASSAY_E_USAGE, "%s: a package is named twice", path);
	assay_grow(&debs->items, &debs->cap, debs->count, sizeof(*debs->items));
	debs->items[debs->count] = (struct assay_template_deb){ .file = assay_strdup(name) };
	return read_deb(path, &debs->items[debs->count++], err);
}

static int read_dsc(const char *path, struct assay_template *t, struct assay_dsc *dsc,
                    struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes text = { 0 };

	t->file = file_name(path);
	if (t->file == NULL)
		return assay_fail(err, ASSAY_E_USAGE, "%s: not the name of a file", path);
	if (assay_file_read(AT_FDCWD, path, ASSAY_DSC_MAX, &text, err) < 0)
		return -1;
	if (assay_dsc_parse(assay_span_of_bytes(&text), dsc, err) < 0)
		return assay_fail_in(err, "%s", path);
	assay_sha256(assay_span_of_bytes(&text), &t->sha256);
	t->size = text.len;
	t->dsc = dsc;
	return 0;
}

static int run(int argc, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_DSC struct assay_dsc dsc = { 0 };
	ASSAY_AUTO(free_debs) struct debs debs = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	struct assay_template t = { 0 };

	if (read_dsc(argv[0], &t, &dsc, err) < 0)
		return -1;
	for (int i = 1; i < argc; i++)
		if (add_deb(&debs, argv[i], err) < 0)
			return -1;
	t.debs = debs.items;
	t.deb_count = debs.count;
	assay_template_write(&t, &text);
	return assay_output_write(NULL, &text, err) < 0 ? -1 : ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_manifest_new = {
	.name = "manifest new",
	.args = "DSC [DEB…]",
	.summary =
		"write a manifest to start from, out of a source package and its binary packages",
	.example = "assay manifest new hello_2.10-3.dsc hello_2.10-3_amd64.deb >hello.yaml",
	.options = NULL,
	.min_args = 1,
	.max_args = -1,
	.run = run,
};
