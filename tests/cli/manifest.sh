#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# assay manifest check and id, judged by another YAML reader; and input that no reader should take.
set -u
: "${ASSAY:?}" "${top_srcdir:?}"
. "$top_srcdir/tests/cli/tap.sh"
full=$top_srcdir/tests/fuzz/corpus/manifest/full.yaml
needs python3-yaml python3 -c 'import yaml'

# The identity form as assay-manifest(5) describes it, made by other people's code.
cat >judge.py <<'PYTHON'
import hashlib, json, sys, yaml

NUMBERS = set("size strip uid gid source_date_epoch cpus memory start seed wall silence processes disk log offset".split())

def convert(value, key=None):
    if isinstance(value, dict):
        return {k: v if key == "environment" else convert(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [convert(v) for v in value]
    if key == "umask":
        return "%04o" % int(value, 8)
    return int(value) if key in NUMBERS else value

manifest = convert(yaml.load(open(sys.argv[1], encoding="utf-8"), Loader=yaml.BaseLoader))
manifest.pop("hints", None)
del manifest["toolchain"]["lock"]
manifest["build"].get("profile", {}).pop("file", None)
manifest["outputs"].sort(key=lambda o: o["name"])
manifest["delivered"].sort(key=lambda d: (d["file"], d.get("member", "")))
manifest["compare"].get("exclusions", []).sort(key=lambda e: (e["file"], e.get("artefact", ""), e["offset"]))
text = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
print(hashlib.sha256(text.encode()).hexdigest())
PYTHON

count=0
for file in "$full" "$top_srcdir"/manifests/*.yaml; do
	# Pins that are still to be filled in are for another test.
	sed 's/: 0\{64\}$/: '"$(printf '%064d' 7)/" "$file" >m.yaml
	same "id of ${file##*/}" "$(python3 judge.py m.yaml)" "$("$ASSAY" manifest id m.yaml)"
	count=$((count + 1))
done
[ "$count" -gt 5 ]
result $? "there are manifests to try"

id=$("$ASSAY" manifest id "$full")
same "the canonical text has the id as its digest" "$id  -" \
	"$("$ASSAY" manifest id --canonical "$full" | sha256sum)"
same "check prints the id" "id $id" "$("$ASSAY" manifest check "$full" | tail -n 1)"
"$ASSAY" manifest check --json check.json "$full" >/dev/null
same "check --json has it too" "$id" "$(python3 -c 'import json; print(json.load(open("check.json"))["id"])')"
same "and the identity form" "$id" "$(python3 -c 'import hashlib, json
text = json.dumps(json.load(open("check.json"))["manifest"], sort_keys=True, separators=(",", ":"),
                  ensure_ascii=False)
print(hashlib.sha256(text.encode()).hexdigest())')"
sed 's/$/\r/' "$full" >crlf.yaml
same "line ends do not matter" "$id" "$("$ASSAY" manifest id crlf.yaml)"
ln -s "$full" link.yaml
same "nor does a link" "$id" "$("$ASSAY" manifest id link.yaml)"
same "nor does the locale" "$id" "$(LC_ALL=tr_TR.UTF-8 "$ASSAY" manifest id "$full")"
same "nor does the clock's zone" "$id" "$(TZ=Asia/Kathmandu "$ASSAY" manifest id "$full")"

fails "no such file" 2 "manifest id: open none: No such file" manifest id none
fails "a folder" 2 "not a regular file" manifest id .
fails "a device" 2 "not a regular file" manifest id /dev/zero
mkfifo fifo
fails "a pipe that nobody writes to" 2 "not a regular file" manifest check fifo
: >empty
fails "an empty file" 2 "empty:1: the file is empty" manifest check empty
truncate -s 100M huge
fails "100 MB" 2 "huge: 104857600 bytes, limit 1048576" manifest check huge
{
	cat "$full"
	yes '# filler' | head -c 1048576
} >long
fails "a good manifest with a long comment" 2 "limit 1048576" manifest check long
fails "a program" 2 "not a regular|limit 1048576|:1: byte 0x7f is not plain UTF-8 text" \
	manifest check "$ASSAY"
head -c 4096 /dev/urandom >binary
fails "random bytes" 2 "binary:[0-9]+: " manifest check binary
iconv -f UTF-8 -t UTF-16 "$full" >utf16
fails "UTF-16" 2 "utf16:1: byte 0x[0-9a-f]{2} is not plain UTF-8 text" manifest check utf16
fails "billion laughs" 2 "laughs.yaml:1: a: anchors are refused" \
	manifest check "$top_srcdir/tests/fuzz/corpus/manifest/laughs.yaml"
sed 's/^product:.*/product: \&p/; s/^build:/build:\n  <<: *p/' "$full" >merge
fails "a merge key" 2 "merge:[0-9]+: product: anchors are refused" manifest check merge
head -c 500000 /dev/zero | tr '\0' '[' >deep
fails "deeply nested lists" 2 "deep:1: .*nested too deeply" manifest check deep
yes '{a: ' | tr -d '\n' | head -c 500000 >deep
fails "deeply nested mappings" 2 "deep:1: .*nested too deeply" manifest check deep
yes -- '- a' | head -c 600000 >many
fails "many values" 2 "many:[0-9]+: .*too many values" manifest check many
printf 'schema: assay.manifest/1\nproduct: {name: "\\e[31m", version: 1}\n' >colour
fails "an escape sequence" 2 "colour:2: product.name: control or invisible" manifest check colour
printf 'sch\\u202eema: 1\n"\\t": 2\n' >keys
fails "a key in disguise" 2 'keys:1: sch\\\\u202eema: unknown key' manifest check keys
printf '? %s\n: 1\n' "$(head -c 900 /dev/zero | tr '\0' k)" >longkey
fails "a long key" 2 'longkey:1: k{60}…: unknown key' manifest check longkey
sed '/^umask/d; /  umask/d' "$full" >missing
fails "a missing key" 2 "missing:[0-9]+: build.umask: missing key" manifest check missing
sed 's/size: 1001/size: FILL-IN/; s/id: 4\{64\}/id: FILL-IN/' "$full" >pins
fails "missing pins" 2 "pins:9: sources\[0\].size: missing pin, .*; also missing: toolchain.id" \
	manifest check pins
fails "no file named" 2 "wants FILE" manifest check
fails "two files named" 2 "wants FILE" manifest id "$full" "$full"
fails "an unknown option" 2 "unknown option --colour" manifest id --colour "$full"
if [ -w /dev/full ]; then
	"$ASSAY" manifest id "$full" >/dev/full 2>err
	same "an answer that cannot be written" 2 $?
fi
finish
