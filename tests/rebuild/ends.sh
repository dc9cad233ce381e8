#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# However a build ends, nothing of it is left: no process, no mount, no file but the results.
# shellcheck disable=SC2016,SC2034,SC2119 # scripts in quotes; box.sh reads m_*; plain build
set -u
. "${top_srcdir:?}/tests/rebuild/box.sh"

# A build that does not want to go: a tree of processes in sessions of their own that ignore
# every signal. The mark is in their arguments, so they can be found from outside.
mark="assay-test-$$-$(id -u)"
stubborn='
	trap "" INT TERM HUP QUIT USR1
	for i in 1 2 3; do setsid sh -c "trap \"\" INT TERM HUP; while :; do sleep 1000; done" MARK & done
	echo ready
	while :; do sleep 1000; done
'
manifest "$(echo "$stubborn" | sed "s/MARK/$mark/")"

survivors()
{
	pgrep -f "$mark" | wc -l
}

# start [COMMAND…]: run the build in the background until it is ready; its pid is in $pid
start()
{
	rm -rf result && mkdir result
	: >record
	env --default-signal "$@" "$DRIVE" m.yaml tree src result >record 2>&1 &
	pid=$!
	for _ in $(seq 100); do
		grep -q ready result/build.log 2>/dev/null && return
		sleep 0.1
	done
	echo "# the build did not start"
	sed 's/^/# /' record
}

# gone TEXT: within two seconds (grace included) everything is gone
gone()
{
	for _ in $(seq 50); do
		[ "$(survivors)" -eq 0 ] && break
		sleep 0.1
	done
	same "$1: no process is left" 0 "$(survivors)"
}


start
[ "$(survivors)" -ge 3 ]
result $? "the build's processes can be seen from outside, so their absence means something"
kill -INT $pid
wait $pid
ends "^C" interrupted
says "^C: by what" '^detail: stopped by signal 2$'
same "^C: the log is there" ready "$(cat result/build.log)"
gone "^C"

start
kill -TERM $pid
wait $pid
ends "SIGTERM" interrupted
gone "SIGTERM"

start
kill -HUP $pid
wait $pid
ends "SIGHUP" interrupted
gone "SIGHUP"

start nohup
kill -HUP $pid
sleep 0.3
[ "$(survivors)" -ge 3 ]
result $? "a signal that the caller ignores does nothing"
kill -TERM $pid
wait $pid
gone "SIGTERM under nohup"

start
kill -KILL $pid
wait $pid 2>/dev/null
gone "SIGKILL of the launcher"

# Init frozen: it cannot report, and is killed after a while.
start
init=$(pgrep -P $pid -r S,R)
if kill -STOP "$init" 2>/dev/null; then
	kill -INT $pid
	wait $pid
	ends "^C with a stopped init" interrupted
	gone "^C with a stopped init"
else
	kill -INT $pid
	wait $pid
	result 0 "^C with a stopped init # SKIP a user cannot stop it"
fi

# Init killed from outside: trouble, not a result.
start
init=$(pgrep -P $pid -r S,R)
if kill -KILL "$init" 2>/dev/null; then
	wait $pid
	ends "init killed by somebody else" "error 2"
	says "init killed: says so" 'the container ended unexpectedly \(killed by signal 9\)'
else
	kill -INT $pid
	wait $pid
	result 0 "init killed by somebody else # SKIP a user cannot kill it"
fi
gone "init killed"

# At every moment of a start: 30 kills, a millisecond apart. timeout(1) sends them, not a shell:
# killed between fork and exec, that would run its own exit trap.
for delay in $(seq 1 30); do
	rm -rf result && mkdir result
	timeout -s KILL "0.0$(printf %02d "$delay")" "$DRIVE" m.yaml tree src result >record 2>&1
done 2>/dev/null
gone "SIGKILL at 30 moments of the start"

for delay in $(seq 1 20); do
	rm -rf result && mkdir result
	timeout -s INT -k 10 "0.0$(printf %02d "$delay")" "$DRIVE" m.yaml tree src result >record 2>&1
done
gone "^C at 20 moments of the start"

# Two builds at once, in one folder each, do not meet.
mkdir -p one two
builds "a marker" 'echo >out'
manifest 'echo $$ >out; sleep 0.5; set -- /proc/[0-9]*; echo $# >>out; [ ! -e /tmp/seen ] && echo >/tmp/seen'
"$DRIVE" m.yaml tree src one >record.1 2>&1 &
"$DRIVE" m.yaml tree src two >record.2 2>&1
wait
same "two builds at once" "outcome: built outcome: built" "$(grep -h ^outcome record.1 record.2 | xargs)"
same "and they are the same" "$(digest one/out)" "$(digest two/out)"

same "no mount is left" 0 "$(grep -c ' - tmpfs assay ' /proc/self/mountinfo)"
same "results are the log and the outputs" "one one/build.log one/out" "$(find one | sort | xargs)"
finish_both
