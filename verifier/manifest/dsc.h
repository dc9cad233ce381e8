/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A Debian source package's description: which files it consists of.
 *
 * Layer:  manifest; bytes in, strings out.
 * Source: dsc(5) of dpkg 1.21.
 * Limits: 1 MiB of text, 256 files. A signature is not checked.
 */
#ifndef ASSAY_MANIFEST_DSC_H
#define ASSAY_MANIFEST_DSC_H

#include "base/error.h"
#include "base/span.h"

#define ASSAY_DSC_MAX (1024u * 1024u) /* bytes; linux, the longest one in Debian 12, has 280 KiB */

struct assay_dsc_file {
	char *name;   /* a plain file name */
	char *sha256; /* 64 lower-case hexadecimal digits */
	uint64_t size;
};

/** Zero-initialise. Owned; free with assay_dsc_fini. */
struct assay_dsc {
	char *source;
	char *version;
	struct assay_dsc_file *files; /* as in Checksums-Sha256 */
	size_t file_count, file_cap;
	bool is_signed;
};

/**
 * Read a .dsc.
 *
 * Errors: ASSAY_E_FORMAT  malformed; no Source, Version or Checksums-Sha256; a name with a slash;
 *                         a file twice
 *         ASSAY_E_LIMIT
 */
ASSAY_CHECKED int assay_dsc_parse(struct assay_span text, struct assay_dsc *out,
                                  struct assay_error *err);
void assay_dsc_fini(struct assay_dsc *dsc);
#define ASSAY_AUTO_DSC ASSAY_AUTO(assay_dsc_fini)

#endif
