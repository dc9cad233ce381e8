#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What configure takes for the system that it builds for.
set -u
busybox uname -r >out.bin
