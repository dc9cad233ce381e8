#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The home folder, as configuration files are looked for.
set -u
echo "${HOME-none}" >out.bin
