#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# From packages to a tree: `assay toolchain fetch' with every package in the store (A) against
# mmdebstrap (B) with the same packages on the same disk. A also checks each package against its
# pin and computes the digest of the tree.
set -u
. "${top_srcdir:?}/tests/cli/tap.sh"
needs mmdebstrap mmdebstrap --version
lock=build-essential.lock.yaml

# The packages of the shipped toolchain without build-dependencies: Essential and build-essential.
sed '/^build_depends:/,/^links:/{/^build_depends:/s/$/ []/; /^ /d}' \
	"$top_srcdir/toolchains/debian-12-packages.intent.yaml" >build-essential.intent.yaml
"$ASSAY" toolchain lock --quiet --store store build-essential.intent.yaml >/dev/null || exit 1
"$ASSAY" toolchain show --json - "$lock" >lock.json 2>/dev/null || exit 1

# A repository of the same packages, under the names that the lock gives them.
mkdir repository
jq -r '.lock.packages[] | "\(.sha256) \(.path)"' lock.json | while read -r digest path; do
	cp "$(find store/blobs -name "*${digest#??}")" "repository/${path##*/}" || exit 1
done
(cd repository && dpkg-scanpackages --multiversion . >Packages 2>scan.log) || exit 1
# mmdebstrap takes Essential packages from the suite of this name only.
printf 'Suite: bookworm\nCodename: bookworm\nSHA256:\n %s %s Packages\n' \
	"$(sha256sum repository/Packages | cut -d' ' -f1)" "$(stat -c %s repository/Packages)" \
	>repository/Release
count=$(jq '.lock.packages | length' lock.json)

python3 "$top_srcdir/tests/bench/pairs.py" -n 3 --aim 0.25 "a tree of $count packages" \
	--before-a 'chmod -R u+w store/trees; rm -rf store/trees store/listings store/stamps' \
	--before-b 'rm -rf tree' \
	"'$ASSAY' toolchain fetch --quiet --store store '$lock'" \
	"mmdebstrap --variant=buildd --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr bookworm tree \
		'deb [trusted=yes] copy:$PWD/repository ./'"
