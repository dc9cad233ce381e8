/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports, read. */
#include "field/listing.h"

#include "base/memory.h"
#include "base/quote.h"

#define ITEMS_MAX 1000000

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

/* Digits of a digest; which one it is follows from how many. */
static bool take_digest(struct assay_span text, struct assay_listing_item *out)
{
	out->longer = text.len == (size_t)2 * ASSAY_SHA512_SIZE;
	return out->longer ? assay_span_parse_hex(text, out->sha512.bytes, ASSAY_SHA512_SIZE)
	                   : assay_span_parse_hex(text, out->sha256.bytes, ASSAY_SHA256_SIZE);
}

/* In: said  but for its name */
static int add(struct assay_listing *listing, struct assay_span name,
               const struct assay_listing_item *said, struct assay_error *err)
{
	struct assay_listing_item *item;

	if (listing->count >= ITEMS_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "more than %d digests", ITEMS_MAX);
	assay_grow(&listing->items, &listing->cap, listing->count, sizeof(*listing->items));
	item = &listing->items[listing->count++];
	*item = *said;
	item->name = quoted_span(name);
	return 0;
}

/* --- lines --------------------------------------------------------------------------------- */

/* "DIGEST  NAME", "DIGEST *NAME" */
static bool plain_line(struct assay_span line, struct assay_span *name,
                       struct assay_listing_item *said)
{
	size_t hex = 0;

	while (hex < line.len && line.ptr[hex] != ' ')
		hex++;
	if (line.len < hex + 3 || (line.ptr[hex + 1] != ' ' && line.ptr[hex + 1] != '*'))
		return false;
	*name = assay_span_sub(line, hex + 2, line.len);
	return take_digest(assay_span_sub(line, 0, hex), said);
}

/* "SHA256 (NAME) = DIGEST"; a name may have anything in it, a digest has no space. */
static bool tagged_line(struct assay_span line, struct assay_span *name,
                        struct assay_listing_item *said)
{
	static const char *const heads[] = { "SHA256 (", "SHA512 (" };
	static const char tail[] = ") = ";
	const size_t before = strlen(heads[0]), after = sizeof(tail) - 1;
	size_t at = line.len;

	while (at > 0 && line.ptr[at - 1] != ' ')
		at--;
	if (at < before + 1 + after || memcmp(line.ptr + at - after, tail, after) != 0)
		return false;
	*name = assay_span_sub(line, before, at - after - before);
	return take_digest(assay_span_sub(line, at, line.len - at), said) &&
	       assay_span_starts(line, heads[said->longer], before);
}

/* "PCR DIGEST ima-ng sha256:DIGEST NAME": Linux, Documentation/security/IMA-templates.rst */
static bool ima_line(struct assay_span line, struct assay_span *name,
                     struct assay_listing_item *said)
{
	static const char *const marks[] = { " ima-ng sha256:", " ima-ng sha512:" };
	const size_t len = strlen(marks[0]);

	for (size_t i = 0; i + len < line.len; i++) {
		bool longer = memcmp(line.ptr + i, marks[1], len) == 0;
		struct assay_span rest = assay_span_sub(line, i + len, line.len);
		size_t hex = 0;

		if (!longer && memcmp(line.ptr + i, marks[0], len) != 0)
			continue;
		while (hex < rest.len && rest.ptr[hex] != ' ')
			hex++;
		*name = assay_span_sub(rest, hex + 1, rest.len);
		return hex + 1 < rest.len && take_digest(assay_span_sub(rest, 0, hex), said) &&
		       said->longer == longer;
	}
	return false;
}

static const struct {
	bool (*take)(struct assay_span line, struct assay_span *name,
	             struct assay_listing_item *said);
} forms[] = {
	{ plain_line },
	{ tagged_line },
	{ ima_line },
};

static int parse_line(struct assay_span line, struct assay_listing *out, struct assay_error *err)
{
	struct assay_span name;

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(forms); i++) {
		struct assay_listing_item said = { 0 };

		if (forms[i].take(line, &name, &said))
			return add(out, name, &said, err);
	}
	return assay_fail(err, ASSAY_E_FORMAT, "not a SHA-256 or SHA-512 and a name");
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
		struct assay_listing_item said = { 0 };

		if (!json_is_string(value) ||
		    !take_digest(assay_span_of_str(json_string_value(value)), &said))
			return assay_fail(err, ASSAY_E_FORMAT,
			                  "hashes: a value is not a SHA-256 or SHA-512");
		if (add(out, assay_span_of_str(name), &said, err) < 0)
			return -1;
	}
	return 0;
}
