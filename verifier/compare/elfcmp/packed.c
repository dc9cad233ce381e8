/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/elfcmp/packed.h"

#include <elf.h>
#include <zlib.h>
#include <zstd.h>

#include "base/cursor.h"
#include "base/memory.h"

#define OLD_PREFIX ".zdebug_"
#define NEW_PREFIX ".debug_"
#define OLD_MAGIC "ZLIB"
#define OLD_HEAD 12 /* bytes */

#define BLOCK ((size_t)1 << 16)          /* bytes unpacked at a time */
#define UNPACKED_MAX ((uint64_t)4 << 30) /* bytes */
#define RATIO_FROM ((uint64_t)64 << 20)  /* bytes; the limits of formats/budget.h */
#define RATIO_MAX 1000u
#define WINDOW_LOG 27 /* as in formats/stream/zstd.c */

#define COMPRESSED_BY_ZSTD 2 /* gABI; younger than the elf.h of Debian 12 */

/* A stream on its way through a block. */
struct stream {
	struct assay_span packed;
	uint64_t size; /* bytes that it has to unpack to */
	uint64_t got;  /* bytes so far */
	struct assay_hasher *hasher;
	uint8_t *block;
};

static const char damaged[] = "its compressed content cannot be unpacked";
static const char false_size[] = "its compressed content has another size than it says";

bool assay_elf_is_packed(const struct assay_elf_section *section)
{
	return (section->flags & SHF_COMPRESSED) != 0 ||
	       assay_span_starts(section->name, OLD_PREFIX, sizeof(OLD_PREFIX) - 1);
}

struct assay_span assay_elf_stem(struct assay_span name)
{
	if (assay_span_starts(name, OLD_PREFIX, sizeof(OLD_PREFIX) - 1))
		return assay_span_sub(name, 2, name.len);
	if (assay_span_starts(name, NEW_PREFIX, sizeof(NEW_PREFIX) - 1))
		return assay_span_sub(name, 1, name.len);
	return name;
}

/* Return: false when there are more bytes than there may be */
static bool take(struct stream *stream, size_t len)
{
	if (len > stream->size - stream->got)
		return false;
	stream->got += len;
	assay_hasher_add(stream->hasher, stream->block, len);
	return true;
}

static void end_inflate(z_stream *zlib)
{
	(void)inflateEnd(zlib);
}

static const char *run_zlib(struct stream *stream)
{
	ASSAY_AUTO(end_inflate) z_stream zlib = { 0 };
	int status = inflateInit(&zlib);

	zlib.next_in = (Bytef *)(uintptr_t)stream->packed.ptr;
	while (status == Z_OK) {
		size_t left = stream->packed.len - (size_t)(zlib.next_in - stream->packed.ptr);

		zlib.avail_in = left < BLOCK ? (uInt)left : (uInt)BLOCK;
		zlib.next_out = stream->block;
		zlib.avail_out = (uInt)BLOCK;
		status = inflate(&zlib, Z_NO_FLUSH);
		if (!take(stream, BLOCK - zlib.avail_out))
			return false_size;
	}
	if (status != Z_STREAM_END)
		return damaged;
	return zlib.next_in == stream->packed.ptr + stream->packed.len
	               ? NULL
	               : "bytes stand behind its compressed content";
}

static void end_zstd(ZSTD_DStream **zstd)
{
	(void)ZSTD_freeDStream(*zstd);
}

static const char *run_zstd(struct stream *stream)
{
	ASSAY_AUTO(end_zstd) ZSTD_DStream *zstd = ZSTD_createDStream();
	ZSTD_inBuffer in = { stream->packed.ptr, stream->packed.len, 0 };
	size_t hint = 1; /* 0 at the end of a frame */

	if (zstd == NULL)
		return damaged;
	(void)ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, WINDOW_LOG);
	while (hint != 0) {
		ZSTD_outBuffer out = { stream->block, BLOCK, 0 };
		size_t before = in.pos;

		hint = ZSTD_decompressStream(zstd, &out, &in);
		if (ZSTD_isError(hint) || (hint != 0 && out.pos == 0 && in.pos == before))
			return damaged;
		if (!take(stream, out.pos))
			return false_size;
	}
	return in.pos == in.size ? NULL : "bytes stand behind its compressed content";
}

/* gABI, Elf32_Chdr and Elf64_Chdr: type, in 64 bits a reserved word, size, alignment. The reserved
 * word means nothing, and LLVM's objcopy leaves in it what was in memory. */
static const char *read_new_head(const struct assay_elf *elf, struct assay_span data,
                                 struct stream *stream, uint32_t *type)
{
	bool big = elf->big_endian, wide = elf->width == ASSAY_ELF_64;
	size_t word = wide ? 8 : 4, head = 3 * word;

	if (data.len < head)
		return "it is too short for compressed content";
	*type = (uint32_t)assay_load(data.ptr, 4, big);
	stream->size = assay_load(data.ptr + word, word, big);
	stream->packed = assay_span_sub(data, head, data.len);
	return NULL;
}

static const char *read_head(const struct assay_elf *elf, const struct assay_elf_section *section,
                             struct stream *stream, uint32_t *type)
{
	struct assay_span data = section->data;

	if ((section->flags & SHF_COMPRESSED) == 0) {
		if (data.len < OLD_HEAD || memcmp(data.ptr, OLD_MAGIC, 4) != 0)
			return "it is not compressed, as its name says";
		*type = ELFCOMPRESS_ZLIB;
		stream->size = assay_load(data.ptr + 4, 8, true);
		stream->packed = assay_span_sub(data, OLD_HEAD, data.len);
		return NULL;
	}
	if (assay_span_starts(section->name, OLD_PREFIX, sizeof(OLD_PREFIX) - 1))
		return "it is compressed twice";
	return read_new_head(elf, data, stream, type);
}

static const char *unpack(const struct assay_elf *elf, const struct assay_elf_section *section,
                          struct stream *stream)
{
	uint32_t type = 0;
	const char *why = read_head(elf, section, stream, &type);

	if (why != NULL)
		return why;
	if (stream->size > UNPACKED_MAX ||
	    (stream->size > RATIO_FROM && stream->size / RATIO_MAX > stream->packed.len))
		return "it unpacks to more than the limit";
	if (type != ELFCOMPRESS_ZLIB && type != COMPRESSED_BY_ZSTD)
		return "its kind of compression is unknown";
	why = type == ELFCOMPRESS_ZLIB ? run_zlib(stream) : run_zstd(stream);
	return why == NULL && stream->got != stream->size ? false_size : why;
}

const char *assay_elf_unpack(const struct assay_elf *elf, const struct assay_elf_section *section,
                             struct assay_sha256 *digest)
{
	ASSAY_AUTO_HASHER struct assay_hasher *hasher = assay_hasher_new();
	ASSAY_AUTO_FREE uint8_t *block = assay_calloc(1, BLOCK);
	struct stream stream = { .hasher = hasher, .block = block };
	const char *why = NULL;
	struct assay_sha256 unused;

	if (assay_elf_is_packed(section))
		why = unpack(elf, section, &stream);
	else
		assay_hasher_add(hasher, section->data.ptr, section->data.len);
	assay_hasher_finish(hasher, digest != NULL ? digest : &unused);
	return why;
}
