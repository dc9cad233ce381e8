/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One side of a comparison of linked ELF files, and what the two sides have to do with each
 * other. Everything here is the same from both sides, but that a delivered file may lack what
 * nothing loads and may not add it.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_ELFCMP_SIDE_H
#define ASSAY_COMPARE_ELFCMP_SIDE_H

#include "compare/elfcmp/rule.h"
#include "elf/map.h"

/** Zero-initialise. Owned. */
struct assay_elf_side {
	struct assay_elf elf;
	struct assay_elf_map map;
	/* Set by assay_elf_meet: */
	size_t *peers;        /* for each section: its counterpart on the other side, or NONE */
	const char **refused; /* for each section: what its rule has against its content; or NULL */
	bool delivered;
	bool overlay;               /* as assay_elf_has_overlay says */
	const char *tables_refused; /* as assay_elf_tables_refusal says */
};

/** Errors: ASSAY_E_FORMAT  not a linked file that keeps the gABI; the text says in what */
ASSAY_CHECKED int assay_elf_side_init(struct assay_span file, struct assay_elf_side *out,
                                      struct assay_error *err);
void assay_elf_side_fini(struct assay_elf_side *side);
#define ASSAY_AUTO_ELF_SIDE ASSAY_AUTO(assay_elf_side_fini)

/**
 * Whether the two have their segments at the same places of the file and of memory, so that the
 * run-time view of both can be compared offset by offset. Permissions and the like may differ:
 * those are bytes to be compared.
 */
bool assay_elf_same_layout(const struct assay_elf *a, const struct assay_elf *b);

/**
 * Tell the two about each other. Counterparts are sections that are not loaded, of the same name
 * (packed or not) and type, in order where there are several.
 */
void assay_elf_meet(struct assay_elf_side *delivered, struct assay_elf_side *rebuilt);

/**
 * Whether either file goes on behind the end of everything: a self-extracting program, an
 * archive, a signature. What reads that opens the file and looks for it, by the section headers,
 * from the end, or by a mark; so nothing in such a file may move or change but the build-id.
 * Zeros are none of that, unless the delivered file has more of them.
 */
bool assay_elf_has_overlay(const struct assay_elf_side *delivered,
                           const struct assay_elf_side *rebuilt);

#define ASSAY_ELF_OVERLAY_REASON                                                                   \
	"there are bytes behind the end of everything, which a program may read from its own file"

/**
 * What keeps elf/section-headers from the two tables; NULL when nothing does.
 *
 * In: sides with their overlay set
 */
const char *assay_elf_tables_refusal(const struct assay_elf_side *delivered,
                                     const struct assay_elf_side *rebuilt);

/** The counterpart of a section; NULL when there is none. */
const struct assay_elf_section *assay_elf_peer(const struct assay_elf_side *here,
                                               const struct assay_elf_side *there, size_t section);

/**
 * The rule that covers a section that is not loaded, all conditions of compare/elfcmp/rule.h
 * checked; NULL when none does.
 *
 * Out: *why, static text, when a rule for that name does not apply; else NULL. May be NULL.
 */
const struct assay_elf_rule *assay_elf_section_rule(const struct assay_elf_side *here,
                                                    const struct assay_elf_side *there,
                                                    size_t section, const char **why);

/** Whether elf/build-id holds for the two. Out: *at where. */
bool assay_elf_build_id_covered(const struct assay_elf *a, const struct assay_elf *b,
                                struct assay_elf_extent *at);

/** Bytes of the run-time view that a rule may touch. */
struct assay_elf_exception {
	struct assay_elf_extent at;
	const struct assay_elf_rule *rule;
};

#define ASSAY_ELF_EXCEPTIONS_MAX 5 /* four fields of the ELF header, one build-id */

/** All of them: sorted, apart from each other. Each counts only where it lies in one undisputed
 *  range of the map as a whole. */
struct assay_elf_exceptions {
	struct assay_elf_exception items[ASSAY_ELF_EXCEPTIONS_MAX];
	size_t count;
};

void assay_elf_find_exceptions(const struct assay_elf_side *here,
                               const struct assay_elf_side *there,
                               struct assay_elf_exceptions *out);

/** The rule that may touch all bytes of a range, less those exceptions; NULL: none. */
const struct assay_elf_rule *assay_elf_range_rule(const struct assay_elf_side *here,
                                                  const struct assay_elf_side *there,
                                                  const struct assay_elf_range *range);

/**
 * Account for every byte of one side.
 *
 * In:  paired sides of the same layout
 * Out: *ledger, new, of here's size
 */
void assay_elf_account(const struct assay_elf_side *here, const struct assay_elf_side *there,
                       struct assay_ledger *ledger);

#endif
