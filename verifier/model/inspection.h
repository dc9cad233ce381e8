/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is inside one file: the artefacts at every depth, and for each what every byte of it is
 * for. Reports are written from this and from nothing else.
 *
 * Layer: model.
 */
#ifndef ASSAY_MODEL_INSPECTION_H
#define ASSAY_MODEL_INSPECTION_H

#include "base/digest.h"
#include "base/strings.h"

/** Bytes of an artefact with one purpose. */
struct assay_inspected_range {
	uint64_t offset;  /* bytes from the start of the artefact */
	uint64_t length;  /* bytes; never 0 */
	const char *kind; /* static text: "segment", "header", "content" */
	char *what;       /* for people, quoted; owned; NULL: the kind says it all */
	const char *rule; /* static text; the one rule under which a comparison may accept another
	                     value here; NULL: none, the bytes must be equal */
	uint64_t address; /* in memory, when it has one */
	bool has_address;
	bool disputed; /* the file contradicts itself about these bytes */
};

/** One artefact. Ranges are sorted, without gaps or overlaps, and cover it. */
struct assay_inspected {
	char *path;         /* as in struct assay_artefact; unquoted; owned */
	const char *format; /* static text: "elf", "tar", "data" … */
	char *about;        /* one line for people, quoted; owned; NULL: nothing to say */
	char *trouble;      /* why it was not read to its end; quoted; owned; NULL: it was */
	uint64_t size;      /* bytes */
	uint64_t offset;    /* in the artefact around it, when it stands there as it is */
	bool has_offset;
	unsigned depth; /* containers around it */
	struct assay_sha256 sha256;
	struct assay_strings attributes; /* what it says about itself and its members, beside their
	                                    bytes: "bin/x: mode: 0755"; quoted */
	struct assay_inspected_range *ranges;
	size_t range_count, range_cap;
};

/** Zero-initialise. Artefacts are in the order of the walk: parents first, then by offset. */
struct assay_inspection {
	struct assay_inspected *artefacts;
	size_t count, cap;
	struct assay_strings names; /* what stands where static text would, when it was read */
};

void assay_inspection_fini(struct assay_inspection *inspection);
#define ASSAY_AUTO_INSPECTION ASSAY_AUTO(assay_inspection_fini)

/** Append an artefact: path is copied, size and digest are set. Return: its index. */
size_t assay_inspection_add(struct assay_inspection *inspection, const char *path, unsigned depth,
                            struct assay_span span);

/**
 * Append the next range of an artefact: it begins where the one before it ended.
 *
 * Return: the range, to be filled in further; borrowed until the next one is appended
 */
struct assay_inspected_range *assay_inspected_add(struct assay_inspected *artefact,
                                                  const char *kind, uint64_t length);

/** The same with bytes that nothing is known about: all that no range covers yet. */
void assay_inspected_add_rest(struct assay_inspected *artefact, const char *kind);

/**
 * Check that the ranges of every artefact cover it once.
 *
 * Errors: ASSAY_E_FORMAT  a bug in assay
 */
ASSAY_CHECKED int assay_inspection_check(const struct assay_inspection *inspection,
                                         struct assay_error *err);

#endif
