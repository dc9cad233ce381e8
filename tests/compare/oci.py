#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""assay compare on container images: OCI image layouts in a tar archive, and what docker save writes.
skopeo judges what is in an image, and umoci what its layers unpack to."""
from makers import *  # noqa: F403

PROGRAM = b"#!/bin/sh\n" + b"echo hello\n" * 40
EVIL = PROGRAM.replace(b"hello", b"hullo", 1)
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def as_json(value):
    return json.dumps(value, separators=(",", ":")).encode()


class Blobs:
    """Blobs by their digests, which their names are."""

    def __init__(self, sizes=0):
        self.files, self.sizes = {}, sizes

    def add(self, kind, data, named=None, **more):
        digest = sha256(data)
        self.files.setdefault(named or digest, data)
        return {"mediaType": kind, "digest": "sha256:" + digest, "size": len(data) + self.sizes, **more}


def layer(program=PROGRAM, mtime=1700000000, mode=0o755, more=()):
    return tar(member("bin/", kind=b"5", mode=0o755, mtime=mtime),
               member("bin/x", program, mode=mode, mtime=mtime), *more)


def image(program=PROGRAM, mtime=1700000000, mode=0o755, second=b"config\n", entrypoint="/bin/x", level=9, pack=gz,
          created="2023-01-02T03:04:05Z", step="2023-01-02T03:04:04.5Z", swap=False, files=(), more=(), named=None,
          annotation=None, sizes=0, diff_ids=None, docker=False, order=sorted, index_more=(), config_more=None,
          layer_more=(), plain=False, dot="", third=None, roots=None, by="test"):
    """A layout as skopeo writes it, or what docker save writes: layers are not packed there."""
    plain = plain or docker
    layers = [layer(program, mtime, mode, layer_more), tar(member("etc/x.conf", second))]
    if third is not None:
        layers.append(third)
    packed = layers if plain else [pack(x, level=level) for x in layers]
    blobs = Blobs(sizes)
    told = [blobs.add(LAYER[:-5] if plain else LAYER, x) for x in packed]
    config = {"created": created, "architecture": "amd64", "os": "linux", "config": {"Entrypoint": [entrypoint]},
              "rootfs": {"type": "layers", "diff_ids": diff_ids or ["sha256:" + sha256(x) for x in layers]},
              "history": [{"created": step, "created_by": by}, {"created": step, "created_by": by}],
              **(config_more or {})}
    if swap:
        told.reverse()
        config["rootfs"]["diff_ids"].reverse()
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": blobs.add(CONFIG, as_json(config)), "layers": told}
    if annotation:
        manifest["annotations"] = {"org.opencontainers.image.created": annotation}
    index = {"schemaVersion": 2, "manifests": [blobs.add(MANIFEST, as_json(manifest)), *index_more]}
    for name, data in files:
        blobs.files[name or sha256(data)] = data
    if named:
        old, new = named
        blobs.files[new] = blobs.files.pop(sha256(packed[old]))
    out = [member(dot + "blobs/sha256/" + name, blobs.files[name], mtime=mtime) for name in order(blobs.files)]
    out += [member(dot + "index.json", as_json(index)), member(dot + "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')]
    if docker:
        path = "blobs/sha256/"
        out.append(member("manifest.json", as_json([{
            "Config": path + manifest["config"]["digest"][7:], "RepoTags": ["x:latest"],
            "Layers": [path + x["digest"][7:] for x in told]}])))
    return tar(*out, *more)


def rows(name, make, benign, attacks):
    """As table, but a digest is not told of where what it is about is worse than under a rule."""
    base = make()
    for text, changes, tier, rule in benign:
        trial(f"{name}: {text}", make(**changes), base, tier, f"({rule})")
        trial(f"{name}: {text}, the other way", base, make(**changes), tier, f"({rule})")
    for text, changes, piece, *_ in attacks:
        trial(f"{name}: {text}", make(**changes), base, "different", piece)
        trial(f"{name}: {text}, the other way", base, make(**changes), "different")
        more = {k: v for _, c, _, _ in benign for k, v in c.items() if k not in changes}
        trial(f"{name}: {text}, beside all that may differ", make(**more, **changes), base, "different", piece)


def images():
    def made(**kw):
        return image(order=list, **kw)
    benign = [
        ("a time of files", {"mtime": 7}, "repacked", "oci/digest@1"),
        ("when it was made", {"created": "2024-11-12T13:14:15.123456789+01:00"}, "repacked", "oci/timestamps@1"),
        ("when a step was made", {"step": "2024-11-12T13:14:15.1Z"}, "transplanted", "oci/timestamps@1"),
        ("layers packed otherwise", {"level": 1}, "repacked", "gzip/stream@1"),
    ]
    attacks = [
        ("a program", {"program": EVIL}, "bin/x: 1 byte differs"),
        ("setuid", {"mode": 0o4755}, "bin/x: mode differs"),
        ("a configuration file", {"second": b"evil!!\n"}, "etc/x.conf: "),
        ("a whiteout", {"layer_more": [member("bin/.wh.x")]}, ".wh.x: only in"),
        ("what is run", {"entrypoint": "/bin/y"}, "onfig-0"),
        ("who made a step", {"by": "evil"}, "onfig-0"),
        ("a layer more", {"third": tar(member("etc/evil", b"evil"))}, ""),
        ("layers in another order", {"swap": True}, ""),
        ("a file that nothing names", {"files": [(None, b"evil")]}, "only in"),
        ("a manifest more", {"index_more": [Blobs().add(MANIFEST, b"{}")]}, "index.json: "),
        ("a time that is text", {"created": "evil evil evil evil"}, "onfig-0"),
        ("a time with more behind it", {"step": "2023-01-02T03:04:04Z evil"}, "onfig-0"),
        ("sizes that are false", {"sizes": 1}, "size in a descriptor is false"),
        ("a file with another name", {"named": (1, "e" * 64)}, "name is false"),
        ("digests of layers that are false", {"diff_ids": ["sha256:" + "e" * 64] * 2}, "onfig-0"),
        ("the name of a file that is no blob", {"more": [member("evil", b"x")]}, "evil: only in"),
    ]
    rows("OCI", made, benign, attacks)
    rows("docker save", lambda **kw: made(docker=True, **kw), [
        ("a time of files", {"mtime": 7}, "transplanted", "oci/digest@1"),
        ("when a step was made", {"step": "2024-11-12T13:14:15.1Z"}, "transplanted", "oci/timestamps@1"),
    ], attacks[:8])


def orders():
    """Blobs are sorted by their digests, so that other ones stand elsewhere."""
    base = image(plain=True)
    trial("OCI: equal", base, base, "identical")
    for i, change in enumerate(({"mtime": 7}, {"step": "2024-01-01T00:00:00Z"}, {"created": "2024-01-01T00:00:00Z"})):
        trial(f"OCI: another order {i}", image(plain=True, **change), base, "repacked", "oci/order@1")
    trial("OCI: blobs in another order", image(plain=True, order=lambda x: sorted(x, reverse=True)), base, "repacked",
          "oci/order@1")
    trial("OCI: another order, and a program", image(plain=True, program=EVIL), base, "different",
          "bin/x: 1 byte differs")
    trial("OCI: with ./ in front", image(dot="./", mtime=7), image(dot="./"), "repacked", "oci/digest@1")
    trial("OCI: packed with zstd", image(pack=lambda d, level: zst(d, f"-{level}"), level=1),
          image(pack=lambda d, level: zst(d, f"-{level}")), "repacked", "zstd/stream@1")
    note = "2023-01-02T03:04:05Z"
    trial("OCI: an annotation's time", image(order=list, annotation="2024-01-01T00:00:00Z"),
          image(order=list, annotation=note), "transplanted", "oci/timestamps@1")
    trial("OCI: an annotation that is none", image(annotation="evil"), image(annotation=note), "different", "")
    trial("OCI: no layout", *(image(mtime=t, docker=False).replace(b"oci-layout", b"oci-lay0ut").replace(
        b"index.json", b"index.jsom") for t in (7, 8)), "inconclusive", "")
    twice = [image(more=[member("index.json", b"{}")], mtime=t) for t in (7, 8)]
    trial("OCI: two indexes are no image", *twice, "different", "only in")
    for cut in range(0, len(base), 1733):
        status, answer, _ = compare(base[:cut], base)
        if status not in (DIFFERENT, INCONCLUSIVE):
            result(False, f"OCI: cut short at {cut}", answer["tier"])
            return
    result(True, "OCI: cut short anywhere is no match")


def replaced():
    """Members that replace or lead to another one: which of them counts is told by their order."""
    base, x = image()[:-1024], member("x", b"good")
    folders = [member("./", kind=b"5"), member("./blobs/", kind=b"5")]
    for text, pair in (("the same in another way", (x, member("./x", b"evil"))),
                       ("the same folder in between", (member("a/x", b"good"), member("a/./x", b"evil"))),
                       ("two folders", (member("a/", kind=b"5"), member("./a/", kind=b"5", mode=0o777))),
                       ("a link in between", (member("l", kind=b"1", link=b"x"), member("x", b"evil")))):
        front = x if "link" in text else b""
        a, b = (tar(base, front, *p) for p in (pair, pair[::-1]))
        trial("OCI: another order, " + text, a, b, "different", "in another order")
    trial("OCI: folders in another order", tar(base, *folders), tar(base, *folders[::-1]), "repacked", "oci/order@1")
    base = image(mtime=7, order=list)
    name = base[:100].rstrip(b"\0")
    for new in (name[13:] + b".tar", name[13:] + b".json", b"./" + name):
        head = tar_header(new, size=int(base[124:135], 8), mtime=7)
        trial(f"OCI: a file called {new[:2].decode()}...{new[-5:].decode()}", head + base[512:], image(order=list),
              "different", "only in")
    ids = ["sha256:" + sha256(x) for x in (gz(layer(mtime=7), level=9), tar(member("etc/x.conf", b"config\n")))]
    trial("OCI: the digest of a packed layer as that of its content", image(mtime=7, diff_ids=ids, order=list),
          image(order=list), "different", "onfig-0")


def chain(end, count=4000):
    """Each of them names the one before it."""
    out, text = [], b'{"a":"%s"}' % end
    for _ in range(count):
        out.append(member("blobs/sha256/" + sha256(text), text))
        text = b'{"config":{"digest":"sha256:%s"}}' % sha256(text).encode()
    return tar(*out, member("index.json", text), member("oci-layout", b"{}"))


def crowd(end):
    """Very many digests in few bytes."""
    leaf = b"leaf" + end
    told, texts, out = b'"sha256:%s",' % sha256(leaf).encode(), [], [member("blobs/sha256/" + sha256(leaf), leaf)]
    for i in range(25):
        texts.append(b'{"layers":["%020d",' % i + told * 48000 + b'""]}')
        out.append(member("blobs/sha256/" + sha256(texts[-1]), texts[-1]))
    index = b'{"layers":[%s]}' % b",".join(b'"sha256:%s"' % sha256(t).encode() for t in texts)
    return gz(tar(*out, member("index.json", index), member("oci-layout", b"{}")), level=1)


def crowds():
    trial("OCI: very many digests", crowd(b"x"), crowd(b"y"), "inconclusive", "limit: what is known of members")


def chains():
    """A name says where a file is told of, with the names of all texts on the way there, up to a limit."""
    found = inspected(chain(b"good"))
    result(len(found) == 4003 and max(len(a["path"]) for a in found) <= 256, "OCI: a long chain has short names",
           (len(found), max(len(a["path"]) for a in found)))
    trial("OCI: a long chain", chain(b"evil", 1000), chain(b"good", 1000), "different", "only in")


def texts():
    """Texts that are no JSON, and deep ones, claim nothing."""
    for text, junk in (("quotes", b'{"' * 3000), ("brackets", b"[" * 3000), ("ends", b"}" * 99), ("an escape", b'{"a\\'),
                       ("a number", b"[1"), ("nothing", b"{")):
        a, b = (tar(member("blobs/sha256/" + sha256(x), x), member("index.json", junk), member("oci-layout", b"{}"))
                for x in (b"a", b"b"))
        trial("OCI: an index of " + text, a, b, "different", "only in the delivered")


def judges():
    for text, data in (("OCI", image()), ("a layout without packing", image(plain=True))):
        write("image.tar", data)
        mine = {a["path"]: a["sha256"] for a in inspected(data)}
        reads_to_end(text)
        if os.path.exists("copy"):
            shutil.rmtree("copy")
        run_tool("skopeo", "--insecure-policy", "copy", "-q", "oci-archive:image.tar", "dir:copy")
        with open("copy/manifest.json") as f:
            manifest = json.load(f)
        theirs = [x["digest"][7:] for x in [manifest["config"], *manifest["layers"]]]
        place = "index.json/manifests-0/"
        ours = [mine[place + n] for n in ("config-0", "layers-1", "layers-2")]
        result(ours == theirs, f"{text}: configuration and layers as skopeo has them", (ours, theirs))
        run_tool("skopeo", "--insecure-policy", "copy", "-q", "oci-archive:image.tar", "oci:layout:x")
        run_tool("umoci", "raw", "unpack", "--rootless", "--image", "layout:x", "unpacked")
        there = digests_below("unpacked")
        shutil.rmtree("unpacked")
        shutil.rmtree("layout")
        found = {p.rsplit("!", 1)[1].lstrip("/"): d for p, d in mine.items() if "layers-" in p and p[-1] not in "!012"}
        result(found == there and len(found) == 2, f"{text}: files as umoci unpacks them", (found, there))


if __name__ == "__main__":
    need("skopeo", "umoci", "zstd")
    with Folder():
        for part in (images, orders, replaced, chains, crowds, texts, judges):
            part()
    finish()
