/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PE images: kernels with an EFI stub, boot loaders, EFI programs, unified kernel images. Headers,
 * sections, what is behind them, and Authenticode signatures at the end.
 *
 * Source: formats/image/pe.h.
 * Limits: sections that may be run are not opened, whatever they look like, but for one that is a PE
 *         image itself (a unified kernel image has its kernel so); nor are those with the entry
 *         point, with tables for who loads the image, or that overlap in memory. Time stamps and
 *         debug data must be equal. A table of certificates with anything that is not signed in
 *         it, a counter signature for example, must be equal.
 */
#include "formats/image/pe.h"

#include "base/cursor.h"
#include "base/memory.h"
#include "formats/contents.h"
#include "formats/readers.h"

#define SIGNATURE "pe/authenticode@1"
#define CHECKSUM "pe/checksum@1"
#define ALIGN 8 /* bytes to which an image is filled up in front of certificates */

static const struct assay_field section_fields[] = {
	{ "name", 0, 8, ASSAY_ROLE_FIXED },
	{ "size in memory", 8, 4, ASSAY_ROLE_FIXED },
	{ "address", 12, 4, ASSAY_ROLE_FIXED },
	{ "size", 16, 4, ASSAY_ROLE_FIXED },
	{ "place", 20, 4, ASSAY_ROLE_FIXED },
	{ "relocations and lines", 24, 12, ASSAY_ROLE_FIXED },
	{ "flags", 36, 4, ASSAY_ROLE_FIXED },
	{ 0 },
};

static bool is_zeros(const struct assay_pe *pe, uint64_t from, uint64_t end)
{
	return assay_span_is_fill(assay_span_sub(pe->span, from, end - from), 0);
}

/* --- headers --- */

/*
 * Firmware does not look at it, and not all who sign make it again. It may be none, the true one, or
 * that of the image before it was signed.
 */
static bool is_checksum(const struct assay_pe *pe)
{
	uint64_t stored = assay_load(pe->span.ptr + pe->checksum, 4, false);
	uint64_t place = assay_load(pe->span.ptr + pe->directory, 4, false);
	uint8_t *copy;
	struct assay_pe before = *pe;
	bool out = false;

	if (stored == 0 || stored == assay_pe_checksum(pe, pe->span.len))
		return true;
	if (place == 0)
		return false;
	copy = assay_calloc(pe->certificates, 1);
	memcpy(copy, pe->span.ptr, pe->certificates);
	memset(copy + pe->directory, 0, ASSAY_PE_DIRECTORY);
	before.span = assay_span_of(copy, pe->certificates);
	for (uint64_t end = pe->certificates; !out && pe->certificates - end < ALIGN &&
	                                      end >= pe->end && is_zeros(pe, end, pe->certificates);
	     end--)
		out = stored == assay_pe_checksum(&before, end);
	free(copy);
	return out;
}

/* A part up to a place. */
static struct assay_part *add_until(struct assay_contents *out, enum assay_role role,
                                    const char *what, uint64_t end)
{
	return assay_contents_part(out, ASSAY_NO_ENTRY, role, what, end - out->end);
}

static void add_value(struct assay_contents *out, bool good, const char *what, uint64_t end,
                      const char *rule)
{
	add_until(out, good ? ASSAY_ROLE_OPAQUE : ASSAY_ROLE_FIXED, what, end)->rule = rule;
}

static void add_headers(struct assay_contents *out, const struct assay_pe *pe, bool signature)
{
	bool checksum = is_checksum(pe);

	if (!checksum)
		assay_contents_false(out, ASSAY_NO_ENTRY, "checksum", pe->checksum, 4);
	(void)add_until(out, ASSAY_ROLE_FIXED, "DOS header and stub", pe->start);
	(void)add_until(out, ASSAY_ROLE_FIXED, "headers", pe->checksum);
	add_value(out, checksum, "checksum", pe->checksum + 4, CHECKSUM);
	(void)add_until(out, ASSAY_ROLE_FIXED, "headers behind the checksum", pe->directory);
	add_value(out, signature, "place of the certificates", pe->directory + ASSAY_PE_DIRECTORY,
	          SIGNATURE);
	(void)add_until(out, ASSAY_ROLE_FIXED, "directories", pe->table);
}

/* --- sections --- */

/* What may be run is what its bytes are, and not what they could be unpacked to. */
static bool may_open(const struct assay_pe_section *section, struct assay_span image,
                     struct assay_span content)
{
	/* A boot loader that is none of UEFI takes a kernel as it is, and runs it from its beginning. */
	return !section->used && !assay_is_kernel(image) &&
	       (!section->executable || assay_pe_is(content));
}

static int add_section(struct assay_contents *out, struct assay_budget *budget,
                       const struct assay_pe_section *section, struct assay_error *err)
{
	struct assay_span content = assay_span_sub(out->span, section->offset, section->size);
	uint64_t end = section->offset + section->size, rest = section->length - section->size;
	bool open = may_open(section, out->span, content), zeros;
	size_t entry = out->entry_count;

	if (assay_contents_entry(out, budget, open ? ASSAY_ENTRY_FILE : ASSAY_ENTRY_OTHER, err) <
	            0 ||
	    assay_contents_text(out, &assay_contents_newest(out)->name, section->name, err) < 0)
		return -1;
	assay_contents_fields_at(out, entry, "section header", section_fields, section->header);
	if (open)
		assay_contents_newest(out)->content = content;
	(void)assay_contents_part_at(out, entry, open ? ASSAY_ROLE_CONTENT : ASSAY_ROLE_FIXED,
	                             open ? "content" : "code", section->offset, section->size);
	zeros = assay_span_is_fill(assay_span_sub(out->span, end, rest), 0);
	(void)assay_contents_part_at(out, entry, zeros ? ASSAY_ROLE_FILL : ASSAY_ROLE_FIXED,
	                             "bytes behind the content", end, rest);
	return 0;
}

static int add_sections(struct assay_contents *out, struct assay_budget *budget,
                        const struct assay_pe *pe, struct assay_error *err)
{
	for (size_t i = 0; i < pe->count; i++)
		if (add_section(out, budget, &pe->sections[i], err) < 0)
			return -1;
	(void)assay_contents_part_at(out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED, "end of the headers",
	                             pe->table + pe->count * ASSAY_PE_SECTION_HEADER,
	                             pe->headers - pe->table - pe->count * ASSAY_PE_SECTION_HEADER);
	return 0;
}

/* --- behind the sections --- */

/*
 * Bytes that no section has. Zeros that fill up to the certificates came with them, where the image
 * ends with something that says how long it is.
 */
static void add_end(struct assay_contents *out, const struct assay_pe *pe, bool signature)
{
	uint64_t end = pe->certificates, value = pe->certificates;
	bool any = end < pe->span.len;

	while (end > pe->end && pe->span.ptr[end - 1] == 0)
		end--;
	if (any && end == pe->end && value - end < ALIGN)
		value = end;
	(void)assay_contents_part_at(out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED,
	                             "bytes behind the sections", pe->sections_end,
	                             end - pe->sections_end);
	(void)add_until(out, ASSAY_ROLE_FILL, "zeros behind the image", value);
	add_value(out, signature, "certificates", pe->span.len, SIGNATURE);
	out->parts[out->part_count - 1].empty = !any;
}

static int read_pe(struct assay_budget *budget, struct assay_contents *out, struct assay_error *err)
{
	ASSAY_AUTO_PE struct assay_pe pe = { 0 };
	enum assay_pe_signed state;
	bool signature;

	if (assay_pe_read(out->span, &pe, err) < 0)
		return -1;
	state = assay_pe_certificates(&pe);
	signature = state == ASSAY_PE_SIGNED || state == ASSAY_PE_UNSIGNED;
	if (state == ASSAY_PE_FALSE)
		assay_contents_false(out, ASSAY_NO_ENTRY, "digest in the signature",
		                     pe.certificates, pe.span.len - pe.certificates);
	add_headers(out, &pe, signature);
	if (add_sections(out, budget, &pe, err) < 0)
		return -1;
	add_end(out, &pe, signature);
	assay_contents_gaps(out, "bytes of no section");
	return 0;
}

const struct assay_reader assay_reader_pe = {
	.name = "pe",
	.probe = assay_pe_is,
	.read = read_pe,
};
