/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An inventory that was read is sorted, is written as the same bytes, and finds all that is in it. */
#include "fuzz.h"
#include "model/inventory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ASSAY_AUTO_INVENTORY struct assay_inventory inventory = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_sha256 digest;

	if (assay_inventory_parse(assay_span_of(data, size), &inventory, &err) < 0) {
		fuzz_assert(err.code == ASSAY_E_FORMAT || err.code == ASSAY_E_LIMIT);
		return 0;
	}
	assay_inventory_write(&inventory, &text);
	fuzz_assert(assay_span_equal(assay_buffer_span(&text), assay_span_of(data, size)));
	for (size_t i = 0; i < inventory.count; i++)
		fuzz_assert(assay_inventory_find(&inventory, inventory.items[i].path) ==
		            &inventory.items[i]);
	fuzz_assert(assay_inventory_digest(&inventory, ".", &digest));
	return 0;
}
