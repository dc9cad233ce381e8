#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the test of products (tests/products/products.sh) may lock a toolchain anew: when no mirror has
a pinned package any more. A mirror that is down, slow, forbidding or wrong is a failure of the test."""
from mirror_server import Server
from toolchains import *  # noqa: F403

OLD = package("pkg", [("usr/bin/x", b"old")], version="1")
NEW = package("pkg", [("usr/bin/x", b"new")], version="2")
PATH = "pool/" + OLD[0]


def repository():
    files = {}
    for folder, _, names in os.walk("repository"):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                files[os.path.relpath(path, "repository")] = file.read()
    return files


def source(m):
    """A source tree of one toolchain and no product: what products.sh reads of it."""
    for folder in ("manifests", "toolchains", "tests/products"):
        os.makedirs("source/" + folder)
    shutil.copy(os.path.join(HERE, "../products/products.sh"), "source/tests/products/")
    m.write("source/tests/products/judge.py", b"")
    m.publish(OLD)
    m.intent("pkg", path="source/toolchains/t.intent.yaml")
    expect("a lock", m.run("lock", "source/toolchains/t.intent.yaml", store="locking"), DONE)


def products(m, url):
    """What products.sh says of the toolchain: its line of TAP, and all of it."""
    with open("sources.list", "w") as file:
        file.write(f"deb [trusted=yes] {url}/debian test main\n")
    for folder in ("products", "run"):
        subprocess.run(["rm", "-rf", folder], check=True)
    subprocess.run(["chmod", "-R", "u+w", "."], check=True)
    os.makedirs("run")
    env = dict(m.env, ASSAY=ASSAY, top_srcdir=m.path + "/source", ASSAY_TEST_STORE=m.path + "/products")
    got = subprocess.run(["sh", m.path + "/source/tests/products/products.sh", "none"], env=env, cwd="run",
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    lines = [line for line in got.stdout.splitlines() if "toolchain t: " in line and "ok " in line]
    return (lines + [""])[0], got.stdout


def locked():
    with open("run/tests/products/run/toolchains/t.lock.yaml", encoding="utf-8") as file:
        return file.read()


def case(m, text, behave, files, good, anew):
    line = "LOCKED ANEW, its pinned packages are gone from the mirrors" if anew else "the pinned packages are there"
    with Server(behave, files) as server:
        said, out = products(m, server.url)
    result(said.endswith(line) and said.startswith("ok " if good else "not ok "),
           f"{text}: {'passes' if good else 'fails'}: {line}", out)
    equal(f"{text}: {'said loudly' if anew else 'nothing about locking anew'}",
          ("LOCKED ANEW" in out, "# toolchain t: no mirror has" in out), (anew, anew))
    equal(f"{text}: {'another lock' if anew else 'the same lock'}", sha256(NEW[1]) in locked(), anew)


def refuse(status):
    def behave(handler, _):
        if handler.path.endswith(PATH):
            handler.answer(status, b"no")
            return True
        return False
    return behave


def other_bytes(handler, _):
    if not handler.path.endswith(PATH):
        return False
    handler.answer(200, OLD[1][:-1] + b"?")
    return True


needs("apt-get", "apt")
with Machine() as machine:
    source(machine)
    there = repository()
    machine.publish(NEW)
    moved_on = repository()
    both = {**there, **moved_on}
    case(machine, "a mirror that has it", None, both, True, False)
    case(machine, "a mirror that has moved on", None, moved_on, True, True)
    for status in (403, 500, 503):
        case(machine, f"a mirror that answers {status}", refuse(status), both, False, False)
    case(machine, "a mirror with other bytes", other_bytes, both, False, False)
    case(machine, "a mirror that cuts off", lambda h, _: h.cut() or True, both, False, False)
finish()
