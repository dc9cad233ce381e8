#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Check a bundle with tar, openssl, jq and sha256sum alone. Usage: check-bundle.sh BUNDLE KEY.pub
# The index has to have a signature by that key (Ed25519, or ECDSA on P-256). Prints the verdict.
set -eu
fail() { echo "check-bundle: $1" >&2 && exit 1; }
here=$(mktemp -d) && trap 'rm -rf "$here"' EXIT && export LC_ALL=C
bundle=$(realpath "$1") key=$(realpath "$2") && cd "$here" && mkdir files
tar -xf "$bundle" -C files || fail "not a tar file"
tar -tf "$bundle" | sort -c -u || fail "a name is there twice"
[ -z "$(find files ! -type f ! -type d)" ] || fail "has more than files"
jq -r .payload files/index.dsse.json | base64 -d >payload
{ printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c <payload)" && cat payload; } >signed
good=no
for signature in $(jq -r '.signatures[].sig' files/index.dsse.json); do
	echo "$signature" | base64 -d >sig
	openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in signed -sigfile sig >out 2>&1 ||
		openssl dgst -sha256 -verify "$key" -signature sig signed >out 2>&1 || continue
	good=yes
done
[ $good = yes ] || fail "the index has no good signature by this key"
[ "$(jq -r .predicateType payload)" = https://assay.example/bundle/v1 ] || fail "not an index"
jq -r '.subject[] | .digest.sha256 + "  " + .name' payload >listed
(cd files && tar -tf "$bundle" | grep -vx index.dsse.json | xargs sha256sum) >found
cmp -s listed found || fail "the files are not those of the index"
awk '{ print > sprintf("line%06d", NR) }' files/journal.jsonl
sha256sum line* | sed -n 's/ .*//; $!p' >digests
sed 1d files/journal.jsonl | jq -r .previous | cmp -s - digests || fail "the journal was changed"
jq -r '.predicate.verdict, .predicate.tier, .subject[].digest.sha256' files/verdict.intoto.json
