# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# For tests that build: a toolchain of one small package (busybox), from an apt repository that
# is made here and lies in a folder, so that no network is needed; and TAP.
#
# Source this after setting ASSAY. It makes $work, changes into it and removes it at the end.

work=$(mktemp -d) || exit 99
trap 'chmod -R u+rwx "$work" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 99
chmod 755 "$work"
export XDG_DATA_HOME="$work/data"

tap_count=0
tap_failed=0

# ok CONDITION-STATUS NAME: one line of TAP.
ok() {
	tap_count=$((tap_count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_count - $2"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $2"
		for file in out err; do
			[ -f "$file" ] && sed "s/^/# $file: /" "$file" | head -20
		done
	fi
}

tap_end() {
	echo "1..$tap_count"
	[ "$tap_failed" -eq 0 ]
}

# expect STATUS NAME COMMAND…: run, keep out and err, check the exit status.
expect() {
	wanted=$1
	name=$2
	shift 2
	"$@" >out 2>err </dev/null
	got=$?
	[ "$got" -eq "$wanted" ] || echo "# exit status $got, wanted $wanted"
	[ "$got" -eq "$wanted" ]
	ok $? "$name"
}

# said PATTERN NAME: the last command's stderr or stdout has it.
said() {
	grep -q -e "$1" out err
	ok $? "$2"
}

# json FILE EXPRESSION: evaluate with the document as d; for comparisons in the shell.
json() {
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$1" "$2"
}

# as_schema NAME FILE [OPTIONAL...]: a statement is as verifier/schema says, which is strict: see schema.py.
as_schema() {
	schema=${top_srcdir:-.}/verifier/schema/$1.json
	shift
	expect 0 "$1 is as ${schema##*/} says, and nothing else is" \
		python3 "${top_srcdir:-.}/tests/rebuild/schema.py" "$schema" "$@"
}

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

# The package: busybox and a link for each of its applets.
make_package() {
	mkdir -p package/DEBIAN package/bin package/usr/bin
	cp "$(command -v busybox)" package/bin/busybox
	# Another shell: the same program in another file.
	{ cat package/bin/busybox && echo; } >package/bin/bash && chmod 755 package/bin/bash
	for applet in sha256sum tail sh cat cp mkdir printf sleep ln mkfifo head dd tr env id touch ls true yes rm; do
		ln -s busybox "package/bin/$applet"
	done
	cat >package/DEBIAN/control <<-END
		Package: mini
		Version: 1
		Architecture: $(dpkg --print-architecture)
		Maintainer: Nobody <nobody@assay.invalid>
		Description: a toolchain for tests
	END
	index=dists/test/main/binary-$(dpkg --print-architecture)
	mkdir -p repository/pool "repository/$index"
	SOURCE_DATE_EPOCH=1 dpkg-deb --root-owner-group -Zgzip -b package repository/pool/mini_1.deb >/dev/null
	(cd repository && dpkg-scanpackages -m pool >"$index/Packages" 2>/dev/null)
}

# apt that knows nothing but our folder.
make_apt() {
	echo "deb [trusted=yes] file:$work/repository test main" >sources.list
	cat >apt.conf <<-END
		Dir::Etc::sourcelist "$work/sources.list";
		Dir::Etc::sourceparts "/dev/null";
	END
	export APT_CONFIG="$work/apt.conf"
}

make_toolchain() {
	cat >intent.yaml <<-END
		schema: assay.intent/1
		name: mini
		architecture: $(dpkg --print-architecture)
		foreign: []
		packages: [mini]
		build_depends: []
		links: []
		files:
		  - {path: etc/passwd, mode: "0644", content: "builder:x:1000:1000::/nonexistent:/bin/sh\n"}
		  - {path: etc/group, mode: "0644", content: "builder:x:1000:\n"}
		directories: [build, dev, proc, tmp]
	END
	"$ASSAY" toolchain lock --quiet -o lock.yaml intent.yaml >lock.out 2>&1
}

make_fixture() {
	make_package && make_apt && make_toolchain && return
	sed 's/^/# /' lock.out
	echo "1..1"
	echo "not ok 1 - toolchain of the test"
	exit 1
}

sha256_of() {
	sha256sum "$1" | cut -d' ' -f1
}

# manifest OUTPUT-PATH DELIVERED-FILE SHELL-TEXT: a manifest whose build runs the text with sh.
# The source is source.tar, unpacked below /build/src. Extra keys can be changed with sed later.
manifest() {
	lock_id=$(sed -n 's/^lock id  *//p' lock.out)
	tree=$(sed -n 's/^tree  *//p' lock.out)
	cat <<-END
		schema: assay.manifest/1
		product: {name: sample, version: "1"}
		sources:
		  - {name: source.tar, sha256: $(sha256_of source.tar), size: $(stat -c %s source.tar), unpack: tar, into: src, strip: 0}
		toolchain: {lock: lock.yaml, id: $lock_id, tree: $tree}
		build:
		  path: /build
		  environment: {PATH: "/bin:/usr/bin", LC_ALL: C}
		  steps:
		    - argv: [sh, -c, $3]
		      cwd: .
		  user: {uid: 1000, gid: 1000, name: builder, home: /nonexistent}
		  umask: "0022"
		  source_date_epoch: 1000000000
		  machine: {hostname: assay, kernel_release: 6.1.0-test, kernel_version: "#1 SMP", cpus: 1, memory: 4294967296}
		  limits: {wall: 60, silence: 60, memory: 1073741824, processes: 64, disk: 268435456, log: 1048576}
		outputs:
		  - {name: result.bin, path: $1}
		delivered:
		  - {file: $2, sha256: $(sha256_of "$2"), size: $(stat -c %s "$2"), output: result.bin}
		compare: {accept: identical}
		hints:
		  - {name: source.tar, from: source.tar}
		  - {name: $2, from: $2}
	END
}

# commands SCRIPT: a source with this script, and m.yaml, which runs it, for delivered.bin.
commands() {
	mkdir -p tree && printf '%s\n' "$1" >tree/build.sh
	tar --sort=name --mtime=@1 --owner=0 --group=0 -cf source.tar -C tree .
	rm -rf data/assay/blobs
	manifest out.bin delivered.bin '"sh src/build.sh"' >m.yaml
}
