#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Where programs were found, written down.
set -u
echo "$PATH" >out.bin
