/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/trace.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "base/memory.h"
#include "rebuild/chance.h"

#define WORD sizeof(uint64_t)
#define BLOCK 512 /* words read from a stack at once: most programs need no second block */
/* Pointers to arguments and variables: the kernel allows 6 MiB of text for them, execve(2). */
#define WORDS_MAX (UINT64_C(1) << 23)
#define RANDOM_SIZE 16 /* bytes at AT_RANDOM: getauxval(3) */

bool assay_trace_begin(pid_t pid)
{
	char path[32], line[256];
	FILE *status;
	bool ours = false;

	/* Should we die, nobody lets it go on: so it goes with us. */
	if (ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) == 0 ||
	    errno == ESRCH)
		return true;
	/* Watched already: by us since an execve(2) that failed, or by a debugger. */
	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	status = fopen(path, "re");
	while (status != NULL && fgets(line, sizeof(line), status) != NULL)
		ours = ours || strcmp(line, "TracerPid:\t1\n") == 0;
	if (status != NULL)
		(void)fclose(status);
	return ours;
}

/* A new stack, a block at a time. */
struct stack {
	pid_t pid;
	uint64_t base;  /* address: where the number of arguments is */
	uint64_t block; /* which block is in words; in words from base */
	size_t count;   /* words that are there */
	uint64_t words[BLOCK];
};

static bool find_stack(pid_t pid, struct stack *out)
{
	struct user_regs_struct regs;
	struct iovec iov = { &regs, sizeof(regs) };

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov) < 0)
		return false;
	out->pid = pid;
	out->count = 0;
	out->block = 0;
#ifdef __x86_64__
	out->base = regs.rsp;
#else
	out->base = regs.sp;
#endif
	return true;
}

/* Return: false where the stack ends */
static bool get(struct stack *stack, uint64_t index, uint64_t *word)
{
	if (index < stack->block || index >= stack->block + stack->count) {
		struct iovec to = { stack->words, sizeof(stack->words) };
		struct iovec from = { (void *)(uintptr_t)(stack->base + index * WORD),
			              sizeof(stack->words) };
		ssize_t got;

		/* Near the top there may be less than a block: then as much as is there. */
		got = process_vm_readv(stack->pid, &to, 1, &from, 1, 0);
		if (got < (ssize_t)WORD || index > WORDS_MAX)
			return false;
		stack->block = index;
		stack->count = (size_t)got / WORD;
	}
	*word = stack->words[index - stack->block];
	return true;
}

static bool put(pid_t pid, uint64_t address, const void *ptr, size_t len)
{
	struct iovec from = { (void *)(uintptr_t)ptr, len };
	struct iovec to = { (void *)(uintptr_t)address, len };

	return process_vm_writev(pid, &from, 1, &to, 1, 0) == (ssize_t)len;
}

/* Where the auxiliary vector begins: behind the arguments and the environment. */
static bool find_vector(struct stack *stack, uint64_t *index)
{
	uint64_t arguments, word;

	if (!get(stack, 0, &arguments) || arguments > WORDS_MAX)
		return false;
	*index = arguments + 2; /* the count itself, and the NULL behind the last one */
	do
		if (!get(stack, (*index)++, &word))
			return false;
	while (word != 0);
	return true;
}

static bool change_vector(struct stack *stack, const struct assay_machine *machine)
{
	const uint64_t ignored = AT_IGNORE;
	uint8_t bytes[RANDOM_SIZE];
	uint64_t index, type, value;

	if (!find_vector(stack, &index))
		return false;
	for (;; index += 2) {
		if (!get(stack, index, &type) || !get(stack, index + 1, &value))
			return false;
		if (type == AT_NULL)
			return true;
		if (type == AT_SYSINFO_EHDR && machine->clock != NULL &&
		    !put(stack->pid, stack->base + index * WORD, &ignored, sizeof(ignored)))
			return false;
		if (type != AT_RANDOM || machine->random == NULL)
			continue;
		assay_chance_fill(machine->random->seed, ASSAY_CHANCE_START, 0, bytes,
		                  sizeof(bytes));
		if (!put(stack->pid, value, bytes, sizeof(bytes)))
			return false;
	}
}

int assay_trace_stop(pid_t pid, int status, bool first, const struct assay_machine *machine)
{
	int sig = WSTOPSIG(status), event = status >> 16;
	static struct stack stack; /* too large for a stack; init has one thread */
	int result = 0;

	/* Without options the stop at execve(2) is a plain signal: ptrace(2). */
	if (event == PTRACE_EVENT_EXEC || (first && event == 0 && sig == SIGTRAP))
		result = find_stack(pid, &stack) && change_vector(&stack, machine) ? 1 : -1;
	if (event != 0 || result != 0)
		sig = 0;
	(void)ptrace(PTRACE_DETACH, pid, NULL, sig);
	return result;
}
