#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# "Built by": the user.
set -u
busybox id -un >out.bin
