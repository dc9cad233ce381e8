#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The walk-through for laboratories in the README: its commands, in their order, with their output.
set -u
# shellcheck source=tests/rebuild/fixture.sh
. "${top_srcdir:-.}/tests/rebuild/fixture.sh"

unshare --user --map-root-user true 2>/dev/null || skip_all "this host has no user namespaces"
for tool in jq openssl; do
	command -v $tool >/dev/null || skip_all "needs $tool"
done
make_fixture

mkdir -p tree case
echo "reviewed source" >tree/hello.txt
tar --sort=name --mtime=@1 --owner=0 --group=0 -cf source.tar -C tree .
cp tree/hello.txt good.bin
echo "a report" >pentest.pdf
manifest out.bin good.bin '"cp src/hello.txt out.bin"' >product.yaml
for key in lab-a checker; do
	"$ASSAY" key new --no-passphrase $key >out 2>err
done
cat >policy.yaml <<-END
	schema: assay.policy/1
	product: {name: sample}
	verdict: {accept: identical, rules: []}
	required: {owners: 2, performers: 1, checkers: 1, rebuilds: 1}
	case:
	  - {kind: source-review, owners: 1}
	  - {kind: penetration-test, owners: 1}
	signers:
	  - {owner: Lab A, role: performer, file: lab-a.pub}
	  - {owner: Checker of A, role: checker, file: checker.pub}
END

# Between the marks: a line that begins with a command is one; what else is indented is output of the
# command before it.
sed -n '/^<!-- labs -->$/,/^<!-- \/labs -->$/s/^    //p' "$top_srcdir/README.md" >lines
[ "$(wc -l <lines)" -gt 20 ]
ok $? "the README has the walk-through"
mkdir bin && ln -s "$ASSAY" bin/assay
PATH=$PWD/bin:$PATH
: >wanted
shown() {
	[ -s wanted ] || return 0
	cmp -s wanted out || diff wanted out | sed 's/^/# /'
	cmp -s wanted out
	ok $? "prints what the README shows: $command"
	: >wanted
}
command=
while IFS= read -r line; do
	case $line in
	"assay key new "*) ;; # asks for a passphrase
	"assay "* | "cp "* | "sh samples/"*)
		shown
		command=$line
		case $line in
		"sh samples/"*) line="sh $top_srcdir/${line#sh }" ;;
		esac
		expect 0 "$command" sh -c "$line"
		;;
	*) echo "$line" >>wanted ;;
	esac
done <lines
shown

tap_end
