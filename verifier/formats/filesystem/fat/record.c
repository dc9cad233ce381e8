/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a directory entry says, and what it leads to. */
#include <inttypes.h>

#include "base/memory.h"
#include "formats/dostime.h"
#include "formats/filesystem/fat/fat.h"

#define TENTHS 200 /* of two seconds; Specification, 6.4 */
#define DIRECTORY 0x10

enum kind {
	PLAIN,
	CREATED, /* ten milliseconds, then time and date */
	ACCESSED,
	WRITTEN,
	HIGH, /* half of a cluster */
	LOW,
	SIZE,
};

/* Specification, 6. */
static const struct {
	const char *what;
	uint64_t at, length;
	enum kind kind;
} parts[] = {
	{ "short name", 0, 11, PLAIN },
	{ "attributes", 11, 1, PLAIN },
	{ "case of the short name", 12, 1, PLAIN },
	{ "time of creation", 13, 5, CREATED },
	{ "date of access", 18, 2, ACCESSED },
	{ "high half of the cluster", 20, 2, HIGH },
	{ "time of writing", 22, 4, WRITTEN },
	{ "cluster", 26, 2, LOW },
	{ "size", 28, 4, SIZE },
};

struct fat_record fat_record_at(const struct fat *fs, uint64_t at)
{
	struct fat_record record = {
		.at = at,
		.bytes = assay_span_sub(fs->image, at, FAT_RECORD),
		.cluster = fat_load(fs, at + 26, 2),
		.size = fat_load(fs, at + 28, 4),
		.attributes = fs->image.ptr[at + 11],
	};

	if (fs->bits == 32)
		record.cluster |= fat_load(fs, at + 20, 2) << 16;
	return record;
}

/* A time that there is, or none. */
static bool is_time(struct assay_span record, enum kind kind, uint64_t at, uint64_t length)
{
	const uint8_t *b = record.ptr + at;
	uint32_t low = (uint32_t)assay_load(b, 2, false);

	if (assay_span_is_fill(assay_span_sub(record, at, length), 0))
		return true;
	if (kind == ACCESSED)
		return assay_dostime_is(low << 16);
	if (kind == WRITTEN)
		return assay_dostime_is((uint32_t)assay_load(b, 4, false));
	return b[0] < TENTHS && assay_dostime_is((uint32_t)assay_load(b + 1, 4, false));
}

void fat_record_emit(struct fat *fs, size_t entry, const struct fat_record *record, bool known,
                     bool has_size)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(parts); i++) {
		enum kind kind = parts[i].kind;
		enum assay_role role = ASSAY_ROLE_FIXED;
		struct assay_part *part;

		if (kind >= CREATED && kind <= WRITTEN &&
		    is_time(record->bytes, kind, parts[i].at, parts[i].length))
			role = ASSAY_ROLE_OPAQUE;
		else if (known && (kind == LOW || (kind == HIGH && fs->bits == 32)))
			role = ASSAY_ROLE_METADATA;
		else if (has_size && kind == SIZE)
			role = ASSAY_ROLE_SIZE;
		part = assay_contents_part_at(fs->out, entry, role, parts[i].what,
		                              record->at + parts[i].at, parts[i].length);
		part->rule = role == ASSAY_ROLE_OPAQUE ? FAT_TIMES : NULL;
	}
}

/* Behind the content: zeros as far as its last cluster goes, or they must be equal. */
static void emit_slack(struct fat *fs, size_t entry, const struct fat_run *run, uint64_t content)
{
	uint64_t at = run->at + content, length = run->length - content;
	bool zeros = assay_span_is_fill(assay_span_sub(fs->image, at, length), 0);

	if (length > 0)
		(void)assay_contents_part_at(fs->out, entry,
		                             zeros ? ASSAY_ROLE_FILL : ASSAY_ROLE_FIXED,
		                             "bytes behind the content", at, length);
}

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

int fat_record_content(struct fat *fs, uint64_t size, const struct fat_chain *chain,
                       struct assay_error *err)
{
	size_t entry = fs->out->entry_count - 1;
	uint64_t done = 0, left = size;

	for (size_t i = 0; i < chain->count; i++) {
		uint64_t length = min(chain->runs[i].length, left);

		emit_slack(fs, entry, &chain->runs[i], length);
		left -= length;
	}
	for (size_t i = 0; i < chain->count && done < size; i++) {
		const struct fat_run *run = &chain->runs[i];
		uint64_t length = min(run->length, size - done);
		const struct assay_piece piece = { .kind = ASSAY_PIECE_RAW,
			                           .length = length,
			                           .offset = run->at,
			                           .packed = length };

		assay_contents_part_at(fs->out, entry, ASSAY_ROLE_CONTENT, "content", run->at,
		                       length)
			->content = done;
		if (assay_contents_piece(fs->out, &piece, err) < 0)
			return -1;
		done += length;
	}
	return 0;
}

/* What the table says of a chain beside where its clusters are. */
static void add_attributes(struct fat *fs, size_t entry, const struct fat_record *record,
                           const struct fat_chain *chain)
{
	uint64_t wanted = (record->size + fs->cluster - 1) / fs->cluster;

	if ((record->attributes & DIRECTORY) == 0 && chain->length / fs->cluster > wanted)
		assay_contents_number(fs->out, entry, "clusters behind the end", ASSAY_FORM_NUMBER,
		                      chain->length / fs->cluster - wanted);
	if (chain->mark != 0)
		assay_contents_number(fs->out, entry, "end of the chain", ASSAY_FORM_HEX,
		                      chain->mark);
}

int fat_record_entry(struct fat *fs, const struct fat_record *record, const char *path,
                     struct fat_chain *chain, struct assay_error *err)
{
	bool folder = (record->attributes & DIRECTORY) != 0;
	size_t entry = fs->out->entry_count;

	if (assay_contents_entry(fs->out, fs->budget,
	                         folder ? ASSAY_ENTRY_DIRECTORY : ASSAY_ENTRY_FILE, err) < 0 ||
	    assay_contents_text(fs->out, &fs->out->entries[entry].name, assay_span_of_str(path),
	                        err) < 0 ||
	    fat_chain_read(fs, record->cluster, chain, err) < 0)
		return -1;
	add_attributes(fs, entry, record, chain);
	if (folder && chain->count == 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, record->at, "a folder without clusters");
	if (!folder && chain->length < record->size)
		return assay_fail_at(err, ASSAY_E_FORMAT, record->at,
		                     "a chain shorter than its file");
	return 0;
}
