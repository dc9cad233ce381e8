/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "explain/explain.h"

#include "explain/causes.h"

/* Findings come in the order of the artefacts, so the search goes on where the last one ended. */
static const char *format_of(const struct assay_comparison *comparison, const char *path,
                             size_t *start)
{
	for (size_t i = 0; i < comparison->artefact_count; i++) {
		size_t at = (*start + i) % comparison->artefact_count;

		if (strcmp(comparison->artefacts[at].path, path) == 0) {
			*start = at;
			return comparison->artefacts[at].format;
		}
	}
	return "";
}

void assay_explain(struct assay_comparison *comparison)
{
	size_t start = 0;

	for (size_t i = 0; i < comparison->finding_count; i++) {
		struct assay_finding *finding = &comparison->findings[i];
		struct assay_case c = { finding, format_of(comparison, finding->artefact, &start) };

		for (const struct assay_cause *cause = assay_causes;
		     finding->cause == NULL && cause->name != NULL; cause++)
			if (cause->fits(&c))
				finding->cause = cause->name;
	}
}
