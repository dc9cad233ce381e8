#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Comparing ELF files: see elf.py.
set -u
exec python3 "${top_srcdir:?}/tests/bench/elf.py"
