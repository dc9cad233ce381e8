#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every limit ends a build with an outcome of its own, and none ends one that keeps it.
# shellcheck disable=SC2016,SC2034,SC2119 # scripts in quotes; box.sh reads m_*; plain build
set -u
. "${top_srcdir:?}/tests/rebuild/box.sh"
# shellcheck disable=SC2086 # a compiler may be several words
needs libc6-dev ${CC:-cc} -static -D_GNU_SOURCE -o tree/bin/hide "$top_srcdir/tests/rebuild/hide.c"
m_outputs=out

# took TEXT MAX: the last build took at most so many milliseconds
took()
{
	[ "$(field wall)" -le "$2" ]
	result $? "$1: $(field wall) ms"
}

m_wall=1
manifest 'while :; do echo x; sleep 0.1; done'
build
ends "wall time" limit-wall
says "wall time: which one" '^detail: still running after 1 s, build.limits.wall is 1$'
took "wall time: on time" 4000
manifest 'trap "" TERM INT HUP; setsid sleep 1000 & while :; do sleep 1000; done'
build
ends "wall time, with a program that ignores signals" limit-wall
took "wall time: on time" 4000
defaults

m_silence=1
manifest 'sleep 1000'
build
ends "silence" limit-silence
took "silence: on time" 4000
builds "no silence" 'for i in 1 2 3 4 5 6; do echo $i; sleep 0.3; done; echo >out'
defaults

m_memory=67108864
manifest 'dd if=/dev/zero of=/dev/null bs=200M count=100'
build
ends "memory, one process" limit-memory
says "memory: how much" '^detail: [0-9]+ bytes of memory, build.limits.memory is 67108864$'
manifest 'for i in 1 2 3 4 5 6 7 8; do (dd if=/dev/zero of=/dev/null bs=16M count=100000) & done; wait'
build
ends "memory, several processes together" limit-memory
for way in memfd segments; do
	manifest "hide $way 192 100"
	build
	ends "memory that nobody has mapped: $way" limit-memory
	took "memory that nobody has mapped: $way: seen soon" 10000
	builds "memory that nobody has mapped, within the limit: $way" "hide $way 32 1; echo >out"
done
builds "memory that two have mapped counts once" "hide shared 40 1; echo >out"
builds "memory within the limit" 'dd if=/dev/zero of=/dev/null bs=16M count=4; echo >out'
[ "$(field memory)" -gt 1000000 ]
result $? "the largest memory is in the record"
defaults

m_processes=40
manifest 'for i in $(seq 100); do sleep 100 & done; wait'
build
ends "processes" limit-processes
manifest 'b() { b | b & }; b; sleep 100'
build
ends "fork bomb" limit-processes
took "fork bomb: quickly over" 15000
builds "processes within the limit" 'for i in $(seq 30); do sleep 0.2 & done; wait; echo >out'
defaults

m_disk=8388608
manifest 'dd if=/dev/zero of=big bs=1M count=20'
build
ends "disk, in the build folder" limit-disk
manifest 'dd if=/dev/zero of=/tmp/big bs=1M count=20'
build
ends "disk, in /tmp" limit-disk
manifest 'dd if=/dev/zero of=/dev/shm/big bs=1M count=20'
build
ends "disk, in /dev/shm" limit-disk
manifest 'i=0; while :; do i=$((i + 1)); echo >f$i || exit 1; done'
m_disk=16777216
build
ends "disk, files without content" limit-disk
builds "disk within the limit" 'dd if=/dev/zero of=big bs=1M count=3; rm big; echo >out'
manifest 'dd if=/dev/zero of=/dev/full bs=1 count=1'
build
ends "a full device is not a full disk" failed
defaults

m_log=100000
manifest 'yes'
build
ends "log" limit-log
size=$(stat -c %s result/build.log)
[ "$size" -ge 100000 ] && [ "$size" -le 200000 ]
result $? "log: head and tail are kept: $size bytes"
[ "$(field log)" -ge "$size" ]
result $? "log: the size of all of it is in the record"
same "log: digest of what is kept" "$(digest result/build.log)" "$(field log-sha256)"
m_log=1000000
builds "log within the limit" 'seq 1 100000; echo >out'
same "log: kept whole" "$(seq 1 100000 | sha256sum)" "$(sha256sum <result/build.log)"
same "log: the last 40 lines" "$(seq 99961 100000)" "$(sed '1,/^tail:/d' record)"
builds "two streams, one log" 'for i in 1 2 3 4 5; do echo o$i; echo e$i >&2; done; echo >out'
same "log: in the order of writing" "o1 e1 o2 e2 o3 e3 o4 e4 o5 e5 " "$(tr '\n' ' ' <result/build.log)"
defaults

manifest 'echo one; exit 3' 'echo two'
build
ends "a step that fails" failed
same "its status" 3 "$(field status)"
same "the next step did not run" one "$(cat result/build.log)"
manifest 'true' 'kill -SEGV $$'
build
ends "a step that crashes" failed
same "its status" 139 "$(field status)"
same "which step" 1 "$(field step)"
manifest 'true'
sed -i 's/^      - sh$/      - nonesuch/' m.yaml
build
ends "a step whose program is not there" failed
same "its status is that of a shell" 127 "$(field status)"
says "which program" '^detail: nonesuch: No such file or directory$'
manifest 'true'
sed -i 's/cwd: \./cwd: no/' m.yaml
build
ends "a step whose folder is not there" "error 2"

# What a step leaves running is gone in the next one, and at the end.
builds "survivors" \
	'(setsid sh -c "trap \"\" TERM HUP; while :; do echo >>ticks; sleep 0.05; done") & sleep 0.3' \
	'a=$(wc -l <ticks); sleep 0.3; b=$(wc -l <ticks); [ $a = $b ] && [ $(ls -d /proc/[0-9]* | wc -l) -le 4 ] && echo >out'

# More processors than there are is an error, before anything runs.
m_cpus=8000
manifest 'echo >out'
build
ends "too many processors" "error 2"
says "too many processors: what to do" 'build.machine.cpus is 8000, but this process may use'
finish_both
