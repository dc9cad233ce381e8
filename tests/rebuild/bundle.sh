#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Bundles: packed, checked with and without this program, and replayed as another user, elsewhere, at
# another time and without a network.
set -u
# shellcheck source=tests/rebuild/fixture.sh
. "${top_srcdir:-.}/tests/rebuild/fixture.sh"

unshare --user --map-root-user true 2>/dev/null || skip_all "this host has no user namespaces"
for tool in jq openssl faketime; do
	command -v $tool >/dev/null || skip_all "needs $tool"
done
python3 -c 'import jsonschema' 2>/dev/null || skip_all "needs python3-jsonschema"
make_fixture

mkdir -p tree
{
	echo "reviewed source with a secret: do not show me to anybody"
	head -c 3000 /dev/urandom
} >tree/hello.txt
echo "/* another secret source file, also not to be shown */" >tree/more.c
tar --sort=name --mtime=@1 --owner=0 --group=0 -cf source.tar -C tree .
tail -c 100 tree/hello.txt | sha256sum >good.bin
manifest out.bin good.bin '"cat src/more.c >&2; tail -c 100 src/hello.txt | sha256sum >out.bin"' >good.yaml
manifest out.bin good.bin '"cat src/more.c >&2; exit 3"' >fails.yaml
"$ASSAY" key new --no-passphrase lab >out 2>err
"$ASSAY" key new --no-passphrase checker >out 2>err
"$ASSAY" review -o review --reviewer "Lab A" --scope all --at src tree >out 2>err
expect 0 "a run" "$ASSAY" verify --quiet --review review -o r good.yaml
expect 0 "signed" "$ASSAY" sign --key lab.key r
pack() { "$ASSAY" bundle pack --result r --review review "$@" good.yaml; }
bundle() { "$ASSAY" bundle "$@"; }

# --- without inputs
expect 0 "packed" pack --key lab.key -o thin.tar
expect 0 "packed again" pack --key lab.key -o thin2.tar
cmp -s thin.tar thin2.tar
ok $? "the same content is the same bytes"
tar tf thin.tar >names
LC_ALL=C sort -c names
ok $? "tar lists it, sorted"
[ "$(tar --full-time -tvf thin.tar | awk '{print $1, $2, $4, $5}' | sort -u)" = "-rw-r--r-- 0/0 1970-01-01 00:00:00" ] ||
	[ "$(TZ=UTC tar --full-time -tvf thin.tar | awk '{print $1, $2, $4, $5}' | sort -u)" = "-rw-r--r-- 0/0 1970-01-01 00:00:00" ]
ok $? "nothing in it tells when or by whom it was packed"
grep -q -e inputs -e build.log -e report.txt -e sources.jsonl -e files.jsonl names
[ $? -eq 1 ]
ok $? "nothing in it that may quote sources"
tar xOf thin.tar index.dsse.json | jq -r .payload | base64 -d >index.json
as_schema bundle-v1 index.json
expect 0 "it is whole" bundle check thin.tar
said "^signatures 1" "with a signature"
expect 0 "nothing of the sources is in it" bundle check --without tree thin.tar
# The judge: all windows of 16 bytes, by Python.
cat >windows.py <<'END'
import os, sys
bundle = open(sys.argv[1], "rb").read()
there = {bundle[i:i + 16] for i in range(len(bundle) - 15)}
for name in os.listdir(sys.argv[2]):
    data = open(os.path.join(sys.argv[2], name), "rb").read()
    for i in range(len(data) - 15):
        if data[i:i + 16] in there:
            sys.exit(f"{name}, byte {i}")
END
python3 windows.py thin.tar tree >out 2>err
ok $? "says Python, too"
mkdir shown && head -c 40 r/verdict.intoto.json >shown/x
expect 9 "what is in it is found" bundle check --without shown thin.tar
said "16 bytes of x, from byte 0 on" "and named"
expect 2 "it cannot be replayed" bundle replay --into again thin.tar

# --- with a policy
cat >policy.yaml <<-END
	schema: assay.policy/1
	verdict: {accept: identical, rules: [any]}
	required: {owners: 1, performers: 1, checkers: 0, rebuilds: 1}
	signers:
	  - {owner: Lab A, role: performer, file: lab.pub}
	  - {owner: Checker, role: checker, file: checker.pub}
END
expect 0 "signed by one whom the policy knows" bundle check --policy policy.yaml thin.tar
said "^signed by  Lab A (performer)$" "says by whom"
expect 0 "packed without a signature" pack -o none.tar
expect 9 "is signed by nobody" bundle check --policy policy.yaml none.tar
expect 0 "a second signature" bundle sign --key checker.key thin2.tar
expect 0 "is good" bundle check --policy policy.yaml thin2.tar
said "^signed by  Checker (checker)$" "and told"
expect 2 "a second one by the same key is not" bundle sign --key checker.key thin2.tar

# --- with inputs
expect 0 "packed with inputs" pack --inputs --key lab.key -o full.tar
expect 9 "the sources are in it" bundle check --without tree full.tar
expect 6 "a run that failed" "$ASSAY" verify --quiet -o f fails.yaml
expect 2 "a build that failed is not packed without inputs" "$ASSAY" bundle pack --result f -o f.tar fails.yaml
said "which may quote sources" "says why"
expect 2 "the result of another manifest is not packed" "$ASSAY" bundle pack --result f --inputs -o f.tar good.yaml
cp -r r lies && rm lies/*.dsse.json
jq -c '.predicate.exclusions = [{"path": "x", "offset": 0, "size": 1, "reason": "because"}]' \
	r/verdict.intoto.json >lies/verdict.intoto.json
expect 0 "packed with another verdict" bundle pack --result lies --review review --inputs -o lies.tar good.yaml
jq -c '.predicate.tier = "repacked"' r/verdict.intoto.json >lies/verdict.intoto.json
expect 9 "a verdict of another tier is not packed" bundle pack --result lies --inputs -o no.tar good.yaml
said "verdict: does not say what result.json says" "says why"

# --- replay: nothing of here is there
# shellcheck disable=SC2154 # work is the fixture's
replay() {
	env -i PATH="$PATH" HOME=/nonexistent "$@" "$ASSAY" bundle replay --quiet --store "$work/there/store" \
		--into "$work/there/again" "$work/there/b.tar"
}
there() { rm -rf there; mkdir -p there && cp full.tar there/b.tar && chmod 777 there; }
mv source.tar source.away && mv good.bin good.away && mv repository repository.away && mv lock.yaml lock.away
there
# No address, no route, and lo is down.
alone="unshare --net"
[ "$(id -u)" -eq 0 ] || alone="unshare --user --map-current-user --net"
# shellcheck disable=SC2086 # several words
expect 0 "replayed in an empty network namespace" replay $alone
said "^replay     the same result, sha256:" "the same result"
first=$(sed -n 's/^replay *//p' out)
there
cp lies.tar there/b.tar
# shellcheck disable=SC2086 # several words
expect 1 "replayed with another verdict in the bundle" replay $alone
said "^replay     the same result.*but the verdict in the bundle says something else" "is told"
there
expect 0 "replayed twelve years later" replay faketime -f "+12y" env DONT_FAKE_MONOTONIC=1
[ "$(sed -n 's/^replay *//p' out)" = "$first" ]
ok $? "the same bytes"
grep -q "\"time\":\"$(($(date +%Y) + 12))-" there/again/result/journal.jsonl
ok $? "and it was another time"
there
expect 0 "replayed with other locale, time zone and mask" replay sh -c 'umask 077; LC_ALL=C.UTF-8 TZ=Asia/Tokyo "$@"' sh
[ "$(sed -n 's/^replay *//p' out)" = "$first" ]
ok $? "the same bytes again"
if [ "$(id -u)" -eq 0 ]; then
	there
	here=$ASSAY
	cp "$ASSAY" there/assay && chmod 755 there/assay && ASSAY=$work/there/assay
	another="setpriv --reuid=54321 --regid=54321 --clear-groups"
	# Whatever the nice value is here.
	# shellcheck disable=SC2086 # several words
	expect 0 "replayed by another user" replay nice -n $((0 - $(nice))) $another
	[ "$(sed -n 's/^replay *//p' out)" = "$first" ]
	ok $? "the same bytes"
	there
	cp "$here" there/assay && chmod 755 there/assay
	# shellcheck disable=SC2086 # several words
	expect 3 "by a user who cannot be pinned" replay nice -n $((5 - $(nice))) $another
	said "^replay     not in the same environment" "is told apart from another result"
	said "nice: the caller's nice value is" "with the reason"
	ASSAY=$here
fi
mv source.away source.tar && mv good.away good.bin && mv repository.away repository && mv lock.away lock.yaml

tap_end
