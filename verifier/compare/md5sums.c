/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/quote.h"
#include "compare/deb.h"

#define RULE "deb/md5sums@1"
#define MD5_HEX 32

/* An entry of data.tar. What is no file takes part too: it may stand in a file's place. */
struct file {
	char *name; /* as plain_name makes it; owned */
	char *link; /* of a hard link: the file it is; owned */
	bool on[2]; /* on which sides it is: delivered, rebuilt */
	uint8_t digest[2][ASSAY_MD5_SIZE];
	enum assay_class class; /* of the pair of contents */
};

struct assay_md5sums {
	struct file *files; /* sorted by name once complete */
	size_t count, cap;
	bool complete;
};

/* One line of the file md5sums. Spans are borrowed. */
struct line {
	uint64_t offset; /* of the line in the file */
	struct assay_span digits;
	struct assay_span name;
};

struct lines {
	struct line *items;
	size_t count, cap;
};

struct assay_md5sums *assay_md5sums_new(void)
{
	return assay_calloc(1, sizeof(struct assay_md5sums));
}

void assay_md5sums_free(struct assay_md5sums *md5sums)
{
	if (md5sums == NULL)
		return;
	for (size_t i = 0; i < md5sums->count; i++) {
		free(md5sums->files[i].name);
		free(md5sums->files[i].link);
	}
	free(md5sums->files);
	free(md5sums);
}

/* A name as a program that unpacks it would see it: "./a//b/" is "a/b". Owner: caller frees. */
static char *plain_name(const char *name)
{
	struct assay_buffer out = { 0 };

	while (*name != '\0') {
		size_t len = strcspn(name, "/");

		if (len > 0 && !(len == 1 && *name == '.')) {
			assay_buffer_add_str(&out, out.len > 0 ? "/" : "");
			assay_buffer_add(&out, name, len);
		}
		name += len + (name[len] == '/');
	}
	assay_buffer_add(&out, "", 0);
	return out.ptr;
}

bool assay_md5sums_is(const char *name)
{
	ASSAY_AUTO_FREE char *plain = plain_name(name);

	return strcmp(plain, "md5sums") == 0;
}

static bool is_file(const struct assay_entry *entry)
{
	return entry != NULL &&
	       (entry->type == ASSAY_ENTRY_FILE || entry->type == ASSAY_ENTRY_LINK);
}

void assay_md5sums_note(struct assay_md5sums *md5sums, const struct assay_entry *delivered,
                        const struct assay_entry *rebuilt, enum assay_class class)
{
	const struct assay_entry *sides[2] = { delivered, rebuilt };
	struct file *file;

	assay_grow(&md5sums->files, &md5sums->cap, md5sums->count, sizeof(*md5sums->files));
	file = &md5sums->files[md5sums->count++];
	*file = (struct file){ .class = class };
	for (int i = 0; i < 2; i++) {
		if (sides[i] != NULL && file->name == NULL)
			file->name = plain_name(sides[i]->name);
		if (!is_file(sides[i]))
			continue;
		if (file->link == NULL && sides[i]->type == ASSAY_ENTRY_LINK &&
		    sides[i]->link != NULL)
			file->link = plain_name(sides[i]->link);
		file->on[i] = true;
		if (i == 1 && file->on[0] && class == ASSAY_CLASS_IDENTICAL)
			memcpy(file->digest[1], file->digest[0], ASSAY_MD5_SIZE);
		else
			assay_md5(sides[i]->content, file->digest[i]);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

void assay_md5sums_complete(struct assay_md5sums *md5sums)
{
	if (md5sums->count > 0)
		qsort(md5sums->files, md5sums->count, sizeof(*md5sums->files), by_name);
	md5sums->complete = true;
}

/* The one file of a name. A name that is there twice is none: programs disagree on which counts. */
static const struct file *find_file(const struct assay_md5sums *md5sums, const char *name)
{
	size_t low = 0, high = md5sums->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(md5sums->files[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low >= md5sums->count || strcmp(md5sums->files[low].name, name) != 0)
		return NULL;
	if (low + 1 < md5sums->count && strcmp(md5sums->files[low + 1].name, name) == 0)
		return NULL;
	return &md5sums->files[low];
}

/* The file that a line describes: itself, or what it is a hard link to. */
static const struct file *find_described(const struct assay_md5sums *md5sums,
                                         struct assay_span name)
{
	ASSAY_AUTO_FREE char *text = assay_strndup((const char *)name.ptr, name.len);
	const struct file *file = find_file(md5sums, text);

	if (file != NULL && file->link != NULL)
		file = find_file(md5sums, file->link);
	return file != NULL && file->link == NULL ? file : NULL;
}

/* "DIGEST  NAME\n": lower-case digits, two spaces, a name without escapes. Return: its length */
static size_t parse_line(struct assay_span rest, struct line *out)
{
	const uint8_t *end = memchr(rest.ptr, '\n', rest.len);
	uint8_t digest[ASSAY_MD5_SIZE];
	size_t len;

	if (end == NULL)
		return 0;
	len = (size_t)(end - rest.ptr) + 1;
	if (len < MD5_HEX + 4 || memcmp(rest.ptr + MD5_HEX, "  ", 2) != 0)
		return 0;
	out->digits = assay_span_sub(rest, 0, MD5_HEX);
	out->name = assay_span_sub(rest, MD5_HEX + 2, len - MD5_HEX - 3);
	if (!assay_span_parse_hex(out->digits, digest, sizeof(digest)) ||
	    memchr(out->name.ptr, '\0', out->name.len) != NULL)
		return 0;
	return len;
}

/* Return: false when any byte is not understood */
static bool parse_lines(struct assay_span text, struct lines *out)
{
	uint64_t offset = 0;

	while (offset < text.len) {
		struct line line = { .offset = offset };
		size_t len = parse_line(assay_span_sub(text, offset, text.len), &line);

		if (len == 0)
			return false;
		offset += len;
		assay_grow(&out->items, &out->cap, out->count, sizeof(*out->items));
		out->items[out->count++] = line;
	}
	return true;
}

/* Whether a line says the truth about its own side; a finding if not. */
static bool check_line(const struct assay_md5sums *md5sums, struct assay_node *node,
                       const struct line *line, int side)
{
	static const char *const sides[] = { "delivered", "rebuilt" };
	const struct file *file = find_described(md5sums, line->name);
	struct assay_finding place = assay_node_place(node, side == 0 ? line->offset : 0, 0,
	                                              ASSAY_CLASS_UNEXPLAINED, NULL);
	ASSAY_AUTO_BUFFER struct assay_buffer name = { 0 };
	uint8_t digest[ASSAY_MD5_SIZE] = { 0 };

	(void)assay_span_parse_hex(line->digits, digest, sizeof(digest));
	if (file != NULL && file->on[side] &&
	    memcmp(file->digest[side], digest, ASSAY_MD5_SIZE) == 0)
		return true;
	assay_quote(&name, line->name);
	(void)assay_comparison_find(assay_node_found(node), &place,
	                            "%s: the digest is not that of the %s member",
	                            assay_buffer_str(&name), sides[side]);
	return false;
}

/* Every line of one side, when it cannot be held against the other. */
static void check_lines(const struct assay_md5sums *md5sums, struct assay_node *node,
                        const struct lines *lines, int side)
{
	for (size_t i = 0; i < lines->count; i++)
		(void)check_line(md5sums, node, &lines->items[i], side);
}

/* Whether both sides have the same names in the same order, so that lines stand at one place. */
static bool same_names(const struct lines *a, const struct lines *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!assay_span_equal(a->items[i].name, b->items[i].name))
			return false;
	return true;
}

static void compare_line(const struct assay_md5sums *md5sums, struct assay_node *node,
                         const struct line *a, const struct line *b)
{
	const struct file *file = find_described(md5sums, a->name);
	struct assay_run run = { a->offset, MD5_HEX, b->offset, MD5_HEX, 0, true };
	bool is_true = check_line(md5sums, node, a, 0);
	ASSAY_AUTO_BUFFER struct assay_buffer name = { 0 };

	is_true = check_line(md5sums, node, b, 1) && is_true;
	/* Two true digests of one content cannot differ; should they, nothing explains it. */
	is_true = is_true && file->class != ASSAY_CLASS_IDENTICAL;
	if (assay_span_equal(a->digits, b->digits))
		return;
	if (is_true && file->class == ASSAY_CLASS_UNEXPLAINED)
		return; /* follows from the member, which has findings of its own */
	if (is_true)
		assay_ledger_explain(&node->ledger, a->offset, MD5_HEX, file->class, RULE);
	assay_quote(&name, a->name);
	(void)assay_node_find_run(node, &run, is_true ? file->class : ASSAY_CLASS_UNEXPLAINED, RULE,
	                          assay_buffer_str(&name));
}

/*
 * The rebuilt file with the digests of the delivered members in it: what it is when these have
 * other values only by transplants. The container around it holds that against the delivered one.
 */
static void make_image(const struct assay_md5sums *md5sums, struct assay_node *node,
                       const struct lines *lines)
{
	static const char hex[] = "0123456789abcdef";
	uint8_t *image = assay_calloc(node->rebuilt.len, 1);

	memcpy(image, node->rebuilt.ptr, node->rebuilt.len);
	node->image = (struct assay_bytes){ image, node->rebuilt.len };
	for (size_t i = 0; i < lines->count; i++) {
		const struct file *file = find_described(md5sums, lines->items[i].name);
		uint8_t *digits = image + lines->items[i].offset;

		for (size_t k = 0; file != NULL && k < MD5_HEX; k++)
			digits[k] =
				(uint8_t)hex[file->digest[0][k / 2] >> (k % 2 == 0 ? 4 : 0) & 0xf];
	}
}

static void compare_lines(const struct assay_md5sums *md5sums, struct assay_node *node,
                          const struct lines *a, const struct lines *b)
{
	assay_ledger_compare(&node->ledger, 0, node->delivered.ptr, node->rebuilt.ptr,
	                     node->delivered.len);
	for (size_t i = 0; i < a->count; i++)
		compare_line(md5sums, node, &a->items[i], &b->items[i]);
	if (assay_node_worst(node) == ASSAY_CLASS_TRANSPLANTED)
		make_image(md5sums, node, b);
}

void assay_md5sums_compare(struct assay_md5sums *md5sums, struct assay_node *node)
{
	struct lines a = { 0 }, b = { 0 };
	bool read_a, read_b;

	node->format = "md5sums";
	read_a = md5sums->complete && parse_lines(node->delivered, &a);
	read_b = md5sums->complete && parse_lines(node->rebuilt, &b);
	if (read_a && read_b && same_names(&a, &b)) {
		compare_lines(md5sums, node, &a, &b);
	} else {
		if (read_a)
			check_lines(md5sums, node, &a, 0);
		if (read_b)
			check_lines(md5sums, node, &b, 1);
		if (!assay_span_equal(node->delivered, node->rebuilt))
			assay_node_compare_bytes(node);
	}
	free(a.items);
	free(b.items);
}
