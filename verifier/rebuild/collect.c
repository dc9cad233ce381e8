/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/collect.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "rebuild/beneath.h"

static const struct {
	mode_t type;
	const char *name;
} types[] = {
	{ S_IFDIR, "a folder" },  { S_IFLNK, "a symbolic link" },    { S_IFIFO, "a fifo" },
	{ S_IFSOCK, "a socket" }, { S_IFCHR, "a character device" }, { S_IFBLK, "a block device" },
};

static const char *type_name(mode_t mode)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(types); i++)
		if ((mode & S_IFMT) == types[i].type)
			return types[i].name;
	return "of an unknown type";
}

/* Look before opening: opening a fifo or a device would do something. */
static int check(int dir, const struct assay_output *output, uint64_t limit,
                 struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = assay_beneath_open(dir, output->path, O_PATH | O_NOFOLLOW);
	struct stat st;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return assay_fail(err, ASSAY_E_FORMAT, "output %s: the build did not make %s",
		                  output->name, output->path);
	if (fd < 0 && (errno == ELOOP || errno == EXDEV))
		return assay_fail(err, ASSAY_E_FORMAT, "output %s: %s leads through a link",
		                  output->name, output->path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return assay_fail_errno(err, "output %s: %s", output->name, output->path);
	if (!S_ISREG(st.st_mode))
		return assay_fail(err, ASSAY_E_FORMAT, "output %s: %s is %s, not a regular file",
		                  output->name, output->path, type_name(st.st_mode));
	if ((uint64_t)st.st_size > limit)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "output %s: %s has %jd bytes, more than "
		                  "build.limits.disk",
		                  output->name, output->path, (intmax_t)st.st_size);
	return 0;
}

int assay_collect(const struct assay_build *build, const struct assay_output *output, int to,
                  struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int dir = open(build->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return dir < 0 ? assay_fail_errno(err, "open %s", build->path)
	               : assay_collect_from(dir, build, output, to, err);
}

int assay_collect_from(int dir, const struct assay_build *build, const struct assay_output *output,
                       int to, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = -1;

	if (check(dir, output, build->limits.disk, err) < 0)
		return -1;
	fd = assay_beneath_open(dir, output->path, O_RDONLY | O_NOFOLLOW);
	if (fd < 0)
		return assay_fail_errno(err, "output %s: open %s", output->name, output->path);
	return assay_fd_copy(fd, to, NULL, err) < 0 ? assay_fail_in(err, "output %s", output->name)
	                                            : 0;
}
