/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "images.h"

#include <elf.h>
#include <string.h>

#include "base/cursor.h"
#include "base/memory.h"

#define BLOCK 512
#define DFU 16

static int nibble(uint8_t c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c != 0 ? strchr(digits, c) : NULL;

	return at == NULL ? -1 : (int)((at - digits) % 16);
}

/* The number in two digits per byte; 0 where there are none. */
static uint64_t number(struct assay_span text, size_t at, size_t bytes)
{
	uint64_t value = 0;

	for (size_t i = 0; i < 2 * bytes; i++) {
		int digit = at + i < text.len ? nibble(text.ptr[at + i]) : 0;

		value = value << 4 | (digit < 0 ? 0 : (unsigned)digit);
	}
	return value;
}

static void add_cell(struct believed *out, uint64_t address, uint64_t value)
{
	fuzz_assert(out->count < CELLS_MAX);
	out->cells[out->count++] = (struct cell){ address, (uint8_t)value };
}

/* Bytes up to the end of a line. */
static size_t line_length(struct assay_span text)
{
	size_t len = 0;

	while (len < text.len && text.ptr[len] != '\r' && text.ptr[len] != '\n')
		len++;
	return len;
}

static void believe_ihex(struct assay_span line, struct believed *out, uint64_t *base)
{
	uint64_t count = number(line, 1, 1), address = number(line, 3, 2);
	uint64_t type = number(line, 7, 1);

	if (type == 2 || type == 4)
		*base = number(line, 9, 2) << (type == 2 ? 4 : 16);
	for (uint64_t i = 0; type == 0 && i < count && 9 + 2 * i + 2 <= line.len; i++)
		add_cell(out, *base + address + i, number(line, 9 + 2 * i, 1));
}

static void believe_srec(struct assay_span line, struct believed *out)
{
	size_t width = line.len > 1 && line.ptr[1] >= '1' && line.ptr[1] <= '3'
	                       ? (size_t)line.ptr[1] - '0' + 1
	                       : 0;
	uint64_t count = number(line, 2, 1), address = number(line, 4, width);
	size_t start = 4 + 2 * width;

	for (uint64_t i = 0; width > 0 && i + width + 1 < count && start + 2 * i + 2 <= line.len;
	     i++)
		add_cell(out, address + i, number(line, start + 2 * i, 1));
}

static void believe_lines(struct believed *out)
{
	struct assay_span rest = out->body;
	uint64_t base = 0;

	while (rest.len > 0) {
		struct assay_span line = assay_span_sub(rest, 0, line_length(rest));

		if (out->form == FORM_IHEX)
			believe_ihex(line, out, &base);
		else
			believe_srec(line, out);
		rest = assay_span_sub(rest, line.len + 1, rest.len);
	}
}

static uint64_t family_at(const struct believed *image, size_t at)
{
	return assay_load(image->body.ptr + at + 28, 4, false);
}

/* Of several families each has its own addresses. */
static void believe_uf2(struct believed *out)
{
	bool several = false;

	for (size_t at = 0; at + BLOCK <= out->body.len; at += BLOCK)
		several |= family_at(out, at) != family_at(out, 0);
	for (size_t at = 0; at + BLOCK <= out->body.len; at += BLOCK) {
		const uint8_t *block = out->body.ptr + at;
		uint64_t size = assay_load(block + 16, 4, false);
		uint64_t family = several ? family_at(out, at) << 32 : 0;

		for (uint64_t i = 0; i < size && i < 476; i++)
			add_cell(out, (family | assay_load(block + 12, 4, false)) + i,
			         block[32 + i]);
	}
}

/* A word of an ELF file, by where it is in 32 and 64 bits; 0 behind the end. */
static uint64_t elf_word(struct assay_span file, uint64_t base, size_t narrow, size_t wide)
{
	bool is_wide = file.ptr[4] == 2;
	uint64_t at = base + (is_wide ? wide : narrow);

	return assay_span_holds(file, at, 8)
	               ? assay_load(file.ptr + at, is_wide ? 8 : 4, file.ptr[5] == 2)
	               : 0;
}

/* Loadable segments, as far as they are there. */
static void believe_elf(struct believed *out)
{
	struct assay_span file = out->body;
	uint64_t size, count;

	if (file.len < 64)
		return;
	size = file.ptr[4] == 2 ? 56 : 32;
	count = assay_load(file.ptr + (file.ptr[4] == 2 ? 56 : 44), 2, file.ptr[5] == 2);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t entry = elf_word(file, 0, 28, 32) + i * size;
		uint64_t offset = elf_word(file, entry, 4, 8),
			 length = elf_word(file, entry, 16, 32);

		if (!assay_span_holds(file, entry, size) ||
		    !assay_span_holds(file, offset, length) ||
		    assay_load(file.ptr + entry, 4, file.ptr[5] == 2) != PT_LOAD)
			continue;
		for (uint64_t k = 0; k < length && out->count < CELLS_MAX; k++)
			add_cell(out, elf_word(file, entry, 12, 24) + k, file.ptr[offset + k]);
	}
}

/* Bit by bit, as the DFU specification has it. */
static uint32_t dfu_checksum(struct assay_span file)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i + 4 < file.len; i++) {
		crc ^= file.ptr[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320U : 0);
	}
	return crc;
}

static bool has_suffix(struct assay_span file)
{
	const uint8_t *end = file.ptr + file.len;
	uint64_t version;

	if (file.len < DFU || memcmp(end - 8, "UFD\x10", 4) != 0)
		return false;
	version = assay_load(end - 10, 2, false);
	return (version == 0x100 || version == 0x110 || version == 0x11a) &&
	       assay_load(end - 4, 4, false) == dfu_checksum(file);
}

static enum form form_of(struct assay_span file)
{
	if (assay_span_starts(file, ELFMAG, SELFMAG))
		return FORM_ELF;
	if (assay_span_starts(file, ":", 1))
		return FORM_IHEX;
	if (assay_span_starts(file, "S", 1))
		return FORM_SREC;
	return assay_span_starts(file, "UF2\n\x57\x51\x5d\x9e", 8) ? FORM_UF2 : FORM_RAW;
}

void fuzz_believe(struct assay_span file, struct believed *out)
{
	out->form = form_of(file);
	out->count = 0;
	out->body = file;
	if (out->form != FORM_ELF && has_suffix(file))
		out->body = assay_span_sub(file, 0, file.len - DFU);
	if (out->form == FORM_UF2)
		believe_uf2(out);
	else if (out->form == FORM_ELF)
		believe_elf(out);
	else if (out->form != FORM_RAW)
		believe_lines(out);
}

static int by_address(const void *left, const void *right)
{
	const struct cell *a = left, *b = right;

	return a->address < b->address ? -1 : a->address > b->address;
}

void fuzz_sort_cells(struct believed *image)
{
	qsort(image->cells, image->count, sizeof(struct cell), by_address);
}

const struct cell *fuzz_find_cell(const struct believed *image, uint64_t address)
{
	struct cell key = { .address = address };

	return bsearch(&key, image->cells, image->count, sizeof(struct cell), by_address);
}

/* --- making checks true --- */

static void put(uint8_t *text, unsigned value)
{
	static const char digits[] = "0123456789ABCDEF";

	text[0] = (uint8_t)digits[value >> 4 & 15];
	text[1] = (uint8_t)digits[value & 15];
}

/* The length and the checksum of a record, if it has room for them. */
static void mend_line(uint8_t *line, size_t len, bool ihex)
{
	struct assay_span text = assay_span_of(line, len);
	size_t start = ihex ? 1 : 2, bytes = len > start ? (len - start) / 2 : 0;
	unsigned sum = 0;

	if (bytes < 4 || bytes > 260)
		return;
	put(line + start, (unsigned)(ihex ? bytes - 5 : bytes - 1));
	for (size_t i = 0; i + 1 < bytes; i++)
		sum += (unsigned)number(text, start + 2 * i, 1);
	put(line + start + 2 * (bytes - 1), ihex ? -sum : ~sum);
}

static void put_word(uint8_t *ptr, uint64_t value)
{
	for (int i = 0; i < 4; i++)
		ptr[i] = (uint8_t)(value >> 8 * i);
}

static void mend_blocks(uint8_t *data, size_t size)
{
	for (size_t at = 0; at + BLOCK <= size; at += BLOCK) {
		put_word(data + at, 0x0a324655);
		put_word(data + at + 4, 0x9e5d5157);
		put_word(data + at + 20, at / BLOCK);
		put_word(data + at + 24, size / BLOCK);
		put_word(data + at + 508, 0x0ab16f30);
	}
}

void fuzz_mend(uint8_t *data, size_t size)
{
	enum form form = form_of(assay_span_of(data, size));
	size_t suffix = size >= DFU && memcmp(data + size - 8, "UFD\x10", 4) == 0 ? DFU : 0;

	if (form == FORM_UF2)
		mend_blocks(data, size - suffix);
	for (size_t at = 0; (form == FORM_IHEX || form == FORM_SREC) && at < size - suffix;) {
		size_t len = line_length(assay_span_of(data + at, size - suffix - at));

		mend_line(data + at, len, form == FORM_IHEX);
		at += len + 1;
	}
	if (suffix > 0)
		put_word(data + size - 4, dfu_checksum(assay_span_of(data, size)));
}

/* --- one file --- */

static void check_parts(const struct assay_image *image)
{
	uint64_t at = 0;

	for (size_t i = 0; i < image->part_count; i++) {
		const struct assay_image_part *part = &image->parts[i];

		fuzz_assert(part->offset == at);
		at += part->length;
		fuzz_assert(part->use != ASSAY_IMAGE_DATA ||
		            part->length == part->count * part->stride);
	}
	fuzz_assert(at == image->file.len);
}

/* Every byte that the reader has the believer has too, and no more. */
static void check_data(const struct assay_image *image, struct believed *believed)
{
	size_t count = 0;

	fuzz_sort_cells(believed);
	for (size_t i = 0; i < image->data_count; i++) {
		const struct assay_image_part *part = assay_image_at(image, i);

		for (uint64_t k = 0; k < part->count; k++, count++) {
			fuzz_assert(count < believed->count);
			fuzz_assert(believed->cells[count].address == part->address + k);
			fuzz_assert(believed->cells[count].value == part->bytes[k]);
		}
	}
	fuzz_assert(count == believed->count);
}

int fuzz_image(const struct assay_image_reader *reader, const uint8_t *data, size_t size)
{
	static struct believed believed;
	ASSAY_AUTO_IMAGE struct assay_image image = { 0 };
	struct assay_budget budget = assay_budget_of(NULL);
	struct assay_span file = assay_span_of(data, size);
	struct assay_error err = ASSAY_ERROR_INIT;

	if (size > FILE_MAX_FUZZ || !reader->probe(file))
		return 0;
	if (assay_image_read(reader, file, &budget, &image, &err) < 0) {
		fuzz_assert(err.code == ASSAY_E_FORMAT || err.code == ASSAY_E_LIMIT);
		return 0;
	}
	check_parts(&image);
	fuzz_believe(file, &believed);
	check_data(&image, &believed);
	return 0;
}
