/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The accounting: one pass over the map of one side, with one way to compare for each kind of
 * range. Whatever a way does not settle stays unexplained.
 */
#include <elf.h>

#include "base/memory.h"
#include "compare/elfcmp/side.h"
#include "elf/layout.h"

struct account {
	const struct assay_elf_side *here, *there;
	struct assay_ledger *ledger;
	struct assay_elf_exceptions exceptions;
};

static void identical(struct account *account, uint64_t offset, uint64_t length)
{
	assay_ledger_explain(account->ledger, offset, length, ASSAY_CLASS_IDENTICAL, NULL);
}

/* What is still unexplained there goes under the rule. */
static void normalise(struct account *account, uint64_t offset, uint64_t length,
                      const struct assay_elf_rule *rule)
{
	assay_ledger_explain(account->ledger, offset, length, rule->class, rule->id);
}

static struct assay_span here_at(const struct account *account, uint64_t offset, uint64_t length)
{
	return assay_span_sub(account->here->elf.file, offset, length);
}

static struct assay_span there_at(const struct account *account, uint64_t offset, uint64_t length)
{
	return assay_span_sub(account->there->elf.file, offset, length);
}

/* Each byte against the one at the same offset, as far as the other file goes. */
static void by_offset(struct account *account, uint64_t offset, uint64_t length)
{
	struct assay_span there = there_at(account, offset, length);

	assay_ledger_compare(account->ledger, offset, here_at(account, offset, there.len).ptr,
	                     there.ptr, there.len);
}

static bool equal_by_offset(const struct account *account, uint64_t offset, uint64_t length)
{
	return assay_span_equal(here_at(account, offset, length),
	                        there_at(account, offset, length));
}

static void add_exception(struct assay_elf_exceptions *out, uint64_t offset, uint64_t length,
                          const struct assay_elf_rule *rule)
{
	out->items[out->count++] = (struct assay_elf_exception){ { offset, length }, rule };
}

void assay_elf_find_exceptions(const struct assay_elf_side *here,
                               const struct assay_elf_side *there, struct assay_elf_exceptions *out)
{
	static const enum assay_elf_header_field fields[] = {
		ASSAY_ELF_E_SHOFF,
		ASSAY_ELF_E_SHENTSIZE, /* differs only where one file has no table: see check_sizes */
		ASSAY_ELF_E_SHNUM,
		ASSAY_ELF_E_SHSTRNDX,
	};
	enum assay_elf_width width = here->elf.width;
	bool covered = here->tables_refused == NULL;
	struct assay_elf_extent at;

	out->count = 0;
	for (size_t i = 0; covered && i < ASSAY_ARRAY_LEN(fields); i++) {
		const struct assay_elf_field *f = &assay_elf_header_record.fields[fields[i]];

		add_exception(out, f->offset[width], f->size[width],
		              &assay_elf_rule_section_headers);
	}
	if (assay_elf_build_id_covered(&here->elf, &there->elf, &at))
		add_exception(out, at.offset, at.length, &assay_elf_rule_build_id);
}

const struct assay_elf_rule *assay_elf_range_rule(const struct assay_elf_side *here,
                                                  const struct assay_elf_side *there,
                                                  const struct assay_elf_range *range)
{
	struct assay_span bytes = assay_span_sub(here->elf.file, range->offset, range->length);

	if (range->disputed)
		return NULL;
	if (range->kind == ASSAY_ELF_SECTION && range->section != ASSAY_ELF_NONE)
		return assay_elf_section_rule(here, there, range->section, NULL);
	if (range->kind == ASSAY_ELF_SECTION_TABLE && here->tables_refused == NULL)
		return &assay_elf_rule_section_headers;
	if ((range->kind == ASSAY_ELF_PADDING || range->kind == ASSAY_ELF_TRAILING) &&
	    !here->overlay && assay_span_is_fill(bytes, 0))
		return &assay_elf_rule_padding;
	return NULL;
}

static void account_exception(struct account *account, const struct assay_elf_exception *exception)
{
	uint64_t offset = exception->at.offset, length = exception->at.length;

	if (equal_by_offset(account, offset, length))
		identical(account, offset, length);
	else
		normalise(account, offset, length, exception->rule);
}

/* The run-time view: every byte but the exceptions, where they lie in one range as a whole and no
 * section header says something else about it. */
static void account_mapped(struct account *account, const struct assay_elf_range *range)
{
	uint64_t at = range->offset, end = range->offset + range->length;

	for (size_t i = 0; !range->disputed && i < account->exceptions.count; i++) {
		const struct assay_elf_exception *exception = &account->exceptions.items[i];

		if (exception->at.offset < at || exception->at.offset + exception->at.length > end)
			continue;
		by_offset(account, at, exception->at.offset - at);
		account_exception(account, exception);
		at = exception->at.offset + exception->at.length;
	}
	by_offset(account, at, end - at);
}

/* Two runs of bytes that are each other's counterpart, wherever they are. */
static void account_content(struct account *account, struct assay_elf_extent part, uint64_t start,
                            struct assay_span here, struct assay_span there,
                            const struct assay_elf_rule *rule)
{
	size_t shorter = here.len < there.len ? here.len : there.len;
	size_t head = assay_span_common_start(here, there);
	size_t tail = assay_span_common_end(here, there, shorter - head);
	uint64_t from = part.offset - start, to = from + part.length;

	if (from < head)
		identical(account, part.offset, (to < head ? to : head) - from);
	if (to > here.len - tail) {
		uint64_t first = from > here.len - tail ? from : here.len - tail;

		identical(account, start + first, to - first);
	}
	if (rule != NULL)
		normalise(account, part.offset, part.length, rule);
	else if (here.len == there.len)
		assay_ledger_compare(account->ledger, part.offset, here.ptr + from,
		                     there.ptr + from, part.length);
}

/* Bytes that have no counterpart: the rule has them all, or nothing but their place counts. */
static void account_alone(struct account *account, const struct assay_elf_range *range,
                          const struct assay_elf_rule *rule)
{
	if (equal_by_offset(account, range->offset, range->length))
		identical(account, range->offset, range->length);
	else if (rule != NULL)
		normalise(account, range->offset, range->length, rule);
	else
		by_offset(account, range->offset, range->length);
}

static void account_section(struct account *account, const struct assay_elf_range *range)
{
	const struct assay_elf_rule *rule =
		assay_elf_range_rule(account->here, account->there, range);
	const struct assay_elf_section *section, *peer;

	if (range->disputed || range->section == ASSAY_ELF_NONE) {
		by_offset(account, range->offset, range->length);
		return;
	}
	section = &account->here->elf.sections[range->section];
	peer = assay_elf_peer(account->here, account->there, range->section);
	if (peer != NULL)
		account_content(account, (struct assay_elf_extent){ range->offset, range->length },
		                section->offset, section->data, peer->data, rule);
	else
		account_alone(account, range, rule);
}

static void account_table(struct account *account, const struct assay_elf_range *range)
{
	const struct assay_elf *here = &account->here->elf, *there = &account->there->elf;
	const struct assay_elf_rule *rule =
		assay_elf_range_rule(account->here, account->there, range);

	if (range->disputed || there->section_count == 0) {
		account_alone(account, range, rule);
		return;
	}
	account_content(account, (struct assay_elf_extent){ range->offset, range->length },
	                here->shoff,
	                here_at(account, here->shoff, assay_elf_section_table_size(here)),
	                there_at(account, there->shoff, assay_elf_section_table_size(there)), rule);
}

static void account_padding(struct account *account, const struct assay_elf_range *range)
{
	account_alone(account, range, assay_elf_range_rule(account->here, account->there, range));
}

/* Zeros are the same wherever they are; the rebuilt file may have more of them. */
static void account_trailing(struct account *account, const struct assay_elf_range *range)
{
	const struct assay_elf_rule *rule =
		assay_elf_range_rule(account->here, account->there, range);
	uint64_t there = account->there->elf.file.len - account->there->map.end;

	by_offset(account, range->offset, range->length);
	if (rule == NULL)
		return;
	identical(account, range->offset, range->length < there ? range->length : there);
	normalise(account, range->offset, range->length, rule);
}

void assay_elf_account(const struct assay_elf_side *here, const struct assay_elf_side *there,
                       struct assay_ledger *ledger)
{
	static void (*const ways[])(struct account *, const struct assay_elf_range *) = {
		[ASSAY_ELF_HEADER] = account_mapped,   [ASSAY_ELF_SEGMENT_TABLE] = account_mapped,
		[ASSAY_ELF_SEGMENT] = account_mapped,  [ASSAY_ELF_PAGE] = account_mapped,
		[ASSAY_ELF_SECTION] = account_section, [ASSAY_ELF_SECTION_TABLE] = account_table,
		[ASSAY_ELF_PADDING] = account_padding, [ASSAY_ELF_TRAILING] = account_trailing,
	};
	struct account account = { .here = here, .there = there, .ledger = ledger };

	assay_elf_find_exceptions(here, there, &account.exceptions);
	for (size_t i = 0; i < here->map.count; i++)
		ways[here->map.ranges[i].kind](&account, &here->map.ranges[i]);
}
