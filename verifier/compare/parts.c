/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/parts.h"

#include <inttypes.h>

#include "base/memory.h"
#include "compare/transplant.h"

#define CARRIES "container/carries@1" /* bytes that follow from a member have its class */
#define PADDING "container/padding@1" /* more or fewer bytes of fill at the end */
#define LOOK_AHEAD 8 /* parts of an entry that one side may have and the other not */

const char *assay_part_rule(const struct assay_contents *contents, const struct assay_part *part)
{
	switch (part->role) {
	case ASSAY_ROLE_STREAM:
	case ASSAY_ROLE_PACKING:
		return contents->reader->stream_rule != NULL ? contents->reader->stream_rule
		                                             : contents->reader->repack_rule;
	case ASSAY_ROLE_SIZE:
	case ASSAY_ROLE_CHECK:
	case ASSAY_ROLE_CONTENT:
		return CARRIES;
	case ASSAY_ROLE_FILL:
		return part->entry == ASSAY_NO_ENTRY ? PADDING : CARRIES;
	case ASSAY_ROLE_OPAQUE:
		return part->rule;
	case ASSAY_ROLE_METADATA:
		return contents->reader->repack_rule;
	case ASSAY_ROLE_FIXED:
		return NULL;
	}
	return NULL;
}

/* The parts of an entry, or of none, in their order. */
struct part_list {
	const struct assay_contents *contents;
	size_t entry;
	size_t next; /* index of a part */
};

static struct part_list list_parts(const struct assay_contents *contents, size_t entry)
{
	struct part_list list = { contents, entry, 0 };

	if (entry != ASSAY_NO_ENTRY)
		list.next = contents->entries[entry].first_part;
	return list;
}

/* The part at the front; NULL at the end. */
static const struct assay_part *front(struct part_list *list)
{
	const struct assay_contents *contents = list->contents;

	while (list->entry == ASSAY_NO_ENTRY && list->next < contents->part_count &&
	       contents->parts[list->next].entry != ASSAY_NO_ENTRY)
		list->next++;
	if (list->next >= contents->part_count || contents->parts[list->next].entry != list->entry)
		return NULL;
	return &contents->parts[list->next];
}

static void worsen(struct assay_parts *parts, enum assay_class class)
{
	if (class > parts->worst)
		parts->worst = class;
}

/* "usr/bin/x: mode". Owner: caller frees. */
static char *label(const struct assay_parts *parts, const char *what)
{
	if (parts->name == NULL)
		return assay_strdup(what);
	return assay_asprintf("%s: %s", parts->name, what);
}

static struct assay_span bytes_of(const struct assay_contents *contents,
                                  const struct assay_part *part)
{
	return assay_span_sub(contents->span, part->offset, part->length);
}

static void find_part(struct assay_parts *parts, const struct assay_run *run,
                      enum assay_class class, const char *rule, const char *what)
{
	ASSAY_AUTO_FREE char *text = label(parts, what);

	assay_node_find_run(parts->node, run, class, rule, text)->item = what;
	worsen(parts, class);
}

static bool same_bytes(const struct assay_parts *parts, const struct assay_part *a,
                       const struct assay_part *b)
{
	return assay_span_equal(bytes_of(parts->delivered, a), bytes_of(parts->rebuilt, b));
}

static void mark_identical(struct assay_parts *parts, uint64_t offset, uint64_t length)
{
	assay_ledger_explain(&parts->node->ledger, offset, length, ASSAY_CLASS_IDENTICAL, NULL);
}

/* Mark the bytes that stand at the same place of both parts and are equal. Return: the others. */
static uint64_t mark_equal(struct assay_parts *parts, const struct assay_part *a,
                           const struct assay_part *b)
{
	uint64_t length = a->length < b->length ? a->length : b->length;
	uint64_t sums[ASSAY_CLASS_COUNT];
	struct assay_ledger probe;

	assay_ledger_compare(&parts->node->ledger, a->offset,
	                     parts->delivered->span.ptr + a->offset,
	                     parts->rebuilt->span.ptr + b->offset, length);
	assay_ledger_init(&probe, length);
	assay_ledger_compare(&probe, 0, parts->delivered->span.ptr + a->offset,
	                     parts->rebuilt->span.ptr + b->offset, length);
	assay_ledger_sum(&probe, sums);
	assay_ledger_fini(&probe);
	return a->length - sums[ASSAY_CLASS_IDENTICAL];
}

static void compare_fixed(struct assay_parts *parts, const struct assay_part *a,
                          const struct assay_part *b)
{
	struct assay_run run = { a->offset, a->length, b->offset, b->length, 0, true };

	if (same_bytes(parts, a, b)) {
		mark_identical(parts, a->offset, a->length);
		return;
	}
	run.differing = mark_equal(parts, a, b);
	find_part(parts, &run, ASSAY_CLASS_UNEXPLAINED, NULL, a->what);
}

/* Bytes that follow from something of the given class: those that differ take it. */
static void compare_derived(struct assay_parts *parts, const struct assay_part *a,
                            const struct assay_part *b, enum assay_class class, const char *rule)
{
	(void)mark_equal(parts, a, b);
	if (class != ASSAY_CLASS_UNEXPLAINED)
		assay_ledger_explain(&parts->node->ledger, a->offset, a->length, class, rule);
	worsen(parts, class);
}

static enum assay_class class_of_content(const struct assay_parts *parts)
{
	return parts->content != NULL ? parts->content->class : ASSAY_CLASS_IDENTICAL;
}

static bool content_resized(const struct assay_parts *parts)
{
	return parts->content != NULL &&
	       parts->content->delivered.len != parts->content->rebuilt.len;
}

static const char *repack_rule(const struct assay_parts *parts)
{
	return parts->delivered->reader->repack_rule;
}

static bool is_carrier(const struct assay_part *part)
{
	return part->role == ASSAY_ROLE_CONTENT || part->role == ASSAY_ROLE_STREAM;
}

/* Bytes that hold what the other side holds too, in another way. */
static void find_repacked(struct assay_parts *parts, const struct assay_run *run, const char *what)
{
	ASSAY_AUTO_FREE char *text = label(parts, what);

	assay_ledger_explain(&parts->node->ledger, run->offset, run->length, ASSAY_CLASS_REPACKED,
	                     repack_rule(parts));
	assay_node_find_kind(parts->node, run, ASSAY_CLASS_REPACKED, repack_rule(parts), what,
	                     text);
	worsen(parts, ASSAY_CLASS_REPACKED);
}

/* The worst class of a piece of the content, or of all of it when what is wrong has no place. */
static enum assay_class class_of_piece(const struct assay_parts *parts, const struct assay_part *a)
{
	if (!parts->placed)
		return parts->content->class;
	return assay_ledger_worst_of(&parts->content->ledger, a->content, a->unpacked);
}

/*
 * Where a container may place the content of an entry as it likes, and does so on one side: the
 * content was compared, and this part is but one way to hold it. In parts of the rebuilt file
 * nothing is to be explained.
 */
static void compare_carrier_alone(struct assay_parts *parts, const struct assay_part *part,
                                  const struct assay_run *run)
{
	enum assay_class class = class_of_content(parts);

	if (run->length > 0 && part->role == ASSAY_ROLE_STREAM)
		class = class_of_piece(parts, part);
	if (class <= ASSAY_CLASS_REPACKED)
		find_repacked(parts, run, part->what);
	else if (class != ASSAY_CLASS_UNEXPLAINED)
		assay_ledger_explain(&parts->node->ledger, run->offset, run->length, class,
		                     CARRIES);
	worsen(parts, class);
}

/* Where a part is that only one side has. One of both is NULL. */
static struct assay_run run_alone(const struct assay_part *delivered,
                                  const struct assay_part *rebuilt)
{
	struct assay_run run = { .exact = true };

	if (delivered != NULL) {
		run.offset = delivered->offset;
		run.length = delivered->length;
	}
	if (rebuilt != NULL) {
		run.rebuilt_offset = rebuilt->offset;
		run.rebuilt_length = rebuilt->length;
	}
	return run;
}

/* A part that only one side has. */
static void find_alone(struct assay_parts *parts, const struct assay_part *delivered,
                       const struct assay_part *rebuilt)
{
	const struct assay_part *part = delivered != NULL ? delivered : rebuilt;
	struct assay_run run = run_alone(delivered, rebuilt);

	/* Content of another size may need padding where its counterpart needs none. */
	if (part->role == ASSAY_ROLE_FILL && content_resized(parts)) {
		if (delivered != NULL && class_of_content(parts) != ASSAY_CLASS_UNEXPLAINED)
			assay_ledger_explain(&parts->node->ledger, part->offset, part->length,
			                     class_of_content(parts), CARRIES);
		return;
	}
	if (repack_rule(parts) != NULL && is_carrier(part) && parts->content != NULL)
		compare_carrier_alone(parts, part, &run);
	else if (repack_rule(parts) != NULL && part->role == ASSAY_ROLE_FILL)
		find_repacked(parts, &run, part->what);
	else
		find_part(parts, &run, ASSAY_CLASS_UNEXPLAINED, NULL, part->what);
}

/* Stored content: each byte has the class that it has in the member. */
static void compare_content(struct assay_parts *parts, const struct assay_part *a)
{
	const struct assay_ledger *from = &parts->content->ledger;
	uint64_t end = a->content + a->length;

	for (size_t i = 0; i < from->count; i++) {
		const struct assay_range *range = &from->ranges[i];
		uint64_t start = range->offset > a->content ? range->offset : a->content;
		uint64_t stop = range->offset + range->length;

		stop = stop < end ? stop : end;
		if (range->class != ASSAY_CLASS_UNEXPLAINED && start < stop)
			assay_ledger_explain(&parts->node->ledger, a->offset + (start - a->content),
			                     stop - start, range->class, range->rule);
	}
	worsen(parts, parts->content->class);
}

/* Whether two streams hold the same piece of the content: all of it, or equally much. */
static bool same_bounds(const struct assay_parts *parts, const struct assay_part *a,
                        const struct assay_part *b)
{
	return a->unpacked == b->unpacked || (a->unpacked == parts->content->delivered.len &&
	                                      b->unpacked == parts->content->rebuilt.len);
}

/* The same content, packed otherwise. Even with a value transplanted it is not the same bytes. */
static void find_packing(struct assay_parts *parts, const struct assay_part *a,
                         const struct assay_run *run)
{
	const char *rule = parts->delivered->reader->stream_rule;

	if (repack_rule(parts) != NULL) {
		find_repacked(parts, run, a->what);
		return;
	}
	assay_ledger_explain(&parts->node->ledger, a->offset, a->length, ASSAY_CLASS_REPACKED,
	                     rule);
	find_part(parts, run, ASSAY_CLASS_REPACKED, rule, "packing");
}

/*
 * A compressed stream. When both unpack to the same bytes, and in the same pieces, so that a
 * program that reads the first piece only sees the same too, it was packed differently. (Where a
 * container lists its blocks there is no program that reads the first only.)
 */
static void compare_stream(struct assay_parts *parts, const struct assay_part *a,
                           const struct assay_part *b)
{
	struct assay_run run = { a->offset, a->length, b->offset, b->length, 0, true };
	enum assay_class class = class_of_piece(parts, a);

	if (repack_rule(parts) == NULL && !same_bounds(parts, a, b)) {
		find_part(parts, &run, ASSAY_CLASS_UNEXPLAINED, NULL, "bounds of the stream");
	} else if (same_bytes(parts, a, b)) {
		mark_identical(parts, a->offset, a->length);
	} else if (class <= ASSAY_CLASS_REPACKED) {
		find_packing(parts, a, &run);
	} else {
		if (class != ASSAY_CLASS_UNEXPLAINED)
			assay_ledger_explain(&parts->node->ledger, a->offset, a->length, class,
			                     CARRIES);
		worsen(parts, class);
	}
}

/* A UUID that leads to something else on one of both sides. */
static void find_taken(struct assay_parts *parts, const struct assay_part *a)
{
	struct assay_finding place =
		assay_node_place(parts->node, a->offset, a->length, ASSAY_CLASS_UNEXPLAINED, NULL);
	ASSAY_AUTO_FREE char *text = label(parts, a->what);

	assay_comparison_find(assay_node_found(parts->node), &place,
	                      "%s: the delivered one leads to something else", text)
		->item = a->what;
	worsen(parts, ASSAY_CLASS_UNEXPLAINED);
}

/* Whether a delivered value may stand in the place of a rebuilt one. */
static bool may_replace(const struct assay_part *a, const struct assay_part *b)
{
	const struct assay_transplant_rule *rule = assay_transplant_find(a->rule);

	if (rule == NULL || b->rule == NULL || strcmp(a->rule, b->rule) != 0)
		return false;
	return rule->resizes ? !a->empty || b->empty : a->length == b->length;
}

/* A value that carries no code: the delivered one is put into the rebuilt file. */
static void compare_opaque(struct assay_parts *parts, const struct assay_part *a,
                           const struct assay_part *b)
{
	struct assay_run run = { a->offset, a->length, b->offset, b->length, 0, true };
	struct assay_span value = bytes_of(parts->delivered, a);
	struct assay_transplant record = {
		.offset = a->offset,
		.rule = a->rule,
		.what = a->what,
		.value = { (uint8_t *)(uintptr_t)value.ptr, value.len }, /* copied from */
	};
	ASSAY_AUTO_FREE char *text = NULL;

	if (!assay_identity_note(&parts->walk->identities, a->what, value,
	                         bytes_of(parts->rebuilt, b))) {
		find_taken(parts, a);
	} else if (same_bytes(parts, a, b)) {
		mark_identical(parts, a->offset, a->length);
	} else if (!may_replace(a, b) ||
	           !assay_transplant_note(parts->walk, parts->node, &record)) {
		compare_fixed(parts, a, b);
	} else {
		compare_derived(parts, a, b, ASSAY_CLASS_TRANSPLANTED, a->rule);
		text = label(parts, a->what);
		assay_node_find_kind(parts->node, &run, ASSAY_CLASS_TRANSPLANTED, a->rule, a->what,
		                     text);
	}
}

static void compare_fill(struct assay_parts *parts, const struct assay_part *a,
                         const struct assay_part *b)
{
	uint64_t length = a->length < b->length ? a->length : b->length;
	struct assay_run run = { a->offset + length,
		                 a->length - length,
		                 b->offset + length,
		                 b->length - length,
		                 0,
		                 true };

	if (a->fill != b->fill || (a->entry != ASSAY_NO_ENTRY && !content_resized(parts))) {
		compare_fixed(parts, a, b);
		return;
	}
	mark_identical(parts, a->offset, length);
	if (a->length == b->length)
		return;
	if (a->entry != ASSAY_NO_ENTRY) {
		compare_derived(parts, a, b, class_of_content(parts), CARRIES);
		return;
	}
	assay_ledger_explain(&parts->node->ledger, a->offset, a->length, ASSAY_CLASS_REPACKED,
	                     PADDING);
	find_part(parts, &run, ASSAY_CLASS_REPACKED, PADDING, a->what);
}

/* How a part must be read when it is not what its role says. */
static bool is_derived(enum assay_role role)
{
	return role == ASSAY_ROLE_SIZE || role == ASSAY_ROLE_CHECK || role == ASSAY_ROLE_PACKING;
}

/* How the stream was packed, told beside a stream of the same content. */
static void compare_packing(struct assay_parts *parts, const struct assay_part *a,
                            const struct assay_part *b)
{
	struct assay_run run = { a->offset, a->length, b->offset, b->length, 0, true };
	const char *rule = parts->delivered->reader->stream_rule;
	bool told = parts->worst >= ASSAY_CLASS_REPACKED;

	compare_derived(parts, a, b, ASSAY_CLASS_REPACKED, rule);
	if (!told)
		find_part(parts, &run, ASSAY_CLASS_REPACKED, rule, a->what);
}

/*
 * A checksum or size that belongs to no entry is one of the whole container. It is true on its own
 * side, so where it differs what it was computed from does, too, and has been judged.
 */
static bool follows_from_all(const struct assay_part *part)
{
	return part->entry == ASSAY_NO_ENTRY &&
	       (part->role == ASSAY_ROLE_CHECK || part->role == ASSAY_ROLE_SIZE);
}

/* A value that should follow from something, with what it follows from already judged. */
static void compare_follower(struct assay_parts *parts, const struct assay_part *a,
                             const struct assay_part *b)
{
	enum assay_class class = class_of_content(parts);
	enum assay_class all = parts->worst > parts->around ? parts->worst : parts->around;

	if (same_bytes(parts, a, b))
		mark_identical(parts, a->offset, a->length);
	else if (a->role == ASSAY_ROLE_SIZE && content_resized(parts))
		compare_derived(parts, a, b, class, CARRIES);
	else if (follows_from_all(a) && all > ASSAY_CLASS_IDENTICAL)
		compare_derived(parts, a, b, all, CARRIES);
	else if (a->role == ASSAY_ROLE_CHECK && parts->worst > ASSAY_CLASS_IDENTICAL)
		compare_derived(parts, a, b, parts->worst, CARRIES);
	else if (a->role == ASSAY_ROLE_PACKING && class < ASSAY_CLASS_REPACKED)
		compare_packing(parts, a, b);
	else if (a->role == ASSAY_ROLE_PACKING)
		compare_derived(parts, a, b, class, CARRIES);
	else
		compare_fixed(parts, a, b);
}

static void compare_one(struct assay_parts *parts, const struct assay_part *a,
                        const struct assay_part *b)
{
	struct assay_run run = { a->offset, a->length, b->offset, b->length, 0, true };

	if (a->role != b->role && repack_rule(parts) != NULL && is_carrier(a) && is_carrier(b) &&
	    parts->content != NULL)
		compare_carrier_alone(parts, a, &run);
	else if (a->role != b->role)
		compare_fixed(parts, a, b);
	else if (a->role == ASSAY_ROLE_CONTENT && parts->content != NULL)
		compare_content(parts, a);
	else if (a->role == ASSAY_ROLE_STREAM && parts->content != NULL)
		compare_stream(parts, a, b);
	else if (a->role == ASSAY_ROLE_OPAQUE)
		compare_opaque(parts, a, b);
	else if (a->role == ASSAY_ROLE_FILL)
		compare_fill(parts, a, b);
	else if (is_derived(a->role))
		compare_follower(parts, a, b);
	else
		compare_fixed(parts, a, b);
}

struct assay_part assay_part_field(const struct assay_part *part, size_t i)
{
	const struct assay_field *field = &part->fields[i];
	struct assay_part out = *part;

	out.offset += field->offset;
	out.length = field->length;
	out.what = field->what;
	out.role = field->role;
	out.rule = field->rule;
	out.fields = NULL;
	return out;
}

/* In which order parts are judged: first those that stand for themselves. */
enum stage {
	STAGE_VALUES,
	STAGE_FOLLOWERS, /* what follows from other parts of the same entry */
	STAGE_METADATA,  /* what follows from everything */
	STAGE_TOTALS,    /* checksums of metadata */
};

/* Metadata that the format has no rule for must be equal. */
static enum stage stage_of(const struct assay_parts *parts, const struct assay_part *a,
                           const struct assay_part *b)
{
	if (a->role == ASSAY_ROLE_METADATA && b->role == a->role && repack_rule(parts) != NULL)
		return STAGE_METADATA;
	if (follows_from_all(a) && follows_from_all(b) && repack_rule(parts) != NULL)
		return STAGE_TOTALS;
	return is_derived(a->role) && a->role == b->role ? STAGE_FOLLOWERS : STAGE_VALUES;
}

/* Bytes that say no more than what was compared; run says where, maybe on one side only. */
static void explain_metadata(struct assay_parts *parts, const struct assay_run *run,
                             const char *what)
{
	ASSAY_AUTO_FREE char *text = NULL;

	if (parts->worst == ASSAY_CLASS_UNEXPLAINED)
		return; /* with a finding where the reason is */
	worsen(parts, ASSAY_CLASS_REPACKED);
	assay_ledger_explain(&parts->node->ledger, run->offset, run->length, parts->worst,
	                     repack_rule(parts));
	text = label(parts, what);
	assay_node_find_kind(parts->node, run, parts->worst, repack_rule(parts), what, text);
}

/* Equal ones were marked with everything around them: a ledger likes to be filled in order. */
static void compare_metadata(struct assay_parts *parts, const struct assay_part *a,
                             const struct assay_part *b)
{
	struct assay_run run = { a->offset, a->length, b->offset, b->length, 0, true };

	if (!same_bytes(parts, a, b))
		explain_metadata(parts, &run, a->what);
}

static void compare_staged(struct assay_parts *parts, const struct assay_part *a,
                           const struct assay_part *b, enum stage stage)
{
	if (stage == STAGE_VALUES && stage_of(parts, a, b) == STAGE_METADATA &&
	    same_bytes(parts, a, b))
		mark_identical(parts, a->offset, a->length);
	if (stage_of(parts, a, b) != stage)
		return;
	if (stage == STAGE_METADATA)
		compare_metadata(parts, a, b);
	else
		compare_one(parts, a, b);
}

/* Whether two parts of one name have fields at the same places, though maybe with other roles. */
static bool same_layout(const struct assay_part *a, const struct assay_part *b)
{
	size_t i = 0;

	if (a->fields == b->fields)
		return true;
	for (; a->fields[i].what != NULL && b->fields[i].what != NULL; i++)
		if (a->fields[i].offset != b->fields[i].offset ||
		    a->fields[i].length != b->fields[i].length)
			return false;
	return a->fields[i].what == NULL && b->fields[i].what == NULL;
}

static void compare_pair(struct assay_parts *parts, const struct assay_part *a,
                         const struct assay_part *b, enum stage stage)
{
	if (a->fields == NULL && b->fields == NULL) {
		compare_staged(parts, a, b, stage);
	} else if (a->fields == NULL || b->fields == NULL || !same_layout(a, b)) {
		if (stage == STAGE_VALUES)
			compare_fixed(parts, a, b);
	} else {
		for (size_t i = 0; a->fields[i].what != NULL; i++) {
			struct assay_part x = assay_part_field(a, i), y = assay_part_field(b, i);

			compare_staged(parts, &x, &y, stage);
		}
	}
}

/* A part that has no counterpart. One of both is NULL. */
static void judge_alone(struct assay_parts *parts, const struct assay_part *delivered,
                        const struct assay_part *rebuilt, enum stage stage)
{
	const struct assay_part *part = delivered != NULL ? delivered : rebuilt;
	enum stage own = stage_of(parts, part, part);
	bool metadata = own == STAGE_METADATA || own == STAGE_TOTALS;
	struct assay_run run = run_alone(delivered, rebuilt);

	/* A checksum without counterpart is of metadata that has none either. */
	if (metadata && stage == own)
		explain_metadata(parts, &run, part->what);
	else if (!metadata && stage == STAGE_VALUES)
		find_alone(parts, delivered, rebuilt);
}

/* Whether the list holds a part of this name among its next few. Moves the list there. */
static const struct assay_part *seek(struct part_list *list, const char *what)
{
	struct part_list ahead = *list;
	const struct assay_part *part;

	for (int i = 0; i < LOOK_AHEAD && (part = front(&ahead)) != NULL; i++, ahead.next++) {
		if (strcmp(part->what, what) == 0) {
			list->next = ahead.next;
			return part;
		}
	}
	return NULL;
}

static void pass(struct assay_parts *parts, size_t entry, size_t counterpart, enum stage stage)
{
	struct part_list a = list_parts(parts->delivered, entry);
	struct part_list b = list_parts(parts->rebuilt, counterpart);
	const struct assay_part *part, *other;

	for (; (part = front(&a)) != NULL; a.next++) {
		size_t from = b.next;

		other = seek(&b, part->what);
		for (; other != NULL && from < b.next; from++)
			if (parts->rebuilt->parts[from].entry == counterpart)
				judge_alone(parts, NULL, &parts->rebuilt->parts[from], stage);
		if (other == NULL) {
			judge_alone(parts, part, NULL, stage);
			continue;
		}
		compare_pair(parts, part, other, stage);
		b.next++;
	}
	for (; (other = front(&b)) != NULL; b.next++)
		judge_alone(parts, NULL, other, stage);
}

void assay_parts_compare(struct assay_parts *parts, size_t entry, size_t counterpart)
{
	parts->placed = parts->content != NULL &&
	                assay_ledger_worst(&parts->content->ledger) == parts->content->class;
	pass(parts, entry, counterpart, STAGE_VALUES);
	pass(parts, entry, counterpart, STAGE_FOLLOWERS);
}

void assay_parts_compare_metadata(struct assay_parts *parts, size_t entry, size_t counterpart)
{
	pass(parts, entry, counterpart, STAGE_METADATA);
}

void assay_parts_compare_totals(struct assay_parts *parts)
{
	pass(parts, ASSAY_NO_ENTRY, ASSAY_NO_ENTRY, STAGE_TOTALS);
}
