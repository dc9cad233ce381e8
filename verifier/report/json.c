/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine form of a comparison. Keys are sorted when it is written. */
#include "base/quote.h"
#include "report/report.h"

/* Text from input, made printable: nobody has to be careful with what stands in a report. */
static json_t *quoted(const char *text)
{
	ASSAY_AUTO_BUFFER struct assay_buffer out = { 0 };

	assay_quote(&out, assay_span_of_str(text));
	return assay_json_str(assay_buffer_span(&out));
}

static json_t *text_or_null(const char *text)
{
	return text != NULL ? assay_json_str(assay_span_of_str(text)) : json_null();
}

static json_t *hex(struct assay_span span)
{
	ASSAY_AUTO_BUFFER struct assay_buffer out = { 0 };

	assay_buffer_add_hex(&out, span);
	return assay_json_str(assay_buffer_span(&out));
}

static json_t *excerpt(const struct assay_excerpt *from)
{
	return hex(assay_span_sub(assay_span_of_bytes(&from->bytes), from->before, from->length));
}

static json_t *subject(const struct assay_subject *from)
{
	json_t *out = json_object();

	assay_json_set(out, "name", quoted(from->name));
	assay_json_set_int(out, "size", from->size);
	assay_json_set_sha256(out, "sha256", &from->sha256);
	return out;
}

static json_t *bytes(const struct assay_ledger *ledger)
{
	uint64_t sums[ASSAY_CLASS_COUNT];
	json_t *out = json_object();

	assay_ledger_sum(ledger, sums);
	assay_json_set_int(out, "total", ledger->size);
	for (unsigned class = 0; class < ASSAY_CLASS_COUNT; class ++)
		assay_json_set_int(out, assay_class_name(class), sums[class]);
	return out;
}

static json_t *range(const struct assay_range *from)
{
	json_t *out = json_object();

	assay_json_set_int(out, "offset", from->offset);
	assay_json_set_int(out, "length", from->length);
	assay_json_set_str(out, "class", assay_class_name(from->class));
	assay_json_set(out, "rule", text_or_null(from->rule));
	return out;
}

static json_t *artefact(const struct assay_artefact *from)
{
	json_t *ranges = json_array();
	json_t *out = json_object();

	for (size_t i = 0; i < from->ledger.count; i++)
		assay_json_append(ranges, range(&from->ledger.ranges[i]));
	assay_json_set(out, "path", quoted(from->path));
	assay_json_set_str(out, "format", from->format);
	assay_json_set_str(out, "tier", assay_tier_name(from->tier));
	assay_json_set(out, "bytes", bytes(&from->ledger));
	assay_json_set(out, "ranges", ranges);
	if (from->ledger.coalesced > 0)
		assay_json_set_int(out, "coalesced", from->ledger.coalesced);
	return out;
}

static json_t *finding(const struct assay_finding *from)
{
	json_t *out = json_object();

	assay_json_set(out, "artefact", quoted(from->artefact));
	assay_json_set_int(out, "offset", from->offset);
	assay_json_set_int(out, "length", from->length);
	assay_json_set_str(out, "class", assay_class_name(from->class));
	assay_json_set(out, "rule", text_or_null(from->rule));
	assay_json_set(out, "cause", text_or_null(from->cause));
	assay_json_set_str(out, "text", from->text);
	if (from->delivered.length > 0 || from->rebuilt.length > 0) {
		assay_json_set(out, "delivered", excerpt(&from->delivered));
		assay_json_set(out, "rebuilt", excerpt(&from->rebuilt));
	}
	return out;
}

static json_t *transplant(const struct assay_transplant *from)
{
	json_t *out = json_object();

	assay_json_set(out, "artefact", quoted(from->artefact));
	assay_json_set_int(out, "offset", from->offset);
	assay_json_set_str(out, "rule", from->rule);
	assay_json_set_str(out, "what", from->what);
	assay_json_set(out, "value", hex(assay_span_of_bytes(&from->value)));
	if (from->zeros > 0) {
		assay_json_set_int(out, "zeros_at", from->zeros_at);
		assay_json_set_int(out, "zeros", from->zeros);
	}
	assay_json_set_int(out, "count", from->count);
	return out;
}

static json_t *exclusions(const struct assay_exclusions *list)
{
	json_t *out = json_array();

	for (unsigned i = 0; i < list->count; i++) {
		const struct assay_exclusion *from = &list->items[i];
		json_t *item = json_object();

		assay_json_set(item, "artefact", quoted(assay_exclusion_path(from)));
		assay_json_set_int(item, "offset", from->offset);
		assay_json_set_int(item, "size", from->size);
		assay_json_set(item, "reason", quoted(from->reason));
		assay_json_set(item, "approver", quoted(from->approver));
		assay_json_append(out, item);
	}
	return out;
}

json_t *assay_report_json(const struct assay_comparison *comparison, enum assay_tier accept)
{
	json_t *artefacts = json_array(), *findings = json_array(), *values = json_array();
	json_t *out = json_object();

	for (size_t i = 0; i < comparison->artefact_count; i++)
		assay_json_append(artefacts, artefact(&comparison->artefacts[i]));
	for (size_t i = 0; i < comparison->finding_count; i++)
		assay_json_append(findings, finding(&comparison->findings[i]));
	for (size_t i = 0; i < comparison->transplant_count; i++)
		assay_json_append(values, transplant(&comparison->transplants[i]));
	assay_json_set_str(out, "schema", "assay.compare/1");
	assay_json_set_str(out, "tier", assay_tier_name(comparison->tier));
	assay_json_set_bool(out, "accepted",
	                    assay_tier_exit(comparison->tier, accept) == ASSAY_EXIT_MATCH);
	if (comparison->artefact_count > 0)
		assay_json_set(out, "bytes", bytes(&comparison->artefacts[0].ledger));
	assay_json_set(out, "delivered", subject(&comparison->delivered));
	assay_json_set(out, "rebuilt", subject(&comparison->rebuilt));
	assay_json_set(out, "artefacts", artefacts);
	assay_json_set(out, "findings", findings);
	if (comparison->findings_left_out > 0)
		assay_json_set_int(out, "findings_left_out", comparison->findings_left_out);
	assay_json_set(out, "transplanted", values);
	if (comparison->exclusions.count > 0)
		assay_json_set(out, "exclusions", exclusions(&comparison->exclusions));
	return out;
}
