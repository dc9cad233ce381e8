#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Comparing images, packages and archives: see containers.py.
set -u
exec python3 "${top_srcdir:?}/tests/bench/containers.py"
