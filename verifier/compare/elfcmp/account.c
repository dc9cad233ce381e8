/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The accounting: one pass over the map of one side, with one way to compare for each kind of
 * range. Whatever a way does not settle stays unexplained.
 */
#include <elf.h>

#include "base/memory.h"
#include "compare/elfcmp/side.h"
#include "elf/layout.h"

/* Bytes of the run-time view that a rule may touch. */
struct exception {
	struct assay_elf_extent at;
	const struct assay_elf_rule *rule;
};

#define EXCEPTIONS_MAX 5 /* four fields of the ELF header, one build-id */

struct account {
	const struct assay_elf_side *here, *there;
	struct assay_ledger *ledger;
	struct exception exceptions[EXCEPTIONS_MAX]; /* sorted, apart from each other */
	size_t exception_count;
};

static void identical(struct account *account, uint64_t offset, uint64_t length)
{
	(void)assay_ledger_explain(account->ledger, offset, length, ASSAY_CLASS_IDENTICAL, NULL);
}

/* What is still unexplained there goes under the rule. */
static void normalise(struct account *account, uint64_t offset, uint64_t length,
                      const struct assay_elf_rule *rule)
{
	(void)assay_ledger_explain(account->ledger, offset, length, rule->class, rule->id);
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

static void add_exception(struct account *account, uint64_t offset, uint64_t length,
                          const struct assay_elf_rule *rule)
{
	account->exceptions[account->exception_count++] =
		(struct exception){ { offset, length }, rule };
}

static void find_exceptions(struct account *account)
{
	static const enum assay_elf_header_field fields[] = {
		ASSAY_ELF_E_SHOFF,
		ASSAY_ELF_E_SHENTSIZE, /* differs only where one file has no table: see check_sizes */
		ASSAY_ELF_E_SHNUM,
		ASSAY_ELF_E_SHSTRNDX,
	};
	enum assay_elf_width width = account->here->elf.width;
	bool covered = account->here->tables_refused == NULL;
	struct assay_elf_extent at;

	for (size_t i = 0; covered && i < ASSAY_ARRAY_LEN(fields); i++) {
		const struct assay_elf_field *f = &assay_elf_header_record.fields[fields[i]];

		add_exception(account, f->offset[width], f->size[width],
		              &assay_elf_rule_section_headers);
	}
	if (assay_elf_build_id_covered(&account->here->elf, &account->there->elf, &at))
		add_exception(account, at.offset, at.length, &assay_elf_rule_build_id);
}

static void account_exception(struct account *account, const struct exception *exception)
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

	for (size_t i = 0; !range->disputed && i < account->exception_count; i++) {
		const struct exception *exception = &account->exceptions[i];

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
	const struct assay_elf_section *section, *peer;
	const struct assay_elf_rule *rule;

	if (range->disputed || range->section == ASSAY_ELF_NONE) {
		by_offset(account, range->offset, range->length);
		return;
	}
	section = &account->here->elf.sections[range->section];
	peer = assay_elf_peer(account->here, account->there, range->section);
	rule = assay_elf_section_rule(account->here, account->there, range->section, NULL);
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
		account->here->tables_refused == NULL ? &assay_elf_rule_section_headers : NULL;

	if (range->disputed || there->section_count == 0) {
		account_alone(account, range, range->disputed ? NULL : rule);
		return;
	}
	account_content(account, (struct assay_elf_extent){ range->offset, range->length },
	                here->shoff,
	                here_at(account, here->shoff, assay_elf_section_table_size(here)),
	                there_at(account, there->shoff, assay_elf_section_table_size(there)), rule);
}

static void account_padding(struct account *account, const struct assay_elf_range *range)
{
	bool zero = assay_span_is_fill(here_at(account, range->offset, range->length), 0) &&
	            !account->here->overlay;

	account_alone(account, range, zero ? &assay_elf_rule_padding : NULL);
}

static void account_trailing(struct account *account, const struct assay_elf_range *range)
{
	by_offset(account, range->offset, range->length);
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

	find_exceptions(&account);
	for (size_t i = 0; i < here->map.count; i++)
		ways[here->map.ranges[i].kind](&account, &here->map.ranges[i]);
}
