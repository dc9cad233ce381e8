#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees that stand in images of ext and romfs, made by mke2fs, debugfs and genromfs: in packs, and in what
comes from the field."""
import struct

from packs import *  # noqa: F403

import ext  # noqa: E402, of ../compare
import romfs  # noqa: E402

RELEASE = Release("4.2.1")
BUSYBOX = bytes_of("busybox", 5000)


def ask(path, reference):
    write("policy.yaml", policy(SIGNERS, product="name: router", more=EXCLUSIONS))
    got = assay("check", "--policy", "policy.yaml", "--reference", reference, "--as", "tree", "--json",
                "answer.json", *NOW, path)
    return got.returncode, json.loads(read("answer.json")), got


def expect(text, status, begin, note, image, reference="tar.pack"):
    """note: of the only row, or part of the reason"""
    write("image", image)
    if os.path.exists("answer.json"):
        os.remove("answer.json")
    got_status, answer, got = ask("image", reference)
    rows = [(r["name"], r.get("note")) for r in answer.get("found", {}).get("rows", [])]
    check(text, got_status == status and answer["answer"].startswith(begin) and
          (note is None or note in rows or str(note) in str(answer)), f"{got}\n{answer}")


def put(image, at, data):
    return image[:at] + data + image[at + len(data):]


# --- ext ----------------------------------------------------------------------------------------


def ext_of(kind="ext4", files=(), nodes=(), commands=(), xattrs=(), sound=True, **changes):
    """The files of the release; changes are content of a file by its path."""
    plain = {p: (c, kw) for p, c, kw in root_files("4.2.1") if c is not None}
    content = {**{p: c for p, (c, _) in plain.items()}, **dict(files)}
    lines = [f"sif {p} {key} {value}" for p in content
             for key, value in (("mode", f"0{0o100000 | plain.get(p, (0, {}))[1].get('mode', 0o644):o}"),
                                ("uid", plain.get(p, (0, {}))[1].get("uid", 0)),
                                ("gid", plain.get(p, (0, {}))[1].get("gid", 0)))]
    return ext.ext(kind=kind, files=tuple(content.items()), modes=tuple(lines), owners=(), xattrs=tuple(xattrs),
                   nodes=("symlink bin/sh busybox", "mkdir dev", "cd dev", "mknod null c 1 3", "cd /",
                          "sif dev/null mode 0020666", *nodes), commands=("rmdir lost+found", *commands),
                   sound=sound)


def ext_images():
    for kind in ("ext4", "ext2", "inline"):
        expect(f"{kind}: the tree of the release", DONE, "match: router 4.2.1, less what is excluded", None,
               ext_of(kind))
    sound = ext_of()
    expect("ext: a hard link is a file", DIFFERENT, "different", ("bin/ash", "is not in the release"),
           ext_of(nodes=("ln bin/busybox bin/ash", "sif bin/busybox links_count 2")))
    for text, row, changes in (
            ("a file changed", ("bin/busybox", "content"), {"files": [("bin/busybox", put(BUSYBOX, 4999, b"x"))]}),
            ("a set-uid bit", ("etc/version", "mode (mode 4644, should be 0644)"),
             {"commands": ("sif etc/version mode 0104644",)}),
            ("an owner above 65535", ("etc/version", "owner"), {"commands": ("sif etc/version uid 65543",)}),
            ("a link turned", ("bin/sh", "target"), {"nodes": ("rm bin/sh", "symlink bin/sh /tmp/s")}),
            ("another device", ("dev/null", "device"),
             {"nodes": ("rm dev/null", "cd dev", "mknod null c 1 1", "cd /", "sif dev/null mode 0020666")}),
            ("a capability", ("bin/busybox", "capability"),
             {"xattrs": [("bin/busybox", "security.capability", ext.CAPS)]}),
            ("an access list", ("bin/busybox", "attribute system.posix_acl_access is not in the release"),
             {"xattrs": [("bin/busybox", "system.posix_acl_access", ACL)]}),
            ("a mark of an overlay", ("bin", "attribute trusted.overlay.opaque is not in the release"),
             {"xattrs": [("bin", "trusted.overlay.opaque", b"y")]}),
            ("one more file", ("etc/more", "is not in the release"), {"files": [("etc/more", b"x")]})):
        expect(f"ext: {text}", DIFFERENT, "different: router 4.2.1, but for 1", row, ext_of(**changes))
    for text, why, image in (
            ("a false checksum", "superblock checksum is false", put(sound, 1024 + 120, b"x")),
            ("a false number of links", "number of links is false",
             ext_of(commands=("sif bin/busybox links_count 2",), sound=False)),
            ("a journal that was not replayed", "its journal was not replayed",
             ext_of(commands=("feature needs_recovery",), sound=False)),
            ("bytes behind its end", "bytes behind its end", sound + b"hidden" * 100),
            ("cut short", "cut short", sound[:-1024])):
        expect(f"ext: {text} proves nothing", INCONCLUSIVE, "inconclusive", why, image)
    expect("ext: in a partition that is filled up", DONE, "match", None, sound + b"\xff" * 4096)


# As getxattr(2) has it: user::rw-, user:1000:rw-, group::r--, mask::rw-, other::r--
NOBODY = 0xffffffff
ACL = struct.pack("<I" + "HHI" * 5, 2, 1, 6, NOBODY, 2, 6, 1000, 4, 4, NOBODY, 16, 6, NOBODY, 32, 4, NOBODY)


def ext_pack():
    release = Release("4.2.1")
    release.rootfs = ext_of(xattrs=[("bin/busybox", "security.capability", ext.CAPS), ("etc", "user.note", b"x"),
                                    ("etc/version", "system.posix_acl_access", ACL)])
    tree = pack_of(release, "ext.pack")
    found = {f["path"]: f for f in tree["files"]}
    check("ext: all files, sorted", list(found) == ["", *sorted(p for p, _, _ in root_files("4.2.1"))], list(found))
    check("ext: a file", found["bin/busybox"] == {
        "path": "bin/busybox", "mode": "4755", "size": 5000, "sha256": sha256(BUSYBOX),
        "capability": ext.CAPS.hex()}, found["bin/busybox"])
    check("ext: owners, a link, a device", (found["etc/version"]["uid"], found["etc/version"]["gid"],
                                            found["bin/sh"]["link"], found["dev/null"]["device"]) ==
          (7, 8, "busybox", 1 << 32 | 3), tree)
    check("ext: an attribute, and an access list as getxattr(2) returns it", (
        found["etc"]["attributes"], found["etc/version"]["attributes"]) == (
            {"user.note": "78"}, {"system.posix_acl_access": ACL.hex()}), found)
    expect("ext: an image against its own pack", DONE, "match", None, release.rootfs, "ext.pack")
    expect("ext: a capability that is gone", DIFFERENT, "different", ("bin/busybox", "capability"), ext_of(),
           "ext.pack")


def pack_of(release, output):
    release.update = tar_of([("u-boot.bin", release.uboot, {}), ("kernel.itb", release.kernel, {}),
                             ("rootfs.tar", release.rootfs, {})])
    layout = "schema: assay.layout/1\ntrees:\n  - {name: root, member: rootfs.tar}\n"
    return json.loads(make_pack(release, layout, output=output))["predicate"]["trees"][0]


# --- romfs --------------------------------------------------------------------------------------


def romfs_pack():
    """What Linux makes of it: fs/romfs/super.c. Everything is root's; one bit says what may be run."""
    release = Release("4.2.1")
    release.rootfs = image = romfs.romfs()
    found = {f["path"]: f for f in pack_of(release, "romfs.pack")["files"]}
    tool = {"mode": "755", "size": len(romfs.PROGRAM), "sha256": sha256(romfs.PROGRAM)}
    wanted = {"": {"type": "folder", "mode": "755"}, "bin": {"type": "folder", "mode": "755"}, "bin/tool": tool,
              "bin/zoom": tool, "console": {"type": "character", "mode": "600", "device": 5 << 32 | 1},
              "empty": {"mode": "644", "size": 0, "sha256": sha256(b"")}, "etc": {"type": "folder", "mode": "755"},
              "etc/link": {"type": "symlink", "mode": "777", "link": "motd"},
              "etc/motd": {"mode": "644", "size": 6, "sha256": sha256(b"hello\n")},
              "etc/twin": {"mode": "644", "size": 6, "sha256": sha256(b"hullo\n")},
              "sda": {"type": "block", "mode": "600", "device": 8 << 32}}
    check("romfs: all files", found == {p: {"path": p, **w} for p, w in wanted.items()}, found)
    expect("romfs: an image against its own pack", DONE, "match", None, image, "romfs.pack")
    return image


def romfs_images():
    image = romfs_pack()
    at = romfs.header
    link = next(name for name in (b"bin/zoom", b"bin/tool") if image[at(image, name[4:]) + 3] & 7 == 0)
    expect("romfs: in a partition that is filled up", DONE, "match", None, image + b"\xff" * 4096, "romfs.pack")

    def word(name, offset, value):
        return romfs.edit(name, offset, struct.pack(">I", value))(image)
    for text, row, changed in (
            ("a file changed, which has two names", ("bin/tool", "content"),
             put(image, image.index(romfs.PROGRAM) + 700, b"x")),
            ("a file that may be run", ("etc/motd", "mode (mode 0755, should be 0644)"),
             romfs.edit(b"motd", 3, bytes([image[at(image, b"motd") + 3] | 8]))(image)),
            ("a link turned", ("etc/link", "target"),
             romfs.summed(put(image, at(image, b"link") + 32, b"evil"))),
            ("another device", ("console", "device"), romfs.edit(b"console", 7, b"\2")(image)),
            ("a hard link to another file", (link.decode(), "mode, content (mode 0644, should be 0755)"),
             word(link[4:], 4, at(image, b"twin"))),
            ("a hard link in front of its file", ("empty", "content"), romfs.edit(
                b"empty", 3, bytes([image[at(image, b"empty") + 3] & ~7]) + struct.pack(">I", at(image, b"twin")))(
                    image))):
        expect(f"romfs: {text}", DIFFERENT, "different: router 4.2.1", row, changed, "romfs.pack")
    for text, why, changed in (
            ("a false checksum", "checksum is false", put(image, 12, b"abcd")),
            ("a hard link to a folder", "a hard link to a folder", word(link[4:], 4, at(image, b"etc"))),
            ("a root with another list than its own", "a root that is not", word(b".", 4, 0)),
            ("a root that is called otherwise", "a root that is not", romfs.edit(b".", 16, b"x")(word(b".", 4, 0))),
            ("a folder in a folder's own place", "a name that nobody can open",
             romfs.edit(b"etc", 16, b".\0\0")(image)),
            ("a device that Linux does not have", "a device that Linux", word(b"console", 4, 0x10050001)),
            ("bytes behind its end", "bytes behind its end", image + b"hidden" * 100)):
        expect(f"romfs: {text} proves nothing", INCONCLUSIVE, "inconclusive", why, changed, "romfs.pack")


if __name__ == "__main__":
    folder = in_folder()
    if needs("openssl", "openssl"):
        keys()
        make_pack(RELEASE, output="tar.pack")
        if needs("e2fsprogs", "mke2fs"):
            ext_images()
            ext_pack()
        if needs("genromfs", "genromfs"):
            romfs_images()
    finish()
