/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A manifest to start from: what a source package and its delivered packages tell, with
 * ASSAY_MANIFEST_BLANK where only a person or the toolchain lock knows.
 *
 * Layer: manifest; structs in, text out.
 */
#ifndef ASSAY_MANIFEST_TEMPLATE_H
#define ASSAY_MANIFEST_TEMPLATE_H

#include "base/buffer.h"
#include "base/digest.h"
#include "manifest/dsc.h"

/** A delivered binary package. Strings owned; free with assay_template_deb_fini. */
struct assay_template_deb {
	char *file; /* a plain file name */
	char *package;
	char *version;
	char *architecture;
	struct assay_sha256 sha256;
	uint64_t size;
	uint64_t time; /* of its first ar member: dpkg-deb(1) takes SOURCE_DATE_EPOCH for it */
};

void assay_template_deb_fini(struct assay_template_deb *deb);

struct assay_template {
	const char *file; /* name of the .dsc: a plain file name */
	struct assay_sha256 sha256;
	uint64_t size;
	const struct assay_dsc *dsc;
	const struct assay_template_deb *debs;
	size_t deb_count;
};

/** Append the manifest. */
void assay_template_write(const struct assay_template *t, struct assay_buffer *out);

#endif
