#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure two commands against each other: A B A B …, so that a machine that gets slower hits both.

usage: pairs.py [-n PAIRS] [--before-a CMD] [--before-b CMD] [--aim RATIO] [--cpu] NAME A-CMD B-CMD

Commands are given to sh. Prints for each the minimum and the median of the wall time (with --cpu: of
the user and system time of the command and all its children), and the same of the ratio A / B of
each pair. One pair before is not counted. Exits with 1 when a command fails.
"""
import argparse
import os
import statistics
import subprocess
import sys
import time


def run(command, quiet=True):
    """Return: wall seconds, CPU seconds."""
    sink = subprocess.DEVNULL if quiet else None
    start = time.monotonic()
    child = subprocess.Popen(["sh", "-c", "exec " + command], stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.PIPE)
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command[:60]}…: status {child.returncode}\n{errors.decode(errors='replace')[-1500:]}")
    return wall, usage.ru_utime + usage.ru_stime


def prepare(command):
    if command:
        subprocess.run(["sh", "-c", command], stdin=subprocess.DEVNULL, check=True, stdout=subprocess.DEVNULL)


def figure(values):
    return f"min {min(values):8.4f}  median {statistics.median(values):8.4f}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=10)
    parser.add_argument("--before-a")
    parser.add_argument("--before-b")
    parser.add_argument("--aim", type=float, help="the median ratio should not be above this")
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("name")
    parser.add_argument("a")
    parser.add_argument("b")
    args = parser.parse_args()

    which = 1 if args.cpu else 0
    a, b = [], []
    for number in range(args.n + 1):
        for command, before, times in ((args.a, args.before_a, a), (args.b, args.before_b, b)):
            prepare(before)
            took = run(command)[which]
            if number > 0:
                times.append(took)
    ratios = [x / y for x, y in zip(a, b)]
    unit = "CPU s" if args.cpu else "s"
    print(f"{args.name}: {args.n} pairs")
    print(f"  A      {figure(a)}  {unit}")
    print(f"  B      {figure(b)}  {unit}")
    verdict = ""
    if args.aim is not None:
        good = statistics.median(ratios) <= args.aim
        verdict = f"  (aim: at most {args.aim:g}; {'met' if good else 'MISSED'})"
    print(f"  A / B  {figure(ratios)}{verdict}", flush=True)


if __name__ == "__main__":
    main()
