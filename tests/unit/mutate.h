/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A YAML tree written out again with one thing changed, so that a test can try the same change
 * at every key. The output is flow style, one key or item a line.
 */
#ifndef ASSAY_TESTS_UNIT_MUTATE_H
#define ASSAY_TESTS_UNIT_MUTATE_H

#include "base/buffer.h"
#include "base/yaml.h"

/** One change. Zero-initialise: nothing is changed. */
struct mutation {
	const struct assay_yaml_node *leave_out;
	const struct assay_yaml_node *replace; /* its value becomes text, written as it is */
	const char *text;
	const struct assay_yaml_node *repeat; /* is written twice */
	const struct assay_yaml_node *extend; /* a mapping that gets the key "extra" at its end */
	const struct assay_yaml_node *swap;   /* a sequence whose first two items change places */
	bool reverse_keys;                    /* of all mappings */

	/* Out: the line of what was changed, from 1 */
	unsigned line;
};

/** Append the tree's text. */
void mutate_write(const struct assay_yaml_node *root, struct mutation *mutation,
                  struct assay_buffer *out);

/** Call visit for every node below (and with) root, parents first. */
void mutate_each(const struct assay_yaml_node *root,
                 void (*visit)(const struct assay_yaml_node *node, void *context), void *context);

/** A node's path with the indices taken out: "sources[].name". Owner: caller frees. */
char *mutate_pattern(const struct assay_yaml_node *node);

/** The manifest that has every key. Owner: caller. */
struct assay_yaml *mutate_full_manifest(void);

#endif
