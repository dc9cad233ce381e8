/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a program can learn about time, file times and chance, by every way there is. Linked
 * statically and dynamically for the tests.
 *
 * usage: times now | stat PATH | errors | random | thread PROGRAM | vfork PROGRAM | traced PROGRAM
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void now(void)
{
	struct timespec ts = { 0 };
	struct timeval tv = { 0 };
	time_t t = 0;

	(void)printf("time %ld\n", (long)time(NULL));
	(void)gettimeofday(&tv, NULL);
	(void)printf("gettimeofday %ld\n", (long)tv.tv_sec);
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	(void)printf("realtime %ld\n", (long)ts.tv_sec);
	(void)clock_gettime(CLOCK_REALTIME_COARSE, &ts);
	(void)printf("coarse %ld\n", (long)ts.tv_sec);
	(void)clock_gettime(CLOCK_TAI, &ts);
	(void)printf("tai %ld\n", (long)ts.tv_sec);
	(void)syscall(SYS_time, &t);
	(void)printf("call-time %ld\n", (long)t);
	(void)syscall(SYS_gettimeofday, &tv, NULL);
	(void)printf("call-gettimeofday %ld\n", (long)tv.tv_sec);
	(void)syscall(SYS_clock_gettime, CLOCK_REALTIME, &ts);
	(void)printf("call-clock_gettime %ld\n", (long)ts.tv_sec);
	(void)printf("vdso %s\n", getauxval(AT_SYSINFO_EHDR) == 0 ? "none" : "there");
}

static void show(const char *name, long failed, const struct stat *st)
{
	if (failed < 0)
		(void)printf("%s %s\n", name, strerror(errno));
	else
		(void)printf("%s %ld %ld %ld mode %o size %ld\n", name, (long)st->st_mtim.tv_sec,
		             (long)st->st_ctim.tv_sec, (long)st->st_atim.tv_sec, st->st_mode,
		             (long)st->st_size);
}

static void show_statx(const char *name, long failed, const struct statx *st)
{
	if (failed < 0)
		(void)printf("%s %s\n", name, strerror(errno));
	else
		(void)printf("%s %ld %ld %ld mode %o size %ld\n", name, (long)st->stx_mtime.tv_sec,
		             (long)st->stx_ctime.tv_sec, (long)st->stx_atime.tv_sec, st->stx_mode,
		             (long)st->stx_size);
}

static void all(const char *path)
{
	int fd = open(path, O_RDONLY), dir = open(".", O_PATH | O_DIRECTORY);
	struct statx stx;
	struct stat st;

	show("stat", stat(path, &st), &st);
	show("lstat", lstat(path, &st), &st);
	show("fstat", fstat(fd, &st), &st);
	show("fstatat", fstatat(dir, path, &st, 0), &st);
	show("fstatat-empty", fstatat(fd, "", &st, AT_EMPTY_PATH), &st);
	show("call-stat", syscall(SYS_stat, path, &st), &st);
	show("call-lstat", syscall(SYS_lstat, path, &st), &st);
	show("call-fstat", syscall(SYS_fstat, fd, &st), &st);
	show_statx("statx", statx(dir, path, 0, STATX_ALL, &stx), &stx);
	show_statx("statx-empty", statx(fd, "", AT_EMPTY_PATH, STATX_ALL, &stx), &stx);
	(void)close(fd);
	(void)close(dir);
}

/* 0, or what the call before said is wrong. */
static int told(long got)
{
	return got < 0 ? errno : 0;
}

/* What must be the same with and without answers by somebody else. Numbers only where fixed. */
static void errors(void)
{
	static char longer[5000];
	char *unmapped = (char *)8;
	int ends[2], dir = open(".", O_RDONLY);
	struct statx stx;
	struct stat st = { 0 };
	const char *const paths[] = {
		"",     "missing",   "file/x", "loop",     "closed/x",
		longer, "/missing/", ".",      "dangling", "/proc/self/missing",
		"link", "file",      "/",      "closed",   "/proc/self/fd/77"
	};

	memset(longer, 'a', sizeof(longer) - 1);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		(void)printf("%.20s: stat %d", paths[i], told(stat(paths[i], &st)));
		(void)printf(", lstat %d", told(lstat(paths[i], &st)));
		(void)printf(" %o", st.st_mode & S_IFMT);
		(void)printf(", at %d", told(fstatat(dir, paths[i], &st, AT_SYMLINK_NOFOLLOW)));
		(void)printf(", closed %d\n", told(statx(77, paths[i], AT_EMPTY_PATH, 0, &stx)));
	}
	(void)printf("bad path: %d\n", told(syscall(SYS_newfstatat, AT_FDCWD, unmapped, &st, 0)));
	(void)printf("bad buffer: %d\n", told(syscall(SYS_newfstatat, AT_FDCWD, ".", unmapped, 0)));
	(void)printf("bad flags: %d\n", told(syscall(SYS_newfstatat, AT_FDCWD, ".", &st, 1 << 30)));
	(void)printf("bad descriptor: %d\n", told(fstat(77, &st)));
	(void)printf("no descriptor: %d\n", told(fstat(-1, &st)));
	if (pipe(ends) == 0 && fstat(ends[0], &st) == 0)
		(void)printf("pipe: %o\n", st.st_mode);
	(void)printf("self: %d", told(stat("/proc/self/exe", &st)));
	(void)printf(" %o\n", st.st_mode);
	(void)printf("bad clock: %d\n", told(syscall(SYS_clock_gettime, 0, unmapped)));
	(void)printf("bad time: %d\n", told(syscall(SYS_gettimeofday, unmapped, NULL)));
	(void)printf("no random: %d\n", told(syscall(SYS_getrandom, unmapped, 8, 0)));
}

static void hex(const char *name, const unsigned char *bytes, size_t len)
{
	(void)printf("%s ", name);
	for (size_t i = 0; i < len; i++)
		(void)printf("%02x", bytes[i]);
	(void)printf("\n");
	(void)fflush(stdout);
}

static void chance(void)
{
	static unsigned char bytes[100000];
	int fd = open("/dev/urandom", O_RDONLY);

	hex("start", (const unsigned char *)getauxval(AT_RANDOM), 16);
	(void)printf("device %ld\n", (long)read(fd, bytes, 8));
	hex("device", bytes, 8);
	hex("first", bytes, getrandom(bytes, 5, 0) == 5 ? 5 : 0);
	hex("second", bytes, getrandom(bytes, 16, 0) == 16 ? 16 : 0);
	(void)printf("much %d\n", getrandom(bytes, sizeof(bytes), 0) >= 256);
	(void)fflush(stdout);
	if (fork() == 0) {
		hex("child", bytes, getrandom(bytes, 5, 0) == 5 ? 5 : 0);
		exit(0);
	}
	(void)wait(NULL);
}

static const char *program;

static void *run(void *unused)
{
	(void)unused;
	(void)execl("/missing", "x", (char *)NULL);
	(void)execl(program, program, "now", (char *)NULL);
	return NULL;
}

static void traced(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		(void)run(NULL);
		exit(1);
	}
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
		(void)ptrace(PTRACE_CONT, pid, NULL, NULL);
}

int main(int argc, char *argv[])
{
	const char *mode = argc > 1 ? argv[1] : "now";
	pthread_t thread;

	program = argc > 2 ? argv[2] : "";
	if (strcmp(mode, "now") == 0)
		now();
	else if (strcmp(mode, "stat") == 0)
		all(program);
	else if (strcmp(mode, "errors") == 0)
		errors();
	else if (strcmp(mode, "random") == 0)
		chance();
	else if (strcmp(mode, "traced") == 0)
		traced();
	else if (strcmp(mode, "thread") == 0)
		(void)(pthread_create(&thread, NULL, run, NULL) == 0 && pthread_join(thread, NULL));
	else if (strcmp(mode, "vfork") == 0 && vfork() == 0)
		(void)run(NULL);
	else
		(void)wait(NULL);
	return 0;
}
