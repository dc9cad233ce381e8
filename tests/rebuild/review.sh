#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Records of reviews, and sources that are or are not what was reviewed.
set -u
# shellcheck source=tests/rebuild/fixture.sh
. "${top_srcdir:-.}/tests/rebuild/fixture.sh"

unshare --user --map-root-user true 2>/dev/null || skip_all "this host has no user namespaces"
python3 -c 'import jsonschema' 2>/dev/null || skip_all "needs python3-jsonschema"
command -v git >/dev/null || skip_all "needs git"
make_fixture

# --- the record
mkdir -p tree/lib/empty "tree/lib.d" tree/dir
echo "reviewed source" >tree/hello.txt
echo "unused" >tree/lib/idle.c
echo "in between" >tree/lib-x
echo "in between too" >tree/lib.d/x
printf 'a\n' >"tree/dir/sp ace"
printf 'b\n' >"tree/dir/$(printf 'uml\303\244ut \377')"
printf 'c\n' >"tree/dir/back\\slash"
echo '#!/bin/sh' >tree/run.sh
chmod 755 tree/run.sh
ln -s hello.txt tree/link
head -c 3000 /dev/urandom >tree/blob.bin
review() {
	rm -rf review
	"$ASSAY" review -o review --reviewer "Lab A" --scope "all of it" --at src "$@"
}
digest_of() { json review/review.intoto.json "d['subject'][0]['digest']['$1']"; }
expect 0 "assay review" review tree
said "blob.bin (binary)" "names what nobody can read"
tree_id=$(digest_of sha256)
as_schema source-review-v1 review/review.intoto.json predicate.run predicate.opaque.binary subject.0.digest.dirHash
cp -r tree copy
(cd copy && git init -q . && git add -Af . && git write-tree) >git.id 2>/dev/null
[ "$(cat git.id)" = "$(digest_of gitTree)" ]
ok $? "the git tree id is git's"
rm -rf copy/.git
rm -rf plain && cp -r tree plain && rm "plain/dir/back\\slash"
expect 0 "a tree without a backslash" review plain
[ "$( (cd plain && find . -type f | cut -c3- | LC_ALL=C sort | xargs -d '\n' sha256sum | sha256sum) |
	cut -d' ' -f1)" = "$(digest_of dirHash)" ]
ok $? "the dirhash is that of find, sort and sha256sum"
chmod -R g+w copy && touch -d @1 copy/hello.txt && git init -q copy
expect 0 "a copy with another umask, other times and a .git" review copy
[ "$tree_id" = "$(digest_of sha256)" ]
ok $? "is the same tree"
[ "$(json review/review.intoto.json 'd["predicate"]["leftOut"]')" = "['.git']" ]
ok $? "and says that .git was left out"
[ "$(json review/review.intoto.json 'd["predicate"]["list"]["digest"]["sha256"]')" = "$(sha256_of review/files.jsonl)" ]
ok $? "the list is the one that the statement names"
chmod -x copy/run.sh
expect 0 "without the permission to execute" review copy
[ "$tree_id" != "$(digest_of sha256)" ]
ok $? "it is another tree"
expect 0 "once more" review --no-times tree
cp review/review.intoto.json first
expect 0 "and again" review --no-times tree
cmp -s first review/review.intoto.json
ok $? "gives the same bytes"
expect 2 "no reviewer" "$ASSAY" review -o r2 --scope x tree
expect 2 "no scope" "$ASSAY" review -o r2 --reviewer x tree
expect 2 "an output that is there" "$ASSAY" review -o tree --reviewer x --scope x tree
expect 2 "a way out" "$ASSAY" review -o r2 --reviewer x --scope x --at ../x tree
mkdir void
expect 2 "an empty folder" "$ASSAY" review -o r2 --reviewer x --scope x void

# --- sources that were reviewed
tar --sort=name --mtime=@1 --owner=0 --group=0 -cf source.tar -C tree .
cp tree/hello.txt good.bin
cp tree/hello.txt bad.bin && echo more >>bad.bin
steps='"cat src/hello.txt >out.bin; cat src/blob.bin >/dev/null"'
manifest out.bin good.bin "$steps" >good.yaml
manifest out.bin bad.bin "$steps" >bad.yaml
expect 0 "no review is wanted" "$ASSAY" verify --quiet -o r0 good.yaml
said "^sources    10 files, 2 of them opened by the build$" "counts what was opened"
said "^opaque     src/blob.bin (binary): opened, and nobody can read it" "names the opaque input"
expect 0 "built as reviewed" "$ASSAY" verify --quiet --review review -o r1 good.yaml
said "^reviewed   yes: what was built is what was reviewed, says Lab A" "says so"
said "8 files that the build never opened" "counts what was never used"
python3 "$top_srcdir/tests/attest/judge.py" r1 >out 2>err
ok $? "the statements are true"
[ "$(json r1/verdict.intoto.json 'd["predicate"]["source"]["reviewed"], d["predicate"]["source"]["reviews"][0]["statement"]')" = \
	"(True, '$(sha256_of review/review.intoto.json)')" ]
ok $? "the verdict names the record by its digest"
[ "$(sha256_of r1/sources.jsonl)" = "$(json r1/result.json 'd["sources"]["list"]')" ]
ok $? "the result names the list by its digest"
[ "$(python3 -c 'import json
print([x["path"] for x in map(json.loads, open("r1/sources.jsonl")) if x.get("used")])')" = \
	"['src/blob.bin', 'src/hello.txt']" ]
ok $? "the list says what was opened"
[ "$(python3 -c 'import json
strip = lambda x: {k: v for k, v in x.items() if k != "used"}
a = [strip(json.loads(x)) for x in open("r1/sources.jsonl")]
b = [json.loads(x) for x in open("review/files.jsonl")]
for x in b: x["path"] = "src/" + x["path"]
print(a[1:] == b, a[0])')" = "True {'mode': '40000', 'path': 'src'}" ]
ok $? "and is the reviewer's below src"
expect 1 "different stays different" "$ASSAY" verify --quiet --on-difference stop --review review -o r2 bad.yaml

# --- pinned in the manifest
manifest out.bin good.bin "$steps" |
	sed "s/^toolchain:/reviewed: [{at: src, tree: $tree_id}]\n&/" >pinned.yaml
expect 0 "the manifest pins what was reviewed" "$ASSAY" verify --quiet -o r3 pinned.yaml
said "^reviewed   yes" "says so"
expect 0 "the same and a record" "$ASSAY" verify --quiet --review review -o r3 pinned.yaml
sed "s/$tree_id/$(printf 'a%.0s' $(seq 64))/" pinned.yaml >wrong.yaml
expect 8 "the manifest pins another tree" "$ASSAY" verify --quiet -o r3 wrong.yaml
said "src: changed after review" "says where"
sed "s/at: src/at: other/" pinned.yaml >wrong.yaml
expect 8 "a tree at a place that is not there" "$ASSAY" verify --quiet -o r3 wrong.yaml
sed "s/at: src/at: src\/lib/" pinned.yaml >wrong.yaml
expect 8 "a tree that is only a part" "$ASSAY" verify --quiet -o r3 wrong.yaml
said "src/hello.txt: built, but not reviewed, and opened by the build" "names the rest"

# --- sources that were not: built TEXT KIND PATH OPENED, after a change to the tree
changed() {
	rm -rf work && cp -r tree work
	(cd work && eval "$5")
	tar --sort=name --mtime=@1 --owner=0 --group=0 -cf source.tar -C work .
	manifest out.bin good.bin "$steps" >changed.yaml
	expect 8 "$1" "$ASSAY" verify --quiet --review review -o r4 changed.yaml
	[ "$(json r4/result.json '[(x["kind"], x["path"], x["opened"]) for x in d["sources"]["findings"] if x["kind"] != "opaque-opened"]')" = \
		"[('$2', '$3', $4)]" ]
	ok $? "$1: is named"
	[ "$(json r4/verdict.intoto.json 'd["predicate"]["accepted"], d["predicate"]["exitStatus"], d["predicate"]["source"]["reviewed"]')" = "(False, 8, False)" ]
	ok $? "$1: the verdict says so"
	[ "$(json r4/summary.intoto.json 'd["predicate"]["verificationResult"]')" = FAILED ]
	ok $? "$1: and the summary"
}
changed "a changed file that is not used" changed-after-review src/lib/idle.c False 'echo x >>lib/idle.c'
changed "a changed file that is used" changed-after-review src/blob.bin True 'echo x >>blob.bin'
changed "a file more" built-not-reviewed src/more False 'echo x >more'
changed "a file less" reviewed-not-built src/lib-x False 'rm lib-x'
changed "a file that may run" changed-after-review src/lib-x False 'chmod 755 lib-x'
changed "another link" changed-after-review src/link False 'ln -sf lib-x link'
changed "a link for a file" changed-after-review src/lib-x False 'ln -sf hello.txt lib-x'
changed "a folder more" built-not-reviewed src/lib/more False 'mkdir lib/more'
changed "a folder less" reviewed-not-built src/lib/empty False 'rmdir lib/empty'
"$ASSAY" key new --no-passphrase lab >out 2>err
cat >policy.yaml <<-END
	schema: assay.policy/1
	verdict: {accept: identical, rules: [any]}
	required: {owners: 1, performers: 1, checkers: 0, rebuilds: 1}
	signers:
	  - {owner: Lab A, role: performer, file: lab.pub}
END
expect 0 "sign what is not as reviewed" "$ASSAY" sign --key lab.key r4
expect 9 "it proves nothing" "$ASSAY" check --policy policy.yaml --evidence r4 good.bin
said "what was built is not what was reviewed" "says why"

# --- records that are not what they say
manifest out.bin good.bin "$steps" >/dev/null
tar --sort=name --mtime=@1 --owner=0 --group=0 -cf source.tar -C tree .
expect 0 "the record is signed" "$ASSAY" sign --key lab.key review
rm review/review.intoto.json
expect 0 "an envelope is a record, too" "$ASSAY" verify --quiet --review review -o r5 good.yaml
mkdir several && cp -r review several/one
expect 0 "and so is a folder of them" "$ASSAY" verify --quiet --review several -o r5 good.yaml
sed -i 's/"100644"/"100755"/' review/files.jsonl
expect 8 "another list" "$ASSAY" verify --quiet --review review -o r5 good.yaml
said "not the list that the record names" "says so"
python3 - <<'END'
import hashlib, json
text = open("review/files.jsonl").read()
d = json.loads(open("first").read())
d["predicate"]["list"]["digest"]["sha256"] = hashlib.sha256(text.encode()).hexdigest()
open("review/review.intoto.json", "w").write(json.dumps(d))
END
expect 8 "a list of another tree" "$ASSAY" verify --quiet --review review -o r5 good.yaml
said "not the files of the tree that was reviewed" "says so"
expect 2 "no record" "$ASSAY" verify --quiet --review tree -o r5 good.yaml
expect 2 "nothing there" "$ASSAY" verify --quiet --review missing -o r5 good.yaml

tap_end
