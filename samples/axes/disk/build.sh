#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Written down: the size of the file system.
set -u
busybox stat -f -c %b . >out.bin
