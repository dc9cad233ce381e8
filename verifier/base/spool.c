/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define PAGE ((uint64_t)1 << 16) /* runs begin at multiples: those of every page size of Linux */

/* Source: linux/mman.h, asm-generic/mman-common.h. Not in every C library. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

static uint64_t round_up(uint64_t length)
{
	return (length + PAGE - 1) / PAGE * PAGE;
}

/* A file as large as a user may make one: more would be a signal, not an error. */
static int make_file(const char *folder, uint64_t size, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = open(folder, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
	struct rlimit limit;

	if (fd < 0)
		return assay_fail_errno(err, "%s: make a temporary file", folder);
	if (getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur < size)
		return assay_fail(err, ASSAY_E_SYSTEM, "%s: files of that size are not allowed",
		                  folder);
	if (ftruncate(fd, (off_t)size) < 0)
		return assay_fail_errno(err, "%s: a temporary file of that size", folder);
	return assay_steal_fd(&fd);
}

int assay_spool_open(const char *folder, uint64_t size, struct assay_spool *out,
                     struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = -1;
	void *base;

	size = round_up(size);
	fd = make_file(folder, size, err);
	if (fd < 0)
		return -1;
	base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (base == MAP_FAILED)
		return assay_fail_errno(err, "%s: map a temporary file", folder);
	*out = (struct assay_spool){ .base = base, .size = size };
	/* Of nothing: whether the kernel knows the word. */
	if (madvise(base, 0, MADV_POPULATE_WRITE) < 0) {
		assay_spool_close(out);
		return assay_fail_errno(err, "this kernel cannot reserve room in a mapped file");
	}
	return 0;
}

void assay_spool_close(struct assay_spool *spool)
{
	if (spool->base != NULL)
		(void)munmap(spool->base, spool->size);
	*spool = (struct assay_spool){ 0 };
}

uint8_t *assay_spool_begin(struct assay_spool *spool)
{
	if (spool == NULL || spool->base == NULL || spool->growing || spool->used >= spool->size)
		return NULL;
	spool->growing = true;
	spool->ready = spool->used;
	return spool->base + spool->used;
}

uint64_t assay_spool_room(struct assay_spool *spool, uint64_t length)
{
	uint64_t end = spool->size, more;

	if (length < spool->size - spool->used)
		end = spool->used + round_up(length);
	if (end > spool->size)
		end = spool->size;
	more = end > spool->ready ? end - spool->ready : 0;
	/* What would be SIGBUS later is an error here: the disk is full, or a quota is used up. */
	if (more > 0 && madvise(spool->base + spool->ready, more, MADV_POPULATE_WRITE) == 0)
		spool->ready = end;
	return spool->ready - spool->used;
}

void assay_spool_end(struct assay_spool *spool, uint64_t length)
{
	spool->used += round_up(length);
	spool->growing = false;
}

void assay_spool_release(struct assay_spool *spool, uint8_t *ptr, uint64_t length)
{
	uint64_t at = (uint64_t)(ptr - spool->base);

	if (at == spool->used) {
		length = spool->ready - spool->used;
		spool->growing = false;
	} else if (!spool->growing && at + round_up(length) == spool->used) {
		spool->used = at;
	}
	/* A file system that cannot take room back keeps it until the end. */
	if (length > 0)
		(void)madvise(ptr, round_up(length), MADV_REMOVE);
}
