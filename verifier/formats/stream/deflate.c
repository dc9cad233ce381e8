/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/stream/deflate.h"

#include <zlib.h>

/* zlib counts in unsigned int. */
static uInt at_most(size_t len)
{
	return len < (1u << 30) ? (uInt)len : 1u << 30;
}

static int run_inflate(z_stream *z, struct assay_span in, struct assay_sink *sink,
                       struct assay_error *err)
{
	size_t used = 0;
	int status = Z_OK;

	z->next_in = (Bytef *)(uintptr_t)in.ptr; /* inflate moves it on */
	while (status != Z_STREAM_END) {
		struct assay_bytes room;
		uInt given = at_most(in.len - used), space;

		if (assay_sink_room(sink, &room, err) < 0)
			return -1;
		space = at_most(room.len);
		z->avail_in = given;
		z->next_out = room.ptr;
		z->avail_out = space;
		status = inflate(z, Z_NO_FLUSH);
		used += given - z->avail_in;
		assay_sink_wrote(sink, space - z->avail_out);
		if (status != Z_OK && status != Z_STREAM_END)
			return assay_fail(err, ASSAY_E_FORMAT, "%s",
			                  z->msg != NULL ? z->msg : "cut short in the stream");
	}
	return 0;
}

int assay_inflate(struct assay_span in, struct assay_sink *sink, uint64_t *used,
                  struct assay_error *err)
{
	z_stream z = { 0 };
	int result;

	if (inflateInit2(&z, -15) != Z_OK) /* a raw stream with the largest window */
		return assay_fail(err, ASSAY_E_SYSTEM, "zlib: %s", z.msg != NULL ? z.msg : "init");
	result = run_inflate(&z, in, sink, err);
	*used = z.total_in;
	(void)inflateEnd(&z);
	return result;
}

uint32_t assay_crc32_more(uint32_t crc, struct assay_span bytes)
{
	return bytes.len > 0 ? (uint32_t)crc32_z(crc, bytes.ptr, bytes.len) : crc;
}

size_t assay_inflate_start(struct assay_span in, uint8_t *out, size_t size)
{
	z_stream z = { 0 };

	if (inflateInit2(&z, -15) != Z_OK)
		return 0;
	z.next_in = (Bytef *)(uintptr_t)in.ptr;
	z.avail_in = at_most(in.len);
	z.next_out = out;
	z.avail_out = at_most(size);
	(void)inflate(&z, Z_SYNC_FLUSH);
	(void)inflateEnd(&z);
	return (size_t)z.total_out;
}

uint32_t assay_adler32(struct assay_span bytes)
{
	return (uint32_t)adler32_z(adler32_z(0, NULL, 0), bytes.ptr, bytes.len);
}

uint32_t assay_crc32(struct assay_span bytes)
{
	return assay_crc32_more(0, bytes);
}
