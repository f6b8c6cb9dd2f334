# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""CERs that begin as Kyoto units end: host and Kyoto serial follow from the units, where nobody said them."""

from __future__ import annotations

from typing import Final

from itmo.core.v1 import proposal_pb2, rulebooks_pb2
from itmo.identifiers import PartyCode
from itmo.kyoto.v1 import attributes_pb2
from itmo.parties import ALPHA2
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.ledger.holdings import Block
from registry_node.proposals.building import readable_blocks

_PARTY: Final = 3
"""Letters of a Party at the beginning of the name of a registry, and of an activity."""


def with_serials(
    trip: Trip, wish: proposal_pb2.ProposedTransaction
) -> proposal_pb2.ProposedTransaction:
    """Fills in what follows from the units of a transition, block by block."""
    made = proposal_pb2.ProposedTransaction()
    made.CopyFrom(wish)
    blocks = readable_blocks(wish)
    if len(blocks) != len(made.transition.blocks):
        return made  # the clearing-house says what does not fit
    ledger = trip.ledger(blocks, wish.transaction_id)
    for ends, begins in zip(blocks, made.transition.blocks, strict=True):
        stated, pieces = begins.attributes.paris, ledger.pieces(ends)
        if not pieces or not pieces[0].attributes:
            continue
        are = decoded(rulebooks_pb2.UnitAttributes, pieces[0].attributes).kyoto
        host = ends.registry[:_PARTY]
        stated.first_transferring_party = stated.first_transferring_party or host
        stated.cer.kyoto_serial = stated.cer.kyoto_serial or kyoto_serial(ends, are)
    return made


def kyoto_serial(units: Block, are: attributes_pb2.UnitAttributes) -> str:
    """The serial of Kyoto units as people write it, such as IN-5-1-1000-2-2-0-9876."""
    party = units.registry[:_PARTY]
    parts = (
        ALPHA2.get(PartyCode(party), party),
        are.unit_type,
        units.serials.first,
        units.serials.last,
        are.original_period,
        are.applicable_period,
        are.lulucf_activity,
        are.project[_PARTY:],
    )
    return "-".join(map(str, parts))
