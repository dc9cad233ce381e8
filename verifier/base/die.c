/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/die.h"

#include <stdio.h>
#include <unistd.h>

#define STATUS_TROUBLE 2 /* ASSAY_EXIT_TROUBLE of model/tier.h, which is a layer above */

void assay_die(const char *what)
{
	(void)dprintf(STDERR_FILENO, "assay: %s\n", what);
	_exit(STATUS_TROUBLE);
}
