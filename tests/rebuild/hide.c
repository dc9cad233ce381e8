/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Take memory that no process has mapped, and then wait. Runs inside the container, linked
 * statically.
 *
 * usage: hide memfd|segments|shared MIB SECONDS
 *   memfd     written to, never mapped
 *   segments  System V segments of 16 MiB, each filled and let go of
 *   shared    a memfd with two descriptors that two processes have mapped: it counts once
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#define MIB (1UL << 20)
#define SEGMENT 16 /* MiB */

static int fill(int fd, unsigned long mib)
{
	static char block[MIB];

	memset(block, 1, sizeof(block));
	for (; mib > 0; mib--)
		if (write(fd, block, sizeof(block)) != (ssize_t)sizeof(block))
			return -1;
	return 0;
}

static int hide_memfd(unsigned long mib)
{
	return fill(memfd_create("hidden", 0), mib);
}

static int hide_segments(unsigned long mib)
{
	for (; mib >= SEGMENT; mib -= SEGMENT) {
		int id = shmget(IPC_PRIVATE, SEGMENT * MIB, IPC_CREAT | 0600);
		void *segment = id < 0 ? (void *)-1 : shmat(id, NULL, 0);

		if (segment == (void *)-1)
			return -1;
		memset(segment, 1, SEGMENT * MIB);
		(void)shmdt(segment);
	}
	return 0;
}

static int share(unsigned long mib)
{
	int fd = memfd_create("shared", 0);
	volatile char *memory;

	if (fill(fd, mib) < 0 || dup(fd) < 0 || fork() < 0)
		return -1;
	memory = mmap(NULL, mib * MIB, PROT_READ, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return -1;
	for (size_t i = 0; i < mib * MIB; i += 4096)
		(void)memory[i];
	return 0;
}

int main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		int (*hide)(unsigned long mib);
	} ways[] = { { "memfd", hide_memfd }, { "segments", hide_segments }, { "shared", share } };

	for (size_t i = 0; argc == 4 && i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(argv[1], ways[i].name) != 0)
			continue;
		if (ways[i].hide(strtoul(argv[2], NULL, 10)) < 0) {
			perror(argv[1]);
			return 1;
		}
		(void)sleep((unsigned)strtoul(argv[3], NULL, 10));
		return 0;
	}
	return 64;
}
