#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Whether as many jobs run at once as there are said to be processors, without any race.
set -u
case $(busybox grep Cpus_allowed_list: /proc/self/status) in
*[-,]*) real=many ;;
*) real=one ;;
esac
[ "$(busybox nproc)" -gt 1 ] && told=many || told=one
[ "$real" = "$told" ] && echo all at once >out.bin || echo one after the other >out.bin
