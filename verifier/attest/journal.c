/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/journal.h"

#include <fcntl.h>
#include <inttypes.h>

#include "attest/document.h"
#include "base/clock.h"
#include "base/file.h"

#define LINE_BYTES ((size_t)1 << 20)

void assay_journal_close(struct assay_journal *journal)
{
	if (journal->fd >= 0)
		(void)close(journal->fd);
	journal->fd = -1;
}

static bool is_number(const json_t *json, const char *key, uint64_t wanted)
{
	const json_t *value = json_object_get(json, key);

	return json_is_integer(value) && json_integer_value(value) >= 0 &&
	       (uint64_t)json_integer_value(value) == wanted;
}

/* A line that follows the ones before. Its keys are ours, and it has one spelling. */
static int check_line(struct assay_span line, const struct assay_journal_head *before,
                      struct assay_error *err)
{
	ASSAY_AUTO_JSON json_t *json = NULL;
	ASSAY_AUTO_BUFFER struct assay_buffer again = { 0 };
	struct assay_sha256 previous;
	int64_t when;

	if (assay_document_parse(line, LINE_BYTES, &json, err) < 0)
		return -1;
	assay_json_canonical(json, &again);
	assay_buffer_add_str(&again, "\n");
	if (!assay_span_equal(assay_buffer_span(&again), line) || json_object_size(json) != 6)
		return assay_fail(err, ASSAY_E_FORMAT, "not as a journal is written");
	if (assay_field(json, "data", JSON_OBJECT, err) == NULL ||
	    assay_field_text(json, "event", err) == NULL ||
	    assay_field(json, "ms", JSON_INTEGER, err) == NULL ||
	    assay_field_time(json, "time", &when, err) < 0 ||
	    assay_field_sha256(json, "previous", &previous, err) < 0)
		return -1;
	if (!is_number(json, "record", before->records + 1))
		return assay_fail(err, ASSAY_E_TRUST, "has another number");
	if (!assay_sha256_equal(&previous, &before->last))
		return assay_fail(err, ASSAY_E_TRUST,
		                  "does not follow the line before: one of them was changed, or "
		                  "lines were taken out or put in");
	return 0;
}

/* The next line of the text; empty when there is no whole one. */
static struct assay_span next_line(struct assay_span text)
{
	const uint8_t *end = text.len > 0 ? memchr(text.ptr, '\n', text.len) : NULL;

	return end != NULL ? assay_span_of(text.ptr, (size_t)(end - text.ptr) + 1)
	                   : assay_span_of(NULL, 0);
}

int assay_journal_check(struct assay_span text, struct assay_journal_head *head,
                        struct assay_error *err)
{
	struct assay_span line;

	*head = (struct assay_journal_head){ 0 };
	if (text.len > ASSAY_JOURNAL_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "longer than %" PRIu64 " bytes",
		                  ASSAY_JOURNAL_MAX);
	while ((line = next_line(text)).len > 0) {
		if (check_line(line, head, err) < 0)
			return assay_fail_in(err, "record %" PRIu64, head->records + 1);
		assay_sha256(line, &head->last);
		head->records++;
		text = assay_span_sub(text, line.len, text.len);
	}
	head->cut = text.len;
	return 0;
}

int assay_journal_has(struct assay_span text, uint64_t record, const struct assay_sha256 *digest,
                      struct assay_error *err)
{
	struct assay_sha256 found = { { 0 } };
	struct assay_span line;

	for (uint64_t i = 0; i < record && (line = next_line(text)).len > 0; i++) {
		if (i == record - 1)
			assay_sha256(line, &found);
		text = assay_span_sub(text, line.len, text.len);
	}
	if (record == 0 || !assay_sha256_equal(&found, digest))
		return assay_fail(err, ASSAY_E_TRUST,
		                  "has no record %" PRIu64
		                  " that is the one of the statement: lines "
		                  "are missing, or it is another journal",
		                  record);
	return 0;
}

/* What is behind the last line was never a record. */
static int take_off(const struct assay_journal *journal, uint64_t size, struct assay_error *err)
{
	if (journal->head.cut == 0)
		return 0;
	return ftruncate(journal->fd, (off_t)(size - journal->head.cut)) < 0
	               ? assay_fail_errno(err, "take a cut line off the journal")
	               : 0;
}

int assay_journal_open(int dirfd, const char *name, struct assay_journal *out,
                       struct assay_error *err)
{
	ASSAY_AUTO_JOURNAL struct assay_journal journal = ASSAY_JOURNAL_INIT;
	ASSAY_AUTO_BYTES struct assay_bytes text = { 0 };

	journal.fd =
		openat(dirfd, name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (journal.fd < 0)
		return assay_fail_errno(err, "open %s", name);
	if (assay_file_read(dirfd, name, ASSAY_JOURNAL_MAX, &text, err) < 0)
		return -1;
	if (assay_journal_check(assay_span_of_bytes(&text), &journal.head, err) < 0 ||
	    take_off(&journal, text.len, err) < 0)
		return assay_fail_in(err, "%s", name);
	if (fsync(dirfd) < 0)
		return assay_fail_errno(err, "make %s last", name);
	journal.opened = assay_clock_monotonic_ms();
	*out = journal;
	journal.fd = -1;
	return 0;
}

int assay_journal_note(struct assay_journal *journal, const char *event, json_t *data,
                       struct assay_error *err)
{
	ASSAY_AUTO_JSON json_t *line = json_object();
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	char when[ASSAY_CLOCK_TEXT];
	ssize_t put;

	assay_clock_text(assay_clock_wall(), when);
	assay_json_set(line, "data", data);
	assay_json_set_str(line, "event", event);
	assay_json_set_int(line, "ms", assay_clock_monotonic_ms() - journal->opened);
	assay_json_set_sha256(line, "previous", &journal->head.last);
	assay_json_set_int(line, "record", journal->head.records + 1);
	assay_json_set_str(line, "time", when);
	assay_json_canonical(line, &text);
	assay_buffer_add_str(&text, "\n");
	if (text.len > LINE_BYTES)
		return assay_fail(err, ASSAY_E_LIMIT, "a record of the journal has %zu bytes",
		                  text.len);
	/* In one go: a second write could be the one that does not happen. */
	put = write(journal->fd, text.ptr, text.len);
	if (put != (ssize_t)text.len)
		return put < 0 ? assay_fail_errno(err, "write the journal")
		               : assay_fail(err, ASSAY_E_SYSTEM,
		                            "write the journal: no room for a whole record");
	if (fdatasync(journal->fd) < 0)
		return assay_fail_errno(err, "sync the journal");
	assay_sha256(assay_buffer_span(&text), &journal->head.last);
	journal->head.records++;
	return 0;
}
