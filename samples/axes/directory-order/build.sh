#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Files in the order in which the folder has them, as a careless Makefile links objects.
set -u
busybox find src -name '*.txt' >out.bin
