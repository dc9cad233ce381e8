#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# All tests, from a fresh Debian 12 to one line: "N passed, N failed". Root, or an ordinary user
# with sudo (used for apt-get alone). Nothing is written outside DIR but the installed packages.
#
# usage: sh tests/run.sh [--quick | --long] [--no-install] [DIR]
#   DIR           where to build (default: build/tests)
#   --quick       gcc build and make check only
#   --long        also all ELF files of the machine, more builds that are tampered with or built again
#                 in many ways, clang-tidy, each fuzzer for a minute, coverage, and the benchmarks
#   --no-install  use what is there; a tool that is missing is a failure
set -u
cd "$(dirname "$0")/.." || exit 2
top=$PWD
mode=normal
install=yes
dir=$top/build/tests
jobs=$(nproc)

fail()
{
	echo "tests/run.sh: $*" >&2
	exit 2
}

while [ $# -gt 0 ]; do
	case $1 in
	--quick) mode=quick ;;
	--long) mode=long ;;
	--no-install) install=no ;;
	-*) fail "unknown option $1" ;;
	*) dir=$1 ;;
	esac
	shift
done
mkdir -p "$dir/logs" && dir=$(cd "$dir" && pwd)
[ -d "$dir/logs" ] || fail "cannot use $dir"
log=$dir/logs

# A missing test tool is a failure, not a skip.
ASSAY_TEST_STRICT=1
export ASSAY_TEST_STRICT

# --- packages ---------------------------------------------------------------------------------

# Prints the packages of tests/packages.txt that the machine has not.
missing_packages()
{
	sed -nE 's/^(build|test) +([^ ]+).*/\2/p' tests/packages.txt | while read -r package; do
		dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null |
			grep -qx installed || echo "$package"
	done
}

install_packages()
{
	become=
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || fail "as root: apt-get install $*"
		become=sudo
	fi
	echo "installing $*"
	{ $become apt-get -q update && $become env DEBIAN_FRONTEND=noninteractive \
		apt-get -q -y --no-install-recommends install "$@"; } >"$log/install.log" 2>&1 ||
		{ tail -20 "$log/install.log" >&2; fail "cannot install $*"; }
}

# --- stages: each is one function, run in $dir, with its output in $log/NAME.log -----------------

passed=0
failed=0
skipped=0

# Adds what the .trs files below a folder say to the sums; each stage has a folder of its own.
count_results()
{
	results=$(find "$1" -name '*.trs' -exec sed -n 's/^:test-result: \([A-Z]*\).*/\1/p' {} + |
		awk '/^(PASS|XFAIL)$/ { p++ } /^(FAIL|ERROR|XPASS)$/ { f++ } /^SKIP$/ { s++ }
			END { printf "%d %d %d\n", p, f, s }')
	# shellcheck disable=SC2086 # three numbers
	set -- $results
	stage_passed=$1 stage_failed=$2 stage_skipped=$3
}

# usage: stage NAME FOLDER FUNCTION; FOLDER - for a stage that is itself one test
stage()
{
	name=$1 folder=$2 started=$(date +%s)
	stage_passed=0 stage_failed=0 stage_skipped=0
	[ "$folder" = - ] || find "$dir/$folder" -name '*.trs' -delete 2>/dev/null
	(cd "$dir" && "$3") </dev/null >"$log/$name.log" 2>&1
	status=$?
	[ "$folder" = - ] || count_results "$dir/$folder"
	# A stage that ends badly counts, whatever its tests said; so does one that tested nothing.
	if [ "$status" -ne 0 ] && [ "$stage_failed" -eq 0 ]; then
		stage_failed=1
	elif [ "$status" -eq 0 ] && [ $((stage_passed + stage_failed + stage_skipped)) -eq 0 ]; then
		stage_passed=1
	fi
	passed=$((passed + stage_passed))
	failed=$((failed + stage_failed))
	skipped=$((skipped + stage_skipped))
	printf '%-12s %5d passed %3d failed %3d skipped %5d s\n' "$name" "$stage_passed" \
		"$stage_failed" "$stage_skipped" $(($(date +%s) - started))
	[ "$stage_failed" -eq 0 ] || show_failure "$name"
	[ "$folder" = - ] || show_skips "$folder"
}

show_failure()
{
	grep -E '^(not ok|FAIL|ERROR|XPASS)|error:|Error [0-9]|\*\*\*|Sanitizer' "$log/$1.log" |
		head -20 | sed 's/^/    /'
	echo "    see $log/$1.log"
}

show_skips()
{
	find "$dir/$1" -name '*.log' -exec grep -hE '# SKIP [a-z]' {} + | sort -u | head -20 | sed 's/^/    /'
}

# usage: configured FOLDER [configure argument]...
configured()
{
	mkdir -p "$1" && cd "$1" || return 1
	shift
	[ -f config.status ] || "$top/configure" --quiet "$@" || return 1
	make -j "$jobs"
}

make_configure()
{
	cd "$top" && ./autogen.sh
}

gcc_check()
{
	configured gcc CC=gcc --enable-werror && make -j "$jobs" -k check
}

# clang -Werror with address and undefined behaviour sanitizers, fuzzers built as well. Tests of
# the tree itself are not run again, and where every byte was tried a sample is.
clang_check()
{
	configured clang CC=clang --enable-werror --enable-fuzzers &&
		ASSAY_TEST_SAMPLE=300 make -j "$jobs" -k check lint_tests=
}

rebuild_check()
{
	[ $mode != long ] || export ASSAY_TEST_LONG=1
	configured gcc CC=gcc --enable-werror && make check-rebuild
}

product_check()
{
	[ $mode != long ] || export ASSAY_TEST_LONG=1
	configured gcc CC=gcc --enable-werror && make check-products
}

# What is in the tarball builds, installs and works. That each file of the tree is in it is seen by
# tests/lint/files.py, so not all tests are run again.
distcheck()
{
	configured dist || return 1
	# shellcheck disable=SC2016 # for make
	some=$(printf 'include Makefile\nprint-tests: ; @echo $(TESTS)\n' | make -s -f - print-tests |
		tr ' ' '\n' | grep -E '^tests/(cli|fuzz|unit)/')
	make -j "$jobs" distcheck TESTS="$(echo "$some" | tr '\n' ' ')"
}

release()
{
	mkdir -p release && cd release && sh "$top/tests/release/reproducible.sh" "$top"
}

# All programs and libraries of the machine, larger samples.
elf_long()
{
	configured gcc CC=gcc --enable-werror || return 1
	ASSAY_TEST_LONG=1 make check \
		TESTS='tests/elf/alarms.py tests/elf/attacks.py tests/elf/flips.py'
}

tidy()
{
	configured gcc CC=gcc --enable-werror && make -j "$jobs" tidy
}

# usage: fuzz_for_a_minute NAME [argument]...; in the folder of the clang build
fuzz_for_a_minute()
{
	name=$1
	shift
	mkdir -p "tests/fuzz/found/$name"
	"tests/fuzz/fuzz_$name" -max_total_time=60 -print_final_stats=1 "$@" \
		"tests/fuzz/found/$name" "$top/tests/fuzz/corpus/$name"
}

# The reader of ELF files and the comparison of two, at the same time; the same draws in each run.
fuzz_elf()
{
	configured clang CC=clang --enable-werror --enable-fuzzers || return 1
	fuzz_for_a_minute elf_read -seed=1 &
	reading=$!
	fuzz_for_a_minute elf_compare -seed=1 && wait $reading
}

fuzz()
{
	configured clang CC=clang --enable-werror --enable-fuzzers || return 1
	for program in tests/fuzz/fuzz_*; do
		[ -x "$program" ] || continue
		name=${program#tests/fuzz/fuzz_}
		if [ "$name" = compare ]; then
			sh "$top/tests/fuzz/formats.sh" "$program" 60 || return 1
			continue
		fi
		fuzz_for_a_minute "$name" || return 1
	done
}

coverage()
{
	configured coverage CC=gcc --enable-coverage && make coverage
}

bench()
{
	configured plain CC=gcc && make bench
}

# --- the run ----------------------------------------------------------------------------------

if [ $install = yes ]; then
	missing=$(missing_packages)
	# shellcheck disable=SC2086 # one word for each package
	[ -z "$missing" ] || install_packages $missing
fi

began=$(date +%s)
[ -n "$(find configure -newer configure.ac 2>/dev/null)" ] || stage autogen - make_configure
stage check gcc gcc_check
if [ $mode != quick ]; then
	stage rebuild gcc rebuild_check
	stage sanitizers clang clang_check
	stage fuzz-elf - fuzz_elf
	stage distcheck - distcheck
	stage release - release
	stage products gcc product_check
fi
if [ $mode = long ]; then
	stage elf - elf_long
	stage tidy - tidy
	stage fuzz - fuzz
	stage coverage - coverage
	stage bench - bench
fi
echo "took $(($(date +%s) - began)) s"
if [ $skipped -eq 0 ]; then
	echo "$passed passed, $failed failed"
else
	echo "$passed passed, $failed failed, $skipped skipped"
fi
[ $failed -eq 0 ]
