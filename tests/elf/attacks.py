# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks are different, alone and behind a harmless change; harmless changes are normalised."""
import struct

import mutations
import tools
from mutations import Work

# Harmless changes that another difference may hide behind.
COVERS = [mutations.build_id, mutations.comment_text, mutations.headers_zeroed]
# What these change is gone, too, once there are no section headers: not an attack any more.
NEEDS_HEADERS = {mutations.truncated, mutations.count_without_table}
# Where a tool for this machine's files is enough.
NATIVE = {"pie", "shared", "bare", "dense"}


def change(mutation, data):
    changed = mutation(Work(data))
    return None if changed in (None, bytes(data)) else changed


def combined(attack, cover, data):
    """Attack and cover, in the order that works: one may leave nothing that the other finds."""
    for first, second in ((attack, cover), (cover, attack)):
        try:
            changed = change(second, change(first, data))
        except (IndexError, ValueError, AttributeError, TypeError, struct.error):
            continue
        if changed is not None:
            return changed
    return None


def add_attacks(pairs, name, data):
    used = set()
    for attack in mutations.ATTACKS:
        changed = change(attack, data)
        if changed is None:
            continue
        used.add(attack.__name__)
        what = f"{name}: {attack.__name__}"
        pairs.both_ways(what, "different", changed, data)
        for cover in COVERS:
            if cover is mutations.headers_zeroed and attack in NEEDS_HEADERS:
                continue
            hidden = combined(attack, cover, data)
            if hidden is not None:
                pairs.both_ways(f"{what} behind {cover.__name__}", "different", hidden, data)
    return used


def add_harmless(pairs, name, data):
    used = set()
    native = name in NATIVE
    rows = [(m, "normalised", "normalised")
            for m in mutations.HARMLESS + (mutations.COMPRESSED if native else [])]
    rows += [(m, "normalised", "different")
             for m in mutations.LACKS + (mutations.STRIPPED if native else [])]
    rows += [(m, "different", "normalised") for m in mutations.ADDS]
    rows += [(m, "different", None) for m in mutations.ON_DELIVERED]
    for mutation, there, back in rows:
        changed = change(mutation, data)
        if changed is None:
            continue
        used.add(mutation.__name__)
        for cover in (None, mutations.build_id):
            both = change(cover, changed) if cover and mutation is not cover else changed
            what = f"{name}: {mutation.__name__}{', build_id' if cover else ''}"
            pairs.add(what, there, both, data)
            if back:
                pairs.add(what + ", the other way round", back, data, both)
    return used


def main():
    tap = tools.Tap()
    folder = tools.scratch()
    pairs = tools.Pairs(folder)
    used = set()
    for name, path in tools.programs(folder).items():
        data = path.read_bytes()
        used |= add_attacks(pairs, name, data) | add_harmless(pairs, name, data)
    kinds = {"different": 0, "normalised": 0}
    for answer in pairs.answers():
        kinds[answer.wanted] += 1
        if answer.tier != answer.wanted:
            tap.ok(False, answer.what, f"wanted {answer.wanted}: {answer.line}")
    tap.ok(kinds["different"] > 500, f"{kinds['different']} pairs are different")
    tap.ok(kinds["normalised"] > 100, f"{kinds['normalised']} pairs are normalised")
    unused = {m.__name__ for m in mutations.ATTACKS + mutations.HARMLESS + mutations.LACKS +
              mutations.ADDS + mutations.ON_DELIVERED} - used
    tap.ok(not unused, "each change applies to at least one program", " ".join(sorted(unused)))
    tap.finish()


main()
