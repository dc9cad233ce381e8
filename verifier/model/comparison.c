/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/comparison.h"

#include <stdarg.h>
#include <string.h>

#include "base/memory.h"

void assay_comparison_fini(struct assay_comparison *comparison)
{
	for (size_t i = 0; i < comparison->artefact_count; i++) {
		free(comparison->artefacts[i].path);
		assay_ledger_fini(&comparison->artefacts[i].ledger);
	}
	for (size_t i = 0; i < comparison->finding_count; i++) {
		free(comparison->findings[i].artefact);
		free(comparison->findings[i].text);
		assay_bytes_fini(&comparison->findings[i].delivered.bytes);
		assay_bytes_fini(&comparison->findings[i].rebuilt.bytes);
	}
	for (size_t i = 0; i < comparison->transplant_count; i++) {
		free(comparison->transplants[i].artefact);
		assay_bytes_fini(&comparison->transplants[i].value);
	}
	free(comparison->transplants);
	free(comparison->artefacts);
	free(comparison->findings);
	free(comparison->delivered.name);
	free(comparison->rebuilt.name);
	*comparison = (struct assay_comparison){ 0 };
}

struct assay_finding *assay_comparison_find(struct assay_comparison *comparison,
                                            const struct assay_finding *place, const char *fmt, ...)
{
	struct assay_finding *finding;
	char *text = NULL;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	assay_grow(&comparison->findings, &comparison->finding_cap, comparison->finding_count,
	           sizeof(*comparison->findings));
	finding = &comparison->findings[comparison->finding_count++];
	*finding = *place;
	finding->artefact = assay_strdup(place->artefact);
	finding->text = len < 0 ? assay_strdup("") : text;
	finding->delivered = finding->rebuilt = (struct assay_excerpt){ 0 };
	return finding;
}

size_t assay_comparison_add(struct assay_comparison *comparison, const char *path,
                            const char *format, struct assay_ledger *ledger)
{
	struct assay_artefact *artefact;

	assay_grow(&comparison->artefacts, &comparison->artefact_cap, comparison->artefact_count,
	           sizeof(*comparison->artefacts));
	artefact = &comparison->artefacts[comparison->artefact_count];
	*artefact = (struct assay_artefact){
		.path = assay_strdup(path),
		.format = format,
		.tier = assay_class_tier(assay_ledger_worst(ledger)),
		.ledger = *ledger,
	};
	*ledger = (struct assay_ledger){ 0 };
	return comparison->artefact_count++;
}

/*
 * The artefact that a finding belongs to; NULL when it was never added (a missing member). Both
 * lists are in the order of the walk, so the search goes on where the last one ended.
 */
static struct assay_artefact *owner(struct assay_comparison *comparison, const char *path,
                                    size_t *start)
{
	for (size_t i = 0; i < comparison->artefact_count; i++) {
		size_t at = (*start + i) % comparison->artefact_count;

		if (strcmp(comparison->artefacts[at].path, path) == 0) {
			*start = at;
			return &comparison->artefacts[at];
		}
	}
	return NULL;
}

static void apply_finding(struct assay_comparison *comparison, const struct assay_finding *finding,
                          size_t *start)
{
	struct assay_artefact *artefact = owner(comparison, finding->artefact, start);
	enum assay_tier tier = assay_class_tier(finding->class);

	if (artefact != NULL)
		artefact->tier = assay_tier_worse(artefact->tier, tier);
	comparison->tier = assay_tier_worse(comparison->tier, tier);
}

int assay_comparison_conclude(struct assay_comparison *comparison, struct assay_error *err)
{
	size_t start = 0;

	for (size_t i = 0; i < comparison->artefact_count; i++)
		if (assay_ledger_check(&comparison->artefacts[i].ledger, err) < 0)
			return assay_fail_in(err, "%s", comparison->artefacts[i].path);
	for (size_t i = 0; i < comparison->finding_count; i++)
		apply_finding(comparison, &comparison->findings[i], &start);
	for (size_t i = 0; i < comparison->artefact_count; i++)
		comparison->tier =
			assay_tier_worse(comparison->tier, comparison->artefacts[i].tier);
	return 0;
}
