/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Strict YAML for manifests, locks and intents. A text becomes a small tree that knows the line of
 * each key; the tree is held against a libcyaml schema and rules; then libcyaml fills the structs.
 * Whatever could make two readers see different things is refused: aliases, anchors, tags,
 * directives, a second document, duplicate keys, null, invisible characters.
 *
 * Layer:  base.
 * Source: YAML 1.1 as libyaml 0.2.5 reads it; RFC 7493, 2.2 for the largest number.
 * Limits: depth 16, 131072 nodes, 1024 keys in one mapping, numbers below 2^53.
 */
#ifndef ASSAY_BASE_YAML_H
#define ASSAY_BASE_YAML_H

#include <cyaml/cyaml.h>

#include "base/error.h"
#include "base/json.h"
#include "base/rules.h"
#include "base/span.h"

enum assay_yaml_kind {
	ASSAY_YAML_SCALAR,
	ASSAY_YAML_MAPPING,
	ASSAY_YAML_SEQUENCE,
};

/** A node of the tree. All pointers are borrowed from the document. */
struct assay_yaml_node {
	enum assay_yaml_kind kind;
	bool quoted;    /* a scalar in quotes or as a block: text, whatever it looks like */
	uint32_t line;  /* of the key, or of the node itself in a sequence; from 1 */
	uint32_t count; /* children */
	char *key;      /* in a mapping; else NULL */
	char *text;     /* of a scalar, UTF-8 without control characters but \n and \t; else NULL */
	struct assay_yaml_node *parent, *first, *last, *next;
};

/** A document. Owned; free with assay_yaml_free or ASSAY_AUTO_YAML. */
struct assay_yaml {
	char *name; /* of the file, for messages */
	struct assay_bytes text;
	struct assay_yaml_node *root;
	uint32_t nodes;
};

/**
 * Read a file of at most limit bytes into a tree.
 *
 * Errors: as assay_file_read; ASSAY_E_FORMAT and ASSAY_E_LIMIT as "FILE:LINE: key: what"
 */
ASSAY_CHECKED int assay_yaml_read(const char *path, uint64_t limit, struct assay_yaml **out,
                                  struct assay_error *err);

/** As assay_yaml_read, from memory. name: what messages call it. The text is copied. */
ASSAY_CHECKED int assay_yaml_parse(const char *name, struct assay_span text,
                                   struct assay_yaml **out, struct assay_error *err);
void assay_yaml_free(struct assay_yaml *yaml);

static inline void assay_cleanup_yaml(struct assay_yaml **yaml)
{
	assay_yaml_free(*yaml);
}
#define ASSAY_AUTO_YAML ASSAY_AUTO(assay_cleanup_yaml)

/**
 * What a schema can say. Types: CYAML_UINT (written in decimal without quotes), CYAML_STRING,
 * CYAML_ENUM, CYAML_MAPPING, CYAML_SEQUENCE, and CYAML_IGNORE for a mapping with free keys and
 * text as values, which the caller takes from the tree. A key is required unless it has
 * CYAML_FLAG_OPTIONAL. Flags that libcyaml uses for writing only have a meaning here:
 */
#define ASSAY_YAML_OCTAL CYAML_FLAG_SCALAR_QUOTE_DOUBLE /* a CYAML_UINT as "0022" */
#define ASSAY_YAML_LINES CYAML_FLAG_SCALAR_LITERAL      /* a CYAML_STRING with \n and \t in it */

/**
 * Hold the tree against a schema, and make the structs it describes.
 *
 * In:     schema of the whole document: a CYAML_MAPPING with CYAML_FLAG_POINTER
 * Out:    *(void **)out, to be freed with assay_yaml_unload; untouched on error
 * Errors: ASSAY_E_FORMAT  unknown key, missing key, wrong type, value out of range
 */
ASSAY_CHECKED int assay_yaml_load(const struct assay_yaml *yaml, const cyaml_schema_value_t *schema,
                                  void *out, struct assay_error *err);
void assay_yaml_unload(const cyaml_schema_value_t *schema, void *data);

/**
 * The structs as JSON, key by key of the schema: the form whose canonical text identifies a file.
 * Octal numbers become text ("0022"), optional keys that are not there are left out, and so are
 * mappings with free keys: they are the caller's. Return: a new reference.
 */
json_t *assay_yaml_json(const cyaml_schema_value_t *schema, const void *data);

/** What the values of one key must be. */
struct assay_yaml_rule {
	const char *path;  /* "sources[].sha256"; [] stands for every item of a sequence */
	assay_rule *wrong; /* for text; may be NULL */
	uint64_t min, max; /* for numbers, when max is not 0 */
	bool unique;       /* no two nodes with this path have the same text */
};

/**
 * Hold a tree that has its schema against rules. A rule without a node holds.
 *
 * Errors: ASSAY_E_FORMAT
 */
ASSAY_CHECKED int assay_yaml_check(const struct assay_yaml *yaml,
                                   const struct assay_yaml_rule *rules, size_t count,
                                   struct assay_error *err);

/** The node with a path such as "sources[3].name", NULL if there is none. Formatted as by printf. */
const struct assay_yaml_node *assay_yaml_find(const struct assay_yaml *yaml, const char *fmt, ...)
	ASSAY_PRINTF(2, 3);

/**
 * Say what is wrong at a node: "FILE:LINE: path.to.key: what", with code ASSAY_E_FORMAT.
 *
 * In:     node, NULL for the document as a whole
 * Return: -1
 */
int assay_yaml_fail(const struct assay_yaml *yaml, const struct assay_yaml_node *node,
                    struct assay_error *err, const char *fmt, ...) ASSAY_PRINTF(4, 5);

/** As assay_yaml_fail, about the key in a mapping that is not there or should not be. */
int assay_yaml_fail_key(const struct assay_yaml *yaml, const struct assay_yaml_node *mapping,
                        const char *key, struct assay_error *err, const char *fmt, ...)
	ASSAY_PRINTF(5, 6);

/** Append "path.to[3].key" for a node, quoted. */
void assay_yaml_path(const struct assay_yaml_node *node, struct assay_buffer *out);

/** Text of a file for a message: quoted, and cut when it is long. Owner: caller frees. */
char *assay_yaml_shown(const char *text);

#endif
