/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/memory.h"
#include "rebuild/notify.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) /* Linux 5.19 */
#endif
#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449 /* Linux 5.16, the same everywhere */
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080 /* linux/sched.h */
#endif

/* The last system call of Linux 6.1, set_mempolicy_home_node: newer ones are not there inside. */
#define LAST_CALL 450
#define PROGRAM_MAX 32768 /* bytes; BPF_MAXINSNS is 4096 instructions of 8 */

/* When a rule looks at an argument. */
enum when {
	ALWAYS,
	NOT_EQUAL,
	HAS_BITS,
	LACKS_BITS
};

struct rule {
	int call;
	uint16_t answer; /* errno, or 0 for success without doing anything */
	enum when when;
	unsigned arg;
	uint64_t value;
};

#define REFUSE(name)                                                                               \
	{                                                                                          \
		SCMP_SYS(name), EPERM, ALWAYS, 0, 0                                                \
	}
#define MISSING(name)                                                                              \
	{                                                                                          \
		SCMP_SYS(name), ENOSYS, ALWAYS, 0, 0                                               \
	}
#define REFUSE_FLAG(name, flag)                                                                    \
	{                                                                                          \
		SCMP_SYS(name), EPERM, HAS_BITS, 0, flag                                           \
	}

static const struct rule rules[] = {
	/* Mounts and roots. */
	REFUSE(mount),
	REFUSE(umount2),
	REFUSE(move_mount),
	REFUSE(open_tree),
	REFUSE(fsopen),
	REFUSE(fsconfig),
	REFUSE(fsmount),
	REFUSE(fspick),
	REFUSE(mount_setattr),
	REFUSE(pivot_root),
	REFUSE(chroot),
	REFUSE(name_to_handle_at),
	REFUSE(open_by_handle_at),
	REFUSE(fanotify_init),
	REFUSE(quotactl),
	REFUSE(quotactl_fd),
	/* Namespaces: new capabilities would come with them. */
	REFUSE(setns),
	MISSING(clone3), /* its flags are in memory; the C library then uses clone */
	REFUSE_FLAG(clone, CLONE_NEWNS),
	REFUSE_FLAG(clone, CLONE_NEWCGROUP),
	REFUSE_FLAG(clone, CLONE_NEWUTS),
	REFUSE_FLAG(clone, CLONE_NEWIPC),
	REFUSE_FLAG(clone, CLONE_NEWUSER),
	REFUSE_FLAG(clone, CLONE_NEWPID),
	REFUSE_FLAG(clone, CLONE_NEWNET),
	REFUSE_FLAG(unshare, CLONE_NEWNS),
	REFUSE_FLAG(unshare, CLONE_NEWCGROUP),
	REFUSE_FLAG(unshare, CLONE_NEWUTS),
	REFUSE_FLAG(unshare, CLONE_NEWIPC),
	REFUSE_FLAG(unshare, CLONE_NEWUSER),
	REFUSE_FLAG(unshare, CLONE_NEWPID),
	REFUSE_FLAG(unshare, CLONE_NEWNET),
	REFUSE_FLAG(unshare, CLONE_NEWTIME),
	/* The kernel itself. */
	REFUSE(init_module),
	REFUSE(finit_module),
	REFUSE(delete_module),
	REFUSE(kexec_load),
	REFUSE(kexec_file_load),
	REFUSE(reboot),
	REFUSE(swapon),
	REFUSE(swapoff),
	REFUSE(acct),
	REFUSE(settimeofday),
	REFUSE(clock_settime),
	REFUSE(adjtimex),
	REFUSE(clock_adjtime),
	REFUSE(syslog),
	REFUSE(iopl),
	REFUSE(ioperm),
	REFUSE(vhangup),
	REFUSE(sethostname),
	REFUSE(setdomainname),
	REFUSE(bpf),
	REFUSE(perf_event_open),
	REFUSE(userfaultfd),
	/* Facilities that not every kernel has, or that know things about the host. */
	MISSING(io_uring_setup),
	MISSING(io_uring_enter),
	MISSING(io_uring_register),
	MISSING(keyctl),
	MISSING(add_key),
	MISSING(request_key),
	MISSING(lookup_dcookie),
	MISSING(get_mempolicy),
	MISSING(set_mempolicy),
	MISSING(mbind),
	MISSING(move_pages),
	MISSING(migrate_pages),
	MISSING(landlock_create_ruleset),
	MISSING(landlock_add_rule),
	MISSING(landlock_restrict_self),
	MISSING(memfd_secret),
	/*
	 * Limits of other processes: the kernel lets a program set those of every process of its
	 * user, init among them, whose capabilities do not count there (check_prlimit_permission).
	 * Without files or memory init could no longer watch over the build.
	 */
	{ SCMP_SYS(prlimit64), EPERM, NOT_EQUAL, 0, 0 },
	/* Pins. More processors cannot be had; groups of the caller cannot be dropped by a user. */
	REFUSE(sched_setaffinity),
	{ SCMP_SYS(getgroups), 0, ALWAYS, 0, 0 },
	/* Addresses stay where they are, whatever setarch(8) asks for. */
	{ SCMP_SYS(personality), 0, LACKS_BITS, 0, ADDR_NO_RANDOMIZE },
};

/* No sockets but local ones, where nobody is there to count the refusals. */
static const struct rule socket_rules[] = {
	{ SCMP_SYS(socket), EAFNOSUPPORT, NOT_EQUAL, 0, AF_UNIX },
	{ SCMP_SYS(socketpair), EAFNOSUPPORT, NOT_EQUAL, 0, AF_UNIX },
};

static int add_rule(scmp_filter_ctx ctx, const struct rule *rule, uint32_t action)
{
	struct scmp_arg_cmp cmp = { .arg = rule->arg,
		                    .op = SCMP_CMP_MASKED_EQ,
		                    .datum_a = rule->value };

	if (rule->when == NOT_EQUAL)
		cmp.op = SCMP_CMP_NE;
	if (rule->when == HAS_BITS)
		cmp.datum_b = rule->value;
	return seccomp_rule_add_array(ctx, action, rule->call, rule->when != ALWAYS, &cmp);
}

static int add_questions(scmp_filter_ctx ctx, const struct assay_machine *machine)
{
	struct assay_notify_rule row;
	int failed = 0;

	for (size_t i = 0; failed == 0 && assay_notify_rule(machine, i, &row); i++) {
		struct scmp_arg_cmp cmp = { .arg = row.arg,
			                    .op = row.equal ? SCMP_CMP_EQ : SCMP_CMP_NE,
			                    .datum_a = row.value };

		failed = seccomp_rule_add_array(ctx, SCMP_ACT_NOTIFY, row.call, row.conditional,
		                                &cmp);
	}
	return failed;
}

/* In: machine, NULL when there is nobody to ask */
static int add_rules(scmp_filter_ctx ctx, const struct assay_machine *machine)
{
	int failed = 0;

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rules) && failed == 0; i++)
		failed = add_rule(ctx, &rules[i], SCMP_ACT_ERRNO(rules[i].answer));
	if (machine != NULL)
		return failed < 0 ? failed : add_questions(ctx, machine);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(socket_rules) && failed == 0; i++)
		failed = add_rule(ctx, &socket_rules[i], SCMP_ACT_ERRNO(EAFNOSUPPORT));
	return failed;
}

static int export(scmp_filter_ctx ctx, struct assay_bytes *out, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = memfd_create("filter", MFD_CLOEXEC);
	ASSAY_AUTO_FREE uint8_t *program = NULL;
	int failed = fd < 0 ? -errno : seccomp_export_bpf(ctx, fd);
	off_t len;

	if (failed < 0) {
		errno = -failed;
		return assay_fail_errno(err, "write the system call filter");
	}
	len = lseek(fd, 0, SEEK_END);
	if (len <= 0 || len > PROGRAM_MAX)
		return assay_fail(err, ASSAY_E_SYSTEM, "a system call filter of %jd bytes",
		                  (intmax_t)len);
	program = assay_calloc(1, (size_t)len);
	if (pread(fd, program, (size_t)len, 0) != len)
		return assay_fail_errno(err, "read the system call filter");
	*out = (struct assay_bytes){ assay_steal(&program), (size_t)len };
	return 0;
}

static int make_main(const struct assay_machine *machine, struct assay_bytes *out,
                     struct assay_error *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int failed = ctx == NULL ? -ENOMEM : 0;

	if (failed == 0) /* calls of another ABI are not there; the default would kill */
		failed = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
	if (failed == 0) /* a binary tree, not a list */
		failed = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (failed == 0)
		failed = add_rules(ctx, machine);
	if (failed < 0) {
		errno = -failed;
		(void)assay_fail_errno(err, "make the system call filter");
	} else {
		failed = export(ctx, out, err);
	}
	if (ctx != NULL)
		seccomp_release(ctx);
	return failed < 0 ? -1 : 0;
}

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offset))
#define IF_EQUAL(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), yes, no)
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, value)
#define ARG(n) (offsetof(struct seccomp_data, args) + 8 * (n)) /* low half: little-endian */

/* Allow when both ids are -1 or the user's own. Jumps count from the next instruction. */
#define CHECK(uid_arg, gid_arg, user)                                                              \
	LOAD(ARG(uid_arg)), IF_EQUAL(-1, 1, 0), IF_EQUAL((user)->uid, 0, 4), LOAD(ARG(gid_arg)),   \
		IF_EQUAL(-1, 1, 0), IF_EQUAL((user)->gid, 0, 1), ANSWER(SECCOMP_RET_ALLOW),        \
		ANSWER(SECCOMP_RET_ERRNO | EPERM)
#define CHECK_LEN 8

/*
 * What libseccomp cannot say, as it allows one comparison for each argument: chown to anybody
 * but oneself is EPERM, as it is for a user of a normal system, and not EINVAL as it is where
 * only one id is mapped: fakeroot(1) forgives the one and not the other.
 */
static void make_guard(const struct assay_user *user, struct assay_bytes *out)
{
#ifndef __NR_chown /* newer architectures have fchownat only */
#define __NR_chown __NR_fchown
#define __NR_lchown __NR_fchown
#endif
	const struct sock_filter program[] = {
		LOAD(offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, LAST_CALL, 5 + 2 * CHECK_LEN, 0),
		IF_EQUAL(__NR_chown, 4, 0),
		IF_EQUAL(__NR_lchown, 3, 0),
		IF_EQUAL(__NR_fchown, 2, 0),
		IF_EQUAL(__NR_fchownat, 1 + CHECK_LEN, 0),
		ANSWER(SECCOMP_RET_ALLOW),
		CHECK(1, 2, user), /* chown, lchown, fchown */
		CHECK(2, 3, user), /* fchownat */
		ANSWER(SECCOMP_RET_ERRNO | ENOSYS),
	};

	*out = (struct assay_bytes){ assay_calloc(1, sizeof(program)), sizeof(program) };
	memcpy(out->ptr, program, sizeof(program));
}

int assay_filter_make(const struct assay_user *user, const struct assay_machine *machine,
                      struct assay_filter *out, struct assay_error *err)
{
	out->notify = machine != NULL;
	make_guard(user, &out->guard);
	if (make_main(machine, &out->main, err) < 0)
		return -1;
	return machine == NULL || machine->clock == NULL ? 0 : make_main(NULL, &out->quiet, err);
}

void assay_filter_fini(struct assay_filter *filter)
{
	assay_bytes_fini(&filter->guard);
	assay_bytes_fini(&filter->main);
	assay_bytes_fini(&filter->quiet);
}

static int load(const struct assay_bytes *program, unsigned long flags)
{
	struct sock_fprog prog = {
		.len = (unsigned short)(program->len / sizeof(struct sock_filter)),
		.filter = (struct sock_filter *)(void *)program->ptr,
	};

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}

int assay_filter_load(const struct assay_filter *filter, bool helper)
{
	/* Without this flag kernels before 5.16 make every program inside slower. */
	unsigned long flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	int fd;

	if (load(&filter->guard, flags) < 0)
		return -1;
	if (helper && filter->quiet.ptr != NULL)
		return load(&filter->quiet, flags);
	if (!filter->notify)
		return load(&filter->main, flags);
	flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	/* Without this one a program that gets many signals, as Go's do, asks again and again. */
	fd = load(&filter->main, flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
	if (fd < 0 && errno == EINVAL)
		fd = load(&filter->main, flags);
	return fd;
}

bool assay_filter_has_calls(struct assay_error *err)
{
	/* No futexes to wait for: EINVAL where it is known. The last call but one, and no option. */
	if (syscall(SYS_futex_waitv, NULL, 0, 0, NULL, 0) == 0 || errno != ENOSYS)
		return true;
	(void)assay_fail(err, ASSAY_E_SYSTEM, "this kernel lacks system calls that Linux 6.1 has");
	return false;
}

/* Yama's level at which nobody may attach to any process: Documentation/admin-guide/LSM/Yama.rst. */
#define YAMA_NO_ATTACH '3'

static bool yama_forbids(void)
{
	ASSAY_AUTO_CLOSE int fd = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC);
	char level = '0';

	return fd >= 0 && read(fd, &level, 1) == 1 && level == YAMA_NO_ATTACH;
}

#define TRY_STACK 16384 /* bytes, for a function that makes two system calls */

static int try_listener(void *context ASSAY_UNUSED)
{
	struct sock_filter allow[] = { ANSWER(SECCOMP_RET_ALLOW) };
	struct assay_bytes program = { (uint8_t *)allow, sizeof(allow) };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	       load(&program, SECCOMP_FILTER_FLAG_NEW_LISTENER) < 0;
}

bool assay_filter_can_notify(void)
{
	ASSAY_AUTO_FREE char *stack = NULL;
	int status;
	pid_t pid;

	if (yama_forbids())
		return false;
	/* A filter is a task's own: the child shares our memory, which costs no copy. */
	stack = assay_calloc(1, TRY_STACK);
	pid = clone(try_listener, stack + TRY_STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
	if (pid < 0)
		return false;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
