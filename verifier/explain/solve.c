/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "explain/solve.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/memory.h"
#include "explain/view.h"

#define FINDINGS_MAX 4096 /* looked at; ours */
#define VALUE_MAX 200     /* bytes of a value; ours */
#define EACH_MAX 4        /* guesses for a key; ours */
#define NOON 43200        /* seconds: the same day in nearly all time zones */

void assay_guesses_fini(struct assay_guesses *guesses)
{
	for (size_t i = 0; i < guesses->count; i++)
		free(guesses->items[i].value);
	*guesses = (struct assay_guesses){ 0 };
}

/* Takes value. What is there already, or too much, is dropped. */
static void add(struct assay_guesses *guesses, const char *key, char *value)
{
	size_t of_key = 0;
	bool known = false;

	for (size_t i = 0; i < guesses->count; i++)
		if (strcmp(guesses->items[i].key, key) == 0) {
			of_key++;
			known = known || strcmp(guesses->items[i].value, value) == 0;
		}
	if (known || of_key == EACH_MAX || guesses->count == ASSAY_GUESSES_MAX)
		free(value);
	else
		guesses->items[guesses->count++] = (struct assay_guess){ key, value };
}

/* --- what is text in the output ------------------------------------------------------------- */

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/*
 * A key, and which characters a value of it may have. Which programs run and which settings they
 * read is not for the delivered file to say: PATH, HOME and TMPDIR are none of these, and a value
 * of another variable names no file, but for those of time zones.
 */
static const struct slot {
	const char *axis, *key, *characters;
	bool number;
} slots[] = {
	{ "build-path", "build.path", WORD "/._+~-", false },
	{ "cpus", "build.machine.cpus", "0123456789", true },
	{ "hostname", "build.machine.hostname", WORD ".-", false },
	{ "kernel", "build.machine.kernel_release", WORD "._+~-", false },
	{ "kernel", "build.machine.kernel_version", WORD "#:/._+~ -", false },
	{ "locale", "build.environment.LC_ALL", WORD "_.@-", false },
	{ "user", "build.user.name", "abcdefghijklmnopqrstuvwxyz0123456789_-", false },
	{ "user", "build.user.uid", "0123456789", true },
	{ "zone", "build.environment.TZ", WORD "/,_+-", false },
};

static bool in_environment(const struct slot *slot)
{
	static const char environment[] = "build.environment.";

	return strncmp(slot->key, environment, strlen(environment)) == 0;
}

/* What the rebuild had. Return: text, which the caller frees */
static char *value_of(const struct assay_manifest *manifest, const struct slot *slot)
{
	const struct assay_machine *machine = &manifest->build.machine;
	const char *last = strrchr(slot->key, '.') + 1;

	if (in_environment(slot))
		return assay_strdup(assay_build_variable(&manifest->build, last));
	if (strcmp(last, "path") == 0)
		return assay_strdup(manifest->build.path);
	if (strcmp(last, "hostname") == 0)
		return assay_strdup(machine->hostname);
	if (strcmp(last, "kernel_release") == 0)
		return assay_strdup(machine->kernel_release);
	if (strcmp(last, "kernel_version") == 0)
		return assay_strdup(machine->kernel_version);
	if (strcmp(last, "name") == 0)
		return assay_strdup(manifest->build.user.name);
	return assay_asprintf("%" PRIu32,
	                      strcmp(last, "uid") == 0 ? manifest->build.user.uid : machine->cpus);
}

/* The characters at a place that a value may have. */
static size_t length_at(const struct assay_view_side *side, size_t at, const char *characters)
{
	size_t len = 0;

	while (at + len < side->len && len < VALUE_MAX && side->bytes[at + len] != '\0' &&
	       strchr(characters, side->bytes[at + len]) != NULL)
		len++;
	return len;
}

/*
 * Where the delivered file has what the rebuild has at a place: as far from the difference, or, when
 * words before it are longer on one side, in the word of the same number.
 */
static size_t place_of(const struct assay_view_side *from, const struct assay_view_side *to,
                       size_t at)
{
	size_t words = 0, word = from->start, there = to->start;

	for (size_t i = from->start; i < at; i++)
		if (!isgraph(from->bytes[i])) {
			words++;
			word = i + 1;
		}
	if (words == 0)
		return assay_view_place(from, to, at);
	for (; words > 0 && there < to->len; there++)
		words -= !isgraph(to->bytes[there]);
	return words == 0 ? there + at - word : to->len;
}

struct search {
	const struct slot *slot;
	const char *value; /* what the rebuild had */
	struct assay_guesses *out;
};

/* Where the rebuild has its value, the delivered file has its own. */
static void guess_text(const struct search *search, const struct assay_view *view)
{
	const struct slot *slot = search->slot;
	const char *value = search->value;
	const struct assay_view_side *d = &view->delivered, *r = &view->rebuilt;
	size_t len = strlen(value);

	for (size_t at = 0; len > 0 && at + len <= r->len; at++) {
		struct assay_span text;
		size_t there;

		/* It may differ only behind its end, as a longer value does. */
		if (memcmp(r->bytes + at, value, len) != 0 || !assay_view_differs(r, at, len + 1))
			continue;
		there = place_of(r, d, at);
		if (there >= d->len)
			continue;
		text = assay_span_of(d->bytes + there, length_at(d, there, slot->characters));
		if (text.len == 0 || assay_span_is(text, value) ||
		    (in_environment(slot) && text.ptr[0] == '/'))
			continue;
		if (slot->number)
			add(search->out, slot->key,
			    assay_strndup((const char *)text.ptr, text.len));
		else
			add(search->out, slot->key,
			    assay_asprintf("\"%.*s\"", (int)text.len, (const char *)text.ptr));
	}
}

/* --- modes ---------------------------------------------------------------------------------- */

static bool read_mode(const struct assay_excerpt *excerpt, uint32_t *out)
{
	const uint8_t *p = excerpt->bytes.ptr;

	*out = 0;
	for (size_t i = 0; i < excerpt->length && p[excerpt->before + i] != '\0'; i++) {
		uint8_t byte = p[excerpt->before + i];

		if (byte < '0' || byte > '7' || i == 12)
			return false;
		*out = *out << 3 | (uint32_t)(byte - '0');
	}
	return excerpt->length > 0;
}

/* The umask takes away what the delivered file lacks, and leaves what it has more. */
static void guess_umask(const struct assay_manifest *manifest, const struct assay_finding *finding,
                        struct assay_guesses *out)
{
	uint32_t ours, theirs, mask;

	if (finding->item == NULL || strcmp(finding->item, "mode") != 0 ||
	    !read_mode(&finding->delivered, &theirs) || !read_mode(&finding->rebuilt, &ours))
		return;
	mask = ((manifest->build.umask & ~(theirs & ~ours)) | (ours & ~theirs)) & 0777;
	if (mask != manifest->build.umask)
		add(out, "build.umask", assay_asprintf("\"%04" PRIo32 "\"", mask));
}

/* --- times ---------------------------------------------------------------------------------- */

static uint64_t seconds_of(const struct assay_shown *shown, unsigned second_of_day)
{
	struct tm tm = { .tm_year = (int)shown->year - 1900,
		         .tm_mon = (int)shown->month - 1,
		         .tm_mday = (int)shown->day };

	return (uint64_t)timegm(&tm) + second_of_day;
}

static void add_clock(struct assay_guesses *out, const char *mode, uint64_t start)
{
	add(out, "build.machine.clock",
	    assay_asprintf("{\"mode\":\"%s\",\"start\":%" PRIu64 "}", mode, start));
}

/*
 * A clock that shows what the file shows. The time that the manifest gives to its sources is that
 * of the release, as a rule: it is taken where it agrees, and guessed where nothing is shown.
 */
static void guess_clock(const struct assay_manifest *manifest, struct assay_shown *shown,
                        struct assay_guesses *out)
{
	uint64_t epoch = manifest->build.source_date_epoch;
	unsigned of_day = shown->hours * 3600 + shown->minutes * 60 + shown->seconds;
	uint64_t day = 0;
	time_t seconds = (time_t)epoch;
	struct tm tm = { 0 };

	(void)gmtime_r(&seconds, &tm);
	if (shown->date)
		day = seconds_of(shown, 0);
	if (shown->date && shown->clock)
		add_clock(out, "fixed", day + of_day);
	if (shown->second)
		add_clock(out, "fixed", shown->exact);
	if (shown->date && epoch - epoch % 86400 != day)
		add_clock(out, "offset", day + NOON);
	if (!shown->date && shown->clock)
		add_clock(out, "fixed", epoch - epoch % 86400 + of_day);
	if (!shown->date && shown->year_only && (int)shown->year != tm.tm_year + 1900) {
		shown->month = 7;
		shown->day = 1;
		add_clock(out, "offset", seconds_of(shown, NOON));
	}
	add_clock(out, "offset", epoch);
}

/* -------------------------------------------------------------------------------------------- */

typedef void look_fn(void *context, const struct assay_view *view);

/* Show all views of all differences. */
static void look(const struct assay_comparison *found, size_t count, look_fn *see, void *context)
{
	size_t looked_at = 0;
	struct assay_view view;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < found[i].finding_count && looked_at < FINDINGS_MAX; k++) {
			if (found[i].findings[k].class != ASSAY_CLASS_UNEXPLAINED)
				continue;
			looked_at++;
			for (unsigned v = 0; v < ASSAY_VIEWS; v++)
				if (assay_view_get(&found[i].findings[k], v, &view))
					see(context, &view);
		}
}

static void see_time(void *context, const struct assay_view *view)
{
	assay_shown_add(context, view);
}

static void see_text(void *context, const struct assay_view *view)
{
	guess_text(context, view);
}

void assay_solve(const struct assay_manifest *manifest, const struct assay_comparison *found,
                 size_t count, const struct assay_strings *axes, struct assay_guesses *out)
{
	struct assay_shown shown = { 0 };

	if (assay_strings_has(axes, "time")) {
		look(found, count, see_time, &shown);
		guess_clock(manifest, &shown, out);
	}
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(slots); i++) {
		ASSAY_AUTO_FREE char *value = value_of(manifest, &slots[i]);
		struct search search = { &slots[i], value, out };

		if (assay_strings_has(axes, slots[i].axis))
			look(found, count, see_text, &search);
	}
	for (size_t i = 0; assay_strings_has(axes, "umask") && i < count; i++)
		for (size_t k = 0; k < found[i].finding_count; k++)
			guess_umask(manifest, &found[i].findings[k], out);
}
