#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Toolchains under other conditions of the host: another user, a full disk, a read-only disk. Mounts
are made in a namespace of their own; the ordinary user of the machine is nobody."""
from toolchains import *  # noqa: F403

FILES = [(f"usr/share/doc/pkg/{i}", b"%d" % i * 5000) for i in range(200)]
PACKAGE = package("pkg", FILES, Installed_Size="1000")


def skip(text, why):
    result(True, f"{text} # SKIP {why}")


def can_mount():
    return subprocess.run(["unshare", "-Urm", "mount", "-t", "tmpfs", "none", "/mnt"],
                          stderr=subprocess.DEVNULL).returncode == 0


def on(m, mount, *args):
    """assay toolchain … on a store at disk/store, in a namespace where mount makes disk."""
    script = f"{mount} && exec \"$@\""
    command = ["unshare", "-Urm", "sh", "-c", script, "-", ASSAY, "toolchain", args[0], "--store",
               "disk/store", *args[1:]]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=m.env,
                          timeout=60)
    return done.returncode, done.stdout, done.stderr


def disks(m):
    os.mkdir("disk")
    if not can_mount():
        skip("disks", "no user namespaces here")
        return
    for text, options, patterns in (
            ("a disk that is full from the start", "size=1m", ["disk full", "MiB are needed", "gc"]),
            ("a disk without room for the tree", "size=17m", ["disk full"]),
            ("a disk that runs out of inodes", "size=100m,nr_inodes=120", ["No space left on device"]),
            ("a disk of a few inodes", "size=100m,nr_inodes=12", ["No space left on device", "disk/store"])):
        expect(text, on(m, f"mount -t tmpfs -o {options} none disk", "fetch", "-q", "t.lock.yaml"), TROUBLE,
               *patterns)
    # What is there when the disk is full stays good, and goes on when it no longer is. (With a source
    # mount(8) does not repeat the old options, of which a user's uid= is refused in here.)
    script = (f"mount -t tmpfs -o size=100m,nr_inodes=120 none disk; '{ASSAY}' toolchain fetch -q --store "
              "disk/store t.lock.yaml; test $? = 2 || exit 1; mount -t tmpfs -o remount,nr_inodes=1000 none disk")
    expect("a disk that was full", on(m, script, "fetch", "-q", "t.lock.yaml"), DONE, m.trees()[0])
    expect("is good", on(m, script, "check"), DONE, "0 damaged")
    read_only = "mount --bind disk disk && mount -o remount,ro,bind disk"
    expect("a read-only disk", on(m, read_only, "fetch", "-q", "t.lock.yaml"), TROUBLE, "cannot be written to",
           "--store")


def users(m):
    if os.geteuid() != 0:
        skip("another user", "needs root")
        return
    if subprocess.run(["runuser", "-u", "nobody", "--", "ls", m.path], stdout=subprocess.DEVNULL).returncode != 0:
        skip("another user", "nobody cannot reach the folder for temporary files")
        return
    os.mkdir("theirs")
    shutil.chown("theirs", "nobody")
    m.env.update(HOME=m.path + "/theirs", XDG_DATA_HOME=m.path + "/theirs/data")
    shutil.copy(ASSAY, "assay")  # the build may be in a folder that is closed to others
    command = ["runuser", "-u", "nobody", "--", m.path + "/assay", "toolchain"]

    def as_nobody(*args, store="theirs/store"):
        done = subprocess.run([*command, args[0], "--store", store, *args[1:]], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, env=m.env, timeout=60)
        return done.returncode, done.stdout, done.stderr

    code, out, err = as_nobody("lock", "-q", "-o", "-", "t.intent.yaml")
    with open("t.lock.yaml") as f:
        equal("nobody makes the same lock", (code, out), (DONE, f.read()))
    equal("of the same tree", m.trees("theirs/store"), m.trees())
    owners = {os.lstat(os.path.join(folder, name)).st_uid for folder, folders, files in
              os.walk(m.tree("theirs/store")) for name in folders + files}
    equal("which is theirs", len(owners) == 1 and 0 not in owners, True)
    expect("root uses it", m.run("fetch", "-q", "t.lock.yaml", store="theirs/store"), DONE)
    expect("nobody cannot use root's", as_nobody("fetch", "-q", "t.lock.yaml", store="store"), TROUBLE,
           "cannot be written to")


needs("apt-get", "apt")
needs("unshare", "util-linux")
with Machine() as machine:
    machine.publish(PACKAGE)
    machine.intent("pkg")
    expect("lock", machine.run("lock", "-q", "t.intent.yaml"), DONE)
    disks(machine)
    users(machine)
finish()
