/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/die.h"

#include <stdint.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define STATUS_TROUBLE 2 /* ASSAY_EXIT_TROUBLE of model/tier.h, which is a layer above */

void assay_die(const char *what)
{
	static char name[] = "assay: ", end[] = "\n";
	/* One call, and none beside it: the process may be locked in. */
	(void)!writev(STDERR_FILENO,
	              (struct iovec[]){ { name, strlen(name) },
	                                { (char *)(uintptr_t)what, strlen(what) },
	                                { end, strlen(end) } },
	              3);
	_exit(STATUS_TROUBLE);
}
