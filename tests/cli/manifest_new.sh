#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# assay manifest new: a template out of a source package and of .debs that dpkg-deb makes here.
set -u
: "${ASSAY:?}" "${top_srcdir:?}"
. "$top_srcdir/tests/cli/tap.sh"
needs dpkg command -v dpkg-deb
needs python3-yaml python3 -c 'import yaml'
pin=$(printf '%064d' 7)

# deb NAME VERSION ARCHITECTURE TIME COMPRESSION
deb()
{
	mkdir -p "tree/DEBIAN" tree/usr/share
	printf 'Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: A <a@example.org>\nDescription: b\n c: d\n' \
		"$1" "$2" "$3" >tree/DEBIAN/control
	echo "$1" >tree/usr/share/file
	SOURCE_DATE_EPOCH=$4 dpkg-deb --root-owner-group -Z"$5" --build tree "$1_${2#*:}_$3.deb" >/dev/null ||
		exit 1
	rm -r tree
}

digest()
{
	sha256sum "$1" | cut -d ' ' -f 1
}

cat >libtest_1.2-3.dsc <<DSC
-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA512

Format: 3.0 (quilt)
Source: libtest
Binary: libtest1, libtest-doc
Version: 7:1.2-3
Checksums-Sha256:
 $pin 1001 libtest_1.2.orig.tar.xz
 $(echo x | sha256sum | cut -d ' ' -f 1) 1002 libtest_1.2-3.debian.tar.xz
Files:
 00000000000000000000000000000000 1001 libtest_1.2.orig.tar.xz

-----BEGIN PGP SIGNATURE-----

Source: evil
-----END PGP SIGNATURE-----
DSC
deb libtest1 7:1.2-3 amd64 1669357904 xz
deb libtest-doc 7:1.2-3 all 1669357904 gzip
dsc=libtest_1.2-3.dsc one=libtest1_1.2-3_amd64.deb doc=libtest-doc_1.2-3_all.deb

"$ASSAY" manifest new "$PWD/$dsc" "./$one" "$doc" >t.yaml 2>err
same "a template is written" 0 $?
same "and nothing else" "" "$(cat err)"
same "product" "{'name': 'libtest', 'version': '7:1.2-3'}" "$(yaml_get t.yaml product)"
same "the .dsc is a source" "$dsc $(digest $dsc) $(stat -c %s $dsc)" \
	"$(yaml_get t.yaml sources 0 name) $(yaml_get t.yaml sources 0 sha256) $(yaml_get t.yaml sources 0 size)"
same "so are its files" "libtest_1.2.orig.tar.xz $pin 1001" \
	"$(yaml_get t.yaml sources 1 name) $(yaml_get t.yaml sources 1 sha256) $(yaml_get t.yaml sources 1 size)"
same "delivered" "$one $(digest $one) $(stat -c %s $one) $one" \
	"$(yaml_get t.yaml delivered 0 file) $(yaml_get t.yaml delivered 0 sha256) $(yaml_get t.yaml delivered 0 size) $(yaml_get t.yaml delivered 0 output)"
same "delivered, the other one" "$doc $(digest $doc)" "$(yaml_get t.yaml delivered 1 file) $(yaml_get t.yaml delivered 1 sha256)"
same "time of the build" 1669357904 "$(yaml_get t.yaml build source_date_epoch)"
same "unpacked with dpkg-source" \
	"['dpkg-source', '--no-check', '-x', '$dsc', 'libtest-1.2']" "$(yaml_get t.yaml build steps 0 argv)"
same "all packages are built" "-b libtest-1.2" "$(yaml_get t.yaml build steps 1 argv 3) $(yaml_get t.yaml build steps 1 cwd)"
same "a pool with its own letter" "debian:pool/main/libt/libtest/$dsc" "$(yaml_get t.yaml hints 0 from)"
grep -q '^# .*signature.* NOT verified' t.yaml
result $? "says that the signature was not verified"
fails "what is left are the toolchain's pins" 2 \
	'^assay manifest check: t.yaml:[0-9]+: toolchain.lock: missing pin, to be filled in; also missing: toolchain.id \(line [0-9]+\), toolchain.tree \(line [0-9]+\)$' \
	manifest check t.yaml
sed "s/lock: FILL-IN/lock: x.yaml/; s/\(id\|tree\): FILL-IN/\1: $pin/" t.yaml >filled.yaml
"$ASSAY" manifest check filled.yaml >out 2>err
same "filled in, it is a good manifest" "0 " "$? $(cat err)"
"$ASSAY" manifest new $dsc $one $doc >again.yaml
same "the same words each time" "$(digest t.yaml)" "$(digest again.yaml)"

"$ASSAY" manifest new $dsc $one >t.yaml
same "packages for one architecture" -B "$(yaml_get t.yaml build steps 1 argv 3)"
"$ASSAY" manifest new $dsc $doc >t.yaml
same "packages for all" -A "$(yaml_get t.yaml build steps 1 argv 3)"
"$ASSAY" manifest new $dsc >t.yaml
same "no package: everything about them is left open" "-b FILL-IN FILL-IN FILL-IN" \
	"$(yaml_get t.yaml build steps 1 argv 3) $(yaml_get t.yaml build source_date_epoch) $(yaml_get t.yaml outputs 0 path) $(yaml_get t.yaml delivered 0 sha256)"
fails "and check names all of it" 2 't.yaml:[0-9]+: .*source_date_epoch.*outputs.*delivered' \
	manifest check t.yaml
deb libtest1 7:1.2-3+b1 amd64 1700000000 none
"$ASSAY" manifest new $dsc libtest1_1.2-3+b1_amd64.deb >t.yaml
grep -q '^# "libtest1_1.2-3+b1_amd64.deb" has the version "7:1.2-3+b1"' t.yaml
result $? "a binary-only rebuild is pointed out"
"$ASSAY" manifest new $dsc libtest1_1.2-3+b1_amd64.deb $doc >t.yaml
same "packages of two times leave the time open" FILL-IN "$(yaml_get t.yaml build source_date_epoch)"

fails "no .dsc" 2 "open none.dsc: No such file" manifest new none.dsc
fails "no .deb" 2 "open none.deb: No such file" manifest new $dsc none.deb
fails "a .deb for a .dsc" 2 "$one: not plain UTF-8 text" manifest new $one
fails "a .dsc for a .deb" 2 "$dsc: not a Debian package" manifest new $dsc $dsc
fails "a .deb twice" 2 "a package is named twice" manifest new $dsc $one ./$one
head -c 200 $one >cut.deb
fails "a .deb that was cut short" 2 "cut.deb: " manifest new $dsc cut.deb
: >empty.deb
fails "an empty .deb" 2 "empty.deb: not a Debian package" manifest new $dsc empty.deb
mkdir folder.deb
fails "a folder" 2 "not a regular file" manifest new $dsc folder.deb
cp $dsc x && ar r nocontrol.deb x 2>/dev/null
fails "an ar archive with other things in it" 2 "nocontrol.deb: .*control" manifest new $dsc nocontrol.deb
truncate -s 100M huge.dsc
fails "a .dsc of 100 MB" 2 "huge.dsc: 104857600 bytes, limit 1048576" manifest new huge.dsc
finish
