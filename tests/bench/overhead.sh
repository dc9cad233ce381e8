#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# CPU time of a build in our container (A, all of `assay rebuild': checking pins, unpacking the
# source, watching the build) against the same build in a plain chroot on the same tree (B: tar,
# chroot, make). Fetches what the manifest pins, if the store has not got it.
set -u
# shellcheck disable=SC2034 # tap.sh reads it
. "${top_srcdir:?}/tests/cli/tap.sh"
manifest=$top_srcdir/manifests/arm-trusted-firmware-sun50i_a64.yaml
lock=$top_srcdir/toolchains/debian-12-cross-arm64.lock.yaml
store=${XDG_DATA_HOME:-$HOME/.local/share}/assay
"$ASSAY" rebuild --quiet --output result "$manifest" >/dev/null || exit 1

pin=$(sed -n '/^sources:/,/^toolchain:/s/^ *sha256: //p' "$manifest")
tree=$store/trees/sha256/$("$ASSAY" toolchain show --json - "$lock" 2>/dev/null | jq -r .tree.sha256)
source=$(find "$store/blobs" -name "*${pin#??}")
if [ ! -d "$tree" ] || [ ! -f "$source" ]; then
	echo "no tree or no source in $store"
	exit 1
fi

# An ordinary user becomes root of a user namespace; root needs none, and builds as a user.
become='' user='--userspec=1000:1000'
[ "$(id -u)" -eq 0 ] || become=--map-root-user user=
cat >chroot.sh <<END
set -eu
mount -t tmpfs tmpfs mnt
mkdir mnt/root
mount --rbind '$tree' mnt/root
mount -t tmpfs tmpfs mnt/root/build
mount -t tmpfs tmpfs mnt/root/tmp
mount --rbind /dev mnt/root/dev
mount --rbind /proc mnt/root/proc
mkdir mnt/root/build/atf
tar -xf '$source' -C mnt/root/build/atf --strip-components=1 --no-same-owner
[ -z '$user' ] || chown -R 1000:1000 mnt/root/build
exec chroot $user mnt/root /usr/bin/env -i PATH=/usr/bin:/bin HOME=/nonexistent LC_ALL=C.UTF-8 \
	TZ=UTC CFLAGS=--param=min-pagesize=0 LDFLAGS= TF_LDFLAGS=--no-warn-rwx-segments \
	SOURCE_DATE_EPOCH=1669357904 /bin/sh -c 'cd /build/atf && exec make -j2 \
	CC=aarch64-linux-gnu-gcc CROSS_COMPILE=aarch64-linux-gnu- V=1 DEBUG=0 PLAT=sun50i_a64 bl31'
END
mkdir mnt
python3 "$top_srcdir/tests/bench/pairs.py" -n 8 --cpu --aim 1.03 "a build in the container against a plain chroot" \
	"'$ASSAY' rebuild --quiet --output result '$manifest'" \
	"unshare --mount $become sh chroot.sh"
