#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Container start-up: `true' in our container (A) and under bwrap with the same namespaces (B).
#
# A, both times: a whole build: user, mount, pid, network, ipc, uts, cgroup and time namespace; each
#    folder of the tree, the build's disk and five devices mounted; every entry of /proc that is not
#    about a process covered, 36 pinned files, user files, two system call filters, all limits; a
#    source is copied in and checked, the log is kept, an output is taken out and its digest made.
# B, alike: the namespaces (but time), the tree, /proc, /dev, two tmpfs, and what bwrap can do of
#    the rest of A: every entry of /proc covered by a file or folder of ours, and the user files.
# B, bare: the same without covers and user files.
# shellcheck disable=SC2034,SC2154 # variables that box.sh reads and sets
set -u
. "${top_srcdir:?}/tests/rebuild/box.sh"
needs bubblewrap bwrap --version
mkdir -p result tree/build tree/dev tree/proc tree/tmp pins/folder
m_outputs=empty
manifest true
sed -i '/^      - sh$/,/^        true$/c\      - /bin/true' m.yaml

# Covers for /proc, as A puts them.
set --
for entry in /proc/*; do
	case ${entry#/proc/} in
	[0-9]*) ;;
	*)
		[ ! -L "$entry" ] || continue
		cover=pins/folder
		[ -d "$entry" ] || { cover=pins/${entry#/proc/} && echo 0 >"$cover"; }
		set -- "$@" --ro-bind "$cover" "$entry"
		;;
	esac
done
space="--unshare-all --die-with-parent --new-session --ro-bind tree / --proc /proc"
rest="--dev /dev --tmpfs /build --tmpfs /tmp --chdir /build --clearenv --setenv PATH /bin
	--uid 1000 --gid 1000 --cap-drop ALL /bin/true"

# against NAME COMMAND…
against()
{
	name=$1
	shift
	"$top_builddir/tests/bench/start" 200 "$name" m.yaml tree src/empty result "$@" || exit 1
}
# shellcheck disable=SC2086 # words
against "start of a container against bwrap, its set-up alike" bwrap $space "$@" \
	--ro-bind tree/etc/passwd /etc/passwd --ro-bind tree/etc/group /etc/group $rest
# shellcheck disable=SC2086 # words
against "start of a container against bare bwrap" bwrap $space $rest
