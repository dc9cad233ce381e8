/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unpack/member.h"

#include "base/memory.h"
#include "base/quote.h"
#include "formats/content.h"
#include "unpack/lookup.h"

/* Where the search has come to: the bytes of one artefact, owned unless it is the file itself. */
struct place {
	struct assay_budget budget;
	struct assay_bytes owned;
	struct assay_span span;
	unsigned depth;
};

static void move_to(struct place *place, struct assay_span content)
{
	struct assay_bytes copy = { assay_calloc(content.len + 1, 1), content.len };

	if (content.len > 0)
		memcpy(copy.ptr, content.ptr, content.len);
	assay_bytes_fini(&place->owned);
	place->owned = copy;
	place->span = assay_span_of_bytes(&copy);
}

/* Open what stands at the place. Return: 1, 0 when a stream was unpacked on the way, -1 */
static int open_place(struct place *place, const char *name, struct assay_error *err)
{
	ASSAY_AUTO_CONTENTS struct assay_contents contents = { 0 };
	ASSAY_AUTO_CONTENT struct assay_content content = { 0 };
	const struct assay_reader *reader = assay_reader_for(place->span);
	const struct assay_entry *entry = NULL;
	bool stream;

	if (reader == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "not inside a container that can be read");
	if (place->depth++ >= place->budget.limits.depth)
		return assay_fail(err, ASSAY_E_LIMIT, "containers more than %u deep",
		                  place->budget.limits.depth);
	if (assay_contents_read(reader, place->span, &place->budget, &contents, err) < 0)
		return assay_fail_in(err, "%s", reader->name);
	if (assay_unpack_find(&contents, name, &entry, err) < 0)
		return -1;
	stream = entry->type == ASSAY_ENTRY_STREAM;
	if (assay_content_open(&contents, (size_t)(entry - contents.entries), &place->budget,
	                       &content, err) < 0)
		return -1;
	move_to(place, content.span);
	return stream && *name != '\0' ? 0 : 1;
}

static int descend(struct place *place, const char *path, struct assay_error *err)
{
	while (path != NULL) {
		size_t len = strcspn(path, "!");
		ASSAY_AUTO_FREE char *name = assay_strndup(path, len);
		int got;

		do {
			got = open_place(place, name, err);
		} while (got == 0);
		if (got < 0)
			return -1;
		path = path[len] == '!' ? path + len + 1 : NULL;
	}
	return 0;
}

int assay_unpack_member(struct assay_span file, const char *path,
                        const struct assay_unpack_limits *limits, struct assay_bytes *out,
                        struct assay_error *err)
{
	struct place place = { .budget = assay_budget_for(limits, file.len), .span = file };

	if (descend(&place, path, err) < 0) {
		ASSAY_AUTO_FREE char *quoted = assay_quoted(path);

		assay_bytes_fini(&place.owned);
		return assay_fail_in(err, "member %s", quoted);
	}
	*out = place.owned;
	return 0;
}
