# SPDX-License-Identifier: GPL-3.0-or-later
"""All kinds of change, of all themes."""
import attacks_header
import attacks_loaded
import attacks_sections
import attacks_slack
import harmless

ATTACKS = [*attacks_header.ATTACKS, *attacks_loaded.ATTACKS, *attacks_slack.ATTACKS,
           *attacks_sections.ATTACKS]
# Normalised whichever of the two was delivered.
HARMLESS_KINDS = [*harmless.HARMLESS, *harmless.BY_TOOLS]
# Normalised when it is the delivered file that lacks something.
LACKING_KINDS = [*harmless.LACKS, *harmless.STRIPPED]
NEEDS_HEADERS = [*attacks_header.NEEDS_HEADERS, *attacks_sections.NEEDS_HEADERS]


def by_name(name):
    return next(k for k in ATTACKS + HARMLESS_KINDS + LACKING_KINDS if k.__name__ == name)
