/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/image/pe.h"

#include <inttypes.h>

#include "base/cursor.h"
#include "base/memory.h"

#define DOS_HEADER 64
#define START_AT 60    /* e_lfanew */
#define MARK "PE\0"    /* and the NUL of the literal */
#define COFF_HEADER 24 /* with the mark */
#define SECTIONS_AT 6
#define SYMBOLS_AT 12
#define OPTIONAL_SIZE_AT 20
#define ENTRY_AT 40 /* AddressOfEntryPoint, in the optional header */
#define PE32 0x10b
#define PE32_PLUS 0x20b
#define HEADERS_SIZE_AT 60 /* in the optional header */
#define CHECKSUM_AT 64
#define CERTIFICATES 4 /* which of the directories */
#define DIRECTORIES_MAX 16
#define SYMBOL 18 /* bytes */
#define NAME 8
#define CODE 0x20u          /* IMAGE_SCN_CNT_CODE */
#define EXECUTE 0x20000000u /* IMAGE_SCN_MEM_EXECUTE */

static uint64_t get16(struct assay_span span, uint64_t at)
{
	return assay_load(span.ptr + at, 2, false);
}

static uint64_t get32(struct assay_span span, uint64_t at)
{
	return assay_load(span.ptr + at, 4, false);
}

bool assay_pe_is(struct assay_span span)
{
	uint64_t start, magic;

	if (span.len < DOS_HEADER || !assay_span_starts(span, "MZ", 2))
		return false;
	start = get32(span, START_AT);
	if (!assay_span_holds(span, start, COFF_HEADER + 2) ||
	    !assay_span_starts(assay_span_sub(span, start, 4), MARK, 4))
		return false;
	magic = get16(span, start + COFF_HEADER);
	return magic == PE32 || magic == PE32_PLUS;
}

/* Out: *table, where the sections stand */
static int read_optional(struct assay_pe *out, struct assay_error *err)
{
	uint64_t at = out->start + COFF_HEADER;
	uint64_t size = get16(out->span, out->start + OPTIONAL_SIZE_AT);
	uint64_t fixed = get16(out->span, at) == PE32 ? 96 : 112; /* in front of the directories */
	uint64_t count;

	if (out->start % 2 != 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, START_AT, "headers at an odd place");
	if (!assay_span_holds(out->span, at, size) || size < fixed)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "cut short in the optional header");
	count = get32(out->span, at + fixed - 4);
	if (count <= CERTIFICATES || count > DIRECTORIES_MAX ||
	    size != fixed + count * ASSAY_PE_DIRECTORY)
		return assay_fail_at(err, ASSAY_E_FORMAT, at + fixed - 4, "%" PRIu64 " directories",
		                     count);
	out->checksum = at + CHECKSUM_AT;
	out->directory = at + fixed + (uint64_t)CERTIFICATES * ASSAY_PE_DIRECTORY;
	out->table = at + size;
	out->headers = get32(out->span, at + HEADERS_SIZE_AT);
	return 0;
}

/* Certificates end the file, and stand where a reader of 64-bit words likes them to. */
static int read_directory(struct assay_pe *out, struct assay_error *err)
{
	uint64_t at = get32(out->span, out->directory);
	uint64_t size = get32(out->span, out->directory + 4);

	out->certificates = out->span.len;
	if (at == 0 && size == 0)
		return 0;
	if (size == 0 || at % 8 != 0 || at < out->headers || at + size != out->span.len)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->directory,
		                     "the certificates are not what ends the file");
	out->certificates = at;
	return 0;
}

/* Symbols, and behind them the names that are too long for a header. Out: *names */
static void read_symbols(struct assay_pe *out, struct assay_span *names)
{
	uint64_t at = get32(out->span, out->start + SYMBOLS_AT), size;
	uint64_t length = get32(out->span, out->start + SYMBOLS_AT + 4) * SYMBOL;
	struct assay_span image = assay_span_sub(out->span, 0, out->certificates);

	if (at == 0 || at < out->headers || !assay_span_holds(image, at, length) ||
	    !assay_span_holds(image, at + length, 4))
		return;
	size = get32(image, at + length);
	if (size < 4 || !assay_span_holds(image, at + length, size))
		return;
	*names = assay_span_sub(image, at + length, size);
	out->end = at + length + size;
}

/* "/123": a place among the names. */
static struct assay_span long_name(struct assay_span name, struct assay_span names)
{
	uint64_t at = 0;
	size_t len = 0;

	if (name.len < 2 || name.ptr[0] != '/')
		return name;
	for (size_t i = 1; i < name.len; i++) {
		if (name.ptr[i] < '0' || name.ptr[i] > '9')
			return name;
		at = at * 10 + (uint64_t)(name.ptr[i] - '0');
	}
	names = assay_span_sub(names, at, names.len);
	while (len < names.len && names.ptr[len] != '\0')
		len++;
	return at >= 4 && len > 0 && len < names.len ? assay_span_sub(names, 0, len) : name;
}

static int read_section(struct assay_pe *out, struct assay_span names,
                        struct assay_pe_section *section, struct assay_error *err)
{
	uint64_t at = section->header, flags = get32(out->span, at + 36);
	uint64_t memory = get32(out->span, at + 8);
	struct assay_span name = assay_span_sub(out->span, at, NAME);

	while (name.len > 0 && name.ptr[name.len - 1] == '\0')
		name.len--;
	section->name = long_name(name, names);
	section->length = get32(out->span, at + 16);
	section->offset = section->length > 0 ? get32(out->span, at + 20) : 0;
	section->size = memory > 0 && memory < section->length ? memory : section->length;
	section->address = get32(out->span, at + 12);
	section->memory = memory > 0 ? memory : section->length;
	section->executable = (flags & (CODE | EXECUTE)) != 0;
	if (section->length > 0 &&
	    (section->offset < out->headers || section->offset > out->certificates ||
	     section->length > out->certificates - section->offset))
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "a section outside of the image");
	if (section->offset + section->length > out->sections_end)
		out->sections_end = section->offset + section->length;
	return 0;
}

/* --- sections that somebody goes by --- */

static bool is_within(const struct assay_pe_section *section, uint64_t address)
{
	return address >= section->address && address - section->address < section->memory;
}

static int by_address(const void *a, const void *b)
{
	const struct assay_pe_section *const *x = a, *const *y = b;

	return (*x)->address < (*y)->address ? -1 : (*x)->address > (*y)->address;
}

/* Those that overlap in memory: each with one in front of it that reaches furthest. */
static void mark_overlaps(struct assay_pe *out)
{
	struct assay_pe_section **sorted = assay_calloc(out->count + 1, sizeof(*sorted));
	struct assay_pe_section *furthest = NULL;
	size_t count = 0;

	for (size_t i = 0; i < out->count; i++)
		if (out->sections[i].memory > 0)
			sorted[count++] = &out->sections[i];
	qsort(sorted, count, sizeof(struct assay_pe_section *), by_address);
	for (size_t i = 0; i < count; i++) {
		if (furthest != NULL && is_within(furthest, sorted[i]->address))
			furthest->used = sorted[i]->used = true;
		if (furthest == NULL ||
		    furthest->address + furthest->memory < sorted[i]->address + sorted[i]->memory)
			furthest = sorted[i];
	}
	free(sorted);
}

/* Flags are not all: firmware begins where it is told to, goes by tables, and loads one over another. */
static void mark_used(struct assay_pe *out, struct assay_pe_section *section)
{
	uint64_t first = out->directory - (uint64_t)CERTIFICATES * ASSAY_PE_DIRECTORY;

	section->used = is_within(section, get32(out->span, out->start + ENTRY_AT));
	for (uint64_t at = first; !section->used && at < out->table; at += ASSAY_PE_DIRECTORY)
		section->used = at != out->directory && get32(out->span, at) != 0 &&
		                is_within(section, get32(out->span, at));
}

static int read_sections(struct assay_pe *out, struct assay_error *err)
{
	uint64_t length = out->count * ASSAY_PE_SECTION_HEADER;
	struct assay_span names = { 0 };
	uint64_t total = out->headers;

	if (!assay_span_holds(out->span, out->table, length) ||
	    out->headers < out->table + length || out->headers > out->span.len)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->table,
		                     "cut short in the section table");
	if (read_directory(out, err) < 0)
		return -1;
	out->end = out->sections_end = out->headers;
	read_symbols(out, &names);
	out->sections = assay_calloc(out->count + 1, sizeof(*out->sections));
	for (size_t i = 0; i < out->count; i++) {
		out->sections[i].header = out->table + i * ASSAY_PE_SECTION_HEADER;
		if (read_section(out, names, &out->sections[i], err) < 0)
			return -1;
		total += out->sections[i].length;
	}
	/* Whoever looks at each of them does not look at more than there is. */
	if (total > out->certificates)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->table,
		                     "sections have bytes that serve two purposes");
	for (size_t i = 0; i < out->count; i++)
		mark_used(out, &out->sections[i]);
	mark_overlaps(out);
	if (out->end < out->sections_end)
		out->end = out->sections_end;
	return 0;
}

int assay_pe_read(struct assay_span span, struct assay_pe *out, struct assay_error *err)
{
	*out = (struct assay_pe){ .span = span };
	if (!assay_pe_is(span))
		return assay_fail_at(err, ASSAY_E_FORMAT, 0, "no PE image");
	out->start = get32(span, START_AT);
	out->count = (size_t)get16(span, out->start + SECTIONS_AT);
	if (read_optional(out, err) < 0)
		return -1;
	return read_sections(out, err);
}

void assay_pe_fini(struct assay_pe *pe)
{
	free(pe->sections);
	*pe = (struct assay_pe){ 0 };
}
