#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What a build can see and reach.
set -u
. "${top_srcdir:?}/tests/rebuild/box.sh"

builds "a build builds" 'echo hello >out'
same "the output is what the build wrote" hello "$(cat result/out)"
same "the level is L1" L1 "$(field level)"
finish
