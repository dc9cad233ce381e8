#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# `assay rebuild --runtime': the plan of a build as an OCI bundle, carried out by somebody else's
# container runtime, makes the same bytes as our own container does.
# shellcheck disable=SC2016 # scripts in quotes
set -u
# shellcheck source=tests/rebuild/fixture.sh
. "${top_srcdir:-.}/tests/rebuild/fixture.sh"

unshare --user --map-root-user true 2>/dev/null || skip_all "this host has no user namespaces"
make_fixture
echo x >delivered.bin

# A build of several steps, with a patch, that looks at what is pinned everywhere.
mkdir -p tree
cat >tree/build.sh <<'END'
set -eu
{
	echo "$(busybox uname -n) $(umask) $(pwd) $HOME $LC_ALL $SOURCE_DATE_EPOCH"
	busybox env | busybox sort
	busybox find . -type f | busybox sort | while read -r file; do busybox stat -c '%n %a %Y' "$file"; done
	busybox cat text
	busybox head -1 /proc/cpuinfo /proc/meminfo /proc/uptime
	ls / /tmp
	busybox touch /bin/x 2>/dev/null || echo no writing to the toolchain
} >../first
END
printf 'one\n' >tree/text
tar --sort=name --mtime=@1 --owner=0 --group=0 -cf source.tar -C tree .
manifest out.bin delivered.bin '"cd src && sh build.sh"' |
	sed 's/^      cwd: \.$/      cwd: .\n    - argv: [busybox, sort, -o, ..\/out.bin, ..\/first]\n      cwd: src/;
		s/PATH: /HOME: \/nonexistent, PATH: /' >m.yaml
expect 0 "in our own container" "$ASSAY" rebuild --quiet --json own.json -o own m.yaml
cp own/outputs/result.bin wanted

# works RUNTIME: whether it can make a container here; why not is in the file err
works() {
	command -v "$1" >/dev/null || { echo "there is no $1" >err; return 1; }
	"$ASSAY" rebuild --quiet --json other.json --runtime "$1" -o other m.yaml >out 2>err </dev/null
	[ $? -ne 2 ]
}

worked=
for runtime in runc crun; do
	if ! works $runtime; then
		echo "ok $((tap_count += 1)) # SKIP $(tail -1 err | tr '#' ' ')"
		continue
	fi
	worked="$worked $runtime"
	cmp wanted other/outputs/result.bin >cmp.out 2>&1
	ok $? "$runtime: the same bytes"
	[ -s wanted ] && diff wanted other/outputs/result.bin | sed 's/^/# /'
	cp other/runtime/config.json one.json
	expect 0 "$runtime: and again" "$ASSAY" rebuild --quiet --json other.json --runtime $runtime -o other m.yaml
	cmp -s one.json other/runtime/config.json
	ok $? "$runtime: the same plan gives the same config.json"
	expect 0 "$runtime: config.json is as the runtime specification says" \
		python3 "${top_srcdir:-.}/tests/rebuild/runtime_schema.py" other/runtime/config.json
	[ "$(json other.json 'd["level"], [k for k in ("aslr", "network", "uname", "clock", "proc") if not any(u.startswith(k + ": ") for u in d["unpinned"])]')" = "('L0', [])" ]
	ok $? "$runtime: what it cannot pin is in the record"
	[ "$(json other.json 'len(d["environment"]), d["probe"] == json.load(open("own.json"))["probe"], d["environment"] != json.load(open("own.json"))["environment"], any("not watched" in e for e in d["events"])')" = "(64, True, True, True)" ]
	ok $? "$runtime: what is seen inside is in the record, and which limits are not watched"
	! find "$XDG_DATA_HOME/assay/trees" -newer one.json 2>/dev/null | grep -q .
	ok $? "$runtime: nothing was made in the store"

	cp m.yaml good.yaml
	sed 's/"cd src && sh build.sh"/"echo told; exit 7"/' good.yaml >m.yaml
	expect 6 "$runtime: a step that fails" "$ASSAY" rebuild --quiet --json other.json --runtime $runtime -o other m.yaml
	[ "$(json other.json 'd["exit_status"], d["outcome"]')" = "(7, 'failed')" ] && grep -q told other/build.log
	ok $? "$runtime: a step that fails: its status and its output"
	sed 's/"cd src && sh build.sh"/"sleep 600 \& sleep 600"/; s/silence: 60/silence: 1/' good.yaml >m.yaml
	expect 7 "$runtime: a step that is silent" "$ASSAY" rebuild --quiet --json other.json --runtime $runtime -o other m.yaml
	[ "$(json other.json 'd["outcome"]')" = limit-silence ] && ! pgrep -f 'sleep 600' >/dev/null
	ok $? "$runtime: a step that is silent is killed with all that it began"
	sed 's/"cd src && sh build.sh"/"ln -s \/etc\/passwd out.bin; echo x >first"/; s/\.\.\/out\.bin/..\/other.bin/' good.yaml >m.yaml
	expect 6 "$runtime: an output that is a link" "$ASSAY" rebuild --quiet --json other.json --runtime $runtime -o other m.yaml
	said 'link' "$runtime: an output that is a link: said"
	sed 's/memory: 4294967296}/memory: 4294967296, random: {seed: 1}}/' good.yaml >m.yaml
	expect 2 "$runtime: pins that it cannot keep" "$ASSAY" rebuild --quiet --runtime $runtime -o other m.yaml
	said 'cannot' "$runtime: pins that it cannot keep: said"
	cp good.yaml m.yaml
done
[ -n "$worked" ] || [ "$(id -u)" -ne 0 ] || [ -z "${ASSAY_TEST_STRICT:-}" ] || grep -q -i -e cgroup -e 'not permitted' err
ok $? "runtimes that worked:${worked:- none}"
expect 2 "a runtime that is none" "$ASSAY" rebuild --quiet --runtime docker -o other m.yaml
said 'runc or crun' "a runtime that is none: those that are"
tap_end
