#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A limit that configure finds out.
set -u
busybox grep 'Max open files' /proc/self/limits >out.bin
