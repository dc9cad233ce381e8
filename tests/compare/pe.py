#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""assay compare on PE images and their Authenticode signatures. sbsign, pesign and osslsigncode sign,
sbverify and pesign judge the digest of an image, objcopy and objdump what is in it."""
import glob

from makers import *  # noqa: F403

CODE = bytes(range(256)) * 3
DATA = b"some data " * 60
SHA256 = b"\x60\x86\x48\x01\x65\x03\x04\x02\x01"
INDIRECT = b"\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x04"
LINK = bytes.fromhex("a020a21e801c") + "<<<Obsolete>>>".encode("utf-16-be")


# --- makers ---------------------------------------------------------------------------------


def checksum(data, at):
    data = data[:at] + bytes(4) + data[at + 4:]
    total = sum(struct.unpack(f"<{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total + len(data)


def der(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    length = bytes([size]) if size < 128 else bytes([0x81, size]) if size < 256 else b"\x82" + struct.pack(">H", size)
    return bytes([tag]) + length + body


def oid(value):
    return der(6, value)


def attribute(kind, *values):
    return der(0x30, oid(kind), der(0x31, *values))


PKCS9 = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09"
OPUS = b"\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0c"
ALGORITHM = der(0x30, oid(SHA256), der(5))


def signature(digest, value=b"\xa5" * 256, name=b"Test", time=b"230101000000Z", flags=b"\x03\x01\x00", link=LINK,
              what=b"\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0f", more=(), unsigned=b"", lists=b"", behind=b"",
              content_more=b"", said=None, kind=INDIRECT):
    """A SignedData as sbsign makes it; the value is none."""
    content = der(0x30, oid(what), der(0x30, flags, link)) + der(0x30, ALGORITHM, der(4, digest)) + content_more
    said = hashlib.sha256(content).digest() if said is None else said
    signed = sorted([attribute(PKCS9 + b"\3", oid(kind)), attribute(PKCS9 + b"\5", der(0x17, time)),
                     attribute(PKCS9 + b"\4", der(4, said)), *more])
    issuer = der(0x30, der(0x31, der(0x30, oid(b"\x55\x04\x03"), der(12, name))))
    info = der(0x30, der(2, b"\1"), der(0x30, issuer, der(2, b"\x33\x44")), ALGORITHM, der(0xa0, *signed),
               der(0x30, oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"), der(5)), der(4, value), unsigned)
    data = der(0x30, der(2, b"\1"), der(0x31, ALGORITHM), der(0x30, oid(kind), der(0xa0, der(0x30, content))),
               lists, der(0x31, info))
    return der(0x30, oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"), der(0xa0, data)) + behind


def win_certificate(body, length=None, revision=0x200, kind=2, fill=b"\0"):
    return padded(struct.pack("<IHH", len(body) + 8 if length is None else length, revision, kind) + body, 8, fill)


SECTION = {b".text": 0x60000020, b".data": 0xc0000040, b".linux": 0x60000020, b".osrel": 0x40000040,
           b".initrd": 0x40000040}


def pe(code=CODE, data=DATA, linux=None, osrel=b"ID=test\n", initrd=None, stub=b"stub", time=0, entry=0x1000,
       wide=True, overlay=b"", flags=None, memory=0, name=None, gap=b"", data_end=b"", sign=(), check="true",
       place=None, tail=b"", behind=b"", more_sections=(), directories=16, digest=None, dos=128, symbols=False,
       table_end=b""):
    """sign: changes for each signature, or the bytes of a table. check: true, none, before, or a number."""
    sections = [(b".text", code), (b".data", data)]
    sections += [(n, c) for n, c in ((b".osrel", osrel), (b".linux", linux), (b".initrd", initrd)) if c is not None]
    sections += more_sections
    fixed = 112 if wide else 96
    size = fixed + 8 * directories
    table = dos + 24 + size
    headers = len(padded(bytes(table + 40 * len(sections)), 512))
    at, rows, body = headers, b"", b""
    for number, (n, c) in enumerate(sections):
        raw = padded(c + (data_end if n == b".data" else b""))
        flag = SECTION.get(n, 0x40000040)
        if n == b".text" and flags is not None:
            flag = flags
        rows += struct.pack("<8sIIIIIIHHI", name if name and n == b".text" else n,
                            len(c) + (memory if n == b".data" else 0), 0x1000 * (number + 1), len(raw), at, 0, 0, 0,
                            0, flag)
        body += raw
        at += len(raw)
        if n == b".text":
            body += gap
            at += len(gap)
    if symbols:
        overlay = struct.pack("<8sIhHBB", b"start", 0, 1, 0, 2, 0) + struct.pack("<I", 4) + overlay
    head = struct.pack("<2s58xI", b"MZ", dos) + stub
    out = head.ljust(dos, b"\0") + struct.pack("<4sHHIIIHH", b"PE\0\0", 0x8664 if wide else 0x14c, len(sections), time,
                                               headers + len(body) if symbols else 0, 1 if symbols else 0, size, 0x206)
    out += struct.pack("<HBBIIIII", 0x20b if wide else 0x10b, 2, 0, 512, 512, 0, entry, 0x1000)
    out += struct.pack("<Q", 0x400000) if wide else struct.pack("<II", 0, 0x400000)
    out += struct.pack("<IIHHHHHHIIIIHH", 0x1000, 512, 0, 0, 0, 0, 5, 0, 0, 0x10000, headers, 0, 10, 0)
    out += struct.pack("<QQQQ" if wide else "<IIII", 0, 0, 0, 0) + struct.pack("<II", 0, directories)
    assert len(out) == dos + 24 + fixed
    out += bytes(8 * directories) + rows + table_end
    out = out.ljust(headers, b"\0") + body + overlay
    checks, entry_at = dos + 24 + 64, dos + 24 + fixed + 32
    before = checksum(out, checks)
    if sign:
        out = padded(out + tail, 8)
        if not isinstance(sign, bytes):
            covered = out[:checks] + out[checks + 4:entry_at] + out[entry_at + 8:headers]
            covered += body.replace(gap, b"", 1) + out[headers + len(body) - len(gap):]
            found = hashlib.sha256(covered).digest() if digest is None else digest
            sign = b"".join(win_certificate(signature(found, **{k: v for k, v in s.items() if k not in WRAP}),
                                            **{k: v for k, v in s.items() if k in WRAP}) for s in sign)
        out = out[:entry_at] + struct.pack("<II", *(place or (len(out), len(sign)))) + out[entry_at + 8:] + sign
    else:
        out += tail
    out += behind
    value = {"true": checksum(out, checks), "none": 0, "before": before}.get(check, check)
    return out[:checks] + struct.pack("<I", value) + out[checks + 4:]


WRAP = ("length", "revision", "kind_of", "fill")


def at_address(image, address):
    """With .data at another place in memory."""
    at = image.index(b".data\0") + 12
    return image[:at] + struct.pack("<I", address) + image[at + 4:]


def with_directory(image, number, address):
    at = 128 + 24 + 112 + 8 * number
    return image[:at] + struct.pack("<II", address, 12) + image[at + 8:]


def crowded(count, size, end):
    """Very many sections with the same zeros."""
    table, headers = 128 + 24 + 112 + 128, 1 << 20
    out = bytearray(pe(check="none")[:table])
    out[134:136] = struct.pack("<H", count)
    out[212:216] = struct.pack("<I", headers)
    out += struct.pack("<8sIIIIIIHHI", b"x", 1, 4096, size, headers, 0, 0, 0, 0, 0x40000040) * count
    return out.ljust(headers, b"\0") + bytes(size) + end


def signed(**kw):
    kw.setdefault("sign", ({},))
    return pe(**kw)


# --- trials ---------------------------------------------------------------------------------


def kernel(**kw):
    return pe(code=CODE[::-1], osrel=None, **kw)


def images():
    cpio = newc("etc/motd", b"hello\n") + TRAILER
    evil = newc("etc/motd", b"hullo\n") + TRAILER
    benign = [
        ("another value", {"sign": ({"value": b"\x5a" * 384},)}, "transplanted", "pe/authenticode@1"),
        ("two signatures", {"sign": ({}, {"name": b"Other"})}, "transplanted", "pe/authenticode@1"),
        ("no checksum", {"check": "none"}, "transplanted", "pe/checksum@1"),
        ("the checksum of before it was signed", {"check": "before"}, "transplanted", "pe/checksum@1"),
        ("the signature of the kernel", {"linux": kernel(sign=({"value": b"\x11" * 256},))}, "transplanted",
         "pe/authenticode@1"),
        ("a time in the initrd", {"initrd": gz(cpio, mtime=7)}, "transplanted", "gzip/timestamps@1"),
        ("zeros behind the image", {"tail": bytes(64)}, "repacked", "container/padding@1"),
    ]
    attacks = [
        ("a byte of code", {"code": b"\xcc" + CODE[1:]}, ".text: code"),
        ("a byte of data", {"data": b"\xcc" + DATA[1:]}, ".data: 1 byte differs"),
        ("a byte of the kernel", {"linux": kernel(data=b"evil" + DATA[4:], sign=({},))}, ".linux!.data: "),
        ("code of the kernel", {"linux": kernel(dos=128, stub=b"evil", sign=({},))}, ".linux: DOS header"),
        ("a file of the initrd", {"initrd": gz(evil)}, ".initrd!/etc/motd: 1 byte differs"),
        ("the entry point", {"entry": 0x1010}, "headers"),
        ("the stub", {"stub": b"evil"}, "DOS header and stub"),
        ("flags of a section", {"flags": 0xe0000020}, ".text: flags"),
        ("the name of a section", {"name": b".evil"}, ".evil"),
        ("size in memory", {"memory": 16}, "size in memory"),
        ("the time", {"time": 7}, "headers"),
        ("bytes behind a section's content", {"data_end": b"evil"}, ""),
        ("a section more", {"more_sections": [(b".cmdline", b"init=/bin/sh")]}, ".cmdline: only in"),
        ("bytes between sections", {"gap": b"evil" * 128}, ""),
        ("bytes in the headers", {"table_end": b"evil"}, "end of the headers"),
        ("bytes behind the sections", {"overlay": b"evil" * 8}, "bytes behind the sections"),
        ("a checksum that is false", {"check": 77}, "checksum is false", {"sign", "linux", "initrd", "tail"}),
        ("a digest that is false", {"digest": b"e" * 32}, "digest in the signature is false", {"sign"}),
    ]
    base = dict(linux=kernel(sign=({},)), initrd=gz(cpio))
    table("PE", lambda **kw: signed(**{**base, **kw}), benign, attacks)
    small = {"osrel": None, "linux": None, "initrd": None}
    table("PE32", lambda **kw: signed(wide=False, **{**small, **kw}), benign[:4],
          [a for a in attacks if "linux" not in a[1] and "initrd" not in a[1]])


def signatures():
    """What is no signature and nothing else must be equal; a member that grew is found by its bytes."""
    good = signed()
    trial("PE: equal", good, good, "identical")
    trial("PE: signed, against unsigned", good, pe(check="none"), "transplanted", "pe/authenticode@1", "pe/checksum@1")
    trial("PE: unsigned, against signed", pe(), good, "different", "certificates: ")
    trial("PE: signed and unsigned, and a byte of code", signed(code=b"\xcc" + CODE[1:]), pe(), "different", "code")
    trial("PE: filled up to be signed", signed(overlay=b"x" * 5, symbols=True),
          pe(overlay=b"x" * 5, symbols=True), "repacked", "container/padding@1")
    trial("PE: symbols, filled up to be signed", signed(symbols=True), pe(symbols=True), "transplanted",
          "pe/authenticode@1")
    options = [("no flags, no name", {"link": bytes.fromhex("a004a2028000")}),
               ("flags", {"flags": b"\x03\x02\x07\x80"}),
               ("what pesign calls an image", {"what": b"\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x15"}),
               ("an empty name of the program", {"more": [attribute(OPUS, der(0x30))]}),
               ("no capabilities", {"more": [attribute(PKCS9 + b"\x0f", der(0x30))]})]
    for text, change in options:
        trial("PE: " + text, signed(sign=(change,)), good, "transplanted", "pe/authenticode@1")
    unknown = attribute(PKCS9 + b"\6", der(4, b"evil"))
    wrong = [
        ("an attribute that is not signed", {"unsigned": der(0xa1, unknown)}),
        ("an unknown attribute", {"more": [unknown]}),
        ("a name of the program", {"more": [attribute(OPUS, der(0x30, der(0xa0, der(0x80, b"evil"))))]}),
        ("an attribute with two values", {"more": [attribute(OPUS, der(0x30), der(0x30))]}),
        ("an attribute twice", {"more": [attribute(OPUS, der(0x30))] * 2}),
        ("capabilities", {"more": [attribute(PKCS9 + b"\x0f", der(0x30, der(0x30, oid(b"evil"))))]}),
        ("revocation lists", {"lists": der(0xa1, der(0x30, b""))}),
        ("certificates that are none", {"lists": der(0xa0, der(4, b"evil"))}),
        ("a link to a file", {"link": bytes.fromhex("a006a2048002") + b"ev"}),
        ("other flags", {"flags": b"\x03\x02\x00\x65"}),
        ("content of another kind", {"what": b"\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x19"}),
        ("content of no PE image", {"kind": b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"}),
        ("more content", {"content_more": der(4, b"evil")}),
        ("a digest that is not that of the content", {"said": b"e" * 32}),
        ("a value that is too long", {"value": b"e" * 2049}),
        ("zeros behind it", {"behind": bytes(8)}),
        ("bytes behind it", {"behind": b"evil"}),
        ("padding that is not zero", {"fill": b"e"}),
        ("another revision", {"revision": 0x100}),
        ("a length that is too short", {"length": 100}),
        ("a length that is too long", {"length": 1 << 20}),
    ]
    for text, change in wrong:
        bad = signed(sign=(change,), name=b".text")
        trial("PE: a signature with " + text, bad, good, "different", "certificates")
        trial("PE: a signature with " + text + ", against unsigned", bad, pe(), "different", "certificates")
    trial("PE: five signatures", signed(sign=({},) * 5), good, "different", "certificates")
    trial("PE: a table of bytes", signed(sign=b"evil" * 8), pe(), "different", "certificates")
    trial("PE: the digest of another image", signed(digest=hashlib.sha256(b"x").digest()), pe(), "different",
          "digest in the signature is false")
    trial("PE: bytes behind the certificates", signed(behind=b"evil"), good, "inconclusive", "")
    trial("PE: certificates in the image", signed(place=(1024, 64)), good, "inconclusive", "")
    trial("PE: a checksum of before it was signed, unsigned", pe(check=checksum(signed(), 216)), pe(), "different",
          "checksum is false")
    trial("PE: code that could be unpacked", pe(code=gz(CODE, mtime=7)), pe(code=gz(CODE)), "different",
          ".text: code")
    trial("PE: data that could be unpacked", pe(data=gz(CODE, mtime=7)), pe(data=gz(CODE)), "transplanted",
          "gzip/timestamps@1")
    for text, changed in (("where it begins", lambda x: pe(data=x, entry=0x2004)),
                          ("in the place of code", lambda x: at_address(pe(data=x, check="none"), 0x1100)),
                          ("of a kernel", lambda x: (i := pe(data=x, check="none"))[:56] + b"ARM\x64" + i[60:]),
                          ("with tables in it", lambda x: with_directory(pe(data=x, check="none"), 5, 0x2000))):
        a, b = (changed(gz(CODE, mtime=t)) for t in (7, 0))
        trial(f"PE: data {text}, that could be unpacked", a, b, "different", ".data: code")
    for text, kw in (("at an odd place", {"dos": 129}), ("of 4 directories", {"directories": 4}),
                     ("of 17 directories", {"directories": 17})):
        trial("PE: headers " + text, pe(code=CODE[::-1], **kw), pe(**kw), "inconclusive", "")
    one = pe()
    at = one.index(b".data\0")
    trial("PE: sections that overlap", one[:at + 20] + one[at - 20:at - 16] + one[at + 24:], one, "inconclusive",
          "two purposes")
    trial("PE: very many sections with the same bytes", crowded(9999, 1 << 20, b"x"), crowded(9999, 1 << 20, b"y"),
          "inconclusive", "sections have bytes that serve two purposes")
    trial("PE: a section past the end", one[:at + 16] + b"\0\0\0\x7f" + one[at + 20:], one, "inconclusive", "outside")
    for cut in [*range(0, 560, 7), *range(560, len(good) + 1, 97)]:
        status, answer, _ = compare(good[:cut], good)
        if status not in (DIFFERENT, INCONCLUSIVE) or answer["tier"] in ("identical", "transplanted"):
            result(False, f"PE: cut short at {cut}", answer["tier"])
            break
    else:
        result(True, "PE: cut short anywhere is no match")


# --- judges ---------------------------------------------------------------------------------


def objcopy_sections(image):
    """Name and digest of each section, from objcopy."""
    write("image", image)
    found = {}
    for line in run_tool("objdump", "-h", "image").decode().splitlines():
        words = line.split()
        if len(words) == 7 and words[0].isdigit():
            run_tool("objcopy", "--dump-section", words[1] + "=out", "image", "copy")
            with open("out", "rb") as f:
                found[words[1]] = f.read()[:int(words[2], 16)]
    return found


def judges():
    image = pe(initrd=newc("a", b"a") + TRAILER)
    mine = {a["path"]: a["sha256"] for a in inspected(image)}
    theirs = objcopy_sections(image)
    result(len(theirs) == 4 and all(mine[n] == sha256(c) for n, c in theirs.items() if n != ".text"),
           "PE: sections as objcopy takes them out", (mine, theirs.keys()))
    for name in ("key", "other"):
        run_tool("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".pem", "-out",
                 name + ".crt", "-subj", "/CN=" + name, "-addext", "extendedKeyUsage=codeSigning")
    made = {}
    for text, unsigned in (("PE", pe(check="none")), ("with symbols", pe(symbols=True)), ("PE32", pe(wide=False))):
        write("unsigned", unsigned)
        for tool in ("sbsign", "osslsigncode", "pesign"):
            made[tool] = sign(tool)
            trial(f"PE: signed by {tool}, {text}", made[tool], unsigned, "transplanted", "pe/authenticode@1")
            trial(f"PE: signed by {tool}, {text}, against ours", made[tool], signed(
                check="none", symbols=text == "with symbols", wide=text != "PE32"), "transplanted")
        write("signed", made["sbsign"])
        out = run_tool("pesign", "-h", "-i", "signed").decode().split()
        result(made["sbsign"].count(bytes.fromhex(out[-1])) == 1,
               f"PE: pesign finds the digest that is signed, {text}", out)
        out = subprocess.run(["sbverify", "--cert", "key.crt", "signed"], stdout=subprocess.PIPE)
        result(out.returncode == 0, f"PE: sbverify agrees, {text}")
    other = sign("sbsign", "other")
    trial("PE: signed by another", other, made["sbsign"], "transplanted", "pe/authenticode@1")


def sign(tool, key="key"):
    if os.path.exists("signed"):
        os.unlink("signed")
    if tool == "sbsign":
        run = [tool, "--key", key + ".pem", "--cert", key + ".crt", "--output", "signed", "unsigned"]
    elif tool == "osslsigncode":
        run = [tool, "sign", "-certs", key + ".crt", "-key", key + ".pem", "-in", "unsigned", "-out", "signed"]
    else:
        nss = os.path.abspath("nss")
        if not os.path.exists("nss"):
            os.mkdir("nss")
            run_tool("certutil", "-N", "-d", nss, "--empty-password")
            run_tool("openssl", "pkcs12", "-export", "-inkey", key + ".pem", "-in", key + ".crt", "-out", "p12",
                     "-name", "test", "-passout", "pass:")
            run_tool("pk12util", "-i", "p12", "-d", nss, "-W", "")
        run = [tool, "-n", nss, "-c", "test", "-s", "-i", "unsigned", "-o", "signed"]
    subprocess.run(run, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open("signed", "rb") as f:
        return f.read()


def real():
    """What Debian signed, and what it was before."""
    for path in sorted(glob.glob("/usr/lib/shim/[fm]*.efi.signed")):
        with open(path, "rb") as f, open(path[:-7], "rb") as g:
            trial(os.path.basename(path), f.read(), g.read(), "transplanted", "pe/authenticode@1")
            reads_to_end(os.path.basename(path))
    for path in sorted(glob.glob("/usr/lib/systemd/boot/efi/*.efi*")):
        with open(path, "rb") as f:
            image = f.read()
        mine = {a["path"]: a["sha256"] for a in inspected(image)}
        reads_to_end(os.path.basename(path))
        theirs = objcopy_sections(image)
        result(len(theirs) > 5 and all(mine[n] == sha256(c) for n, c in theirs.items() if n not in (".text", ".reloc")),
               f"{os.path.basename(path)}: sections as objcopy takes them out", (mine, theirs.keys()))


if __name__ == "__main__":
    need("objcopy", "sbsign", "sbverify", "pesign", "osslsigncode", "certutil", "openssl")
    with Folder():
        for part in (images, signatures, judges, real):
            part()
    finish()
