#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The number of a file, as some archives have it.
set -u
busybox stat -c %i src/build.sh >out.bin
