/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SWUpdate files: a cpio archive whose first member says which of the others goes where, with
 * their digests, and whose second may be a signature of the first.
 *
 * Source: SWUpdate 2022.12, doc/source/sw-description.rst ("sha256") and signed_images.rst.
 * Limits: sw-description is looked at for "sha256" with 64 digits, in libconfig's form or JSON's;
 *         what else it says must be equal. A digest must be that of a member, whichever.
 */
#include <ctype.h>

#include "base/digest.h"
#include "base/memory.h"
#include "formats/contents.h"
#include "formats/package/package.h"
#include "formats/readers.h"
#include "formats/signature/cms.h"

#define DESCRIPTION 0 /* the first member */
#define SIGNATURE 1   /* the second, when it is one */
#define KEY "sha256"
#define DIGITS (ASSAY_SHA256_HEX - 1)

/* A member by the digest of its content. */
struct member {
	char digits[ASSAY_SHA256_HEX];
	size_t entry;
};

struct members {
	struct member *items; /* owned; sorted */
	size_t count;
};

static bool is_swu(const struct assay_contents *contents)
{
	return contents->entry_count > 0 &&
	       strcmp(contents->entries[DESCRIPTION].name, "sw-description") == 0 &&
	       contents->entries[DESCRIPTION].type == ASSAY_ENTRY_FILE;
}

/* Members of equal content in their own order, so that a digest is about the first of them. */
static int by_digits(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int order = memcmp(x->digits, y->digits, DIGITS);

	return order != 0 ? order : x->entry < y->entry ? -1 : x->entry > y->entry;
}

static const struct member *find(const struct members *members, const uint8_t *digits)
{
	size_t low = 0, high = members->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(members->items[middle].digits, digits, DIGITS) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < members->count && memcmp(members->items[low].digits, digits, DIGITS) == 0
	               ? &members->items[low]
	               : NULL;
}

static void digest_members(const struct assay_contents *contents, struct members *out)
{
	out->items = assay_calloc(contents->entry_count, sizeof(*out->items));
	for (size_t i = DESCRIPTION + 1; i < contents->entry_count; i++) {
		struct assay_sha256 digest;

		if (contents->entries[i].type != ASSAY_ENTRY_FILE)
			continue;
		assay_sha256(contents->entries[i].content, &digest);
		assay_sha256_hex(&digest, out->items[out->count].digits);
		out->items[out->count++].entry = i;
	}
	if (out->count > 0)
		qsort(out->items, out->count, sizeof(*out->items), by_digits);
}

static size_t skip(struct assay_span text, size_t at, const char *characters)
{
	while (at < text.len && text.ptr[at] != '\0' && strchr(characters, text.ptr[at]) != NULL)
		at++;
	return at;
}

static bool is_word(uint8_t c)
{
	return isalnum(c) || c == '_' || c == '-';
}

/* Where the digits behind a key begin: sha256 = "…" or "sha256": "…". 0: it is no such key */
static size_t digits_behind(struct assay_span text, size_t key)
{
	size_t at = key + strlen(KEY);

	if (key > 0 && is_word(text.ptr[key - 1]))
		return 0;
	at = skip(text, at, "\"");
	at = skip(text, at, " \t");
	if (at >= text.len || (text.ptr[at] != '=' && text.ptr[at] != ':'))
		return 0;
	at = skip(text, at + 1, " \t\r\n");
	if (at >= text.len || text.ptr[at++] != '"')
		return 0;
	for (size_t i = at; i < at + DIGITS; i++)
		if (i >= text.len || !isxdigit(text.ptr[i]))
			return 0;
	return at + DIGITS < text.len && text.ptr[at + DIGITS] == '"' ? at : 0;
}

/* Where the content of the description stands in the file. */
static uint64_t place_of(const struct assay_contents *contents)
{
	const struct assay_entry *entry = &contents->entries[DESCRIPTION];

	for (size_t i = 0; i < entry->part_count; i++)
		if (contents->parts[entry->first_part + i].role == ASSAY_ROLE_CONTENT)
			return contents->parts[entry->first_part + i].offset;
	return 0;
}

static void judge(struct assay_contents *contents, const struct members *members, size_t at)
{
	struct assay_span text = contents->entries[DESCRIPTION].content;
	uint8_t digits[DIGITS];
	const struct member *found;

	for (size_t i = 0; i < DIGITS; i++) /* ascii_to_hash takes digits of either case */
		digits[i] = (uint8_t)tolower(text.ptr[at + i]);
	found = find(members, digits);
	if (found == NULL) {
		assay_contents_false(contents, DESCRIPTION, KEY, place_of(contents) + at, DIGITS);
		return;
	}
	assay_contents_claim(contents, &(struct assay_claim){ .entry = DESCRIPTION,
	                                                      .inside = "",
	                                                      .text = text,
	                                                      .offset = at,
	                                                      .length = DIGITS,
	                                                      .about = found->entry,
	                                                      .what = KEY,
	                                                      .rule = "swu/sha256@1" });
}

static void find_claims(struct assay_contents *contents)
{
	struct assay_span text = contents->entries[DESCRIPTION].content;
	struct members members = { 0 };

	digest_members(contents, &members);
	for (size_t i = 0; i + strlen(KEY) <= text.len; i++) {
		size_t at =
			memcmp(text.ptr + i, KEY, strlen(KEY)) == 0 ? digits_behind(text, i) : 0;

		if (at > 0)
			judge(contents, &members, at);
	}
	free(members.items);
}

/* A raw RSA signature (PKCS #1) has the size of a key's modulus. */
static bool is_signature(struct assay_span content)
{
	struct assay_error ignored = ASSAY_ERROR_INIT;
	struct assay_cms cms;

	return content.len == 256 || content.len == 384 || content.len == 512 ||
	       assay_cms_read_certified(content, &cms, &ignored) == 0;
}

/* Nothing but a header, a name, content and zeros that fill up. */
static bool is_plain(const struct assay_contents *contents, const struct assay_entry *entry)
{
	for (size_t i = 0; i < entry->part_count; i++) {
		const struct assay_part *part = &contents->parts[entry->first_part + i];

		if (strcmp(part->what, "padding") == 0 && part->role != ASSAY_ROLE_FILL)
			return false;
	}
	return true;
}

static void look(struct assay_contents *contents, struct assay_budget *budget)
{
	struct assay_entry *signature = &contents->entries[SIGNATURE];

	(void)budget;
	find_claims(contents);
	if (contents->entry_count > SIGNATURE &&
	    strcmp(signature->name, "sw-description.sig") == 0 &&
	    signature->type == ASSAY_ENTRY_FILE && is_signature(signature->content) &&
	    is_plain(contents, signature))
		signature->opaque = "swu/signature@1";
}

const struct assay_package assay_package_swu = { "swu", &assay_reader_cpio, is_swu, look };
