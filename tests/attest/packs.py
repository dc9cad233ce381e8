# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of reference packs share: a release with two file systems, its layout, its pack."""
import io
import tarfile

from evidence import *  # noqa: F403

ERASE = 65536
SIZE = 64 * ERASE
SIGNERS = [("A", "performer", "a.pub"), ("B", "performer", "b.pub"), ("C", "checker", "c.pub"),
           ("R", "revoker", "r.pub")]
NOW = ["--at", "2026-11-25T00:00:00Z"]
REFERENCE = "https://assay.example/reference/v1"


def keys():
    for name in ("a", "b", "c", "r", "stranger"):
        new_key(name, "ed25519")


def bytes_of(seed, size):
    """Bytes that look like nothing, the same each time."""
    out = b""
    while len(out) < size:
        out += hashlib.sha256(f"{seed} {len(out)}".encode()).digest()
    return out[:size]


def tar_of(members, **kw):
    """A tar of (name, content or None, changes); changes are attributes of the member."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=kw.get("format", tarfile.GNU_FORMAT)) as tar:
        for name, content, changes in members:
            info = tarfile.TarInfo(name)
            info.mode = 0o644
            for key, value in changes.items():
                setattr(info, key, value)
            if content is not None:
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content or b""))
    return out.getvalue()


def root_files(version):
    """What the release's root file system has, as (path, content, changes)."""
    return [("bin", None, {"type": tarfile.DIRTYPE, "mode": 0o755}),
            ("bin/busybox", bytes_of("busybox", 5000), {"mode": 0o4755}),
            ("bin/sh", None, {"type": tarfile.SYMTYPE, "linkname": "busybox", "mode": 0o777}),
            ("etc", None, {"type": tarfile.DIRTYPE, "mode": 0o755}),
            ("etc/config", b"factory\n", {}),
            ("etc/version", version.encode() + b"\n", {"uid": 7, "gid": 8}),
            ("dev", None, {"type": tarfile.DIRTYPE, "mode": 0o755}),
            ("dev/null", None, {"type": tarfile.CHRTYPE, "mode": 0o666, "devmajor": 1, "devminor": 3})]


class Release:
    """Parts of an update, the update itself (a tar of them), and what a device has of it."""

    def __init__(self, version):
        self.version = version
        self.uboot = bytes_of("u-boot", 90000)
        self.kernel = bytes_of("kernel " + version, 200000)
        self.rootfs = tar_of(root_files(version))
        self.rootfs += bytes(-len(self.rootfs) % 512)
        self.update = tar_of([("u-boot.bin", self.uboot, {}), ("kernel.itb", self.kernel, {}),
                              ("rootfs.tar", self.rootfs, {})])
        self.name = f"fw-{version}.tar"
        self.pack = f"fw-{version}.reference.dsse.json"

    def memory(self, slots=("same", "same"), art=b"calibration", other=None):
        """A dump as Python puts it together; a slot is same, other (release) or empty."""
        out = bytearray(b"\xff" * SIZE)

        def put(offset, data):
            out[offset:offset + len(data)] = data
        put(0, self.uboot)
        put(2 * ERASE, art)
        for start, what in zip((4 * ERASE, 32 * ERASE), slots):
            if what == "empty":
                continue
            release = self if what == "same" else other
            put(start, release.kernel)
            put(start + 4 * ERASE, release.rootfs)
        return out


LAYOUT = f"""schema: assay.layout/1
memory:
  device: test board
  size: {SIZE}
  fill: [255]
  partitions:
    - {{name: u-boot, offset: 0, size: {2 * ERASE}, content: u-boot.bin}}
    - {{name: art, size: {ERASE}, exclude: calibration of each device}}
    - {{name: kernel-a, slot: a, offset: {4 * ERASE}, content: kernel.itb}}
    - {{name: rootfs-a, slot: a, content: rootfs.tar}}
    - {{name: kernel-b, slot: b, offset: {32 * ERASE}, content: kernel.itb}}
    - {{name: rootfs-b, slot: b, content: rootfs.tar}}
trees:
  - name: root
    member: rootfs.tar
    exclusions:
      - {{path: etc/config, reason: settings of each device}}
"""
EXCLUSIONS = ", exclusions: ['partition:art', 'tree:root/etc/config']"


def verdict_of(release, **changes):
    product = {"name": "router", "version": release.version}
    return verdict(release.update, product=product, **changes)


def make_pack(release, layout=LAYOUT, signers=("a", "b"), verdict_signers=("a", "b"), output=None):
    """Write the update, its verdict and its pack, signed with openssl. Return: the statement's text"""
    write(release.name, release.update)
    write(release.name + ".dsse.json", envelope(verdict_of(release), *verdict_signers))
    write("layout.yaml", layout)
    got = assay("bundle", "reference", "--layout", "layout.yaml", "--output", "made.intoto.json",
                release.name)
    if got.returncode != 0:
        raise RuntimeError(got)
    text = read("made.intoto.json")
    write(output or release.pack, envelope(None, *signers, payload=text))
    return text
