#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real images, opened to the last byte: of every artefact at every depth each byte is accounted for and nothing
is left unread; and what files are in it is what the tree says that it was made from. With ASSAY_TEST_LONG also
packages of Debian that hold firmware, a tree of Debian, and an initramfs as mkinitramfs makes it."""
import hashlib
import pathlib

from makers import *  # noqa: F403
from pairs import *  # noqa: F403

LONG = bool(os.environ.get("ASSAY_TEST_LONG"))
PACKAGES = ("u-boot-qemu", "qemu-efi-aarch64", "qemu-efi-arm", "grub-efi-amd64-bin", "grub-pc-bin")
NOBODYS = ("bytes of no file", "trailing bytes")  # what readers call bytes that they have no use for
ROOM = 4 << 20  # bytes of the small tree
ENVIRONMENT = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}


def run(*command, **more):
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, env=ENVIRONMENT, **more).stdout


def have(tool):
    if shutil.which(tool, path=ENVIRONMENT["PATH"]) is not None or os.environ.get("ASSAY_TEST_STRICT"):
        return True
    result(True, f"{tool} # SKIP needs {tool}")
    return False


def trouble_of(artefact):
    """What is not as it should be in one artefact; None when all of it was read."""
    at = 0
    for piece in artefact["ranges"]:
        if piece["offset"] != at or piece["length"] <= 0:
            return f"a gap at {at}"
        at += piece["length"]
        if piece["kind"] == "fixed" and piece["what"] in NOBODYS:
            return f"{piece['length']} bytes at {piece['offset']} that nobody read"
    if artefact["ranges"] and at != artefact["size"]:
        return f"{at} of {artefact['size']} bytes"
    return artefact.get("trouble")


def opened(text, path, digests=frozenset(), whole=True):
    """The digests must be among those of the artefacts. whole: whether all of it has a use."""
    got = subprocess.run([ASSAY, "inspect", "--json", "-", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         check=False)
    try:
        artefacts = json.loads(got.stdout)["artefacts"]
    except ValueError:
        result(False, f"{text}: inspected", got)
        return
    bad = [(a["path"], trouble_of(a)) for a in artefacts if trouble_of(a)]
    result(got.returncode == MATCH and bool(bad) != whole, f"{text}: {len(artefacts)} artefacts read to the last byte",
           (got.returncode, bad[:5]))
    missing = digests - {a["sha256"] for a in artefacts}
    result(not missing and len(artefacts) > len(digests) // 2, f"{text}: every file is there", len(missing))


def digests_of(tree):
    files = (path for path in pathlib.Path(tree).rglob("*") if path.is_file() and not path.is_symlink())
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.stat().st_size > 0}


def small_tree():
    """Programs, libraries and texts of this machine, some of each folder."""
    for folder in ("/usr/bin", "/usr/sbin", "/usr/lib/x86_64-linux-gnu", "/etc"):
        room = ROOM // 4
        for path in sorted(pathlib.Path(folder).glob("*")):
            if not path.is_file() or path.is_symlink() or not os.access(path, os.R_OK):
                continue
            room -= path.stat().st_size
            if room < 0:
                break
            to = pathlib.Path("tree" + folder) / path.name
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(path.read_bytes())
    os.symlink("bin", "tree/usr/local")
    os.link(next(path for path in pathlib.Path("tree/usr/bin").iterdir()), "tree/again")


def cpio_of(tree):
    names = run("find", ".", "-mindepth", "1", "-print0", cwd=tree)
    return run("cpio", "-o", "-0", "-H", "newc", "--reproducible", cwd=tree, input=names)


def images_of(tree, size):
    digests = digests_of(tree)
    if have("mksquashfs"):
        for codec in ("gzip", "xz", "zstd") if LONG else ("xz",):
            run("mksquashfs", tree, "image", "-noappend", "-quiet", "-no-progress", "-comp", codec)
            opened(f"a squashfs with {codec}", "image", digests)
        write("image", pathlib.Path("image").read_bytes() + b"x")
        opened("a squashfs and a byte that nobody reads: seen;", "image", digests, whole=False)
    if have("mke2fs"):
        for kind in ("ext2", "ext4"):
            pathlib.Path("image").unlink(missing_ok=True)
            run("mke2fs", "-q", "-t", kind, "-d", tree, "image", size)
            opened(f"an {kind} image", "image", digests)
    if have("cpio"):
        archive = cpio_of(tree)
        microcode = newc("kernel", mode=0o40755) + newc("kernel/x.bin", b"microcode") + newc("TRAILER!!!", mode=0)
        write("image", microcode.ljust((len(microcode) + 511) // 512 * 512, b"\0") + gz(archive))
        opened("an initramfs: a cpio archive, then a packed one", "image", digests)
    write("image", gz(run("tar", "-C", tree, "-c", ".")))
    opened("a packed tar archive", "image", digests)


def packages():
    for name in PACKAGES:
        got = subprocess.run(["apt-get", "-q", "download", name], capture_output=True, check=False)
        found = sorted(pathlib.Path(".").glob(f"{name}_*.deb"))
        if got.returncode != 0 or not found:
            result(True, f"{name} # SKIP cannot be fetched")
        else:
            opened(name, found[0])


def debian():
    if not have("mmdebstrap"):
        return
    more = "--include=linux-image-amd64,initramfs-tools"
    got = subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", more, "bookworm", "debian"],
                         capture_output=True, check=False)
    if got.returncode != 0:
        result(True, "a tree of Debian # SKIP cannot be made here")
        return
    for path in sorted(pathlib.Path("debian/boot").glob("*")):
        opened(f"{path.name} of a tree of Debian", path)
    for path in ("debian/dev", "debian/proc", "debian/sys"):
        shutil.rmtree(path, ignore_errors=True)
    images_of("debian", "2G")


with Folder():
    small_tree()
    images_of("tree", "32M")
    if LONG:
        packages()
        debian()
finish()
