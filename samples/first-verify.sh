#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# From a fresh Debian 12 to the first verdict: install what is missing, build assay in build/, and
# prove a firmware image. Root, or an ordinary user with sudo (used for apt-get alone).
#
# usage: sh samples/first-verify.sh [OPTION of assay verify]...
set -eu
cd "$(dirname "$0")/.."
top=$PWD

fail()
{
	echo "first-verify: $*" >&2
	exit 2
}

# Shows what a command prints only if it fails.
quietly()
{
	output=$("$@" 2>&1) || {
		echo "$output" | tail -n 20 >&2
		fail "this failed: $*"
	}
}

# Prints the packages of tests/packages.txt that assay's build needs and the machine has not.
missing_packages()
{
	sed -nE 's/^build +([^ ]+).*/\1/p' tests/packages.txt | while read -r package; do
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
	quietly $become apt-get -q update
	quietly $become env DEBIAN_FRONTEND=noninteractive \
		apt-get -q -y --no-install-recommends install "$@"
}

# Out of tree, unless somebody has configured the source tree itself.
build_assay()
{
	echo "building assay"
	[ -x configure ] || quietly ./autogen.sh
	[ -f config.status ] || cd build
	[ -f config.status ] || quietly ../configure
	quietly make -j "$(nproc)"
	assay=$PWD/assay
	cd "$top"
}

command -v apt-get >/dev/null || fail "this is for Debian 12; elsewhere see README.md"
missing=$(missing_packages)
# shellcheck disable=SC2086 # one word for each package
[ -z "$missing" ] || install_packages $missing
mkdir -p build
build_assay
exec "$assay" verify --output build/first-verify "$@" \
	manifests/arm-trusted-firmware-sun50i_a64.yaml
