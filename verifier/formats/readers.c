/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of container formats. */
#include "formats/readers.h"

#include "base/cursor.h"
#include "formats/disk/flash.h"

/* By what each is told. Those with the weakest signs come last. */
static const struct assay_reader *const readers[] = {
	&assay_reader_ar,        /* "!<arch>" */
	&assay_reader_bzip2,     /* "BZh" and the mark of a block */
	&assay_reader_apk,       /* gzip, and a package's first file in it */
	&assay_reader_gzip,      /* 1f 8b 08 */
	&assay_reader_lz4,       /* 04 22 4d 18, or the magic of the legacy frame */
	&assay_reader_lzop,      /* 89 "LZO" and line ends */
	&assay_reader_xz,        /* fd "7zXZ" 00 */
	&assay_reader_zip,       /* "PK" 03 04 or, empty, 05 06 */
	&assay_reader_verity,    /* "verity" at the start, or behind as many blocks as it says */
	&assay_reader_ubi,       /* "UBI#", again at the second erase block */
	&assay_reader_flash,     /* one of those below, and another at a sector behind it */
	&assay_reader_rpm,       /* ed ab ee db */
	&assay_reader_rauc,      /* squashfs with a signature and its size behind it */
	&assay_reader_squashfs,  /* "hsqs" and version 4 */
	&assay_reader_cramfs,    /* 28 cd 3d 45 in either order, also behind 512 bytes */
	&assay_reader_jffs2,     /* 19 85 or 85 19, and a header with a true checksum */
	&assay_reader_ubifs,     /* 31 18 10 06, and a superblock */
	&assay_reader_romfs,     /* "-rom1fs-" */
	&assay_reader_fit,       /* d0 0d fe ed, and a node images below the root */
	&assay_reader_fdt,       /* d0 0d fe ed */
	&assay_reader_android,   /* "ANDROID!" */
	&assay_reader_vendor,    /* "VNDRBOOT" */
	&assay_reader_sparse,    /* 3a ff 26 ed */
	&assay_reader_fip,       /* 01 00 64 aa */
	&assay_reader_trx,       /* "HDR0" and version 1 or 2 */
	&assay_reader_uimage,    /* 27 05 19 56 */
	&assay_reader_zstd,      /* 28 b5 2f fd */
	&assay_reader_iso,       /* "CD001" in the seventeenth block of 2 KiB */
	&assay_reader_gpt,       /* "EFI PART" in the second sector */
	&assay_reader_fat,       /* a boot sector whose numbers agree, and the table behind it */
	&assay_reader_cpio,      /* "0707", or its bytes in either order */
	&assay_reader_ext,       /* 53 ef at offset 1080 */
	&assay_reader_tar,       /* its magic stands at offset 257 */
	&assay_reader_mbr,       /* 55 aa at offset 510, and partitions that there are */
	&assay_reader_uboot_env, /* a true CRC in front of variables */
	&assay_reader_lzma,      /* has none */
};

/* Microsoft PE Format, "MS-DOS Stub": where the signature is stands at 0x3c. UEFI firmware runs it. */
static bool is_pe(struct assay_span span)
{
	struct assay_span at = assay_span_sub(span, 0x3c, 4);

	return assay_span_starts(span, "MZ", 2) && at.len == 4 &&
	       assay_span_starts(assay_span_sub(span, assay_load(at.ptr, 4, false), 4), "PE\0\0",
	                         4);
}

/*
 * Kernels that boot loaders jump into, by marks in their headers: as for programs, but that a dump of
 * flash may begin with one.
 *
 * Source: Linux, Documentation/arch/arm64/booting.rst ("magic"), riscv/boot-image-header.rst
 *         ("magic2"), x86/boot.rst ("header"); arch/arm/boot/compressed/head.S.
 */
static const struct {
	size_t offset;
	const char *mark;
} kernels[] = {
	{ 0x38, "ARM\x64" },
	{ 0x38, "RSC\x05" },
	{ 0x202, "HdrS" },
	{ 0x24, "\x18\x28\x6f\x01" },
};

bool assay_is_kernel(struct assay_span span)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(kernels); i++)
		if (assay_span_starts(assay_span_sub(span, kernels[i].offset, 4), kernels[i].mark,
		                      4))
			return true;
	return false;
}

/* What a kernel or firmware runs, by the bytes that it goes by. A container whose mark stands further
 * on could begin like that as well: then what runs counts, not how it could be unpacked. */
static bool is_program(struct assay_span span)
{
	return assay_span_starts(span, "\177ELF", 4) || assay_span_starts(span, "#!", 2) ||
	       is_pe(span);
}

const struct assay_reader *assay_reader_for(struct assay_span span)
{
	/* What is a program in a container that is known to be one. */
	if (assay_reader_pe.probe(span))
		return &assay_reader_pe;
	if (is_program(span))
		return NULL;
	for (size_t i = 0; !assay_is_kernel(span) && i < ASSAY_ARRAY_LEN(readers); i++)
		if (readers[i]->probe(span))
			return readers[i];
	return assay_flash_is_dump(span) ? &assay_reader_flash : NULL;
}
