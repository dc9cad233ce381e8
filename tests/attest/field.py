#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""assay check --reference: updates, dumps, trees and digests from the field, held against packs."""
import stat
import struct

from packs import *  # noqa: F403

NEW, OLD = Release("4.2.1"), Release("4.1.0")
PAGE, OOB = 2048, 64


def ask(kind, path, policy_text=None, reference="packs", options=()):
    """Return: (status, answer as JSON, process)."""
    write("policy.yaml", policy_text or field_policy())
    if os.path.exists("answer.json"):
        os.remove("answer.json")
    got = assay("check", "--policy", "policy.yaml", "--reference", reference, "--as", kind, "--json",
                "answer.json", *NOW, *options, path)
    answer = json.loads(read("answer.json")) if os.path.exists("answer.json") else {}
    return got.returncode, answer, got


def field_policy(product="name: router", more=EXCLUSIONS, **kw):
    return policy(SIGNERS, product=product, more=more, **kw)


def expect(text, status, pattern, *args, **kw):
    """pattern: how the answer begins. Return: the answer"""
    got_status, answer, got = ask(*args, **kw)
    check(text, got_status == status and answer.get("answer", "").startswith(pattern) and
          "identical" not in got.stdout.decode().replace("proved: identical", ""), f"{got}\n{answer}")
    return answer


def rows(answer):
    return {r["name"]: r for r in answer.get("found", {}).get("rows", [])}


def adds_up(answer):
    """Every byte of the memory is in one row, and in one class of it."""
    at = 0
    for row in answer["found"]["rows"]:
        counts = row["bytes"]
        if row["offset"] != at or counts["total"] != sum(
                counts[c] for c in ("match", "padding", "excluded", "unexplained")):
            return False
        at += counts["total"]
    return at == SIZE


def set_up():
    os.mkdir("packs")
    for release in (NEW, OLD):
        make_pack(release)
        os.rename(release.pack, "packs/" + release.pack)


def updates():
    expect("the update as it was shipped", DONE, "router 4.2.1: proved: identical, by 2 owners", "update",
           NEW.name)
    expect("an older one", DONE, "router 4.1.0: proved", "update", OLD.name)
    expect("an older one, where the policy has a minimum", TRUST,
           "router 4.1.0: is about version 4.1.0, which is older than 4.2.0: a rollback", "update", OLD.name,
           field_policy("name: router, minimum: 4.2.0"))
    write("other.bin", NEW.update[:-1] + b"x")
    expect("another file", TRUST, "not proved: no pack that counts is about this file", "update", "other.bin")
    answer = expect("one pack", DONE, "router 4.2.1: proved", "update", NEW.name,
                    reference="packs/" + NEW.pack)
    check("the packs are told", [p["version"] for p in answer["packs"]] == ["4.2.1"])


def two_packs():
    """Who says no is heard, whichever pack has it; until it is taken back."""
    def pack_with(name, *said):
        made = json.loads(text)
        made["predicate"]["evidence"] += [{"name": f"more {i}", "envelope": json.loads(e)}
                                          for i, e in enumerate(said)]
        write(f"no/{name}.reference.dsse.json", envelope(None, "a", "b", payload=json.dumps(made).encode()))
    os.mkdir("no")
    text = make_pack(NEW)
    write("no/1.reference.dsse.json", read(NEW.pack))
    os.remove(NEW.pack)
    no = verdict_of(NEW, verdict="NOT_EQUIVALENT", tier="different")
    digest = {"sha256": sha256(json.dumps(no).encode())}
    amended = envelope(verdict_of(NEW, supersedes={"digest": digest}), "a", "b", "c")
    pack_with("2", envelope(no, "c"))
    why = "router 4.2.1: different: "
    expect("one says no in another pack", DIFFERENT, why, "update", NEW.name, reference="no")
    write("dump", NEW.memory())
    expect("a dump of it", DIFFERENT, "the device holds " + why, "dump", "dump", reference="no")
    pack_with("1", envelope(no, "c"), amended)
    expect("and took it back in a later one", DONE, "router 4.2.1: proved", "update", NEW.name, reference="no")
    pack_with("2", envelope(verdict_of(NEW, verdict="NOT_EQUIVALENT", tier="different"), "stranger"))
    expect("a stranger says no in another pack", DONE, "router 4.2.1: proved", "update", NEW.name,
           reference="no")


def dumps():
    write("dump", NEW.memory())
    answer = expect("a dump", DONE, "match: router 4.2.1, less what is excluded", "dump", "dump",
                    options=["--acquired", "clip on the \x1b chip"])
    check("every byte has one class", adds_up(answer), answer)
    check("how it was got is told, without tricks", answer["acquired"] == "clip on the \\x1b chip" and
          answer["as"] == "dump", answer)
    table = rows(answer)
    check("classes of a partition", table["kernel-a"]["bytes"] == {
        "total": 4 * ERASE, "match": len(NEW.kernel), "padding": 4 * ERASE - len(NEW.kernel), "excluded": 0,
        "unexplained": 0} and table["kernel-a"]["state"] == "match", table["kernel-a"])
    check("what is excluded is told with its reason", table["art"]["state"] == "excluded" and
          table["art"]["note"] == "calibration of each device" and
          table["art"]["bytes"]["excluded"] == ERASE, table["art"])
    answer = expect("not stated how it was got", DONE, "match", "dump", "dump")
    check("and told so", answer["acquired"] == "not stated")
    write("dump", NEW.memory(art=bytes_of("art", ERASE)))
    expect("another calibration", DONE, "match", "dump", "dump")


def slots():
    write("dump", NEW.memory(("same", "empty")))
    answer = expect("an empty slot", DONE, "match: router 4.2.1, slot b is empty", "dump", "dump")
    check("a slot that is empty", answer["found"]["slots"][1] == {"name": "b", "empty": True}, answer)
    write("dump", NEW.memory(("same", "other"), other=OLD))
    answer = expect("an older release in the other slot is told", DONE,
                    "match: router 4.2.1, slot b holds 4.1.0", "dump", "dump")
    check("every byte has one class then", adds_up(answer))
    expect("an older release in the other slot, below the minimum", TRUST,
           "slot b holds router 4.1.0: is about version 4.1.0, which is older than 4.2.0: a rollback", "dump",
           "dump", field_policy("name: router, minimum: 4.2.0"))
    answer = expect("an older release that nobody knows", DIFFERENT, "different: router 4.2.1, but for",
                    "dump", "dump", reference="packs/" + NEW.pack)
    check("it is no release", "version" not in answer["found"]["slots"][1])
    write("dump", OLD.memory(("same", "same")))
    expect("a device that has the older release", TRUST,
           "the device holds router 4.1.0: is about version 4.1.0, which is older", "dump", "dump",
           field_policy("name: router, minimum: 4.2.0"))
    mixed = NEW.memory(("same", "same"))
    mixed[32 * ERASE:32 * ERASE + len(OLD.kernel)] = OLD.kernel
    write("dump", mixed)
    answer = expect("an older kernel beside a newer file system", DIFFERENT, "different", "dump", "dump")
    check("it is told which", rows(answer)["kernel-b"]["note"] == "has the content of router 4.1.0", answer)
    write("dump", NEW.memory(("empty", "empty")))
    expect("two empty slots", DIFFERENT, "different", "dump", "dump")
    half = NEW.memory(("same", "same"))
    half[36 * ERASE:] = b"\xff" * (SIZE - 36 * ERASE)
    write("dump", half)
    expect("a slot that is half erased", DIFFERENT, "different", "dump", "dump")


def swapped_slots():
    """The same parts in another release, whose slot b is where this one's slot a is."""
    respin = Release(NEW.version)
    respin.version, respin.name, respin.pack = "4.2.2", "fw-4.2.2.tar", "fw-4.2.2.reference.dsse.json"
    respin.update = tar_of([("u-boot.bin", NEW.uboot, {}), ("kernel.itb", NEW.kernel, {}),
                            ("rootfs.tar", NEW.rootfs, {}), ("notes", b"the same again", {})])
    os.mkdir("both")
    shutil.copy("packs/" + NEW.pack, "both")
    make_pack(respin, LAYOUT.replace("-a, slot: a", "-x, slot: b").replace("-b, slot: b", "-y, slot: a"))
    os.rename(respin.pack, "both/" + respin.pack)
    write("dump", NEW.memory(("same", "empty")))
    answer = expect("what one slot has is not the other's as well", DONE, "match: router 4.2.2, slot a is empty",
                    "dump", "dump", reference="both")
    check("every byte has one class there", adds_up(answer), answer)


def revoked():
    write("dump", NEW.memory(("same", "other"), other=OLD))
    said = {"schema": "assay.revocation/1", "number": 1, "issued": "2026-11-01T00:00:00Z",
            "expires": "2026-12-01T00:00:00Z", "revoked": [{"sha256": sha256(OLD.update), "reason": "a hole"}]}
    kind = "application/vnd.assay.revocation+json"
    data = json.dumps(said).encode()
    write("list", json.dumps({"payload": b64(data), "payloadType": kind, "signatures": [
        {"sig": b64(openssl_sign("r", "ed25519", pae(data, kind)))}]}))
    expect("a revoked release in the other slot", TRUST, "slot b holds router 4.1.0: revoked: a hole", "dump",
           "dump", options=["--revocations", "list"])
    write("tree.tar", OLD.rootfs)
    expect("the tree of a revoked release", TRUST, "the device holds router 4.1.0: revoked: a hole", "tree",
           "tree.tar", options=["--revocations", "list"])
    said["revoked"][0]["sha256"] = sha256(json.loads(read("packs/" + NEW.pack))["payload"].encode())
    said["revoked"][0]["sha256"] = sha256(__import__("base64").b64decode(
        json.loads(read("packs/" + NEW.pack))["payload"]))
    data = json.dumps(said).encode()
    write("list", json.dumps({"payload": b64(data), "payloadType": kind, "signatures": [
        {"sig": b64(openssl_sign("r", "ed25519", pae(data, kind)))}]}))
    expect("a revoked pack", TRUST, "slot a holds router 4.2.1: this statement was revoked: a hole", "dump",
           "dump", options=["--revocations", "list"])


def changed_dumps():
    """One byte anywhere outside of what is excluded is found, where it is."""
    clean = NEW.memory()
    for text, at, name in (("the first byte", 0, "u-boot"), ("the boot loader", 50000, "u-boot"),
                           ("padding behind it", 90000, "u-boot"), ("the last byte of padding", 2 * ERASE - 1, "u-boot"),
                           ("a byte in no partition", 3 * ERASE + 7, "(in no partition)"),
                           ("the kernel", 4 * ERASE + 100001, "kernel-a"),
                           ("behind the file system", 8 * ERASE + len(NEW.rootfs), "rootfs-a"),
                           ("the end of the memory", SIZE - 1, "rootfs-b")):
        dump = bytearray(clean)
        dump[at] ^= 0x10
        write("dump", dump)
        answer = expect(f"changed: {text}", DIFFERENT, "different: router 4.2.1, but for 1", "dump", "dump")
        row = [r for r in answer["found"]["rows"] if r["state"] == "different"]
        check(f"changed: {text}: found there and nowhere else", len(row) == 1 and row[0]["name"] == name and
              any(r["offset"] <= at < r["offset"] + r["length"] for r in row[0]["unexplained"]) and
              row[0]["bytes"]["unexplained"] <= 4096 and adds_up(answer) and "note" not in row[0], row)
    dump = bytearray(clean)
    dump[3 * ERASE + 1000:3 * ERASE + 1016] = bytes(16)
    write("dump", dump)
    expect("zeros in erased memory", DIFFERENT, "different", "dump", "dump")
    write("dump", clean[:-1])
    expect("cut short by a byte", INCONCLUSIVE, "inconclusive", "dump", "dump")
    write("dump", clean[:6 * ERASE])
    expect("cut in a partition", INCONCLUSIVE, "inconclusive", "dump", "dump")
    write("dump", b"")
    expect("nothing at all", INCONCLUSIVE, "inconclusive", "dump", "dump")
    write("dump", clean + b"\xff")
    answer = expect("one byte more", DIFFERENT, "different", "dump", "dump")
    check("it is behind the end", rows(answer)["(behind the end)"]["bytes"]["unexplained"] == 1)
    write("dump", b"\xff" * SIZE)
    expect("an erased memory", DIFFERENT, "different", "dump", "dump")
    write("dump", bytes_of("noise", SIZE))
    expect("noise", DIFFERENT, "different", "dump", "dump")
    moved = bytearray(clean)
    moved[0:ERASE], moved[ERASE:2 * ERASE] = moved[ERASE:2 * ERASE], moved[0:ERASE]
    write("dump", moved)
    expect("two blocks that changed places", DIFFERENT, "different", "dump", "dump")


def with_oob(dump, apart):
    pages = [dump[i:i + PAGE] for i in range(0, len(dump), PAGE)]
    spare = [hashlib.sha256(p).digest() * 2 for p in pages]
    if apart:
        return b"".join(pages) + b"".join(spare)
    return b"".join(p + s for p, s in zip(pages, spare))


def nand():
    os.mkdir("nand")
    for apart in (False, True):
        layout = LAYOUT.replace("  fill:", f"  page: {PAGE}\n  oob: {OOB}\n  oob_placement: "
                                f"{'apart' if apart else 'beside'}\n  fill:")
        make_pack(NEW, layout, output="nand/" + NEW.pack)
        word = "apart" if apart else "beside"
        write("dump", with_oob(NEW.memory(), apart))
        answer = expect(f"NAND with OOB {word}", DONE, "match: router 4.2.1, less", "dump", "dump",
                        reference="nand")
        check(f"NAND with OOB {word}: told", answer["found"]["outOfBand"] == SIZE // PAGE * OOB and
              adds_up(answer))
        write("dump", NEW.memory())
        expect(f"the same without OOB ({word})", DONE, "match", "dump", "dump", reference="nand")
        dump = NEW.memory()
        dump[4 * ERASE + PAGE] ^= 1
        write("dump", with_oob(dump, apart))
        answer = expect(f"NAND with OOB {word}, changed", DIFFERENT, "different", "dump", "dump",
                        reference="nand")
        check(f"NAND {word}: the offset is the memory's", [
            r["unexplained"][0]["offset"] for r in answer["found"]["rows"] if r["state"] == "different"] ==
            [4 * ERASE], answer)


def make_tree(release, folder):
    """The root file system as files; without root, owners and devices stay as they can be."""
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    os.chmod(folder, 0o755)
    for path, content, kw in root_files(release.version):
        where = os.path.join(folder, path)
        kind = kw.get("type")
        if kind == tarfile.DIRTYPE:
            os.mkdir(where)
        elif kind == tarfile.SYMTYPE:
            os.symlink(kw["linkname"], where)
            continue
        elif kind == tarfile.CHRTYPE:
            os.mknod(where, stat.S_IFCHR | 0o666, os.makedev(kw["devmajor"], kw["devminor"]))
        else:
            write(where, content)
        os.chown(where, kw.get("uid", 0), kw.get("gid", 0))
        os.chmod(where, kw.get("mode", 0o644))


def pax_tar(records, kind=tarfile.XHDTYPE, version="4.2.1", path="etc/version"):
    """The tree with a pax header before a file; a global one is the second before all of them."""
    files = root_files(version)
    at = [p for p, _, _ in files].index(path) if kind == tarfile.XHDTYPE else 0
    ends = b"".join(next(b"%d %s\n" % (n, r) for n in range(len(r), 999) if len(b"%d %s\n" % (n, r)) == n)
                    for r in records)
    headers = [("pax", b"18 comment=nobody\n", {"type": kind})] * (kind == tarfile.XGLTYPE)
    return tar_of([*files[:at], *headers, ("pax", ends, {"type": kind}), *files[at:]], format=tarfile.USTAR_FORMAT)


def tricks(version):
    """What unpacks to another tree than it seems to have."""
    files = root_files(version)
    turned = [(p, None, {"type": tarfile.SYMTYPE, "linkname": "../bin"}) if p == "etc/config" else (p, c, kw)
              for p, c, kw in files]
    config = files.index([f for f in files if f[0] == "etc/config"][0])
    capability = b64(bytes.fromhex("0100000200040000000000000000000000000000"))
    return (
        ("a file below an excluded link", tar_of([*turned, ("etc/config/busybox", b"evil", {})])),
        ("a file below an excluded file", tar_of([*files, ("etc/config/busybox", b"evil", {})])),
        *((f"a hard link with {what} at an excluded path", tar_of([
            *files[:config], *files[config + 1:], ("etc/config", None, {
                "type": tarfile.LNKTYPE, "linkname": "etc/version", "uid": 7, "gid": 8, **kw})], format=form))
          for what, kw, form in (
              ("another mode", {"mode": 0o4644}, tarfile.GNU_FORMAT), ("another owner", {"uid": 0}, tarfile.GNU_FORMAT),
              ("another group", {"gid": 0}, tarfile.GNU_FORMAT),
              ("an attribute", {"pax_headers": {"SCHILY.xattr.user.x": "x"}}, tarfile.PAX_FORMAT),
              ("a capability", {"pax_headers": {"SCHILY.xattr.security.capability": "x"}}, tarfile.PAX_FORMAT))),
        ("a file with a slash behind its name", tar_of([
            *files[:config], ("etc/config", None, {"type": tarfile.DIRTYPE}),
            ("etc/config/x/", None, {}), *files[config + 1:]])),
        ("a link in the place of its root", tar_of([("./", None, {"type": tarfile.SYMTYPE, "linkname": "x"}),
                                                    *files])),
        ("root as the owner of all", pax_tar([b"uid=0"], tarfile.XGLTYPE)),
        ("root's group for all", pax_tar([b"gid=0"], tarfile.XGLTYPE)),
        ("a capability as libarchive writes it", pax_tar([
            b"LIBARCHIVE.xattr.security.capability=" + capability.encode()])),
        ("the same, under another spelling", pax_tar([
            b"LIBARCHIVE.xattr.security%2Ecapability=" + capability.encode()])),
        ("a capability for all", pax_tar([b"SCHILY.xattr.security.capability=" + b"x" * 20], tarfile.XGLTYPE)),
        ("another attribute as libarchive writes it", pax_tar([b"LIBARCHIVE.xattr.user.a=eA=="])),
        ("an access list in words", pax_tar([b"SCHILY.acl.access=user::rw-,user:7:rw-,group::r--,mask::rw-,other::r--"])),
        ("an attribute twice", pax_tar([b"SCHILY.xattr.security.selinux=a", b"RHT.security.selinux=a"])),
        ("an attribute without a name", pax_tar([b"SCHILY.xattr.=a"])),
        ("a label for all", pax_tar([b"RHT.security.selinux=a"], tarfile.XGLTYPE)),
        ("another device as libarchive reads it", pax_tar([b"SCHILY.devminor=2"], path="dev/null")),
        ("another device for all", pax_tar([b"SCHILY.devminor=2"], tarfile.XGLTYPE)),
        ("another owner by name in pax", pax_tar([b"uname=root"])),
        ("another group by name in pax", pax_tar([b"gname=root"])),
        ("another owner by name", tar_of([(p, c, {**kw, "uname": "root"} if p == "etc/version" else kw)
                                          for p, c, kw in files])))


def trees():
    tar = "tree.tar"
    write(tar, NEW.rootfs)
    answer = expect("a tar of the tree", DONE, "match: router 4.2.1, less what is excluded", "tree", tar)
    check("counted", answer["found"]["matched"] == 7 and answer["found"]["excluded"] == 1, answer)
    run("gzip", "-kf", tar)
    expect("the same, compressed", DONE, "match: router 4.2.1", "tree", tar + ".gz")
    write(tar, OLD.rootfs)
    expect("that of the older release", DONE, "match: router 4.1.0", "tree", tar)
    expect("that of the older release, below the minimum", TRUST,
           "the device holds router 4.1.0: is about version 4.1.0, which is older than 4.2.0: a rollback", "tree",
           tar, field_policy("name: router, minimum: 4.2.0"))

    def edited(change):
        members = change({p: (p, c, dict(kw)) for p, c, kw in root_files("4.2.1")})
        write(tar, tar_of(list(members.values())))

    def set_kw(path, **kw):
        def change(m):
            m[path][2].update(kw)
            return m
        return change

    def content(path, data):
        return lambda m: {**m, path: (path, data, m[path][2])}
    for text, status, name, note, change in (
            ("a file changed", DIFFERENT, "bin/busybox", "content", content("bin/busybox", b"evil")),
            ("a set-uid bit", DIFFERENT, "etc/version", "mode (mode 4644, should be 0644)",
             set_kw("etc/version", mode=0o4644)),
            ("an owner", DIFFERENT, "etc/version", "owner", set_kw("etc/version", uid=0)),
            ("a link turned", DIFFERENT, "bin/sh", "target", set_kw("bin/sh", linkname="/tmp/sh")),
            ("another device", DIFFERENT, "dev/null", "device", set_kw("dev/null", devminor=1)),
            ("a file where a link was", DIFFERENT, "bin/sh", "type, mode (mode 0755, should be 0777)",
             lambda m: {**m, "bin/sh": ("bin/sh", b"#!", {"mode": 0o755})}),
            ("one more file", DIFFERENT, "bin/more", "is not in the release",
             lambda m: {**m, "bin/more": ("bin/more", b"x", {})}),
            ("one file less", DIFFERENT, "etc/version", "is missing",
             lambda m: {k: v for k, v in m.items() if k != "etc/version"}),
            ("a name with tricks", DIFFERENT, "bin/\\x1b[2J", "is not in the release",
             lambda m: {**m, "x": ("bin/\x1b[2J", b"x", {})})):
        edited(change)
        answer = expect(f"a tree with {text}", status, "different: router 4.2.1, but for 1", "tree", tar)
        check(f"{text}: told", [(r["name"], r["note"]) for r in answer["found"]["rows"]] == [(name, note)], answer)
    for record, note in (
            (b"SCHILY.xattr.user.note=x", "attribute user.note is not in the release"),
            (b"SCHILY.xattr.user.empty=", "attribute user.empty is not in the release"),
            (b"SCHILY.xattr.trusted.overlay.opaque=y", "attribute trusted.overlay.opaque is not in the release"),
            (b"SCHILY.xattr.system.posix_acl_access=\2\0\0\0",
             "attribute system.posix_acl_access is not in the release"),
            (b"RHT.security.selinux=system_u:object_r:x:s0", "attribute security.selinux is not in the release"),
            (b"SCHILY.xattr.security.capability=x", "capability")):
        write(tar, pax_tar([record]))
        answer = expect(f"a tree with {record}", DIFFERENT, "different: router 4.2.1, but for 1", "tree", tar)
        check(f"{record}: told", [(r["name"], r["note"]) for r in answer["found"]["rows"]] == [
            ("etc/version", note)], answer)
    edited(content("etc/config", b"changed by its owner"))
    expect("a tree in which an excluded file changed", DONE, "match", "tree", tar)
    write(tar, tar_of([f if f[0] != "etc/config" else ("etc/config", None, {
        "type": tarfile.LNKTYPE, "linkname": "bin/busybox", "mode": 0o4755}) for f in root_files("4.2.1")]))
    expect("a tree in which an excluded file is a hard link", DONE, "match", "tree", tar)
    edited(lambda m: {**m, "etc/config2": ("etc/config2", b"x", {})})
    expect("a name that begins like an excluded one", DIFFERENT, "different", "tree", tar)
    for text, data in (("cut short", NEW.rootfs[:3000]), ("garbage", b"garbage"), ("nothing", b""),
                       ("bytes behind its end", NEW.rootfs + b"x" * 512),
                       ("a file twice", tar_of([*root_files("4.2.1"), ("bin/busybox", b"evil", {})])),
                       ("a path that goes up", tar_of([*root_files("4.2.1"), ("../x", b"evil", {})])),
                       *tricks("4.2.1")):
        write(tar, data)
        status, answer, got = ask("tree", tar)
        check(f"a tar with {text} proves nothing", status in (DIFFERENT, INCONCLUSIVE) and
              answer["answer"].split(":")[0] in ("different", "inconclusive"), got)


LABEL = b"system_u:object_r:etc_t:s0"


def attributes():
    """A release that has extended attributes, in a tar and in a folder."""
    release = Release("4.2.1")
    there = [b"SCHILY.xattr.user.a=x", b"SCHILY.xattr.user.b=y", b"RHT.security.selinux=" + LABEL]
    release.rootfs = pax_tar(there)
    release.update = tar_of([("u-boot.bin", release.uboot, {}), ("kernel.itb", release.kernel, {}),
                             ("rootfs.tar", release.rootfs, {})])
    text = make_pack(release, "schema: assay.layout/1\ntrees:\n  - {name: root, member: rootfs.tar}\n",
                     output="labelled.pack")
    found = {f["path"]: f for f in json.loads(text)["predicate"]["trees"][0]["files"]}
    check("attributes are in the pack", found["etc/version"]["attributes"] == {
        "security.selinux": LABEL.hex(), "user.a": "78", "user.b": "79"} and "attributes" not in found["bin/busybox"],
          found)

    def trial(what, status, note, records):
        write("tree.tar", pax_tar(records))
        answer = expect(f"attributes: {what}", status, "different" if status else "match", "tree", "tree.tar",
                        reference="labelled.pack")
        check(f"attributes: {what}: told", [r["note"] for r in answer["found"]["rows"]] == ([note] if note else []),
              answer)
        check(f"attributes: {what}: what is not compared is named", [
            "flags of chattr(1)" in n for n in answer["found"]["notCompared"]] == [True], answer)
    trial("all of them", DONE, None, there)
    trial("in another order, a label with a NUL", DONE, None, [
        b"SCHILY.xattr.security.selinux=" + LABEL + b"\0", there[1], there[0]])
    trial("another value", DIFFERENT, "attribute user.a", [b"SCHILY.xattr.user.a=z", *there[1:]])
    trial("another label", DIFFERENT, "attribute security.selinux", [*there[:2], b"RHT.security.selinux=x"])
    trial("one less", DIFFERENT, "attribute user.b is missing", [there[0], there[2]])
    trial("one more", DIFFERENT, "attribute user.c is not in the release", [*there, b"SCHILY.xattr.user.c=y"])
    if os.geteuid() != 0:
        return
    make_tree(NEW, "root")
    try:
        for name, value in (("user.a=", b"x"), ("user.b", b"y"), ("security.selinux", LABEL)):
            os.setxattr("root/etc/version", name, value)
    except OSError as why:
        result(True, f"a name with an equals sign # SKIP {why.strerror}")
        return
    answer = expect("a name with an equals sign", DIFFERENT, "different: router 4.2.1, but for 1", "tree", "root",
                    reference="labelled.pack")
    check("it is not the name before it", [r["note"] for r in answer["found"]["rows"]] == [
        "attribute user.a is missing, attribute user.a= is not in the release"], answer)


def folder_attributes():
    make_tree(NEW, "root")
    for path, name, value in (("root/bin", "user.note", b"x"), ("root/bin/busybox", "user.note", b"x"),
                              ("root/bin/busybox", "system.posix_acl_access", struct.pack(
                                  "<I" + "HHI" * 5, 2, 1, 6, NOBODY, 2, 6, 1000, 4, 4, NOBODY, 16, 6, NOBODY, 32, 4,
                                  NOBODY)),
                              ("root/bin/sh", "trusted.overlay.redirect", b"x"),
                              ("root/dev/null", "trusted.note", b"")):
        make_tree(NEW, "root")
        try:
            os.setxattr(path, name, value, follow_symlinks=False)
        except OSError as why:
            result(True, f"a folder with {name} # SKIP {why.strerror}")
            continue
        answer = expect(f"a folder with {name} at {path}", DIFFERENT, "different: router 4.2.1, but for 1", "tree", "root")
        notes = {r["name"]: r["note"] for r in answer["found"]["rows"]}
        check(f"{name} at {path}: told", f"attribute {name} is not in the release" in
              notes[path.removeprefix("root/")], notes)
    make_tree(NEW, "root")
    os.chmod("root", 0o777)
    answer = expect("a tree's own folder, of which the release has nothing", DONE, "match", "tree", "root")
    check("it is named", any(n.startswith("the tree's own folder") for n in answer["found"]["notCompared"]), answer)
    make_tree(NEW, "root")
    labelled = True
    try:
        os.setxattr("root/etc/version", "security.selinux", LABEL)
    except OSError:
        labelled = False
    answer = expect("a folder with a label of this machine", DONE, "match", "tree", "root")
    check("which is told", not labelled or any(n.startswith("labels of 1 files") for n in
                                               answer["found"]["notCompared"]), answer)
    got = run("bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--unshare-user", "--uid", "0", "--gid",
              "0", ASSAY, "check", "--policy", "policy.yaml", "--reference", "packs", "--as", "tree", *NOW, "root",
              cwd=os.getcwd()) if shutil.which("bwrap") else None
    if got is None or b"No permissions" in got.stderr or b"Operation not permitted" in got.stderr:
        result(not STRICT, "attributes that only root sees" + ("" if STRICT else " # SKIP no namespaces here"))
        return
    check("attributes that only root sees are named", b'attributes "trusted.*": only root' in got.stdout, got)


NOBODY = 0xffffffff


def cpio_of(members, links=()):
    """A cpio archive in the new form of members as tar_of takes them; those named in links are one file."""
    kinds = {tarfile.REGTYPE: stat.S_IFREG, tarfile.DIRTYPE: stat.S_IFDIR, tarfile.SYMTYPE: stat.S_IFLNK,
             tarfile.CHRTYPE: stat.S_IFCHR}
    out = b""
    for i, (path, data, kw) in enumerate([*members, ("TRAILER!!!", None, {"mode": 0})], 1):
        kind = kinds[kw.get("type", tarfile.REGTYPE)]
        data = kw["linkname"].encode() if kind == stat.S_IFLNK else data or b""
        count = 2 if kind == stat.S_IFDIR or path in links else 1
        name = path.encode() + b"\0"
        values = (999 if path in links else i, kind | kw.get("mode", 0o644), kw.get("uid", 0), kw.get("gid", 0),
                  count, 0, len(data), 0, 0, kw.get("devmajor", 0), kw.get("devminor", 0), len(name), 0)
        out += b"070701" + b"".join(b"%08x" % v for v in values) + name
        out += bytes(-len(out) % 4) + data
        out += bytes(-len(out) % 4)
    return out


def cpios():
    files = root_files("4.2.1")
    kmem = ("dev/kmem", None, {"type": tarfile.CHRTYPE, "mode": 0o640, "devmajor": 1, "devminor": 2})
    kmem_there = [(p, None, kmem[2]) if p == "etc/config" else (p, c, kw) for p, c, kw in files]
    turned = [(p, None, {"type": tarfile.SYMTYPE, "linkname": "../bin", "mode": 0o777}) if p == "etc/config" else
              (p, c, kw) for p, c, kw in files]
    for text, status, begin, data in (
            ("as it should be", DONE, "match: router 4.2.1, less", cpio_of(files)),
            ("with a device at an excluded path", DONE, "match", cpio_of(kmem_there)),
            ("with a device that is a link of another", INCONCLUSIVE, "inconclusive",
             cpio_of(kmem_there, ("etc/config", "dev/null"))),
            ("with a file below an excluded link", INCONCLUSIVE, "inconclusive",
             cpio_of([*turned, ("etc/config/busybox", b"evil", {"mode": 0o4755})]))):
        write("tree.cpio", data)
        expect(f"a cpio archive {text}", status, begin, "tree", "tree.cpio")


def folders():
    if os.geteuid() != 0:
        result(True, "folders # SKIP needs root, to make owners and devices")
        return
    try:
        make_tree(NEW, "root")
    except PermissionError:
        result(not STRICT, "folders" + ("" if STRICT else " # SKIP no devices here"))
        return
    expect("a folder", DONE, "match: router 4.2.1, less", "tree", "root")
    write("outside", "secret")
    os.symlink("/etc", "root/etc/more")
    answer = expect("a link to a folder is not followed", DIFFERENT, "different: router 4.2.1, but for 1", "tree",
                    "root")
    check("it is one more file", [r["name"] for r in answer["found"]["rows"]] == ["etc/more"], answer)
    os.remove("root/etc/more")
    os.remove("root/bin/busybox")
    os.symlink("../../outside", "root/bin/busybox")
    answer = expect("a link in the place of a file", DIFFERENT, "different", "tree", "root")
    check("its type is told", rows(answer)["bin/busybox"]["note"].startswith("type"), answer)
    folder_attributes()
    make_tree(NEW, "root")
    os.mkfifo("root/bin/pipe")
    expect("a pipe is not read", DIFFERENT, "different: router 4.2.1, but for 1", "tree", "root")
    make_tree(NEW, "root")
    deep = "root/etc/config"
    os.remove(deep)
    for _ in range(200):
        os.mkdir(deep)
        deep += "/d"
    status, answer, got = ask("tree", "root")
    check("too deep is not read to its end", status == INCONCLUSIVE and b"too deep" in got.stdout, got)


def lines(*items):
    return "".join(f"{d}  {n}\n" for n, d in items)


def hashes():
    whole = sha256(NEW.kernel.ljust(4 * ERASE, b"\xff"))
    busybox = sha256(bytes_of("busybox", 5000))
    for text, status, begin, data in (
            ("partitions", DONE, "consistent: router 4.2.1, 2 digests as the device reports them",
             lines(("kernel-a", whole), ("u-boot", sha256(NEW.uboot)))),
            ("a partition by its device", DONE, "consistent: router 4.2.1", lines(("/dev/mtd2", whole))),
            ("files", DONE, "consistent: router 4.2.1", lines(("/bin/busybox", busybox),
                                                             ("./etc/version", sha256(b"4.2.1\n")))),
            ("the update", DONE, "consistent: router 4.2.1", lines((NEW.name, sha256(NEW.update)))),
            ("sha256sum --tag", DONE, "consistent", f"SHA256 (bin/busybox) = {busybox}\n"),
            ("the kernel's integrity log", DONE, "consistent",
             f"10 {'0' * 40} ima-ng sha256:{busybox} /bin/busybox\n"),
            ("an older slot", DONE, "consistent: router 4.2.1, slot b holds 4.1.0",
             lines(("kernel-a", sha256(NEW.kernel)), ("rootfs-a", sha256(NEW.rootfs)),
                   ("kernel-b", sha256(OLD.kernel)))),
            ("a file that is another", DIFFERENT, "different", lines(("bin/busybox", sha256(b"evil")),
                                                                    ("kernel-a", whole))),
            ("a file with another's content", DIFFERENT, "different",
             lines(("etc/version", busybox), ("kernel-a", whole))),
            ("parts of two releases in a slot", DIFFERENT, "different",
             lines(("kernel-a", sha256(NEW.kernel)), ("u-boot", sha256(NEW.uboot)),
                   ("rootfs-a", sha256(OLD.rootfs)))),
            ("a file that no release has", INCONCLUSIVE, "inconclusive",
             lines(("bin/more", busybox), ("kernel-a", whole))),
            ("a device with unknown content", INCONCLUSIVE, "inconclusive",
             lines(("/dev/mtd9", sha256(b"?")), ("kernel-a", whole))),
            ("nothing that is known", INCONCLUSIVE, "inconclusive: no release", lines(("x", sha256(b"?")))),
            ("nothing", INCONCLUSIVE, "inconclusive", ""),
            ("what is excluded alone", INCONCLUSIVE, "inconclusive", lines(("art", sha256(b"?"))))):
        write("list", data)
        answer = expect(f"digests: {text}", status, begin, "hashes", "list")
        check(f"digests: {text}: never the word match or proved",
              answer.get("answer", "").split(":")[0] in ("consistent", "different", "inconclusive"))
    write("list", lines(("kernel-a", sha256(OLD.kernel))))
    expect("digests of a refused release", TRUST, "slot a holds router 4.1.0: ", "hashes", "list",
           field_policy("name: router, minimum: 4.2.0"))
    command = ["check", "--policy", "policy.yaml", "--reference", "packs", "--as", "hashes", *NOW, "list"]
    for text, data in (("MD5 only", f"{'0' * 32}  kernel-a\n"), ("upper case", lines(("x", "A" * 64))),
                       ("no name", "0" * 64 + "\n"), ("garbage", "garbage\n")):
        write("list", data)
        refused(f"digests: {text}", "list: line 1: not a SHA-256 or SHA-512 and a name", *command)


def sha512(data):
    return hashlib.sha512(data).hexdigest()


def longer_hashes():
    """Digests of 512 bits: only of what the pack has them of."""
    os.mkdir("longer")
    for release in (NEW, OLD):
        text = make_pack(release, LAYOUT + "more_digests: sha512\n", output="longer/" + release.pack)
    told = json.loads(text)["predicate"]["sha512"]
    check("SHA-512 in a pack", told[sha256(OLD.update)] == sha512(OLD.update) and
          told[sha256(b"4.1.0\n")] == sha512(b"4.1.0\n") and
          told[sha256(OLD.kernel.ljust(4 * ERASE, b"\xff"))] == sha512(OLD.kernel.ljust(4 * ERASE, b"\xff")) and
          len(told) == len({sha256(d) for d in (
              OLD.update, OLD.uboot, OLD.kernel, OLD.rootfs, *(c for _, c, _ in root_files("4.1.0") if c),
              OLD.uboot.ljust(2 * ERASE, b"\xff"), OLD.kernel.ljust(4 * ERASE, b"\xff"),
              OLD.rootfs.ljust(24 * ERASE, b"\xff"), OLD.rootfs.ljust(28 * ERASE, b"\xff"))}), told)
    busybox = bytes_of("busybox", 5000)
    whole = NEW.kernel.ljust(4 * ERASE, b"\xff")
    for text, status, begin, data, reference in (
            ("partitions and files", DONE, "consistent: router 4.2.1, 3 digests",
             lines(("kernel-a", sha512(NEW.kernel)), ("/dev/mtd2", sha512(whole)), ("bin/busybox", sha512(busybox))),
             "longer"),
            ("of both lengths", DONE, "consistent: router 4.2.1, 2 digests",
             lines(("kernel-a", sha512(NEW.kernel)), ("bin/busybox", sha256(busybox))), "longer"),
            ("sha512sum --tag", DONE, "consistent", f"SHA512 (etc/version) = {sha512(b'4.2.1' + chr(10).encode())}\n",
             "longer"),
            ("the kernel's integrity log", DONE, "consistent: router 4.2.1",
             f"10 {'0' * 40} ima-ng sha512:{sha512(busybox)} /bin/busybox\n", "longer"),
            ("the older release", DONE, "consistent: router 4.1.0", lines(("kernel-a", sha512(OLD.kernel))), "longer"),
            ("a file that is another", DIFFERENT, "different: router 4.2.1",
             lines(("bin/busybox", sha512(b"evil")), ("kernel-a", sha512(NEW.kernel))), "longer"),
            ("a file with another's content", DIFFERENT, "different: router 4.2.1",
             lines(("bin/busybox", sha512(b"4.2.1\n")), ("kernel-a", sha512(NEW.kernel))), "longer"),
            ("parts of two releases", DIFFERENT, "different",
             lines(("kernel-a", sha512(NEW.kernel)), ("u-boot", sha512(NEW.uboot)), ("rootfs-a", sha512(OLD.rootfs))),
             "longer"),
            ("a member of the update", DONE, "consistent", lines(("kernel.itb", sha512(NEW.kernel))), "longer"),
            ("a member that is another", DIFFERENT, "different",
             lines(("kernel.itb", sha512(b"?")), ("kernel-a", sha512(NEW.kernel))), "longer"),
            ("a pack without them", INCONCLUSIVE, "inconclusive: no release", lines(("kernel-a", sha512(NEW.kernel))),
             "packs"),
            ("a pack without them, beside one that fits", INCONCLUSIVE, "inconclusive: router 4.2.1",
             lines(("kernel-a", sha512(b"evil")), ("rootfs-a", sha256(NEW.rootfs))), "packs")):
        write("list", data)
        expect(f"SHA-512: {text}", status, begin, "hashes", "list", reference=reference)
    write("fleet", json.dumps({"device": "x", "hashes": {"kernel-a": sha512(NEW.kernel)}}) + "\n")
    check("SHA-512: a fleet", ask("fleet", "fleet", reference="longer")[0] == DONE)
    command = ["check", "--policy", "policy.yaml", "--reference", "longer", "--as", "hashes", *NOW, "list"]
    for text, data in (("named SHA-256", f"SHA256 (x) = {'0' * 128}\n"), ("SHA-256 named so", f"SHA512 (x) = {'0' * 64}\n"),
                       ("96 digits", f"{'0' * 96}  x\n"), ("127 digits", f"{'0' * 127}  x\n")):
        write("list", data)
        refused(f"SHA-512: {text}", "list: line 1: not a SHA-256 or SHA-512 and a name", *command)


def shared_kernel():
    """A slot is of the release that has all of it, when another one shares a part."""
    kin = Release("4.2.0")
    kin.kernel = NEW.kernel
    kin.update = tar_of([("u-boot.bin", kin.uboot, {}), ("kernel.itb", kin.kernel, {}),
                         ("rootfs.tar", kin.rootfs, {})])
    os.mkdir("kin")
    shutil.copy("packs/" + NEW.pack, "kin")
    make_pack(kin, output="kin/" + kin.pack)
    both = [("kernel-a", sha256(NEW.kernel)), ("rootfs-a", sha256(NEW.rootfs)),
            ("kernel-b", sha256(NEW.kernel)), ("rootfs-b", sha256(kin.rootfs))]
    write("list", lines(*both))
    expect("digests of two slots with one kernel", DONE, "consistent: router 4.2.1, slot b holds 4.2.0", "hashes",
           "list", reference="kin")
    expect("below the minimum", TRUST, "slot b holds router 4.2.0: ", "hashes", "list",
           field_policy("name: router, minimum: 4.2.1"), reference="kin")
    write("list", lines(*both, ("rootfs-b", sha256(NEW.rootfs))))
    expect("a slot with two file systems", DIFFERENT, "different", "hashes", "list", reference="kin")


def fleet():
    kernel, rootfs = sha256(NEW.kernel), sha256(NEW.rootfs)
    reports = [{"device": "good", "hashes": {"kernel-a": kernel, "rootfs-a": rootfs}},
               {"device": "old", "hashes": {"kernel-a": sha256(OLD.kernel)}},
               {"device": "lies", "release": {"product": "router", "version": "4.2.1"},
                "hashes": {"rootfs-a": rootfs, "etc/version": sha256(b"4.1.0\n")}},
               {"device": "other", "release": {"product": "router", "version": "9"}, "hashes": {"kernel-a": kernel}},
               {"device": "evil\x1b", "hashes": {"kernel-a": sha256(b"evil"), "rootfs-a": rootfs}},
               {"device": "empty", "hashes": {}}]
    text = "".join(json.dumps(r) + "\n" for r in reports)
    write("fleet", text + "garbage\n" + '{"hashes": {}}\n' + '{"device": "md5", "hashes": {"x": "00"}}\n' +
          '{"device": "twice", "device": "x", "hashes": {}}\n')
    got_status, answer, got = ask("fleet", "fleet", field_policy("name: router, minimum: 4.2.0"))
    check("a fleet: one that is different is the answer", got_status == DIFFERENT, got)
    check("a fleet: all are counted", (answer["devices"], answer["consistent"], answer["different"],
                                      answer["refused"], answer["inconclusive"]) == (10, 1, 2, 1, 6), answer)
    states = {d.get("device", d["line"]): d["state"] for d in answer["notConsistent"]}
    check("a fleet: each is told", states == {
        "old": "refused", "lies": "different", "other": "inconclusive", "evil\\x1b": "different",
        "empty": "inconclusive", 7: "inconclusive", 8: "inconclusive", "md5": "inconclusive",
        10: "inconclusive"}, states)
    check("a fleet: releases", answer["releases"] == [{"product": "router", "version": "4.2.1",
                                                      "consistent": 1}], answer["releases"])
    write("fleet", text.splitlines()[0] + "\n")
    check("a fleet: all consistent", ask("fleet", "fleet")[0] == DONE)
    write("fleet", "")
    check("a fleet of none is no answer", ask("fleet", "fleet")[0] == INCONCLUSIVE)
    write("fleet", text.splitlines()[5] + "\n")
    check("a fleet of unknowns", ask("fleet", "fleet")[0] == INCONCLUSIVE)


if __name__ == "__main__":
    folder = in_folder()
    if needs("openssl", "openssl"):
        keys()
        set_up()
        for part in (updates, two_packs, dumps, slots, swapped_slots, revoked, changed_dumps, nand, trees,
                     attributes, cpios, folders, hashes, longer_hashes, shared_kernel, fleet):
            part()
    finish()
