#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# assay doctor: what it says must be what a build then finds, on hosts that have less.
# shellcheck disable=SC2016,SC2034,SC2119 # scripts in quotes; box.sh reads m_*; plain build
set -u
. "${top_srcdir:?}/tests/rebuild/box.sh"
needs jq jq --version
needs python3 python3 -c 'import ctypes'
ASSAY=${BOX_ASSAY:-$ASSAY}

# doctor [COMMAND…]: its answers in ./json and ./text, its status in $status
doctor()
{
	rm -f json
	"$@" "$ASSAY" doctor --store "$PWD/store" --json json >text 2>err
	status=$?
}

# finds TEXT STATUS LEVEL: the last doctor's verdict
finds()
{
	same "$1: status" "$2" "$status"
	same "$1: level" "$3" "$(jq -r .level json)"
	[ "$status" = "$2" ] || sed 's/^/# /' text err
}

state()
{
	jq -r --arg key "$1" '.pins[] | select(.key == $key) | .state' json
}

before=$(date +%s%N)
doctor env
after=$(date +%s%N)
finds "this host" 0 L1
[ $(((after - before) / 1000000)) -lt 1000 ]
result $? "it takes less than a second: $(((after - before) / 1000000)) ms"
same "nothing that can be pinned is not" "" "$(jq -r '.pins[] | select(.state == "not-pinned") | .key' json)"
same "the rows that a build reports are the ones that it says cannot be pinned" \
	"$(jq -r '.pins[] | select(.state == "beyond" or .state == "on-request") | .key' json | sort)" \
	"$(manifest 'echo >out' && build && field unpinned | sed 's/:.*//' | sort)"

same "what manifests can ask for" "clock random" "$(jq -r '.pins[] | select(.state == "on-request") | .key' json | xargs)"

# A user namespace of its own has its own limit, which can be lowered without harm.
ns=-Ur
doctor unshare $ns sh -c 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"' sh
finds "no user namespaces" 2 null
same "no user namespaces: the row" not-pinned "$(state user)"
grep -q 'user.max_user_namespaces is 0' text
result $? "no user namespaces: the setting is named"
grep -q 'to do: as root: sysctl -w user.max_user_namespaces=' text
result $? "no user namespaces: what to do"
if [ "$(id -u)" -ne 0 ]; then # there, root would be refused before
	manifest 'echo >out'
	build unshare $ns sh -c 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"' sh
	ends "no user namespaces: a build" "error 2"
	says "no user namespaces: a build names the setting" 'text: .*user.max_user_namespaces is 0'
	doctor unshare $ns sh -c 'echo 0 >/proc/sys/user/max_net_namespaces; exec "$@"' sh
	finds "no network namespaces" 2 null
	same "no network namespaces: the row" not-pinned "$(state network)"
	same "no network namespaces: others are fine" pinned "$(state ipc)"
	doctor unshare $ns -m sh -c 'mount -t tmpfs none /proc/sys/fs 2>/dev/null || mount --bind /dev/null /proc/version; exec "$@"' sh
	finds "a /proc that is partly covered" 2 null
	same "a /proc that is partly covered: the row" not-pinned "$(state proc)"
	grep -q 'partly covered' text
	result $? "a /proc that is partly covered: said"
fi

# Somebody else listens to our system calls already.
cat >listen.py <<'END'
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
allow = struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000)
program = ctypes.create_string_buffer(allow, 8)
prog = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 1, ctypes.addressof(program)))
assert libc.prctl(38, 1, 0, 0, 0) == 0
fd = libc.syscall(317 if os.uname().machine == "x86_64" else 277, 1, 8, prog)
assert fd >= 0, os.strerror(ctypes.get_errno())
os.set_inheritable(fd, True)
os.execvp(sys.argv[1], sys.argv[1:])
END
doctor python3 listen.py
finds "another listener" 2 L0
same "another listener: uname" not-pinned "$(state uname)"
same "another listener: clock" not-pinned "$(state clock)"
same "another listener: hostname" pinned "$(state hostname)"
manifest 'look >out'
build python3 listen.py
ends "another listener: a build" built
same "another listener: its level" L0 "$(field level)"
same "another listener: it is in the record" "cpus events sysinfo uname" \
	"$(field unpinned | grep 'no seccomp notification' | sed 's/:.*//' | xargs)"
same "another listener: no sockets all the same" "socket 2: Address family not supported by protocol" \
	"$(grep '^socket 2:' result/out)"
same "another listener: but nobody counts" "" "$(field event)"
grep -q '^chown other: Operation not permitted' result/out
result $? "another listener: chown is refused all the same"

doctor nice -n 5
if [ "$(id -u)" -eq 0 ]; then
	same "nice: root can undo it" pinned "$(state nice)"
else
	same "nice" not-pinned "$(state nice)"
	same "nice: does not stop a build" L1 "$(jq -r .level json)"
	doctor sh -c 'ulimit -n 512; exec "$@"' sh
	same "limits" not-pinned "$(state rlimits)"
	grep -q 'nofile 512 (wanted 4096)' text
	result $? "limits: which"
fi
mkdir ro && chmod 500 ro
if [ "$(id -u)" -ne 0 ]; then
	"$ASSAY" doctor --store "$PWD/ro/store" >text 2>err
	same "a store that cannot be made" 2 $?
fi
if [ "$(id -u)" -eq 0 ]; then
	cp "$ASSAY" assay && chmod 755 assay
	BOX_ASSAY=$PWD/assay
	export BOX_ASSAY
fi
finish_both
