/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * elf/build-id: the 8 to 64 bytes of the build-id's value.
 *
 * The linker computes a build-id over the file, debugging information included, so it changes
 * with anything that another rule covers (a build path in .debug_info, say). It is loaded, but
 * neither the kernel nor a dynamic loader gives the value a meaning: the kernel copies it into
 * core dumps and perf events, debuggers look for a file of that name.
 *
 * What keeps it harmless: both files have the note at the same place in the same PT_NOTE segment,
 * and owner, type and sizes are part of the run-time view, so they are equal to the rebuilt
 * file's. There is exactly one such note. No other header has these bytes, no section but a note
 * claims them, and the program does not start in them (compare/elfcmp/conditions.c, build_id_is_alone).
 * So a delivered file can change 64 bytes at most, at a place that the rebuilt file set aside for
 * an identifier.
 *
 * What it can not exclude: a program that reads its own build-id and acts on it, or jumps into it
 * where it lies in an executable segment (as it does wherever the linker does not separate code,
 * the default on ARM). That is in the reviewed source for everybody to see.
 */
#include "compare/elfcmp/rule.h"

const struct assay_elf_rule assay_elf_rule_build_id = {
	.id = "elf/build-id@1",
	.class = ASSAY_CLASS_NORMALISED,
	.cause = "build_id_differences_only", /* a name of the Reproducible Builds taxonomy */
	.only_cause = true,
	.summary = "value of the build-id note: identifies a build, has no effect",
};
