/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/budget.h"

#include <inttypes.h>

int assay_budget_member(struct assay_budget *budget, struct assay_error *err)
{
	if (budget->members >= budget->limits.members)
		return assay_fail(err, ASSAY_E_LIMIT, "more than %" PRIu64 " members",
		                  budget->limits.members);
	budget->members++;
	return 0;
}
