#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 at any moment while a toolchain is fetched and made: what is in the store afterwards is
complete, and the next run goes on as if nothing had been."""
import random
import time

from mirror_server import Server
from toolchains import *  # noqa: F403

KILLS = 50
PACKAGES = [package(f"pkg{i}", [(f"usr/share/pkg{i}/{k}/{n}", random.Random(i * 999 + n).randbytes(3000))
                                for k in range(4) for n in range(8 * k, 8 * k + 8)]) for i in range(24)]


def throttled(h, data):
    """A mirror on which the whole takes about a second."""
    if data is None:
        return False
    start = h.offset()
    h.send_response(206 if start else 200)
    h.send_header("Content-Length", str(len(data) - start))
    if start:
        h.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
    h.end_headers()
    for at in range(start, len(data), 20000):
        time.sleep(0.02)
        h.put(data[at:at + 20000])
    return True


def whole(m):
    """How long a run takes that nobody kills, and the lock with its tree."""
    m.intent(*[f"pkg{i}" for i in range(24)])
    expect("lock", m.run("lock", "-q", "t.intent.yaml", store="whole"), DONE)
    shutil.rmtree("whole")
    start = time.monotonic()
    expect("a run that nobody kills", m.run("fetch", "-q", "t.lock.yaml", store="whole"), DONE)
    return time.monotonic() - start


def kill_once(m, moment):
    process = m.start("fetch", "-q", "t.lock.yaml")
    try:
        process.communicate(timeout=moment)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    return process.returncode


def check(m):
    """Whatever has its name is complete."""
    code, out, err = m.run("check")
    found = [tree_digest(f"store/trees/sha256/{d}") == d for d in m.trees()]
    return code == DONE and all(found), out + err


def main(m, server):
    m.publish(*PACKAGES)
    server.files = {"pool/" + name: data for name, data, _ in PACKAGES}
    with open("sources.list", "w") as f:  # package lists from the folder, packages from the mirror
        f.write(f"deb [trusted=yes] {m.base} test main\n")
    length = whole(m)
    with open("sources.list", "w") as f:
        f.write(f"deb [trusted=yes] {server.url}/debian test main\n")
    start = time.monotonic()
    expect("a run from the mirror", m.run("fetch", "-q", "t.lock.yaml"), DONE)
    length = time.monotonic() - start
    chance = random.Random(1)
    killed = done = 0
    shutil.rmtree("store")
    while killed < KILLS and done < 3 * KILLS:
        moment = chance.uniform(0, length)
        code = kill_once(m, moment)
        good, why = check(m)
        if code == -9:
            killed += 1
            result(good, f"kill {killed} of {KILLS}, after {moment:.2f} s of {length:.2f}", why)
        else:
            done += 1
            result(good and code == 0, f"not killed: done after less than {moment:.2f} s", why)
        if m.trees():
            shutil.rmtree("store")
    equal("kills", killed, KILLS)
    expect("then a run", m.run("fetch", "-q", "t.lock.yaml"), DONE)
    expect("all good", m.run("check", "t.lock.yaml"), DONE, "24 blobs and 1 trees", "0 damaged, 0 missing")
    equal("nothing left over", (os.listdir("store/tmp"), os.listdir("store/locks")), ([], ["store"]))


needs("apt-get", "apt")
with Machine() as machine, Server(throttled) as mirror:
    main(machine, mirror)
finish()
