#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Which sources a build opened: every way to get at bytes is seen, looks at a name are not, and what
# is opaque is named by its content.
# shellcheck disable=SC2016,SC2034,SC2119 # scripts in quotes; box.sh reads m_*; plain build
set -u
. "${top_srcdir:?}/tests/rebuild/box.sh"
needs python3 python3 -c 'import tarfile'
# shellcheck disable=SC2086 # a compiler may be several words
${CC:-cc} -static -x c -D_GNU_SOURCE -o tree/bin/reads "$top_srcdir/tests/rebuild/reads.c" || exit 1
mkdir -p src

seen='read pread mmap shared sendfile splice copy link rename remove write restore replace path opened'
seen="$seen noatime open fcntl openat2" # and nothing is refused that a build could notice
unseen='stat'

mkdir -p t/w
for way in $seen $unseen; do echo "content of $way" >"t/w/$way"; done
printf '#!/bin/sh\necho ran\n' >t/run && chmod 755 t/run
printf '#!/bin/sh\necho ran\n' >t/idle && chmod 755 t/idle
ln -s w/target t/followed && ln -s w/target t/idle-link && echo target >t/w/target
echo 'int x;' >t/plain.c
tar --sort=name --owner=0 --group=0 -cf src/s.tar -C t .

# looked_at PATH: "used" or "unused", and what it is
looked_at()
{
	field source | sed -n "s,^\([a-z]* [a-z-]*\) [fdl] [0-9a-f]* $1\$,\1,p"
}

m_sources=$(source_row src/s.tar tar)
manifest 'for way in '"$seen $unseen"'; do reads $way w/$way; echo $way $? >>out; done
./run >/dev/null; head -c 1 followed >/dev/null; ls . w >/dev/null; [ -x idle ]
find . -name "*.c" >/dev/null'
build
ends "a build that opens files in every way" built
for way in $seen; do
	same "$way: is there" "$way 0" "$(grep "^$way " result/out)"
	same "$way: is seen" "used -" "$(looked_at "w/$way")"
done
for way in $unseen; do
	same "$way: is there" "$way 0" "$(grep "^$way " result/out)"
	same "$way: is no use" "unused -" "$(looked_at "w/$way")"
done
same "a script that ran" "used -" "$(looked_at run)"
same "one that did not" "unused -" "$(looked_at idle)"
same "a link that was followed" "used -" "$(looked_at followed)"
same "what it leads to" "used -" "$(looked_at w/target)"
same "a link that was not" "unused -" "$(looked_at idle-link)"
same "a file that was listed and found" "unused -" "$(looked_at plain.c)"
same "an entry for each file and folder" "$(cd t && find . -mindepth 1 | wc -l)" \
	"$(field source | wc -l)"
(cd t && find . -mindepth 1 -type f -exec sha256sum {} +) | sed 's, \*\?\./, ,' |
	awk '{ print substr($1, 1, 8), $2 }' | sort >wanted
field source | awk '$3 == "f" { print $4, $5 }' | sort >got
cmp -s wanted got
result $? "digests are those of sha256sum"

# A build that ends badly has opened what it opened; one that never began opened nothing.
manifest 'cat plain.c; exit 1'
build
ends "a build that fails" failed
same "has a list, too" "used -" "$(looked_at plain.c)"
manifest 'mv w v; sleep 1; echo >out'
build
same "a file that is gone counts as opened" "used -" "$(looked_at w/read)"
same "one that was left alone does not" "unused -" "$(looked_at plain.c)"

# --- many files, and several names of one
mkdir -p m/d && (cd m/d && seq -w 0 9999 | sed 's,^,f,' | xargs touch)
echo first >m/a && ln m/a m/z && echo last >m/b && ln m/b m/y
tar --sort=name --owner=0 --group=0 -cf src/m.tar -C m .
m_sources=$(source_row src/m.tar tar)
manifest 'for f in 0000 4094 4095 4096 7777 9999; do reads noatime d/f$f; done; reads noatime z >out'
build
ends "a build with many sources" built
same "each that was opened is seen, and no other" \
	"a d/f0000 d/f4094 d/f4095 d/f4096 d/f7777 d/f9999 z" \
	"$(field source | awk '$1 == "used" { print $5 }' | xargs)"
manifest 'find d -type f -exec head -qc 1 {} + -exec head -qc 1 {} + >out'
build
same "when many are opened, too" "10000 4" "$(field source |
	awk '$3 == "f" && $1 == "used" { u++ } $3 == "f" && $1 == "unused" { n++ } END { print u, n }')"

# --- where there are not enough marks, nothing is said to be unopened
if [ "$(id -u)" != 0 ]; then # root of a namespace is nobody to build as
	manifest 'cat a >out'
	build unshare -Ur sh -c 'echo 100 >/proc/sys/user/max_inotify_watches; exec "$@"' sh
	ends "a build without enough marks" built
	same "counts all as opened" 0 "$(field source | grep -c '^unused .* f ')"
	same "and says so" 1 "$(field event | grep -c '^opened sources could not be watched')"
fi

# --- what nobody can read
python3 - <<'END'
import base64, gzip, io, os, struct, tarfile, zipfile, zlib
os.makedirs("o", exist_ok=True)
def put(name, data):
    with open("o/" + name, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())
noise = b"".join(struct.pack(">I", zlib.crc32(b"%d" % i)) for i in range(2000))
put("object-elf", open("tree/bin/busybox", "rb").read()[:4096])
put("object-class", b"\xca\xfe\xba\xbe\0\0\0\x34" + noise)
put("archive-ar", b"!<arch>\n")
put("archive-gz", gzip.compress(noise, mtime=0))
z = io.BytesIO()
zipfile.ZipFile(z, "w").writestr("x", "y")
put("archive-zip", z.getvalue())
t = io.BytesIO()
with tarfile.open(fileobj=t, mode="w") as tar:
    i = tarfile.TarInfo("x")
    i.size = 3
    tar.addfile(i, io.BytesIO(b"abc"))
put("archive-tar", t.getvalue())
put("image-png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + noise)
put("image-pdf", "%PDF-1.4\n% text\n")
put("encoded-b64", "data = \"\"\"\n" + base64.encodebytes(noise).decode() + "\"\"\"\n")
put("encoded-hex", "\n".join(noise[i:i + 32].hex() for i in range(0, 4000, 32)))
put("encoded-oneline", "var x = '" + base64.b64encode(noise).decode() + "';\n")
put("encoded-array", "static const char fw[] = {\n" +
    "".join("0x%02x,%s" % (b, "\n" if i % 12 == 11 else " ") for i, b in enumerate(noise)) + "};\n")
put("encoded-srec", "\n".join("S315" + noise[i:i + 21].hex().upper() for i in range(0, 2100, 21)))
put("binary-noise", bytes(range(256)) * 4)
put("not-empty", "")
put("not-c", "/* " + "-" * 70 + " */\nint main(void)\n{\n\treturn 0;\n}\n" * 200)
put("not-rule", ("#" * 79 + "\n" + "/" * 79 + "\n" + "=" * 79 + "\n") * 60)
put("not-latin1", "gr\xfc\xdfe".encode("latin-1") + b"\r\n\x0c")
put("not-table", "static const unsigned t[256] = {" + ", ".join("0x%08xu" % (i * 7919) for i in range(256)) + "};")
put("not-words", " ".join("word%d" % i for i in range(3000)))
put("not-key", "-----BEGIN PUBLIC KEY-----\n" + base64.encodebytes(noise[:300]).decode() + "-----END\n")
put("not-mz", "MZ is how this text begins\n")
END
tar --sort=name --owner=0 --group=0 -cf src/o.tar -C o .
m_sources=$(source_row src/o.tar tar)
manifest 'cat object-elf >out'
build
for file in o/*; do
	name=${file#o/}
	kind=${name%%-*}
	[ "$kind" = not ] && kind=-
	use=unused
	[ "$name" = object-elf ] && use=used
	same "$name" "$use $kind" "$(looked_at "$name")"
done

finish_both
