#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The time of a source file, as archives have it.
set -u
busybox stat -c %Y src/build.sh >out.bin
