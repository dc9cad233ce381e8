/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/metadata.h"

#include "base/memory.h"
#include "base/quote.h"
#include "compare/transplant.h"
#include "formats/attribute.h"

/* The attributes of an entry, or of none, in their order. */
struct list {
	const struct assay_attribute *items;
	size_t count;
};

/* A pair of entries at work. */
struct job {
	const struct assay_metadata *metadata;
	struct assay_node *node;
	const char *name; /* quoted; NULL: the containers */
};

static struct list list_of(const struct assay_contents *contents, size_t entry)
{
	size_t count = contents->attribute_count, own = count;

	if (count == 0)
		return (struct list){ 0 };
	if (entry != ASSAY_NO_ENTRY)
		return (struct list){
			contents->attributes + contents->entries[entry].first_attribute,
			contents->entries[entry].attribute_count,
		};
	while (own > 0 && contents->attributes[own - 1].entry == ASSAY_NO_ENTRY)
		own--;
	return (struct list){ contents->attributes + own, count - own };
}

/* "usr/bin/x: xattr security.capability: 0x… delivered, none rebuilt". Owner: caller frees. */
static char *say_difference(const struct job *job, const char *key, struct assay_span name,
                            const char *delivered, const char *rebuilt)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	if (job->name != NULL)
		assay_buffer_printf(&text, "%s: ", job->name);
	assay_buffer_add_str(&text, key);
	if (name.len > 0)
		assay_buffer_add_str(&text, " ");
	assay_quote(&text, name);
	assay_buffer_printf(&text, ": %s delivered, %s rebuilt", delivered, rebuilt);
	return assay_strdup(assay_buffer_str(&text));
}

static void find_difference(const struct job *job, const char *key, struct assay_span name,
                            const char *delivered, const char *rebuilt)
{
	struct assay_finding place =
		assay_node_place(job->node, 0, 0, ASSAY_CLASS_UNEXPLAINED, NULL);
	ASSAY_AUTO_FREE char *text = say_difference(job, key, name, delivered, rebuilt);

	assay_comparison_find(assay_node_found(job->node), &place, "%s", text)->item = key;
}

static int order_of(const struct assay_attribute *a, const struct assay_attribute *b)
{
	int order = strcmp(a->key, b->key);
	size_t len = a->name.len < b->name.len ? a->name.len : b->name.len;

	if (order == 0 && len > 0)
		order = memcmp(a->name.ptr, b->name.ptr, len);
	if (order != 0)
		return order;
	return a->name.len < b->name.len ? -1 : a->name.len > b->name.len;
}

static bool same_rule(const struct assay_attribute *a, const struct assay_attribute *b)
{
	return a->role == b->role && (a->rule == b->rule || (a->rule != NULL && b->rule != NULL &&
	                                                     strcmp(a->rule, b->rule) == 0));
}

/* Whether the two say the same. An entry that is named by its index has a counterpart. */
static bool is_same(const struct job *job, const struct assay_attribute *a,
                    const struct assay_attribute *b)
{
	if (a->form != b->form || !same_rule(a, b))
		return false;
	if (a->form == ASSAY_FORM_TEXT)
		return assay_span_equal(a->bytes, b->bytes);
	if (a->form == ASSAY_FORM_ENTRY)
		return a->number < job->metadata->container->delivered->entry_count &&
		       job->metadata->pairing->rebuilt_of[a->number] == b->number;
	return a->number == b->number;
}

/* The rule under which two values may differ; NULL when they may not. Out: *class */
static const char *rule_for(const struct job *job, const struct assay_attribute *a,
                            const struct assay_attribute *b, const char *value,
                            enum assay_class *class)
{
	struct assay_transplant record = { .rule = a->rule, .what = a->key };

	if (a->form != b->form || !same_rule(a, b))
		return NULL;
	if (a->role == ASSAY_ROLE_PACKING) {
		*class = ASSAY_CLASS_REPACKED;
		return job->metadata->container->delivered->reader->repack_rule;
	}
	if (a->role != ASSAY_ROLE_OPAQUE || assay_transplant_find(a->rule) == NULL)
		return NULL;
	record.value = (struct assay_bytes){ (uint8_t *)(uintptr_t)value, strlen(value) };
	if (!assay_transplant_note(job->metadata->walk, job->node, &record))
		return NULL;
	*class = ASSAY_CLASS_TRANSPLANTED;
	return a->rule;
}

static void compare_values(const struct job *job, const struct assay_attribute *a,
                           const struct assay_attribute *b)
{
	const struct assay_run run = { .exact = true };
	ASSAY_AUTO_BUFFER struct assay_buffer x = { 0 }, y = { 0 };
	ASSAY_AUTO_FREE char *text = NULL;
	enum assay_class class = ASSAY_CLASS_UNEXPLAINED;
	const char *rule;

	if (is_same(job, a, b))
		return;
	assay_attribute_say(&x, a);
	assay_attribute_say(&y, b);
	rule = rule_for(job, a, b, assay_buffer_str(&x), &class);
	if (rule == NULL) {
		find_difference(job, a->key, a->name, assay_buffer_str(&x), assay_buffer_str(&y));
		return;
	}
	text = say_difference(job, a->key, a->name, assay_buffer_str(&x), assay_buffer_str(&y));
	assay_node_find_kind(job->node, &run, class, rule, a->key, text);
}

/* An attribute that only one side has. */
static void find_alone(const struct job *job, const struct assay_attribute *attribute,
                       bool delivered)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	assay_attribute_say(&text, attribute);
	find_difference(job, attribute->key, attribute->name,
	                delivered ? assay_buffer_str(&text) : "none",
	                delivered ? "none" : assay_buffer_str(&text));
}

static void compare_lists(const struct job *job, struct list a, struct list b)
{
	size_t i = 0, k = 0;

	while (i < a.count || k < b.count) {
		int order = i == a.count   ? 1
		            : k == b.count ? -1
		                           : order_of(&a.items[i], &b.items[k]);

		if (order == 0)
			compare_values(job, &a.items[i], &b.items[k]);
		else
			find_alone(job, order < 0 ? &a.items[i] : &b.items[k], order < 0);
		i += order <= 0;
		k += order >= 0;
	}
}

static const char *text_of(const char *text)
{
	return text != NULL ? text : "";
}

/* What a format whose metadata are not compared as bytes must say about each entry. */
static void compare_entries(const struct job *job, const struct assay_entry *a,
                            const struct assay_entry *b)
{
	ASSAY_AUTO_FREE char *x = assay_quoted(text_of(a->link)),
			     *y = assay_quoted(text_of(b->link));
	struct assay_span none = { 0 };

	if (a->type != b->type)
		find_difference(job, "type", none, assay_entry_type_name(a->type),
		                assay_entry_type_name(b->type));
	if ((a->link == NULL) != (b->link == NULL) ||
	    strcmp(text_of(a->link), text_of(b->link)) != 0)
		find_difference(job, "link target", none, a->link != NULL ? x : "none",
		                b->link != NULL ? y : "none");
}

void assay_metadata_compare(const struct assay_metadata *metadata, size_t entry, size_t counterpart,
                            const char *name)
{
	const struct assay_contents *a = metadata->container->delivered;
	const struct assay_contents *b = metadata->container->rebuilt;
	struct job job = { metadata, metadata->container->node, name };

	if (entry != ASSAY_NO_ENTRY && (a->metadata || b->metadata))
		compare_entries(&job, &a->entries[entry], &b->entries[counterpart]);
	compare_lists(&job, list_of(a, entry), list_of(b, counterpart));
}

static void check_side(const struct assay_metadata *metadata, const struct assay_contents *contents,
                       bool delivered)
{
	static const char *const sides[] = { "rebuilt", "delivered" };
	struct assay_node *node = metadata->container->node;

	for (size_t i = 0; i < contents->false_count; i++) {
		const struct assay_false_value *value = &contents->false_values[i];
		struct assay_finding place = assay_node_place(node, delivered ? value->offset : 0,
		                                              delivered ? value->length : 0,
		                                              ASSAY_CLASS_UNEXPLAINED, NULL);
		ASSAY_AUTO_FREE char *name = assay_quoted(
			value->entry != ASSAY_NO_ENTRY ? contents->entries[value->entry].name : "");

		assay_comparison_find(assay_node_found(node), &place,
		                      "%s%s%s is false in the %s file", name,
		                      *name != '\0' ? ": " : "", value->what, sides[delivered])
			->item = value->what;
	}
	if (contents->partial != NULL)
		assay_node_inconclusive(node, "the %s file cannot be read to its end: %s",
		                        sides[delivered], contents->partial);
}

void assay_metadata_check(const struct assay_metadata *metadata)
{
	check_side(metadata, metadata->container->delivered, true);
	check_side(metadata, metadata->container->rebuilt, false);
}
