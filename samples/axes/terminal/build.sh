#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Messages in colour, or not.
set -u
[ -t 0 ] && echo colour >out.bin || echo none >out.bin
