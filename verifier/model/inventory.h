/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is in a folder of source files: each file with its digest, whether a person can read it, and,
 * after a build, whether the build opened it.
 *
 * As text an inventory is JSON lines, sorted by path, with sorted keys and no white space:
 *
 *	{"mode":"100644","opaque":"object","path":"lib/x.o","sha256":"…","size":12,"used":true}
 *
 * mode is git's: 100644, 100755, 120000 for a link (whose text is digested), 40000 for a folder (no
 * digest, no size). opaque is there for what nobody can read, used where a build was watched. In a
 * path a backslash is doubled, and what is not printable UTF-8 is \xNN for each byte, so that two
 * names never look alike.
 *
 * Layer:  model.
 * Limits: 4 Mi entries; 1 GiB of text, 64 KiB a line.
 */
#ifndef ASSAY_MODEL_INVENTORY_H
#define ASSAY_MODEL_INVENTORY_H

#include "base/buffer.h"
#include "base/digest.h"
#include "base/json.h"

#define ASSAY_INVENTORY_MAX ((uint64_t)1 << 30) /* bytes of the text */

/** Why a person cannot review a file by reading it. */
enum assay_opaque {
	ASSAY_OPAQUE_NOT,
	ASSAY_OPAQUE_OBJECT, /* machine code or byte code: ELF, ar, PE, Mach-O, Java, Wasm, Python */
	ASSAY_OPAQUE_ARCHIVE, /* something packed, or a file system */
	ASSAY_OPAQUE_IMAGE,   /* pictures, sound, fonts, documents */
	ASSAY_OPAQUE_ENCODED, /* text that spells bytes: base64, hexadecimal, arrays of numbers */
	ASSAY_OPAQUE_BINARY,  /* any other file that is not text */
	ASSAY_OPAQUE_COUNT,
};

/** "object", "archive", "image", "encoded", "binary"; "" for what can be read. */
const char *assay_opaque_name(enum assay_opaque opaque);

struct assay_inventory_item {
	char *path;      /* below the folder, as on disk; owned */
	char type;       /* f, d, l: as in assay-tree/1 */
	bool executable; /* of a file */
	bool used;       /* the build opened it, or changed it, or took it away */
	enum assay_opaque opaque;
	uint64_t size;              /* bytes; of a file or of a link's text */
	struct assay_sha256 sha256; /* of a file or of a link's text */
};

/** Sorted by the bytes of the paths. Zero-initialise. Owned. */
struct assay_inventory {
	struct assay_inventory_item *items;
	size_t count, cap;
	bool watched; /* used means something */
};

void assay_inventory_fini(struct assay_inventory *inventory);
#define ASSAY_AUTO_INVENTORY ASSAY_AUTO(assay_inventory_fini)

/** Append an item; paths ascend. Return: it, with path and type set; borrowed */
struct assay_inventory_item *assay_inventory_add(struct assay_inventory *inventory,
                                                 const char *path, char type);

/** The item of a path; NULL when there is none. Borrowed. */
const struct assay_inventory_item *assay_inventory_find(const struct assay_inventory *inventory,
                                                        const char *path);

/** A path as it is called below a folder ("." for the top); NULL when it is not below it. Borrowed. */
const char *assay_inventory_below(const char *path, const char *at);

/** git's word for what an item is: "100644", "100755", "120000", "40000". */
const char *assay_inventory_mode(const struct assay_inventory_item *item);

/** How many files and links there are, and how many of them are used. */
void assay_inventory_total(const struct assay_inventory *inventory, uint64_t *files,
                           uint64_t *used);

/**
 * The digest of the folder, or of a folder in it, as assay-tree/1 with the modes 0644 and 0755: the
 * same whatever the umask of who unpacked it. at: path of the folder, "." for all of it.
 *
 * Return: false when there is no such folder
 */
bool assay_inventory_digest(const struct assay_inventory *inventory, const char *at,
                            struct assay_sha256 *out);

/** Append the text. */
void assay_inventory_write(const struct assay_inventory *inventory, struct assay_buffer *out);

/**
 * Read the text.
 *
 * Errors: ASSAY_E_FORMAT  with the line: not as assay_inventory_write writes it, byte by byte
 *         ASSAY_E_LIMIT
 */
ASSAY_CHECKED int assay_inventory_parse(struct assay_span text, struct assay_inventory *out,
                                        struct assay_error *err);

#endif
