# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# What command tests share: read with ". tap.sh" by a script that runs in a folder of its own.
: "${ASSAY:?}" "${top_srcdir:?}"
tap_number=0
tap_dir=$(mktemp -d) || exit 1
# A test may have made folders read-only; nothing to say if that is all that is left.
trap 'chmod -R u+rwx "$tap_dir" 2>/dev/null; rm -rf "$tap_dir"' EXIT
cd "$tap_dir" || exit 1

# result STATUS TEXT: one line of TAP; STATUS 0 is a pass.
result()
{
	tap_number=$((tap_number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_number - $2"
	else
		echo "not ok $tap_number - $2"
	fi
}

# same TEXT WANTED GOT
same()
{
	if [ "$2" = "$3" ]; then
		result 0 "$1"
	else
		printf '# wanted: %s\n# got:    %s\n' "$2" "$3" | sed '2,$s/^[^#]/# &/'
		result 1 "$1"
	fi
}

# fails TEXT STATUS PATTERN ARGUMENT…: assay exits with STATUS, says nothing on standard output,
# and one line on standard error that matches the extended regular expression.
fails()
{
	tap_text=$1 tap_status=$2 tap_pattern=$3
	shift 3
	timeout 60 "$ASSAY" "$@" >out 2>err
	same "$tap_text: status" "$tap_status" "$?"
	same "$tap_text: nothing on stdout" "" "$(head -c 200 out)"
	sed '/^Try .assay .* --help.\.$/d' err >err.text
	grep -Eq "$tap_pattern" err.text && [ "$(wc -l <err.text)" -eq 1 ]
	tap_result=$?
	[ $tap_result -eq 0 ] || head -c 1000 err | sed 's/^/# /'
	result $tap_result "$tap_text: message"
}

# yaml_get FILE KEY…: a value in it, as another YAML reader finds it.
yaml_get()
{
	python3 -c 'import sys, yaml
value = yaml.load(open(sys.argv[1]), Loader=yaml.BaseLoader)
for key in sys.argv[2:]:
    value = value[int(key) if key.isdigit() else key]
print(value)' "$@"
}

# needs PACKAGE COMMAND…: skip the whole script when the command fails; a strict run does not skip.
needs()
{
	tap_package=$1
	shift
	if ! "$@" >/dev/null 2>&1; then
		if [ -n "${ASSAY_TEST_STRICT:-}" ]; then
			result 1 "needs $tap_package"
			finish
		else
			echo "1..0 # SKIP needs $tap_package"
		fi
		exit 0
	fi
}

finish()
{
	echo "1..$tap_number"
}
