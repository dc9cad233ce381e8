#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Print how many lines of each file were run, from the gcov files below the current folder, and
# fail when it is fewer than FLOOR percent of all lines. Called by `make coverage`.
set -eu
FLOOR=${FLOOR:-60}

find verifier -name '*.gcno' | LC_ALL=C sort | while read -r data; do
	gcov -n -o "$(dirname "$data")" "$data" </dev/null 2>/dev/null
done | awk -v floor="$FLOOR" '
	/^File / { file = $2; gsub(/\047/, "", file); sub(/^.*verifier\//, "verifier/", file) }
	/^Lines executed:/ && file ~ /^verifier\/.*\.c$/ {
		split($0, part, /[:% ]+/)
		lines = $NF
		printf "%6.1f %% of %4d  %s\n", part[3], lines, file
		all += lines; hit += lines * part[3] / 100
		file = ""
	}
	END {
		if (all == 0) { print "no gcov files: configure with --enable-coverage"; exit 1 }
		printf "%6.1f %% of %4d  in all (floor: %d %%)\n", 100 * hit / all, all, floor
		exit 100 * hit / all < floor
	}'
