/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "base/memory.h"
#include "rebuild/answer.h"
#include "rebuild/proc.h"

#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP /* Linux 6.6 */
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif

int64_t assay_answer_give(const struct seccomp_notif *request, unsigned arg, const void *ptr,
                          size_t len)
{
	struct iovec from = { (void *)(uintptr_t)ptr, len };
	struct iovec to = { (void *)(uintptr_t)request->data.args[arg], len };

	return process_vm_writev((pid_t)request->pid, &from, 1, &to, 1, 0) == (ssize_t)len
	               ? 0
	               : -EFAULT;
}

static int64_t answer_uname(struct assay_notify *notify, const struct seccomp_notif *request)
{
	struct utsname name;

	assay_proc_uname(notify->machine, &name);
	return assay_answer_give(request, 0, &name, sizeof(name));
}

static int64_t answer_sysinfo(struct assay_notify *notify, const struct seccomp_notif *request)
{
	struct sysinfo info;

	assay_proc_sysinfo(notify->machine, &info);
	return assay_answer_give(request, 0, &info, sizeof(info));
}

#define MASK_BYTES 128 /* for CPU_SETSIZE processors: sched_getaffinity(2) */

/* The first processors, as many as there are to be, whichever the host really lets us use. */
static int64_t answer_affinity(struct assay_notify *notify, const struct seccomp_notif *request)
{
	uint8_t mask[MASK_BYTES] = { 0 };
	uint32_t cpus = notify->machine->cpus;
	uint32_t len = (uint32_t)request->data.args[1], need = (cpus + 63) / 64 * 8;
	int64_t given;

	if (len < need || len % 8 != 0 || need > MASK_BYTES)
		return -EINVAL;
	for (uint32_t i = 0; i < cpus; i++)
		mask[i / 8] |= (uint8_t)(1u << i % 8); /* little-endian words */
	given = assay_answer_give(request, 2, mask, need);
	return given < 0 ? given : (int64_t)need;
}

/* The name of a program, from /proc/PID/comm. */
static void get_comm(uint32_t pid, char comm[17])
{
	ASSAY_AUTO_CLOSE int fd = -1;
	char path[32];
	ssize_t got;

	(void)snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? 0 : read(fd, comm, 16);
	comm[got > 0 ? got : 0] = '\0';
	comm[strcspn(comm, "\n")] = '\0';
}

static struct assay_refusal *find_refusal(struct assay_notify *notify, const char *comm, int call,
                                          int family)
{
	struct assay_refusal *row;

	for (unsigned i = 0; i < notify->refusal_count; i++) {
		row = &notify->refusals[i];
		if (row->call == call && row->family == family && strcmp(row->comm, comm) == 0)
			return row;
	}
	if (notify->refusal_count == ASSAY_REFUSALS_MAX)
		return NULL;
	row = &notify->refusals[notify->refusal_count++];
	*row = (struct assay_refusal){ .call = call, .family = family };
	(void)snprintf(row->comm, sizeof(row->comm), "%s", comm);
	return row;
}

static int64_t refuse_socket(struct assay_notify *notify, const struct seccomp_notif *request)
{
	struct assay_refusal *row;
	char comm[17];

	get_comm(request->pid, comm);
	row = find_refusal(notify, comm, request->data.nr, (int)request->data.args[0]);
	if (row != NULL)
		row->count++;
	else
		notify->more++;
	return -EAFNOSUPPORT;
}

/* What a row is asked about for. */
enum need {
	ALWAYS,
	CLOCK, /* a pinned clock */
	RANDOM,
	EITHER
};

#define ANY false, false, 0, 0
#define IF(arg, value) true, true, arg, value
#define UNLESS(arg, value) true, false, arg, value
#define CLOCK_IS(id) IF(0, id)

/* x86-64 has old calls that newer architectures never had. */
#ifndef SYS_time
#define SYS_time SYS_gettimeofday
#define SYS_stat SYS_newfstatat
#define SYS_lstat SYS_newfstatat
#define assay_answer_time assay_answer_gettimeofday
#define assay_answer_stat assay_answer_newfstatat
#define assay_answer_lstat assay_answer_newfstatat
#endif

/* The first row with a call answers it. CLOCK_REALTIME and those that follow it: clock_gettime(2). */
static const struct {
	enum need need;
	struct assay_notify_rule rule;
	assay_answer_fn *answer;
} rows[] = {
	{ ALWAYS, { SYS_uname, ANY }, answer_uname },
	{ ALWAYS, { SYS_sysinfo, ANY }, answer_sysinfo },
	{ ALWAYS, { SYS_sched_getaffinity, ANY }, answer_affinity },
	/* No sockets but local ones. */
	{ ALWAYS, { SYS_socket, UNLESS(0, AF_UNIX) }, refuse_socket },
	{ ALWAYS, { SYS_socketpair, UNLESS(0, AF_UNIX) }, refuse_socket },
	{ EITHER, { SYS_execve, UNLESS(5, ASSAY_NOTIFY_EXEC) }, assay_answer_exec },
	{ EITHER, { SYS_execveat, UNLESS(5, ASSAY_NOTIFY_EXEC) }, assay_answer_exec },
	{ CLOCK, { SYS_time, ANY }, assay_answer_time },
	{ CLOCK, { SYS_gettimeofday, ANY }, assay_answer_gettimeofday },
	{ CLOCK, { SYS_clock_gettime, CLOCK_IS(CLOCK_REALTIME) }, assay_answer_clock_gettime },
	{ CLOCK,
	  { SYS_clock_gettime, CLOCK_IS(CLOCK_REALTIME_COARSE) },
	  assay_answer_clock_gettime },
	{ CLOCK,
	  { SYS_clock_gettime, CLOCK_IS(CLOCK_REALTIME_ALARM) },
	  assay_answer_clock_gettime },
	{ CLOCK, { SYS_clock_gettime, CLOCK_IS(CLOCK_TAI) }, assay_answer_clock_gettime },
	{ CLOCK, { SYS_stat, ANY }, assay_answer_stat },
	{ CLOCK, { SYS_lstat, ANY }, assay_answer_lstat },
	{ CLOCK, { SYS_fstat, ANY }, assay_answer_fstat },
	{ CLOCK, { SYS_newfstatat, ANY }, assay_answer_newfstatat },
	{ CLOCK, { SYS_statx, ANY }, assay_answer_statx },
	{ RANDOM, { SYS_getrandom, ANY }, assay_answer_getrandom },
};

static bool is_needed(const struct assay_machine *machine, enum need need)
{
	bool clock = machine->clock != NULL, random = machine->random != NULL;

	return need == ALWAYS || (clock && need != RANDOM) || (random && need != CLOCK);
}

bool assay_notify_rule(const struct assay_machine *machine, size_t index,
                       struct assay_notify_rule *out)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++) {
		if (!is_needed(machine, rows[i].need) || index-- > 0)
			continue;
		*out = rows[i].rule;
		return true;
	}
	return false;
}

int assay_notify_init(struct assay_notify *notify, const struct assay_machine *machine,
                      struct assay_error *err)
{
	struct seccomp_notif_sizes sizes;

	*notify = (struct assay_notify){ .machine = machine };
	if (machine->clock != NULL)
		assay_moment_begin(&notify->moment, machine->clock);
	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0)
		return assay_fail_errno(err, "ask for the size of system call notifications");
	notify->request_size = sizes.seccomp_notif;
	if (notify->request_size < sizeof(*notify->request))
		notify->request_size = sizeof(*notify->request);
	notify->request = assay_calloc(1, notify->request_size);
	notify->response = assay_calloc(1, sizes.seccomp_notif_resp + sizeof(*notify->response));
	return 0;
}

void assay_notify_tune(int fd)
{
	(void)ioctl(fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
}

static int64_t answer(struct assay_notify *notify, const struct seccomp_notif *request)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++)
		if (rows[i].rule.call == request->data.nr)
			return rows[i].answer(notify, request);
	return -ENOSYS;
}

void assay_notify_answer(struct assay_notify *notify, int fd)
{
	int64_t value;

	memset(notify->request, 0, notify->request_size);
	/* An asker that was killed in between leaves ENOENT behind: nobody to answer. */
	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, notify->request) < 0)
		return;
	value = answer(notify, notify->request);
	*notify->response = (struct seccomp_notif_resp){
		.id = notify->request->id,
		.error = value < 0 ? (int32_t)value : 0,
		.val = value < 0 ? 0 : value,
	};
	if (value == ASSAY_ANSWER_CONTINUE)
		*notify->response =
			(struct seccomp_notif_resp){ .id = notify->request->id,
			                             .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
	(void)ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, notify->response);
}

const char *assay_refusal_call(const struct assay_refusal *refusal)
{
	return refusal->call == SYS_socketpair ? "socketpair" : "socket";
}

const char *assay_refusal_family(const struct assay_refusal *refusal)
{
	static const struct {
		int family;
		const char *name;
	} families[] = {
		{ AF_INET, "AF_INET" },
		{ AF_INET6, "AF_INET6" },
		{ AF_NETLINK, "AF_NETLINK" },
		{ AF_PACKET, "AF_PACKET" },
		{ AF_ALG, "AF_ALG" },
		{ AF_VSOCK, "AF_VSOCK" },
		{ AF_BLUETOOTH, "AF_BLUETOOTH" },
	};

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(families); i++)
		if (families[i].family == refusal->family)
			return families[i].name;
	return NULL;
}
