#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What `assay verify' decides about delivered files that differ, and what it finds out from them.
# shellcheck disable=SC2016 # scripts in quotes
set -u
# shellcheck source=tests/rebuild/fixture.sh
. "${top_srcdir:-.}/tests/rebuild/fixture.sh"

unshare --user --map-root-user true 2>/dev/null || skip_all "this host has no user namespaces"
make_fixture

# decides STATUS DECISION DELIVERED TEXT
decides() {
	printf '%s\n' "$3" >delivered.bin
	manifest out.bin delivered.bin '"sh src/build.sh"' >m.yaml
	expect "$1" "$4" "$ASSAY" verify --quiet --no-times --json verify.json -o v m.yaml
	[ "$(json verify.json 'd["variation"]["decision"]')" = "$2" ]
	ok $? "$4: $2"
}
commands 'echo "built in $(busybox date +%Y), rate 100" >out.bin'
decides 1 depends-on-inside 'built in 2019, rate 100' "another year"
decides 1 depends-on-outside 'built in 2019, rate 900' "another year, and another rate"
decides 1 depends-on-outside "built in $(date +%Y), rate 900" "the same year, and another rate"
decides 1 depends-on-outside 'built in 2019, rate 1000' "another year, and one byte more"
said 'also differs where it does not' "people are told"
# --- what the delivered file shows is tried
# solves DELIVERED CHANGES COMPLETE TEXT
solves() {
	decides 1 "$5" "$1" "$4"
	got=$(json verify.json 'd["variation"]["solution"]["changes"], d["variation"]["solution"]["complete"]')
	[ "$got" = "([$2], $3)" ]
	ok $? "$4: $got"
}
commands 'echo "built on $(busybox date "+%b %e %Y"), rate 100" >out.bin'
solves 'built on May  6 2019, rate 100' \
	"'build.machine.clock: {\"mode\":\"offset\",\"start\":1557144000}'" True "the day it was built" depends-on-inside
said 'explains everything: with it, identical' "people are told what to try"
solves 'built on May  6 2019, rate 900' \
	"'build.machine.clock: {\"mode\":\"offset\",\"start\":1557144000}'" False "the day, and another rate" depends-on-outside
said 'explains a part: with it, different' "people are told that it is not all"
commands 'busybox uname -nr >out.bin; busybox id -un >>out.bin; pwd >>out.bin'
solves 'lab-7.example 5.10.0-1-armmp
joe
/lab/joe/src' "'build.path: \"/lab/joe/src\"', 'build.machine.hostname: \"lab-7.example\"', 'build.machine.kernel_release: \"5.10.0-1-armmp\"', 'build.user.name: \"joe\"'" True \
	"four things at once" depends-on-outside
decides 1 depends-on-outside '../../etc $(reboot)
"x"
/etc' "values that cannot be"
[ "$(json verify.json '"solution" in d["variation"]')" = False ]
ok $? "values that cannot be: nothing is built with them"
commands 'busybox hostname | grep -q assay && echo "in $(busybox date +%Y), rate 100" >out.bin'
decides 1 depends-on-inside 'in 2019, rate 100' "nothing is built on another host: places show all the same"
[ "$(json verify.json 'd["variation"]["depends_on"], d["variation"]["fails_with"]')" = "(['hostname', 'time'], ['hostname'])" ]
ok $? "nothing is built on another host: said"
decides 1 depends-on-outside 'in 2019, rate 900' "nothing is built on another host, and another rate"
commands 'busybox hostname | grep -q assay && echo "rate 100" >out.bin'
decides 1 other-inputs 'rate 900' "nothing is built on another host, and nothing varies"
commands 'echo "rate 100" >out.bin'
decides 1 other-inputs 'rate 900' "nothing varies"
[ "$(json verify.json '"solution" in d["variation"]')" = False ]
ok $? "nothing varies: nothing to try"
said 'made from other inputs' "people are told so"
cp verify.json first.json
decides 1 other-inputs 'rate 900' "and again"
cmp -s first.json verify.json
ok $? "the same inputs give the same answer"
commands 'echo "rate 100" >out.bin; busybox od -An -tx1 -N8 /dev/urandom >>out.bin'
decides 5 not-deterministic 'rate 900' "a random number"
[ "$(json verify.json 'd["variation"]["deterministic_with_clock"], d["variation"]["builds"]')" = "(False, 4)" ]
ok $? "a random number: not even with one time of day"
commands 'busybox usleep 1000000; busybox date +%s >out.bin'
decides 5 not-deterministic '1557144000' "seconds"
said 'pin build.machine.clock' "seconds: what to do"
[ "$(json verify.json 'd["variation"]["deterministic_with_clock"], d["variation"]["builds"]')" = "(True, 4)" ]
ok $? "seconds: two builds with one time of day are the same"
sed -i 's/memory: 4294967296}/memory: 4294967296, clock: {mode: fixed, start: 1600000000}}/' m.yaml
expect 1 "seconds of a pinned clock" "$ASSAY" verify --quiet --no-times --json verify.json -o v m.yaml
[ "$(json verify.json 'd["variation"]["solution"]["changes"], d["variation"]["solution"]["complete"]')" = \
	"(['build.machine.clock: {\"mode\":\"fixed\",\"start\":1557144000}'], True)" ]
ok $? "seconds of a pinned clock: found"
commands 'echo "rate 100" >out.bin'
printf 'rate 100\n' >delivered.bin
manifest out.bin delivered.bin '"sh src/build.sh"' >m.yaml
expect 0 "a match" "$ASSAY" verify --quiet --json verify.json -o v m.yaml
[ "$(json verify.json '"variation" in d')" = False ]
ok $? "a match needs no further build"
printf 'rate 900\n' >delivered.bin
manifest out.bin delivered.bin '"sh src/build.sh"' >m.yaml
expect 1 "stop at a difference" "$ASSAY" verify --quiet --on-difference stop --json verify.json -o v m.yaml
[ "$(json verify.json '"variation" in d')" = False ]
ok $? "stop at a difference: nothing was varied"
expect 2 "another word" "$ASSAY" verify --quiet --on-difference explode -o v m.yaml
tap_end
