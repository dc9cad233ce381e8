/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/elfcmp/side.h"

#include <elf.h>

#include "base/memory.h"
#include "compare/elfcmp/packed.h"

int assay_elf_side_init(struct assay_span file, struct assay_elf_side *out, struct assay_error *err)
{
	*out = (struct assay_elf_side){ 0 };
	if (assay_elf_parse(file, &out->elf, err) < 0)
		return -1;
	assay_elf_map_init(&out->elf, &out->map);
	out->peers = assay_calloc(out->elf.section_count, sizeof(*out->peers));
	out->refused = assay_calloc(out->elf.section_count, sizeof(*out->refused));
	for (size_t i = 0; i < out->elf.section_count; i++)
		out->peers[i] = ASSAY_ELF_NONE;
	return 0;
}

void assay_elf_side_fini(struct assay_elf_side *side)
{
	assay_elf_fini(&side->elf);
	assay_elf_map_fini(&side->map);
	free(side->peers);
	free(side->refused);
	side->peers = NULL;
	side->refused = NULL;
}

/* The types that decide what the other fields mean here. */
static uint32_t role(uint32_t type)
{
	return type == PT_LOAD || type == PT_NOTE || type == PT_GNU_STACK ? type : PT_NULL;
}

static bool same_place(const struct assay_elf_segment *a, const struct assay_elf_segment *b)
{
	return role(a->type) == role(b->type) && a->offset == b->offset && a->vaddr == b->vaddr &&
	       a->filesz == b->filesz && a->memsz == b->memsz && a->align == b->align;
}

bool assay_elf_same_layout(const struct assay_elf *a, const struct assay_elf *b)
{
	if (a->width != b->width || a->big_endian != b->big_endian || a->machine != b->machine ||
	    a->phoff != b->phoff || a->segment_count != b->segment_count)
		return false;
	for (size_t i = 0; i < a->segment_count; i++)
		if (!same_place(&a->segments[i], &b->segments[i]))
			return false;
	return true;
}

/* Order by name and type. */
static int order_of(const struct assay_elf_section *a, const struct assay_elf_section *b)
{
	struct assay_span x = assay_elf_stem(a->name), y = assay_elf_stem(b->name);
	size_t len = x.len < y.len ? x.len : y.len;
	int order = len > 0 ? memcmp(x.ptr, y.ptr, len) : 0;

	if (order != 0)
		return order;
	if (x.len != y.len)
		return x.len < y.len ? -1 : 1;
	return a->type < b->type ? -1 : a->type > b->type;
}

/* The same within one file; of two alike the earlier one comes first. */
static int by_name(const void *left, const void *right, void *context)
{
	const struct assay_elf *elf = context;
	size_t i = *(const size_t *)left, k = *(const size_t *)right;
	int order = order_of(&elf->sections[i], &elf->sections[k]);

	if (order != 0)
		return order;
	return i < k ? -1 : i > k;
}

/* Owner: caller frees. */
static size_t *unloaded_sorted(struct assay_elf *elf, size_t *count)
{
	size_t *list = assay_calloc(elf->section_count, sizeof(*list));

	*count = 0;
	for (size_t i = 0; i < elf->section_count; i++)
		if (elf->sections[i].type != SHT_NULL &&
		    !assay_elf_section_is_alloc(&elf->sections[i]))
			list[(*count)++] = i;
	qsort_r(list, *count, sizeof(*list), by_name, elf);
	return list;
}

static void pair_sections(struct assay_elf_side *a, struct assay_elf_side *b)
{
	size_t a_count, b_count, i = 0, k = 0;
	ASSAY_AUTO_FREE size_t *in_a = unloaded_sorted(&a->elf, &a_count);
	ASSAY_AUTO_FREE size_t *in_b = unloaded_sorted(&b->elf, &b_count);

	while (i < a_count && k < b_count) {
		int order = order_of(&a->elf.sections[in_a[i]], &b->elf.sections[in_b[k]]);

		if (order < 0) {
			i++;
		} else if (order > 0) {
			k++;
		} else {
			a->peers[in_a[i]] = in_b[k];
			b->peers[in_b[k]] = in_a[i];
			i++;
			k++;
		}
	}
}

static bool same_content(const struct assay_elf_side *here, const struct assay_elf_side *there,
                         const struct assay_elf_section *section,
                         const struct assay_elf_section *peer)
{
	struct assay_sha256 a, b;

	return assay_elf_unpack(&here->elf, section, &a) == NULL &&
	       assay_elf_unpack(&there->elf, peer, &b) == NULL && assay_sha256_equal(&a, &b);
}

/* What keeps a rule from the content of a section; NULL when nothing does. */
static const char *content_refusal(const struct assay_elf_side *here,
                                   const struct assay_elf_side *there, size_t index)
{
	const struct assay_elf_section *section = &here->elf.sections[index];
	const struct assay_elf_section *peer = assay_elf_peer(here, there, index);
	bool exact = false;
	const struct assay_elf_rule *rule = assay_elf_rule_for(section, &exact);
	bool differ = peer != NULL && (assay_elf_is_packed(section) != assay_elf_is_packed(peer) ||
	                               !assay_span_equal(section->data, peer->data));
	const char *why = NULL;

	if (rule == NULL)
		return NULL;
	if (rule->refuse != NULL && (!rule->deep || differ))
		why = rule->refuse(&here->elf, section);
	if (why == NULL && exact && differ && !same_content(here, there, section, peer))
		why = "it may be missing, but not differ";
	return why;
}

static void refuse_contents(struct assay_elf_side *here, const struct assay_elf_side *there)
{
	for (size_t i = 0; i < here->elf.section_count; i++)
		here->refused[i] = content_refusal(here, there, i);
}

void assay_elf_meet(struct assay_elf_side *delivered, struct assay_elf_side *rebuilt)
{
	delivered->delivered = true;
	pair_sections(delivered, rebuilt);
	refuse_contents(delivered, rebuilt);
	refuse_contents(rebuilt, delivered);
	delivered->overlay = rebuilt->overlay = assay_elf_has_overlay(delivered, rebuilt);
	delivered->tables_refused = rebuilt->tables_refused =
		assay_elf_tables_refusal(delivered, rebuilt);
}

const struct assay_elf_section *assay_elf_peer(const struct assay_elf_side *here,
                                               const struct assay_elf_side *there, size_t section)
{
	size_t peer = here->peers[section];

	return peer == ASSAY_ELF_NONE ? NULL : &there->elf.sections[peer];
}
