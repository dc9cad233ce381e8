#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What a build can see and reach, and what it is stopped from.
# shellcheck disable=SC2016,SC2034,SC2119 # scripts in quotes; box.sh reads m_*; plain build
set -u
. "${top_srcdir:?}/tests/rebuild/box.sh"
who=$(id -u)

# saw TEXT LINE: the output of look has exactly this line
saw()
{
	grep -Fxq "$2" result/out
	tap_result=$?
	[ $tap_result -eq 0 ] || { echo "# not there: $2" && grep "^${2%%:*}:" result/out | sed 's/^/# there: /'; }
	result $tap_result "$1 (uid $who)"
}

m_cpus=2
[ "$(nproc)" -ge 2 ] || m_cpus=1
m_env=', B: two words, A: "1"'
m_umask=0027
builds "looking around" 'look >out'
same "level" L1 "$(field level)"

saw "uname is the manifest's" \
	"uname: Linux|assay|6.1.0-0-amd64|#1 SMP Debian|$(uname -m)|(none)"
saw "memory is the manifest's" \
	"sysinfo: up 1000 load 0 0 0 ram 4294967296 2147483648 0 0 swap 0 0 procs 1 high 0 0 unit 1"
saw "processors are the manifest's" "processors: $m_cpus $m_cpus"
saw "user" "uids: 1000 1000 1000"
saw "group" "gids: 1000 1000 1000"
saw "no other groups" "groups: 0"
saw "umask" "umask: 027"
saw "clock since boot" "boottime: just over 1000"
saw "monotonic clock" "monotonic: just over 1000"
saw "no new privileges" "no-new-privs: 1"
saw "system calls are filtered" "seccomp: 2"
saw "no capabilities" "capabilities: 0 0 0 0 0 0, bounding 0"
saw "no randomised addresses" "personality: 40000"
saw "signals are default" "signals not default:"
saw "signals are not blocked" "signals blocked:"
saw "standard input is a device" "descriptor 0: type 20000 flags 100000 tty 0"
saw "standard error is a pipe" "descriptor 2: type 10000 flags 1 tty 0"
same "three descriptors" 3 "$(grep -c '^descriptor' result/out)"
saw "no terminal" "terminal: No such file or directory"
saw "folder" "cwd: /build/box"
saw "stack limit" "rlimit 3: 8388608 18446744073709551615"
saw "no core dumps, and no handler either" "rlimit 4: 1 1"
saw "process limit" "rlimit 6: 464 464"
saw "file limit" "rlimit 7: 1024 4096"
same "environment" "environment: A=1
environment: B=two words
environment: HOME=/nonexistent
environment: LC_ALL=C
environment: PATH=/bin
environment: PWD=/build/box
environment: SHLVL=1
environment: SOURCE_DATE_EPOCH=1669357904" "$(grep ^environment: result/out | sort)"
saw "uid map" "file /proc/self/uid_map:       1000       1000          1"
saw "kernel in /proc" "file /proc/sys/kernel/osrelease: 6.1.0-0-amd64"
saw "boot id" "file /proc/sys/kernel/random/boot_id: 00000000-0000-4000-8000-000000000000"
saw "init is hidden" "file /proc/1/comm: No such file or directory"
saw "no network" "socket 2: Address family not supported by protocol"
saw "local sockets work" "socket 1: made"
same "no routes" 0 "$(grep -cE "^file /proc/net/route: [a-z]" result/out)"
same "no IPv6 addresses: lo is down" 0 "$(grep -c "^file /proc/net/if_inet6: [0-9a-f]" result/out)"
saw "the build folder has the sources" "folder .: . .. out empty"
for call in unshare clone setns mount bpf perf_event_open userfaultfd syslog chroot sched_setaffinity; do
	saw "$call is refused" "call $call: Operation not permitted"
done
for call in clone3 keyctl io_uring_setup "new call" "x32 call"; do
	saw "$call is not there" "call $call: Function not implemented"
done
for what in "limit init" "limits of init" "renice init" "trace init" "chown root"; do
	saw "$what is refused" "call $what: Operation not permitted"
done
saw "own limits can be asked for" "call own limits: works"
saw "addresses stay" "personality still: 40000"
saw "chown to others is EPERM, for fakeroot" "chown other: Operation not permitted"
saw "chown to oneself works" "chown same: works"
saw "chown to nobody in particular works" "chown none: works"
saw "chgrp to others is EPERM" "chgrp other: Operation not permitted"
saw "no /sys" "place /sys: No such file or directory"
saw "disk has the size of the manifest" \
	"place .: mode 40755 owner 1000:1000 type 1021994 block 4096 blocks 16384 inodes 65536 flags 1026"
saw "the toolchain belongs to the build user" "$(grep '^place /bin:' result/out | sed 's/owner [^ ]*/owner 1000:1000/')"
for family in AF_INET AF_INET6 AF_NETLINK AF_PACKET AF_VSOCK; do
	says "refused $family is in the record (uid $who)" "^event: look: socket\\($family\\) refused \\([0-9]+ times\\)\$"
done
defaults

# What of the host's /proc is not there: every file that is not about a process is ours or empty.
m_outputs='sizes'
builds "reading /proc" '
	cd /proc
	find . -path "./[0-9]*" -prune -o -type f -print | while read -r f; do
	[ -n "$(head -c 1 $f 2>&1 | tr "\0" x)" ] && echo $f
	done | sort >/build/box/sizes
'
grep -vE '^\./(cmdline|cpuinfo|devices|filesystems|loadavg|meminfo|partitions|stat|swaps|uptime|version|sys/.*)$' \
	result/sizes >unknown
same "files in /proc that say something are pinned ones" "" "$(cat unknown)"
defaults

# The host's files, processes and mounts.
echo secret >"$PWD/secret"
chmod 644 secret
builds "looking for the host" "
	[ ! -e $PWD/secret ] && [ ! -e /work ] && [ ! -e /root ] && [ ! -e /var/lib/dpkg ] || exit 1
	cat /proc/*/cmdline | tr '\\0' ' ' >out
	[ \$(ls -d /proc/[0-9]* | wc -l) -le 4 ] || exit 2
	grep -q 'm[.]y'aml out && exit 3
	exit 0
"
# Writing outside, in every way that comes to mind.
before=$(find tree -printf "%p %m %s %T@ %l\n" | sort | sha256sum)
builds "writing where one must not" '
	for f in /bin/sh /etc/passwd /new /bin/new /proc/version /proc/sys/kernel/hostname /proc/sysrq-trigger \
		/dev/new /usr/new /build/new /proc/sys/new; do
		(echo x >$f) 2>/dev/null && echo "wrote $f" && exit 1
	done
	mknod dev c 1 3 2>/dev/null && exit 2
	mount -o remount,rw / 2>/dev/null && exit 3
	umount /proc/version 2>/dev/null && exit 4
	chmod 777 /bin/sh 2>/dev/null && exit 5
	ln -s /bin/sh /tmp/l && (echo x >/tmp/l) 2>/dev/null && exit 6
	(echo x >/proc/self/root/bin/sh) 2>/dev/null && exit 7
	kill -9 1; touch out
'
same "the tree did not change" "$before" "$(find tree -printf "%p %m %s %T@ %l\n" | sort | sha256sum)"

# A build folder that is in the toolchain, deep, or below /tmp.
for m_path in /a/b/c/d /tmp/x /home/builder/very/long/path-with.dots; do
	builds "build folder $m_path" 'pwd >out'
	same "it is where we are: $m_path" "$m_path" "$(cat result/out)"
done
m_path=/etc/x
manifest true
m_path=/opt/x/y
mkdir -p tree/opt/x/y tree/opt/z && echo >tree/opt/z/file
builds "build folder in the toolchain" 'pwd >out && ls /opt/z >>out'
same "with what is beside it" "/opt/x/y
file" "$(cat result/out)"
m_path=/opt/not/there
manifest 'true'
build
ends "a build folder that cannot be made is an error" "error 1"
says "which says what to do" 'text: .*add it to the directories of the lock'
rm -rf tree/opt
defaults

# The toolchain's own user entry is replaced, and left alone when it says the same.
echo 'builder:x:1000:1000::/nonexistent:/bin/sh' >>tree/etc/passwd
echo 'other:x:1000:5::/other:/bin/sh' >>tree/etc/passwd
builds "user entries" 'cat /etc/passwd >out; id -un >>out'
same "one entry for the user" 'root:x:0:0::/root:/bin/sh
builder:x:1000:1000::/nonexistent:/bin/sh
builder' "$(cat result/out)"
rm tree/etc/passwd
manifest true
build
ends "a tree without a user file is an error" "error 1"
says "which says so" 'text: the toolchain tree has no /etc/passwd'

rm -rf tree
make_tree tree
finish_both
