#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Evidence and logs: see proofs.py.
set -u
exec python3 -B "${top_srcdir:?}/tests/bench/proofs.py" "$@"
