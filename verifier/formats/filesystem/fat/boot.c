/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The boot sector, its copy, and the sector with the number of free clusters. */
#include "formats/filesystem/fat/fat.h"

#define BOOT 512
#define MARK_AT 510
#define SECTORS_MAX 128   /* of a cluster */
#define CLUSTERS_12 4085u /* Specification, 3.5: fewer are FAT12 */
#define CLUSTERS_16 65525u
#define CLUSTERS_32 0xffffff5u
#define MIRRORED_NOT 0x80 /* BPB_ExtFlags */
#define NO_SECTOR 0xffff
#define TABLES_MAX 4 /* ours; two are usual */

#define NUMBERS_AT 11 /* behind the jump and the name of who made it */
#define CODE_16 62
#define CODE_32 90

/* Extended boot signatures: a serial number follows, and maybe a label. */
#define HAS_SERIAL 0x28
#define HAS_LABEL 0x29

/* Specification, 3.1 to 3.3; role and rule are those of the serial number. */
#define FIELDS_16(role, rule)                                                                      \
	{                                                                                          \
		{ "jump", 0, 3, ASSAY_ROLE_FIXED }, { "OEM name", 3, 8, ASSAY_ROLE_FIXED },        \
			{ "geometry", 11, 25, ASSAY_ROLE_FIXED },                                  \
			{ "drive and state", 36, 3, ASSAY_ROLE_FIXED },                            \
			{ "volume serial", 39, 4, role, rule },                                    \
			{ "label in the boot sector", 43, 11, ASSAY_ROLE_FIXED },                  \
			{ "name of the format", 54, 8, ASSAY_ROLE_FIXED },                         \
			{ "boot code", 62, 448, ASSAY_ROLE_FIXED },                                \
			{ "mark of the boot sector", MARK_AT, 2, ASSAY_ROLE_FIXED }, { 0 },        \
	}
#define FIELDS_32(role, rule)                                                                      \
	{                                                                                          \
		{ "jump", 0, 3, ASSAY_ROLE_FIXED }, { "OEM name", 3, 8, ASSAY_ROLE_FIXED },        \
			{ "geometry", 11, 53, ASSAY_ROLE_FIXED },                                  \
			{ "drive and state", 64, 3, ASSAY_ROLE_FIXED },                            \
			{ "volume serial", 67, 4, role, rule },                                    \
			{ "label in the boot sector", 71, 11, ASSAY_ROLE_FIXED },                  \
			{ "name of the format", 82, 8, ASSAY_ROLE_FIXED },                         \
			{ "boot code", 90, 420, ASSAY_ROLE_FIXED },                                \
			{ "mark of the boot sector", MARK_AT, 2, ASSAY_ROLE_FIXED }, { 0 },        \
	}

/* By whether it is FAT32, and whether there is a serial number. */
static const struct assay_field fields[2][2][10] = {
	{ FIELDS_16(ASSAY_ROLE_FIXED, NULL), FIELDS_16(ASSAY_ROLE_OPAQUE, FAT_SERIAL) },
	{ FIELDS_32(ASSAY_ROLE_FIXED, NULL), FIELDS_32(ASSAY_ROLE_OPAQUE, FAT_SERIAL) },
};

static bool is_power(uint32_t number)
{
	return number != 0 && (number & (number - 1)) == 0;
}

/* Numbers that every boot sector has. In: one of BOOT bytes */
static bool is_boot(const struct fat *fs)
{
	const uint8_t *b = fs->image.ptr;
	uint32_t sector = fat_load(fs, 11, 2), records = fat_load(fs, 17, 2);

	return ((b[0] == 0xeb && b[2] == 0x90) || b[0] == 0xe9) &&
	       assay_span_starts(assay_span_sub(fs->image, MARK_AT, 2), "\x55\xaa", 2) &&
	       is_power(sector) && sector >= BOOT && sector <= 4096 && is_power(b[13]) &&
	       b[13] <= SECTORS_MAX && fat_load(fs, 14, 2) > 0 && b[16] >= 1 &&
	       b[16] <= TABLES_MAX && (b[21] == 0xf0 || b[21] >= 0xf8) &&
	       records * FAT_RECORD % sector == 0;
}

/* In: fs->bits, 32 or less. Return: false when there is no room for anything */
static bool read_clusters(struct fat *fs, uint64_t sectors)
{
	uint64_t size = sectors * fs->sector, count;

	fs->reserved = (uint64_t)fat_load(fs, 14, 2) * fs->sector;
	fs->tables = fs->image.ptr[16];
	fs->table_size *= fs->sector;
	fs->root_at = fs->reserved + fs->tables * fs->table_size;
	fs->root_size = (uint64_t)fat_load(fs, 17, 2) * FAT_RECORD;
	fs->data_at = fs->root_at + fs->root_size;
	fs->cluster = (uint64_t)fs->image.ptr[13] * fs->sector;
	if (size <= fs->data_at || fs->data_at > fs->image.len)
		return false;
	count = (size - fs->data_at) / fs->cluster;
	if (fs->bits == 16 && count < CLUSTERS_12)
		fs->bits = 12;
	if (count == 0 || count >= (fs->bits == 32 ? CLUSTERS_32 : CLUSTERS_16))
		return false;
	fs->end = (uint32_t)count + FAT_FIRST;
	/* What is there; less than that is told later. */
	fs->image = assay_span_sub(fs->image, 0, size);
	return fs->table_size >= ((uint64_t)fs->end * fs->bits + 7) / 8;
}

static uint32_t sector_or_none(const struct fat *fs, uint64_t at)
{
	uint32_t sector = fat_load(fs, at, 2);

	return sector == NO_SECTOR ? 0 : sector;
}

bool fat_boot_read(struct fat *fs)
{
	uint64_t sectors;

	if (fs->image.len < BOOT || !is_boot(fs))
		return false;
	fs->sector = fat_load(fs, 11, 2);
	sectors = fat_load(fs, 19, 2) > 0 ? fat_load(fs, 19, 2) : fat_load(fs, 32, 4);
	fs->table_size = fat_load(fs, 22, 2);
	fs->bits = fs->table_size > 0 ? 16 : 32;
	if (fs->bits == 32) {
		fs->table_size = fat_load(fs, 36, 4);
		fs->root = fat_load(fs, 44, 4);
		fs->info = sector_or_none(fs, 48);
		fs->backup = sector_or_none(fs, 50);
	}
	if (!read_clusters(fs, sectors))
		return false;
	/* The table begins with the byte that tells the medium. */
	return fs->image.ptr[fs->reserved] == fs->image.ptr[21] &&
	       (fs->bits == 32) == (fs->root_size == 0);
}

int fat_boot_check(const struct fat *fs, struct assay_error *err)
{
	if (fs->image.len < fs->data_at + (uint64_t)(fs->end - FAT_FIRST) * fs->cluster)
		return assay_fail_at(err, ASSAY_E_FORMAT, fs->image.len, "cut short");
	if (fs->bits != 32)
		return 0;
	if ((fat_load(fs, 40, 2) & MIRRORED_NOT) != 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, 40, "tables that are not mirrored");
	if (fat_load(fs, 42, 2) != 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, 42, "an unknown version of FAT32");
	if ((uint64_t)fs->info * fs->sector >= fs->reserved ||
	    (uint64_t)fs->backup * fs->sector >= fs->reserved ||
	    (fs->info != 0 && fs->info == fs->backup))
		return assay_fail_at(err, ASSAY_E_FORMAT, 48, "a sector that is not reserved");
	return 0;
}

static struct assay_span sector_at(const struct fat *fs, uint32_t sector)
{
	return assay_span_sub(fs->image, (uint64_t)sector * fs->sector, fs->sector);
}

/* A boot sector; what is behind it in a large sector is no less fixed. */
static void emit_boot(struct fat *fs, const char *what, uint32_t sector)
{
	uint64_t at = (uint64_t)sector * fs->sector;
	uint8_t signature = fs->image.ptr[at + (fs->bits == 32 ? 66 : 38)];
	bool serial = signature == HAS_SERIAL || signature == HAS_LABEL;

	assay_contents_fields_at(fs->out, ASSAY_NO_ENTRY, what, fields[fs->bits == 32][serial], at);
	if (fs->sector > BOOT)
		(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED,
		                             "rest of the boot sector", at + BOOT,
		                             fs->sector - BOOT);
}

/* mkfs.fat: print a text, which is behind it, and wait for a key. In: text, where that is */
#define MKFS(text)                                                                                 \
	"\x0e\x1f\xbe" text "\x7c\xac\x22\xc0\x74\x0b\x56\xb4\x0e\xbb\x07\x00\xcd\x10\x5e\xeb\xf0" \
	"\x32\xe4\xcd\x16\xcd\x19\xeb\xfe"

/* mformat: start the first sector of the first hard disk. In: next, where it goes on elsewhere */
#define MFORMAT(next)                                                                              \
	"\xfa\x31\xc0\x8e\xd8\x8e\xc0\xfc\xb9\x00\x01\xbe\x00\x7c\xbf\x00\x80\xf3\xa5\xea" next    \
	"\x00\x00\x08\xb8\x01\x02\xbb\x00\x7c\xba\x80\x00\xb9\x01\x00\xcd\x13\x72\x05\xea"         \
	"\x00\x7c\x00\x00\xcd\x19"

bool fat_boot_is_idle(const struct fat *fs)
{
	static const struct {
		const char *code;
		size_t length;
	} idle[] = {
		{ MKFS("\x5b"), sizeof(MKFS("\x5b")) - 1 },
		{ MKFS("\x77"), sizeof(MKFS("\x77")) - 1 },
		{ MFORMAT("\x56"), sizeof(MFORMAT("\x56")) - 1 },
		{ MFORMAT("\x72"), sizeof(MFORMAT("\x72")) - 1 },
	};
	uint64_t at = fs->bits == 32 ? CODE_32 : CODE_16;
	struct assay_span code = assay_span_sub(fs->image, at, MARK_AT - at);

	if (assay_span_is_fill(code, 0))
		return true;
	/* A short jump, to just there. */
	if (fs->image.ptr[0] != 0xeb || fs->image.ptr[1] + 2u != at)
		return false;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(idle); i++)
		if (assay_span_starts(code, idle[i].code, idle[i].length))
			return true;
	return false;
}

/*
 * The numbers of the copy are those of the first one. Its code may be another: what installs a boot
 * loader changes the first alone.
 */
static void emit_backup(struct fat *fs)
{
	uint64_t at = (uint64_t)fs->backup * fs->sector, length = CODE_32 - NUMBERS_AT;

	if (assay_span_equal(assay_span_sub(fs->image, NUMBERS_AT, length),
	                     assay_span_sub(fs->image, at + NUMBERS_AT, length))) {
		emit_boot(fs, "copy of the boot sector", fs->backup);
		return;
	}
	assay_contents_false(fs->out, ASSAY_NO_ENTRY, "copy of the boot sector", at, fs->sector);
	(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED,
	                             "copy of the boot sector", at, fs->sector);
}

/*
 * Where to look for a free cluster. What drivers write there follows from what is in use; anything
 * else is a number of its own.
 */
static bool is_next(const struct fat *fs, uint32_t next)
{
	uint32_t first = FAT_FIRST, last = fs->end - 1;

	while (first < fs->end && fat_next(fs, first) != 0)
		first++;
	while (last > FAT_FIRST && fat_next(fs, last) == 0)
		last--;
	return next == first || next + 1 == first || next == last;
}

/* Specification, 5: FSInfo. */
static void emit_info(struct fat *fs)
{
	uint64_t at = (uint64_t)fs->info * fs->sector;
	uint32_t count = fat_load(fs, at + 488, 4);
	bool known = assay_span_starts(sector_at(fs, fs->info), "RRaA", 4) &&
	             fat_load(fs, at + 484, 4) == 0x61417272;
	bool right = known && count == fs->free;
	const struct {
		const char *what;
		uint64_t at, length;
		enum assay_role role;
	} parts[] = {
		{ "FSInfo", 0, 488, ASSAY_ROLE_FIXED },
		{ "number of free clusters", 488, 4, right ? ASSAY_ROLE_CHECK : ASSAY_ROLE_FIXED },
		{ "next free cluster", 492, 4,
		  known && is_next(fs, fat_load(fs, at + 492, 4)) ? ASSAY_ROLE_METADATA
		                                                  : ASSAY_ROLE_FIXED },
		{ "rest of FSInfo", 496, fs->sector - 496, ASSAY_ROLE_FIXED },
	};

	if (known && !right && count != UINT32_MAX)
		assay_contents_false(fs->out, ASSAY_NO_ENTRY, "number of free clusters", at + 488,
		                     4);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(parts); i++)
		(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, parts[i].role, parts[i].what,
		                             at + parts[i].at, parts[i].length);
}

/* Sectors up to the next one that is known. A boot loader in them goes by their places: so do zeros
 * between them. */
static void emit_reserved(struct fat *fs)
{
	uint32_t end = (uint32_t)(fs->reserved / fs->sector);

	for (uint32_t i = 1, next; i < end; i = next + 1) {
		for (next = i; next < end && next != fs->info && next != fs->backup;)
			next++;
		if (next > i)
			(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED,
			                             "reserved sectors", (uint64_t)i * fs->sector,
			                             (uint64_t)(next - i) * fs->sector);
	}
}

void fat_boot_emit(struct fat *fs)
{
	emit_boot(fs, "boot sector", 0);
	if (fs->info != 0)
		emit_info(fs);
	if (fs->backup != 0)
		emit_backup(fs);
	emit_reserved(fs);
}
