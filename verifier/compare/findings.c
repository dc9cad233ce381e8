/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Findings, derived from ledgers: what differs, where, and a few bytes of both sides. */
#include <inttypes.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "compare/node.h"

#define NEAR 16          /* bytes: differences closer than this make one finding */
#define FINDINGS_MAX 256 /* of one kind in one artefact; the last one covers all the rest */
#define BEFORE 192       /* bytes of context before a difference: a line of text, a record */
#define SHOWN 64         /* bytes of the difference itself */
#define AFTER 32

struct assay_finding assay_node_place(const struct assay_node *node, uint64_t offset,
                                      uint64_t length, enum assay_class class, const char *rule)
{
	return (struct assay_finding){
		.artefact = node->path,
		.offset = offset,
		.length = length,
		.class = class,
		.rule = class == ASSAY_CLASS_UNEXPLAINED ? NULL : rule,
	};
}

static struct assay_excerpt excerpt(struct assay_span span, uint64_t offset, uint64_t length,
                                    bool exact)
{
	uint64_t before = exact ? 0 : BEFORE;
	uint64_t start = offset > before ? offset - before : 0;
	uint64_t shown = length < SHOWN ? length : SHOWN;
	uint64_t after = exact || length > SHOWN ? 0 : AFTER;
	struct assay_excerpt out = { 0 };
	struct assay_span part;

	if (offset > span.len)
		return out;
	part = assay_span_sub(span, start, offset - start + shown + after);
	out.before = (size_t)(offset - start);
	out.length = (size_t)shown;
	out.bytes.ptr = assay_calloc(part.len + 1, 1);
	out.bytes.len = part.len;
	if (part.len > 0)
		memcpy(out.bytes.ptr, part.ptr, part.len);
	return out;
}

/* How many bytes, and on which side. */
static void count(struct assay_buffer *text, const struct assay_run *run)
{
	if (run->differing > 0 && run->differing < run->length)
		assay_buffer_printf(text, "%" PRIu64 " of %" PRIu64 " bytes differ", run->differing,
		                    run->length);
	else if (run->length == run->rebuilt_length)
		assay_buffer_printf(text, "%" PRIu64 " byte%s differ%s", run->length,
		                    run->length == 1 ? "" : "s", run->length == 1 ? "s" : "");
	else if (run->length == 0 || run->rebuilt_length == 0)
		assay_buffer_printf(text, "%" PRIu64 " byte%s only in the %s file",
		                    run->length + run->rebuilt_length,
		                    run->length + run->rebuilt_length == 1 ? "" : "s",
		                    run->length == 0 ? "rebuilt" : "delivered");
	else
		assay_buffer_printf(text, "%" PRIu64 " bytes delivered, %" PRIu64 " rebuilt",
		                    run->length, run->rebuilt_length);
}

static void describe(struct assay_buffer *text, const struct assay_run *run, const char *what)
{
	if (what != NULL && run->exact && run->length == run->rebuilt_length) {
		assay_buffer_printf(text, "%s differs", what);
		return;
	}
	if (what != NULL)
		assay_buffer_printf(text, "%s: ", what);
	count(text, run);
}

void assay_node_show_run(const struct assay_node *node, const struct assay_run *run,
                         struct assay_finding *finding)
{
	finding->delivered = excerpt(node->delivered, run->offset, run->length, run->exact);
	finding->rebuilt =
		excerpt(node->rebuilt, run->rebuilt_offset, run->rebuilt_length, run->exact);
}

struct assay_finding *assay_node_find_run(struct assay_node *node, const struct assay_run *run,
                                          enum assay_class class, const char *rule,
                                          const char *what)
{
	struct assay_finding place = assay_node_place(node, run->offset, run->length, class, rule);
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	struct assay_finding *finding;

	/* A ledger that had too many ranges counts some equal bytes as different. */
	if (node->ledger.coalesced > 0 && run->differing > 0)
		assay_buffer_add_str(&text, "up to ");
	describe(&text, run, what);
	finding = assay_comparison_find(assay_node_found(node), &place, "%s",
	                                assay_buffer_str(&text));
	assay_node_show_run(node, run, finding);
	return finding;
}

void assay_node_find_kind(struct assay_node *node, const struct assay_run *run,
                          enum assay_class class, const char *rule, const char *what,
                          const char *text)
{
	for (size_t i = 0; i < node->kind_count; i++) {
		struct assay_node_kind *kind = &node->kinds[i];

		if (strcmp(kind->what, what) == 0 && strcmp(kind->rule, rule) == 0 &&
		    node->found->findings[kind->finding].class == class) {
			kind->count++;
			return;
		}
	}
	assay_grow(&node->kinds, &node->kind_cap, node->kind_count, sizeof(*node->kinds));
	node->kinds[node->kind_count++] =
		(struct assay_node_kind){ rule, what, node->found->finding_count, 1 };
	assay_node_find_run(node, run, class, rule, text)->item = what;
}

/* A finding in the making: ranges of one class and rule that stand close together. */
struct cluster {
	struct assay_range range;
	uint64_t differing; /* bytes of it that are not identical */
};

/* Whether a range goes on where the cluster before it ended. */
static bool continues(const struct cluster *open, const struct assay_range *next, size_t closed)
{
	const struct assay_range *range = &open->range;

	if (open->differing == 0)
		return false;
	if (closed >= FINDINGS_MAX && range->class >= next->class)
		return true;
	return range->class == next->class && range->rule == next->rule &&
	       next->offset - (range->offset + range->length) < NEAR;
}

static void close_cluster(struct assay_node *node, const struct cluster *open, int64_t shift,
                          const char *what)
{
	const struct assay_range *range = &open->range;
	struct assay_run run = { range->offset, range->length, range->offset + (uint64_t)shift,
		                 range->length, open->differing };

	if (open->differing > 0)
		(void)assay_node_find_run(node, &run, range->class, range->rule, what);
}

/* The part of a range that lies in [offset, end). */
static struct assay_range clip(const struct assay_range *range, uint64_t offset, uint64_t end)
{
	struct assay_range out = *range;
	uint64_t stop = range->offset + range->length;

	if (out.offset < offset)
		out.offset = offset;
	if (stop > end)
		stop = end;
	out.length = stop > out.offset ? stop - out.offset : 0;
	return out;
}

void assay_node_find_bytes(struct assay_node *node, uint64_t offset, uint64_t length, int64_t shift,
                           const char *what)
{
	struct cluster open = { 0 };
	size_t closed = 0;

	for (size_t i = assay_ledger_find(&node->ledger, offset);
	     i < node->ledger.count && node->ledger.ranges[i].offset < offset + length; i++) {
		struct assay_range range = clip(&node->ledger.ranges[i], offset, offset + length);

		if (range.length == 0 || range.class == ASSAY_CLASS_IDENTICAL)
			continue;
		if (continues(&open, &range, closed)) {
			open.range.length = range.offset + range.length - open.range.offset;
			open.differing += range.length;
			continue;
		}
		close_cluster(node, &open, shift, what);
		closed += open.differing > 0;
		open = (struct cluster){ range, range.length };
	}
	close_cluster(node, &open, shift, what);
}
