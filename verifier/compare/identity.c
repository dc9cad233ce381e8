/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/identity.h"

#include <string.h>

static bool same_identity(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, ASSAY_IDENTITY) == 0;
}

/* Whether what one of both files finds by it is something else in the other, as known tells. */
static bool is_taken(const struct assay_identity *known, const struct assay_identity *one)
{
	if (strcmp(known->what, one->what) != 0)
		return false;
	if (same_identity(known->delivered, one->delivered))
		return !same_identity(known->rebuilt, one->rebuilt);
	return same_identity(known->rebuilt, one->rebuilt) ||
	       same_identity(known->rebuilt, one->delivered) ||
	       same_identity(known->delivered, one->rebuilt);
}

bool assay_identity_note(struct assay_identities *identities, const char *what,
                         struct assay_span delivered, struct assay_span rebuilt)
{
	struct assay_identity one = { .what = what };

	/* Zeros are the identity of nothing. */
	if (delivered.len != ASSAY_IDENTITY || rebuilt.len != ASSAY_IDENTITY ||
	    assay_span_is_fill(delivered, 0))
		return true;
	memcpy(one.delivered, delivered.ptr, ASSAY_IDENTITY);
	memcpy(one.rebuilt, rebuilt.ptr, ASSAY_IDENTITY);
	for (size_t i = 0; i < identities->count; i++)
		if (is_taken(&identities->known[i], &one))
			return false;
	for (size_t i = 0; i < identities->count; i++)
		if (strcmp(identities->known[i].what, what) == 0 &&
		    same_identity(identities->known[i].delivered, one.delivered))
			return true;
	if (identities->count == ASSAY_IDENTITIES_MAX)
		return assay_span_equal(delivered, rebuilt);
	identities->known[identities->count++] = one;
	return true;
}
