/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All container formats, for the table in readers.c.
 *
 * Layer: formats; for readers only.
 */
#ifndef ASSAY_FORMATS_READERS_H
#define ASSAY_FORMATS_READERS_H

#include "formats/reader.h"

extern const struct assay_reader assay_reader_android;
extern const struct assay_reader assay_reader_apk;
extern const struct assay_reader assay_reader_ar;
extern const struct assay_reader assay_reader_bzip2;
extern const struct assay_reader assay_reader_cpio;
extern const struct assay_reader assay_reader_cramfs;
extern const struct assay_reader assay_reader_fat;
extern const struct assay_reader assay_reader_fdt;
extern const struct assay_reader assay_reader_fip;
extern const struct assay_reader assay_reader_fit;
extern const struct assay_reader assay_reader_flash;
extern const struct assay_reader assay_reader_gpt;
extern const struct assay_reader assay_reader_ext;
extern const struct assay_reader assay_reader_gzip;
extern const struct assay_reader assay_reader_iso;
extern const struct assay_reader assay_reader_jffs2;
extern const struct assay_reader assay_reader_lz4;
extern const struct assay_reader assay_reader_lzma;
extern const struct assay_reader assay_reader_mbr;
extern const struct assay_reader assay_reader_pe;
extern const struct assay_reader assay_reader_romfs;
extern const struct assay_reader assay_reader_sparse;
extern const struct assay_reader assay_reader_lzop;
extern const struct assay_reader assay_reader_rauc;
extern const struct assay_reader assay_reader_rpm;
extern const struct assay_reader assay_reader_squashfs;
extern const struct assay_reader assay_reader_tar;
extern const struct assay_reader assay_reader_trx;
extern const struct assay_reader assay_reader_ubi;
extern const struct assay_reader assay_reader_ubifs;
extern const struct assay_reader assay_reader_uboot_env;
extern const struct assay_reader assay_reader_uimage;
extern const struct assay_reader assay_reader_verity;
extern const struct assay_reader assay_reader_vendor;
extern const struct assay_reader assay_reader_xz;
extern const struct assay_reader assay_reader_zip;
extern const struct assay_reader assay_reader_zstd;

/** Whether a boot loader finds the mark of a kernel, which it jumps into. */
bool assay_is_kernel(struct assay_span span);

#endif
