/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of a FAT12, FAT16 or FAT32 file system, for the files of its reader.
 *
 * Every directory entry claims the clusters of its chain, and a cluster that two of them claim ends
 * the reading. When all were claimed, an allocation table in which every bit follows from chains is
 * METADATA; one that marks bad clusters or has chains that belong to nothing must be equal as a
 * whole, and so must these clusters. Where boot code or a record that only some drivers see may lead
 * to clusters, all of them must be where they are.
 *
 * Layer:  formats; for this folder only.
 * Source: Microsoft, FAT File System Specification (2005) and Long File Name Specification; Linux
 *         fs/fat (which of the three it is, what a long name must have); UEFI 2.10, 13.3.
 * Limits: not read: tables that are not mirrored, versions of FAT32 other than 0, exFAT.
 */
#ifndef ASSAY_FORMATS_FILESYSTEM_FAT_FAT_H
#define ASSAY_FORMATS_FILESYSTEM_FAT_FAT_H

#include "base/buffer.h"
#include "base/cursor.h"
#include "formats/contents.h"

#define FAT_TIMES "fat/timestamps@1"
#define FAT_SERIAL "fat/serial@1"

#define FAT_RECORD 32 /* bytes of a directory entry */
#define FAT_SHORT 11  /* bytes of a name in it */
#define FAT_FIRST 2   /* the first cluster that there is */

struct fat {
	struct assay_contents *out;
	struct assay_budget *budget;
	struct assay_span image;     /* as many bytes as the boot sector says */
	unsigned bits;               /* of a number in the table: 12, 16 or 32 */
	uint32_t sector;             /* bytes */
	uint32_t tables;             /* how many there are */
	uint64_t reserved;           /* bytes before the first table */
	uint64_t table_size;         /* bytes of one */
	uint64_t root_at, root_size; /* bytes; FAT12 and FAT16 */
	uint32_t root;               /* cluster; FAT32, else 0 */
	uint64_t data_at;            /* bytes, of the first cluster */
	uint64_t cluster;            /* bytes of one */
	uint32_t end;                /* the last cluster and one */
	uint32_t info, backup;       /* sectors; 0: there is none */
	uint8_t *used;               /* for each cluster, whether something claims it; owned */
	uint32_t free;               /* clusters, by the table */
	bool plain;                  /* every bit of the table follows from chains */
	bool settled;                /* something may know where clusters are */
};

/** Bytes that follow each other in the image. */
struct fat_run {
	uint64_t at, length;
};

/** Where the clusters of something are. Zero-initialise. */
struct fat_chain {
	struct fat_run *runs; /* owned */
	size_t count, cap;
	uint64_t length; /* bytes of all of them */
	uint32_t mark;   /* with which the table ends it; 0: there are no clusters */
};

static inline void fat_chain_fini(struct fat_chain *chain)
{
	free(chain->runs);
	*chain = (struct fat_chain){ 0 };
}
#define ASSAY_AUTO_FAT_CHAIN ASSAY_AUTO(fat_chain_fini)

/** One directory entry that is of a file or folder. */
struct fat_record {
	uint64_t at;             /* bytes in the image */
	struct assay_span bytes; /* FAT_RECORD of them */
	uint32_t cluster, size;
	uint8_t attributes;
};

static inline uint32_t fat_load(const struct fat *fs, uint64_t at, size_t width)
{
	return (uint32_t)assay_load(fs->image.ptr + at, width, false);
}

/** What a boot sector says. Return: false when it is none. In: fs->image, all that there is */
bool fat_boot_read(struct fat *fs);

/** What of it is not read. Errors: ASSAY_E_FORMAT */
ASSAY_CHECKED int fat_boot_check(const struct fat *fs, struct assay_error *err);

/**
 * Whether the code of the boot sector is none, or such that it reads no cluster. Any other may have
 * the numbers of sectors in it: then files must be where they are.
 */
bool fat_boot_is_idle(const struct fat *fs);

/** Make parts of everything before the first table, when the tables were looked at. */
void fat_boot_emit(struct fat *fs);

/** What the table says of a cluster, less the bits that are reserved. */
uint32_t fat_next(const struct fat *fs, uint32_t cluster);

/** Claim a chain, which may have no clusters (0). Errors: ASSAY_E_FORMAT, ASSAY_E_LIMIT */
ASSAY_CHECKED int fat_chain_read(struct fat *fs, uint32_t cluster, struct fat_chain *out,
                                 struct assay_error *err);

/** When everything was claimed: make parts of the tables, and of clusters that nothing has. */
void fat_tables_emit(struct fat *fs);

/** The sum of a short name that its long one has. */
uint8_t fat_name_sum(const uint8_t *name);

/**
 * A name in UTF-8, or, of a short one with other bytes than ASCII, as it stands.
 *
 * In:     records, of count parts of a long name, the last part first
 * Errors: ASSAY_E_FORMAT  not a file name
 */
ASSAY_CHECKED int fat_name_long(const struct assay_span *records, size_t count,
                                struct assay_buffer *out, struct assay_error *err);
ASSAY_CHECKED int fat_name_short(struct assay_span record, struct assay_buffer *out,
                                 struct assay_error *err);

/** Whether one record is a part of the long name of another: its number, checksum and zeros. */
bool fat_name_belongs(struct assay_span part, unsigned number, struct assay_span record);

/** The parts of a record. In: known, its cluster follows from the chains; has_size, of its entry */
void fat_record_emit(struct fat *fs, size_t entry, const struct fat_record *record, bool known,
                     bool has_size);

struct fat_record fat_record_at(const struct fat *fs, uint64_t at);

/** An entry for a record. Out: *chain, its clusters. Errors: as fat_chain_read */
ASSAY_CHECKED int fat_record_entry(struct fat *fs, const struct fat_record *record,
                                   const char *path, struct fat_chain *chain,
                                   struct assay_error *err);

/** The content of the newest entry, a file; after its other parts, as it may have many of these. */
ASSAY_CHECKED int fat_record_content(struct fat *fs, uint64_t size, const struct fat_chain *chain,
                                     struct assay_error *err);

/** Walk from the root and make an entry of everything with a name. */
ASSAY_CHECKED int fat_walk(struct fat *fs, struct assay_error *err);

#endif
