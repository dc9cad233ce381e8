/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which function or object a place in a linked file belongs to: a name for people, no proof.
 *
 * Layer:  elf.
 * Source: gABI chapter 4, "Symbol Table".
 */
#ifndef ASSAY_ELF_SYMBOL_H
#define ASSAY_ELF_SYMBOL_H

#include "elf/elf.h"

/** A place in what a symbol stands for. */
struct assay_elf_symbol_place {
	struct assay_span name; /* borrowed from the file */
	uint64_t into;          /* bytes from where the symbol begins */
};

/**
 * Find the function or object that has an address, of several the one that begins last.
 *
 * Return: false when there is none, or no symbol table that can be read
 */
bool assay_elf_symbol_at(const struct assay_elf *elf, uint64_t address,
                         struct assay_elf_symbol_place *out);

#endif
