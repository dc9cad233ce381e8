# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of `assay toolchain` share: an apt repository of a few small packages in a folder
of the test's own, apt that knows nothing else, and a judge of trees that is not assay."""
import gzip
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "compare"))
import pairs  # noqa: E402
from pairs import member, result, finish  # noqa: E402,F401

ASSAY = os.environ["ASSAY"]
DONE, TROUBLE, PIN = 0, 2, 8
MTIME = 315532800  # of everything in a tree


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def control(name, version="1", architecture="all", **fields):
    text = f"Package: {name}\nVersion: {version}\nArchitecture: {architecture}\n"
    text += "".join(f"{key.replace('_', '-')}: {value}\n" for key, value in fields.items())
    return text + "Maintainer: Nobody <nobody@assay.invalid>\nDescription: for a test\n"


def package(name, files=(), extra=(), scripts=(), version="1", architecture="all", **fields):
    """A package: (file name, bytes, its stanza)."""
    stanza = control(name, version, architecture, **fields)
    data = pairs.deb(files, control=stanza.encode(), extra=extra, scripts=scripts, pack=pairs.gz,
                     suffix=".gz")
    return f"{name}_{version.replace(':', '%3a')}_{architecture}.deb", data, stanza


def tree_digest(root):
    """assay-tree/1, from its description in assay-toolchain(5)."""
    root = os.fsencode(root)
    entries = []
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(folder, name)
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                record = b"l 0777 " + sha256(os.readlink(path)).encode()
            elif stat.S_ISDIR(mode):
                record = b"d %04o -" % stat.S_IMODE(mode)
            else:
                with open(path, "rb") as f:
                    record = b"f %04o " % stat.S_IMODE(mode) + sha256(f.read()).encode()
            entries.append((os.path.relpath(path, root), record))
    listing = b"".join(b"%s %s\0" % (record, path) for path, record in sorted(entries))
    return sha256(b"assay-tree/1\0" + listing)


class Machine:
    """A folder with a repository, apt's configuration for it, and stores."""

    def __init__(self, base=None):
        self.path = tempfile.mkdtemp()
        os.chmod(self.path, 0o755)
        os.chdir(self.path)
        self.base = base or f"file:{self.path}/repository"
        self.env = dict(os.environ, APT_CONFIG=f"{self.path}/apt.conf", HOME=self.path,
                        XDG_DATA_HOME=f"{self.path}/data")
        for name in list(self.env):
            if name.lower().endswith("_proxy"):
                del self.env[name]
        with open("apt.conf", "w") as f:
            f.write(f'Dir::Etc::sourcelist "{self.path}/sources.list";\n'
                    'Dir::Etc::sourceparts "/dev/null";\nDir::Etc::preferencesparts "/dev/null";\n')
        with open("sources.list", "w") as f:
            f.write(f"deb [trusted=yes] {self.base} test main\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.chdir("/")
        subprocess.run(["chmod", "-R", "u+rwx", self.path], stderr=subprocess.DEVNULL)
        shutil.rmtree(self.path, ignore_errors=True)

    def publish(self, *packages, architectures=("amd64",)):
        """Write a repository of these packages. pool/NAME is the path of each."""
        shutil.rmtree("repository", ignore_errors=True)
        os.makedirs("repository/pool")
        for architecture in architectures:
            index = f"repository/dists/test/main/binary-{architecture}"
            os.makedirs(index)
            with open(index + "/Packages", "w") as f:
                for name, data, stanza in packages:
                    if f"Architecture: {architecture}\n" in stanza or \
                            (architecture == architectures[0] and "Architecture: all\n" in stanza):
                        f.write(stanza + f"Filename: pool/{name}\nSize: {len(data)}\n"
                                f"MD5sum: {hashlib.md5(data).hexdigest()}\n"
                                f"SHA256: {sha256(data)}\n\n")
        for name, data, _ in packages:
            self.write(f"repository/pool/{name}", data)

    def write(self, path, data):
        with open(path, "wb") as f:
            f.write(data)

    def write_json(self, path, value):
        """JSON is YAML."""
        with open(path, "w") as f:
            json.dump(value, f, indent=1)

    def intent(self, *packages, path="t.intent.yaml", **more):
        value = {"schema": "assay.intent/1", "name": "t", "architecture": "amd64", "foreign": [],
                 "packages": list(packages), "build_depends": [], "links": [], "files": [],
                 "directories": []}
        value.update(more)
        self.write_json(path, value)
        return path

    def lock_of(self, *packages, path="l.lock.yaml", tree="0" * 64, **more):
        """A lock written by hand."""
        pins = []
        for name, data, stanza in packages:
            fields = dict(line.split(": ", 1) for line in stanza.splitlines())
            pins.append({"name": fields["Package"], "version": fields["Version"],
                         "architecture": fields["Architecture"], "sha256": sha256(data),
                         "size": len(data), "path": f"pool/{name}"})
        value = {"schema": "assay.toolchain/1", "name": "t", "intent": "0" * 64,
                 "architecture": "amd64",
                 "packages": sorted(pins, key=lambda p: (p["name"], p["architecture"])),
                 "links": [], "files": [], "directories": [],
                 "tree": {"algorithm": "assay-tree/1", "sha256": tree, "entries": 0, "bytes": 0}}
        value.update(more)
        self.write_json(path, value)
        return path

    def start(self, *args, store="store", **kw):
        return subprocess.Popen([ASSAY, "toolchain", args[0], "--store", store, *args[1:]],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                errors="surrogateescape", env=self.env, **kw)

    def run(self, *args, store="store", timeout=120, **kw):
        """assay toolchain COMMAND …: (status, stdout, stderr)."""
        with self.start(*args, store=store, **kw) as process:
            out, err = process.communicate(timeout=timeout)
        return process.returncode, out, err

    def trees(self, store="store"):
        folder = f"{store}/trees/sha256"
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

    def tree(self, store="store"):
        """The one tree of a store."""
        (digest,) = self.trees(store)
        return f"{store}/trees/sha256/{digest}"


def expect(text, got, status, *patterns):
    """One test: exit status, and texts that must be in what was said."""
    code, out, err = got
    missing = [p for p in patterns if p not in err and p not in out]
    quiet = all(c >= " " or c == "\n" for c in out + err)
    result(code == status and not missing and quiet, text,
           f"status {code}, not {status}; missing {missing}\n{out}\n{err}")


def equal(text, got, wanted):
    result(got == wanted, text, f"{got!r}, not {wanted!r}")


def needs(command, what):
    """Skip all when a program is not there; a strict run fails."""
    if shutil.which(command):
        return
    if os.environ.get("ASSAY_TEST_STRICT"):
        print(f"not ok 1 - needs {what}\n1..1")
        sys.exit(1)
    print(f"1..0 # SKIP needs {what}")
    sys.exit(0)


__all__ = [name for name in dir() if not name.startswith("_")]
