#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Profiles: the digest of one in a manifest stands for all that its builds see, and is in the record.
# shellcheck disable=SC2016 # a sed script
set -u
# shellcheck source=tests/rebuild/fixture.sh
. "${top_srcdir:-.}/tests/rebuild/fixture.sh"

unshare --user --map-root-user true 2>/dev/null || skip_all "this host has no user namespaces"
make_fixture
echo x >delivered.bin
profiles=$(cd "${top_srcdir:-.}" && pwd)/profiles

# Every profile has the rows of the table, and no others, in their order, by the same words.
"$ASSAY" doctor --store "$PWD/store" --json doctor.json >out 2>err
for profile in "$profiles"/*.yaml; do
	expect 0 "${profile##*/}: the rows of the pins table" python3 -c '
import json, sys, yaml
profile, doctor = yaml.safe_load(open(sys.argv[1])), json.load(open(sys.argv[2]))
assert [(r["key"], r["how"]) for r in profile["pins"]] == [(r["key"], r["how"]) for r in doctor["pins"]]
assert len(profile["pins"]) > 25' "$profile" doctor.json
done

cp "$profiles/debian-12-x86_64.yaml" p.yaml
commands 'busybox id -un >out.bin'
# named FILE: m.yaml names it by its digest, and has the machine of the profile
named() {
	manifest out.bin delivered.bin '"sh src/build.sh"' |
		sed "s|^  path: /build|  profile: {file: $1, sha256: $(sha256_of "$1")}\\n&|
			s/machine: {.*}/machine: {hostname: assay, kernel_release: 6.1.0-0-amd64, kernel_version: \"#1 SMP Debian\", cpus: 2, memory: 4294967296}/" >m.yaml
}
if [ "$(nproc)" -gt 1 ]; then
	named p.yaml
	expect 0 "a manifest that names a profile" "$ASSAY" rebuild --quiet --json r.json -o r m.yaml
	[ "$(json r.json 'd["profile"]')" = "$(sha256_of p.yaml)" ]
	ok $? "its digest is in the record"
	first=$("$ASSAY" manifest id m.yaml)
	mkdir -p other && cp p.yaml other/q.yaml && named other/q.yaml
	[ "$("$ASSAY" manifest id m.yaml)" = "$first" ]
	ok $? "where it is found is not part of the identity"
	expect 0 "in another place" "$ASSAY" rebuild --quiet -o r m.yaml
	named p.yaml
	sed -i 's/memory: 4294967296}/memory: 4294967296, random: {seed: 1}}/' m.yaml
	expect 0 "random numbers are the manifest's own" "$ASSAY" rebuild --quiet -o r m.yaml
fi
# refuses STATUS TEXT SAID SED-OF-MANIFEST [SED-OF-PROFILE]: what is refused, and why
refuses() {
	sed "${5:-}" "$profiles/debian-12-x86_64.yaml" >p.yaml
	named p.yaml
	sed -i "$4" m.yaml
	expect "$1" "$2" "$ASSAY" rebuild --quiet -o r m.yaml
	said "$3" "$2: said"
}
refuses 8 "another profile than the one that is pinned" 'not the profile that the manifest pins' 's/profile: {file: p.yaml, sha256: ....../profile: {file: p.yaml, sha256: 000000/'
refuses 2 "no profile there" 'none.yaml' 's/file: p.yaml/file: none.yaml/'
refuses 2 "another machine" 'build.machine of the manifest is not' 's/memory: 4294967296/memory: 4294967297/'
refuses 2 "another user" 'build.user of the manifest is not' 's/uid: 1000/uid: 1001/'
refuses 2 "another umask" 'build.umask of the manifest is not' 's/umask: "0022"/umask: "0002"/'
refuses 8 "a row that says something else" 'row 1 of pins, aslr' '' 's/how: "personality without/how: "personality with/'
refuses 8 "a row too few" 'row 1 of pins, aslr' '' '/key: aslr/d'
refuses 8 "a row too many" 'which is too many' '' '$a\  - {key: more, how: x}'
refuses 2 "a row twice" 'pins' '' 's/key: clock/key: aslr/'
refuses 2 "another schema" 'assay.profile' '' 's/assay.profile.1/assay.profile\/2/'
refuses 2 "a key that is none" 'unknown' '' 's/^umask/more: 1\numask/'
tap_end
