#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the shell offers is what `assay --help` lists.
set -u
. "${top_srcdir:?}/tests/cli/tap.sh"
needs bash bash --version
mkdir folder && : >file || exit 1
script=$top_srcdir/verifier/cli/completion/assay.bash

# check WORDS WORD…: what the shell offers for a command line whose last word is unfinished
check()
{
	wanted=$1
	shift
	# shellcheck disable=SC2016 # for the other shell
	same "assay $*" "$wanted" "$(bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
		_assay; echo "${COMPREPLY[@]}"' bash "$script" "$ASSAY" "$@")"
}

# Words of standard input, sorted, on one line.
sorted()
{
	LC_ALL=C sort -u | tr '\n' ' ' | sed 's/^ //; s/ $//'
}

check "$({ "$ASSAY" --help | sed -nE 's/^  ([a-z]+)( [a-z]+)?  .*/\1/p'
	printf '%s\n' --help --version; } | sorted)" ""
check "compare" comp
check "$("$ASSAY" compare --help | sed -nE 's/^  (-[a-z])?[ ,]*(--[a-z-]+).*/\1\n\2/p' | sorted)" compare -
check "$("$ASSAY" --help | sed -nE 's/^  manifest ([a-z]+)  .*/\1/p' | sorted)" manifest ""
check "check" manifest ch
check "--json" compare --js
check "identical" compare --accept i
check "file folder" compare f
check "file" manifest check "fi"
check "folder" compare --store fo
check "file folder" compare --json f
check "" nosuchcommand --
finish
