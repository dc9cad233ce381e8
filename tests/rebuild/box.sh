# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# shellcheck disable=SC2119,SC2120 # build takes arguments only in some scripts
# What container tests share: read by every script in this folder.
#
# A small toolchain tree is made from a static busybox and look.c, manifests are written by
# `manifest', and `build' runs one through tests/rebuild/drive. A script that is run by root is
# run a second time by an ordinary user: what holds for one has to hold for the other.
ASSAY=${ASSAY:-unused}
. "${top_srcdir:?}/tests/cli/tap.sh"
chmod 755 .
umask 022
tap_number=${BOX_FIRST:-0}
DRIVE=${DRIVE:-${top_builddir:?}/tests/rebuild/drive}
BOX_USER=54321 # nobody has it

# Namespaces must be there at all; a strict run does not skip.
needs "user namespaces (see assay doctor)" unshare -Ur true
needs busybox-static busybox true
# shellcheck disable=SC2086 # a compiler may be several words
needs libc6-dev ${CC:-cc} -static -x c -D_GNU_SOURCE -o look "$top_srcdir/tests/rebuild/look.c"

# make_tree DIR: busybox under its names, and the files that every tree has.
make_tree()
{
	mkdir -p "$1/bin" "$1/etc" "$1/usr/bin"
	cp "$(command -v busybox)" "$1/bin/busybox"
	cp look "$1/bin/look"
	busybox --list | while read -r tool; do
		[ -e "$1/bin/$tool" ] || ln -s busybox "$1/bin/$tool"
	done
	ln -s ../../bin/busybox "$1/usr/bin/patch"
	echo 'root:x:0:0::/root:/bin/sh' >"$1/etc/passwd"
	echo 'root:x:0:' >"$1/etc/group"
}

# The keys that tests change; `manifest' reads them.
defaults()
{
	m_path=/build/box
	m_umask=0022
	m_cpus=1
	m_wall=60
	m_silence=60
	m_memory=1073741824
	m_processes=200
	m_disk=67108864
	m_log=1048576
	m_outputs=out
	m_sources=
	m_env=
	m_pins=
	m_uid=1000
}
defaults

digest()
{
	sha256sum "$1" | cut -d' ' -f1
}

# source_row FILE UNPACK [STRIP [INTO]]: a row for m_sources
source_row()
{
	printf '  - {name: %s, sha256: %s, size: %s, unpack: %s, into: %s, strip: %s}\n' \
		"${1##*/}" "$(digest "$1")" "$(stat -c %s "$1")" "$2" "${4:-.}" "${3:-0}"
}

# step_row SCRIPT: a row of build.steps
step_row()
{
	printf '    - cwd: .\n      argv:\n      - sh\n      - -c\n      - |\n'
	printf '%s\n' "$1" | sed '/^$/d; s/^	*//; s/^/        /'
}

# output_row PATH: a row of outputs
output_row()
{
	printf '  - {name: "%s", path: "%s"}\n' "$(echo "$1" | tr / _)" "$1"
}

# manifest SCRIPT…: write m.yaml whose steps are the scripts, run by sh. A source is always
# there, since a manifest needs one.
manifest()
{
	[ -e src/empty ] || { mkdir -p src && echo >src/empty; }
	cat <<END >m.yaml
schema: assay.manifest/1
product: {name: box, version: "1"}
sources:
${m_sources:-$(source_row src/empty copy)}
toolchain:
  lock: none.yaml
  id: 1111111111111111111111111111111111111111111111111111111111111111
  tree: 1111111111111111111111111111111111111111111111111111111111111111
build:
  path: $m_path
  environment: {PATH: /bin, HOME: /nonexistent, LC_ALL: C$m_env}
  steps:
$(for script; do step_row "$script"; done)
  user: {uid: $m_uid, gid: $m_uid, name: builder, home: /nonexistent}
  umask: "$m_umask"
  source_date_epoch: 1669357904
  machine:
    hostname: assay
    kernel_release: 6.1.0-0-amd64
    kernel_version: "#1 SMP Debian"
    cpus: $m_cpus
    memory: 4294967296$m_pins
  limits:
    wall: $m_wall
    silence: $m_silence
    memory: $m_memory
    processes: $m_processes
    disk: $m_disk
    log: $m_log
outputs:
$(for output in $m_outputs; do output_row "$output"; done)
delivered:
  - file: x
    sha256: 1111111111111111111111111111111111111111111111111111111111111111
    size: 1
    output: "$(echo "${m_outputs%% *}" | tr / _)"
compare: {accept: identical}
END
}

# build [COMMAND…]: run m.yaml with the tree; the record goes to ./record, results to ./result
build()
{
	rm -rf result && mkdir result
	timeout -k 5 120 "$@" "$DRIVE" m.yaml tree src result >record 2>&1
}

# field KEY: of the record, all its lines
field()
{
	sed -n "s/^$1: //p" record
}

# ends TEXT OUTCOME: the last build ended that way, or with an error, "error N"
ends()
{
	tap_got=$(field outcome)
	same "$1" "$2" "${tap_got:-error $(field error)}"
	[ "${tap_got:-error $(field error)}" = "$2" ] || sed 's/^/# /' record result/build.log
}

# builds TEXT SCRIPT…: the scripts must build
builds()
{
	tap_what=$1
	shift
	manifest "$@"
	build
	ends "$tap_what" built
}

# says TEXT PATTERN: a line of the record matches the extended regular expression
says()
{
	grep -Eq "$2" record
	tap_result=$?
	[ $tap_result -eq 0 ] || sed 's/^/# /' record
	result $tap_result "$1"
}

# As root: once more as an ordinary user, whose results are counted on.
finish_both()
{
	if [ "$(id -u)" -ne 0 ]; then
		finish
		return
	fi
	cp "$DRIVE" drive && chmod 755 drive
	BOX_FIRST=$tap_number DRIVE=$PWD/drive setpriv --reuid=$BOX_USER --regid=$BOX_USER \
		--clear-groups sh "$top_srcdir/tests/rebuild/${0##*/}" || echo "Bail out! not run as an ordinary user"
}

make_tree tree
