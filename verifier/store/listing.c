/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/listing.h"

#include "store/tree.h"

int assay_listing_open(struct assay_span *listing, struct assay_error *err)
{
	if (!assay_span_starts(*listing, ASSAY_TREE_ALGORITHM, sizeof(ASSAY_TREE_ALGORITHM)))
		return assay_fail(err, ASSAY_E_FORMAT, "not a listing of " ASSAY_TREE_ALGORITHM);
	*listing = assay_span_sub(*listing, sizeof(ASSAY_TREE_ALGORITHM), SIZE_MAX);
	return 0;
}

/* Take what stands before a byte off the front, and the byte. */
static bool take_until(struct assay_span *rest, char end, struct assay_span *out)
{
	const uint8_t *at = rest->len > 0 ? memchr(rest->ptr, end, rest->len) : NULL;

	if (at == NULL)
		return false;
	*out = assay_span_of(rest->ptr, (size_t)(at - rest->ptr));
	*rest = assay_span_of(at + 1, rest->len - out->len - 1);
	return true;
}

int assay_listing_next(struct assay_span *listing, struct assay_listing_record *out,
                       struct assay_error *err)
{
	struct assay_span type;

	if (listing->len == 0)
		return 0;
	if (!take_until(listing, ' ', &type) || type.len != 1 ||
	    !take_until(listing, ' ', &out->mode) || !take_until(listing, ' ', &out->digest) ||
	    !take_until(listing, '\0', &out->path))
		return assay_fail(err, ASSAY_E_FORMAT, "a record is cut short");
	out->type = (char)type.ptr[0];
	return 1;
}

static int compare_paths(struct assay_span a, struct assay_span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len > 0 ? memcmp(a.ptr, b.ptr, len) : 0;

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* What differs between two records of one path; NULL: nothing. */
static const char *describe(const struct assay_listing_record *a,
                            const struct assay_listing_record *b)
{
	if (a->type != b->type)
		return "has another type";
	if (!assay_span_equal(a->digest, b->digest))
		return a->type == 'l' ? "has another target" : "has other content";
	if (!assay_span_equal(a->mode, b->mode))
		return "has another mode";
	return NULL;
}

struct side {
	struct assay_span rest;
	struct assay_listing_record record;
	int state; /* as of assay_listing_next */
};

static int advance(struct side *side, struct assay_error *err)
{
	side->state = assay_listing_next(&side->rest, &side->record, err);
	return side->state < 0 ? -1 : 0;
}

/* Which side's record comes first: < 0 before, > 0 now, 0 both have the path. */
static int order_of(const struct side *before, const struct side *now)
{
	if (before->state == 0)
		return 1;
	if (now->state == 0)
		return -1;
	return compare_paths(before->record.path, now->record.path);
}

int64_t assay_listing_compare(struct assay_span before, struct assay_span now,
                              assay_listing_difference *tell, void *context,
                              struct assay_error *err)
{
	struct side a = { .rest = before }, b = { .rest = now };
	int64_t count = 0;

	if (assay_listing_open(&a.rest, err) < 0 || assay_listing_open(&b.rest, err) < 0 ||
	    advance(&a, err) < 0 || advance(&b, err) < 0)
		return -1;
	while (a.state > 0 || b.state > 0) {
		int order = order_of(&a, &b);
		const char *what = order < 0   ? "is missing"
		                   : order > 0 ? "was added"
		                               : describe(&a.record, &b.record);

		if (what != NULL) {
			tell(context, order > 0 ? b.record.path : a.record.path, what);
			count++;
		}
		if ((order <= 0 && advance(&a, err) < 0) || (order >= 0 && advance(&b, err) < 0))
			return -1;
	}
	return count;
}
