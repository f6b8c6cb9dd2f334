# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Under which numbers issued units are found again: those of what stands behind them."""

from __future__ import annotations

from typing import Final

from broker.regime.paris.reading import stated_attributes
from broker.regime.postings import GOING_OVER, Lookup
from broker.regime.regime import Found
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.attributes import Attributes
from broker.rulebook.paris.kyoto_serial import kyoto_serial
from broker.rulebook.paris.proposal import ParisProposed, ParisProposedBlock
from broker.rulebook.paris.underlying import standing_behind
from itmo.parties import PARTY_OF_ALPHA2
from itmo.underlying import UnderlyingRange

UNDERLYING: Final = "underlying"
"""Units of programmes, and CERs by their Kyoto serials, in their normal form."""

Place = tuple[str, str, int, int]
"""Registry, series, first and last number of underlying units."""


def lookup_of(place: Place) -> Lookup:
    """Where units are found behind which underlying units of a place stand."""
    registry, series, low, high = place
    return Lookup(UNDERLYING, f"{registry}:{series}", low, high)


def lookups_of(stated: Attributes) -> tuple[Lookup, ...]:
    """Under which units are found that are issued with these attributes."""
    behind = standing_behind(stated)
    return () if behind is None else (lookup_of(behind.place),)


def behind_units(found: Found) -> UnderlyingRange | None:
    """What stands behind a block that was found."""
    return standing_behind(stated_attributes(found.attributes))


def to_be_backing(proposed: ParisProposed, block: ParisProposedBlock) -> UnderlyingRange | None:
    """What will stand behind a block to be issued, if it can be read."""
    if proposed.type is not TransactionType.ISSUANCE or block.attributes is None:
        return None
    return standing_behind(block.attributes)


def stated_lookups(proposed: ParisProposed) -> frozenset[Lookup]:
    """Under which units are found behind which the same stands as behind blocks to be issued."""
    if proposed.type is not TransactionType.ISSUANCE:
        return frozenset()
    behind = (to_be_backing(proposed, block) for block in proposed.blocks)
    stated = (block.attributes for block in proposed.blocks)
    kept = (kyoto_units(each) for each in stated if each is not None)
    return frozenset(
        (*(lookup_of(each.place) for each in behind if each is not None), *filter(None, kept))
    )


def kyoto_units(stated: Attributes) -> Lookup | None:
    """Where the Kyoto units of CERs are found, if their serial can be read."""
    if stated.cer is None:
        return None
    serial = kyoto_serial(stated.cer.kyoto_serial)
    party = None if isinstance(serial, str) else PARTY_OF_ALPHA2.get(serial.origin)
    if isinstance(serial, str) or party is None:
        return None
    return Lookup(GOING_OVER, party, serial.first, serial.last)
