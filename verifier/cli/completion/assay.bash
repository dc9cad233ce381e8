# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Completion for bash. It asks assay itself, so that it cannot fall behind: commands come from
# `assay --help`, options and the kind of their values from `assay COMMAND --help`.

# Prints the commands, one a line: "verify", "toolchain lock".
_assay_commands()
{
	"$1" --help 2>/dev/null | sed -nE 's/^  ([a-z]+( [a-z]+)?)  +[^ ].*/\1/p'
}

# Prints the options of a command, one a line: "--json FILE" or "-q" or "--quiet".
_assay_options()
{
	local program=$1
	shift
	"$program" "$@" --help 2>/dev/null |
		sed -nE 's/^  (-[a-z])?,? +(--[a-z-]+)( [A-Z]+)?  .*/\1\3\n\2\3/p' | sed '/^ /d; /^$/d'
}

# Offers those of the words in $1 that begin with $2.
_assay_offer()
{
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2" | LC_ALL=C sort -u)
}

# What may follow an option that takes a value.
_assay_value()
{
	case $1 in
	TIER) _assay_offer "identical transplanted repacked normalised" "$2" ;;
	DIR) mapfile -t COMPREPLY < <(compgen -d -- "$2") ;;
	FILE | PATH | INTENT | LOCK | MANIFEST) mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
	*) COMPREPLY=() ;;
	esac
}

_assay()
{
	local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} previous kind
	local first=${COMP_WORDS[1]-} second=${COMP_WORDS[2]-}
	local -a command=("$first")

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		_assay_offer "$(_assay_commands "$program" | cut -d' ' -f1) --help --version" "$current"
		return
	fi
	if _assay_commands "$program" | grep -q "^$first "; then
		if ((COMP_CWORD == 2)); then
			_assay_offer "$(_assay_commands "$program" | sed -n "s/^$first //p")" "$current"
			return
		fi
		command=("$first" "$second")
	fi
	previous=${COMP_WORDS[COMP_CWORD - 1]}
	kind=$(_assay_options "$program" "${command[@]}" | sed -n "s/^$previous \\([A-Z]*\\)\$/\\1/p")
	if [[ $previous == -* && -n $kind ]]; then
		_assay_value "$kind" "$current"
	elif [[ $current == -* ]]; then
		_assay_offer "$(_assay_options "$program" "${command[@]}" | cut -d' ' -f1)" "$current"
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
	fi
}

complete -o filenames -F _assay assay
