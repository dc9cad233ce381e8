# SPDX-License-Identifier: GPL-3.0-or-later
"""The tree stands alone: no host to fetch from, no path of the machine it was written on."""
import re

import lint
from lint import Fault

# Hosts that may stand in our text: identifiers of schemas and documents, not places to fetch from.
HOSTS = re.compile(
    r"localhost|127\.0\.0\.1|\[::1\]|([\w.-]+\.)?(example|test|invalid)|([\w.-]+\.)?example\.(com|net|org)"
    r"|in-toto\.io|slsa\.dev|www\.gnu\.org|reproducible-builds\.org|([$%{<].*)"
)
URL = re.compile(r"\b(?:https?|ftp|git|ssh)://(\[[0-9a-f:]+\]|[^\s/:\"'`>)\]]*)", re.I)
REGISTRY = re.compile(
    r"\b((deb|ftp\w*|security|snapshot|archive|mirrors?|cdn\w*|registry|pypi|crates|github|gitlab|salsa)[.]"
    r"([\w-]+[.])*(org|com|net|io|edu))\b",
    re.I,
)
# A home or a work folder that exists on one machine only. /build and /tmp are part of builds.
MACHINE = re.compile(r"(?<![\w.$}*/-])/(home/(?!tester\b|builder\b)\w+|work|root|Users/\w+|mnt|srv)/[\w.-]+")


def hosts(tree):
    for path in tree.files():
        for number, line in tree.lines(path):
            for match in URL.finditer(line):
                if match.group(1).strip(',.…') and not HOSTS.fullmatch(match.group(1)):
                    yield f"{path}:{number}: names a host: {match.group(1)}"
            for match in REGISTRY.finditer(line):
                if not HOSTS.fullmatch(match.group(1)):
                    yield f"{path}:{number}: names a registry: {match.group(1)}"


def machine_paths(tree):
    for path in tree.files():
        for number, line in tree.lines(path):
            for match in MACHINE.finditer(line):
                yield f"{path}:{number}: a path of one machine: {match.group(0)}"


RULES = {"no host to fetch from is named": hosts, "no path of one machine is named": machine_paths}

HOST, PATH = RULES
FAULTS = [
    Fault(HOST, "toolchains/x.yaml", "from: http:/" + "/fetch.somewhere.org/pool\n", expect="names a host"),
    Fault(HOST, "README.md", "See deb.debian" + ".org.\n", expect="names a registry"),
    Fault(PATH, "tests/run.sh", "cd /wor" + "k/main\n", expect="of one machine"),
    Fault(PATH, "tests/cli/x.sh", "x=/hom" + "e/someone/x\n", expect="of one machine"),
]

if __name__ == "__main__":
    lint.main(RULES, FAULTS)
