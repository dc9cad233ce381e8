/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ISO 9660 images: media to install from, and what a virtual machine boots. */
#include "base/memory.h"
#include "base/strings.h"
#include "formats/filesystem/iso/iso.h"
#include "formats/readers.h"

static bool probe(struct assay_span span)
{
	struct assay_span first = assay_span_sub(span, ISO_FIRST * ISO_BLOCK, ISO_BLOCK);

	return first.len == ISO_BLOCK && memcmp(first.ptr + 1, "CD001\1", 6) == 0;
}

/* Two files of one path would be paired by their order alone. */
static int check_names(const struct assay_contents *out, struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings names = { 0 };

	for (size_t i = 0; i < out->entry_count; i++)
		assay_strings_add(&names, out->entries[i].name);
	assay_strings_sort(&names);
	if (names.count < out->entry_count)
		return assay_fail(err, ASSAY_E_FORMAT, "two files of one name");
	return 0;
}

static int read_all(struct iso *iso, struct assay_error *err)
{
	struct assay_contents *out = iso->out;

	iso_padding(iso, ASSAY_NO_ENTRY, "system area", 0, ISO_FIRST * ISO_BLOCK);
	if (iso_volumes(iso, err) < 0 || check_names(out, err) < 0)
		return -1;
	/* What follows the last file, up to the size that the first descriptor tells, is no end. */
	(void)assay_contents_part_at(
		out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED, "end of the volume",
		iso_load(iso, ISO_FIRST * ISO_BLOCK + 80, 4, false) * ISO_BLOCK, 0);
	assay_contents_gaps(out, "bytes of no file");
	return 0;
}

static int read_iso(struct assay_budget *budget, struct assay_contents *out,
                    struct assay_error *err)
{
	struct iso iso = { .out = out, .budget = budget, .image = out->span };
	int result;

	iso.blocks = iso.image.len / ISO_BLOCK;
	iso.owners = assay_calloc(iso.blocks + 1, sizeof(*iso.owners));
	iso.folders = assay_calloc(iso.blocks + 1, 1);
	iso.seen = assay_calloc(iso.blocks + 1, 1);
	result = read_all(&iso, err);
	free(iso.owners);
	free(iso.folders);
	free(iso.seen);
	return result;
}

const struct assay_reader assay_reader_iso = {
	.name = "iso",
	.probe = probe,
	.read = read_iso,
};
