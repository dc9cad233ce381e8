/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/opaque.h"

#include "formats/reader.h"

/* Marks at the start of a file. "text": it counts although what follows may be text. */
static const struct {
	const char *mark;
	size_t len;
	enum assay_opaque opaque;
	bool text;
} marks[] = {
	{ "\177ELF", 4, ASSAY_OPAQUE_OBJECT, false },
	{ "MZ", 2, ASSAY_OPAQUE_OBJECT, false },               /* DOS, PE */
	{ "\xfe\xed\xfa", 3, ASSAY_OPAQUE_OBJECT, false },     /* Mach-O */
	{ "\xce\xfa\xed\xfe", 4, ASSAY_OPAQUE_OBJECT, false }, /* Mach-O, little-endian */
	{ "\xcf\xfa\xed\xfe", 4, ASSAY_OPAQUE_OBJECT, false },
	{ "\xca\xfe\xba\xbe", 4, ASSAY_OPAQUE_OBJECT, false }, /* Java, fat Mach-O */
	{ "\0asm", 4, ASSAY_OPAQUE_OBJECT, false },            /* WebAssembly */
	{ "BC\xc0\xde", 4, ASSAY_OPAQUE_OBJECT, false },       /* LLVM bit code */
	{ "\033Lua", 4, ASSAY_OPAQUE_OBJECT, false },
	{ "dex\n", 4, ASSAY_OPAQUE_OBJECT, false },            /* Android */
	{ "\xd0\x0d\xfe\xed", 4, ASSAY_OPAQUE_OBJECT, false }, /* device tree, FIT */
	{ "\x27\x05\x19\x56", 4, ASSAY_OPAQUE_OBJECT, false }, /* U-Boot image */
	{ "!<arch>\n", 8, ASSAY_OPAQUE_ARCHIVE, true },
	{ "!<thin>\n", 8, ASSAY_OPAQUE_ARCHIVE, true },
	{ "7z\xbc\xaf", 4, ASSAY_OPAQUE_ARCHIVE, false },
	{ "Rar!", 4, ASSAY_OPAQUE_ARCHIVE, false },
	{ "LZIP", 4, ASSAY_OPAQUE_ARCHIVE, false },
	{ "UBI#", 4, ASSAY_OPAQUE_ARCHIVE, false },
	{ "\x89PNG", 4, ASSAY_OPAQUE_IMAGE, false },
	{ "\xff\xd8\xff", 3, ASSAY_OPAQUE_IMAGE, false }, /* JPEG */
	{ "GIF8", 4, ASSAY_OPAQUE_IMAGE, false },
	{ "BM", 2, ASSAY_OPAQUE_IMAGE, false },
	{ "II*\0", 4, ASSAY_OPAQUE_IMAGE, false }, /* TIFF */
	{ "MM\0*", 4, ASSAY_OPAQUE_IMAGE, false },
	{ "\0\0\1\0", 4, ASSAY_OPAQUE_IMAGE, false }, /* icons */
	{ "RIFF", 4, ASSAY_OPAQUE_IMAGE, false },
	{ "OggS", 4, ASSAY_OPAQUE_IMAGE, false },
	{ "fLaC", 4, ASSAY_OPAQUE_IMAGE, false },
	{ "ID3", 3, ASSAY_OPAQUE_IMAGE, false },
	{ "\0\1\0\0\0", 5, ASSAY_OPAQUE_IMAGE, false }, /* TrueType */
	{ "OTTO", 4, ASSAY_OPAQUE_IMAGE, false },
	{ "wOFF", 4, ASSAY_OPAQUE_IMAGE, false },
	{ "wOF2", 4, ASSAY_OPAQUE_IMAGE, false },
	{ "%PDF-", 5, ASSAY_OPAQUE_IMAGE, true },
};

/* What a byte is for telling text from bytes, and text that spells bytes from other text. */
enum {
	BINARY = 1, /* no text has it */
	DENSE = 2,  /* of base64 in either alphabet, and so of hexadecimal */
	EDGE = 4,   /* what may stand around a line of encoded text */
	DIGIT = 8,
	NUMBER = 16, /* may follow a digit in a number: 0x1Ful */
	BETWEEN = 32 /* may stand between numbers of an array */
};

static const struct {
	const char *characters;
	uint8_t kind;
} kinds[] = {
	{ "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_", DENSE },
	{ " \t\r\n\"':,;+\\#*=", EDGE },
	{ "0123456789", DIGIT | NUMBER },
	{ "abcdefABCDEFxXuUlL", NUMBER },
	{ " \t\r\n,;{}[]()\"'\\x-", BETWEEN },
};

/* Tabs, line ends, form feeds, backspaces and escape sequences are in honest text. */
static void fill_kinds(uint8_t kind[256])
{
	memset(kind, 0, 256);
	for (unsigned c = 0; c < 0x20; c++)
		kind[c] = c != 0 && strchr("\b\t\n\v\f\r\033", (int)c) != NULL ? 0 : BINARY;
	kind[0x7f] = BINARY;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(kinds); i++)
		for (const char *c = kinds[i].characters; *c != '\0'; c++)
			kind[(unsigned char)*c] |= kinds[i].kind;
}

static bool is_text(struct assay_span content, const uint8_t *kind)
{
	uint8_t all = 0;

	if (content.len > 0 && memchr(content.ptr, 0, content.len) != NULL)
		return false;
	for (size_t i = 0; i < content.len; i++)
		all |= kind[content.ptr[i]];
	return (all & BINARY) == 0;
}

/* From here on text counts as spelling bytes. Ours: more than a checksum table or a key has. */
#define DENSE_LINE 40 /* characters of an encoded line, which have no space between them */
#define DENSE_TOTAL 1024
#define DENSE_LETTERS 16 /* different ones: rules and frames of comments have few */
#define NUMBERS_TOTAL 1024

static unsigned bits(const uint64_t set[4])
{
	unsigned count = 0;

	for (int i = 0; i < 4; i++)
		count += (unsigned)__builtin_popcountll(set[i]);
	return count;
}

/* Lines of base64 or hexadecimal, one after the other. */
static bool is_dense(struct assay_span text, const uint8_t *kind)
{
	uint64_t seen[4] = { 0 };
	size_t total = 0;

	for (size_t i = 0; i < text.len;) {
		size_t start = i, edge = 0;

		while (i < text.len && kind[text.ptr[i]] & DENSE) {
			seen[text.ptr[i] >> 6] |= UINT64_C(1) << (text.ptr[i] & 63);
			i++;
		}
		if (i - start >= DENSE_LINE) {
			total += i - start;
			if (total >= DENSE_TOTAL && bits(seen) >= DENSE_LETTERS)
				return true;
		} else if (i - start > 0) {
			total = 0;
			memset(seen, 0, sizeof(seen));
		}
		while (i < text.len && !(kind[text.ptr[i]] & DENSE)) {
			edge |= (kind[text.ptr[i]] & EDGE) == 0;
			i++;
		}
		if (edge != 0) {
			total = 0;
			memset(seen, 0, sizeof(seen));
		}
	}
	return false;
}

/* A long array of numbers. */
static bool is_array(struct assay_span text, const uint8_t *kind)
{
	size_t numbers = 0;

	for (size_t i = 0; i < text.len;) {
		uint8_t c = kind[text.ptr[i]];

		if (c & DIGIT) {
			if (++numbers >= NUMBERS_TOTAL)
				return true;
			while (i < text.len && kind[text.ptr[i]] & NUMBER)
				i++;
			continue;
		}
		/* Escapes of a string, \x1f, are numbers as well: x stands between them. */
		if ((c & (BETWEEN | NUMBER)) == 0)
			numbers = 0;
		i++;
	}
	return false;
}

enum assay_opaque assay_opaque_look(struct assay_span content)
{
	uint8_t kind[256];
	bool text;

	fill_kinds(kind);
	text = is_text(content, kind);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(marks); i++)
		if ((marks[i].text || !text) &&
		    assay_span_starts(content, marks[i].mark, marks[i].len))
			return marks[i].opaque;
	if (text)
		return is_dense(content, kind) || is_array(content, kind) ? ASSAY_OPAQUE_ENCODED
		                                                          : ASSAY_OPAQUE_NOT;
	return assay_reader_for(content) != NULL ? ASSAY_OPAQUE_ARCHIVE : ASSAY_OPAQUE_BINARY;
}
