#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""assay compare on packages that are archives with certain members: apk, ipk, SWUpdate, RAUC. What
one member says about another must be true, and a signature carries nothing else. openssl makes the
signatures; tar, gzip and sha256 of Python judge what is in a package."""
import hashlib

import squashfs
from makers import *  # noqa: F403

PROGRAM = b"\x7fNOT AN ELF FILE" + bytes(range(256)) * 4
EVIL = PROGRAM[:500] + b"\xcc" + PROGRAM[501:]
MANUAL = b"x - does things\n" * 300


def sha256(data):
    return hashlib.sha256(data).hexdigest().encode()


# --- apk ------------------------------------------------------------------------------------


def apk(program=PROGRAM, manual=gz(MANUAL), post=b"#!/bin/sh\necho post\n", info=b"pkgname = x\n",
        datahash=None, level=9, control_level=9, mtime=1700000000, mode=0o755, signed=None, more=(),
        extra_stream=b"", after=b"", scripts=(), sign_name=".SIGN.RSA.key.rsa.pub", sign_members=(),
        sign_fields=None, infos=1, control_end=0):
    files = tar(member("usr/bin/x", program, mode=mode, mtime=mtime),
                member("usr/share/man/man1/x.1.gz", manual, mtime=mtime), *more)
    data = gz(files, level=level)
    text = info + b"datahash = " + (sha256(data) if datahash is None else datahash) + b"\n"
    control = gz(tar(*[member(".PKGINFO", text)] * infos, member(".post-install", post, mode=0o755),
                     *[member(n, c) for n, c in scripts], end=control_end), level=control_level)
    out = b""
    if signed is not None:
        out = gz(tar(member(sign_name, signed, **(sign_fields or {})), *sign_members, end=0))
    return out + control + extra_stream + data + after


def apks():
    benign = [
        ("a manual packed otherwise", {"manual": gz(MANUAL, level=1)}, "repacked", "gzip/stream@1"),
        ("times of files", {"mtime": 7}, "repacked", "tar/timestamps@1"),
    ]
    attacks = [
        ("a byte of a program", {"program": EVIL}, "data.tar!usr/bin/x: 1 byte differs"),
        ("a script", {"post": b"#!/bin/sh\necho evil\n"}, "!.post-install: 4 bytes differ"),
        ("a script more", {"scripts": [(".pre-install", b"evil")]}, ".pre-install: only in the"),
        ("setuid", {"mode": 0o4755}, "usr/bin/x: mode differs"),
        ("a file more", {"more": [member("etc/evil", b"x")]}, "etc/evil: only in the"),
        ("a link more", {"more": [member("etc/evil", kind=b"2", link=b"/x")]}, "etc/evil: only in"),
        ("a file twice", {"more": [member("usr/bin/x", EVIL)]}, "usr/bin/x: only in the"),
        ("another version", {"info": b"pkgname = y\n"}, "control.tar!.PKGINFO: ",
         {"manual", "level", "mtime"}),
        ("a digest that is false", {"datahash": b"0" * 64}, "datahash is false in the",
         {"manual", "level", "mtime"}),
        ("scripts that end the archive", {"control_end": 1024}, "control.tar: ends the archive"),
        ("bytes behind the end", {"after": b"evil"}, "trailing bytes"),
        ("a fourth stream", {"after": gz(tar(member("evil", b"x")))}, "trailing bytes"),
    ]
    table("apk", apk, benign, attacks)
    plain, signed = apk(), apk(signed=b"\xa5" * 256)
    for text, other, rule in (("a manual packed otherwise", apk(manual=gz(MANUAL, level=1)), "apk/datahash@1"),
                              ("the files packed at another level", apk(level=1), "apk/datahash@1"),
                              ("scripts packed at another level", apk(control_level=1), "gzip/stream@1")):
        trial("apk: " + text, other, plain, "repacked", rule)
        trial("apk: " + text + ", the other way", plain, other, "repacked", rule)
    trial("apk: signed, against unsigned", signed, plain, "transplanted", "apk/signature@1")
    trial("apk: unsigned, against signed", plain, signed, "different", "signature.tar: only in the rebuilt")
    trial("apk: signed by another", apk(signed=b"\x99" * 256, sign_name=".SIGN.RSA.b.rsa.pub"), signed,
          "transplanted", "apk/signature@1")
    trial("apk: signed, and a byte of a program", apk(signed=b"\xa5" * 256, program=EVIL), plain,
          "different", "usr/bin/x: 1 byte differs", "apk/signature@1")
    wrong = [("too long", dict(signed=b"x" * 1025)), ("a folder", dict(sign_name=".SIGN.RSA./x")),
             ("a link target", dict(sign_fields={"link": b"evil"})),
             ("an owner's name with more in it", dict(sign_fields={"uname": b"root\0evil"})),
             ("a file more", dict(sign_members=[member("etc/evil", b"x")])),
             ("a script", dict(sign_members=[member(".post-install", b"x")]))]
    for text, change in wrong:
        trial("apk: a signature with " + text, apk(**{"signed": b"\xa5" * 256, **change}), plain,
              "different", "signature.tar: only in the delivered")
    # For apk the streams are one archive, and a number that it does not understand was once 0.
    hidden = tar(member(".post-install", b"evil", mode=0o755), end=0)
    for text, size in (("in base 256", b"\x80" + len(hidden).to_bytes(11, "big")),
                       ("behind blanks", b"   %08o\0" % len(hidden))):
        trial(f"apk: a script that a signature of a size {text} hides",
              apk(signed=hidden, sign_fields={"size_field": size}), plain, "different",
              "signature.tar: only in the delivered")
    signature = member(".SIGN.RSA.key.rsa.pub", b"\xa5" * 256)
    for blocks in (1, 2):
        trial(f"apk: a signature and {blocks} blocks of zeros", gz(signature + bytes(512 * blocks)) + plain, plain,
              "different", "signature.tar: only in the delivered")
    for text, change in (("two digests of one name", dict(infos=2)), ("no digest", dict(datahash=b""))):
        trial("apk: " + text, apk(**change, level=1), apk(**change), "different")
    trial("apk: a stream between", apk(extra_stream=gz(tar(member("evil", b"x"), end=0))), plain,
          "different")
    trial("apk: cut short", plain[:-300], plain, "inconclusive", "cannot be read as apk")


# --- ipk ------------------------------------------------------------------------------------


def ipk(program=PROGRAM, control=b"Package: x\nVersion: 1\n", scripts=(), extra=(), mode=0o755,
        level=9, mtime=1700000000, data_name="./data.tar.gz", more=()):
    files = gz(tar(member("./usr/bin/x", program, mode=mode, mtime=mtime), *more), level=level)
    about = gz(tar(member("./control", control), *[member(n, c) for n, c in scripts]))
    return gz(tar(member("./debian-binary", b"2.0\n"), member(data_name, files),
                  member("./control.tar.gz", about), *extra))


def ipks():
    benign = [("times of files", {"mtime": 7}, "repacked", "tar/timestamps@1")]
    attacks = [
        ("a byte of a program", {"program": EVIL}, "!/data.tar.gz!/usr/bin/x: 1 byte differs"),
        ("a script", {"scripts": [("./postinst", b"evil")]}, "./postinst: only in the"),
        ("a dependency", {"control": b"Package: x\nVersion: 2\n"}, "/control: 1 byte differs"),
        ("setuid", {"mode": 0o4755}, "/usr/bin/x: mode differs"),
        ("a device", {"more": [member("./dev/x", kind=b"3", major=1, minor=1)]}, "./dev/x: only in the"),
        ("a member more", {"extra": [member("./evil", b"x")]}, "./evil: only in the"),
        ("the files twice", {"extra": [member("./data.tar.gz", gz(tar()))]}, "data.tar.gz: only in"),
    ]
    table("ipk", ipk, benign, attacks)
    trial("ipk: packed at another level", ipk(level=1), ipk(), "repacked", "gzip/stream@1")
    write("x.ipk", ipk())
    seen = json.loads(subprocess.run([ASSAY, "inspect", "--json", "-", "x.ipk"], stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL, check=True).stdout)["artefacts"]
    result([a["format"] for a in seen if a["path"] == "!"] == ["ipk"], "ipk: is called so")


# --- SWUpdate -------------------------------------------------------------------------------

DESCRIPTION = b"""software = {
	version = "1";
	images: ( { filename = "rootfs.gz"; device = "/dev/mmcblk0p2"; sha256 = "%s"; },
		  { filename = "kernel"; sha256 = "%s"; } );
}
"""
JSON = b'{"software": {"images": [{"filename": "rootfs.gz", "sha256": "%s"}, {"sha256":"%s"}]}}\n'


def swu(rootfs=gz(MANUAL), kernel=PROGRAM, text=DESCRIPTION, digests=None, signature=None, more=(),
        mtime=1700000000, name="sw-description.sig", sig_mode=0o100644, sig_pad=b"\0", order=1):
    members = [("rootfs.gz", rootfs), ("kernel", kernel)][::order]
    described = text % (digests or (sha256(rootfs), sha256(kernel)))
    out = newc("sw-description", described, mtime=mtime)
    if signature is not None:
        out += newc(name, signature, mode=sig_mode, pad=sig_pad)
    return out + b"".join(newc(n, c) for n, c in members) + b"".join(more) + TRAILER


def openssl_cms(data, *options, key="key.pem", cert="cert.pem"):
    write("tbs", data)
    return run_tool("openssl", "cms", "-sign", "-in", "tbs", "-binary", "-nosmimecap", "-outform", "DER",
                    "-signer", cert, "-inkey", key, *options)


def make_keys():
    for name in ("key", "other"):
        cert = "cert.pem" if name == "key" else "other-cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".pem",
                        "-out", cert, "-subj", "/CN=" + name], check=True, stderr=subprocess.DEVNULL)


def swus():
    for form, text in (("libconfig", DESCRIPTION), ("JSON", JSON)):
        def made(text=text, **changes):
            return swu(text=text, **changes)
        benign = [("a file system packed otherwise", {"rootfs": gz(MANUAL, level=1)}, "repacked",
                   "swu/sha256@1"),
                  ("a time", {"mtime": 7}, "transplanted", "cpio/timestamps@1")]
        attacks = [
            ("a byte of the kernel", {"kernel": EVIL}, "kernel: 1 byte differs"),
            ("a file more", {"more": [newc("evil", b"x")]}, "evil: only in the"),
            ("a digest that is false", {"digests": (b"0" * 64, sha256(PROGRAM))}, "sha256 is false in",
             {"rootfs"}),
            ("digests swapped", {"digests": (sha256(PROGRAM), sha256(gz(MANUAL)))},
             "sw-description: ", {"rootfs"}),
            ("another order", {"order": -1}, "another order"),
            ("bytes of another file behind the archive", {"more": [TRAILER + b"evil"]}, "trailing bytes"),
        ]
        table("swu, " + form, made, benign, attacks)
    trial("swu: another device", swu(text=DESCRIPTION.replace(b"p2", b"p3")), swu(), "different",
          "sw-description: 1 byte differs")
    trial("swu: another device, and a file system packed otherwise",
          swu(text=DESCRIPTION.replace(b"p2", b"p3"), rootfs=gz(MANUAL, level=1)), swu(), "different",
          "sw-description: ")
    one, two = gz(MANUAL, level=1), gz(PROGRAM, level=1)
    packed = swu(kernel=gz(PROGRAM))
    trial("swu: both files packed otherwise", swu(rootfs=one, kernel=two), packed, "repacked",
          "swu/sha256@1")
    large = swu(rootfs=one, kernel=two, digests=(sha256(one).upper(), sha256(two).upper()))
    trial("swu: both files packed otherwise, digests in large letters", large, packed, "repacked",
          "swu/sha256@1")
    trial("swu: the same digests, in large letters",
          swu(rootfs=one, kernel=two), large, "different", "sw-description: ")
    trial("swu: both files packed otherwise, with their digests swapped",
          swu(rootfs=one, kernel=two, digests=(sha256(two), sha256(one))), packed, "different",
          "sw-description: ")
    plain = swu()
    trial("swu: signed, where the rebuilt file has something else of that name",
          swu(signature=b"\xa5" * 256), swu(signature=b"#!/bin/sh\n"), "different", "sw-description.sig")
    for text, signature in (("RSA", b"\xa5" * 256), ("CMS", openssl_cms(b"x")),
                            ("CMS without certificates", openssl_cms(b"x", "-nocerts"))):
        signed = swu(signature=signature)
        trial(f"swu: signed ({text}), against unsigned", signed, plain, "transplanted", "swu/signature@1")
        trial(f"swu: unsigned, against signed ({text})", plain, signed, "different",
              "sw-description.sig: only in the rebuilt")
        trial(f"swu: signed ({text}), and a byte of the kernel", swu(signature=signature, kernel=EVIL),
              plain, "different", "kernel: 1 byte differs")
    trial("swu: signed by another", swu(signature=openssl_cms(b"x", key="other.pem", cert="other-cert.pem")),
          swu(signature=openssl_cms(b"x")), "transplanted", "swu/signature@1")
    wrong = [("no signature", dict(signature=b"#!/bin/sh\n")), ("RSA of 257 bytes", dict(signature=b"x" * 257)),
             ("another name", dict(signature=b"x" * 256, name="sw-description.sig ")),
             ("bytes in the padding", dict(signature=b"x" * 256, sig_pad=b"e")),
             ("a folder", dict(signature=b"", sig_mode=0o40755)),
             ("CMS with content", dict(signature=openssl_cms(b"x", "-nodetach"))),
             ("CMS with bytes behind it", dict(signature=openssl_cms(b"x") + b"evil"))]
    for text, change in wrong:
        trial("swu: a signature that is " + text, swu(**change), plain, "different", "only in the delivered")


# --- RAUC -----------------------------------------------------------------------------------


def rauc(image, signature, size=None):
    return image + signature + struct.pack(">Q", len(signature) if size is None else size)


def raucs():
    image, other = squashfs.plain(), squashfs.plain(files_changed=squashfs.replaced("etc/motd", b"hullo\n"))
    mine, theirs = openssl_cms(image), openssl_cms(image, key="other.pem", cert="other-cert.pem")
    longer = openssl_cms(image, "-certfile", "other-cert.pem")
    base = rauc(image, mine)
    trial("rauc: equal", base, base, "identical")
    trial("rauc: signed by another", rauc(image, theirs), base, "transplanted", "rauc/signature@1")
    trial("rauc: signed with a certificate more", rauc(image, longer), base, "transplanted",
          "rauc/signature@1")
    trial("rauc: signed with a certificate less", base, rauc(image, longer), "transplanted",
          "rauc/signature@1")
    trial("rauc: packed otherwise", rauc(squashfs.make(comp="xz"), mine),
          rauc(squashfs.make(comp="gzip"), mine), "repacked", "squashfs/repacked@1")
    for text, a, piece in (("a byte of a file", rauc(other, mine), "etc/motd"),
                           ("a byte of a file, signed by another", rauc(other, theirs), "etc/motd"),
                           ("bytes behind the image", rauc(image + b"evil", mine), "bytes of no file"),
                           ("content in the signature", rauc(image, openssl_cms(b"x" * 99, "-nodetach")),
                            "signature: "),
                           ("a size that is false", rauc(image, mine, size=len(mine) - 1), ""),
                           ("bytes behind the size", base + b"evil", ""),
                           ("no signature", image, "")):
        trial("rauc: " + text, a, base, "different", *[piece] * bool(piece))
        trial("rauc: " + text + ", the other way", base, a, "different")


if __name__ == "__main__":
    with Folder():
        make_keys()
        for part in (apks, ipks, swus, raucs):
            part()
    finish()
