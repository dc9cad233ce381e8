/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Container images in a tar archive: an OCI image layout, or what docker save writes. Files called
 * by their digests, and texts that tell which of them is the configuration and which the layers.
 *
 * Such a file is a member under the place where it is told of first, starting from index.json and
 * manifest.json: "index.json/manifests-0/layers-1". One that is told of nowhere keeps its name, so
 * it has no counterpart but one with the same content. A name, digest or size may differ where the
 * content differs that it is about. Layers are opened as what they are.
 *
 * Source: OCI image specification 1.1, image-layout.md, descriptor.md, manifest.md, config.md
 *         ("created", "rootfs", "history"), annotations.md; docker save of Moby 24 and 25
 *         (image/tarexport/save.go).
 * Limits: digests other than SHA-256 must be equal. The folders of older versions of docker save
 *         are named by other digests, and must be equal, too.
 */
#include "base/digest.h"
#include "base/memory.h"
#include "formats/archive/tar_header.h"
#include "formats/contents.h"
#include "formats/package/oci_values.h"
#include "formats/package/package.h"
#include "formats/readers.h"

#define DIGITS (ASSAY_SHA256_HEX - 1)
#define DIGEST_RULE "oci/digest@1"
#define TIME_RULE "oci/timestamps@1"
#define NEAR 16 /* values of an object around one of them; ours: a descriptor has fewer */
#define NAME_MAX_BYTES 256 /* of a name that tells where: it has those of the texts around in it */
#define ANNOTATION "org.opencontainers.image.created"

/* What a digest is of. */
struct blob {
	char digits[ASSAY_SHA256_HEX];
	size_t entry;
	bool unpacked; /* of what it unpacks to: a layer as the configuration names it */
};

struct image {
	struct assay_contents *contents;
	struct assay_budget budget; /* for looking into layers once more, all together */
	struct blob *blobs;         /* owned; sorted */
	size_t count;
	bool *named;   /* owned; for each entry: it was given its place for a name */
	size_t *texts; /* owned; entries that are texts, those that were looked at first */
	size_t text_count, looked_at;
};

/* "./x" is x. */
static struct assay_span plain_name(const char *name)
{
	return assay_span_of_str(strncmp(name, "./", 2) == 0 ? name + 2 : name);
}

static bool is_digest_name(struct assay_span name)
{
	static const char *const patterns[][2] = { { "blobs/sha256/", "" },
		                                   { "", ".json" },
		                                   { "", ".tar" } };
	size_t at;

	if (!assay_tar_digest_at(name, &at))
		return false;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(patterns); i++)
		if (assay_span_is(assay_span_sub(name, 0, at), patterns[i][0]) &&
		    assay_span_is(assay_span_sub(name, at + DIGITS, name.len), patterns[i][1]))
			return true;
	return false;
}

/* Which entries are texts that an image begins with: the second is docker's. */
enum root {
	INDEX,
	MANIFEST,
	LAYOUT, /* says that there is an index */
	ROOTS
};

static const char *const roots[ROOTS] = { "index.json", "manifest.json", "oci-layout" };

static enum root root_of(const struct assay_entry *entry)
{
	enum root root = INDEX;

	while (root < ROOTS && !assay_span_is(plain_name(entry->name), roots[root]))
		root++;
	return root;
}

static bool has(struct assay_span text, const char *word)
{
	return text.len > 0 && memmem(text.ptr, text.len, word, strlen(word)) != NULL;
}

/* With files that are named by digests, and a text to begin with; each root once. */
static bool is_oci(const struct assay_contents *contents)
{
	size_t found[ROOTS + 1] = { 0 }, blobs = 0;
	struct assay_span manifest = { 0 };

	for (size_t i = 0; i < contents->entry_count; i++) {
		const struct assay_entry *entry = &contents->entries[i];
		enum root root = root_of(entry);

		found[root]++;
		if (root == MANIFEST)
			manifest = entry->content;
		blobs += is_digest_name(plain_name(entry->name));
	}
	if (blobs == 0 || found[INDEX] > 1 || found[MANIFEST] > 1 || found[LAYOUT] > 1)
		return false;
	return (found[INDEX] == 1 && found[LAYOUT] == 1) ||
	       (has(manifest, "\"Config\"") && has(manifest, "\"Layers\""));
}

/* --- digests --- */

static int by_digits(const void *a, const void *b)
{
	const struct blob *x = a, *y = b;
	int order = memcmp(x->digits, y->digits, DIGITS);

	return order != 0 ? order : x->entry < y->entry ? -1 : x->entry > y->entry;
}

static const struct blob *find(const struct image *image, const uint8_t *digits)
{
	size_t low = 0, high = image->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(image->blobs[middle].digits, digits, DIGITS) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < image->count && memcmp(image->blobs[low].digits, digits, DIGITS) == 0
	               ? &image->blobs[low]
	               : NULL;
}

static void add_blob(struct image *image, struct assay_span content, size_t entry, bool unpacked)
{
	struct blob *blob = &image->blobs[image->count++];
	struct assay_sha256 digest;

	assay_sha256(content, &digest);
	assay_sha256_hex(&digest, blob->digits);
	blob->entry = entry;
	blob->unpacked = unpacked;
}

/* What a compressed layer unpacks to has a digest of its own. Its memory is given back. */
static void add_unpacked(struct image *image, size_t entry)
{
	struct assay_span content = image->contents->entries[entry].content;
	const struct assay_reader *reader = assay_reader_for(content);
	ASSAY_AUTO_CONTENTS struct assay_contents inner = { 0 };
	struct assay_error ignored = ASSAY_ERROR_INIT;

	if (reader == NULL || reader->stream_rule == NULL ||
	    assay_contents_read(reader, content, &image->budget, &inner, &ignored) < 0 ||
	    inner.entry_count != 1 || inner.entries[0].type != ASSAY_ENTRY_STREAM)
		return;
	add_blob(image, inner.entries[0].content, entry, true);
}

/* A name that is not what it says is a false value. */
static void digest_entries(struct image *image)
{
	struct assay_contents *contents = image->contents;

	image->blobs = assay_calloc(2 * contents->entry_count, sizeof(*image->blobs));
	for (size_t i = 0; i < contents->entry_count; i++) {
		const struct assay_entry *entry = &contents->entries[i];
		struct assay_span name = plain_name(entry->name);
		size_t at;

		if (entry->type != ASSAY_ENTRY_FILE || entry->piece_count > 0 ||
		    !is_digest_name(name) || !assay_tar_digest_at(name, &at))
			continue;
		add_blob(image, entry->content, i, false);
		if (memcmp(image->blobs[image->count - 1].digits, name.ptr + at, DIGITS) == 0) {
			add_unpacked(image, i);
			continue;
		}
		image->count--;
		assay_contents_false(contents, i, "name", contents->parts[entry->first_part].offset,
		                     name.len);
	}
	if (image->count > 0)
		qsort(image->blobs, image->count, sizeof(*image->blobs), by_digits);
}

/* --- texts --- */

/* One that is being looked at. */
struct text {
	struct image *image;
	size_t entry;
	struct assay_span content;
	struct assay_oci_values values; /* owned by who looks */
	size_t named;                   /* files that got their names from it */
	bool configuration;
};

static bool is_told(struct assay_span key)
{
	return assay_span_is(key, "manifests") || assay_span_is(key, "layers") ||
	       assay_span_is(key, "config") || assay_span_is(key, "Layers") ||
	       assay_span_is(key, "Config");
}

/* What a name has beside its digest, "./" and ".json", is not to be lost. Owner: caller frees */
static char *place_of(const struct text *text, const struct assay_oci_value *value,
                      const struct assay_entry *entry)
{
	const char *outer = text->image->contents->entries[text->entry].name;
	struct assay_span name = plain_name(entry->name);
	struct assay_span key = is_told(value->outer) ? value->outer : value->key;
	bool dot = strncmp(entry->name, "./", 2) == 0 && strncmp(outer, "./", 2) != 0;
	size_t at = 0;

	(void)assay_tar_digest_at(name, &at);
	name = assay_span_sub(name, at + DIGITS, name.len);
	if (!is_told(key))
		key = assay_span_of_str("files");
	return assay_asprintf("%s%s/%.*s-%zu%.*s", dot ? "./" : "", outer, (int)key.len,
	                      (const char *)key.ptr, text->named, (int)name.len,
	                      name.len > 0 ? (const char *)name.ptr : "");
}

/* Give a file its place for a name, and look at it later where it is a text. */
static void name_entry(struct text *text, const struct assay_oci_value *value, size_t entry)
{
	struct image *image = text->image;
	struct assay_entry *entries = image->contents->entries;
	ASSAY_AUTO_FREE char *name = NULL;

	if (image->named[entry])
		return;
	name = place_of(text, value, &entries[entry]);
	if (strlen(name) > NAME_MAX_BYTES || !assay_tar_name_follows(image->contents, entry))
		return;
	text->named++;
	free(entries[entry].name);
	entries[entry].name = assay_steal(&name);
	image->named[entry] = true;
	image->texts[image->text_count++] = entry;
}

static void claim(const struct text *text, uint64_t offset, uint64_t length, size_t about,
                  const char *what)
{
	assay_contents_claim(text->image->contents,
	                     &(struct assay_claim){
				     .entry = text->entry,
				     .inside = "",
				     .text = text->content,
				     .offset = offset,
				     .length = length,
				     .about = about,
				     .what = what,
				     .rule = about != ASSAY_NO_ENTRY ? DIGEST_RULE : TIME_RULE,
			     });
}

/* A text that is the digest of a file, alone or behind "sha256:", or the name of one. */
static const struct blob *find_told(const struct image *image, struct assay_span text, size_t *at)
{
	struct assay_span front;

	if (!assay_tar_digest_at(text, at))
		return NULL;
	front = assay_span_sub(text, 0, *at);
	if (!assay_span_is(front, "sha256:") && !is_digest_name(text))
		return NULL;
	if (assay_span_is(front, "sha256:") && text.len != *at + DIGITS)
		return NULL;
	return find(image, text.ptr + *at);
}

/* The size that stands beside a digest, in the same object. */
static void look_at_size(const struct text *text, const struct assay_oci_value *value,
                         const struct blob *blob)
{
	struct assay_contents *contents = text->image->contents;
	struct assay_span number = assay_span_sub(text->content, value->offset, value->length);
	ASSAY_AUTO_FREE char *size =
		assay_asprintf("%zu", contents->entries[blob->entry].content.len);

	if (assay_span_is(number, size))
		claim(text, value->offset, value->length, blob->entry, "size");
	else
		assay_contents_false(contents, text->entry, "size in a descriptor", 0, 0);
}

/* Whether text begins with what a pattern says; d is a digit. */
static bool matches(struct assay_span text, const char *pattern)
{
	for (size_t i = 0; pattern[i] != '\0'; i++)
		if (i >= text.len || (pattern[i] == 'd' ? text.ptr[i] < '0' || text.ptr[i] > '9'
		                                        : text.ptr[i] != (uint8_t)pattern[i]))
			return false;
	return true;
}

/* RFC 3339: "2023-01-02T03:04:05.123456789Z", or with an offset. */
static bool is_time(struct assay_span text)
{
	static const char date[] = "dddd-dd-ddTdd:dd:dd";
	size_t at = sizeof(date) - 1, digits = 0;
	struct assay_span rest;

	if (!matches(text, date))
		return false;
	rest = assay_span_sub(text, at, text.len);
	if (matches(rest, ".d")) {
		while (digits < 9 && matches(assay_span_sub(rest, 1 + digits, 1), "d"))
			digits++;
		rest = assay_span_sub(rest, 1 + digits, rest.len);
	}
	return assay_span_is(rest, "Z") ||
	       (rest.len == 6 && (matches(rest, "+dd:dd") || matches(rest, "-dd:dd")));
}

/* Of a configuration: when it was made, and its steps. Of anything: the annotation. */
static bool is_created(const struct assay_oci_value *value, bool configuration)
{
	if (assay_span_is(value->key, ANNOTATION))
		return assay_span_is(value->outer, "annotations");
	return configuration && assay_span_is(value->key, "created") &&
	       (value->object == 1 || assay_span_is(value->outer, "history"));
}

static bool is_configuration(const struct assay_oci_values *values)
{
	for (size_t i = 0; i < values->count; i++)
		if (assay_span_is(values->items[i].key, "diff_ids") &&
		    assay_span_is(values->items[i].outer, "rootfs"))
			return true;
	return false;
}

/* The file that the "digest" of the same object names. NULL: none */
static const struct blob *beside(const struct text *text, size_t index)
{
	const struct assay_oci_value *items = text->values.items;
	size_t from = index > NEAR ? index - NEAR : 0, at;

	for (size_t i = from; i < text->values.count && i < index + NEAR; i++)
		if (items[i].object == items[index].object && items[i].string &&
		    assay_span_is(items[i].key, "digest"))
			return find_told(
				text->image,
				assay_span_sub(text->content, items[i].offset, items[i].length),
				&at);
	return NULL;
}

static void look_at_string(struct text *text, const struct assay_oci_value *value)
{
	struct assay_span content = assay_span_sub(text->content, value->offset, value->length);
	size_t at;
	const struct blob *blob = find_told(text->image, content, &at);

	if (blob == NULL) {
		if (is_created(value, text->configuration) && is_time(content))
			claim(text, value->offset, value->length, ASSAY_NO_ENTRY, "created");
		return;
	}
	if (!blob->unpacked)
		name_entry(text, value, blob->entry);
	claim(text, value->offset + at, DIGITS, blob->entry,
	      blob->unpacked ? "digest of what it unpacks to" : "digest");
}

static void look_at_text(struct image *image, size_t entry)
{
	struct text text = { image, entry, image->contents->entries[entry].content, { 0 }, 0, 0 };

	if (assay_oci_values_find(text.content, &text.values)) {
		text.configuration = is_configuration(&text.values);
		for (size_t i = 0; i < text.values.count; i++) {
			const struct assay_oci_value *value = &text.values.items[i];
			const struct blob *blob =
				assay_span_is(value->key, "size") && !value->string
					? beside(&text, i)
					: NULL;

			if (value->string)
				look_at_string(&text, value);
			else if (blob != NULL && !blob->unpacked)
				look_at_size(&text, value, blob);
		}
	}
	assay_oci_values_fini(&text.values);
}

/* --- the order of members --- */

/* A name that is a path of its own to whoever unpacks: no "a//b", "a/./b" or "a/../b". */
static bool is_path(struct assay_span name)
{
	size_t start = 0;

	for (size_t i = 0; i <= name.len; i++) {
		struct assay_span part = assay_span_sub(name, start, i - start);

		if (i < name.len && name.ptr[i] != '/')
			continue;
		if (part.len == 0 || assay_span_is(part, ".") || assay_span_is(part, ".."))
			return false;
		start = i + 1;
	}
	return true;
}

/* "./", the folder that all of it is in. */
static bool is_root(const struct assay_entry *entry)
{
	return entry->type == ASSAY_ENTRY_DIRECTORY && strcmp(entry->name, "./") == 0;
}

static int by_text(const void *a, const void *b)
{
	const struct assay_span *x = a, *y = b;
	size_t len = x->len < y->len ? x->len : y->len;
	int order = len > 0 ? memcmp(x->ptr, y->ptr, len) : 0;

	return order != 0 ? order : x->len < y->len ? -1 : x->len > y->len;
}

/* Whether no member replaces another one or leads to it: else it counts which of them comes last. */
static bool is_unordered(const struct assay_contents *contents)
{
	size_t count = contents->entry_count;
	ASSAY_AUTO_FREE struct assay_span *names = assay_calloc(count, sizeof(*names));

	for (size_t i = 0; i < count; i++) {
		const struct assay_entry *entry = &contents->entries[i];
		struct assay_span *name = &names[i];

		*name = plain_name(entry->name);
		if (entry->type == ASSAY_ENTRY_DIRECTORY && name->len > 0 &&
		    name->ptr[name->len - 1] == '/')
			name->len--;
		if ((entry->type != ASSAY_ENTRY_FILE && entry->type != ASSAY_ENTRY_DIRECTORY) ||
		    !(is_path(*name) || is_root(entry)))
			return false;
	}
	qsort(names, count, sizeof(*names), by_text);
	for (size_t i = 1; i < count; i++)
		if (assay_span_equal(names[i - 1], names[i]))
			return false;
	return true;
}

static void look(struct assay_contents *contents, struct assay_budget *budget)
{
	struct image image = { .contents = contents, .budget = *budget };

	if (is_unordered(contents))
		contents->order_rule = "oci/order@1";
	digest_entries(&image);
	image.named = assay_calloc(contents->entry_count, sizeof(*image.named));
	image.texts = assay_calloc(contents->entry_count + 2, sizeof(*image.texts));
	for (size_t i = 0; i < contents->entry_count; i++)
		if (root_of(&contents->entries[i]) < LAYOUT)
			image.texts[image.text_count++] = i;
	while (image.looked_at < image.text_count)
		look_at_text(&image, image.texts[image.looked_at++]);
	free(image.blobs);
	free(image.named);
	free(image.texts);
}

const struct assay_package assay_package_oci = { "oci", &assay_reader_tar, is_oci, look };
