# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge what `assay verify` found about a shipped manifest, with other tools than assay.

usage: judge.py list                      one line for each manifest: NAME EXIT-STATUS
       judge.py judge NAME RESULT STORE   what is wrong, a line each; exit status 1 if anything is
"""
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile

CLASSES = ["identical", "transplanted", "repacked", "normalised", "excluded", "unexplained"]
DERIVED_FROM_BUILD_ID = {".note.gnu.build-id", ".gnu_debuglink"}


class Wrong(Exception):
    pass


def need(condition, text):
    if not condition:
        raise Wrong(text)


# What the machine can tell without assay.


def output_of(*argv):
    environment = dict(os.environ, LC_ALL="C")
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, env=environment).stdout


def files_of_deb(path):
    """The files of a package, control members under DEBIAN/, as {path: bytes}."""
    with tempfile.TemporaryDirectory() as folder:
        root = os.path.join(folder, "deb")
        output_of("dpkg-deb", "--raw-extract", path, root)
        files = {}
        for here, _, names in os.walk(root):
            for name in names:
                full = os.path.join(here, name)
                if os.path.islink(full):
                    content = b"-> " + os.readlink(full).encode()
                else:
                    with open(full, "rb") as file:
                        content = file.read()
                files[os.path.relpath(full, root)] = content
        return files


def listing_of_deb(path):
    """Names, types, modes, owners, sizes, times and links of the installed files, without sizes."""
    return re.sub(rb"^(\S+ \S+) +\d+ ", rb"\1 ", output_of("dpkg-deb", "--contents", path), flags=re.M)


def different_files(delivered, rebuilt):
    ours, theirs = files_of_deb(rebuilt), files_of_deb(delivered)
    need(ours.keys() == theirs.keys(), f"other files: {sorted(ours.keys() ^ theirs.keys())}")
    need(listing_of_deb(delivered) == listing_of_deb(rebuilt), "other modes, owners, times or links")
    return {path: (theirs[path], ours[path]) for path in ours if ours[path] != theirs[path]}


def section_differences(delivered, rebuilt):
    """Where two ELF files of one size differ: {section: [(offset, delivered, rebuilt)]}."""
    need(len(delivered) == len(rebuilt), f"sizes {len(delivered)} and {len(rebuilt)}")
    with tempfile.NamedTemporaryFile() as file:
        file.write(delivered)
        file.flush()
        text = output_of("readelf", "--sections", "--wide", file.name).decode()
    row = re.compile(r"^ *\[ *\d+\] (\S+) +([A-Z_]+) +[0-9a-f]+ ([0-9a-f]+) ([0-9a-f]+)", re.M)
    sections = [(name, int(start, 16), int(size, 16))
                for name, kind, start, size in row.findall(text) if kind not in ("NULL", "NOBITS")]
    found = {}
    for offset, (a, b) in enumerate(zip(delivered, rebuilt)):
        if a != b:
            names = [n for n, start, size in sections if start <= offset < start + size]
            need(len(names) == 1, f"byte {offset} is in sections {names}")
            found.setdefault(names[0], []).append((offset, a, b))
    return found


# What the result says. Each check gets the entry of result.json and both files.


class Delivered:
    def __init__(self, entry, result, folder, store):
        self.name = entry["output"]
        self.entry = entry
        self.result = result
        self.comparison = entry["comparison"]
        self.rebuilt = os.path.join(folder, "outputs", entry["output"])
        self.file = os.path.join(store, "blobs", "sha256", entry["sha256"][:2], entry["sha256"][2:])

    def unexplained(self):
        """(member, offset, length) of every finding without a rule, in members that hold no other."""
        paths = [a["path"] for a in self.comparison["artefacts"]]
        leaves = {p for p in paths if p and not any(q.startswith(p + "!") for q in paths)}
        return sorted((f["artefact"], f["offset"], f["length"]) for f in self.comparison["findings"]
                      if f["class"] == "unexplained" and f["artefact"] in leaves)

    def rules(self):
        return {r["rule"] for a in self.comparison["artefacts"] for r in a["ranges"]
                if r["rule"] is not None}


def sha256_of(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def ledgers_add_up(comparison):
    """Every byte of every artefact has one class, and the sums are the sums."""
    for artefact in comparison["artefacts"]:
        end, sums = 0, dict.fromkeys(CLASSES, 0)
        for part in artefact["ranges"]:
            need(part["offset"] == end, f"{artefact['path']}: gap or overlap at {end}")
            end += part["length"]
            sums[part["class"]] += part["length"]
        stated = dict(artefact["bytes"])
        need(stated.pop("total") == end, f"{artefact['path']}: {end} bytes in its ranges")
        need(stated == sums, f"{artefact['path']}: {stated} stated, {sums} counted")


def is_identical(d):
    part = d.entry.get("member")
    if part is None:
        delivered = sha256_of(d.file)
    else:
        member = "." + part.removeprefix("data.tar.xz!")
        with tempfile.TemporaryDirectory() as folder:
            output_of("dpkg-deb", "--extract", d.file, folder)
            delivered = sha256_of(os.path.join(folder, member))
    need(delivered == sha256_of(d.rebuilt), "delivered and rebuilt bytes are not the same")
    need(not d.rules() and not d.comparison["findings"], "findings about identical bytes")


def build_id_only(path):
    """One program differs, in its build-id and what is named after it."""

    def judge(d):
        changed = different_files(d.file, d.rebuilt)
        need(set(changed) == {path, "DEBIAN/md5sums"}, f"files that differ: {sorted(changed)}")
        sections = set(section_differences(*changed[path]))
        need(sections == DERIVED_FROM_BUILD_ID, f"sections that differ: {sorted(sections)}")
        rules = {rule.split("@")[0] for rule in d.rules()}
        allowed = {"elf/build-id", "elf/debuglink", "deb/md5sums", "container/carries"}
        need(rules == allowed, f"rules used: {sorted(rules)}")
        need(d.unexplained() == [], f"unexplained: {d.unexplained()}")

    return judge


def symbol_order_only(path):
    """One static library differs, in the order of symbols: objdump and readelf see the same."""

    def lines(content, *command):
        with tempfile.NamedTemporaryFile(suffix=".a") as file:
            file.write(content)
            file.flush()
            text = output_of(*command, file.name).decode()
        return [line for line in text.replace(file.name, "").splitlines() if line]

    def symbols(content):
        """Without their numbers."""
        return sorted(line.split(":", 1)[-1] for line in lines(content, "readelf", "-sW"))

    def judge(d):
        changed = different_files(d.file, d.rebuilt)
        need(set(changed) == {path, "DEBIAN/md5sums"}, f"files that differ: {sorted(changed)}")
        delivered, rebuilt = changed[path]
        # Of all sections, and not disassembled: with -d it prints relocations of code only.
        dump = ("objdump", "-rsw")
        need(lines(delivered, *dump) == lines(rebuilt, *dump), "other code, data or relocations")
        need(symbols(delivered) == symbols(rebuilt), "other symbols")
        rules = {rule.split("@")[0] for rule in d.rules()}
        need(rules == {"elf/symbol-order", "deb/md5sums", "container/carries"}, f"rules: {rules}")
        need(d.unexplained() == [], f"unexplained: {d.unexplained()}")

    return judge


libpcap_library = build_id_only("usr/lib/x86_64-linux-gnu/libpcap.so.1.10.3")


def hello_year(d):
    changed = different_files(d.file, d.rebuilt)
    need(set(changed) == {"usr/bin/hello", "DEBIAN/md5sums"}, f"files that differ: {sorted(changed)}")
    sections = section_differences(*changed["usr/bin/hello"])
    text = sections.pop(".text", [])
    need(set(sections) == DERIVED_FROM_BUILD_ID, f"sections that differ: {sorted(sections)}")
    year = int(d.result["run"]["started"][:4])
    need([byte[1:] for byte in text] == [(2022 & 0xFF, year & 0xFF)], f"bytes of .text: {text}")
    expected = [("data.tar.xz!/usr/bin/hello", text[0][0], 1)]
    need(d.unexplained() == expected, f"unexplained: {d.unexplained()}")
    variation = d.result["variation"]
    need(variation["depends_on"] == ["time"] and variation["decision"] == "depends-on-inside",
         f"built again in other ways: {variation}")
    solved_by(d, 1672068600, "normalised")


def flash_of(text):
    """The bytes of an Intel HEX file, by address."""
    flash, base = {}, 0
    for line in text.decode("ascii").split():
        record = bytes.fromhex(line[1:])
        need(line[0] == ":" and sum(record) % 256 == 0 and len(record) == record[0] + 5, line)
        address, kind, data = int.from_bytes(record[1:3], "big"), record[3], record[4:-1]
        if kind == 2:
            base = int.from_bytes(data, "big") * 16
        if kind == 0:
            flash.update((base + address + i, byte) for i, byte in enumerate(data))
    return flash


def boot_loader_date(d):
    """One of 17 images differs, in the bytes of the day on which it was built."""
    changed = different_files(d.file, d.rebuilt)
    path = "usr/share/arduino/hardware/arduino/avr/bootloaders/stk500v2/stk500boot_v2_mega2560.hex"
    need(set(changed) == {path, "DEBIAN/md5sums"}, f"files that differ: {sorted(changed)}")
    images = [name for name in files_of_deb(d.file) if name.endswith(".hex")]
    need(len(images) == 17, f"{len(images)} images")
    delivered, rebuilt = map(flash_of, changed[path])
    places = sorted(a for a in delivered | rebuilt if delivered.get(a) != rebuilt.get(a))
    text = bytes(delivered[a] for a in range(places[0], places[0] + 11))
    need(text == b"May  6 2026" and places[-1] - places[0] < 11, f"{text} at {places}")
    if os.environ.get("ASSAY_TEST_LONG"):
        need(d.result["variation"]["decision"] == "depends-on-inside", f"{d.result['variation']}")
        solved_by(d, 1778061360, "identical")


def solved_by(d, start, tier):
    """What the delivered file shows was tried; it explains everything if the same bytes come out."""
    solution = d.result["variation"]["solution"]
    change = f'build.machine.clock: {{"mode":"offset","start":{start}}}'
    need(solution["changes"] == [change], f"proposed: {solution['changes']}")
    need(solution["complete"] == (tier == "identical") and solution["tier"] == tier, f"with it: {solution}")


def kexec_bound(d):
    changed = different_files(d.file, d.rebuilt)
    need(set(changed) == {"DEBIAN/control"}, f"files that differ: {sorted(changed)}")
    lines = [set(side.decode().splitlines()) for side in changed["DEBIAN/control"]]
    keys = {line.split(":")[0] for line in lines[0] ^ lines[1]}
    need(keys == {"Depends"}, f"fields of control that differ: {sorted(keys)}")
    members = {path for path, _, _ in d.unexplained()}
    need(members == {"control.tar.xz!/control"}, f"unexplained: {d.unexplained()}")


def drift_in(*paths):
    """Unexplained findings in these members and in no other."""

    def check(d):
        members = {path for path, _, _ in d.unexplained()}
        need(members == set(paths), f"unexplained in {sorted(members)}")

    return check


def firmware(*boards):
    return {f"{board}.bl31.bin": ("identical", is_identical) for board in boards}


def packages(version, *names):
    return {f"{name}_{version}_amd64.deb": ("identical", is_identical) for name in names}


# The status that `assay verify` exits with, and for each output its tier and a closer look.
EXPECTED = {
    "arduino-core-avr-clock": (0, {
        "arduino-core-avr_1.8.7+dfsg-1~deb12u1_all.deb": ("identical", is_identical)}),
    "arduino-core-avr": (1, {
        "arduino-core-avr_1.8.7+dfsg-1~deb12u1_all.deb": ("different", boot_loader_date)}),
    "arm-trusted-firmware-sun50i_a64": (0, {"bl31.bin": ("identical", is_identical)}),
    "arm-trusted-firmware": (0, firmware("g12a", "gxbb", "imx8mn", "imx8mn_uart4", "imx8mq", "rpi3",
                                         "rpi4", "sun50i_a64", "sun50i_h6")),
    "bzip2": (1, {
        "bzip2_1.0.8-5+b1_amd64.deb": ("different", drift_in(
            "control.tar.xz!/control", "data.tar.xz!/bin/bunzip2", "data.tar.xz!/bin/bzip2recover",
            "data.tar.xz!/usr/share/doc/bzip2/changelog.Debian.amd64.gz!",
            "data.tar.xz!/usr/share/doc/bzip2/changelog.Debian.gz!")),
        "libbz2-1.0_1.0.8-5+b1_amd64.deb": ("different", drift_in(
            "control.tar.xz!/control", "control.tar.xz!/triggers",
            "data.tar.xz!/usr/share/doc/libbz2-1.0/changelog.Debian.amd64.gz!",
            "data.tar.xz!/usr/share/doc/libbz2-1.0/changelog.Debian.gz!")),
        "libbz2-dev_1.0.8-5+b1_amd64.deb": ("normalised", symbol_order_only(
            "usr/lib/x86_64-linux-gnu/libbz2.a")),
    }),
    "dfu-util": (1, {
        "dfu-util_0.11-1_amd64.deb": ("different", drift_in(
            "control.tar.xz!/control", "data.tar.xz!/usr/bin/dfu-prefix",
            "data.tar.xz!/usr/bin/dfu-suffix", "data.tar.xz!/usr/bin/dfu-util",
            "data.tar.xz!/usr/share/doc/dfu-util/changelog.Debian.gz!")),
    }),
    "dnsmasq": (0, packages("2.90-4~deb12u2", "dnsmasq-base", "dnsmasq-base-lua", "dnsmasq-utils")),
    "gnu-efi": (0, packages("3.0.15-1", "gnu-efi")),
    "hello-clock": (0, {"hello_2.10-3_amd64.deb": ("normalised", build_id_only("usr/bin/hello"))}),
    "hello": (1, {"hello_2.10-3_amd64.deb": ("different", hello_year)}),
    "kexec-tools": (1, {"kexec-tools_2.0.25-3+deb12u3_amd64.deb": ("different", kexec_bound)}),
    "libpcap": (0, dict(packages("1.10.3-1", "libpcap-dev", "libpcap0.8-dev"),
                        **{"libpcap0.8_1.10.3-1_amd64.deb": ("normalised", libpcap_library)})),
}


def judge(name, folder, store):
    status, outputs = EXPECTED[name]
    with open(os.path.join(folder, "result.json"), encoding="utf-8") as file:
        result = json.load(file)
    need(result["schema"] == "assay.verify/1", f"schema {result['schema']}")
    need(result["exit_status"] == status, f"exit status {result['exit_status']} in the result")
    seen = {entry["output"]: Delivered(entry, result, folder, store) for entry in result["delivered"]}
    need(seen.keys() == outputs.keys(), f"outputs {sorted(seen)}")
    for output in result["build"]["outputs"]:
        path = os.path.join(folder, "outputs", output["name"])
        need(sha256_of(path) == output["sha256"], f"{output['name']}: not the digest in the result")
    for output, (tier, look) in outputs.items():
        try:
            ledgers_add_up(seen[output].comparison)
            found = seen[output].comparison["tier"]
            need(found == tier, f"tier {found}, not {tier}")
            look(seen[output])
        except (Wrong, subprocess.CalledProcessError) as error:
            yield f"{output}: {error}"


def main():
    if sys.argv[1:] == ["list"]:
        for name, (status, _) in sorted(EXPECTED.items()):
            print(name, status)
        return 0
    if len(sys.argv) != 5 or sys.argv[1] != "judge":
        sys.exit(__doc__)
    try:
        wrong = list(judge(*sys.argv[2:]))
    except (Wrong, OSError, KeyError, ValueError) as error:
        wrong = [f"{type(error).__name__}: {error}"]
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
