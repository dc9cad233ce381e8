#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""assay export: read back by sha256sum, by libarchive's mtree reader, and by their published forms."""
from packs import *  # noqa: F403

RELEASE = Release("4.2.1")


def export(form, name, status=DONE):
    got = assay("export", "--as", form, name)
    check(f"{form} of {name}: status", got.returncode == status, got)
    return got.stdout


def sums():
    write("verdict.dsse.json", envelope(verdict(), "a"))
    write("verdict.intoto.json", json.dumps(verdict()))
    text = export("sha256sum", "verdict.dsse.json")
    write("fw.bin", b"firmware")
    check("sha256sum agrees", text == f"{sha256(b'firmware')}  fw.bin\n".encode() and
          run("sha256sum", "--strict", "-c", write("SUMS", text)).returncode == 0, text)
    check("out of its envelope: the same", export("sha256sum", "verdict.intoto.json") == text)
    said = verdict()
    said["subject"][0]["name"] = "a\\\\b\\x0ac"  # as assay writes the bytes a \ b LF c
    write("odd.json", json.dumps(said))
    write("a\\b\nc", b"firmware")
    got = run("sha256sum", "--strict", "-c", write("SUMS", export("sha256sum", "odd.json")))
    check("sha256sum finds a file with an odd name", got.returncode == 0, got)
    said["subject"][0]["name"] = "a\\q\\x41"  # not as assay writes anything: these are the bytes
    write("odd.json", json.dumps(said))
    write("a\\q\\x41", b"firmware")
    got = run("sha256sum", "--strict", "-c", write("SUMS", export("sha256sum", "odd.json")))
    check("a name that is not quoted is taken as it is", got.returncode == 0, got)
    for word, tier in (("NOT_EQUIVALENT", "different"), ("INCONCLUSIVE", "inconclusive"),
                       ("EQUIVALENT_DECLARED", "identical"), ("equivalent", "identical"), (None, "identical")):
        write("no.json", json.dumps(verdict(verdict=word, tier=tier)))
        for form in ("sha256sum", "equivalence"):
            refused(f"{form} of a verdict that is {word}", "can only say that all is well", "export", "--as", form,
                    "no.json")


def packs():
    make_pack(RELEASE)
    text = export("sha256sum", RELEASE.pack).decode()
    wanted = [f"{sha256(c)}  {p}" for p, c, _ in root_files("4.2.1") if c is not None and p != "etc/config"]
    check("files of a pack, less what is excluded", text.splitlines() == sorted(wanted, key=lambda x: x[66:]), text)
    text = export("mtree", RELEASE.pack).decode()
    check("mtree: first line and exclusion", text.splitlines()[:2] == ["#mtree", "# excluded: etc/config"], text)
    if not needs("libarchive-tools", "bsdtar"):
        return
    got = run("bsdtar", "-tvf", write("tree.mtree", text))
    names = {line.split()[-1] if "->" not in line else line.split()[-3]: line for line in
             got.stdout.decode().splitlines()}
    check("libarchive reads the mtree", got.returncode == 0 and {n.removeprefix("./") for n in names} ==
          {p for p, _, _ in root_files("4.2.1") if p != "etc/config"}, got)
    check("modes, owners and devices", names["./bin/busybox"].startswith("-rwsr-xr-x") and
          "-> busybox" in names["./bin/sh"] and " 7 " in names["./etc/version"] and
          names["./dev/null"].startswith("crw-rw-rw-") and "1,3" in names["./dev/null"].replace(" ", ""), names)
    check("digests", f"./etc/version type=file mode=0644 uid=7 gid=8 size=6 sha256digest={sha256(b'4.2.1' + bytes([10]))}"
          in text.splitlines(), text)
    release = Release("4.2.1")
    release.rootfs = tar_of([(p, c, {**kw, "pax_headers": {f"SCHILY.xattr.{more[p]}": "x"}} if p in more else kw)
                             for more in ({"etc": "user.note", "bin/busybox": "security.capability"},)
                             for p, c, kw in root_files("4.2.1")], format=tarfile.PAX_FORMAT)
    release.update = tar_of([("u-boot.bin", release.uboot, {}), ("kernel.itb", release.kernel, {}),
                             ("rootfs.tar", release.rootfs, {})])
    make_pack(release, output="with.dsse.json")
    lines = export("mtree", "with.dsse.json").decode().splitlines()
    check("mtree: attributes are told to be missing", [x for x in lines if x.startswith("# extended")] == [
        "# extended attributes not told: bin/busybox", "# extended attributes not told: etc"], lines)
    refused("mtree of a verdict", "export a reference pack", "export", "--as", "mtree", "verdict.dsse.json")


def cyclonedx():
    for word, tier, yes in (("EQUIVALENT", "identical", True), ("NOT_EQUIVALENT", "different", False),
                            ("INCONCLUSIVE", "inconclusive", False)):
        text = json.dumps(verdict(verdict=word, tier=tier))
        write("v.json", text)
        bom = json.loads(export("cyclonedx", "v.json"))
        declared = bom["declarations"]
        claim, = declared["claims"]
        part, = declared["attestations"][0]["map"]
        check(f"{word}: for or against", part["conformance"]["score"] == (1 if yes else 0) and
              ("claims" in part) == yes and ("counterClaims" in part) != yes and
              ("evidence" in claim) == yes and ("counterEvidence" in claim) != yes, bom)
        check(f"{word}: the file and the statement", bom["components"][0]["hashes"] ==
              [{"alg": "SHA-256", "content": sha256(b"firmware")}] and
              sha256(text.encode()) in declared["evidence"][0]["description"], bom)
        refs = [bom["metadata"]["component"], *bom["components"], *declared["assessors"], *declared["claims"],
                *declared["evidence"], *bom["definitions"]["standards"],
                *bom["definitions"]["standards"][0]["requirements"]]
        names = [r["bom-ref"] for r in refs]
        used = [claim["target"], *claim.get("evidence", claim.get("counterEvidence")), part["requirement"],
                *part.get("claims", part.get("counterClaims")), declared["attestations"][0]["assessor"]]
        check(f"{word}: references are unique and lead somewhere", len(set(names)) == len(names) and
              set(used) <= set(names), names)
    check("the head that the format asks for", (bom["bomFormat"], bom["specVersion"], bom["version"]) ==
          ("CycloneDX", "1.6", 1))
    refused("cyclonedx of a pack", "not a verdict", "export", "--as", "cyclonedx", RELEASE.pack)


def equivalence():
    text = export("equivalence", "verdict.intoto.json")
    said = json.loads(text)
    definition = said["predicate"]["buildDefinition"]
    check("a provenance of the same subject", said["predicateType"] == "https://slsa.dev/provenance/v1" and
          said["subject"] == verdict()["subject"])
    check("candidate and target", definition["externalParameters"]["pairs"] ==
          [{"candidate": "fw.bin", "target": "fw.bin", "tier": "identical"}] and
          [d["digest"]["sha256"] for d in definition["resolvedDependencies"]] == [sha256(b"firmware")] * 2, said)
    check("the verdict is a by-product", said["predicate"]["runDetails"]["byproducts"][0]["digest"]["sha256"] ==
          sha256(read("verdict.intoto.json")))
    write("e.intoto.json", text)
    got = assay("sign", "--key", "a.key", "e.intoto.json")
    check("which can be signed", got.returncode == DONE, got)


if __name__ == "__main__":
    folder = in_folder()
    if needs("openssl", "openssl"):
        keys()
        for part in (sums, packs, cyclonedx, equivalence):
            part()
        refused("no form", "--as: sha256sum", "export", "verdict.dsse.json")
        refused("an unknown form", "--as: sha256sum", "export", "--as", "spdx", "verdict.dsse.json")
        refused("no statement", "garbage", "export", "--as", "mtree", write("garbage", "x"))
    finish()
