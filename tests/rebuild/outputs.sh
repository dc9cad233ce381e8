#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Outputs: exactly one regular file each, or the build has failed.
# shellcheck disable=SC2016,SC2034,SC2119 # scripts in quotes; box.sh reads m_*; plain build
set -u
. "${top_srcdir:?}/tests/rebuild/box.sh"

# bad TEXT SCRIPT PATTERN: the script makes an output that is refused
bad()
{
	manifest "$2"
	build
	ends "$1" bad-output
	says "$1: why" "^detail: output [^:]*: $3"
	[ ! -s "result/$(echo "$m_outputs" | tr / _)" ]
	result $? "$1: nothing was taken"
}

bad "missing" 'true' 'the build did not make out$'
bad "a folder" 'mkdir out' 'out is a folder'
bad "a fifo" 'mkfifo out' 'out is a fifo'
bad "a link to a file of the toolchain" 'ln -s /etc/passwd out' 'out is a symbolic link'
bad "a link to a file beside it" 'echo >a; ln -s a out' 'out is a symbolic link'
bad "a link to nowhere" 'ln -s nowhere out' 'out is a symbolic link'
bad "a link to itself" 'ln -s out out' 'out is a symbolic link'
bad "a link into /proc" 'ln -s /proc/self/environ out' 'out is a symbolic link'
bad "larger than the disk" 'truncate -s 1099511627776 out' 'out has 1099511627776 bytes'
m_outputs=a/b/out
bad "below a link to a folder" 'mkdir -p c/b; ln -s c a; echo >c/b/out' 'a/b/out leads through a link'
bad "below a link out" 'ln -s / a' 'a/b/out leads through a link'
bad "below a file" 'echo >a' 'the build did not make a/b/out'
bad "below a link to /proc" 'mkdir a; ln -s /proc/self/root a/b' 'a/b/out leads through a link'
m_outputs=out

# A socket cannot be made by busybox: nc -l does it.
bad "a socket" 'nc -l -s local:/build/box/out & sleep 0.3; [ -e out ] || mkfifo out' 'out is a (socket|fifo)'

builds "empty" ': >out'
same "empty: taken" 0 "$(stat -c %s result/out)"
builds "without any permission" 'echo hello >out; chmod 0 out'
same "without any permission: taken" hello "$(cat result/out)"
builds "in folders without permission" 'mkdir -p d; echo >out; chmod 0 d .'
builds "still open and written to" 'echo start >out; (while :; do echo more >>out; done) & sleep 0.2'
builds "linked twice" 'echo hello >a; ln a out'
builds "sparse" 'truncate -s 10M out'
same "sparse: as large" 10485760 "$(stat -c %s result/out)"
builds "large" 'dd if=/dev/urandom of=out bs=1M count=30 2>/dev/null; sha256sum out'
same "large: whole" "$(cut -d' ' -f1 result/build.log)" "$(digest result/out)"
same "its digest is in the record" "out 31457280 $(digest result/out)" "$(field output)"
m_outputs='a b/c d'
builds "several" 'mkdir b; echo 1 >a; echo 2 >b/c; echo 3 >d'
same "several: each under its name" "1 2 3" "$(cat result/a result/b_c result/d | xargs)"
defaults

# The file on our side: a link that lies in wait there is not followed.
manifest 'echo new >out'
rm -rf result && mkdir result && echo old >victim && ln -s ../victim result/out
"$DRIVE" m.yaml tree src result >record 2>&1
ends "a link in the result folder" built
same "the link's target is as it was" old "$(cat victim)"
same "the link was replaced" new "$(cat result/out)"
rm -rf result && mkdir result && ln -s ../victim result/build.log
"$DRIVE" m.yaml tree src result >record 2>&1
ends "a link in the log's place" "error 2"
same "the link's target is as it was" old "$(cat victim)"
if [ "$(id -u)" -ne 0 ]; then
	rm -rf result && mkdir result && echo >result/build.log && chmod 500 result
	"$DRIVE" m.yaml tree src result >record 2>&1
	ends "a result folder that cannot be written to" "error 2"
	says "and it says where" 'text: .*result/out'
	chmod 700 result
fi
finish_both
