#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Container start-up: a build of one step, `true', in our container (A) against `true' under bwrap
# with the same namespaces (B). A also copies a source in, an output out and writes a log.
# shellcheck disable=SC2034,SC2154 # variables that box.sh reads and sets
set -u
. "${top_srcdir:?}/tests/rebuild/box.sh"
needs bubblewrap bwrap --version
mkdir -p result tree/build tree/dev tree/proc tree/tmp
m_outputs=empty
manifest true
"$top_builddir/tests/bench/start" 100 m.yaml tree src/empty result \
	bwrap --unshare-all --die-with-parent --new-session --ro-bind tree / --proc /proc \
	--dev /dev --tmpfs /build --tmpfs /tmp --chdir /build --clearenv --setenv PATH /bin \
	--uid 1000 --gid 1000 --cap-drop ALL /bin/true
