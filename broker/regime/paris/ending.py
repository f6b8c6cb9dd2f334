# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What ends as units begin, from the words in which verdicts say it."""

from __future__ import annotations

from typing import Final, cast

from broker.rulebook.general.ended import EndedUnits
from broker.rulebook.paris.ended import EndedCers
from itmo.core.v1 import rulebooks_pb2
from itmo.identifiers import RegistryId, registry_party

_HOST: Final = 3
"""Letters of the host's code, with which the name of an activity begins."""
_REGISTERED: Final = "project_registered"
"""Under which the other rulebook tells when an activity was registered."""


def ended_cers(told: EndedUnits) -> EndedCers:
    """Units that end, as the rulebook may look at them; of another kind than Kyoto's: nothing but their range."""
    party = registry_party(RegistryId(told.registry))
    written = cast("rulebooks_pb2.UnitAttributes", told.attributes)
    if not written.HasField("kyoto"):
        return EndedCers(party=party, range=told.range)
    units = written.kyoto
    number = units.project[_HOST:]
    return EndedCers(
        party=party,
        range=told.range,
        unit_type=units.unit_type,
        original_period=units.original_period,
        applicable_period=units.applicable_period,
        activity=units.lulucf_activity,
        project=int(number) if number.isdecimal() else 0,
        registered_on=told.said.get(_REGISTERED, ""),
    )
