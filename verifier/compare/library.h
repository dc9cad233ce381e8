/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Static libraries: whether the index of symbols is true.
 *
 * A linker takes out of a library what its index names, so the index is as good as the members. It
 * is made again from them, on each side: the symbols that each member defines for others, in the
 * order of the members and of their symbol tables. Where that cannot be known (members with the
 * intermediate code of a compiler, whose symbols only its plugin sees) both indexes must say the
 * same.
 *
 * Layer:  compare; private to this folder.
 * Source: binutils bfd/archive.c, _bfd_compute_and_write_armap; LLVM Object/ArchiveWriter.cpp.
 */
#ifndef ASSAY_COMPARE_LIBRARY_H
#define ASSAY_COMPARE_LIBRARY_H

#include "compare/container.h"
#include "compare/pair.h"

/** Append findings about the indexes of two static libraries; of other containers nothing. */
void assay_library_check(const struct assay_container *container,
                         const struct assay_pairing *pairing);

#endif
