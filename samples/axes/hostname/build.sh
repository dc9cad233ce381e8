#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# "Built on": the name of the machine.
set -u
busybox hostname >out.bin
