#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A choice by the language of whoever builds.
set -u
echo "$LC_ALL" >out.bin
