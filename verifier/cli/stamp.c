/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/stamp.h"

#include <fcntl.h>

#include "base/file.h"

int assay_cli_envelope(const char *path, struct assay_envelope *out, struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes file = { 0 };

	if (assay_file_read(AT_FDCWD, path, ASSAY_ENVELOPE_MAX, &file, err) < 0)
		return -1;
	if (assay_envelope_parse(assay_span_of_bytes(&file), out, err) < 0)
		return assay_fail_in(err, "%s", path);
	return 0;
}
