#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the README shows operators and pipelines is what they see: each command of these two sections is
run here, and prints what stands below it."""
import re

from packs import *  # noqa: F403

NEW, OLD = Release("4.2.1"), Release("4.1.0")


def set_up():
    for folder in ("packs", "verdicts"):
        os.mkdir(folder)
    for release in (NEW, OLD):
        make_pack(release)
        os.rename(release.pack, "packs/" + release.pack)
        os.rename(release.name + ".dsse.json", f"verdicts/{release.version}.dsse.json")
    # The name in a verdict is the laboratory's.
    os.link(NEW.name, "fw.bin")
    write("policy.yaml", policy(SIGNERS, more=EXCLUSIONS))
    dump = NEW.memory(("same", "other"), other=OLD)
    write("flash.bin", dump)
    dump[4 * ERASE + 100001] ^= 1
    write("changed.bin", dump)
    reports = [{"device": "site 1", "hashes": {"kernel-a": sha256(NEW.kernel), "rootfs-a": sha256(NEW.rootfs)}},
               {"device": "site 2", "hashes": {"kernel-a": sha256(OLD.kernel), "rootfs-a": sha256(OLD.rootfs)}},
               {"device": "site 3", "hashes": {"kernel-a": sha256(b"something else"),
                                               "rootfs-a": sha256(NEW.rootfs)}}]
    write("reports.jsonl", "".join(json.dumps(r) + "\n" for r in reports))


def blocks(text):
    """(command, output) of the indented blocks: a block that begins with a command, and the next one."""
    found = re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", text, re.M)
    for block in found:
        first, _, rest = block.partition("\n\n")
        yield first.replace("    ", "", 1), re.sub(r"^    ", "", rest, flags=re.M).strip("\n")


def runs(name, text):
    commands = list(blocks(text))
    check(f"{name}: there are commands", len(commands) >= 2 and all(c.startswith("assay ") for c, _ in commands),
          commands)
    for command, shown in commands:
        command = command.replace("--policy", f"{' '.join(NOW)} --policy", 1)
        got = run("sh", "-c", command.replace("assay", f"'{ASSAY}'", 1))
        printed = got.stdout.decode().rstrip().replace("\t", " ")
        check(f"{name}: {command[:60]}…", printed and printed == shown, f"{got}\n{printed}\n--- shown:\n{shown}")
        if os.environ.get("ASSAY_README_PRINT"):
            print(command + "\n\n" + "\n".join("    " + x for x in printed.splitlines()))


if __name__ == "__main__":
    with open(os.path.join(os.environ["top_srcdir"], "README.md"), encoding="utf-8") as f:
        readme = f.read()
    folder = in_folder()
    if needs("openssl", "openssl") and needs("jq", "jq"):
        keys()
        set_up()
        for title in ("For operators", "For pipelines"):
            runs(title, readme.split(f"### {title}\n")[1].split("\n###")[0])
    finish()
