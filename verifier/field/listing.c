/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports, read. */
#include "field/listing.h"

#include "base/memory.h"
#include "base/quote.h"

#define ITEMS_MAX 1000000
#define HEX ((size_t)2 * ASSAY_SHA256_SIZE)

void assay_listing_fini(struct assay_listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		free(listing->items[i].name);
	free(listing->items);
	free(listing->device);
	free(listing->product);
	free(listing->version);
	*listing = (struct assay_listing){ 0 };
}

static char *quoted_span(struct assay_span text)
{
	ASSAY_AUTO_BUFFER struct assay_buffer out = { 0 };

	assay_quote(&out, text);
	return assay_strdup(assay_buffer_str(&out));
}

static bool take_digest(struct assay_span text, struct assay_sha256 *out)
{
	return assay_span_parse_hex(text, out->bytes, sizeof(out->bytes));
}

static int add(struct assay_listing *listing, struct assay_span name,
               const struct assay_sha256 *digest, struct assay_error *err)
{
	struct assay_listing_item *item;

	if (listing->count >= ITEMS_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "more than %d digests", ITEMS_MAX);
	assay_grow(&listing->items, &listing->cap, listing->count, sizeof(*listing->items));
	item = &listing->items[listing->count++];
	item->name = quoted_span(name);
	item->sha256 = *digest;
	return 0;
}

/* --- lines --------------------------------------------------------------------------------- */

/* "DIGEST  NAME", "DIGEST *NAME" */
static bool plain_line(struct assay_span line, struct assay_span *name, struct assay_sha256 *digest)
{
	if (line.len < HEX + 3 || line.ptr[HEX] != ' ' ||
	    (line.ptr[HEX + 1] != ' ' && line.ptr[HEX + 1] != '*'))
		return false;
	*name = assay_span_sub(line, HEX + 2, line.len);
	return take_digest(assay_span_sub(line, 0, HEX), digest);
}

/* "SHA256 (NAME) = DIGEST" */
static bool tagged_line(struct assay_span line, struct assay_span *name,
                        struct assay_sha256 *digest)
{
	static const char head[] = "SHA256 (", tail[] = ") = ";
	const size_t before = sizeof(head) - 1, after = sizeof(tail) - 1 + HEX;

	if (line.len <= before + after || !assay_span_starts(line, head, before) ||
	    memcmp(line.ptr + line.len - after, tail, sizeof(tail) - 1) != 0)
		return false;
	*name = assay_span_sub(line, before, line.len - before - after);
	return take_digest(assay_span_sub(line, line.len - HEX, HEX), digest);
}

/* "PCR DIGEST ima-ng sha256:DIGEST NAME": Linux, Documentation/security/IMA-templates.rst */
static bool ima_line(struct assay_span line, struct assay_span *name, struct assay_sha256 *digest)
{
	static const char mark[] = " ima-ng sha256:";
	const size_t len = sizeof(mark) - 1;

	for (size_t i = 0; i + len + HEX + 2 <= line.len; i++) {
		if (memcmp(line.ptr + i, mark, len) != 0)
			continue;
		*name = assay_span_sub(line, i + len + HEX + 1, line.len);
		return line.ptr[i + len + HEX] == ' ' &&
		       take_digest(assay_span_sub(line, i + len, HEX), digest);
	}
	return false;
}

static const struct {
	bool (*take)(struct assay_span line, struct assay_span *name, struct assay_sha256 *digest);
} forms[] = {
	{ plain_line },
	{ tagged_line },
	{ ima_line },
};

static int parse_line(struct assay_span line, struct assay_listing *out, struct assay_error *err)
{
	struct assay_sha256 digest;
	struct assay_span name;

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(forms); i++)
		if (forms[i].take(line, &name, &digest))
			return add(out, name, &digest, err);
	return assay_fail(err, ASSAY_E_FORMAT, "not a SHA-256 and a name");
}

int assay_listing_parse(struct assay_span text, struct assay_listing *out, struct assay_error *err)
{
	struct assay_span line;

	for (size_t number = 1; assay_span_line(&text, &line); number++) {
		if (line.len > 0 && line.ptr[line.len - 1] == '\r')
			line.len--;
		if (line.len > 0 && parse_line(line, out, err) < 0)
			return assay_fail_in(err, "line %zu", number);
	}
	return 0;
}

/* --- JSON ---------------------------------------------------------------------------------- */

static int set_text(const json_t *object, const char *key, char **out, struct assay_error *err)
{
	const json_t *value = json_object_get(object, key);

	if (value == NULL)
		return 0;
	if (!json_is_string(value))
		return assay_fail(err, ASSAY_E_FORMAT, "%s: must be text", key);
	*out = quoted_span(assay_span_of(json_string_value(value), json_string_length(value)));
	return 0;
}

int assay_listing_report(const json_t *json, struct assay_listing *out, struct assay_error *err)
{
	const json_t *hashes = json_object_get(json, "hashes"), *value;
	const json_t *release = json_object_get(json, "release");
	const char *name;

	if (set_text(json, "device", &out->device, err) < 0)
		return -1;
	if (out->device == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "device: missing");
	if (set_text(release, "product", &out->product, err) < 0 ||
	    set_text(release, "version", &out->version, err) < 0)
		return assay_fail_in(err, "release");
	if ((release != NULL && !json_is_object(release)) ||
	    (out->product == NULL) != (out->version == NULL))
		return assay_fail(err, ASSAY_E_FORMAT, "release: not a product and a version");
	if (!json_is_object(hashes))
		return assay_fail(err, ASSAY_E_FORMAT, "hashes: must be an object");
	json_object_foreach((json_t *)(uintptr_t)hashes, name, value)
	{
		struct assay_sha256 digest;

		if (!json_is_string(value) ||
		    !assay_sha256_parse(json_string_value(value), &digest))
			return assay_fail(err, ASSAY_E_FORMAT, "hashes: a value is not a SHA-256");
		if (add(out, assay_span_of_str(name), &digest, err) < 0)
			return -1;
	}
	return 0;
}
