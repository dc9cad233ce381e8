#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# How long something took: "built in 3 s".
set -u
start=$(busybox date +%s)
busybox usleep 1100000
[ $(($(busybox date +%s) - start)) -gt 20 ] && echo slow >out.bin || echo quick >out.bin
