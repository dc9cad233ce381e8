/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/elfcmp/elf.h"

#include <inttypes.h>

#include "compare/elfcmp/find.h"
#include "compare/elfcmp/moved.h"
#include "compare/elfcmp/object/object.h"
#include "compare/elfcmp/remark.h"
#include "compare/elfcmp/side.h"
#include "compare/elfcmp/signature.h"
#include "elf/object.h"

/* Say why there are no rules, then compare what there is. */
static void compare_plain(struct assay_node *node, const struct assay_error *why)
{
	struct assay_finding place = assay_node_place(node, 0, 0, ASSAY_CLASS_UNEXPLAINED, NULL);

	assay_node_compare_bytes(node);
	(void)assay_comparison_find(assay_node_found(node), &place, "compared as plain bytes: %s",
	                            why->text);
}

static void compare_objects(struct assay_node *node)
{
	struct assay_error err = ASSAY_ERROR_INIT;

	if (assay_node_compare_object(node, &err) < 0)
		compare_plain(node, &err);
}

/* Two files that are equal. */
static void remark(struct assay_node *node)
{
	ASSAY_AUTO_ELF_SIDE struct assay_elf_side side = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;

	if (assay_elf_is_object(node->delivered))
		assay_object_remark_equal(node);
	else if (assay_elf_side_init(node->delivered, &side, &err) == 0)
		assay_elf_remark(node, &side, &node->ledger, ASSAY_ELF_BOTH);
}

/* Two ELF files, nothing behind them. */
static void compare_bodies(struct assay_node *node)
{
	ASSAY_AUTO_ELF_SIDE struct assay_elf_side delivered = { 0 };
	ASSAY_AUTO_ELF_SIDE struct assay_elf_side rebuilt = { 0 };
	ASSAY_AUTO_LEDGER struct assay_ledger back = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;

	if (assay_span_equal(node->delivered, node->rebuilt)) {
		assay_ledger_explain(&node->ledger, 0, node->delivered.len, ASSAY_CLASS_IDENTICAL,
		                     NULL);
		remark(node);
		return;
	}
	if (assay_elf_is_object(node->delivered) && assay_elf_is_object(node->rebuilt)) {
		compare_objects(node);
		return;
	}
	if (assay_elf_side_init(node->delivered, &delivered, &err) < 0) {
		(void)assay_fail_in(&err, "the delivered file");
		compare_plain(node, &err);
		return;
	}
	if (assay_elf_side_init(node->rebuilt, &rebuilt, &err) < 0) {
		(void)assay_fail_in(&err, "the rebuilt file");
		compare_plain(node, &err);
		return;
	}
	assay_elf_meet(&delivered, &rebuilt);
	if (!assay_elf_same_layout(&delivered.elf, &rebuilt.elf)) {
		assay_elf_account_moved(&delivered, &rebuilt, &node->ledger);
		assay_elf_find_moved(node, &delivered, &rebuilt);
		return;
	}
	assay_elf_account(&delivered, &rebuilt, &node->ledger);
	assay_ledger_init(&back, node->rebuilt.len);
	assay_elf_account(&rebuilt, &delivered, &back);
	assay_elf_find(node, &delivered, &rebuilt, &back);
}

/* A side and what is appended to it. Something that is almost a signature is none, and said. A
 * program has none: it may look for something behind its own end. */
static struct assay_elf_signed split(struct assay_node *node, struct assay_span file,
                                     enum assay_elf_who who)
{
	struct assay_elf_signed out;
	struct assay_error err = ASSAY_ERROR_INIT;

	if (assay_elf_signature_split(file, &out, &err) < 0)
		assay_elf_remark_signature(node, who, &err);
	if (!assay_elf_is_object(file))
		out = (struct assay_elf_signed){ .body = file };
	return out;
}

/* In: the node's spans are whole files again */
static void transplant_signature(struct assay_node *node, const struct assay_elf_signed *delivered,
                                 const struct assay_elf_signed *rebuilt)
{
	const struct assay_elf_rule *rule = &assay_elf_rule_module_signature;
	uint64_t offset = delivered->body.len, length = delivered->signature.len;
	struct assay_finding place = assay_node_place(node, offset, length, rule->class, rule->id);

	if (assay_span_equal(delivered->signature, rebuilt->signature)) {
		assay_ledger_explain(&node->ledger, offset, length, ASSAY_CLASS_IDENTICAL, NULL);
		return;
	}
	assay_ledger_explain(&node->ledger, offset, length, rule->class, rule->id);
	place.cause = rule->cause;
	(void)assay_comparison_find(assay_node_found(node), &place,
	                            "module signature (%s, %s), %" PRIu64
	                            " bytes: the rebuilt file has %s",
	                            delivered->cms.signature, delivered->cms.digest, length,
	                            rebuilt->signature.len > 0 ? "another one" : "none");
	if (assay_node_worst(node) == ASSAY_CLASS_TRANSPLANTED)
		assay_node_set_image(node, rebuilt->body, delivered->signature);
}

void assay_node_compare_elf(struct assay_node *node)
{
	struct assay_span whole[2] = { node->delivered, node->rebuilt };
	struct assay_elf_signed delivered = split(node, whole[0], ASSAY_ELF_DELIVERED);
	struct assay_elf_signed rebuilt = split(node, whole[1], ASSAY_ELF_REBUILT);

	/* One that only the rebuilt file has is bytes that the delivered one lacks. */
	if (delivered.signature.len == 0) {
		compare_bodies(node);
		return;
	}
	node->delivered = delivered.body;
	node->rebuilt = rebuilt.body;
	compare_bodies(node);
	node->delivered = whole[0];
	node->rebuilt = whole[1];
	transplant_signature(node, &delivered, &rebuilt);
}

void assay_node_remark_elf(struct assay_node *node)
{
	struct assay_span whole = node->delivered;

	node->delivered = split(node, whole, ASSAY_ELF_BOTH).body;
	remark(node);
	node->delivered = whole;
}
