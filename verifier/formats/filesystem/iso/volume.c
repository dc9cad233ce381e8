/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volume descriptors, and the path tables that they lead to. */
#include <inttypes.h>

#include "formats/filesystem/iso/iso.h"

#define DESCRIPTORS_MAX 64 /* ours */
#define ROOT_AT 156
#define TIMES_AT 813 /* four of them */
#define TIME 17
#define CHANGED 1 /* which of them libblkid and GRUB take for the UUID */
#define ESCAPES_AT 88

/* ECMA-119, 8.1.1 */
enum kind {
	BOOT = 0,
	PRIMARY = 1,
	SUPPLEMENTARY = 2,
	END = 255,
};

/* ECMA-119, 8.4: numbers in both byte orders. */
static const struct {
	uint64_t at;
	size_t width;
} numbers[] = { { 80, 4 }, { 120, 2 }, { 124, 2 }, { 128, 2 }, { 132, 4 } };

static bool is_joliet(const struct iso *iso, uint64_t at)
{
	static const char *const escapes[] = { "%/@", "%/C", "%/E" };
	struct assay_span span = assay_span_sub(iso->image, at + ESCAPES_AT, 32);

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(escapes); i++)
		if (assay_span_starts(span, escapes[i], 3))
			return true;
	return false;
}

static void emit_descriptor(struct iso *iso, uint64_t at)
{
	iso_fixed(iso, ASSAY_NO_ENTRY, "volume descriptor", at, ROOT_AT + 18);
	iso_time(iso, ASSAY_NO_ENTRY, "time of the root", at + ROOT_AT + 18, 7);
	iso_fixed(iso, ASSAY_NO_ENTRY, "names of the volume", at + ROOT_AT + 25,
	          TIMES_AT - ROOT_AT - 25);
	for (uint64_t i = 0; i < 4; i++)
		iso_time(iso, ASSAY_NO_ENTRY,
		         i == CHANGED && iso->image.ptr[at] == PRIMARY ? ISO_FOUND_BY
		                                                       : "time of the volume",
		         at + TIMES_AT + i * TIME, TIME);
	iso_fixed(iso, ASSAY_NO_ENTRY, "rest of the descriptor", at + TIMES_AT + 4 * TIME,
	          ISO_BLOCK - TIMES_AT - 4 * TIME);
}

static int read_tree(struct iso *iso, uint64_t at, struct assay_error *err)
{
	struct iso_record root;
	bool agree = true;

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(numbers); i++)
		(void)iso_both(iso, at + numbers[i].at, numbers[i].width, &agree);
	if (!agree)
		return assay_fail_at(err, ASSAY_E_FORMAT, at,
		                     "a number that is another one in the other byte order");
	if (iso_load(iso, at + 128, 2, false) != ISO_BLOCK)
		return assay_fail_at(err, ASSAY_E_FORMAT, at + 128, "blocks of another size");
	if (iso_load(iso, at + 80, 4, false) > iso->blocks)
		return assay_fail_at(err, ASSAY_E_FORMAT, at + 80, "cut short");
	if (iso_record_read(iso, at + ROOT_AT, at + ROOT_AT + 34, &root, err) < 0)
		return -1;
	emit_descriptor(iso, at);
	/* An enhanced descriptor (ISO 9660:1999) has the tree of the first one. */
	if (iso->tree_number > 0 && root.block == iso->root)
		return iso_path_tables(iso, at, err);
	if (iso->tree_number == 0)
		iso->root = root.block;
	iso->tree = is_joliet(iso, at) ? ISO_JOLIET : ISO_PLAIN;
	if (iso_walk(iso, &root, err) < 0 || iso_path_tables(iso, at, err) < 0)
		return -1;
	iso->tree_number++;
	return 0;
}

static int read_descriptor(struct iso *iso, uint64_t at, struct assay_error *err)
{
	switch (iso->image.ptr[at]) {
	case PRIMARY:
	case SUPPLEMENTARY:
		return read_tree(iso, at, err);
	case BOOT:
		iso_fixed(iso, ASSAY_NO_ENTRY, "boot record", at, ISO_BLOCK);
		return 0;
	case END:
		iso_fixed(iso, ASSAY_NO_ENTRY, "end of the descriptors", at, ISO_BLOCK);
		return 0;
	default:
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "an unknown descriptor");
	}
}

/* All of them up to the end. What boots is looked at when files are known. */
int iso_volumes(struct iso *iso, struct assay_error *err)
{
	uint64_t count = 0;
	uint8_t kind = BOOT;

	for (; kind != END; count++) {
		uint64_t at = (ISO_FIRST + count) * ISO_BLOCK;

		if (count == DESCRIPTORS_MAX || !assay_span_holds(iso->image, at, ISO_BLOCK) ||
		    memcmp(iso->image.ptr + at + 1, "CD001", 5) != 0)
			return assay_fail_at(err, ASSAY_E_FORMAT, at, "descriptors without an end");
		kind = iso->image.ptr[at];
		if (read_descriptor(iso, at, err) < 0)
			return -1;
	}
	if (iso->tree_number == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "no tree");
	for (uint64_t i = 0; i < count; i++)
		if (iso->image.ptr[(ISO_FIRST + i) * ISO_BLOCK] == BOOT &&
		    iso_boot(iso, (ISO_FIRST + i) * ISO_BLOCK, err) < 0)
			return -1;
	return 0;
}

/* --- path tables --- */

/* Where the two tables, and the second of each, stand; ECMA-119, 8.4.14 to 8.4.17. */
static const struct {
	uint64_t at;
	bool big;
} tables[] = { { 140, false }, { 144, false }, { 148, true }, { 152, true } };

/* Whether a table lists just as many folders as the tree has, each of them at its place. */
static bool is_table_true(const struct iso *iso, uint64_t at, uint64_t size, bool big)
{
	uint64_t end = at + size, count = 0;

	while (at + 8 <= end) {
		uint64_t name = iso->image.ptr[at], block = iso_load(iso, at + 2, 4, big);

		if (name == 0 || block >= iso->blocks || iso->folders[block] != 1)
			return false;
		at += 8 + name + name % 2;
		count++;
	}
	return at == end && count == iso->folder_count;
}

/* Whether both say the same but for the byte order. */
static bool is_alike(const struct iso *iso, uint64_t a, uint64_t b, uint64_t size)
{
	for (uint64_t i = 0; i + 8 <= size;) {
		uint64_t name = iso->image.ptr[a + i], length = 8 + name + name % 2;

		if (iso_load(iso, a + i, 2, false) != iso_load(iso, b + i, 2, false) ||
		    iso_load(iso, a + i + 2, 4, false) != iso_load(iso, b + i + 2, 4, true) ||
		    iso_load(iso, a + i + 6, 2, false) != iso_load(iso, b + i + 6, 2, true) ||
		    length > size - i ||
		    memcmp(iso->image.ptr + a + i + 8, iso->image.ptr + b + i + 8, length - 8) != 0)
			return false;
		i += length;
	}
	return true;
}

int iso_path_tables(struct iso *iso, uint64_t descriptor, struct assay_error *err)
{
	uint64_t size = iso_load(iso, descriptor + 132, 4, false), first = 0;

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(tables); i++) {
		uint64_t at =
			iso_load(iso, descriptor + tables[i].at, 4, tables[i].big) * ISO_BLOCK;

		if (at == 0)
			continue;
		if (!assay_span_holds(iso->image, at, size))
			return assay_fail_at(err, ASSAY_E_FORMAT, descriptor + tables[i].at,
			                     "a path table past the end");
		if ((iso->seen[at / ISO_BLOCK] & ISO_SEEN_TABLE) != 0)
			continue; /* that of a descriptor in front of this one */
		if (!is_table_true(iso, at, size, tables[i].big) ||
		    (tables[i].big && first != 0 && !is_alike(iso, first, at, size)))
			assay_contents_false(iso->out, ASSAY_NO_ENTRY, "path table", at, size);
		iso->seen[at / ISO_BLOCK] |= ISO_SEEN_TABLE;
		iso_fixed(iso, ASSAY_NO_ENTRY, "path table", at, size);
		first = tables[i].big || first != 0 ? first : at;
	}
	return 0;
}
