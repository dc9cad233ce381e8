/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/names.h"

#include <limits.h>

#include "base/file.h"
#include "base/memory.h"

#define DEPTH_MAX 256 /* as rebuild/sources.c takes */

/* One thing that a tree object names. */
struct entry {
	const struct assay_inventory_item *item;
	const char *name; /* without its folder */
	uint8_t id[ASSAY_SHA1_SIZE];
};

struct naming {
	int dirfd;
	const struct assay_inventory_item **items; /* each folder's content right behind it */
	size_t count, next;
};

/* Paths with "/" before every other character: so a folder's content follows it. */
static int by_folder(const void *a, const void *b)
{
	const char *x = (*(const struct assay_inventory_item *const *)a)->path;
	const char *y = (*(const struct assay_inventory_item *const *)b)->path;

	while (*x != '\0' && *x == *y) {
		x++;
		y++;
	}
	return (*x == '/'    ? 1
	        : *x == '\0' ? 0
	                     : (unsigned char)*x + 1) -
	       (*y == '/'    ? 1
	        : *y == '\0' ? 0
	                     : (unsigned char)*y + 1);
}

/* base_name_compare of git: a folder's name counts as if "/" stood behind it. */
static int by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	size_t lx = strlen(x->name), ly = strlen(y->name), len = lx < ly ? lx : ly;
	int order = memcmp(x->name, y->name, len);
	unsigned char cx = (unsigned char)x->name[len], cy = (unsigned char)y->name[len];

	if (cx == '\0' && x->item->type == 'd')
		cx = '/';
	if (cy == '\0' && y->item->type == 'd')
		cy = '/';
	return order != 0 ? order : (int)cx - (int)cy;
}

static void object(const char *type, struct assay_span content, uint8_t id[ASSAY_SHA1_SIZE])
{
	char head[64];
	int len = snprintf(head, sizeof(head), "%s %zu", type, content.len);
	const struct assay_span spans[] = { assay_span_of(head, (size_t)len + 1), content };

	assay_sha1(spans, 2, id);
}

static int name_blob(int dirfd, struct entry *entry, struct assay_error *err)
{
	ASSAY_AUTO_MAP struct assay_map map = { 0 };
	char target[PATH_MAX + 1];
	ssize_t len;

	if (entry->item->type == 'l') {
		len = readlinkat(dirfd, entry->item->path, target, sizeof(target));
		if (len < 0)
			return assay_fail_errno(err, "read link");
		object("blob", assay_span_of(target, (size_t)len), entry->id);
		return 0;
	}
	if (assay_map_openat(dirfd, entry->item->path, &map, err) < 0)
		return -1;
	object("blob", map.span, entry->id);
	return 0;
}

static void tree(struct entry *entries, size_t count, uint8_t id[ASSAY_SHA1_SIZE])
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	if (count > 0)
		qsort(entries, count, sizeof(*entries), by_name);
	for (size_t i = 0; i < count; i++) {
		assay_buffer_printf(&text, "%s %s", assay_inventory_mode(entries[i].item),
		                    entries[i].name);
		assay_buffer_add(&text, "", 1);
		assay_buffer_add(&text, entries[i].id, sizeof(entries[i].id));
	}
	object("tree", assay_buffer_span(&text), id);
}

/* The folder at, whose content is next. Return: how many entries it has, -1 */
static int64_t name_folder(struct naming *naming, const char *at, unsigned depth,
                           uint8_t id[ASSAY_SHA1_SIZE], struct assay_error *err)
{
	ASSAY_AUTO_FREE struct entry *entries = NULL;
	size_t count = 0, cap = 0;

	if (depth > DEPTH_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "more than %d folders in each other",
		                  DEPTH_MAX);
	while (naming->next < naming->count) {
		const struct assay_inventory_item *item = naming->items[naming->next];
		const char *name = assay_inventory_below(item->path, at);
		int64_t held = 1;

		if (name == NULL)
			break;
		naming->next++;
		assay_grow(&entries, &cap, count, sizeof(*entries));
		entries[count] = (struct entry){ .item = item, .name = name };
		if (item->type == 'd')
			held = name_folder(naming, item->path, depth + 1, entries[count].id, err);
		else if (name_blob(naming->dirfd, &entries[count], err) < 0)
			return assay_fail_in(err, "%s", name);
		if (held < 0)
			return -1;
		count += held > 0; /* git has no empty folders */
	}
	tree(entries, count, id);
	return (int64_t)count;
}

int assay_name_git(int dirfd, const struct assay_inventory *inventory, char out[ASSAY_GIT_HEX],
                   struct assay_error *err)
{
	ASSAY_AUTO_FREE const struct assay_inventory_item **items = NULL;
	struct naming naming = { .dirfd = dirfd, .count = inventory->count };
	uint8_t id[ASSAY_SHA1_SIZE];

	items = assay_calloc(inventory->count + 1, sizeof(*items));
	for (size_t i = 0; i < inventory->count; i++)
		items[i] = &inventory->items[i];
	if (inventory->count > 0)
		qsort(items, inventory->count, sizeof(const struct assay_inventory_item *),
		      by_folder);
	naming.items = items;
	if (name_folder(&naming, ".", 0, id, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(id); i++)
		(void)snprintf(out + 2 * i, 3, "%02x", id[i]);
	return 0;
}

bool assay_name_dirhash(const struct assay_inventory *inventory, struct assay_sha256 *out)
{
	ASSAY_AUTO_HASHER struct assay_hasher *hasher = assay_hasher_new();
	char hex[ASSAY_SHA256_HEX];

	for (size_t i = 0; i < inventory->count; i++) {
		const struct assay_inventory_item *item = &inventory->items[i];

		if (item->type != 'f')
			continue;
		if (strchr(item->path, '\n') != NULL)
			return false;
		assay_sha256_hex(&item->sha256, hex);
		assay_hasher_add(hasher, hex, strlen(hex));
		assay_hasher_add(hasher, "  ", 2);
		assay_hasher_add(hasher, item->path, strlen(item->path));
		assay_hasher_add(hasher, "\n", 1);
	}
	assay_hasher_finish(hasher, out);
	return true;
}
