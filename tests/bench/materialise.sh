#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# From packages to a tree: `assay toolchain fetch' with every package in the store (A) against
# mmdebstrap (B), both with the very same packages, named one by one, into a new folder of the same
# disk. A also checks each package against its pin and computes the digest of the tree; B also runs
# the packages' scripts.
set -u
. "${top_srcdir:?}/tests/cli/tap.sh"
needs mmdebstrap mmdebstrap --version
lock=build-essential.lock.yaml

# The packages of the shipped toolchain without build-dependencies: Essential and build-essential.
sed '/^build_depends:/,/^links:/{/^build_depends:/s/$/ []/; /^ /d}' \
	"$top_srcdir/toolchains/debian-12-packages.intent.yaml" >build-essential.intent.yaml
"$ASSAY" toolchain lock --quiet --store first build-essential.intent.yaml >/dev/null || exit 1
"$ASSAY" toolchain show --json - "$lock" >lock.json 2>/dev/null || exit 1

# A repository of the same packages, under the names that the lock gives them.
mkdir repository
jq -r '.lock.packages[] | "\(.sha256) \(.path)"' lock.json | while read -r digest path; do
	cp "$(find first/blobs -name "*${digest#??}")" "repository/${path##*/}" || exit 1
done
(cd repository && dpkg-scanpackages --multiversion . >Packages 2>scan.log) || exit 1
printf 'Suite: bookworm\nCodename: bookworm\nSHA256:\n %s %s Packages\n' \
	"$(sha256sum repository/Packages | cut -d' ' -f1)" "$(stat -c %s repository/Packages)" \
	>repository/Release
count=$(jq '.lock.packages | length' lock.json)
names=$(jq -r '.lock.packages[] | "\(.name)=\(.version)"' lock.json | paste -sd,)

python3 "$top_srcdir/tests/bench/pairs.py" -n 3 --aim 0.25 "a tree of $count packages against mmdebstrap" \
	--before-a 'chmod -R u+w store 2>/dev/null; rm -rf store && mkdir store && cp -al first/blobs store/' \
	--before-b 'rm -rf tree' \
	"'$ASSAY' toolchain fetch --quiet --store store '$lock'" \
	"mmdebstrap --quiet --variant=custom --include='$names' \
		--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr bookworm tree \
		'deb [trusted=yes] copy:$PWD/repository ./'" || exit 1

# Both must have made a tree of all of them, or the figures mean nothing.
for status in tree store/trees/sha256/*; do
	installed=$(grep -c '^Status: install ok installed$' "$status/var/lib/dpkg/status")
	[ "$installed" -eq "$count" ] && continue
	echo "$status has $installed packages, not $count"
	exit 1
done
