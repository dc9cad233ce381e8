#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The same build, called in all the ways that a caller can differ, sees the same: what look.c
# prints is compared byte for byte.
# shellcheck disable=SC2016,SC2034,SC2119 # scripts in quotes; box.sh reads m_*; plain build
set -u
. "${top_srcdir:?}/tests/rebuild/box.sh"
needs jq jq --version
ASSAY=${BOX_ASSAY:-$ASSAY}
manifest 'look >out; look; exec 3<&-; ls -la /bin/sh | wc -l'
build
ends "a caller" built
cp result/out wanted
cp result/build.log wanted.log
unpinned=$(field unpinned)
field pinned >wanted.pinned
environment=$(field environment)
[ "$(grep -c -e '^pinned: ' -e '^seen: ' record)" -ge 100 ]
result $? "the program inside looks at $(grep -c -e '^pinned: ' -e '^seen: ' record) keys"
same "the digest of the pinned ones is that of their lines" "$environment" \
	"$(sha256sum <wanted.pinned | cut -d' ' -f1)"
same "every row of the table but those without anything to see is looked at" "events" \
	"$("$ASSAY" doctor --store "$PWD/store" --json - 2>/dev/null | jq -r '.pins[].key' | sort >rows
	sed -n 's/^\(pinned\|seen\): \([^.]*\)\..*/\2/p' record | sort -u | comm -23 rows -)"
same "what is not pinned was seen" "$(field unpinned | sed 's/:.*//' | sort)" \
	"$(field seen | sed 's/\..*//' | sort -u)"

# pinned TEXT: the program inside saw of the pinned rows what it saw the first time
pinned()
{
	field pinned | cmp -s wanted.pinned -
	tap_result=$?
	[ $tap_result -eq 0 ] || field pinned | diff wanted.pinned - | sed 's/^/# /'
	result $tap_result "$1: what is pinned is the same"
	same "$1: its digest" "$environment" "$(field environment)"
}
[ "$(wc -l <wanted)" -ge 150 ]
result $? "there is much to see: $(wc -l <wanted) lines"

# sees TEXT: the last build saw what the first one saw
sees()
{
	ends "$1" built
	cmp -s wanted result/out && cmp -s wanted.log result/build.log
	tap_result=$?
	[ $tap_result -eq 0 ] || diff wanted result/out | head -20 | sed 's/^/# /'
	result $tap_result "$1: sees the same"
	same "$1: nothing more is unpinned" "$unpinned" "$(field unpinned)"
	pinned "$1"
}

# called TEXT COMMAND…: the build, called by way of the command
called()
{
	tap_caller=$1
	shift
	build "$@"
	sees "$tap_caller"
}

called "again" env
called "environment" env -i LC_ALL=tr_TR.UTF-8 TZ=Pacific/Apia HOME=/x USER=other TERM=xterm-256color \
	COLUMNS=200 MAKEFLAGS=-j9 CFLAGS=-O9 LD_LIBRARY_PATH=/x TMPDIR=/var/tmp SOURCE_DATE_EPOCH=1
called "umask" sh -c 'umask 077; exec "$@"' sh
called "soft limits" sh -c 'ulimit -Sn 300 && ulimit -Ss 4096 && ulimit -Sc 0 && exec "$@"' sh
called "ignored signals" sh -c 'trap "" PIPE USR1 USR2 CHLD TTOU; exec "$@"' sh
called "open descriptors" sh -c 'exec 5</etc/passwd 6>/dev/null 7<>/dev/zero 9</; exec "$@"' sh
called "closed descriptors" sh -c 'exec <&-; exec "$@"' sh
called "a session of its own" setsid -w
called "addresses" setarch -R
called "another kernel name" setarch --uname-2.6
called "scheduler" chrt -b 0
called "I/O class" ionice -c 3
called "out-of-memory score" choom -n 500 --
called "one processor" taskset -c "$(taskset -pc $$ | sed 's/.*[ ,-]//')"
ns=-r
[ "$(id -u)" -eq 0 ] && ns= # a namespace with no id but root's is refused
called "another uptime" unshare $ns -T --monotonic 100000 --boottime 100000
called "another host name" unshare $ns --uts sh -c 'hostname elsewhere; exec "$@"' sh
called "a terminal" sh -c 'script -qec "$* >record.tty" /dev/null >/dev/null; cat record.tty' sh
if command -v faketime >/dev/null; then
	called "20 years ago" faketime -f -20y
	called "in 20 years" faketime -f +20y
fi

# Things only root can differ in, or a user cannot undo.
nice=$(nice)
[ "$nice" -ge 5 ] || nice=5
build nice -n $((nice - $(nice)))
if [ "$(id -u)" -eq 0 ]; then
	sees "nice"
else
	ends "nice, which a user cannot undo" built
	same "nice: is in the record" "nice: the caller's nice value is $nice, and a user cannot lower it" \
		"$(field unpinned | grep ^nice)"
fi
build sh -c 'ulimit -n 512 && exec "$@"' sh
if sh -c 'ulimit -n 512; ulimit -n 4096' 2>/dev/null; then
	sees "a low hard limit"
else
	ends "a low hard limit, which a user cannot undo" built
	same "low limit: is in the record" "rlimits: the hard limit of nofile is 512 here, wanted 4096" \
		"$(field unpinned | grep ^rlimits)"
fi

# Another place for everything.
mkdir -p "deep/er folder" && cp -a tree src m.yaml "deep/er folder/"
(cd "deep/er folder" && build && cp -r record result ../..)
sees "another folder"
case $(stat -f -c %T /dev/shm) in
tmpfs)
	shm=$(mktemp -d /dev/shm/assay-test.XXXXXX) && chmod 755 "$shm" && cp -a tree "$shm/"
	mv tree tree.kept && ln -s "$shm/tree" tree
	build
	rm tree && mv tree.kept tree && rm -rf "$shm"
	ends "another file system" built
	sed 's/^\(place \/[a-z]*: .*type \)ef53/\1X/; s/^\(place \/[a-z]*: .*type \)1021994/\1X/' wanted |
		sed 's/ flags.*//; s/ blocks.*//' >a
	sed 's/^\(place \/[a-z]*: .*type \)ef53/\1X/; s/^\(place \/[a-z]*: .*type \)1021994/\1X/' result/out |
		sed 's/ flags.*//; s/ blocks.*//' >b
	pinned "another file system"
	same "another file system: only its kind is seen" "$(sed 's/type [0-9a-f]*/type X/' a)" \
		"$(sed 's/type [0-9a-f]*/type X/' b)"
	;;
esac

# Root and a user: the same, byte for byte.
if [ "$(id -u)" -eq 0 ]; then
	chmod 644 wanted wanted.log wanted.pinned
	cp "$ASSAY" assay && chmod 755 assay
	BOX_WANTED=$PWD BOX_ASSAY=$PWD/assay
	export BOX_WANTED BOX_ASSAY
elif [ -n "${BOX_WANTED:-}" ]; then
	cmp -s "$BOX_WANTED/wanted" wanted && cmp -s "$BOX_WANTED/wanted.log" wanted.log
	tap_result=$?
	[ $tap_result -eq 0 ] || diff "$BOX_WANTED/wanted" wanted | sed 's/^/# /'
	result $tap_result "root and a user see the same"
	cp "$BOX_WANTED/wanted.pinned" .
	build
	pinned "root and a user"
fi
finish_both
