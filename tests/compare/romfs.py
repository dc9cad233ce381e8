#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""romfs images made by genromfs: attacks, images that lie, and every file against what was put in."""
from pairs import *  # noqa: F403

PROGRAM = bytes(range(256)) * 5
FILES = {"bin/tool": PROGRAM, "etc/motd": b"hello\n", "etc/twin": b"hullo\n", "empty": b""}
LINKS = {"etc/link": "motd"}


def romfs(files=FILES, links=LINKS, hard=(("bin/tool", "bin/zoom"),), devices=("console,c,5,1", "sda,b,8,0"),
          patch=None, tail=b"", runnable=("bin/tool",), volume="volume"):
    with tempfile.TemporaryDirectory() as top:
        tree = top + "/tree"
        for path, content in files.items():
            full = os.path.join(tree, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            write(full, content)
            os.chmod(full, 0o755 if path in runnable else 0o644)
        for path, target in links.items():
            os.symlink(target, os.path.join(tree, path))
        for path, name in hard:
            os.link(os.path.join(tree, path), os.path.join(tree, name))
        for name in devices:
            write(os.path.join(tree, "@" + name), b"")
        subprocess.run(["genromfs", "-f", top + "/image", "-d", tree, "-V", volume], check=True,
                       stdout=subprocess.PIPE)
        with open(top + "/image", "rb") as f:
            image = f.read()
    return (patch(image) if patch else image) + tail


def put(image, at, data):
    return image[:at] + data + image[at + len(data):]


def summed(image, *headers):
    """Make the checksums of headers, and then that of the image, true again."""
    for at in headers:
        end = at + 16
        while 0 not in image[end:end + 16]:
            end += 16
        image = put(image, at + 12, bytes(4))
        image = put(image, at + 12, struct.pack(">I", -sum(struct.unpack_from(f">{(end + 16 - at) // 4}I", image, at))
                                                & 0xffffffff))
    image = put(image, 12, bytes(4))
    words = min(512, len(image)) // 4
    return put(image, 12, struct.pack(">I", -sum(struct.unpack_from(f">{words}I", image)) & 0xffffffff))


def header(image, name):
    return image.index(name.ljust(16, b"\0")) - 16


def edit(name, at, data):
    """Change a header and what is behind it, with true checksums."""
    def patch(image):
        start = header(image, name)
        return summed(put(image, start + at, data), start)
    return patch


def used(image):
    return struct.unpack_from(">I", image, 8)[0]


BASE = None


def make(**changes):
    """All changes are made to one image, for genromfs takes names in the order of the folder."""
    image = changes.get("image", BASE)
    for patch in changes.get("patches", ()):
        image = patch(image)
    return image + changes.get("tail", b"")


BENIGN = [("erase blocks filled up", {"tail": bytes(2048)}, "repacked", "container/padding@1")]
ATTACKS = [
    ("a byte of a program", [lambda i: put(i, i.index(PROGRAM) + 700, b"x")], "bin/tool: 1 byte differs"),
    ("a program that may not be run", [lambda i: edit(b"tool", 3, bytes([i[header(i, b"tool") + 3] & ~8]))(i)], "bin/tool: next header and type"),
    ("the target of a link", [lambda i: summed(put(i, header(i, b"link") + 32, b"evil"))], "etc/link: target"),
    ("a device's number", [edit(b"console", 7, b"\2")], "console: place or device"),
    ("a name", [edit(b"motd", 16, b"m0td")], "etc/m0td: only in the delivered file"),
    ("a name that ends in a space", [edit(b"motd", 20, b" ")], "etc/motd : only in the delivered"),
    ("a hard link to another file", [lambda i: edit(b"zoom", 4, struct.pack(">I", header(i, b"motd")))(i)],
     "bin/zoom: place or device"),
    ("bytes behind the end of a file", [lambda i: summed(put(i, header(i, b"motd") + 32 + 6, b"evil"))],
     "etc/motd: padding"),
    ("a size that shows what is behind it", [edit(b"motd", 11, b"\7")], "etc/motd"),
    ("the name of the volume", [lambda i: summed(put(i, 16, b"w"))], "volume name"),
    ("bytes behind the end of all files", [lambda i: put(i, used(i), b"evil")], "bytes of no file", {"tail"}),
    ("a false checksum", [lambda i: put(i, header(i, b"zoom") + 12, b"abcd")], "checksum is false"),
    ("a false checksum of the image", [lambda i: put(i, 12, b"abcd")], "checksum is false"),
]
LIES = [
    ("a list that ends where it begins", lambda i: edit(b"zoom", 0, struct.pack(">I", header(i, b"tool")))(i),
     "in two lists"),
    ("a directory in itself", lambda i: edit(b"bin", 4, struct.pack(">I", header(i, b"bin")))(i), "in two lists"),
    ("a header past the end", edit(b"bin", 4, b"\0\x10\0\0"), "past the end"),
    ("a directory between headers", lambda i: edit(b"bin", 4, struct.pack(">I", header(i, b"tool") + 4))(i),
     "no multiple of 16"),
    ("content past the end", edit(b"tool", 8, b"\x7f\xff\xff\xff"), "content past the end"),
    ("content of a directory", edit(b"bin", 11, b"\x10"), "content of what should have none"),
    ("a link between headers", lambda i: edit(b"zoom", 4, struct.pack(">I", header(i, b"tool") + 4))(i),
     "leads to no header"),
    ("a link past the end", edit(b"zoom", 4, b"\x7f\xff\xff\xf0"), "leads to no header"),
    ("an empty name", edit(b"motd", 16, bytes(4)), "not a file name"),
    ("a name that is too long", lambda i: put(i, header(i, b"tool") + 16, b"x" * 300),
     "a name without end"),
    ("a name without end", lambda i: put(summed(put(i, 8, struct.pack(">I", header(i, b"tool") + 24))),
                                         header(i, b"tool") + 16, b"x" * 8), "a name without end"),
    ("a name that is cut short", lambda i: summed(put(i, 8, struct.pack(">I", header(i, b"tool") + 24))),
     "a name past the end"),
    ("an image of no size", lambda i: summed(put(i, 8, b"\0\0\0\x10")), "cut short"),
    ("a link to nothing", edit(b"zoom", 4, b"\0\0\0\x10"), "leads to no header"),
    ("a name with a slash", edit(b"motd", 16, b"m/td"), "not a file name"),
    ("more bytes than there are", lambda i: summed(put(i, 8, b"\x7f\xff\xff\xff")), "cut short"),
    ("cut short", lambda i: i[:used(i) - 16], "cut short"),
    ("content over a header", edit(b"motd", 8, b"\0\0\0\x7f"), "serve two purposes"),
]


def against_the_tree():
    found = digests_in(BASE)
    result(found == {path: sha256(data) for path, data in FILES.items()}, "romfs: files and their digests", found)
    reads_to_end("romfs")


if __name__ == "__main__":
    need("genromfs")
    with Folder():
        BASE = romfs()
        table("romfs", make, BENIGN, [(text, {"patches": patches}, *rest) for text, patches, *rest in ATTACKS])
        for text, patch, piece in LIES:
            trial(f"romfs: {text}", patch(BASE), BASE, "inconclusive", piece)
            trial(f"romfs: {text}, rebuilt", BASE, patch(BASE), "inconclusive", piece)
        more = romfs(files={**FILES, "etc/rc.local": b"evil"})
        trial("romfs: a file more", more, BASE, "different", "etc/rc.local: only in the delivered file")
        trial("romfs: two files that changed names", romfs(files={
            **FILES, "etc/motd": FILES["etc/twin"], "etc/twin": FILES["etc/motd"]}), BASE, "different", "etc/motd")
        trial("romfs: half of a superblock", BASE[:24], BASE[:23] + b"x", "different", "differ")
        against_the_tree()
    finish()
