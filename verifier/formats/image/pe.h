/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the headers of a PE image say about its own bytes, and what its certificate table may be.
 *
 * Layer:  formats; for the reader of PE images only.
 * Source: Microsoft, PE Format (2024): "MS-DOS Stub", "COFF File Header", "Optional Header",
 *         "Section Table", "The Attribute Certificate Table"; "Windows Authenticode Portable
 *         Executable Signature Format" (2008), "Calculating the PE Image Hash".
 */
#ifndef ASSAY_FORMATS_IMAGE_PE_H
#define ASSAY_FORMATS_IMAGE_PE_H

#include "base/error.h"
#include "base/span.h"

#define ASSAY_PE_SECTION_HEADER 40 /* bytes */
#define ASSAY_PE_DIRECTORY 8       /* bytes of an entry in the table of directories */

struct assay_pe_section {
	struct assay_span
		name;    /* as the linker has it, where it is longer than the header's 8 bytes */
	uint64_t header; /* offset */
	uint64_t offset; /* of its bytes in the file */
	uint64_t length;
	uint64_t size;    /* bytes of them that mean something */
	uint64_t address; /* in memory */
	uint64_t memory;  /* bytes there */
	bool executable;  /* it has code or may be run */
	bool used; /* who loads the image begins or reads tables there, or loads something else there */
};

/** All offsets and lengths are inside of the span. Zero-initialise; free with assay_pe_fini. */
struct assay_pe {
	struct assay_span span;
	uint64_t start;                    /* of "PE\0\0" */
	uint64_t checksum;                 /* where it stands */
	uint64_t directory;                /* where place and size of the certificates stand */
	uint64_t table;                    /* of sections */
	uint64_t headers;                  /* bytes of all headers */
	uint64_t sections_end;             /* where the last section ends, or the headers */
	uint64_t end;                      /* the same with symbols and their names */
	uint64_t certificates;             /* where they begin, which is where the image ends */
	struct assay_pe_section *sections; /* owned */
	size_t count;
};

/** Whether there is a PE image. */
bool assay_pe_is(struct assay_span span);

/** Read the headers. Errors: ASSAY_E_FORMAT */
ASSAY_CHECKED int assay_pe_read(struct assay_span span, struct assay_pe *out,
                                struct assay_error *err);

void assay_pe_fini(struct assay_pe *pe);
#define ASSAY_AUTO_PE ASSAY_AUTO(assay_pe_fini)

/** The checksum of the image as if it ended at a place. Source: ImageHlp, CheckSumMappedFile */
uint32_t assay_pe_checksum(const struct assay_pe *pe, uint64_t end);

enum assay_pe_signed {
	ASSAY_PE_UNSIGNED,
	ASSAY_PE_SIGNED,  /* signatures and nothing else, with the digest that the image has */
	ASSAY_PE_FALSE,   /* the same with another digest */
	ASSAY_PE_UNCLEAR, /* anything else */
};

/** What stands in the certificate table. */
enum assay_pe_signed assay_pe_certificates(const struct assay_pe *pe);

#endif
