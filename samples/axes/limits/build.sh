#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A limit that configure finds out.
set -u
ulimit -n >out.bin
