/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is in the file system, and what /proc tells. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "rebuild/inside/keys.h"

#define NAMES_MAX 2048 /* bytes of a listing; ours */

static void listing(const char *name, const char *path, int numbers)
{
	char list[NAMES_MAX] = "";
	struct dirent **entries;
	int len = 0, count = scandir(path, &entries, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		const char *entry = entries[i]->d_name;
		int is_number = entry[strspn(entry, "0123456789")] == '\0';

		if (entry[0] != '.' && (numbers || !is_number) && len < NAMES_MAX - 300)
			len += snprintf(list + len, sizeof(list) - (size_t)len, "%s ", entry);
		free(entries[i]);
	}
	inside_key(name, "%s", count < 0 ? "none" : list);
	if (count >= 0)
		free(entries);
}

static void folder(const char *mode_name, const char *fs_name, const char *path)
{
	struct statfs fs;
	struct stat st;

	if (stat(path, &st) < 0 || statfs(path, &fs) < 0) {
		inside_key(mode_name, "none");
		return;
	}
	inside_key(mode_name, "mode %o owner %u:%u", st.st_mode, st.st_uid, st.st_gid);
	inside_key(fs_name, "type %lx block %ld blocks %lu inodes %lu names %ld",
	           (unsigned long)fs.f_type, (long)fs.f_bsize, (unsigned long)fs.f_blocks,
	           (unsigned long)fs.f_files, (long)fs.f_namelen);
}

static void numbers(const char *name, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0)
		inside_key(name, "device %lx inode %lu size %lld links %lu",
		           (unsigned long)st.st_dev, (unsigned long)st.st_ino,
		           (long long)st.st_size, (unsigned long)st.st_nlink);
}

/* Files that exist on every Linux, and what the build sees of them. */
static const struct {
	const char *name, *path;
} files[] = {
	{ "user.passwd", "/etc/passwd" },
	{ "user.group", "/etc/group" },
	{ "files.hosts", "/etc/hosts" },
	{ "hostname.id", "/etc/hostid" },
	{ "files.resolv_conf", "/etc/resolv.conf" },
	{ "files.machine_id", "/etc/machine-id" },
	{ "files.localtime", "/etc/localtime" },
	{ "network.devices", "/proc/self/net/dev" },
	{ "network.addresses", "/proc/self/net/if_inet6" },
	{ "network.routes", "/proc/self/net/route" },
	{ "proc.cmdline", "/proc/cmdline" },
	{ "proc.cpuinfo", "/proc/cpuinfo" },
	{ "proc.devices", "/proc/devices" },
	{ "proc.diskstats", "/proc/diskstats" },
	{ "proc.filesystems", "/proc/filesystems" },
	{ "proc.interrupts", "/proc/interrupts" },
	{ "proc.kallsyms", "/proc/kallsyms" },
	{ "proc.loadavg", "/proc/loadavg" },
	{ "proc.meminfo", "/proc/meminfo" },
	{ "proc-pid.modules", "/proc/modules" },
	{ "proc.partitions", "/proc/partitions" },
	{ "proc.stat", "/proc/stat" },
	{ "proc.swaps", "/proc/swaps" },
	{ "proc.uptime", "/proc/uptime" },
	{ "proc.version", "/proc/version" },
	{ "proc.vmstat", "/proc/vmstat" },
	{ "proc.boot_id", "/proc/sys/kernel/random/boot_id" },
	{ "proc.domainname", "/proc/sys/kernel/domainname" },
	{ "proc.entropy", "/proc/sys/kernel/random/entropy_avail" },
	{ "proc.file_max", "/proc/sys/fs/file-max" },
	{ "proc.hostname", "/proc/sys/kernel/hostname" },
	{ "proc.osrelease", "/proc/sys/kernel/osrelease" },
	{ "proc.overcommit", "/proc/sys/vm/overcommit_memory" },
	{ "proc.pid_max", "/proc/sys/kernel/pid_max" },
	{ "proc.threads_max", "/proc/sys/kernel/threads-max" },
	{ "proc.uuid", "/proc/sys/kernel/random/uuid" },
	{ "proc.kernel_version", "/proc/sys/kernel/version" },
	{ "proc-pid.cgroup", "/proc/self/cgroup" },
	{ "proc-pid.mountinfo", "/proc/self/mountinfo" },
	{ "proc-pid.status", "/proc/self/status" },
};

void inside_files(void)
{
	char cwd[4096] = "";

	inside_key("files.cwd", "%s", getcwd(cwd, sizeof(cwd)) != NULL ? cwd : "none");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		inside_file(files[i].name, files[i].path);
	listing("files.root", "/", 1);
	listing("files.sources", ".", 1);
	listing("files.temporary", "/tmp", 1);
	listing("devices.names", "/dev", 1);
	listing("devices.sys", "/sys", 1);
	listing("proc-pid.names", "/proc", 0);
	folder("files.root_mode", "files.root_system", "/");
	folder("files.build_mode", "files.build_system", ".");
	folder("files.temporary_mode", "files.temporary_system", "/tmp");
	folder("owner.usr", "inodes.system", "/usr");
	numbers("inodes.usr", "/usr");
	numbers("inodes.build", ".");
}
