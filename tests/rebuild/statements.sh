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

manifest out.bin bad.bin '"cp src/hello.txt out.bin"' | sed 's/compare: .*/compare: {accept: normalised, exclusions: [{file: bad.bin, offset: 10, size: 5, reason: a serial number, approver: A. Person}]}/' >excluded.yaml

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
judged excluded 0 excluded.yaml
[ "$(json r-excluded/verdict.intoto.json 'd["predicate"]["verdict"], d["predicate"]["exclusions"]')" = \
	"('EQUIVALENT_DECLARED', [{'approver': 'A. Person', 'offset': 10, 'path': 'bad.bin', 'reason': 'a serial number', 'size': 5}])" ]
ok $? "what was excluded is in the verdict"
expect 0 "once more" "$ASSAY" verify --quiet -o r-excluded excluded.yaml
grep -q 'excluded .*5 bytes: a serial number (approved by A. Person)' out err
ok $? "and is printed"
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

# --- what verify says, signed by two people, is what check believes
"$ASSAY" key new --no-passphrase checker >out 2>err
cat >policy.yaml <<-END
	schema: assay.policy/1
	product: {name: sample, minimum: "1"}
	verdict: {accept: identical, rules: [], max_age: 30}
	required: {owners: 2, performers: 1, checkers: 1, rebuilds: 1}
	signers:
	  - {owner: Lab A, role: performer, file: lab.pub}
	  - {owner: Checker of A, role: checker, file: checker.pub}
END
expect 9 "the performer alone proves nothing" \
	"$ASSAY" check --policy policy.yaml --evidence r-match/verdict.dsse.json good.bin
said "signed by 0 checkers, the policy wants 1" "says what is missing"
expect 0 "a checker signs too" "$ASSAY" sign --key checker.key r-match/verdict.dsse.json
expect 0 "proved" "$ASSAY" check --policy policy.yaml --evidence r-match good.bin
said "^answer    proved: identical, by 2 owners and 1 rebuild$" "says how"
expect 0 "proved by one envelope" \
	"$ASSAY" check --policy policy.yaml --evidence r-match/verdict.dsse.json good.bin
sed -n '/^For an operator/,/^### For operators/p' "$top_srcdir/README.md" |
	sed -n '/^    answer    proved/,/^$/s/^    //p' >shown
sed 's/r-match/assay-sample-1/' out | cmp -s - shown
ok $? "as the README shows it"
expect 9 "another file is not" "$ASSAY" check --policy policy.yaml --evidence r-match bad.bin
for run in different:1:bad.bin failed:3:good.bin limit:3:good.bin pin:3:good.bin; do
	name=${run%%:*}
	file=${run##*:}
	status=${run#*:}
	status=${status%%:*}
	"$ASSAY" sign --key checker.key -o "$name.dsse.json" "r-$name/verdict.intoto.json" >out 2>err
	"$ASSAY" sign --key lab.key "$name.dsse.json" >out 2>err
	expect "$status" "a run that ended with $name proves nothing" \
		"$ASSAY" check --policy policy.yaml --evidence "$name.dsse.json" "$file"
done
"$ASSAY" sign --key checker.key -o member.dsse.json r-member/verdict.intoto.json >out 2>err
"$ASSAY" sign --key lab.key member.dsse.json >out 2>err
expect 0 "a verdict on a member proves the member" \
	"$ASSAY" check --policy policy.yaml --evidence member.dsse.json good.bin
expect 9 "and not what it was in" \
	"$ASSAY" check --policy policy.yaml --evidence member.dsse.json outer.tar

tap_end
