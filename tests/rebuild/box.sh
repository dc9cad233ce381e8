# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# What container tests share: read by a script in tests/rebuild after setting nothing.
#
# A small toolchain tree is made from a static busybox, manifests are written by `manifest', and
# `build' runs one through tests/rebuild/drive. Every test runs as whoever calls it; when that is
# root, `as_user' runs things as an ordinary user too.
ASSAY=${ASSAY:-unused}
. "${top_srcdir:?}/tests/cli/tap.sh"
DRIVE=${DRIVE:-$top_builddir/tests/rebuild/drive}
chmod 755 .
umask 022

# Namespaces must be there at all; a strict run does not skip.
needs "user namespaces (sysctl, AppArmor)" unshare -Ur true
needs "busybox-static" test -x "$(command -v busybox)"

# make_tree DIR: busybox under many names, and the files that every tree has.
make_tree()
{
	mkdir -p "$1/bin" "$1/etc" "$1/usr/bin"
	cp "$(command -v busybox)" "$1/bin/busybox"
	for tool in sh ls cat id uname grep sed sleep dd ps env echo mkdir nproc stat hostname true \
		false nc ln mkfifo cp chmod seq head tail touch yes kill sort tr wc setsid rm mv free \
		readlink find test printf date od mknod chown chgrp mount umount unshare nice awk \
		sha256sum pwd dirname basename ulimit truncate df; do
		ln -sf busybox "$1/bin/$tool"
	done
	echo 'root:x:0:0::/root:/bin/sh' >"$1/etc/passwd"
	echo 'root:x:0:' >"$1/etc/group"
}

# The keys that tests change; `manifest' reads them.
defaults()
{
	m_path=/build/box
	m_umask=0022
	m_cpus=1
	m_limits='wall: 60, silence: 60, memory: 1073741824, processes: 200, disk: 67108864, log: 1048576'
	m_outputs='out'
	m_sources=''
	m_env=''
	m_user='uid: 1000, gid: 1000, name: builder, home: /nonexistent'
}
defaults

digest()
{
	sha256sum "$1" | cut -d' ' -f1
}

# source_row FILE UNPACK STRIP INTO: a row for m_sources
source_row()
{
	printf '  - {name: %s, sha256: %s, size: %s, unpack: %s, into: %s, strip: %s}\n' \
		"${1##*/}" "$(digest "$1")" "$(stat -c %s "$1")" "$2" "${4:-.}" "$3"
}

# step_row SCRIPT: a row of build.steps
step_row()
{
	printf '    - argv:\n      - sh\n      - -c\n      - "%s"\n      cwd: .\n' \
		"$(printf '%s' "$1" | sed 's/[\\"]/\\&/g' | tr '\n' ';')"
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
${m_sources:-$(source_row src/empty copy 0)}
toolchain:
  lock: none.yaml
  id: 1111111111111111111111111111111111111111111111111111111111111111
  tree: 1111111111111111111111111111111111111111111111111111111111111111
build:
  path: $m_path
  environment: {PATH: /bin, HOME: /nonexistent, LC_ALL: C$m_env}
  steps:
$(for script; do step_row "$script"; done)
  user: {$m_user}
  umask: "$m_umask"
  source_date_epoch: 1669357904
  machine: {hostname: assay, kernel_release: 6.1.0-0-amd64, kernel_version: "#1 SMP Debian", cpus: $m_cpus, memory: 4294967296}
  limits: {$m_limits}
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

# build: run m.yaml with the tree; the record goes to ./record, results to ./result
build()
{
	rm -rf result && mkdir result
	timeout -k 5 120 "$DRIVE" m.yaml tree src result >record 2>&1
}

# field KEY: of the record, all its lines
field()
{
	sed -n "s/^$1: //p" record
}

# builds TEXT SCRIPT: the script must build
builds()
{
	manifest "$2"
	build
	same "$1" built "$(field outcome)$(field text)"
	[ "$(field outcome)" = built ] || sed 's/^/# /' record result/build.log
}

make_tree tree
