#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Fuzz one format after the other: formats.sh PROGRAM SECONDS [NAME...]
# PROGRAM is fuzz_compare; NAME a seed in corpus/compare, which stands for its format: the program then
# looks only at files of that format. Without names it is the turn of one: another one each day.
set -eu
program=$1
seconds=$2
shift 2
corpus=$(cd "$(dirname "$0")" && pwd)/corpus/compare
if [ $# -eq 0 ]; then
	set -- "$corpus"/*
	shift $(($(date +%s) / 86400 % $#))
	set -- "${1##*/}"
fi
for name in "$@"; do
	found=tests/fuzz/found/compare-$name
	mkdir -p "$found"
	cp "$corpus/$name" "$found/seed"
	echo "format of $name"
	ASSAY_FUZZ_LIKE=$corpus/$name "$program" -max_total_time="$seconds" -print_final_stats=1 "$found"
done
