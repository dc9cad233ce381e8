/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/deb.h"

/* The members of a .deb, in their order, with what may follow the name. */
static const struct {
	const char *name;
	bool packed; /* may be compressed, which the name then says */
	enum assay_node_role role;
} members[] = {
	{ "debian-binary", false, ASSAY_NODE_PLAIN },
	{ "control.tar", true, ASSAY_NODE_DEB_CONTROL },
	{ "data.tar", true, ASSAY_NODE_DEB_DATA },
};

static bool is_member(const char *name, size_t index)
{
	static const char *const suffixes[] = { "", ".gz", ".xz", ".zst" };
	size_t len = strlen(members[index].name);

	if (strncmp(name, members[index].name, len) != 0)
		return false;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(suffixes); i++)
		if (strcmp(name + len, suffixes[i]) == 0)
			return i == 0 || members[index].packed;
	return false;
}

static bool has_members(const struct assay_contents *contents)
{
	if (strcmp(contents->reader->name, "ar") != 0 ||
	    contents->entry_count != ASSAY_ARRAY_LEN(members))
		return false;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(members); i++)
		if (!is_member(contents->entries[i].name, i))
			return false;
	return true;
}

bool assay_deb_is(const struct assay_container *container)
{
	return has_members(container->delivered) && has_members(container->rebuilt);
}

enum assay_node_role assay_deb_role(size_t index)
{
	return members[index].role;
}
