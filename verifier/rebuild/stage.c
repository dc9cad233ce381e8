/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the host into the namespaces. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/ioprio.h>
#include <locale.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "rebuild/container.h"
#include "rebuild/hindrance.h"
#include "rebuild/rlimits.h"
#include "rebuild/tree.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080 /* linux/sched.h */
#endif

#define STACK_SIZE 1048576 /* bytes, init's; only what is used is there */
#define GUARD_SIZE 65536   /* bytes below it, a multiple of every page size of Linux */

void assay_container_fail(const struct assay_container *container, const struct assay_error *err)
{
	struct assay_message message = { .type = ASSAY_MSG_TROUBLE, .error = *err };
	struct assay_error ignored = ASSAY_ERROR_INIT;

	_exit(assay_message_send(container->control, &message, -1, &ignored) < 0);
}

void assay_container_unpinned(const struct assay_container *container, enum assay_pin_id pin,
                              const char *fmt, ...)
{
	struct assay_message message = { .type = ASSAY_MSG_UNPINNED, .index = pin };
	struct assay_error err = ASSAY_ERROR_INIT;
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(message.text, sizeof(message.text), fmt, args);
	va_end(args);
	if (assay_message_send(container->control, &message, -1, &err) < 0)
		assay_container_fail(container, &err);
}

/* What only the host's root can change must be changed before the host is left. */
static void prepare(const struct assay_container *container)
{
	uint32_t processes = container->plan->manifest->build.limits.processes, low;
	struct sched_param other = { 0 };

	if (container->identity.foreign)
		(void)setgroups(0, NULL);
	if (setpriority(PRIO_PROCESS, 0, 0) < 0)
		assay_container_unpinned(
			container, ASSAY_PIN_NICE,
			"the caller's nice value is %d, and a user cannot lower it",
			getpriority(PRIO_PROCESS, 0));
	if (sched_setscheduler(0, SCHED_OTHER, &other) < 0)
		assay_container_unpinned(container, ASSAY_PIN_SCHEDULER,
		                         "the caller's scheduling policy cannot be left");
	(void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 0); /* init's can be asked for, too */
	low = assay_rlimits_raise(processes);
	for (size_t i = 0; i < ASSAY_RLIMITS; i++) {
		struct rlimit want = assay_rlimit_wanted(&assay_rlimits[i], processes), now;

		if ((low >> i & 1) == 0)
			continue;
		(void)getrlimit((__rlimit_resource_t)assay_rlimits[i].resource, &now);
		assay_container_unpinned(
			container, ASSAY_PIN_RLIMITS,
			"the hard limit of %s is %" PRIu64 " here, wanted %" PRIu64,
			assay_rlimits[i].name, (uint64_t)now.rlim_max, (uint64_t)want.rlim_max);
	}
}

/* Say which setting of this host is in the way, if it is one that we know. */
static int fail_namespaces(struct assay_error *err)
{
	const struct assay_hindrance *hindrance = assay_hindrance_find(geteuid() == 0);
	char text[256];

	(void)snprintf(text, sizeof(text), "%s", strerror(errno));
	if (hindrance == NULL)
		return assay_fail(err, ASSAY_E_SYSTEM,
		                  "make namespaces: %s (`assay doctor' says more)", text);
	return assay_fail(err, ASSAY_E_SYSTEM, "make namespaces: %s: %s is %s; %s", text,
	                  hindrance->name, hindrance->value, hindrance->todo);
}

static int leave_host(struct assay_error *err)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
	            CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_NEWTIME) < 0)
		return fail_namespaces(err);
	return 0;
}

/* Have the launcher map our ids: only from outside can root map one that is not its own. */
static int get_mapped(const struct assay_container *container, struct assay_error *err)
{
	struct assay_message message = { .type = ASSAY_MSG_UNSHARED };

	if (assay_message_send(container->control, &message, -1, err) < 0)
		return -1;
	if (assay_message_receive(container->control, &message, NULL, err) <= 0 ||
	    message.type != ASSAY_MSG_MAPPED)
		_exit(1); /* the launcher knows why */
	return 0;
}

static int become_user(const struct assay_user *user, struct assay_error *err)
{
	if (setresgid(user->gid, user->gid, user->gid) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0)
		return assay_fail_errno(err, "become uid %" PRIu32 " in the container", user->uid);
	return 0;
}

/* The offset that a clock has in our own time namespace already: 0 on most hosts. */
static struct timespec offset_now(const char *offsets, const char *name)
{
	const char *line = strstr(offsets, name);
	struct timespec offset = { 0 };
	char *end;

	if (line == NULL)
		return offset;
	offset.tv_sec = strtoll(line + strlen(name), &end, 10);
	offset.tv_nsec = strtol(end, NULL, 10);
	return offset;
}

/* What to add to the host's clock, so that it shows the constant now. */
static void add_offset(const char *offsets, const char *name, clockid_t clock,
                       struct assay_buffer *out)
{
	struct timespec now, ours = offset_now(offsets, name);
	int64_t ns;

	assay_clock_get(clock, &now);
	/* Seconds may be negative, nanoseconds not: borrow two seconds, and give back what is over. */
	ns = INT64_C(2000000000) - now.tv_nsec + ours.tv_nsec;
	assay_buffer_printf(out, "%s %" PRId64 " %" PRId64 "\n", name,
	                    ASSAY_PLAN_UPTIME - 2 - (int64_t)now.tv_sec + (int64_t)ours.tv_sec +
	                            ns / 1000000000,
	                    ns % 1000000000);
}

/* Let the clocks that count from the start of the machine begin at a constant. */
static int set_clocks(struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_CLOSE int fd = open("/proc/self/timens_offsets", O_RDWR | O_CLOEXEC);
	char offsets[256];
	ssize_t got;

	if (fd < 0)
		return assay_fail_errno(err, "open /proc/self/timens_offsets");
	got = read(fd, offsets, sizeof(offsets) - 1);
	if (got < 0)
		return assay_fail_errno(err, "read /proc/self/timens_offsets");
	offsets[got] = '\0';
	add_offset(offsets, "monotonic", CLOCK_MONOTONIC, &text);
	add_offset(offsets, "boottime", CLOCK_BOOTTIME, &text);
	/* In one go, and from the start: it takes no other writes. */
	if (lseek(fd, 0, SEEK_SET) < 0 || write(fd, text.ptr, text.len) != (ssize_t)text.len)
		return assay_fail_errno(err, "write /proc/self/timens_offsets");
	return 0;
}

/* unshare(2) is for children only, and one that shares our memory must have our clocks. */
static int enter_clocks(struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);

	return fd < 0 || setns(fd, CLONE_NEWTIME) < 0
	               ? assay_fail_errno(err, "enter the time namespace")
	               : 0;
}

static int enter(struct assay_container *container, struct assay_error *err)
{
	const struct assay_build *build = &container->plan->manifest->build;

	prepare(container);
	if (leave_host(err) < 0 || get_mapped(container, err) < 0)
		return -1;
	/* The old root must not hear of our mounts, nor we of its. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return assay_fail_errno(err, "make mounts private (`assay doctor' says more)");
	if (container->tree < 0)
		container->tree = assay_tree_plain(container->request->tree, err);
	if (container->tree < 0 || assay_tree_protect(container->tree, err) < 0)
		return -1;
	if (sethostname(build->machine.hostname, strlen(build->machine.hostname)) < 0 ||
	    setdomainname("(none)", 6) < 0)
		return assay_fail_errno(err, "set the host name");
	if (set_clocks(err) < 0 || enter_clocks(err) < 0)
		return -1;
	return become_user(&build->user, err);
}

/* Names in pax archives are UTF-8; the files of the locale are out of reach later. */
static void load_locale(const struct assay_manifest *manifest)
{
	unsigned i = 0;

	while (i < manifest->sources_count && manifest->sources[i].unpack != ASSAY_UNPACK_TAR)
		i++;
	if (i < manifest->sources_count)
		(void)uselocale(newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0));
}

static int run_init(void *context)
{
	assay_init_main(context);
}

/*
 * Init is made as a child of the launcher, not of the stage: so the launcher can wait for it, and
 * the kernel can kill it together with the launcher. It takes over the stage's memory, which costs
 * no copy: the stage does nothing any more but end.
 */
static pid_t start_init(struct assay_container *container)
{
	char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
	                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);

	if (stack == MAP_FAILED || mprotect(stack, GUARD_SIZE, PROT_NONE) < 0)
		return -1;
	/* Or the end of the stage would clear the thread id that locks of the C library look at. */
	(void)syscall(SYS_set_tid_address, NULL);
	return clone(run_init, stack + STACK_SIZE, CLONE_VM | CLONE_PARENT | SIGCHLD, container);
}

void assay_stage_main(struct assay_container *container)
{
	struct assay_error err = ASSAY_ERROR_INIT;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setsid(); /* ^C is for the launcher; and our process group is then init's too */
	load_locale(container->plan->manifest);
	if (enter(container, &err) < 0)
		assay_container_fail(container, &err);
	if (start_init(container) < 0) {
		(void)assay_fail_errno(&err, "start init");
		assay_container_fail(container, &err);
	}
	_exit(0);
}
