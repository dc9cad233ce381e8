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

struct reading {
	unsigned number[128]; /* by the letter of the pattern */
	char month[3];
	size_t letters;
};

static bool read_byte(struct reading *reading, char wanted, char before, uint8_t byte)
{
	switch (wanted) {
	case 'b':
		reading->month[reading->letters++ % 3] = (char)byte;
		return isalpha(byte) != 0;
	case 'w':
		return isalpha(byte) != 0;
	case 'd':
	case 'H':
		return take_digit(&reading->number[(size_t)wanted], byte, before != wanted);
	case 'y':
	case 'm':
	case 'M':
	case 'S':
		return take_digit(&reading->number[(size_t)wanted], byte, false);
	default:
		return byte == (uint8_t)wanted;
	}
}

static bool is_date(const struct assay_shown *shown)
{
	return shown->year >= YEAR_MIN && shown->year <= YEAR_MAX && shown->month >= 1 &&
	       shown->month <= 12 && shown->day >= 1 && shown->day <= 31;
}

/* Whether a pattern stands at a place. */
static bool read_at(const struct assay_view_side *side, size_t at, const char *pattern,
                    struct assay_shown *out)
{
	struct reading reading = { 0 };
	char before = '\0';

	if (at > side->len || side->len - at < strlen(pattern))
		return false;
	for (const char *p = pattern; *p != '\0'; before = *p++)
		if (!read_byte(&reading, *p, before, side->bytes[at++]))
			return false;
	*out = (struct assay_shown){
		.date = strchr(pattern, 'y') != NULL,
		.clock = strchr(pattern, 'H') != NULL,
		.year = reading.number['y'],
		.month = reading.letters > 0 ? month_of(reading.month) : reading.number['m'],
		.day = reading.number['d'],
		.hours = reading.number['H'],
		.minutes = reading.number['M'],
		.seconds = reading.number['S'],
	};
	return (!out->date || is_date(out)) && out->hours < 24 && out->minutes < 60 &&
	       out->seconds < 60;
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

/* How numbers are written, and what they count. */
static const struct kind {
	size_t size;
	bool text, big, year;
} kinds[] = {
	{ 4, true, false, true },  { 10, true, false, false }, /* the first two are text */
	{ 2, false, false, true }, { 4, false, false, false },
	{ 2, false, true, true },  { 4, false, true, false },
};
#define TEXTS 2

static bool read_kind(const struct assay_view_side *side, size_t at, const struct kind *kind,
                      uint64_t *out)
{
	bool got = kind->text ? read_number(side, at, kind->size, out)
	                      : read_binary(side, at, kind->size, kind->big, out);

	return got && (kind->year ? is_year(*out) : is_second(*out));
}

static void look_at_number(struct assay_shown *shown, const struct assay_view *view,
                           const struct kind *kind)
{
	const struct assay_view_side *d = &view->delivered, *r = &view->rebuilt;
	uint64_t ours, theirs;

	for (size_t at = 0; at < d->len; at++) {
		if (!assay_view_differs(d, at, kind->size) || !read_kind(d, at, kind, &ours) ||
		    !read_kind(r, assay_view_place(d, r, at), kind, &theirs))
			continue;
		if (kind->year && !shown->date && !shown->year_only) {
			shown->year_only = true;
			shown->year = (unsigned)ours;
		}
		if (!kind->year && !shown->second) {
			shown->second = true;
			shown->exact = ours;
		}
	}
}

void assay_shown_add(struct assay_shown *shown, const struct assay_view *view)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(patterns); i++)
		look_for(shown, view, patterns[i]);
	/* Digits that are read as bytes make any number. */
	for (size_t i = 0; i < (view->digits ? TEXTS : ASSAY_ARRAY_LEN(kinds)); i++)
		look_at_number(shown, view, &kinds[i]);
}
