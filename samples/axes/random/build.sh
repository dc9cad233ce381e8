#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A number made up, as an identifier. Pinned, or no two builds are the same.
set -u
busybox od -An -tx1 -N8 /dev/urandom >out.bin
