/* SPDX-License-Identifier: GPL-3.0-or-later */
/* El Torito: what a firmware starts from the image. */
#include "base/memory.h"
#include "formats/filesystem/iso/iso.h"

#define SPECIFICATION "EL TORITO SPECIFICATION"
#define CATALOG_AT 71 /* in the boot record */
#define RECORD 32
#define BOOTABLE 0x88
#define SECTION 0x90 /* and 0x91, the last one */
#define SECTOR 512

/* Bytes of what is loaded: sectors, or all of a diskette. El Torito, figure 3. */
static uint64_t size_of(const struct iso *iso, uint64_t at)
{
	static const uint64_t diskettes[] = { 0, 1200 << 10, 1440 << 10, 2880 << 10 };
	uint8_t medium = iso->image.ptr[at + 1] & 15;

	if (medium >= 1 && medium < ASSAY_ARRAY_LEN(diskettes))
		return diskettes[medium];
	return iso_load(iso, at + 6, 2, false) * SECTOR;
}

/* An entry of its own for what no file of a tree is. */
static int add_image(struct iso *iso, uint64_t at, unsigned number, struct assay_error *err)
{
	uint64_t block = iso_load(iso, at + 8, 4, false), size = size_of(iso, at);
	size_t entry = iso->out->entry_count;
	ASSAY_AUTO_FREE char *name = assay_asprintf("boot:%u", number);

	if (block == 0 || size == 0 || (block < iso->blocks && iso->owners[block] != 0))
		return 0;
	return assay_contents_entry(iso->out, iso->budget, ASSAY_ENTRY_FILE, err) < 0 ||
	                       assay_contents_text(iso->out, &iso->out->entries[entry].name,
	                                           assay_span_of_str(name), err) < 0
	               ? -1
	               : iso_content(iso, entry, block, size, err);
}

/* El Torito, 2.1: sixteen words that add up to nothing, and a mark. */
static bool is_validation(const struct iso *iso, uint64_t at)
{
	uint16_t sum = 0;

	for (uint64_t i = 0; i < RECORD; i += 2)
		sum = (uint16_t)(sum + iso_load(iso, at + i, 2, false));
	return sum == 0 && iso->image.ptr[at] == 1 && iso->image.ptr[at + 30] == 0x55 &&
	       iso->image.ptr[at + 31] == 0xaa;
}

static int read_catalog(struct iso *iso, uint64_t at, struct assay_error *err)
{
	uint64_t end = at + ISO_BLOCK;
	unsigned number = 1;

	if (!is_validation(iso, at))
		assay_contents_false(iso->out, ASSAY_NO_ENTRY, "boot catalog", at, RECORD);
	for (at += RECORD; at < end; at += RECORD) {
		uint8_t kind = iso->image.ptr[at];

		/* The first may be one that does not boot; sections and what is more stand behind. */
		if ((kind == BOOTABLE || number == 1) && add_image(iso, at, number++, err) < 0)
			return -1;
		if (kind == 0 && number > 2)
			break;
	}
	return 0;
}

int iso_boot(struct iso *iso, uint64_t descriptor, struct assay_error *err)
{
	uint64_t block = iso_load(iso, descriptor + CATALOG_AT, 4, false);

	if (memcmp(iso->image.ptr + descriptor + 7, SPECIFICATION, strlen(SPECIFICATION)) != 0)
		return 0;
	if (block >= iso->blocks)
		return assay_fail_at(err, ASSAY_E_FORMAT, descriptor + CATALOG_AT,
		                     "a boot catalog past the end");
	if (iso->owners[block] == 0)
		iso_fixed(iso, ASSAY_NO_ENTRY, "boot catalog", block * ISO_BLOCK, ISO_BLOCK);
	return read_catalog(iso, block * ISO_BLOCK, err);
}
