/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a text in a manifest or lock must look like: digests, file names, paths. One function for
 * each kind; it answers with what is wrong, so that a table can name the rule of each key.
 *
 * Layer:  base.
 * Source: POSIX.1-2017, 3.170 and 3.271 for file and path names; NAME_MAX and PATH_MAX of
 *         linux/limits.h.
 */
#ifndef ASSAY_BASE_RULES_H
#define ASSAY_BASE_RULES_H

#include <stddef.h>

/** Return: what is wrong with the text (static text), NULL when nothing is. */
typedef const char *assay_rule(const char *text);

/** 64 lower-case hexadecimal digits. */
assay_rule assay_rule_sha256;

/** A plain file name: no slash, not "." or "..", at most 255 bytes. */
assay_rule assay_rule_file_name;

/** Relative and normalised: no empty, "." or ".." component, no leading or trailing slash. */
assay_rule assay_rule_relative_path;

/** As assay_rule_relative_path, or "." for the folder itself. */
assay_rule assay_rule_folder;

/** Absolute and normalised, and not "/" itself. */
assay_rule assay_rule_absolute_path;

#endif
