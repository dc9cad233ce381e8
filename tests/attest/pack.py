#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""assay bundle reference: what is in a pack. Every digest is computed here a second time."""
from packs import *  # noqa: F403


def contents(release, said):
    layout = said["layout"]
    check("product and update", said["product"] == {"name": "router", "version": "4.2.1"} and
          said["update"] == {"name": release.name, "size": len(release.update),
                             "digest": {"sha256": sha256(release.update)}}, said["update"])
    wanted = {"u-boot": (0, 2 * ERASE, release.uboot), "art": (2 * ERASE, ERASE, None),
              "kernel-a": (4 * ERASE, 4 * ERASE, release.kernel),
              "rootfs-a": (8 * ERASE, 24 * ERASE, release.rootfs),
              "kernel-b": (32 * ERASE, 4 * ERASE, release.kernel),
              "rootfs-b": (36 * ERASE, 28 * ERASE, release.rootfs)}
    check("all partitions, in order", [p["name"] for p in layout["partitions"]] == list(wanted))
    for part in layout["partitions"]:
        offset, size, data = wanted[part["name"]]
        check(f"{part['name']}: place", (part["offset"], part["size"]) == (offset, size), part)
        if data is None:
            check("an excluded one has a reason and no digest", part["exclude"] ==
                  "calibration of each device" and "content" not in part and "filled" not in part, part)
            continue
        content = part["content"]
        check(f"{part['name']}: exact extent", content["size"] == len(data) and
              content["sha256"] == sha256(data), content)
        blocks = [data[i:i + content["block"]] for i in range(0, len(data), content["block"])]
        check(f"{part['name']}: blocks", content["blocks"] == "".join(sha256(b)[:16] for b in blocks))
        check(f"{part['name']}: the whole of it", part["filled"] == [sha256(data.ljust(size, b"\xff"))])
    regions = {r["path"]: r for r in said["regions"]}
    at = release.update.index(release.kernel)
    check("regions: where they stand", regions["kernel.itb"]["offset"] == at and
          regions["kernel.itb"]["sha256"] == sha256(release.kernel), regions)
    check("files of a tree are no regions", not any("busybox" in p for p in regions), regions)


def files(said, tree):
    rows = {f["path"]: f for f in tree["files"]}
    check("all files, sorted", list(rows) == sorted(p for p, _, _ in root_files("4.2.1")), list(rows))
    busybox = bytes_of("busybox", 5000)
    check("a plain file", rows["bin/busybox"] == {"path": "bin/busybox", "mode": "4755", "size": 5000,
                                                  "sha256": sha256(busybox)}, rows["bin/busybox"])
    check("a link", rows["bin/sh"] == {"path": "bin/sh", "type": "symlink", "mode": "777",
                                       "link": "busybox"}, rows["bin/sh"])
    check("owners", (rows["etc/version"]["uid"], rows["etc/version"]["gid"]) == (7, 8))
    check("a device", rows["dev/null"] == {"path": "dev/null", "type": "character", "mode": "666",
                                           "device": 1 << 32 | 3}, rows["dev/null"])
    check("a folder", rows["etc"] == {"path": "etc", "type": "folder", "mode": "755"}, rows["etc"])
    check("exclusions", tree["exclusions"] == [{"path": "etc/config", "reason": "settings of each device"}])


def made():
    release = Release("4.2.1")
    text = make_pack(release)
    said = json.loads(text)
    check("a statement about the update", said["predicateType"] == REFERENCE and
          [s["digest"]["sha256"] for s in said["subject"]] == [sha256(release.update)])
    contents(release, said["predicate"])
    files(said["predicate"], said["predicate"]["trees"][0])
    evidence = said["predicate"]["evidence"]
    check("the verdict is inside as it was signed", [e["envelope"] for e in evidence] ==
          [json.loads(read(release.name + ".dsse.json"))] and evidence[0]["name"] == "fw-4.2.1.tar.dsse.json")
    check("nothing of the update is", not any(release.kernel[i:i + 16] in text
                                              for i in range(0, len(release.kernel), 997)))
    check("the same bytes again", make_pack(release) == text)
    schema(said["predicate"])
    return text


def schema(said):
    try:
        import jsonschema
    except ImportError:
        result(not STRICT, "needs python3-jsonschema" + ("" if STRICT else " # SKIP"))
        return
    with open(os.path.join(os.environ["top_srcdir"], "verifier/schema/reference-v1.json")) as f:
        validator = jsonschema.Draft202012Validator(json.load(f))
    check("it has the form of the schema", not list(validator.iter_errors(said)))
    said["trees"][0]["files"][1]["mode"] = "rwx"
    check("which refuses another", list(validator.iter_errors(said)))


def signed_by_assay():
    got = assay("sign", "--key", "a.key", "made.intoto.json")
    check("assay sign takes it", got.returncode == DONE and
          b"says       https://assay.example/reference/v1" in got.stdout, got)
    check("and makes a pack of it", os.path.getsize("made.dsse.json") < 1 << 20)


def squashfs():
    """The same tree in a squashfs by mksquashfs."""
    if not needs("squashfs-tools", "mksquashfs"):
        return
    release = Release("4.2.1")
    write("rootfs.tar", release.rootfs)
    got = run("sh", "-c", "sqfstar -comp xz -no-xattrs fs.sqfs < rootfs.tar") if shutil.which("sqfstar") else None
    if got is None or got.returncode != 0:
        result(not STRICT, "needs sqfstar" + ("" if STRICT else " # SKIP"))
        return
    release.rootfs = read("fs.sqfs")
    release.update = tar_of([("u-boot.bin", release.uboot, {}), ("kernel.itb", release.kernel, {}),
                             ("rootfs.tar", release.rootfs, {})])
    tree = json.loads(make_pack(release))["predicate"]["trees"][0]
    root = tree["files"].pop(0)
    check("squashfs: its own folder is there", root["path"] == "" and root["type"] == "folder", root)
    files(None, tree)
    write("with.tar", tar_of([(p, c, {**kw, "pax_headers": {"SCHILY.xattr.user.note": "x"}} if p == "etc" else kw)
                              for p, c, kw in root_files("4.2.1")], format=tarfile.PAX_FORMAT))
    got = run("sh", "-c", "sqfstar -xattrs with.sqfs < with.tar")
    release.update = tar_of([("u-boot.bin", release.uboot, {}), ("kernel.itb", release.kernel, {}),
                             ("rootfs.tar", read("with.sqfs"), {})])
    said = json.loads(make_pack(release))["predicate"]
    check("squashfs: an attribute", [(f["path"], f["attributes"]) for f in said["trees"][0]["files"]
                                     if "attributes" in f] == [("etc", {"user.note": "78"})], got)
    schema(said)


def refused_layouts():
    release = Release("4.2.1")
    make_pack(release)
    command = ["bundle", "reference", "--layout", "layout.yaml", "-o", "x", release.name]
    for text, pattern, old, new in (
            ("a member that is not there", "partition kernel-a: member none.itb",
             "content: kernel.itb", "content: none.itb"),
            ("no room for the content", "its content has 90000 bytes, it has 65536", f"size: {2 * ERASE}",
             f"size: {ERASE}"),
            ("an overlap", "partition art: begins at 0, where the one before it goes on to 131072",
             "name: art,", "name: art, offset: 0,"),
            ("past the end", "no room", f"offset: {32 * ERASE}", f"offset: {SIZE}"),
            ("a size past the end", "no room", f"size: {ERASE}, exclude", f"size: {SIZE}, exclude"),
            ("a name twice", "name", "name: rootfs-b", "name: rootfs-a"),
            ("excluded, with content", "has a content and is excluded", "exclude: calibration of each device",
             "exclude: x, content: kernel.itb"),
            ("another schema", "schema", "assay.layout/1", "assay.layout/2"),
            ("an unknown key", "colour", "device: test board", "colour: red\n  device: test board"),
            ("pages without OOB", "page and oob", "  fill: [255]", "  fill: [255]\n  page: 2048"),
            ("a tree that is none", "tree root: no tree that can be read", "member: rootfs.tar",
             "member: kernel.itb"),
            ("a fill that is no byte", "fill", "[255]", "[256]"),
            ("an exclusion that goes up", "exclusions[0].path", "path: etc/config", "path: ../etc")):
        changed = LAYOUT.replace(old, new, 1)
        assert changed != LAYOUT, text
        write("layout.yaml", changed)
        refused(f"a layout with {text}", pattern, *command)
    write("layout.yaml", "schema: assay.layout/1\n")
    refused("an empty layout", "neither a memory nor a tree", *command)
    write("layout.yaml", LAYOUT)
    write("v.json", envelope(verdict(release.update, product=None), "a"))
    refused("a verdict without product", "no verdict that names a product", *command[:-1], "-e", "v.json",
            release.name)
    write("v.json", "{}")
    refused("no envelope", "v.json", *command[:-1], "-e", "v.json", release.name)
    os.makedirs("mixed", exist_ok=True)
    write("mixed/1.dsse.json", envelope(verdict_of(release), "a"))
    write("mixed/2.dsse.json", envelope(verdict_of(Release("4.2.2")), "a"))
    refused("verdicts about two products", "another product", *command[:-1], "-e", "mixed", release.name)
    many = tar_of([(f"f/{i:06}", b"%d" % i, {}) for i in range(9000)])
    write("many.tar", many)
    write("many.yaml", "schema: assay.layout/1\ntrees:\n  - {name: all, member: .}\n")
    write("many.json", envelope(verdict(many), "a"))
    refused("more than a pack may have", "at most", "bundle", "reference", "-l", "many.yaml", "-e",
            "many.json", "-o", "x", "many.tar")


def hostile_trees():
    """Trees of which nobody can say what they are."""
    write("tree.yaml", "schema: assay.layout/1\ntrees:\n  - {name: root, member: .}\n")
    for text, pattern, members in (
            ("two files in one place", "there twice", [("a", b"1", {}), ("./a", b"2", {})]),
            ("a path that goes up", "leads out", [("../a", b"1", {})]),
            ("a hard link to nothing", "a hard link to nothing",
             [("a", None, {"type": tarfile.LNKTYPE, "linkname": "b"})]),
            ("no files", "no", [])):
        data = tar_of(members)
        write("t.tar", data)
        write("t.json", envelope(verdict(data), "a"))
        refused(f"a tree with {text}", pattern, "bundle", "reference", "-l", "tree.yaml", "-e", "t.json", "-o",
                "x", "t.tar")
    data = tar_of([("a", b"1", {"pax_headers": {"uid": "70000", "SCHILY.xattr.security.capability": "\x01\x02"}}),
                   ("b", None, {"type": tarfile.LNKTYPE, "linkname": "a", "pax_headers": {"uid": "70000"}})],
                  format=tarfile.PAX_FORMAT)
    write("t.tar", data)
    write("t.json", envelope(verdict(data), "a"))
    got = assay("bundle", "reference", "-l", "tree.yaml", "-e", "t.json", "-o", "x.json", "t.tar")
    rows = json.loads(read("x.json"))["predicate"]["trees"][0]["files"] if got.returncode == 0 else got
    check("pax: owner and capability, through a hard link", [
        {k: v for k, v in r.items() if k != "path"} for r in rows] == 2 * [
        {"mode": "644", "uid": 70000, "size": 1, "sha256": sha256(b"1"), "capability": "0102"}], rows)


if __name__ == "__main__":
    folder = in_folder()
    if needs("openssl", "openssl"):
        keys()
        made()
        signed_by_assay()
        squashfs()
        refused_layouts()
        hostile_trees()
    finish()
