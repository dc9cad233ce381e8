#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The number of a process, as names of temporary files have it.
set -u
echo $$ >out.bin
