/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of files: sha256sum(1) and mtree(5). */
#include "attest/export.h"

#include <inttypes.h>

#include "attest/document.h"
#include "attest/pack.h"
#include "base/quote.h"

static const struct assay_export exports[] = {
	{ "sha256sum", assay_export_sha256sum },
	{ "mtree", assay_export_mtree },
	{ "cyclonedx", assay_export_cyclonedx },
	{ "equivalence", assay_export_equivalence },
};

const struct assay_export *assay_export_find(const char *name)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(exports); i++)
		if (strcmp(exports[i].name, name) == 0)
			return &exports[i];
	return NULL;
}

bool assay_export_is(const struct assay_export_input *input, const char *predicate_type)
{
	return strcmp(input->statement->predicate_type, predicate_type) == 0;
}

int assay_export_says_yes(const struct assay_export_input *input, struct assay_error *err)
{
	const char *word = assay_field_or_empty(input->statement->predicate, "verdict");

	if (!assay_export_is(input, ASSAY_PREDICATE_VERDICT))
		return assay_fail(err, ASSAY_E_USAGE, "not a verdict");
	if (strcmp(word, "EQUIVALENT") == 0)
		return 0;
	return assay_fail(err, ASSAY_E_USAGE,
	                  "the verdict is %s, and this form can only say that all is well: use "
	                  "cyclonedx",
	                  *word != '\0' ? word : "missing");
}

/* --- names --------------------------------------------------------------------------------- */

/* The bytes that base/quote wrote down. What it would not have written stays as it is. */
static void unquote(const char *text, struct assay_buffer *out)
{
	if (assay_unquote(out, assay_span_of_str(text)))
		return;
	assay_buffer_fini(out);
	assay_buffer_add_str(out, text);
}

/* --- sha256sum ----------------------------------------------------------------------------- */

/* A name with a line end or a backslash is escaped, and the line begins with a backslash
 * (sha256sum(1) of coreutils). */
static void add_sum(const char *name, const char *sha256, struct assay_buffer *out)
{
	ASSAY_AUTO_BUFFER struct assay_buffer raw = { 0 };

	unquote(name, &raw);
	if (raw.len > 0 &&
	    (memchr(raw.ptr, '\n', raw.len) != NULL || memchr(raw.ptr, '\r', raw.len) != NULL ||
	     memchr(raw.ptr, '\\', raw.len) != NULL))
		assay_buffer_add_str(out, "\\");
	assay_buffer_printf(out, "%s  ", sha256);
	for (size_t i = 0; i < raw.len; i++) {
		const char *escaped = raw.ptr[i] == '\n'   ? "\\n"
		                      : raw.ptr[i] == '\r' ? "\\r"
		                      : raw.ptr[i] == '\\' ? "\\\\"
		                                           : NULL;

		if (escaped != NULL)
			assay_buffer_add_str(out, escaped);
		else
			assay_buffer_add(out, raw.ptr + i, 1);
	}
	assay_buffer_add_str(out, "\n");
}

static void add_subjects(const struct assay_export_input *input, struct assay_buffer *out)
{
	const json_t *subjects = input->statement->subjects;

	for (size_t i = 0; i < json_array_size(subjects); i++) {
		const json_t *subject = json_array_get(subjects, i);
		const char *sha256 =
			assay_field_or_empty(json_object_get(subject, "digest"), "sha256");

		if (*sha256 != '\0')
			add_sum(assay_field_or_empty(subject, "name"), sha256, out);
	}
}

static int read_pack(const struct assay_export_input *input, struct assay_reference *out,
                     struct assay_error *err)
{
	if (assay_pack_parse(input->statement->predicate, out, err) < 0)
		return -1;
	if (out->tree_count > 1)
		return assay_fail(err, ASSAY_E_USAGE,
		                  "the pack has %zu trees, and this form has no names for them",
		                  out->tree_count);
	return 0;
}

int assay_export_sha256sum(const struct assay_export_input *input, struct assay_buffer *out,
                           struct assay_error *err)
{
	ASSAY_AUTO_REFERENCE struct assay_reference pack = { 0 };

	if (!assay_export_is(input, ASSAY_PREDICATE_REFERENCE)) {
		if (assay_export_says_yes(input, err) < 0)
			return -1;
		add_subjects(input, out);
		return 0;
	}
	if (read_pack(input, &pack, err) < 0)
		return -1;
	if (pack.tree_count == 0)
		add_subjects(input, out);
	for (size_t i = 0; i < pack.tree_count; i++)
		for (size_t k = 0; k < pack.trees[i].files.count; k++) {
			const struct assay_reference_file *file = &pack.trees[i].files.items[k];
			char hex[ASSAY_SHA256_HEX];

			assay_sha256_hex(&file->sha256, hex);
			if (file->type == ASSAY_FILE_REGULAR &&
			    assay_reference_excluded(&pack.trees[i], file->path) == NULL)
				add_sum(file->path, hex, out);
		}
	return 0;
}

/* --- mtree --------------------------------------------------------------------------------- */

/* Source: mtree(5): what is not a plain character is a backslash and three octal digits. */
static void add_encoded(const char *text, struct assay_buffer *out)
{
	ASSAY_AUTO_BUFFER struct assay_buffer raw = { 0 };

	unquote(text, &raw);
	for (size_t i = 0; i < raw.len; i++) {
		uint8_t c = (uint8_t)raw.ptr[i];

		if (c > ' ' && c < 0x7f && strchr("\\#*?[=", c) == NULL)
			assay_buffer_printf(out, "%c", c);
		else
			assay_buffer_printf(out, "\\%03o", c);
	}
}

static const char *mtree_type(enum assay_file_type type)
{
	static const char *const names[] = {
		[ASSAY_FILE_REGULAR] = "file",  [ASSAY_FILE_FOLDER] = "dir",
		[ASSAY_FILE_SYMLINK] = "link",  [ASSAY_FILE_CHARACTER] = "char",
		[ASSAY_FILE_BLOCK] = "block",   [ASSAY_FILE_FIFO] = "fifo",
		[ASSAY_FILE_SOCKET] = "socket",
	};

	return names[type];
}

static void add_file(const struct assay_reference_file *file, struct assay_buffer *out)
{
	char hex[ASSAY_SHA256_HEX];

	assay_buffer_add_str(out, *file->path != '\0' ? "./" : ".");
	add_encoded(file->path, out);
	assay_buffer_printf(out, " type=%s mode=%04o uid=%" PRIu64 " gid=%" PRIu64,
	                    mtree_type(file->type), (unsigned)file->mode, file->uid, file->gid);
	if (file->type == ASSAY_FILE_REGULAR) {
		assay_sha256_hex(&file->sha256, hex);
		assay_buffer_printf(out, " size=%" PRIu64 " sha256digest=%s", file->size, hex);
	}
	if (file->type == ASSAY_FILE_SYMLINK) {
		assay_buffer_add_str(out, " link=");
		add_encoded(file->link, out);
	}
	if (file->type == ASSAY_FILE_CHARACTER || file->type == ASSAY_FILE_BLOCK)
		assay_buffer_printf(out, " device=linux,%" PRIu64 ",%" PRIu64, file->device >> 32,
		                    file->device & UINT32_MAX);
	assay_buffer_add_str(out, "\n");
}

/* What has no word in the format. */
static void add_unsaid(const struct assay_reference_file *file, struct assay_buffer *out)
{
	if (file->capability == NULL && file->attributes.count == 0)
		return;
	assay_buffer_add_str(out, "# extended attributes not told: ");
	add_encoded(file->path, out);
	assay_buffer_add_str(out, "\n");
}

/* An exclusion is told: a list that leaves something out without a word would say too much. */
static void add_tree(const struct assay_reference_tree *tree, struct assay_buffer *out)
{
	for (size_t i = 0; i < tree->exclusion_count; i++) {
		assay_buffer_add_str(out, "# excluded: ");
		add_encoded(tree->exclusions[i].path, out);
		assay_buffer_add_str(out, "\n");
	}
	for (size_t i = 0; i < tree->files.count; i++)
		if (assay_reference_excluded(tree, tree->files.items[i].path) == NULL) {
			add_unsaid(&tree->files.items[i], out);
			add_file(&tree->files.items[i], out);
		}
}

int assay_export_mtree(const struct assay_export_input *input, struct assay_buffer *out,
                       struct assay_error *err)
{
	ASSAY_AUTO_REFERENCE struct assay_reference pack = { 0 };

	if (!assay_export_is(input, ASSAY_PREDICATE_REFERENCE))
		return assay_fail(err, ASSAY_E_USAGE,
		                  "a verdict has no files: export a reference pack");
	if (read_pack(input, &pack, err) < 0)
		return -1;
	if (pack.tree_count == 0)
		return assay_fail(err, ASSAY_E_USAGE, "the pack has no tree");
	assay_buffer_add_str(out, "#mtree\n");
	add_tree(&pack.trees[0], out);
	return 0;
}
