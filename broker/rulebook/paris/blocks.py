# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The units of a proposal, with what is true of them."""

from __future__ import annotations

from dataclasses import dataclass

from broker.rulebook.general.blocks import BlockFacts, Segment
from broker.rulebook.paris.attributes import Attributes, Underlying
from broker.rulebook.paris.proposal import ParisProposedBlock
from itmo.frozen import quickly_made
from itmo.serials import SerialRange


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class ParisSegment(Segment):
    """Stored units, with what is true of each of them."""

    attributes: Attributes
    first_transferred: bool
    authorized_at_issuance: bool = True
    """False: the units were issued without an authorization for a purpose, and got it later or never."""
    first_transfers_reversed: int = 0
    """How often a first transfer of these units was reversed."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class ParisBlock(BlockFacts):
    """A proposed block, with what backs its units."""

    proposed: ParisProposedBlock
    segments: tuple[ParisSegment, ...] = ()
    underlying_taken: tuple[tuple[Underlying, str], ...] = ()
    """Proposed underlying units that back others, with the units that they back."""
    underlying_ended: tuple[tuple[Underlying, str], ...] = ()
    """Proposed underlying units that their programme cancelled or saw used, with its message."""
    kyoto_units: tuple[SerialRange, ...] = ()
    """Proposed CERs whose Kyoto units are on record, by their Kyoto serials."""
