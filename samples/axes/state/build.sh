#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The load of the machine: fewer jobs where there is much to do.
set -u
busybox cat /proc/loadavg >out.bin
