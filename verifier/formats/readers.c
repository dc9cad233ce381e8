/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of container formats. */
#include "formats/contents.h"

/* Those with the weakest signs come last. */
static const struct assay_reader *const readers[] = {
	&assay_reader_ar,   &assay_reader_bzip2, &assay_reader_gzip,     &assay_reader_lz4,
	&assay_reader_xz,   &assay_reader_zip,   &assay_reader_squashfs, &assay_reader_zstd,
	&assay_reader_cpio, &assay_reader_tar, /* its magic stands at offset 257 */
	&assay_reader_lzma,                    /* has none */
};

/* What a kernel runs, by the bytes that it goes by. A container whose mark stands further on could
 * begin like that as well: then what runs counts, not how it could be unpacked. */
static bool is_program(struct assay_span span)
{
	return assay_span_starts(span, "\177ELF", 4) || assay_span_starts(span, "#!", 2);
}

const struct assay_reader *assay_reader_for(struct assay_span span)
{
	if (is_program(span))
		return NULL;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(readers); i++)
		if (readers[i]->probe(span))
			return readers[i];
	return NULL;
}
