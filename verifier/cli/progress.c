/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/quote.h"

#define REDRAW_MS 100
#define PLAIN_MS 10000
#define WIDTH_DEFAULT 80

static const char *const stage_names[] = {
	[ASSAY_STAGE_RESOLVE] = "resolve", [ASSAY_STAGE_FETCH] = "fetch",
	[ASSAY_STAGE_UNPACK] = "unpack",   [ASSAY_STAGE_BUILD] = "build",
	[ASSAY_STAGE_COMPARE] = "compare",
};

/* stderr is one, and so is its display. */
static struct display {
	bool terminal;
	bool begun;
	bool drawn; /* there is a line on the terminal */
	enum assay_stage stage;
	uint64_t stage_start_ms, last_ms;
} display;

/* Cut text behind at most width columns, without cutting a UTF-8 character in two. */
static void cut(struct assay_buffer *line, size_t width)
{
	size_t columns = 0;

	for (size_t i = 0; i < line->len; i++) {
		if (((unsigned char)line->ptr[i] & 0xc0) == 0x80)
			continue;
		if (columns++ == width) {
			line->ptr[i] = '\0';
			line->len = i;
		}
	}
}

static size_t terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
		return size.ws_col - 1u;
	return WIDTH_DEFAULT - 1;
}

static void add_amount(struct assay_buffer *line, const struct assay_progress_event *event)
{
	if (event->stage == ASSAY_STAGE_FETCH && event->total > 0)
		assay_buffer_printf(line, " %.1f/%.1f MB", (double)event->done / 1e6,
		                    (double)event->total / 1e6);
	else if (event->stage == ASSAY_STAGE_BUILD && event->total > 1)
		assay_buffer_printf(line, " step %" PRIu64 "/%" PRIu64, event->done + 1,
		                    event->total);
	else if (event->stage != ASSAY_STAGE_BUILD && event->total > 0)
		assay_buffer_printf(line, " %" PRIu64 "/%" PRIu64, event->done, event->total);
}

static void show(const struct assay_progress_event *event, uint64_t now)
{
	ASSAY_AUTO_BUFFER struct assay_buffer line = { 0 };
	uint64_t seconds = (now - display.stage_start_ms) / 1000;

	assay_buffer_printf(&line, "%-8s %2" PRIu64 ":%02" PRIu64, stage_names[event->stage],
	                    seconds / 60, seconds % 60);
	add_amount(&line, event);
	if (event->text != NULL && *event->text != '\0') {
		assay_buffer_add_str(&line, "  ");
		assay_quote(&line, assay_span_of_str(event->text));
	}
	if (display.terminal) {
		cut(&line, terminal_width());
		(void)fprintf(stderr, "\r%s\033[K", assay_buffer_str(&line));
		display.drawn = true;
	} else {
		(void)fprintf(stderr, "assay: %s\n", assay_buffer_str(&line));
	}
}

static void on_event(void *context, const struct assay_progress_event *event)
{
	uint64_t now = assay_clock_monotonic_ms();
	uint64_t pause = display.terminal ? REDRAW_MS : PLAIN_MS;
	bool new_stage = !display.begun || display.stage != event->stage;

	(void)context;
	if (!new_stage && now - display.last_ms < pause)
		return;
	if (new_stage) {
		display.begun = true;
		display.stage = event->stage;
		display.stage_start_ms = now;
	}
	display.last_ms = now;
	show(event, now);
}

const struct assay_progress *assay_progress_open(bool quiet)
{
	static const struct assay_progress progress = { .report = on_event };

	if (quiet)
		return NULL;
	display = (struct display){ .terminal = isatty(STDERR_FILENO) == 1 };
	return &progress;
}

void assay_progress_clear(void)
{
	if (display.drawn)
		(void)fputs("\r\033[K", stderr);
	display.drawn = false;
}
