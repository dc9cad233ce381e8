/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "field/attributes.h"

#include "base/cursor.h"
#include "base/memory.h"
#include "base/quote.h"

#define ACL_STORED_VERSION 1 /* EXT4_ACL_VERSION */
#define ACL_VERSION 2        /* POSIX_ACL_XATTR_VERSION */
#define ACL_USER 0x02        /* the tags of entries with an id: ACL_USER, ACL_GROUP */
#define ACL_GROUP 0x08
#define ACL_NO_ID UINT32_MAX /* ACL_UNDEFINED_ID */

static const char capability_name[] = "security.capability"; /* capabilities(7) */
static const char selinux_name[] = "security.selinux";
static const char trusted_prefix[] = "trusted.";

/* Labels that a kernel may make up. */
static const char *const label_names[] = { "security.selinux", "security.SMACK64" };

static bool is_named(const char *attribute, const char *name)
{
	size_t len =
		(size_t)(strrchr(attribute, '=') - attribute); /* of its name, which may have one */

	return len == strlen(name) && strncmp(attribute, name, len) == 0;
}

static const char *find(const struct assay_strings *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (is_named(list->items[i], name))
			return list->items[i];
	return NULL;
}

static int add_plain(struct assay_reference_file *file, const char *name, struct assay_span value,
                     struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	if (find(&file->attributes, name) != NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "attribute %s is there twice", name);
	/* Linux takes a label with a NUL at its end and one without for the same. */
	if (strcmp(name, selinux_name) == 0 && value.len > 0 && value.ptr[value.len - 1] == '\0')
		value.len--;
	assay_buffer_printf(&text, "%s=", name);
	assay_buffer_add_hex(&text, value);
	assay_strings_add(&file->attributes, assay_buffer_str(&text));
	assay_strings_sort(&file->attributes);
	return 0;
}

int assay_attributes_add(struct assay_reference_file *file, struct assay_span name,
                         struct assay_span value, struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer quoted = { 0 }, hex = { 0 };

	if (name.len == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "an attribute without a name");
	if (!assay_span_is(name, capability_name)) {
		assay_quote(&quoted, name);
		return add_plain(file, assay_buffer_str(&quoted), value, err);
	}
	if (file->capability != NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "attribute %s is there twice",
		                  capability_name);
	assay_buffer_add_hex(&hex, value);
	file->capability = assay_strdup(assay_buffer_str(&hex));
	return 0;
}

static void add_le(struct assay_buffer *out, uint32_t value, unsigned bytes)
{
	uint8_t text[4];

	for (unsigned i = 0; i < bytes; i++)
		text[i] = (uint8_t)(value >> (8 * i));
	assay_buffer_add(out, text, bytes);
}

int assay_attributes_acl(struct assay_span stored, struct assay_buffer *out,
                         struct assay_error *err)
{
	struct assay_cursor cur = assay_cursor_at(stored, false);
	uint32_t version, id;
	uint16_t tag, permissions;

	if (assay_cursor_u32(&cur, &version, err) < 0)
		return -1;
	if (version != ACL_STORED_VERSION)
		return assay_fail(err, ASSAY_E_FORMAT, "an access list of version %u",
		                  (unsigned)version);
	add_le(out, ACL_VERSION, 4);
	while (assay_cursor_left(&cur) > 0) {
		id = ACL_NO_ID;
		if (assay_cursor_u16(&cur, &tag, err) < 0 ||
		    assay_cursor_u16(&cur, &permissions, err) < 0)
			return -1;
		if ((tag == ACL_USER || tag == ACL_GROUP) && assay_cursor_u32(&cur, &id, err) < 0)
			return -1;
		add_le(out, tag, 2);
		add_le(out, permissions, 2);
		add_le(out, id, 4);
	}
	return 0;
}

/* --- two files ------------------------------------------------------------------------------- */

static bool is_label(const char *attribute)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(label_names); i++)
		if (is_named(attribute, label_names[i]))
			return true;
	return false;
}

static void say(const char *attribute, const char *what, struct assay_buffer *out)
{
	int name = (int)(strrchr(attribute, '=') - attribute);

	assay_buffer_printf(out, ", attribute %.*s%s", name, attribute, what);
}

static void take_missing(const char *attribute, const struct assay_reference_files *in,
                         struct assay_buffer *out)
{
	if (in->trusted_hidden &&
	    strncmp(attribute, trusted_prefix, sizeof(trusted_prefix) - 1) == 0)
		return; /* the whole list says so */
	say(attribute, " is missing", out);
}

static void take_extra(const char *attribute, const struct assay_reference_files *in,
                       struct assay_attributes_unknown *unknown, struct assay_buffer *out)
{
	if (in->mounted && is_label(attribute))
		unknown->labels++;
	else
		say(attribute, " is not in the release", out);
}

/* Both lists are sorted; the same name with another value is a pair. */
void assay_attributes_compare(const struct assay_reference_file *wanted,
                              const struct assay_reference_file *got,
                              const struct assay_reference_files *got_in,
                              struct assay_attributes_unknown *unknown, struct assay_buffer *out)
{
	const struct assay_strings *a = &wanted->attributes, *b = &got->attributes;

	for (size_t i = 0; i < a->count; i++) {
		ASSAY_AUTO_FREE char *name = assay_strdup(a->items[i]);
		const char *other;

		*strrchr(name, '=') = '\0';
		other = find(b, name);
		if (other == NULL)
			take_missing(a->items[i], got_in, out);
		else if (strcmp(other, a->items[i]) != 0)
			say(other, "", out);
	}
	for (size_t i = 0; i < b->count; i++) {
		ASSAY_AUTO_FREE char *name = assay_strdup(b->items[i]);

		*strrchr(name, '=') = '\0';
		if (find(a, name) == NULL)
			take_extra(b->items[i], got_in, unknown, out);
	}
}
