/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/archive/cpio_header.h"

#include "base/cursor.h"

#define TIMESTAMPS "cpio/timestamps@1"

/* The numbers of a file system matter for who is a hard link of whom, which is an attribute. */
#define NUMBERS ASSAY_ROLE_METADATA

#define NEWC(check_role)                                                                           \
	{                                                                                          \
		{ "magic", 0, 6, ASSAY_ROLE_FIXED }, { "inode", 6, 8, NUMBERS },                   \
			{ "mode", 14, 8, ASSAY_ROLE_FIXED }, { "uid", 22, 8, ASSAY_ROLE_FIXED },   \
			{ "gid", 30, 8, ASSAY_ROLE_FIXED }, { "links", 38, 8, ASSAY_ROLE_FIXED },  \
			{ "mtime", 46, 8, ASSAY_ROLE_OPAQUE, TIMESTAMPS },                         \
			{ "size", 54, 8, ASSAY_ROLE_SIZE }, { "device", 62, 16, NUMBERS },         \
			{ "device number", 78, 16, ASSAY_ROLE_FIXED },                             \
			{ "name length", 94, 8, ASSAY_ROLE_FIXED }, { "sum", 102, 8, check_role }, \
			{ 0 },                                                                     \
	}
static const struct assay_field newc[] = NEWC(ASSAY_ROLE_FIXED);
static const struct assay_field crc[] = NEWC(ASSAY_ROLE_CHECK);

static const struct assay_field odc[] = {
	{ "magic", 0, 6, ASSAY_ROLE_FIXED },
	{ "device", 6, 6, NUMBERS },
	{ "inode", 12, 6, NUMBERS },
	{ "mode", 18, 6, ASSAY_ROLE_FIXED },
	{ "uid", 24, 6, ASSAY_ROLE_FIXED },
	{ "gid", 30, 6, ASSAY_ROLE_FIXED },
	{ "links", 36, 6, ASSAY_ROLE_FIXED },
	{ "device number", 42, 6, ASSAY_ROLE_FIXED },
	{ "mtime", 48, 11, ASSAY_ROLE_OPAQUE, TIMESTAMPS },
	{ "name length", 59, 6, ASSAY_ROLE_FIXED },
	{ "size", 65, 11, ASSAY_ROLE_SIZE },
	{ 0 },
};

static const struct assay_field old[] = {
	{ "magic", 0, 2, ASSAY_ROLE_FIXED },
	{ "device", 2, 2, NUMBERS },
	{ "inode", 4, 2, NUMBERS },
	{ "mode", 6, 2, ASSAY_ROLE_FIXED },
	{ "uid", 8, 2, ASSAY_ROLE_FIXED },
	{ "gid", 10, 2, ASSAY_ROLE_FIXED },
	{ "links", 12, 2, ASSAY_ROLE_FIXED },
	{ "device number", 14, 2, ASSAY_ROLE_FIXED },
	{ "mtime", 16, 4, ASSAY_ROLE_OPAQUE, TIMESTAMPS },
	{ "name length", 20, 2, ASSAY_ROLE_FIXED },
	{ "size", 22, 4, ASSAY_ROLE_SIZE },
	{ 0 },
};

enum {
	FORM_NEWC,
	FORM_CRC,
	FORM_ODC,
	FORM_OLD_LITTLE,
	FORM_OLD_BIG
};

/* Source: cpio(5): the magic of the old form is 070707 in the byte order of the machine. */
static const struct assay_cpio_form forms[] = {
	[FORM_NEWC] = { "070701", 6, 4, 110, false, newc },
	[FORM_CRC] = { "070702", 6, 4, 110, true, crc },
	[FORM_ODC] = { "070707", 6, 1, 76, false, odc },
	[FORM_OLD_LITTLE] = { "\xc7\x71", 2, 2, 26, false, old },
	[FORM_OLD_BIG] = { "\x71\xc7", 2, 2, 26, false, old },
};

const struct assay_cpio_form *assay_cpio_form_of(struct assay_span span)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(forms); i++)
		if (assay_span_starts(span, forms[i].magic, forms[i].magic_len))
			return &forms[i];
	return NULL;
}

static int digit_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

/* Fields of digits, one behind the other. */
struct digits {
	const uint8_t *at;
	int base;
	bool bad;
};

/* At most eleven octal or eight hexadecimal digits: no overflow. */
static uint64_t take(struct digits *digits, unsigned width)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < width; i++) {
		int digit = digit_of(*digits->at++);

		digits->bad |= digit >= digits->base;
		value = value * (unsigned)digits->base + (unsigned)digit;
	}
	return value;
}

static bool read_newc(const uint8_t *bytes, struct assay_cpio_header *out)
{
	struct digits digits = { bytes + 6, 16, false };

	out->ino = (uint32_t)take(&digits, 8);
	out->mode = (uint32_t)take(&digits, 8);
	out->uid = (uint32_t)take(&digits, 8);
	out->gid = (uint32_t)take(&digits, 8);
	out->nlink = (uint32_t)take(&digits, 8);
	out->mtime = take(&digits, 8);
	out->size = take(&digits, 8);
	out->dev = take(&digits, 8) << 32;
	out->dev |= take(&digits, 8);
	out->rdev = take(&digits, 8) << 32;
	out->rdev |= take(&digits, 8);
	out->name_size = take(&digits, 8);
	out->check = (uint32_t)take(&digits, 8);
	return !digits.bad;
}

static bool read_odc(const uint8_t *bytes, struct assay_cpio_header *out)
{
	struct digits digits = { bytes + 6, 8, false };

	out->dev = take(&digits, 6);
	out->ino = (uint32_t)take(&digits, 6);
	out->mode = (uint32_t)take(&digits, 6);
	out->uid = (uint32_t)take(&digits, 6);
	out->gid = (uint32_t)take(&digits, 6);
	out->nlink = (uint32_t)take(&digits, 6);
	out->rdev = take(&digits, 6);
	out->mtime = take(&digits, 11);
	out->name_size = take(&digits, 6);
	out->size = take(&digits, 11);
	return !digits.bad;
}

static uint32_t short_at(const uint8_t *bytes, unsigned at, bool big)
{
	return (uint32_t)assay_load(bytes + at, 2, big);
}

/* Numbers of 32 bits have their high half first, in either byte order. */
static uint32_t long_at(const uint8_t *bytes, unsigned at, bool big)
{
	return short_at(bytes, at, big) << 16 | short_at(bytes, at + 2, big);
}

static void read_old(const uint8_t *bytes, bool big, struct assay_cpio_header *out)
{
	out->dev = short_at(bytes, 2, big);
	out->ino = short_at(bytes, 4, big);
	out->mode = short_at(bytes, 6, big);
	out->uid = short_at(bytes, 8, big);
	out->gid = short_at(bytes, 10, big);
	out->nlink = short_at(bytes, 12, big);
	out->rdev = short_at(bytes, 14, big);
	out->mtime = long_at(bytes, 16, big);
	out->name_size = short_at(bytes, 20, big);
	out->size = long_at(bytes, 22, big);
}

int assay_cpio_header(struct assay_span span, struct assay_cpio_header *out,
                      struct assay_error *err)
{
	const struct assay_cpio_form *form = assay_cpio_form_of(span);
	bool good = true;

	*out = (struct assay_cpio_header){ .form = form };
	if (form == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "no header");
	if (span.len < form->length)
		return assay_fail(err, ASSAY_E_FORMAT, "cut short in a header");
	if (form == &forms[FORM_NEWC] || form == &forms[FORM_CRC])
		good = read_newc(span.ptr, out);
	else if (form == &forms[FORM_ODC])
		good = read_odc(span.ptr, out);
	else
		read_old(span.ptr, form == &forms[FORM_OLD_BIG], out);
	if (!good)
		return assay_fail(err, ASSAY_E_FORMAT, "a header that is not written in digits");
	return 0;
}

uint32_t assay_cpio_sum(struct assay_span content)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < content.len; i++)
		sum += content.ptr[i];
	return sum;
}
