#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Kinds of builds that depend on something, crossed with delivered files that somebody changed: none
# of those is called a match, or different only where the output varies. Files that nobody changed
# are told from them. What somebody writes where the output does vary is never explained: no build
# makes it. ASSAY_TEST_LONG: all pairs; otherwise the honest ones, and for each kind one of the others.
# shellcheck disable=SC2016 # scripts in quotes
set -u
# shellcheck source=tests/rebuild/fixture.sh
. "${top_srcdir:-.}/tests/rebuild/fixture.sh"

unshare --user --map-root-user true 2>/dev/null || skip_all "this host has no user namespaces"
make_fixture

# kind DECISION EXPRESSION USUAL: what is written depends on whether the expression has its usual value.
# Random numbers are no choice: they differ each time.
kinds='clock|date +%Y|'$(date +%Y)'
path|pwd|/build
order|find src -name "*.txt" \| head -n 1|src/c.txt
locale|echo "$LC_ALL"|C
pid|test $$ -lt 1000 && echo low|low
umask|umask|0022
uid|id -u|1000
host|hostname|assay
processors|nproc|1
addresses|sed -n "s/^[0-9a-f]*-\([0-9a-f]*\) .*\[stack\]$/\1/p" /proc/self/maps|7ffffffff000
environment|echo "${CAPTURE_ENVIRONMENT-none}"|none
kernel|uname -r|6.1.0-test
home|echo "${HOME-none}"|none
zone|date -d @1000000000 +%d%H|0901
random||'

# build_of EXPRESSION USUAL: the script of a kind
build_of() {
	echo 'PATH=$PATH:/applets'
	echo 'echo "version 1, rate 100, limit 20"'
	if [ -z "$1" ]; then
		echo 'busybox od -An -tx1 -N4 /dev/urandom'
	else
		printf 'value=$(busybox %s)\n[ "$value" = "%s" ] && echo aaaa || echo bbbb\n' "$1" "$2"
	fi
	echo 'echo "checks on, trailer 0123456789"'
}

# Changes to a delivered file, as sed scripts. Each leaves something different where nothing varies.
changes='1s/rate 100/rate 900/
1s/version 1/version 2/
1s/limit 20/limit 99/
1s/^v/V/
1s/20$/2O/
1s/,/;/
1s/ / /;1s/$/ /
3s/on/no/
3s/checks on/checks  n/
3s/0123456789/0123456780/
3s/0/1/
3s/9$/8/
3s/$/x/
3d
1d
2d
2p
2s/^./zz/
$a appended
1i inserted'

# decision FILE: of a verification with it as what was delivered
decision() {
	cp "$1" delivered.bin
	rm -rf data/assay/blobs
	manifest out.bin delivered.bin '"sh src/build.sh >out.bin"' >m.yaml
	"$ASSAY" verify --quiet --no-times --json verify.json -o v m.yaml >out 2>err </dev/null
	status=$?
	if [ $status -eq 0 ]; then
		echo match
	else
		json verify.json 'd["variation"]["decision"]'
		json verify.json '"explained" if d["variation"].get("solution", {}).get("complete") else ""'
	fi
}

pairs=0
honest=0
right=0
: >wrong
printf "%s\n" "$kinds" >kinds
while IFS= read -r line; do
	name=${line%%|*}
	expression=$(printf "%s\n" "${line#*|}" | sed 's/|[^|]*$//; s/\\|/|/g')
	usual=${line##*|}
	rm -rf tree && mkdir tree
	for file in a b c; do echo text >tree/$file.txt; done
	build_of "$expression" "$usual" >tree/build.sh
	case $name in
	locale) sed -i 's/busybox echo/echo/' tree/build.sh ;;
	umask | pid | environment | home | path) sed -i 's/busybox //' tree/build.sh ;;
	esac
	tar --sort=name --mtime=@1 --owner=0 --group=0 -cf source.tar -C tree .
	# What another honest builder made, who had another of what the build depends on.
	printf 'version 1, rate 100, limit 20\nbbbb\nchecks on, trailer 0123456789\n' >other
	wanted=depends-on-inside
	[ "$name" != random ] || wanted=not-deterministic
	honest=$((honest + 1))
	# The clock at the release makes this, too: then it is explained as well.
	got=$(decision other)
	got=${got%?explained}
	[ "$got" = "$wanted" ]
	ok $? "$name: built by somebody else: $got"
	[ "$got" != "$wanted" ] || right=$((right + 1))
	# A value that no build makes, where it would be.
	if [ "$name" != random ]; then
		printf 'version 1, rate 100, limit 20\nevil\nchecks on, trailer 0123456789\n' >forged
		got=$(decision forged)
		[ "$got" = depends-on-inside ]
		ok $? "$name: forged where it varies: not explained: $got"
	fi
	number=0
	while IFS= read -r change; do
		number=$((number + 1))
		[ -n "${ASSAY_TEST_LONG:-}" ] || [ $(((number + 7 * honest) % 20)) -eq 0 ] || continue
		sed "$change" other >changed
		cmp -s other changed && echo "$name: \"$change\" changes nothing" >>wrong
		got=$(decision changed)
		pairs=$((pairs + 1))
		case $got in
		depends-on-outside | not-deterministic) right=$((right + 1)) ;;
		*) echo "$name, \"$change\": $got" >>wrong ;;
		esac
	done <<-END
		$changes
	END
done <kinds
[ -s wrong ] && sed 's/^/# /' wrong
[ ! -s wrong ]
ok $? "changed files: none of $pairs is a match or different only where the output varies"
[ $((100 * right)) -ge $((95 * (pairs + honest))) ]
ok $? "$right of $((pairs + honest)) in the right class"
tap_end
