/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The first sector of a disk: boot code, the disk's signature and four partitions.
 *
 * Layer:  formats; private to this folder.
 * Source: UEFI Specification 2.10, 5.2 (LBA 0 Format).
 * Limits: sectors of 512 bytes. An extended partition is a partition, with whatever is in it.
 */
#ifndef ASSAY_FORMATS_DISK_MBR_H
#define ASSAY_FORMATS_DISK_MBR_H

#include "formats/contents.h"

#define DISK_SECTOR 512
#define MBR_PARTITIONS 4

/** One partition of the table. */
struct mbr_partition {
	uint8_t status, type;
	uint64_t start, count; /* sectors */
};

bool mbr_is(struct assay_span span);
struct mbr_partition mbr_partition_at(struct assay_span span, unsigned index);

/** The parts of the sector. In: protective, whether it only stands in front of a GUID table */
void mbr_emit(struct assay_contents *out, bool protective);

/** An entry for a run of sectors. Errors: ASSAY_E_FORMAT  past the end; ASSAY_E_LIMIT */
ASSAY_CHECKED int disk_partition(struct assay_contents *out, struct assay_budget *budget,
                                 unsigned number, uint64_t start, uint64_t count,
                                 struct assay_error *err);

#endif
