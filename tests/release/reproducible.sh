#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The source gives one program and one tarball, whoever builds it where; and the tarball is the
# source and what autoconf makes from it, nothing else. TAP.
#
# usage: reproducible.sh TOP   (works below the current folder)
set -u
top=${1:?}
work=$(mktemp -d "$PWD/release.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
number=0
bad=0

result()
{
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		bad=1
	fi
}

# Copies what git knows, or in a tarball everything, to a new folder.
copy_source()
{
	mkdir -p "$1" || return 1
	if [ -e "$top/.git" ]; then
		git -C "$top" ls-files -z -co --exclude-standard |
			(cd "$top" && tar --null --no-recursion -T - -cf -) | tar -xf - -C "$1"
	else
		(cd "$top" && tar --exclude='./build*' -cf - .) | tar -xf - -C "$1"
	fi
	(cd "$top" && sh verifier/build-aux/version-gen) >"$1/.tarball-version" &&
		(cd "$top" && sh verifier/build-aux/version-gen --date) >"$1/.tarball-date"
}

# usage: build SOURCE BUILD UMASK ZONE LOCALE
build()
{
	copy_source "$1" && mkdir -p "$2" || return 1
	(
		umask "$3"
		TZ=$4 LANG=$5
		export TZ LANG
		cd "$1" && ./autogen.sh && cd "$2" && "$1/configure" --quiet &&
			make -s -j "$(nproc)" && make -s dist
	) >"$work/log" 2>&1 || { tail -20 "$work/log" | sed 's/^/# /'; return 1; }
}

# What autoconf and automake add to the source, and what a tarball leaves out.
generated='^(Makefile\.in|aclocal\.m4|config\.h\.in|configure|\.tarball-(date|version)|verifier/build-aux/(ar-lib|compile|depcomp|install-sh|missing|tap-driver\.sh|test-driver))$'
left_out='^(\.gitignore|\.ci/.*)$'

# usage: only_in LISTING OTHER BUT TEXT: complains about lines that only LISTING has
only_in()
{
	LC_ALL=C comm -23 "$1" "$2" | grep -vE "$3" >"$work/odd"
	sed "s/^/# $4: /" "$work/odd"
	[ ! -s "$work/odd" ]
}

one=$work/one/source
two=$work/two/a/longer/path
build "$one" "$work/one/build" 022 UTC C
result $? "builds in one folder"
build "$two" "$two" 077 Asia/Kolkata C.UTF-8
result $? "builds in another, in the source tree, with another umask and time zone"
cmp "$work/one/build/assay" "$two/assay"
result $? "assay has the same bytes"
tarball=$(cd "$work/one/build" && echo assay-*.tar.xz)
cmp "$work/one/build/$tarball" "$two/$tarball"
result $? "the tarball has the same bytes"
if [ -e "$top/.git" ]; then
	tar -tf "$work/one/build/$tarball" | sed -n 's|^[^/]*/\(.*[^/]\)$|\1|p' |
		LC_ALL=C sort >"$work/shipped"
	git -C "$top" ls-files -co --exclude-standard | LC_ALL=C sort >"$work/known"
	only_in "$work/shipped" "$work/known" "$generated" "not in the source"
	result $? "the tarball adds nothing but what autoconf makes"
	only_in "$work/known" "$work/shipped" "$left_out" "not in the tarball"
	result $? "the tarball has every file of the source"
fi
echo "1..$number"
exit $bad
