/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unpack/sandbox.h"

#include <errno.h>
#include <linux/close_range.h>
#include <malloc.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
	__has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* All that may be called, whatever the arguments are. Anything else ends the process. */
static const int allowed[] = {
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(madvise),
	SCMP_SYS(mprotect),
	SCMP_SYS(mremap),
	SCMP_SYS(munmap),
	/* threads */
	SCMP_SYS(exit),
	SCMP_SYS(futex),
	SCMP_SYS(rseq),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_yield),
	SCMP_SYS(set_robust_list),
	/* the end */
	SCMP_SYS(exit_group),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	/* time, where the kernel has no vDSO for it */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettid),
	SCMP_SYS(getpid),
	SCMP_SYS(restart_syscall),
	/* how much memory there is: qsort(3) asks */
	SCMP_SYS(sysinfo),
};

/* What may be called with some arguments only. */
static int add_conditions(scmp_filter_ctx filter)
{
	const unsigned long thread =
		CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;
	int bad = 0;

	bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
	                        SCMP_A0(SCMP_CMP_EQ, ASSAY_SANDBOX_FD));
	/* Standard error is closed: what base/die.h says there is lost. */
	bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(writev), 1,
	                        SCMP_A0(SCMP_CMP_EQ, STDERR_FILENO));
	/* Memory without a file behind it: there is no descriptor left that has one. */
	bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
	                        SCMP_A4(SCMP_CMP_MASKED_EQ, 0xffffffffu, 0xffffffffu));
	/* A thread, never a process. The arguments of clone3 cannot be seen: glibc then takes clone. */
	bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
	                        SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread));
	bad |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return bad;
}

static int load_filter(struct assay_error *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int bad;

	if (filter == NULL)
		return assay_fail(err, ASSAY_E_SYSTEM, "libseccomp cannot start");
	bad = add_conditions(filter);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(allowed); i++)
		bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	bad = bad != 0 ? bad : seccomp_load(filter);
	seccomp_release(filter);
	if (bad != 0)
		return assay_fail(err, ASSAY_E_SYSTEM,
		                  "this kernel takes no filter of system calls (seccomp)");
	return 0;
}

static int set_limit(int resource, uint64_t value, struct assay_error *err)
{
	struct rlimit limit;

	if (getrlimit((__rlimit_resource_t)resource, &limit) < 0)
		return assay_fail_errno(err, "getrlimit");
	if (value < limit.rlim_max)
		limit.rlim_max = value;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit((__rlimit_resource_t)resource, &limit) < 0)
		return assay_fail_errno(err, "setrlimit");
	return 0;
}

static int set_limits(uint64_t memory, uint64_t cpu, struct assay_error *err)
{
	if (!SANITIZED && set_limit(RLIMIT_AS, memory, err) < 0)
		return -1;
	if (set_limit(RLIMIT_CPU, cpu, err) < 0 || set_limit(RLIMIT_CORE, 0, err) < 0 ||
	    set_limit(RLIMIT_FSIZE, 0, err) < 0)
		return -1;
	return set_limit(RLIMIT_NOFILE, ASSAY_SANDBOX_FD + 1, err);
}

/* Keep one descriptor and nothing else, standard error included. */
static int keep_only(int output, struct assay_error *err)
{
	if (output != ASSAY_SANDBOX_FD && dup2(output, ASSAY_SANDBOX_FD) < 0)
		return assay_fail_errno(err, "dup2");
	if (syscall(SYS_close_range, 0U, (unsigned)ASSAY_SANDBOX_FD - 1, 0U) < 0 ||
	    syscall(SYS_close_range, (unsigned)ASSAY_SANDBOX_FD + 1, ~0U, 0U) < 0)
		return assay_fail_errno(err, "close_range");
	return 0;
}

/* A handler that was set before the fork belongs to somebody else. */
static void reset_signals(void)
{
	for (int number = 1; number < NSIG; number++)
		(void)!signal(number, SIG_DFL); /* the first real-time ones are glibc's own */
}

int assay_sandbox_enter(int output, uint64_t memory, uint64_t cpu, struct assay_error *err)
{
	/* First, so that whatever goes wrong after it can be told. */
	if (keep_only(output, err) < 0)
		return -1;
	/* glibc asks a file about the host when it gives back memory of a thread's own arena. */
	if (!SANITIZED && mallopt(M_ARENA_MAX, 1) != 1)
		return assay_fail(err, ASSAY_E_SYSTEM, "mallopt");
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0) < 0)
		return assay_fail_errno(err, "prctl");
	reset_signals();
	if (set_limits(memory, cpu, err) < 0)
		return -1;
	return SANITIZED ? 0 : load_filter(err);
}
