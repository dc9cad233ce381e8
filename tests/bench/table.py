#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The performance table of the README, from what `make bench` printed.

usage: table.py BENCH-OUTPUT [README]

Prints the table; with README puts it there, between the lines <!-- bench --> and <!-- /bench -->.
"""
import os
import re
import sys

START, END = "<!-- bench -->\n", "<!-- /bench -->\n"
HEAD = re.compile(r"(\S.*): (\d+) (?:pairs|runs)$")
ROW = re.compile(r"  (A|B|A / B) +min +([\d.]+)  median +([\d.]+)(?: +(\S+ ?s|s|ms|MiB))?"
                 r"(?:  \(aim: ([^;]+); (met|MISSED)\))?$")
# What elf.py prints: several tools, of which two are in the table.
TOOL = re.compile(r"  (\S.*\S) +([\d.]+) s  CPU .* x dgst$")
TOOLS = {"assay": "A", "openssl dgst": "B"}
RATIO = re.compile(r"  assay / dgst, round by round: ([\d.]+) \(aim: ([^;]+); (met|MISSED)\)$")
LEFT_OUT = re.compile(r"  (diffoscope / assay|memory of its own): ")


def parse_elf(line, rows):
    """Whether the line is one of elf.py's."""
    tool, ratio = TOOL.match(line), RATIO.match(line)
    if tool and tool[1] in TOOLS:
        rows[TOOLS[tool[1]]] = (float(tool[2]), "s", None, None)
    if ratio:
        rows["A / B"] = (float(ratio[1]), "", ratio[2], ratio[3])
    return tool or ratio or LEFT_OUT.match(line)


def parse(lines):
    """Blocks of a name and the rows that follow it: (name, {"A": (median, unit, aim, met)})."""
    blocks = []
    for line in lines:
        head, row = HEAD.match(line), ROW.match(line)
        if head:
            blocks.append((head[1], {}))
        elif line and not line.startswith(" "):
            blocks.append((f"two ELF files against `openssl dgst -sha256`: {line}", {}))
        elif row and blocks:
            blocks[-1][1][row[1]] = (float(row[3]), row[4] or "", row[5], row[6])
        elif line and not (blocks and parse_elf(line, blocks[-1][1])):
            sys.exit(f"not understood: {line}")
    return [block for block in blocks if "A" in block[1]]


def figure(row):
    if row is None:
        return ""
    value, unit = row[:2]
    return f"{value:.3g} {unit}" if unit else f"{value:.2f}"


def verdict(rows):
    _, _, aim, met = rows.get("A / B") or rows["A"]
    return f"{aim}: {'met' if met == 'met' else '**missed**'}" if aim else ""


def machine():
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        model = re.search(r"^model name\s*: (.*)", file.read(), re.M)
    load = os.getloadavg()[1]
    text = f"{os.cpu_count()} processors" + (f" ({model[1].strip()})" if model else "")
    if load > os.cpu_count() * 1.5:  # the benches themselves keep less than that busy
        text += f"; **the machine was busy (load {load:.0f}): run it again**"
    return text


def table(blocks):
    lines = ["| | assay | the other | ratio | aim |", "|---|---|---|---|---|"]
    for name, rows in blocks:
        lines.append(f"| {name} | {figure(rows['A'])} | {figure(rows.get('B'))} | "
                     f"{figure(rows.get('A / B'))} | {verdict(rows)} |")
    return "\n".join(lines + ["", f"Measured on {machine()}.", ""])


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        text = table(parse(file.read().splitlines()))
    if len(sys.argv) < 3:
        print(text, end="")
        return
    with open(sys.argv[2], encoding="utf-8") as file:
        readme = file.read()
    if readme.count(START) != 1 or readme.count(END) != 1:
        sys.exit(f"{sys.argv[2]}: no place for the table")
    before, rest = readme.split(START)
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(before + START + text + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
