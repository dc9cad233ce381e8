/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/elfcmp/find.h"

#include <inttypes.h>

#include "compare/elfcmp/moved.h"
#include "compare/elfcmp/remark.h"
#include "compare/elfcmp/say.h"

#define NEAR 16          /* bytes: differences closer than this make one finding */
#define FINDINGS_MAX 256 /* of one class; the last one of that class covers all the rest */

/* Differences of one class and rule that stand close together, in one range of the map. */
struct cluster {
	const struct assay_elf_range *range;
	const char *rule;
	enum assay_class class;
	uint64_t offset, length; /* bytes in the file */
	uint64_t differing;      /* bytes of length; 0: there is no cluster */
};

enum only {
	ALL,
	ONLY_SEGMENTS, /* bytes that a segment holds */
	ONLY_OTHERS,
};

struct listing {
	struct assay_node *node;
	const struct assay_elf_side *here, *there; /* whose bytes are listed, and the other one */
	bool back;                                 /* here is the rebuilt file */
	bool paired;                               /* sections have counterparts */
	bool unexplained;                          /* something is, on either side */
	bool moved;                                /* counterparts are at other places */
	enum only only;
	size_t listed[ASSAY_CLASS_COUNT];
	struct cluster rest[ASSAY_CLASS_COUNT];
};

static void place_of(const struct listing *listing, const struct cluster *cluster,
                     struct assay_finding *place)
{
	const struct assay_elf_rule *rule =
		cluster->rule != NULL ? assay_elf_rule_find(cluster->rule) : NULL;

	*place = assay_node_place(listing->node, cluster->offset, cluster->length, cluster->class,
	                          cluster->rule);
	if (rule != NULL && !(rule->only_cause && listing->unexplained))
		place->cause = rule->cause;
	if (!listing->back)
		return;
	/* Nothing in the delivered file: a point in it. */
	place->length = 0;
	if (place->offset > listing->node->delivered.len)
		place->offset = listing->node->delivered.len;
}

/* Where two contents that are each other's counterpart begin, and their lengths. */
struct contents {
	struct assay_elf_extent here, there;
};

static bool contents_of(const struct listing *listing, const struct assay_elf_range *range,
                        struct contents *out)
{
	const struct assay_elf *here = &listing->here->elf, *there = &listing->there->elf;
	const struct assay_elf_section *section, *peer;

	if (range->disputed || !listing->paired)
		return false;
	if (range->kind == ASSAY_ELF_SECTION_TABLE) {
		out->here = (struct assay_elf_extent){ here->shoff,
			                               assay_elf_section_table_size(here) };
		out->there = (struct assay_elf_extent){ there->shoff,
			                                assay_elf_section_table_size(there) };
		return true;
	}
	if (range->kind != ASSAY_ELF_SECTION || range->section == ASSAY_ELF_NONE)
		return false;
	section = &here->sections[range->section];
	peer = assay_elf_peer(listing->here, listing->there, range->section);
	out->here = (struct assay_elf_extent){ section->offset, section->data.len };
	out->there = peer == NULL ? (struct assay_elf_extent){ 0, 0 }
	                          : (struct assay_elf_extent){ peer->offset, peer->data.len };
	return true;
}

/* Both sides of a cluster: equal starts and ends of contents are not part of it. */
static struct assay_run run_of(const struct listing *listing, const struct cluster *cluster)
{
	struct assay_run run = { cluster->offset, cluster->length, cluster->offset, cluster->length,
		                 cluster->differing };
	struct contents both;
	uint64_t head, tail;

	if (listing->moved) {
		struct assay_elf_extent peer = { cluster->offset, 0 };

		(void)assay_elf_counterpart(listing->here, listing->there, cluster->range,
		                            cluster->offset, &peer);
		run.rebuilt_offset = peer.offset;
		run.rebuilt_length = peer.length < cluster->length ? peer.length : cluster->length;
		return run;
	}
	if (!contents_of(listing, cluster->range, &both)) {
		run.rebuilt_length = assay_span_sub(listing->there->elf.file, run.rebuilt_offset,
		                                    run.rebuilt_length)
		                             .len;
		return run;
	}
	head = cluster->offset - both.here.offset;
	tail = both.here.length - head - cluster->length;
	if (head > both.there.length)
		head = both.there.length;
	if (tail > both.there.length - head)
		tail = both.there.length - head;
	run.rebuilt_offset = both.there.offset + head;
	run.rebuilt_length = both.there.length - head - tail;
	return run;
}

/* Why a rule that is meant for such bytes left them alone. */
static void say_refusal(struct assay_buffer *text, const struct listing *listing,
                        const struct cluster *cluster)
{
	const struct assay_elf_range *range = cluster->range;
	const char *why = NULL;

	if (cluster->class != ASSAY_CLASS_UNEXPLAINED || !listing->paired)
		return;
	if (range->kind == ASSAY_ELF_SECTION_TABLE)
		why = listing->here->tables_refused;
	else if (range->kind == ASSAY_ELF_SECTION && range->section != ASSAY_ELF_NONE)
		(void)assay_elf_section_rule(listing->here, listing->there, range->section, &why);
	if (why != NULL)
		assay_buffer_printf(text, "; no rule applies: %s", why);
}

static void find_cluster(struct listing *listing, const struct cluster *cluster)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	struct assay_run run = run_of(listing, cluster);
	struct assay_finding place, *finding;

	place_of(listing, cluster, &place);
	assay_elf_say_place(&text, listing->here, cluster->range, cluster->offset);
	if (listing->back) {
		assay_buffer_printf(&text, ": %" PRIu64 " bytes only in the rebuilt file",
		                    cluster->length);
		run = (struct assay_run){ place.offset, 0, cluster->offset, cluster->length,
			                  cluster->differing };
	} else if (cluster->rule == assay_elf_rule_padding.id) {
		assay_elf_say_zeros(&text, cluster->length);
	} else {
		assay_elf_say_values(&text, listing->here, listing->there, cluster->range, &run);
	}
	say_refusal(&text, listing, cluster);
	finding = assay_comparison_find(assay_node_found(listing->node), &place, "%s",
	                                assay_buffer_str(&text));
	assay_node_show_run(listing->node, &run, finding);
}

/* List a cluster, or add it to the rest of its class. */
static void close_cluster(struct listing *listing, struct cluster *cluster)
{
	struct cluster *rest = &listing->rest[cluster->class];

	if (cluster->differing == 0)
		return;
	if (listing->listed[cluster->class]++ < FINDINGS_MAX) {
		find_cluster(listing, cluster);
	} else if (rest->differing == 0) {
		*rest = *cluster;
	} else {
		rest->length = cluster->offset + cluster->length - rest->offset;
		rest->differing += cluster->differing;
	}
	cluster->differing = 0;
}

static void find_rest(struct listing *listing)
{
	for (size_t i = 0; i < ASSAY_CLASS_COUNT; i++) {
		const struct cluster *rest = &listing->rest[i];
		struct assay_finding place;

		if (rest->differing == 0)
			continue;
		place_of(listing, rest, &place);
		place.cause = NULL;
		(void)assay_comparison_find(assay_node_found(listing->node), &place,
		                            "%zu more differences, %" PRIu64
		                            " bytes of the %s file",
		                            listing->listed[i] - FINDINGS_MAX, rest->differing,
		                            listing->back ? "rebuilt" : "delivered");
	}
}

static bool continues(const struct listing *listing, const struct cluster *open,
                      const struct assay_range *part)
{
	uint64_t end = open->offset + open->length;

	return open->differing > 0 && open->class == part->class && open->rule == part->rule &&
	       part->offset - end < NEAR &&
	       part->offset <
	               assay_elf_field_end(&listing->here->elf, open->range->kind, open->offset);
}

/* Whether a difference of the rebuilt file is one that the delivered file's own bytes do not
 * show: a content that is shorter there, or not there at all. */
static bool shows_only_here(const struct listing *listing, const struct assay_elf_range *range,
                            const struct assay_range *part)
{
	struct contents both;

	if (contents_of(listing, range, &both))
		return both.there.length == 0 || (part->class == ASSAY_CLASS_UNEXPLAINED &&
		                                  both.there.length < both.here.length);
	if (part->class != ASSAY_CLASS_UNEXPLAINED)
		return range->kind == ASSAY_ELF_TRAILING; /* zeros */
	return !assay_elf_kind_is_mapped(range->kind) ||
	       part->offset >= listing->there->elf.file.len;
}

/* Part of a range of the map in which all bytes have one class. */
static void list_part(struct listing *listing, struct cluster *open,
                      const struct assay_elf_range *range, const struct assay_range *part)
{
	bool segment = range->kind == ASSAY_ELF_SEGMENT;

	if (listing->only != ALL && (listing->only == ONLY_SEGMENTS) != segment)
		return;
	if (part->class == ASSAY_CLASS_IDENTICAL ||
	    (listing->back && !shows_only_here(listing, range, part)))
		return;
	if (continues(listing, open, part)) {
		open->length = part->offset + part->length - open->offset;
		open->differing += part->length;
		return;
	}
	close_cluster(listing, open);
	*open = (struct cluster){ range,        part->rule,   part->class,
		                  part->offset, part->length, part->length };
}

/* Cut a ledger along the ranges of the map, and both along the fields of headers. */
static void list_ledger(struct listing *listing, const struct assay_ledger *ledger)
{
	const struct assay_elf *elf = &listing->here->elf;
	const struct assay_elf_map *map = &listing->here->map;
	size_t i = 0, k = 0;
	uint64_t at = 0;

	while (i < map->count && k < ledger->count) {
		const struct assay_elf_range *range = &map->ranges[i];
		struct cluster open = { 0 };

		while (k < ledger->count && at < range->offset + range->length) {
			struct assay_range part = ledger->ranges[k];
			uint64_t end = part.offset + part.length;
			uint64_t field_end = assay_elf_field_end(elf, range->kind, at);

			if (end > range->offset + range->length)
				end = range->offset + range->length;
			if (end > field_end)
				end = field_end;
			part.offset = at;
			part.length = end - at;
			list_part(listing, &open, range, &part);
			at = end;
			k += at == ledger->ranges[k].offset + ledger->ranges[k].length;
		}
		close_cluster(listing, &open);
		i++;
	}
	find_rest(listing);
}

static bool has_unexplained(const struct assay_node *node)
{
	for (size_t i = 0; i < node->found->finding_count; i++)
		if (node->found->findings[i].class == ASSAY_CLASS_UNEXPLAINED)
			return true;
	return assay_ledger_worst(&node->ledger) == ASSAY_CLASS_UNEXPLAINED;
}

/* What the rebuilt file has and the delivered one lacks must count whatever the listing made of
 * it: a byte there that nothing explains is a difference. */
static void find_unlisted(struct assay_node *node, const struct assay_ledger *back)
{
	struct assay_finding place =
		assay_node_place(node, node->delivered.len, 0, ASSAY_CLASS_UNEXPLAINED, NULL);
	uint64_t bytes[ASSAY_CLASS_COUNT];

	assay_ledger_sum(back, bytes);
	if (bytes[ASSAY_CLASS_UNEXPLAINED] > 0 && !has_unexplained(node))
		(void)assay_comparison_find(assay_node_found(node), &place,
		                            "%" PRIu64 " bytes of the rebuilt file have no "
		                            "counterpart in the delivered file",
		                            bytes[ASSAY_CLASS_UNEXPLAINED]);
}

void assay_elf_find(struct assay_node *node, const struct assay_elf_side *delivered,
                    const struct assay_elf_side *rebuilt, const struct assay_ledger *back)
{
	struct listing listing = { .node = node, .here = delivered, .there = rebuilt };
	enum assay_class worst = assay_ledger_worst(&node->ledger);
	struct listing other;

	if (assay_ledger_worst(back) > worst)
		worst = assay_ledger_worst(back);
	if (worst == ASSAY_CLASS_IDENTICAL)
		return;
	listing.paired = true;
	listing.unexplained = worst == ASSAY_CLASS_UNEXPLAINED;
	other = listing;
	other.here = rebuilt;
	other.there = delivered;
	other.back = true;
	list_ledger(&listing, &node->ledger);
	list_ledger(&other, back);
	assay_elf_remark(node, delivered, &node->ledger, ASSAY_ELF_DELIVERED);
	assay_elf_remark(node, rebuilt, back, ASSAY_ELF_REBUILT);
	find_unlisted(node, back);
}

/* What the rebuilt file loads where the delivered one has nothing. */
static void find_alone(struct assay_node *node, const struct assay_elf *delivered,
                       const struct assay_elf *rebuilt)
{
	struct assay_finding place =
		assay_node_place(node, node->delivered.len, 0, ASSAY_CLASS_UNEXPLAINED, NULL);

	for (size_t i = 0; i < rebuilt->load_count; i++) {
		size_t index = rebuilt->loads[i];
		uint64_t alone = assay_elf_count_alone(rebuilt, index, delivered);

		if (alone > 0)
			(void)assay_comparison_find(
				assay_node_found(node), &place,
				"program header %zu of the rebuilt file, address 0x%" PRIx64
				": %" PRIu64 " bytes only in the rebuilt file",
				index, rebuilt->segments[index].vaddr, alone);
	}
}

void assay_elf_find_moved(struct assay_node *node, const struct assay_elf_side *delivered,
                          const struct assay_elf_side *rebuilt)
{
	struct listing loaded = { .node = node,
		                  .here = delivered,
		                  .there = rebuilt,
		                  .moved = true,
		                  .only = ONLY_SEGMENTS,
		                  .unexplained = true };
	struct listing others = loaded;
	struct assay_finding place =
		assay_node_place(node, delivered->elf.phoff, 0, ASSAY_CLASS_UNEXPLAINED, NULL);

	others.only = ONLY_OTHERS;
	(void)assay_comparison_find(assay_node_found(node), &place,
	                            "segments are at other places: what is loaded was compared by "
	                            "its address, and no rule applies");
	list_ledger(&loaded, &node->ledger);
	find_alone(node, &delivered->elf, &rebuilt->elf);
	list_ledger(&others, &node->ledger);
	if (node->rebuilt.len > node->delivered.len)
		(void)assay_comparison_find(assay_node_found(node), &place,
		                            "the rebuilt file is %zu bytes longer",
		                            node->rebuilt.len - node->delivered.len);
	assay_elf_remark(node, delivered, &node->ledger, ASSAY_ELF_DELIVERED);
}
