/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Android sparse images: the blocks of another image, with runs of one value left out.
 *
 * A block that is not written keeps what the device had there. That is not the same as zeros, so
 * which blocks these are is an attribute of its own.
 *
 * Source: AOSP, system/core/libsparse/sparse_format.h.
 * Limits: version 1.0. Chunks with a CRC are read as what they are and must be equal.
 */
#include <inttypes.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/memory.h"
#include "formats/contents.h"
#include "formats/readers.h"

#define MAGIC "\x3a\xff\x26\xed"
#define HEADER 28
#define CHUNK 12
#define RAW 0xcac1
#define FILL 0xcac2
#define DONT_CARE 0xcac3
#define CRC32 0xcac4
#define CHECKSUM_AT 24

/* How many blocks there are is the size of the content; of chunks there may be any number. */
static const struct assay_field fields[] = {
	{ "magic", 0, 4, ASSAY_ROLE_FIXED },
	{ "version", 4, 4, ASSAY_ROLE_FIXED },
	{ "sizes of headers", 8, 4, ASSAY_ROLE_FIXED },
	{ "block size and numbers", 12, 12, ASSAY_ROLE_METADATA },
	{ "checksum", CHECKSUM_AT, 4, ASSAY_ROLE_FIXED },
	{ 0 },
};

/* An image at work. */
struct sparse {
	struct assay_contents *out;
	uint64_t block_size, blocks, chunks;
	uint64_t block; /* the next one */
	uint64_t hole;  /* where the open run of blocks that are not written begins */
	struct assay_buffer unwritten; /* "0-15 20-30" */
};

static bool probe(struct assay_span span)
{
	return span.len >= HEADER && assay_span_starts(span, MAGIC, 4);
}

static uint64_t get(struct assay_span span, uint64_t at, size_t width)
{
	return assay_load(span.ptr + at, width, false);
}

static int read_header(struct sparse *sparse, struct assay_error *err)
{
	struct assay_span span = sparse->out->span;

	if (get(span, 4, 4) != 1 || get(span, 8, 2) != HEADER || get(span, 10, 2) != CHUNK)
		return assay_fail_at(err, ASSAY_E_FORMAT, 4, "another version than 1.0");
	sparse->block_size = get(span, 12, 4);
	sparse->blocks = get(span, 16, 4);
	sparse->chunks = get(span, 20, 4);
	if (sparse->block_size == 0 || sparse->block_size % 4 != 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, 12, "blocks of %" PRIu64 " bytes",
		                     sparse->block_size);
	assay_contents_fields(sparse->out, ASSAY_NO_ENTRY, "header", fields);
	return 0;
}

/* The run of unwritten blocks that ends here, if there is one. */
static void close_hole(struct sparse *sparse)
{
	if (sparse->hole < sparse->block)
		assay_buffer_printf(&sparse->unwritten, "%s%" PRIu64 "-%" PRIu64,
		                    sparse->unwritten.len > 0 ? " " : "", sparse->hole,
		                    sparse->block - 1);
	sparse->hole = UINT64_MAX;
}

/* Bytes that a chunk has behind its header. Errors: ASSAY_E_FORMAT  none of its kind */
static int check_chunk(const struct sparse *sparse, uint64_t kind, uint64_t blocks, uint64_t size,
                       struct assay_error *err)
{
	uint64_t at = sparse->out->end, wanted = kind == DONT_CARE ? 0 : 4;

	if (kind < RAW || kind > CRC32)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "an unknown chunk 0x%" PRIx64, kind);
	if (kind == RAW)
		wanted = blocks * sparse->block_size;
	if (size != CHUNK + wanted || size > assay_contents_rest(sparse->out).len ||
	    get(sparse->out->span, at + 2, 2) != 0 || (kind == CRC32 && blocks != 0))
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "a malformed chunk");
	if (blocks > sparse->blocks - sparse->block)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "more blocks than there are");
	return 0;
}

/* Content that one value stands for; that value is the codec. */
static struct assay_piece piece_of(const struct sparse *sparse, uint64_t kind, uint64_t at,
                                   uint64_t length)
{
	struct assay_piece piece = { .kind = ASSAY_PIECE_ZEROS, .length = length };

	if (kind == RAW) {
		piece.kind = ASSAY_PIECE_RAW;
		piece.offset = at;
		piece.packed = length;
	} else if (kind == FILL && get(sparse->out->span, at, 4) != 0) {
		piece.kind = ASSAY_PIECE_PACKED;
		piece.offset = at;
		piece.packed = 4;
		piece.unpacked = length;
	}
	return piece;
}

/* How the bytes of a chunk are judged, by what they are: by name, so that they pair with the like. */
static enum assay_role role_of(uint64_t kind, const struct assay_piece *piece, const char **what)
{
	*what = kind == CRC32 ? "CRC" : "zeros";
	if (kind == CRC32)
		return ASSAY_ROLE_FIXED;
	if (piece->kind == ASSAY_PIECE_ZEROS)
		return ASSAY_ROLE_METADATA;
	*what = "blocks";
	return piece->kind == ASSAY_PIECE_RAW ? ASSAY_ROLE_CONTENT : ASSAY_ROLE_STREAM;
}

static int add_chunk(struct sparse *sparse, uint64_t kind, uint64_t blocks, uint64_t length,
                     struct assay_error *err)
{
	struct assay_contents *out = sparse->out;
	struct assay_piece piece = piece_of(sparse, kind, out->end, blocks * sparse->block_size);
	const char *what;
	enum assay_role role = role_of(kind, &piece, &what);
	struct assay_part *part;

	if (length > 0) {
		part = assay_contents_part(out, 0, role, what, length);
		part->content = sparse->block * sparse->block_size;
		part->unpacked = piece.length;
	}
	return piece.length > 0 ? assay_contents_piece(out, &piece, err) : 0;
}

static int read_chunk(struct sparse *sparse, struct assay_error *err)
{
	struct assay_contents *out = sparse->out;
	struct assay_span rest = assay_contents_rest(out);
	uint64_t kind, blocks, size;

	if (rest.len < CHUNK)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "cut short in a chunk");
	kind = get(rest, 0, 2);
	blocks = get(rest, 4, 4);
	size = get(rest, 8, 4);
	if (check_chunk(sparse, kind, blocks, size, err) < 0)
		return -1;
	(void)assay_contents_part(out, 0, kind == CRC32 ? ASSAY_ROLE_FIXED : ASSAY_ROLE_METADATA,
	                          "chunk", CHUNK);
	if (add_chunk(sparse, kind, blocks, size - CHUNK, err) < 0)
		return -1;
	if (kind != DONT_CARE)
		close_hole(sparse);
	else if (sparse->hole == UINT64_MAX)
		sparse->hole = sparse->block;
	sparse->block += blocks;
	return 0;
}

static void add_unwritten(struct sparse *sparse)
{
	struct assay_bytes text;

	close_hole(sparse);
	text = assay_buffer_steal(&sparse->unwritten);
	assay_contents_attribute(sparse->out, 0,
	                         &(struct assay_attribute){
					 .key = "blocks that are not written",
					 .form = ASSAY_FORM_TEXT,
					 .bytes = assay_contents_keep(sparse->out, &text),
				 });
	assay_contents_number(sparse->out, 0, "size of a block", ASSAY_FORM_NUMBER,
	                      sparse->block_size);
}

static int read_sparse(struct assay_budget *budget, struct assay_contents *out,
                       struct assay_error *err)
{
	struct sparse sparse = { .out = out, .hole = UINT64_MAX };
	int result = assay_contents_entry(out, budget, ASSAY_ENTRY_STREAM, err);

	if (result == 0)
		result = read_header(&sparse, err);
	for (uint64_t i = 0; result == 0 && i < sparse.chunks; i++)
		result = read_chunk(&sparse, err);
	if (result == 0 && sparse.block != sparse.blocks)
		result =
			assay_fail_at(err, ASSAY_E_FORMAT, out->end, "fewer blocks than there are");
	if (result == 0) {
		add_unwritten(&sparse);
		assay_contents_end(out, "bytes behind the image");
	}
	assay_buffer_fini(&sparse.unwritten);
	return result;
}

static int unpack(const struct assay_contents *contents, const struct assay_piece *piece,
                  struct assay_sink *sink, struct assay_error *err)
{
	struct assay_span value = assay_span_sub(contents->span, piece->offset, 4);
	uint8_t block[4096];

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = value.ptr[i % 4];
	for (uint64_t left = piece->unpacked; left > 0;) {
		uint64_t now = left < sizeof(block) ? left : sizeof(block);

		if (assay_sink_add(sink, assay_span_of(block, now), err) < 0)
			return -1;
		left -= now;
	}
	return 0;
}

const struct assay_reader assay_reader_sparse = {
	.name = "android-sparse",
	.repack_rule = "sparse/repacked@1",
	.probe = probe,
	.read = read_sparse,
	.unpack = unpack,
};
