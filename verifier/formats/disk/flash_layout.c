/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/disk/flash_layout.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/compiler.h"
#include "base/memory.h"

#define WORD "mtdparts="

/* The text that is left, and where the next region begins when it does not say so. */
struct parser {
	const char *at;
	uint64_t next; /* ASSAY_FLASH_REST: nothing can follow */
};

static bool take(struct parser *parser, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(parser->at, word, len) != 0)
		return false;
	parser->at += len;
	return true;
}

/* A number, decimal or hexadecimal, and a letter that multiplies it. */
static int take_number(struct parser *parser, uint64_t *out, struct assay_error *err)
{
	static const char *const letters = "kmg";
	unsigned base = take(parser, "0x") ? 16 : 10;
	const char *start = parser->at, *letter;

	*out = 0;
	for (; isxdigit((unsigned char)*parser->at) &&
	       (base == 16 || isdigit((unsigned char)*parser->at));
	     parser->at++) {
		unsigned char c = (unsigned char)tolower((unsigned char)*parser->at);
		unsigned digit = (unsigned)(isdigit(c) ? c - '0' : c - 'a' + 10);

		if (__builtin_mul_overflow(*out, base, out) ||
		    __builtin_add_overflow(*out, digit, out))
			return assay_fail(err, ASSAY_E_USAGE, "layout: a number that is too large");
	}
	if (parser->at == start)
		return assay_fail(err, ASSAY_E_USAGE, "layout: a number expected before \"%.20s\"",
		                  parser->at);
	letter = *parser->at != '\0' ? strchr(letters, tolower((unsigned char)*parser->at)) : NULL;
	if (letter == NULL)
		return 0;
	parser->at++;
	for (const char *l = letters; l <= letter; l++)
		if (__builtin_mul_overflow(*out, UINT64_C(1024), out))
			return assay_fail(err, ASSAY_E_USAGE, "layout: a number that is too large");
	return 0;
}

static int take_place(struct parser *parser, struct assay_flash_region *region,
                      struct assay_error *err)
{
	region->length = ASSAY_FLASH_REST;
	if (!take(parser, "-") && take_number(parser, &region->length, err) < 0)
		return -1;
	region->offset = parser->next;
	if (take(parser, "@") && take_number(parser, &region->offset, err) < 0)
		return -1;
	if (region->offset == ASSAY_FLASH_REST)
		return assay_fail(err, ASSAY_E_USAGE,
		                  "layout: a region behind the one that ends it");
	if (region->length == 0)
		return assay_fail(err, ASSAY_E_USAGE, "layout: a region of no bytes");
	if (region->length != ASSAY_FLASH_REST &&
	    __builtin_add_overflow(region->offset, region->length, &parser->next))
		return assay_fail(err, ASSAY_E_USAGE, "layout: a number that is too large");
	if (region->length == ASSAY_FLASH_REST)
		parser->next = ASSAY_FLASH_REST;
	return 0;
}

/* "(name)", or a number as the kernel gives it. Owner: caller frees. */
static int take_name(struct parser *parser, size_t index, char **out, struct assay_error *err)
{
	const char *end;

	if (!take(parser, "(")) {
		*out = assay_asprintf("Partition_%03zu", index);
		return 0;
	}
	end = strchr(parser->at, ')');
	if (end == NULL || end == parser->at || memchr(parser->at, '/', (size_t)(end - parser->at)))
		return assay_fail(err, ASSAY_E_USAGE, "layout: no name in \"(%.20s\"", parser->at);
	*out = assay_strndup(parser->at, (size_t)(end - parser->at));
	parser->at = end + 1;
	return 0;
}

static int take_region(struct parser *parser, struct assay_flash_layout *out,
                       struct assay_error *err)
{
	struct assay_flash_region region = { 0 };

	if (take_place(parser, &region, err) < 0 ||
	    take_name(parser, out->count, &region.name, err) < 0)
		return -1;
	while (take(parser, "ro") || take(parser, "lk") || take(parser, "slc"))
		continue;
	assay_grow(&out->regions, &out->cap, out->count, sizeof(*out->regions));
	out->regions[out->count++] = region;
	return 0;
}

static uint64_t end_of(const struct assay_flash_region *region)
{
	return region->length == ASSAY_FLASH_REST ? ASSAY_FLASH_REST
	                                          : region->offset + region->length;
}

/* Smaller ones first where they begin together. */
static int by_place(const void *a, const void *b)
{
	const struct assay_flash_region *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x->length < y->length ? -1 : x->length > y->length;
}

static bool holds(const struct assay_flash_region *outer, const struct assay_flash_region *inner)
{
	return outer->offset <= inner->offset && end_of(inner) <= end_of(outer);
}

static bool overlap(const struct assay_flash_region *a, const struct assay_flash_region *b)
{
	return a->offset < end_of(b) && b->offset < end_of(a);
}

/* Whether a region is around all that it overlaps. Of two that are the same the later one is. */
static bool is_around(const struct assay_flash_layout *layout, size_t index)
{
	const struct assay_flash_region *region = &layout->regions[index];
	bool around = false;

	for (size_t i = 0; i < layout->count; i++) {
		const struct assay_flash_region *other = &layout->regions[i];

		if (i == index || !overlap(region, other))
			continue;
		if (!holds(region, other) || (holds(other, region) && i > index))
			return false;
		around = true;
	}
	return around;
}

static void drop_outer(struct assay_flash_layout *layout)
{
	size_t kept = 0;
	ASSAY_AUTO_FREE bool *outer = assay_calloc(layout->count + 1, sizeof(*outer));

	for (size_t i = 0; i < layout->count; i++)
		outer[i] = is_around(layout, i);
	for (size_t i = 0; i < layout->count; i++) {
		if (outer[i])
			free(layout->regions[i].name);
		else
			layout->regions[kept++] = layout->regions[i];
	}
	layout->count = kept;
}

static int check(const struct assay_flash_layout *layout, struct assay_error *err)
{
	for (size_t i = 1; i < layout->count; i++)
		if (end_of(&layout->regions[i - 1]) > layout->regions[i].offset)
			return assay_fail(err, ASSAY_E_USAGE, "layout: %s and %s overlap",
			                  layout->regions[i - 1].name, layout->regions[i].name);
	for (size_t i = 0; i < layout->count; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(layout->regions[i].name, layout->regions[k].name) == 0)
				return assay_fail(err, ASSAY_E_USAGE,
				                  "layout: two regions of the name %s",
				                  layout->regions[i].name);
	return 0;
}

int assay_flash_layout_parse(const char *text, struct assay_flash_layout *out,
                             struct assay_error *err)
{
	struct parser parser = { .at = text };
	const char *colon;

	(void)take(&parser, WORD);
	colon = strchr(parser.at, ':');
	if (colon == NULL)
		return assay_fail(err, ASSAY_E_USAGE,
		                  "layout: no device: mtdparts=spi0.0:256k(u-boot),-(rest)");
	parser.at = colon + 1;
	do {
		if (take_region(&parser, out, err) < 0)
			return -1;
	} while (take(&parser, ","));
	if (*parser.at != '\0')
		return assay_fail(err, ASSAY_E_USAGE, "layout: not understood from \"%.20s\" on",
		                  parser.at);
	qsort(out->regions, out->count, sizeof(*out->regions), by_place);
	drop_outer(out);
	return check(out, err);
}

void assay_flash_layout_fini(struct assay_flash_layout *layout)
{
	for (size_t i = 0; i < layout->count; i++)
		free(layout->regions[i].name);
	free(layout->regions);
	*layout = (struct assay_flash_layout){ 0 };
}
