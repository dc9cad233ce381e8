#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Rebuild every product of manifests/ and judge the verdicts. Speaks TAP. Run by make check-products:
# it fetches about 200 MB from the machine's apt mirrors, once, and builds for some minutes.
#
# usage: products.sh [NAME]...    (of manifests; default: all)
# environment: ASSAY, top_srcdir; ASSAY_TEST_STORE: where inputs and toolchains are kept;
#              ASSAY_TEST_LONG: builds more products again in many ways
#
# What no mirror has any more (status 404, nothing else) is locked anew from the toolchain's intent, and
# said. Every other failure to fetch is a failure.
set -u
: "${ASSAY:?}" "${top_srcdir:?}"
here=$top_srcdir/tests/products
work=$PWD/tests/products/run
store=${ASSAY_TEST_STORE:-$PWD/tests/products/store}
count=0
failed=0

# usage: report STATUS TEXT [FILE]: one line of TAP; when it failed, the file's end as well
report()
{
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
		return
	fi
	failed=1
	echo "not ok $count - $2"
	[ $# -lt 3 ] || tail -n 20 "$3" | sed 's/^/# /'
}

# The manifests there are, and those that are expected to be there.
check_names()
{
	for manifest in "$work"/manifests/*.yaml; do
		basename "$manifest" .yaml
	done | LC_ALL=C sort >"$work/there"
	python3 -B "$here/judge.py" list >"$work/expected"
	cut -d ' ' -f 1 "$work/expected" | LC_ALL=C sort | diff - "$work/there" >"$work/names.log"
	report $? "every manifest has an expected verdict" "$work/names.log"
}

# usage: value FILE KEY...: a value of a JSON file
value()
{
	python3 -c 'import json, sys
value = json.load(open(sys.argv[1]))
for key in sys.argv[2:]:
    value = value[key]
print(value)' "$@"
}

# Makes a new lock and puts its pins into the manifests that name it. usage: lock_anew NAME
lock_anew()
{
	"$ASSAY" toolchain lock --quiet --store "$store" --json "$work/$1.json" \
		"$work/toolchains/$1.intent.yaml" || return 1
	id=$(value "$work/$1.json" id) && tree=$(value "$work/$1.json" tree sha256) || return 1
	for manifest in "$work"/manifests/*.yaml; do
		grep -q "/$1\.lock\.yaml\$" "$manifest" || continue
		sed -i -e "/^toolchain:/,/^build:/s/^\(  id: \).*/\1$id/" \
			-e "/^toolchain:/,/^build:/s/^\(  tree: \).*/\1$tree/" "$manifest"
	done
}

# usage: fetch_toolchain NAME
fetch_toolchain()
{
	log=$work/$1.log
	"$ASSAY" toolchain fetch --quiet --store "$store" "$work/toolchains/$1.lock.yaml" >"$log" 2>&1
	status=$?
	if [ $status -ne 2 ] || ! grep -q ' is nowhere any more ' "$log"; then
		report $status "toolchain $1: the pinned packages are there" "$log"
		return
	fi
	sed 's/^/# /' "$log"
	echo "# toolchain $1: no mirror has a pinned package any more; LOCKING ANEW from its intent"
	lock_anew "$1" >"$log" 2>&1
	report $? "toolchain $1: LOCKED ANEW, its pinned packages are gone from the mirrors" "$log"
}

# Building again in many ways takes minutes: where a year or a day is what it is to find.
on_difference()
{
	case $1 in
	arduino-core-avr) [ -z "${ASSAY_TEST_LONG:-}" ] && echo stop || echo vary ;;
	hello) echo vary ;;
	*) echo stop ;;
	esac
}

# usage: verify_product NAME EXPECTED-STATUS
verify_product()
{
	started=$(date +%s)
	"$ASSAY" verify --quiet --on-difference "$(on_difference "$1")" --store "$store" --output "$work/results/$1" \
		"$work/manifests/$1.yaml" >"$work/$1.log" 2>&1
	status=$?
	report $((status != $2)) "$1: assay verify exits $2" "$work/$1.log"
	echo "# exit status $status after $(($(date +%s) - started)) s"
	python3 -B "$here/judge.py" judge "$1" "$work/results/$1" "$store" >"$work/$1.judged" 2>&1
	report $? "$1: the verdict is the expected one, for the expected reason" "$work/$1.judged"
}

# usage: verify_again NAME: with everything in the store nothing is fetched and nothing unpacked
verify_again()
{
	find "$store/trees" "$store/blobs" | LC_ALL=C sort >"$work/store.before"
	http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 \
		"$ASSAY" verify --quiet --store "$store" --output "$work/results/$1" \
		"$work/manifests/$1.yaml" >"$work/$1.again.log" 2>&1
	report $? "$1: a second run needs no network" "$work/$1.again.log"
	find "$store/trees" "$store/blobs" | LC_ALL=C sort | cmp -s - "$work/store.before"
	report $? "$1: a second run leaves the store as it is"
}

mkdir -p "$work" "$store"
rm -rf "$work/manifests" "$work/toolchains" "$work/results"
mkdir "$work/results"
cp -R "$top_srcdir/manifests" "$top_srcdir/toolchains" "$work/"
chmod -R u+w "$work/manifests" "$work/toolchains"

check_names
for intent in "$work"/toolchains/*.intent.yaml; do
	fetch_toolchain "$(basename "$intent" .intent.yaml)"
done
while read -r name status; do
	[ $# -eq 0 ] || case " $* " in *" $name "*) ;; *) continue ;; esac
	verify_product "$name" "$status" </dev/null
done <"$work/expected"
[ $# -ne 0 ] || verify_again arm-trusted-firmware-sun50i_a64
echo "1..$count"
exit $failed
