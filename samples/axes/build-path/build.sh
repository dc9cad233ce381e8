#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The folder of the build, as debug data has it.
set -u
pwd >out.bin
