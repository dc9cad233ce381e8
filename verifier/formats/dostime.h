/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dates and times as MS-DOS has them: date << 16 | time, in steps of two seconds.
 *
 * Layer:  formats; for readers only.
 * Source: Microsoft, FAT File System Specification (2005), 6.4 (Date and Time Formats).
 */
#ifndef ASSAY_FORMATS_DOSTIME_H
#define ASSAY_FORMATS_DOSTIME_H

#include <stdbool.h>
#include <stdint.h>

/** Whether there is such a date and time; nothing else fits into the bits that are left. */
static inline bool assay_dostime_is(uint32_t time)
{
	uint32_t month = time >> 21 & 15, day = time >> 16 & 31;
	uint32_t hour = time >> 11 & 31, minute = time >> 5 & 63, second = time & 31;

	return month >= 1 && month <= 12 && day >= 1 && hour < 24 && minute < 60 && second < 30;
}

#endif
