#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""assay compare --exclude: regions that a person answers for. They hide what they name and nothing
beside it, are in every output, and the result is never called identical."""
import squashfs
from makers import *  # noqa: F403

CALIBRATION = bytes(range(64))
OTHER = CALIBRATION[::-1]
CODE = b"\x90" * 500


def flash(code=CODE, data=CALIBRATION, tail=b"end" * 20):
    return code + data + tail


def row(path="", offset=500, size=64, reason="calibration", approver="A. Person"):
    lines = [f"offset: {offset}", f"size: {size}", f"reason: {reason}", f"approver: {approver}"]
    if path:
        lines.insert(0, f"artefact: '{path}'")
    return "  - " + "\n    ".join(lines) + "\n"


def exclude(*rows, schema="assay.exclusions/1"):
    write("policy.yaml", (f"schema: {schema}\nexclusions:\n" + "".join(rows)).encode())
    return ["--exclude", "policy.yaml"]


def t(text, delivered, rebuilt, rows, tier, *wanted, excluded=None):
    try:
        status, answer, out = compare(delivered, rebuilt, *exclude(*rows))
        assert answer is not None, out
        assert (answer["tier"], status) == (tier, STATUS[tier]), (answer["tier"], status, out.decode())
        check_sums(answer)
        found = [f"{f['artefact']}: {f['text']} ({f['rule'] or f['class']})" for f in answer["findings"]]
        for piece in wanted:
            assert any(piece in f for f in found), (piece, found)
        assert len(answer["exclusions"]) == len(rows)
        for said, asked in zip(answer["exclusions"], rows):
            assert f"size: {said['size']}\n" in asked and said["reason"] in asked
            assert said["approver"] in asked and said["reason"].encode() in out
            assert said["approver"].encode() in out
        assert (answer["tier"] == "identical") == (delivered == rebuilt), answer["tier"]
        if excluded is not None:
            assert answer["bytes"]["excluded"] == excluded, answer["bytes"]
    except (AssertionError, ValueError, KeyError) as problem:
        result(False, "exclude: " + text, problem)
        return
    result(True, "exclude: " + text)


def regions():
    base = flash()
    t("calibration data", flash(data=OTHER), base, [row()], "normalised", "policy/excluded@1", excluded=64)
    t("equal files", base, base, [row()], "identical", excluded=0)
    t("a byte before the region", flash(data=OTHER, code=CODE[:-1] + b"!"), base, [row()], "different",
      "1 byte differs", "64 bytes differ and are excluded", excluded=64)
    t("a byte behind the region", flash(data=OTHER, tail=b"End" + b"end" * 19), base, [row()], "different",
      "1 byte differs", "policy/excluded@1")
    t("a region that is one byte short", flash(data=OTHER), base, [row(size=63)], "different",
      "1 byte differs", excluded=63)
    t("two regions", flash(data=OTHER, tail=b"End" + b"end" * 19), base, [row(), row(offset=564, size=1)],
      "normalised", excluded=65)
    t("two regions, one of them not needed", flash(data=OTHER), base, [row(), row(offset=0, size=1)],
      "normalised", excluded=64)
    t("a region past the end", flash(data=OTHER), base, [row(size=1000)], "different",
      "should be excluded, but are not in both files", excluded=0)
    t("a region of another file", flash(data=OTHER), base, [row(path="x")], "different", excluded=0)
    t("bytes moved in front", b"!" + flash(data=OTHER), base, [row()], "different")
    t("more bytes in the delivered file", flash(data=OTHER) + b"evil", base, [row()], "different")
    t("all of the file", b"a" * 9, b"b" * 9, [row(offset=0, size=9)], "normalised", excluded=9)
    t("a reason that would write to a terminal", flash(data=OTHER), base,
      [row(reason="reason")], "normalised")


def members():
    def packed(data=CALIBRATION, code=CODE, mode=0o644, pack=gz, name="./cal", twice=False):
        return pack(tar(member("./code", code), member(name, data, mode=mode),
                        *[member("./cal", data)] * twice))

    def plain(**kw):
        return packed(pack=lambda d: d, **kw)

    base, here = packed(), [row("!/cal", 0)]
    t("a member", packed(OTHER), base, here, "normalised", "!/cal: 64 bytes differ and are excluded")
    t("a member of an archive that is not packed", plain(data=OTHER), plain(), [row("cal", 0)],
      "different", excluded=0)
    t("a member of an archive that is not packed, by its path", plain(data=OTHER), plain(),
      [row("/cal", 0)], "normalised", excluded=64)
    t("a member's mode", packed(OTHER, mode=0o4644), base, here, "different", "/cal: mode differs")
    t("another member", packed(OTHER, code=CODE[:-1] + b"!"), base, here, "different", "!/code: 1 byte")
    t("a member of another size", packed(OTHER + b"evil"), base, here, "different", "!/cal: ")
    t("a member that is there twice", packed(OTHER, twice=True), packed(twice=True), here, "different",
      "another member has this name too")
    t("a member under another name", packed(OTHER, name="./cal "), base, here, "different",
      "only in the delivered")
    t("a part of a member", packed(OTHER[:32] + CALIBRATION[32:]), base, [row("!/cal", 0, 32)],
      "normalised")
    inner = [row("!/cal!/x", 0, 4)]
    t("a member of a member", packed(tar(member("./x", b"key1"), member("./y", b"y"))),
      packed(tar(member("./x", b"key2"), member("./y", b"y"))), inner, "normalised",
      "!/cal!/x: 4 bytes differ and are excluded")
    t("a member of a member, and one beside it", packed(tar(member("./x", b"key1"), member("./y", b"z"))),
      packed(tar(member("./x", b"key2"), member("./y", b"y"))), inner, "different", "!/cal!/y: 1 byte")
    image = squashfs.plain()
    other = squashfs.plain(files_changed=squashfs.replaced("etc/motd", b"hullo\n"))
    t("a file of a file system", other, image, [row("etc/motd", 0, 6)], "normalised",
      "etc/motd: 6 bytes differ and are excluded")


def usage():
    write("delivered", flash(data=OTHER))
    write("rebuilt", flash())
    good = row()
    for text, rows, schema in (
            ("no approver", [good.replace("    approver: A. Person\n", "")], None),
            ("no reason", [good.replace("    reason: calibration\n", "")], None),
            ("no size", [good.replace("    size: 64\n", "")], None),
            ("a size of zero", [row(size=0)], None), ("an unknown key", [good + "    evil: 1\n"], None),
            ("an empty reason", [row(reason="''")], None), ("another schema", [good], "assay.exclusions/2"),
            ("a file that it is in", [good + "    file: x\n"], None),
            ("too many of them", [row(offset=i) for i in range(65)], None)):
        got = run("delivered", "rebuilt", *exclude(*rows, schema=schema or "assay.exclusions/1"))
        result(got.returncode == TROUBLE and b"policy.yaml" in got.stderr, "exclude: refused: " + text,
               got.stderr)
    os.makedirs("a")
    os.makedirs("b")
    got = run("a", "b", *exclude(good))
    result(got.returncode == TROUBLE and b"not for folders" in got.stderr, "exclude: folders", got.stderr)
    got = run("delivered", "rebuilt", "--accept", "repacked", *exclude(good))
    result(got.returncode == WORSE, "exclude: a match, but at a worse tier than accepted", got.returncode)


if __name__ == "__main__":
    with Folder():
        for part in (regions, members, usage):
            part()
    finish()
