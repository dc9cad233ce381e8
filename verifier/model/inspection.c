/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/inspection.h"

#include "base/memory.h"

static void artefact_fini(struct assay_inspected *artefact)
{
	for (size_t i = 0; i < artefact->range_count; i++)
		free(artefact->ranges[i].what);
	free(artefact->ranges);
	free(artefact->path);
	free(artefact->about);
	free(artefact->trouble);
	assay_strings_fini(&artefact->attributes);
}

void assay_inspection_fini(struct assay_inspection *inspection)
{
	for (size_t i = 0; i < inspection->count; i++)
		artefact_fini(&inspection->artefacts[i]);
	free(inspection->artefacts);
	assay_strings_fini(&inspection->names);
	*inspection = (struct assay_inspection){ 0 };
}

size_t assay_inspection_add(struct assay_inspection *inspection, const char *path, unsigned depth,
                            struct assay_span span)
{
	struct assay_inspected *artefact;

	assay_grow(&inspection->artefacts, &inspection->cap, inspection->count,
	           sizeof(*inspection->artefacts));
	artefact = &inspection->artefacts[inspection->count];
	*artefact = (struct assay_inspected){
		.path = assay_strdup(path),
		.format = "data",
		.size = span.len,
		.depth = depth,
	};
	assay_sha256(span, &artefact->sha256);
	return inspection->count++;
}

static uint64_t end_of(const struct assay_inspected *artefact)
{
	const struct assay_inspected_range *last;

	if (artefact->range_count == 0)
		return 0;
	last = &artefact->ranges[artefact->range_count - 1];
	return last->offset + last->length;
}

struct assay_inspected_range *assay_inspected_add(struct assay_inspected *artefact,
                                                  const char *kind, uint64_t length)
{
	struct assay_inspected_range *range;
	uint64_t offset = end_of(artefact);

	assay_grow(&artefact->ranges, &artefact->range_cap, artefact->range_count,
	           sizeof(*artefact->ranges));
	range = &artefact->ranges[artefact->range_count++];
	*range = (struct assay_inspected_range){
		.offset = offset,
		.length = length,
		.kind = kind,
	};
	return range;
}

void assay_inspected_add_rest(struct assay_inspected *artefact, const char *kind)
{
	uint64_t end = end_of(artefact);

	if (end < artefact->size)
		(void)assay_inspected_add(artefact, kind, artefact->size - end);
}

static int check_artefact(const struct assay_inspected *artefact, struct assay_error *err)
{
	uint64_t end = 0;

	for (size_t i = 0; i < artefact->range_count; i++) {
		const struct assay_inspected_range *range = &artefact->ranges[i];

		if (range->offset != end || range->length == 0 ||
		    range->length > artefact->size - end)
			return assay_fail_at(err, ASSAY_E_FORMAT, end,
			                     "ranges with a gap or an overlap (a bug in assay)");
		end += range->length;
	}
	if (end != artefact->size)
		return assay_fail_at(err, ASSAY_E_FORMAT, end,
		                     "bytes in no range (a bug in assay)");
	return 0;
}

int assay_inspection_check(const struct assay_inspection *inspection, struct assay_error *err)
{
	for (size_t i = 0; i < inspection->count; i++)
		if (check_artefact(&inspection->artefacts[i], err) < 0)
			return -1;
	return 0;
}
