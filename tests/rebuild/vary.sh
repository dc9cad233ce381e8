#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# `assay vary': each sample of samples/axes depends on one axis and on no other.
# shellcheck disable=SC2016 # scripts in quotes
set -u
# shellcheck source=tests/rebuild/fixture.sh
. "${top_srcdir:-.}/tests/rebuild/fixture.sh"

unshare --user --map-root-user true 2>/dev/null || skip_all "this host has no user namespaces"
make_fixture
echo x >delivered.bin

# sample NAME: a manifest that builds the sample, with the sample as its source
sample() {
	rm -rf tree && mkdir tree && cp "$top_srcdir/samples/axes/$1/"* tree/
	tar --sort=name --mtime=@1 --owner=0 --group=0 -cf source.tar -C tree .
	rm -rf data/assay/blobs
	manifest out.bin delivered.bin '"sh src/build.sh"' |
		sed 's/memory: 4294967296}/memory: 4294967296, random: {seed: 1}}/' >m.yaml
	# With one processor there is nothing to do at once.
	[ "$1" != parallelism ] || sed -i 's/cpus: 1,/cpus: 2,/' m.yaml
}

tables=$(sed -n 's/^\.It Cm //p' "$top_srcdir/verifier/man/assay-vary.1" | xargs)
[ "$(cd "$top_srcdir/samples/axes" && echo *)" = "$tables" ]
ok $? "every axis of the page has a sample: $tables"
[ "$(nproc)" -gt 1 ] || tables=$(echo "$tables" | sed 's/cpus //; s/parallelism //')
for axis in $tables; do
	sample "$axis"
	# One processor instead of two is both at once.
	beside=
	[ "$axis" != parallelism ] || beside=,cpus
	expect 1 "$axis: the sample depends on something" "$ASSAY" vary --quiet ${beside:+--except cpus} --json vary.json -o v m.yaml
	[ "$(json vary.json 'd["variation"]["depends_on"]')" = "['$axis']" ]
	ok $? "$axis: on this axis and no other"
	# All of them, with the first one: 2 * ceil(log2 k) + 2 for up to 32 axes.
	[ "$(json vary.json 'd["variation"]["builds"] <= 2 * 5 + 2')" = True ]
	ok $? "$axis: found in few builds: $(json vary.json 'd["variation"]["builds"]')"
	expect 0 "$axis: without it, on nothing" "$ASSAY" vary --quiet --except "$axis$beside" -o v m.yaml
done
tables=$(echo "$tables" | sed 's/parallelism //')
[ "$(json vary.json 'd["variation"]["varied"]')" = "[$(echo "$tables" | sed "s/[^ ]*/'&'/g; s/ /, /g")]" ]
ok $? "the axes that were varied are those of the page"

# Two builds at once, where there is room, find what one after the other finds.
sample hostname
expect 1 "one build at a time" taskset -c "$(taskset -pc $$ | sed 's/.*[ ,-]//')" "$ASSAY" vary --quiet \
	--except cpus --json one.json -o v m.yaml
expect 1 "two at once, where there are two processors" "$ASSAY" vary --quiet --except cpus --json two.json -o v m.yaml
[ "$(json one.json 'd["variation"]')" = "$(json two.json 'd["variation"]')" ]
ok $? "one or two builds at once: the same result"

# Two axes, each enough; and two that are needed both.
commands 'echo "$TZ $HOME" >out.bin'
expect 1 "two axes" "$ASSAY" vary --quiet --json vary.json -o v m.yaml
[ "$(json vary.json 'd["variation"]["depends_on"]')" = "['home', 'zone']" ]
ok $? "two axes: both are found"
commands 'if [ -n "$TZ" ] && [ "$(busybox id -u)" != 1000 ]; then echo a; else echo b; fi >out.bin'
expect 1 "two axes that matter together" "$ASSAY" vary --quiet --json vary.json -o v m.yaml
[ "$(json vary.json 'd["variation"]["depends_on"]')" = "['user', 'zone']" ]
ok $? "two axes that matter together: both are found"
commands '[ "$(busybox hostname)" = assay ] && echo x >out.bin'
expect 1 "a build that fails on another host" "$ASSAY" vary --quiet --json vary.json -o v m.yaml
[ "$(json vary.json 'd["variation"]["depends_on"], d["variation"]["fails_with"]')" = "(['hostname'], ['hostname'])" ]
ok $? "a build that fails on another host: said"
commands 'busybox od -An -tx1 -N8 /dev/urandom >out.bin'
expect 5 "a build that is not deterministic" "$ASSAY" vary --quiet --json vary.json -o v m.yaml
[ "$(json vary.json 'd["variation"]["deterministic"], d["variation"]["builds"]')" = "(False, 4)" ]
ok $? "a build that is not deterministic: two builds, and two with one time of day"
commands 'exit 3'
expect 6 "a build that fails" "$ASSAY" vary --quiet -o v m.yaml
expect 2 "an axis that is none" "$ASSAY" vary --quiet --only time,tide -o v m.yaml
said 'no axis is called "tide"' "an axis that is none: which"
expect 2 "no axis left" "$ASSAY" vary --quiet --only time --except time -o v m.yaml
tap_end
