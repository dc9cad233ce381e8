/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/output.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "cli/options.h"

static bool is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

/* Renaming a temporary file over a device would replace the device. */
static int write_special(const char *path, struct assay_span span, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return assay_fail_errno(err, "open %s", path);
	if (assay_write_full(fd, span, err) < 0)
		return assay_fail_in(err, "%s", path);
	return 0;
}

static int write_json(const char *path, struct assay_span span, struct assay_error *err)
{
	if (strcmp(path, "-") == 0)
		return assay_write_full(STDOUT_FILENO, span, err);
	if (is_special(path))
		return write_special(path, span, err);
	return assay_file_write(AT_FDCWD, path, span, 0666, err);
}

int assay_output_write(const json_t *json, const struct assay_buffer *text, struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer pretty = { 0 };
	const char *path = assay_common.json;
	bool on_stdout = path != NULL && strcmp(path, "-") == 0;

	if (path != NULL) {
		assay_json_pretty(json, &pretty);
		if (write_json(path, assay_buffer_span(&pretty), err) < 0)
			return -1;
	}
	return assay_write_full(on_stdout ? STDERR_FILENO : STDOUT_FILENO, assay_buffer_span(text),
	                        err);
}
