#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The year, as copyright notices have it.
set -u
busybox date +%Y >out.bin
