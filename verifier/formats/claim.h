/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims: digests and sizes that one member of a container says another one has.
 *
 * A claim decides nothing: members are compared whatever it says. A reader yields only those that
 * are true on their own side; one that is false is a false value, always a finding. Where all else
 * in the member that makes it is equal, a true claim may differ where what it is about does, and is
 * then of the same class.
 *
 * Layer: formats.
 */
#ifndef ASSAY_FORMATS_CLAIM_H
#define ASSAY_FORMATS_CLAIM_H

#include "base/span.h"

struct assay_claim {
	size_t entry;       /* that makes it */
	const char *inside; /* static; "": in its content; "!.PKGINFO": in a member of what it is */
	struct assay_span text; /* all of that content; borrowed as content is */
	uint64_t offset;        /* where the value stands in the text, in bytes */
	uint64_t length;
	size_t about; /* an entry; ASSAY_NO_ENTRY: it is no claim but a value that is transplanted,
	                     and rule is one of compare/transplant.c */
	bool packed;  /* about its bytes in the container, not about its content */
	const char *what; /* static: "datahash" */
	const char *rule; /* static; with its version: "apk/datahash@1" */
};

#endif
