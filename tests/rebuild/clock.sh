#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Level L2: a pinned clock and pinned random numbers, as programs see them that are linked
# statically, linked dynamically, or written in Go; and file times that go with the clock.
# shellcheck disable=SC2016,SC2034,SC2086 # scripts in quotes; box.sh reads m_*; CC may have words
set -u
. "${top_srcdir:?}/tests/rebuild/box.sh"
needs make make --version
needs python3 python3 -c 'import ctypes'
for kind in static dynamic; do
	link=-static
	[ $kind = static ] || link=
	${CC:-cc} $link -D_GNU_SOURCE -o times-$kind "$top_srcdir/tests/rebuild/times.c" -lpthread
	cp times-$kind tree/bin/
done
cp "$(command -v make)" tree/bin/gnumake
for library in $(ldd times-dynamic tree/bin/gnumake | sed -n 's/.*[ 	]\(\/[^ ]*\) (0x.*/\1/p' | sort -u); do
	mkdir -p "tree$(dirname "$library")" && cp "$library" "tree$library"
done
kinds="static dynamic"
if go version >/dev/null 2>&1; then
	cat >now.go <<'END'
package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	st, _ := os.Stat(os.Args[0])
	fmt.Println("now", time.Now().Unix(), "file", st.ModTime().Unix() > 0)
	f, _ := os.Create("made")
	st, _ = f.Stat()
	fmt.Println("made", st.ModTime().Unix())
}
END
	GO111MODULE=off GOCACHE=$PWD/go CGO_ENABLED=0 go build -o tree/bin/now-go now.go && kinds="$kinds go"
	same "a Go program was made" "static dynamic go" "$kinds"
else
	needs golang-go go version
fi
pin_clock()
{
	m_pins="
    clock: {mode: $1, start: $2}${3:+
    random: {seed: $3\}}"
}

# near TEXT START: every line of the output but the vDSO's is a time from START on
near()
{
	ends "$1" built
	got=$(awk -v s="$2" '$1 != "vdso" && ($2 < s || $2 > s + 20)' result/out)
	same "$1: all times" "" "$got"
	same "$1: no vDSO" "" "$(grep '^vdso there' result/out)"
}

# --- the clock, in the past, near and in the future
for start in 86400 1000000000 2500000000; do
	pin_clock offset $start
	manifest 'times-static now >out; times-dynamic now >>out'
	build
	near "offset from $start" $start
done
same "the level without random numbers" L1 "$(field level)"
same "the clock is pinned" "" "$(field unpinned | grep ^clock)"
same "and seen as pinned" "2500000000" "$(field pinned | sed -n 's/^clock.realtime: //p')"
case $kinds in
*go)
	manifest 'now-go >out; sed -i "s/ file true//" out'
	build
	near "a Go program" 2500000000
	;;
esac
pin_clock offset 1000000000
manifest 'times-dynamic thread /bin/times-static >out; times-static vfork /bin/times-dynamic >>out
	sh -c "exec times-static now" >>out; env times-dynamic now >>out'
build
near "programs that are started in other ways" 1000000000
same "all of them" 36 "$(grep -c . result/out)"
manifest 'times-static now | sort >a; sleep 2; times-static now | sort >b; cat a b >out'
build
same "an offset clock runs" 2 "$(sed -n 's/^realtime //p' result/out | xargs | awk '{print $2 - $1}')"
pin_clock fixed 1000000000
manifest 'times-static now >out; sleep 1; times-dynamic now >>out'
build
same "a fixed clock stands" "1000000000" "$(awk '$1 != "vdso" { print $2 }' result/out | sort -u)"
pin_clock step 1000000000
manifest 'times-static now >out'
build
cp result/out first
build
same "a clock that steps: seconds apart" "7" \
	"$(awk '$1 != "vdso" { if (n++ && $2 == last + 1) good++; last = $2 } END { print good }' result/out)"
cmp -s first result/out
result $? "a clock that steps does so again"

# --- file times
pin_clock offset 1000000000
manifest 'echo x >new; sleep 1; times-static stat new >out; times-dynamic stat new >>out; touch -d @5 old
	times-static stat old | sed "s/^/old /" >>out; times-static stat empty | sed "s/^/source /" >>out
	times-static stat /bin/busybox | sed "s/^/tree /" >>out'
touch -d @77 tree/bin/busybox
build
same "a new file: every way to ask says the same" 1 "$(grep -v -e ^old -e ^source -e ^tree result/out | cut -d' ' -f2- | sort -u | wc -l)"
same "a new file: asked for in all ways" 20 "$(grep -c -v -e ^old -e ^source -e ^tree result/out)"
grep -q '^stat 100000000[0-9] 100000000[0-9] 100000000[0-9] mode 100644 size 2$' result/out
result $? "a new file: its times are the clock's"
same "a time that was set stays" 10 "$(grep -c '^old [a-z-]* 5 100000000[0-9] 5 ' result/out)"
same "a source has the epoch of sources" 10 "$(grep -c '^source [a-z-]* 1669357904 ' result/out)"
same "toolchain files have one time" 10 "$(grep -c '^tree [a-z-]* 77 77 77 ' result/out)"
for start in 1000000000 2500000000; do
	for mode in offset fixed step; do
		pin_clock $mode $start
		manifest 'printf "all: a b\na: c\n\tcp c a\nb: a\n\tcp a b\nc:\n\techo >c\n" >Makefile
			gnumake; gnumake -q && echo done >out; touch c; [ '$mode' != offset ] || { sleep 1; touch c; ! gnumake -q; }
			gnumake; gnumake -q && echo again >>out'
		build
		ends "make under a $mode clock from $start" built
		same "make under a $mode clock from $start: no skew" 0 "$(grep -ci -e skew -e future result/build.log)"
		same "make under a $mode clock from $start: up to date" "done again" "$(xargs <result/out)"
	done
done

# --- answers are those of the kernel
mkdir outside && (cd outside && echo >file && ln -s loop loop && ln -s missing dangling && ln -s file link &&
	mkdir -m 0 closed) || exit 1
script='echo >file; ln -s loop loop; ln -s missing dangling; ln -s file link; mkdir -m 0 closed'
m_pins=
manifest "$script; times-static errors >out; times-dynamic errors >>out"
build
ends "errors by the kernel" built
cp result/out wanted
same "errors by the kernel: folders that are closed are closed" 2 "$(grep -c '^closed/x: stat 13,' wanted)"
pin_clock fixed 1000000000 7
build_errors()
{
	manifest "$script; times-static errors >out; times-dynamic errors >>out"
	build
	ends "errors by init" built
	same "errors by init are the same" "$(cat wanted)" "$(cat result/out)"
}
build_errors

# --- random numbers
chance='times-static random >out; times-dynamic random >>out; mktemp -u >>out; times-static random | head -4 >>out'
pin_clock fixed 1000000000 7
manifest "$chance"
build
ends "random numbers" built
same "the level with both" L2 "$(field level)"
same "random numbers are pinned" "" "$(field unpinned | grep ^random)"
cp result/out first
build
cmp -s first result/out
result $? "the same seed, the same numbers"
same "the same for every program, however it is linked" "$(sed -n 1,6p first)" "$(sed -n 8,13p first)"
same "numbers of one program differ" 5 "$(sed -n 1,7p first | sed -n 's/^[a-z]* \(..........\).*/\1/p' | sort -u | wc -l)"
same "much is as much as the kernel gives" 2 "$(grep -c '^much 1' first)"
pin_clock fixed 1000000000 8
manifest "$chance"
build
same "another seed, other numbers" "" "$(for file in first result/out; do
	grep -v -e ^much -e '^device 8' $file | sort -u; done | sort | uniq -d)"
pin_clock fixed 1000000000
manifest "$chance"
build
cp result/out third
build
! cmp -s third result/out
result $? "without a seed they are the host's"

# --- what cannot be done is said
pin_clock offset 1000000000 7
manifest 'times-dynamic traced /bin/times-static >out'
build
ends "a program under a debugger" built
same "a program under a debugger: clock and random numbers are not pinned" "clock random" \
	"$(field unpinned | sed -n 's/^\(.*\): programs under a debugger of the build had the host.s$/\1/p' | xargs)"
cat >listen.py <<'END'
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
program = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000), 8)
prog = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 1, ctypes.addressof(program)))
assert libc.prctl(38, 1, 0, 0, 0) == 0
fd = libc.syscall(317 if os.uname().machine == "x86_64" else 277, 1, 8, prog)
os.set_inheritable(fd, True)
os.execvp(sys.argv[1], sys.argv[1:])
END
build python3 listen.py
ends "a host that cannot pin a clock builds nothing" "error 2"
says "it says so" 'text: the manifest pins the clock'
finish_both
