/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The statement of a reference pack: one that is taken has partitions that lie in their memory without
 * overlap, can be written and read again as the same, and nothing that was not reported matches it. */
#include "attest/document.h"
#include "attest/envelope.h"
#include "attest/pack.h"
#include "field/listing.h"
#include "fuzz.h"

static void check_layout(const struct assay_reference_layout *layout)
{
	uint64_t end = 0;

	for (size_t i = 0; i < layout->count; i++) {
		const struct assay_reference_partition *one = &layout->partitions[i];

		fuzz_assert(one->offset >= end && one->size > 0);
		fuzz_assert(one->size <= layout->size && one->offset <= layout->size - one->size);
		fuzz_assert(one->content.size <= one->size);
		fuzz_assert(one->content.path == NULL || one->content.block_count > 0);
		end = one->offset + one->size;
	}
}

static void check_again(const struct assay_reference *reference)
{
	ASSAY_AUTO_REFERENCE struct assay_reference again = { 0 };
	ASSAY_AUTO_JSON json_t *first = assay_pack_json(reference), *second = NULL;
	struct assay_error err = ASSAY_ERROR_INIT;

	fuzz_assert(assay_pack_parse(first, &again, &err) == 0);
	second = assay_pack_json(&again);
	fuzz_assert(json_equal(first, second));
}

/* What was reported is never more than consistent with a release that has it. */
static void check_report(const struct assay_reference *reference)
{
	const struct assay_reference *const releases[] = { reference };
	ASSAY_AUTO_DIRECTORY struct assay_directory *directory = assay_directory_new(releases, 1);
	ASSAY_AUTO_LISTING struct assay_listing listing = { 0 };
	ASSAY_AUTO_FOUND struct assay_found found = { .pack = ASSAY_FOUND_NONE };

	assay_field_listing(&listing, directory, &found);
	fuzz_assert(found.status == ASSAY_EXIT_INCONCLUSIVE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ASSAY_AUTO_STATEMENT struct assay_statement statement = { 0 };
	ASSAY_AUTO_REFERENCE struct assay_reference reference = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;

	if (assay_statement_parse(assay_span_of(data, size), &statement, &err) < 0 ||
	    assay_pack_parse(statement.predicate, &reference, &err) < 0) {
		fuzz_assert(err.text[0] != '\0');
		return 0;
	}
	check_layout(&reference.layout);
	check_again(&reference);
	check_report(&reference);
	return 0;
}
