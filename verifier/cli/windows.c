/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/windows.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"
#include "store/tree.h"

#define WINDOW 16                               /* bytes */
#define LETTERS_MIN 4                           /* different ones in a window that says something */
#define MULTIPLIER UINT64_C(0x9e3779b97f4a7c15) /* Knuth, TAOCP 6.4: 2^64 over the golden ratio */

/* The windows of a bundle: an open hash table of places, with the bytes as the judge. */
struct windows {
	const uint8_t **slots;
	size_t mask;
};

static size_t hash(const uint8_t *p)
{
	uint64_t a, b;

	memcpy(&a, p, 8);
	memcpy(&b, p + 8, 8);
	return (size_t)((a * MULTIPLIER ^ b) * MULTIPLIER >> 20);
}

static bool says_something(const uint8_t *p)
{
	unsigned different = 0;

	for (size_t i = 0; i < WINDOW && different < LETTERS_MIN; i++) {
		size_t k = 0;

		while (p[k] != p[i])
			k++;
		different += k == i;
	}
	return different >= LETTERS_MIN;
}

/* Return: the slot that has these bytes, or the free one that they belong into. */
static size_t slot_of(const struct windows *windows, const uint8_t *p)
{
	size_t i = hash(p) & windows->mask;

	while (windows->slots[i] != NULL && memcmp(windows->slots[i], p, WINDOW) != 0)
		i = (i + 1) & windows->mask;
	return i;
}

static void add_file(struct windows *windows, struct assay_span bytes)
{
	for (size_t i = 0; i + WINDOW <= bytes.len; i++)
		if (says_something(bytes.ptr + i))
			windows->slots[slot_of(windows, bytes.ptr + i)] = bytes.ptr + i;
}

/* Everything but the inputs; envelopes with what is in them. */
static int open_windows(const struct assay_bundle *bundle, struct windows *out,
                        struct assay_error *err)
{
	uint64_t total = 0;
	size_t slots = 1024;

	for (size_t i = 0; i < bundle->count; i++)
		total += bundle->files[i].bytes.len;
	if (total > (uint64_t)1 << 30)
		return assay_fail(err, ASSAY_E_LIMIT, "too large to look for sources in it");
	while (slots < total * 2)
		slots *= 2;
	out->slots = assay_calloc(slots, sizeof(*out->slots));
	out->mask = slots - 1;
	for (size_t i = 0; i < bundle->count; i++)
		add_file(out, bundle->files[i].bytes);
	return 0;
}

static int look(const struct windows *windows, struct assay_span source, const char *path,
                struct assay_error *err)
{
	for (size_t i = 0; i + WINDOW <= source.len; i++) {
		ASSAY_AUTO_FREE char *quoted = NULL;

		if (!says_something(source.ptr + i) ||
		    windows->slots[slot_of(windows, source.ptr + i)] == NULL)
			continue;
		quoted = assay_quoted(path);
		return assay_fail(err, ASSAY_E_TRUST,
		                  "16 bytes of %s, from byte %zu on, are in the bundle", quoted, i);
	}
	return 0;
}

static int look_through(const struct windows *windows, int dir, struct assay_error *err)
{
	ASSAY_AUTO_TREE_SCAN struct assay_tree_scan scan = { 0 };

	if (assay_tree_scan(dir, &scan, err) < 0)
		return -1;
	for (size_t i = 0; i < scan.count; i++) {
		ASSAY_AUTO_MAP struct assay_map map = { 0 };

		if (!S_ISREG(scan.entries[i].st.st_mode))
			continue;
		if (assay_map_openat(dir, scan.entries[i].path, &map, err) < 0 ||
		    look(windows, map.span, scan.entries[i].path, err) < 0)
			return -1;
	}
	return 0;
}

int assay_cli_without(const struct assay_bundle *bundle, const char *folder,
                      struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct windows windows = { 0 };
	int failed;

	if (dir < 0)
		return assay_fail_errno(err, "open folder %s", folder);
	failed = open_windows(bundle, &windows, err);
	if (failed == 0)
		failed = look_through(&windows, dir, err);
	free(windows.slots);
	return failed;
}
