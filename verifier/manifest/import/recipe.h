/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Other people's recipes: what they say about a build, and what they leave open.
 *
 * Layer:  manifest. Text in, text out. Nothing of a recipe is ever run or looked up.
 * Limits: ASSAY_RECIPE_MAX bytes; signatures are not verified.
 */
#ifndef ASSAY_MANIFEST_IMPORT_RECIPE_H
#define ASSAY_MANIFEST_IMPORT_RECIPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/strings.h"

#define ASSAY_RECIPE_MAX (16u * 1024u * 1024u) /* the longest .buildinfo we know has 200 KiB */

/** A file that a recipe names. Strings owned. */
struct assay_recipe_file {
	char *name;   /* a plain file name */
	char *sha256; /* NULL: not told */
	uint64_t size;
};

/** What was understood. Zero-initialise. Owned; NULL: not told. */
struct assay_recipe {
	const char *format; /* static text */
	char *name, *version;
	char *path;  /* of the build */
	char *umask; /* octal digits */
	bool has_epoch;
	uint64_t epoch;                  /* SOURCE_DATE_EPOCH */
	struct assay_strings variables;  /* NAME=value */
	struct assay_strings commands;   /* for a shell, in their order */
	struct assay_strings toolchain;  /* what it was built with, for people */
	struct assay_strings remarks;    /* what else is told, for people */
	struct assay_strings lossy;      /* what the original does not pin */
	struct assay_recipe_file *files; /* delivered */
	size_t file_count, file_cap;
	struct assay_recipe_file *sources;
	size_t source_count, source_cap;
};

void assay_recipe_fini(struct assay_recipe *recipe);
#define ASSAY_AUTO_RECIPE ASSAY_AUTO(assay_recipe_fini)

/**
 * Read a recipe, of whichever format its text is.
 *
 * Errors: ASSAY_E_FORMAT  no format that is known, or something wrong in it: "line N: what"
 */
ASSAY_CHECKED int assay_recipe_parse(struct assay_span text, struct assay_recipe *out,
                                     struct assay_error *err);

/** Append a manifest to start from. file: what the recipe is called. */
void assay_recipe_write(const struct assay_recipe *recipe, const char *file,
                        struct assay_buffer *out);

/** Add a file; name and digest are checked. */
ASSAY_CHECKED int assay_recipe_add_file(struct assay_recipe *recipe, bool source, const char *name,
                                        const char *sha256, uint64_t size, struct assay_error *err);

/* One for each format. */
typedef int assay_recipe_read(struct assay_span text, struct assay_recipe *out,
                              struct assay_error *err);
assay_recipe_read assay_recipe_debian, assay_recipe_arch, assay_recipe_repro_env,
	assay_recipe_buildspec;

/** Take the next line from text, without its end. Return: false at the end */
bool assay_recipe_line(struct assay_span *text, struct assay_span *line);

/** Whether a line, behind white space, begins with a word. */
bool assay_recipe_has_line(struct assay_span text, const char *start);

/** Decimal digits to a number. Return: false when it is none */
bool assay_recipe_number(const char *text, uint64_t *out);

#endif
