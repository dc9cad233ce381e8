#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Whether time goes by: "built in 3 s".
set -u
start=$(busybox date +%s)
busybox usleep 1100000
[ "$(busybox date +%s)" -gt "$start" ] && echo runs >out.bin || echo stands >out.bin
