/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program of this folder, in the bytes of assay itself: nothing has to be found at run time. */
#include "rebuild/inside/embed.h"

__asm__(".pushsection .rodata,\"a\"\n"
        ".global assay_inside_start, assay_inside_end\n"
        ".hidden assay_inside_start, assay_inside_end\n"
        ".balign 16\n"
        "assay_inside_start:\n"
        ".incbin \"verifier/rebuild/inside/program\"\n"
        "assay_inside_end:\n"
        ".byte 0\n"
        ".popsection\n");

extern const uint8_t assay_inside_start[], assay_inside_end[];

struct assay_span assay_inside_program(void)
{
	return assay_span_of(assay_inside_start,
	                     (size_t)((uintptr_t)assay_inside_end - (uintptr_t)assay_inside_start));
}
