/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parts: what the bytes of a container are for, range by range.
 *
 * Layer: formats.
 */
#ifndef ASSAY_FORMATS_PART_H
#define ASSAY_FORMATS_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What a part is to its container: this alone decides how a difference in it is judged. */
enum assay_role {
	ASSAY_ROLE_FIXED,   /* must be equal: names, modes, magic, trailing bytes */
	ASSAY_ROLE_SIZE,    /* a size that follows from the length of the entry's content */
	ASSAY_ROLE_CHECK,   /* follows from other bytes: a checksum, true on its own side */
	ASSAY_ROLE_PACKING, /* tells how the stream was packed; may differ as the stream may */
	ASSAY_ROLE_CONTENT, /* the entry's content, as it is */
	ASSAY_ROLE_STREAM,  /* the entry's content, compressed */
	ASSAY_ROLE_FILL,    /* bytes of one value, as many as the format wants there */
	ASSAY_ROLE_OPAQUE,  /* a value that carries no code, under a rule: see struct assay_field */
	ASSAY_ROLE_METADATA, /* says what entries, attributes and contents say, and nothing else:
	                        inode tables, directories, block lists, blocks of several files.
	                        Judged when all of those were compared; needs a repack_rule. */
};

/** A field of a part that has a fixed layout. Fields cover their part without a gap. */
struct assay_field {
	const char *what; /* static text, for findings; NULL ends a table */
	uint16_t offset;  /* bytes from the start of the part */
	uint16_t length;
	enum assay_role role;
	const char *rule; /* role OPAQUE: a rule of compare/transplant.c, "tar/timestamps@1" */
};

/*
 * Entries have numbers below this one. A container may have a million members with a few parts and
 * attributes each, so the structures of those are kept small.
 */
#define ASSAY_NO_ENTRY ((size_t)UINT32_MAX)

struct assay_part {
	uint64_t offset; /* bytes from the start of the container */
	uint64_t length;
	uint64_t content;  /* roles CONTENT, STREAM: where in the entry's content its bytes begin */
	uint64_t unpacked; /* role STREAM: bytes of content that it unpacks to */
	const char *what;  /* static text: "header", "name table" */
	const struct assay_field *fields; /* static; NULL: the part is one field */
	const char *rule;                 /* role OPAQUE: as in struct assay_field */
	uint32_t entry;                   /* index of the entry it belongs to; ASSAY_NO_ENTRY */
	uint32_t serial;                  /* how many parts were made before it */
	enum assay_role role : 8;         /* when fields is NULL */
	uint8_t fill;                     /* role FILL: the value */
	bool empty; /* role OPAQUE: the place of a value that is not there. Where the rule says so a
	               delivered value may stand there, never the other way round. */
};

#endif
