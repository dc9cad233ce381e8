/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/inventory.h"

#include "base/memory.h"
#include "base/quote.h"

#define ITEMS_MAX (4u << 20) /* as many as store/tree.h takes */
#define LINE_MAX_BYTES 65536

static const char *const opaque_names[ASSAY_OPAQUE_COUNT] = {
	[ASSAY_OPAQUE_NOT] = "",
	[ASSAY_OPAQUE_OBJECT] = "object",
	[ASSAY_OPAQUE_ARCHIVE] = "archive",
	[ASSAY_OPAQUE_IMAGE] = "image",
	[ASSAY_OPAQUE_ENCODED] = "encoded",
	[ASSAY_OPAQUE_BINARY] = "binary",
};

/* git's words for what a tree holds: git-ls-tree(1). */
static const struct {
	const char *mode;
	char type;
	bool executable;
} modes[] = {
	{ "100644", 'f', false },
	{ "100755", 'f', true },
	{ "120000", 'l', false },
	{ "40000", 'd', false },
};

const char *assay_opaque_name(enum assay_opaque opaque)
{
	return opaque_names[opaque];
}

void assay_inventory_fini(struct assay_inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++)
		free(inventory->items[i].path);
	free(inventory->items);
	*inventory = (struct assay_inventory){ 0 };
}

struct assay_inventory_item *assay_inventory_add(struct assay_inventory *inventory,
                                                 const char *path, char type)
{
	struct assay_inventory_item *item;

	assay_grow(&inventory->items, &inventory->cap, inventory->count, sizeof(*inventory->items));
	item = &inventory->items[inventory->count++];
	*item = (struct assay_inventory_item){ .path = assay_strdup(path), .type = type };
	return item;
}

const struct assay_inventory_item *assay_inventory_find(const struct assay_inventory *inventory,
                                                        const char *path)
{
	size_t low = 0, high = inventory->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(inventory->items[middle].path, path);

		if (order == 0)
			return &inventory->items[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

void assay_inventory_total(const struct assay_inventory *inventory, uint64_t *files, uint64_t *used)
{
	*files = *used = 0;
	for (size_t i = 0; i < inventory->count; i++) {
		*files += inventory->items[i].type != 'd';
		*used += inventory->items[i].type != 'd' && inventory->items[i].used;
	}
}

const char *assay_inventory_below(const char *path, const char *at)
{
	size_t len = strlen(at);

	if (strcmp(at, ".") == 0)
		return path;
	return strncmp(path, at, len) == 0 && path[len] == '/' ? path + len + 1 : NULL;
}

bool assay_inventory_digest(const struct assay_inventory *inventory, const char *at,
                            struct assay_sha256 *out)
{
	static const char head[] = "assay-tree/1"; /* with its NUL: store/tree.h */
	ASSAY_AUTO_HASHER struct assay_hasher *hasher = assay_hasher_new();
	const struct assay_inventory_item *folder = assay_inventory_find(inventory, at);

	if (strcmp(at, ".") != 0 && (folder == NULL || folder->type != 'd'))
		return false;
	assay_hasher_add(hasher, head, sizeof(head));
	for (size_t i = 0; i < inventory->count; i++) {
		const struct assay_inventory_item *item = &inventory->items[i];
		const char *path = assay_inventory_below(item->path, at);
		char digest[ASSAY_SHA256_HEX] = "-";
		ASSAY_AUTO_FREE char *record = NULL;

		if (path == NULL)
			continue;
		if (item->type != 'd')
			assay_sha256_hex(&item->sha256, digest);
		record = assay_asprintf("%c %s %s %s", item->type,
		                        item->type == 'l'                       ? "0777"
		                        : item->type == 'd' || item->executable ? "0755"
		                                                                : "0644",
		                        digest, path);
		assay_hasher_add(hasher, record, strlen(record) + 1);
	}
	assay_hasher_finish(hasher, out);
	return true;
}

const char *assay_inventory_mode(const struct assay_inventory_item *item)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(modes); i++)
		if (modes[i].type == item->type && modes[i].executable == item->executable)
			return modes[i].mode;
	return modes[0].mode;
}

/* A name in it is plain but for quotes and backslashes, which are JSON's own: RFC 8259, 7. */
static void write_path(const char *path, struct assay_buffer *out)
{
	ASSAY_AUTO_FREE char *quoted = assay_quoted(path);
	ASSAY_AUTO_JSON json_t *json = assay_json_str(assay_span_of_str(quoted));

	assay_json_canonical(json, out);
}

static void write_item(const struct assay_inventory_item *item, bool watched,
                       struct assay_buffer *out)
{
	char digest[ASSAY_SHA256_HEX];

	assay_buffer_printf(out, "{\"mode\":\"%s\"", assay_inventory_mode(item));
	if (item->opaque != ASSAY_OPAQUE_NOT)
		assay_buffer_printf(out, ",\"opaque\":\"%s\"", assay_opaque_name(item->opaque));
	assay_buffer_add_str(out, ",\"path\":");
	write_path(item->path, out);
	if (item->type != 'd') {
		assay_sha256_hex(&item->sha256, digest);
		assay_buffer_printf(out, ",\"sha256\":\"%s\",\"size\":%llu", digest,
		                    (unsigned long long)item->size);
		if (watched)
			assay_buffer_printf(out, ",\"used\":%s", item->used ? "true" : "false");
	}
	assay_buffer_add_str(out, "}\n");
}

void assay_inventory_write(const struct assay_inventory *inventory, struct assay_buffer *out)
{
	for (size_t i = 0; i < inventory->count; i++)
		write_item(&inventory->items[i], inventory->watched, out);
}

static const char *text_of(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text != NULL ? text : "";
}

static bool take_kind(const json_t *json, struct assay_inventory_item *item)
{
	const char *mode = text_of(json, "mode"), *opaque = text_of(json, "opaque");
	size_t m = 0, o = 0;

	while (m < ASSAY_ARRAY_LEN(modes) && strcmp(modes[m].mode, mode) != 0)
		m++;
	while (o < ASSAY_OPAQUE_COUNT && strcmp(opaque_names[o], opaque) != 0)
		o++;
	if (m == ASSAY_ARRAY_LEN(modes) || o == ASSAY_OPAQUE_COUNT)
		return false;
	item->type = modes[m].type;
	item->executable = modes[m].executable;
	item->opaque = (enum assay_opaque)o;
	return true;
}

/* Loosely: all of it is written again afterwards, and must then be the same text. */
static int parse_line(struct assay_span line, struct assay_inventory *out, struct assay_error *err)
{
	ASSAY_AUTO_JSON json_t *json = NULL;
	ASSAY_AUTO_BUFFER struct assay_buffer path = { 0 };
	struct assay_inventory_item *item;

	if (assay_json_parse(line, &json, err) < 0)
		return -1;
	if (!assay_unquote(&path, assay_span_of_str(text_of(json, "path"))) || path.len == 0 ||
	    strlen(assay_buffer_str(&path)) != path.len)
		return assay_fail(err, ASSAY_E_FORMAT, "path: none, or not quoted as it should be");
	if (out->count > 0 && strcmp(out->items[out->count - 1].path, assay_buffer_str(&path)) >= 0)
		return assay_fail(err, ASSAY_E_FORMAT, "path: out of order, or there already");
	if (out->count == ITEMS_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "more than %u entries", ITEMS_MAX);
	item = assay_inventory_add(out, assay_buffer_str(&path), 'f');
	if (!take_kind(json, item))
		return assay_fail(err, ASSAY_E_FORMAT, "mode or opaque: not one that there is");
	item->size = (uint64_t)json_integer_value(json_object_get(json, "size"));
	(void)assay_sha256_parse(text_of(json, "sha256"), &item->sha256);
	item->used = json_is_true(json_object_get(json, "used"));
	out->watched |= json_object_get(json, "used") != NULL;
	return 0;
}

/* One inventory has one text. */
static int check_spelling(struct assay_span text, const struct assay_inventory *inventory,
                          struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer again = { 0 };
	size_t same;

	assay_inventory_write(inventory, &again);
	same = assay_span_common_start(assay_buffer_span(&again), text);
	if (same == text.len && same == again.len)
		return 0;
	return assay_fail_at(err, ASSAY_E_FORMAT, same,
	                     "not as an inventory is written, from byte %zu on", same);
}

int assay_inventory_parse(struct assay_span text, struct assay_inventory *out,
                          struct assay_error *err)
{
	size_t number = 1;

	if (text.len > ASSAY_INVENTORY_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "longer than %llu bytes",
		                  (unsigned long long)ASSAY_INVENTORY_MAX);
	for (struct assay_span rest = text; rest.len > 0; number++) {
		const uint8_t *end = memchr(rest.ptr, '\n', rest.len);
		size_t len = end != NULL ? (size_t)(end - rest.ptr) + 1 : 0;

		if (len == 0)
			return assay_fail(err, ASSAY_E_FORMAT, "line %zu: has no end", number);
		if (len > LINE_MAX_BYTES)
			return assay_fail(err, ASSAY_E_LIMIT, "line %zu: too long", number);
		if (parse_line(assay_span_of(rest.ptr, len), out, err) < 0)
			return assay_fail_in(err, "line %zu", number);
		rest = assay_span_sub(rest, len, rest.len);
	}
	return check_spelling(text, out, err);
}
