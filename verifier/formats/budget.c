/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/budget.h"

#include <inttypes.h>

struct assay_budget assay_budget_for(const struct assay_unpack_limits *limits, uint64_t size)
{
	struct assay_budget budget = { .limits = ASSAY_UNPACK_LIMITS_DEFAULT };

	if (limits != NULL)
		budget.limits = *limits;
	budget.spool = budget.limits.spools;
	assay_budget_open(&budget, size);
	return budget;
}

void assay_budget_open(struct assay_budget *budget, uint64_t size)
{
	budget->tables = 0;
	if (__builtin_add_overflow(budget->limits.tables, size, &budget->tables_max))
		budget->tables_max = UINT64_MAX;
}

int assay_budget_tables(const struct assay_budget *budget, struct assay_error *err)
{
	if (budget->tables > budget->tables_max)
		return assay_fail(err, ASSAY_E_LIMIT,
		                  "what is known of members takes more than %" PRIu64
		                  " bytes of memory",
		                  budget->tables_max);
	return 0;
}

int assay_budget_member(struct assay_budget *budget, struct assay_error *err)
{
	if (budget->members >= budget->limits.members)
		return assay_fail(err, ASSAY_E_LIMIT, "more than %" PRIu64 " members",
		                  budget->limits.members);
	budget->members++;
	return 0;
}
