#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""assay compare on RPM packages: scriptlets, triggers and the file table are in a header that no
archive tool shows; digests must be true. rpm, rpm2cpio and rpmbuild judge."""
from makers_rpm import *  # noqa: F403


def changed(path, content=None, mode=None, owner=None, files=RPM_FILES):
    return [(p, content if content is not None and p == path else c, mode if mode and p == path else m,
             owner if owner and p == path else o) for p, c, m, o in files]


EVIL = RPM_PROGRAM[:500] + b"\xcc" + RPM_PROGRAM[501:]
TWIN = [(p, c, m, o) for p, c, m, o in RPM_FILES if p != "/usr/bin/x"]
BENIGN = [
    ("the time of the build", {"time": 7}, "transplanted", "rpm/build@1"),
    ("the host of the build", {"host": b"tsoh"}, "transplanted", "rpm/build@1"),
    ("times of files", {"mtime": 7}, "repacked", "rpm/timestamps@1"),
    ("a file that was packed otherwise", {"files": changed("/usr/share/x.gz", gz(TEXT, level=1))},
     "repacked", "gzip/stream@1"),
    ("the payload packed at another level", {"pack": lambda d: gz(d, level=1), "flags": b"1"},
     "repacked", "rpm/repacked@1"),
    ("a longer name of the host", {"host": b"host.example.org"}, "repacked", "rpm/build@1"),
]
ATTACKS = [
    ("a byte of a program", {"files": changed("/usr/bin/x", EVIL)}, "!/usr/bin/x: 1 byte differs"),
    ("a scriptlet", {"post": b"echo evil"}, "tag POSTIN: value differs"),
    ("a scriptlet of another size", {"post": b"echo post; evil"}, "tag POSTIN: value: "),
    ("a scriptlet more", {"tags": [(1023, STRING, b"evil")]}, "tag PREIN: only in the"),
    ("its interpreter", {"tags": [(1086, STRING, b"/bin/evil")]}, "tag POSTINPROG: only in the"),
    ("a trigger", {"tags": TRIGGERS}, "tag TRIGGERSCRIPTS: only in the"),
    ("setuid in the header alone", {"table": changed("/usr/bin/x", mode=0o104755)},
     "/usr/bin/x: mode"),
    ("setuid in the payload alone", {"files": changed("/usr/bin/x", mode=0o104755),
                                     "table": RPM_FILES}, "/usr/bin/x: mode"),
    ("an owner", {"table": changed("/usr/bin/x", owner=b"evil")}, "/usr/bin/x: user name"),
    ("a capability", {"caps": b"cap_sys_admin=ep"}, "tag FILECAPS: only in the"),
    ("the target of a link", {"files": changed("/usr/bin/y", "/tmp/evil")}, "/usr/bin/y: link target"),
    ("a file more", {"files": [*RPM_FILES, ("/usr/z", b"evil", 0o100644, b"root")]},
     "/usr/z: only in the"),
    ("a file more in the payload alone", {"files": [*RPM_FILES, ("/usr/z", b"evil", 0o100644, b"root")],
                                          "table": RPM_FILES}, "./usr/z: only in the"),
    ("a file less", {"files": TWIN}, "/usr/bin/x: only in the"),
    ("a name that ends in a space", {"files": [(p + " " * (p == "/usr/bin/x"), c, m, o)
                                               for p, c, m, o in RPM_FILES]}, "/usr/bin/x : only in"),
    ("a ghost", {"tags": [(1037, INT32, [0, 0, 64, 0, 0])]}, "/usr/bin/x: flags"),
    ("a digest that is false", {"digests": [b"", *[b"0" * 64] * 2, b"", digest_of(gz(TEXT))]},
     "/usr/bin/x: digest is false in the"),
    ("a size that is false", {"sizes": [0, 5, 7, 1, len(gz(TEXT))]}, "/usr/bin/x: size is false in the"),
    ("the digest of the payload", {"payload_digest": b"0" * 64}, "tag PAYLOADDIGEST: value is false"),
    ("the digest of the header", {"sha256": b"0" * 64}, "SHA-256 of the header is false"),
    ("the digest of all", {"md5": bytes(16)}, "MD5 of header and payload is false"),
    ("the size of all files", {"size": 1}, "tag SIZE: value"),
    ("a version", {"tags": [(1001, STRING, b"2")]}, "tag VERSION: value differs"),
    ("an unknown tag", {"tags": [(9999, STRING, b"evil")]}, "tag 9999: only in the"),
    ("the type of a tag", {"tags": [(1014, ARRAY, [b"MIT"])]}, "tag LICENSE: type differs"),
    ("the lead", {"lead": b"y-1-1"}, "name differs"),
    ("a host that is no name", {"host": b"$(x)"}, "tag BUILDHOST: value"),
    ("a cookie that is not host and time", {"cookie": b"evil 1"}, "tag COOKIE: only in the"),
    ("an unknown tag in the signature header", {"sig_tags": [(300, BIN, b"evil")]}, "signature header"),
    ("bytes in the reserved space", {"reserved": b"evil" + bytes(60)}, "signature header"),
    ("bytes behind the payload", {"behind": b"evil"}, "trailing bytes"),
    ("a member behind the archive", {"more": newc("./evil", b"x") + TRAILER},
     "./evil: only in the"),
]


def signatures():
    plain, signed = rpm(), rpm(signed=openpgp(), reserved=bytes(16))
    trial("rpm: signed, against unsigned", signed, plain, "transplanted", "rpm/signature@1")
    trial("rpm: signed and built at another time", rpm(signed=openpgp(), time=7), plain, "transplanted",
          "rpm/signature@1", "rpm/build@1")
    trial("rpm: unsigned, against signed", plain, signed, "different", "signature header")
    trial("rpm: signed by another", rpm(signed=openpgp(b"\x99" * 64, key=b"another.")), signed,
          "transplanted", "rpm/signature@1")
    trial("rpm: signed, and a scriptlet", rpm(signed=openpgp(), post=b"evil echo"), plain, "different",
          "tag POSTIN: value", "rpm/signature@1")
    trial("rpm: signed with the cookie of another build",
          rpm(signed=openpgp(), cookie=b"tsoh 1700000007", host=b"tsoh", time=1700000007),
          rpm(cookie=b"host 1700000000"), "transplanted", "rpm/build@1")
    image = [tar(*[member(f"{i}.rpm", rpm(time=i, reserved=bytes(4128), **change)) for i in range(100)])
             for change in ({"signed": openpgp(b"\xa5" * 256)}, {})]
    trial("rpm: a hundred of them in a repository, signed", *image, "repacked", "rpm/signature@1")
    values = [v for v in compare(*image)[1]["transplanted"] if v["rule"] == "rpm/signature@1"]
    whole = bytearray(bytes.fromhex(values[7]["value"]))
    whole[values[7]["zeros_at"]:values[7]["zeros_at"]] = bytes(values[7]["zeros"])
    result(len(values) == 100 and rpm(time=7, reserved=bytes(4128), signed=openpgp(b"\xa5" * 256))
           .find(whole) == 96, "rpm: the record has the signature header, and its zeros as a number")
    raw = dict(pack=lambda data: data)
    trial("rpm: not packed, with times of files", rpm(mtime=7, **raw), rpm(**raw), "transplanted",
          "rpm/timestamps@1", "!: /etc: mtime differs, and in 4 more places (cpio/timestamps@1)")
    trial("rpm: packed, against not packed", rpm(), rpm(**raw), "different", "header: 10 bytes only")
    wrong = [("a notation", dict(hashed=b"\x07\x14evil!!")), ("bytes behind its value", dict(extra=b"evil")),
             ("another length", dict(length=3)), ("another kind", dict(kind=1)),
             ("the time twice", dict(hashed=b"\5\2\0\0\0\1")), ("an unknown algorithm", dict(algorithm=99)),
             ("a time that is not signed", dict(unhashed=b"\5\2\0\0\0\1")),
             ("a value with zeros in front", dict(value=b"\0" + b"x" * 63)),
             ("a value too large", dict(value=b"\xa5" * 2049))]
    for text, change in wrong:
        trial("rpm: a signature with " + text, rpm(signed=openpgp(**change)), plain, "different",
              "signature header")


def frames():
    good = rpm()
    rows = [
        ("two streams", dict(pack=lambda d: gz(d[:200]) + gz(d[200:])), "payload of 2 streams"),
        ("bytes between values", dict(gap=b"evil"), "not behind the one before"),
        ("bytes of no tag", dict(store_end=b"evil"), "bytes of no tag"),
        ("bytes behind the signature header", dict(sig_pad=b"evilevil"), "behind the signature header"),
        ("no payload", dict(packed=b""), "no compression that is known"),
        ("names without folders", dict(without=[1118]), "without folders"),
        ("too few modes", dict(tags=[(1030, INT16, [0o100755])]), "has 1 values, for 5 files"),
    ]
    for text, change, why in rows:
        trial("rpm: " + text, rpm(**change), good, "inconclusive", why)
    for cut in (50, 110, len(good) - 100):
        trial(f"rpm: cut short at {cut}", good[:cut], good, "inconclusive", "cannot be read as rpm")


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def inspect(name):
    out = subprocess.run([ASSAY, "inspect", "--json", "-", name], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, check=True)
    return {a["path"]: a for a in json.loads(out.stdout)["artefacts"]}


def judge(text, name):
    """What rpm says about a package is what assay sees in it."""
    artefacts = inspect(name)
    archive = subprocess.run(["rpm2cpio", name], stdout=subprocess.PIPE, check=True).stdout
    result(artefacts["!"]["sha256"] == hashlib.sha256(archive).hexdigest(),
           text + ": rpm2cpio gives the same payload")
    dump = subprocess.run(["rpm", "-qp", "--nosignature", "--dump", name], stdout=subprocess.PIPE,
                          check=True).stdout.decode().splitlines()
    listed = {line.split()[0]: line.split()[3] for line in dump if line.split()[4][:3] == "010"}
    for path in ("/var/x", "/usr/bin/a"):  # a ghost, and a hard link that stands before its content
        listed.pop(path, None)
    seen = {p[1:]: a["sha256"] for p, a in artefacts.items() if p.startswith("!/") and a["size"] > 0
            and not p.endswith("!")}
    result(listed == seen, text + ": rpm lists the same files with the same digests", (listed, seen))
    tags = {r["what"].split(":")[0][4:] for r in artefacts[""]["ranges"] if r["what"].startswith("tag ")}
    names = run("rpm", "-qp", "--nosignature", "--xml", name).stdout.decode()
    wanted = {t.upper() for t in re.findall(r'rpmTag name="(\w+)"', names)} - {
        t for t in re.findall(r'rpmTag name="((?:Sig|Rsa|Dsa|Sha|Long|Archive)\w*)"', names)}
    missing = {t for t in tags if t.isalpha() and t != "HEADERIMMUTABLE"} - wanted
    result(not missing, text + ": rpm has the same tags", (missing, sorted(wanted)[:80]))


def real_packages():
    """The hand-made package is one to rpm, and one made by rpmbuild is read to its end."""
    write("made.rpm", rpm(cookie=b"host 1700000000"))
    said = run("rpm", "-K", "--nosignature", "made.rpm").stdout
    result(b"digests OK" in said, "rpm finds the digests of the hand-made package true", said)
    judge("hand-made", "made.rpm")
    write("x.spec", SPEC)
    built = {}
    for key, define in (("base", "_buildhost host"), ("other", "_buildhost another"),
                        ("zstd", "_binary_payload w3.zstdio"), ("xz", "_binary_payload w6.xzdio"),
                        ("raw", "_binary_payload w.ufdio")):
        done = run("rpmbuild", "-bb", "--define", f"_topdir {os.getcwd()}/{key}", "--define",
                   "_buildhost host", "--define", define, "x.spec")
        if done.returncode != 0:
            result(False, "rpmbuild", done.stdout.decode()[-2000:])
            return
        name = f"{key}/RPMS/noarch/x-1-1.noarch.rpm"
        judge("rpmbuild, " + define, name)
        with open(name, "rb") as f:
            built[key] = f.read()
    trial("rpm: built at another time by rpmbuild", built["other"], built["base"],
          "repacked", "rpm/build@1")
    trial("rpm: packed by another program", built["zstd"], built["xz"], "different",
          "tag PAYLOADCOMPRESSOR: value")


SPEC = b"""Name: x
Version: 1
Release: 1
Summary: x
License: MIT
BuildArch: noarch
%description
x
%install
mkdir -p %{buildroot}/usr/bin %{buildroot}/etc
echo hello > %{buildroot}/usr/bin/x
echo conf > %{buildroot}/etc/x.conf
ln -s x %{buildroot}/usr/bin/y
echo hello > %{buildroot}/usr/bin/z
ln %{buildroot}/usr/bin/z %{buildroot}/usr/bin/a
%post
echo post
%triggerin -- foo
echo trig
%files
%attr(4755,root,root) /usr/bin/x
/usr/bin/y
/usr/bin/a
%caps(cap_net_raw=ep) /usr/bin/z
%config /etc/x.conf
%dir /etc
%ghost /var/x
"""

if __name__ == "__main__":
    import re
    with Folder():
        table("rpm", rpm, BENIGN, ATTACKS)
        for part in (signatures, frames, real_packages):
            part()
    finish()
