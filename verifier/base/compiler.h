/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What we ask of the compiler: attributes, and cleanup at the end of a scope.
 *
 * Layer: base.
 */
#ifndef ASSAY_BASE_COMPILER_H
#define ASSAY_BASE_COMPILER_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/** The caller must look at the result. */
#define ASSAY_CHECKED __attribute__((warn_unused_result))
#define ASSAY_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define ASSAY_UNUSED __attribute__((unused))

#define ASSAY_ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

static inline void assay_cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void assay_cleanup_close(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static inline void assay_cleanup_fclose(FILE **f)
{
	if (*f != NULL)
		(void)fclose(*f);
}

/** Locals that own something: freed or closed when the scope ends. Initialise them. */
#define ASSAY_AUTO(function) __attribute__((cleanup(function)))
#define ASSAY_AUTO_FREE ASSAY_AUTO(assay_cleanup_free)
#define ASSAY_AUTO_CLOSE ASSAY_AUTO(assay_cleanup_close)
#define ASSAY_AUTO_FCLOSE ASSAY_AUTO(assay_cleanup_fclose)

/** Take the value out of an owning pointer local, which then owns nothing. */
#define assay_steal(p)                                                                             \
	__extension__({                                                                            \
		__typeof__(*(p)) assay_stolen = *(p);                                              \
		*(p) = NULL;                                                                       \
		assay_stolen;                                                                      \
	})

/** Take the descriptor out of an owning int local, which then owns nothing. */
static inline int assay_steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

#endif
