#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""assay inspect as a command: what is inside containers, sums, limits, bad usage. The judges are
those who made the files, and hashlib."""
import hashlib
import re

from makers import *  # noqa: F403

TEXT = b"a text that is no container\n" * 20


def check(text, condition, why=""):
    result(bool(condition), text, why)


def say(*options):
    return subprocess.run([ASSAY, "inspect", *options], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60)


def inspect(*options):
    got = say("--json", "-", *options)
    return got.returncode, json.loads(got.stdout)["artefacts"]


def covered(artefact):
    at = 0
    for r in artefact["ranges"]:
        if r["offset"] != at or r["length"] <= 0:
            return False
        at += r["length"]
    return at == artefact["size"]


def cut(data, artefact, kind):
    return b"".join(data[r["offset"]:r["offset"] + r["length"]] for r in artefact["ranges"]
                    if r["kind"] == kind)


def containers():
    data = gz(TEXT)
    archive = tar(member("./x.gz", data), member("./\x1b[2J", b"evil"), member("./d", kind=b"5"))
    package = ar(ar_member("data.tar.xz", xz(archive)), ar_member("plain", TEXT))
    write("package", package)
    wanted = {"": package, "data.tar.xz": xz(archive), "data.tar.xz!": archive,
              "data.tar.xz!/x.gz": data, "data.tar.xz!/x.gz!": TEXT,
              "data.tar.xz!/\\x1b[2J": b"evil", "plain": TEXT}
    status, found = inspect("package")
    check("a package: every artefact at every depth, once", status == MATCH and
          sorted(a["path"] for a in found) == sorted(wanted), [a["path"] for a in found])
    by_path = {a["path"]: a for a in found}
    for path, content in wanted.items():
        a = by_path[path]
        check(f"{path!r}: size and digest", a["size"] == len(content) and
              a["sha256"] == hashlib.sha256(content).hexdigest(), a)
        check(f"{path!r}: ranges cover it once", covered(a), a["ranges"])
    check("formats", [by_path[p]["format"] for p in wanted] ==
          ["ar", "xz", "tar", "gzip", "data", "data", "data"], by_path)
    check("an artefact that stands as it is has an offset there", all(
        (package if path in ("data.tar.xz", "plain") else archive)
        [by_path[path]["offset"]:][:len(wanted[path])] == wanted[path]
        for path in ("data.tar.xz", "plain", "data.tar.xz!/x.gz")))
    check("one that was unpacked has none", by_path["data.tar.xz!"]["offset"] is None and
          by_path[""]["offset"] is None)
    check("content is what the members hold", cut(package, by_path[""], "content") ==
          xz(archive) + TEXT)
    check("a stream has its rule, a name has none", {
        r["rule"] for a in found for r in a["ranges"] if r["kind"] == "stream"} ==
        {"xz/stream@1", "gzip/stream@1"} and {
        r["rule"] for a in found for r in a["ranges"] if r["kind"] == "fixed"} == {None})
    status, one = inspect("--member", "data.tar.xz!/x.gz", "package")
    check("--member", status == MATCH and [a["sha256"] for a in one] ==
          [by_path["data.tar.xz!/x.gz"]["sha256"], by_path["data.tar.xz!/x.gz!"]["sha256"]])
    check("the same input gives the same bytes", say("--json", "-", "--map", "package").stdout ==
          say("--json", "-", "--map", "package").stdout)
    text = say("--map", "package").stdout
    check("text is printable", b"\x1b" not in text and b"\\x1b[2J" in text)
    rows = re.findall(rb"^  ([0-9a-f]+) +(\d+) +(?:-|[0-9a-f]+) (?:must be equal|[a-z]+/[a-z-]+@\d)",
                      text, re.M)
    check("--map adds up, in text too", sum(int(n) for _, n in rows) ==
          sum(len(c) for c in wanted.values()), len(rows))


def attributes():
    """What a container says in no range of its own: here that a program may be run."""
    write("zip", zip_of(zip_member(b"bin/x", TEXT, external=0o100755 << 16, comment=b"\x1b[2J")))
    status, found = inspect("zip")
    check("attributes of members", status == MATCH and
          {"bin/x: external attributes: 0x81ed0000", "bin/x: comment: 0x1b5b324a"} <=
          set(found[0]["attributes"]) and found[1]["attributes"] == [], found[0]["attributes"])
    text = say("--map", "zip").stdout
    check("attributes in text", b"| bin/x: external attributes: 0x81ed0000" in text, text)


def troubles():
    bad = gz(TEXT)[:-1]
    write("bad", bad)
    status, found = inspect("bad")
    check("cut short: trouble, and its bytes are there", status == INCONCLUSIVE and
          found[0]["trouble"] and found[0]["ranges"] ==
          [{"offset": 0, "length": len(bad), "kind": "bytes", "what": None, "rule": None,
            "address": None, "disputed": False}], found)
    write("around", tar(member("bad", bad), member("good", TEXT)))
    status, found = inspect("around")
    check("trouble inside: the rest is shown", status == INCONCLUSIVE and
          [bool(a["trouble"]) for a in found] == [False, True, False], found)
    nested = TEXT
    for _ in range(20):
        nested = gz(nested, level=0)
    write("nested", nested)
    status, found = inspect("nested")
    check("depth: as deep as compare", status == INCONCLUSIVE and len(found) == 17 and
          "limit" in found[16]["trouble"], [a["trouble"] for a in found])
    status, found = inspect("--max-depth", "20", "nested")
    check("--max-depth", status == MATCH and len(found) == 21 and covered(found[20]))
    write("bomb", gz(bytes(90 << 20)))
    status, found = inspect("bomb")
    check("a bomb is not unpacked", status == INCONCLUSIVE and "limit" in found[0]["trouble"])
    write("empty", b"")
    status, found = inspect("empty")
    check("an empty file", status == MATCH and found[0]["size"] == 0 and found[0]["ranges"] == [])
    for text, arguments in (("no argument", ()), ("two arguments", ("empty", "empty")),
                            ("missing", ("none",)), ("a folder", (".",)),
                            ("depth of 0", ("--max-depth", "0", "empty")),
                            ("no such member", ("--member", "x", "around"))):
        got = say(*arguments)
        check(f"{text}: status 2, nothing on stdout", got.returncode == TROUBLE and not got.stdout,
              got)


def first_screen():
    write("many", tar(*[member(f"m{i}", gz(TEXT)) for i in range(300)]))
    got = say("many").stdout.decode()
    check("many members: at most 100 lines, and it says that there is more",
          got.count("\n") <= 100 and "--map" in got, got.count("\n"))
    check("and the first line says what it is", got.startswith("many: tar, "), got)
    check("--map has all", say("--map", "many").stdout.count(b"/m299") +
          say("--map", "many").stdout.count(b"\nm299") >= 1)


if __name__ == "__main__":
    with Folder():
        for part in (containers, attributes, troubles, first_screen):
            part()
    finish()
