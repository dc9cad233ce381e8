#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Device trees and FITs: what may differ, attacks, trees that lie, and dtc, fdtget, mkimage and
dumpimage as judges."""
import random

from makers import *  # noqa: F403

rng = random.Random(9)
SIGNATURES = [rng.randbytes(256) for _ in range(2)]


# --- makers ----------------------------------------------------------------------------------


def cells(*values):
    return struct.pack(f">{len(values)}I", *values)


def strings(*values):
    return b"".join(v.encode() + b"\0" for v in values)


def word(data, fill=b"\0"):
    return data + fill * (-len(data) % 4)


class Blob:
    """A device tree. A node is (name, properties, nodes); a property (name, value) and maybe the
    bytes behind the value."""

    def __init__(self, names=b"", nop=b""):
        self.names, self.nop = bytearray(names), nop

    def name(self, text):
        at = (b"\0" + self.names).find(b"\0" + text.encode() + b"\0")
        if at < 0:
            at = len(self.names)
            self.names += text.encode() + b"\0"
        return at

    def node(self, name, properties, nodes):
        out = cells(1) + word(name.encode() + b"\0") + self.nop
        for key, value, *fill in properties:
            out += cells(3, len(value), self.name(key)) + word(value, *fill)
        for child in nodes:
            out += self.node(*child)
        return out + cells(2)


def fdt(root, reserved=(), names=b"", nop=b"", last=cells(9), slack=b"", tail=b"", patch=None,
        unused=b"", version=17, cpu=0):
    blob = Blob(names, nop)
    body = blob.node("", *root) + last
    map_ = b"".join(struct.pack(">QQ", *r) for r in (*reserved, (0, 0)))
    text = bytes(blob.names) + unused
    at = 40 + len(map_)
    total = at + len(body) + len(text) + len(slack)
    out = cells(0xd00dfeed, total, at, at + len(body), 40, version, 16, cpu, len(text), len(body))
    out += map_ + body + text + slack + tail
    return patch(out) if patch else out


def put(at, data):
    return lambda image: image[:at] + data + image[at + len(data):]


# --- device trees ----------------------------------------------------------------------------


def tree(bootargs="console=ttyS0", model="board", order=None, more=(), nodes=(), status="okay",
         renamed="uart@0", swapped=False, **kw):
    root = [("#address-cells", cells(1)), ("#size-cells", cells(1)), ("model", strings(model)),
            *more]
    soc = [("uart@0" if renamed is None else renamed, [("reg", cells(0, 16)),
                                                        ("status", strings(status))], []),
           ("wdt@1", [("reg", cells(1, 16))], [])]
    if order:
        root = [root[i] for i in order] + root[len(order):]
    return fdt((root, [("chosen", [("bootargs", strings(bootargs))], []),
                       ("soc", [], soc[::-1] if swapped else soc), *nodes]), **kw)


NAMES = b"status\0model\0#size-cells\0reg\0bootargs\0#address-cells\0"


def trees():
    table("device tree", tree, [
        ("names in another order", {"names": NAMES}, "repacked", "fdt/repacked@1"),
        ("room at the end", {"slack": bytes(64)}, "repacked", "fdt/repacked@1"),
        ("erased flash behind it", {"tail": b"\xff" * 64}, "repacked", "container/padding@1"),
    ], [
        ("init= in bootargs", {"bootargs": "init=/bin/sh "}, 'chosen: property bootargs: "init=/bin/sh'),
        ("longer bootargs", {"bootargs": "console=ttyS0 init=/bin/sh"}, "chosen: property bootargs"),
        ("a value of one string more", {"more": [("compatible", strings("a", "evil"))]},
         "property compatible"),
        ("an empty property", {"more": [("no-map", b"")]}, "property no-map"),
        ("properties in another order", {"order": [2, 1, 0]}, "properties: "),
        ("a node", {"nodes": [("evil", [], [])]}, "evil: only in"),
        ("a node's name", {"renamed": "uart@1"}, "soc/uart@1"),
        ("nodes in another order", {"swapped": True}, "another order"),
        ("a status", {"status": "fail"}, 'property status: "fail"'),
        ("reserved memory", {"reserved": [(0x1000, 0x2000)]}, "reserved memory"),
        ("the boot processor", {"cpu": 1}, "boot processor"),
        ("a name that nothing uses", {"unused": b"evil\0"}, "bytes of no node", {"tail"}),
        ("bytes in the room at the end", {"slack": b"evil"}, "bytes of no node", {"tail"}),
        ("bytes behind the end", {"tail": b"evil"}, "bytes of no node"),
        ("a token that says nothing", {"nop": cells(4)}, "bytes of no node"),
        ("padding that is not zero", {"more": [("x", b"y", b"z")]}, "padding"),
    ])
    for text, image in (
            ("cut short", tree()[:-1]),
            ("another version", tree(version=16)),
            ("no end", tree(last=b"")),
            ("an unknown token", tree(last=cells(5) + cells(9))),
            ("a second root", tree(last=cells(1, 0, 2, 9))),
            ("a node that is not closed", tree(last=cells(1, 0x61000000, 9))),
            ("the end of no node", tree(last=cells(2, 9))),
            ("a property outside", tree(last=cells(3, 0, 0, 9))),
            ("a property behind a node", fdt(([], [("a", [], [])]), patch=lambda b: b.replace(
                cells(2, 2, 9), cells(2) + cells(3, 0, 0) + cells(2, 9)).replace(
                    cells(len(b)), cells(len(b) + 12), 1))),
            ("two properties of one name", tree(more=[("model", strings("evil"))])),
            ("a node with a slash", tree(nodes=[("a/b", [], [])])),
            ("a node without a name", tree(nodes=[("", [], [])])),
            ("a structure that goes on behind the tree", tree(last=cells(9, 0))),
            ("a structure past the end", tree(patch=put(36, cells(1 << 30)))),
            ("a structure in the header", tree(patch=put(8, cells(0)))),
            ("blocks that overlap", tree(patch=lambda b: put(12, b[8:12])(b))),
            ("a name past its block", tree(patch=put(72, cells(1 << 20)))),
            ("a name without an end", tree(patch=lambda b: put(32, cells(
                struct.unpack_from(">I", b, 32)[0] - 1))(b))),
            ("reserved memory without an end", fdt(([], []), patch=put(16, cells(64)))),
            ("too deep", fdt(([], [deep(70)]))),
    ):
        trial(f"device tree: {text}", image, tree(bootargs="other"), "inconclusive", "cannot be read")
    misplaced()


def moved(block, by):
    """A tree with zeros in front of a block, so that it and what is behind it stand further on."""
    image = tree()
    head = list(struct.unpack_from(">10I", image))
    at = head[block]
    for i in (2, 3, 4):
        head[i] += by * (head[i] >= at)
    head[1] += by
    return cells(*head) + image[40:at] + bytes(by) + image[at:]


def misplaced():
    """Nothing is wrong with these but where a block stands."""
    good = tree()
    strings_at, = struct.unpack_from(">I", good, 12)
    behind = good + good[strings_at:]
    structure_at, structure_size = (struct.unpack_from(">I", good, i)[0] for i in (8, 36))
    for text, image in (
            ("a structure at an odd place", moved(2, 2)),
            ("reserved memory at an odd place", moved(4, 4)),
            ("strings behind the end", put(12, cells(len(good)))(behind)),
            ("strings that go on behind the end", put(4, cells(len(good) - 1))(good)),
            ("a structure behind the end",
             put(8, cells(len(good)))(good + good[structure_at:structure_at + structure_size])),
            ("reserved memory behind the end", put(16, cells(len(good) + 7 & ~7))(good + bytes(24))),
            ("strings that are the header's", put(12, cells(20))(put(32, cells(len(good) - 20))(good))),
    ):
        trial(f"device tree: {text}", image, good, "inconclusive", "a block that is not inside")


def deep(levels):
    return ("n", [], [deep(levels - 1)] if levels else [])


# --- FIT -------------------------------------------------------------------------------------

KERNEL, RAMDISK = gz(TEXT), b"a ramdisk that is not packed"
DIGESTS = {"crc32": lambda d: cells(zlib.crc32(d)), "sha1": lambda d: hashlib.sha1(d).digest(),
           "sha256": lambda d: hashlib.sha256(d).digest(), "md5": lambda d: hashlib.md5(d).digest(),
           "sha512": lambda d: hashlib.sha512(d).digest(), "sm3": lambda d: b"s" * 32}
LISTED = ["/", "/configurations/conf-1", "/images/kernel-1", "/images/kernel-1/hash-1",
          "/images/fdt-1", "/images/fdt-1/hash-1"]


def hash_node(data, algo="sha256", value=None):
    return ("hash-1", [("value", DIGESTS[algo](data) if value is None else value),
                       ("algo", strings(algo))], [])


def fit(kernel=KERNEL, ramdisk=RAMDISK, time=1, signed=2, signature=SIGNATURES[0], hint="dev",
        signer="mkimage", version="2023.01", listed=None, kind="kernel", load=0x80008000,
        algo="sha256", value=None, external=False, images=(), configurations=(), conf=(),
        sig_algo="sha256,rsa2048", sig_fill=b"\0", sig_more=(), hashed=None, sign_images=("kernel", "fdt"),
        device_tree=None, positions=False, align=4, cut=b"", tail=b"", slack=bytes(3), hashes=True, more=(), **kw):
    device_tree = device_tree or tree()
    listed = listed or [n for n in LISTED if hashes or "hash" not in n]
    blobs = []

    def image(name, data, typ, **extra):
        properties = [("description", strings(name))]
        if external:
            at = sum(len(b) for b in blobs)
            blobs.append(padded(data, align))
            properties += [("data-size", cells(len(data))),
                           ("data-position", cells(8192 + at)) if positions else
                           ("data-offset", cells(at))]
        else:
            properties.append(("data", data))
        properties.append(("type", strings(typ)))
        if typ == "kernel":
            properties.append(("load", cells(load)))
        return (name, properties, [hash_node(data, **extra)] if hashes else [])

    nodes = [image("kernel-1", kernel, kind, algo=algo, value=value),
             image("fdt-1", device_tree, "flat_dt"), image("ramdisk-1", ramdisk, "ramdisk"), *images]
    sign = [("hashed-strings", cells(0, 100) if hashed is None else hashed),
            ("hashed-nodes", strings(*listed), sig_fill),
            ("timestamp", cells(signed)), ("signer-version", strings(version)),
            ("signer-name", strings(signer)), ("value", signature), ("algo", strings(sig_algo), sig_fill),
            ("key-name-hint", strings(hint)), *sig_more]
    if sign_images:
        sign.append(("sign-images", strings(*sign_images), sig_fill))
    conf1 = ("conf-1", [("kernel", strings("kernel-1")), ("fdt", strings("fdt-1")),
                        ("ramdisk", strings("ramdisk-1")), *conf], [("signature-1", sign, [])])
    times = (time,) if isinstance(time, int) else time
    out = fdt(([("timestamp", cells(*times))] * bool(times) + [("description", strings("a FIT"))],
               [("images", [], nodes),
                ("configurations", [("default", strings("conf-1"))], [conf1, *configurations]), *more]),
              slack=slack, **kw)
    if external:
        out = (out + bytes(8192 - len(out)) if positions else word(out)) + b"".join(blobs)
    return out[:len(out) - len(cut)] + tail


BENIGN = [
    ("the time", {"time": 7}, "transplanted", "fit/timestamps@1"),
    ("the time of signing", {"signed": 7}, "transplanted", "fit/timestamps@1"),
    ("another signature", {"signature": SIGNATURES[1]}, "transplanted", "fit/signature@1"),
    ("the name of the key", {"hint": "VND"}, "transplanted", "fit/signature@1"),
    ("the signer's version", {"version": "2024.07"}, "transplanted", "fit/signature@1"),
    ("bytes of a signature in the padding", {"sig_fill": b"s"}, "transplanted", "fit/padding@1"),
    ("a kernel packed otherwise", {"kernel": gz(TEXT, 1)}, "repacked", "gzip/stream@1"),
    ("a time in the kernel's gzip header", {"kernel": gz(TEXT, mtime=1)}, "transplanted",
     "gzip/timestamps@1"),
]


def attacks():
    evil = KERNEL[:-12] + b"evil" + KERNEL[-8:]
    return [
        ("a byte of an image", {"ramdisk": RAMDISK.replace(b"not", b"now")}, "images/ramdisk-1: 1 byte"),
        ("a byte of what is packed", {"kernel": gz(TEXT.replace(b"lazy", b"idle", 1))},
         "images/kernel-1!: 4 bytes"),
        ("bytes behind the packed kernel", {"kernel": KERNEL + b"evil"}, "trailing bytes"),
        ("bootargs of the device tree", {"device_tree": tree(bootargs="init=/bin/shx")},
         "images/fdt-1: chosen: property bootargs"),
        ("an image more", {"images": [("evil-1", [("data", b"evil")], [])]}, "images/evil-1: only in"),
        ("an image more, hashed", {"images": [("evil-1", [("data", b"x")], [hash_node(b"x")])]},
         "images/evil-1: only in"),
        ("a configuration more", {"configurations": [("conf-2", [("kernel", strings("kernel-1"))], [])]},
         "configurations/conf-2: only in"),
        ("a loadable more", {"conf": [("loadables", strings("ramdisk-1"))]}, "property loadables"),
        ("a load address", {"load": 0x80000000}, "property load"),
        ("another type", {"kind": "firmware"}, "property type"),
        ("a false hash", {"value": b"x" * 32}, "hash is false", {"kernel"}),
        ("a false hash of another length", {"value": b"evil"}, "hash is false", {"kernel"}),
        ("an unknown hash", {"algo": "sm3"}, "property algo", {"kernel"}),
        ("a weaker hash", {"algo": "sha1"}, "property algo"),
        ("a signature of another length", {"signature": SIGNATURES[0] + b"evil"}, "configurations/conf-1",
         {"sig_fill"}),
        ("another algorithm", {"sig_algo": "sha256,rsa4096"}, "property algo", {"signature", "sig_fill"}),
        ("a key's name that is none", {"hint": "a/b"}, "key-name-hint"),
        ("a longer name of the key", {"hint": "devel"}, "key-name-hint"),
        ("a signer that is a command", {"signer": "$(evil)"}, "signer-name"),
        ("a list of what was signed without the kernel", {"listed": LISTED[:2] + LISTED[4:]},
         "hashed-nodes is false", {"sig_fill"}),
        ("a list of what was signed with more", {"listed": LISTED + ["/images/ramdisk-1"]},
         "hashed-nodes is false", {"sig_fill"}),
        ("a list for another configuration", {"listed": ["/", "/configurations/conf-2", *LISTED[2:]]},
         "hashed-nodes is false", {"sig_fill"}),
        ("fewer images to sign", {"sign_images": ("kernel",)}, "property sign-images"),
        ("fewer images to sign, with a list to match",
         {"sign_images": ("kernel",), "listed": LISTED[:4]}, "property sign-images", {"sig_fill"}),
        ("strings that were not signed", {"hashed": cells(8, 100)}, "hashed-strings is false"),
        ("more strings than there are", {"hashed": cells(0, 10000)}, "hashed-strings is false"),
        ("a property more beside the signature", {"sig_more": [("evil", b"evil")]}, "property evil"),
        ("bytes behind the end", {"tail": b"evil"}, "bytes of no node"),
        ("a kernel that cannot be unpacked", {"kernel": evil}, "images/kernel-1"),
    ]


def inconclusive(rows):
    """An attack that leaves something that cannot be read is no difference but worse."""
    return [r for r in rows if "cannot be unpacked" not in r[0]]


def fits():
    rows = inconclusive(attacks())
    table("FIT", fit, BENIGN, rows)
    # Beside it what is told of content that stands outside of the tree.
    some = [r for r in rows if "image" in r[0] or "hash" in r[0] or "behind" in r[0]]
    for positions in (False, True):
        def make(**kw):
            return fit(external=True, positions=positions, **kw)
        table(f"FIT with data outside{', placed' * positions}", make, [
            *BENIGN[:1], *BENIGN[6:], ("other places", {"align": 64}, "repacked", "fit/repacked@1"),
        ], [r for r in some if "images" not in r[1]])
    trial("FIT: data outside against data inside", fit(external=True), fit(), "different",
          "property data-size")
    lies()


def lies():
    def outside(**kw):
        return fit(external=True, **kw)

    trial("FIT: data cut short", outside(cut=b"1234567890"), outside(), "inconclusive", "data past the end")
    both = [("evil-1", [("data", b"good"), ("data-size", cells(4)), ("data-offset", cells(0))], [])]
    trial("FIT: data inside and outside", fit(images=both, tail=b"evilevil"), fit(), "inconclusive",
          "data in two places")
    two = [("evil-1", [("data-position", cells(40)), ("data-size", cells(4)), ("data-offset", cells(0))], [])]
    trial("FIT: data in two places", fit(images=two, tail=b"evil"), fit(), "inconclusive", "two places")
    inside = [("evil-1", [("data-size", cells(4)), ("data-position", cells(40))], [])]
    trial("FIT: data that is the header", fit(images=inside), fit(), "inconclusive", "two purposes")
    trial("FIT: a property twice", fit(sig_more=[("value", SIGNATURES[1])]), fit(), "inconclusive",
          "one name")
    trial("FIT: a time of another length", fit(time=(1, 2)), fit(time=(1, 3)), "different", "property timestamp")
    untimed = fit(time=())
    trial("FIT: no time", untimed, fit(time=(), signed=7), "transplanted", "fit/timestamps@1")

    def beside(level):
        """Nodes that look like an image's, and are none."""
        data = gz(TEXT, level)
        return fit(more=[("other", [], [("kernel-1", [("data", data)], [hash_node(data)])])])
    trial("FIT: what is packed otherwise is no image", beside(1), beside(9), "different",
          "other/kernel-1: property data")
    same = fit(listed=LISTED[:2])
    trial("FIT: both sides lie in the same way, and something else differs", same,
          fit(listed=LISTED[:2], time=9), "different", "hashed-nodes is false in the delivered",
          "hashed-nodes is false in the rebuilt")
    trial("FIT: an empty list of images to sign is that of mkimage",
          fit(sign_images=(), listed=LISTED[:2] + LISTED[2:6], time=5),
          fit(sign_images=(), listed=LISTED[:2] + LISTED[2:6]), "transplanted")


# --- mkimage, dumpimage, dtc and fdtget as judges -----------------------------------------------

ITS = """/dts-v1/; / { description = "x"; #address-cells = <1>; images {
kernel-1 { description = "k"; data = /incbin/("kernel"); type = "kernel"; arch = "arm"; os = "linux";
 compression = "gzip"; load = <0x80008000>; entry = <0x80008000>; hash-1 { algo = "sha256"; };
 hash-2 { algo = "crc32"; }; hash-3 { algo = "md5"; }; hash-4 { algo = "sha512"; }; };
fdt-1 { description = "d"; data = /incbin/("dtb"); type = "flat_dt"; arch = "arm";
 compression = "none"; hash-1 { algo = "sha1"; }; }; };
configurations { default = "conf-1"; conf-1 { description = "c"; kernel = "kernel-1"; fdt = "fdt-1";
 signature { algo = "sha256,rsa2048"; key-name-hint = "dev"; SIGN }; }; }; };
"""


def mkimage(its, *options, time=1700000000, key="key-a"):
    write("image.its", its.encode())
    subprocess.run(["mkimage", "-f", "image.its", "-k", key, "-r", *options, "image.itb"], check=True,
                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                   env={**os.environ, "SOURCE_DATE_EPOCH": str(time)})
    with open("image.itb", "rb") as f:
        return f.read()


def make_keys():
    for folder in ("key-a", "key-b"):
        os.mkdir(folder)
        run = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
        subprocess.run(["openssl", "genrsa", "-out", folder + "/dev.key", "2048"], **run)
        subprocess.run(["openssl", "req", "-batch", "-new", "-x509", "-key", folder + "/dev.key", "-out",
                        folder + "/dev.crt", "-subj", "/CN=x"], **run)


def against_mkimage():
    make_keys()
    write("kernel", KERNEL)
    write("dtb", tree())
    for text, sign in (("images listed", 'sign-images = "fdt", "kernel";'), ("none listed", "")):
        for options in ((), ("-E",), ("-E", "-p", "0x4000"), ("-E", "-B", "0x200")):
            # With -B, mkimage fills up the tree with what its memory held: pieces of signatures.
            aligned = "-B" in options
            what = f"mkimage {' '.join(options)}, {text}"
            its = ITS.replace("SIGN", sign)
            one = mkimage(its, *options)
            other = mkimage(its, *options, time=1600000000, key="key-b")
            trial(f"{what}: two signings", one, other, "different" if aligned else "transplanted",
                  "fit/signature@1", *["bytes of no node differs"] * aligned)
            found = {a["path"]: a for a in inspected(one)}
            result(found[""]["format"] == "fit" and not any(a["trouble"] for a in found.values()),
                   f"{what}: is read", found)
            write("image.itb", one)
            for i, name in enumerate(("kernel-1", "fdt-1")):
                run_tool("dumpimage", "-T", "flat_dt", "-p", str(i), "-o", "out", "image.itb")
                with open("out", "rb") as f:
                    data = f.read()
                result(found["images/" + name]["sha256"] == sha256(data), f"{what}: {name} as dumpimage",
                       found)


def against_dtc():
    """Every property as fdtget has it, and a change of it is found by dtc's own reading."""
    source = run_tool("dtc", "-q", "-I", "dtb", "-O", "dts", "-", data=tree())
    again = run_tool("dtc", "-q", "-I", "dts", "-O", "dtb", "-", data=source)
    result(inspected(again)[0]["format"] == "device-tree", "dtc: a tree of dtc is read")
    trial("dtc: the same tree, written by dtc", again, tree(names=NAMES), "repacked", "fdt/repacked@1")
    write("tree.dtb", tree())
    listed = {"/": ["#address-cells", "#size-cells", "model"], "/chosen": ["bootargs"],
              "/soc/uart@0": ["reg", "status"], "/soc/wdt@1": ["reg"]}
    for node, names in listed.items():
        seen = run_tool("fdtget", "-p", "tree.dtb", node).split()
        result([n.decode() for n in seen] == names, f"fdtget: properties of {node}", seen)
        said = inspected(tree())[0]["attributes"]
        for name in names:
            text = "" if name.startswith("#") or name == "reg" else "s"
            value = run_tool("fdtget", *(["-t", text] if text else ["-t", "x"]), "tree.dtb", node, name)
            value = value.decode().strip("\n")
            value = f'"{value}"' if text else "0x" + "".join(w.rjust(8, "0") for w in value.split())
            result(f"{node.lstrip('/') or '/'}: property {name}: {value}" in said,
                   f"fdtget: {node} {name}, as inspect tells it", said)
        for name in names:
            write("changed.dtb", tree())
            value = "evil" if name in ("model", "bootargs", "status") else "77"
            run_tool("fdtput", "-t", "s" if value == "evil" else "i", "changed.dtb", node, name, value)
            with open("changed.dtb", "rb") as f:
                changed = f.read()
            trial(f"fdtput: {node} {name}", changed, tree(), "different", f"property {name}: ")


if __name__ == "__main__":
    with Folder():
        trees()
        fits()
        against_mkimage()
        against_dtc()
    finish()
