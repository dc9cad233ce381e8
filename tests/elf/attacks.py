# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks are different, alone and behind a harmless change; harmless changes are normalised.

Every kind of change is made to every base that it applies to. With ASSAY_TEST_LONG the attacks on
large files are hidden behind harmless changes as well.
"""
import os
from concurrent.futures import ProcessPoolExecutor

import bases
import harmless
import tools
from attacks_sections import ON_DELIVERED
from judge import carries_unclaimed, loaded_differ, loses_unknown
from kinds import changed
from tables import ATTACKS, HARMLESS_KINDS, LACKING_KINDS, NEEDS_HEADERS

# Harmless changes that another difference may hide behind.
COVERS = [harmless.build_id, harmless.comment_text, harmless.headers_zeroed, harmless.everything]
LARGE = 200_000  # bytes

# What assay does not do yet: wrong answers that are known. Each is to go.
GAPS = {}


def gap_of(answer):
    return next((gap for gap, test in GAPS.items() if test(answer)), None)


def combined(attack, cover, data):
    """Attack and cover, in the order that works: one may leave nothing that the other finds."""
    for first, second in ((attack, cover), (cover, attack)):
        once = changed(first, data)
        both = changed(second, once) if once is not None else None
        if both is not None:
            return both
    return None


def covers_for(attack, data):
    if len(data) > LARGE and not os.environ.get("ASSAY_TEST_LONG"):
        return []
    return [c for c in COVERS if c is not harmless.headers_zeroed or attack not in NEEDS_HEADERS]


def add_attacks(pairs, name, data):
    used = set()
    for attack in ATTACKS:
        other = changed(attack, data)
        if other is None:
            continue
        used.add(attack.__name__)
        what = f"{name}: {attack.__name__}"
        pairs.both_ways(what, "different", other, data)
        for cover in covers_for(attack, data):
            hidden = combined(attack, cover, data)
            if hidden is not None:
                pairs.both_ways(f"{what} behind {cover.__name__}", "different", hidden, data)
    return used


def harmless_rows(base):
    """(kind, wanted when the changed file is delivered, wanted the other way round or None)"""
    for kind in HARMLESS_KINDS:
        yield kind, "normalised", "normalised"
    for kind in LACKING_KINDS:
        yield kind, "normalised", "different"
    for kind in harmless.ADDS:
        yield kind, "different", "normalised"
    for kind in ON_DELIVERED:
        yield kind, "different", None


def add_harmless(pairs, base, data):
    used = set()
    for kind, there, back in harmless_rows(base):
        other = changed(kind, data, base.prefix)
        if other is None:
            continue
        used.add(kind.__name__)
        for cover in (None, harmless.build_id):
            both = changed(cover, other) if cover and kind is not cover else other
            if both is None:
                continue
            what = f"{base.name}: {kind.__name__}{', build_id' if cover else ''}"
            # A tool that does more than asked, or a page that holds everything.
            if (loaded_differ(both, data) or loses_unknown(both, data)
                    or carries_unclaimed(both, data)):
                pairs.both_ways(what, "different", both, data)
                continue
            pairs.add(what, there, both, data)
            if back:
                pairs.add(what + ", the other way round", back, data, both)
    return used


def attack_base(base):
    """Return: (kinds that applied, answers)"""
    with tools.Pairs() as pairs:
        data = base.read()
        used = add_attacks(pairs, base.name, data) | add_harmless(pairs, base, data)
        return used, pairs.answers()


def main():
    tap = tools.Tap()
    made = bases.all_of(tap, tools.scratch())
    used, gaps, wanted = set(), set(), {"different": 0, "normalised": 0}
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for base, (kinds, answers) in zip(made, pool.map(attack_base, made)):
            used |= kinds
            wrong = [a for a in answers if a.tier != a.wanted]
            gaps |= {gap_of(a) for a in wrong}
            wrong = [a for a in wrong if not gap_of(a)]
            for answer in answers:
                wanted[answer.wanted] += 1
            tap.ok(not wrong, f"{base.name}: {len(answers)} pairs",
                   "\n".join(f"{a.what}: wanted {a.wanted}: {a.line}" for a in wrong[:50]))
    for gap in GAPS:
        tap.todo(gap not in gaps, gap)
    every = {k.__name__ for k in [*ATTACKS, *HARMLESS_KINDS, *LACKING_KINDS, *harmless.ADDS,
                                  *ON_DELIVERED]}
    tap.ok(wanted["different"] > 10000, f"{wanted['different']} pairs are different")
    tap.ok(wanted["normalised"] > 500, f"{wanted['normalised']} pairs are normalised")
    tap.ok(len(ATTACKS) >= 60 and len(HARMLESS_KINDS + LACKING_KINDS) >= 25,
           f"{len(ATTACKS)} kinds of attack, {len(HARMLESS_KINDS + LACKING_KINDS)} harmless ones")
    tap.ok(not every - used, "each kind applies to at least one file",
           " ".join(sorted(every - used)))
    tap.finish()


if __name__ == "__main__":
    main()
