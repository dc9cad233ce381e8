/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/demand.h"

#include <dlfcn.h>
#include <string.h>

#include "base/memory.h"

static int fail_load(const char *soname, struct assay_error *err)
{
	const char *why = dlerror();

	return assay_fail(err, ASSAY_E_TOOL, "%s cannot be used: %s", soname,
	                  why != NULL ? why : "no reason given");
}

int assay_demand_load(const char *soname, const struct assay_demand *wanted, size_t count,
                      struct assay_error *err)
{
	ASSAY_AUTO_FREE void **found = assay_calloc(count, sizeof(*found));
	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		return fail_load(soname, err);
	for (size_t i = 0; i < count; i++) {
		found[i] = dlsym(library, wanted[i].name);
		if (found[i] == NULL)
			return fail_load(soname, err);
	}
	/* C has no cast from an object to a function; dlsym(3) has the same bytes for both. */
	for (size_t i = 0; i < count; i++)
		memcpy(wanted[i].into, &found[i], sizeof(found[i]));
	return 0;
}
