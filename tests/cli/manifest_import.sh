#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# assay manifest import: recipes of other tools become manifests to start from. What they say is
# taken over, what they do not say is told, and nothing in them is run.
# shellcheck disable=SC2016 # recipes in quotes
set -u
: "${ASSAY:?}" "${top_srcdir:?}"
. "$top_srcdir/tests/cli/tap.sh"
needs python3-yaml python3 -c 'import yaml'
pin=$(printf '%064d' 7)

# imports FORMAT TEXT: the file "recipe" is one of that format
imports()
{
	"$ASSAY" manifest import --json t.json recipe >t.yaml 2>err
	result $? "$2"
	same "$2: its format" "$1" "$(jq -r .format t.json)"
	same "$2: its digest" "$(sha256sum <recipe | cut -d' ' -f1)" "$(jq -r .sha256 t.json)"
	[ "$(jq '.lossy | length' t.json)" -gt 2 ]
	result $? "$2: what it does not pin is told"
	same "$2: in the manifest, too" "$(jq -r '.lossy[]' t.json | sed 's/["\\]/./g')" \
		"$(sed -n '/^# lossy/,/^#$/s/^#   - "\(.*\)"$/\1/p' t.yaml | sed 's/\\"/./g; s/["\\]/./g')"
	"$ASSAY" manifest check t.yaml >/dev/null 2>err
	same "$2: what is left to fill in is named" 2 "$?"
	grep -q 'missing pin, to be filled in' err
	result $? "$2: and nothing else is wrong"
}

# refused WHY TEXT: the file "recipe" is refused, and nothing happens
refused()
{
	"$ASSAY" manifest import recipe >t.yaml 2>err
	same "$2: refused" 2 "$?"
	same "$2: nothing is written" "" "$(cat t.yaml)"
	grep -q "$1" err
	result $? "$2: why"
	[ ! -e ran ]
	result $? "$2: nothing was run"
}

# --- Debian; the example of deb-buildinfo(5), and lines that dpkg writes
cat >recipe <<END
-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA512

Format: 1.0
Source: hello (2.10-3)
Binary: hello
Architecture: amd64 source
Version: 2.10-3+b1
Binary-Only-Changes:
 hello (2.10-3+b1) sid; urgency=low
 .
   * Binary-only non-maintainer upload.
Checksums-Md5:
 99900000000000000000000000000000 1721 hello_2.10-3.dsc
Checksums-Sha256:
 $pin 1721 hello_2.10-3.dsc
 $pin 53080 hello_2.10-3+b1_amd64.deb
Build-Origin: Debian
Build-Architecture: amd64
Build-Kernel-Version: 6.1.0-0-amd64 #1 SMP
Build-Date: Mon, 26 Dec 2022 16:30:00 +0100
Build-Path: /build/reproducible-path/hello-2.10
Build-Tainted-By:
 usr-local-has-programs
Installed-Build-Depends:
 autoconf (= 2.71-2),
 base-files (= 12.3)
Environment:
 DEB_BUILD_OPTIONS="parallel=2"
 LANG="C.UTF-8"
 ODD="a \"b\" \\\\ c"
 SOURCE_DATE_EPOCH="1672068600"
-----BEGIN PGP SIGNATURE-----

iQ==
-----END PGP SIGNATURE-----
END
imports debian-buildinfo "Debian"
same "Debian: product" "hello 2.10-3" "$(yaml_get t.yaml product name) $(yaml_get t.yaml product version)"
same "Debian: source" "hello_2.10-3.dsc $pin 1721" "$(yaml_get t.yaml sources 0 name) $(yaml_get t.yaml sources 0 sha256) $(yaml_get t.yaml sources 0 size)"
same "Debian: delivered" "hello_2.10-3+b1_amd64.deb $pin 53080" \
	"$(yaml_get t.yaml delivered 0 file) $(yaml_get t.yaml delivered 0 sha256) $(yaml_get t.yaml delivered 0 size)"
same "Debian: path" /build/reproducible-path/hello-2.10 "$(yaml_get t.yaml build path)"
same "Debian: time" 1672068600 "$(yaml_get t.yaml build source_date_epoch)"
same "Debian: environment" 'C.UTF-8 a "b" \ c' "$(yaml_get t.yaml build environment LANG) $(yaml_get t.yaml build environment ODD)"
same "Debian: toolchain" '["autoconf (= 2.71-2)","base-files (= 12.3)"]' "$(jq -c .toolchain t.json)"
grep -q 'signature was not verified' t.yaml
result $? "Debian: the signature is told not to be verified"
cp recipe good
sed 's/^ LANG="C.UTF-8"/ LANG=C/' good >recipe
refused 'Environment: not NAME=' "Debian: an environment without quotes"
sed "s/^ $pin 53080 .*/ $pin 53080 ..\/x.deb/" good >recipe
refused 'not the name of a file' "Debian: a file in another folder"
sed "s/^ $pin 53080/ $pin many/" good >recipe
refused 'not a digest, a size and a name' "Debian: no size"
sed 's/SOURCE_DATE_EPOCH=.*/SOURCE_DATE_EPOCH="$(touch ran)"/' good >recipe
refused 'no time' "Debian: a time that is a command"
sed 's/^Version: .*/&\nVersion: 3/' good >recipe
refused 'again further down' "Debian: a field twice"

# --- with a signature, and keys to verify it with
needs gpg gpg --version
needs gpgv gpgv --version
sed '/^-----BEGIN PGP SIGNED/,/^$/d; /^-----BEGIN PGP SIGNATURE/,$d' good >plain
mkdir -m 700 gnupg
key_of()
{
	GNUPGHOME=$PWD/gnupg gpg --batch --quiet --pinentry-mode loopback --passphrase '' --quick-gen-key "$1" ed25519 sign never \
		2>/dev/null && GNUPGHOME=$PWD/gnupg gpg --batch --export "$1" >"$2"
}
sign_as()
{
	GNUPGHOME=$PWD/gnupg gpg --batch --quiet --pinentry-mode loopback --passphrase '' --local-user "$1" --clearsign <plain
}
key_of one@assay.invalid one.gpg && key_of two@assay.invalid two.gpg
sign_as one@assay.invalid >signed
GNUPGHOME=$PWD/gnupg gpgconf --kill all 2>/dev/null
# keys STATUS TEXT FILE KEYRING
keys()
{
	"$ASSAY" manifest import --keyring "$4" --json t.json "$3" >t.yaml 2>err
	same "$2" "$1" $?
}
keys 0 "signed by a key that is known" signed one.gpg
same "signed: what is signed is taken" "debian-buildinfo hello 2.10-3" \
	"$(jq -r .format t.json) $(yaml_get t.yaml product name) $(yaml_get t.yaml product version)"
grep -q 'signature was verified' t.yaml && ! grep -q 'not verified' t.yaml
result $? "signed: it is said"
keys 9 "signed by another key" signed two.gpg
keys 9 "not signed" plain one.gpg
keys 9 "a signature of nobody" good one.gpg
sed 's/^Version: .*/Version: 6.6.6-1/' signed >changed
keys 9 "changed after it was signed" changed one.gpg
keys 2 "no such keyring" signed none.gpg
{ echo 'Version: 6.6.6-1' && cat signed && echo 'Version: 7.7.7-1'; } >around
keys 0 "with something around it" around one.gpg
same "with something around it: only what is signed is taken" 2.10-3 "$(yaml_get t.yaml product version)"
sign_as two@assay.invalid >second
GNUPGHOME=$PWD/gnupg gpgconf --kill all 2>/dev/null
sed 's/^Version: .*/Version: 6.6.6-1/' second | cat signed - >both
keys 9 "with a second text, which is changed" both one.gpg

# --- Arch Linux; BUILDINFO(5)
cat >recipe <<END
format = 2
pkgname = zlib
pkgbase = zlib
pkgver = 1:1.3.1-2
pkgarch = x86_64
pkgbuild_sha256sum = $pin
packager = Somebody <somebody@example.org>
builddate = 1700000000
builddir = /build
startdir = /startdir
buildtool = devtools
buildtoolver = 1:1.1.1-1-any
buildenv = !distcc
options = strip
installed = acl-2.3.2-1-x86_64
installed = zlib-1:1.3.1-1-x86_64
END
imports arch-buildinfo "Arch Linux"
same "Arch Linux: product" "zlib 1:1.3.1-2" "$(yaml_get t.yaml product name) $(yaml_get t.yaml product version)"
same "Arch Linux: path and time" "/build 1700000000" "$(yaml_get t.yaml build path) $(yaml_get t.yaml build source_date_epoch)"
same "Arch Linux: toolchain" '["acl-2.3.2-1-x86_64","zlib-1:1.3.1-1-x86_64"]' "$(jq -c .toolchain t.json)"
cp recipe good
sed 's/^builddate.*/builddate = now/' good >recipe
refused 'builddate is no time' "Arch Linux: no time"
sed 's/^format.*/format = 3/' good >recipe
refused 'line 1: a format that is not known' "Arch Linux: another format"
sed 's/^startdir.*/touch ran/' good >recipe
refused 'line 10: not "key = value"' "Arch Linux: a command"

# --- repro-env
cat >recipe <<'END'
[container]
image = "docker.io/library/debian:12"

[packages]
system = "debian"
dependencies = ["gcc", "make", # two of them
	"libc6-dev"]
END
imports repro-env-toml "repro-env.toml"
same "repro-env.toml: toolchain" '["gcc","make","libc6-dev"]' "$(jq -c .toolchain t.json)"
grep -q 'container image: no digest' t.yaml
result $? "repro-env.toml: the image is not pinned"
cat >recipe <<END
[container]
image = "docker.io/library/debian@sha256:$pin"

[[package]]
name = "gcc"
version = "4:12.2.0-3"
system = "debian"
url = "https://example.org/gcc.deb"
sha256 = "$pin"
installed = true
END
imports repro-env-lock "repro-env.lock"
same "repro-env.lock: toolchain" "[\"gcc 4:12.2.0-3 sha256:$pin\"]" "$(jq -c .toolchain t.json)"
! grep -q 'no digest' t.yaml
result $? "repro-env.lock: image and packages are pinned"
printf '[container]\nimage = "x\n' >recipe
refused 'line 2: a string without an end' "repro-env.lock: a string without an end"
printf '[packages]\nsystem = [ "debian"\n' >recipe
refused 'an array without an end' "repro-env.toml: an array without an end"

# --- BUILDSPEC
cat >recipe <<'END'
groupId=org.example
artifactId=thing
display=${groupId}:${artifactId}
version=1.2.3
gitRepo=https://example.org/${artifactId}.git
gitTag=${artifactId}-${version//./_}
tool=mvn-3.9.11
jdk=17 # a comment
newline=lf
timezone="Europe/Berlin"
umask=002
command='mvn -v && '"mvn verify \
 -Dx=\"\$HOME\" -Dy=$version"
execBefore="touch ran"
buildinfo=target/${artifactId}-${version}.buildinfo
issue=
END
imports buildspec "BUILDSPEC"
same "BUILDSPEC: product" "thing 1.2.3" "$(yaml_get t.yaml product name) $(yaml_get t.yaml product version)"
same "BUILDSPEC: command" 'mvn -v && mvn verify  -Dx="$HOME" -Dy=1.2.3' "$(yaml_get t.yaml build steps 0 argv 2)"
same "BUILDSPEC: it is for a shell" "sh -c" "$(yaml_get t.yaml build steps 0 argv 0) $(yaml_get t.yaml build steps 0 argv 1)"
same "BUILDSPEC: umask and zone" "0002 Europe/Berlin" "$(yaml_get t.yaml build umask) $(yaml_get t.yaml build environment TZ)"
grep -q 'gitTag: thing-${version//./_}' t.yaml
result $? "BUILDSPEC: an expansion that is not done stays as it is"
grep -q 'execBefore, which was meant to run on the host, is left out: touch ran' t.yaml
result $? "BUILDSPEC: commands for the host are left out"
[ ! -e ran ]
result $? "BUILDSPEC: nothing was run"
same "BUILDSPEC: what differs is what a shell says" \
	"$(bash -c '. ./recipe; echo "$command|$display|$buildinfo"')" \
	"$(yaml_get t.yaml build steps 0 argv 2)|org.example:thing|target/thing-1.2.3.buildinfo"
cp recipe good
for line in 'touch ran' 'x=1 touch ran' 'x=$(touch ran' 'x=1; touch ran' 'x=<(touch ran)' 'x=a|b' \
	'[ -e x ] && y=1' 'if true' 'x="abc' "x='abc" 'x=${abc' 'x=1&touch ran'; do
	{ cat good && echo "$line"; } >recipe
	refused 'line 17: ' "BUILDSPEC: $line"
done
{ cat good && printf 'display="$(touch ran)`touch ran`"\nx=`touch ran`\n'; } >recipe
imports buildspec "BUILDSPEC with commands in values"
[ ! -e ran ]
result $? "BUILDSPEC with commands in values: nothing was run"
grep -q 'expansions of the shell' t.yaml
result $? "BUILDSPEC with commands in values: told"
{ cat good && echo 'a=0123456789' && for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	echo 'a=$a$a'; done; } >recipe
refused 'too long' "BUILDSPEC: values that double"

# --- others
printf 'a\0b' >recipe
refused 'not a text' "bytes"
: >recipe
refused 'not a recipe that can be imported' "an empty file"
printf 'schema: assay.manifest/1\n' >recipe
refused 'not a recipe that can be imported' "a manifest"
finish
