/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Order of product versions, for "not below this one".
 *
 * Layer:  attest.
 * Source: deb-version(7), "Sorting algorithm", for the upstream part: digits by number, letters before
 *         other characters, "~" before the end.
 */
#ifndef ASSAY_ATTEST_VERSION_H
#define ASSAY_ATTEST_VERSION_H

/** Return: below, at or above 0 as a is older than, the same as or newer than b. */
int assay_version_compare(const char *a, const char *b);

#endif
