/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times in text and in numbers, where they differ. */
#include <ctype.h>
#include <string.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "explain/view.h"

#define YEAR_MIN 1990
#define YEAR_MAX 2099
#define SECOND_MIN UINT64_C(631152000)  /* 1990-01-01 UTC */
#define SECOND_MAX UINT64_C(4102444799) /* 2099-12-31 UTC */

/*
 * How times are written. y m d H M S: digits of the year, month, day, hour, minute and second, a
 * day and an hour also with a space in front; b: a letter of the name of a month; w: a letter of any
 * word. Longest first: what was found is not looked for again.
 */
static const char *const patterns[] = {
	"www bbb dd HH:MM:SS www yyyy", /* date(1), asctime(3) with a zone */
	"dd bbb yyyy HH:MM:SS",         /* RFC 5322, 3.3 */
	"bbb dd HH:MM:SS yyyy",         /* asctime(3) */
	"yyyy-mm-ddwHH:MM:SS",          /* RFC 3339, 5.6 */
	"yyyy-mm-dd HH:MM:SS",
	"bbb dd yyyy", /* __DATE__ */
	"dd bbb yyyy",
	"yyyy-mm-dd",
	"yyyymmdd",
	"HH:MM:SS", /* __TIME__ */
};

static bool take_digit(unsigned *number, uint8_t byte, bool first)
{
	if (byte == ' ' && first)
		return true;
	*number = *number * 10 + (unsigned)(byte - '0');
	return isdigit(byte) != 0;
}

static unsigned month_of(const char name[3])
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (unsigned i = 0; i < 12; i++)
		if (memcmp(months + 3 * (size_t)i, name, 3) == 0)
			return i + 1;
	return 0;
}

/* Whether a pattern stands at a place. */
static bool read_at(const struct assay_view_side *side, size_t at, const char *pattern,
                    struct assay_shown *out)
{
	unsigned number[128] = { 0 };
	char name[3] = "", before = '\0';
	size_t letters = 0;

	if (at > side->len || side->len - at < strlen(pattern))
		return false;
	for (const char *p = pattern; *p != '\0'; before = *p++) {
		uint8_t byte = side->bytes[at++];
		bool good = byte == (uint8_t)*p;

		if (*p == 'b')
			good = isalpha(byte) != 0, name[letters++ % 3] = (char)byte;
		else if (*p == 'w')
			good = isalpha(byte) != 0;
		else if (strchr("ymdHMS", *p) != NULL)
			good = take_digit(&number[(unsigned char)*p], byte,
			                  before != *p && (*p == 'd' || *p == 'H'));
		if (!good)
			return false;
	}
	out->date = strchr(pattern, 'y') != NULL;
	out->clock = strchr(pattern, 'H') != NULL;
	out->year = number['y'];
	out->month = letters > 0 ? month_of(name) : number['m'];
	out->day = number['d'];
	out->hours = number['H'];
	out->minutes = number['M'];
	out->seconds = number['S'];
	return (!out->date || (out->year >= YEAR_MIN && out->year <= YEAR_MAX && out->month >= 1 &&
	                       out->month <= 12 && out->day >= 1 && out->day <= 31)) &&
	       out->hours < 24 && out->minutes < 60 && out->seconds < 60;
}

/* Take over what a text shows and was not known. */
static void merge(struct assay_shown *shown, const struct assay_shown *text)
{
	if (text->date && !shown->date) {
		shown->date = true;
		shown->year = text->year;
		shown->month = text->month;
		shown->day = text->day;
	}
	if (text->clock && !shown->clock) {
		shown->clock = true;
		shown->hours = text->hours;
		shown->minutes = text->minutes;
		shown->seconds = text->seconds;
	}
}

/* Both sides have it at the same place, and some of it differs. */
static void look_for(struct assay_shown *shown, const struct assay_view *view, const char *pattern)
{
	const struct assay_view_side *d = &view->delivered, *r = &view->rebuilt;
	struct assay_shown ours = { 0 }, theirs = { 0 };

	for (size_t at = 0; at < d->len; at++)
		if (assay_view_differs(d, at, strlen(pattern)) && read_at(d, at, pattern, &ours) &&
		    read_at(r, assay_view_place(d, r, at), pattern, &theirs))
			merge(shown, &ours);
}

static bool is_year(uint64_t number)
{
	return number >= YEAR_MIN && number <= YEAR_MAX;
}

static bool is_second(uint64_t number)
{
	return number >= SECOND_MIN && number <= SECOND_MAX;
}

/* Decimal digits that stand alone. Return: false when they do not, or not so many */
static bool read_number(const struct assay_view_side *side, size_t at, size_t digits, uint64_t *out)
{
	*out = 0;
	if (at > side->len || side->len - at < digits || (at > 0 && isalnum(side->bytes[at - 1])) ||
	    (at + digits < side->len && isalnum(side->bytes[at + digits])))
		return false;
	for (size_t i = 0; i < digits; i++) {
		if (!isdigit(side->bytes[at + i]))
			return false;
		*out = *out * 10 + side->bytes[at + i] - '0';
	}
	return true;
}

static bool read_binary(const struct assay_view_side *side, size_t at, size_t size, bool big,
                        uint64_t *out)
{
	bool text = true;

	if (at > side->len || side->len - at < size)
		return false;
	for (size_t i = 0; i < size; i++)
		text = text && isprint(side->bytes[at + i]) != 0;
	*out = assay_load(side->bytes + at, size, big);
	return !text; /* letters make numbers that look like times */
}

/* Numbers of one kind on both sides. kind 0: text, 1: little-endian, 2: big-endian */
static void look_at_number(struct assay_shown *shown, const struct assay_view *view, unsigned kind,
                           bool year)
{
	const struct assay_view_side *d = &view->delivered, *r = &view->rebuilt;
	size_t size = kind == 0 ? (year ? 4 : 10) : (year ? 2 : 4);
	uint64_t ours, theirs;

	for (size_t at = 0; at < d->len; at++) {
		size_t there = assay_view_place(d, r, at);
		bool got = assay_view_differs(d, at, size) &&
		           (kind == 0 ? read_number(d, at, size, &ours) &&
		                                read_number(r, there, size, &theirs)
		                      : read_binary(d, at, size, kind == 2, &ours) &&
		                                read_binary(r, there, size, kind == 2, &theirs));

		if (got && year && is_year(ours) && is_year(theirs) && !shown->date &&
		    !shown->year_only) {
			shown->year_only = true;
			shown->year = (unsigned)ours;
		}
		if (got && !year && is_second(ours) && is_second(theirs) && !shown->second) {
			shown->second = true;
			shown->exact = ours;
		}
	}
}

void assay_shown_add(struct assay_shown *shown, const struct assay_view *view)
{
	unsigned kinds = view->digits ? 1 : 3;

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(patterns); i++)
		look_for(shown, view, patterns[i]);
	for (unsigned kind = 0; kind < kinds; kind++)
		for (unsigned year = 0; year < 2; year++)
			look_at_number(shown, view, kind, year == 1);
}
