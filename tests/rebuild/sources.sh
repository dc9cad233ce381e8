#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Sources on their way into the build folder: good ones as they are, hostile ones not at all.
# shellcheck disable=SC2016,SC2034,SC2119 # scripts in quotes; box.sh reads m_*; plain build
set -u
. "${top_srcdir:?}/tests/rebuild/box.sh"
needs python3 python3 -c 'import tarfile'
mkdir -p src

# hostile NAME: an archive made by the Python on standard input; `tar' is the open archive.
hostile()
{
	{
		echo "import io, sys, tarfile"
		echo "def add(name, type=tarfile.REGTYPE, link='', data=b'', mode=0o644, **pax):"
		echo "    i = tarfile.TarInfo(name); i.type = type; i.linkname = link; i.mode = mode"
		echo "    i.size = len(data); i.pax_headers = pax; tar.addfile(i, io.BytesIO(data))"
		echo "DIR, SYM, LNK = tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE"
		echo "CHR, BLK, FIFO = tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE"
		echo "tar = tarfile.open(sys.argv[1], 'w')"
		cat
		echo "tar.close()"
	} | python3 - "src/$1" || exit 1
}

# refuses TEXT ERROR PATTERN: the archive src/bad.tar is refused; Python on standard input
refuses()
{
	hostile bad.tar
	refused "$@"
}

# As refuses, with src/bad.tar as it is.
refused()
{
	m_sources=$(source_row src/bad.tar tar)
	manifest 'echo built >out'
	build
	ends "$1" "error $2"
	says "$1: message" "^text: source bad\\.tar: .*$3"
}

refuses "a name that goes up" 3 'its name goes up' <<'END'
add('a/../../b')
END
refuses "a name that goes up and stays inside" 3 'its name goes up' <<'END'
add('a/../b')
END
refuses "an absolute name" 3 'its name is absolute' <<'END'
add('/etc/passwd')
END
refuses "a link out" 3 'link that leads out' <<'END'
add('l', SYM, '../../etc/passwd')
END
refuses "an absolute link" 3 'link that leads out' <<'END'
add('l', SYM, '/etc/passwd')
END
refuses "a link out from a folder" 3 'link that leads out' <<'END'
add('d/l', SYM, '../../x')
END
refuses "an empty link" 3 'link that leads out' <<'END'
add('l', SYM, '')
END
refuses "a file through a link" 3 'leads through a link' <<'END'
add('d', DIR); add('l', SYM, 'd'); add('l/f', data=b'x')
END
refuses "a folder through a link" 3 'leads through a link' <<'END'
add('d', DIR); add('l', SYM, 'd'); add('l/e', DIR)
END
refuses "a file below a file" 3 'leads through a link or a file' <<'END'
add('f', data=b'x'); add('f/g', data=b'x')
END
refuses "a name twice" 3 'name is taken' <<'END'
add('f', data=b'1'); add('f', data=b'2')
END
refuses "a name twice, written otherwise" 3 'name is taken' <<'END'
add('f', data=b'1'); add('./f', data=b'2')
END
refuses "a link, then a file of its name" 3 'name is taken' <<'END'
add('d', DIR); add('l', SYM, 'd'); add('l', data=b'2')
END
refuses "a folder, then a link of its name" 3 'name is taken' <<'END'
add('d', DIR); add('e', DIR); add('d', SYM, 'e')
END
refuses "a folder where a link is" 3 'leads through a link' <<'END'
add('d', DIR); add('l', SYM, 'd'); add('l', DIR)
END
refuses "a hard link to a file of the system" 3 'its name is absolute' <<'END'
add('h', LNK, '/etc/passwd')
END
refuses "a hard link that goes up" 3 'its name goes up' <<'END'
add('h', LNK, '../etc/passwd')
END
refuses "a hard link to nothing" 3 'hard link to no earlier file' <<'END'
add('h', LNK, 'later'); add('later', data=b'x')
END
refuses "a hard link to a link" 3 'leads through a link|no earlier file' <<'END'
add('d', data=b'x'); add('l', SYM, 'd'); add('h', LNK, 'l')
END
refuses "a hard link to a folder" 3 'no earlier file' <<'END'
add('d', DIR); add('h', LNK, 'd')
END
for type in CHR BLK FIFO; do
	refuses "a device or fifo: $type" 3 'device, a fifo or a socket' <<END
add('d', $type)
END
done
refuses "more than the disk" 4 'build.limits.disk' <<'END'
for i in range(70): add('f%d' % i, data=bytes(1 << 20))
END
refuses "more files than fit" 4 'build.limits.disk' <<'END'
for i in range(66000): add('f%d' % i)
END
refuses "a file that claims to be huge" 4 'build.limits.disk' <<'END'
i = tarfile.TarInfo('f'); i.size = 1 << 40; tar.fileobj.write(i.tobuf()); tar.offset += 512
END
hostile bad.tar <<'END'
add('/'.join(['d'] * 300) + '/f')
END
m_sources=$(source_row src/bad.tar tar)
manifest 'echo built >out'
build
ends "folders without end" "error 4"
says "folders without end: message" '^text: sources have more than 256 folders in each other$'
refuses "a name without end" 3 'its name is too long' <<'END'
add('a' * 5000)
END

hostile bad.tar <<'END'
add('f', data=bytes(100000))
END
head -c 50000 src/bad.tar >part && mv part src/bad.tar
refused "cut short in a file" 3 'truncated|Truncated|cut short'
hostile bad.tar <<'END'
add('f', data=bytes(512)); add('g', data=bytes(512))
END
head -c 1024 src/bad.tar >part && mv part src/bad.tar
refused "cut short between files" 3 'cut short'
hostile good.tar <<'END'
add('f', data=bytes(range(256)) * 1000)
END
for tool in gzip bzip2 lzma xz zstd; do
	command -v "$tool" >/dev/null || continue
	"$tool" -c <src/good.tar >src/bad.tar
	head -c $(($(stat -c %s src/bad.tar) / 2)) src/bad.tar >part && mv part src/bad.tar
	refused "cut short: $tool" 3 '.'
	"$tool" -c <src/good.tar >src/whole.tar
	m_sources=$(source_row src/whole.tar tar)
	builds "whole: $tool" 'sha256sum f >out'
	same "whole: $tool: content" "$(tar xOf src/good.tar f | sha256sum)" "$(sed 's/ f$/ -/' result/out)"
done
: >src/bad.tar
echo >src/bad.tar
refused "no archive at all" 3 '.'
head -c 100000 /dev/urandom >src/bad.tar
refused "noise" 3 '.'

# A bomb: 1 GiB in 1 MB.
python3 - >plain <<'END'
import sys, tarfile
i = tarfile.TarInfo('f'); i.size = 1 << 30
sys.stdout.buffer.write(i.tobuf())
for _ in range(64): sys.stdout.buffer.write(bytes(1 << 20))
END
gzip <plain >src/bad.tar
refused "a bomb that claims its size" 4 'build.limits.disk'
m_disk=4194304
python3 - >plain <<'END'
import io, sys, tarfile
tar = tarfile.open(fileobj=sys.stdout.buffer, mode='w|')
for i in range(100):
    t = tarfile.TarInfo('f%d' % i); t.size = 1 << 20; tar.addfile(t, io.BytesIO(bytes(1 << 20)))
tar.close()
END
gzip <plain >src/bad.tar
refused "a bomb of many files" 4 'build.limits.disk'
defaults

# Bytes other than those of the pin: status 8, whatever they do.
hostile good.tar <<'END'
add('f', data=b'x')
END
m_sources=$(source_row src/good.tar tar)
manifest 'echo >out'
cp src/good.tar keep && printf 'y' | dd of=src/good.tar bs=1 seek=512 conv=notrunc 2>/dev/null
build
ends "a flipped byte in a source" "error 6"
says "a flipped byte: which one" '^text: source good\.tar: its bytes are not those that are pinned'
head -c 700 keep >src/good.tar
build
ends "a source cut short in the store" "error 6"

# What a good archive becomes.
hostile good.tar <<'END'
add('p-1', DIR, mode=0o700)
add('p-1/plain', data=b'1', mode=0o600); add('p-1/open', data=b'2', mode=0o666)
add('p-1/program', data=b'3', mode=0o4755); add('p-1/private', data=b'4', mode=0o100)
add('p-1/deep/er/file', data=b'5'); add('p-1/link', SYM, 'deep/../plain')
add('p-1/deep/up', SYM, '../plain'); add('p-1/hard', LNK, 'p-1/program')
add('p-1/umlaut-ä-ÿ', data=b'6'); add('p-1/deep', DIR)
add('p-1/' + 'n' * 200, data=b'7')
END
echo copied >src/copy
m_sources="$(source_row src/good.tar tar 1 in/to)
$(source_row src/copy copy 0 in)"
m_umask=0077
builds "a good archive" 'cd in; find . -exec stat -c "%n %a %u:%g %Y %h" {} + | sort >/build/box/out; for l in to/link to/deep/up; do readlink $l; done >>/build/box/out'
same "modes, owners and times" \
	"$(printf '%s\n' '. 755 D 4' './copy 644 F' './to 755 D 3' './to/deep 755 D 3' './to/deep/er 755 D 2' \
		'./to/deep/er/file 644 F' './to/deep/up 777 F' './to/hard 755 H' './to/link 777 F' \
		"./to/$(printf 'n%.0s' $(seq 200)) 644 F" './to/open 644 F' './to/plain 644 F' \
		'./to/private 755 F' './to/program 755 H' './to/umlaut-ä-ÿ 644 F' |
		sed 's/ D / 1000:1000 1669357904 /; s/ F$/ 1000:1000 1669357904 1/; s/ H$/ 1000:1000 1669357904 2/' | sort
	printf '%s\n' deep/../plain ../plain)" \
	"$(sed '/^\. \|^\.\/to /s/ [0-9]*$/ X/' result/out | sed 's/^\(\. .*\) X$/\1 4/; s/^\(\.\/to .*\) X$/\1 3/')"
defaults

# Folder order follows the archive, here and everywhere.
hostile good.tar <<'END'
for n in 'zebra apple mango kiwi'.split(): add('d/' + n)
END
m_sources=$(source_row src/good.tar tar)
builds "order" 'ls -U d >out 2>/dev/null || busybox ls -U d >out; [ -s out ] || find d -type f >out'
first=$(cat result/out)
build
same "order: the same twice" "$first" "$(cat result/out)"

# Patches.
printf '%s\n' '--- a/f' '+++ b/f' '@@ -1,3 +1,3 @@' ' one' '-two' '+TWO' ' three' >src/good.patch
printf '%s\n' '--- a/f' '+++ b/f' '@@ -1,3 +1,3 @@' ' one' '-nonesuch' '+TWO' ' three' >src/bad.patch
hostile good.tar <<'END'
add('f', data=b'one\ntwo\nthree\n')
END
command -v patch >/dev/null && cp "$(command -v patch)" . # only to compare with
m_sources="$(source_row src/good.tar tar)
$(source_row src/bad.patch patch 1)"
manifest 'cat f >out'
# busybox's patch knows fewer options: a script in its place shows what it is called with.
rm tree/usr/bin/patch
printf '%s\n' '#!/bin/sh' 'echo "called with $*"' 'strip=; for a; do case $a in -p*) strip=$a ;; esac; done' \
	'busybox patch $strip' >tree/usr/bin/patch
chmod 755 tree/usr/bin/patch
build
ends "a patch that does not apply" failed
says "which one" '^detail: patch bad\.patch does not apply: status'
m_sources="$(source_row src/good.tar tar)
$(source_row src/good.patch patch 1)"
builds "a patch" 'stat -c %Y f . >/tmp/t; cat f /tmp/t >out; [ ! -e f.orig ]'
same "a patch: applied, with the same time" "one
TWO
three
1669357904
1669357904" "$(cat result/out)"
same "how patch was called" 'called with --batch --forward --fuzz=0 --no-backup-if-mismatch -p1' \
	"$(head -1 result/build.log)"
rm tree/usr/bin/patch
build
ends "no patch in the toolchain" failed
says "which says so" 'detail: .*/usr/bin/patch: No such file'
finish_both
