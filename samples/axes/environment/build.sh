#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A variable of whoever builds.
set -u
echo "${CAPTURE_ENVIRONMENT-none}" >out.bin
