# SPDX-License-Identifier: GPL-3.0-or-later
"""Signatures appended to kernel modules. OpenSSL makes them as the kernel's scripts/sign-file does;
a small DER codec of this file then hides things in them, and each must be found."""
import shutil
import struct
import subprocess

import bases
import handmade
import harmless
import objects
import tools
from kinds import Work

MARK = b"~Module signature appended~\n"
SHA256 = "2.16.840.1.101.3.4.2.1"
PAYLOAD = b"\x31\xc0\x50\x68//sh\x68/bin\x89\xe3" * 4

# What OpenSSL writes by default is more than the kernel's tool asks it for.
SIGN = ["cms", "-sign", "-binary", "-noattr", "-nocerts", "-nosmimecap", "-outform", "DER"]


# --- DER ------------------------------------------------------------------------------------------

def encode(tag, content):
    """content: bytes, or a list of encoded values."""
    content = content if isinstance(content, bytes) else b"".join(content)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def split(data):
    """[(tag, content)] of the values in a row."""
    out, at = [], 0
    while at < len(data):
        tag, size, head = data[at], data[at + 1], 2
        if size & 0x80:
            head = 2 + (size & 0x7F)
            size = int.from_bytes(data[at + 2:at + head], "big")
        out.append((tag, data[at + head:at + head + size]))
        at += head + size
    return out


def change(data, path, how):
    """Replace the value at a path of indexes; how: (tag, content) -> bytes, of any number of values."""
    values = split(data)
    if len(path) == 1:
        parts = [encode(*v) for v in values]
        parts[path[0]] = how(*values[path[0]])
        return b"".join(parts)
    tag, content = values[path[0]]
    values[path[0]] = (tag, change(content, path[1:], how))
    return b"".join(encode(*v) for v in values)


def leaves(data, start=0, path=()):
    """(path, tag, offset, length) of each value that holds no others."""
    at = start
    for i, (tag, content) in enumerate(split(data)):
        head = len(encode(tag, content)) - len(content)
        if tag & 0x20:
            yield from leaves(content, at + head, path + (i,))
        else:
            yield path + (i,), tag, at + head, len(content)
        at += head + len(content)


# Paths into a signature: ContentInfo, [0], SignedData, …
DATA = (0, 1, 0)
SIGNER = DATA + (3, 0)
SID = SIGNER + (1,)
VALUE = SIGNER + (4,)


def behind(more):
    return lambda tag, content: encode(tag, content) + more


def inside(more):
    return lambda tag, content: encode(tag, content + more)


def instead(tag, content):
    return lambda *_: encode(tag, content)


def long_length(tag, content):
    """One byte more than the length needs."""
    return bytes([tag, 0x84]) + len(content).to_bytes(4, "big") + content


def endless(tag, content):
    return bytes([tag, 0x80]) + content + b"\0\0"


OTHER_OID = encode(0x06, b"\x2a\x03\x04")
ATTRIBUTE = encode(0x30, [OTHER_OID, encode(0x31, [encode(0x04, PAYLOAD)])])
# What, where, how. Each is a place where something can be put into a signature.
HIDDEN = [
    ("unsigned attributes", VALUE, behind(encode(0xA1, [ATTRIBUTE]))),
    ("no unsigned attributes", VALUE, behind(encode(0xA1, b""))),
    ("signed attribute", SIGNER + (2,), behind(encode(0xA0, [ATTRIBUTE]))),
    ("no signed attributes", SIGNER + (2,), behind(encode(0xA0, b""))),
    ("certificates", DATA + (2,), behind(encode(0xA0, [encode(0x30, PAYLOAD)]))),
    ("no certificates", DATA + (2,), behind(encode(0xA0, b""))),
    ("revocation lists", DATA + (2,), behind(encode(0xA1, [encode(0x30, PAYLOAD)]))),
    ("content", DATA + (2, 0), behind(encode(0xA0, [encode(0x04, PAYLOAD)]))),
    ("no content", DATA + (2, 0), behind(encode(0xA0, b""))),
    ("other content type", DATA + (2, 0), instead(0x06, b"\x2a\x03\x04")),
    ("other outer type", (0, 0), instead(0x06, b"\x2a\x03\x04")),
    ("second signer", SIGNER, lambda tag, content: encode(tag, content) * 2),
    ("no signer", SIGNER, lambda *_: b""),
    ("second digest algorithm", DATA + (1, 0), lambda tag, content: encode(tag, content) * 2),
    ("no digest algorithm", DATA + (1, 0), lambda *_: b""),
    ("parameters", DATA + (1, 0, 0), behind(encode(0x04, PAYLOAD))),
    ("content of a NULL", SIGNER + (3, 1), instead(0x05, PAYLOAD)),
    ("two NULLs", SIGNER + (3, 1), behind(encode(0x05, b""))),
    ("unknown digest", DATA + (1, 0, 0), instead(0x06, b"\x2a\x03\x04")),
    ("another digest for the signer", SIGNER + (2, 0), instead(0x06, bytes.fromhex("608648016503040203"))),
    ("unknown signature algorithm", SIGNER + (3, 0), instead(0x06, b"\x2a\x03\x04")),
    ("behind the value", VALUE, behind(encode(0x04, PAYLOAD))),
    ("behind the signer", SIGNER, behind(encode(0x04, PAYLOAD))),
    ("behind SignedData", DATA, behind(encode(0x04, PAYLOAD))),
    ("behind [0]", (0, 1), behind(encode(0x04, PAYLOAD))),
    ("behind ContentInfo", (0,), behind(PAYLOAD)),
    ("behind signers", DATA + (3,), behind(encode(0x04, PAYLOAD))),
    ("long length", DATA, long_length),
    ("long length of the value", VALUE, long_length),
    ("indefinite length", DATA, endless),
    ("indefinite length outside", (0,), endless),
    ("large value", VALUE, instead(0x04, PAYLOAD * 60)),
    ("small value", VALUE, instead(0x04, PAYLOAD[:16])),
    ("value in pieces", VALUE, lambda tag, content: encode(0x24, [encode(4, content)])),
    ("version 2", DATA + (0,), instead(0x02, b"\x02")),
    ("version of two bytes", DATA + (0,), instead(0x02, b"\x00\x01")),
    ("signer's version", SIGNER + (0,), instead(0x02, b"\x03")),
    ("zeros before the serial number", SID + (1,), lambda tag, c: encode(tag, b"\0\0" + c)),
    ("large serial number", SID + (1,), instead(0x02, b"\x01" + PAYLOAD)),
    ("negative serial number", SID + (1,), instead(0x02, b"\xff\x01")),
    ("behind the serial number", SID + (1,), behind(encode(0x04, PAYLOAD))),
    ("issuer is long", SID + (0, 0, 0, 1), instead(0x0C, b"x" * 129)),
    ("issuer is empty", SID + (0, 0, 0, 1), instead(0x0C, b"")),
    ("issuer is not text", SID + (0, 0, 0, 1), instead(0x0C, PAYLOAD)),
    ("issuer is bytes", SID + (0, 0, 0, 1), instead(0x04, b"name")),
    ("issuer's attribute is unknown", SID + (0, 0, 0, 0), instead(0x06, b"\x2a\x03\x04")),
    ("issuer has two attributes in one", SID + (0, 0, 0), lambda tag, c: encode(tag, c) * 2),
    ("behind an issuer's attribute", SID + (0, 0, 0, 1), behind(encode(0x04, PAYLOAD))),
    ("issuer of many parts", SID + (0, 0), lambda tag, c: encode(tag, c) * 17),
    ("tag above 30", VALUE, lambda tag, c: b"\x1f\x81\x04" + encode(tag, c)[1:]),
]


# --- signing ----------------------------------------------------------------------------------------

class Signer:
    def __init__(self, folder, kind):
        self.folder = folder
        self.key, self.cert = folder / f"{kind[0]}.key", folder / f"{kind[0]}.crt"
        self.openssl("req", "-x509", "-newkey", *kind, "-nodes", "-keyout", self.key, "-out", self.cert,
                     "-days", "30", "-subj", "/O=Vendor/CN=Build time autogenerated kernel key")

    @staticmethod
    def openssl(*command):
        subprocess.run(["openssl", *map(str, command)], check=True, stdin=subprocess.DEVNULL,
                       capture_output=True)

    def sign(self, data, *options, base=SIGN):
        (self.folder / "data").write_bytes(data)
        self.openssl(*base, "-in", self.folder / "data", "-signer", self.cert, "-inkey",
                     self.key, *options, "-out", self.folder / "signature")
        return (self.folder / "signature").read_bytes()


def info(size, kind=2, head=b"\0\0", rest=bytes(5)):
    return head + bytes([kind]) + rest + struct.pack(">I", size)


def append(data, signature, trailer=None, mark=MARK):
    return data + signature + (info(len(signature)) if trailer is None else trailer) + mark


def good_signatures(rsa, ecdsa, data):
    yield "sha256", rsa.sign(data, "-md", "sha256")
    yield "sha512", rsa.sign(data, "-md", "sha512")
    yield "sha1", rsa.sign(data, "-md", "sha1")
    yield "sha3-256", rsa.sign(data, "-md", "sha3-256")
    yield "key id", rsa.sign(data, "-md", "sha256", "-keyid")
    yield "ECDSA", ecdsa.sign(data, "-md", "sha384")
    yield "signed attributes", rsa.sign(data, "-md", "sha256",
                                        base=[w for w in SIGN if w != "-noattr"])


def bad_signatures(rsa, data):
    def less(word):
        return [w for w in SIGN if w != word]
    yield "OpenSSL: certificates", rsa.sign(data, base=less("-nocerts"))
    yield "OpenSSL: capabilities", rsa.sign(data, base=[w for w in SIGN if w not in
                                                       ("-noattr", "-nosmimecap")])
    yield "OpenSSL: content", rsa.sign(data, "-nodetach")
    yield "OpenSSL: stream", rsa.sign(data, "-nodetach", "-stream")
    yield "OpenSSL: RSA-PSS", rsa.sign(data, "-keyopt", "rsa_padding_mode:pss")
    yield "not CMS", PAYLOAD * 4
    yield "one byte", b"\x30"
    good = rsa.sign(data, "-md", "sha256")
    for what, path, how in HIDDEN:
        yield what, change(good, path, how)
    yield "cut short", good[:-1]
    yield "one byte more", good + b"\0"
    yield "one byte before", b"\0" + good


def bad_trailers(data, good):
    size = len(good)
    for i in range(8):
        wrong = bytearray(info(size))
        wrong[i] ^= 1
        yield f"byte {i} of module_signature", append(data, good, bytes(wrong))
    for what, wrong in (("one more", size + 1), ("one less", size - 1), ("none", 0),
                        ("all of the file", size + len(data)), ("more", size + len(data) + 1),
                        ("2^32 - 1", 0xFFFFFFFF), ("little-endian", struct.unpack("<I", struct.pack(
                            ">I", size))[0])):
        yield f"size: {what}", append(data, good, info(wrong))
    yield "bytes behind the mark", append(data, good) + b"\0"
    yield "no line end", append(data, good)[:-1]
    yield "mark alone", data + MARK
    yield "mark and module_signature alone", data + info(0) + MARK
    yield "bytes between", append(data + PAYLOAD, good)
    yield "signed twice", append(append(data, good), good)
    yield "other mark", append(data, good, mark=MARK.replace(b"appended", b"Appended"))


# --- the pairs --------------------------------------------------------------------------------------

def add_bodies(pairs, name, data, rsa):
    """What is in front of a signature is compared as if it were alone."""
    one, other = (append(data, rsa.sign(data, "-md", m)) for m in ("sha256", "sha512"))
    pairs.add(f"{name}: same signature", "identical", one, one)
    pairs.both_ways(f"{name}: other signature", "transplanted", one, other)
    pairs.both_ways(f"{name}: delivered signed", "transplanted", one, data, "different")
    changed = bytearray(data)
    changed[len(data) // 2] ^= 1
    pairs.both_ways(f"{name}: other body", "different", append(bytes(changed), one[len(data):]), one)
    pairs.both_ways(f"{name}: other body, one signed", "different",
                    append(bytes(changed), one[len(data):]), data)


def add_programs(pairs, name, data, rsa):
    """Kernels take modules and nothing else. A program may look for something behind its end."""
    one, other = (append(data, rsa.sign(data, "-md", m)) for m in ("sha256", "sha512"))
    pairs.add(f"{name}: same signature", "identical", one, one)
    pairs.both_ways(f"{name}: other signature", "different", one, other)
    pairs.both_ways(f"{name}: one signed", "different", one, data)


def build_id(w):
    return w.flip_section(".note.gnu.build-id", 18, 0x55)


def add_rules(pairs, data, rsa):
    """With rules about the rest, and with attacks on it."""
    def signed(body):
        return append(body, rsa.sign(body, "-md", "sha256"))
    for cover in (build_id, harmless.comment_text, harmless.debug_content):
        benign = cover(Work(data))
        pairs.both_ways(f"{cover.__name__} and signature", "normalised", signed(benign),
                        signed(data))
        pairs.add(f"{cover.__name__}, delivered signed", "normalised", signed(benign), data)
        pairs.both_ways(f"{cover.__name__}, same wrong mark", "different", benign + MARK,
                        data + MARK)
        attack = Work(benign).flip_section(".text", 5)
        pairs.both_ways(f"{cover.__name__}, signature, attack", "different", signed(attack),
                        signed(data))
        pairs.add(f"{cover.__name__}, attack, delivered signed", "different", signed(attack), data)


def add_flips(pairs, data, signature):
    """Each byte of a signature. Where it may change and still be one: a leaf that is a name, a
    number, a key id or the value; the last byte of an object identifier, which names another
    algorithm or attribute."""
    free = set()
    for path, tag, at, length in leaves(signature):
        if tag in (0x02, 0x04, 0x80, 0x0C, 0x13, 0x17) and path != DATA + (0,):
            free |= set(range(at, at + length))
        elif tag == 0x06:
            free.add(at + length - 1)
    for i in range(len(signature)):
        for mask in (0x01, 0x80):
            flipped = bytearray(signature)
            flipped[i] ^= mask
            wanted = "transplanted or different" if i in free else "different"
            pairs.add(f"byte {i} ^ {mask:02x}", wanted, append(data, bytes(flipped)), data)


def main():
    tap = tools.Tap()
    if not shutil.which("openssl"):
        print("1..0 # SKIP no openssl here")
        return
    folder = tools.scratch()
    pairs = tools.Pairs()
    rsa = Signer(folder, ["rsa:2048"])
    ecdsa = Signer(folder, ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"])
    data = objects.by_hand(*objects.HANDMADE["hand64big"])
    linked = handmade.build(*bases.HANDMADE["hand64"])
    for name, body in (("linked", linked), ("not ELF at all", b"\x7fELF" + PAYLOAD * 50)):
        add_programs(pairs, name, body, rsa)
    bodies = {"relocatable by hand": data}
    if bases.run("gcc", "-c", "-g", "-x", "c", "/dev/null", "-o", folder / "empty.o").returncode == 0:
        bodies["relocatable"] = (folder / "empty.o").read_bytes()
    for name, body in bodies.items():
        add_bodies(pairs, name, body, rsa)
    add_rules(pairs, data, rsa)
    for what, signature in good_signatures(rsa, ecdsa, data):
        pairs.add(what, "transplanted", append(data, signature), data)
    good = rsa.sign(data, "-md", "sha256")
    for what, signature in bad_signatures(rsa, data):
        pairs.both_ways(what, "different", append(data, signature), data)
        pairs.both_ways(f"{what}, rebuilt signed", "different", append(data, signature),
                        append(data, good))
    for what, file in bad_trailers(data, good):
        pairs.both_ways(what, "different", file, data)
        pairs.both_ways(f"{what}, rebuilt signed", "different", file, append(data, good))
    add_flips(pairs, data, good)
    add_flips(pairs, data, rsa.sign(data, "-md", "sha256", base=[w for w in SIGN if w != "-noattr"]))
    add_flips(pairs, data, ecdsa.sign(data, "-md", "sha256", "-keyid"))
    answers = pairs.answers()
    for answer in answers:
        right = answer.tier in answer.wanted.split(" or ")
        named = answer.tier != "transplanted" or answer.rules == ["elf/module-signature@1"]
        if not right or not named:
            tap.ok(False, answer.what,
                   "\n".join([f"wanted {answer.wanted}: {answer.line}"] + answer.findings))
    tap.ok(sum(a.tier == "different" for a in answers) > 1000, f"{len(answers)} pairs")
    tap.finish()


main()
