#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetching from mirrors that misbehave, on the loopback interface: what is not there, other bytes,
silence, transfers cut off, redirects; and from proxies. Wrong bytes are never stored."""
import socket
import time

from mirror_server import Server
from toolchains import *  # noqa: F403

DATA = bytes(range(256)) * 3000
PACKAGE = package("pkg", [("usr/bin/x", os.urandom(400000))])
SMALL = [package(f"small{i}", [("usr/bin/x%d" % i, b"%d" % i * 999)]) for i in range(9)]
LIMIT = 30  # seconds that the slowest of these may take


def sources(m, *urls):
    with open("sources.list", "w") as f:
        f.writelines(f"deb [trusted=yes] {url}/debian test main\n" for url in urls)


def files(*packages):
    return {"pool/" + name: data for name, data, _ in packages}


def fetch(m, *urls, store=None, lock="l.lock.yaml", timeout=LIMIT):
    """(status, out, err), on an empty store unless one is named. A pinned tree of zeros is status 8
    when all packages have come, so the package is looked for in the store."""
    if store is None:
        shutil.rmtree("store", ignore_errors=True)
    sources(m, *urls)
    start = time.monotonic()
    got = m.run("fetch", "--timeout", "1", lock, timeout=timeout)
    fetch.seconds = time.monotonic() - start
    return got


def stored(*packages):
    return [os.path.exists(f"store/blobs/sha256/{sha256(d)[:2]}/{sha256(d)[2:]}") for _, d, _ in packages]


def came(text, got, *packages):
    result(all(stored(*packages)) and "the tree has the digest" in got[2], text, got[2])


def missed(text, got, status, *patterns):
    expect(text, got, status, PACKAGE[0], *patterns)
    equal(text + ": nothing stored", stored(PACKAGE), [False])


def simple(behave):
    return Server(behave, files(PACKAGE))


def faults(m):
    m.lock_of(PACKAGE)
    data = PACKAGE[1]
    other = data[:-1] + bytes([data[-1] ^ 1])
    with Server() as server:
        missed("404", fetch(m, server.url), TROUBLE, "404", server.url, "is nowhere any more",
               "archive of snapshots")
        equal("404 is not asked for twice", len(server.requests), 1)
    with simple(lambda h, d: h.answer(403, b"no") or True) as server:
        missed("403", fetch(m, server.url), TROUBLE, "403", "cannot be fetched")
        with Server() as empty:
            missed("403, and 404 elsewhere", fetch(m, server.url, empty.url), TROUBLE, "cannot be fetched")
    with simple(lambda h, d: h.answer(503, b"later") or True) as server:
        missed("503", fetch(m, server.url), TROUBLE, "503")
        equal("503 is asked for twice", len(server.requests), 2)
    with simple(lambda h, d: h.answer(200, other) or True) as server:
        missed("other bytes", fetch(m, server.url), PIN, sha256(data), sha256(other), server.url)
    with simple(lambda h, d: h.answer(200, data + b"more") or True) as server:
        missed("more bytes", fetch(m, server.url), PIN, f"more than {len(data)} bytes")
    with simple(lambda h, d: h.answer(200, data[:-5]) or True) as server:
        missed("fewer bytes", fetch(m, server.url), PIN, f"{len(data) - 5} bytes")
    with simple(lambda h, d: h.answer(200, b"") or True) as server:
        missed("no bytes", fetch(m, server.url), PIN, "0 bytes")
    with simple(lambda h, d: h.put(b"SSH-2.0-nonsense\r\n" * 20) or h.cut() or True) as server:
        missed("not HTTP", fetch(m, server.url), TROUBLE, server.url)
    with simple(lambda h, d: h.cut() or True) as server:
        missed("a connection closed at once", fetch(m, server.url), TROUBLE, server.url)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        missed("nobody listens", fetch(m, f"http://127.0.0.1:{closed.getsockname()[1]}"), TROUBLE, "127.0.0.1")
    missed("a name that does not exist", fetch(m, "http://mirror.assay.invalid"), TROUBLE, "assay.invalid")


def endless(h, _):
    h.send_response(200)
    h.end_headers()
    while not h.server.stop.is_set():
        h.put(bytes(65536))
    return True


def dribble(h, data):
    """Headers, then nothing, for ever."""
    h.answer(200, data[:1000], length=len(data))
    h.server.stop.wait(LIMIT)
    return True


def silent(h, _):
    h.server.stop.wait(LIMIT)
    h.cut()
    return True


def slow(h, data):
    """A byte now and then is not silence."""
    h.answer(200, b"", length=len(data))
    for i in range(5):
        time.sleep(0.4)
        h.put(data[i * 100:i * 100 + 100])
    h.put(data[500:])
    return True


def patience(m):
    with simple(silent) as server:
        missed("a server that never answers", fetch(m, server.url), TROUBLE, "nothing came for 1000 ms")
        result(fetch.seconds < 15, "is given up", f"{fetch.seconds} s")
    with simple(dribble) as server:
        missed("a transfer that stops", fetch(m, server.url), TROUBLE, "nothing came for 1000 ms")
        result(fetch.seconds < 15, "is given up", f"{fetch.seconds} s")
    with simple(slow) as server:
        came("a slow transfer, longer than the timeout", fetch(m, server.url), PACKAGE)
    with simple(endless) as server:
        missed("a file without an end", fetch(m, server.url), PIN, "more than")
        result(server.bytes_sent < 20 << 20, "is not read on", str(server.bytes_sent))


def resuming(m):
    data = PACKAGE[1]

    def half_once(h, d):
        if len(h.server.requests) > 1:
            return False
        h.answer(200, d[:len(d) // 2], length=len(d))
        h.cut()
        return True

    with simple(half_once) as server:
        came("a transfer cut off, the same server", fetch(m, server.url), PACKAGE)
        equal("goes on where it was", [r for _, r in server.requests], [None, f"bytes={len(data) // 2}-"])
    with simple(lambda h, d: h.answer(200, d[:1000], length=len(d)) or h.cut() or True) as bad:
        with simple(None) as good:
            came("a transfer cut off, another server", fetch(m, bad.url, good.url), PACKAGE)
            equal("goes on there", [r for _, r in good.requests], ["bytes=1000-"])
        missed("a transfer always cut off", fetch(m, bad.url), TROUBLE, bad.url)
        with simple(None) as good:
            came("the next run", fetch(m, good.url, store="store"), PACKAGE)
            equal("goes on where the last one was", len(good.requests) == 1 and
                  good.requests[0][1] is not None, True)

    def no_range(h, d):
        h.answer(200, d)
        return True

    part = f"store/tmp/{sha256(data)}.part"

    def leave(content):
        shutil.rmtree("store", ignore_errors=True)
        m.run("check")
        m.write(part, content)

    for text, content, behave, requests in (
            ("half a part", data[:5000], None, ["bytes=5000-"]),
            ("a part of other bytes", b"x" * 5000, None, ["bytes=5000-", None]),
            ("a part that is too long", data + b"x", None, [None]),
            ("a part as long as the file, with other bytes", b"x" * len(data), None, [None]),
            ("an empty part", b"", None, [None]),
            ("half a part, a server without ranges", data[:5000], no_range, ["bytes=5000-", None]),
            ("half a part, a server that sends another range", data[:5000],
             lambda h, d: h.headers.get("Range") and (
                 h.answer(206, d[7000:], Content_Range=f"bytes 7000-{len(d) - 1}/{len(d)}") or True),
             ["bytes=5000-", None]),
            ("half a part, a server that says 416", data[:5000],
             lambda h, d: h.headers.get("Range") and (h.answer(416) or True), ["bytes=5000-", None])):
        leave(content)
        with simple(behave) as server:
            came(text, fetch(m, server.url, store="store"), PACKAGE)
            equal(text + ": requests", [r for _, r in server.requests], requests)
    with simple(lambda h, d: h.answer(416) or True) as server:
        missed("a server that always says 416", fetch(m, server.url), TROUBLE, server.url)


def redirect(h, _, to):
    h.answer(302, b"", Location=to)
    return True


def going_elsewhere(m):
    with simple(None) as good:
        with simple(lambda h, d: redirect(h, d, good.url + h.path)) as server:
            came("a redirect", fetch(m, server.url), PACKAGE)
    m.write("secret", PACKAGE[1])
    for where in (f"file://{m.path}/secret", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x", "//[", "http://"):
        with simple(lambda h, d, w=where: redirect(h, d, w)) as server:
            missed(f"a redirect to {where.split(m.path)[0]}", fetch(m, server.url), TROUBLE, server.url)
    with simple(lambda h, d: redirect(h, d, h.path)) as server:
        missed("a redirect to itself", fetch(m, server.url), TROUBLE, "redirects")
        result(len(server.requests) < 20, "is not followed for ever", str(len(server.requests)))
    with simple(lambda h, d: h.answer(404, b"") or True) as none, simple(lambda h, d: h.answer(
            200, bytes(len(d))) or True) as wrong, simple(None) as good:
        came("the third of three mirrors", fetch(m, none.url, wrong.url, good.url), PACKAGE)
        missed("one mirror has nothing, one other bytes", fetch(m, none.url, wrong.url), PIN, none.url,
               wrong.url, "404", sha256(bytes(len(PACKAGE[1]))))


def proxies(m):
    plain = open("apt.conf").read()

    def with_conf(line):
        with open("apt.conf", "w") as f:
            f.write(plain + line + "\n")

    dead = "http://mirror.assay.invalid"
    with simple(None) as proxy:
        with_conf(f'Acquire::http::Proxy "{proxy.url}";')
        came("apt's proxy", fetch(m, dead), PACKAGE)
        result(proxy.requests[0][0].startswith(dead), "is asked for the whole URL", str(proxy.requests))
        with_conf(f'Acquire::http::Proxy "http://127.0.0.1:9"; '
                  f'Acquire::http::Proxy::mirror.assay.invalid "{proxy.url}";')
        came("apt's proxy for one host", fetch(m, dead), PACKAGE)
    with simple(None) as good:
        with_conf('Acquire::http::Proxy "http://127.0.0.1:9"; Acquire::http::Proxy::127.0.0.1 "DIRECT";')
        came("no proxy for one host", fetch(m, good.url), PACKAGE)
    with_conf("")
    with simple(None) as proxy:
        m.env["http_proxy"] = proxy.url
        came("the environment's proxy", fetch(m, dead), PACKAGE)
        del m.env["http_proxy"]


def crowd(m):
    """Many files at once, and two programs that want the same ones."""
    lock = m.lock_of(*SMALL, path="many.lock.yaml")

    def wait(h, d):
        time.sleep(0.3)
        return False

    with Server(wait, files(*SMALL)) as server:
        came("nine files", fetch(m, server.url, lock=lock), *SMALL)
        result(fetch.seconds < 9 * 0.3, "several at a time", f"{fetch.seconds} s")
        shutil.rmtree("store")
        del server.requests[:]
        both = [m.start("fetch", "-q", lock) for _ in range(2)]
        for process in both:
            out, err = process.communicate(timeout=LIMIT)
            came("two programs at once", (process.returncode, out, err), *SMALL)
        equal("fetch each file once", sorted(p for p, _ in server.requests),
              sorted("/debian/pool/" + name for name, _, _ in SMALL))


needs("apt-get", "apt")
with Machine() as machine:
    code, out, err = machine.run("fetch", machine.lock_of(PACKAGE))
    if "without network code" in err:
        print("1..0 # SKIP this assay has no network code")
        sys.exit(0)
    for group in (faults, patience, resuming, going_elsewhere, proxies, crowd):
        group(machine)
finish()
