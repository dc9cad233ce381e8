/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/inspect.h"

#include "base/memory.h"
#include "base/quote.h"
#include "compare/container.h"
#include "compare/deb.h"
#include "compare/elfcmp/inspect.h"
#include "compare/image/inspect.h"
#include "compare/parts.h"
#include "elf/elf.h"
#include "formats/attribute.h"
#include "formats/content.h"
#include "formats/disk/flash.h"
#include "formats/readers.h"

struct job {
	struct assay_inspection *out;
	const struct assay_flash_layout *layout; /* of the outermost file; NULL: there is none */
	struct assay_budget budget;
};

/* One artefact, and where it stands. */
struct place {
	const char *path;
	struct assay_span span;
	unsigned depth;
	uint64_t offset; /* in the artefact around it */
	bool has_offset;
};

static int inspect_place(struct job *job, const struct place *place, struct assay_error *err);

static const char *const kinds[] = {
	[ASSAY_ROLE_FIXED] = "fixed",       [ASSAY_ROLE_SIZE] = "size",
	[ASSAY_ROLE_CHECK] = "checksum",    [ASSAY_ROLE_PACKING] = "packing",
	[ASSAY_ROLE_CONTENT] = "content",   [ASSAY_ROLE_STREAM] = "stream",
	[ASSAY_ROLE_FILL] = "fill",         [ASSAY_ROLE_OPAQUE] = "opaque",
	[ASSAY_ROLE_METADATA] = "metadata",
};

/* The name of the member and of the part. Owner: caller frees. */
static char *say_part(const struct assay_contents *contents, const struct assay_part *part,
                      const char *what)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	const char *name = part->entry == ASSAY_NO_ENTRY ? "" : contents->entries[part->entry].name;

	assay_quote(&text, assay_span_of_str(name));
	assay_buffer_printf(&text, "%s%s", text.len > 0 ? ": " : "", what);
	return assay_strdup(assay_buffer_str(&text));
}

static void add_range(const struct assay_contents *contents, const struct assay_part *part,
                      struct assay_inspected *out)
{
	struct assay_inspected_range *range;

	if (part->length == 0)
		return;
	range = assay_inspected_add(out, kinds[part->role], part->length);
	range->what = say_part(contents, part, part->what);
	range->rule = assay_part_rule(contents, part);
}

static void add_part(const struct assay_contents *contents, const struct assay_part *part,
                     struct assay_inspected *out)
{
	if (part->fields == NULL) {
		add_range(contents, part, out);
		return;
	}
	for (size_t i = 0; part->fields[i].what != NULL; i++) {
		struct assay_part field = assay_part_field(part, i);

		add_range(contents, &field, out);
	}
}

/* A member without the content that it should have. */
static int add_unreadable(struct job *job, const struct place *place, const struct assay_error *why,
                          struct assay_error *err)
{
	size_t index = assay_inspection_add(job->out, place->path, place->depth, place->span);

	if (why->code != ASSAY_E_FORMAT && why->code != ASSAY_E_LIMIT) {
		*err = *why;
		return -1;
	}
	job->out->artefacts[index].trouble = assay_strdup(why->text);
	return 0;
}

static int inspect_entry(struct job *job, struct assay_contents *contents, size_t index,
                         const struct place *around, struct assay_error *err)
{
	const struct assay_entry *entry = &contents->entries[index];
	ASSAY_AUTO_FREE char *path = NULL;
	ASSAY_AUTO_CONTENT struct assay_content content = { 0 };
	struct place place = { .depth = around->depth + 1 };
	struct assay_error why = ASSAY_ERROR_INIT;

	if (!assay_entry_has_content(entry))
		return 0;
	path = assay_container_path(around->path, entry);
	place.path = path;
	if (assay_content_open(contents, index, &job->budget, &content, &why) < 0)
		return add_unreadable(job, &place, &why, err);
	place.span = content.span;
	for (size_t i = 0; i < entry->part_count; i++) {
		const struct assay_part *part = &contents->parts[entry->first_part + i];

		if (part->role == ASSAY_ROLE_CONTENT && part->fields == NULL) {
			place.offset = part->offset;
			place.has_offset = true;
		}
	}
	return inspect_place(job, &place, err);
}

static int read_container(struct job *job, const struct place *place,
                          const struct assay_reader *reader, struct assay_contents *out,
                          struct assay_error *err)
{
	if (place->depth >= job->budget.limits.depth)
		return assay_fail(err, ASSAY_E_LIMIT, "containers more than %u deep",
		                  job->budget.limits.depth);
	if (job->layout != NULL && place->depth == 0)
		return assay_flash_read(job->layout, place->span, &job->budget, out, err);
	return assay_contents_read(reader, place->span, &job->budget, out, err);
}

static int by_offset(const void *a, const void *b)
{
	const struct assay_part *x = *(const struct assay_part *const *)a;
	const struct assay_part *y = *(const struct assay_part *const *)b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* "bin/x: xattr user.label: good" */
static void add_attribute(const struct assay_contents *contents,
                          const struct assay_attribute *attribute, struct assay_inspected *out)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	const char *name =
		attribute->entry == ASSAY_NO_ENTRY ? "" : contents->entries[attribute->entry].name;

	assay_quote(&text, assay_span_of_str(name));
	assay_buffer_printf(&text, "%s%s", text.len > 0 ? ": " : "", attribute->key);
	assay_buffer_add(&text, " ", attribute->name.len > 0);
	assay_quote(&text, attribute->name);
	assay_buffer_add_str(&text, ": ");
	assay_attribute_say(&text, attribute);
	assay_strings_add(&out->attributes, assay_buffer_str(&text));
}

/* Those of one entry stand together in the contents, wherever they are in the file. */
static void add_parts(struct assay_contents *contents, struct assay_inspected *out)
{
	struct assay_container container = { NULL, contents, contents };
	ASSAY_AUTO_FREE const struct assay_part **sorted =
		assay_calloc(contents->part_count + 1, sizeof(struct assay_part *));

	out->format = assay_deb_is(&container) ? "deb" : assay_contents_format(contents);
	out->about = assay_asprintf("%zu member%s", contents->entry_count,
	                            contents->entry_count == 1 ? "" : "s");
	if (contents->partial != NULL)
		out->trouble = assay_asprintf("not read to its end: %s", contents->partial);
	for (size_t i = 0; i < contents->attribute_count; i++)
		add_attribute(contents, &contents->attributes[i], out);
	for (size_t i = 0; i < contents->part_count; i++)
		sorted[i] = &contents->parts[i];
	qsort(sorted, contents->part_count, sizeof(*sorted), by_offset);
	for (size_t i = 0; i < contents->part_count; i++)
		if (sorted[i]->length > 0)
			add_part(contents, sorted[i], out);
}

static int inspect_container(struct job *job, const struct place *place, size_t index,
                             const struct assay_reader *reader, struct assay_error *err)
{
	ASSAY_AUTO_CONTENTS struct assay_contents contents = { 0 };
	struct assay_inspected *out = &job->out->artefacts[index];
	struct assay_error why = ASSAY_ERROR_INIT;

	out->format = reader->name;
	if (read_container(job, place, reader, &contents, &why) < 0) {
		if (why.code != ASSAY_E_FORMAT && why.code != ASSAY_E_LIMIT) {
			*err = why;
			return -1;
		}
		out->trouble = assay_asprintf("cannot be read as %s: %s%s", reader->name,
		                              why.code == ASSAY_E_LIMIT ? "limit: " : "", why.text);
		return 0;
	}
	add_parts(&contents, out);
	for (size_t i = 0; i < contents.entry_count; i++)
		if (inspect_entry(job, &contents, i, place, err) < 0)
			return -1;
	return 0;
}

/* The depth of the recursion is the depth limit of the budget. */
static int inspect_place(struct job *job, const struct place *place, struct assay_error *err)
{
	const struct assay_reader *reader = assay_reader_for(place->span);
	size_t index = assay_inspection_add(job->out, place->path, place->depth, place->span);
	struct assay_inspected *out = &job->out->artefacts[index];

	if (job->layout != NULL && place->depth == 0)
		reader = &assay_reader_flash;
	out->offset = place->offset;
	out->has_offset = place->has_offset;
	if (reader != NULL) {
		if (inspect_container(job, place, index, reader, err) < 0)
			return -1;
	} else if (assay_elf_is(place->span)) {
		assay_elf_inspect(place->span, out);
	} else if (assay_image_is_flat(place->span)) {
		assay_image_inspect(place->span, &job->budget, out);
	}
	/* The list may have moved meanwhile. */
	assay_inspected_add_rest(&job->out->artefacts[index], "bytes");
	return 0;
}

int assay_inspect(struct assay_span file, const struct assay_unpack_limits *limits,
                  const struct assay_flash_layout *layout, struct assay_inspection *out,
                  struct assay_error *err)
{
	struct job job = { .out = out,
		           .layout = layout,
		           .budget = assay_budget_for(limits, file.len) };

	if (inspect_place(&job, &(struct place){ .path = "", .span = file }, err) < 0)
		return -1;
	return assay_inspection_check(out, err);
}
