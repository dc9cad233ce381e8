/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes from another process: what can be read keeps all promises of the model. */
#include "explain/explain.h"
#include "fuzz.h"
#include "model/wire.h"
#include "report/inspect.h"
#include "report/report.h"

static void check_model(const struct assay_comparison *comparison)
{
	struct assay_error err = ASSAY_ERROR_INIT;

	fuzz_assert(comparison->artefact_count > 0);
	for (size_t i = 0; i < comparison->artefact_count; i++) {
		const struct assay_artefact *artefact = &comparison->artefacts[i];

		fuzz_assert(assay_ledger_check(&artefact->ledger, &err) == 0);
		fuzz_assert(artefact->tier >=
		            assay_class_tier(assay_ledger_worst(&artefact->ledger)));
		fuzz_assert(artefact->tier <= comparison->tier);
	}
	for (size_t i = 0; i < comparison->finding_count; i++)
		fuzz_assert(comparison->tier >= assay_class_tier(comparison->findings[i].class));
}

static void check_text(const struct assay_buffer *text)
{
	for (size_t i = 0; i < text->len; i++)
		fuzz_assert((unsigned char)text->ptr[i] >= 0x20 || text->ptr[i] == '\n');
}

static void try_comparison(struct assay_span span)
{
	ASSAY_AUTO_COMPARISON struct assay_comparison first = { 0 }, second = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer once = { 0 }, twice = { 0 }, text = { 0 };
	ASSAY_AUTO_JSON json_t *json = NULL;
	struct assay_error err = ASSAY_ERROR_INIT;

	if (assay_wire_read(span, &first, &err) < 0)
		return;
	check_model(&first);
	assay_wire_write(&first, &once);
	fuzz_assert(assay_wire_read(assay_buffer_span(&once), &second, &err) == 0);
	assay_wire_write(&second, &twice);
	fuzz_assert(assay_span_equal(assay_buffer_span(&once), assay_buffer_span(&twice)));
	assay_explain(&first);
	assay_report_text_all(&first, ASSAY_TIER_NORMALISED, &text);
	check_text(&text);
	json = assay_report_json(&first, ASSAY_TIER_NORMALISED);
}

static void try_inspection(struct assay_span span)
{
	ASSAY_AUTO_INSPECTION struct assay_inspection first = { 0 }, second = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer once = { 0 }, twice = { 0 }, text = { 0 };
	ASSAY_AUTO_JSON json_t *json = NULL;
	struct assay_error err = ASSAY_ERROR_INIT;

	if (assay_wire_read_inspection(span, &first, &err) < 0)
		return;
	fuzz_assert(assay_inspection_check(&first, &err) == 0);
	assay_wire_write_inspection(&first, &once);
	fuzz_assert(assay_wire_read_inspection(assay_buffer_span(&once), &second, &err) == 0);
	assay_wire_write_inspection(&second, &twice);
	fuzz_assert(assay_span_equal(assay_buffer_span(&once), assay_buffer_span(&twice)));
	assay_report_inspect_text(&first, "x", true, &text);
	check_text(&text);
	json = assay_report_inspect_json(&first, "x");
}

/* The first byte says what the rest is: C or I. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct assay_span all = assay_span_of(data, size);

	if (size > 0 && data[0] == 'C')
		try_comparison(assay_span_sub(all, 1, size));
	if (size > 0 && data[0] == 'I')
		try_inspection(assay_span_sub(all, 1, size));
	return 0;
}
