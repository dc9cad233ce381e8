#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The journal of a run: what it says, that no line can be changed, and that kill -9 does it no harm.
set -u
# shellcheck source=tests/rebuild/fixture.sh
. "${top_srcdir:-.}/tests/rebuild/fixture.sh"

unshare --user --map-root-user true 2>/dev/null || skip_all "this host has no user namespaces"
make_fixture

mkdir -p tree
echo "reviewed source" >tree/hello.txt
tar --sort=name --mtime=@1 --owner=0 --group=0 -cf source.tar -C tree .
cp tree/hello.txt good.bin
manifest out.bin good.bin '"sleep 0.05; cp src/hello.txt out.bin"' >good.yaml
manifest out.bin good.bin '"exit 3"' >fails.yaml
check() { "$ASSAY" journal check "$@"; }

# The judge: hashlib, line by line.
cat >chain.py <<'END'
import hashlib, json, sys
last, events = "0" * 64, []
for number, line in enumerate(open(sys.argv[1], "rb"), 1):
    record = json.loads(line)
    assert record["record"] == number and record["previous"] == last, number
    last = hashlib.sha256(line).hexdigest()
    events.append(record["event"])
print(" ".join(events), last)
END

expect 0 "a run" "$ASSAY" verify --quiet -o r good.yaml
expect 0 "its journal" check r/journal.jsonl
records=$(sed -n 's/^records *//p' out)
last=$(sed -n 's/^last *sha256://p' out)
[ "$(python3 chain.py r/journal.jsonl)" = "begun inputs step built compared concluded written $last" ]
ok $? "says what happened, in a chain that hashlib finds as well"
[ "$records" = 7 ]
ok $? "and how many records there are"
for file in result.json report.txt verdict.intoto.json provenance.intoto.json sources.jsonl build.log; do
	grep -q "\"$file\":\"$(sha256_of "r/$file")\"" r/journal.jsonl
	ok $? "the digest of $file is in it"
done
grep -q "\"sha256\":\"$(sha256_of good.bin)\"" r/journal.jsonl
ok $? "and that of the delivered file"
expect 0 "the provenance names it" check --statement r/provenance.intoto.json r/journal.jsonl
cp r/provenance.intoto.json provenance.json
expect 6 "a run that fails, in the same folder" "$ASSAY" verify --quiet -o r fails.yaml
expect 0 "goes on behind it" check --statement provenance.json r/journal.jsonl
expect 0 "and is in it as well" check --statement r/provenance.intoto.json r/journal.jsonl
python3 chain.py r/journal.jsonl | grep -q "written begun inputs step built concluded written"
ok $? "earlier records stay"
expect 8 "a run that does not begin" "$ASSAY" verify --quiet -o r \
	"$(sed "s/{name: source.tar, sha256: ./{name: source.tar, sha256: f/" good.yaml >pin.yaml; echo pin.yaml)"
tail -n 2 r/journal.jsonl | head -n 1 | grep -q '"error":"'
ok $? "says why in the journal"

# --- every line changed, taken out, put in, swapped
cp r/journal.jsonl whole
python3 - "$ASSAY" <<'END' >changes 2>&1
import json, subprocess, sys
lines = open("whole", "rb").read().splitlines(True)
def status(data):
    open("changed", "wb").write(data)
    return subprocess.run([sys.argv[1], "journal", "check", "changed"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode
wrong = []
def want(what, data, *wanted):
    if status(data) not in wanted:
        wrong.append(what)
want("whole", b"".join(lines), 0)
for i in range(len(lines)):
    rest = lines[i + 1:]
    if rest:  # the last line is held by whoever knows the digest of it
        want(f"{i} out", b"".join(lines[:i] + rest), 9)
        changed = lines[i].replace(b'"time":"2', b'"time":"3')
        want(f"{i} changed", b"".join(lines[:i] + [changed] + rest), 9)
        want(f"{i} swapped", b"".join(lines[:i] + [lines[i + 1], lines[i]] + lines[i + 2:]), 9)
    want(f"{i} twice", b"".join(lines[:i + 1] + [lines[i]] + rest), 9)
    want(f"{i} spelled otherwise", b"".join(lines[:i] + [lines[i].replace(b'":', b'": ', 1)] + rest), 2)
    record = json.loads(lines[i])
    record["more"] = 1
    more = json.dumps(record, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    want(f"{i} with a key more", b"".join(lines[:i] + [more] + rest), 2)
for n in range(0, len(lines[0]) + len(lines[1]) + 1):
    want(f"cut at {n}", b"".join(lines)[:n], 0)
print("wrong:", wrong)
END
grep -q "^wrong: \[\]$" changes || sed 's/^/# /' changes
grep -q "^wrong: \[\]$" changes
ok $? "a line changed, taken out, put in, swapped or spelled otherwise is found; a cut end is told"
head -n 4 whole >changed
expect 9 "lines missing at the end, with the statement" check --statement provenance.json changed
said "lines are missing" "says so"
expect 2 "no journal" check good.yaml
expect 2 "a statement that is none" check --statement good.yaml whole

# --- a piece of a record at the end
head -c $(($(wc -c <whole) - 5)) whole >r/journal.jsonl
expect 0 "a cut end" check r/journal.jsonl
said "bytes of a record that was not written whole" "is told"
expect 0 "the next run takes it off" "$ASSAY" verify --quiet -o r good.yaml
grep -q '"cut":[1-9]' r/journal.jsonl
ok $? "and says so"
expect 0 "and the chain holds" check r/journal.jsonl
sed 's/"status":0/"status":1/' r/journal.jsonl >changed
cp changed r/journal.jsonl
expect 9 "a run does not go on behind a journal that was changed" "$ASSAY" verify --quiet -o r good.yaml
cp whole r/journal.jsonl

# --- a hundred kills at random moments
kills=100
[ -z "${ASSAY_TEST_LONG:-}" ] || kills=500
broken=0 finished=0 i=0
rm -rf k
while [ $i -lt $kills ]; do
	i=$((i + 1))
	"$ASSAY" verify --quiet -o k good.yaml >/dev/null 2>&1 &
	pid=$!
	# Between 0 and 255 milliseconds: from before the first record to after the last one.
	sleep "0.$(printf '%03d' "$(od -An -N1 -tu1 /dev/urandom | tr -d ' ')")"
	kill -9 $pid 2>/dev/null
	if wait $pid 2>/dev/null; then finished=$((finished + 1)); fi
	[ ! -e k/journal.jsonl ] || check k/journal.jsonl >/dev/null 2>err || broken=$((broken + 1))
done
[ "$(grep -c '"event":"begun"' k/journal.jsonl)" -gt $((kills / 2)) ]
ok $? "a killed run is in nobody's way"
echo "# $finished of $kills runs were faster than the kill; $(wc -l <k/journal.jsonl) records"
[ $broken -eq 0 ]
ok $? "after each of $kills kills the journal is whole"
[ $finished -lt $kills ]
ok $? "and kills did happen"
expect 0 "the last run" "$ASSAY" verify --quiet -o k good.yaml
python3 chain.py k/journal.jsonl >out
ok $? "hashlib finds the chain whole, too"

tap_end
