#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The statements that `assay verify' leaves, for every way in which it can end; and signing them.
set -u
# shellcheck source=tests/rebuild/fixture.sh
. "${top_srcdir:-.}/tests/rebuild/fixture.sh"

unshare --user --map-root-user true 2>/dev/null || skip_all "this host has no user namespaces"
python3 -c 'import jsonschema' 2>/dev/null || skip_all "needs python3-jsonschema"
make_fixture

mkdir -p tree
echo "reviewed source" >tree/hello.txt
tar --sort=name --mtime=@1 --owner=0 --group=0 -cf source.tar -C tree .
cp tree/hello.txt good.bin
echo "reviewed sauce!" >bad.bin
tar --mtime=@1 --owner=0 --group=0 -cf outer.tar good.bin

manifest out.bin good.bin '"cp src/hello.txt out.bin"' >good.yaml
manifest out.bin bad.bin '"cp src/hello.txt out.bin"' >bad.yaml
manifest out.bin good.bin '"exit 3"' >fails.yaml
manifest out.bin good.bin '"sleep 9"' | sed 's/wall: 60/wall: 1/' >slow.yaml
manifest out.bin outer.tar '"cp src/hello.txt out.bin"' |
	sed 's/, output: result.bin/, member: good.bin, output: result.bin/' >member.yaml
manifest out.bin good.bin '"cp src/hello.txt out.bin"' |
	sed "s/{name: source.tar, sha256: [0-9a-f]*/{name: source.tar, sha256: $(printf 'a%.0s' $(seq 64))/" >pin.yaml

# judged NAME STATUS MANIFEST OPTION…: run it, and ask the judge.
judged() {
	name=$1
	status=$2
	file=$3
	shift 3
	expect "$status" "$name" "$ASSAY" verify --quiet -o "r-$name" "$@" "$file"
	python3 "$top_srcdir/tests/attest/judge.py" "r-$name" >out 2>err
	ok $? "$name: what the statements say is true"
}

judged match 0 good.yaml --lab https://lab.example/a --performer "Lab A"
judged no-times 0 good.yaml --no-times
judged different 1 bad.yaml
judged failed 6 fails.yaml
judged limit 7 slow.yaml
judged member 0 member.yaml
judged pin 8 pin.yaml
[ ! -e r-pin/provenance.intoto.json ]
ok $? "no provenance where nothing was built"

[ "$(json r-match/verdict.intoto.json 'd["predicate"]["roles"]')" = \
	"{'lab': 'https://lab.example/a', 'performer': 'Lab A'}" ]
ok $? "who ran it is in the verdict"
[ "$(json r-member/verdict.intoto.json 'd["subject"][0]["digest"]["sha256"]')" = "$(sha256_of good.bin)" ]
ok $? "the verdict on a member is about the member"
[ "$(json r-member/verdict.intoto.json 'd["predicate"]["artefacts"][0]["within"]["digest"]["sha256"]')" = \
	"$(sha256_of outer.tar)" ]
ok $? "and says what it was in"

mkdir away
cd away || exit 99
expect 0 "once more, in another folder" "$ASSAY" verify --quiet --no-times -o r ../good.yaml
cd ..
for name in provenance verdict summary; do
	cmp -s "r-no-times/$name.intoto.json" "away/r/$name.intoto.json"
	ok $? "$name: the same bytes"
done

"$ASSAY" key new --no-passphrase lab >out 2>err
expect 0 "sign the folder" "$ASSAY" sign --key lab.key r-match
for name in provenance verdict summary; do
	python3 -c 'import base64, json, sys
print(base64.b64decode(json.load(open(sys.argv[1]))["payload"]).decode(), end="")' \
		"r-match/$name.dsse.json" | cmp -s - "r-match/$name.intoto.json"
	ok $? "$name: the signed text is the statement"
done
expect 2 "a folder with signatures is not used again" "$ASSAY" verify --quiet -o r-match good.yaml
expect 0 "a folder without provenance is signed too" "$ASSAY" sign --key lab.key r-pin

tap_end
