/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entries: the members of a container, with what it says about them and where their content is.
 *
 * Layer: formats.
 */
#ifndef ASSAY_FORMATS_ENTRY_H
#define ASSAY_FORMATS_ENTRY_H

#include "base/span.h"
#include "formats/part.h"

enum assay_entry_type {
	ASSAY_ENTRY_FILE,
	ASSAY_ENTRY_LINK, /* a hard link to an earlier entry */
	ASSAY_ENTRY_SYMLINK,
	ASSAY_ENTRY_DIRECTORY,
	ASSAY_ENTRY_CHARACTER, /* devices: their numbers are an attribute */
	ASSAY_ENTRY_BLOCK,
	ASSAY_ENTRY_FIFO,
	ASSAY_ENTRY_SOCKET,
	ASSAY_ENTRY_OTHER,  /* no content; where the bytes around it tell the type */
	ASSAY_ENTRY_STREAM, /* what a compressed file unpacks to; has no name */
};

/** "symbolic link", for people. */
const char *assay_entry_type_name(enum assay_entry_type type);

/** The type of a file by its st_mode. Return: false when there is none of it, and *out is as it was */
bool assay_entry_type_of(uint32_t mode, enum assay_entry_type *out);

/** How a value is written for people. */
enum assay_attribute_form {
	ASSAY_FORM_NUMBER,
	ASSAY_FORM_HEX,
	ASSAY_FORM_OCTAL,
	ASSAY_FORM_TIME,   /* seconds since 1970 */
	ASSAY_FORM_DEVICE, /* major number << 32 | minor number */
	ASSAY_FORM_ENTRY,  /* the index of an entry, which is its counterpart's on the other side */
	ASSAY_FORM_TEXT,   /* bytes */
};

/**
 * Something that a container says about an entry, or about itself, in bytes of role METADATA.
 * Attributes are compared by key and name; one that only one side has is a difference.
 */
struct assay_attribute {
	const char *key;        /* static text: "mode", "xattr", "load address" */
	struct assay_span name; /* of one of many with the same key: "security.capability" */
	enum assay_attribute_form form : 8;
	enum assay_role role : 8; /* FIXED; PACKING: may differ as the packing may; OPAQUE */
	uint32_t entry;           /* set by assay_contents_attribute */
	uint64_t number;
	struct assay_span bytes; /* form TEXT; borrowed as content is */
	const char *rule;        /* role OPAQUE: a rule of compare/transplant.c */
};

enum assay_piece_kind {
	ASSAY_PIECE_RAW,    /* bytes of the container as they are */
	ASSAY_PIECE_ZEROS,  /* a hole */
	ASSAY_PIECE_PACKED, /* the reader unpacks it */
};

/** A run of an entry's content. The pieces of an entry, in their order, are its content. */
struct assay_piece {
	enum assay_piece_kind kind;
	uint32_t codec;    /* kind PACKED: all that unpacking depends on beside the bytes, in the
	                      reader's own numbers */
	uint64_t length;   /* bytes of content */
	uint64_t offset;   /* in the container */
	uint64_t packed;   /* bytes there; of a RAW piece its length */
	uint64_t unpacked; /* kind PACKED: bytes that all of it unpacks to */
	uint64_t skip;     /* kind PACKED: bytes of them before the piece: a block of many files */
};

/** One member. Strings are as in the input: never a NUL inside, otherwise unchecked. */
struct assay_entry {
	char *name;                /* owned; "" for a stream */
	char *link;                /* owned; target of a link, else NULL */
	struct assay_span content; /* borrowed from the container or a buffer of the contents;
	                              empty when there are pieces */
	uint64_t size;             /* bytes of content, with pieces */
	const char
		*opaque;  /* static; a rule of compare/transplant.c: the whole entry is one value, a
	                       signature, say, that a delivered container may have for itself */
	char *unreadable; /* owned; why there is no content though there should be */
	size_t first_part, part_count;           /* parts of one entry stand together */
	size_t first_attribute, attribute_count; /* sorted by key and name */
	size_t first_piece, piece_count;
	enum assay_entry_type type;
};

static inline bool assay_entry_has_content(const struct assay_entry *entry)
{
	return entry->type == ASSAY_ENTRY_FILE || entry->type == ASSAY_ENTRY_STREAM;
}

static inline uint64_t assay_entry_size(const struct assay_entry *entry)
{
	return entry->piece_count > 0 ? entry->size : entry->content.len;
}

#endif
