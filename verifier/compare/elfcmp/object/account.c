/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The accounting: one pass over the map of one side, in the order of the file. Bytes are held
 * against their counterpart wherever that is; only with the proof do rules about numbers take what
 * differs.
 */
#include <elf.h>

#include "base/memory.h"
#include "compare/elfcmp/object/pair.h"
#include "elf/layout.h"

struct account {
	const struct assay_object_pair *pair;
	const struct assay_object_side *here, *there;
	struct assay_ledger *ledger;
};

static bool is_proven(const struct account *account)
{
	return account->pair->disagreements == 0;
}

static void identical(struct account *account, uint64_t offset, uint64_t length)
{
	assay_ledger_explain(account->ledger, offset, length, ASSAY_CLASS_IDENTICAL, NULL);
}

/* What is still unexplained there goes under the rule. */
static void normalise(struct account *account, uint64_t offset, uint64_t length,
                      const struct assay_elf_rule *rule)
{
	if (rule != NULL)
		assay_ledger_explain(account->ledger, offset, length, rule->class, rule->id);
}

/* Two runs of bytes that are each other's counterpart. offset: of the one here */
static void compare_content(struct account *account, uint64_t offset, struct assay_span here,
                            struct assay_span there, const struct assay_elf_rule *rule)
{
	size_t shorter = here.len < there.len ? here.len : there.len;
	size_t head = assay_span_common_start(here, there);
	size_t tail = assay_span_common_end(here, there, shorter - head);

	identical(account, offset, head);
	if (rule == NULL && here.len == there.len)
		assay_ledger_compare(account->ledger, offset + head, here.ptr + head,
		                     there.ptr + head, here.len - head - tail);
	normalise(account, offset, here.len - tail, rule);
	identical(account, offset + here.len - tail, tail);
}

/* Each byte against the one at the same offset, as far as the other file goes. */
static void by_offset(struct account *account, uint64_t offset, uint64_t length)
{
	struct assay_span there = assay_span_sub(account->there->object.elf.file, offset, length);

	if (there.len > 0)
		assay_ledger_compare(account->ledger, offset,
		                     account->here->object.elf.file.ptr + offset, there.ptr,
		                     there.len);
}

/* Where the section headers are, and how many there are. */
static void account_header(struct account *account, const struct assay_elf_range *range)
{
	static const enum assay_elf_header_field fields[] = {
		ASSAY_ELF_E_SHOFF,
		ASSAY_ELF_E_SHNUM,
		ASSAY_ELF_E_SHSTRNDX,
	};
	enum assay_elf_width width = account->here->object.elf.width;

	by_offset(account, range->offset, range->length);
	for (size_t i = 0; is_proven(account) && i < ASSAY_ARRAY_LEN(fields); i++) {
		const struct assay_elf_field *f = &assay_elf_header_record.fields[fields[i]];

		normalise(account, f->offset[width], f->size[width],
		          &assay_elf_rule_object_headers);
	}
}

static struct assay_span table_of(const struct assay_object_side *side)
{
	const struct assay_elf *elf = &side->object.elf;

	return assay_span_sub(elf->file, elf->shoff, assay_elf_section_table_size(elf));
}

static void account_table(struct account *account, const struct assay_elf_range *range)
{
	compare_content(account, range->offset, table_of(account->here), table_of(account->there),
	                is_proven(account) ? &assay_elf_rule_object_headers : NULL);
}

const struct assay_elf_rule *assay_object_number_rule(const struct assay_object_side *side,
                                                      size_t section,
                                                      const struct assay_elf_rule *symbols)
{
	const struct assay_elf_section *s = &side->object.elf.sections[section];

	switch (side->parts[section]) {
	case ASSAY_OBJECT_SYMTAB:
	case ASSAY_OBJECT_STRTAB:
	case ASSAY_OBJECT_SHNDX:
		return symbols;
	case ASSAY_OBJECT_NAMES:
		return &assay_elf_rule_object_headers;
	case ASSAY_OBJECT_FIRM:
		if (s->type == SHT_GROUP)
			return &assay_elf_rule_object_headers;
		return assay_elf_is_relocs(s) && !assay_elf_section_is_alloc(s) ? symbols : NULL;
	case ASSAY_OBJECT_SOFT:
	case ASSAY_OBJECT_UNUSED:
		return NULL;
	}
	return NULL;
}

/* The build-id's value, the one part of loaded content that a rule may touch. */
static void account_build_id(struct account *account, size_t section, size_t peer)
{
	const struct assay_elf *here = &account->here->object.elf;
	const struct assay_elf *there = &account->there->object.elf;
	struct assay_elf_extent a, b;

	if (!assay_object_build_id(account->here, section, &a) ||
	    !assay_object_build_id(account->there, peer, &b) || a.length != b.length ||
	    a.offset - here->sections[section].offset != b.offset - there->sections[peer].offset)
		return;
	normalise(account, a.offset, a.length, &assay_elf_rule_build_id);
}

static void account_section(struct account *account, const struct assay_elf_range *range)
{
	size_t section = range->section, peer = account->here->peers[section];
	const struct assay_elf_section *here = &account->here->object.elf.sections[section];
	const struct assay_elf_rule *rule = account->here->rules[section];

	if (account->here->parts[section] != ASSAY_OBJECT_SOFT)
		rule = is_proven(account)
		               ? assay_object_number_rule(account->here, section,
		                                          assay_object_symbol_rule(account->pair))
		               : NULL;
	if (peer == ASSAY_ELF_NONE) {
		/* A delivered file may lack what nothing loads, but not add it. */
		if (!account->here->delivered || (rule != NULL && rule->may_be_added) ||
		    account->here->parts[section] == ASSAY_OBJECT_NAMES)
			normalise(account, range->offset, range->length, rule);
		return;
	}
	if (account->here->parts[section] != account->there->parts[peer])
		rule = NULL;
	compare_content(account, range->offset, here->data,
	                account->there->object.elf.sections[peer].data, rule);
	if (rule == NULL)
		account_build_id(account, section, peer);
}

static void account_padding(struct account *account, const struct assay_elf_range *range)
{
	struct assay_span bytes =
		assay_span_sub(account->here->object.elf.file, range->offset, range->length);

	by_offset(account, range->offset, range->length);
	if (assay_span_is_fill(bytes, 0))
		normalise(account, range->offset, range->length, &assay_elf_rule_padding);
}

static void account_trailing(struct account *account, const struct assay_elf_range *range)
{
	by_offset(account, range->offset, range->length);
}

void assay_object_account(const struct assay_object_pair *pair,
                          const struct assay_object_side *here, struct assay_ledger *ledger)
{
	static void (*const ways[])(struct account *, const struct assay_elf_range *) = {
		[ASSAY_ELF_HEADER] = account_header,     [ASSAY_ELF_SECTION] = account_section,
		[ASSAY_ELF_PADDING] = account_padding,   [ASSAY_ELF_SECTION_TABLE] = account_table,
		[ASSAY_ELF_TRAILING] = account_trailing,
	};
	struct account account = {
		.pair = pair,
		.here = here,
		.there = here->delivered ? pair->rebuilt : pair->delivered,
		.ledger = ledger,
	};

	for (size_t i = 0; i < here->map.count; i++)
		ways[here->map.ranges[i].kind](&account, &here->map.ranges[i]);
}
