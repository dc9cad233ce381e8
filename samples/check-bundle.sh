#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Check a bundle with tar, openssl, jq and sha256sum alone. Usage: check-bundle.sh BUNDLE KEY.pub
# The index has to have a signature by that key (Ed25519, ECDSA on P-256 or P-384, or RSA-PSS). Prints the verdict.
set -eu
fail() { echo "check-bundle: $1" >&2 && exit 1; }
here=$(mktemp -d) && trap 'rm -rf "$here"' EXIT && export LC_ALL=C good=no
bundle=$(realpath "$1") key=$(realpath "$2") && cd "$here" && mkdir files
tar -xf "$bundle" -C files || fail "not a tar file"
tar -tf "$bundle" | sort -c -u || fail "a name is there twice"
[ -z "$(find files ! -type f ! -type d)" ] || fail "has more than files"
jq -r .payload files/index.dsse.json | base64 -d >payload
{ printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c <payload)" && cat payload; } >signed
case $(openssl pkey -pubin -in "$key" -noout -text) in
*ED25519*) set -- pkeyutl -pubin -rawin -in signed -sigfile sig -verify -inkey "$key" ;;
*P-256*) set -- dgst -sha256 -verify "$key" -signature sig signed ;;
*P-384*) set -- dgst -sha384 -verify "$key" -signature sig signed ;;
*) set -- dgst -sha256 -sigopt rsa_padding_mode:pss -verify "$key" -signature sig signed ;; esac
for signature in $(jq -r '.signatures[].sig' files/index.dsse.json); do
	if echo "$signature" | base64 -d >sig && openssl "$@" >out 2>&1; then good=yes; fi
done
[ "$good" = yes ] || fail "the index has no good signature by this key"
[ "$(jq -r .predicateType payload)" = https://assay.example/bundle/v1 ] || fail "not an index"
jq -r '.subject[] | .digest.sha256 + "  " + .name' payload >listed
(cd files && tar -tf "$bundle" | grep -vx index.dsse.json | xargs sha256sum) >found
cmp -s listed found || fail "the files are not those of the index"
awk '{ print > sprintf("line%06d", NR) }' files/journal.jsonl
sha256sum line* | sed -n 's/ .*//; $!p' >digests
sed 1d files/journal.jsonl | jq -r .previous | cmp -s - digests || fail "the journal was changed"
jq -r '.predicate.verdict, .predicate.tier, .subject[].digest.sha256' files/verdict.intoto.json
