#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The name of a temporary file that stays in the output.
set -u
echo "${TMPDIR-/tmp}/file" >out.bin
