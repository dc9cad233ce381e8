/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "supply/oci.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/libarchive.h"
#include "base/memory.h"
#include "base/quote.h"

#define SHA256 "sha256:"
#define DOCKER "application/vnd.docker."

static const char *const manifest_types[] = {
	ASSAY_OCI_MANIFEST,
	DOCKER "distribution.manifest.v2+json",
};
static const char *const config_types[] = {
	ASSAY_OCI_CONFIG,
	DOCKER "container.image.v1+json",
};
static const struct {
	const char *type;
	int filter;
} layer_types[] = {
	{ ASSAY_OCI_LAYER, ARCHIVE_FILTER_NONE },
	{ ASSAY_OCI_LAYER "+gzip", ARCHIVE_FILTER_GZIP },
	{ ASSAY_OCI_LAYER "+zstd", ARCHIVE_FILTER_ZSTD },
	{ DOCKER "image.rootfs.diff.tar", ARCHIVE_FILTER_NONE },
	{ DOCKER "image.rootfs.diff.tar.gzip", ARCHIVE_FILTER_GZIP },
};

/* GOARCH, with a variant where it matters, and Debian's name for it: dpkg-architecture(1). */
static const struct {
	const char *architecture, *variant, *debian;
} architectures[] = {
	{ "386", NULL, "i386" },          { "amd64", NULL, "amd64" },
	{ "arm", "v5", "armel" },         { "arm", "v6", "armel" },
	{ "arm", "v7", "armhf" },         { "arm64", NULL, "arm64" },
	{ "mips64le", NULL, "mips64el" }, { "ppc64le", NULL, "ppc64el" },
	{ "riscv64", NULL, "riscv64" },   { "s390x", NULL, "s390x" },
};

/* Text of a key; "" when it is not there or no text. Borrowed. */
static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

static bool is_one_of(const char *text, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, list[i]) == 0)
			return true;
	return false;
}

static int take_digest(const char *text, struct assay_sha256 *out, struct assay_error *err)
{
	size_t len = strlen(SHA256);
	ASSAY_AUTO_FREE char *quoted = NULL;

	if (strncmp(text, SHA256, len) == 0 && assay_sha256_parse(text + len, out))
		return 0;
	quoted = assay_quoted(text);
	return assay_fail(err, ASSAY_E_FORMAT, "\"%s\" is no SHA-256 digest", quoted);
}

/* descriptor.md: bytes by digest and size. Data that is written into it or elsewhere is not used. */
static int take_blob(const json_t *descriptor, struct assay_oci_blob *out, struct assay_error *err)
{
	const json_t *size = json_object_get(descriptor, "size");

	if (!json_is_integer(size) || json_integer_value(size) < 0)
		return assay_fail(err, ASSAY_E_FORMAT, "a blob without a size");
	out->size = (uint64_t)json_integer_value(size);
	return take_digest(text_of(descriptor, "digest"), &out->sha256, err);
}

static int parse(struct assay_span text, json_t **out, struct assay_error *err)
{
	const json_t *version;

	if (assay_json_parse(text, out, err) < 0)
		return -1;
	version = json_object_get(*out, "schemaVersion");
	if (json_is_object(*out) && (version == NULL || json_integer_value(version) == 2))
		return 0;
	return assay_fail(err, ASSAY_E_FORMAT, "not of schema version 2");
}

static int parse_list(struct assay_span text, const char *key, json_t **out, const json_t **list,
                      struct assay_error *err)
{
	if (parse(text, out, err) < 0)
		return -1;
	*list = json_object_get(*out, key);
	return json_is_array(*list) ? 0 : assay_fail(err, ASSAY_E_FORMAT, "no list of %s", key);
}

int assay_oci_index(struct assay_span text, struct assay_oci_blob *out, struct assay_error *err)
{
	ASSAY_AUTO_JSON json_t *index = NULL;
	const json_t *list;

	if (parse_list(text, "manifests", &index, &list, err) < 0)
		return -1;
	if (json_array_size(list) != 1)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "%zu images: say the digest of the manifest that is meant",
		                  json_array_size(list));
	list = json_array_get(list, 0);
	if (!is_one_of(text_of(list, "mediaType"), manifest_types, ASSAY_ARRAY_LEN(manifest_types)))
		return assay_fail(
			err, ASSAY_E_FORMAT,
			"what it names is no image of one platform: say the digest of the "
			"manifest that is meant");
	return take_blob(list, out, err);
}

static int take_layer(const json_t *descriptor, struct assay_oci_image *image,
                      struct assay_error *err)
{
	struct assay_oci_layer *layer = &image->layers[image->layer_count];
	const char *type = text_of(descriptor, "mediaType");
	ASSAY_AUTO_FREE char *quoted = assay_quoted(type);
	size_t i = 0;

	while (i < ASSAY_ARRAY_LEN(layer_types) && strcmp(layer_types[i].type, type) != 0)
		i++;
	if (i == ASSAY_ARRAY_LEN(layer_types))
		return assay_fail(err, ASSAY_E_FORMAT, "layer %zu is of an unknown type: \"%s\"",
		                  image->layer_count + 1, quoted);
	layer->filter = layer_types[i].filter;
	if (take_blob(descriptor, &layer->blob, err) < 0)
		return assay_fail_in(err, "layer %zu", image->layer_count + 1);
	for (i = 0; i < image->layer_count; i++)
		if (assay_sha256_equal(&image->layers[i].blob.sha256, &layer->blob.sha256))
			return assay_fail(err, ASSAY_E_FORMAT, "layer %zu is there twice", i + 1);
	image->layer_count++;
	return 0;
}

int assay_oci_manifest(struct assay_span text, struct assay_oci_image *image,
                       struct assay_error *err)
{
	ASSAY_AUTO_JSON json_t *manifest = NULL;
	const json_t *list, *config;
	const char *type;

	if (parse_list(text, "layers", &manifest, &list, err) < 0)
		return -1;
	type = text_of(manifest, "mediaType"); /* optional in the first version: manifest.md */
	config = json_object_get(manifest, "config");
	if ((*type != '\0' && !is_one_of(type, manifest_types, ASSAY_ARRAY_LEN(manifest_types))) ||
	    !is_one_of(text_of(config, "mediaType"), config_types, ASSAY_ARRAY_LEN(config_types)))
		return assay_fail(err, ASSAY_E_FORMAT, "not the manifest of a container image");
	if (take_blob(config, &image->config, err) < 0)
		return assay_fail_in(err, "configuration");
	if (json_array_size(list) > ASSAY_OCI_LAYERS_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "more than %d layers", ASSAY_OCI_LAYERS_MAX);
	for (size_t i = 0; i < json_array_size(list); i++)
		if (take_layer(json_array_get(list, i), image, err) < 0)
			return -1;
	return image->layer_count > 0 ? 0 : assay_fail(err, ASSAY_E_FORMAT, "no layers");
}

static int take_architecture(const json_t *config, struct assay_oci_image *image,
                             struct assay_error *err)
{
	const char *name = text_of(config, "architecture"), *variant = text_of(config, "variant");
	ASSAY_AUTO_FREE char *quoted = assay_quoted(name);

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(architectures); i++)
		if (strcmp(architectures[i].architecture, name) == 0 &&
		    (architectures[i].variant == NULL ||
		     strcmp(architectures[i].variant, variant) == 0)) {
			image->architecture = architectures[i].debian;
			return 0;
		}
	return assay_fail(err, ASSAY_E_FORMAT, "architecture \"%s\" has no name in Debian", quoted);
}

int assay_oci_config(struct assay_span text, struct assay_oci_image *image, struct assay_error *err)
{
	ASSAY_AUTO_JSON json_t *config = NULL;
	const json_t *rootfs, *list;

	if (parse(text, &config, err) < 0)
		return -1;
	rootfs = json_object_get(config, "rootfs");
	list = json_object_get(rootfs, "diff_ids");
	if (strcmp(text_of(config, "os"), "linux") != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "not for Linux");
	if (strcmp(text_of(rootfs, "type"), "layers") != 0 ||
	    json_array_size(list) != image->layer_count)
		return assay_fail(err, ASSAY_E_FORMAT, "diff_ids: %zu, and there are %zu layers",
		                  json_array_size(list), image->layer_count);
	for (size_t i = 0; i < image->layer_count; i++) {
		const char *digest = json_string_value(json_array_get(list, i));

		if (take_digest(digest != NULL ? digest : "", &image->layers[i].diff_id, err) < 0)
			return assay_fail_in(err, "diff_id %zu", i + 1);
	}
	return take_architecture(config, image, err);
}
