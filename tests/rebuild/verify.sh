#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# `assay verify' and `assay rebuild' from a manifest to a verdict, and what goes wrong on the way.
set -u
# shellcheck source=tests/rebuild/fixture.sh
. "${top_srcdir:-.}/tests/rebuild/fixture.sh"

unshare --user --map-root-user true 2>/dev/null || skip_all "this host has no user namespaces"
make_fixture

mkdir -p tree
echo "reviewed source" >tree/hello.txt
tar --sort=name --mtime=@1 --owner=0 --group=0 -cf source.tar -C tree .
cp tree/hello.txt good.bin
echo "reviewed sauce!" >bad.bin
: >empty.bin

manifest out.bin good.bin '"cp src/hello.txt out.bin"' >good.yaml
manifest out.bin bad.bin '"cp src/hello.txt out.bin"' >bad.yaml

verify() {
	"$ASSAY" verify --quiet "$@"
}

# --- verdicts
expect 0 "a product that matches" verify -o r1 good.yaml
said '^verdict *identical' "says identical first"
[ "$(json r1/result.json 'd["tier"], d["accepted"], d["exit_status"]')" = "('identical', True, 0)" ]
ok $? "result.json has the verdict"
cmp -s r1/outputs/result.bin good.bin
ok $? "the output is in the result folder"
[ "$(json r1/result.json 'd["delivered"][0]["comparison"]["bytes"]["identical"]')" = 16 ]
ok $? "every byte is counted"

mv source.tar away.tar
mv good.bin away.bin
expect 0 "second run: nothing needs to be fetched" verify --no-times -o r1 good.yaml
cp r1/result.json first.json
expect 0 "third run" verify --no-times -o r1 good.yaml
cmp -s first.json r1/result.json
ok $? "the same inputs give the same result.json"
mv away.tar source.tar
mv away.bin good.bin

expect 1 "a product that does not match" verify -o r2 bad.yaml
[ "$(json r2/result.json 'd["delivered"][0]["comparison"]["bytes"]["unexplained"]')" -gt 0 ]
ok $? "unexplained bytes are counted"
expect 1 "no option makes a difference a match" verify --accept normalised -o r2 bad.yaml
expect 0 "rebuild alone does not look at the delivered file" "$ASSAY" rebuild --quiet -o r2 bad.yaml

expect 0 "--json -" verify --json - -o r1 good.yaml
python3 -c 'import json; json.load(open("out"))'
ok $? "standard output is one JSON text"
said '^verdict' "people's text goes to standard error"

# --- what the build could see
expect 0 "assay probe" "$ASSAY" probe --quiet --json probe.json good.yaml
[ "$(json probe.json 'd["environment"]')" = "$(json r1/result.json 'd["build"]["environment"]')" ] &&
	[ "$(json probe.json 'd["probe"]')" = "$(json r1/result.json 'd["build"]["probe"]')" ]
ok $? "sees what a build of the same manifest sees, by the same program"
[ "$(json probe.json 'd["pinned"]["uname.release"], "random.auxv" in d["seen"]')" = "('6.1.0-test', True)" ]
ok $? "tells what is pinned from what is not"
[ "$(sed -n 's/^pinned *//p' out | sha256sum | cut -d" " -f1)" = "$(json probe.json 'd["environment"]')" ]
ok $? "the digest is that of the lines"
[ "$(json r1/result.json 'len(d["run"]["seen"]) > 20')" = True ]
ok $? "a result keeps what was seen of what is not pinned"
sed 's/kernel_release: 6.1.0-test/kernel_release: 6.1.0-more/' good.yaml >other.yaml
expect 0 "assay probe of another machine" "$ASSAY" probe --quiet --json other.json other.yaml
[ "$(json probe.json 'd["environment"]')" != "$(json other.json 'd["environment"]')" ]
ok $? "another machine is another environment"
expect 2 "assay probe of nothing" "$ASSAY" probe --quiet missing.yaml

# --- the answer must be written
"$ASSAY" verify --quiet -o r1 good.yaml >/dev/full 2>err
[ $? -eq 2 ]
ok $? "an answer that cannot be written is trouble"

# --- builds that end otherwise
manifest out.bin good.bin '"echo some words; echo last words >&2; exit 3"' >fails.yaml
expect 6 "a build that fails" verify -o r3 fails.yaml
said '| last words' "shows the log's end"
said 'r3/build.log' "names the log"
[ "$(json r3/result.json 'd["build"]["outcome"], d["build"]["exit_status"], d["tier"]')" = \
	"('failed', 3, 'inconclusive')" ]
ok $? "result.json says failed"
manifest out.bin good.bin '"sleep 50"' | sed 's/wall: 60/wall: 1/' >slow.yaml
expect 7 "a build that takes too long" verify -o r3 slow.yaml
[ "$(json r3/result.json 'd["build"]["outcome"]')" = limit-wall ]
ok $? "result.json says which limit"

bad_output() {
	manifest out.bin good.bin "\"$2\"" >output.yaml
	expect 6 "output: $1" verify -o r3 output.yaml
	[ "$(json r3/result.json 'd["build"]["outcome"]')" = bad-output ]
	ok $? "output: $1: says so"
	[ -z "$(find r3/outputs -mindepth 1)" ]
	ok $? "output: $1: nothing is taken"
}
bad_output "missing" "true"
bad_output "a link to /etc/passwd" "ln -s /etc/passwd out.bin"
bad_output "a link to a good file" "cp src/hello.txt x; ln -s x out.bin"
bad_output "a FIFO" "mkfifo out.bin"
bad_output "a folder" "mkdir out.bin"
manifest sub/out.bin good.bin '"ln -s src sub; cp src/hello.txt src/out.bin"' >output.yaml
expect 6 "output: behind a linked folder" verify -o r3 output.yaml
manifest out.bin good.bin '"cp src/hello.txt out.bin; cp out.bin extra.bin"' >output.yaml
expect 0 "output: others beside it do not matter" verify -o r3 output.yaml

# --- pins
cp source.tar kept.tar
rm -rf data/assay/blobs
printf x >>source.tar
expect 8 "a source with other bytes" verify -o r4 good.yaml
said 'source.tar' "names the source"
[ ! -e r4/build.log ]
ok $? "nothing was built"
[ "$(json r4/result.json 'd["exit_status"], d["tier"], "build" in d')" = "(8, 'inconclusive', False)" ]
ok $? "result.json says that nothing was built"
cp kept.tar source.tar
expect 0 "with the right source again" verify -o r4 good.yaml
digest=$(sha256_of source.tar)
blob=data/assay/blobs/sha256/$(echo "$digest" | cut -c1-2)/$(echo "$digest" | cut -c3-)
chmod u+w "$blob"
printf x | dd of="$blob" bs=1 seek=1030 conv=notrunc 2>/dev/null
expect 8 "a source that was changed in the store" verify -o r4 good.yaml
rm -f "$blob"

sed 's/^name: mini/name: mina/' lock.yaml >other.yaml
sed 's/lock: lock.yaml/lock: other.yaml/' good.yaml >otherlock.yaml
expect 8 "another lock than the manifest pins" verify -o r4 otherlock.yaml
said 'not the one that the manifest pins' "says so"
chmod -R u+w data/assay/trees
printf x >>"$(find data/assay/trees -path '*bin/busybox' -type f)"
expect 8 "a toolchain that was changed in the store" verify -o r4 good.yaml
expect 8 "and again with --full-check" verify --full-check -o r4 good.yaml
chmod -R u+w data/assay/trees
rm -rf data/assay/trees data/assay/stamps data/assay/listings
expect 0 "a toolchain that is gone is unpacked again" verify -o r4 good.yaml

# --- the delivered file
expect 0 "--delivered with the file" verify --delivered good.bin -o r5 good.yaml
cp good.bin renamed.bin
expect 0 "--delivered under another name" verify --delivered renamed.bin -o r5 good.yaml
expect 0 "--delivered with its folder" verify --delivered . -o r5 good.yaml
expect 8 "--delivered with other bytes" verify --delivered bad.bin -o r5 good.yaml
said 'assay compare' "says what to do"
expect 8 "--delivered with an empty file" verify --delivered empty.bin -o r5 good.yaml
expect 2 "--delivered with a missing file" verify --delivered missing.bin -o r5 good.yaml
mkfifo fifo.bin
expect 2 "--delivered with a FIFO" verify --delivered fifo.bin -o r5 good.yaml
mkdir empty
expect 2 "--delivered with an empty folder" verify --delivered empty -o r5 good.yaml
expect 2 "--delivered with a device" verify --delivered /dev/zero -o r5 good.yaml

# --- the result folder
mkdir mine
echo precious >mine/notes.txt
expect 2 "a folder with other files is refused" verify -o mine good.yaml
[ "$(cat mine/notes.txt)" = precious ]
ok $? "and left alone"
flock r1 "$ASSAY" verify --quiet -o r1 good.yaml >out 2>err
[ $? -eq 2 ]
ok $? "a folder in use is refused"
expect 2 "a result folder that cannot be made" verify -o good.yaml/x good.yaml

# --- manifests that cannot be read
expect 2 "a missing manifest" verify -o r6 missing.yaml
expect 2 "a folder as manifest" verify -o r6 .
head -c 200 good.yaml >short.yaml
expect 2 "a truncated manifest" verify -o r6 short.yaml
sed 's/umask:/unmask:/' good.yaml >unknown.yaml
expect 2 "an unknown key" verify -o r6 unknown.yaml
said 'unknown.yaml:[0-9]*:.*unmask' "with file, line and key"

# --- surroundings that must not matter
(umask 077 && TZ=Asia/Tokyo LC_ALL=tr_TR.UTF-8 SOURCE_DATE_EPOCH=5 CFLAGS=-O9 \
	"$ASSAY" verify --quiet --no-times -o r7 good.yaml >out 2>err)
ok $? "another umask, zone, locale and environment"
cmp -s first.json r7/result.json
ok $? "give the same result.json"
if command -v faketime >/dev/null; then
	# Only the time of day: the monotonic clock is the kernel's to the launcher.
	export FAKETIME_DONT_FAKE_MONOTONIC=1
	expect 0 "a clock in 1999" faketime '1999-12-31 23:59:58' \
		"$ASSAY" verify --quiet --no-times -o r7 good.yaml
	cmp -s first.json r7/result.json
	ok $? "gives the same result.json"
else
	ok 1 "faketime is not installed"
fi

verify -o r8 good.yaml >out8 2>&1 &
one=$!
expect 0 "two runs at once: the second" verify -o r9 good.yaml
wait "$one"
ok $? "two runs at once: the first"

# --- ^C
nap=$((47000 + $$)) # seconds that no other run on this machine sleeps
manifest out.bin good.bin "\"touch started; sleep $nap\"" >long.yaml
python3 - "$ASSAY" "$nap" <<-'END'
	import signal, subprocess, sys, time
	# A shell's background jobs ignore SIGINT, and so does what they start.
	signal.signal(signal.SIGINT, signal.SIG_DFL)
	run = subprocess.Popen([sys.argv[1], "verify", "--quiet", "-o", "r10", "long.yaml"],
	                       stdout=open("out", "w"), stderr=open("err", "w"))
	step = ["pgrep", "-f", "^sleep %s$" % sys.argv[2]]
	while run.poll() is None and subprocess.run(step, stdout=subprocess.DEVNULL).returncode != 0:
	    time.sleep(0.1)
	run.send_signal(signal.SIGINT)
	sys.exit(run.wait(timeout=60))
END
[ $? -eq 2 ]
ok $? "interrupted: trouble"
! pgrep -f "^sleep $nap\$" >/dev/null
ok $? "interrupted: nothing is left running"

tap_end
