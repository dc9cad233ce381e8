/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/package/package.h"

#include "formats/readers.h"

/*
 * opkg packages of OpenWrt: a gzip tar, or before that an ar archive, which is the form of a .deb.
 * Source: OpenWrt, scripts/ipkg-build. Their control file and scripts are compared as content.
 */
static bool is_ipk(const struct assay_contents *contents)
{
	static const char *const members[] = { "debian-binary", "control.tar.gz", "data.tar.gz" };
	unsigned found = 0;

	if (contents->entry_count != ASSAY_ARRAY_LEN(members))
		return false;
	for (size_t i = 0; i < contents->entry_count; i++) {
		const char *name = contents->entries[i].name;

		name += name[0] == '.' && name[1] == '/' ? 2 : 0;
		for (unsigned k = 0; k < ASSAY_ARRAY_LEN(members); k++)
			found |= strcmp(name, members[k]) == 0 ? 1u << k : 0;
	}
	return found == (1u << ASSAY_ARRAY_LEN(members)) - 1;
}

static const struct assay_package ipk = { "ipk", &assay_reader_tar, is_ipk, NULL };

static const struct assay_package *const packages[] = { &ipk, &assay_package_oci,
	                                                &assay_package_swu };

void assay_package_look(struct assay_contents *contents, struct assay_budget *budget)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(packages); i++) {
		const struct assay_package *package = packages[i];

		if (package->reader != contents->reader || !package->is(contents))
			continue;
		contents->package = package->name;
		if (package->look != NULL)
			package->look(contents, budget);
		return;
	}
}
