/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The payload: a cpio archive in one compressed stream, whose parts become parts of the package. */
#include "formats/package/rpm.h"
#include "formats/readers.h"

/* A part of the stream as a part of the package. */
static void adopt_part(struct assay_contents *out, const struct assay_part *from, uint64_t shift)
{
	size_t entry = from->entry == ASSAY_NO_ENTRY ? ASSAY_NO_ENTRY : ASSAY_RPM_PAYLOAD;
	uint64_t at = from->offset + shift;
	struct assay_part *part;

	if (from->fields != NULL) {
		assay_contents_fields_at(out, entry, from->what, from->fields, at);
		return;
	}
	part = assay_contents_part_at(out, entry, from->role, from->what, at, from->length);
	part->content = from->content;
	part->unpacked = from->unpacked;
	part->rule = from->rule;
	part->fill = from->fill;
}

/*
 * rpm reads one stream of xz and leaves a second one alone; with others it depends. What is taken
 * over are parts and content, so there must be nothing else to tell.
 */
static int check_stream(const struct assay_contents *stream, struct assay_error *err)
{
	size_t streams = 0;

	if (stream->entry_count != 1 || stream->entries[0].unreadable != NULL ||
	    stream->entries[0].piece_count > 0 || stream->partial != NULL ||
	    stream->false_count > 0)
		return assay_fail(err, ASSAY_E_FORMAT, "a payload that is more than a stream");
	for (size_t i = 0; i < stream->part_count; i++)
		streams += stream->parts[i].role == ASSAY_ROLE_STREAM;
	if (streams != 1)
		return assay_fail(err, ASSAY_E_FORMAT, "a payload of %zu streams", streams);
	return 0;
}

static void adopt_stream(struct assay_rpm *rpm, struct assay_contents *stream)
{
	for (size_t i = 0; i < stream->part_count; i++)
		adopt_part(rpm->out, &stream->parts[i], rpm->main.end);
	for (size_t i = 0; i < stream->buffer_count; i++)
		(void)assay_contents_keep(rpm->out, &stream->buffers[i]);
	rpm->out->trailing = stream->trailing;
	rpm->unpacked = stream->entries[0].content;
}

static int unpack(struct assay_rpm *rpm, const struct assay_reader *reader, struct assay_error *err)
{
	ASSAY_AUTO_CONTENTS struct assay_contents stream = { 0 };

	if (assay_contents_read(reader, rpm->payload, rpm->budget, &stream, err) < 0 ||
	    check_stream(&stream, err) < 0)
		return assay_fail_in(err, "payload");
	adopt_stream(rpm, &stream);
	return 0;
}

int assay_rpm_read_payload(struct assay_rpm *rpm, struct assay_error *err)
{
	const struct assay_reader *reader = assay_reader_for(rpm->payload);

	if (assay_contents_entry(rpm->out, rpm->budget, ASSAY_ENTRY_STREAM, err) < 0)
		return -1;
	if (reader == &assay_reader_cpio) {
		(void)assay_contents_part_at(rpm->out, ASSAY_RPM_PAYLOAD, ASSAY_ROLE_CONTENT,
		                             "payload", rpm->main.end, rpm->payload.len);
		rpm->unpacked = rpm->payload;
	} else if (reader == NULL || reader->stream_rule == NULL) {
		return assay_fail_at(err, ASSAY_E_FORMAT, rpm->main.end,
		                     "a payload in no compression that is known");
	} else if (unpack(rpm, reader, err) < 0) {
		return -1;
	}
	rpm->out->entries[ASSAY_RPM_PAYLOAD].content = rpm->unpacked;
	return 0;
}
