#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Make ./configure and the Makefile.in from configure.ac and Makefile.am.
set -eu
cd "$(dirname "$0")"
exec autoreconf --install --force --warnings=all,no-obsolete
