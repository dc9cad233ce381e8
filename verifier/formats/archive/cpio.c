/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cpio archives: newc, crc, odc and the old binary form; several in a row, as a kernel takes them
 * for its first file system, and what is compressed behind them.
 *
 * Source: see cpio_header.h; Linux init/initramfs.c: zeros between archives are skipped, hard links
 *         are members with equal inode, device and type and more than one link, and are forgotten
 *         at a trailer.
 * Limits: a member that is a hard link has the content that stands with it, often none; a kernel
 *         gives all of them that of the one that has some.
 */
#include <ctype.h>

#include "base/memory.h"
#include "formats/archive/cpio_header.h"
#include "formats/contents.h"
#include "formats/readers.h"

#define TRAILER "TRAILER!!!"
#define NAME_MAX_BYTES 65536 /* ours; a kernel takes 4096 */
#define KERNEL_ALIGN 4       /* bytes; init/initramfs.c: do_reset, unpack_to_rootfs */

/* Members of one archive that may have hard links, for who is one of whom. */
struct link {
	uint64_t dev;
	uint32_t ino;
	size_t entry;
};

struct links {
	struct link *items;
	size_t count, cap;
};

/* The two bytes of the old magic stand in many files: there the whole header has to make sense. */
static bool probe(struct assay_span span)
{
	struct assay_error ignored = ASSAY_ERROR_INIT;
	struct assay_cpio_header header;
	struct assay_span name;

	if (assay_cpio_form_of(span) == NULL)
		return false;
	if (isdigit(span.ptr[0]))
		return true;
	if (assay_cpio_header(span, &header, &ignored) < 0)
		return false;
	name = assay_span_sub(span, header.form->length, header.name_size);
	return name.len > 1 && name.len == header.name_size && name.ptr[name.len - 1] == '\0' &&
	       isprint(name.ptr[0]);
}

/* In: start of the archive, from which padding counts */
static int add_padding(struct assay_contents *out, size_t entry, uint64_t start, uint8_t align,
                       struct assay_error *err)
{
	uint64_t padding = (align - (out->end - start) % align) % align;

	if (padding > assay_contents_rest(out).len)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "cut short in the padding");
	assay_contents_fill(out, entry, "padding", padding, 0);
	return 0;
}

/* The name behind a header, without its NUL. */
static int take_name(const struct assay_contents *out, const struct assay_cpio_header *header,
                     struct assay_span *name, struct assay_error *err)
{
	struct assay_span rest = assay_contents_rest(out);

	*name = assay_span_sub(rest, header->form->length, header->name_size);
	if (name->len != header->name_size || name->len < 2 || name->len > NAME_MAX_BYTES ||
	    name->ptr[name->len - 1] != '\0')
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "no name");
	name->len--;
	return 0;
}

static void note_link(const struct assay_cpio_header *header, size_t entry, struct links *links)
{
	if (header->nlink < 2)
		return;
	assay_grow(&links->items, &links->cap, links->count, sizeof(*links->items));
	links->items[links->count++] = (struct link){ header->dev, header->ino, entry };
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* By the numbers alone: libarchive takes members of different types for links of one file, too. */
static int compare_links(const struct link *a, const struct link *b)
{
	int order = compare_numbers(a->dev, b->dev);

	return order != 0 ? order : compare_numbers(a->ino, b->ino);
}

static int by_file(const void *a, const void *b)
{
	const struct link *x = a, *y = b;
	int order = compare_links(x, y);

	return order != 0 ? order : compare_numbers(x->entry, y->entry);
}

/* Hard links of one archive have the first of them as an attribute. */
static void add_links(struct assay_contents *out, struct links *links)
{
	size_t first = 0;

	if (links->count > 0)
		qsort(links->items, links->count, sizeof(*links->items), by_file);
	for (size_t i = 0; i < links->count; i++) {
		if (compare_links(&links->items[first], &links->items[i]) != 0)
			first = i;
		assay_contents_number(out, links->items[i].entry, "hard link of", ASSAY_FORM_ENTRY,
		                      links->items[first].entry);
	}
}

static int by_number(const void *a, const void *b)
{
	const struct link *x = a, *y = b;
	int order = compare_numbers(x->ino, y->ino);

	return order != 0 ? order : by_file(a, b);
}

/*
 * BusyBox 1.35 takes members with one inode number for links of one file, whatever their devices are
 * (archival/libarchive/get_header_cpio.c). Where these differ, who has whose number is an attribute.
 */
static void add_numbers(struct assay_contents *out, struct links *links)
{
	if (links->count > 0)
		qsort(links->items, links->count, sizeof(*links->items), by_number);
	for (size_t first = 0, next; first < links->count; first = next) {
		const struct link *items = links->items;
		size_t least = items[first].entry;

		for (next = first + 1; next < links->count && items[next].ino == items[first].ino;
		     next++)
			least = items[next].entry < least ? items[next].entry : least;
		for (size_t i = first; items[first].dev != items[next - 1].dev && i < next; i++)
			assay_contents_number(out, items[i].entry, "inode number of",
			                      ASSAY_FORM_ENTRY, least);
	}
}

/* Content of a file, or the target of a link; nothing else has any. */
static int add_content(struct assay_contents *out, const struct assay_cpio_header *header,
                       struct assay_error *err)
{
	size_t index = out->entry_count - 1;
	struct assay_entry *entry = &out->entries[index];
	struct assay_span content = assay_span_sub(assay_contents_rest(out), 0, header->size);

	if (content.len != header->size)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "a member past the end");
	if (header->form->check && assay_cpio_sum(content) != header->check &&
	    entry->type == ASSAY_ENTRY_FILE)
		assay_contents_false(out, index, "sum", out->end - header->form->length, 8);
	if (entry->type == ASSAY_ENTRY_FILE) {
		entry->content = content;
		(void)assay_contents_part(out, index, ASSAY_ROLE_CONTENT, "content", content.len);
		return 0;
	}
	if (content.len > 0 && entry->type != ASSAY_ENTRY_SYMLINK)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end,
		                     "content behind a member that should have none");
	if (entry->type == ASSAY_ENTRY_SYMLINK &&
	    assay_contents_text(out, &entry->link, content, err) < 0)
		return -1;
	if (content.len > 0)
		(void)assay_contents_part(out, index, ASSAY_ROLE_FIXED, "link target", content.len);
	return 0;
}

/* cpio(5) and POSIX: the bits of st_mode */
static int set_type(struct assay_entry *entry, uint32_t mode, struct assay_error *err)
{
	if (assay_entry_type_of(mode, &entry->type))
		return 0;
	return assay_fail(err, ASSAY_E_FORMAT, "unknown type of member: mode 0%o", mode);
}

static int read_member(struct assay_budget *budget, struct assay_contents *out,
                       const struct assay_cpio_header *header, uint64_t start, struct links *links,
                       struct assay_error *err)
{
	const struct assay_cpio_form *form = header->form;
	size_t index = out->entry_count;
	struct assay_span name;

	if (take_name(out, header, &name, err) < 0 ||
	    assay_contents_entry(out, budget, ASSAY_ENTRY_OTHER, err) < 0 ||
	    assay_contents_text(out, &out->entries[index].name, name, err) < 0 ||
	    set_type(&out->entries[index], header->mode, err) < 0)
		return -1;
	assay_contents_fields(out, index, "header", form->fields);
	(void)assay_contents_part(out, index, ASSAY_ROLE_FIXED, "name", header->name_size);
	note_link(header, index, links);
	if (add_padding(out, index, start, form->align, err) < 0 ||
	    add_content(out, header, err) < 0)
		return -1;
	return add_padding(out, index, start, form->align, err);
}

/* The member that ends an archive must have nothing but its name. */
static int read_trailer(struct assay_contents *out, const struct assay_cpio_header *header,
                        uint64_t start, struct assay_error *err)
{
	const struct assay_cpio_form *form = header->form;

	if (header->size != 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "a trailer with content");
	(void)assay_contents_part(out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED, "trailer",
	                          form->length + header->name_size);
	return add_padding(out, ASSAY_NO_ENTRY, start, form->align, err);
}

/* Return: 1, 0 behind the trailer, -1 */
static int read_next(struct assay_budget *budget, struct assay_contents *out, uint64_t start,
                     struct links *links, struct assay_error *err)
{
	struct assay_cpio_header header;
	struct assay_span name;

	if (assay_cpio_header(assay_contents_rest(out), &header, err) < 0 ||
	    take_name(out, &header, &name, err) < 0)
		return -1;
	if (assay_span_is(name, TRAILER))
		return read_trailer(out, &header, start, err);
	return read_member(budget, out, &header, start, links, err) < 0 ? -1 : 1;
}

static int read_archive(struct assay_budget *budget, struct assay_contents *out,
                        struct assay_error *err)
{
	struct links links = { 0 };
	uint64_t start = out->end;
	int got = 1;

	while (got > 0)
		got = read_next(budget, out, start, &links, err);
	add_links(out, &links);
	add_numbers(out, &links);
	free(links.items);
	return got;
}

/*
 * Zeros between and behind archives. A kernel takes an archive only at a multiple of 4, and does
 * not unpack what it does not take: how many zeros there are counts in front of one that is not.
 */
static void read_zeros(struct assay_contents *out)
{
	struct assay_span rest = assay_contents_rest(out);
	size_t zeros = 0;

	while (zeros < rest.len && rest.ptr[zeros] == 0)
		zeros++;
	if (zeros < rest.len && (out->end + zeros) % KERNEL_ALIGN != 0)
		(void)assay_contents_part(out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED,
		                          "zeros behind the archive", zeros);
	else
		assay_contents_fill(out, ASSAY_NO_ENTRY, "zeros behind the archive", zeros, 0);
}

/* What is not cpio behind an archive, and can be read: a kernel unpacks it into the same place. */
static int read_rest(struct assay_budget *budget, struct assay_contents *out,
                     struct assay_error *err)
{
	struct assay_span rest = assay_contents_rest(out);

	if (rest.len == 0)
		return 0;
	if (assay_reader_for(rest) == NULL) {
		assay_contents_trailing(out, ASSAY_NO_ENTRY);
		return 0;
	}
	if (assay_contents_entry(out, budget, ASSAY_ENTRY_STREAM, err) < 0)
		return -1;
	assay_contents_newest(out)->content = rest;
	(void)assay_contents_part(out, out->entry_count - 1, ASSAY_ROLE_CONTENT,
	                          "what stands behind", rest.len);
	return 0;
}

static int read_cpio(struct assay_budget *budget, struct assay_contents *out,
                     struct assay_error *err)
{
	while (probe(assay_contents_rest(out))) {
		if (read_archive(budget, out, err) < 0)
			return assay_fail_in(err, "entry %zu", out->entry_count);
		read_zeros(out);
	}
	return read_rest(budget, out, err);
}

static void recompute(const struct assay_contents *contents, uint8_t *image)
{
	static const char hex[] = "0123456789abcdef";
	uint8_t *header = NULL;

	for (size_t i = 0; i < contents->part_count; i++) {
		const struct assay_part *part = &contents->parts[i];
		uint32_t sum;

		if (strcmp(part->what, "header") == 0)
			header = image + part->offset;
		if (part->role != ASSAY_ROLE_CONTENT || header == NULL ||
		    memcmp(header, "070702", 6) != 0)
			continue;
		sum = assay_cpio_sum(assay_span_of(image + part->offset, part->length));
		for (unsigned digit = 0; digit < 8; digit++)
			header[109 - digit] = (uint8_t)hex[sum >> (4 * digit) & 0xf];
	}
}

const struct assay_reader assay_reader_cpio = {
	.name = "cpio",
	.repack_rule = "cpio/repacked@1",
	.probe = probe,
	.read = read_cpio,
	.recompute = recompute,
};
