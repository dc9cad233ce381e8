#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""U-Boot environments, and images of flash memory: by a layout, by what is found in them, and a
whole dump with a change in a file of its root file system. mkenvimage is the judge."""
import random

import ext
import fit
import romfs
import squashfs
from makers import *  # noqa: F403
from uimage import uimage

# --- environments ------------------------------------------------------------------------------

VARIABLES = [("bootcmd", "run distro_bootcmd"), ("bootargs", "console=ttyS0"), ("bootdelay", "2"),
             ("ethaddr", "00:11:22:33:44:55"), ("empty", "")]


def env(variables=None, size=4096, flag=None, pad=b"\xff", order=None, changed=(), more=(), end=b"\0",
        crc=None, tail=b"", hidden=b"", raw=None):
    pairs = [(k, dict(changed).get(k, v)) for k, v in (variables or VARIABLES)]
    pairs = [pairs[i] for i in order or range(len(pairs))] + list(more)
    text = raw if raw is not None else b"".join(k.encode() + b"=" + v.encode() + b"\0" for k, v in pairs)
    text += end
    head = b"" if flag is None else bytes([flag])
    body = text + pad * (size - 4 - len(head) - len(text) - len(hidden)) + hidden
    return struct.pack("<I", zlib.crc32(body) if crc is None else crc) + head + body + tail


def environments():
    def redundant(**kw):
        return env(**{"flag": 1, **kw})

    attacks = [
        ("bootcmd", {"changed": [("bootcmd", "run evil")]}, "bootcmd: "),
        ("init= in bootargs", {"changed": [("bootargs", "init=/bin/sh ")]}, "bootargs: "),
        ("an address", {"changed": [("ethaddr", "00:11:22:33:44:66")]}, "ethaddr: "),
        ("a value where there is none", {"changed": [("empty", "x")]}, "empty: "),
        ("a variable", {"more": [("preboot", "run evil")]}, "preboot: only in"),
        ("a variable with the name of another and a space", {"more": [("bootcmd ", "x")]}, "bytes",
         {"order", "tail", "pad"}),
        ("bytes behind the variables", {"hidden": b"evil"}, "bytes of no variable", {"pad"}),
        ("bytes behind the environment", {"tail": b"evil"}, "bytes behind the environment"),
        ("other filling", {"pad": b"\0"}, "bytes of no variable differs"),
        ("a callback", {"more": [(".callbacks", "bootcmd:evil")]}, "only in", {"order"}),
    ]
    benign = [("variables in another order", {"order": [4, 2, 0, 1, 3]}, "repacked",
               "uboot-env/repacked@1")]
    table("environment", env, benign, attacks)
    table("environment with a flag", redundant, benign, attacks + [
        ("the copy that does not count", {"flag": 0}, "flag differs"),
        ("a copy without a flag", {"flag": None}, "", {"order"}),
    ])
    longer = [env(tail=b"\xff" * n) for n in (4096, 100)]
    trial("environment: more erased flash behind it", *longer, "repacked", "container/padding@1")
    ordered = [(".flags", "ethaddr:ma"), *VARIABLES]
    trial("environment: another order where flags are set", env(ordered, order=[1, 0, 2, 3, 4, 5]),
          env(ordered), "different", "another order")
    blank = [("a", "1"), ("bootcmd", "run good"), (" bootcmd", "run evil")]
    trial("environment: another order where a blank hides that a variable is set twice",
          env(blank, order=[0, 2, 1]), env(blank), "different", "another order")
    many = [(f"v{i}", "x") for i in range(600)]
    trial("environment: another order of more variables than U-Boot keeps",
          env(many, size=16384, order=range(599, -1, -1)), env(many, size=16384), "different", "another order")
    trial("environment: a variable twice", env(more=[("bootcmd", "x")]), env(), "inconclusive",
          "set twice")
    trial("environment: no end", env(raw=b"a=b\0c=", end=b"", pad=b"x"), env(), "inconclusive",
          "without an end")
    trial("environment: a variable without a value", env(raw=b"a=b\0evil\0"), env(), "inconclusive",
          "without a name or value")
    trial("environment: a false CRC is plain bytes", env(crc=7), env(), "different", "bytes differ")


def against_mkenvimage():
    text = "".join(f"{k}={v}\n" for k, v in VARIABLES if v).encode()
    wanted = {k: sha256(v.encode()) for k, v in VARIABLES if v}
    for what, options in (("", []), (", redundant", ["-r"]), (", padded with zeros", ["-p", "0"])):
        write("text", text)
        run_tool("mkenvimage", "-s", "8192", *options, "-o", "out", "text")
        with open("out", "rb") as f:
            image = f.read()
        found = inspected(image)
        result(found[0]["format"] == "uboot-env" and
               {a["path"]: a["sha256"] for a in found[1:]} == wanted, f"mkenvimage{what}: variables", found)
        mine = env([p for p in VARIABLES if p[1]], size=8192, flag=1 if "-r" in options else None,
                   pad=b"\0" if "-p" in options else b"\xff")
        result(image == mine, f"mkenvimage{what}: the same bytes")


# --- flash -------------------------------------------------------------------------------------

rng = random.Random(3)
BOOT = rng.randbytes(20000)
SECTOR = 4096


def fill(data, size, value=b"\xff"):
    assert len(data) <= size
    return data + value * (size - len(data))


def rootfs(**kw):
    return squashfs.squash(files=[("bin/tool", kw.get("tool", b"tool " * 300)), ("etc/motd", b"hello\n")],
                           pseudo=["bin/tool m 755 0 0"], comp=kw.get("comp", "gzip"))


ROOTFS = rootfs()


def dump(boot=BOOT, kernel=None, root=ROOTFS, one=None, other=None, gap=b"\xff", overlay=b"", time=1,
         end=b"\xff", boot_fill=b"\xff"):
    """128k(u-boot),64k(env),64k(firmware and gap) and so on: 512 KiB."""
    kernel = kernel or fit.fit(kernel=gz(TEXT), time=time)
    out = fill(boot, 0x20000, boot_fill)
    out += fill(one or env(flag=1), 0x8000) + fill(other or env(flag=0), 0x8000)
    out += fill(kernel, 0x10000, gap) + fill(root, 0x20000) + fill(overlay, 0x20000)
    return out[:-1] + end


LAYOUT = "mtdparts=spi0.0:128k(u-boot)ro,64k(u-boot-env),64k(kernel),128k(rootfs),-(rootfs_data)"
BENIGN = [
    ("the time of the FIT", {"time": 7}, "transplanted", "fit/timestamps@1"),
    ("a root file system packed otherwise", {"root": rootfs(comp="xz")}, "repacked",
     "squashfs/repacked@1"),
    ("variables in another order", {"one": env(flag=1, order=[1, 0, 2, 3, 4])}, "repacked",
     "uboot-env/repacked@1"),
]


def attacks(names):
    at = "!".join
    return [
        ("a byte of the boot loader", {"boot": BOOT[:99] + b"\0" + BOOT[100:]}, names["boot"] + ": 1 byte"),
        ("a program in the root file system", {"root": rootfs(tool=b"evil " * 300)},
         at([names["root"], "bin/tool: "])),
        ("bootcmd", {"one": env(flag=1, changed=[("bootcmd", "run evil")])},
         names["one"] + "!bootcmd"),
        ("bootcmd of the copy that does not count", {"other": env(flag=0, changed=[("bootcmd", "evil")])},
         names["other"] + "!bootcmd"),
        ("which copy counts", {"one": env(flag=0), "other": env(flag=1)}, "flag differs"),
        ("an image in the FIT", {"kernel": fit.fit(kernel=gz(TEXT), ramdisk=b"evil")}, "ramdisk-1", {"time"}),
        ("filling that is zeros", {"gap": b"\0"}, "", set()),
        ("bytes where nothing is", {"overlay": b"evil" * 100}, names["overlay"]),
        ("a file system where nothing is", {"overlay": rootfs(tool=b"evil")}, names["squashfs"]),
        ("an image where nothing is", {"overlay": uimage(b"evil")}, names["uimage"]),
        ("a JFFS2 node where nothing is", {"overlay": bytes.fromhex("851903200c000000b1b01ee4")},
         names["jffs2"]),
        ("the last byte", {"end": b"\0"}, names["end"]),
        ("code behind the boot loader", {"boot": BOOT + b"\xff" * 64 + b"evil"}, names["boot"]),
    ]


def by_magic():
    names = {"boot": "0x00000000.data", "root": "0x00040000.squashfs", "one": "0x00020000.env",
             "other": "0x00028000.env", "overlay": "0x00060000.data: only in",
             "squashfs": "0x00060000.squashfs: only in", "uimage": "0x00060000.uimage: only in",
             "jffs2": "0x00060000.jffs2: only in", "end": "zeros: 1 byte only in"}
    table("flash", dump, BENIGN, attacks(names))
    trial("flash: as much again behind it", dump() + b"\xff" * 0x20000, dump(), "repacked",
          "container/padding@1")
    trial("flash: a file system moved by one sector",
          dump()[:0x40000] + b"\xff" * SECTOR + dump()[0x40000:-SECTOR], dump(), "different",
          "0x00041000.squashfs: only in", "0x00040000.squashfs: only in")
    kernel = uimage(gz(TEXT))
    for text, make in (("behind a piece", lambda zeros: fill(kernel, 0x2000) + fill(bytes(zeros), 0x4000) + ROOTFS),
                       ("in front of all", lambda zeros: fill(bytes(zeros), 0x4000) + fill(kernel, 0x10000) + ROOTFS)):
        trial(f"flash: zeros where flash was erased, {text}", make(0x2000), make(0x1000), "different", "zeros")
    short, long = (fill(fill(uimage(gz(TEXT, level)), 0x800, b"\0"), 0x2000) + ROOTFS for level in (9, 0))
    trial("flash: less fill behind a kernel that is packed otherwise", long, short, "repacked", "gzip/stream@1")
    first = [fill(uimage(gz(TEXT), time=t), 0x10000) + ROOTFS for t in (1, 2)]
    trial("flash: a kernel and its file system, of any size", *first, "transplanted",
          "0x00000000.uimage: time")
    trial("flash: one behind the other, and evil behind both", first[0] + b"evil", first[0], "different",
          "0x00011000.data: only in")
    trial("flash: evil between them", fill(uimage(gz(TEXT)) + bytes(40) + b"evil", 0x10000) + ROOTFS,
          fill(uimage(gz(TEXT)), 0x10000) + ROOTFS, "different", "data: only in")
    found = {a["path"]: a for a in inspected(dump())}
    result(all(p in found for p in ("0x00000000.data", "0x00020000.env!bootcmd", "0x00030000.fdt",
                                    "0x00030000.fdt!images/kernel-1!", "0x00040000.squashfs!bin/tool")) and
           found["0x00000000.data"]["sha256"] == sha256(BOOT), "flash: to every depth", list(found))
    rest = [r for a in found.values() for r in a["ranges"] if r["kind"] == "bytes" and a["format"] != "data"]
    result(not rest and not any(a["trouble"] for a in found.values()), "flash: to the last byte", rest)


def file_systems():
    """ext and romfs are told by more than a magic: superblocks hold up, or they are data."""
    motd = [ext.make(kind="ext4", blocks=512, **kw) for kw in ({}, {"time": ext.TIME + 1}, {
        "modes": ext.MODES + ("sif bin/tool mode 0104755",)})]
    size = 0x20000 + len(motd[0])

    def image(root, behind=b""):
        return fill(fill(fit.fit(kernel=gz(TEXT)), 0x10000) + b"\xff" * 0x10000 + root, size) + behind

    base, later, setuid = map(image, motd)
    found = {a["path"]: a for a in inspected(base)}
    result("0x00020000.ext!etc/motd" in found and not any(a["trouble"] for a in found.values()), "flash: an ext4",
           list(found))
    trial("flash: times of an ext4", later, base, "transplanted", "ext/timestamps@1")
    trial("flash: setuid in an ext4", setuid, base, "different", "0x00020000.ext: bin/tool: mode: ")
    trial("flash: an ext4 with something behind it", image(motd[0], ROOTFS), base, "different", "squashfs: only in")
    for text, at, data in (("checksum", 0x20400 + 1020, b"evil"), ("magic", 0x20400 + 56, b"\x53\xee"),
                           ("number of its group", 0x20400 + 90, b"\1"), ("size", 0x20400 + 4, b"\xff\xff\xff"),
                           ("feature", 0x20400 + 96, b"\xff\xff")):
        broken = ext.put(base, at, data)
        trial(f"flash: an ext4 with another {text}", broken, base, "different", "differ")
        result(not any(".ext" in a["path"] for a in inspected(broken)), f"flash: an ext4 with another {text} is data")
    lone = bytearray(rng.randbytes(1 << 16))
    lone[0x4000 + 1080:0x4000 + 1082] = b"\x53\xef"
    result(len(inspected(bytes(lone))) == 1, "flash: the magic of ext alone is nothing")
    small = romfs.romfs()
    roms = [fill(fit.fit(kernel=gz(TEXT)), 0x10000) + r + b"\xff" * 4096 for r in (
        small, small.replace(romfs.PROGRAM, romfs.PROGRAM[:-1] + b"x"))]
    found = {a["path"]: a for a in inspected(roms[0])}
    result("0x00010000.romfs!bin/tool" in found and not any(a["trouble"] for a in found.values()), "flash: a romfs",
           list(found))
    trial("flash: a byte in a romfs", roms[1], roms[0], "different", "romfs!bin/tool: 1 byte differs")
    broken = ext.put(roms[0], 0x10000 + 12, b"evil")
    trial("flash: a romfs with a false checksum", broken, roms[0], "different", "differ")


def by_layout():
    def compare_by(layout, delivered, rebuilt):
        return compare(delivered, rebuilt, "--layout", layout)

    for text, changes, tier, rule in BENIGN:
        status, answer, _ = compare_by(LAYOUT, dump(**changes), dump())
        check_sums(answer)
        result(answer["tier"] == tier and any(f["rule"] == rule for f in answer["findings"]),
               f"layout: {text}", answer["findings"])
    names = {"boot": "u-boot", "root": "rootfs", "one": "u-boot-env!0x00000000.env",
             "other": "u-boot-env!0x00008000.env", "overlay": "rootfs_data", "squashfs": "rootfs_data",
             "uimage": "rootfs_data", "jffs2": "rootfs_data", "end": "rootfs_data"}
    for text, changes, piece, *_ in attacks(names):
        if "gap" in changes or "end" in changes:
            continue  # fill behind the content of a region
        status, answer, _ = compare_by(LAYOUT, dump(**changes), dump())
        check_sums(answer)
        found = [f"{f['artefact']}: {f['text']}" for f in answer["findings"] if f["class"] == "unexplained"]
        result(status == DIFFERENT and any(piece in f for f in found), f"layout: {text}", found)
    gap = "mtdparts=x:128k(u-boot),64k@192k(kernel)"
    for text, changes, tier in (("in no region", {"one": env(flag=0)}, "different"),
                                ("behind the last region", {"overlay": b"evil"}, "different"),
                                ("in a region", {"time": 9}, "transplanted")):
        status, answer, _ = compare_by(gap, dump(**changes), dump())
        check_sums(answer)
        result(answer["tier"] == tier, f"layout with gaps: {text}", answer["findings"])
    write("dump", dump())
    for layout in ("", "mtdparts", "x:", "x:64", "x:64k(a", "x:64k()", "x:0(a)", "x:64k(a)x",
                   "x:64k(a),64k(a)", "x:-(a),64k(b)", "x:64k(a),64k@32k(b)", "x:64k(a);y:64k(b)",
                   "x:99999999999999999999(a)", "x:18446744073709551615(a),1(b)", "x:17179869184g(a)",
                   "x:64k(a/b)"):
        done = run("dump", "dump", "--layout", layout)
        # One byte is a region, too, and so is all that is there.
        good = MATCH if layout in ("x:64",) else TROUBLE
        result(done.returncode == good, f"layout: {layout!r} ends with {good}", done.stderr)
    status, answer, _ = compare_by("x:1g(a)", dump(time=3), dump())
    result(status == INCONCLUSIVE, "layout: a region past the end", answer["findings"])
    nested = "x:128k(u-boot),64k(u-boot-env),64k(kernel),-(rootfs),192k@192k(firmware)"
    status, answer, _ = compare_by("x:128k(u-boot),64k(env),64k(kernel),128k(rootfs),192k@192k(firmware)",
                                   dump(root=rootfs(tool=b"evil")), dump())
    result(status == DIFFERENT and any("rootfs!bin/tool" in f["artefact"] for f in answer["findings"]),
           "layout: a region around others", answer["findings"])
    result(run("dump", "dump", "--layout", nested).returncode == TROUBLE, "layout: regions that overlap")
    os.mkdir("folder")
    result(run("folder", "folder", "--layout", LAYOUT).returncode == TROUBLE, "layout: not of a directory")


if __name__ == "__main__":
    with Folder():
        environments()
        against_mkenvimage()
        by_magic()
        file_systems()
        by_layout()
    finish()
