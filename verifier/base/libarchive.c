/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/libarchive.h"

#include <pthread.h>
#include <stdbool.h>

#include "base/demand.h"

/* Since libarchive 3.0; a change that breaks callers changes the number. */
#define SONAME "libarchive.so.13"

const struct assay_archive_library *assay_archive(struct assay_error *err)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct assay_archive_library library;
#define WANTED(name) { "archive_" #name, &library.name },
	static const struct assay_demand wanted[] = { ASSAY_ARCHIVE_FUNCTIONS(WANTED) };
#undef WANTED
	static bool loaded;
	bool done;

	(void)pthread_mutex_lock(&lock);
	loaded = loaded || assay_demand_load(SONAME, wanted, ASSAY_ARRAY_LEN(wanted), err) == 0;
	done = loaded;
	(void)pthread_mutex_unlock(&lock);
	return done ? &library : NULL;
}
