/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/identity.h"

#include <string.h>

/* The values by which something is found, as readers name them. Linux: root=PARTUUID=, root=UUID=. */
static const struct {
	const char *what;
	size_t length;
} kinds[] = {
	{ "GUID of a partition", 16 },
	{ "GUID of the disk", 16 },
	{ "UUID", 16 },
	{ "disk signature", 4 },
	{ "volume serial", 4 },
	/* Of ISO 9660, as digits with a zone behind them, that nobody looks at. */
	{ "time of the last change of the volume", ASSAY_IDENTITY + 1 },
};

static const char *kind_of(const char *what, struct assay_span value)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].what, what) == 0 && kinds[i].length == value.len)
			return kinds[i].what;
	return NULL;
}

static bool equal(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, ASSAY_IDENTITY) == 0;
}

/* Whether both lead to the same: zeros lead nowhere. */
static bool collide(const uint8_t *a, const uint8_t *b)
{
	static const uint8_t nothing[ASSAY_IDENTITY];

	return equal(a, b) && !equal(a, nothing);
}

/* Whether what one of both files finds by it is something else in the other, as known tells. */
static bool is_taken(const struct assay_identity *known, const struct assay_identity *one)
{
	if (strcmp(known->what, one->what) != 0)
		return false;
	if (collide(known->delivered, one->delivered))
		return !equal(known->rebuilt, one->rebuilt);
	return collide(known->rebuilt, one->rebuilt) || collide(known->rebuilt, one->delivered) ||
	       collide(known->delivered, one->rebuilt);
}

static bool is_known(const struct assay_identities *identities, const struct assay_identity *one)
{
	for (size_t i = 0; i < identities->count; i++) {
		const struct assay_identity *known = &identities->known[i];

		if (strcmp(known->what, one->what) == 0 &&
		    equal(known->delivered, one->delivered) && equal(known->rebuilt, one->rebuilt))
			return true;
	}
	return false;
}

bool assay_identity_note(struct assay_identities *identities, const char *what,
                         struct assay_span delivered, struct assay_span rebuilt)
{
	struct assay_identity one = { .what = kind_of(what, delivered) };
	size_t length;

	if (one.what == NULL || delivered.len != rebuilt.len)
		return true;
	length = delivered.len < ASSAY_IDENTITY ? delivered.len : ASSAY_IDENTITY;
	memcpy(one.delivered, delivered.ptr, length);
	memcpy(one.rebuilt, rebuilt.ptr, length);
	for (size_t i = 0; i < identities->count; i++)
		if (is_taken(&identities->known[i], &one))
			return false;
	identities->moved |= !equal(one.delivered, one.rebuilt);
	if (is_known(identities, &one))
		return true;
	if (identities->count == ASSAY_IDENTITIES_MAX)
		return equal(one.delivered, one.rebuilt);
	identities->known[identities->count++] = one;
	return true;
}
