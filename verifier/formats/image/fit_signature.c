/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signature nodes: which of their values may differ, and whether the list of what was signed is
 * the one that the configuration makes.
 *
 * hashed-nodes is not covered by the signature, and boot loaders have believed it
 * (CVE-2020-10648). So it is made again from the configuration here, as mkimage does.
 */
#include <ctype.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "formats/image/fit.h"

#define PADDING "fit/padding@1"
#define SIGNATURE "fit/signature@1"
#define TIMESTAMPS "fit/timestamps@1"
#define NAME_MAX_SIZE 64 /* bytes of a name that may differ; ours */

/* Source: boot/image-sig.c: checksum_algos, crypto_algos; tools/image-sig-host.c */
static const char *const checksums[] = { "sha1", "sha256", "sha384", "sha512" };
static const struct {
	const char *name;
	size_t size; /* bytes of a value */
} ciphers[] = {
	{ "rsa2048", 256 }, { "rsa3072", 384 }, { "rsa4096", 512 },
	{ "ecdsa256", 64 }, { "ecdsa384", 96 }, { "secp521r1", 132 },
};

/* --- values that may differ --- */

/* Bytes that a value of "sha256,rsa2048" has; 0 when there is no such algorithm. */
static size_t size_of(struct assay_span algorithm)
{
	const uint8_t *comma = algorithm.len > 0 ? memchr(algorithm.ptr, ',', algorithm.len) : NULL;
	struct assay_span checksum, cipher;
	bool known = false;

	if (comma == NULL)
		return 0;
	checksum = assay_span_sub(algorithm, 0, (uint64_t)(comma - algorithm.ptr));
	cipher = assay_span_sub(algorithm, checksum.len + 1, algorithm.len);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(checksums); i++)
		known |= assay_span_is(checksum, checksums[i]);
	for (size_t i = 0; known && i < ASSAY_ARRAY_LEN(ciphers); i++)
		if (assay_span_is(cipher, ciphers[i].name))
			return ciphers[i].size;
	return 0;
}

/* A word that names a key, a program or its version: nothing that could be anything else. */
static bool is_word(struct assay_span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!isalnum(text.ptr[i]) && memchr("-_.+~:@", text.ptr[i], 7) == NULL)
			return false;
	return text.len > 0 && text.len <= NAME_MAX_SIZE;
}

/* Tell a value by what it is, so that it goes with the other side's, and whether it may differ. */
static void judge_value(struct fdt_property *property, const char *what, bool fits,
                        const char *rule)
{
	if (property == NULL)
		return;
	property->what = what;
	if (!fits)
		return;
	property->role = ASSAY_ROLE_OPAQUE;
	property->rule = rule;
}

/*
 * libfdt moves what stands behind a new value and leaves the padding as it was, and mkimage writes
 * more than the tree has: pieces of the signature.
 */
static void let_padding_differ(struct fdt_tree *tree, size_t node)
{
	const struct fdt_node *of = &tree->nodes[node];

	for (size_t i = 0; i < of->count; i++)
		tree->properties[of->property + i].padding_rule = PADDING;
	tree->slack_rule = PADDING;
}

static void judge_values(struct fdt_tree *tree, size_t node)
{
	static const char *const words[] = { "key-name-hint", "signer-name", "signer-version" };
	struct fdt_property *value = fdt_property_of(tree, node, "value");
	struct fdt_property *time = fdt_property_of(tree, node, "timestamp");
	size_t size = size_of(fit_string(tree, node, "algo"));
	bool signed_so = value != NULL && size > 0 && value->token.value.len == size;

	judge_value(value, "signature", signed_so, SIGNATURE);
	judge_value(time, "time", time != NULL && time->token.value.len == 4, TIMESTAMPS);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(words); i++)
		judge_value(fdt_property_of(tree, node, words[i]), words[i],
		            is_word(fit_string(tree, node, words[i])), SIGNATURE);
	if (signed_so)
		let_padding_differ(tree, node);
}

/* --- what was signed --- */

/* The list in the making: strings, each with its NUL. */
static void add_path(struct assay_buffer *list, const struct fdt_tree *tree, size_t node)
{
	assay_buffer_add_str(list, node == 0 ? "" : "/");
	assay_buffer_add_str(list, tree->nodes[node].path);
	assay_buffer_add(list, "", 1);
}

/* Whether a node goes by a name: libfdt lets an address at its end be left out. */
static bool goes_by(struct assay_span node, struct assay_span name)
{
	return assay_span_starts(node, name.ptr, name.len) &&
	       (node.len == name.len ||
	        (node.ptr[name.len] == '@' && memchr(name.ptr, '@', name.len) == NULL));
}

static size_t find_image(const struct fit *fit, struct assay_span name)
{
	const struct fdt_tree *tree = fit->tree;

	for (size_t i = 1; name.len > 0 && i < tree->node_count; i++)
		if (tree->nodes[i].parent == fit->images &&
		    goes_by(tree->nodes[i].begin.name, name))
			return i;
	return SIZE_MAX;
}

/* The image, its hashes, and how it is encrypted. Source: fit_config_add_hash */
static void add_image(struct assay_buffer *list, const struct fdt_tree *tree, size_t image)
{
	add_path(list, tree, image);
	for (size_t i = image + 1; i < tree->node_count; i++)
		if (tree->nodes[i].parent == image && fit_is_named(tree, i, "hash"))
			add_path(list, tree, i);
	for (size_t i = image + 1; i < tree->node_count; i++)
		if (tree->nodes[i].parent == image &&
		    assay_span_is(tree->nodes[i].begin.name, "cipher"))
			add_path(list, tree, i);
}

/* Take the string that a list begins with. Return: false at its end */
static bool take_string(struct assay_span *list, struct assay_span *out)
{
	const uint8_t *end = list->len > 0 ? memchr(list->ptr, '\0', list->len) : NULL;

	if (end == NULL)
		return false;
	*out = assay_span_of(list->ptr, (size_t)(end - list->ptr));
	*list = assay_span_sub(*list, out->len + 1, list->len);
	return true;
}

static struct assay_span value_of(struct fdt_tree *tree, size_t node, struct assay_span name)
{
	const struct fdt_node *of = &tree->nodes[node];

	for (size_t i = 0; i < of->count; i++) {
		const struct fdt_token *token = &tree->properties[of->property + i].token;

		if (assay_span_equal(token->name, name))
			return token->value;
	}
	return assay_span_of(NULL, 0);
}

/* The tree is gone through for each image of each signature. */
static bool has_time(struct fit *fit)
{
	fit->work += fit->tree->node_count + fit->tree->property_count;
	if (fit->work <= FIT_WORK_MAX)
		return true;
	assay_contents_partial(fit->out, "limit: too many images in too many signatures");
	return false;
}

/* Source: fit_config_get_hash_list; images is what sign-images lists. */
static void make_list(struct fit *fit, size_t configuration, struct assay_span images,
                      struct assay_buffer *list)
{
	struct assay_span kind, names, name;

	add_path(list, fit->tree, 0);
	add_path(list, fit->tree, configuration);
	while (has_time(fit) && take_string(&images, &kind)) {
		names = value_of(fit->tree, configuration, kind);
		while (has_time(fit) && take_string(&names, &name)) {
			size_t image = find_image(fit, name);

			if (image != SIZE_MAX)
				add_image(list, fit->tree, image);
		}
	}
}

/* "kernel", "fdt" and, since U-Boot 2023.07, "script" when nothing is listed. */
static bool is_true_list(struct fit *fit, size_t node, struct assay_span listed)
{
	static const char defaults[] = "kernel\0fdt\0script";
	const struct fdt_property *images = fdt_property_of(fit->tree, node, "sign-images");
	const struct assay_span lists[] = {
		images != NULL ? images->token.value : assay_span_of(defaults, sizeof(defaults)),
		images != NULL ? images->token.value : assay_span_of(defaults, 11),
	};

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(lists); i++) {
		ASSAY_AUTO_BUFFER struct assay_buffer list = { 0 };

		make_list(fit, fit->tree->nodes[node].parent, lists[i], &list);
		if (assay_span_equal(assay_buffer_span(&list), listed))
			return true;
	}
	return false;
}

/* From the start of the strings block, no more than there is. */
static bool is_true_range(const struct fit *fit, struct assay_span range)
{
	return range.len == 8 && assay_load(range.ptr, 4, true) == 0 &&
	       assay_load(range.ptr + 4, 4, true) <= fit->tree->header.strings_size;
}

void fit_signature(struct fit *fit, size_t node)
{
	const struct fdt_property *nodes = fdt_property_of(fit->tree, node, "hashed-nodes");
	const struct fdt_property *strings = fdt_property_of(fit->tree, node, "hashed-strings");

	judge_values(fit->tree, node);
	if (nodes != NULL && !is_true_list(fit, node, nodes->token.value))
		assay_contents_false(fit->out, node, "hashed-nodes", nodes->token.at + 12,
		                     nodes->token.value.len);
	if (strings != NULL && !is_true_range(fit, strings->token.value))
		assay_contents_false(fit->out, node, "hashed-strings", strings->token.at + 12,
		                     strings->token.value.len);
}
