/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The signature that is appended to a kernel module: what is in front of it is compared as if it
 * were alone, and the signature itself is an opaque value (elf/module-signature).
 *
 * Layer:  compare; private to this folder.
 * Source: Linux kernel/module_signature.c (mod_check_sig), include/linux/module_signature.h and
 *         scripts/sign-file.c.
 */
#ifndef ASSAY_COMPARE_ELFCMP_SIGNATURE_H
#define ASSAY_COMPARE_ELFCMP_SIGNATURE_H

#include "formats/signature/cms.h"

/** A file, and its last bytes when they are a signature. Borrowed. */
struct assay_elf_signed {
	struct assay_span body; /* in front of the signature; the whole file when there is none */
	struct assay_span
		signature; /* to the end of the file, mark included; empty: there is none */
	struct assay_cms cms;
};

/**
 * Look for a signature at the end of a file.
 *
 * Out:    *out; the whole file is its body on error
 * Return: 0 whether there is one or not, -1 when there is the mark of one and the rest is wrong
 * Errors: ASSAY_E_FORMAT  the text says in what; offset is from the start of the file
 */
ASSAY_CHECKED int assay_elf_signature_split(struct assay_span file, struct assay_elf_signed *out,
                                            struct assay_error *err);

#endif
