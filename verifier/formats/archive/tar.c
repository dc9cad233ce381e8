/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tar archives: ustar, GNU long names, pax.
 *
 * Source: see tar_header.h.
 * Limits: multi-volume archives and vendors' own types are not read: what one program skips there
 *         another unpacks.
 */
#include "base/buffer.h"
#include "formats/archive/tar_header.h"
#include "formats/contents.h"
#include "formats/readers.h"

#define NAME_MAX_BYTES ((uint64_t)1 << 20) /* of a long name or a pax header; ours */

/* How a type of entry is read. */
static const struct type {
	char type;
	enum assay_entry_type entry;
	bool content; /* may have content */
} types[] = {
	{ '0', ASSAY_ENTRY_FILE, true },     { '\0', ASSAY_ENTRY_FILE, true },
	{ '7', ASSAY_ENTRY_FILE, true },     { '1', ASSAY_ENTRY_LINK, false },
	{ '2', ASSAY_ENTRY_SYMLINK, false }, { '3', ASSAY_ENTRY_OTHER, false },
	{ '4', ASSAY_ENTRY_OTHER, false },   { '5', ASSAY_ENTRY_DIRECTORY, false },
	{ '6', ASSAY_ENTRY_OTHER, false },   { 'S', ASSAY_ENTRY_FILE, true },
};

/* What extension headers said about the entry that follows. Spans are borrowed. */
struct pending {
	bool any;                     /* the entry exists, its own header does not yet */
	struct assay_span name, link; /* from GNU long names; ptr NULL: none */
	struct assay_pax pax;
	struct assay_tar_sparse sparse; /* owned */
	bool has_pax;
};

static void forget(struct pending *pending)
{
	assay_tar_sparse_fini(&pending->sparse);
	*pending = (struct pending){ 0 };
}

static bool probe(struct assay_span span)
{
	return assay_tar_is_header(span);
}

/* Content and extension headers are padded to whole blocks, the last one too. */
static int add_padding(struct assay_contents *out, size_t entry, const char *what, uint64_t size,
                       struct assay_error *err)
{
	uint64_t padding = (ASSAY_TAR_BLOCK - size % ASSAY_TAR_BLOCK) % ASSAY_TAR_BLOCK;

	if (padding > assay_contents_rest(out).len)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "cut short in the padding");
	assay_contents_fill(out, entry, what, padding, 0);
	return 0;
}

static int check_size(const struct assay_contents *out, uint64_t size, struct assay_error *err)
{
	if (size > assay_contents_rest(out).len - ASSAY_TAR_BLOCK)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "an entry past the end");
	return 0;
}

/* Make the entry that the parts to come belong to, unless an extension header did. */
static int begin_entry(struct assay_budget *budget, struct assay_contents *out,
                       struct pending *pending, struct assay_error *err)
{
	if (pending->any)
		return 0;
	pending->any = true;
	return assay_contents_entry(out, budget, ASSAY_ENTRY_OTHER, err);
}

/* The content of an extension header. */
static int find_extension(const struct assay_contents *out, const struct assay_tar_header *header,
                          const char *what, struct assay_span *data, struct assay_error *err)
{
	if (header->size > NAME_MAX_BYTES)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "%s: too long", what);
	*data = assay_span_sub(assay_contents_rest(out), ASSAY_TAR_BLOCK, header->size);
	return 0;
}

/* The same, which is then a part. */
static int take_extension(struct assay_contents *out, const struct assay_tar_header *header,
                          const char *what, struct assay_span *data, struct assay_error *err)
{
	size_t entry = out->entry_count - 1;

	if (find_extension(out, header, what, data, err) < 0)
		return -1;
	assay_contents_fields(out, entry, "extension header", header->fields);
	if (data->len > 0)
		(void)assay_contents_part(out, entry, ASSAY_ROLE_FIXED, what, data->len);
	return add_padding(out, entry, "extension padding", data->len, err);
}

/* GNU long name or link target: text with a NUL at the end. */
static int read_long_name(struct assay_contents *out, const struct assay_tar_header *header,
                          struct assay_span *slot, struct assay_error *err)
{
	struct assay_span data;

	if (slot->ptr != NULL)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "a long name twice");
	if (take_extension(out, header, "long name", &data, err) < 0)
		return -1;
	if (data.len < 2 || data.ptr[data.len - 1] != '\0')
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "malformed long name");
	*slot = assay_span_sub(data, 0, data.len - 1);
	return 0;
}

/* Zeros behind records whose length may be another one. */
static int add_pax_padding(struct assay_contents *out, uint64_t size, struct assay_error *err)
{
	size_t parts = out->part_count;
	struct assay_part *last;

	if (add_padding(out, out->entry_count - 1, "extension padding", size, err) < 0)
		return -1;
	last = &out->parts[out->part_count - 1];
	if (out->part_count > parts && last->role == ASSAY_ROLE_FILL)
		last->role = ASSAY_ROLE_CHECK;
	return 0;
}

static int read_pax(struct assay_contents *out, const struct assay_tar_header *header,
                    struct pending *pending, struct assay_error *err)
{
	struct assay_span data;

	if (pending->has_pax)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "two pax headers in a row");
	pending->has_pax = true;
	if (find_extension(out, header, "pax header", &data, err) < 0 ||
	    assay_tar_pax(data, &pending->pax, &pending->sparse, err) < 0)
		return -1;
	assay_contents_fields(out, out->entry_count - 1, "extension header", header->fields);
	assay_tar_pax_parts(out, out->entry_count - 1, data);
	return add_pax_padding(out, data.len, err);
}

static bool is_extended(const struct pending *pending)
{
	return pending->has_pax || pending->name.ptr != NULL || pending->link.ptr != NULL;
}

/*
 * Applies to all entries behind it, so it may not change how they are read. It belongs to the
 * first of them: where it stands counts.
 */
static int read_global(struct assay_contents *out, const struct assay_tar_header *header,
                       const struct pending *pending, struct assay_error *err)
{
	struct assay_span data;
	struct assay_pax pax;

	if (is_extended(pending))
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end,
		                     "a global header inside an entry");
	if (take_extension(out, header, "global pax header", &data, err) < 0)
		return -1;
	if (assay_tar_pax(data, &pax, NULL, err) < 0)
		return -1;
	if (pax.path.ptr != NULL || pax.link.ptr != NULL || pax.has_size)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end,
		                     "a global header that renames or resizes");
	return 0;
}

static const struct type *find_type(char type)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(types); i++)
		if (types[i].type == type)
			return &types[i];
	return NULL;
}

/* Name and link target, from where they count: pax before GNU before the header. */
static int name_entry(struct assay_contents *out, const struct assay_tar_header *header,
                      const struct pending *pending, struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer joined = { 0 };
	struct assay_entry *entry = assay_contents_newest(out);
	struct assay_span name = header->name, link = header->link;

	if (header->prefix.len > 0) {
		assay_buffer_add(&joined, header->prefix.ptr, header->prefix.len);
		assay_buffer_add_str(&joined, "/");
		assay_buffer_add(&joined, name.ptr, name.len);
		name = assay_buffer_span(&joined);
	}
	name = pending->name.ptr != NULL ? pending->name : name;
	name = pending->pax.path.ptr != NULL ? pending->pax.path : name;
	name = pending->sparse.name.ptr != NULL ? pending->sparse.name : name;
	link = pending->link.ptr != NULL ? pending->link : link;
	link = pending->pax.link.ptr != NULL ? pending->pax.link : link;
	if (name.len == 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "an entry without a name");
	if (assay_contents_text(out, &entry->name, name, err) < 0)
		return -1;
	return link.len > 0 ? assay_contents_text(out, &entry->link, link, err) : 0;
}

/* An entry that one program takes for a folder and another for a file with content. */
static bool is_ambiguous(const struct assay_entry *entry, const struct type *type, uint64_t size)
{
	size_t len = strlen(entry->name);

	if (size > 0 && !type->content)
		return true;
	return size > 0 && entry->name[len - 1] == '/';
}

/* Header, content and padding; what a sparse file is made of stands in a map. */
static int add_content(struct assay_contents *out, const struct type *type,
                       const struct assay_tar_header *header, struct pending *pending,
                       struct assay_error *err)
{
	struct assay_span rest = assay_contents_rest(out);
	uint64_t size = pending->pax.has_size ? pending->pax.size : header->size;
	size_t entry = out->entry_count - 1;

	if (header->type == 'S' && pending->sparse.form == ASSAY_TAR_DENSE)
		pending->sparse.form = ASSAY_TAR_SPARSE_OLD;
	else if (header->type == 'S' ||
	         (pending->sparse.form != ASSAY_TAR_DENSE && type->entry != ASSAY_ENTRY_FILE))
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "sparse in two ways");
	if (header->type == 'S' && header->prefix.len > 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "a map in a name");
	assay_contents_fields(out, entry, "header", header->fields);
	if (pending->sparse.form != ASSAY_TAR_DENSE) {
		if (assay_tar_sparse_read(out, &pending->sparse, rest, size, err) < 0)
			return -1;
	} else {
		assay_contents_newest(out)->content = assay_span_sub(rest, ASSAY_TAR_BLOCK, size);
		if (type->content)
			(void)assay_contents_part(out, entry, ASSAY_ROLE_CONTENT, "content", size);
	}
	return add_padding(out, entry, "padding", size, err);
}

static int read_entry(struct assay_budget *budget, struct assay_contents *out,
                      const struct assay_tar_header *header, struct pending *pending,
                      struct assay_error *err)
{
	const struct type *type = find_type(header->type);
	uint64_t size = pending->pax.has_size ? pending->pax.size : header->size;
	struct assay_entry *entry;

	if (type == NULL)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "unknown type of entry 0x%02x",
		                     (unsigned char)header->type);
	if (begin_entry(budget, out, pending, err) < 0 || check_size(out, size, err) < 0 ||
	    name_entry(out, header, pending, err) < 0)
		return -1;
	entry = assay_contents_newest(out);
	entry->type = type->entry;
	if (is_ambiguous(entry, type, size))
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end,
		                     "content behind an entry that should have none");
	if (add_content(out, type, header, pending, err) < 0)
		return -1;
	forget(pending);
	return 0;
}

static int read_block(struct assay_budget *budget, struct assay_contents *out,
                      struct pending *pending, struct assay_error *err)
{
	struct assay_tar_header header;

	if (!assay_tar_is_header(assay_contents_rest(out)))
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end,
		                     "no header, or a false checksum");
	if (assay_tar_header(assay_contents_rest(out), &header, err) < 0)
		return -1;
	if (header.type != 'g' && memchr("xLK", header.type, 3) == NULL)
		return read_entry(budget, out, &header, pending, err);
	if (check_size(out, header.size, err) < 0)
		return -1;
	if (begin_entry(budget, out, pending, err) < 0)
		return -1;
	if (header.type == 'g')
		return read_global(out, &header, pending, err);
	if (header.type == 'x')
		return read_pax(out, &header, pending, err);
	return read_long_name(out, &header, header.type == 'L' ? &pending->name : &pending->link,
	                      err);
}

static bool is_zero_block(struct assay_span rest)
{
	return assay_span_is_fill(assay_span_sub(rest, 0, ASSAY_TAR_BLOCK), 0);
}

/*
 * From the first block of zeros on. Programs do not agree on what follows a single one (GNU tar
 * stops, BusyBox goes on), so how many zeros there are counts as soon as anything follows them,
 * or when they are not whole blocks; and whatever is not zero must be equal.
 */
static void read_end(struct assay_contents *out)
{
	struct assay_span rest = assay_contents_rest(out);
	size_t zeros = 0;

	while (zeros < rest.len && rest.ptr[zeros] == 0)
		zeros++;
	if (zeros == rest.len && zeros % ASSAY_TAR_BLOCK == 0)
		assay_contents_fill(out, ASSAY_NO_ENTRY, "end of archive", zeros, 0);
	else
		(void)assay_contents_part(out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED, "end of archive",
		                          zeros);
	assay_contents_trailing(out, ASSAY_NO_ENTRY);
}

static int read_blocks(struct assay_budget *budget, struct assay_contents *out,
                       struct pending *pending, struct assay_error *err)
{
	while (assay_contents_rest(out).len > 0 && !is_zero_block(assay_contents_rest(out)))
		if (read_block(budget, out, pending, err) < 0)
			return assay_fail_in(err, "entry %zu", out->entry_count);
	if (is_extended(pending))
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end,
		                     "extension headers without an entry");
	read_end(out);
	return 0;
}

static int read_tar(struct assay_budget *budget, struct assay_contents *out,
                    struct assay_error *err)
{
	struct pending pending = { 0 };
	int result = read_blocks(budget, out, &pending, err);

	forget(&pending);
	return result;
}

const struct assay_reader assay_reader_tar = {
	.name = "tar",
	.probe = probe,
	.read = read_tar,
	.recompute = assay_tar_recompute,
};
