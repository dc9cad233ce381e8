/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/comparison.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/memory.h"

static void finding_fini(struct assay_finding *finding)
{
	free(finding->artefact);
	free(finding->text);
	assay_bytes_fini(&finding->delivered.bytes);
	assay_bytes_fini(&finding->rebuilt.bytes);
}

void assay_comparison_fini(struct assay_comparison *comparison)
{
	for (size_t i = 0; i < comparison->artefact_count; i++) {
		free(comparison->artefacts[i].path);
		assay_ledger_fini(&comparison->artefacts[i].ledger);
	}
	for (size_t i = 0; i < comparison->finding_count; i++)
		finding_fini(&comparison->findings[i]);
	for (size_t i = 0; i < comparison->transplant_count; i++) {
		free(comparison->transplants[i].artefact);
		assay_bytes_fini(&comparison->transplants[i].value);
	}
	free(comparison->transplants);
	assay_strings_fini(&comparison->names);
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

/* Artefacts by their paths; those of one path in the order of the walk. */
struct owners {
	struct assay_artefact *artefacts;
	size_t *sorted;
	size_t count;
	size_t last; /* that was looked for */
};

static int order_of(const struct owners *owners, size_t index, const char *path, size_t at)
{
	int order = strcmp(owners->artefacts[index].path, path);

	if (order != 0)
		return order;
	return index < at ? -1 : index > at;
}

static int by_path(const void *left, const void *right, void *context)
{
	const struct owners *owners = context;
	size_t at = *(const size_t *)right;

	return order_of(owners, *(const size_t *)left, owners->artefacts[at].path, at);
}

/* The first of that path, from an index on; NULL when there is none. */
static struct assay_artefact *first_from(struct owners *owners, const char *path, size_t from)
{
	size_t low = 0, high = owners->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (order_of(owners, owners->sorted[mid], path, from) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == owners->count || strcmp(owners->artefacts[owners->sorted[low]].path, path) != 0)
		return NULL;
	owners->last = owners->sorted[low];
	return &owners->artefacts[owners->last];
}

/*
 * The artefact that a finding belongs to; NULL when it was never added (a missing member). Both
 * lists are in the order of the walk, so of several with one path the next one is meant.
 */
static struct assay_artefact *owner(struct owners *owners, const char *path)
{
	struct assay_artefact *found = first_from(owners, path, owners->last);

	return found != NULL ? found : first_from(owners, path, 0);
}

static void apply_findings(struct assay_comparison *comparison)
{
	ASSAY_AUTO_FREE size_t *sorted = assay_calloc(comparison->artefact_count, sizeof(*sorted));
	struct owners owners = { comparison->artefacts, sorted, comparison->artefact_count, 0 };

	for (size_t i = 0; i < owners.count; i++)
		sorted[i] = i;
	if (owners.count > 1 && comparison->finding_count > 0)
		qsort_r(sorted, owners.count, sizeof(*sorted), by_path, &owners);
	for (size_t i = 0; i < comparison->finding_count; i++) {
		const struct assay_finding *finding = &comparison->findings[i];
		struct assay_artefact *artefact = owner(&owners, finding->artefact);
		enum assay_tier tier = assay_class_tier(finding->class);

		if (artefact != NULL)
			artefact->tier = assay_tier_worse(artefact->tier, tier);
		comparison->tier = assay_tier_worse(comparison->tier, tier);
	}
}

/*
 * Decide how many findings of each class stay: the worst classes have room first. A class that
 * does not fit is told by one more finding, for which there is room already.
 */
static void make_quotas(const struct assay_comparison *comparison, size_t quotas[ASSAY_CLASS_COUNT])
{
	size_t counts[ASSAY_CLASS_COUNT] = { 0 };
	size_t room = ASSAY_FINDINGS_MAX - ASSAY_CLASS_COUNT;

	for (size_t i = 0; i < comparison->finding_count; i++)
		counts[comparison->findings[i].class]++;
	for (unsigned class = ASSAY_CLASS_COUNT; class -- > 0;) {
		quotas[class] = counts[class] < room ? counts[class] : room;
		room -= quotas[class];
	}
}

static void tell_left_out(struct assay_comparison *comparison, enum assay_class class,
                          uint64_t count)
{
	struct assay_finding place = { .artefact = (char *)(uintptr_t) "", .class = class };

	if (count == 0)
		return;
	comparison->findings_left_out += count;
	(void)assay_comparison_find(comparison, &place,
	                            "%" PRIu64 " more differences of class %s are not listed",
	                            count, assay_class_name(class));
}

static void limit_findings(struct assay_comparison *comparison)
{
	size_t quotas[ASSAY_CLASS_COUNT], kept = 0;
	uint64_t left_out[ASSAY_CLASS_COUNT] = { 0 };

	if (comparison->finding_count <= ASSAY_FINDINGS_MAX)
		return;
	make_quotas(comparison, quotas);
	for (size_t i = 0; i < comparison->finding_count; i++) {
		struct assay_finding *finding = &comparison->findings[i];

		if (quotas[finding->class] > 0) {
			quotas[finding->class]--;
			comparison->findings[kept++] = *finding;
		} else {
			left_out[finding->class]++;
			finding_fini(finding);
		}
	}
	comparison->finding_count = kept;
	for (unsigned class = ASSAY_CLASS_COUNT; class -- > 0;)
		tell_left_out(comparison, (enum assay_class) class, left_out[class]);
}

/* Each artefact gives up the same share of its ranges. */
static void limit_ranges(struct assay_comparison *comparison)
{
	uint64_t total = 0;

	for (size_t i = 0; i < comparison->artefact_count; i++)
		total += comparison->artefacts[i].ledger.count;
	if (total <= ASSAY_RANGES_MAX)
		return;
	for (size_t i = 0; i < comparison->artefact_count; i++) {
		struct assay_ledger *ledger = &comparison->artefacts[i].ledger;
		uint64_t share = ledger->count * ASSAY_RANGES_MAX / total;

		if (ledger->count > ASSAY_RANGES_MIN)
			assay_ledger_shrink(ledger, share > ASSAY_RANGES_MIN ? (size_t)share
			                                                     : ASSAY_RANGES_MIN);
	}
}

/* Every artefact's ledger must add up, before and after it was made smaller. */
static int check_ledgers(const struct assay_comparison *comparison, struct assay_error *err)
{
	for (size_t i = 0; i < comparison->artefact_count; i++)
		if (assay_ledger_check(&comparison->artefacts[i].ledger, err) < 0)
			return assay_fail_in(err, "%s", comparison->artefacts[i].path);
	return 0;
}

bool assay_comparison_has(const struct assay_comparison *comparison, enum assay_class class)
{
	uint64_t sums[ASSAY_CLASS_COUNT];

	for (size_t i = 0; i < comparison->artefact_count; i++) {
		assay_ledger_sum(&comparison->artefacts[i].ledger, sums);
		if (sums[class] > 0)
			return true;
	}
	for (size_t i = 0; i < comparison->finding_count; i++)
		if (comparison->findings[i].class == class)
			return true;
	return false;
}

int assay_comparison_conclude(struct assay_comparison *comparison, struct assay_error *err)
{
	if (check_ledgers(comparison, err) < 0)
		return -1;
	apply_findings(comparison);
	for (size_t i = 0; i < comparison->artefact_count; i++)
		comparison->tier =
			assay_tier_worse(comparison->tier, comparison->artefacts[i].tier);
	limit_findings(comparison);
	limit_ranges(comparison);
	return check_ledgers(comparison, err);
}
