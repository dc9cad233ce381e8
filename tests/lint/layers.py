# SPDX-License-Identifier: GPL-3.0-or-later
"""Includes go down: to a lower layer, or to the same folder. The table is the one that
verifier/ARCHITECTURE.md draws."""
import re

import lint
from lint import Fault

LAYERS = {
    "base": 0,
    "model": 1,
    "manifest": 2,
    "toolchain": 2,
    "formats": 2,
    "elf": 2,
    "store": 2,
    "supply": 3,
    "rebuild": 3,
    "unpack": 3,
    "compare": 3,
    "explain": 3,
    "attest": 4,
    "field": 4,
    "report": 4,
    "cli": 5,
}

# Headers of other projects that only some folders may use.
OUTSIDE = {
    "archive.h": {"base"},  # loaded on demand by base/libarchive
    "archive_entry.h": {"base"},
    "curl/": {"supply"},  # the only network code
    "openssl/": {"base", "attest"},  # digests in base, keys and certificates in attest
    "yaml.h": {"base"},
    "seccomp.h": {"rebuild", "unpack"},
    "jansson.h": {"base"},
}

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.M)


def includes(tree):
    for path in tree.files(r"verifier/\w+/.*\.[ch]"):
        text = tree.text(path)
        for match in INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield path, path.split("/")[1], f"{path}:{line}", match.group(1) == '"', match.group(2)


def folders_are_in_the_table(tree):
    for path in tree.files(r"verifier/\w+/.*\.[ch]"):
        if path.split("/")[1] not in LAYERS:
            yield f"{path}:1: folder {path.split('/')[1]} has no layer in tests/lint/layers.py"


def includes_go_down(tree):
    for _, folder, where, ours, name in includes(tree):
        to = name.split("/")[0]
        if not ours or to not in LAYERS or folder not in LAYERS or to == folder:
            continue
        if LAYERS[to] > LAYERS[folder]:
            yield f"{where}: {folder} [{LAYERS[folder]}] includes upwards: {name} [{LAYERS[to]}]"
        elif LAYERS[to] == LAYERS[folder]:
            yield f"{where}: {folder} and {to} are on one layer and must not know each other"


def includes_name_the_folder(tree):
    for _, _, where, ours, name in includes(tree):
        if ours and name != "config.h" and name.split("/")[0] not in LAYERS:
            yield f'{where}: "{name}" is not FOLDER/FILE.h below verifier'


def outside_headers_have_a_home(tree):
    for _, folder, where, ours, name in includes(tree):
        for prefix, homes in OUTSIDE.items():
            if not ours and name.startswith(prefix) and folder not in homes:
                yield f"{where}: <{name}> belongs to {', '.join(sorted(homes))}"


RULES = {
    "every folder has a layer": folders_are_in_the_table,
    "includes go to a lower layer or stay in the folder": includes_go_down,
    "includes name the folder": includes_name_the_folder,
    "headers of other projects stay where they belong": outside_headers_have_a_home,
}

DOWN = "includes go to a lower layer or stay in the folder"
FAULTS = [
    Fault("every folder has a layer", "verifier/misc/x.c", "int x;\n", expect="has no layer"),
    Fault(DOWN, "verifier/base/x.c", '#include "model/tier.h"\n', expect="includes upwards"),
    Fault(DOWN, "verifier/model/x.h", '# include "cli/command.h"\n', expect="includes upwards"),
    Fault(DOWN, "verifier/elf/x.c", '#include "formats/x.h"\n', expect="on one layer"),
    Fault("includes name the folder", "verifier/base/x.c", '#include "span.h"\n', expect='"span.h"'),
    Fault(
        "headers of other projects stay where they belong",
        "verifier/compare/x.c",
        "#include <curl/curl.h>\n",
        expect="belongs to supply",
    ),
]

if __name__ == "__main__":
    lint.main(RULES, FAULTS)
