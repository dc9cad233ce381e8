#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Modes of files that are packed.
set -u
busybox touch file && busybox stat -c %a file >out.bin
